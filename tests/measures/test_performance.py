"""Figures of a report against plain formulas, against a library where both define them, and at their edges."""

import importlib
from math import isnan, nan, sqrt

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from waglan.measures.performance import by_period, performance, relative, rolling_sharpe, trades
from waglan.schema.units import BadValue

RETURNS = st.lists(st.floats(-0.3, 0.3), min_size=2, max_size=40)


def made(seed: int, n: int = 500) -> NDArray[np.float64]:
    return np.random.default_rng(seed).standard_t(5, n) * 0.01 + 0.0003


@given(RETURNS, st.sampled_from([12, 52, 252]), st.floats(-0.001, 0.001))
def test_figures_by_their_formulas(returns: list[float], periods: int, riskless: float) -> None:
    series = np.array(returns)
    assume(np.ptp(series) > 1e-6)
    assume(abs(series[series != 0]).min() > 1e-9)
    found = performance(series, periods, riskless)
    grown = 1.0
    for value in returns:
        grown *= 1 + value
    assert found.total == pytest.approx(grown - 1, abs=1e-9)
    assert found.annual_return == pytest.approx(grown ** (periods / len(returns)) - 1, rel=1e-9)
    assert found.volatility == pytest.approx(float(np.std(series, ddof=1)) * sqrt(periods))
    excess = [value - riskless for value in returns]
    mean = sum(excess) / len(excess)
    assert found.sharpe == pytest.approx(mean / float(np.std(series, ddof=1)) * sqrt(periods), abs=1e-9)
    short = sqrt(sum(min(x, 0) ** 2 for x in excess) / len(excess))
    if short > 1e-9:
        assert found.sortino == pytest.approx(mean * periods / (short * sqrt(periods)), abs=1e-9)
        gains, losses = sum(max(x, 0) for x in excess), -sum(min(x, 0) for x in excess)
        assert found.omega == pytest.approx(gains / losses)
    if found.deepest > 1e-9:
        assert found.calmar == pytest.approx(found.annual_return / found.deepest)
    assert found.won == sum(x > 0 for x in returns) / sum(x != 0 for x in returns)
    assert (found.best, found.worst) == (max(returns), min(returns))


@pytest.mark.parametrize("seed", range(6))
def test_figures_of_a_library_that_is_kept(seed: int) -> None:
    """empyrical-reloaded, where it is installed: what both define is equal to 1e-10."""
    peer = pytest.importorskip("empyrical", reason="empyrical-reloaded is not installed")
    series, market = made(seed), made(seed + 100)
    found, beside = performance(series, 252), relative(series, market, 252)
    pairs = {
        "total": (found.total, peer.cum_returns_final(series)),
        "annual return": (found.annual_return, peer.annual_return(series)),
        "volatility": (found.volatility, peer.annual_volatility(series)),
        "sharpe": (found.sharpe, peer.sharpe_ratio(series)),
        "sharpe, riskless": (performance(series, 252, 0.0001).sharpe, peer.sharpe_ratio(series, 0.0001)),
        "sortino": (found.sortino, peer.sortino_ratio(series)),
        "calmar": (found.calmar, peer.calmar_ratio(series)),
        "omega": (found.omega, peer.omega_ratio(series)),
        "drawdown": (-found.deepest, peer.max_drawdown(series)),
        "tail ratio": (found.tail_ratio, peer.tail_ratio(series)),
        "stability": (found.stability, peer.stability_of_timeseries(series)),
        "beta": (beside.beta, peer.beta(series, market)),
        "alpha": (beside.alpha, peer.alpha(series, market)),
        "information": (beside.information / sqrt(252), peer.excess_sharpe(series, market)),
        "up": (beside.up, peer.up_capture(series, market)),
        "down": (beside.down, peer.down_capture(series, market)),
    }
    for name, (ours, theirs) in pairs.items():
        assert ours == pytest.approx(float(theirs), rel=1e-10), name
    rolled = importlib.import_module("empyrical").roll_sharpe_ratio(series, window=60)
    assert rolling_sharpe(series, 60, 252)[59:] == pytest.approx(np.asarray(rolled), rel=1e-9)


