"""Quotes as they come, and those in force: the ones that everything is priced from until the next repricing.

A quote is a whole number of millionths. One that cannot be what it is used for - a price of zero, a volatility of a
thousand - leaves the last good level where it is and marks it as no longer known, as a quote does that grows old: what
is held goes on at its last price, and nothing new is answered from it.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from waglan.pricing.instruments import FxSpot, Option
from waglan.pricing.market import PRICE_MOST, RATE_LEAST, RATE_MOST, VOLATILITY_MOST, Market, Quote
from waglan.risk.universe import Universe
from waglan.schema.units import LIMIT, MICRO, NULL, BadValue

Ints = NDArray[np.int64]
FOREVER = 1 << 62
"""Longer than any quote can grow old: who prices asks what is known, and its age is asked for elsewhere."""


class Quotes:
    """The latest levels by code, int64 millionths with NULL for none yet, and a copy of them that is in force.

    names: the quotes in the order of their codes. A later event with an earlier time moves nothing.
    """

    def __init__(self, names: Sequence[str], universe: Universe) -> None:
        self.names = tuple(names)
        self.place = {name: i for i, name in enumerate(self.names)}
        missing = [quote for quote in universe.quotes if quote not in self.place]
        if missing:
            raise BadValue(f"the column `quote` has no category {missing[0]!r}, which the universe prices or moves by")
        self.low, self.high = bounds(self.names, universe)
        n = len(self.names)
        self.level, self.ts_ns, self.good = np.full(n, NULL), np.full(n, NULL), np.zeros(n, np.bool_)
        self.in_force, self.in_force_ts, self.in_force_good = self.level.copy(), self.ts_ns.copy(), self.good.copy()
        self.at_ns = 0
        """When they came in force."""

    def take(self, codes: Ints, ts_ns: Ints, levels: Ints) -> None:
        """Quotes in their order, (n,) each; codes below 0 name none."""
        for code, ts, level in zip(codes.tolist(), ts_ns.tolist(), levels.tolist(), strict=True):
            if not 0 <= code < len(self.names) or ts < self.ts_ns[code]:
                continue
            if self.low[code] <= level <= self.high[code]:
                self.level[code], self.ts_ns[code], self.good[code] = level, ts, True
            else:
                self.good[code] = False

    def enforce(self, ts_ns: int) -> None:
        """From now on everything is priced from the latest."""
        self.in_force, self.in_force_ts, self.in_force_good = self.level.copy(), self.ts_ns.copy(), self.good.copy()
        self.at_ns = ts_ns

    def market(self, at_ns: int | None = None) -> Market:
        """The quotes in force, however old, at the moment at which they came in force, or at another."""
        return market_of(self.names, self.in_force, self.in_force_ts, self.at_ns if at_ns is None else at_ns)

    def usable_until(self, age_max_ns: int) -> Ints:
        """The last moment at which each quote in force is fresh; NULL for one that is not known or cannot be."""
        return np.where(self.in_force_good, self.in_force_ts + age_max_ns, NULL)


def market_of(names: Sequence[str], levels: Ints, ts_ns: Ints, at_ns: int) -> Market:
    """Levels in millionths as a market, in which none is too old."""
    known = np.flatnonzero(levels != NULL).tolist()
    quotes = (Quote(names[i], int(levels[i]) / MICRO, min(int(ts_ns[i]), at_ns)) for i in known)
    return Market(quotes, at_ns, FOREVER)


def bounds(names: Sequence[str], universe: Universe) -> tuple[Ints, Ints]:
    """Least and most millionths that a quote may have, by everything that it is used for.

    What is a share, a currency or a future has a price above zero; quotes that nobody names may be any number.
    """
    low, high = np.full(len(names), 1 - LIMIT), np.full(len(names), LIMIT - 1)
    place = {name: i for i, name in enumerate(names)}

    def within(quote: str | None, least: float, most: float) -> None:
        if quote is not None:
            at = place[quote]
            low[at], high[at] = max(low[at], round(least * MICRO)), min(high[at], round(most * MICRO))

    for name in names:
        if "/" in name:
            within(name, 1 / MICRO, PRICE_MOST)
    for factor in universe.factors:
        if factor.how == "share":
            for quote in factor.quotes:
                within(quote, 1 / MICRO, PRICE_MOST)
    for it in universe.instruments:
        if not isinstance(it, FxSpot):
            within(getattr(it, "quote", None), 1 / MICRO, PRICE_MOST)
        if isinstance(it, Option):
            within(it.volatility, 1 / MICRO, VOLATILITY_MOST)
        within(getattr(it, "rate", None), RATE_LEAST, RATE_MOST)
        within(getattr(it, "carry", None), RATE_LEAST, RATE_MOST)
    return low, high
