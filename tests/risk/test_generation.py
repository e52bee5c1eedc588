"""Tomorrow's moves by plain Python; a day at a time as all at once; what is refused; the bits of a plain processor."""

import hashlib
import os
import subprocess
import sys
from itertools import pairwise
from math import exp, log
from pathlib import Path
from statistics import NormalDist
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.risk.days import FACTORS, START_NS, days
from waglan.kernels import generation as kernel
from waglan.kernels import parametric
from waglan.pricing.scenarios import Factor
from waglan.risk.estimates import Estimate
from waglan.risk.generation import Generator, generated, sobol
from waglan.risk.history import Gap, History
from waglan.risk.parametric import laws
from waglan.schema.risk import METHODS, Risk
from waglan.schema.units import DAY_NS, BadValue

ROOT = Path(__file__).parents[2]
INDEX = Estimate(
    factor="index",
    omega_femto=2_880_000_000,
    alpha_micro=90_000,
    beta_micro=890_000,
    nu_micro=5_000_000,
    mean_pico=10**8,
)


Method = Literal["historical", "filtered", "parametric", "montecarlo"]


def rolled(risk: Risk, count: int, estimates: tuple[Estimate, ...] = (), seed: int = 0) -> Generator:
    """A generator after so many days, its estimates given half-way."""
    out = Generator(risk, FACTORS)
    for day, (ts_ns, levels) in enumerate(zip(*days(count, seed), strict=True)):
        if day == count // 2:
            for one in estimates:
                out.estimate(one)
        out.roll(ts_ns, levels)
    return out


def plain_filtered(levels: list[float], share: bool, law: tuple[float, ...], last: int, least: int) -> list[float]:
    """One factor's filtered moves, by the formulas."""
    omega, alpha, beta, mean = law
    steps = list(pairwise(levels))
    returns = [log(b / a) if share else b - a for a, b in steps]
    variance = sum((r - mean) ** 2 for r in returns[:least]) / least
    residuals = []
    for r in returns:
        residuals.append((r - mean) / variance**0.5)
        variance = omega + alpha * (r - mean) ** 2 + beta * variance
    found = [mean + z * variance**0.5 for z in residuals[-last:]]
    return [exp(r) - 1 if share else r for r in found]


@pytest.mark.parametrize("scenarios", [30, 100, 400])
def test_filtered_moves_by_plain_loops(scenarios: int) -> None:
    risk = Risk(scenarios=scenarios)
    found = rolled(risk, 301, (INDEX,)).scenarios()
    levels = days(301)[1]
    laws = [(2.88e-6, 0.09, 0.89, 1e-4), (0.0, 0.06, 0.94, 0.0), (0.0, 0.06, 0.94, 0.0)]
    for f, law in enumerate(laws):
        wanted = plain_filtered(levels[:, f].tolist(), FACTORS[f].how == "share", law, scenarios, min(scenarios, 250))
        assert found.moves[:, f] == pytest.approx(wanted, rel=1e-9, abs=1e-14)
    assert len(found.labels) == min(scenarios, 300)
    assert found.labels[-1] == "2005-10-28"


@pytest.mark.parametrize("method", ["historical", "parametric"])
def test_historical_moves_are_those_of_the_days(method: Method) -> None:
    found = rolled(Risk(method=method, scenarios=260), 301).scenarios()
    levels = days(301)[1]
    wanted = np.where([f.how == "share" for f in FACTORS], levels[1:] / levels[:-1] - 1, levels[1:] - levels[:-1])
    assert found.moves == pytest.approx(wanted[-260:], rel=1e-9, abs=1e-14)


