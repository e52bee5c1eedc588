"""The whole verdict: made of its parts, noise called noise however alike its trials are, and edges said."""

from math import isnan, nan, sqrt

import numpy as np
import pytest
from numpy.typing import NDArray

from waglan.measures.overfitting import overfitting
from waglan.measures.sharpe import probabilistic, record_length, sharpe
from waglan.measures.trials import NOISE, STANDS, UNKNOWN, backtest_years, by_spectrum, counted, curve, ratios
from waglan.measures.verdict import judge
from waglan.schema.units import BadValue


def made(seed: int, skill: float = 0.0, periods: int = 1_000, trials: int = 40) -> NDArray[np.float64]:
    returns = np.random.default_rng(seed).standard_t(5, (periods, trials)) * 0.01
    returns[:, 3] += skill * 0.01 * sqrt(5 / 3) / sqrt(250)
    return returns


def test_a_verdict_is_made_of_its_parts() -> None:
    returns = made(1, skill=3.0)
    found = judge(returns, 250, counted=90, witnessed=True)
    each = ratios(returns)
    trials = counted(each)
    best = sharpe(returns[:, trials.best])
    assert each[7] == pytest.approx(sharpe(returns[:, 7]).ratio)
    assert (found.best, found.ratio, found.alone) == (trials.best, best, probabilistic(best))
    marks = curve(best, trials._replace(number=90), by_spectrum(returns))
    assert found.deflated.counted == marks.counted < found.deflated.effective == marks.effective < found.alone
    assert found.overfitting is not None
    assert found.overfitting.chance == overfitting(returns).chance
    assert found.years == 4
    assert found.years_least == pytest.approx(backtest_years(90, best.ratio * sqrt(250)))
    assert found.years_shown == pytest.approx(record_length(best) / 250)


def test_skill_stands_where_trials_are_witnessed() -> None:
    returns = made(2, skill=4.0)
    assert judge(returns, 250, witnessed=True).word == STANDS
    assert judge(returns, 250).word == UNKNOWN
    assert judge(returns, 250, counted=10**9, witnessed=True).word == NOISE, "so many tries would have found as much"


@pytest.mark.parametrize("alike", [0.0, 0.5, 0.95])
def test_noise_is_called_noise_however_alike_the_trials_are(alike: float) -> None:
    """A sweep of parameters is many trials that hold nearly the same: 200 histories of a year each."""
    words = []
    for seed in range(200):
        random = np.random.default_rng(seed)
        own, common = random.standard_normal((250, 30)), random.standard_normal((250, 1))
        words.append(judge(sqrt(alike) * common + sqrt(1 - alike) * own, 250, witnessed=True, blocks=6).word)
    assert words.count(NOISE) >= 185


def test_one_trial_is_judged_by_its_own_ratio() -> None:
    returns = np.random.default_rng(4).normal(0.2, 1, (250, 1))
    found = judge(returns, 250, witnessed=True)
    assert (found.word, found.overfitting, found.effective) == (STANDS, None, 1)
    assert found.deflated.counted == found.alone > 0.95
    assert judge(returns, 250, counted=2, witnessed=True).word == NOISE, "no spread is known, so nothing is shown"


def test_trials_that_never_moved_show_nothing() -> None:
    found = judge(np.zeros((100, 3)), 250, witnessed=True)
    assert (found.word, found.best, found.counted) == (NOISE, -1, 3)
    assert isnan(found.alone)
    assert isnan(found.years_least)
    assert isnan(found.years_shown)
    assert np.isnan(ratios(np.full((9, 2), 0.1))).all()
    assert np.isnan(ratios(np.ones((1, 2)))).all()
    losing = judge(-np.abs(made(5)), 250, witnessed=True)
    assert (losing.word, losing.years_shown) == (NOISE, float("inf"))


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: judge(made(1), 250, counted=39), "not below those with returns, 40; were 39"),
        (lambda: judge(np.zeros((9, 0)), 250), "from one on"),
        (lambda: judge(np.array([[0.1], [nan]]), 250), "finite numbers"),
        (lambda: judge(np.zeros(9), 250), r"shape \(9,\)"),
    ],
)
def test_what_cannot_be_used_is_refused(ask: object, message: str) -> None:
    with pytest.raises(BadValue, match=message):
        ask()  # type: ignore[operator]
