"""The Sharpe ratio against numbers printed in its papers, against plain loops, and its own law by simulation."""

from math import ceil, floor, inf, isnan, nan, sqrt

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from waglan.measures.sharpe import (
    Sharpe,
    annual,
    autocorrelations,
    error,
    interval,
    probabilistic,
    record_length,
    sharpe,
)
from waglan.schema.units import BadValue

RETURNS = st.lists(st.floats(-0.5, 0.5), min_size=3, max_size=60)


@given(RETURNS, st.floats(-0.01, 0.01))
def test_moments_by_the_library(returns: list[float], riskless: float) -> None:
    series = np.array(returns)
    assume(np.ptp(series) > 1e-6)
    found = sharpe(series, riskless)
    assert found.ratio == pytest.approx(float((series - riskless).mean() / series.std(ddof=1)), rel=1e-9, abs=1e-12)
    assert found.skewness == pytest.approx(float(stats.skew(series)), rel=1e-6, abs=1e-6)
    assert found.kurtosis == pytest.approx(float(stats.kurtosis(series, fisher=False)), rel=1e-6, abs=1e-6)
    assert error(found) >= 0


@pytest.mark.parametrize("returns", [[], [0.01], [0.01] * 9, [0.0] * 9, [0.1 + 0.2, 0.3]])
def test_no_ratio_without_risk(returns: list[float]) -> None:
    found = sharpe(np.array(returns))
    assert isnan(found.ratio)
    assert found.observations == len(returns)
    assert isnan(error(found))
    assert isnan(probabilistic(found))
    assert isnan(record_length(found))


@pytest.mark.parametrize(
    ("ratio", "observations", "printed"),
    [(0.5, 12, 0.306), (3.0, 12, 0.677), (1.0, 60, 0.158), (3.0, 500, 0.105), (0.5, 500, 0.047)],
)
def test_lo_table_1_standard_errors(ratio: float, observations: int, printed: float) -> None:
    """The paper divides by T; the formula here by n - 1."""
    assert error(Sharpe(ratio, observations + 1)) == pytest.approx(printed, abs=6e-4)


@pytest.mark.parametrize(("rho", "printed"), [(0.0, 3.46), (0.2, 2.88), (-0.2, 4.17)])
def test_lo_table_2_annualising_a_smoothed_month(rho: float, printed: float) -> None:
    known = np.array([rho**k for k in range(1, 12)])
    assert annual(1.0, 12, known) == pytest.approx(printed, abs=6e-3)


def test_psr_of_the_paper_of_2012() -> None:
    """A fund of two years with an annual ratio of 1.59: above 95% if its months were normal, below as they are."""
    assert probabilistic(Sharpe(0.458, 24)) == pytest.approx(0.982, abs=5e-4)
    assert probabilistic(Sharpe(0.458, 24, -2.448, 10.164)) == pytest.approx(0.913, abs=5e-4)


@pytest.mark.parametrize(("periods", "printed"), [(252, 2.73), (52, 2.83), (12, 3.24)])
def test_record_lengths_of_the_paper_of_2012(periods: int, printed: float) -> None:
    """Years to show that an annual ratio of 2 is above 1, from days, weeks and months."""
    length = record_length(Sharpe(2 / sqrt(periods), 0), 1 / sqrt(periods))
    assert length / periods == pytest.approx(printed, abs=6e-3)


@given(st.floats(-0.5, 0.5), st.floats(-1.0, 1.0), st.floats(2.5, 20), st.floats(-0.4, 0.4), st.floats(0.6, 0.999))
def test_a_record_of_its_least_length_has_just_the_level(
    ratio: float, skew: float, kurtosis: float, benchmark: float, level: float
) -> None:
    length = record_length(Sharpe(ratio, 0, skew, kurtosis), benchmark, level)
    if ratio <= benchmark:
        assert length == inf
        return
    assume(2 <= length < 1e9)
    short, long = (probabilistic(Sharpe(ratio, n, skew, kurtosis), benchmark) for n in (floor(length), ceil(length)))
    assert short <= level + 1e-9
    assert long >= level - 1e-9


