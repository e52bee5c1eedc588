"""Pictures of one decision: what made its score, what its payer did before, and who is linked with whom.

Drawn by rule and not by chance: a timeline by time and amount, a network in columns through which money flows to the
right, so the same case is the same picture in every run.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from waglan.pages.axes import LEFT, RIGHT, WIDTH, Scale, box, decades, dot, feet, line, picture, rows, unit, write
from waglan.pages.markup import Markup, Text, same, tag
from waglan.pages.numbers import count, day_brief

HEIGHT: Final = 280
FOOT: Final = 30
ROW: Final = 46
"""Units between two accounts of a column: a dot and two lines of letters."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One event on a timeline: when, how much (minor units), how it looks and what a pointer is told."""

    ts_ns: int
    amount_minor: int
    look: str
    tip: Text


@dataclass(frozen=True, slots=True)
class Vertex:
    """One account, card or device of a network; `label` is short, `look` a class."""

    label: str
    look: str
    tip: Text


@dataclass(frozen=True, slots=True)
class Link:
    """Money from one vertex to another (weight in minor units), or a device in use (weight 0), by their positions."""

    source: int
    target: int
    weight: int
    look: str
    tip: Text


def bar(start_micro: int, stop_micro: int, low_micro: int, high_micro: int, look: str, cut_micro: int | None) -> Markup:
    """One step of a waterfall: from where the last one ended to where this one ends, on a scale low..high.

    Stretched by the page to any width; `cut_micro` is a line through all steps.
    """
    scale = Scale(low_micro, high_micro, 0, 1000)
    left, right = sorted((scale.at(start_micro), scale.at(stop_micro)))
    lines = [("zero", 0)] if low_micro < 0 < high_micro else []
    if cut_micro is not None and low_micro <= cut_micro <= high_micro:
        lines.append(("cut", cut_micro))
    return tag(
        "svg",
        *(line(scale.at(value), 0, scale.at(value), 36, class_) for class_, value in lines),
        box(left, 11, max(right - left, 3), 14, look),
        viewBox="0 0 1000 36",
        preserveAspectRatio="none",
        class_="fall",
        aria_hidden="true",
    )


def timeline(spots: Sequence[Spot], now: Spot, zone: str, money_sign: str, labelled_by: str) -> Markup:
    """Earlier events by time and amount (by logarithm), the present one under a light; `money_sign` heads the axis."""
    top, floor = 18, HEIGHT - FOOT
    first = min([spot.ts_ns for spot in spots], default=now.ts_ns - 86_400_000_000_000)
    x = Scale(first, now.ts_ns, LEFT + 8, WIDTH - RIGHT - 26)
    amounts = [max(spot.amount_minor, 100) / 100 for spot in (*spots, now)]
    low, high = 10.0 ** math.floor(math.log10(min(amounts))), 10.0 ** math.ceil(math.log10(max(amounts)) + 0.001)
    y = Scale(low, high, floor - 6, top, log=True)
    at, height = x.at(now.ts_ns), y.at(now.amount_minor / 100)
    beam = f"M{unit(at)} {unit(top - 12)}L{unit(at - 11)} {unit(floor)}L{unit(at + 11)} {unit(floor)}Z"
    return picture(
        HEIGHT,
        labelled_by,
        rows(y, [(10.0**power, count(10**power)) for power in decades(low, high)]),
        feet(x, [(ts, day_brief(ts, zone)) for ts in _days(first, now.ts_ns)], floor),
        tag("path", d=beam, class_="light"),
        write(money_sign, LEFT - 7, 5, "tick", "end"),
        *(
            dot(x.at(s.ts_ns), y.at(s.amount_minor / 100), 4, f"spot {s.look}".rstrip(), tag("title", s.tip))
            for s in spots
        ),
        tag("g", tag("title", now.tip), dot(at, height, 11, "halo"), dot(at, height, 5, "lamp")),
    )


