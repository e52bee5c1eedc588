"""What a list of trades would do to a book's risk, before any of them is made: nothing is kept.

The trades are tried one behind the other, so what each adds sums to what all add; in another order each adds another
share. The slope beside it is of the book as it stands, in which no trade sees those before it.
"""

from collections.abc import Sequence

import msgspec
import numpy as np

from waglan.measures.contributions import marginal
from waglan.measures.contributions import totals as summed
from waglan.measures.tail import Tail, risk
from waglan.risk.contributions import Held, laid_down, rules, worst_of
from waglan.schema.units import LIMIT, BadValue


class Trade(msgspec.Struct, frozen=True):
    """So much of an instrument bought, below zero sold."""

    instrument: str
    quantity: int


class Added(msgspec.Struct, frozen=True):
    """What one trade adds, whole minor units: behind those before it, and to first order by itself."""

    trade: Trade
    var_minor: int
    es_minor: int
    marginal_var_minor: int
    marginal_es_minor: int


class Trial(msgspec.Struct, frozen=True):
    """Risk of a scope before and after all trades, whole minor units; what the trades add sums to the difference."""

    scope: str
    name: str
    var_before_minor: int
    es_before_minor: int
    var_after_minor: int
    es_after_minor: int
    added: tuple[Added, ...]


def tried(held: Held, trades: Sequence[Trade], scope: str = "total", key: str | None = None) -> Trial:
    """The scope's risk if these trades were done in their order.

    Raises BadValue for an instrument that is not in the universe, a quantity of 2**42 and more, or P&L that cannot be
    summed. O(scenarios) for each trade.
    """
    laid, scale, pnl = laid_down(held), held.universe.scale, held.unit_pnl
    totals = summed(pnl, held.quantities(scope, key))
    worst = worst_of(totals, laid)
    es_tail, var_tail = (Tail(worst.rows[one.rows], one.edge, one.weights) for one in (worst.es, worst.var))
    before = [_both(held, totals)]
    added: list[Added] = []
    for trade in trades:
        gained = trade.quantity * pnl[:, _place(held, trade)]
        totals = totals + gained
        before.append(_both(held, totals))
        column = np.ascontiguousarray(gained).reshape(-1, 1)
        (slope_var, _), (_, slope_es) = marginal(column, var_tail, scale), marginal(column, es_tail, scale)
        (var, es), (var_then, es_then) = before[-2], before[-1]
        added.append(Added(trade, var_then - var, es_then - es, int(slope_var[0]), int(slope_es[0])))
    return Trial(scope, key or "", *before[0], *before[-1], tuple(added))


def _both(held: Held, totals: np.ndarray) -> tuple[int, int]:
    var_rule, es_rule = rules(laid_down(held))
    scale = held.universe.scale
    return risk(totals, var_rule, scale).var_minor, risk(totals, es_rule, scale).es_minor


def _place(held: Held, trade: Trade) -> int:
    place = held.universe.place.get(trade.instrument)
    if place is None:
        raise BadValue(f"there is no instrument {trade.instrument!r} in the universe")
    most = int(np.abs(held.unit_pnl[:, place]).max(initial=0))
    if abs(trade.quantity) >= LIMIT or abs(trade.quantity) * most >= 1 << 61:
        raise BadValue(f"{trade.instrument}: {trade.quantity} units leave what 64 bits can sum")
    return place