@given(RETURNS, st.floats(-0.3, 0.3), st.floats(-0.3, 0.3))
def test_psr_falls_as_the_benchmark_rises(returns: list[float], one: float, other: float) -> None:
    found = sharpe(np.array(returns))
    assume(not isnan(found.ratio))
    low, high = sorted((one, other))
    assert 0 <= probabilistic(found, high) <= probabilistic(found, low) <= 1
    assert record_length(found, high) >= record_length(found, low)


def test_the_error_is_what_a_simulation_spreads() -> None:
    """Gamma returns lean to the right: the plain error of a normal law is a fifth too large, this one fits."""
    random = np.random.default_rng(5)
    drawn = 3.0 - random.gamma(4.0, 0.5, (4_000, 250))  # skewness -1, kurtosis 4.5, ratio 1
    found = drawn.mean(axis=1) / drawn.std(axis=1, ddof=1)
    spread = float(found.std())
    assert error(Sharpe(1.0, 250, -1.0, 4.5)) == pytest.approx(spread, rel=0.05)
    assert error(Sharpe(1.0, 250)) < 0.85 * spread


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    random = np.random.default_rng(6)
    hits = 0
    for _ in range(1_000):
        low, high = interval(sharpe(random.standard_t(6, 300) + 0.1), 0.9)
        hits += low <= 0.1 / sqrt(1.5) <= high
    assert 870 <= hits <= 930


@given(RETURNS, st.integers(1, 70))
def test_autocorrelations_by_a_plain_loop(returns: list[float], lags: int) -> None:
    series = np.array(returns)
    assume(np.ptp(series) > 1e-6)
    found, mean, n = autocorrelations(series, lags), float(series.mean()), len(series)
    below = sum((x - mean) ** 2 for x in returns)
    for k in range(1, lags + 1):
        above = sum((returns[i] - mean) * (returns[i + k] - mean) for i in range(n - k))
        assert found[k - 1] == pytest.approx(above / below, rel=1e-9, abs=1e-9)
    assert np.isnan(autocorrelations(np.ones(5), 3)).all()


def test_annual_by_a_simulation_of_smoothed_months() -> None:
    random = np.random.default_rng(7)
    shocks = random.normal(0.02, 0.05, 12 * 20_000 + 1)
    months = 0.6 * shocks[1:] + 0.4 * shocks[:-1]
    years = months.reshape(-1, 12).sum(axis=1)
    truth = float(years.mean() / years.std())
    naive = sharpe(months).ratio * sqrt(12)
    assert annual(sharpe(months).ratio, 12, autocorrelations(months, 1)) == pytest.approx(truth, rel=0.02)
    assert naive > 1.2 * truth
    assert annual(0.1, 252) == pytest.approx(0.1 * sqrt(252))


@pytest.mark.parametrize("ratio", [5e-324, 1e-200, 1e-80])
def test_what_is_hardly_above_its_benchmark_takes_for_ever(ratio: float) -> None:
    assert record_length(Sharpe(ratio, 10)) > 1e150


def test_two_values_leave_no_spread() -> None:
    sure = Sharpe(2.0, 9, 2.0, 5.0)  # 1 - 4 + 4: the kurtosis is the least that the skewness allows
    assert error(sure) == pytest.approx(1 / sqrt(8))
    edge = Sharpe(1.0, 9, 2.0, 5.0)
    assert error(edge) == 0
    assert (probabilistic(edge, 0.9), probabilistic(edge, 1.1)) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: sharpe(np.array([0.1, nan])), "period 1: a return is a finite number, was nan"),
        (lambda: sharpe(np.array([inf, 0.1])), "period 0: a return is a finite number, was inf"),
        (lambda: sharpe(np.zeros((2, 2))), r"one series, were of shape \(2, 2\)"),
        (lambda: error(Sharpe(1.0, 10, 5.0, 3.0)), "no law has skewness 5.0 and kurtosis 3.0"),
        (lambda: annual(1.0, 12, np.array([-0.9] * 11)), "no variance"),
    ],
)
def test_what_cannot_be_used_is_refused(ask: object, message: str) -> None:
    with pytest.raises(BadValue, match=message):
        ask()  # type: ignore[operator]
