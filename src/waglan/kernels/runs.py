"""A run: the touches of one key in a block, worked off together.

First every entering event is appended, then each window is read for all touches before the next window, so that
what a window says of itself is looked up once a run and not once an event. A touch remembers how many entries its key
had when it came; what was appended after it lies beyond the end of its windows.
"""

import numpy as np

from waglan.kernels.compiled import bare, inlined
from waglan.kernels.entries import append, ready
from waglan.kernels.layout import (
    C_AFTER,
    C_DIVIDED,
    C_DIVIDED_WORD,
    C_OUT,
    C_QUICK,
    C_TAKE,
    C_WINDOW,
    FULL,
    H_CELLS,
    H_COLUMNS,
    HEAD_BLOCK,
    HEAD_MASK,
    HEAD_NEXT,
    LANE_END,
    LANE_RESERVE,
    LANE_TOP,
    LANE_WANT,
    R_ENTRY,
    R_EXTRA,
    R_LIGHT,
    R_PLAIN,
    R_SLOT0,
    R_SLOT1,
    R_VIEW0,
    S_FIELD,
    S_WORD,
    TAKE_STD,
    V_CELL0,
    V_CELL1,
    W_BOUNDED,
    W_DELAY,
    W_LOW,
    W_PRESENT,
    Ints,
)
from waglan.kernels.lines import (
    BEFORE,
    ENDS,
    ENTERS,
    HIGHS,
    LOW_HALF,
    PAST,
    PLACE,
    ROWS,
    SPACES,
    STRAIGHT,
    TIMES,
    WHAT,
    WHATS,
    cell_run,
    highs_run,
    lay_sums,
    lay_times,
    lows_run,
    mark_full,
    quick_run,
    straight_highs,
    stretch,
)
from waglan.kernels.whole import plus
from waglan.kernels.windows import head_of


@bare
def work(
    prog: Ints, arena: Ints, lane: int, ring: int, values: Ints, begin: int, now: Ints, fields: Ints,
    touches: Ints, start: int, stop: int, rows: Ints, space: Ints, line: Ints,
) -> int:  # fmt: skip
    """Touches start .. stop - 1 of a ring, sorted by key. Where it stopped: `stop`, or a key that needs room."""
    p, stride = start, len(space) // SPACES
    while p < stop:
        key = touches[p] >> PLACE
        q = p + 1
        while q < stop and touches[q] >> PLACE == key:
            q += 1
        extra = (q - p) * prog[ring, R_EXTRA]
        if arena[lane + LANE_END] - arena[lane + LANE_TOP] < arena[lane + LANE_RESERVE] + extra:
            arena[lane + LANE_WANT] = extra
            return p
        head = head_of(prog, arena, ring, key - 1)
        n, width = q - p, prog[ring, R_ENTRY]
        if prog[ring, R_PLAIN] and width == 2:  # known widths spare a multiplication for every word that is read
            enter_run(prog, arena, lane, ring, head, 2, values, begin, now, fields, touches, p, n, space, stride)
            look_run(prog, arena, lane, 2, ring, prog[ring, R_VIEW0], head, n, rows, space, stride, line)
        else:
            enter_run(prog, arena, lane, ring, head, width, values, begin, now, fields, touches, p, n, space, stride)
            look_mixed(prog, arena, lane, ring, head, touches, p, n, rows, space, line)
        p = q
    return stop


@inlined
def enter_run(
    prog: Ints, arena: Ints, lane: int, ring: int, head: int, width: int, values: Ints, begin: int, now: Ints,
    fields: Ints, touches: Ints, start: int, n: int, space: Ints, stride: int,
) -> None:  # fmt: skip
    """Append the entering events of a run and note of each touch its time, its row and how many entries it finds."""
    wide, cells = prog[0, H_COLUMNS], prog[0, H_CELLS]
    first = 0
    while first < n and touches[start + first] & ENTERS == 0:
        first += 1
    if first < n:
        born, earliest = now[(touches[start + first] & LOW_HALF) >> WHAT], now[(touches[start] & LOW_HALF) >> WHAT]
        ready(prog, arena, lane, ring, head, born, earliest, n - first)
    block, mask = arena[head + HEAD_BLOCK], arena[head + HEAD_MASK]
    number = max(arena[head + HEAD_NEXT], 1)
    entered = -1
    for i in range(n):
        word = touches[np.uint64(start + i)]
        j = (word & LOW_HALF) >> WHAT
        t = now[np.uint64(j)]
        if word & ENTERS:
            arena[np.uint64(block + (number & mask) * width)] = t
            number += 1
            entered = j
        space[np.uint64(TIMES * stride + i)] = t
        space[np.uint64(ROWS * stride + i)] = (begin + j) * cells
        space[np.uint64(ENDS * stride + i)] = number
        space[np.uint64(BEFORE * stride + i)] = number - np.int64(entered == j)
    if first == n:
        return
    if prog[ring, R_LIGHT]:
        before = arena[head + HEAD_NEXT]
        for slot in range(prog[ring, R_SLOT0], prog[ring, R_SLOT1]):
            field = prog[slot, S_FIELD] * len(now)
            sum_run(arena, block + prog[slot, S_WORD], mask, width, before, fields, field, touches, start, n)
        arena[head + HEAD_NEXT] = number
    else:
        for i in range(n):
            if touches[start + i] & ENTERS:
                j = (touches[start + i] & LOW_HALF) >> WHAT
                append(prog, arena, lane, ring, head, now[j], values, (begin + j) * wide)


