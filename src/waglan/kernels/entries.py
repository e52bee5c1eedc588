"""Entering an event under a key: append an entry; drop what no window needs; double or shrink the block."""

from waglan.kernels.arena import give, note, take
from waglan.kernels.compiled import bare, inlined
from waglan.kernels.distinct import distinct, link
from waglan.kernels.layout import (
    BY_TIME,
    D_WINDOW,
    E_COLUMN,
    E_VALUE,
    HEAD_BLOCK,
    HEAD_MASK,
    HEAD_NEXT,
    HEAD_TAIL,
    NULL_CELL,
    Q_WINDOW,
    R_CLASS,
    R_DISTINCT0,
    R_DISTINCT1,
    R_ENTRY,
    R_FIRST,
    R_HASH0,
    R_HASH1,
    R_KIND,
    R_QUEUE0,
    R_QUEUE1,
    R_RESERVE,
    R_SLOT0,
    R_SLOT1,
    R_STRUCT,
    R_WHERE0,
    R_WHERE1,
    R_WINDOW0,
    R_WINDOW1,
    RING_LOG,
    S_CARRY,
    S_COLUMN,
    S_SQUARES,
    S_WORD,
    W_KEEP,
    W_MODE,
    X_COLUMN,
    X_WORD,
    Ints,
)
from waglan.kernels.queues import extreme
from waglan.kernels.rings import window_end, window_start
from waglan.kernels.whole import plus, square_parts


@inlined
def enters(prog: Ints, ring: int, kind: int, values: Ints, at: int) -> bool:
    """Whether an event enters a ring, its key apart: kind, `where`, and no null among the values."""
    if prog[ring, R_KIND] != kind:
        return False
    for row in range(prog[ring, R_WHERE0], prog[ring, R_WHERE1]):
        if values[at + prog[row, E_COLUMN]] != prog[row, E_VALUE]:
            return False
    for row in range(prog[ring, R_SLOT0], prog[ring, R_SLOT1]):
        if values[at + prog[row, S_COLUMN]] == NULL_CELL:
            return False
    for row in range(prog[ring, R_HASH0], prog[ring, R_HASH1]):  # noqa: SIM110 - a kernel is a plain loop
        if values[at + prog[row, X_COLUMN]] == NULL_CELL:
            return False
    return True


@bare
def settle(prog: Ints, arena: Ints, lane: int, ring: int, head: int, t: int) -> int:
    """Move every window of a key up to t; the number of the oldest entry that is still needed (as a base)."""
    width = prog[ring, R_ENTRY]
    keep = arena[head + HEAD_NEXT] - 1
    for window in range(prog[ring, R_WINDOW0], prog[ring, R_WINDOW1]):
        high = window_end(prog, arena, head, width, window, t, 0)
        low = window_start(prog, arena, head, width, window, t, high)
        oldest = low - 1 if prog[window, W_MODE] == BY_TIME else high - prog[window, W_KEEP] - 1
        keep = min(keep, oldest)
    for queue in range(prog[ring, R_QUEUE0], prog[ring, R_QUEUE1]):
        window = prog[queue, Q_WINDOW]
        high = window_end(prog, arena, head, width, window, t, 0)
        low = window_start(prog, arena, head, width, window, t, high)
        extreme(prog, arena, lane, queue, head, width, low, high)
    for cell in range(prog[ring, R_DISTINCT0], prog[ring, R_DISTINCT1]):
        window = prog[cell, D_WINDOW]
        high = window_end(prog, arena, head, width, window, t, 0)
        low = window_start(prog, arena, head, width, window, t, high)
        distinct(prog, arena, cell, head, width, low, high)
    return int(max(keep, arena[head + HEAD_TAIL]))


@bare
def make_room(prog: Ints, arena: Ints, lane: int, ring: int, head: int, t: int, more: int) -> None:
    """Room for `more` entries: drop what has expired at t, and double the block until at most 3/4 of it is needed."""
    tail = settle(prog, arena, lane, ring, head, t)
    arena[head + HEAD_TAIL] = tail
    cap = arena[head + HEAD_MASK] + 1
    need = arena[head + HEAD_NEXT] - tail + more
    wide = cap
    while 4 * (need - 1) > 3 * wide:
        wide *= 2
    if 16 * need < cap:
        wide = cap >> 2
    if wide != cap:
        rehouse(prog, arena, lane, ring, head, wide)


