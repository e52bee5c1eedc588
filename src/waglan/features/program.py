"""The kernel's program as it is written, and the fixed words of the arena it speaks of.

Row 0 is the header. Every other row describes one thing, in the words `kernels.layout` names; a section is a half-open
range of rows, noted in the row it belongs to.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from waglan.kernels import layout


class Program:
    """Rows of the kernel's program, written in order, each `layout.WIDTH` words; what is not said is 0."""

    def __init__(self) -> None:
        self.rows: list[list[int]] = [[0] * layout.WIDTH]

    @property
    def header(self) -> list[int]:
        """Row 0."""
        return self.rows[0]

    def add(self, *words: int) -> int:
        """Append a row; its number."""
        self.rows.append([*words, *[0] * (layout.WIDTH - len(words))])
        return len(self.rows) - 1

    def section(self, first: int, items: Sequence[tuple[int, ...]], row: int = 0) -> int:
        """Append rows and note their range in words `first` and the next of `row`, or the header; the first of them."""
        start = len(self.rows)
        for item in items:
            self.add(*item)
        self.rows[row][first : first + 2] = [start, len(self.rows)]
        return start


@dataclass(slots=True)
class Ground:
    """Where the fixed words of the arena lie. `classes`: width of an entry -> its free list; `structs`: filled here."""

    classes: dict[int, int]
    structs: dict[int, tuple[int, int]] = field(default_factory=dict)

    def size_class(self, width: int) -> int:
        """The free-list class of blocks of entries of `width` words."""
        return self.classes[width]

    def struct(self, words: int, factor: int) -> int:
        """A place in each lane for the largest block of a structure, at first `words`, reserved `factor` times."""
        place = layout.LANE_FREE + len(self.classes) * layout.LOGS + len(self.structs)
        self.structs[place] = (words, factor)
        return place
