"""A strategy that quotes both sides at the touch: the smallest one that uses everything a resting order meets."""

from waglan.kernels.compiled import bare
from waglan.kernels.depth import T_ASK, T_BID
from waglan.kernels.layout import Ints
from waglan.kernels.resting import H_NOW, H_POSITION, O_RUNG, POST, Market, advance, cancel, ended, place


@bare
def quote_side(market: Market, side: int, rung: int, lots: int, order: int, wanted: bool) -> int:
    """Keep one order of a side at `rung`: cancel what stands elsewhere, send a new one when nothing is open."""
    if not ended(market, order):
        if not wanted or market.orders[order, O_RUNG] != rung:
            cancel(market, order)
        return order
    if wanted:
        return place(market, side, rung, lots, POST)
    return -1


@bare
def quote_touch(market: Market, every_ns: int, lots: int, position_max: int, until_ns: int, out: Ints) -> int:
    """Look every `every_ns`, quote `lots` at the best bid and ask, on a side only while the position allows it.

    `out` (looks, 4) takes time, position, best bid and ask rung of each look where both sides stand; returns how many.
    """
    head, touch = market.head, market.here_touch
    buy, sell, looks = -1, -1, 0
    while head[H_NOW] + every_ns <= until_ns and advance(market, head[H_NOW] + every_ns):
        bid, ask, position = touch[T_BID], touch[T_ASK], head[H_POSITION]
        if bid < 0 or ask >= market.here.shape[1]:
            continue
        buy = quote_side(market, 1, bid, lots, buy, position < position_max)
        sell = quote_side(market, -1, ask, lots, sell, position > -position_max)
        if looks < len(out):
            out[looks, 0] = head[H_NOW]
            out[looks, 1] = position
            out[looks, 2] = bid
            out[looks, 3] = ask
        looks += 1
    return looks
