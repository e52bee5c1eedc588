"""A sweep is so many single runs: the same money, fills, charges and falls."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from waglan.exchange.accounts import Assumptions, Rate
from waglan.exchange.bars import BarMarket, Run
from waglan.exchange.sweeps import crossings
from waglan.schema.tape import Bars, Instrument, bars
from waglan.schema.units import BadValue

SHARE = Instrument("a", "HKD", "T", price_digits=3, lot=100)
PAIRS = [(1, 2), (2, 5), (3, 40), (10, 50), (5, 400)]


def market(size: int = 300, **assumed: Any) -> BarMarket:
    chance = np.random.default_rng(5)
    close = 20_000 + np.cumsum(chance.integers(-90, 91, size))
    opened = np.concatenate([[20_000], close[:-1]])[:size] + chance.integers(-20, 21, size)
    found: Bars = bars(
        [SHARE], np.arange(size), opened, np.maximum(opened, close), np.minimum(opened, close), close, close
    )
    return BarMarket(found, {"T": Rate("r", 100_000, 50)}, {"HKD": 0}, Assumptions(**assumed))


def alone(place: BarMarket, fast: int, slow: int) -> Run:
    """Means as fractions, one run."""
    close = place.bars.close.tolist()
    long = [
        row + 1 >= slow
        and Fraction(sum(close[row + 1 - fast : row + 1]), fast) > Fraction(sum(close[row + 1 - slow : row + 1]), slow)
        for row in range(len(close))
    ]
    return place.follow(np.array(long, np.int8), 300)


@pytest.mark.parametrize("slip", [0, 7])
def test_a_sweep_is_so_many_runs(slip: int) -> None:
    place = market(slippage_quanta=slip)
    found = crossings(place, PAIRS, 300, blocks=4)
    for p, (fast, slow) in enumerate(PAIRS):
        run = alone(place, fast, slow)
        equity = run.equity()[:, 0]
        changes = np.diff(equity, prepend=0)
        blocks = np.split(changes, found.ends[:-1])
        assert (found.trades[p], found.charges[p]) == (len(run.fills), run.charged["HKD"])
        assert found.made[p] == equity[-1]
        assert found.fall[p] == (np.maximum(np.maximum.accumulate(equity), 0) - equity).max()
        assert found.blocks[p].tolist() == [block.sum() for block in blocks]
        assert found.squares[p].tolist() == [float((block**2).sum()) for block in blocks]
    assert found.trades[0] > 50, "the rule traded"
    assert found.trades[4] == 0, "there were never 400 bars"


@pytest.mark.parametrize(
    ("pairs", "quantity", "blocks", "says"),
    [
        ([(5, 5)], 100, 1, r"row 0: 0 < fast < slow < 2\*\*20, they were \[5, 5\]"),
        ([(1, 2), (0, 3)], 100, 1, "row 1"),
        ([1, 2], 100, 1, "their shape was"),
        ([(1, 2)], 150, 1, "multiple of the lot 100"),
        ([(1, 2)], 100, 0, "blocks lie between 1 and the number of bars"),
        ([(1, 2)], (1 << 42) - 104, 1, r"worth 2\*\*61"),
    ],
)
def test_what_cannot_be_swept(pairs: Any, quantity: int, blocks: int, says: str) -> None:
    place = market()
    if "worth" in says:
        close = np.full(3, (1 << 42) - 1)
        dear = Instrument("a", "HKD", "T", price_digits=0, lot=100)
        place = BarMarket(bars([dear], [1, 2, 3], close, close, close, close, close), {"T": Rate("r")}, {})
        quantity -= quantity % 100
    with pytest.raises(BadValue, match=says):
        crossings(place, pairs, quantity, blocks)


def test_a_volume_cap_is_not_swept() -> None:
    with pytest.raises(BadValue, match="no volume cap"):
        crossings(market(cap_micro=10), PAIRS, 300)
