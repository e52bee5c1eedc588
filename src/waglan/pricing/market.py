"""Quotes by name, each with its time, and the ways from one currency to another through them.

A quote is asked for by the instrument that needs it, so that a refusal names both. Nothing here knows the hour: a
market has its own time, and quotes older than the age handed in, or later than the market, are refused.
"""

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

import msgspec

from waglan.pricing.instruments import known_currency
from waglan.schema.units import MINOR_DIGITS, BadValue

RATE_LEAST: Final = -1.0
RATE_MOST: Final = 10.0
VOLATILITY_MOST: Final = 10.0
PRICE_LEAST: Final = 1e-9
PRICE_MOST: Final = 1e12

Path = tuple[tuple[str, bool], ...]
"""Quotes to multiply by, or to divide by where the flag is true."""


class Quote(msgspec.Struct, frozen=True):
    """What something cost, and when (UTC). A price, a rate (0.04 for 4%) or a volatility (0.25 for 25%)."""

    name: str
    value: float
    ts_ns: int


class Market:
    """Quotes at a moment.

    quotes: one for each name, in any order. ts_ns: the moment that is valued at; age_max_ns: how old a quote may be
    then. Raises BadValue for two quotes of one name. A bad or stale quote is refused when it is first needed, with who
    needed it; one that nobody needs does no harm.
    """

    def __init__(self, quotes: Iterable[Quote], ts_ns: int, age_max_ns: int) -> None:
        if age_max_ns < 0:
            raise BadValue(f"the age that a quote may have is zero or more, it was {age_max_ns} ns")
        self.quotes: Mapping[str, Quote] = by_name(quotes)
        self.ts_ns = ts_ns
        self.age_max_ns = age_max_ns
        self.ways: Ways = ways_of(tuple(name for name in self.quotes if "/" in name))
        """Between currencies: one and the same for markets that quote the same pairs."""

    def price(self, name: str, wanted_by: str) -> float:
        """A price above zero. Raises BadValue, as the other two, for what is missing, stale or no such number."""
        return self._within(name, wanted_by, "price", PRICE_LEAST, PRICE_MOST)

    def volatility(self, name: str, wanted_by: str) -> float:
        """A volatility above zero: without chance there is nothing to price by these formulas."""
        return self._within(name, wanted_by, "volatility", PRICE_LEAST, VOLATILITY_MOST)

    def rate(self, name: str, wanted_by: str) -> float:
        """A rate or yield, of either sign."""
        return self._within(name, wanted_by, "rate", RATE_LEAST, RATE_MOST)

    def path(self, base: str, currency: str, wanted_by: str) -> Path:
        """The shortest way from one currency to another; of equally short ones the first by the names of currencies.

        Empty from a currency to itself. Raises BadValue for an unknown currency, or where there is no way.
        """
        known_currency(base, wanted_by)
        known_currency(currency, wanted_by)
        found = self.ways.path(base, currency)
        if found is None:
            raise BadValue(f"{wanted_by}: no quotes lead from {base} to {currency}")
        return found

    def _within(self, name: str, wanted_by: str, what: str, low: float, high: float) -> float:
        quote = self.quotes.get(name)
        if quote is None:
            raise BadValue(f"{wanted_by}: there is no quote of {name!r}")
        if not math.isfinite(quote.value) or not low <= quote.value <= high:
            raise BadValue(f"{wanted_by}: the {what} {name!r} lies between {low:g} and {high:g}, it was {quote.value}")
        age = self.ts_ns - quote.ts_ns
        if age > self.age_max_ns:
            raise BadValue(f"{wanted_by}: the quote {name!r} is stale: {age} ns old, {self.age_max_ns} is the most")
        if age < 0:
            raise BadValue(f"{wanted_by}: the quote {name!r} is {-age} ns later than the market")
        return quote.value


class Ways:
    """The shortest ways between currencies through quoted pairs, each looked for once."""

    def __init__(self, pairs: Iterable[str]) -> None:
        self._neighbours = neighbours(pairs)
        self._paths: dict[tuple[str, str], Path | None] = {}

    def path(self, base: str, currency: str) -> Path | None:
        """As `Market.path`; None where there is no way."""
        if (base, currency) not in self._paths:
            self._paths[base, currency] = self._found(base, currency)
        return self._paths[base, currency]

    def _found(self, base: str, currency: str) -> Path | None:
        reached: dict[str, Path] = {base: ()}
        front = [base]
        while front and currency not in reached:
            step: list[str] = []
            for here in front:
                for there, leg in self._neighbours.get(here, ()):
                    if there not in reached:
                        reached[there] = (*reached[here], leg)
                        step.append(there)
            front = step
        return reached.get(currency)


@lru_cache(maxsize=64)
def ways_of(pairs: tuple[str, ...]) -> Ways:
    """The ways through these pairs, kept for the next market that quotes the same."""
    return Ways(pairs)


def by_name(quotes: Iterable[Quote]) -> dict[str, Quote]:
    """Name -> quote. Raises BadValue for two of one name."""
    found: dict[str, Quote] = {}
    for quote in quotes:
        if quote.name in found:
            raise BadValue(f"two quotes of {quote.name!r}: {found[quote.name].value} and {quote.value}")
        found[quote.name] = quote
    return found


def neighbours(names: Iterable[str]) -> dict[str, list[tuple[str, tuple[str, bool]]]]:
    """Currency -> (currency, leg) in order of name; of a pair quoted both ways the one from here is taken."""
    found: dict[str, dict[str, tuple[str, bool]]] = {}
    for name in sorted(names):
        base, _, currency = name.partition("/")
        if base in MINOR_DIGITS and currency in MINOR_DIGITS and base != currency:
            found.setdefault(base, {})[currency] = (name, False)
            found.setdefault(currency, {}).setdefault(base, (name, True))
    return {base: sorted(to.items()) for base, to in found.items()}
