"""Seeded shocks with fat tails, and the days that cluster: one stream of chance for each series.

Every number comes from whole numbers of PCG64 through tables, and floats are only added, multiplied, divided and
rooted, which is the same on any machine. Day t of a series does not depend on how many days follow it.
"""

from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from waglan.kernels.normal import exponentials
from waglan.measures.chance import Chance, Ints, read_table

Floats = NDArray[np.float64]

KNOTS: Final = 1 << 14
"""Steps of the normal's quantile table: it ends at 4.0 deviations, one day in 16,385."""
_NANO: Final = 1e9


def _quantiles() -> Ints:
    law = NormalDist()
    return np.array([round(law.inv_cdf((2 * k + 1) / (2 * KNOTS + 2)) * _NANO) for k in range(KNOTS + 1)], np.int64)


_TABLE: Final = _quantiles()


def normals(seed: int, part: str, n: int) -> Floats:
    """n standard normals of a stream, (n,)."""
    return read_table(_TABLE, Chance(seed, part).bits(n)) / _NANO


def mixing(seed: int, part: str, n: int, degrees: int) -> Floats:
    """What makes normals a Student's t of variance one, (n,): sqrt((v - 2) / chi-square with v degrees).

    Series that share it have their large days together, however little they are correlated.
    """
    drawn = normals(seed, part, n * degrees).reshape(n, degrees)
    total = np.zeros(n)
    for j in range(degrees):  # in order: numpy's own sum has an order of its own
        total += drawn[:, j] * drawn[:, j]
    return np.sqrt((degrees - 2) / total)


def clustered(shocks: Floats, long_run: Floats, garch: Floats, fixed: Floats) -> tuple[Floats, Floats]:
    """Returns and variances of series by the GARCH of Glosten, Jagannathan and Runkle: (n, k) and (n + 1, k).

    shocks: (n, k) of variance one. long_run: (k,) variances, the first day's too. garch: (3, k) alpha, beta, gamma.
    fixed: (n, k), NaN, or the return that a day has whatever its shock. O(n k).
    """
    alpha, beta, gamma = garch
    omega = long_run * (1 - alpha - beta - gamma / 2)
    returns, variance = np.empty_like(shocks), np.empty((len(shocks) + 1, shocks.shape[1]))
    variance[0] = long_run
    for t in range(len(shocks)):
        free = np.sqrt(variance[t]) * shocks[t]
        returns[t] = np.where(np.isnan(fixed[t]), free, fixed[t])
        square = returns[t] * returns[t]
        variance[t + 1] = omega + (alpha + gamma * (returns[t] < 0)) * square + beta * variance[t]
    return returns, variance


def exponential(x: Floats) -> Floats:
    """e**x of any shape, the same bits on any machine."""
    flat, out = np.ascontiguousarray(x, np.float64).reshape(-1), np.empty(x.size)
    exponentials(flat, out)
    return out.reshape(x.shape)
