"""Many parameters of one rule over the same bars, each as it would have run by itself, to the cent."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from waglan.exchange.bars import BarMarket
from waglan.kernels import sweep as kernel
from waglan.schema.units import BadValue

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sweep:
    """What came of p parameters. All money is in minor units of the instrument's currency.

    trades, charges, fall, made: int64 (p,): fills, charges, the greatest fall of equity from a peak, what was made by
    the last close. blocks: int64 (p, s), what was made in each block of bars; squares: float64 (p, s), the sum of
    squares of its changes from close to close, from which means and Sharpe ratios of blocks are worked out; ends (s,):
    the row behind each block.
    """

    trades: Ints
    charges: Ints
    fall: Ints
    made: Ints
    blocks: Ints
    squares: Floats
    ends: Ints


def crossings(market: BarMarket, pairs: ArrayLike, quantity: int, blocks: int = 1) -> Sweep:
    """A quantity held while the mean of the last `fast` closes is above that of the last `slow`: pairs (p, 2).

    Decided at each close and traded at the next open, as `BarMarket.follow` does. Costs p x n steps of some 6 ns.
    Raises BadValue for more than one instrument, a volume cap, a pair that is not 0 < fast < slow, sums beyond 2**62.
    """
    table = np.ascontiguousarray(np.asarray(pairs), np.int64)
    bars = market.bars
    _checked(market, table, quantity, blocks)
    sums, costs = np.zeros(len(bars) + 1, np.int64), np.zeros((len(bars), 5), np.int64)
    kernel.summed(bars.close, sums)
    if not kernel.priced(market.tape, quantity, market.floor(), costs):
        raise BadValue(f"a quantity of {quantity} would be worth 2**61 minor units or more")
    ends = np.arange(1, blocks + 1, dtype=np.int64) * len(bars) // blocks
    found = np.zeros((len(table), 4), np.int64)
    made, squares = np.zeros((len(table), blocks), np.int64), np.zeros((len(table), blocks))
    kernel.crossings(sums, table, costs, ends, np.zeros(len(bars), np.int8), found, made, squares)
    trades, charges, fall, equity = (found[:, c].copy() for c in range(4))
    return Sweep(trades, charges, fall, equity, made, squares, ends)


def _checked(market: BarMarket, pairs: Ints, quantity: int, blocks: int) -> None:
    if len(market.bars.instruments) != 1:
        raise BadValue(f"a sweep is over one instrument, there are {len(market.bars.instruments)}")
    if market.assumed.cap_micro is not None:
        raise BadValue("a sweep knows no volume cap: each of its trades fills at once")
    lot = market.bars.instruments[0].lot
    if not 0 < quantity < 1 << 42 or quantity % lot:
        raise BadValue(f"a sweep holds a multiple of the lot {lot} below 2**42, it was {quantity}")
    if not 1 <= blocks <= max(len(market.bars), 1):
        raise BadValue(f"blocks lie between 1 and the number of bars, {len(market.bars)}; there were {blocks}")
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        raise BadValue(f"pairs are rows of (fast, slow), their shape was {pairs.shape}")
    bad = (pairs[:, 0] < 1) | (pairs[:, 0] >= pairs[:, 1]) | (pairs[:, 1] >= 1 << 20)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise BadValue(f"pairs: row {row}: 0 < fast < slow < 2**20, they were {pairs[row].tolist()}")
    top = int(market.bars.close.max(initial=0))
    if len(pairs) and top * max(len(market.bars), int((pairs[:, 0] * pairs[:, 1]).max())) >= 1 << 62:
        raise BadValue(f"closes up to {top} are too large for sums over so many bars")
