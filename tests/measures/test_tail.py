"""VaR and ES against sorted lists, against the numbers that Open Source Risk Engine printed, and at the edges."""

import csv
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.scenarios import RULES, naive, pnls, shares
from waglan.measures.tail import ES_975, EXACT, MEAN, VAR_99, Risk, Rule, Tail, Weights, risk, tail
from waglan.schema.units import LIMIT, NULL, BadValue


@given(pnls(positions=1), RULES, st.sampled_from([1, 10, 1_000_000]))
def test_risk_is_what_the_sorted_list_says(pnl: np.ndarray, rule: Rule, scale: int) -> None:
    totals = pnl[:, 0]
    assert risk(totals, rule, scale) == Risk(*naive(totals.tolist(), rule, scale), rule)


@given(pnls(positions=1), RULES)
def test_the_tail_is_those_scenarios(pnl: np.ndarray, rule: Rule) -> None:
    found = tail(pnl[:, 0], rule)
    weights, edge = shares(pnl[:, 0].tolist(), rule)
    assert found.rows.tolist() == sorted(weights)
    assert found.rows[found.at] == edge
    best = max(found.rows.tolist(), key=lambda row: (pnl[row, 0], row))
    assert found.rows[found.edge] == best
    for place, row in enumerate(found.rows.tolist()):
        weight = found.weights.last if place == found.edge else found.weights.full
        assert weights[row] * found.weights.divisor == weight


def test_open_source_risk_engine_prints_the_same(shared: Callable[[str], Path]) -> None:
    """All 24 numbers of its file, to the millionth: money counted in millionths is summed exactly."""
    with shared("oracles/histsim/historical_PnL.csv").open() as file:
        rows = list(csv.DictReader(file))
    with shared("oracles/histsim/histsim_var_expected.csv").open() as file:
        expected = list(csv.DictReader(file))
    keys = ("#Portfolio", "RiskClass", "RiskType")
    seen = 0
    for line in expected:
        mine = [row["PLAmount"] for row in rows if [row[k] for k in keys] == [line[k] for k in keys]]
        micro = np.array([int(Decimal(amount) * 10**6) for amount in mine], np.int64)
        assert len(micro) == 715
        for name, text in line.items():
            what, _, level = name.partition("_")
            if what in ("Quantile", "ExpectedShortfall"):
                found = risk(micro, Rule(int(Decimal(level) * 10**6)))
                loss = found.var_minor if what == "Quantile" else found.es_minor
                assert abs(-loss - int(Decimal(text) * 10**6)) <= 1, f"{line}: {name}"
                seen += 1
    assert seen == 6 * 8


def test_weights_of_known_tails() -> None:
    assert ES_975.weights(1_000) == Weights(25, 1, 1, 25, 25)
    assert ES_975.weights(250) == Weights(7, 4, 1, 25, 7)  # 6.25 days: six whole and a quarter
    assert Rule(25_000).weights(250) == Weights(7, 1, 1, 7, 7)
    assert VAR_99.weights(1) == Weights(1, 1, 1, 1, 1)
    assert Rule(500_000, "ceil", EXACT).weights(1) == Weights(1, 2, 1, 1, 1)


def test_var_99_comes_out_of_the_tail_of_es_975() -> None:
    pnl = np.array([(7 * s * s) % 1_009 for s in range(1_000)], np.int64)
    both = risk(pnl, Rule(25_000, "ceil", EXACT, 10_000))
    assert (both.var_minor, both.es_minor) == (risk(pnl, VAR_99).var_minor, risk(pnl, ES_975).es_minor)
    with pytest.raises(BadValue, match="lies within that of 10000 millionths, was 25000"):
        Rule(10_000, "ceil", EXACT, 25_000).weights(10)


@given(pnls(positions=2), RULES)
def test_two_books_together_lose_no_more_than_apart(pnl: np.ndarray, rule: Rule) -> None:
    if pnl.shape[1] == 2:
        apart = [risk(np.ascontiguousarray(pnl[:, i]), rule).es_minor for i in (0, 1)]
        assert risk(pnl.sum(axis=1), rule).es_minor <= sum(apart) + 1


@given(pnls(positions=1), RULES, st.integers(-1000, 1000), st.integers(1, 9))
def test_cash_is_subtracted_and_size_multiplies(pnl: np.ndarray, rule: Rule, cash: int, size: int) -> None:
    plain = risk(pnl[:, 0], rule)
    moved = risk(pnl[:, 0] + cash, rule)
    assert moved.var_minor == plain.var_minor - cash
    assert abs(plain.es_minor - moved.es_minor - cash) <= 1
    grown = risk(pnl[:, 0] * size, rule)
    assert grown.var_minor == size * plain.var_minor
    assert abs(grown.es_minor - size * plain.es_minor) <= size


def test_an_exact_shortfall_is_never_below_the_plain_mean_of_more() -> None:
    pnl = np.random.default_rng(5).integers(-(10**6), 10**6, 715)
    assert risk(pnl, ES_975).es_minor >= risk(pnl, Rule(25_000, "ceil", MEAN)).es_minor


@pytest.mark.parametrize(
    ("pnl", "rule", "message"),
    [
        ([], VAR_99, "at least one scenario"),
        ([1, NULL, 3], VAR_99, "scenario 1: a P&L lies within"),
        ([1, 2, 1 << 62], VAR_99, "scenario 2"),
        ([1], Rule(0), "1 to 999,999 millionths, was 0"),
        ([1], Rule(1_000_000), "was 1000000"),
        ([1], Rule(10_000, "linear"), "were linear, mean"),
        ([1], Rule(10_000, "ceil", "median"), "were ceil, median"),
    ],
)
def test_what_cannot_be_used_is_refused(pnl: list[int], rule: Rule, message: str) -> None:
    with pytest.raises(BadValue, match=message):
        risk(np.array(pnl, np.int64), rule)


def test_floats_are_refused() -> None:
    with pytest.raises(BadValue, match="one int64 for each scenario, was float64"):
        tail(np.zeros(3), VAR_99)  # type: ignore[arg-type]


def test_the_largest_book_can_be_summed() -> None:
    pnl = np.full(100_000, -LIMIT)
    assert risk(pnl, ES_975) == Risk(LIMIT, LIMIT, ES_975)
    assert isinstance(tail(pnl, ES_975), Tail)
