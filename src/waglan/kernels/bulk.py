"""Plain windows over a whole history at once: a key's events side by side, two pointers a window, no moving state.

What the step function computes one event at a time, for windows of count, sum, mean and rate under one key; the meaning
is the step's, cell for cell. Every pass runs along its arrays: events are laid out key by key, each key's windows are
worked in the first cache, and the cells are brought back in log order. With thousands of keys that is thousands of
streams whose heads stay in the second cache; scattering cells straight into the rows cost twice the time.
"""

import numpy as np
from numpy.typing import NDArray

from waglan.kernels.compiled import compiled

Ints = NDArray[np.int64]
Places = NDArray[np.int32]

NULL = np.int64(-(1 << 63))
EXACT = np.int64(1 << 52)
"""Below it a float holds a sum exactly, and its quotient is off by one at most."""

COUNT, SUM, MEAN, RATE = 3, 4, 5, 6
"""Columns of a window's line that say which cell it fills, -1 for none; 0 span, 1 delay, 2 present."""


@compiled
def lay(key: Ints, keys: int, now: Ints, value: Ints, starts: Ints, place: Places, t: Ints, laid: Ints) -> None:
    """Key by key in log order: starts (keys + 1,); place (n,), where each event went; its time and value there."""
    starts[:] = 0
    for i in range(len(key)):
        starts[key[i] + 1] += 1
    for k in range(keys):
        starts[k + 1] += starts[k]
    at = starts[:keys].copy()
    for i in range(len(key)):
        to = at[key[i]]
        at[key[i]] = to + 1
        place[i] = to
        t[to] = now[i]
        laid[to] = value[i]


@compiled
def quotient(total: np.int64, count: np.int64) -> np.int64:
    """total / count to the nearest, halves to even; count > 0. A float's guess, put right in integers."""
    q = np.int64(np.floor(np.float64(total) / np.float64(count))) if -EXACT < total < EXACT else total // count
    rest = total - q * count
    if rest < 0:
        q, rest = q - 1, rest + count
    elif rest >= count:
        q, rest = q + 1, rest - count
    twice = 2 * rest
    if twice > count or (twice == count and q & 1):
        q += 1
    return q


@compiled
def ends(t: Ints, n: int, delay: np.int64, present: np.int64, hi: Ints) -> None:
    """How many of a key's events each of them sees from the front: hi (n,)."""
    at = 0
    for i in range(n):
        if delay > 0:
            end = t[i] - delay
            while at < n and t[at] <= end:
                at += 1
            hi[i] = at
        else:
            hi[i] = i + present


@compiled
def window(t: Ints, sums: Ints, hi: Ints, n: int, line: Ints, cells: Ints, width: int) -> None:
    """One window of one key: t[:n] its times, sums[:n + 1] its running sums, hi where it ends, cells (n * width,)."""
    reach = line[0] + line[1]
    count_at, sum_at, mean_at, rate_at = line[COUNT], line[SUM], line[MEAN], line[RATE]
    lo, base = 0, 0
    for i in range(n):
        begin, end = t[i] - reach, hi[i]
        while lo < end and t[lo] <= begin:
            lo += 1
        count, total = np.int64(end - lo), sums[end] - sums[lo]
        if count_at >= 0:
            cells[base + count_at] = count
        if sum_at >= 0:
            cells[base + sum_at] = total
        if mean_at >= 0:
            cells[base + mean_at] = quotient(total, count) if count > 0 else NULL
        if rate_at >= 0:
            cells[base + rate_at] = quotient(1_000_000 * total, count) if count > 0 else NULL
        base += width


@compiled
def windows_of_keys(
    t: Ints, laid: Ints, starts: Ints, first: int, last: int, lines: Ints, cells: Ints, width: int
) -> None:
    """All windows of keys first .. last - 1 over one value column; lines (windows, 7); cells flat (n * width,)."""
    longest = 0
    for k in range(first, last):
        longest = max(longest, starts[k + 1] - starts[k])
    sums, hi = np.empty(longest + 1, np.int64), np.empty(longest, np.int64)
    for k in range(first, last):
        begin, n = starts[k], starts[k + 1] - starts[k]
        sums[0] = 0
        for i in range(n):
            sums[i + 1] = sums[i] + laid[begin + i]
        mine, out = t[begin : begin + n], cells[begin * width : (begin + n) * width]
        for w in range(len(lines)):
            if w == 0 or lines[w, 1] != lines[w - 1, 1] or lines[w, 2] != lines[w - 1, 2]:
                ends(mine, n, lines[w, 1], lines[w, 2], hi)
            window(mine, sums, hi, n, lines[w], out, width)


@compiled
def bring(cells: Ints, width: int, place: Places, columns: Ints, first: int, last: int, rows: Ints, wide: int) -> None:
    """Cells back into rows first .. last - 1, in log order: cell c to column columns[c]; rows flat (n * wide,)."""
    for i in range(first, last):
        base, to = np.int64(place[i]) * width, i * wide
        for c in range(width):
            rows[to + columns[c]] = cells[base + c]
