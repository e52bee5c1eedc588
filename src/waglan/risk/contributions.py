"""Where a book's risk comes from: parts of VaR and ES by position, factor, book, trader and counterparty.

Each view sums to the total to the cent (Euler; `measures.contributions`). Positions, books, traders and counterparties
are sums of the same P&L in the same worst scenarios. Factors are not: a book of options gains more or less from two
moves together than from each alone, so in the worst scenarios every factor is moved alone, the book priced again, and
what remains of the total - moving together, and pricing in whole cents - is a part of its own.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from waglan.measures.contributions import apportioned, checked, halves, incremental, sums, totals
from waglan.measures.tail import CEIL, EXACT, REACH, Rule, Tail, tail
from waglan.pricing.layout import Line
from waglan.pricing.market import Market
from waglan.pricing.revaluation import revalue
from waglan.pricing.scenarios import Scenarios
from waglan.risk.columns import names
from waglan.risk.universe import Universe
from waglan.schema.recipe import Recipe
from waglan.schema.risk import Risk
from waglan.schema.units import BadValue

Ints = NDArray[np.int64]

CROSS: Final = "*cross"
"""The part of factors that comes of moving together, and of whole cents."""
NOBODY: Final = "*none"
"""What is held under no name of a view: a trade that named no trader, say."""


class Part(msgspec.Struct, frozen=True):
    """What one of a view gives, whole minor units, losses positive; below zero it takes risk away.

    incremental: the book's risk less its risk without it, None for factors; these do not sum.
    """

    name: str
    var_minor: int
    es_minor: int
    incremental_var_minor: int | None = None
    incremental_es_minor: int | None = None


class Contributions(msgspec.Struct, frozen=True):
    """Parts of one scope's VaR and ES: scope "total" (name ""), or a book, trader or counterparty by name.

    The parts of each view that is not empty sum to var_minor and es_minor. Views keep the order of declaration; only
    what is held stands in them. factors ends with CROSS. Of a part of the book only positions and factors are told.
    """

    scope: str
    name: str
    var_tail_micro: int
    es_tail_micro: int
    shortfall: str
    var_minor: int
    es_minor: int
    scenarios: str
    """Digest of the scenarios."""
    positions: tuple[Part, ...]
    books: tuple[Part, ...]
    traders: tuple[Part, ...]
    counterparties: tuple[Part, ...]
    factors: tuple[Part, ...]


class Held(Protocol):
    """What is asked of `holdings.Holdings`."""

    recipe: Recipe
    universe: Universe

    @property
    def scenarios(self) -> Scenarios: ...
    @property
    def unit_pnl(self) -> Ints: ...
    def market(self) -> Market: ...
    def quantities(self, scope: str = "total", key: str | None = None) -> Ints: ...


class Worst(NamedTuple):
    """The tails of one book: rows of scenarios that either reads, and both tails by their place among those rows."""

    rows: Ints
    es: Tail
    var: Tail
    totals: Ints


def rules(risk: Risk) -> tuple[Rule, Rule]:
    """How VaR and ES of a market book are counted."""
    return Rule(risk.var_tail_micro), Rule(risk.es_tail_micro, CEIL, EXACT)


def laid_down(held: Held) -> Risk:
    """The recipe's `[risk]`. Raises BadValue for a recipe without one."""
    if held.recipe.risk is None:
        raise BadValue(f"the recipe {held.recipe.name!r} has no [risk]")
    return held.recipe.risk


def contributions(held: Held, scope: str = "total", key: str | None = None, factors: bool = True) -> Contributions:
    """Parts of the risk of everything that a scope holds, in the scenarios of the last roll.

    A book that holds nothing has no parts and no risk. Raises BadValue for a scope or name that is not there, and
    without scenarios. O(scenarios x positions) for the incremental ones; the factors cost one revaluation of the tail's
    scenarios for each factor: 26 x 60 scenarios for 1,000 and 60 factors.
    """
    risk, universe = laid_down(held), held.universe
    quantity = held.quantities(scope, key)
    pnl = held.unit_pnl
    worst = worst_of(totals(pnl, quantity), risk)
    unit = np.ascontiguousarray(pnl[worst.rows])
    places = np.flatnonzero(quantity)
    instruments = [universe.instruments[i].name for i in places.tolist()]
    positions = np.zeros((len(places), len(quantity)), np.int64)
    positions[np.arange(len(places)), places] = quantity[places]
    views = {"positions": _view(instruments, positions, pnl, unit, worst, risk, universe.scale)}
    if scope == "total":
        for view, by in (("books", "book"), ("traders", "trader"), ("counterparties", "counterparty")):
            views[view] = _view(*shares_of(held, by, quantity), pnl, unit, worst, risk, universe.scale)
    var, es = (int(part.sum()) for part in split(positions, unit, worst, universe.scale))
    return Contributions(
        scope, key or "", risk.var_tail_micro, risk.es_tail_micro, EXACT, var, es, held.scenarios.digest(),
        views["positions"], views.get("books", ()), views.get("traders", ()), views.get("counterparties", ()),
        factor_parts(held, quantity, worst) if factors else (),
    )  # fmt: skip


