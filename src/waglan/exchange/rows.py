"""A venue's rules as dated rows: what its file says, line by line, with where each line comes from.

A rule that changes is a new row, never an edited one, so a replay of an old day is judged by the rules of that day.
A row holds from `begin` (written `from`) until the day before `until`; without it, still. `verified` is false where no
text of the exchange or the government was read; a result that rests on such a row says so. Whole numbers throughout:
prices in the venue's price quantum, rates in hundred-millionths (e8) of a value, money in minor units.
"""

from collections.abc import Mapping, Sequence
from datetime import date, time
from itertools import pairwise
from typing import Literal, TypeVar

from msgspec import Struct

from waglan.schema.units import BadValue

RATE_MAX_E8 = 2_000_000
"""Two per cent: with it a value below 4.6e12 minor units (HKD 46 bn) times its rate stays within 63 bits."""


class Row(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"begin": "from"}):
    """What every dated row has. `begin` is included, `until` is not; None: still in force."""

    begin: date
    until: date | None = None
    source: str
    verified: bool

    def holds(self, day: date) -> bool:
        """Whether the row is in force on a day."""
        return self.begin <= day and (self.until is None or day < self.until)


class Holidays(Row, frozen=True, kw_only=True):
    """How well the days without trading are known."""


class Phase(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stretch of a trading day, local time, from `begin` to before `end`; without them, midnight to midnight.

    `orders` may be sent, `cancel` says whether one may be taken back, `match` how they meet. A limit price must lie
    within `band_micro` millionths of what `band_of` names; "best-bid-ask" allows what lies between the two.
    `random_end`: the phase ends at an instant between `begin` and `end` that nobody knows beforehand.
    """

    phase: str
    begin: time = time()
    end: time | None = None
    orders: tuple[str, ...] = ()
    cancel: bool = False
    match: Literal["none", "auction", "continuous"] = "none"
    band_micro: int = 0
    band_of: Literal["none", "previous-close", "reference", "best-bid-ask"] = "none"
    random_end: bool = False


class Hours(Row, frozen=True, kw_only=True):
    """The phases of a full day, or of a half day."""

    day: Literal["full", "half"]
    phases: tuple[Phase, ...]


class Weather(Row, frozen=True, kw_only=True):
    """What a typhoon signal 8 or a black rain warning does: see `waglan.exchange.weather`."""

    trading: Literal["stops", "goes-on"]
    morning_lost: time = time()
    day_lost: time = time()
    delay_minutes: int = 0
    grid_minutes: int = 1
    grace_minutes: int = 0


class Closure(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A day that the weather changed: it began at `opens`, broke off at `closes`, or with neither did not happen."""

    day: date
    opens: time | None = None
    closes: time | None = None
    signal: Literal["typhoon 8", "black rain"]
    issued: time | None = None
    cancelled: time | None = None
    why: str
    library: Literal["right", "wrong"]
    source: str
    verified: bool

    @property
    def whole(self) -> bool:
        """Whether there was no trading at all."""
        return self.opens is None and self.closes is None


class Spreads(Row, frozen=True, kw_only=True):
    """Minimum spreads: (highest price of the band, included; spread), rising; `least` is the lowest price allowed."""

    least: int
    bands: tuple[tuple[int, int], ...]


class Lots(Row, frozen=True, kw_only=True):
    """What may be sent of an instrument: whole board lots, at most `lots_max` of them (0: any number) in an order."""

    lots_max: int = 0
    odd: Literal["separate", "together"]


class Fee(Row, frozen=True, kw_only=True):
    """One charge on one side of a trade: rate x value rounded to `step_minor`, and `fixed_minor`, held between minimum
    and maximum (0: none). `per` a trade, or per contract note: what one order traded on one day."""

    name: str
    rate_e8: int = 0
    fixed_minor: int = 0
    minimum_minor: int = 0
    maximum_minor: int = 0
    rounding: Literal["half-even", "up"] = "half-even"
    step_minor: int = 1
    per: Literal["trade", "contract"] = "trade"
    side: Literal["both", "buy", "sell"] = "both"
    liquidity: Literal["both", "maker", "taker"] = "both"

    def __post_init__(self) -> None:
        if not 0 <= self.rate_e8 <= RATE_MAX_E8:
            raise ValueError(f"{self.name}: rate_e8 lies between 0 and {RATE_MAX_E8}, was {self.rate_e8}")
        if min(self.fixed_minor, self.minimum_minor, self.maximum_minor) < 0 or self.step_minor < 1:
            raise ValueError(f"{self.name}: amounts are at least 0 and the step at least 1")
        if self.maximum_minor and self.maximum_minor < self.minimum_minor:
            raise ValueError(f"{self.name}: maximum {self.maximum_minor} below minimum {self.minimum_minor}")


class Settling(Row, frozen=True, kw_only=True):
    """Settlement days between a trade and its settlement."""

    days: int


class Shorting(Row, frozen=True, kw_only=True):
    """The lowest price of a short sale in a phase whose name begins with `phase`."""

    phase: str
    floor: Literal["none", "best-ask", "reference"]


class Later(Row, frozen=True, kw_only=True):
    """A rule that is known and not simulated: printed with every result that it could change."""

    name: str
    what: str


R = TypeVar("R", bound=Row)


def on(rows: Sequence[R], day: date, what: str) -> R:
    """The one row in force on a day. Raises BadValue, naming `what`, where there is none."""
    found = [row for row in rows if row.holds(day)]
    if not found:
        raise BadValue(f"no {what} is stated for {day}")
    assert len(found) == 1, f"{what} has {len(found)} rows on {day}"
    return found[0]


def overlaps(groups: Mapping[str, Sequence[Row]]) -> list[str]:
    """What is wrong with rows that should take turns: each name of a group whose rows overlap or run backwards."""
    wrong = []
    for name, rows in groups.items():
        ordered = sorted(rows, key=lambda row: row.begin)
        for row in ordered:
            if row.until is not None and row.until <= row.begin:
                wrong.append(f"{name}: a row from {row.begin} until {row.until} holds on no day")
        for row, after in pairwise(ordered):
            if row.until is None or row.until > after.begin:
                wrong.append(f"{name}: the row from {row.begin} still holds when the next begins on {after.begin}")
    return wrong
