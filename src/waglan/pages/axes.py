"""Scales, ticks and the frame that every chart stands in.

Charts are drawn 480 units wide, the width of a column on a desk's screen, so that a unit is about a pixel there; on a
phone the style sheet enlarges the letters instead. Coordinates are written to a tenth of a unit: the same data give the
same bytes on any machine, since no library's last bit reaches the file.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from waglan.pages.markup import Child, Markup, Text, join, tag

WIDTH: Final = 480
LEFT: Final = 50
RIGHT: Final = 14


@dataclass(frozen=True, slots=True)
class Scale:
    """Values low..high onto units start..stop; by their decimal logarithm if `log`. Values outside stop at the ends."""

    low: float
    high: float
    start: float
    stop: float
    log: bool = False

    def at(self, value: float) -> float:
        """The unit at which a value lies; a scale without extent puts all in its middle."""
        low, high = self._bend(self.low), self._bend(self.high)
        if high <= low:
            return (self.start + self.stop) / 2
        share = (self._bend(value) - low) / (high - low)
        return self.start + min(max(share, 0.0), 1.0) * (self.stop - self.start)

    def _bend(self, value: float) -> float:
        return math.log10(max(value, 1e-9)) if self.log else value


def unit(value: float) -> str:
    """A coordinate to a tenth, without a trailing zero and without a negative zero."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def decades(low: float, high: float) -> list[int]:
    """The exponents of the powers of ten within low..high, both positive."""
    return list(range(math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9) + 1))


def steps(low: int, high: int, about: int) -> list[int]:
    """Round whole numbers (1, 2 or 5 times a power of ten apart) within low..high, about so many."""
    assert low < high, f"an axis runs from less to more, was {low} to {high}"
    rough = max(1, (high - low) // max(1, about))
    power = 10 ** (len(str(rough)) - 1)
    width = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    return list(range(-(-low // width) * width, high + 1, width))


def path(points: Sequence[tuple[float, float]]) -> str:
    """The d of a polyline."""
    return "M" + "L".join(f"{unit(x)} {unit(y)}" for x, y in points)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line."""
    return tag("line", x1=unit(x1), y1=unit(y1), x2=unit(x2), y2=unit(y2), class_=class_)


def write(text: Text | str, x: float, y: float, class_: str = "", anchor: str = "middle") -> Markup:
    """Letters whose anchor stands at x, y."""
    return tag(
        "text", text, x=unit(x), y=unit(y), class_=class_ or None, text_anchor=None if anchor == "middle" else anchor
    )


def box(x: float, y: float, width: float, height: float, class_: str, *children: Child) -> Markup:
    """A rectangle; children are titles."""
    sides = {"x": unit(x), "y": unit(y), "width": unit(width), "height": unit(height)}
    return tag("rect", *children, class_=class_, **sides)


def dot(x: float, y: float, radius: float, class_: str, *children: Child) -> Markup:
    """A filled circle; children are titles."""
    return tag("circle", *children, cx=unit(x), cy=unit(y), r=unit(radius), class_=class_)


def picture(height: int, labelled_by: str, *children: Child) -> Markup:
    """The whole SVG; `labelled_by` is the id of the caption that says what it shows."""
    return tag(
        "svg", *children, viewBox=f"0 0 {WIDTH} {height}", role="img", aria_labelledby=labelled_by, class_="chart"
    )


def rows(scale: Scale, ticks: Sequence[tuple[float, Text]]) -> Markup:
    """Horizontal hairlines with their values to the left."""
    return join(
        *(
            join(
                line(LEFT, scale.at(value), WIDTH - RIGHT, scale.at(value), "grid"),
                write(text, LEFT - 7, scale.at(value) + 4, "tick", "end"),
            )
            for value, text in ticks
        )
    )


def feet(scale: Scale, ticks: Sequence[tuple[float, Text]], floor: float) -> Markup:
    """Values under the floor."""
    return join(*(write(text, scale.at(value), floor + 17, "tick") for value, text in ticks))
