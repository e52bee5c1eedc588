"""Charts of what a book of positions may lose: its scenarios as a distribution, and twice as priced.

Pure functions from whole minor units to SVG, in the frame of `axes`. Losses lie to the left, as a loss is a negative
P&L. The tail is not drawn as a share of a curve but as the very scenarios that it consists of: whoever points at one is
told which it is.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from waglan.pages.axes import LEFT, RIGHT, WIDTH, Scale, box, dot, feet, line, picture, rows, steps, write
from waglan.pages.markup import Markup, Text, join, tag
from waglan.pages.numbers import count, decimal
from waglan.pages.words import say

HEIGHT: Final = 290
FOOT: Final = 40
SIDE: Final = 110
"""Units that words beside a line may take."""


class Unit(NamedTuple):
    """What amounts are counted in along an axis: so many minor units, and its words (HK$ million)."""

    minor: int
    words: Text


class Bin(NamedTuple):
    """Scenarios whose P&L lies from `low` up to the next bin's, in minor units; `tail` of them are in the tail."""

    low: int
    high: int
    scenarios: int
    tail: int
    tip: Text


class Mark(NamedTuple):
    """A loss with its words (VaR 99%), drawn as a line at its P&L; `class_` is cut, reference or alarm."""

    words: Text
    pnl: int
    class_: str


class Spot(NamedTuple):
    """One scenario: P&L by full revaluation, P&L by greeks, whether it is in the tail; a tip or None."""

    full: int
    greeks: int
    tail: bool
    tip: Text | None


def unit_of(largest_minor: int, digits: int, sign: Text) -> Unit:
    """The unit in which an axis up to `largest_minor` has numbers of one to four digits: 1, thousand, million, billion.

    digits: of the currency's minor unit; sign: the currency in three scripts.
    """
    power = next((p for p in (9, 6, 3) if abs(largest_minor) >= 2 * 10 ** (p + digits)), 0)
    return Unit(10 ** (power + digits), say(f"unit.e{power}", currency=sign))


def ticks(low: int, high: int, about: int, unit: Unit, sign: bool = False) -> list[tuple[int, Text]]:
    """Round amounts within low..high with their words in `unit`, a decimal only where one is needed."""
    found = steps(low, high, about)
    places = (
        0 if all(at % unit.minor == 0 for at in found) else 1 if all(at * 10 % unit.minor == 0 for at in found) else 2
    )
    return [(at, decimal(at, unit.minor, places, sign=sign)) for at in found]


def distribution(
    bins: Sequence[Bin], tail: Sequence[tuple[int, Text]], marks: Sequence[Mark], unit: Unit, labelled_by: str
) -> Markup:
    """How often which P&L: a bar for each bin, the tail's share of it lit; marks as lines, by rising P&L.

    tail: (P&L, tip) of each scenario of the tail, a dot each under the axis.
    """
    assert bins, "a distribution has at least one bin"
    top, floor = 16 + 15 * len(marks), HEIGHT - FOOT - 12
    x = Scale(bins[0].low, bins[-1].high, LEFT, WIDTH - RIGHT)
    most = max(b.scenarios for b in bins)
    y = Scale(0, max(most, 1), floor, top)
    up = [(value, count(value)) for value in steps(0, max(most, 2), 4)]
    return picture(
        HEIGHT,
        labelled_by,
        rows(y, up),
        *(_column(b, x, y, floor, top) for b in bins),
        line(LEFT, floor, WIDTH - RIGHT, floor, "axis"),
        *(tag("g", tag("title", tip), dot(x.at(pnl), floor + 7, 2.6, "tail-dot"), dot(x.at(pnl), floor + 7, 6, "hit"))
          for pnl, tip in tail),
        *(marked(mark, x.at(mark.pnl), 12 + 15 * i, floor, i == 0) for i, mark in enumerate(marks)),
        feet(x, ticks(bins[0].low, bins[-1].high, 6, unit), floor + 12),
        write(say("risk.axis_pnl", unit=unit.words), WIDTH - RIGHT, HEIGHT - 4, "tick", "end"),
    )  # fmt: skip


def _column(b: Bin, x: Scale, y: Scale, floor: float, top: float) -> Markup:
    left, wide = x.at(b.low), max(x.at(b.high) - x.at(b.low) - 1, 0.5)
    whole, lit = y.at(b.scenarios), y.at(b.tail)
    return tag(
        "g",
        tag("title", b.tip),
        box(left, whole, wide, lit - whole, "legit") if b.scenarios > b.tail else None,
        box(left, lit, wide, floor - lit, "fraud") if b.tail else None,
        box(left, top, wide + 1, floor - top, "hit"),
    )


def marked(mark: Mark, x: float, y: float, floor: float, first: bool) -> Markup:
    """A line down to the floor with its words at the top: of the first mark to its left, where no other line is."""
    late = x > WIDTH - SIDE or (first and x > LEFT + SIDE)
    words = write(mark.words, x + (-5 if late else 5), y, "cut-name", "end" if late else "start")
    return join(line(x, y - 9, x, floor, mark.class_), words)


def agreement(spots: Sequence[Spot], unit: Unit, labelled_by: str) -> Markup:
    """P&L of each scenario as the greeks have it (up) against full revaluation (across): on the line, both agree."""
    assert spots, "a chart has at least one scenario"
    top, floor = 18, HEIGHT - FOOT
    low = min(min(s.full, s.greeks) for s in spots)
    high = max(max(s.full, s.greeks) for s in spots)
    low, high = (low, high) if low < high else (low - 1, high + 1)
    x, y = Scale(low, high, LEFT, WIDTH - RIGHT), Scale(low, high, floor, top)
    return picture(
        HEIGHT,
        labelled_by,
        rows(y, ticks(low, high, 5, unit)),
        line(x.at(low), y.at(low), x.at(high), y.at(high), "ideal"),
        *(_spot(s, x, y) for s in sorted(spots, key=lambda s: s.tail)),
        feet(x, ticks(low, high, 6, unit), floor),
        write(say("risk.axis_greeks", unit=unit.words), LEFT + 6, top - 6, "tick", "start"),
        write(say("risk.axis_full", unit=unit.words), WIDTH - RIGHT, HEIGHT - 4, "tick", "end"),
    )


def _spot(s: Spot, x: Scale, y: Scale) -> Markup:
    at = (x.at(s.full), y.at(s.greeks))
    drawn = dot(*at, 3 if s.tail else 2, "tail-dot" if s.tail else "scenario")
    return drawn if s.tip is None else tag("g", tag("title", s.tip), drawn, dot(*at, 7, "hit"))
