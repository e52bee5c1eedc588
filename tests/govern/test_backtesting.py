"""A backtest from arrays: what it counts against plain loops, a true model that stands, a wrong one that does not."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waglan.govern import backtesting
from waglan.govern.backtesting import Question, judged
from waglan.govern.forecasts import Forecasts
from waglan.measures.parametric import cornish_fisher, moments, normal
from waglan.measures.tail import EXACT, Rule, risk
from waglan.schema.units import DAY_NS, NULL, BadValue

ASKED = Question("Asia/Hong_Kong", draws=400)
FIRST = 1_072_915_200 * 10**9  # 2004-01-01 08:00 in Hong Kong


def world(days: int, seed: int, understated: float = 1.0, n: int = 400) -> Forecasts:
    """A model that draws tomorrow from the law that tomorrow follows, its scenarios this much too small."""
    chance = np.random.default_rng(seed)
    spread = 1e6 * np.exp(0.3 * np.sin(np.arange(days) / 40))
    pnl = np.rint(chance.standard_normal(days) * spread).astype(np.int64)
    scenarios = np.rint(chance.standard_normal((days, n)) * spread[:, None] / understated).astype(np.int64)
    var = np.array([risk(row, Rule(10_000)).var_minor for row in scenarios], np.int64)
    es = np.array([risk(row, Rule(25_000, shortfall=EXACT)).es_minor for row in scenarios], np.int64)
    noise = np.rint(chance.standard_normal(days) * spread / 50).astype(np.int64)
    ts_ns = FIRST + np.arange(days) * DAY_NS
    return Forecasts("model", "filtered", "d1", True, "", ts_ns, pnl, pnl + noise, pnl, var, es, scenarios)


def test_a_true_model_stands() -> None:
    found = judged(world(1_500, 1, n=2_000), ASKED)
    assert (found.days, found.missing, found.expected_micro) == (1_500, 0, 15_000_000)
    assert found.whole.zone == "green"
    assert found.year is not None
    assert found.decade is None
    assert (found.kupiec.p_exact_micro or 0) > 50_000
    assert found.shortfall is not None
    assert abs(found.shortfall.z2.z_micro or 0) < 350_000
    assert min(s.p_micro or 0 for s in (found.shortfall.z1, found.shortfall.z2, found.shortfall.z3)) > 50_000
    assert found.attribution is not None
    assert found.attribution.zone == "green"


def test_a_model_that_says_two_thirds_of_the_risk_fails_every_test() -> None:
    found = judged(world(1_500, 2, understated=1.5), ASKED)
    assert found.whole.zone == "red"
    assert found.worst is not None
    assert found.worst.zone != "green"
    assert (found.kupiec.p_exact_micro, found.coverage.p_exact_micro) == (0, 0)
    assert found.shortfall is not None
    assert [s.p_micro for s in (found.shortfall.z1, found.shortfall.z2, found.shortfall.z3)] == [2494] * 3
    assert (found.shortfall.ratio_micro or 0) > 1_000_000
    assert found.shortfall.exceptions * 1_000_000 > 2 * found.shortfall.expected_micro


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 600), st.integers(0, 40), st.integers(0, 2**31))
def test_windows_by_a_plain_loop(days: int, hits: int, seed: int) -> None:
    flags = np.zeros(days, np.bool_)
    flags[np.random.default_rng(seed).integers(0, days, hits)] = True
    ts_ns = FIRST + np.arange(days) * DAY_NS
    plain = [sum(flags[max(0, i - 249) : i + 1].tolist()) for i in range(days)]
    assert backtesting.in_window(flags).tolist() == plain
    assert backtesting.rolling(flags, 10_000).tolist() == [0 if k < 5 else 1 if k < 10 else 2 for k in plain]
    found = backtesting.worst(ts_ns, flags, 10_000)
    if days < 250:
        assert found is None
    else:
        assert found is not None
        assert found.exceptions == max(plain[249:])
        assert found.to_ns == ts_ns[249 + plain[249:].index(max(plain[249:]))]
    by_year = backtesting.years(ts_ns, flags, 10_000, "Asia/Hong_Kong")
    assert sum(y.days for y in by_year) == days
    assert sum(y.exceptions for y in by_year) == int(flags.sum())
    assert [y.year for y in by_year] == list(range(2004, 2004 + len(by_year)))


@settings(max_examples=40, deadline=None)
@given(st.integers(3, 60), st.integers(0, 2**31))
def test_tails_of_many_days_are_those_of_each(n: int, seed: int) -> None:
    scenarios = np.random.default_rng(seed).integers(-1000, 1000, (7, n))
    rule = Rule(25_000, shortfall=EXACT)
    var, es = backtesting.tails(scenarios, rule)
    each = [risk(row, rule) for row in scenarios]
    assert var.tolist() == [r.var_minor for r in each]
    assert es.tolist() == [r.es_minor for r in each]


def test_a_day_without_p_and_l_is_an_exception_and_no_day_of_the_other_tests() -> None:
    whole = world(300, 3)
    gone = whole.hypothetical.copy()
    gone[[10, 20]] = NULL
    found, before = judged(replace(whole, hypothetical=gone), ASKED), judged(whole, ASKED)
    assert (found.missing, found.exceptions - before.exceptions) == (2, 2)
    assert found.series is not None
    assert found.series.hypothetical_minor[10] is None
    assert found.series.exception[20]
    assert found.shortfall is not None
    assert found.shortfall.expected_micro == 298 * 25_000


def test_without_scenarios_or_with_a_book_that_held_nothing_there_is_no_shortfall_test() -> None:
    whole = world(300, 4)
    assert judged(replace(whole, scenarios=None), ASKED).shortfall is None
    nothing = np.zeros(300, np.int64)
    empty = replace(whole, hypothetical=nothing, theoretical=nothing, var=nothing, es=nothing)
    found = judged(empty, ASKED, series=False)
    assert (found.shortfall, found.exceptions, found.series) == (None, 0, None)
    assert found.attribution is not None
    assert found.attribution.zone == "green"


def test_the_worst_attribution_is_the_least_correlated_year() -> None:
    whole = world(1_000, 5)
    broken = whole.theoretical.copy()
    broken[365:731] = broken[365:731][::-1]
    found = judged(replace(whole, theoretical=broken), ASKED)
    assert found.worst_attribution is not None
    assert found.worst_attribution.zone == "red"
    assert found.attribution is not None
    assert found.attribution.zone == "green"


def test_scenarios_in_parts_of_a_cent_are_the_same_evidence() -> None:
    whole = world(300, 6)
    assert whole.scenarios is not None
    fine = judged(replace(whole, scenarios=whole.scenarios * 1000, scale=1000), ASKED).shortfall
    plain = judged(whole, ASKED).shortfall
    assert fine is not None
    assert plain is not None
    assert fine.exceptions == plain.exceptions
    for mine, its in ((fine.z1, plain.z1), (fine.z2, plain.z2), (fine.z3, plain.z3)):
        assert math.isclose(mine.z_micro or 0, its.z_micro or 0, abs_tol=5)
        assert mine.p_micro == its.p_micro


def test_the_parametric_method_is_tested_by_its_law() -> None:
    chance = np.random.default_rng(8)
    pnl = np.rint(chance.standard_t(8, 4_000) * 1e6).astype(np.int64)
    steps = backtesting.of_law(pnl)
    stated = cornish_fisher(moments(pnl), 25_000)
    assert (np.diff(steps) >= 0).all()
    assert math.isclose(risk(steps, Rule(25_000, shortfall=EXACT)).es_minor, stated.es, rel_tol=0.005)
    steep = np.array([-(10**9)] * 10 + [1_000] * 990, np.int64)  # no quantile by Cornish and Fisher: normal
    assert math.isclose(risk(backtesting.of_law(steep), Rule(10_000)).var_minor, normal(moments(steep), 10_000).var,
                        rel_tol=0.02)  # fmt: skip


def test_days_that_are_none_or_out_of_order_are_refused() -> None:
    whole = world(5, 7)
    wrong = whole.ts_ns.copy()
    wrong[3] = wrong[1]
    with pytest.raises(BadValue, match="day 3 at 1073001600000000000 ns does not follow"):
        judged(replace(whole, ts_ns=wrong), ASKED)
    with pytest.raises(BadValue, match="no day with a forecast"):
        judged(replace(whole, ts_ns=whole.ts_ns[:0]), ASKED)
    assert whole.scenarios is not None
    with pytest.raises(BadValue, match="were for 4"):
        judged(replace(whole, scenarios=whole.scenarios[:4]), ASKED)
