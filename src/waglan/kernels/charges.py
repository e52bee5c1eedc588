"""What a trade is worth in minor units, and what it costs beside its price: rows of rates, each rounded for itself."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from waglan.kernels.compiled import bare
from waglan.kernels.whole import scaled

Ints = NDArray[np.int64]

INSTRUMENT, SIDE, FROM, UNTIL, RATE, FIXED, LEAST, MOST, STEP, UP, LIQUIDITY = range(11)
"""Columns of `charges` (k, 11). A row counts for one instrument or all (-1), for buys (1), sells (-1) or both (0), from
FROM until before UNTIL; RATE is in hundred-millionths of the value, money in minor units, rounded to whole STEPs half
to even or UP; MOST -1 is no maximum, FIXED is added behind both; LIQUIDITY is MAKER, TAKER or ANY."""
WIDTH: Final = 11
ANY, MAKER, TAKER = range(3)
E8: Final = 100_000_000
BEYOND: Final = 1 << 61
"""Exclusive bound on a value, a charge and a balance."""


@bare
def worth(price: int, quantity: int, numerator: int, denominator: int) -> int:
    """price x quantity x numerator / denominator, halves to even, quantity >= 0; BEYOND if it is not below that."""
    value = scaled(price, quantity * numerator, denominator)
    return value if 0 <= value < BEYOND else BEYOND


@bare
def share(value: int, rate: int, step: int, up: int) -> int:
    """Value x rate / 10**8 in whole steps; value and rate are 0 or more, the answer is BEYOND if it is not below."""
    unit = E8 * step
    count = scaled(value, rate, unit)
    if not 0 <= count < BEYOND // step:
        return BEYOND
    if up:  # both products may wrap, and their difference is less than a unit either way
        rest = np.int64(np.uint64(value) * np.uint64(rate) - np.uint64(count) * np.uint64(unit))
        count += int(rest > 0)
    return count * step


@bare
def charged(value: int, instrument: int, side: int, ts_ns: int, liquidity: int, charges: Ints) -> int:
    """All charges of one trade in minor units; BEYOND if they are not below that."""
    total = 0
    for k in range(len(charges)):
        if charges[k, INSTRUMENT] != instrument and charges[k, INSTRUMENT] >= 0:
            continue
        if (charges[k, SIDE] != 0 and charges[k, SIDE] != side) or not charges[k, FROM] <= ts_ns < charges[k, UNTIL]:
            continue
        if charges[k, LIQUIDITY] != ANY and charges[k, LIQUIDITY] != liquidity:
            continue
        amount = max(share(value, charges[k, RATE], charges[k, STEP], charges[k, UP]), charges[k, LEAST])
        if charges[k, MOST] >= 0:
            amount = min(amount, charges[k, MOST])
        total = min(total + amount + charges[k, FIXED], BEYOND)
    return total
