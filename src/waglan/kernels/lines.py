"""The windows of a run along a straight line: a key's entries laid out once, and each window read for all touches.

Where the entries of a run lie in one stretch of the ring, their times and sums are copied side by side, and every
window is two pointers over them.
"""

import numpy as np

from waglan.kernels.compiled import bare, inlined
from waglan.kernels.layout import (
    BY_COUNT,
    BY_TIME,
    C_CARRY,
    C_COUNTED,
    C_DETAIL,
    C_DIVIDED,
    C_FACTOR,
    C_OUT,
    C_TAKE,
    C_WORD,
    FULL,
    FULL_CELL,
    HEAD_BLOCK,
    HEAD_MASK,
    HEAD_NEXT,
    HEAD_TAIL,
    LANE_MARKED,
    NULL_CELL,
    R_SPOT0,
    R_SPOT1,
    TAKE_COUNT,
    TAKE_DISTINCT,
    TAKE_MEAN,
    TAKE_RATE,
    TAKE_SAME,
    TAKE_STD,
    TAKE_SUM,
    TOO_LARGE_CELL,
    W_DELAY,
    W_EVENTS,
    W_HIGH,
    W_LOW,
    W_MODE,
    W_SPAN,
    Ints,
)
from waglan.kernels.rings import past
from waglan.kernels.whole import minus, nearest
from waglan.kernels.windows import all_time_sum, rare, within

WHAT = 12
"""A touch is a word: key + 1 in the high half, then the event's place in the block, then in 12 bits what it does:
whether it enters, and from the second bit on 0 or 1 + the view that it asks."""
ENTERS = 1
PLACE = 32
LOW_HALF = (1 << PLACE) - 1
WHATS = (1 << WHAT) - 1
MICRO = 1_000_000

# Stretches of the work space: of each touch its time, where its row begins, one past the last entry with and without
# the present event; then the ends and starts of one window.
TIMES = 0
ROWS = 1
ENDS = 2
BEFORE = 3
HIGHS = 4
LOWS = 5
SPACES = 6

PAST = 4
NEVER = (1 << 63) - 1
STRAIGHT = 4096
"""Entries that a run may lay out in a straight line, beyond four a touch: its windows then need no ring arithmetic."""


@inlined
def stretch(prog: Ints, arena: Ints, ring: int, head: int) -> tuple[int, int]:
    """From which entry (a base) to the newest the windows of time may still reach; (0, 0) if there are none."""
    if prog[ring, R_SPOT0] == prog[ring, R_SPOT1] or arena[head + HEAD_NEXT] == 0:
        return 0, 0
    first = arena[head + HEAD_NEXT]
    for spot in range(prog[ring, R_SPOT0], prog[ring, R_SPOT1]):
        first = min(first, arena[head + spot])
    first = max(first - 1, arena[head + HEAD_TAIL])
    return first, arena[head + HEAD_NEXT] - first


@inlined
def lay_times(arena: Ints, block: int, mask: int, width: int, first: int, size: int, line: Ints) -> None:
    """The times of entries first .. first + size - 1 in a straight line, and beyond them times that never come."""
    for i in range(size):
        line[np.uint64(i)] = arena[np.uint64(block + ((first + i) & mask) * width)]
    for i in range(size, size + PAST):
        line[np.uint64(i)] = NEVER


@inlined
def lay_sums(arena: Ints, ring: int, mask: int, width: int, first: int, size: int, line: Ints, half: int) -> None:
    """As `lay_times`, the running sums of one slot, in the second half of the line."""
    for i in range(size):
        line[np.uint64(half + i)] = arena[np.uint64(ring + ((first + i) & mask) * width)]


@inlined
def steps(line: Ints, at: int, bound: int) -> int:
    """How many of four times, which rise, are not beyond a bound: no branch, because the answer cannot be foretold."""
    one, two = np.int64(line[np.uint64(at)] <= bound), np.int64(line[np.uint64(at + 1)] <= bound)
    return one + two + np.int64(line[np.uint64(at + 2)] <= bound) + np.int64(line[np.uint64(at + 3)] <= bound)  # type: ignore[return-value]


