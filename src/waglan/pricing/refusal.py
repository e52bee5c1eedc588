"""Why a line cannot be priced: its instrument and its quotes looked at one after the other, until something is wrong.

`layout` finds by arrays which lines cannot be priced; what is told of each is found here, line by line.
"""

import numpy as np
from numpy.typing import NDArray

from waglan.pricing.instruments import PAID_AT_ONCE, PAIRED, Instrument, Option, checked, pair
from waglan.pricing.market import PRICE_LEAST, PRICE_MOST, VOLATILITY_MOST, Market
from waglan.pricing.scenarios import Scenarios
from waglan.schema.units import MINOR_DIGITS, BadValue

Floats = NDArray[np.float64]
RATE_FAR = 10.0
"""A rate in a scenario lies between it and its negative."""


def why(instrument: Instrument, quantity: int, market: Market, scenarios: Scenarios | None, home: str) -> str:
    """What is wrong, in the order: the record, the quantity, rate, carry, spot, volatility, cross, expiry."""
    try:
        _Looked(market, scenarios, home).at(instrument, quantity)
    except BadValue as bad:
        return str(bad)
    raise AssertionError(f"{instrument.name}: nothing is wrong with it")


def units_of(instrument: Instrument, quantity: int, home: str) -> float:
    """Quantity x multiplier x minor units of the home currency, exact. Raises BadValue for 2**53 and more."""
    units = quantity * getattr(instrument, "multiplier", 1) * 10 ** MINOR_DIGITS[home]
    if abs(units) >= 1 << 53:
        raise BadValue(f"{instrument.name}: quantity x multiplier x minor units stay below 2**53, they were {units}")
    return float(units)


class _Looked:
    """One line at one market; raises BadValue for the first thing that is wrong."""

    def __init__(self, market: Market, scenarios: Scenarios | None, home: str) -> None:
        self.market, self.scenarios, self.home = market, scenarios, home

    def at(self, it: Instrument, quantity: int) -> None:
        name = checked(it).name
        units_of(it, quantity, self.home)
        for field in ("rate", "carry"):
            quote = getattr(it, field, None)
            if quote is not None:
                self._within(quote, self.market.rate(quote, name), -RATE_FAR, RATE_FAR, f"{name}: the rate {quote!r}")
        if isinstance(it, PAIRED):
            self._cross(it.base, it.currency, name)
        elif isinstance(it, Option) and it.on == "fx":
            self._cross(*pair(it.quote, name), name)
        else:
            self._price(it.quote, name)
        if isinstance(it, Option):
            level, what = self.market.volatility(it.volatility, name), f"{name}: the volatility {it.volatility!r}"
            self._within(it.volatility, level, PRICE_LEAST, VOLATILITY_MOST, what)
        self._cross(it.currency, self.home, name)
        self._expiry(it)

    def _expiry(self, it: Instrument) -> None:
        left = 1 if isinstance(it, PAID_AT_ONCE) else it.expiry_ns - self.market.ts_ns
        if left <= 0:
            raise BadValue(f"{it.name}: expired {-left} ns before the market's time {self.market.ts_ns}")

    def _cross(self, base: str, currency: str, name: str) -> None:
        for quote, _ in self.market.path(base, currency, name):
            self._price(quote, name)

    def _price(self, quote: str, name: str) -> None:
        level = self.market.price(quote, name)
        self._within(quote, level, PRICE_LEAST, PRICE_MOST, f"{name}: the price {quote!r}")

    def _within(self, quote: str, level: float, low: float, high: float, what: str) -> None:
        """In each scenario."""
        if self.scenarios is None:
            return
        values = self.scenarios.moved(quote, level)
        wrong = np.flatnonzero(~((values >= low) & (values <= high)))
        if len(wrong):
            label, value = self.scenarios.labels[wrong[0]], values[wrong[0]]
            raise BadValue(f"{what} lies between {low:g} and {high:g}, in scenario {label!r} it was {value}")
