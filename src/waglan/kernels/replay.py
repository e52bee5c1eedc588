"""Whole runs over bars: following a column of targets, calling a compiled event function, marking what came of it."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from waglan.kernels.bars import (
    BAR,
    CHARGE,
    CURRENCY,
    DENOMINATOR,
    EVENT_ORDERS,
    FILLS,
    LOST,
    LOT,
    NUMERATOR,
    ORDERS,
    PLACE_MAX,
    TRADED,
    VALUE,
    WORKING,
    Floor,
    Tape,
    book,
    match,
    room_of,
    send,
    slipped,
    target,
)  # fmt: skip
from waglan.kernels.charges import TAKER, worth
from waglan.kernels.compiled import bare, fresh
from waglan.kernels.layout import NULL_CELL

Ints = NDArray[np.int64]


@bare
def follow(start: int, tape: Tape, targets: Ints, each: int, wanted: Ints, f: Floor) -> int:
    """Trade towards `each` times targets (n,), from the next bar of its instrument on; NULL is no new target.

    wanted (m,) are the targets in force. Gives n; the bar before which fills (k, 6) ran out of rows; or -1 - bar where
    a number would leave its bounds. What a volume cap leaves is traded at the opens that follow.
    """
    for bar in range(start, len(targets)):
        i = tape.instrument[bar]
        missing = wanted[i] - f.positions[i]
        if missing != 0:
            if f.counts[FILLS] == len(f.fills):
                return bar
            side = 1 if missing > 0 else -1
            amount = min(abs(missing), room_of(tape.volume[bar], f.rules))
            amount -= amount % f.terms[i, LOT]
            price = slipped(tape.open[bar], side, f.rules)
            if amount and not book(bar, -1, i, side * amount, price, tape.ts_ns[bar], TAKER, f):
                return -1 - bar
        if targets[bar] != NULL_CELL:
            wanted[i] = targets[bar] * each
    return len(targets)


def loop(event: Callable[..., Any]) -> Callable[[int, Tape, Floor, Ints], int]:
    """A loop that calls a compiled `event(bar, tape, floor, memory)` behind each bar's fills.

    Gives n; the bar before which orders or fills ran out of rows; or -1 - bar where a number would leave its bounds or
    more than EVENT_ORDERS were sent. Everything it knows is in its arguments, so that it can go on with longer ones.
    """

    @fresh
    def run(start: int, tape: Tape, f: Floor, memory: Ints) -> int:
        for bar in range(start, len(tape.ts_ns)):
            if f.counts[ORDERS] + EVENT_ORDERS > len(f.orders) or f.counts[FILLS] + f.counts[WORKING] > len(f.fills):
                return bar
            near = f.near[tape.instrument[bar]]
            if (tape.low[bar] <= near[0] or tape.high[bar] >= near[1]) and not match(bar, tape, f):
                return -1 - bar
            event(bar, tape, f, memory)
            if f.counts[LOST]:
                return -1 - bar
        return len(tape.ts_ns)

    return run


@bare
def marked(tape: Tape, fills: Ints, of: Ints, f: Floor, cash: Ints, held: Ints, values: Ints, out: Ints) -> None:
    """Each currency's cash and holdings at the closes, in minor units, behind each bar: out (n, c).

    fills (k, 6), of (k,) their instruments; cash (c,) what there was at first; held, values (m,), zeroed: work. An
    instrument counts at its last close, its value rounded half to even for itself.
    """
    k = 0
    for bar in range(len(tape.ts_ns)):
        while k < len(fills) and fills[k, BAR] == bar:
            side = 1 if fills[k, TRADED] > 0 else -1
            held[of[k]] += fills[k, TRADED]
            cash[f.terms[of[k], CURRENCY]] -= side * fills[k, VALUE] + fills[k, CHARGE]
            k += 1
        i = tape.instrument[bar]
        side, terms = 1 if held[i] > 0 else -1, f.terms[i]
        values[i] = side * worth(tape.close[bar], abs(held[i]), terms[NUMERATOR], terms[DENOMINATOR])
        for c in range(len(cash)):
            out[bar, c] = cash[c]
        for j in range(len(held)):
            out[bar, f.terms[j, CURRENCY]] += values[j]


@bare
def unfit(targets: Ints, each: int, tape: Tape, f: Floor) -> int:
    """The first row whose `each` times target (n,) is beyond its bounds or no multiple of the lot; n for none."""
    for bar in range(len(targets)):
        wanted = targets[bar]
        if wanted == NULL_CELL or (bar > 0 and wanted == targets[bar - 1] and len(f.terms) == 1):
            continue
        if (
            not -PLACE_MAX // each < wanted < PLACE_MAX // each
            or wanted * each % f.terms[tape.instrument[bar], LOT] != 0
        ):
            return bar
    return len(targets)


@bare
def met(bar: int, columns: tuple[Ints, ...], state: tuple[Ints, ...]) -> bool:
    """`bars.match` by plain tuples: a caller in Python hands them over in 2 us, named ones in some 10."""
    return match(bar, Tape(*columns), Floor(*state))


@bare
def aimed(ts_ns: int, instrument: int, quantity: int, state: tuple[Ints, ...]) -> int:
    """`bars.target` by a plain tuple."""
    return target(Floor(*state), ts_ns, instrument, quantity)


@bare
def asked(
    ts_ns: int, instrument: int, quantity: int, kind: int, hold: int, limit: int, stop: int, state: tuple[Ints, ...]
) -> int:
    """`bars.send` by a plain tuple."""
    return send(Floor(*state), ts_ns, instrument, quantity, kind, hold, limit, stop)
