"""Checked events - orders, fills, measures - over the state that `kernels.holdings` keeps: rows and statuses.

An order is a fill that is not kept, and whose price gains nothing. What is refused has moved nothing.
"""

import numpy as np
from numpy.typing import NDArray

from waglan.kernels import holdings as state
from waglan.kernels.compiled import bare, inlined

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Codes = NDArray[np.int8]


@bare
def _waived(scopes: Ints, ts: int, waived: Ints, until: Ints, by: Ints, row: Ints) -> None:
    """The temporary limits in force for an event's scopes: (whole, book, trader, counterparty), -1 where it has none.

    waived, until: (limits, keys); by: (limits,), which of the scopes.
    """
    for k in range(len(by)):
        key = scopes[by[k]]
        if key >= 0 and ts < until[k, key]:
            row[state.MEASURES + 1 + state.DAY + k] = waived[k, key]


@inlined
def _scope(kind: int, scopes: Ints, rule: Ints) -> int:
    """The row of a scope: of the whole (kind 0), the event's book (1), its trader (2)."""
    if kind == 0:
        return 0
    return scopes[1] + 1 if kind == 1 else scopes[2] + 1 + rule[state.BOOKS]  # type: ignore[no-any-return]


@bare
def asked(
    stage: int, ts: int, book: int, place: int, quantity: int, price: int, rule: Ints, times: Ints, held: Ints
) -> int:
    """What is wrong with an order or fill before anything is worked out."""
    nothing = quantity == 0 or quantity == state.NULL
    if nothing or book < 0 or place < 0 or (price == state.NULL and stage == state.FILL):
        return state.INCOMPLETE
    if rule[state.WRONG]:
        return rule[state.WRONG]  # type: ignore[no-any-return]
    if ts >= times[state.EXPIRES, place]:
        had = held[1 + book, place]
        settles = stage == state.FILL and (had < 0) != (quantity < 0) and abs(quantity) <= abs(had)
        return 0 if settles else state.EXPIRED
    return state.NO_PRICE if ts > times[state.USABLE, place] else 0


@bare
def gain(price: int, unit: Ints, factor: float) -> float:
    """What one unit gains by the mark when it is bought at a price, whole; nothing without a price."""
    if price == state.NULL:
        return 0.0
    if unit[state.FUTURE] != state.NULL:
        return np.rint(float(unit[state.FUTURE] - price) * factor)  # type: ignore[no-any-return]
    return float(unit[state.WORTH]) - np.rint(float(price) * factor)  # type: ignore[no-any-return]


@bare
def foreseen(price: int, quantity: int, unit: Ints, factor: float) -> float:
    """As `gain`, of an order: nothing where its price would gain, for nobody has sold at it yet.

    Else whoever is beyond a stop-loss asks to buy far below the market, and the gain that he asks for lets him through.
    """
    edge = gain(price, unit, factor)
    return 0.0 if edge * float(quantity) > 0.0 else edge


@bare
def _close_row(
    ts: int, scopes: Ints, exposure: int, rule: Ints, waived: Ints, until: Ints, by: Ints, row: Ints
) -> None:
    if exposure != state.NULL:
        row[state.EXPOSURE] = state.rounded(exposure, rule[state.SCALE])
    _waived(scopes, ts, waived, until, by, row)


@bare
def _measure(
    ts: int, scopes: Ints, rule: Ints, laws: Floats, times: Ints, held: Ints, totals: Ints, rows: Ints, sums: Ints,
    exposures: Ints, day: Ints, waived: Ints, until: Ints, by: Ints, given: Ints, weights: Floats, shares: Floats,
    row: Ints,
) -> int:  # fmt: skip
    """A row about a book, a trader or the whole as they stand; its status."""
    book, trader, counterparty = scopes[1], scopes[2], scopes[3]
    scope = _scope(1 if book >= 0 else (2 if trader >= 0 else 0), scopes, rule)
    wrong = rule[state.WRONG]
    for i in range(held.shape[1]):
        if held[scope, i] != 0:
            if ts >= times[state.EXPIRES, i]:
                wrong |= state.EXPIRED
            elif ts > times[state.USABLE, i]:
                wrong |= state.NO_PRICE
    if wrong:
        return int(wrong)
    state.scope_cells(sums, 0, 0, rule[state.SCALE], row)
    if book >= 0:
        state.scope_cells(sums, 1 + book, 1, rule[state.SCALE], row)
    if trader >= 0:
        state.scope_cells(sums, 1 + rule[state.BOOKS] + trader, 2, rule[state.SCALE], row)
    row[state.ES_BEFORE], row[state.MEASURES] = sums[0, state.S_ES], 0
    for k in range(state.DAY):
        row[state.MEASURES + 1 + k] = day[scope, k]
    state.parts(
        totals, totals[0], rows[0], -1, totals[0], sums[0], rule, laws, given, weights, shares,
        row[len(row) - rule[state.BOOKS] :],
    )  # fmt: skip
    _close_row(ts, scopes, exposures[counterparty] if counterparty >= 0 else state.NULL, rule, waived, until, by, row)
    return 0


