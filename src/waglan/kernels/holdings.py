"""What a book holds and can lose, as orders and fills come: a stretch of checked events in one loop.

A book has scopes - row 0 the whole, then its books, then its traders - and each keeps the P&L of everything in it in
each scenario, its worst scenarios, and a few sums. An event touches three of them: the scenario P&L as it would be is
made aside, its tail selected (`kernels.tails`), everything that could leave 64 bits looked at, and only then, for a
fill, taken over. So an order is a fill that is not kept, and an event that is refused has moved nothing.

VaR and ES come of one selection: the tail of VaR lies within that of ES. Integers in `scale`-ths of a minor unit; what
is written to a row is whole minor units, halves to even.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from waglan.kernels import parametric
from waglan.kernels.compiled import bare, inlined
from waglan.kernels.tails import apportion, select, weighed
from waglan.kernels.whole import nearest

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Codes = NDArray[np.int8]

NULL: Final = -(1 << 63)
LIMIT: Final = 1 << 42
"""Exclusive bound on a quantity and a price."""
MONEY: Final = float(1 << 61)
"""Exclusive bound on a sum of money, asked for in floats, which do not wrap."""

STAGE, BOOK, TRADER, COUNTERPARTY, INSTRUMENT, QUANTITY, PRICE = range(7)
"""Places in `at`: which column of an event is which."""
ORDER, FILL, MEASURE = range(3)
WORTH, VALUE, NOTIONAL, DELTA, GAMMA, VEGA, FUTURE, ISSUER = range(8)
"""Columns of `units`, of one unit of each instrument; FUTURE its price in millionths, NULL for what is none."""
UNITS: Final = 8
USABLE, EXPIRES = range(2)
"""Rows of `times`: the last moment at which the quotes are fresh, and the expiry."""
FACTOR, PEAK = range(2)
"""Rows of `reals`: scale-ths that a millionth of the price is worth; the largest P&L of a unit in any scenario."""
S_NOTIONAL, S_DELTA, S_GAMMA, S_VEGA, S_PNL, S_VAR, S_ES, S_EDGE = range(8)
"""Columns of `sums`, by scope; S_EDGE the place in its worst scenarios of the best of them."""
SUMS: Final = 8
FULL, LAST, DIVISOR, VAR_ROWS, SCALE, BOOKS, TRADERS, COUNTERPARTIES, WRONG, LAW = range(10)
"""Places in `rule`; WRONG the status of every event while nothing can be measured, else 0; LAW: 1
for risks by moments, 0 for those of the tail."""
ES_BEFORE: Final = 6
EXPOSURE: Final = 10
MEASURES: Final = 18
"""Measures at the head of a row; `rises` is behind them, then the day, what is waived, the parts."""
DAY: Final = 6

TOO_LARGE, NO_PRICE, EXPIRED, INCOMPLETE = 2, 8, 16, 32
"""Bits of a status."""


@inlined
def far_off(total: int, quantity: int, unit: int) -> bool:
    """Whether total + quantity x unit could leave its bounds."""
    return abs(float(total)) + abs(float(quantity)) * abs(float(unit)) >= MONEY


@bare
def risks(totals: Ints, known: Ints, rule: Ints, laws: Floats, work: Ints, rows: Ints, sums: Ints) -> None:
    """ES and VaR of totals (n,) into sums, its worst scenarios into rows (m,).

    known: (m,) scenarios that were the worst a moment ago: those at or below the best of them are selected from.
    laws: (3, 4), for risks by moments VaR's and ES's numbers, and scratch. work: (2 n + LANES m,), scratch.
    """
    if rule[LAW]:
        parametric.measure(totals, laws, rule[SCALE], laws[2], sums[S_VAR : S_ES + 1])
        return
    n, m = len(totals), len(rows)
    near, some = work[len(work) - n :], work[: len(work) - n]
    far = totals[known[0]]
    for k in range(1, m):
        far = max(far, totals[known[k]])
    count = 0
    for s in range(n):
        near[count] = s
        count += totals[s] <= far
    for k in range(count):
        some[k] = totals[near[k]]
    edge, weight = weighed(some, count, m, rule[FULL], rule[LAST])
    sums[S_VAR] = nearest(-select(some, m, rule[VAR_ROWS]), rule[SCALE])
    sums[S_ES] = nearest(-weight, rule[DIVISOR] * rule[SCALE])
    sums[S_EDGE] = _marked(totals, near, count, edge, rows)


@inlined
def _marked(totals: Ints, near: Ints, count: int, edge: int, rows: Ints) -> int:
    """As `tails.mark`, of the first `count` scenarios of `near` alone."""
    equal = len(rows)
    for k in range(count):
        equal -= totals[near[k]] < edge
    at, last = 0, 0
    for k in range(count):
        value = totals[near[k]]
        if value < edge or (value == edge and equal > 0):
            rows[at] = near[k]
            last = at if value == edge else last
            equal -= value == edge
            at += 1
    return last


@bare
def measured(
    pnl: Ints, units: Ints, reals: Floats, rule: Ints, laws: Floats, held: Ints, owed: Ints, totals: Ints, rows: Ints,
    sums: Ints, reach: Floats, exposures: Ints, work: Ints,
) -> bool:  # fmt: skip
    """Everything that follows from positions and prices, from scratch; False if something could leave 64 bits.

    pnl: (instruments, n); held: (scopes, instruments), owed: (counterparties, instruments). totals, rows, sums but its
    S_PNL, reach, exposures: out. O(n) for each position held.
    """
    fits = True
    for scope in range(len(held)):
        for k in range(S_VEGA + 1):
            sums[scope, k] = 0
        for s in range(totals.shape[1]):
            totals[scope, s] = 0
        reach[scope] = 0.0
        for i in range(held.shape[1]):
            quantity = held[scope, i]
            if quantity != 0:
                reach[scope] += abs(float(quantity)) * reals[PEAK, i]
                fits &= reach[scope] < bound(rule, rows.shape[1])
                for k in range(4):
                    size = abs(quantity) if k == S_NOTIONAL else quantity
                    fits &= not far_off(sums[scope, k], quantity, units[i, NOTIONAL + k])
                    sums[scope, k] += size * units[i, NOTIONAL + k] if fits else 0
                if fits:
                    for s in range(totals.shape[1]):
                        totals[scope, s] += quantity * pnl[i, s]
        if totals.shape[1] and fits:
            for k in range(rows.shape[1]):
                rows[scope, k] = k
            risks(totals[scope], rows[scope], rule, laws, work, rows[scope], sums[scope])
    return _exposed(units, owed, exposures) and fits


@bare
def _exposed(units: Ints, owed: Ints, exposures: Ints) -> bool:
    for c in range(len(owed)):
        exposures[c] = 0
        for i in range(owed.shape[1]):
            if owed[c, i] != 0:
                if far_off(exposures[c], owed[c, i], units[i, VALUE]):
                    return False
                exposures[c] += max(np.int64(0), owed[c, i] * units[i, VALUE])
    return True


@inlined
def bound(rule: Ints, m: int) -> float:
    """Exclusive bound on the size of a total: the weighed sum of the tail stays within 64 bits."""
    return 2.0 * MONEY / float(rule[FULL] * m)


@bare
def gained(held: Ints, gains: Ints, out: Ints) -> bool:
    """out (scopes,): what each scope gains if one unit of each instrument gains `gains`; False if that leaves 64 bits.

    A scope that holds an instrument without a gain (NULL) has NULL.
    """
    for scope in range(len(held)):
        out[scope] = 0
        for i in range(held.shape[1]):
            if held[scope, i] != 0 and out[scope] != NULL:
                if gains[i] == NULL:
                    out[scope] = NULL
                elif far_off(out[scope], held[scope, i], gains[i]):
                    return False
                else:
                    out[scope] += held[scope, i] * gains[i]
    return True


@inlined
def rounded(amount: int, scale: int) -> int:
    """Amount over scale to the nearest whole number, as `nearest` does, as int64."""
    return np.int64(nearest(amount, scale))  # type: ignore[return-value]


@bare
def scope_cells(sums: Ints, scope: int, kind: int, scale: int, row: Ints) -> None:
    """The measures of a scope into a row; kind 0 the whole, 1 a book, 2 a trader."""
    given = sums[scope]
    row[2 * kind], row[2 * kind + 1] = given[S_ES], given[S_VAR]
    row[7 + kind] = rounded(given[S_NOTIONAL], scale)
    row[15 + kind] = rounded(given[S_PNL], scale)
    if kind < 2:
        row[11 + kind] = rounded(given[S_DELTA], scale)
    if kind == 1:
        row[13], row[14] = rounded(given[S_GAMMA], scale), rounded(given[S_VEGA], scale)


@inlined
def rise(before: int, after: int, bit: int) -> int:
    """The bit if a size has grown."""
    return np.int64(after > before) << bit  # type: ignore[return-value]


@inlined
def grown(before: int, after: int, bit: int) -> int:
    """The bit if a signed measure has grown in size, or lies on the other side of nothing.

    Who turns long into short by an order does not bring a position down, however small the short is.
    """
    flipped = (before > 0 and after < 0) or (before < 0 and after > 0)
    return np.int64(flipped or abs(after) > abs(before)) << bit  # type: ignore[return-value]


@bare
def rises_of(before: Ints, after: Ints, kind: int) -> int:
    """Bits of a scope's measures that an event makes larger.

    A day's loss is made larger by what adds risk: under a stop-loss whoever reduces must be let through, though the
    price of getting out is worse than the mark.
    """
    more = rise(before[S_ES], after[S_ES], 2 * kind) | rise(before[S_VAR], after[S_VAR], 2 * kind + 1)
    more |= rise(before[S_NOTIONAL], after[S_NOTIONAL], 7 + kind)
    more |= rise(before[S_ES], after[S_ES], 15 + kind)
    if kind < 2:
        more |= grown(before[S_DELTA], after[S_DELTA], 11 + kind)
    if kind == 1:
        more |= grown(before[S_GAMMA], after[S_GAMMA], 13)
        more |= grown(before[S_VEGA], after[S_VEGA], 14)
    return more


@bare
def parts(
    totals: Ints, whole: Ints, rows: Ints, book: int, fresh: Ints, sums: Ints, rule: Ints, laws: Floats, given: Ints,
    weights: Floats, shares: Floats, out: Ints,
) -> None:  # fmt: skip
    """Euler's parts of the ES of the whole by book, out (books,), in whole minor units that sum to it.

    whole: (n,), rows: (m,) its worst scenarios, sums: its ES among them. fresh: (n,), what stands for the totals of
    `book`, which may be none (-1). Scratch: given (2, books), weights (n,), shares (books,).
    """
    if rule[LAW]:
        parametric.moments(whole, laws[2])
        parametric.slopes(whole, laws[2], laws[1], parametric.rises(laws[2]), weights)
    for b in range(len(out)):
        of = fresh if b == book else totals[1 + b]
        if rule[LAW]:
            share = 0.0
            for s in range(len(of)):
                share += weights[s] * float(of[s])
            shares[b] = share / rule[SCALE]
        else:
            total = np.int64(0)
            for k in range(len(rows)):
                total -= (rule[LAST] if k == sums[S_EDGE] else rule[FULL]) * of[rows[k]]
            given[0, b] = total
    if rule[LAW]:
        parametric.shared(shares, sums[S_ES], out)
    else:
        apportion(given[0], rule[DIVISOR] * rule[SCALE], sums[S_ES], given[1], out)


@bare
def moved(
    scope: int, place: int, quantity: int, edge: float, pnl: Ints, unit: Ints, peak: float, rule: Ints, laws: Floats,
    held: Ints, totals: Ints, rows: Ints, sums: Ints, reach: Floats, work: Ints, fresh: Ints, marked: Ints,
    after: Ints,
) -> bool:  # fmt: skip
    """A scope as it would be: fresh (n,), marked (m,), after (SUMS,). False if something could leave its bounds."""
    had = held[scope, place]
    far = abs(had + quantity) >= LIMIT or abs(float(quantity)) * abs(edge) + abs(float(sums[scope, S_PNL])) >= MONEY
    for k in range(4):
        far |= far_off(sums[scope, k], quantity, unit[NOTIONAL + k])
    more, most_of_all = abs(float(quantity)) * peak, bound(rule, len(marked))
    if reach[scope] + more >= most_of_all:
        most = np.int64(0)
        for s in range(totals.shape[1]):
            most = max(most, abs(totals[scope, s]))
        far |= float(most) + more >= most_of_all
    if far:
        return False
    for s in range(totals.shape[1]):
        fresh[s] = totals[scope, s] + quantity * pnl[s]
    risks(fresh, rows[scope], rule, laws, work, marked, after)
    after[S_NOTIONAL] = sums[scope, S_NOTIONAL] + (abs(had + quantity) - abs(had)) * unit[NOTIONAL]
    for k in range(1, 4):
        after[k] = sums[scope, k] + quantity * unit[NOTIONAL + k]
    after[S_PNL] = sums[scope, S_PNL] + quantity * np.int64(edge)
    return True


@inlined
def _copy(given: Ints, out: Ints) -> None:
    for k in range(len(given)):
        out[k] = given[k]


@bare
def kept(
    scope: int, place: int, quantity: int, peak: float, held: Ints, totals: Ints, rows: Ints, sums: Ints,
    reach: Floats, limit: float, fresh: Ints, marked: Ints, after: Ints,
) -> None:  # fmt: skip
    """A fill takes its place in a scope: what was measured after it is held; reach stays an upper bound."""
    held[scope, place] += quantity
    _copy(fresh, totals[scope])
    _copy(marked, rows[scope])
    _copy(after, sums[scope])
    reach[scope] += abs(float(quantity)) * peak
    if reach[scope] >= limit:
        most = np.int64(0)
        for s in range(len(fresh)):
            most = max(most, abs(fresh[s]))
        reach[scope] = float(most)
