"""The worst scenarios of a book: found, summed by position, shared out in whole numbers, and kept while it trades.

Nothing is sorted. The m-th smallest of n numbers takes one selection, and who belongs to the tail one more pass. Where
the tail before a change is known, so is a bound for the tail after it: m scenarios lie at or below the worst that those
m have become, so only what lies there is selected from, of 1,000 scenarios mostly 30 to 100. An order is then one pass
of additions and a selection among few. An order larger than the book leaves many below that bound; then the scenarios
are dealt to lanes, and the m-th smallest of the lanes' least values bounds the tail again (5 us in place of 13).
"""

import numpy as np
from numpy.typing import NDArray

from waglan.kernels.compiled import bare, inlined

Ints = NDArray[np.int64]

COLUMNS = 16
"""Positions taken out of the book side by side: a line of memory is then read once and not sixteen times."""

BLOCK = 512
"""Positions summed at once: 4 KB, in the first cache while the rows of the tail go by."""

LANES = 4
"""Lanes for each scenario of the tail."""


@bare
def select(values: Ints, count: int, m: int) -> int:
    """The m-th smallest of the first `count` values, which are left with the m smallest in front; 1 <= m <= count.

    Hoare's selection by the median of three: O(count) but for orders made to harm it.
    """
    low, high, at = 0, count - 1, m - 1
    while low < high:
        a, b, c = values[low], values[(low + high) >> 1], values[high]
        pivot = max(min(a, b), min(max(a, b), c))
        i, j = low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if at <= j:
            high = j
        elif at >= i:
            low = i
        else:
            break
    return np.int64(values[at])  # type: ignore[return-value]


@bare
def mark(totals: Ints, edge: int, rows: Ints) -> int:
    """The len(rows) worst scenarios, in their order, ties to the earlier; the place in `rows` of the best of them.

    totals: (n,); edge: the len(rows)-th smallest of them; rows: (m,), out.
    """
    m = len(rows)
    below = 0
    for s in range(len(totals)):
        below += totals[s] < edge
    equal = m - below
    at, last = 0, 0
    for s in range(len(totals)):
        if totals[s] < edge:
            rows[at] = s
            at += 1
        elif totals[s] == edge and equal > 0:
            rows[at] = s
            last = at
            at += 1
            equal -= 1
    return last


@bare
def worst(totals: Ints, work: Ints, rows: Ints) -> int:
    """As `mark`, from scratch; totals and work, overwritten: (n,)."""
    for s in range(len(totals)):
        work[s] = totals[s]
    return mark(totals, select(work, len(totals), len(rows)), rows)


@inlined
def narrowed(work: Ints, count: int, m: int) -> int:
    """Bring what may be among the m smallest of `count` values to the front; how many that are.

    The m-th smallest of the least values of LANES m lanes has m values at or below it. work: LANES m longer than what
    it holds.
    """
    lanes = LANES * m
    if count < 2 * lanes:
        return count
    least = work[len(work) - lanes :]
    for k in range(lanes):
        least[k] = work[k]
    start = lanes
    while start + lanes <= count:
        block = work[start : start + lanes]
        for k in range(lanes):
            least[k] = min(least[k], block[k])
        start += lanes
    far = np.int64(select(least, lanes, m))
    few = 0
    for s in range(count):
        value = work[s]
        work[few] = value
        few += value <= far
    return few


@inlined
def weighed(work: Ints, count: int, m: int, full: int, last: int) -> tuple[int, int]:
    """The m-th smallest of `count` values, and the m smallest weighed: the m-th by `last`, the others by `full`."""
    count = narrowed(work, count, m)
    edge = np.int64(select(work, count, m))
    total = np.int64(0)
    for k in range(m - 1):
        total += work[k]
    return edge, full * total + last * edge  # type: ignore[return-value]


@inlined
def fits(totals: Ints, pnl: Ints, quantity: int, bound: float) -> bool:
    """Whether every total with quantity times pnl added stays below the bound; asked in floats, which do not wrap."""
    low, high = pnl[0], pnl[0]
    least, most = totals[0], totals[0]
    for s in range(len(totals)):
        low, high = min(low, pnl[s]), max(high, pnl[s])
        least, most = min(least, totals[s]), max(most, totals[s])
    order = max(-float(low), float(high)) * abs(float(quantity))
    return order + max(-float(least), float(most)) < bound


@inlined
def within(work: Ints, m: int, inner: int, edge: int) -> int:
    """The inner-th smallest of the m smallest, which stand in front and of which `edge` is the largest."""
    return edge if inner == m else np.int64(select(work, m, inner))  # type: ignore[return-value]


