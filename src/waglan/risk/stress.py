"""What named scenarios would do to a book: crashes that were, and hypotheses, as data with their dates and sources.

A stress says how things move in the words people use for it: "-33.3%", "+300bp", "to 8.50". Currencies are said by
their worth in dollars and the pairs follow, so that no stress has an arbitrage in it; factors are named one by one or
by a pattern, and what is not named moves with its kind or stays. Which of these it was stands in the result.

Every quote is moved for itself: a stress may ask an amount of what the model moves by shares, and the peg may break to
a level, whatever the level is today.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from math import isfinite
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np

from waglan.pricing.layout import Line
from waglan.pricing.market import Market
from waglan.pricing.revaluation import revalue
from waglan.pricing.scenarios import Factor, Scenarios, once
from waglan.risk.universe import KINDS, RiskFactor, Universe
from waglan.schema.units import MICRO, MINOR_DIGITS, BadValue

DOLLAR: Final = "USD"
UNITS: Final = {"%": ("share", Decimal("0.01")), "bp": ("amount", Decimal("0.0001")), "pt": ("amount", Decimal("0.01"))}


class Stress(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One scenario of the file. `hypothesis`: it never happened; else it did, between the closes of two days."""

    code: str
    en: str
    zh_hant: str
    zh_hans: str
    hypothesis: bool
    source: str
    """Where the moves come from."""
    since: str = ""
    """First and last day of what happened, 1987-10-16; empty for a scenario that never did."""
    until: str = ""
    assumed: tuple[str, ...] = ()
    """Of what happened, the moves below that nobody recorded and that were set by hand."""
    currencies: dict[str, str] = {}
    """Currency -> its worth in USD moves by a share ("-10%"), or one USD comes to cost so many of it ("to 8.50")."""
    factors: dict[str, str] = {}
    """Name of a factor, of a factor's first quote, or a pattern ("HSI*") -> its move. The first that fits counts."""
    kinds: dict[str, str] = {}
    """Kind of factor -> the move of whatever is not named above."""


class Shock(msgspec.Struct, frozen=True):
    """What one factor does in a stress. by: "factor", "currency", "kind", or "still" where nothing is said of it.

    move_micro: millionths, of the first quote: a share or an amount, as `how` says.
    """

    factor: str
    kind: str
    how: str
    by: str
    move_micro: int


class Stressed(msgspec.Struct, frozen=True):
    """A stress and what the book gains in it, whole minor units of the home currency, losses negative.

    by_line_minor sums to pnl_minor; greeks_minor is the same book by delta, gamma and vega. unmatched: names in the
    stress that fit no factor of this universe.
    """

    stress: Stress
    pnl_minor: int
    greeks_minor: int
    lines: tuple[str, ...]
    by_line_minor: tuple[int, ...]
    shocks: tuple[Shock, ...]
    unmatched: tuple[str, ...] = ()


class Step(NamedTuple):
    """A move as it was written: "share" or "amount" by so much, or "to" a level."""

    how: str
    size: float


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    stress: list[Stress]


def read_stresses(source: Path | bytes) -> tuple[Stress, ...]:
    """The stresses of a TOML file. Raises BadValue with the stress and the value for anything that cannot be."""
    where, data = ("stresses", source) if isinstance(source, bytes) else (str(source), source.read_bytes())
    try:
        found = msgspec.convert(tomllib.loads(data.decode()), _File).stress
        once("stress", [stress.code for stress in found])
        return tuple(checked(stress) for stress in found)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError, BadValue) as error:
        raise BadValue(f"{where}: {error}") from None


