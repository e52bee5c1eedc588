"""Keys of an event: dense numbers for pairs by interning, and tables of heads that grow with their universe.

A pair of dense numbers is packed in one word and hashed by multiplication (Knuth, The Art of Computer Programming 3,
6.4) into an open table at most half full; pairs are numbered in the order in which they were first seen.
"""

import numpy as np

from waglan.kernels.arena import give, give_stretch, note, take
from waglan.kernels.compiled import bare, inlined
from waglan.kernels.layout import (
    ABSENT,
    BAD_KEY,
    DONE,
    GROW,
    H_BASES,
    H_KEY0,
    H_KEY1,
    H_LANE,
    H_TABLE0,
    H_TABLE1,
    H_UNIVERSES,
    K_CLASS,
    K_COLUMN,
    K_ENTERS,
    K_LOOKED,
    K_SECOND,
    K_SPACE,
    K_STRUCT,
    K_UNIVERSE,
    KEY_LIMIT,
    LANE_END,
    LANE_RESERVE,
    LANE_TOP,
    T_UNIVERSE,
    T_WORDS,
    UNSEEN,
    WANT,
    Ints,
)

SPREAD = np.uint64(11400714819323198485)  # 2**64 / golden ratio, odd
HALF = np.uint64(32)


@inlined
def place(value: int, mask: int) -> int:
    """First place of a value in a table of mask + 1 places."""
    return np.int64((np.uint64(value) * SPREAD) >> HALF) & mask  # type: ignore[return-value]


@bare
def rehash_pairs(arena: Ints, lane: int, space: int, size_class: int, largest: int) -> None:
    """Double the table of a pair space (or make its first, of 16 places)."""
    block, mask = arena[space], arena[space + 1]
    log = 4
    while block != 0 and (1 << log) <= mask:
        log += 1
    log += 1 if block != 0 else 0
    fresh = take(arena, lane, size_class, 2, log)
    note(arena, lane, largest, 2 << log, 2)
    wide = (1 << log) - 1
    for i in range(fresh, fresh + (2 << log)):
        arena[i] = 0
    if block != 0:
        for i in range(mask + 1):
            packed = arena[block + 2 * i]
            if packed != 0:
                p = place(packed, wide)
                while arena[fresh + 2 * p] != 0:
                    p = (p + 1) & wide
                arena[fresh + 2 * p] = packed
                arena[fresh + 2 * p + 1] = arena[block + 2 * i + 1]
        give(arena, lane, size_class, log - 1, block)
    arena[space], arena[space + 1] = fresh, wide


@bare
def pair_number(arena: Ints, lane: int, space: int, size_class: int, largest: int, packed: int, enter: bool) -> int:
    """The dense number of a pair; one never seen gets the next if `enter`, else UNSEEN."""
    if 2 * (arena[space + 2] + 1) > arena[space + 1] + 1 or arena[space] == 0:
        if not enter and arena[space] == 0:
            return UNSEEN
        if enter:
            rehash_pairs(arena, lane, space, size_class, largest)
    block, mask = arena[space], arena[space + 1]
    p = place(packed, mask)
    while arena[block + 2 * p] != 0:
        if arena[block + 2 * p] == packed:
            return int(arena[block + 2 * p + 1])
        p = (p + 1) & mask
    if not enter:
        return UNSEEN
    number = arena[space + 2]
    arena[block + 2 * p] = packed
    arena[block + 2 * p + 1] = number
    arena[space + 2] = number + 1
    return int(number)


@bare
def grow_universe(prog: Ints, arena: Ints, universe: int, key: int) -> int:
    """Make every table of a universe large enough for `key`, doubling; GROW if the arena has no room."""
    lane = prog[0, H_LANE]
    cap = arena[prog[0, H_UNIVERSES] + universe]
    wide = max(2 * cap, 16)
    while wide < key + 2:
        wide *= 2
    need = 0
    for table in range(prog[0, H_TABLE0], prog[0, H_TABLE1]):
        if prog[table, T_UNIVERSE] == universe:
            need += wide * prog[table, T_WORDS] + 8
    if arena[lane + LANE_END] - arena[lane + LANE_TOP] < need + arena[lane + LANE_RESERVE]:
        arena[WANT] = need
        return GROW
    for table in range(prog[0, H_TABLE0], prog[0, H_TABLE1]):
        if prog[table, T_UNIVERSE] == universe:
            widen(prog, arena, lane, table, cap, wide)
    arena[prog[0, H_UNIVERSES] + universe] = wide
    return DONE


@bare
def widen(prog: Ints, arena: Ints, lane: int, table: int, cap: int, wide: int) -> None:
    """Move one table of heads to a stretch for `wide` keys; the old stretch becomes spare."""
    base = prog[0, H_BASES] + table - prog[0, H_TABLE0]
    words = prog[table, T_WORDS]
    old = arena[base]
    fresh = (arena[lane + LANE_TOP] + 7) & ~7
    arena[lane + LANE_TOP] = (fresh + wide * words + 7) & ~7
    for i in range(cap * words):
        arena[fresh + i] = arena[old + i]
    for i in range(fresh + cap * words, fresh + wide * words):
        arena[i] = 0
    arena[base] = fresh
    if cap > 0:
        give_stretch(arena, lane, old, old + cap * words)


@inlined
def event_keys(prog: Ints, arena: Ints, kind: int, values: Ints, at: int, keys: Ints, to: int, stride: int) -> int:
    """The number of each key of an event, ABSENT where a column is null, UNSEEN where a pair was never entered.

    keys[to + k * stride] is key k. Afterwards every table holds every number. DONE, GROW or BAD_KEY; repeat at will.
    """
    first_row = prog[0, H_KEY0]
    for k in range(first_row, prog[0, H_KEY1]):
        enters = (prog[k, K_ENTERS] >> kind) & 1
        key = ABSENT
        if enters or (kind == 0 and prog[k, K_LOOKED]):
            key = values[at + prog[k, K_COLUMN]]
            if key > KEY_LIMIT:
                return BAD_KEY
            key = max(key, ABSENT)
            if prog[k, K_SPACE] > 0 and key >= 0:
                second = values[at + prog[k, K_SECOND]]
                if second > KEY_LIMIT:
                    return BAD_KEY
                packed = ((key + 1) << 32) | second
                key = ABSENT
                if second >= 0:
                    lane, space = prog[0, H_LANE], prog[k, K_SPACE]
                    key = pair_number(arena, lane, space, prog[k, K_CLASS], prog[k, K_STRUCT], packed, enters == 1)
        # A pair never entered is looked up in head 0, which must exist.
        if key != ABSENT and max(key, 0) + 2 > arena[prog[0, H_UNIVERSES] + prog[k, K_UNIVERSE]]:
            code = grow_universe(prog, arena, prog[k, K_UNIVERSE], max(key, 0))
            if code != DONE:
                return code
        keys[to + (k - first_row) * stride] = key
    return DONE