@inlined
def straight_highs(
    prog: Ints, arena: Ints, head: int, window: int, n: int, space: Ints, stride: int, line: Ints, first: int
) -> None:
    """As `highs_run`, along the line."""
    delay, spot = prog[window, W_DELAY], head + prog[window, W_HIGH]
    high = max(arena[spot], arena[head + HEAD_TAIL] + 1) - first
    for i in range(n):
        bound = space[np.uint64(TIMES * stride + i)] - delay
        more = steps(line, high, bound)
        high += more
        while more == PAST:
            more = steps(line, high, bound)
            high += more
        space[np.uint64(HIGHS * stride + i)] = first + high
    arena[spot] = first + high


@inlined
def quick_run(
    prog: Ints, arena: Ints, head: int, window: int, cell: int, n: int, rows: Ints, space: Ints, stride: int,
    highs: int, line: Ints, first: int, half: int,
) -> None:  # fmt: skip
    """A window of time of which a count, a mean or rate, or both are wanted, along the line: in one loop."""
    back, spot = prog[window, W_DELAY] + prog[window, W_SPAN], head + prog[window, W_LOW]
    counted, divided, factor = prog[cell, C_COUNTED], prog[cell, C_DIVIDED], prog[cell, C_FACTOR]
    low = max(arena[spot], arena[head + HEAD_TAIL] + 1) - first
    sums = half - 1
    for i in range(n):
        bound, to = space[np.uint64(TIMES * stride + i)] - back, space[np.uint64(ROWS * stride + i)]
        high = space[np.uint64(highs + i)] - first
        more = steps(line, low, bound)
        low += more
        while more == PAST:
            more = steps(line, low, bound)
            low += more
        count = high - low
        if counted >= 0:
            rows[np.uint64(to + counted)] = count
        if divided >= 0:
            total = minus(line[np.uint64(sums + high)], line[np.uint64(sums + low)])
            rows[np.uint64(to + divided)] = nearest(total * factor, count) if count > 0 else NULL_CELL
    arena[spot] = first + low


@inlined
def highs_run(
    prog: Ints, arena: Ints, head: int, width: int, block: int, mask: int, window: int, n: int, space: Ints, stride: int
) -> None:
    """Ends of a window that is moved back, for n touches."""
    delay, spot = prog[window, W_DELAY], head + prog[window, W_HIGH]
    high = max(arena[spot], arena[head + HEAD_TAIL] + 1)
    for i in range(n):
        t, end = space[np.uint64(TIMES * stride + i)], space[np.uint64(ENDS * stride + i)]
        high = past(arena, block, mask, width, high, end, t - delay)
        space[np.uint64(HIGHS * stride + i)] = high
    arena[spot] = high


@inlined
def lows_run(
    prog: Ints, arena: Ints, head: int, width: int, block: int, mask: int, window: int, n: int, space: Ints,
    stride: int, highs: int,
) -> bool:  # fmt: skip
    """Starts of a window for n touches; whether one holds FULL entries."""
    mode, back, full = prog[window, W_MODE], prog[window, W_DELAY] + prog[window, W_SPAN], False
    spot = head + prog[window, W_LOW]
    low = max(arena[spot], arena[head + HEAD_TAIL] + 1)
    events = prog[window, W_EVENTS] if mode == BY_COUNT else 1 << 62
    for i in range(n):
        high = space[np.uint64(highs + i)]
        if mode == BY_TIME:
            low = past(arena, block, mask, width, low, high, space[np.uint64(TIMES * stride + i)] - back)
        else:
            low = max(1, high - events)
        space[np.uint64(LOWS * stride + i)] = low
        full |= high - low >= FULL
    if mode == BY_TIME:
        arena[spot] = low
    return full


