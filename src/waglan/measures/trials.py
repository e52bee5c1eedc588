"""What the number of trials does to the best of them: deflated Sharpe ratio, break-even, minimum back-test length.

Who tries n strategies without any skill and shows the best one shows, in units of the spread s of ratios between
trials, about

    E[max] = (1 - g) Z(1 - 1 / n) + g Z(1 - 1 / (n e)),    g = 0.5772..., Z the normal quantile

(Bailey and Lopez de Prado, "The Deflated Sharpe Ratio", Journal of Portfolio Management 40, 2014, equation 1). The
deflated ratio is the chance that the best one's true ratio is above 0 after that: `sharpe.probabilistic` with s E[max]
as its benchmark. Nobody knows the number of trials exactly, so it is a curve over n with three marks: the number that
was counted; the effective number, smaller where trials are alike; and the break-even number, the largest at which the
ratio would still stand. The formula is within 3% of the exact expectation from n = 5 and 0 for one trial.

A verdict uses the counted number, never the effective one, which only flatters. It knows three words: `noise`,
`stands`, and `trials unknown` where nobody outside has witnessed how many there were.
"""

from math import e, exp, inf, isnan, log, nan, sqrt
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from waglan.measures.sharpe import FLAT, Sharpe, error, probabilistic
from waglan.schema.units import BadValue

Floats = NDArray[np.float64]

EULER: Final = 0.5772156649015329
LEVEL: Final = 0.95
"""Chance above which a ratio stands, that of the paper's example."""
MOST: Final = 1e15
"""Trials beyond which nobody counts: a break-even number above it is infinite."""

NOISE: Final = "noise"
STANDS: Final = "stands"
UNKNOWN: Final = "trials unknown"


class Trials(NamedTuple):
    """Ratios of n trials: their number, the standard deviation between them (divisor n - 1), and the best one's place.

    A trial without a ratio (it never moved) counts as a trial and has no part in the spread; best is -1 without any.
    """

    number: int
    spread: float
    best: int


class Deflated(NamedTuple):
    """The curve and its marks. trials, chance: (k,), the deflated ratio at each number of trials.

    counted: at the number that was counted; effective: at the effective number, NaN if not given; break_even: trials up
    to which the chance is at least `level`, 0 if one is too many, infinite if no number is.
    """

    trials: Floats
    chance: Floats
    counted: float
    effective: float
    break_even: float
    level: float


def expected_maximum(trials: float) -> float:
    """Of so many independent standard normals, on average: the formula above. 0 below two trials where it would be
    negative, so that it rises from one trial on; the number may be broken, as an effective one is.
    """
    if not trials >= 1:
        raise BadValue(f"there is at least one trial, were {trials}")
    if trials == 1:
        return 0.0
    first, second = float(-ndtri(1 / trials)), float(-ndtri(1 / (trials * e)))
    return max((1 - EULER) * first + EULER * second, 0.0)


def ratios(returns: Floats) -> Floats:
    """Sharpe ratio per period of each trial, (n,), from returns (periods, n): NaN for one that never moved.

    BadValue for what is no number. All NaN below two periods.
    """
    if returns.ndim != 2 or not np.isfinite(returns).all():
        raise BadValue(f"returns are finite numbers, a column for each trial; were of shape {returns.shape}")
    found = np.full(returns.shape[1], nan)
    if len(returns) > 1 and len(found):
        moved = np.ptp(returns, axis=0) > FLAT * np.abs(returns).max(axis=0)
        found[moved] = returns[:, moved].mean(axis=0) / returns[:, moved].std(axis=0, ddof=1)
    return found


def counted(ratios: Floats) -> Trials:
    """From the ratios of all trials (n,), per period, NaN for one that has none. Ties go to the earlier.

    The spread is NaN below two ratios.
    """
    if ratios.ndim != 1 or np.isinf(ratios).any():
        raise BadValue(f"ratios are one series of finite numbers, were of shape {ratios.shape}")
    known = ratios[~np.isnan(ratios)]
    spread = float(known.std(ddof=1)) if len(known) > 1 else nan
    return Trials(len(ratios), spread, int(np.nanargmax(ratios)) if len(known) else -1)


def deflated(of: Sharpe, trials: float, spread: float) -> float:
    """The deflated ratio: chance that the best of so many trials, with this spread between them, has a ratio above 0.

    For one trial it is `probabilistic(of)`, whatever the spread.
    """
    level = expected_maximum(trials)
    return probabilistic(of, level * spread if level else 0.0)


