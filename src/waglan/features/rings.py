"""A ring: the events that features which see the same past have in common, what hangs on it, and its rows.

Each key of a ring has a head of fixed words - the ends of its windows, queues, tables of different values - and a block
of entries, one an event that entered: its time, running sums, links to the entry before of the same value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from waglan.features.meaning import Window
from waglan.features.program import Ground, Program
from waglan.kernels import distinct, layout, queues
from waglan.schema.recipe import Feature
from waglan.schema.units import MICRO

TAKES: Final = {
    "count": layout.TAKE_COUNT, "sum": layout.TAKE_SUM, "mean": layout.TAKE_MEAN, "rate": layout.TAKE_RATE,
    "std": layout.TAKE_STD, "min": layout.TAKE_EXTREME, "max": layout.TAKE_EXTREME, "last": layout.TAKE_LAG,
    "lag": layout.TAKE_LAG, "distinct": layout.TAKE_DISTINCT,
}  # fmt: skip
"""The kernel's number of a take; `time_since` has two, by its `of`."""

Places = Mapping[str, Mapping[object, int]]
"""Part of a head -> what it is kept for -> its first word."""


@dataclass(slots=True)
class Ring:
    """A ring being put together: the kind and key that enter, on which conditions, and what hangs on it.

    `slots`: value columns with a running sum, true with squares too; `hashes`: columns whose different values are
    counted, true for all time; `carried`: sums over all time; `views`: the keys that look it up, with their features.
    """

    kind: int
    key: int
    where: tuple[tuple[str, int], ...]
    slots: dict[str, bool] = field(default_factory=dict)
    hashes: dict[str, bool] = field(default_factory=dict)
    windows: dict[Window, int] = field(default_factory=dict)
    queues: dict[tuple[Window, str, int], int] = field(default_factory=dict)
    counts: dict[tuple[Window, str], int] = field(default_factory=dict)
    carried: set[str] = field(default_factory=set)
    views: dict[int, list[tuple[Window, Feature, int]]] = field(default_factory=dict)
    first: bool = False


def hang(ring: Ring, feature: Feature, window: Window, value: str | None) -> None:
    """What a feature needs of its ring: a running sum, squares, a queue, links, the first time."""
    forever = not window.span_ns and not window.events
    if feature.take == "time_since":
        ring.first = ring.first or (forever and feature.of == "first")
    elif feature.take == "distinct":
        assert value is not None
        ring.hashes[value] = ring.hashes.get(value, False) or forever
        ring.counts.setdefault((window, value), len(ring.counts))
    elif value is not None:
        ring.slots[value] = ring.slots.get(value, False) or feature.take == "std"
        if feature.take in ("min", "max"):
            ring.queues.setdefault((window, value, 1 if feature.take == "min" else -1), len(ring.queues))
        if forever and feature.take in ("sum", "mean", "rate"):
            ring.carried.add(value)


def entry_places(ring: Ring) -> tuple[dict[str, int], dict[str, int], int]:
    """Where the sums and the links lie in an entry behind its time, and how many words it has.

    A value column has one word, and two more for squares; a column of different values has one link.
    """
    at, slots, links = 1, {}, {}
    for name, squares in ring.slots.items():
        slots[name] = at
        at += 3 if squares else 1
    for name in ring.hashes:
        links[name] = at
        at += 1
    return slots, links, at


def entry_words(ring: Ring) -> int:
    """Words of an entry."""
    return entry_places(ring)[2]


def head_places(ring: Ring) -> tuple[Places, int]:
    """Where everything lies in a head, and how many words of it are used."""
    at = layout.HEAD_FIXED
    places: dict[str, dict[object, int]] = {}
    parts: tuple[tuple[str, Sequence[object], int], ...] = (
        ("low", [window for window in ring.windows if window.span_ns], 1),
        ("high", sorted({window.delay_ns for window in ring.windows if window.delay_ns}), 1),
        ("first", [0] if ring.first else [], 1),
        ("carry", sorted(ring.carried), 1),
        ("queue", list(ring.queues), queues.QUEUE_WORDS),
        ("hash", list(ring.hashes), distinct.HASH_WORDS),
        ("count", list(ring.counts), distinct.COUNT_WORDS),
    )
    for name, wanted, words in parts:
        places[name] = {item: at + i * words for i, item in enumerate(wanted)}
        at += len(wanted) * words
    return places, at


