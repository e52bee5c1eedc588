"""Charts: what a drawing must say, and that the same data give the same bytes."""

import re
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waglan.pages.axes import Scale, decades, steps, unit
from waglan.pages.casework import Link, Spot, Vertex, bar, columns, network, timeline
from waglan.pages.charts import curve, histogram, reliability, stack
from waglan.pages.markup import Text, same

CUTS = [(Text("Review", "人手覆核", "人工复核"), 1_000_000), (Text("Decline", "拒絕", "拒绝"), 3_000_000)]
EDGES = tuple(range(-4_000_000, 6_000_001, 1_000_000))
LEGIT = (10, 500, 40_000, 3_000, 200, 40, 9, 2, 0, 0)
FRAUD = (0, 0, 1, 2, 3, 3, 5, 8, 4, 1)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]]]:
    n = draw(st.integers(1, 20))
    ends = st.integers(0, n - 1)
    return n, draw(st.lists(st.tuples(ends, ends), max_size=40))


def read(svg: str) -> Xml.Element:
    """The drawing as XML: every chart is well formed."""
    return Xml.fromstring(svg)  # noqa: S314 - our own drawing


def of_class(drawing: Xml.Element, name: str) -> list[Xml.Element]:
    return [element for element in drawing.iter() if name in (element.get("class") or "").split()]


def test_histogram_has_a_bar_for_each_filled_bin_on_its_own_side() -> None:
    drawing = read(histogram(EDGES, LEGIT, FRAUD, CUTS, "caption"))
    assert len(of_class(drawing, "legit")) == sum(count > 0 for count in LEGIT)
    assert len(of_class(drawing, "fraud")) == sum(count > 0 for count in FRAUD)
    (axis,) = of_class(drawing, "axis")
    middle = float(axis.get("y1", ""))
    for rect in of_class(drawing, "legit"):
        assert float(rect.get("y", "")) + float(rect.get("height", "")) == pytest.approx(middle, abs=0.11)
    assert all(float(rect.get("y", "")) == middle for rect in of_class(drawing, "fraud"))
    assert "40,000 genuine, 1 fraud" in "".join(drawing.itertext())


def test_cuts_stand_at_their_scores() -> None:
    drawing = read(histogram(EDGES, LEGIT, FRAUD, CUTS, "caption"))
    places = [float(line.get("x1", "")) for line in of_class(drawing, "cut")]
    x = Scale(EDGES[0], EDGES[-1], 50, 466)
    assert places == [pytest.approx(x.at(score), abs=0.06) for _, score in CUTS]


def test_an_empty_histogram_is_drawn() -> None:
    read(histogram((0, 1), (0,), (0,), [], "caption"))


def test_curve_lights_the_point_in_force() -> None:
    points = [(4_000_000, 7, 6), (3_000_000, 70, 40), (2_000_000, 700, 60)]
    drawing = read(curve(points, 7, 80, 1, "caption"))
    (lamp,) = of_class(drawing, "lamp")
    assert float(lamp.get("cx", "")) == pytest.approx(Scale(1, 100, 50, 466, log=True).at(10), abs=0.06)
    assert float(lamp.get("cy", "")) == pytest.approx(Scale(0, 1, 250, 16).at(40 / 70), abs=0.06)
    assert "10.0 alerts a day: 57.1% are fraud, 50.0% of fraud caught" in "".join(drawing.itertext())


def test_a_curve_without_alerts_is_drawn() -> None:
    read(curve([(0, 0, 0)], 7, 0, 0, "caption"))


def test_reliability_of_a_right_model_lies_on_the_line() -> None:
    drawing = read(reliability([(10_000, 1, 100), (100_000, 10, 100), (500_000, 50, 100), (900_000, 0, 0)], "caption"))
    (ideal,) = of_class(drawing, "ideal")
    x1, y1, x2, y2 = (float(ideal.get(name, "")) for name in ("x1", "y1", "x2", "y2"))
    dots = of_class(drawing, "bin")
    assert len(dots) == 3
    for dot in dots:
        along = (float(dot.get("cx", "")) - x1) / (x2 - x1)
        assert float(dot.get("cy", "")) == pytest.approx(y1 + along * (y2 - y1), abs=0.2)


def test_stack_is_as_long_as_its_whole() -> None:
    widths = [rect.get("width") for rect in read(stack([(1, "caught"), (3, "missed")], 4)).iter("rect")]
    assert widths == ["1000", "250", "750"]
    assert [rect.get("width") for rect in read(stack([(0, "caught")], 0)).iter("rect")] == ["1000", "0"]


@given(st.integers(-50, 50), st.integers(-50, 50), st.integers(0, 60))
def test_a_step_of_a_waterfall_spans_its_two_ends(start: int, stop: int, cut: int) -> None:
    drawing = read(bar(start * 10**6, stop * 10**6, -60 * 10**6, 60 * 10**6, "up", cut * 10**6))
    (rect,) = of_class(drawing, "up")
    assert float(rect.get("x", "")) == pytest.approx((min(start, stop) + 60) * 1000 / 120, abs=0.06)
    assert float(rect.get("width", "")) == pytest.approx(max(abs(stop - start) * 1000 / 120, 3), abs=0.06)


def test_timeline_marks_the_present_payment_once() -> None:
    spots = [Spot(10**18 + i * 10**14, 10**i, "fraud" if i == 4 else "", same(f"n{i}")) for i in range(8)]
    drawing = read(timeline(spots, Spot(10**18 + 10**15, 5_000_00, "", same("now")), "Asia/Hong_Kong", "HK$", "c"))
    assert len(of_class(drawing, "spot")) == 8
    assert len(of_class(drawing, "lamp")) == 1
    read(timeline([], Spot(10**18, 0, "", same("alone")), "Asia/Hong_Kong", "HK$", "c"))


def test_money_flows_to_the_right() -> None:
    assert columns(5, [(0, 1), (2, 1), (1, 3), (4, 0)]) == [[4], [0, 2], [1], [3]]


def test_what_no_link_reaches_stands_with_the_payer() -> None:
    assert columns(3, []) == [[0, 1, 2]]


@given(graphs())
def test_every_vertex_has_one_place_and_the_picture_is_the_same_twice(case: tuple[int, list[tuple[int, int]]]) -> None:
    n, ties = case
    placed = columns(n, ties)
    assert sorted(vertex for column in placed for vertex in column) == list(range(n))
    vertices = [Vertex(f"v{i}", "device" if i % 3 else "account", same(f"v{i}")) for i in range(n)]
    links = [Link(a, b, (a + b) % 2 * 1000, "paid", same("t")) for a, b in ties]
    drawing = network(vertices, links, "c")
    assert drawing == network(vertices, links, "c")
    assert len(of_class(read(drawing), "vertex")) == n


@pytest.mark.parametrize(("value", "text"), [(1.0, "1"), (1.25, "1.2"), (-0.01, "0"), (0.05, "0.1"), (100.0, "100")])
def test_unit(value: float, text: str) -> None:
    assert unit(value) == text


def test_ticks() -> None:
    assert steps(-12, 8, 8) == [-12, -10, -8, -6, -4, -2, 0, 2, 4, 6, 8]
    assert steps(0, 1, 8) == [0, 1]
    assert decades(0.001, 100) == [-3, -2, -1, 0, 1, 2]
    assert all(re.fullmatch(r"-?\d+(\.\d)?", unit(Scale(0, 7, 0, 480).at(i))) for i in range(8))
