"""A block of events key by key: prepare in log order, sort each ring's touches by key, work them off, finish the rows.

A touch is (key, event x (views + 1) + what): what 0 enters the event and looks up the view under the same key, what v
+ 1 looks up view v under another key. The sort is stable and the entering touch of an event is written first, so a
key sees its touches in log order.
"""

import numpy as np

from waglan.kernels.arena import roomy
from waglan.kernels.compiled import bare, inlined
from waglan.kernels.entries import enters
from waglan.kernels.layout import (
    ABSENT,
    DONE,
    GROW,
    H_CELLS,
    H_CHECK0,
    H_CHECK1,
    H_COLUMNS,
    H_KEY0,
    H_KEY1,
    H_LANE,
    H_LIST0,
    H_LIST1,
    H_MEMBER0,
    H_MEMBER1,
    LATE,
    NULL_CELL,
    R_KEY,
    R_KIND,
    R_LIGHT,
    R_OWN,
    R_PLAIN,
    R_SLOT0,
    R_SLOT1,
    R_VIEW0,
    R_VIEW1,
    R_WHERE0,
    R_WHERE1,
    S_FIELD,
    TOO_LARGE,
    V_KEY,
    VALUE_LIMIT,
    WANT,
    Codes,
    Ints,
)
from waglan.kernels.lines import PLACE, WHAT
from waglan.kernels.pairs import event_keys
from waglan.kernels.windows import empty, finish, members, move_lists, one, unknown


@bare
def in_order(
    prog: Ints, arena: Ints, kinds: Codes, ts: Ints, values: Ints, rows: Ints, status: Codes, start: int
) -> int:
    """Events from `start` one after another. Where it stopped: the end, or an event that needs room (see WANT)."""
    wide, cells = prog[0, H_COLUMNS], prog[0, H_CELLS]
    for i in range(start, len(ts)):
        code = one(prog, arena, kinds[i], ts[i], values, i * wide, rows, i * cells)
        if code < 0:
            arena[WANT + 1] = -code
            return i
        status[i] = code
    return len(ts)


@bare
def prepare(
    prog: Ints, arena: Ints, kinds: Codes, ts: Ints, values: Ints, begin: int, start: int, stop: int,
    rows: Ints, status: Codes, now: Ints, fields: Ints, clock: Ints,
) -> int:  # fmt: skip
    """Watermark, checks, keys and lists of events start .. stop - 1 of the block from `begin`; where it stopped.

    now[i] is the event's time, or -1 if it moves nothing (unread or refused). fields[k * len(now) + i] are its keys,
    and after them its checked columns, side by side so that a key's run gathers words and not lines. clock[0] is the
    watermark before and after.
    """
    wide, cells, stride = prog[0, H_COLUMNS], prog[0, H_CELLS], len(now)
    listed = prog[0, H_LIST0] < prog[0, H_LIST1] or prog[0, H_MEMBER0] < prog[0, H_MEMBER1]
    for i in range(start, stop):
        j, at, kind = i - begin, i * wide, kinds[i]
        before = clock[0]
        t = max(before, ts[i])
        late = LATE if ts[i] < before else 0
        now[np.uint64(j)] = t
        status[i] = late if kind >= 0 else 0
        if kind < 0 or not checked(prog, values, at, fields, j, stride):
            status[i] |= TOO_LARGE if kind >= 0 else 0
            now[j] = -1
            clock[0] = t
            empty(prog, rows, i * cells)
            continue
        if not roomy(arena, prog[0, H_LANE]):
            arena[WANT + 1] = GROW
            return i
        code = event_keys(prog, arena, kind, values, at, fields, j, stride)
        if code != DONE:
            arena[WANT + 1] = code
            return i
        clock[0] = t
        if kind != 0:
            empty(prog, rows, i * cells)
        if listed:
            move_lists(prog, arena, kind, values, at, fields, j, stride)
            if kind == 0:
                members(prog, arena, t, fields, j, stride, rows, i * cells)
    return stop


@inlined
def checked(prog: Ints, values: Ints, at: int, fields: Ints, to: int, stride: int) -> bool:
    """Copy the numbers that features read; whether each is below 2**42 in magnitude (or null)."""
    spot = (prog[0, H_KEY1] - prog[0, H_KEY0]) * stride + to
    for row in range(prog[0, H_CHECK0], prog[0, H_CHECK1]):
        value = values[np.uint64(at + prog[row, 0])]
        fields[np.uint64(spot)] = value
        spot += stride
        if (value >= VALUE_LIMIT or value <= -VALUE_LIMIT) and value != NULL_CELL:
            return False
    return True


@inlined
def entering(
    prog: Ints, ring: int, kind: int, values: Ints, at: int, fields: Ints, j: int, stride: int
) -> bool:  # fmt: skip
    """As `enters`, from the fields where they have the column."""
    if kind != prog[ring, R_KIND]:
        return False
    if not prog[ring, R_LIGHT] or prog[ring, R_WHERE0] < prog[ring, R_WHERE1]:
        return enters(prog, ring, kind, values, at)
    for slot in range(prog[ring, R_SLOT0], prog[ring, R_SLOT1]):
        if fields[np.uint64(prog[slot, S_FIELD] * stride + j)] == NULL_CELL:
            return False
    return True


@bare
def touches(
    prog: Ints, ring: int, kinds: Codes, values: Ints, begin: int, n: int, now: Ints, keys: Ints, rows: Ints,
    out: Ints,
) -> int:  # fmt: skip
    """Write a ring's touches of a block in log order; how many. An event's entering touch comes before its others."""
    wide, cells, stride = prog[0, H_COLUMNS], prog[0, H_CELLS], len(now)
    view0, view1, own = prog[ring, R_VIEW0], prog[ring, R_VIEW1], prog[ring, R_OWN]
    key_row = (prog[ring, R_KEY] - prog[0, H_KEY0]) * stride
    count = 0
    for j in range(n):
        kind = kinds[np.uint64(begin + j)]
        if now[np.uint64(j)] < 0 or (kind != 0 and kind != prog[ring, R_KIND]):
            continue
        key = keys[np.uint64(key_row + j)]
        asks = own if kind == 0 else 0
        comes = np.int64(key >= 0 and entering(prog, ring, kind, values, (begin + j) * wide, keys, j, stride))
        if key != ABSENT:
            out[np.uint64(count)] = (max(key + 1, 0) << PLACE) | (j << WHAT) | (asks << 1) | comes
            count += int(np.int64(asks > 0) | comes)
        elif asks:
            unknown(prog, view0 + own - 1, rows, (begin + j) * cells)
        if kind != 0 or prog[ring, R_PLAIN]:
            continue
        for view in range(view0, view1):
            if view - view0 + 1 != own:
                key = keys[(prog[view, V_KEY] - prog[0, H_KEY0]) * stride + j]
                if key == ABSENT:
                    unknown(prog, view, rows, (begin + j) * cells)
                else:
                    out[count] = (max(key + 1, 0) << PLACE) | (j << WHAT) | ((1 + view - view0) << 1)
                    count += 1
    return count


@bare
def finish_rows(
    prog: Ints, kinds: Codes, values: Ints, begin: int, start: int, stop: int, now: Ints, rows: Ints, status: Codes
) -> None:
    """Finish the rows of the decided events start .. stop - 1 of a block."""
    wide, cells = prog[0, H_COLUMNS], prog[0, H_CELLS]
    for j in range(start, stop):
        i = begin + j
        if kinds[i] == 0 and now[j] >= 0:
            status[i] |= finish(prog, now[j], values, i * wide, rows, i * cells)
