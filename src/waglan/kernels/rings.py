"""One key's past: a ring of entries (time, running sums, links) and the positions of its windows.

The entries of a key are numbered from 1 as they come; entry i lies at `block + (i & mask) * width`. Value i is the
difference of running sums i and i - 1, the sum over a window (low .. high - 1) that of sums high - 1 and low - 1:
exact in wrapping int64, because a window's true sum fits. Positions only move forward, so each is searched from its
last place.
"""

import numpy as np

from waglan.kernels.compiled import bare, inlined
from waglan.kernels.layout import (
    BY_COUNT,
    BY_TIME,
    HEAD_BLOCK,
    HEAD_MASK,
    HEAD_NEXT,
    HEAD_TAIL,
    W_DELAY,
    W_EVENTS,
    W_HIGH,
    W_LOW,
    W_MODE,
    W_PRESENT,
    W_SPAN,
    Ints,
)


@inlined
def past(arena: Ints, block: int, mask: int, width: int, start: int, end: int, bound: int) -> int:
    """First entry from `start` whose time is beyond `bound`, else `end`. O(log distance).

    Most moves are by none, one, two or three, and which cannot be foretold: four comparisons without a branch cost less
    than one wrong guess. A longer way is galloped, then bisected.
    """
    one = np.int64(arena[np.uint64(block + (start & mask) * width)] <= bound)
    two = one & np.int64(arena[np.uint64(block + ((start + 1) & mask) * width)] <= bound)
    three = two & np.int64(arena[np.uint64(block + ((start + 2) & mask) * width)] <= bound)
    four = three & np.int64(arena[np.uint64(block + ((start + 3) & mask) * width)] <= bound)
    i: int = min(start + one + two + three + four, end)  # type: ignore[assignment]
    return i if four == 0 or i == end else gallop(arena, block, mask, width, i, end, bound)


@bare
def gallop(arena: Ints, block: int, mask: int, width: int, start: int, end: int, bound: int) -> int:
    """As `past`, for a long way."""
    i = start
    step = 1
    while i + step <= end and arena[block + ((i + step - 1) & mask) * width] <= bound:
        i += step
        step *= 2
    step >>= 1
    while step > 0:
        if i + step <= end and arena[block + ((i + step - 1) & mask) * width] <= bound:
            i += step
        step >>= 1
    return i


@inlined
def window_end(prog: Ints, arena: Ints, head: int, width: int, window: int, t: int, seen: int) -> int:
    """One past the last entry of a window at time t; `seen` is 1 if the present event is an entry of this key."""
    end = arena[head + HEAD_NEXT]
    delay = prog[window, W_DELAY]
    if delay == 0:
        return int(end - 1 if seen and not prog[window, W_PRESENT] else end)
    spot = head + prog[window, W_HIGH]
    start = max(arena[spot], arena[head + HEAD_TAIL] + 1)
    high = past(arena, arena[head + HEAD_BLOCK], arena[head + HEAD_MASK], width, start, end, t - delay)
    arena[spot] = high
    return int(high)


@inlined
def window_start(prog: Ints, arena: Ints, head: int, width: int, window: int, t: int, high: int) -> int:
    """The first entry of a window that ends before `high`."""
    mode = prog[window, W_MODE]
    if mode == BY_TIME:
        spot = head + prog[window, W_LOW]
        start = max(arena[spot], arena[head + HEAD_TAIL] + 1)
        bound = t - prog[window, W_DELAY] - prog[window, W_SPAN]
        low = past(arena, arena[head + HEAD_BLOCK], arena[head + HEAD_MASK], width, start, high, bound)
        arena[spot] = low
        return low
    if mode == BY_COUNT:
        return int(max(1, high - prog[window, W_EVENTS]))
    return 1
