"""What a trade costs: each fee by its own rounding, on its own side, from the day's rows.

A rate is in hundred-millionths (e8) of the value, so 0.00015% is 150 and no digit is lost. A fee is rounded to the
minor unit half to even, where the venue's rule does not say otherwise ("to the nearest cent", ties unsaid); Hong Kong's
stamp duty is rounded up to the next dollar. Fees per trade are due on every fill; fees per contract note on what one
order traded on one day, as brokers charge them, so that an order filled in ten parts does not pay the rounding ten
times.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from waglan.exchange.rows import Fee
from waglan.exchange.venue import Venue
from waglan.schema.units import BadValue, half_even

E8: Final = 100_000_000

SIDES: Final = {"both": 0, "buy": 1, "sell": -1}
LIQUIDITY: Final = {"both": 0, "maker": 1, "taker": -1}


def fee_minor(fee: Fee, value_minor: int) -> int:
    """One fee on a value in minor units of the fee's currency, at least 0; exact, whatever the size."""
    raw = value_minor * fee.rate_e8
    if fee.rounding == "up":
        amount = -(-raw // (E8 * fee.step_minor)) * fee.step_minor
    else:
        amount = half_even(raw, E8 * fee.step_minor) * fee.step_minor
    amount = max(amount + fee.fixed_minor, fee.minimum_minor)
    return min(amount, fee.maximum_minor) if fee.maximum_minor else amount


@dataclass(frozen=True, slots=True)
class Schedule:
    """The fees in force on a day, in the order of the file. `currency` "*": the trade's own."""

    currency: str
    fees: tuple[Fee, ...]

    def due(self, side: int, maker: bool) -> tuple[Fee, ...]:
        """The fees of a buy (side 1) or sale (-1) that rested in the book (maker) or did not."""
        if side not in (1, -1):
            raise BadValue(f"a side is 1 for a buy and -1 for a sale; it was {side}")
        makes = 1 if maker else -1
        return tuple(
            fee for fee in self.fees if SIDES[fee.side] in (0, side) and LIQUIDITY[fee.liquidity] in (0, makes)
        )

    def contract(self, values_minor: Sequence[int], side: int, maker: bool = False) -> dict[str, int]:
        """Each fee of one order's fills on one day, by name; `values_minor` is price x quantity of every fill.

        No fill, no fee. Raises BadValue for a negative value.
        """
        for at, value in enumerate(values_minor):
            if value < 0:
                raise BadValue(f"a trade's value is at least 0; fill {at} had {value}")
        whole = sum(values_minor)
        out: dict[str, int] = {}
        for fee in self.due(side, maker) if len(values_minor) else ():
            per_trade = sum(fee_minor(fee, value) for value in values_minor) if fee.per == "trade" else 0
            out[fee.name] = per_trade if fee.per == "trade" else fee_minor(fee, whole)
        return out

    def trade(self, value_minor: int, side: int, maker: bool = False) -> int:
        """All fees of an order that filled at once, in minor units."""
        return sum(self.contract((value_minor,), side, maker).values())


def schedule(venue: Venue, day: date) -> Schedule:
    """The fees of a venue on a day. Raises BadValue where none is stated: such a venue is refused."""
    venue.check_day(day)
    fees = tuple(fee for fee in venue.fees if fee.holds(day))
    if not fees:
        raise BadValue(f"{venue.name} states no fee for {day}: a venue without a fee model is refused")
    return Schedule(venue.fee_currency, fees)


def changes(venue: Venue, first: date, last: date) -> tuple[date, ...]:
    """The days in (first, last] on which some fee begins or ends, rising: where a simulator takes the next schedule."""
    edges = {fee.begin for fee in venue.fees} | {fee.until for fee in venue.fees if fee.until is not None}
    return tuple(sorted(day for day in edges if first < day <= last))