@inlined
def cell_run(
    prog: Ints, arena: Ints, lane: int, head: int, width: int, block: int, mask: int, cell: int, n: int, rows: Ints,
    space: Ints, stride: int, highs: int,
) -> None:  # fmt: skip
    """One cell of a window for n touches."""
    take, out, word = prog[cell, C_TAKE], prog[cell, C_OUT], prog[cell, C_WORD]
    if take == TAKE_COUNT:
        for i in range(n):
            to = space[np.uint64(ROWS * stride + i)] + out
            rows[np.uint64(to)] = space[np.uint64(highs + i)] - space[np.uint64(LOWS * stride + i)]
    elif take == TAKE_SAME:
        for i in range(n):
            to = space[ROWS * stride + i]
            rows[to + out] = rows[to + prog[cell, C_DETAIL]]
    elif take <= TAKE_RATE and prog[cell, C_CARRY] == 0:
        sums_run(arena, lane, block, mask, width, word, take, out, n, rows, space, stride, highs)
    else:
        rare_run(prog, arena, lane, head, width, cell, n, rows, space, stride, highs)


@inlined
def sums_run(
    arena: Ints, lane: int, block: int, mask: int, width: int, word: int, take: int, out: int, n: int, rows: Ints,
    space: Ints, stride: int, highs: int,
) -> None:  # fmt: skip
    """Sum, mean or rate of a window for n touches; a sum beyond +-2**62 leaves its mark."""
    factor = MICRO if take == TAKE_RATE else 1
    for i in range(n):
        low, high = space[np.uint64(LOWS * stride + i)], space[np.uint64(highs + i)]
        to = space[np.uint64(ROWS * stride + i)] + out
        total = NULL_CELL if take != TAKE_SUM else 0
        if high > low:
            upper = arena[np.uint64(block + ((high - 1) & mask) * width + word)]
            total = minus(upper, arena[np.uint64(block + ((low - 1) & mask) * width + word)])
            if take == TAKE_SUM:
                total = within(total)
                arena[lane + LANE_MARKED] |= np.int64(total == TOO_LARGE_CELL)
            else:
                total = nearest(total * factor, high - low)
        rows[np.uint64(to)] = total


@bare
def mark_full(arena: Ints, lane: int, out: int, n: int, rows: Ints, space: Ints, stride: int, highs: int) -> None:
    """Windows of FULL entries leave their mark."""
    for i in range(n):
        if space[highs + i] - space[LOWS * stride + i] >= FULL:
            rows[space[ROWS * stride + i] + out] = FULL_CELL
            arena[lane + LANE_MARKED] = 1


@bare
def rare_run(
    prog: Ints, arena: Ints, lane: int, head: int, width: int, cell: int, n: int, rows: Ints, space: Ints,
    stride: int, highs: int,
) -> None:  # fmt: skip
    """Any other cell for n touches."""
    take, carry = prog[cell, C_TAKE], prog[cell, C_CARRY]
    block, mask, word = arena[head + HEAD_BLOCK], arena[head + HEAD_MASK], prog[cell, C_WORD]
    for i in range(n):
        low, high, t = space[LOWS * stride + i], space[highs + i], space[TIMES * stride + i]
        to = space[ROWS * stride + i] + prog[cell, C_OUT]
        if high - low >= FULL and take == TAKE_STD:
            rows[to] = NULL_CELL  # marked by the caller
        elif high <= low and take != TAKE_DISTINCT:
            rows[to] = 0 if take == TAKE_SUM else NULL_CELL
        elif take <= TAKE_RATE and carry:
            total = all_time_sum(arena, head, carry, word, width, arena[block + ((high - 1) & mask) * width + word])
            if take == TAKE_SUM:
                total = within(total)
            if total == TOO_LARGE_CELL:
                rows[to] = total
                arena[lane + LANE_MARKED] = 1
            elif take == TAKE_SUM:
                rows[to] = total
            else:
                rows[to] = nearest(total if take == TAKE_MEAN else total * MICRO, high - low)
        elif arena[head + HEAD_NEXT] == 0:
            rows[to] = 0
        else:
            rows[to] = rare(prog, arena, lane, head, width, cell, t, low, high)
