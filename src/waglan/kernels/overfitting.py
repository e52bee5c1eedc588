"""Every way to halve a history, and what the best trial of one half is worth in the other.

A ratio of a half needs two sums for each trial, of its returns and of their squares, and a half is a sum of blocks. The
splits are walked in lexicographic order with the sums of the first d chosen blocks kept for each d, so that a split
costs two additions of a line of trials and not half a history, and sums are always made in the order of the blocks:
no drift. A split and its complement are one pass, so only those that hold block 0 are walked. Returns are about each
trial's own mean: both halves then have the same sum but for its sign, and no square cancels.
"""

import numpy as np
from numpy.typing import NDArray

from waglan.kernels.compiled import bare, inlined
from waglan.kernels.normal import bits_of

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@inlined
def keyed(score: float) -> int:
    """A whole number that rises with the score: whole numbers are compared a vector at a time, floats one by one."""
    bits = bits_of(score + 0.0)  # -0.0 becomes 0.0
    return np.int64(bits ^ ((bits >> 63) & 0x7FFFFFFFFFFFFFFF))  # type: ignore[return-value]


@bare
def scores(
    total: Floats, square: Floats, mean: Floats, whole: Floats, least: Floats, m: float, one: Ints, other: Ints
) -> None:
    """Keys of the squared ratio with its sign, of a half of m returns and of its complement: one, other (n,).

    total, square: (n,), sums over the half of returns about `mean`; mean: m times it; whole: sum of squares over both.
    Where m^2 times a half's variance is at most `least` the ratio is 0.
    """
    for i in range(len(total)):
        up, down, shift = mean[i] + total[i], mean[i] - total[i], total[i] * total[i]
        near = m * square[i] - shift
        far = m * (whole[i] - square[i]) - shift
        one[i] = keyed(up * abs(up) / near if near > least[i] else 0.0)
        other[i] = keyed(down * abs(down) / far if far > least[i] else 0.0)


@inlined
def best_of(keys: Ints) -> int:
    """The place of the largest; ties to the earlier."""
    most = keys[0]
    for i in range(len(keys)):
        most = max(most, keys[i])
    at = 0
    while keys[at] != most:
        at += 1
    return at


@inlined
def doubled_rank(keys: Ints, at: int) -> int:
    """Twice the rank of one among all, from 2 for the smallest; those equal to it share theirs."""
    below, upto, mine = np.int64(0), np.int64(0), keys[at]
    for i in range(len(keys)):
        below += keys[i] < mine
        upto += keys[i] <= mine
    return below + upto + 1  # type: ignore[return-value]


@bare
def halves(
    sums: Floats, squares: Floats, mean: Floats, whole: Floats, least: Floats, m: float, totals: Floats, twos: Floats,
    one: Ints, other: Ints, chosen: Ints, best: Ints, ranks: Ints, picked: Floats,
) -> None:  # fmt: skip
    """Of each split that holds block 0, in lexicographic order, and of its complement, the best and its rank outside.

    sums, squares: (blocks, n), of returns about their mean, of which `mean` is m times. Work: totals, twos
    (blocks / 2, n); one, other (n,); chosen (blocks / 2,), 0, 1, 2 ... at first. Out: best, ranks (splits, 2), ranks
    doubled; picked (splits, 2, 2): sum and sum of squares of the best trial over the half with block 0.
    """
    blocks, n = sums.shape
    half = blocks // 2
    depth = 0
    for split in range(len(best)):
        for d in range(depth, half):
            b = chosen[d]
            for i in range(n):
                totals[d, i] = sums[b, i] if d == 0 else totals[d - 1, i] + sums[b, i]
                twos[d, i] = squares[b, i] if d == 0 else twos[d - 1, i] + squares[b, i]
        scores(totals[half - 1], twos[half - 1], mean, whole, least, m, one, other)
        first, second = best_of(one), best_of(other)
        best[split, 0], best[split, 1] = first, second
        ranks[split, 0], ranks[split, 1] = doubled_rank(other, first), doubled_rank(one, second)
        picked[split, 0, 0], picked[split, 0, 1] = totals[half - 1, first], twos[half - 1, first]
        picked[split, 1, 0], picked[split, 1, 1] = totals[half - 1, second], twos[half - 1, second]
        depth = half - 1
        while depth > 0 and chosen[depth] == blocks - half + depth:
            depth -= 1
        if depth > 0:
            chosen[depth] += 1
            for d in range(depth + 1, half):
                chosen[d] = chosen[d - 1] + 1
