"""Many events side by side: the form in which rooms hand each other a stretch of the stream.

A batch is in log order. A row that intake could not read stays in its place with kind REFUSED, so that nothing is lost
and the order is the file's. An event about another event has that event's id, a slash and a word: `P17/outcome`.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

REFUSED: Final = -1


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a row could not be read. `shown` is the offending value, for the terminal and the vault only."""

    code: str
    column: str
    position: int
    shown: str


@dataclass(frozen=True, slots=True)
class Batch:
    """n events in columns.

    kinds: int8 (n,), position in `recipe.kinds()`, REFUSED where `refusals` has the row.
    ts_ns: int64 (n,), UTC; a refused row has the time of the row before it.
    values: int64 (n, c) in the order of `recipe.columns()`, NULL where absent; an entity column holds positions in
    `names[column index]`, identifiers of this batch only.
    """

    ids: list[str]
    kinds: NDArray[np.int8]
    ts_ns: NDArray[np.int64]
    values: NDArray[np.int64]
    names: dict[int, list[str]] = field(default_factory=dict)
    refusals: dict[int, Refused] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: NDArray[np.int64]) -> "Batch":
        """The given rows in the order given; names are shared."""
        at = rows.tolist()
        place = {row: i for i, row in enumerate(at)}
        refusals = {place[i]: r for i, r in self.refusals.items() if i in place}
        return Batch(
            [self.ids[i] for i in at], self.kinds[rows], self.ts_ns[rows], self.values[rows], self.names, refusals
        )

    def slice(self, start: int, stop: int) -> "Batch":
        """Rows start to stop; names are shared, so positions keep their meaning."""
        refusals = {i - start: r for i, r in self.refusals.items() if start <= i < stop}
        rows = slice(start, stop)
        return Batch(self.ids[rows], self.kinds[rows], self.ts_ns[rows], self.values[rows], self.names, refusals)
