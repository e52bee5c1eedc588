"""Where a book's risk comes from: parts of VaR and ES by position, factor, book, trader and counterparty.

Each view sums to the total to the cent (Euler; `measures.contributions`). Positions, books, traders and counterparties
are sums of the same P&L in the same worst scenarios. Factors are not: a book of options gains more or less from two
moves together than from each alone, so in the worst scenarios every factor is moved alone, the book priced again, and
what remains of the total - moving together, and pricing in whole cents - is a part of its own.
"""

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from waglan.measures.contributions import checked, totals
from waglan.measures.tail import REACH
from waglan.pricing.layout import Line
from waglan.pricing.market import Market
from waglan.pricing.revaluation import revalue
from waglan.pricing.scenarios import Scenarios
from waglan.risk.columns import names
from waglan.risk.measure import Measure, measure
from waglan.risk.measure import rules as rules
from waglan.risk.universe import Universe
from waglan.schema.recipe import Recipe
from waglan.schema.risk import Risk
from waglan.schema.units import BadValue

Ints = NDArray[np.int64]

CROSS: Final = "*cross"
"""The part of factors that comes of moving together, and of whole cents."""
CELLS: Final = 1 << 24
"""Lines x scenarios that are revalued at once, 128 MB."""
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
    """`exact`, or the law's name where the method is parametric."""
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
    quantity, pnl = held.quantities(scope, key), held.unit_pnl
    whole = totals(pnl, quantity)
    by = measure(whole, risk, universe.scale)
    places = np.flatnonzero(quantity)
    views = {"positions": _view([universe.instruments[i].name for i in places.tolist()],
                                pnl[:, places] * quantity[places], by)}  # fmt: skip
    if scope == "total":
        for view, of in (("books", "book"), ("traders", "trader"), ("counterparties", "counterparty")):
            held_by, each = shares_of(held, of, quantity)
            views[view] = _view(held_by, _gathered(pnl, each), by)
    var, es = by.risk(whole)
    return Contributions(
        scope, key or "", risk.var_tail_micro, risk.es_tail_micro, by.law, var, es, held.scenarios.digest(),
        views["positions"], views.get("books", ()), views.get("traders", ()), views.get("counterparties", ()),
        factor_parts(held, quantity, whole, by) if factors else (),
    )  # fmt: skip


def shares_of(held: Held, by: str, quantity: Ints) -> tuple[list[str], Ints]:
    """Who holds what: names, and quantities (names, instruments), whoever holds nothing left out."""
    known = list(names(held.recipe, by))
    each = np.stack([held.quantities(by, name) for name in known]) if known else np.zeros((0, len(quantity)), np.int64)
    rest = quantity - each.sum(axis=0)
    each = np.concatenate([each, rest[None, :]])
    some = np.flatnonzero(each.any(axis=1))
    return [[*known, NOBODY][i] for i in some.tolist()], each[some]


def _gathered(pnl: Ints, quantities: Ints) -> Ints:
    """P&L of holders in each scenario: (S, instruments), (holders, instruments) -> (S, holders)."""
    used = np.flatnonzero(quantities.any(axis=0))
    some = np.ascontiguousarray(pnl[:, used])
    most = np.abs(quantities[:, used]).astype(np.float64) @ np.abs(some).max(axis=0).astype(np.float64)
    if most.size and float(most.max()) >= REACH:
        raise BadValue("the P&L of what is held cannot be summed in 64 bits")
    return np.asarray(some @ quantities[:, used].T, np.int64)


def _view(held: Sequence[str], columns: Ints, by: Measure) -> tuple[Part, ...]:
    if not held:
        return ()
    var, es = by.split(np.ascontiguousarray(columns[by.rows]))
    of = zip(held, var, es, *by.without(np.ascontiguousarray(columns)), strict=True)
    return tuple(Part(name, *(int(number) for number in numbers)) for name, *numbers in of)


def factor_parts(held: Held, quantity: Ints, whole: Ints, by: Measure) -> tuple[Part, ...]:
    """Each factor moved alone in the scenarios that parts are read from, the whole book priced again each time.

    CROSS is what that leaves of the total. whole: the book's P&L (S,). An empty book has no factors.
    """
    universe, scenarios, home = held.universe, held.scenarios, laid_down(held).home
    lines = [Line(universe.instruments[i], int(quantity[i])) for i in np.flatnonzero(quantity).tolist()]
    if not lines:
        return ()
    size = max(1, CELLS // (len(lines) * len(by.rows)))
    gained = [
        revalue(lines, held.market(), one_at_a_time(scenarios, by.rows, some), home).totals_minor()
        for some in np.split(np.arange(len(scenarios.factors)), range(size, len(scenarios.factors), size))
    ]
    alone = np.concatenate(gained).reshape(-1, len(by.rows)).T * universe.scale
    columns = np.column_stack([alone, whole[by.rows] - alone.sum(axis=1)])
    checked(columns)
    var, es = by.split(columns)
    told = [*(factor.name for factor in scenarios.factors), CROSS]
    return tuple(Part(name, int(v), int(e)) for name, v, e in zip(told, var, es, strict=True))


def one_at_a_time(scenarios: Scenarios, rows: Ints, some: Ints | None = None) -> Scenarios:
    """Scenarios (rows) again, each of some factors moving alone: factor by factor, rows within; all without `some`."""
    count, factors = len(rows), scenarios.factors
    moving = np.arange(len(factors)) if some is None else some
    moves = np.zeros((len(moving) * count, len(factors)))
    for i, f in enumerate(moving.tolist()):
        moves[i * count : (i + 1) * count, f] = scenarios.moves[rows, f]
    labels = [f"{factors[f].name}, {scenarios.labels[s]}" for f in moving.tolist() for s in rows.tolist()]
    return Scenarios(labels, factors, moves)


def marginal_parts(held: Held, scope: str = "total", key: str | None = None) -> dict[str, tuple[int, int]]:
    """Instrument -> what one more unit adds to VaR and ES, to first order, in scale-ths of a minor unit.

    Of every instrument of the universe, held or not. The slope at the book as it is; what a trade adds to ES in truth
    is at least that (ES by scenarios is convex): see `trials.tried`.
    """
    pnl = held.unit_pnl
    by = measure(totals(pnl, held.quantities(scope, key)), laid_down(held), held.universe.scale)
    var, es = by.slopes(np.ascontiguousarray(pnl[by.rows]), 1)
    return {it.name: (int(v), int(e)) for it, v, e in zip(held.universe.instruments, var, es, strict=True)}
