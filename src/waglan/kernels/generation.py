"""Tomorrow's moves: a day's returns, the filters of all factors by one day, residuals or normals made into moves.

Days are rows and factors columns, float64. Logarithms and exponentials are those of `kernels.normal`, sums run in the
order of the days or factors, and square roots are IEEE's: the same bits on every processor, which a product by BLAS or
a call of the mathematics library would not give.
"""

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from waglan.kernels.compiled import bare
from waglan.kernels.normal import exponential, logarithm

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@bare
def impossible(levels: Floats, share: Bools, least: float, most: float) -> int:
    """The first factor whose level cannot be, else -1: not finite, beyond `most`, or a share's below `least`."""
    for f in range(len(levels)):
        if not abs(levels[f]) <= most or (share[f] and levels[f] < least):
            return f
    return -1


@bare
def returned(levels: Floats, before: Floats, share: Bools, out: Floats) -> None:
    """ln(level / the one before) of a share, the difference of an amount; (f,) each."""
    for f in range(len(levels)):
        out[f] = logarithm(levels[f] / before[f]) if share[f] else levels[f] - before[f]


@bare
def first_variance(returns: Floats, factor: int, days: int, mean: float) -> float:
    """Mean square about the mean of a factor's first days, 1 <= days."""
    total = 0.0
    for t in range(days):
        apart = returns[t, factor] - mean
        total += apart * apart
    return total / days


@bare
def step(returns: Floats, garch: Floats, least: float, variance: Floats, residual: Floats) -> None:
    """One day of every filter: residual = (return - mean) / deviation, then the variance of the day after.

    returns, variance, residual: (f,); garch: (f, 4) omega, alpha, beta, mean. A variance stays at least `least`, above
    0, so that a series which stands still for years has residuals when it moves again; one of 0 has not begun.
    """
    for f in range(len(returns)):
        if variance[f] == 0.0:
            continue
        apart = returns[f] - garch[f, 3]
        residual[f] = apart / sqrt(variance[f])
        variance[f] = max(garch[f, 0] + garch[f, 1] * (apart * apart) + garch[f, 2] * variance[f], least)


@bare
def follow(
    returns: Floats, factor: int, garch: Floats, least: float, first: float, begin: int, residual: Floats
) -> float:
    """All days of one factor's filter: the last variance. returns and residual: (n, f).

    Days before `begin` are divided by the first variance as it is; from there on the filter steps.
    """
    variance = max(first, least)
    for t in range(len(returns)):
        apart = returns[t, factor] - garch[factor, 3]
        residual[t, factor] = apart / sqrt(variance)
        if t >= begin:
            variance = max(garch[factor, 0] + garch[factor, 1] * (apart * apart) + garch[factor, 2] * variance, least)
    return variance


@bare
def tomorrow(residual: Floats, deviation: Floats, mean: Floats, share: Bools, most: float, out: Floats) -> int:
    """Moves of the factors, (S, f), from residuals: e**r - 1 of a share, r of an amount, r = mean + residual deviation.

    Returns how many of shares are impossible: |r| above `most`, which is at most 36, or no number.
    """
    wrong = 0
    for s in range(len(residual)):
        for f in range(len(deviation)):
            r = mean[f] + residual[s, f] * deviation[f]
            grown = exponential(min(r, 700.0)) - 1.0
            out[s, f] = grown if share[f] else r
            wrong += share[f] & (not abs(r) <= most)
    return wrong


@bare
def spread(returns: Floats, decay: float, covariance: Floats) -> None:
    """One day of an exponentially weighted covariance (f, f), about no mean."""
    for i in range(len(returns)):
        for j in range(i + 1):
            covariance[i, j] = decay * covariance[i, j] + (1.0 - decay) * (returns[i] * returns[j])
            covariance[j, i] = covariance[i, j]