@given(RETURNS, st.integers(2, 12))
def test_rolling_is_the_ratio_of_each_window(returns: list[float], window: int) -> None:
    series = np.array(returns)
    found = rolling_sharpe(series, window, 252)
    for i in range(len(series)):
        part = series[max(i + 1 - window, 0) : i + 1]
        if len(part) < window or np.ptp(part) == 0:
            assert isnan(found[i])
        elif np.ptp(part) > 1e-6:
            assert found[i] == pytest.approx(float(part.mean() / part.std(ddof=1)) * sqrt(252), rel=1e-9, abs=1e-9)


def test_a_quiet_year_after_a_crash_is_rolled_exactly() -> None:
    series = np.concatenate([[1e6], made(1, 400) * 1e-6])
    part = series[-100:]
    assert rolling_sharpe(series, 100, 1)[-1] == pytest.approx(float(part.mean() / part.std(ddof=1)), rel=1e-12)


@given(RETURNS, st.lists(st.integers(0, 3), min_size=40, max_size=40))
def test_periods_compound_to_the_whole(returns: list[float], steps: list[int]) -> None:
    series, codes = np.array(returns), np.cumsum(steps)[: len(returns)]
    met, found = by_period(series, codes)
    assert met.tolist() == sorted(set(codes.tolist()))
    for code, value in zip(met, found, strict=True):
        assert value == pytest.approx(float(np.prod(1 + series[codes == code])) - 1)
    assert float(np.prod(1 + found)) == pytest.approx(float(np.prod(1 + series)))


def test_relative_by_a_library() -> None:
    series, market = made(3), made(4)
    found, fitted = relative(series, market, 252), stats.linregress(market, series)
    assert found.beta == pytest.approx(float(fitted.slope))
    assert (1 + found.alpha) ** (1 / 252) - 1 == pytest.approx(float(fitted.intercept))
    assert found.correlation == pytest.approx(float(fitted.rvalue))
    same = relative(market, market, 252)
    assert (same.alpha, same.beta, same.up, same.down) == pytest.approx((0, 1, 1, 1))
    assert isnan(same.information)


def test_edges_are_said_and_not_divided_by() -> None:
    none, one, still = performance(np.array([]), 252), performance(np.array([0.1]), 252), performance(np.zeros(9), 252)
    assert none.periods == 0
    assert all(isnan(x) for x in none[1:])
    assert isnan(one.sharpe)
    assert isnan(one.calmar)
    assert one.total == pytest.approx(0.1)
    assert (still.total, still.deepest, still.volatility) == (0, 0, 0)
    assert all(isnan(x) for x in (still.sharpe, still.sortino, still.calmar, still.omega, still.won, still.stability))
    ruin = performance(np.array([0.1, -1.0, 0.2]), 252)
    assert (ruin.total, ruin.annual_return, ruin.deepest) == (-1, -1, 1)
    assert isnan(ruin.stability)
    assert all(isnan(x) for x in relative(np.array([0.1]), np.array([0.1]), 252))
    assert isnan(relative(np.array([0.1, 0.2]), np.zeros(2), 252).beta)
    assert by_period(np.array([]), np.array([], np.int64))[1].shape == (0,)


def test_trades() -> None:
    assert trades(np.array([300, -100, 0, 100, -100])) == (5, 0.4, 2.0, 200.0, -100.0, 40.0)
    assert all(isnan(x) for x in trades(np.array([], np.int64))[1:])
    assert isnan(trades(np.array([5])).profit_factor)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: performance(np.array([0.1, -1.5]), 252), "period 1: a return is at least -1, was -1.5"),
        (lambda: performance(np.array([nan]), 252), "period 0: a return is a finite number"),
        (lambda: relative(np.zeros(3), np.zeros(2), 252), "were 2 for 3"),
        (lambda: by_period(np.zeros(3), np.array([1, 2, 1])), "return 2 is of period 1, after one of 2"),
        (lambda: by_period(np.zeros(3), np.array([1, 2])), "were 2 for 3"),
        (lambda: rolling_sharpe(np.zeros(3), 1, 252), "at least two returns, was 1"),
    ],
)
def test_what_cannot_be_used_is_refused(ask: object, message: str) -> None:
    with pytest.raises(BadValue, match=message):
        ask()  # type: ignore[operator]