@bare
def after(
    totals: Ints, pnl: Ints, quantity: int, rows: Ints, full: int, last: int, inner: int, bound: float, work: Ints
) -> tuple[int, int, bool]:
    """The tail with quantity times pnl added: its inner-th smallest value, and its m smallest weighed; nothing is kept.

    totals, pnl: (n,); rows: (m,), the worst scenarios without the order; inner <= m; work: (n + LANES m,), overwritten.
    Third: whether it was worked at all, for totals may not reach the bound.
    """
    if not fits(totals, pnl, quantity, bound):
        return 0, 0, False
    far = totals[rows[0]] + quantity * pnl[rows[0]]
    for k in range(1, len(rows)):
        far = max(far, totals[rows[k]] + quantity * pnl[rows[k]])
    count = 0
    for s in range(len(totals)):
        value = totals[s] + quantity * pnl[s]
        work[count] = value
        count += value <= far
    edge, weight = weighed(work, count, len(rows), full, last)
    return within(work, len(rows), inner, edge), weight, True


@bare
def fill(
    totals: Ints, pnl: Ints, quantity: int, rows: Ints, full: int, last: int, inner: int, bound: float, work: Ints
) -> tuple[int, int, int]:
    """As `after`, and kept: totals (n,) and rows (m,) are moved.

    Third: the place in `rows` of the best of them; -1 if nothing was moved, for totals may not reach the bound.
    """
    if not fits(totals, pnl, quantity, bound):
        return 0, 0, -1
    for s in range(len(totals)):
        totals[s] += quantity * pnl[s]
    far = totals[rows[0]]
    for k in range(1, len(rows)):
        far = max(far, totals[rows[k]])
    count = 0
    for s in range(len(totals)):
        work[count] = totals[s]
        count += totals[s] <= far
    edge, weight = weighed(work, count, len(rows), full, last)
    return within(work, len(rows), inner, edge), weight, mark(totals, edge, rows)


@bare
def add_rows(pnl: Ints, rows: Ints, edge: int, full: int, last: int, out: Ints) -> float:
    """Sum the rows of the tail: out (p,) is `full` times every row but that at place `edge`, and `last` times that.

    pnl: (n, p), scenario-major; rows: (m,). Reads m rows and no others. Returns the largest magnitude that was read:
    the sums are right where m times `full` times that stays within 64 bits.
    """
    low, high = np.int64(0), np.int64(0)
    for first in range(0, out.shape[0], BLOCK):
        some = out[first : first + BLOCK]
        for i in range(len(some)):
            some[i] = 0
        for k in range(len(rows)):
            line = pnl[rows[k], first : first + BLOCK]
            for i in range(len(some)):
                low, high = min(low, line[i]), max(high, line[i])
            if k != edge:
                for i in range(len(some)):
                    some[i] += line[i]
        line = pnl[rows[edge], first : first + BLOCK]
        if full == 1 and last == 1:
            for i in range(len(some)):
                some[i] += line[i]
        else:
            for i in range(len(some)):
                some[i] = full * some[i] + last * line[i]
    return max(-float(low), float(high))


@bare
def apportion(given: Ints, divisor: int, total: int, rests: Ints, out: Ints) -> None:
    """Whole parts of given / divisor that sum to total: by largest remainder, ties to the earlier.

    given, rests (overwritten), out: (p,); divisor > 0; total: the sum of given over divisor, rounded either way.
    """
    missing = np.int64(total)
    for i in range(len(given)):
        out[i] = given[i] // divisor
        rests[i] = given[i] - out[i] * divisor
        missing -= out[i]
    limit, bit = np.int64(0), np.int64(1)
    while bit < divisor:
        bit <<= 1
    while bit > 0:
        tried, reach = limit | bit, 0
        for i in range(len(rests)):
            reach += rests[i] >= tried
        if reach >= missing:
            limit = tried
        bit >>= 1
    for i in range(len(rests)):
        more = np.int64(rests[i] > limit)
        out[i] += more
        missing -= more
    for i in range(len(rests)):
        if missing <= 0:
            break
        if rests[i] == limit:
            out[i] += 1
            missing -= 1


@bare
def add_groups(parts: Ints, group: Ints, out: Ints) -> None:
    """Raise out (g,) by each part; parts, group: (p,), codes below g."""
    for i in range(len(parts)):
        out[group[i]] += parts[i]


@bare
def gather(pnl: Ints, group: Ints, out: Ints) -> None:
    """Scenario P&L of groups: out (n, g), zeroed, raised by pnl (n, p) in the columns of group (p,)."""
    for s in range(len(pnl)):
        for i in range(len(group)):
            out[s, group[i]] += pnl[s, i]


@bare
def without(
    totals: Ints, pnl: Ints, rows: Ints, full: int, last: int, inner: int, aside: Ints, work: Ints, edges: Ints,
    weights: Ints,
) -> None:  # fmt: skip
    """The tail of the book without each of its positions: edges and weights (p,), as `after` returns them.

    pnl: (n, p); aside: (COLUMNS, n) and work: (n + LANES m,), overwritten. O(n p).
    """
    n, p = pnl.shape
    for first in range(0, p, COLUMNS):
        some = min(COLUMNS, p - first)
        for s in range(n):
            for j in range(some):
                aside[j, s] = pnl[s, first + j]
        for j in range(some):
            edge, weight, _ = after(totals, aside[j], -1, rows, full, last, inner, np.inf, work)
            edges[first + j], weights[first + j] = edge, weight
