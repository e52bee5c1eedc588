"""The few values of a column that matter: between two cuts of a model nothing changes, so one value stands for all.

A column is put on its stops where it alone moves every cell that the model asks about, and neither a rule nor an offer
looks at it or at what follows it. Otherwise each declared step is one of its own: two columns in one ratio have no cuts
apart from each other, and a number of a linear model none at all.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from waglan.engine.actionable import followers
from waglan.engine.judge import Judge
from waglan.kernels.reach import stops
from waglan.kernels.search import COLUMN, TABLE
from waglan.models.forest import ZERO_NULL
from waglan.models.spans import Spans
from waglan.schema.recipe import columns

Ints = NDArray[np.int64]

STOPS_MAX: Final = 4096
"""Most stops of a column; with more, every step is its own."""


class Stops:
    """What of a recipe follows each of its declared columns."""

    def __init__(self, judge: Judge) -> None:
        recipe = judge.recipe
        assert recipe.policy.recourse is not None, "only declared columns have stops"
        self.program = judge.plan.program
        known, cells = list(columns(recipe)), list(judge.names)
        self.cells = {
            known.index(name): [cells.index(feature) for feature in followers(recipe, name)]
            for name in recipe.policy.recourse.columns
        }
        offers = judge.policy.offers
        asked = judge.policy.rules.reads | {("row", name) for name in (offers.reads if offers else ())}
        self.open = {
            known.index(name)
            for name in recipe.policy.recourse.columns
            if recipe.columns[name].values is None
            and not asked & {("event", name), *(("row", feature) for feature in followers(recipe, name))}
        }
        """Places of columns that only the model looks at."""

    def put(self, roots: Ints, tables: Spans, sealed: tuple[Ints, Ints, Ints], values: Ints) -> tuple[Ints, Ints]:
        """Roots whose columns stand on their stops where they can, and the steps of these."""
        asked = cuts(tables)
        numbers = set(tables.linear[0][tables.linear[0][:, 1] == 0, 0].tolist())
        lines = np.unique(roots.reshape(-1, roots.shape[-1]), axis=0)
        moving = {int(place) for place in lines[:, COLUMN] if place >= 0}
        movers: dict[int, set[int]] = {}
        for place in moving:
            for cell in self.cells[place]:
                movers.setdefault(cell, set()).add(place)
        made, found = [np.zeros(1, np.int64)], dict[tuple[int, ...], tuple[int, int]]()
        at = 1
        for line in lines.tolist():
            place = line[COLUMN]
            own = [cell for cell in self.cells.get(place, ()) if cell in asked or cell in numbers]
            if place not in self.open or any(cell in numbers or len(movers[cell]) > 1 for cell in own):
                continue
            first = np.cumsum([0, *(len(asked[cell]) for cell in own)]).astype(np.int64)
            marks = np.concatenate([np.zeros(0, np.int64), *(asked[cell] for cell in own)])
            out = np.empty(STOPS_MAX, np.int64)
            given = (line[0], line[1], line[2], line[3], line[4])
            count = stops(self.program, sealed, values, given, np.array(own, np.int64), first, marks, out)
            if count > 0:
                made.append(out[:count])
                found[tuple(line)] = (at, count)
                at += count
        return _tabled(roots, found), np.concatenate(made)


def _tabled(roots: Ints, found: dict[tuple[int, ...], tuple[int, int]]) -> Ints:
    out = roots.copy()
    for line, (at, count) in found.items():
        same = (roots == np.array(line, np.int64)).all(axis=2)
        out[same, TABLE] = at
        out[same, 3], out[same, 4] = 1, count
    return out


def cuts(tables: Spans) -> dict[int, Ints]:
    """Cell -> the cuts that a pruned model still makes on it, in order. Sets of categories are no cuts of a number."""
    nodes = tables.walk.nodes
    found: dict[int, Ints] = {}
    for cell in np.unique(nodes[:, 0]).tolist():
        own = nodes[nodes[:, 0] == cell]
        marks = own[:, 2]
        if (own[:, 1] == ZERO_NULL).any():
            marks = np.concatenate([marks, np.array([-1, 0], np.int64)])
        found[cell] = np.unique(marks)
    return found