def worst_of(whole: Ints, risk: Risk) -> Worst:
    """The worst scenarios of P&L (S,); those of VaR lie within those of ES."""
    var_rule, es_rule = rules(risk)
    es, var = tail(whole, es_rule), tail(whole, var_rule)
    rows = np.union1d(es.rows, var.rows)
    es, var = (Tail(np.searchsorted(rows, one.rows), one.edge, one.weights) for one in (es, var))
    return Worst(rows, es, var, whole)


def shares_of(held: Held, by: str, quantity: Ints) -> tuple[list[str], Ints]:
    """Who holds what: names, and quantities (names, instruments), whoever holds nothing left out."""
    known = list(names(held.recipe, by))
    each = np.stack([held.quantities(by, name) for name in known]) if known else np.zeros((0, len(quantity)), np.int64)
    rest = quantity - each.sum(axis=0)
    each = np.concatenate([each, rest[None, :]])
    some = np.flatnonzero(each.any(axis=1))
    return [[*known, NOBODY][i] for i in some.tolist()], each[some]


def split(quantities: Ints, unit: Ints, worst: Worst, scale: int) -> tuple[Ints, Ints]:
    """Parts of VaR and ES (groups,) of groups that hold (groups, instruments); unit: (rows of `worst`, instruments)."""
    es, _ = sums(unit, worst.es)
    _, var = sums(unit, worst.var)
    most = np.abs(quantities).astype(np.float64)
    if max(float((most @ np.abs(one)).sum()) for one in (es, var)) >= REACH:
        raise BadValue("the worst scenarios' P&L cannot be summed over positions in 64 bits")
    return apportioned(-(quantities @ var), scale), apportioned(-(quantities @ es), worst.es.weights.divisor * scale)


def _view(
    held: Sequence[str], quantities: Ints, pnl: Ints, unit: Ints, worst: Worst, risk: Risk, scale: int
) -> tuple[Part, ...]:
    if not held:
        return ()
    var, es = split(quantities, unit, worst, scale)
    used = np.flatnonzero(quantities.any(axis=0))
    peaks = np.abs(pnl[:, used]).max(axis=0).astype(np.float64)
    if float((np.abs(quantities[:, used]) @ peaks).max()) >= REACH:
        raise BadValue("the P&L of what is held cannot be summed in 64 bits")
    columns = np.ascontiguousarray(pnl[:, used]) @ quantities[:, used].T
    (var_rule, es_rule), whole = rules(risk), worst.totals
    without = [incremental(columns, rule, whole, scale) for rule in (var_rule, es_rule)]
    of = zip(held, var, es, without[0].var_minor, without[1].es_minor, strict=True)
    return tuple(Part(name, *(int(number) for number in numbers)) for name, *numbers in of)


def factor_parts(held: Held, quantity: Ints, worst: Worst) -> tuple[Part, ...]:
    """Each factor moved alone in the worst scenarios, whole book revalued; CROSS is what that leaves of the total."""
    universe, scale = held.universe, held.universe.scale
    lines = [Line(universe.instruments[i], int(quantity[i])) for i in np.flatnonzero(quantity).tolist()]
    if not lines:
        return ()
    scenarios = held.scenarios
    alone = one_at_a_time(scenarios, worst.rows)
    gained = revalue(lines, held.market(), alone, laid_down(held).home).totals_minor()
    pnl = gained.reshape(len(scenarios.factors), len(worst.rows)).T * scale
    whole = worst.totals[worst.rows]
    pnl = np.column_stack([pnl, whole - pnl.sum(axis=1)])
    checked(pnl, times=worst.es.weights.full * worst.es.weights.rows)
    var, es = split(np.eye(pnl.shape[1], dtype=np.int64), pnl, worst, scale)
    return tuple(
        Part(name, int(v), int(e))
        for name, v, e in zip([*(factor.name for factor in scenarios.factors), CROSS], var, es, strict=True)
    )


def one_at_a_time(scenarios: Scenarios, rows: Ints) -> Scenarios:
    """Some scenarios again, each factor moving alone: factor by factor, rows within, (factors x rows) scenarios."""
    count, factors = len(rows), scenarios.factors
    moves = np.zeros((len(factors) * count, len(factors)))
    for f in range(len(factors)):
        moves[f * count : (f + 1) * count, f] = scenarios.moves[rows, f]
    labels = [f"{factor.name}, {scenarios.labels[s]}" for factor in factors for s in rows.tolist()]
    return Scenarios(labels, factors, moves)


def marginal_parts(held: Held, scope: str = "total", key: str | None = None) -> dict[str, tuple[int, int]]:
    """Instrument -> what one more unit adds to VaR and ES, to first order, in scale-ths of a minor unit.

    Of every instrument of the universe, held or not. The slope at the book as it is; what a trade adds to ES in truth
    is at least that (ES is convex): see `trials.tried`.
    """
    pnl = held.unit_pnl
    worst = worst_of(totals(pnl, held.quantities(scope, key)), laid_down(held))
    unit = np.ascontiguousarray(pnl[worst.rows])
    es, _ = sums(unit, worst.es)
    _, var = sums(unit, worst.var)
    slopes = (-var, halves(-es, worst.es.weights.divisor))
    return {
        instrument.name: (int(v), int(e)) for instrument, v, e in zip(held.universe.instruments, *slopes, strict=True)
    }
