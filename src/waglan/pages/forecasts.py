"""P&L against what was forecast, day by day: the chart in which a risk model is seen to be right or wrong.

Drawn across the whole page. Twenty years have more days than a page has pixels, so neighbouring days share a stroke
from the least to the largest of their P&Ls; what is an exception is a mark of its own at its own day, and never lost.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Final, NamedTuple

from waglan.pages.axes import Scale, box, dot, line, path, unit, write
from waglan.pages.losses import Unit, ticks
from waglan.pages.markup import Markup, Text, tag
from waglan.pages.words import say

WIDE: Final = 1040
"""Units of a chart as wide as the page, where a unit is a pixel on a desk's screen."""
LEFT: Final = 58
RIGHT: Final = 14
TOP: Final = 20
STRIP: Final = 9
"""Height of the strip of lights under the floor."""
STROKES: Final = 480
"""Strokes at most: two units each."""


class Day(NamedTuple):
    """One day: P&L, VaR and ES (losses positive) in minor units, None where there is none; the zone of the light."""

    ts_ns: int
    pnl: int | None
    var: int | None
    es: int | None
    exception: bool
    zone: str


class Foot(NamedTuple):
    """A tick of the time axis: the place of its day among the days, and its words."""

    day: int
    words: Text


def forecasts(
    days: Sequence[Day], tips: Sequence[Text], feet: Sequence[Foot], amount: Unit, labelled_by: str, height: int = 300
) -> Markup:
    """P&L as strokes, -VaR and -ES as lines, exceptions as marks, the rolling traffic light as a strip below.

    tips: one for each exception, in order. Days lie at equal distances, as they were traded.
    """
    assert days, "a chart of days has at least one"
    hits = [i for i, day in enumerate(days) if day.exception]
    assert len(hits) == len(tips), f"a tip for each of {len(hits)} exceptions, were {len(tips)}"
    floor = height - 40
    low, high = _reach(days)
    x = Scale(-0.5, len(days) - 0.5, LEFT, WIDE - RIGHT)
    y = Scale(low, high, floor, TOP)
    return tag(
        "svg",
        *(_row(value, words, y) for value, words in ticks(low, high, 6, amount)),
        tag("path", d=_strokes(days, x, y), class_="pnl"),
        line(LEFT, y.at(0), WIDE - RIGHT, y.at(0), "axis"),
        _line([d.es for d in days], x, y, "es-line"),
        _line([d.var for d in days], x, y, "var-line"),
        *(_hit(x.at(i), y.at(days[i].pnl or 0), tip) for i, tip in zip(hits, tips, strict=True)),
        *_lights(days, x, floor),
        *(write(foot.words, x.at(foot.day), floor + STRIP + 20, "tick") for foot in feet),
        write(say("risk.axis_day", unit=amount.words), LEFT + 6, TOP - 8, "tick", "start"),
        viewBox=f"0 0 {WIDE} {height}",
        role="img",
        aria_labelledby=labelled_by,
        class_="chart",
    )


def _reach(days: Sequence[Day]) -> tuple[int, int]:
    values = [0, *(d.pnl for d in days if d.pnl is not None)]
    values += [-loss for d in days for loss in (d.var, d.es) if loss is not None]
    low, high = min(values), max(values)
    room = max((high - low) // 40, 1)
    return low - room, high + room


def _row(value: int, words: Text, y: Scale) -> Markup:
    return tag("g", line(LEFT, y.at(value), WIDE - RIGHT, y.at(value), "grid"),
               write(words, LEFT - 7, y.at(value) + 4, "tick", "end"))  # fmt: skip


def spans(days: int, most: int = STROKES) -> list[range]:
    """The days in at most so many neighbouring groups of the same size, the last perhaps smaller."""
    size = -(-days // most)
    return [range(start, min(start + size, days)) for start in range(0, days, size)]


def _strokes(days: Sequence[Day], x: Scale, y: Scale) -> str:
    """From the least to the largest P&L of a group; a day that stands alone from 0."""
    drawn = []
    for span in spans(len(days)):
        values = [pnl for i in span if (pnl := days[i].pnl) is not None]
        if not values:
            continue
        values += [0] if len(span) == 1 else []
        at = unit((x.at(span[0]) + x.at(span[-1])) / 2)
        drawn.append(f"M{at} {unit(y.at(min(values)))}V{unit(y.at(max(values)))}")
    return "".join(drawn)


def _line(values: Sequence[int | None], x: Scale, y: Scale, class_: str) -> Markup | None:
    """A loss that was forecast, as a line below 0: of neighbouring days the middle one."""
    places = {0, len(values) - 1, *(span[len(span) // 2] for span in spans(len(values)))}
    found = [(x.at(i), y.at(-loss)) for i in sorted(places) if (loss := values[i]) is not None]
    return tag("path", d=path(found), class_=class_) if found else None


def _hit(x: float, y: float, tip: Text) -> Markup:
    return tag("g", tag("title", tip), dot(x, y, 3.2, "exception"), dot(x, y, 8, "hit"))


def _lights(days: Sequence[Day], x: Scale, floor: float) -> list[Markup]:
    """A strip in the colours of the light; where no year has passed yet, none."""
    drawn, at = [], 0
    for zone, group in groupby(day.zone for day in days):
        long = len(list(group))
        left, right = x.at(at - 0.5), x.at(at + long - 0.5)
        if zone:
            drawn.append(
                box(left, floor + 6, right - left, STRIP, f"zone-{zone}", tag("title", say(f"risk.zone_{zone}")))
            )
        at += long
    return drawn
