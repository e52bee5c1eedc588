"""A whole Arrow column -> int64 cells and refusal codes, at 20 to 200 M cells a second.

Two ways only: numbers go through numpy with the formula of `values` written once more for arrays, and a cell that is
not plainly good is asked one by one; all else is converted once for each distinct value. So a cell means what the same
cell of a message means.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from waglan.intake import times
from waglan.intake.plan import CODE, Field, Plan
from waglan.intake.values import ID_MAX, SLACK_MINOR, SLACK_ULPS, Convert, Unreadable, identifier
from waglan.schema.units import DAY_NS, LIMIT, NULL

Ints = NDArray[np.int64]
Codes = NDArray[np.uint8]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Cells:
    """One column read: values int64 (n,), NULL where absent or refused; codes uint8 (n,), 0 where not refused."""

    values: Ints
    codes: Codes


def whole(column: Any) -> Any:
    """The column as one array of a plain type: chunks joined, dictionaries opened, text that is not UTF-8 as bytes."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if isinstance(column, pa.ChunkedArray):  # more than one array can hold
        column = pa.concat_arrays([chunk.cast(pa.large_string()) for chunk in column.chunks])
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string_view(column.type):
        column = column.cast(pa.large_string())
    if pa.types.is_binary_view(column.type):
        column = column.cast(pa.large_binary())
    if pa.types.is_float16(column.type):
        column = column.cast(pa.float32())
    if pa.types.is_float32(column.type):
        column = column.cast(pa.string())  # its shortest text: as a double 12.34 would be 12.340000152587891
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = utf8(column)
    return column


def utf8(column: Any) -> Any:
    """Text as it is if all of it is UTF-8, otherwise as bytes, of which the bad ones are refused."""
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        large = pa.types.is_large_string(column.type)
        return column.view(pa.large_binary() if large else pa.binary())
    return column


def listed(column: Any) -> list[Any]:
    """The column's Python values; a value that has none (a nanosecond out of a datetime's range) as its text."""
    try:
        return list(column.to_pylist())
    except (ValueError, OverflowError, pa.ArrowException):
        return [str(cell) for cell in column]


def distinct(column: Any) -> tuple[list[Any], NDArray[np.int64]]:
    """Distinct values in order of first appearance, and each row's place among them, -1 where null."""
    try:
        coded = column.dictionary_encode()
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        cells = listed(column)
        places = np.arange(len(cells), dtype=np.int64)
        return cells, np.where(np.array([cell is None for cell in cells], np.bool_), -1, places)
    places = np.asarray(pc.fill_null(coded.indices, -1)).astype(np.int64)
    return listed(coded.dictionary), places


def by_distinct(column: Any, convert: Convert) -> Cells:
    """One conversion for each distinct value. Null and empty text are NULL without a code."""
    found, places = distinct(column)
    values, codes = np.full(len(found) + 1, NULL, np.int64), np.zeros(len(found) + 1, np.uint8)
    for place, value in enumerate(found):
        if value is not None and value != "" and value != b"":
            values[place], codes[place] = asked(value, convert)
    return Cells(values[places], codes[places])  # place -1 is the last: null


def asked(value: Any, convert: Convert) -> tuple[int, int]:
    """One value and 0, or NULL and the code of its fault."""
    try:
        return convert(value), 0
    except Unreadable as error:
        return NULL, CODE[error.code]


def ask(rows: NDArray[np.int64], column: Any, convert: Convert, cells: Cells) -> None:
    """Settle the rows that were not plainly good, one by one."""
    for row, value in zip(rows.tolist(), listed(column.take(pa.array(rows))), strict=True):
        cells.values[row], cells.codes[row] = asked(value, convert)


def present(column: Any) -> Bools:
    """Rows that are not null."""
    return np.asarray(column.is_valid(), np.bool_)


