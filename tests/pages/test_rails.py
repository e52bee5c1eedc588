"""Bars in a table's row: a step begins where the last one ended, a gauge is full at its limit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pages.test_charts import of_class, read
from waglan.pages.rails import LONG, gauge, signed, step


def sides(drawing: str, class_: str) -> tuple[float, float]:
    (bar,) = of_class(read(drawing), class_)
    left, wide = float(bar.get("x", "")), float(bar.get("width", ""))
    return left, left + wide


@given(st.lists(st.integers(-(10**12), 10**12).filter(bool), min_size=1, max_size=20))
def test_a_waterfall_has_no_gaps(parts: list[int]) -> None:
    stops = [sum(parts[:i]) for i in range(len(parts) + 1)]
    low, high = min(stops), max(stops)
    at = (0 - low) / (high - low) * LONG
    for part, start in zip(parts, stops, strict=False):
        left, right = sides(step(start, start + part, low, high, "part"), "part")
        assert (left if part > 0 else right) == pytest.approx(at, abs=2.2)
        at = (start + part - low) / (high - low) * LONG


def test_an_amount_leaves_the_line_of_nothing_to_its_side() -> None:
    assert sides(signed(-50, -100, 100, "bar"), "bar") == (250, 500)
    assert sides(signed(100, -100, 100, "bar"), "bar") == (500, 1000)


def test_a_gauge_reaches_its_hard_limit_when_it_is_used_up() -> None:
    drawn = gauge(100, 80, 100, None, "use")
    (hard,) = of_class(read(drawn), "hard")
    (soft,) = of_class(read(drawn), "soft")
    assert sides(drawn, "use")[1] == pytest.approx(float(hard.get("x1", "")), abs=0.1)
    assert float(soft.get("x1", "")) / float(hard.get("x1", "")) == pytest.approx(0.8, abs=1e-3)


@given(st.integers(-5, 10**13), st.integers(0, 10**12), st.none() | st.integers(0, 10**13))
def test_nothing_of_a_gauge_leaves_its_rail(value: int, hard: int, waived: int | None) -> None:
    drawn = read(gauge(value, None, hard, waived, "use"))
    assert len(of_class(drawn, "use")) == (value > 0)
    for mark in (*of_class(drawn, "hard"), *of_class(drawn, "waived")):
        assert 0 <= float(mark.get("x1", "")) <= LONG
    for bar in of_class(drawn, "use"):
        assert float(bar.get("width", "")) <= LONG
