"""The probability of back-test overfitting: is the best trial of one half of history below the median in the other.

Combinatorially symmetric cross-validation (Bailey, Borwein, Lopez de Prado and Zhu, "The Probability of Backtest
Overfitting", Journal of Computational Finance 20, 2017): history is cut into an even number of blocks, every choice of
half of them is a split, the best trial inside is ranked outside. With w = rank / (trials + 1) its logit is
ln(w / (1 - w)); the probability is the share of splits where that is at most 0. It asks of the way in which a strategy
was chosen, not of the strategy: trials without any skill give a half on average, one that is truly better gives 0, and
trials tuned to one half of history and wrong in the other give 1. For one history of noise it is anywhere: halves that
are split in 12,870 ways are still one history.

The measure of a trial is its Sharpe ratio; where a half has no variance it is 0, since nothing was risked.
"""

from math import comb
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from waglan.kernels import overfitting as kernel
from waglan.schema.units import BadValue

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

BLOCKS: Final = 16
"""12,870 splits: the paper's choice."""
BLOCKS_MOST: Final = 20
"""184,756 splits."""


class Overfitting(NamedTuple):
    """The probability and where it comes from; arrays are (splits,): those that hold block 0, then their complements.

    best: trial that is best inside; logit: of its rank outside; inside, outside: its ratio per period in both.
    loss: share of splits in which it loses outside. slope: of outside on inside over the splits, NaN where inside is
    the same in all. dropped: the oldest periods, left out so that blocks are alike.
    """

    chance: float
    loss: float
    slope: float
    best: Ints
    logit: Floats
    inside: Floats
    outside: Floats
    dropped: int


def overfitting(returns: Floats, blocks: int = BLOCKS) -> Overfitting:
    """From the returns of all trials, (periods, trials), oldest first. O(periods trials + splits trials).

    Ties inside go to the earlier trial; those equal outside share their mean rank. BadValue for fewer than two trials
    or two periods a block, a number of blocks that is odd or beyond 20, and a return that is no number, with its place.
    """
    dropped = _checked(returns, blocks)
    sums, squares, mean = _sums(np.ascontiguousarray(returns[dropped:], np.float64), blocks)
    half, trials = blocks // 2, returns.shape[1]
    m = (len(returns) - dropped) // 2
    whole = squares.sum(axis=0)
    least = m * m * (1e-12 * whole / (2 * m) + 1e-24 * mean * mean)  # below it a variance is what rounding left
    splits = comb(blocks, half) // 2
    best, ranks, picked = np.empty((splits, 2), np.int64), np.empty((splits, 2), np.int64), np.empty((splits, 2, 2))
    work, keys = np.empty((2, half, trials)), np.empty((2, trials), np.int64)
    kernel.halves(
        sums, squares, m * mean, whole, least, float(m), work[0], work[1], keys[0], keys[1], np.arange(half),
        best, ranks, picked,
    )  # fmt: skip
    w = ranks / (2 * (trials + 1))
    inside, outside = _ratios(picked, best, mean, whole, least, m)
    within, without = _line(inside), _line(outside)
    return Overfitting(
        float((ranks <= trials + 1).mean()), float((outside < 0).mean()), _slope(within, without),
        np.ascontiguousarray(best.T).reshape(-1), _line(np.log(w / (1 - w))), within, without, dropped,
    )  # fmt: skip


def _line(of: Floats) -> Floats:
    """(splits, 2) as one line: splits, then their complements."""
    return np.ascontiguousarray(of.T).reshape(-1)


def _checked(returns: Floats, blocks: int) -> int:
    """Periods to drop."""
    if returns.ndim != 2 or returns.shape[1] < 2:
        raise BadValue(f"returns are a column for each of two trials and more, were of shape {returns.shape}")
    if blocks % 2 or not 2 <= blocks <= BLOCKS_MOST:
        raise BadValue(f"blocks are an even number up to {BLOCKS_MOST}, were {blocks}")
    if len(returns) < 2 * blocks:
        raise BadValue(f"{blocks} blocks need {2 * blocks} periods, there are {len(returns)}")
    if not np.isfinite(returns).all():
        row, column = np.argwhere(~np.isfinite(returns))[0]
        raise BadValue(f"period {row} of trial {column}: a return is a finite number, was {returns[row, column]}")
    return len(returns) % blocks


def _sums(returns: Floats, blocks: int) -> tuple[Floats, Floats, Floats]:
    """Sums and sums of squares of each block about the trial's mean, (blocks, trials), and that mean."""
    mean = returns.mean(axis=0)
    sums, squares = np.empty((blocks, len(mean))), np.empty((blocks, len(mean)))
    for b, block in enumerate(returns.reshape(blocks, -1, len(mean))):
        apart = block - mean
        sums[b] = apart.sum(axis=0)
        squares[b] = np.einsum("ij,ij->j", apart, apart)
    return sums, squares, mean


def _ratios(picked: Floats, best: Ints, mean: Floats, whole: Floats, least: Floats, m: int) -> tuple[Floats, Floats]:
    """Sharpe ratios, divisor m - 1, of the best inside its half and outside: (splits, 2) each; 0 without variance.

    `picked` speaks of the half with block 0 in both columns: outside, for the best of the complement.
    """
    total, square = picked[..., 0], picked[..., 1]
    centre, shift = mean[best], total / m
    near, far = square / m - shift * shift, (whole[best] - square) / m - shift * shift
    floor = least[best] / (m * m)

    def ratio(average: Floats, variance: Floats) -> Floats:
        moved = variance > floor
        deviation = np.sqrt(np.where(moved, variance, 1.0) * m / (m - 1))
        return np.where(moved, average / deviation, 0.0)

    with_zero, without = ratio(centre + shift, near), ratio(centre - shift, far)
    first = np.array([True, False])
    return np.where(first, with_zero, without), np.where(first, without, with_zero)


def _slope(inside: Floats, outside: Floats) -> float:
    apart = inside - inside.mean()
    square = float(apart @ apart)
    return float(apart @ outside) / square if square > 1e-24 else float("nan")
