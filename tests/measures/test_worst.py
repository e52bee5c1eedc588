"""After every order and every fill the kept tail is what starting again finds, ties and huge orders included."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.measures.scenarios import CENTS, RULES, pnls
from waglan.measures.contributions import parts, parts_of
from waglan.measures.tail import ES_975, VAR_99, Rule, risk, tail
from waglan.measures.worst import Worst
from waglan.schema.units import NULL, BadValue


@given(pnls(scenarios=80), RULES, st.lists(st.tuples(st.integers(0, 5), st.integers(-3, 9)), max_size=8))
def test_what_is_kept_is_what_is_found_anew(pnl: np.ndarray, rule: Rule, orders: list[tuple[int, int]]) -> None:
    columns = np.ascontiguousarray(pnl.T)
    totals = columns[0].copy()
    kept = Worst(totals, rule)
    assert kept.risk == risk(totals, rule)
    for which, quantity in orders:
        unit = columns[which % len(columns)]
        asked = kept.after(unit, quantity)
        assert kept.risk == risk(totals, rule)
        totals = totals + quantity * unit
        assert kept.fill(unit, quantity) == asked == kept.risk == risk(totals, rule)
        again = tail(totals, rule)
        assert kept.tail.rows.tolist() == again.rows.tolist()
        assert (kept.tail.edge, kept.tail.at) == (again.edge, again.at)


@given(arrays(np.int64, 300, elements=CENTS), arrays(np.int64, 300, elements=CENTS), RULES)
def test_long_books_too(totals: np.ndarray, unit: np.ndarray, rule: Rule) -> None:
    """300 scenarios: enough for lanes where the tail is short."""
    assert Worst(totals, rule).after(unit, 1000) == risk(totals + 1000 * unit, rule)


@pytest.mark.parametrize("quantity", [0, 1, 100, -100, 10_000, -10_000])
def test_orders_up_to_far_larger_than_the_book(quantity: int) -> None:
    rng = np.random.default_rng(8)
    totals, unit = (np.rint(rng.standard_t(4, 1000) * 1e6).astype(np.int64) for _ in range(2))
    for rule in (ES_975, VAR_99, Rule(25_000, "ceil", "mean")):
        assert Worst(totals, rule).after(unit, quantity) == risk(totals + quantity * unit, rule)
        assert Worst(totals, rule).fill(unit, quantity) == risk(totals + quantity * unit, rule)


@pytest.mark.parametrize("totals", [np.arange(1000), -np.arange(1000), np.zeros(1000, np.int64), np.arange(1000) % 7])
def test_books_in_order_and_all_alike(totals: np.ndarray) -> None:
    unit = np.roll(totals, 500) - 3
    assert Worst(totals, ES_975).after(unit, 5) == risk(totals + 5 * unit, ES_975)


def test_parts_after_fills_come_from_the_kept_tail() -> None:
    rng = np.random.default_rng(3)
    unit = rng.integers(-(10**6), 10**6, (1000, 50))
    by_instrument = np.ascontiguousarray(unit.T)
    quantity = np.zeros(50, np.int64)
    kept = Worst(np.zeros(1000, np.int64), ES_975, scale=100)
    for which, units in zip(rng.integers(0, 50, 200).tolist(), rng.integers(-99, 99, 200).tolist(), strict=True):
        kept.fill(by_instrument[which], units)
        quantity[which] += units
    found = parts_of(unit, kept.tail, ES_975, quantity, 100)
    assert found.whole == kept.risk
    assert found.es_minor.tolist() == parts(unit, ES_975, quantity=quantity, scale=100).es_minor.tolist()
    assert found.es_minor.sum() == kept.risk.es_minor


def test_what_cannot_be_summed_changes_nothing() -> None:
    kept = Worst(np.arange(-50, 50), ES_975)
    before = (kept.totals.tolist(), kept.tail.rows.tolist(), kept.risk)
    hole = np.zeros(100, np.int64)
    hole[7] = NULL
    for unit, quantity, message in (
        (hole, 1, "1 units of a P&L of -9223372036854775808 to 0"),
        (np.full(100, 1 << 40), 1 << 40, "would leave what 64 bits can sum"),
        (np.ones(100, np.int64), 1 << 70, "a quantity lies within 4611686018427387903 either way"),
    ):
        for asked in (kept.after, kept.fill):
            with pytest.raises(BadValue, match=message):
                asked(unit, quantity)
    with pytest.raises(BadValue, match="contiguous int64 for 100 scenarios, was int64 of shape \\(99,\\)"):
        kept.after(np.zeros(99, np.int64))
    assert (kept.totals.tolist(), kept.tail.rows.tolist(), kept.risk) == before