def network(vertices: Sequence[Vertex], links: Sequence[Link], labelled_by: str) -> Markup:
    """Accounts in columns, money to the right; vertex 0 is the payer of the case. See `columns` for the layout."""
    assert vertices, "a network has at least its payer"
    placed = columns(len(vertices), [(link.source, link.target) for link in links])
    tallest = max(map(len, placed))
    height = max(HEIGHT, ROW * tallest + 24)
    across = Scale(0, len(placed) - 1, 46, WIDTH - 46)
    spots: dict[int, tuple[float, float]] = {}
    for i, column in enumerate(placed):
        step = min((height - 20) / len(column), 76)
        for j, vertex in enumerate(column):
            spots[vertex] = (
                across.at(i),
                height / 2 + (j - (len(column) - 1) / 2) * step - 6,
            )
    most = max([link.weight for link in links], default=1)
    return picture(
        height,
        labelled_by,
        *(_link(link, spots[link.source], spots[link.target], most) for link in links),
        *(_vertex(vertex, *spots[i], first=i == 0) for i, vertex in enumerate(vertices)),
    )


def columns(count_of: int, links: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Vertices 0..n-1 by column: breadth first from vertex 0, one column right along a link and one left against it.

    What no link reaches stands in vertex 0's column. Within a column vertices follow the mean place of their neighbours
    (four sweeps), ties by number. Deterministic; O(vertices x links).
    """
    level = {0: 0}
    frontier = [0]
    while frontier:
        reached = []
        for source, target in links:
            for known, fresh, step in ((source, target, 1), (target, source, -1)):
                if known in frontier and fresh not in level and fresh not in reached:
                    level[fresh] = level[known] + step
                    reached.append(fresh)
        frontier = reached
    levels = [level.get(vertex, 0) for vertex in range(count_of)]
    placed = [[v for v in range(count_of) if levels[v] == at] for at in sorted(set(levels))]
    for _ in range(4):
        place = {v: j - (len(column) - 1) / 2 for column in placed for j, v in enumerate(column)}
        placed = [sorted(column, key=lambda v: (_mean_place(v, links, place), v)) for column in placed]
    return placed


def _mean_place(vertex: int, links: Sequence[tuple[int, int]], place: dict[int, float]) -> float:
    near = [place[b if a == vertex else a] for a, b in links if vertex in (a, b)]
    return sum(near) / len(near) if near else place[vertex]


def _days(first_ns: int, last_ns: int) -> list[int]:
    """Three times for the feet of a timeline; one if there is no time between."""
    if last_ns <= first_ns:
        return [last_ns]
    return [first_ns + (last_ns - first_ns) * i // 3 for i in range(3)] + [last_ns]


def _link(link: Link, start: tuple[float, float], stop: tuple[float, float], most: int) -> Markup:
    (x1, y1), (x2, y2) = start, stop
    side = 1 if x2 >= x1 else -1
    bulge = (x2 - x1) / 2 if x1 != x2 else 44.0
    into = x2 - bulge if x1 != x2 else x2 + bulge
    bent = f"M{unit(x1)} {unit(y1)}C{unit(x1 + bulge)} {unit(y1)} {unit(into)} {unit(y2)}"
    tip = x2 - 12 * side if x1 != x2 else x2 + 10
    width = 1.2 + (3.8 * math.log10(1 + link.weight) / math.log10(1 + most) if link.weight else 0)
    head = None
    if link.weight:
        back = -side if x1 != x2 else 1
        points = [(tip, y2), (tip + 7 * back, y2 - 4.5), (tip + 7 * back, y2 + 4.5)]
        head = tag("polygon", points=" ".join(f"{unit(x)},{unit(y)}" for x, y in points))
    return tag(
        "g",
        tag("title", link.tip),
        tag("path", d=f"{bent} {unit(tip)} {unit(y2)}", stroke_width=unit(width)),
        tag("path", d=f"{bent} {unit(tip)} {unit(y2)}", class_="hit"),
        head,
        class_=f"link {link.look}",
    )


def _vertex(vertex: Vertex, x: float, y: float, first: bool) -> Markup:
    halo = dot(x, y, 15, "halo") if first else None
    device = "device" in vertex.look
    shape = box(x - 7, y - 7, 14, 14, "body") if device else dot(x, y, 9, "body")
    return tag(
        "g",
        tag("title", vertex.tip),
        halo,
        shape,
        write(same(vertex.label), x, y + 24, "name"),
        class_=f"vertex {vertex.look}",
    )
