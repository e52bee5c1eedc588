"""What a list of trades would do to a book's risk, before any of them is made: nothing is kept.

The trades are tried one behind the other, so what each adds sums to what all add; in another order each adds another
share. The slope beside it is of the book as it stands, in which no trade sees those before it.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from waglan.measures.contributions import totals
from waglan.risk.contributions import Held, laid_down
from waglan.risk.measure import measure
from waglan.schema.units import LIMIT, BadValue

Ints = NDArray[np.int64]


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
    scale, pnl = held.universe.scale, held.unit_pnl
    whole = totals(pnl, held.quantities(scope, key))
    by = measure(whole, laid_down(held), scale)
    before = [by.risk(whole)]
    added: list[Added] = []
    for trade in trades:
        gained = _gained(held, trade, pnl)
        whole = whole + gained
        before.append(by.risk(whole))
        slopes = by.slopes(gained[by.rows].reshape(-1, 1), scale)
        (var, es), (var_then, es_then) = before[-2], before[-1]
        added.append(Added(trade, var_then - var, es_then - es, *(int(slope[0]) for slope in slopes)))
    return Trial(scope, key or "", *before[0], *before[-1], tuple(added))


def _gained(held: Held, trade: Trade, pnl: Ints) -> Ints:
    place = held.universe.place.get(trade.instrument)
    if place is None:
        raise BadValue(f"there is no instrument {trade.instrument!r} in the universe")
    unit = np.ascontiguousarray(pnl[:, place])
    if abs(trade.quantity) >= LIMIT or abs(trade.quantity) * int(np.abs(unit).max(initial=0)) >= 1 << 61:
        raise BadValue(f"{trade.instrument}: {trade.quantity} units leave what 64 bits can sum")
    return unit * trade.quantity