@bare
def _traded(
    stage: int, ts: int, scopes: Ints, place: int, quantity: int, price: int, pnl: Ints, units: Ints, reals: Floats,
    rule: Ints, laws: Floats, times: Ints, held: Ints, owed: Ints, totals: Ints, rows: Ints, sums: Ints,
    reach: Floats, exposures: Ints, waived: Ints, until: Ints, by: Ints, work: Ints, fresh: Ints, marked: Ints,
    after: Ints, given: Ints, weights: Floats, shares: Floats, row: Ints,
) -> int:  # fmt: skip
    """A row as it is after an order or fill, and a fill is kept; its status."""
    book = scopes[1]
    wrong = asked(stage, ts, book, place, quantity, price, rule, times, held)
    if wrong:
        return wrong
    unit, peak = units[place], reals[state.PEAK, place]
    if unit[state.ISSUER] >= 0:
        scopes[3] = unit[state.ISSUER]
    counterparty = scopes[3]
    factor = reals[state.FACTOR, place]
    edge = gain(price, unit, factor) if stage == state.FILL else foreseen(price, quantity, unit, factor)
    exposure = state.NULL
    if counterparty >= 0:
        had, worth = owed[counterparty, place], unit[state.VALUE]
        has, before = had + quantity, exposures[counterparty]
        if abs(has) >= state.LIMIT or state.far_off(before, has, worth):
            return state.TOO_LARGE
        exposure = before - max(np.int64(0), had * worth) + max(np.int64(0), has * worth)
    kinds = 3 if scopes[2] >= 0 else 2
    for kind in range(kinds):
        scope = _scope(kind, scopes, rule)
        if not state.moved(
            scope, place, quantity, edge, pnl[place], unit, peak, rule, laws, held, totals, rows, sums, reach, work,
            fresh[kind], marked[kind], after[kind],
        ):  # fmt: skip
            return state.TOO_LARGE
    rises = np.int64(0)
    for kind in range(kinds):
        scope = _scope(kind, scopes, rule)
        state.scope_cells(after, kind, kind, rule[state.SCALE], row)
        rises |= state.rises_of(sums[scope], after[kind], kind)
    if counterparty >= 0:
        rises |= state.rise(exposures[counterparty], exposure, state.EXPOSURE)
    row[state.ES_BEFORE], row[state.MEASURES] = sums[0, state.S_ES], rises
    state.parts(
        totals, fresh[0], marked[0], book, fresh[1], after[0], rule, laws, given, weights, shares,
        row[len(row) - rule[state.BOOKS] :],
    )  # fmt: skip
    _close_row(ts, scopes, exposure, rule, waived, until, by, row)
    if stage == state.FILL:
        for kind in range(kinds):
            scope = _scope(kind, scopes, rule)
            state.kept(
                scope, place, quantity, peak, held, totals, rows, sums, reach, state.bound(rule, rows.shape[1]),
                fresh[kind], marked[kind], after[kind],
            )  # fmt: skip
        if counterparty >= 0:
            owed[counterparty, place] += quantity
            exposures[counterparty] = exposure
    return 0


@inlined
def _too_large(v: Ints) -> bool:
    """Whether any number of an event reaches its bound: then no window takes it either."""
    wrong = False
    for k in range(len(v)):
        wrong |= v[k] != state.NULL and abs(v[k]) >= state.LIMIT
    return wrong


@inlined
def _code(value: int, count: int) -> int:
    """A category's code, -1 where there is none."""
    return value if 0 <= value < count else -1


@bare
def stretch(
    ts_ns: Ints, values: Ints, at: Ints, places: Ints, pnl: Ints, units: Ints, reals: Floats, rule: Ints, laws: Floats,
    times: Ints, held: Ints, owed: Ints, totals: Ints, rows: Ints, sums: Ints, reach: Floats, exposures: Ints,
    day: Ints, waived: Ints, until: Ints, by: Ints, work: Ints, fresh: Ints, marked: Ints, after: Ints, given: Ints,
    weights: Floats, shares: Floats, scopes: Ints, out: Ints, status: Codes,
) -> None:  # fmt: skip
    """Checked events in their order, between which no price moves: rows and statuses.

    ts_ns (e,), no earlier than any before; values (e, columns), `at` which of them; places: code of an instrument ->
    its place, -1 for none. pnl (instruments, n), contiguous; at, units, reals, times, rule, sums: their columns are in
    `kernels.holdings`; rows (scopes, m); waived, until (limits, keys); by (limits,); day (scopes, DAY). Scratch: work
    (2 n + LANES m,), fresh (3, n), marked (3, m), after (3, SUMS), given (2, books), weights (n,),
    shares (books,), scopes (4,). out (e, k): as NULL. laws: (3, 4), see `kernels.holdings.risks`.
    """
    for e in range(len(ts_ns)):
        v = values[e]
        stage = v[at[state.STAGE]]
        if _too_large(v):
            status[e] = state.TOO_LARGE
            continue
        scopes[0], scopes[1] = 0, _code(v[at[state.BOOK]], rule[state.BOOKS])
        scopes[2] = _code(v[at[state.TRADER]], rule[state.TRADERS])
        scopes[3] = _code(v[at[state.COUNTERPARTY]], rule[state.COUNTERPARTIES])
        if stage == state.MEASURE:
            status[e] = _measure(
                ts_ns[e], scopes, rule, laws, times, held, totals, rows, sums, exposures, day, waived, until, by,
                given, weights, shares, out[e],
            )  # fmt: skip
        elif stage in (state.ORDER, state.FILL):
            place = _code(v[at[state.INSTRUMENT]], len(places))
            status[e] = _traded(
                stage, ts_ns[e], scopes, places[place] if place >= 0 else -1, v[at[state.QUANTITY]],
                v[at[state.PRICE]], pnl, units, reals, rule, laws, times, held, owed, totals, rows, sums, reach,
                exposures, waived, until, by, work, fresh, marked, after, given, weights, shares, out[e],
            )  # fmt: skip
        else:
            status[e] = state.INCOMPLETE
