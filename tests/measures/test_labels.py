"""Labels against plain loops in fractions, and weights against counting by hand."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from waglan.measures.labels import concurrency, forward_return, triple_barrier, uniqueness
from waglan.schema.units import LIMIT, NULL, BadValue

Ints = NDArray[np.int64]
PRICES = st.lists(st.integers(1, 60), min_size=1, max_size=40)
WIDTHS = st.sampled_from([0, 1, 50_000, 100_000, 250_000, 1_000_000])


def ints(values: object) -> Ints:
    return np.array(values, np.int64)


def micro(change: int, base: int) -> int:
    return round(Fraction(change * 1_000_000, base))


def plainly(
    close: list[int], high: list[int], low: list[int], at: int, up: int, down: int, horizon: int
) -> tuple[int, int, int]:
    """End, side and return of one event, in fractions."""
    if at + horizon >= len(close):
        return len(close) - 1, NULL, NULL
    top, bottom = (Fraction(close[at] * (1_000_000 + way), 1_000_000) for way in (up, -down))
    for bar in range(at + 1, at + horizon + 1):
        if down and low[bar] <= bottom:
            return bar, -1, micro(close[bar] - close[at], close[at])
        if up and high[bar] >= top:
            return bar, 1, micro(close[bar] - close[at], close[at])
    return at + horizon, 0, micro(close[at + horizon] - close[at], close[at])


@given(PRICES, st.data(), WIDTHS, WIDTHS, st.integers(1, 9), st.booleans())
def test_barriers_by_a_plain_loop(
    close: list[int], data: st.DataObject, up: int, down: int, horizon: int, bars: bool
) -> None:
    n = len(close)
    wide = data.draw(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=n, max_size=n))
    high = [c + a for c, (a, _) in zip(close, wide, strict=True)] if bars else close
    low = [max(c - b, 1) for c, (_, b) in zip(close, wide, strict=True)] if bars else close
    events = data.draw(st.lists(st.integers(0, n - 1), max_size=12))
    path = (ints(high), ints(low)) if bars else (None, None)
    found = triple_barrier(ints(close), ints(events), up, down, horizon, *path)
    rows = [plainly(close, high, low, at, up, down, horizon) for at in events]
    assert found.event.tolist() == events
    assert list(zip(found.end.tolist(), found.side.tolist(), found.return_micro.tolist(), strict=True)) == rows


@given(PRICES, st.integers(1, 45))
def test_forward_returns_by_fractions(close: list[int], horizon: int) -> None:
    n = len(close)
    plain = [micro(close[t + horizon] - close[t], close[t]) if t + horizon < n else NULL for t in range(n)]
    assert forward_return(ints(close), horizon).tolist() == plain
    same = triple_barrier(ints(close), np.arange(n), 0, 0, horizon)
    assert same.return_micro.tolist() == plain
    assert set(same.side.tolist()) <= {0, NULL}


def test_halves_go_to_the_even_neighbour() -> None:
    assert forward_return(ints([2_000_000, 2_000_001, 2_000_000]), 1).tolist()[0] == 0
    assert forward_return(ints([2_000_000, 2_000_003]), 1).tolist()[0] == 2
    assert forward_return(ints([2_000_000, 1_999_997]), 1).tolist()[0] == -2


def test_the_largest_prices_stay_whole() -> None:
    top = LIMIT - 1
    assert forward_return(ints([1, top]), 1)[0] == (top - 1) * 1_000_000
    found = triple_barrier(ints([top, 1, top]), ints([0]), (1 << 20) - 1, (1 << 20) - 1, 2)
    assert (found.end[0], found.side[0]) == (2, 0), "a fall of 104% is never reached"


def test_a_bar_that_reaches_both_counts_as_the_fall() -> None:
    found = triple_barrier(
        ints([100, 100, 100]), ints([0]), 50_000, 50_000, 2, ints([100, 106, 100]), ints([100, 94, 100])
    )
    assert (found.side[0], found.end[0], found.return_micro[0]) == (-1, 1, 0)


def test_a_width_for_each_event() -> None:
    close = ints([100, 103, 106, 100, 100, 100])
    found = triple_barrier(close, ints([0, 0]), ints([25_000, 50_000]), ints([0, 0]), 4)
    assert found.end.tolist() == [1, 2]


def test_a_future_that_changes_moves_no_label_that_was_known() -> None:
    close = np.random.default_rng(1).integers(90, 110, 200)
    before = triple_barrier(close[:120], np.arange(120), 30_000, 30_000, 10)
    other = close.copy()
    other[120:] = 500
    after = triple_barrier(other, np.arange(120), 30_000, 30_000, 10)
    known = before.side != NULL
    assert known.sum() == 110
    for one, two in zip(before, after, strict=True):
        assert (one[known] == two[known]).all()


SPANS = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9)), max_size=20)


@given(SPANS)
def test_uniqueness_by_counting(pairs: list[tuple[int, int]]) -> None:
    start, end = ints([a for a, _ in pairs]), ints([a + b for a, b in pairs])
    counts = [sum(a < bar <= a + b for a, b in pairs) for bar in range(31)]
    assert concurrency(start, end, 31).tolist() == counts
    plain = [sum(1 / counts[bar] for bar in range(a + 1, a + b + 1)) / b for a, b in pairs]
    found = uniqueness(start, end, 31)
    assert found == pytest.approx(plain)
    total = float((found * (end - start)).sum())
    assert total == pytest.approx(sum(c > 0 for c in counts)), "weights times lengths are the bars spoken of"


def test_labels_that_do_not_meet_are_their_own() -> None:
    assert uniqueness(ints([0, 3, 6]), ints([3, 6, 9]), 10).tolist() == [1.0, 1.0, 1.0]
    assert uniqueness(ints([2, 2, 2, 2]), ints([7, 7, 7, 7]), 10) == pytest.approx([0.25] * 4)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: forward_return(ints([5, 0]), 1), "bar 1: close is a price above 0 .* was 0"),
        (lambda: forward_return(ints([5, LIMIT]), 1), f"was {LIMIT}"),
        (lambda: forward_return(ints([5, 6]), 0), "at least one bar, was 0"),
        (lambda: triple_barrier(ints([5, 6]), ints([2]), 1, 1, 1), "event 0 is at bar 2 of 2"),
        (lambda: triple_barrier(ints([5, 6]), ints([0]), -1, 1, 1), "up_micro is 0 to 1048575, was -1"),
        (lambda: triple_barrier(ints([5, 6]), ints([0]), 1, 1 << 20, 1), "down_micro is 0 to 1048575, was 1048576"),
        (lambda: triple_barrier(ints([5, 6]), ints([0]), 1, 1, 1, high=ints([5, 6])), "both high and low"),
        (lambda: triple_barrier(ints([5, 6]), ints([0]), 1, 1, 1, ints([5, 5]), ints([5, 5])), "close 6 is outside"),
        (lambda: triple_barrier(ints([5, 6]), ints([0]), 1, 1, 1, ints([5]), ints([5, 5])), "were 1 and 2 for 2"),
        (lambda: concurrency(ints([3]), ints([3]), 9), "label 0 goes from bar 3 to 3 of 9"),
        (lambda: uniqueness(ints([3]), ints([9]), 9), "label 0 goes from bar 3 to 9 of 9"),
        (lambda: concurrency(ints([3]), ints([3, 4]), 9), "an end for each start"),
    ],
)
def test_what_cannot_be_used_is_refused(ask: object, message: str) -> None:
    with pytest.raises(BadValue, match=message):
        ask()  # type: ignore[operator]
