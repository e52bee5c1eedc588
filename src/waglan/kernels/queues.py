"""Least values of sliding windows by monotonic queues (Lemire 2006, streaming maximum-minimum filter).

A queue holds, in order of entry, the entries that may still be the least: numbers rise, values rise. A new value cuts
off the back all that are not less; the search gallops from the back, so one event costs O(log n) however long the
queue. The greatest is the least of negated values. Entries come in when they mature (at once, or after the window's
delay).
"""

from waglan.kernels.arena import give, take
from waglan.kernels.compiled import bare
from waglan.kernels.layout import (
    FOR_EVER,
    HEAD_BLOCK,
    HEAD_MASK,
    NULL_CELL,
    Q_CLASS,
    Q_HEAD,
    Q_SIGN,
    Q_WINDOW,
    Q_WORD,
    W_MODE,
    Ints,
)
from waglan.kernels.whole import minus

BLOCK = 0
LOG = 1
FRONT = 2
BACK = 3
SEEN = 4
QUEUE_WORDS = 5


@bare
def drop_front(arena: Ints, block: int, mask: int, front: int, back: int, low: int) -> int:
    """First place whose entry is number `low` or later; galloping."""
    step = 1
    while front + step <= back and arena[block + ((front + step - 1) & mask) * 2] < low:
        front += step
        step *= 2
    step >>= 1
    while step > 0:
        if front + step <= back and arena[block + ((front + step - 1) & mask) * 2] < low:
            front += step
        step >>= 1
    return front


@bare
def cut_back(arena: Ints, block: int, mask: int, front: int, back: int, value: int) -> int:
    """One past the last place whose value is less than `value`; galloping."""
    step = 1
    while back - step >= front and arena[block + ((back - step) & mask) * 2 + 1] >= value:
        back -= step
        step *= 2
    step >>= 1
    while step > 0:
        if back - step >= front and arena[block + ((back - step) & mask) * 2 + 1] >= value:
            back -= step
        step >>= 1
    return back


@bare
def widen_queue(arena: Ints, lane: int, size_class: int, state: int) -> None:
    """Double a queue's block (or make its first, of 4 places)."""
    old, log = arena[state + BLOCK], arena[state + LOG]
    wide = log + 1 if old != 0 else 2
    fresh = take(arena, lane, size_class, 2, wide)
    if old != 0:
        for p in range(arena[state + FRONT], arena[state + BACK]):
            source, target = old + (p & ((1 << log) - 1)) * 2, fresh + (p & ((1 << wide) - 1)) * 2
            arena[target] = arena[source]
            arena[target + 1] = arena[source + 1]
        give(arena, lane, size_class, log, old)
    arena[state + BLOCK] = fresh
    arena[state + LOG] = wide


@bare
def extreme(prog: Ints, arena: Ints, lane: int, queue: int, head: int, width: int, low: int, high: int) -> int:
    """Bring a queue up to window low .. high - 1 and give its least (greatest) value, NULL if it is empty."""
    state = head + prog[queue, Q_HEAD]
    sign, word = prog[queue, Q_SIGN], prog[queue, Q_WORD]
    forever = prog[prog[queue, Q_WINDOW], W_MODE] == FOR_EVER
    ring, ring_mask = arena[head + HEAD_BLOCK], arena[head + HEAD_MASK]
    block, mask = arena[state + BLOCK], (1 << arena[state + LOG]) - 1
    front = drop_front(arena, block, mask, arena[state + FRONT], arena[state + BACK], low)
    back = arena[state + BACK]
    start = max(arena[state + SEEN], low)
    if start < high:
        before = arena[ring + ((start - 1) & ring_mask) * width + word]
        for i in range(start, high):
            after = arena[ring + (i & ring_mask) * width + word]
            value = sign * minus(after, before)
            before = after
            back = cut_back(arena, block, mask, front, back, value)
            if forever and back > front:
                continue  # nothing expires, so only a new least matters
            if block == 0 or back - front > mask:
                arena[state + FRONT], arena[state + BACK] = front, back
                widen_queue(arena, lane, prog[queue, Q_CLASS], state)
                block, mask = arena[state + BLOCK], (1 << arena[state + LOG]) - 1
            arena[block + (back & mask) * 2] = i
            arena[block + (back & mask) * 2 + 1] = value
            back += 1
        arena[state + SEEN] = high
    arena[state + FRONT], arena[state + BACK] = front, back
    if back == front:
        return NULL_CELL
    return int(sign * arena[block + (front & mask) * 2 + 1])