@bare
def first_spread(returns: Floats, days: int, covariance: Floats) -> None:
    """Mean products of the first days' returns, (f, f)."""
    covariance[:] = 0.0
    for t in range(days):
        for i in range(returns.shape[1]):
            for j in range(i + 1):
                covariance[i, j] += returns[t, i] * returns[t, j]
    for i in range(returns.shape[1]):
        for j in range(i + 1):
            covariance[i, j] = covariance[i, j] / days
            covariance[j, i] = covariance[i, j]


@bare
def root(covariance: Floats, rest: float, out: Floats) -> None:
    """Cholesky's lower triangle, out (f, f). A factor that those before it explain but for `rest` of its variance has
    a column of zeros: a covariance may be singular."""  # fmt: skip
    out[:] = 0.0
    for j in range(len(covariance)):
        left = covariance[j, j]
        for k in range(j):
            left -= out[j, k] * out[j, k]
        if not left > rest * covariance[j, j]:
            continue
        out[j, j] = sqrt(left)
        for i in range(j + 1, len(covariance)):
            total = covariance[i, j]
            for k in range(j):
                total -= out[i, k] * out[j, k]
            out[i, j] = total / out[j, j]


@bare
def spread_out(normals: Floats, lower: Floats, work: Floats, out: Floats) -> None:
    """Normals (f, S) with the covariance of a lower triangle, scenario-major: out (S, f). work: (S,)."""
    for i in range(len(lower)):
        work[:] = 0.0
        for j in range(i + 1):
            weight = lower[i, j]
            for s in range(len(work)):
                work[s] += weight * normals[j, s]
        for s in range(len(work)):
            out[s, i] = work[s]


@bare
def quantiles(chances: Floats, out: Floats) -> None:
    """Normal quantiles of chances in (0, 1), both (n,): Wichura's AS 241 (Applied Statistics 37 (1988) 477), 1e-16.

    The central quotient to 0.425 from a half, beyond it one in the root of -ln of the smaller tail, to 5 and further.
    """
    for i in range(len(chances)):
        q = chances[i] - 0.5
        if abs(q) <= 0.425:
            r = 0.180625 - q * q
            over = ((2509.0809287301227 * r + 33430.57558358813) * r + 67265.7709270087) * r + 45921.95393154987
            over = (((over * r + 13731.69376550946) * r + 1971.5909503065513) * r + 133.14166789178438) * r
            under = ((5226.495278852854 * r + 28729.085735721943) * r + 39307.89580009271) * r + 21213.794301586597
            under = (((under * r + 5394.196021424751) * r + 687.1870074920579) * r + 42.31333070160091) * r
            out[i] = q * (over + 3.3871328727963665) / (under + 1.0)
            continue
        r = sqrt(-logarithm(chances[i] if q < 0.0 else 1.0 - chances[i]))
        if r <= 5.0:
            r -= 1.6
            over = ((0.0007745450142783414 * r + 0.022723844989269184) * r + 0.2417807251774506) * r
            over = (((over + 1.2704582524523684) * r + 3.6478483247632045) * r + 5.769497221460691) * r
            over = (over + 4.630337846156546) * r + 1.4234371107496835
            under = ((1.0507500716444169e-09 * r + 0.0005475938084995345) * r + 0.015198666563616457) * r
            under = (((under + 0.14810397642748008) * r + 0.6897673349851) * r + 1.6763848301838038) * r
            under = (under + 2.053191626637759) * r + 1.0
        else:
            r -= 5.0
            over = ((2.0103343992922881e-07 * r + 2.7115555687434876e-05) * r + 0.0012426609473880784) * r
            over = (((over + 0.026532189526576124) * r + 0.29656057182850487) * r + 1.7848265399172913) * r
            over = (over + 5.463784911164114) * r + 6.657904643501103
            under = ((2.0442631033899397e-15 * r + 1.421511758316446e-07) * r + 1.8463183175100548e-05) * r
            under = (((under + 0.0007868691311456133) * r + 0.014875361290850615) * r + 0.1369298809227358) * r
            under = (under + 0.599832206555888) * r + 1.0
        out[i] = -over / under if q < 0.0 else over / under
