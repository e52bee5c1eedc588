"""Temporary limits: what a waiver allows in place of a limit, to whom and until when."""

import numpy as np
from numpy.typing import NDArray

from waglan.risk.places import Places
from waglan.schema.recipe import Recipe
from waglan.schema.risk import SCOPES
from waglan.schema.units import NULL, SECOND_NS

Ints = NDArray[np.int64]
_UNTIL_MOST = (1 << 63) // SECOND_NS - 1


class Waivers:
    """The latest waiver of each limit for each of what it is by; a limit by the total has one.

    amounts, until: int64 (limits, keys), until in nanoseconds, NULL where there is none. by: (limits,), places in
    SCOPES. Who may waive, and for how long, is held by the front door; here only what came in counts.
    """

    def __init__(self, recipe: Recipe, places: Places) -> None:
        limits = recipe.policy.limits
        keys = max(len(known) for known in places.keys.values())
        self.by = np.array([SCOPES.index(limit.by) for limit in limits], np.int64)
        self.amounts, self.until = np.full((len(limits), keys), NULL), np.full((len(limits), keys), NULL)
        self._places = places

    def take(self, row: list[int]) -> None:
        """A waiver's columns. One without limit, amount, end or whom it is for moves nothing; the next replaces it."""
        column = self._places.column
        if not {"limit", "amount", "until_s"} <= column.keys():
            return
        code, amount, until_s = (row[column[name]] for name in ("limit", "amount", "until_s"))
        limit = self._places.limits[code] if 0 <= code < len(self._places.limits) else -1
        if limit < 0 or NULL in (amount, until_s):
            return
        scope = SCOPES[self.by[limit]]
        key = 0 if scope == "total" else row[column[scope]]
        if 0 <= key < len(self._places.keys[scope]):
            self.amounts[limit, key] = amount
            self.until[limit, key] = min(max(until_s, 0), _UNTIL_MOST) * SECOND_NS

    def arrays(self) -> tuple[Ints, Ints]:
        """What a snapshot keeps."""
        return self.amounts, self.until
