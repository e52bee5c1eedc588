"""The charts of a book that may lose: what is drawn is where its amount belongs, and nothing is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pages.test_charts import of_class, read
from waglan.pages.axes import LEFT, RIGHT, WIDTH, Scale
from waglan.pages.losses import Bin, Mark, Spot, Unit, agreement, distribution, ticks, unit_of
from waglan.pages.markup import Text, same

TIP = Text("tip", "提示", "提示")
MILLION = Unit(10**8, Text("HK$ million", "百萬港元", "百万港元"))


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 9)), min_size=1, max_size=50))
def test_a_bar_for_each_filled_bin_and_the_tail_at_its_foot(counts: list[tuple[int, int]]) -> None:
    bins = [Bin(i * 10**8, (i + 1) * 10**8, rest + tail, tail, TIP) for i, (rest, tail) in enumerate(counts)]
    drawing = read(distribution(bins, [], [], MILLION, "caption"))
    (axis,) = of_class(drawing, "axis")
    floor = float(axis.get("y1", ""))
    assert len(of_class(drawing, "legit")) == sum(rest > 0 for rest, _ in counts)
    lit = of_class(drawing, "fraud")
    assert len(lit) == sum(tail > 0 for _, tail in counts)
    for bar in lit:
        assert float(bar.get("y", "")) + float(bar.get("height", "")) == pytest.approx(floor, abs=0.11)


def test_marks_and_the_tail_stand_at_their_losses() -> None:
    bins = [Bin(i * 10**8, (i + 1) * 10**8, 3, 1, TIP) for i in range(-9, 9)]
    marks = [Mark(same("ES"), -750_000_000, "alarm"), Mark(same("VaR"), -500_000_000, "cut")]
    drawing = read(distribution(bins, [(-800_000_000, TIP), (-760_000_000, TIP)], marks, MILLION, "caption"))
    x = Scale(-9 * 10**8, 9 * 10**8, LEFT, WIDTH - RIGHT)
    assert [float(e.get("x1", "")) for e in of_class(drawing, "alarm")] == [pytest.approx(x.at(-75e7), abs=0.06)]
    assert [float(e.get("x1", "")) for e in of_class(drawing, "cut")] == [pytest.approx(x.at(-50e7), abs=0.06)]
    dots = [float(e.get("cx", "")) for e in of_class(drawing, "tail-dot")]
    assert dots == [pytest.approx(x.at(-80e7), abs=0.06), pytest.approx(x.at(-76e7), abs=0.06)]


@given(st.lists(st.tuples(st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12)), min_size=1, max_size=30))
def test_every_scenario_is_a_dot_and_agreement_lies_on_the_line(pairs: list[tuple[int, int]]) -> None:
    spots = [Spot(full, greeks, i % 3 == 0, TIP if i % 2 else None) for i, (full, greeks) in enumerate(pairs)]
    drawing = read(agreement(spots, MILLION, "caption"))
    assert len(of_class(drawing, "scenario")) + len(of_class(drawing, "tail-dot")) == len(pairs)
    same_ = read(agreement([Spot(v, v, False, None) for v, _ in pairs], MILLION, "caption"))
    (ideal,) = of_class(same_, "ideal")
    x1, y1, x2, y2 = (float(ideal.get(name, "")) for name in ("x1", "y1", "x2", "y2"))
    for dot in of_class(same_, "scenario"):
        along = (float(dot.get("cx", "")) - x1) / (x2 - x1)
        assert float(dot.get("cy", "")) == pytest.approx(y1 + along * (y2 - y1), abs=0.2)


@pytest.mark.parametrize(
    ("largest", "minor", "words"),
    [(0, 100, "HK$"), (150_000, 100, "HK$"), (900_000, 10**5, "HK$ thousand"), (7 * 10**9, 10**8, "HK$ million")],
)
def test_an_axis_has_a_unit_that_gives_short_numbers(largest: int, minor: int, words: str) -> None:
    found = unit_of(-largest, 2, Text("HK$", "港元", "港元"))
    assert (found.minor, found.words.en) == (minor, words)


def test_ticks_have_decimals_only_where_they_need_them() -> None:
    assert [words.en for _, words in ticks(-2 * 10**8, 2 * 10**8, 4, MILLION)] == ["−2", "−1", "0", "1", "2"]
    assert [words.en for _, words in ticks(0, 10**8, 2, MILLION)] == ["0.0", "0.5", "1.0"]
