"""VaR and ES from the moments of scenario P&L, and each column's part in them by its co-moments.

With F a quadratic in skewness g and excess k, such a risk is -mean + deviation F(g, k): a law is its four numbers,
F = a0 + a1 g + a2 k + a3 g^2, and normal with a0 alone. It grows in proportion to the book, so by Euler it is the sum
of slopes, and every slope is one weight a scenario: a column's part is its P&L summed with them, as the part in a tail
is. Sums run in the order of the scenarios.
"""

from math import floor, sqrt

import numpy as np
from numpy.typing import NDArray

from waglan.kernels.compiled import bare

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MEAN, SQUARE, CUBE, FOURTH = range(4)
"""Places in moments: the mean, and the mean powers about it."""
REACH = float(1 << 62)


@bare
def moments(totals: Ints, out: Floats) -> None:
    """Of P&L (n,), n >= 1, into out (4,); divisor n."""
    total = 0.0
    for s in range(len(totals)):
        total += float(totals[s])
    mean = total / len(totals)
    square, cube, fourth = 0.0, 0.0, 0.0
    for s in range(len(totals)):
        apart = float(totals[s]) - mean
        twice = apart * apart
        square += twice
        cube += twice * apart
        fourth += twice * twice
    out[MEAN], out[SQUARE] = mean, square / len(totals)
    out[CUBE], out[FOURTH] = cube / len(totals), fourth / len(totals)


@bare
def rises(of: Floats) -> bool:
    """Whether Cornish and Fisher's quantile of these moments is one: its slope in z is above 0 everywhere."""
    if not of[SQUARE] > 0.0:
        return False
    deviation = sqrt(of[SQUARE])
    s, k = of[CUBE] / (of[SQUARE] * deviation), of[FOURTH] / (of[SQUARE] * of[SQUARE]) - 3.0
    square, line, free = k / 8.0 - s * s / 6.0, s / 3.0, 1.0 - k / 8.0 + 5.0 * s * s / 36.0
    if square <= 0.0:
        return bool(square == 0.0 and line == 0.0 and free > 0.0)
    return bool(line * line < 4.0 * square * free)


@bare
def risk(of: Floats, law: Floats, bent: bool) -> float:
    """The law's risk of these moments, losses positive; without `bent` the normal law's."""
    if not of[SQUARE] > 0.0:
        return float(-of[MEAN])
    deviation = sqrt(of[SQUARE])
    if not bent:
        return float(-of[MEAN] + deviation * law[0])
    g, k = of[CUBE] / (of[SQUARE] * deviation), of[FOURTH] / (of[SQUARE] * of[SQUARE]) - 3.0
    return float(-of[MEAN] + deviation * (law[0] + law[1] * g + law[2] * k + law[3] * (g * g)))


@bare
def slopes(totals: Ints, of: Floats, law: Floats, bent: bool, out: Floats) -> None:
    """What a unit of P&L in each scenario adds to the risk, out (n,); sum of out x totals is the risk."""
    n = float(len(totals))
    c1, c2, c3 = 0.0, 0.0, 0.0
    if of[SQUARE] > 0.0:
        deviation = sqrt(of[SQUARE])
        c1 = law[0] / deviation
        if bent:
            g, k = of[CUBE] / (of[SQUARE] * deviation), of[FOURTH] / (of[SQUARE] * of[SQUARE]) - 3.0
            to_g, to_k = law[1] + 2.0 * law[3] * g, law[2]
            size = law[0] + law[1] * g + law[2] * k + law[3] * (g * g)
            c1 = (size - 3.0 * g * to_g - 4.0 * (k + 3.0) * to_k) / deviation
            c2 = 3.0 * to_g / of[SQUARE]
            c3 = 4.0 * to_k / (of[SQUARE] * deviation)
    for s in range(len(totals)):
        c = float(totals[s]) - of[MEAN]
        out[s] = (-1.0 + c1 * c + c2 * (c * c - of[SQUARE]) + c3 * (c * c * c - of[CUBE])) / n


@bare
def given(weights: Floats, pnl: Ints, out: Floats) -> None:
    """Each row of P&L (p, n) summed with the weights (n,): out (p,)."""
    for p in range(len(pnl)):
        total = 0.0
        for s in range(len(weights)):
            total += weights[s] * float(pnl[p, s])
        out[p] = total


@bare
def shared(parts: Floats, total: int, out: Ints) -> None:
    """Whole parts that sum to a total: each rounded down, what is missing to the largest remainders, ties to the first.

    parts: (p,), overwritten by what is left of them; their sum lies within rounding of the total, what is missing
    beyond one for each part or below none goes to the first. O(p^2) at worst: for books, not for positions.
    """
    missing = np.int64(total)
    for p in range(len(parts)):
        out[p] = np.int64(floor(parts[p]))
        parts[p] -= float(out[p])
        missing -= out[p]
    for _ in range(len(parts)):
        if missing <= 0:
            break
        best = 0
        for p in range(1, len(parts)):
            if parts[p] > parts[best]:
                best = p
        out[best] += 1
        parts[best] = -1.0
        missing -= 1
    if len(parts):
        out[0] += missing


@bare
def measure(totals: Ints, laws: Floats, scale: int, of: Floats, out: Ints) -> int:
    """VaR and ES in whole minor units, halves to even, into out (2,): 1 by Cornish and Fisher, 0 by the normal law.

    laws: (2, 4), of VaR and of ES; scale: how many of what P&L is counted in make a minor unit. -1 if one is no amount.
    """
    moments(totals, of)
    bent = rises(of)
    for i in range(2):
        found = risk(of, laws[i], bent) / scale
        if not abs(found) < REACH:
            return -1
        out[i] = np.int64(np.rint(found))
    return 1 if bent else 0
