"""Bars that stand in a table's row and stretch with it: a step of a waterfall, an amount from a line, a limit's gauge.

A thousand units long and as wide as the page makes them, so the names and numbers beside them are the table's own: they
line up, break and are read aloud as text.
"""

from collections.abc import Sequence
from typing import Final

from waglan.pages.axes import Scale, box, line
from waglan.pages.markup import Markup, tag

LONG: Final = 1000
HIGH: Final = 24


def rail(*drawn: Markup | None, class_: str = "rail-bar") -> Markup:
    """The frame of a row's bar."""
    return tag(
        "svg", *drawn, viewBox=f"0 0 {LONG} {HIGH}", preserveAspectRatio="none", class_=class_, aria_hidden="true"
    )


def step(start: int, stop: int, low: int, high: int, class_: str, on: bool = True) -> Markup:
    """One step of a waterfall, from where the last one ended to where this one ends, on a scale low..high.

    `on`: a hairline leads from its end to the next row.
    """
    x = Scale(low, high, 0, LONG)
    left, right = sorted((x.at(start), x.at(stop)))
    zero = line(x.at(0), 0, x.at(0), HIGH, "zero") if low <= 0 <= high else None
    lead = line(x.at(stop), 12, x.at(stop), HIGH, "lead") if on else None
    before = line(x.at(start), 0, x.at(start), 12, "lead") if start != stop and start else None
    return rail(zero, before, lead, box(left, 5, max(right - left, 2), 14, class_))


def signed(value: int, low: int, high: int, class_: str) -> Markup:
    """An amount as a bar from the line of nothing, to the left if below 0."""
    x = Scale(low, high, 0, LONG)
    left, right = sorted((x.at(0), x.at(value)))
    return rail(line(x.at(0), 0, x.at(0), HIGH, "zero"), box(left, 5, max(right - left, 2), 14, class_))


def gauge(value: int, soft: int | None, hard: int, waived: int | None, class_: str) -> Markup:
    """How much of a limit is used: the bar, the soft limit as a thin line, the hard one as a thick one.

    `waived`: the limit that stands instead for the time being, dashed. The rail ends a fifth beyond the hard limit, or
    where the value does; a limit of 0 has a rail that any use fills.
    """
    most = max(hard * 6 // 5, value, (waived or 0) * 21 // 20, 1)
    x = Scale(0, most, 0, LONG)
    ends: Sequence[Markup | None] = (
        line(x.at(soft), 2, x.at(soft), HIGH - 2, "soft") if soft is not None else None,
        line(x.at(hard), 0, x.at(hard), HIGH, "hard"),
        line(x.at(waived), 0, x.at(waived), HIGH, "waived") if waived is not None else None,
    )
    long = x.at(max(value, 0))
    return rail(box(0, 7, LONG, 10, "rail"), box(0, 7, long, 10, class_) if value > 0 else None, *ends)
