"""One rule with many parameters over the same bars: long or flat, filled at the next open, to the cent.

A parameter holds a fixed quantity or nothing, so what buying and selling it costs at each open and what it is worth at
each close are worked out once for all parameters; a run is then a few loads and additions a bar.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from waglan.kernels.bars import CAP, DENOMINATOR, NUMERATOR, Floor, Tape, slipped
from waglan.kernels.charges import BEYOND, TAKER, charged, worth
from waglan.kernels.compiled import bare

Ints = NDArray[np.int64]
Bytes = NDArray[np.int8]
Floats = NDArray[np.float64]

TRADES, CHARGES, FALL, EQUITY = range(4)
"""Columns of `found` (p, 4): fills, charges, greatest fall from a peak and what was made, in minor units."""
UNCAPPED: Final = -1


@bare
def summed(close: Ints, out: Ints) -> None:
    """Sums before each bar: out (n + 1,), out[0] = 0."""
    out[0] = 0
    for bar in range(len(close)):
        out[bar + 1] = out[bar] + close[bar]


@bare
def crossing(sums: Ints, fast: int, slow: int, out: Bytes) -> None:
    """1 where the mean of the last `fast` closes is above that of the last `slow`, else 0: out (n,).

    0 before there are `slow` bars. sums (n + 1,) from `summed`; sums over `slow` bars times `fast` stay below 2**62.
    Means are compared as whole numbers.
    """
    n = len(out)
    out[: min(slow - 1, n)] = 0
    for bar in range(slow - 1, n):
        last = sums[bar + 1]
        out[bar] = (last - sums[bar + 1 - fast]) * slow > (last - sums[bar + 1 - slow]) * fast


@bare
def priced(tape: Tape, quantity: int, f: Floor, costs: Ints) -> bool:
    """What a quantity (> 0) of instrument 0 costs and brings at each open with charges, and is worth at each close.

    costs (n, 5): paid, received, charge of buying, charge of selling, worth. False if a number leaves its bounds.
    """
    terms = f.terms[0]
    for bar in range(len(tape.ts_ns)):
        ts = tape.ts_ns[bar]
        bought = worth(slipped(tape.open[bar], 1, f.rules), quantity, terms[NUMERATOR], terms[DENOMINATOR])
        sold = worth(slipped(tape.open[bar], -1, f.rules), quantity, terms[NUMERATOR], terms[DENOMINATOR])
        costs[bar, 2] = charged(bought, 0, 1, ts, TAKER, f.charges)
        costs[bar, 3] = charged(sold, 0, -1, ts, TAKER, f.charges)
        costs[bar, 0], costs[bar, 1] = bought + costs[bar, 2], sold - costs[bar, 3]
        costs[bar, 4] = worth(tape.close[bar], quantity, terms[NUMERATOR], terms[DENOMINATOR])
        if costs[bar, 0] >= BEYOND or costs[bar, 3] >= BEYOND or costs[bar, 4] >= BEYOND:
            return False
    return f.rules[CAP] == UNCAPPED  # type: ignore[no-any-return]


@bare
def held(long: Bytes, costs: Ints, ends: Ints, found: Ints, made: Ints, squares: Floats) -> None:
    """One run of a column of 1 (long) and 0 (flat), decided at each close, traded at the next open.

    ends (s,): where each block of bars ends, rising, the last n. found (4,); made, squares (s,): the sum of each
    block's changes of equity from close to close, and the sum of their squares.
    """
    cash, before, peak, fall, trades, charges = 0, 0, 0, 0, 0, 0
    now, start = 0, 0
    for s in range(len(ends)):
        square, first = 0.0, before
        for bar in range(start, ends[s]):
            if bar > 0 and long[bar - 1] != now:
                now = 1 - now
                cash += -costs[bar, 0] if now else costs[bar, 1]
                charges += costs[bar, 3 - now]
                trades += 1
            equity = cash + now * costs[bar, 4]
            square += np.float64(equity - before) ** 2
            before = equity
            peak = max(peak, equity)
            fall = max(fall, peak - equity)
        made[s], squares[s], start = before - first, square, ends[s]
    found[TRADES], found[CHARGES], found[FALL], found[EQUITY] = trades, charges, fall, before


@bare
def crossings(
    sums: Ints, pairs: Ints, costs: Ints, ends: Ints, long: Bytes, found: Ints, made: Ints, squares: Floats
) -> None:
    """`held` for each pair (p, 2) of a fast and a slow mean; long (n,), work; found (p, 4); made, squares (p, s)."""
    for p in range(len(pairs)):
        crossing(sums, pairs[p, 0], pairs[p, 1], long)
        held(long, costs, ends, found[p], made[p], squares[p])
