"""The best of many trials: numbers printed in the papers, exact expectations, and what noise really does."""

from math import inf, isnan, log, nan, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from waglan.measures.sharpe import Sharpe, error, probabilistic
from waglan.measures.trials import (
    NOISE,
    STANDS,
    UNKNOWN,
    Trials,
    backtest_years,
    break_even,
    by_correlation,
    by_spectrum,
    counted,
    curve,
    deflated,
    expected_maximum,
    trials_allowed,
    verdict,
)
from waglan.schema.units import BadValue

PAPER = Sharpe(2.5 / sqrt(250), 1250, -3.0, 10.0)
"""The example of 2014: five years of days, an annual ratio of 2.5, 100 trials whose annual ratios have variance 1/2."""
SPREAD = sqrt(0.5 / 250)


def test_the_example_of_the_paper_of_2014() -> None:
    assert SPREAD * expected_maximum(100) == pytest.approx(0.1132, abs=5e-5)
    assert deflated(PAPER, 100, SPREAD) == pytest.approx(0.9004, abs=5e-5)
    assert deflated(PAPER, 46, SPREAD) == pytest.approx(0.9505, abs=5e-5)
    normal = PAPER._replace(skewness=0.0, kurtosis=3.0)
    assert deflated(normal, 88, SPREAD) == pytest.approx(0.9505, abs=5e-5)
    assert int(break_even(PAPER, SPREAD)) == 46
    assert int(break_even(normal, SPREAD)) == 88


def test_five_years_allow_45_trials() -> None:
    """Of the Notices, 2014: with five years, more than 45 configurations are expected to give an annual ratio of 1."""
    assert backtest_years(45, 1.0) < 5 < backtest_years(46, 1.0)
    assert int(trials_allowed(5, 1.0)) == 45
    assert backtest_years(45, 1.0) < 2 * log(45)


@pytest.mark.parametrize("trials", [5, 10, 30, 100, 1000])
def test_the_formula_is_near_the_exact_expectation(trials: int) -> None:
    exact, _ = quad(lambda x: x * trials * norm.pdf(x) * norm.cdf(x) ** (trials - 1), -10, 10)
    assert expected_maximum(trials) == pytest.approx(exact, rel=0.03)


