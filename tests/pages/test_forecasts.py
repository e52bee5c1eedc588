"""P&L against what was forecast: no exception is lost, however many days share a stroke."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pages.test_charts import of_class, read
from waglan.pages.forecasts import STROKES, Day, Foot, forecasts, spans
from waglan.pages.losses import Unit
from waglan.pages.markup import Text, same

TIP = Text("tip", "提示", "提示")
UNIT = Unit(100, same("HK$"))
DAY_NS = 86_400_000_000_000


def day(i: int, pnl: int | None, var: int | None = 1_000, zone: str = "green") -> Day:
    hit = pnl is None or var is None or pnl < -var
    return Day(i * DAY_NS, pnl, var, None if var is None else var * 5 // 4, hit, zone)


@given(st.integers(1, 3_000))
def test_groups_cover_every_day_once(days: int) -> None:
    groups = spans(days)
    assert [i for group in groups for i in group] == list(range(days))
    assert len(groups) <= STROKES


@given(st.lists(st.integers(-3_000, 3_000), min_size=1, max_size=700))
def test_every_exception_is_a_mark_at_its_loss(pnl: list[int]) -> None:
    days = [day(i, value) for i, value in enumerate(pnl)]
    hits = [d for d in days if d.exception]
    drawing = read(forecasts(days, [TIP] * len(hits), [Foot(0, same("2004"))], UNIT, "caption"))
    marks = of_class(drawing, "exception")
    assert len(marks) == len(hits)
    order = sorted(range(len(hits)), key=lambda i: hits[i].pnl or 0)
    heights = [float(marks[i].get("cy", "")) for i in order]
    assert heights == sorted(heights, reverse=True), "the larger the loss, the lower its mark"
    assert len(re.findall("M", of_class(drawing, "pnl")[0].get("d", ""))) == len(spans(len(days)))


def test_a_day_without_numbers_is_an_exception_and_no_stroke() -> None:
    days = [day(0, 5), day(1, None), day(2, 7, None), day(3, -2_000)]
    drawing = read(forecasts(days, [TIP] * 3, [], UNIT, "caption"))
    assert len(of_class(drawing, "exception")) == 3
    assert of_class(drawing, "pnl")[0].get("d", "").count("M") == 3
    with pytest.raises(AssertionError, match="a tip for each of 3 exceptions, were 1"):
        forecasts(days, [TIP], [], UNIT, "caption")


def test_the_strip_has_a_stretch_for_each_change_of_the_light() -> None:
    zones = ["green"] * 5 + ["yellow"] * 2 + ["red"] + ["green"] * 4
    drawing = read(forecasts([day(i, 1, zone=zone) for i, zone in enumerate(zones)], [], [], UNIT, "caption"))
    strips = [e for e in drawing.iter("rect") if (e.get("class") or "").startswith("zone-")]
    assert [e.get("class") for e in strips] == ["zone-green", "zone-yellow", "zone-red", "zone-green"]
    widths = [float(e.get("width", "")) for e in strips]
    assert widths == pytest.approx([sum(widths) * n / 12 for n in (5, 2, 1, 4)], abs=0.2)