def checked(stress: Stress) -> Stress:
    """The same, or BadValue: a move that cannot be read, days that are none, a fact without days or source."""
    name = f"stress {stress.code!r}"
    for key, text in (*stress.currencies.items(), *stress.factors.items(), *stress.kinds.items()):
        step(text, f"{name}, {key}")
    for currency, text in stress.currencies.items():
        if currency not in MINOR_DIGITS or currency == DOLLAR or step(text).how == "amount":
            raise BadValue(f"{name}: a currency but {DOLLAR} moves by a share or to a level, was {currency}: {text!r}")
    for kind in stress.kinds:
        if kind not in KINDS:
            raise BadValue(f"{name}: kinds are {', '.join(KINDS)}, was {kind!r}")
    said = stress.currencies.keys() | stress.factors.keys() | stress.kinds.keys()
    for key in stress.assumed:
        if key not in said:
            raise BadValue(f"{name}: what is assumed is among its moves, was {key!r}")
    if not stress.source or not (stress.hypothesis or stress.since):
        raise BadValue(f"{name}: a stress has a source, and unless it is a hypothesis its days")
    try:
        days = [date.fromisoformat(day) for day in (stress.since, stress.until) if day]
    except ValueError as error:
        raise BadValue(f"{name}: {error}") from None
    if bool(stress.since) != bool(stress.until) or days != sorted(days):
        raise BadValue(f"{name}: two days in their order, or none, were {stress.since!r} and {stress.until!r}")
    return stress


def step(text: str, where: str = "a move") -> Step:
    """ "-33.3%", "+300bp", "-2.5pt" (of 0.01), "to 8.50". Raises BadValue for anything else."""
    number, how, scale = text.removeprefix("to "), "to", Decimal(1)
    if number == text:
        unit = next((unit for unit in UNITS if text.endswith(unit)), "")
        how, scale = UNITS.get(unit, ("", scale))
        number = text.removesuffix(unit) if text[:1] in ("+", "-") else ""
    try:
        size = float(Decimal(number) * scale)
    except InvalidOperation:
        size = float("nan")
    if not how or not isfinite(size) or (how == "to" and size <= 0) or (how == "share" and size <= -1):
        raise BadValue(f'{where}: a move is written "-33.3%", "+300bp", "-2pt" or "to 8.50", it was {text!r}')
    return Step(how, size)


def stressed(
    lines: Sequence[Line], market: Market, universe: Universe, stresses: Sequence[Stress], home: str = "HKD"
) -> tuple[Stressed, ...]:
    """Every line priced again in every stress, in the order of the stresses; moves are instantaneous.

    Raises BadValue as `pricing.revalue` does, with the stress's code, where a stress makes a quote impossible or a
    quote is not there. No lines gain nothing; no stresses give nothing.
    """
    if not stresses:
        return ()
    factors = (*universe.factors, *_loose(market, universe))
    places = [(factor, quote) for factor in factors for quote in factor.quotes]
    moves = np.zeros((len(stresses), len(places)))
    shocks: list[tuple[Shock, ...]] = []
    for s, stress in enumerate(stresses):
        reading = _Reading(stress, market)
        row = {factor.name: reading.moves(factor) for factor in factors}
        moves[s] = [row[factor.name][1][factor.quotes.index(quote)] for factor, quote in places]
        shocks.append(tuple(_shock(factor, *row[factor.name]) for factor in universe.factors) + tuple(
            _shock(loose, *row[loose.name]) for loose in factors[len(universe.factors) :] if row[loose.name][0] != STILL
        ))  # fmt: skip
    asked = [Factor(quote, factor.how, (quote,)) for factor, quote in places]
    found = revalue(lines, market, Scenarios([stress.code for stress in stresses], asked, moves), home, greeks=True)
    assert found.greeks_minor is not None, "they were asked for"
    greeks = found.greeks_minor.sum(axis=1).tolist()
    return tuple(
        Stressed(stress, sum(row), greeks[s], found.names, tuple(row), shocks[s], unmatched(stress, factors))
        for s, (stress, row) in enumerate(zip(stresses, found.pnl_minor.tolist(), strict=True))
    )


STILL: Final = "still"


def _loose(market: Market, universe: Universe) -> tuple[RiskFactor, ...]:
    """Exchange rates that no factor moves, each as one of its own: a peg that never moved is no factor, and may."""
    held = {quote for factor in universe.factors for quote in factor.quotes}
    names = {factor.name for factor in universe.factors}
    free = [quote for quote in market.quotes if pair(quote) and quote not in held and quote not in names]
    return tuple(RiskFactor(quote, "share", (quote,), "fx") for quote in sorted(free))


