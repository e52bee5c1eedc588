"""A whole history at once, where its features are plain enough: the benchmark goes this way.

Plain is: count, sum, mean and rate of the decided kind over windows of time, under one key, without conditions; and
columns as they are. Everything else goes by the step function, and so does whatever has to go on afterwards: nothing
moves here. The rows are the step's, cell for cell; a test compares them.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from waglan.features.plan import Plan
from waglan.kernels.bulk import COUNT, MEAN, RATE, SUM, bring, lay, windows_of_keys
from waglan.schema.recipe import Feature, Recipe, columns
from waglan.schema.units import LIMIT, WINDOW_MAX, duration_ns

Ints = NDArray[np.int64]
Task = Callable[[], None]
PLACE = {"count": COUNT, "sum": SUM, "mean": MEAN, "rate": RATE}


def plain(feature: Feature, decided: str) -> bool:
    """Whether one feature can be computed here."""
    if feature.take == "value":
        return isinstance(feature.of, str)
    one_key = isinstance(feature.by, str) and feature.of_key in (None, feature.by)
    own = feature.kind in (None, decided) and not feature.where
    return feature.take in PLACE and one_key and own and feature.window is not None and not isinstance(feature.of, list)


def rows_of(
    recipe: Recipe, plan: Plan, kinds: NDArray[np.int8], ts_ns: Ints, values: Ints, threads: int = 1
) -> Ints | None:
    """Rows (n, f) of n events in log order from an empty state; None where the step function must be asked.

    It must be asked for a feature that is not plain, for events of another kind, nulls or values out of bounds in what
    enters a window, and keys with 2**21 events. Times below the watermark count at the watermark, as ever. Memory: the
    rows twice, and 28 bytes an event for each pair of key and value column.
    """
    if not all(plain(f, recipe.decide) for f in recipe.features) or kinds.any() or len(ts_ns) >= 1 << 31:
        return None
    names = list(columns(recipe))
    now = np.maximum.accumulate(ts_ns) if len(ts_ns) else ts_ns
    rows = np.empty((len(ts_ns), len(plan.names)), np.int64)
    strips = [Strip(*pair, lines, values, names, now) for pair, lines in _windows(recipe).items()]
    if not all(strip.bounded() for strip in strips):
        return None
    for feature in recipe.features:
        if feature.take == "value":
            rows[:, plan.names.index(feature.name)] = values[:, names.index(str(feature.of))]
    with ThreadPoolExecutor(threads) as pool:
        for stage in (Strip.laying, Strip.working, Strip.bringing):
            _all(pool, (task for strip in strips for task in stage(strip, plan, rows, threads)))
    return rows if all(strip.short() for strip in strips) else None


def _all(pool: ThreadPoolExecutor, tasks: Iterable[Task]) -> None:
    for done in [pool.submit(task) for task in tasks]:
        done.result()


Shape = tuple[int, int, int]


def _windows(recipe: Recipe) -> dict[tuple[str, str | None], dict[Shape, list[Feature]]]:
    """Windows by key and value column; a count rides along with a column of its key that has its window."""
    found: dict[tuple[str, str | None], dict[Shape, list[Feature]]] = {}
    windowed = [f for f in recipe.features if f.take != "value"]
    for feature in sorted(windowed, key=lambda f: f.of is None):
        delay = duration_ns(feature.delay) if feature.delay else 0
        shape = (duration_ns(str(feature.window)), delay, int(bool(feature.present) and not delay))
        pair = (str(feature.by), None if feature.of is None else str(feature.of))
        if pair[1] is None:
            pair = next((known for known, lines in found.items() if known[0] == pair[0] and shape in lines), pair)
        found.setdefault(pair, {}).setdefault(shape, []).append(feature)
    return found


class Strip:
    """The windows of one key over one value column: laid out by key, worked, brought back."""

    def __init__(
        self,
        by: str,
        of: str | None,
        lines: dict[Shape, list[Feature]],
        values: Ints,
        names: list[str],
        now: Ints,
    ) -> None:
        self.key = np.ascontiguousarray(values[:, names.index(by)])
        ones = np.ones(len(now), np.int64)
        self.value = ones if of is None else np.ascontiguousarray(values[:, names.index(of)])
        self.now, n = now, len(now)
        self.features = [feature for held in lines.values() for feature in held]
        self.lines = np.array([self._line(shape, held) for shape, held in lines.items()], np.int64)
        self.keys = int(self.key.max()) + 1 if n else 0
        self.starts, self.place = np.zeros(max(self.keys, 0) + 1, np.int64), np.empty(n, np.int32)
        self.t, self.laid = np.empty(n, np.int64), np.empty(n, np.int64)
        self.cells = np.empty(n * len(self.features), np.int64)

    def _line(self, shape: Shape, held: list[Feature]) -> list[int]:
        line = [*shape, -1, -1, -1, -1]
        for feature in held:
            line[PLACE[feature.take]] = self.features.index(feature)
        return line

    def bounded(self) -> bool:
        """No key is null and no value is null or out of bounds."""
        if not len(self.key):
            return True
        return int(self.key.min()) >= 0 and int(self.value.min()) > -LIMIT and int(self.value.max()) < LIMIT

    def short(self) -> bool:
        """No key has so many events that its window might be full."""
        return not self.keys or int(np.diff(self.starts).max()) < WINDOW_MAX

    def laying(self, _plan: Plan, _rows: Ints, _threads: int) -> list[Task]:
        return [lambda: lay(self.key, self.keys, self.now, self.value, self.starts, self.place, self.t, self.laid)]

    def working(self, _plan: Plan, _rows: Ints, threads: int) -> list[Task]:
        shares = np.linspace(0, len(self.key), threads + 1).astype(np.int64)[1:-1]
        bounds = [0, *np.searchsorted(self.starts, shares).tolist(), self.keys]
        return [self._work(first, last) for first, last in pairwise(bounds)]

    def _work(self, first: int, last: int) -> Task:
        width = len(self.features)
        return lambda: windows_of_keys(self.t, self.laid, self.starts, first, last, self.lines, self.cells, width)

    def bringing(self, plan: Plan, rows: Ints, threads: int) -> list[Task]:
        to = np.array([plan.names.index(feature.name) for feature in self.features], np.int64)
        bounds = np.linspace(0, len(self.key), threads + 1).astype(np.int64).tolist()
        return [self._bring(first, last, to, rows) for first, last in pairwise(bounds)]

    def _bring(self, first: int, last: int, to: Ints, rows: Ints) -> Task:
        flat, wide = rows.reshape(-1), rows.shape[1]
        return lambda: bring(self.cells, len(self.features), self.place, to, first, last, flat, wide)
