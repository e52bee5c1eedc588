"""The figures that a report of returns is expected to have, by the definitions that libraries share.

Returns are simple and of equal periods; a year has so many of them, as given. Figures are for reading and decide
nothing; whether they mean anything is asked of `sharpe`, `trials` and `overfitting`. A ratio whose denominator is 0 is
NaN: without a loss nothing says how a gain compares with losses. Value at risk and expected shortfall are in `tail`.
"""

from math import nan, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from waglan.kernels import drawdown as kernel
from waglan.measures.drawdown import drawdowns, wealth
from waglan.measures.sharpe import annual, checked, flat, sharpe
from waglan.schema.units import BadValue

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Performance(NamedTuple):
    """Of n returns. total: of all, compounded; annual_return: the yearly rate that compounds to it.

    volatility: annual, divisor n - 1. sharpe, sortino: annual, of returns less the riskless one; sortino's denominator
    is the root mean square of what falls short of it, over all periods. deepest: largest drawdown, a share; calmar:
    annual return over it. omega: sum of gains over sum of losses beyond the riskless return. tail_ratio: 95% quantile
    over the 5% one, magnitudes, interpolated as numpy does. stability: R^2 of log wealth on time. won: share of gains
    among the periods that moved. kurtosis: 3 for the normal law.
    """

    periods: int
    total: float
    annual_return: float
    volatility: float
    sharpe: float
    sortino: float
    calmar: float
    omega: float
    deepest: float
    skewness: float
    kurtosis: float
    tail_ratio: float
    stability: float
    won: float
    best: float
    worst: float


class Relative(NamedTuple):
    """Of returns beside a benchmark's. beta: slope; alpha: mean of what is left, compounded to a year.

    correlation; tracking: annual deviation of the difference; information: its annual mean over that. up, down: annual
    return over the benchmark's, in the periods in which that one rises, or falls; NaN without such.
    """

    alpha: float
    beta: float
    correlation: float
    tracking: float
    information: float
    up: float
    down: float


class Trades(NamedTuple):
    """Of closed trades' P&L in whole minor units. won: share above 0; profit_factor: gains over losses."""

    number: int
    won: float
    profit_factor: float
    mean_gain_minor: float
    mean_loss_minor: float
    mean_minor: float


def performance(returns: Floats, periods: int, riskless: float = 0.0) -> Performance:
    """Of returns (n,), `periods` of them a year. All NaN without any. BadValue for a return below -1, or no number."""
    series = checked(returns)
    path = wealth(series)
    n = len(series)
    if n == 0:
        return Performance(0, *[nan] * 15)
    of, excess = sharpe(series, riskless), series - riskless
    deepest = drawdowns(path).deepest
    depth = 0.0 if deepest is None else deepest.depth
    yearly = _yearly(series, periods)
    short = sqrt(float((np.minimum(excess, 0.0) ** 2).mean()))
    moved = int((series != 0).sum())
    bottom, top = np.abs(np.percentile(series, [5, 95]))
    return Performance(
        n, float(path[-1] - 1), yearly, _deviation(series) * sqrt(periods), annual(of.ratio, periods),
        _over(annual(float(excess.mean()), periods), short), _over(yearly, depth),
        _over(float(np.maximum(excess, 0.0).sum()), -float(np.minimum(excess, 0.0).sum())), depth,
        of.skewness, of.kurtosis,
        _over(float(top), float(bottom)), _stability(path),
        _over(float((series > 0).sum()), moved), float(series.max()), float(series.min()),
    )  # fmt: skip


def relative(returns: Floats, benchmark: Floats, periods: int, riskless: float = 0.0) -> Relative:
    """Of returns beside a benchmark's, (n,) each. NaN below two, and where the benchmark is flat."""
    series, other = checked(returns), checked(benchmark)
    if series.shape != other.shape:
        raise BadValue(f"a benchmark's return for each return, were {len(other)} for {len(series)}")
    if len(series) < 2:
        return Relative(*[nan] * 7)
    apart, beside, ahead = series - series.mean(), other - other.mean(), series - other
    beta = nan if flat(other) else float(apart @ beside) / float(beside @ beside)
    left = float((series - riskless - beta * (other - riskless)).mean())
    both = sqrt(float(apart @ apart) * float(beside @ beside))
    tracking = _deviation(ahead)
    rises, falls = other > 0, other < 0
    return Relative(
        (1 + left) ** periods - 1, beta, nan if flat(series) or flat(other) else float(apart @ beside) / both,
        tracking * sqrt(periods), _over(annual(float(ahead.mean()), periods), tracking),
        _over(_yearly(series[rises], periods), _yearly(other[rises], periods)),
        _over(_yearly(series[falls], periods), _yearly(other[falls], periods)),
    )  # fmt: skip


def by_period(returns: Floats, period: Ints) -> tuple[Ints, Floats]:
    """Returns compounded by a code that never falls, months since 1970 or years: the codes met, and their returns."""
    series = checked(returns)
    if period.shape != series.shape:
        raise BadValue(f"a period for each return, were {len(period)} for {len(series)}")
    back = np.flatnonzero(np.diff(period) < 0)
    if len(back):
        raise BadValue(f"return {back[0] + 1} is of period {period[back[0] + 1]}, after one of {period[back[0]]}")
    first = np.flatnonzero(np.diff(period, prepend=period[:1] - 1))
    if not len(first):
        return period, series
    return period[first], np.multiply.reduceat(1 + series, first) - 1


def rolling_sharpe(returns: Floats, window: int, periods: int) -> Floats:
    """Annual ratio of the last `window` returns, (n,): NaN before there are so many, and where all are alike."""
    if window < 2:
        raise BadValue(f"a window holds at least two returns, was {window}")
    series = checked(returns)
    out = np.empty(len(series))
    kernel.rolling(series, window, out)
    return out * sqrt(periods)


def trades(pnl_minor: Ints) -> Trades:
    """Of the P&L of each closed trade, (n,) int64, costs in it. Ratios and means of nothing are NaN."""
    gains, losses = pnl_minor[pnl_minor > 0], pnl_minor[pnl_minor < 0]
    gained, lost, n = int(gains.sum()), -int(losses.sum()), len(pnl_minor)
    return Trades(
        n, _over(len(gains), n), _over(gained, lost), _over(gained, len(gains)), _over(-lost, len(losses)),
        _over(gained - lost, n),
    )  # fmt: skip


def _over(above: float, below: float) -> float:
    return above / below if below else nan


def _deviation(series: Floats) -> float:
    return float(series.std(ddof=1)) if len(series) > 1 else nan


def _yearly(series: Floats, periods: int) -> float:
    """The rate of a year that compounds to all of them; NaN without any."""
    return float(np.prod(1 + series)) ** (periods / len(series)) - 1 if len(series) else nan


def _stability(path: Floats) -> float:
    """R^2 of log wealth, without its first place, on time; NaN below two returns, or if flat or ruined."""
    if len(path) < 3 or path.min() <= 0:
        return nan
    logs, time = np.log(path[1:]), np.arange(len(path) - 1.0)
    if np.ptp(logs) < 1e-14:
        return nan
    logs, time = logs - logs.mean(), time - time.mean()
    return float(logs @ time) ** 2 / (float(logs @ logs) * float(time @ time))
