"""What came of a moment: the return of the next bars, the barrier reached first; and how much of it is its own.

Labels are whole numbers: prices in their quantum, returns in millionths, half to even, so a model learns from the same
numbers on every machine. A label is of the future and is never a feature: its end says when it is known, which is what
`splits` purges by.

Triple barrier and uniqueness are of Lopez de Prado, "Advances in Financial Machine Learning", 2018, sections 3.4 and
4.2 to 4.4. An event whose horizon passes the end of the data has no label, even where it reached a barrier before:
keeping those alone that did would keep the quick ones.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from waglan.kernels import labels as kernel
from waglan.schema.units import LIMIT, MICRO, NULL, BadValue

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

WIDTH: Final = 1 << 20
"""Exclusive bound on a barrier's distance in millionths, 104%: with prices below 2**42 nothing leaves 64 bits."""


class Labels(NamedTuple):
    """Of each event, (k,) int64. side: 1 upper barrier, -1 lower, 0 neither, NULL unknown. end: the bar at which it is
    known, the last bar there is where unknown. return_micro: close to close, NULL where unknown.
    """

    event: Ints
    end: Ints
    side: Ints
    return_micro: Ints


def forward_return(close: Ints, horizon: int) -> Ints:
    """Return of the next `horizon` bars in millionths, (n,); NULL where they are not all there.

    BadValue for a price that is not above 0, and a horizon below 1.
    """
    prices = _prices(close, "close")
    _horizon(horizon)
    out = np.full(len(prices), NULL, np.int64)
    if horizon < len(prices):
        out[:-horizon] = _micro(prices[horizon:] - prices[:-horizon], prices[:-horizon])
    return out


def triple_barrier(
    close: Ints, event: Ints, up_micro: Ints | int, down_micro: Ints | int, horizon: int,
    high: Ints | None = None, low: Ints | None = None,
) -> Labels:  # fmt: skip
    """Which comes first after each event: a rise, a fall, or the end of so many bars. O(events x horizon) at most.

    close: (n,), prices in quanta; event: (k,), bars, any order; up_micro, down_micro: one number or (k,), a barrier's
    distance in millionths of the close at the event (a volatility, say), 0 for no such barrier. With high and low (n,)
    one is reached within a bar, and a bar that reaches both counts as the fall; without, by closes alone. BadValue
    for an event outside the bars, a price not above 0, a close outside its bar, a distance outside 0 to 104%.
    """
    prices = _prices(close, "close")
    _horizon(horizon)
    tops, bottoms = _bars(prices, high, low)
    places = np.ascontiguousarray(event, np.int64)
    wrong = np.flatnonzero((places < 0) | (places >= len(prices)))
    if len(wrong):
        raise BadValue(f"event {wrong[0]} is at bar {places[wrong[0]]} of {len(prices)}")
    rise, fall = _distance(prices[places], up_micro, "up"), _distance(prices[places], down_micro, "down")
    side, end = np.full(len(places), NULL, np.int64), np.full(len(places), len(prices) - 1, np.int64)
    known = places + horizon < len(prices)
    upper = np.where(rise > 0, prices[places] + rise, LIMIT)[known]
    lower = np.where(fall > 0, prices[places] - fall, -LIMIT)[known]
    sides, ends = side[known], end[known]
    kernel.first_touch(tops, bottoms, places[known], upper, lower, horizon, sides, ends)
    side[known], end[known] = sides, ends
    moved = np.full(len(places), NULL, np.int64)
    moved[known] = _micro(prices[ends] - prices[places[known]], prices[places[known]])
    return Labels(places, end, side, moved)


def concurrency(start: Ints, end: Ints, bars: int) -> Ints:
    """How many labels speak of each bar, (bars,): a label that starts at s and ends at e speaks of s + 1 to e, whose
    returns it is made of. BadValue for a label of no bar, or beyond the bars.
    """
    if start.shape != end.shape:
        raise BadValue(f"an end for each start, were {end.shape} for {start.shape}")
    wrong = np.flatnonzero((start < 0) | (end <= start) | (end >= bars))
    if len(wrong):
        i = wrong[0]
        raise BadValue(f"label {i} goes from bar {start[i]} to {end[i]} of {bars}")
    out = np.zeros(bars, np.int64)
    kernel.concurrency(np.ascontiguousarray(start, np.int64), np.ascontiguousarray(end, np.int64), out)
    return out


def uniqueness(start: Ints, end: Ints, bars: int) -> Floats:
    """How much of each label is its own, (k,), in (0, 1]: the mean over its bars of 1 / concurrency. O(labels + bars).

    1 where labels do not overlap, 1 / k for k labels of the same bars. A weight for training; their sum is the number
    of labels that there really are, to 1e-9 of it.
    """
    count = concurrency(start, end, bars)
    out = np.empty(len(start))
    kernel.uniqueness(
        np.ascontiguousarray(start, np.int64), np.ascontiguousarray(end, np.int64), count, np.empty(bars), out
    )
    return out


def _prices(values: Ints, name: str) -> Ints:
    prices = np.ascontiguousarray(values, np.int64)
    wrong = np.flatnonzero((prices <= 0) | (prices >= LIMIT))
    if len(wrong):
        raise BadValue(f"bar {wrong[0]}: {name} is a price above 0 and below {LIMIT}, was {prices[wrong[0]]}")
    return prices


def _bars(close: Ints, high: Ints | None, low: Ints | None) -> tuple[Ints, Ints]:
    if high is None or low is None:
        if high is not None or low is not None:
            raise BadValue("a bar has both high and low, or closes alone are used")
        return close, close
    tops, bottoms = _prices(high, "high"), _prices(low, "low")
    if not tops.shape == bottoms.shape == close.shape:
        raise BadValue(f"a high and a low for each close, were {len(tops)} and {len(bottoms)} for {len(close)}")
    wrong = np.flatnonzero((close > tops) | (close < bottoms))
    if len(wrong):
        i = wrong[0]
        raise BadValue(f"bar {i}: close {close[i]} is outside low {bottoms[i]} to high {tops[i]}")
    return tops, bottoms


def _distance(price: Ints, micro: Ints | int, name: str) -> Ints:
    """Quanta from a price to its barrier, rounded up: a whole price reaches the exact barrier where it reaches this."""
    width = np.broadcast_to(np.asarray(micro, np.int64), price.shape)
    wrong = np.flatnonzero((width < 0) | (width >= WIDTH))
    if len(wrong):
        raise BadValue(f"event {wrong[0]}: {name}_micro is 0 to {WIDTH - 1}, was {width[wrong[0]]}")
    return -(-price * width // MICRO)


def _micro(change: Ints, base: Ints) -> Ints:
    """Millionths of change / base, half to even; both below 2**42, so nothing leaves 64 bits."""
    whole, rest = np.divmod(change, base)
    part, left = np.divmod(rest * MICRO, base)
    up = (2 * left > base) | ((2 * left == base) & (part % 2 == 1))
    return np.asarray(whole * MICRO + part + up)


def _horizon(bars: int) -> None:
    if bars < 1:
        raise BadValue(f"a horizon is at least one bar, was {bars}")