@bare
def rehouse(prog: Ints, arena: Ints, lane: int, ring: int, head: int, cap: int) -> None:
    """Move a key's entries to a block of `cap` (a power of two); the old block is free for other keys."""
    width = prog[ring, R_ENTRY]
    old, mask = arena[head + HEAD_BLOCK], arena[head + HEAD_MASK]
    old_log = 0
    while (1 << old_log) <= mask:
        old_log += 1
    log = 0
    while (1 << log) < cap:
        log += 1
    fresh = take(arena, lane, prog[ring, R_CLASS], width, log)
    note(arena, lane, prog[ring, R_STRUCT], width << log, prog[ring, R_RESERVE])
    for i in range(arena[head + HEAD_TAIL], arena[head + HEAD_NEXT]):
        source, target = old + (i & mask) * width, fresh + (i & (cap - 1)) * width
        for word in range(width):
            arena[target + word] = arena[source + word]
    give(arena, lane, prog[ring, R_CLASS], old_log, old)
    arena[head + HEAD_BLOCK] = fresh
    arena[head + HEAD_MASK] = cap - 1


@bare
def found(prog: Ints, arena: Ints, lane: int, ring: int, head: int, t: int) -> None:
    """A key's first block, with the zero entry before its first."""
    width = prog[ring, R_ENTRY]
    block = take(arena, lane, prog[ring, R_CLASS], width, RING_LOG)
    for word in range(width):
        arena[block + word] = 0
    arena[head + HEAD_BLOCK] = block
    arena[head + HEAD_MASK] = (1 << RING_LOG) - 1
    arena[head + HEAD_NEXT] = 1
    arena[head + HEAD_TAIL] = 0
    if prog[ring, R_FIRST] > 0:
        arena[head + prog[ring, R_FIRST]] = t


@inlined
def ready(prog: Ints, arena: Ints, lane: int, ring: int, head: int, first: int, t: int, more: int) -> None:
    """Room for `more` entries of a key, the next of them at `first`; windows may be asked at t or later."""
    if arena[head + HEAD_NEXT] == 0:
        found(prog, arena, lane, ring, head, first)
    if arena[head + HEAD_NEXT] - arena[head + HEAD_TAIL] + more > arena[head + HEAD_MASK] + 1:
        make_room(prog, arena, lane, ring, head, t, more)


@inlined
def append(prog: Ints, arena: Ints, lane: int, ring: int, head: int, t: int, values: Ints, at: int) -> None:
    """Write the event's entry; there is room."""
    number = arena[head + HEAD_NEXT]
    block, mask, width = arena[head + HEAD_BLOCK], arena[head + HEAD_MASK], prog[ring, R_ENTRY]
    entry, before = block + (number & mask) * width, block + ((number - 1) & mask) * width
    arena[entry] = t
    for slot in range(prog[ring, R_SLOT0], prog[ring, R_SLOT1]):
        word = prog[slot, S_WORD]
        value, total = values[at + prog[slot, S_COLUMN]], arena[before + word]
        after = plus(total, value)
        arena[entry + word] = after
        if prog[slot, S_SQUARES]:
            high, low = square_parts(value)
            arena[entry + word + 1] = plus(arena[before + word + 1], high)
            arena[entry + word + 2] = plus(arena[before + word + 2], low)
        if prog[slot, S_CARRY] and ((total ^ after) & (value ^ after)) < 0:
            arena[head + prog[slot, S_CARRY]] += 1 if value > 0 else -1
    for table in range(prog[ring, R_HASH0], prog[ring, R_HASH1]):
        value = values[at + prog[table, X_COLUMN]]
        arena[entry + prog[table, X_WORD]] = link(prog, arena, lane, table, head, width, value)
    arena[head + HEAD_NEXT] = number + 1


@bare
def enter(prog: Ints, arena: Ints, lane: int, ring: int, head: int, t: int, values: Ints, at: int) -> None:
    """Append the event's entry to a key's ring."""
    ready(prog, arena, lane, ring, head, t, t, 1)
    append(prog, arena, lane, ring, head, t, values, at)