def numbers(column: Any, scale: int, nearest: bool, negative: bool, convert: Convert) -> Cells:
    """Whole units of a numeric column. Takes int and float64 arrays; all other types by distinct value."""
    kind = column.type
    if not (pa.types.is_float64(kind) or (pa.types.is_integer(kind) and not pa.types.is_uint64(kind))):
        return by_distinct(column, convert)
    here = present(column)
    raw = np.asarray(pc.fill_null(column, 0))
    least = -LIMIT + 1 if negative else 0
    with np.errstate(all="ignore"):
        if pa.types.is_float64(kind):
            scaled = raw * float(scale)
            rounded = np.rint(scaled)
            gap = np.abs(scaled - rounded)
            good = (rounded >= least) & (rounded < LIMIT)
            good &= nearest | (gap <= SLACK_MINOR) | (gap <= SLACK_ULPS * np.abs(scaled))
            values = np.where(good, rounded, 0).astype(np.int64)
        else:
            narrow = (raw > -LIMIT) & (raw < LIMIT)
            values = np.where(narrow, raw, 0).astype(np.int64)
            good = narrow & (values <= (LIMIT - 1) // scale) & (values >= -((-least) // scale))
            values = np.where(good, values, 0) * scale
    cells = Cells(np.where(here & good, values, NULL), np.zeros(len(raw), np.uint8))
    ask(np.flatnonzero(here & ~good), column, convert, cells)
    return cells


def entities(column: Any) -> tuple[Cells, list[str]]:
    """Identifiers as places in a list of their texts, in order of first appearance. NaN is nobody, as null is."""
    texts: dict[str, int] = {}

    def place(value: Any) -> int:
        if value != value:
            return NULL
        text = identifier(value)
        return texts.setdefault(text, len(texts))

    return by_distinct(column, place), list(texts)


def categories(column: Any, convert: Convert) -> Cells:
    """Categories and flags; NaN in a float column is no value, as data frames write it."""
    return by_distinct(column, lambda value: NULL if value != value else convert(value))


def priced(column: Any, field: Field, currency: Ints) -> Cells:
    """Money in the currency that another column of the row names."""
    cells = Cells(np.full(len(column), NULL, np.int64), np.zeros(len(column), np.uint8))
    here = present(column)
    for place, scale in enumerate(field.by_scale):
        rows = np.flatnonzero(here & (currency == place))
        if len(rows):
            part = column.take(pa.array(rows))
            found = numbers(part, scale, field.nearest, field.column.negative, field.by_currency[place])
            cells.values[rows], cells.codes[rows] = found.values, found.codes
    lost = by_distinct(column, lambda _: 0).values == 0
    cells.codes[lost & (currency == NULL)] = CODE["unknown_currency"]
    return cells


def column_cells(column: Any, field: Field, currency: Ints) -> tuple[Cells, list[str] | None]:
    """One recipe column from its file column, and its identifiers if it is an entity."""
    if field.column.entity is not None:
        return entities(column)
    if field.currency >= 0:
        return priced(column, field, currency), None
    assert field.convert is not None
    if field.scale:
        return numbers(column, field.scale, field.nearest, field.column.negative, field.convert), None
    return categories(column, field.convert), None


def ids(column: Any) -> tuple[Any, Codes]:
    """Event ids as an Arrow text array, "" where refused, and the refusals."""
    if pa.types.is_integer(column.type):
        column = column.cast(pa.string())
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        cells, texts = entities(column)
        lost = cells.values == NULL
        texts.append("")
        column = pa.array(texts, pa.string()).take(pa.array(np.where(lost, len(texts) - 1, cells.values)))
        codes = np.where(cells.codes == CODE["bad_encoding"], cells.codes, CODE["bad_id"]) * lost
        return column, codes.astype(np.uint8)
    lengths = np.asarray(pc.fill_null(pc.utf8_length(column), 0))
    bad = (lengths == 0) | (lengths > ID_MAX)
    if bad.any():
        column = pc.if_else(pa.array(bad), "", column)
    return column, np.where(bad, CODE["bad_id"], 0).astype(np.uint8)


def kinds(column: Any, plan: Plan) -> Cells:
    """Kinds as their positions; absent is the mapping's kind, or the decided one."""

    def place(value: Any) -> int:
        if type(value) is not str or value not in plan.kinds:
            raise Unreadable("unknown_kind")
        return plan.kinds[value]

    cells = by_distinct(column, place)
    absent = (cells.values == NULL) & (cells.codes == 0)
    return Cells(np.where(absent, plan.fixed_kind, cells.values), cells.codes)


def moments(column: Any, plan: Plan) -> Cells:
    """Times in nanoseconds. Null is NULL without a code."""
    kind, zone, unit = column.type, times.zone_of(plan.zone), times.UNITS.get(plan.time_unit or "", 0)
    here = present(column)
    if pa.types.is_timestamp(kind):
        raw = np.asarray(pc.fill_null(column.view(pa.int64()), 0))
        stamps, good = times.numbers_ns(raw, times.UNITS[kind.unit])
        if kind.tz is None:
            stamps, known = times.walls_ns(stamps, zone)
            good &= known
    elif pa.types.is_date32(kind):
        days, good = times.numbers_ns(np.asarray(pc.fill_null(column.view(pa.int32()), 0)).astype(np.int64), DAY_NS)
        stamps, known = times.walls_ns(days, zone)
        good &= known
    elif unit and pa.types.is_integer(kind) and not pa.types.is_uint64(kind):
        stamps, good = times.numbers_ns(np.asarray(pc.fill_null(column, 0)).astype(np.int64), unit)
    elif unit and pa.types.is_float64(kind):
        stamps, good = float_moments(np.asarray(pc.fill_null(column, 0.0)), unit)
    elif not unit and plan.time_form is None and (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return text_moments(column, plan)
    else:
        return by_distinct(column, plan.time)
    bad = here & ~good
    return Cells(np.where(here & good, stamps, NULL), np.where(bad, CODE["bad_time"], 0).astype(np.uint8))


def float_moments(raw: NDArray[np.float64], unit: int) -> tuple[Ints, Bools]:
    """Float numbers of a unit to the nearest microsecond, whole ones exactly."""
    with np.errstate(all="ignore"):
        even = np.rint(raw) == raw
        good = (raw >= 0) & (raw * unit < float(times.END_NS)) & (even | (unit > 1_000))
        safe = np.where(good, raw, 0.0)
        micros = np.rint(safe * (unit // 1_000 or 1)).astype(np.int64) * 1_000
    exact, fits = times.numbers_ns(safe.astype(np.int64), unit)
    return np.where(even, exact, micros), good & (fits | ~even)


def text_moments(column: Any, plan: Plan) -> Cells:
    """ISO texts: those of one length together as a matrix of digits, what is left by distinct value."""
    cells = Cells(np.full(len(column), NULL, np.int64), np.zeros(len(column), np.uint8))
    here, zone = present(column), times.zone_of(plan.zone)
    width = np.int64 if pa.types.is_large_string(column.type) else np.int32
    _, offset_bytes, data_bytes = column.buffers()
    offsets = np.frombuffer(offset_bytes, width)[column.offset : column.offset + len(column) + 1].astype(np.int64)
    data = np.frombuffer(data_bytes, np.uint8) if data_bytes is not None else np.zeros(0, np.uint8)
    lengths = np.diff(offsets)
    left = here & (lengths > 0)
    for length in times.SHAPES:
        rows = np.flatnonzero(here & (lengths == length))
        if len(rows):
            stamps, good = times.texts_ns(data[offsets[rows][:, None] + np.arange(length)], zone)
            cells.values[rows[good]] = stamps[good]
            left[rows[good]] = False
    rows = np.flatnonzero(left)
    if len(rows):
        found = by_distinct(column.take(pa.array(rows)), plan.time)
        cells.values[rows], cells.codes[rows] = found.values, found.codes
    return cells


Progress = Callable[[int, int], None]
"""Called with how much of the work is done and how much there is."""
