"""The Sharpe ratio as an estimate: what it is, how far it may be off, and how long a record must be to show it.

A ratio here is the mean excess return of a period over its standard deviation (divisor n - 1), per period and not
annual: its law depends on the number of periods, so it is annualised last, for the eye. No normality is assumed. With
skewness g3 and kurtosis g4 (3 for the normal law) an estimate of n periods has the standard error

    sqrt((1 - g3 SR + (g4 - 1) / 4 SR^2) / (n - 1))

(Mertens 2002; Bailey and Lopez de Prado, "The Sharpe Ratio Efficient Frontier", Journal of Risk 15, 2012, section 4),
which for the normal law is (1 + SR^2 / 2) / (n - 1) under the root (Lo, "The Statistics of Sharpe Ratios", Financial
Analysts Journal 58, 2002, with T for n - 1). Returns that lean to the left and have fat tails make a ratio less certain
than its record looks. All of it holds for one trial; what more of them do to it is in `trials`.
"""

from math import inf, isnan, nan, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from waglan.schema.units import BadValue

Floats = NDArray[np.float64]

FLAT = 1e-14
"""A spread below this share of the largest return is rounding: the returns are all alike."""


class Sharpe(NamedTuple):
    """A ratio per period, with what its law needs: observations, skewness and kurtosis (3 for the normal law)."""

    ratio: float
    observations: int
    skewness: float = 0.0
    kurtosis: float = 3.0


def sharpe(returns: Floats, riskless: float = 0.0) -> Sharpe:
    """Of returns (n,) of equal periods, less a riskless return of the same period.

    Skewness and kurtosis are the plain moments, divisor n. All NaN below two returns, or where all are alike: no risk
    was seen, so no ratio can be. BadValue for a return that is no number, with its place.
    """
    series = checked(returns) - riskless
    n = len(series)
    if n < 2 or flat(series):
        return Sharpe(nan, n, nan, nan)
    series = series / np.abs(series).max()  # of no unit, so that no square of a small return is lost
    mean = float(series.mean())
    apart = series - mean
    square = float((apart * apart).mean())
    third, fourth = float((apart**3).mean()), float((apart**4).mean())
    return Sharpe(mean / sqrt(square * n / (n - 1)), n, third / square**1.5, fourth / square**2)


def checked(returns: Floats) -> Floats:
    """One series of finite floats; BadValue with the first that is not, and its place."""
    series = np.ascontiguousarray(returns, np.float64)
    if series.ndim != 1:
        raise BadValue(f"returns are one series, were of shape {series.shape}")
    wrong = np.flatnonzero(~np.isfinite(series))
    if len(wrong):
        raise BadValue(f"period {wrong[0]}: a return is a finite number, was {series[wrong[0]]}")
    return series


def flat(series: Floats) -> bool:
    """Whether returns (n,), n at least 1, are all alike but for rounding."""
    return bool(np.ptp(series) <= FLAT * np.abs(series).max())


def error(of: Sharpe) -> float:
    """Standard error of the ratio; NaN below two observations. Never negative: g4 >= 1 + g3^2 for any law."""
    if of.observations < 2 or isnan(of.ratio):
        return nan
    return sqrt(_spread(of) / (of.observations - 1))


def interval(of: Sharpe, level: float = 0.95) -> tuple[float, float]:
    """Two-sided interval of the true ratio by the normal law of its estimate; NaN where the error is."""
    assert 0 < level < 1, f"a level lies between 0 and 1, was {level}"
    reach = float(ndtri((1 + level) / 2)) * error(of)
    return of.ratio - reach, of.ratio + reach


def probabilistic(of: Sharpe, benchmark: float = 0.0) -> float:
    """Chance that the true ratio lies above a benchmark, per period: the PSR of the paper of 2012, section 5."""
    spread = error(of)
    if isnan(spread) or isnan(benchmark):
        return nan
    if spread == 0:  # two values of which one is as far above 0 as can be: the estimate has no spread left
        return 1.0 if of.ratio > benchmark else 0.0
    return float(ndtr((of.ratio - benchmark) / spread))


def record_length(of: Sharpe, benchmark: float = 0.0, level: float = 0.95) -> float:
    """Least number of periods that would show the ratio to lie above a benchmark at a level: the MinTRL, section 6.

    1 + (1 - g3 SR + (g4 - 1) / 4 SR^2) (z / (SR - benchmark))^2, not rounded; the observations of `of` are not used.
    Infinite where the ratio is not above the benchmark. NaN for NaN.
    """
    assert 0.5 <= level < 1, f"a level lies between a half and 1, was {level}"
    if isnan(of.ratio) or isnan(benchmark):
        return nan
    if of.ratio <= benchmark:
        return inf
    deviations = float(ndtri(level)) / (of.ratio - benchmark)
    return 1 + _spread(of) * deviations * deviations  # a product grows to infinity, a power is an error


def annual(ratio: float, periods: int, autocorrelations: Floats | None = None) -> float:
    """A ratio per period as that of a year of so many: by sqrt(periods) where periods are independent.

    With autocorrelations of the returns at lags 1, 2, ... (as many as are known; the rest are 0) it is
    q / sqrt(q + 2 sum (q - k) rho_k), of Lo 2002, equation 20: a fund that smooths its returns looks better than it is,
    by 65% at worst in the paper. BadValue where they leave the year no variance.
    """
    assert periods >= 1, f"a year has periods, had {periods}"
    rho = np.zeros(0) if autocorrelations is None else checked(autocorrelations)[: periods - 1]
    weight = periods - np.arange(1, len(rho) + 1)
    year = periods + 2 * float((weight * rho).sum())
    if not year > 0:
        raise BadValue(f"autocorrelations leave a year of {periods} periods no variance: its factor is {year}")
    return ratio * periods / sqrt(year)


def autocorrelations(returns: Floats, lags: int) -> Floats:
    """Of a series (n,) at lags 1 to `lags`: sums of products about the mean over the sum of squares. NaN if all alike.

    0 beyond the length of the series.
    """
    series = checked(returns)
    if len(series) < 2 or flat(series):
        return np.full(lags, nan)
    apart = series / np.abs(series).max()
    apart = apart - apart.mean()
    square = float(apart @ apart)
    return np.array([float(apart[k:] @ apart[:-k]) / square if k < len(series) else 0.0 for k in range(1, lags + 1)])


def _spread(of: Sharpe) -> float:
    """(n - 1) times the variance of the estimate; at least 0 but for rounding and moments that no law has."""
    spread = 1 - of.skewness * of.ratio + (of.kurtosis - 1) / 4 * of.ratio * of.ratio
    if spread < -1e-9:
        raise BadValue(f"no law has skewness {of.skewness} and kurtosis {of.kurtosis}: kurtosis is at least 1 + g3^2")
    return max(spread, 0.0)