def test_drawn_moves_have_the_covariance() -> None:
    risk = Risk(method="montecarlo", scenarios=4096)
    maker = rolled(risk, 400)
    returns = maker.history.returns()
    wanted = returns[:250].T @ returns[:250] / 250
    for row in returns[250:]:
        wanted = 0.94 * wanted + 0.06 * np.outer(row, row)
    moves = maker.scenarios().moves
    logs = np.column_stack([np.log1p(moves[:, :2]), moves[:, 2]])
    scale = np.sqrt(np.diag(wanted))
    assert logs.T @ logs / 4096 / np.outer(scale, scale) == pytest.approx(wanted / np.outer(scale, scale), abs=0.01)
    assert maker.scenarios().labels[:2] == ("draw 1", "draw 2")


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=12, deadline=None)
@given(count=st.integers(40, 140), cut=st.integers(0, 139), seed=st.integers(0, 9))
def test_a_day_at_a_time_as_all_at_once(method: Method, count: int, cut: int, seed: int) -> None:
    risk = Risk(method=method, scenarios=32, seed=3)
    history, early = History(FACTORS), None
    maker = Generator(risk, FACTORS)
    for day, (ts_ns, levels) in enumerate(zip(*days(count, seed), strict=True)):
        if day == min(cut, count - 1):
            maker = Generator.restore(risk, FACTORS, maker.snapshot())
            maker.estimate(INDEX)
            early = maker.snapshot()
        history.append(ts_ns, levels)
        maker.roll(ts_ns, levels)
    wanted = maker.scenarios().digest()
    assert generated(risk, history, {"index": INDEX}).digest() == wanted
    assert Generator.restore(risk, FACTORS, maker.snapshot()).scenarios().digest() == wanted
    assert early is not None
    assert Generator.restore(risk, FACTORS, early).snapshot() == early


@pytest.mark.parametrize("method", METHODS)
def test_no_scenario_sees_a_later_day(method: Method) -> None:
    risk = Risk(method=method, scenarios=64)
    maker = Generator(risk, FACTORS)
    seen = []
    for ts_ns, levels in zip(*days(120), strict=True):
        maker.roll(ts_ns, levels)
        if not maker.missing:
            seen.append(maker.scenarios().digest())
    assert len(seen) == 120 - 64
    again = rolled(risk, 80)
    assert again.scenarios().digest() == seen[80 - 65]


@pytest.mark.parametrize("method", METHODS)
def test_too_few_days_and_standing_still_are_refused(method: Method) -> None:
    maker = Generator(Risk(method=method, scenarios=1000), FACTORS)
    times, levels = days(300)
    levels[:, 1] = 7.8
    for ts_ns, row in zip(times, levels, strict=True):
        if maker.missing:
            with pytest.raises(BadValue, match=r"there are \d+ returns of the factors, 250 are the least"):
                maker.scenarios()
        maker.roll(ts_ns, row)
    with pytest.raises(BadValue, match=r"dollar: has not moved on any of the last 299 days up to 2005-10-27.*7.8"):
        maker.scenarios()
    levels[-1, 1] = 7.81
    maker.roll(times[-1] + DAY_NS, levels[-1])
    assert len(maker.scenarios().labels) == (1000 if method == "montecarlo" else 300)


def test_a_factor_that_begins_late_is_that_of_the_whole_history() -> None:
    risk, maker, history = Risk(scenarios=40), Generator(Risk(scenarios=40), FACTORS), History(FACTORS)
    times, levels = days(90)
    levels[:50, 1] = 7.8
    for ts_ns, row in zip(times, levels, strict=True):
        maker.roll(ts_ns, row)
        history.append(ts_ns, row)
    assert maker.scenarios().digest() == generated(risk, history, {}).digest()


def test_a_volatility_that_died_down_is_refused() -> None:
    maker = Generator(Risk(scenarios=700), FACTORS[:1])
    times, levels = days(950, factors=1)
    levels[260:] = 20_000.0
    for ts_ns, row in zip(times, levels, strict=True):
        maker.roll(ts_ns, row)
    with pytest.raises(BadValue, match=r"index: 2007-\d\d-\d\d: the volatility has died down to"):
        maker.scenarios()


def test_a_move_beyond_what_a_price_can_do_is_refused() -> None:
    maker = Generator(Risk(scenarios=600), FACTORS[:1])
    times, levels = days(620, factors=1)
    levels[260:500] = 20_000.0
    levels[500:] *= 2
    for ts_ns, row in zip(times, levels, strict=True):
        maker.roll(ts_ns, row)
    with pytest.raises(BadValue, match=r"index: scenario '2006-05-16': a return lies within 30, it was"):
        maker.scenarios()


