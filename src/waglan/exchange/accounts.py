"""What a simulated market starts from: cash in each currency, what trades cost, and how its fills are assumed.

A venue without a stated fee model is refused. Fees are rows of rates from day to day (see `kernels.charges`), so that
the compiled and the Python path charge the same cents.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from numpy.typing import NDArray

from waglan.exchange.rows import Fee
from waglan.exchange.venue import Venue
from waglan.kernels import charges as row
from waglan.schema.tape import Instrument
from waglan.schema.units import MICRO, NULL, BadValue

Ints = NDArray[np.int64]

ALWAYS: Final = (1 << 63) - 1
SIDES: Final = {"both": 0, "buy": 1, "sell": -1}
LIQUIDITY: Final = {"both": row.ANY, "maker": row.MAKER, "taker": row.TAKER}
CASH_MAX: Final = 1 << 60


class FeeModel(Protocol):
    """What trades on a venue cost."""

    @property
    def name(self) -> str:
        """What a result calls it."""

    def rows(self, instrument: Instrument, number: int) -> list[list[int]]:
        """Rows of `kernels.charges` for one instrument, which has this number in the data."""


class Rate(msgspec.Struct, frozen=True):
    """One rate of every trade's value, in hundred-millionths, with a least amount; `Rate("none")` says: no fees."""

    name: str
    rate_e8: int = 0
    least_minor: int = 0

    def rows(self, instrument: Instrument, number: int) -> list[list[int]]:
        """One row, or none where nothing is charged. Raises BadValue for a negative rate or amount."""
        if not (0 <= self.rate_e8 <= row.E8 and 0 <= self.least_minor < CASH_MAX):
            raise BadValue(f"fee {self.name!r}: rate {self.rate_e8} and least amount {self.least_minor} cannot be")
        if not self.rate_e8 and not self.least_minor:
            return []
        return [[number, 0, NULL, ALWAYS, self.rate_e8, 0, self.least_minor, -1, 1, 0, row.ANY]]


class VenueFees:
    """The dated fee rows of a venue. A fee per contract note is charged on each fill, as if it were a note of its own:
    the same where orders fill at once; each further part has its own rounding, least and fixed amounts."""

    def __init__(self, venue: Venue) -> None:
        self.name = venue.name
        self.venue = venue

    def rows(self, instrument: Instrument, number: int) -> list[list[int]]:
        """The venue's rows. Raises BadValue where it states none, or takes its fees in another currency."""
        venue = self.venue
        if not venue.fees:
            raise BadValue(f"venue {venue.name!r} states no fees: a venue without a fee model is refused")
        if venue.fee_currency not in ("*", instrument.currency):
            raise BadValue(f"instrument {instrument.name!r} trades in {instrument.currency}, fees of {venue.name} "
                           f"are in {venue.fee_currency}: they are not converted yet")  # fmt: skip
        return [self._row(fee, number) for fee in venue.fees]

    def _row(self, fee: Fee, number: int) -> list[int]:
        zone = ZoneInfo(self.venue.zone)
        until = ALWAYS if fee.until is None else midnight_ns(fee.until, zone)
        most = fee.maximum_minor or -1
        return [
            number, SIDES[fee.side], midnight_ns(fee.begin, zone), until, fee.rate_e8, fee.fixed_minor,
            fee.minimum_minor, most, fee.step_minor, int(fee.rounding == "up"), LIQUIDITY[fee.liquidity],
        ]  # fmt: skip


def midnight_ns(day: date, zone: ZoneInfo) -> int:
    """When a day begins in a zone, UTC."""
    return int(datetime.combine(day, time(), zone).astimezone(UTC).timestamp()) * 1_000_000_000


class Assumptions(msgspec.Struct, frozen=True):
    """How fills are assumed; `words` says it in the result.

    cap_micro: share of a bar's volume that may be taken, None for all that is asked. Market and stop orders are filled
    slippage_quanta, and slippage_micro of the price rounded up, worse than the bar's price. through: a limit needs a
    price beyond it inside the bar, not only at it.
    """

    cap_micro: int | None = None
    slippage_quanta: int = 0
    slippage_micro: int = 0
    through: bool = False

    def rules(self) -> Ints:
        """Row of `kernels.bars`. Raises BadValue for a share beyond 1 or a slippage below zero."""
        cap = -1 if self.cap_micro is None else self.cap_micro
        if not -1 <= cap <= MICRO or (cap < 0) != (self.cap_micro is None):
            raise BadValue(f"a volume cap lies between 0 and {MICRO} millionths, it was {self.cap_micro}")
        if not (0 <= self.slippage_micro <= MICRO and 0 <= self.slippage_quanta < 1 << 40):
            raise BadValue(f"slippage is 0 or more, at most {MICRO} millionths; it was {self.slippage_quanta} quanta "
                           f"and {self.slippage_micro} millionths")  # fmt: skip
        return np.array([cap, self.slippage_quanta, self.slippage_micro, self.through], np.int64)

    def words(self) -> tuple[str, ...]:
        """What was assumed, a sentence each."""
        cap = "no volume cap" if self.cap_micro is None else f"at most {self.cap_micro} millionths of a bar's volume"
        return (
            "market orders fill at the open of the next bar that opened when or after they were sent",
            f"inside a bar a limit fills at its limit once the range {'passes' if self.through else 'touches'} it",
            "a stop fills at its stop or, where the bar opened beyond it, at the open",
            "a stop limit set off inside a bar fills there only if its limit allows the stop's price",
            f"market and stop orders slip {self.slippage_quanta} quanta and {self.slippage_micro} millionths; {cap}",
            "cash may become negative; no interest, no borrowing cost",
        )


def tables(
    instruments: Sequence[Instrument], fees: Mapping[str, FeeModel], cash: Mapping[str, int]
) -> tuple[list[str], Ints, Ints, Ints]:
    """Currencies (c), terms (m, 4), charges (k, 11), cash (c,). Raises BadValue for a venue without fees."""
    currencies = sorted({i.currency for i in instruments})
    terms, charges = [], []
    for number, i in enumerate(instruments):
        if i.venue not in fees:
            raise BadValue(f"instrument {i.name!r}: venue {i.venue!r} has no stated fee model")
        charges += fees[i.venue].rows(i, number)
        terms.append([currencies.index(i.currency), *i.worth, i.lot])
    for currency, amount in cash.items():
        if currency not in currencies or abs(amount) >= CASH_MAX:
            raise BadValue(f"cash of {amount} {currency}: nothing trades in it, or it is beyond 2**60")
    start = np.array([cash.get(c, 0) for c in currencies], np.int64)
    return currencies, _table(terms, 4), _table(charges, row.WIDTH), start


def _table(rows: Sequence[Sequence[int]], width: int) -> Ints:
    return np.array(rows, np.int64).reshape(-1, width)