def break_even(of: Sharpe, spread: float, level: float = LEVEL) -> float:
    """Largest number of trials at which the deflated ratio is at least `level`: 0 if one is too many, else >= 1.

    Infinite above 1e15, and where trials do not differ (spread 0). NaN for NaN. By halving its logarithm.
    """
    room = of.ratio - float(ndtri(level)) * error(of)
    if isnan(room) or (isnan(spread) and room >= 0):
        return nan
    if room < 0:
        return 0.0
    if spread * expected_maximum(MOST) <= room:
        return inf
    low, high = 0.0, log(MOST)
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if spread * expected_maximum(exp(middle)) <= room else (low, middle)
    return exp(low)


def curve(
    of: Sharpe, found: Trials, effective: float | None = None, points: int = 61, level: float = LEVEL
) -> Deflated:
    """The deflated ratio from 1 to at least 10,000 trials and ten times those counted, evenly in their logarithm."""
    last = max(10.0 * found.number, 10_000.0)
    numbers = np.exp(np.linspace(0.0, log(last), points))
    numbers[0] = 1.0
    chance = np.array([deflated(of, float(n), found.spread) for n in numbers])
    return Deflated(
        numbers, chance, deflated(of, found.number, found.spread),
        nan if effective is None else deflated(of, effective, found.spread), break_even(of, found.spread, level), level,
    )  # fmt: skip


def verdict(chance: float, witnessed: bool, overfit: float = 0.0, level: float = LEVEL) -> str:
    """The word for a report. chance: the deflated ratio at the counted number; overfit: the PBO, 0 if not worked out.

    `noise` is said whether or not the trials are witnessed: more of them would make it worse. `trials unknown` where it
    would stand if the count were true and nobody vouches for that. A chance that is NaN is `noise`: nothing was shown.
    """
    if not chance >= level or overfit > 0.5:
        return NOISE
    return STANDS if witnessed else UNKNOWN


def by_correlation(returns: Floats) -> float:
    """Effective number of trials from the mean correlation rho of all pairs: rho + (1 - rho) n (paper of 2014, A.3).

    returns: (periods, n). O(periods n): the correlations themselves are not made. Trials that never moved are left out;
    never below 1 nor above their number. It sees no clusters: ten copies each of ten strategies look like 92.
    """
    unit = _unit(returns)
    n = unit.shape[1]
    if n < 2:
        return float(n)
    together = unit.sum(axis=1)
    rho = (float(together @ together) - n) / (n * (n - 1))
    return float(min(max(rho + (1 - rho) * n, 1.0), n))


def by_spectrum(returns: Floats) -> float:
    """Effective number of trials from all correlations: n^2 over the sum of their squares, the participation ratio.

    1 for n copies, n for trials without correlation; ten copies each of ten strategies are ten. What chance alone adds
    to the squares, n (n - 1) / (periods - 1), is taken off. returns: (periods, n); O(periods n min(periods, n)).
    """
    unit = _unit(returns)
    periods, n = unit.shape
    if n < 2 or periods < 3:
        return float(n)
    gram = unit @ unit.T if periods < n else unit.T @ unit
    squares = float((gram * gram).sum()) - n * (n - 1) / (periods - 1)
    return float(min(max(n * n / max(squares, n), 1.0), n))


def backtest_years(trials: float, annual_ratio: float) -> float:
    """Minimum back-test length: years below which the best of so many trials without skill is expected at this ratio.

    (E[max] / ratio)^2, of Bailey, Borwein, Lopez de Prado and Zhu, "Pseudo-Mathematics and Financial Charlatanism",
    Notices of the AMS 61, 2014, theorem 2; it is below 2 ln(n) / ratio^2. BadValue unless the ratio is above 0.
    """
    if not annual_ratio > 0:
        raise BadValue(f"an annual ratio to be reached is above 0, was {annual_ratio}")
    return (expected_maximum(trials) / annual_ratio) ** 2


def trials_allowed(years: float, annual_ratio: float) -> float:
    """The inverse: the most trials with which so many years expect no more than this annual ratio of the best; >= 1."""
    if not (years > 0 and annual_ratio > 0):
        raise BadValue(f"years and an annual ratio are above 0, were {years} and {annual_ratio}")
    low, high = 0.0, log(MOST)
    room = annual_ratio * sqrt(years)
    if expected_maximum(MOST) <= room:
        return inf
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if expected_maximum(exp(middle)) <= room else (low, middle)
    return exp(low)


def _unit(returns: Floats) -> Floats:
    """Columns about their mean and of length one, but those that never moved. BadValue for what is no number."""
    if returns.ndim != 2 or not np.isfinite(returns).all():
        raise BadValue(f"returns are finite numbers, a column for each trial; were of shape {returns.shape}")
    apart = returns - returns.mean(axis=0)
    length = np.sqrt((apart * apart).sum(axis=0))
    moved = length > 1e-12 * np.abs(returns).max(axis=0, initial=0.0)
    kept: Floats = apart[:, moved] / length[moved]
    return kept
