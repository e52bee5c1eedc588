"""Columns of a file -> a batch: every row read or refused in its place, sorted once, truths set among them.

Order: by time, and at one time in the order of the file; an outcome comes after every row of its own time. A refused
row stays behind the row before it in the file and has its time (the first row has 1970). 1.75 M payments take a second.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from waglan.intake import arrays
from waglan.intake.arrays import Cells, Codes, Ints, Progress
from waglan.intake.message import truth_value
from waglan.intake.plan import CODE, CODE_NAMES, NEEDS, Plan, plan
from waglan.intake.times import END_NS
from waglan.intake.values import shown
from waglan.schema.batch import REFUSED, Batch, Refused
from waglan.schema.recipe import Recipe
from waglan.schema.units import NULL


@dataclass(slots=True)
class Faults:
    """The first fault of each row: its code, and which of the columns met so far it is in."""

    codes: Codes
    columns: NDArray[np.int16]
    met: list[tuple[str, Any]] = field(default_factory=list)

    def note(self, name: str, codes: Codes, column: Any) -> None:
        """Keep the codes of rows that had no fault before."""
        new = (codes != 0) & (self.codes == 0)
        self.codes[new], self.columns[new] = codes[new], len(self.met)
        self.met.append((name, column))

    def refusals(self) -> dict[int, Refused]:
        """Row in the file -> why it was refused."""
        found = {}
        for row in np.flatnonzero(self.codes).tolist():
            name, column = self.met[self.columns[row]] if self.columns[row] >= 0 else ("", None)
            found[row] = Refused(CODE_NAMES[self.codes[row]], name, row, cell_shown(column, row))
        return found


def cell_shown(column: Any, row: int) -> str:
    """One cell for the terminal."""
    if column is None:
        return "None"
    try:
        return shown(column[row].as_py())
    except (ValueError, OverflowError, pa.ArrowException):
        return shown(getattr(column[row], "value", "?"))  # a timestamp beyond what a datetime can say


def from_table(table: Any, recipe: Recipe, *, sort: bool = True, progress: Progress | None = None) -> Batch:
    """The events in an Arrow table (or a record batch).

    sort=False keeps the file's order; events that run backwards are then late for the engine. Columns that the recipe
    does not read are ignored (`ignored` lists them). A table of no rows is an empty batch. Raises BadValue if columns
    are missing or stand twice.
    """
    made = plan(recipe)
    return assembled(table, list(table.schema.names), made, "table", {}, sort, progress)


def assembled(
    table: Any,
    names: list[str],
    made: Plan,
    where: str,
    broken: dict[int, Refused],
    sort: bool,
    progress: Progress | None,
) -> Batch:
    """A batch from the columns that were read of a file's `names`; `broken` are lines that were no rows."""
    n = table.num_rows
    wanted = set(made.sources())
    found = {name: arrays.whole(table.column(table.schema.names.index(name))) for name in names if name in wanted}
    faults = Faults(np.zeros(n, np.uint8), np.full(n, -1, np.int16))
    for row, refused in broken.items():
        faults.codes[row] = CODE[refused.code]
    kind_cells = read_kinds(found, made, n)
    made.check(names, where, bool((kind_cells.values == 0).any()) or n == 0)

    id_texts, id_codes = pa.array(np.arange(n)).cast(pa.string()), np.zeros(n, np.uint8)
    if made.id_source is not None:
        id_texts, id_codes = arrays.ids(found[made.id_source])
        faults.note(made.id_source, id_codes, found[made.id_source])
    if made.kind_source in found:
        faults.note(str(made.kind_source), kind_cells.codes, found[made.kind_source])
    time_cells = arrays.moments(found[made.time_source], made)
    late = np.where((time_cells.values == NULL) & (time_cells.codes == 0), CODE["missing_column"], time_cells.codes)
    faults.note(made.time_source, late.astype(np.uint8), found[made.time_source])

    values = np.full((n, made.width), NULL, np.int64)
    people = read_fields(found, made, kind_cells.values, values, faults, progress)
    note_needs(found, made, kind_cells.values, values, faults)
    truth = read_truth(found, made)

    refusals = faults.refusals() | broken
    bad = faults.codes != 0
    kinds = np.where(bad, REFUSED, kind_cells.values).astype(np.int8)
    values[bad] = NULL
    return ordered(id_texts, kinds, time_cells.values, values, people, refusals, truth, made, sort)


def read_kinds(found: dict[str, Any], made: Plan, n: int) -> Cells:
    """The kind of each row; the mapping's, or the decided one, where no column says."""
    if made.kind_source in found:
        return arrays.kinds(found[made.kind_source], made)
    return Cells(np.full(n, made.fixed_kind, np.int64), np.zeros(n, np.uint8))


