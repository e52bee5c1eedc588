"""Which prices there are: a ladder of rungs whose distance grows with the price.

A band includes its highest price: at 0.25 the step below is 0.001 and the step above 0.005. Every end of a band is a
rung of both its bands, so a price is on the ladder exactly if its own band's spread divides it, and counting rungs is
arithmetic. Prices are whole numbers of the venue's quantum (Hong Kong: thousandths of a dollar).
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from waglan.exchange.rows import on
from waglan.exchange.venue import Venue
from waglan.schema.units import BadValue


@dataclass(frozen=True, slots=True)
class Ticks:
    """The rungs of one day: `tops` of the bands (included), rising; `steps`, the spread in each; `least` price."""

    least: int
    tops: tuple[int, ...]
    steps: tuple[int, ...]

    def __post_init__(self) -> None:
        bottom = 0
        for top, step in zip(self.tops, self.steps, strict=True):
            if step < 1 or top <= bottom or bottom % step or top % step:
                raise BadValue(f"a band from {bottom} to {top} does not begin and end on rungs {step} apart")
            bottom = top
        if not (0 < self.least <= bottom) or self.least % self.step(self.least):
            raise BadValue(f"the least price {self.least} is not on the ladder")

    @property
    def greatest(self) -> int:
        """The highest price there is."""
        return self.tops[-1]

    def step(self, price: int) -> int:
        """The spread below a price: that of the band whose end it is, or in which it lies. Clamped at both ends."""
        return self.steps[min(bisect_left(self.tops, price), len(self.tops) - 1)]

    def valid(self, price: int) -> bool:
        """Whether an order may name this price."""
        return self.least <= price <= self.greatest and price % self.step(price) == 0

    def check(self, price: int) -> int:
        """The price, if it is on the ladder. Raises BadValue with its two neighbours otherwise."""
        if not self.least <= price <= self.greatest:
            raise BadValue(f"a price lies between {self.least} and {self.greatest}; it was {price}")
        if price % self.step(price):
            raise BadValue(
                f"{price} is between two prices, {self.floor(price)} and {self.ceiling(price)}: "
                f"the spread is {self.step(price)} there"
            )
        return price

    def floor(self, price: int) -> int:
        """The highest rung at or below a price: what a buyer's limit is rounded to. Clamped to the ladder."""
        price = min(max(price, self.least), self.greatest)
        return price - price % self.step(price)

    def ceiling(self, price: int) -> int:
        """The lowest rung at or above a price: what a seller's limit is rounded to. Clamped to the ladder."""
        price = min(max(price, self.least), self.greatest)
        return price + -price % self.step(price)

    def rank(self, price: int) -> int:
        """How many rungs lie at or below a price, counted from 0 at price 0. Inverse of `rung` on the ladder."""
        count = bottom = 0
        for top, step in zip(self.tops, self.steps, strict=True):
            count += (min(price, top) - bottom) // step
            if price <= top:
                break
            bottom = top
        return count

    def rung(self, rank: int) -> int:
        """The price of a rank, clamped to the ladder. Inverse of `rank`."""
        bottom = 0
        for top, step in zip(self.tops, self.steps, strict=True):
            rungs = (top - bottom) // step
            if rank <= rungs:
                return max(bottom + rank * step, self.least)
            rank -= rungs
            bottom = top
        return self.greatest

    def away(self, price: int, rungs: int) -> int:
        """The price that lies so many rungs above (below, if negative) a price on the ladder; clamped to it."""
        return self.rung(self.rank(self.check(price)) + rungs)

    def valid_array(self, prices: NDArray[np.int64]) -> NDArray[np.bool_]:
        """`valid` for int64 prices (n,)."""
        band = np.minimum(np.searchsorted(np.array(self.tops), prices, side="left"), len(self.tops) - 1)
        step = np.array(self.steps, np.int64)[band]
        valid: NDArray[np.bool_] = (prices >= self.least) & (prices <= self.greatest) & (prices % step == 0)
        return valid


def ticks(venue: Venue, day: date) -> Ticks:
    """The ladder of a venue on a day. Raises BadValue for a day before its rules are known."""
    venue.check_day(day)
    row = on(venue.ticks, day, "minimum spread")
    return Ticks(row.least, tuple(top for top, _ in row.bands), tuple(step for _, step in row.bands))


def lot_code(venue: Venue, day: date, quantity: int, board_lot: int) -> str:
    """Why a quantity may not be sent as one order: "", "empty", "odd-lot" or "too-large" (never a traceback).

    Odd lots of Hong Kong trade in a market of their own that matches nothing automatically; here they are refused.
    """
    venue.check_day(day)
    row = on(venue.lots, day, "lot")
    if board_lot < 1:
        raise BadValue(f"a board lot holds at least 1; it was {board_lot}")
    if quantity < 1:
        return "empty"
    if row.odd == "separate" and quantity % board_lot:
        return "odd-lot"
    if row.lots_max and quantity > row.lots_max * board_lot:
        return "too-large"
    return ""