def head_words(ring: Ring) -> int:
    """Words of a head: whole cache lines."""
    return (head_places(ring)[1] + 7) & ~7


def lay_rings(
    program: Program, ground: Ground, rings: Sequence[Ring], index: Mapping[str, int], checked: Mapping[str, int]
) -> None:
    """The rows of the rings, side by side, and behind them what hangs on each.

    `index` gives a column's place in an event, `checked` that of its value once its size has been checked.
    """
    start = program.section(layout.H_RING0, [()] * len(rings))
    for table, ring in enumerate(rings):
        lay_hung(program, ground, ring, start + table, index, checked)
        lay_ring(program, ground, ring, start + table, table)


def lay_ring(program: Program, ground: Ground, ring: Ring, row: int, table: int) -> None:
    """The ring's own row, but for the ranges of what hangs on it. `table` is the number of its table of heads."""
    words, width, places = program.rows[row], entry_words(ring), head_places(ring)[0]
    words[layout.R_KIND], words[layout.R_KEY] = ring.kind, program.header[layout.H_KEY0] + ring.key
    words[layout.R_TABLE], words[layout.R_HEAD] = table, head_words(ring)
    words[layout.R_ENTRY], words[layout.R_CLASS] = width, ground.size_class(width)
    factor = 3 + 4 * len(ring.queues)
    words[layout.R_STRUCT] = ground.struct(((width << layout.RING_LOG) + 7) & ~7, factor)
    words[layout.R_RESERVE] = factor
    words[layout.R_EXTRA] = 3 * width + 16 * len(ring.queues) + 24 * len(ring.hashes)
    own = list(ring.views).index(ring.key) + 1 if ring.key in ring.views else 0
    words[layout.R_OWN], words[layout.R_PLAIN] = own, int(ring.kind == 0 and own == len(ring.views) == 1)
    words[layout.R_LIGHT] = int(not ring.hashes and not ring.carried and not any(ring.slots.values()))
    spots = [*places["low"].values(), *places["high"].values()]
    words[layout.R_SPOT0], words[layout.R_SPOT1] = (min(spots), max(spots) + 1) if spots else (0, 0)
    words[layout.R_FIRST] = places["first"].get(0, 0)


def lay_hung(
    program: Program, ground: Ground, ring: Ring, row: int, index: Mapping[str, int], checked: Mapping[str, int]
) -> None:
    """What hangs on the ring of `row`: conditions, sums, tables, windows, queues, counts and the cells of its views."""
    places, (slots, links, _) = head_places(ring)[0], entry_places(ring)
    carry, small = places["carry"], ground.size_class(2)
    program.section(layout.R_WHERE0, [(index[name], value) for name, value in ring.where], row)
    program.section(layout.R_SLOT0, [
        (index[n], slots[n], int(squares), carry.get(n, 0), checked[n]) for n, squares in ring.slots.items()
    ], row)  # fmt: skip
    program.section(layout.R_HASH0, [
        (index[n], links[n], places["hash"][n], int(keep), small, ground.struct(16, 2))
        for n, keep in ring.hashes.items()
    ], row)  # fmt: skip
    # By delay, so that a run moves the ends of windows of one delay once; moved twice, they would start where it ended.
    ordered = sorted(ring.windows, key=lambda window: window.delay_ns)
    window0 = program.section(layout.R_WINDOW0, [window_row(ring, window, places) for window in ordered], row)
    windows = {window: window0 + i for i, window in enumerate(ordered)}
    queue0 = program.section(layout.R_QUEUE0, [
        (windows[key[0]], slots[key[1]], key[2], places["queue"][key], small) for key in ring.queues
    ], row)  # fmt: skip
    count0 = program.section(
        layout.R_DISTINCT0, [(windows[key[0]], links[key[1]], places["count"][key]) for key in ring.counts], row
    )
    lay_views(program, ring, row, windows, queue0, count0)