@inlined
def sum_run(
    arena: Ints,
    ring: int,
    mask: int,
    width: int,
    number: int,
    fields: Ints,
    field: int,
    touches: Ints,
    start: int,
    n: int,
) -> None:
    """The running sums of one slot in the entries of a run, from entry `number`; `ring` is the first entry's word."""
    total = arena[ring + ((number - 1) & mask) * width]
    for i in range(n):
        touch = touches[np.uint64(start + i)]
        if touch & ENTERS:
            total = plus(total, fields[np.uint64(field + ((touch & LOW_HALF) >> WHAT))])
            arena[np.uint64(ring + (number & mask) * width)] = total
            number += 1


@bare
def look_mixed(
    prog: Ints, arena: Ints, lane: int, ring: int, head: int, touches: Ints, start: int, n: int, rows: Ints,
    space: Ints, line: Ints,
) -> None:  # fmt: skip
    """The views of a run, in stretches that ask the same one: windows, which views share, only move forward."""
    stride = len(space) // SPACES
    i = 0
    while i < n:
        asks = (touches[start + i] & WHATS) >> 1
        stop = i + 1
        while stop < n and (touches[start + stop] & WHATS) >> 1 == asks:
            stop += 1
        if asks > 0:
            view = prog[ring, R_VIEW0] + asks - 1
            width = prog[ring, R_ENTRY]
            look_run(prog, arena, lane, width, ring, view, head, stop - i, rows, space[i:], stride, line)
        i = stop


@inlined
def look_run(
    prog: Ints, arena: Ints, lane: int, width: int, ring: int, view: int, head: int, n: int, rows: Ints, space: Ints,
    stride: int, line: Ints,
) -> None:  # fmt: skip
    """The cells of one view for n touches of one key."""
    block, mask = arena[head + HEAD_BLOCK], arena[head + HEAD_MASK]
    cell, stop, delay, laid = prog[view, V_CELL0], prog[view, V_CELL1], 0, 0
    first, size = stretch(prog, arena, ring, head)
    half = len(line) // 2
    straight = 0 < size <= 4 * n + STRAIGHT and size + PAST <= half
    if straight:
        lay_times(arena, block, mask, width, first, size, line)
    while cell < stop:
        window, after = prog[cell, C_WINDOW], prog[cell, C_AFTER]
        if prog[window, W_DELAY] == 0:
            highs = ENDS * stride if prog[window, W_PRESENT] else BEFORE * stride
        else:
            highs = HIGHS * stride
            if prog[window, W_DELAY] != delay:
                delay = prog[window, W_DELAY]
                if straight:
                    straight_highs(prog, arena, head, window, n, space, stride, line, first)
                else:
                    highs_run(prog, arena, head, width, block, mask, window, n, space, stride)
        if straight and prog[cell, C_QUICK] and space[highs + n - 1] - arena[head + prog[window, W_LOW]] < FULL:
            if prog[cell, C_DIVIDED] >= 0 and laid != prog[cell, C_DIVIDED_WORD]:
                laid = prog[cell, C_DIVIDED_WORD]
                lay_sums(arena, block + laid, mask, width, first, size, line, half)
            quick_run(prog, arena, head, window, cell, n, rows, space, stride, highs, line, first, half)
            cell = after
            continue
        full = lows_run(prog, arena, head, width, block, mask, window, n, space, stride, highs)
        while cell < after:
            cell_run(prog, arena, lane, head, width, block, mask, cell, n, rows, space, stride, highs)
            if full and (prog[window, W_BOUNDED] or prog[cell, C_TAKE] == TAKE_STD):
                mark_full(arena, lane, prog[cell, C_OUT], n, rows, space, stride, highs)
            cell += 1