def pair(quote: str) -> tuple[str, str] | None:
    """Base and currency of an exchange rate; None for any other quote."""
    base, _, currency = quote.partition("/")
    return (base, currency) if base in MINOR_DIGITS and currency in MINOR_DIGITS and base != currency else None


def _shock(factor: RiskFactor, by: str, moves: list[float]) -> Shock:
    return Shock(factor.name, factor.kind, factor.how, by, round(moves[0] * MICRO))


class _Reading:
    """One stress on one market: what each factor's quotes do."""

    def __init__(self, stress: Stress, market: Market) -> None:
        self.stress, self.market = stress, market
        self.worth: dict[str, float] = {}

    def moves(self, factor: RiskFactor) -> tuple[str, list[float]]:
        """By which word it moves, and how far each of its quotes does, as the factor's `how` counts."""
        named = fitting(factor, self.stress.factors)
        if named is not None:
            return "factor", self._stepped(factor, step(named))
        pairs = [pair(quote) for quote in factor.quotes] if factor.kind == "fx" else []
        if any(each and not self.stress.currencies.keys().isdisjoint(each) for each in pairs):
            return "currency", [
                self._counted(factor, quote, self._worth(each[0]) / self._worth(each[1]) - 1.0) if each else 0.0
                for quote, each in zip(factor.quotes, pairs, strict=True)
            ]
        if factor.kind in self.stress.kinds:
            return "kind", self._stepped(factor, step(self.stress.kinds[factor.kind]))
        return STILL, [0.0] * len(factor.quotes)

    def _stepped(self, factor: RiskFactor, move: Step) -> list[float]:
        share = move.size
        if move.how == "to":
            now = self._level(factor.series)
            share = move.size / now - 1.0 if now > 0 else 0.0
        if move.how == "amount":
            return [self._counted(factor, quote, None, move.size) for quote in factor.quotes]
        return [self._counted(factor, quote, share) for quote in factor.quotes]

    def _counted(self, factor: RiskFactor, quote: str, share: float | None, amount: float = 0.0) -> float:
        """A share or an amount in the factor's own way; where a quote is not above zero there is no share of it."""
        now = self._level(quote)
        if factor.how == "share":
            return share if share is not None else amount / now if now > 0 else 0.0
        return amount if share is None else share * now

    def _level(self, quote: str) -> float:
        """The quote as it stands; 0 where there is none, which is refused by name if a line needs it."""
        found = self.market.quotes.get(quote)
        return found.value if found is not None and isfinite(found.value) else 0.0

    def _worth(self, currency: str) -> float:
        """What a currency is worth in dollars, over what it was."""
        if currency not in self.stress.currencies:
            return 1.0
        if currency not in self.worth:
            how, size = step(self.stress.currencies[currency])
            self.worth[currency] = 1.0 + size if how == "share" else self._dollar(currency) / size
        return self.worth[currency]

    def _dollar(self, currency: str) -> float:
        """What a dollar costs now."""
        who, cost = f"stress {self.stress.code!r}", 1.0
        for quote, divides in self.market.path(DOLLAR, currency, who):
            level = self.market.price(quote, who)
            cost = cost / level if divides else cost * level
        return cost


def fitting(factor: RiskFactor, moves: Mapping[str, str]) -> str | None:
    """The move of the name that is the factor's or its first quote's, else of the first pattern that fits either."""
    for name in (factor.name, factor.series):
        if name in moves:
            return moves[name]
    patterns = (key for key in moves if fnmatchcase(factor.name, key) or fnmatchcase(factor.series, key))
    return moves.get(next(patterns, ""))


def unmatched(stress: Stress, factors: Iterable[RiskFactor]) -> tuple[str, ...]:
    """Names and patterns of the stress, and currencies, that nothing here answers to."""
    held = list(factors)
    names = {name for factor in held for name in (factor.name, factor.series)}
    worth = {currency for factor in held for quote in factor.quotes for currency in pair(quote) or ()}
    return tuple(key for key in stress.factors if not any(fnmatchcase(name, key) for name in names)) + tuple(
        currency for currency in stress.currencies if currency not in worth
    )