def read_fields(
    found: dict[str, Any], made: Plan, kinds: Ints, values: Ints, faults: Faults, progress: Progress | None
) -> dict[int, list[str]]:
    """Fill `values` column by column; the identifiers of entity columns."""
    people: dict[int, list[str]] = {}
    for done, one in enumerate(made.fields):
        if progress is not None:
            progress(done, len(made.fields))
        column = found.get(one.source)
        if column is None:
            cells, texts = Cells(values[:, one.place].copy(), np.zeros(len(values), np.uint8)), None
        else:
            cells, texts = arrays.column_cells(column, one, values[:, one.currency])
        if texts is not None or one.column.entity is not None:
            people[one.place] = texts or []
        values[:, one.place] = cells.values
        codes = cells.codes
        if one.column.required:
            lost = (cells.values == NULL) & (codes == 0) & (kinds == 0)
            codes = np.where(lost, CODE["missing_column"], codes).astype(np.uint8)
        faults.note(one.source, codes, column)
    if progress is not None:
        progress(len(made.fields), len(made.fields))
    return people


def note_needs(found: dict[str, Any], made: Plan, kinds: Ints, values: Ints, faults: Faults) -> None:
    """An outcome without its truth, a listing without its list, an effect without its verb."""
    places = {one.name: one for one in made.fields}
    for kind, name in NEEDS.items():
        if name in places:
            lost = (kinds == made.kinds[kind]) & (values[:, places[name].place] == NULL)
            codes = np.where(lost, CODE["missing_column"], 0).astype(np.uint8)
            faults.note(name, codes, found.get(places[name].source))


def read_truth(found: dict[str, Any], made: Plan) -> NDArray[np.int8] | None:
    """1 or 0 where the truth column tells, -1 where it does not; None without one."""
    truth = made.truth
    if truth is None:
        return None
    cells = arrays.by_distinct(found[truth.source], lambda value: truth_value(value, truth.positive))
    return np.where(cells.values == NULL, -1, cells.values).astype(np.int8)


def ordered(
    id_texts: Any, kinds: NDArray[np.int8], ts_ns: Ints, values: Ints, people: dict[int, list[str]],
    refusals: dict[int, Refused], truth: NDArray[np.int8] | None, made: Plan, sort: bool,
) -> Batch:  # fmt: skip
    """Rows in the file's order -> a batch in the log's order, with the outcomes that the truth column tells.

    Without `sort` rows keep their order and each outcome comes when the largest time so far has reached its own.
    """
    n = len(kinds)
    stamps = carried(ts_ns, kinds != REFUSED)
    keys = stamps if sort else np.maximum.accumulate(stamps)
    told = np.zeros(0, np.int64)
    if truth is not None and made.truth is not None:
        # An outcome that would be known after 2262 is not known.
        told = np.flatnonzero((truth >= 0) & (kinds == 0) & (stamps < END_NS - made.truth.after_ns))
    if len(told):
        assert made.truth is not None
        assert truth is not None
        after = stamps[told] + made.truth.after_ns
        keys, stamps = np.concatenate([keys, after]), np.concatenate([stamps, after])
        kinds = np.concatenate([kinds, np.full(len(told), made.kinds["outcome"], np.int8)])
        word, slash = pa.scalar("outcome", id_texts.type), pa.scalar("/", id_texts.type)
        spoken = pc.binary_join_element_wise(id_texts.take(pa.array(told)), word, slash)
        id_texts = pa.concat_arrays([id_texts, spoken])
    if len(keys) > 1 and (keys[1:] < keys[:-1]).any():
        order = np.argsort(keys, kind="stable")
        rows = np.where(order < n, order, told[np.maximum(order - n, 0)]) if len(told) else order
        values, told_now = values[rows], order >= n
        stamps, kinds, id_texts = stamps[order], kinds[order], id_texts.take(pa.array(order))
    else:
        order = np.arange(len(keys))
        values, told_now = values[np.concatenate([order[:n], told])], order >= n
    if len(told):
        assert truth is not None
        values[told_now, made.outcome] = truth[told[order[told_now] - n]]
    if refusals:
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        refusals = {int(place[row]): refusals[row] for row in sorted(refusals, key=lambda row: int(place[row]))}
    return Batch(id_texts.to_pylist(), kinds, stamps, values, people, refusals)


def carried(ts_ns: Ints, good: NDArray[np.bool_]) -> Ints:
    """Times in the file's order, a refused row with the time of the row before it, 1970 if there is none."""
    last = np.maximum.accumulate(np.where(good, np.arange(len(good)), -1)) if len(good) else np.zeros(0, np.int64)
    return np.where(last >= 0, ts_ns[last], 0) if len(good) else ts_ns
