"""Drawdowns by plain loops, and histories that can be read off."""

from math import isnan, nan, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from waglan.measures.drawdown import Episode, drawdowns, episodes, wealth
from waglan.schema.units import BadValue

WEALTH = st.lists(st.integers(1, 12), min_size=1, max_size=40)


@given(WEALTH)
def test_below_and_episodes_by_plain_loops(values: list[int]) -> None:
    found = drawdowns(np.array(values, np.float64))
    below = [1 - v / max(values[: i + 1]) for i, v in enumerate(values)]
    assert found.below == pytest.approx(below)
    assert (found.below == 0).tolist() == [v == max(values[: i + 1]) for i, v in enumerate(values)]
    if len(values) > 1:
        assert found.ulcer == pytest.approx(sqrt(sum(x * x for x in below[1:]) / (len(values) - 1)))
    plain: list[Episode] = []
    i = 0
    while i < len(values):
        if below[i] == 0:
            i += 1
            continue
        start = i
        while i < len(values) and below[i] > 0:
            i += 1
        trough = max(range(start, i), key=lambda k: (below[k], -k))
        plain.append(Episode(start - 1, trough, i if i < len(values) else None, below[trough]))
    listed = episodes(np.array(values, np.float64))
    assert [one[:3] for one in listed] == [one[:3] for one in plain]
    assert [one.depth for one in listed] == pytest.approx([one.depth for one in plain])
    ends = [(len(values) - 1 if one.recovery is None else one.recovery) - one.peak for one in plain]
    assert found.longest == max(ends, default=0)
    if not plain:
        assert found.deepest is None
    else:
        assert found.deepest is not None
        assert found.deepest.depth == pytest.approx(max(one.depth for one in plain))
        assert found.deepest in listed


def test_a_history_that_can_be_read_off() -> None:
    found = drawdowns(np.array([100, 120, 90, 108, 120, 60, 130, 117]))
    assert found.deepest == Episode(4, 5, 6, 0.5)
    assert found.longest == 3
    assert episodes(np.array([100, 120, 90, 108, 120, 60, 130, 117]), 0.2) == [
        Episode(1, 2, 4, 0.25), Episode(4, 5, 6, 0.5),
    ]  # fmt: skip


def test_a_loss_in_the_first_period_counts() -> None:
    assert drawdowns(wealth(np.array([-0.5, 0.5]))).deepest == Episode(0, 1, None, 0.5)


def test_more_than_everything_can_be_lost() -> None:
    below = drawdowns(np.array([100.0, 0.0, -20.0])).below
    assert below == pytest.approx([0, 1, 1.2])
    assert drawdowns(wealth(np.array([-1.0, 0.3]))).below.tolist() == [0, 1, 1]


def test_nothing_and_one() -> None:
    none = drawdowns(np.array([]))
    assert (none.deepest, none.longest) == (None, 0)
    assert isnan(none.ulcer)
    one = drawdowns(np.array([5.0]))
    assert (one.deepest, one.longest) == (None, 0)
    assert wealth(np.array([])).tolist() == [1.0]


@given(st.lists(st.floats(-0.9, 2), max_size=20))
def test_wealth_by_a_plain_loop(returns: list[float]) -> None:
    plain = [1.0]
    for value in returns:
        plain.append(plain[-1] * (1 + value))
    assert wealth(np.array(returns)) == pytest.approx(plain)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: wealth(np.array([0.1, -1.1])), "period 1: a return is at least -1, was -1.1"),
        (lambda: drawdowns(np.array([0.0, 1.0])), "wealth begins above 0, was 0.0"),
        (lambda: episodes(np.array([1.0, nan])), "period 1: .* was nan"),
    ],
)
def test_what_cannot_be_used_is_refused(ask: object, message: str) -> None:
    with pytest.raises(BadValue, match=message):
        ask()  # type: ignore[operator]
