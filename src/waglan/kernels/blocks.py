"""A block of events key by key: prepare in log order, sort each ring's touches by key, work them off, finish the rows.

A touch is (key, event x (views + 1) + what): what 0 enters the event and looks up the view under the same key, what v
+ 1 looks up view v under another key. The sort is stable and the entering touch of an event is written first, so a
key sees its touches in log order.
"""

from waglan.kernels.arena import roomy
from waglan.kernels.compiled import compiled
from waglan.kernels.entries import enter, enters
from waglan.kernels.layout import (
    ABSENT,
    DONE,
    GROW,
    H_CELLS,
    H_COLUMNS,
    H_KEY0,
    H_LANE,
    LATE,
    NOW,
    R_KEY,
    R_KIND,
    R_VIEW0,
    R_VIEW1,
    TOO_LARGE,
    V_KEY,
    WANT,
    Codes,
    Ints,
)
from waglan.kernels.pairs import event_keys
from waglan.kernels.windows import acceptable, empty, finish, head_of, look, members, move_lists, one, unknown


@compiled
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


@compiled
def prepare(
    prog: Ints, arena: Ints, kinds: Codes, ts: Ints, values: Ints, begin: int, start: int, stop: int,
    rows: Ints, status: Codes, now: Ints, keys: Ints, stride: int,
) -> int:  # fmt: skip
    """Watermark, checks, keys and lists of events start .. stop - 1 of the block from `begin`; where it stopped.

    now[i] is the event's time, or -1 - time if it moves nothing (unread or refused); keys[k * stride + i] its keys.
    """
    wide, cells = prog[0, H_COLUMNS], prog[0, H_CELLS]
    for i in range(start, stop):
        j, at, to = i - begin, i * wide, i * cells
        before = arena[NOW]
        t = max(before, ts[i])
        status[i] = 0
        now[j] = -1
        if kinds[i] < 0:
            arena[NOW] = t
            empty(prog, rows, to)
            continue
        if not acceptable(prog, values, at):
            arena[NOW] = t
            empty(prog, rows, to)
            status[i] = TOO_LARGE | (LATE if ts[i] < before else 0)
            continue
        if not roomy(arena, prog[0, H_LANE]):
            arena[WANT + 1] = GROW
            return i
        code = event_keys(prog, arena, kinds[i], values, at, keys, j, stride)
        if code != DONE:
            arena[WANT + 1] = code
            return i
        arena[NOW] = t
        now[j] = t
        status[i] = LATE if ts[i] < before else 0
        move_lists(prog, arena, kinds[i], values, at, keys, j, stride)
        if kinds[i] == 0:
            members(prog, arena, t, keys, j, stride, rows, to)
        else:
            empty(prog, rows, to)
    return stop


@compiled
def own_view(prog: Ints, ring: int) -> int:
    """The view that looks up a ring under the key by which events enter, or -1."""
    for view in range(prog[ring, R_VIEW0], prog[ring, R_VIEW1]):
        if prog[view, V_KEY] == prog[ring, R_KEY]:
            return view
    return -1


@compiled
def touches(
    prog: Ints, ring: int, kinds: Codes, values: Ints, begin: int, n: int, now: Ints, keys: Ints, stride: int,
    rows: Ints, to_keys: Ints, to_code: Ints,
) -> int:  # fmt: skip
    """Write a ring's touches of a block in log order; how many."""
    wide, cells = prog[0, H_COLUMNS], prog[0, H_CELLS]
    own, view0, view1 = own_view(prog, ring), prog[ring, R_VIEW0], prog[ring, R_VIEW1]
    ways = view1 - view0 + 1
    key_row = (prog[ring, R_KEY] - prog[0, H_KEY0]) * stride
    count = 0
    for j in range(n):
        kind = kinds[begin + j]
        if now[j] < 0 or (kind != 0 and kind != prog[ring, R_KIND]):
            continue
        key = keys[key_row + j]
        looked = kind == 0 and own >= 0
        if key != ABSENT and (looked or enters(prog, ring, kind, values, (begin + j) * wide)):
            to_keys[count], to_code[count] = key + 1 if key >= 0 else 0, j * ways
            count += 1
        elif looked:
            unknown(prog, own, rows, (begin + j) * cells)
        if kind != 0:
            continue
        for view in range(view0, view1):
            if view != own:
                key = keys[(prog[view, V_KEY] - prog[0, H_KEY0]) * stride + j]
                if key == ABSENT:
                    unknown(prog, view, rows, (begin + j) * cells)
                else:
                    to_keys[count], to_code[count] = key + 1 if key >= 0 else 0, j * ways + 1 + view - view0
                    count += 1
    return count


@compiled
def work(
    prog: Ints, arena: Ints, lane: int, ring: int, kinds: Codes, values: Ints, begin: int, now: Ints,
    to_keys: Ints, to_code: Ints, start: int, stop: int, rows: Ints,
) -> int:  # fmt: skip
    """Touches start .. stop - 1 of a ring, sorted by key. Where it stopped: `stop`, or a touch that needs room."""
    wide, cells = prog[0, H_COLUMNS], prog[0, H_CELLS]
    own, view0 = own_view(prog, ring), prog[ring, R_VIEW0]
    ways = prog[ring, R_VIEW1] - view0 + 1
    for p in range(start, stop):
        if not roomy(arena, lane):
            return p
        j = to_code[p] // ways
        what = to_code[p] - j * ways
        at, to, t = (begin + j) * wide, (begin + j) * cells, now[j]
        head = head_of(prog, arena, ring, to_keys[p] - 1)
        if what == 0:
            kind = kinds[begin + j]
            seen = 0
            if enters(prog, ring, kind, values, at) and to_keys[p] > 0:
                enter(prog, arena, lane, ring, head, t, values, at)
                seen = 1
            if own >= 0 and kind == 0:
                look(prog, arena, lane, ring, own, head, t, seen, rows, to)
        else:
            # The entering touch of this event under this key, if any, lies just before, behind other views at most.
            q = p - 1
            while q >= 0 and to_keys[q] == to_keys[p] and to_code[q] > j * ways:
                q -= 1
            same = q >= 0 and to_keys[q] == to_keys[p] and to_code[q] == j * ways and to_keys[p] > 0
            seen = 1 if same and enters(prog, ring, kinds[begin + j], values, at) else 0
            look(prog, arena, lane, ring, view0 + what - 1, head, t, seen, rows, to)
    return stop


@compiled
def finish_rows(
    prog: Ints, kinds: Codes, values: Ints, begin: int, start: int, stop: int, now: Ints, rows: Ints, status: Codes
) -> None:
    """Finish the rows of the decided events start .. stop - 1 of a block."""
    wide, cells = prog[0, H_COLUMNS], prog[0, H_CELLS]
    for j in range(start, stop):
        i = begin + j
        if kinds[i] == 0 and now[j] >= 0:
            status[i] |= finish(prog, now[j], values, i * wide, rows, i * cells)