def lay_views(program: Program, ring: Ring, row: int, windows: Mapping[Window, int], queue0: int, count0: int) -> None:
    """The cells of each view, those of one window side by side, and behind them the views."""
    slots, places = entry_places(ring)[0], head_places(ring)[0]
    key0, views = program.header[layout.H_KEY0], []
    for key, wanted in ring.views.items():
        stateful: dict[int, int] = {}
        cell0 = len(program.rows)
        for window, feature, out in sorted(wanted, key=lambda item: (windows[item[0]], item[2])):
            take, detail = take_of(feature), cell_detail(ring, feature, window, queue0, count0, places)
            if take in (layout.TAKE_EXTREME, layout.TAKE_DISTINCT) and stateful.setdefault(detail, out) != out:
                take, detail = layout.TAKE_SAME, stateful[detail]  # a queue or a count moves once an event
            value, bounded = str(feature.of), window.span_ns or window.events
            wraps = 0 if bounded else places["carry"].get(value, 0)
            program.add(take, windows[window], slots.get(value, 0), out, detail, wraps)
        group(program.rows[cell0:], cell0, program.rows)
        views.append((key0 + key, cell0, len(program.rows)))
    program.section(layout.R_VIEW0, views, row)


def group(cells: list[list[int]], first: int, rows: list[list[int]]) -> None:
    """Tell the first cell of each window where its last is, and what a quick loop over them needs."""
    for _, same in groupby(range(len(cells)), key=lambda i: cells[i][layout.C_WINDOW]):
        places = list(same)
        head, wanted = cells[places[0]], [cells[i] for i in places]
        head[layout.C_AFTER] = first + places[-1] + 1
        counts = [cell for cell in wanted if cell[layout.C_TAKE] == layout.TAKE_COUNT]
        parts = [cell for cell in wanted if cell[layout.C_TAKE] in (layout.TAKE_MEAN, layout.TAKE_RATE)]
        by_time = rows[head[layout.C_WINDOW]][layout.W_MODE] == layout.BY_TIME
        if by_time and len(wanted) == len(counts) + len(parts) and max(len(counts), len(parts)) == 1:
            rate = bool(parts) and parts[0][layout.C_TAKE] == layout.TAKE_RATE
            head[layout.C_QUICK], head[layout.C_FACTOR] = 1, MICRO if rate else 1
            head[layout.C_COUNTED] = counts[0][layout.C_OUT] if counts else -1
            head[layout.C_DIVIDED] = parts[0][layout.C_OUT] if parts else -1
            head[layout.C_DIVIDED_WORD] = parts[0][layout.C_WORD] if parts else 0


def take_of(feature: Feature) -> int:
    """The kernel's number of a take."""
    if feature.take == "time_since":
        return layout.TAKE_SINCE_LAST if feature.of == "last" else layout.TAKE_SINCE_FIRST
    return TAKES[feature.take]


def cell_detail(ring: Ring, feature: Feature, window: Window, queue0: int, count0: int, places: Places) -> int:
    """The row of a cell's queue or count, how far it goes back, or where the first time lies."""
    value = str(feature.of)
    if feature.take in ("min", "max"):
        return queue0 + ring.queues[window, value, 1 if feature.take == "min" else -1]
    if feature.take == "distinct":
        return count0 + ring.counts[window, value]
    if feature.take in ("last", "lag"):
        return feature.lag if feature.take == "lag" else 1
    return places["first"].get(0, 0)


def window_row(ring: Ring, window: Window, places: Places) -> tuple[int, ...]:
    """The kernel's words for one window."""
    mode = layout.BY_TIME if window.span_ns else layout.BY_COUNT if window.events else layout.FOR_EVER
    reach = [
        feature.lag if feature.take == "lag" else int(feature.take == "last")
        for wanted in ring.views.values() for seen, feature, _ in wanted if seen == window
    ]  # fmt: skip
    keep = window.events if window.events else max(reach)
    low, high = places["low"].get(window, 0), places["high"].get(window.delay_ns, 0)
    bounded = int(mode != layout.FOR_EVER)
    return mode, window.span_ns, window.delay_ns, window.events, int(window.present), low, high, keep, bounded
