"""An order asked about before it is sent: what a book would lose after it, and which limit it would pass.

The same numbers as the row of an order (`kernels.checks`), without what nobody waits for there: no parts, no scenarios
kept, no row. So each scope takes one pass over the scenarios, in which the P&L after the order is made and what may be
among the worst is put aside, and one selection from that.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from waglan.kernels import holdings as state
from waglan.kernels import parametric
from waglan.kernels.checks import asked, foreseen
from waglan.kernels.compiled import bare, inlined
from waglan.kernels.tails import select, weighed
from waglan.kernels.whole import nearest

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MEASURE, BIT, SIGN, BY, NAMELESS = range(5)
"""Columns of `limits`: which measure, which bit of what must rise, how it is held, whose it is, the grade of an order
that does not say whose."""
PLAIN, ABSOLUTE, FLIPPED = range(3)
ORDER: Final = 0
NOBODY: Final = -1
"""Status where a place or code is beyond what there is."""


@bare
def risks_after(
    totals: Ints, known: Ints, pnl: Ints, quantity: int, rule: Ints, laws: Floats, work: Ints, sums: Ints
) -> None:
    """ES and VaR of totals (n,) with quantity times pnl (n,) added, into sums; as `holdings.risks` of the sum."""
    n, m = len(totals), len(known)
    if rule[state.LAW]:
        for s in range(n):
            work[s] = totals[s] + quantity * pnl[s]
        parametric.measure(work[:n], laws, rule[state.SCALE], laws[2], sums[state.S_VAR : state.S_ES + 1])
        return
    far = totals[known[0]] + quantity * pnl[known[0]]
    for k in range(1, m):
        far = max(far, totals[known[k]] + quantity * pnl[known[k]])
    count = 0
    for s in range(n):
        value = totals[s] + quantity * pnl[s]
        work[count] = value
        count += value <= far
    _, weight = weighed(work[: len(work) - n], count, m, rule[state.FULL], rule[state.LAST])
    sums[state.S_VAR] = nearest(-select(work, m, rule[state.VAR_ROWS]), rule[state.SCALE])
    sums[state.S_ES] = nearest(-weight, rule[state.DIVISOR] * rule[state.SCALE])


@inlined
def fits(
    scope: int, place: int, quantity: int, edge: float, unit: Ints, peak: float, rule: Ints, held: Ints, totals: Ints,
    sums: Ints, reach: Floats, m: int,
) -> bool:  # fmt: skip
    """Whether nothing of a scope could leave its bounds, as `holdings.moved` asks."""
    had = held[scope, place]
    far = abs(had + quantity) >= state.LIMIT
    far |= abs(float(quantity)) * abs(edge) + abs(float(sums[scope, state.S_PNL])) >= state.MONEY
    for k in range(4):
        far |= state.far_off(sums[scope, k], quantity, unit[state.NOTIONAL + k])
    more, most_of_all = abs(float(quantity)) * peak, state.bound(rule, m)
    if reach[scope] + more >= most_of_all:
        most = np.int64(0)
        for s in range(totals.shape[1]):
            most = max(most, abs(totals[scope, s]))
        far |= float(most) + more >= most_of_all
    return not far


@bare
def judged(
    limits: Ints, soft: Ints, hard: Ints, scopes: Ints, ts: int, waived: Ints, until: Ints, rises: np.int64,
    cells: Ints,
) -> tuple[int, int]:  # fmt: skip
    """The grade of the gravest limit that is passed (0 within, 1 soft or waived, 2 hard) and its place, -1 for none.

    limits: (l, 5); soft, hard, waived, until: (l, keys). scopes: (4,), codes of whole, book, trader, counterparty, -1
    for none. cells: (18,), measures after the event. Of equal grades the first.
    """
    grade, place = np.int64(0), -1
    for k in range(len(limits)):
        key, value = scopes[limits[k, BY]], cells[limits[k, MEASURE]]
        if key < 0 and limits[k, NAMELESS] > grade:
            grade, place = limits[k, NAMELESS], k
        if not (rises >> limits[k, BIT]) & 1 or key < 0 or value == state.NULL:
            continue
        if limits[k, SIGN] == ABSOLUTE:
            value = abs(value)
        elif limits[k, SIGN] == FLIPPED:
            value = -value
        found = np.int64(value > min(soft[k, key], hard[k, key]))
        if value > hard[k, key] and not (ts < until[k, key] and value <= waived[k, key]):
            found = np.int64(2)
        if found > grade:
            grade, place = found, k
    return grade, place  # type: ignore[return-value]


@bare
def ordered(
    place: int, quantity: int, price: int, book: int, trader: int, counterparty: int, ts: int, pnl: Ints, units: Ints,
    reals: Floats, times: Ints, rule: Ints, laws: Floats, held: Ints, owed: Ints, totals: Ints, rows: Ints, sums: Ints,
    reach: Floats, exposures: Ints, waived: Ints, until: Ints, limits: Ints, soft: Ints, hard: Ints, work: Ints,
    after: Ints, scopes: Ints, cells: Ints,
) -> tuple[int, int, int, int, int, int, int]:  # fmt: skip
    """An order: status, ES and VaR of the whole and of its book, grade and place of the gravest limit it passes.

    The state as `checks.stretch` takes it; limits, soft, hard as `judged`. Scratch: work (2 n + LANES m,), after (3,
    SUMS), scopes (4,). cells (18,): the measures of the order's row, out. Of a status that is not 0 nothing else is
    said. O(n) as a rule.
    """
    if place >= len(units) or book >= rule[state.BOOKS] or trader >= rule[state.TRADERS] or counterparty >= len(owed):
        return NOBODY, 0, 0, 0, 0, 0, -1
    if abs(quantity) >= state.LIMIT or (price != state.NULL and abs(price) >= state.LIMIT):
        return (state.INCOMPLETE if quantity == state.NULL else state.TOO_LARGE), 0, 0, 0, 0, 0, -1
    wrong = asked(ORDER, ts, book, place, quantity, price, rule, times, held)
    if wrong:
        return wrong, 0, 0, 0, 0, 0, -1
    unit, peak = units[place], reals[state.PEAK, place]
    scopes[0], scopes[1], scopes[2], scopes[3] = 0, book, trader, counterparty
    if unit[state.ISSUER] >= 0:
        scopes[3] = unit[state.ISSUER]
    edge, rises, owing = foreseen(price, quantity, unit, reals[state.FACTOR, place]), np.int64(0), scopes[3]
    for k in range(len(cells)):
        cells[k] = state.NULL
    if owing >= 0:
        had, worth, before = owed[owing, place], unit[state.VALUE], exposures[owing]
        has = had + quantity
        if abs(has) >= state.LIMIT or state.far_off(before, has, worth):
            return state.TOO_LARGE, 0, 0, 0, 0, 0, -1
        exposure = before - max(np.int64(0), had * worth) + max(np.int64(0), has * worth)
        cells[state.EXPOSURE] = state.rounded(exposure, rule[state.SCALE])
        rises |= state.rise(before, exposure, state.EXPOSURE)
    for kind in range(3 if trader >= 0 else 2):
        scope = 0 if kind == 0 else (1 + book if kind == 1 else 1 + rule[state.BOOKS] + trader)
        if not fits(scope, place, quantity, edge, unit, peak, rule, held, totals, sums, reach, rows.shape[1]):
            return state.TOO_LARGE, 0, 0, 0, 0, 0, -1
        then, now, had = after[kind], sums[scope], held[scope, place]
        risks_after(totals[scope], rows[scope], pnl[place], quantity, rule, laws, work, then)
        then[state.S_NOTIONAL] = now[state.S_NOTIONAL] + (abs(had + quantity) - abs(had)) * unit[state.NOTIONAL]
        for k in range(1, 4):
            then[k] = now[k] + quantity * unit[state.NOTIONAL + k]
        then[state.S_PNL] = now[state.S_PNL] + quantity * np.int64(edge)
        state.scope_cells(after, kind, kind, rule[state.SCALE], cells)
        rises |= state.rises_of(now, then, kind)
    cells[state.ES_BEFORE] = sums[0, state.S_ES]
    grade, limit = judged(limits, soft, hard, scopes, ts, waived, until, rises, cells)
    whole, of_book = after[0], after[1]
    return 0, whole[state.S_ES], whole[state.S_VAR], of_book[state.S_ES], of_book[state.S_VAR], grade, limit