@given(st.floats(1, 1e9), st.floats(1, 1e9))
def test_more_trials_expect_more(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= expected_maximum(low) <= expected_maximum(high) + 1e-12
    assert expected_maximum(high) <= sqrt(2 * log(high)) + 1e-9


@given(st.floats(0.0, 0.3), st.integers(20, 3000), st.floats(-2, 1), st.floats(5.5, 12), st.floats(1e-3, 0.1))
def test_break_even_is_where_the_curve_passes_its_level(
    ratio: float, observations: int, skew: float, kurtosis: float, spread: float
) -> None:
    of = Sharpe(ratio, observations, skew, kurtosis)
    found = break_even(of, spread)
    if found == 0:
        assert probabilistic(of) < 0.95
    elif found == inf:
        assert deflated(of, 1e15, spread) >= 0.95
    else:
        assert deflated(of, max(found * (1 - 1e-6), 1.0), spread) >= 0.95 - 1e-9
        assert deflated(of, found * (1 + 1e-6), spread) <= 0.95 + 1e-9


@given(st.floats(0.5, 50), st.floats(0.3, 3))
def test_years_and_trials_are_inverse(years: float, ratio: float) -> None:
    allowed = trials_allowed(years, ratio)
    if allowed == inf:
        assert backtest_years(1e15, ratio) <= years
    elif allowed > 2:
        assert backtest_years(allowed, ratio) == pytest.approx(years, rel=1e-6)


def test_a_curve_falls_and_bears_its_marks() -> None:
    found = curve(PAPER, Trials(100, SPREAD, 0), effective=40.0)
    assert found.trials[0] == 1
    assert found.trials[-1] == pytest.approx(10_000)
    assert (np.diff(found.chance) <= 0).all()
    assert found.chance[0] == probabilistic(PAPER)
    assert found.counted == deflated(PAPER, 100, SPREAD)
    assert found.effective == deflated(PAPER, 40, SPREAD) > found.counted
    assert found.break_even == break_even(PAPER, SPREAD)
    assert isnan(curve(PAPER, Trials(100, SPREAD, 0)).effective)
    assert curve(PAPER, Trials(5_000, SPREAD, 0)).trials[-1] == pytest.approx(50_000)


def test_one_trial_is_not_deflated() -> None:
    assert deflated(PAPER, 1, nan) == probabilistic(PAPER)
    assert isnan(deflated(PAPER, 2, nan))
    assert isnan(break_even(PAPER, nan))
    assert break_even(Sharpe(0.01, 100), nan) == 0
    assert break_even(PAPER, 0.0) == inf


def test_trials_are_counted_with_those_that_have_no_ratio() -> None:
    found = counted(np.array([0.1, nan, 0.3, 0.3]))
    assert (found.number, found.best) == (4, 2)
    assert found.spread == pytest.approx(float(np.std([0.1, 0.3, 0.3], ddof=1)))
    assert counted(np.array([nan, nan]))._replace(spread=0.0) == Trials(2, 0.0, -1)
    assert isnan(counted(np.array([0.1])).spread)
    assert counted(np.array([])).best == -1


def clusters(copies: int, kinds: int, periods: int = 2_000) -> np.ndarray:
    random = np.random.default_rng(8)
    return np.repeat(random.normal(0, 1, (periods, kinds)), copies, axis=1)


@pytest.mark.parametrize(
    ("copies", "kinds", "correlation", "spectrum"), [(1, 50, 50, 50), (10, 10, 91, 10), (60, 1, 1, 1), (1, 1, 1, 1)]
)
def test_effective_numbers(copies: int, kinds: int, correlation: float, spectrum: float) -> None:
    returns = clusters(copies, kinds)
    assert by_correlation(returns) == pytest.approx(correlation, rel=0.03)
    assert by_spectrum(returns) == pytest.approx(spectrum, rel=0.03)


def test_effective_numbers_do_not_take_chance_for_likeness() -> None:
    noise = np.random.default_rng(9).normal(0, 1, (100, 400))
    assert by_spectrum(noise) == pytest.approx(400, rel=0.05)
    assert by_correlation(noise) == pytest.approx(400, rel=0.05)


@given(st.integers(3, 12), st.integers(0, 8), st.integers(0, 10**6))
def test_effective_numbers_by_all_pairs(periods: int, n: int, seed: int) -> None:
    returns = np.random.default_rng(seed).normal(0, 1, (periods, n)) + 0.3 * seed / 1e6
    if n >= 1:
        returns[:, 0] = 5.0  # never moves: left out
    kept = returns[:, 1:]
    m = kept.shape[1]
    found = by_correlation(returns), by_spectrum(returns)
    if m < 2:
        assert found == (m, m)
        return
    all_pairs = np.asarray(np.corrcoef(kept.T))
    rho = float(all_pairs[~np.eye(m, dtype=bool)].mean())
    squares = float((all_pairs**2).sum()) - m * (m - 1) / (periods - 1)
    assert found[0] == pytest.approx(min(max(rho + (1 - rho) * m, 1), m))
    assert found[1] == pytest.approx(min(max(m * m / max(squares, m), 1), m))


@pytest.mark.parametrize(
    ("chance", "witnessed", "overfit", "word"),
    [
        (0.96, True, 0.1, STANDS),
        (0.96, False, 0.1, UNKNOWN),
        (0.94, True, 0.1, NOISE),
        (0.94, False, 0.1, NOISE),
        (0.99, True, 0.6, NOISE),
        (0.95, True, 0.5, STANDS),
        (nan, True, 0.0, NOISE),
    ],
)
def test_verdicts(chance: float, witnessed: bool, overfit: float, word: str) -> None:
    assert verdict(chance, witnessed, overfit) == word


def noise(seed: int, skilled: float = 0.0, periods: int = 1_250, trials: int = 1_000) -> tuple[float, float, str]:
    """PSR for one trial, deflated ratio and verdict on the best; the first has this annual ratio in truth."""
    returns = np.random.default_rng(seed).standard_normal((periods, trials))
    returns[:, 0] += skilled / sqrt(250)
    ratios = returns.mean(axis=0) / returns.std(axis=0, ddof=1)
    found = counted(ratios)
    best = Sharpe(float(ratios[found.best]), periods)
    chance = deflated(best, found.number, found.spread)
    return probabilistic(best), chance, verdict(chance, witnessed=True)


def test_the_best_of_a_thousand_noise_strategies_is_called_noise() -> None:
    """A tenth of what `bench.research` does: 10 seeds of five years of days."""
    found = [noise(seed) for seed in range(10)]
    assert sum(alone > 0.99 for alone, _, _ in found) == 10
    assert 0.35 < float(np.median([chance for _, chance, _ in found])) < 0.65
    assert [word for _, _, word in found].count(NOISE) >= 9


def test_true_skill_among_noise_stands() -> None:
    assert [noise(seed, skilled=3.0)[2] for seed in range(3)] == [STANDS] * 3


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: expected_maximum(0.5), "at least one trial, were 0.5"),
        (lambda: expected_maximum(nan), "were nan"),
        (lambda: counted(np.array([inf])), "finite"),
        (lambda: backtest_years(10, 0.0), "above 0, was 0.0"),
        (lambda: trials_allowed(0.0, 1.0), "were 0.0 and 1.0"),
        (lambda: by_spectrum(np.array([[nan]])), "finite"),
        (lambda: by_correlation(np.zeros(3)), r"shape \(3,\)"),
    ],
)
def test_what_cannot_be_used_is_refused(ask: object, message: str) -> None:
    with pytest.raises(BadValue, match=message):
        ask()  # type: ignore[operator]


def test_the_error_of_the_paper() -> None:
    assert error(PAPER) == pytest.approx(sqrt((1 + 3 * PAPER.ratio + 9 / 4 * PAPER.ratio**2) / 1249))
