"""Charts of many decisions: how scores lie, what more alerts would bring, and whether a stated chance comes true.

Pure functions from whole numbers to SVG. Counts are drawn by their logarithm: of a thousand payments one is fraud, and
a linear bar for it would be a fifth of a pixel.
"""

import math
from collections.abc import Sequence
from typing import Final

from waglan.pages.axes import (
    LEFT,
    RIGHT,
    WIDTH,
    Scale,
    box,
    decades,
    dot,
    feet,
    line,
    path,
    picture,
    rows,
    steps,
    write,
)
from waglan.pages.markup import Markup, Text, join, tag
from waglan.pages.numbers import count, decimal, quotient, share
from waglan.pages.words import say
from waglan.schema.units import MICRO

HEIGHT: Final = 290
FOOT: Final = 40


def histogram(
    edges_micro: Sequence[int],
    legit: Sequence[int],
    fraud: Sequence[int],
    cuts: Sequence[tuple[Text, int]],
    labelled_by: str,
) -> Markup:
    """Genuine payments above the line and fraud below it, by score; the cuts of the ladder as lines.

    edges_micro: n + 1 rising scores in millionths; legit, fraud: n counts. A cut outside the edges stands at the end.
    """
    assert len(edges_micro) == len(legit) + 1 == len(fraud) + 1, "n bins have n + 1 edges"
    top, floor = 14 + 15 * len(cuts), HEIGHT - FOOT
    x = Scale(edges_micro[0], edges_micro[-1], LEFT, WIDTH - RIGHT)
    above, below = _reach(legit), _reach(fraud)
    middle = top + (floor - top) * above / (above + below)
    scale = (floor - top) / (above + below)
    bars = []
    for i, (genuine, frauds) in enumerate(zip(legit, fraud, strict=True)):
        left, right = x.at(edges_micro[i]), x.at(edges_micro[i + 1])
        up, down = math.log10(1 + genuine) * scale, math.log10(1 + frauds) * scale
        tip = _bin_tip(edges_micro[i], edges_micro[i + 1], genuine, frauds)
        wide = max(right - left - 1, 0.5)
        shown = (
            box(left, middle - up, wide, up, "legit") if genuine else None,
            box(left, middle, wide, down, "fraud") if frauds else None,
            box(left, top, right - left, floor - top, "hit"),
        )
        bars.append(tag("g", tag("title", tip), *shown))
    least = edges_micro[0] // MICRO
    ticks = steps(least, max(edges_micro[-1] // MICRO, least + 1), 8)
    return picture(
        HEIGHT,
        labelled_by,
        *_count_rows(middle, scale, above, below),
        *bars,
        line(LEFT, middle, WIDTH - RIGHT, middle, "axis"),
        *(_cut(text, x.at(value), 10 + 15 * i, floor) for i, (text, value) in enumerate(cuts)),
        feet(x, [(value * MICRO, count(value)) for value in ticks], floor),
        write(say("charts.score_axis"), WIDTH - RIGHT, HEIGHT - 4, "tick", "end"),
    )


def curve(points: Sequence[tuple[int, int, int]], days: int, frauds: int, mark: int, labelled_by: str) -> Markup:
    """Precision and share of fraud caught against alerts a day, with the operating point lit.

    points: (cut, alerts, caught) with rising alerts over all `days`; frauds: all there were; mark: the point in force.
    """
    assert 0 <= mark < len(points), f"one point of a curve is in force, was {mark} of {len(points)}"
    top, floor = 16, HEIGHT - FOOT
    low, high = max(points[0][1], 1) / days, max(points[-1][1], 2) / days
    x = Scale(low, high, LEFT, WIDTH - RIGHT, log=True)
    y = Scale(0, 1, floor, top)
    seen = [point for point in points if point[1] > 0]
    precision = [(x.at(alerts / days), y.at(caught / alerts)) for _, alerts, caught in seen]
    recall = [(x.at(alerts / days), y.at(caught / frauds if frauds else 0)) for _, alerts, caught in seen]
    _, alerts, caught = points[mark]
    at, height = x.at(alerts / days), y.at(caught / alerts if alerts else 0)
    marks = [
        tag("g", tag("title", _curve_tip(point, days, frauds)), dot(px, py, 9, "hit"))
        for point, (px, py) in zip(seen, precision, strict=True)
    ]
    return picture(
        HEIGHT,
        labelled_by,
        rows(y, [(value / 4, share(value, 4, 0)) for value in range(5)]),
        feet(x, [(10.0**power, _power(power)) for power in decades(low, high)], floor),
        tag("path", d=path(recall), class_="recall") if len(recall) > 1 else None,
        tag("path", d=path(precision), class_="precision") if len(precision) > 1 else None,
        tag("path", d=path([(at, floor), (at, height), (LEFT, height)]), class_="beam"),
        *marks,
        tag(
            "g",
            tag("title", _curve_tip(points[mark], days, frauds)),
            dot(at, height, 11, "halo"),
            dot(at, height, 4.5, "lamp"),
        ),
        write(say("charts.per_day"), WIDTH - RIGHT, HEIGHT - 4, "tick", "end"),
    )


def reliability(bins: Sequence[tuple[int, int, int]], labelled_by: str) -> Markup:
    """Stated chance against what happened, both by logarithm.

    bins: (mean stated chance in millionths, frauds, payments). A bin without fraud lies hollow on the floor.
    """
    top, floor = 16, HEIGHT - FOOT
    filled = [(stated, frauds, decided) for stated, frauds, decided in bins if decided]
    chances = [max(stated, 1) / MICRO for stated, _, _ in filled] + [f / n for _, f, n in filled if f]
    least = 10.0 ** math.floor(math.log10(min([*chances, 0.1])))
    x, y = Scale(least, 1, LEFT, WIDTH - RIGHT, log=True), Scale(least, 1, floor, top, log=True)
    most = max([n for _, _, n in filled], default=1)
    dots = []
    for stated, frauds, decided in filled:
        tip = say(
            "tip.reliability",
            stated=share(stated, MICRO, 2),
            happened=share(frauds, decided, 2),
            frauds=count(frauds),
            decided=count(decided),
        )
        radius = 3 + 6 * math.log10(1 + decided) / math.log10(1 + most)
        class_ = "bin" if frauds else "bin hollow"
        place = (x.at(stated / MICRO), y.at(frauds / decided))
        dots.append(dot(*place, radius, class_, tag("title", tip)))
    ticks = [(10.0**power, _percent(power)) for power in decades(least, 1)]
    return picture(
        HEIGHT,
        labelled_by,
        rows(y, ticks),
        feet(x, ticks, floor),
        line(x.at(least), y.at(least), x.at(1), y.at(1), "ideal"),
        *dots,
        write(say("charts.stated"), WIDTH - RIGHT, HEIGHT - 4, "tick", "end"),
        write(say("charts.happened"), LEFT + 6, top + 10, "tick", "start"),
    )


def stack(parts: Sequence[tuple[int, str]], total: int) -> Markup:
    """One bar of several parts, 1,000 units long: (amount, class) from the left; total 0 is an empty bar."""
    at, drawn = 0, []
    for amount, class_ in parts:
        width = 1000 * amount // total if total else 0
        drawn.append(tag("rect", x=at, y=0, width=width, height=10, class_=class_))
        at += width
    return tag(
        "svg",
        tag("rect", x=0, y=0, width=1000, height=10, class_="rail"),
        *drawn,
        viewBox="0 0 1000 10",
        preserveAspectRatio="none",
        class_="stack",
        aria_hidden="true",
    )


def _reach(counts: Sequence[int]) -> float:
    """How far up the largest count stands, in decades; never nothing, so that an empty side keeps its place."""
    return max(math.log10(1 + max(counts, default=0)) * 1.04, 0.5)


def _count_rows(middle: float, scale: float, above: float, below: float) -> list[Markup]:
    drawn = []
    for sign, reach in ((-1, above), (1, below)):
        for power in range(7):
            height = math.log10(1 + 10**power)
            if height > reach or (power == 0 and reach > 2):
                continue
            y = middle + sign * height * scale
            drawn.append(line(LEFT, y, WIDTH - RIGHT, y, "grid"))
            drawn.append(write(count(10**power), LEFT - 7, y + 4, "tick", "end"))
    return drawn


def _cut(text: Text, x: float, y: float, floor: float) -> Markup:
    """A cut's line with its verb at the top, on the side that has room."""
    late = x > WIDTH - 110
    anchor, shift = ("end", -5) if late else ("start", 5)
    return join(line(x, y - 8, x, floor, "cut"), write(text, x + shift, y, "cut-name", anchor))


def _bin_tip(low: int, high: int, genuine: int, frauds: int) -> Text:
    return say("tip.bin", low=decimal(low), high=decimal(high), legit=count(genuine), fraud=count(frauds))


def _curve_tip(point: tuple[int, int, int], days: int, frauds: int) -> Text:
    _, alerts, caught = point
    return say(
        "tip.curve", alerts=quotient(alerts, days), precision=share(caught, alerts), recall=share(caught, frauds)
    )


def _power(power: int) -> Text:
    return count(10**power) if power >= 0 else decimal(10 ** (6 + power), MICRO, -power)


def _percent(power: int) -> Text:
    digits = max(0, -power - 2)
    return share(10 ** (6 + power), MICRO, digits)
