"""Different values in a sliding window, exactly, by links between entries of equal value.

Each entry knows how far back the last entry of its value lies and how far ahead the next (one word, 31 bits each, 0
for none). A window (low .. high - 1) has as many values as entries whose predecessor lies before low; when low passes
an entry whose successor lies beyond the window, a value has left. A window moves by the entries that it gains and
loses or is counted anew, whichever is less; a key whose entries have all expired costs nothing.
"""

from waglan.kernels.arena import give, note, take
from waglan.kernels.compiled import bare
from waglan.kernels.layout import (
    D_HEAD,
    D_WORD,
    HEAD_BLOCK,
    HEAD_MASK,
    HEAD_NEXT,
    HEAD_TAIL,
    NULL_CELL,
    X_CLASS,
    X_HEAD,
    X_KEEP,
    X_STRUCT,
    X_WORD,
    Ints,
)
from waglan.kernels.pairs import place

BLOCK = 0
MASK = 1
USED = 2
HASH_WORDS = 3
LOW = 0
HIGH = 1
COUNT = 2
COUNT_WORDS = 3
FAR = (1 << 31) - 1


@bare
def rehash(prog: Ints, arena: Ints, lane: int, table: int, state: int, tail: int) -> None:
    """A fresh table for one key with room to double, without the values whose entries are gone."""
    old, mask = arena[state + BLOCK], arena[state + MASK]
    live = 0
    if old != 0:
        for p in range(mask + 1):
            if arena[old + 2 * p] != NULL_CELL and (prog[table, X_KEEP] or arena[old + 2 * p + 1] >= tail):
                live += 1
    log = 3
    while (1 << log) < 2 * live + 2:
        log += 1
    fresh = take(arena, lane, prog[table, X_CLASS], 2, log)
    note(arena, lane, prog[table, X_STRUCT], 2 << log, 2)
    wide = (1 << log) - 1
    for p in range(wide + 1):
        arena[fresh + 2 * p] = NULL_CELL
    if old != 0:
        size = 0
        while (1 << size) <= mask:
            size += 1
        for p in range(mask + 1):
            value, last = arena[old + 2 * p], arena[old + 2 * p + 1]
            if value != NULL_CELL and (prog[table, X_KEEP] or last >= tail):
                q = place(value, wide)
                while arena[fresh + 2 * q] != NULL_CELL:
                    q = (q + 1) & wide
                arena[fresh + 2 * q], arena[fresh + 2 * q + 1] = value, last
        give(arena, lane, prog[table, X_CLASS], size, old)
    arena[state + BLOCK], arena[state + MASK], arena[state + USED] = fresh, wide, live


@bare
def link(prog: Ints, arena: Ints, lane: int, table: int, head: int, width: int, value: int) -> int:
    """The link word of the entry about to be written; the last entry of the value, if kept, learns of it."""
    state = head + prog[table, X_HEAD]
    number, tail = arena[head + HEAD_NEXT], arena[head + HEAD_TAIL]
    if arena[state + BLOCK] == 0 or 4 * (arena[state + USED] + 1) > 3 * (arena[state + MASK] + 1):
        rehash(prog, arena, lane, table, state, tail)
    block, mask = arena[state + BLOCK], arena[state + MASK]
    p = place(value, mask)
    while arena[block + 2 * p] != NULL_CELL and arena[block + 2 * p] != value:
        p = (p + 1) & mask
    back = 0
    if arena[block + 2 * p] == value:
        last = arena[block + 2 * p + 1]
        back = min(number - last, FAR)
        if last >= tail:
            spot = arena[head + HEAD_BLOCK] + (last & arena[head + HEAD_MASK]) * width + prog[table, X_WORD]
            arena[spot] = arena[spot] | back
    else:
        arena[block + 2 * p] = value
        arena[state + USED] += 1
    arena[block + 2 * p + 1] = number
    return back << 31


@bare
def gained(arena: Ints, ring: int, mask: int, width: int, start: int, end: int, low: int) -> int:
    """How many of entries start .. end - 1 have no predecessor at `low` or later; `ring` is the first link word."""
    count = 0
    for i in range(start, end):
        back = arena[ring + (i & mask) * width] >> 31
        if back == 0 or i - back < low:
            count += 1
    return int(count)


@bare
def distinct(prog: Ints, arena: Ints, cell: int, head: int, width: int, low: int, high: int) -> int:
    """Bring a count up to window low .. high - 1 and give it."""
    state = head + prog[cell, D_HEAD]
    ring, mask = arena[head + HEAD_BLOCK] + prog[cell, D_WORD], arena[head + HEAD_MASK]
    was_low, was_high, count = arena[state + LOW], arena[state + HIGH], arena[state + COUNT]
    if low >= was_high or (low - was_low) + (high - was_high) > high - low:
        count = gained(arena, ring, mask, width, low, high, low)
    else:
        for i in range(was_low, low):
            ahead = arena[ring + (i & mask) * width] & FAR
            if ahead == 0 or i + ahead >= was_high:
                count -= 1
        count += gained(arena, ring, mask, width, was_high, high, low)
    arena[state + LOW], arena[state + HIGH], arena[state + COUNT] = low, high, count
    return int(count)