def test_after_a_gap_a_history_goes_on_without_a_return() -> None:
    maker = rolled(Risk(scenarios=32), 60)
    later, levels = START_NS + 80 * DAY_NS, days(60)[1][-1] * 1.5
    before = maker.snapshot()
    with pytest.raises(Gap, match="2005-03-22: 21 days after the last day of the history, 2005-03-01; 10 are the most"):
        maker.roll(later, levels)
    assert maker.snapshot() == before
    digest = maker.scenarios().digest()
    maker.resume(later, levels)
    assert maker.scenarios().digest() == digest
    maker.roll(later + DAY_NS, levels * 1.01)
    assert maker.scenarios().labels[-1] == "2005-03-23"
    assert Generator.restore(maker.risk, FACTORS, maker.snapshot()).scenarios().digest() == maker.scenarios().digest()


def test_estimates_of_strangers_and_impossible_ones_move_nothing() -> None:
    maker = rolled(Risk(scenarios=32), 60)
    before = maker.scenarios().digest()
    with pytest.raises(BadValue, match="there is no factor 'gold' to estimate"):
        maker.estimate(Estimate(factor="gold", omega_femto=1, alpha_micro=1, beta_micro=1, nu_micro=5_000_000))
    with pytest.raises(BadValue, match=r"index: alpha_micro \+ beta_micro lies between 0 and 999999, it was 1000000"):
        maker.estimate(
            Estimate(factor="index", omega_femto=1, alpha_micro=100_000, beta_micro=900_000, nu_micro=5_000_000)
        )
    assert maker.scenarios().digest() == before


def test_factors_that_say_the_same_are_drawn_alike() -> None:
    twins = (Factor("one", "share", ("a",)), Factor("two", "share", ("b",)))
    maker = Generator(Risk(method="montecarlo", scenarios=128), twins)
    for ts_ns, levels in zip(*days(140, factors=1), strict=True):
        maker.roll(ts_ns, np.repeat(levels, 2))
    moves = maker.scenarios().moves
    assert moves[:, 0] == pytest.approx(moves[:, 1], rel=1e-9)


@given(st.floats(2.0**-40, 1 - 2.0**-40))
def test_quantiles_are_the_library_s(chance: float) -> None:
    out = np.empty(1)
    kernel.quantiles(np.array([chance]), out)
    assert out[0] == pytest.approx(NormalDist().inv_cdf(chance), rel=1e-13, abs=1e-15)


def test_normals_are_balanced_and_not_written_to() -> None:
    normals = sobol(1024, 5, 7)
    assert np.abs(normals.mean(axis=1)).max() < 0.005
    assert normals.std(axis=1) == pytest.approx(np.ones(5), abs=0.01)
    with pytest.raises(ValueError, match="read-only"):
        normals[0, 0] = 0.0
    with pytest.raises(BadValue, match="draws are 1 to 1048576"):
        sobol(0, 5, 7)


def answer() -> tuple[str, ...]:
    """Digests of the moves by each method, and of moments and slopes of P&L, in their last bits."""
    found = []
    methods: tuple[Method, ...] = ("historical", "filtered", "parametric", "montecarlo")
    assert methods == METHODS
    for method in methods:
        moves = rolled(Risk(method=method, scenarios=100, seed=11), 200, (INDEX,)).scenarios().moves
        found.append(hashlib.sha256(moves.astype("<f8").tobytes()).hexdigest())
    totals = np.rint(moves.sum(axis=1) * 1e9).astype(np.int64)
    of, weights = np.empty(4), np.empty(len(totals))
    parametric.moments(totals, of)
    parametric.slopes(totals, of, laws(10_000, 25_000)[1], True, weights)
    return (*found, hashlib.sha256(np.append(of, weights).astype("<f8").tobytes()).hexdigest())


STONE = (
    "633423009a4678bef35da8ddfbe12629a692e368f0c5582b03416220c3d5a37f",
    "844246241845c67048b882e9a40340cdbf5d017815fd676975164fc26d678b38",
    "633423009a4678bef35da8ddfbe12629a692e368f0c5582b03416220c3d5a37f",
    "47baa4dff608d2d5a445b243b5066bc8690e4dc850c0a237203bea9efe9b2dc0",
    "087cca4c0ef9ea9eece2e33ed20964fc3b5e24bd44be4fe78eb47a1d8b7ed35c",
)


def test_the_bits_are_those_of_the_stone_here_and_on_a_plain_processor(tmp_path: Path) -> None:
    assert answer() == STONE
    plain = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "", "NUMBA_CACHE_DIR": str(tmp_path)}
    code = "from tests.risk.test_generation import answer; print(*answer())"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | plain, capture_output=True, text=True, check=True)
    assert tuple(done.stdout.split()) == STONE
