"""Text files, CSV and JSON Lines: bytes -> rows, each with its exact place, none lost.

The text is split here and not by a parallel reader: such readers skip or merge what they cannot read, and then nobody
knows which row it was. A line that is not UTF-8 is refused; a file that is written in another encoding is refused as a
whole, with the place of the first byte that shows it.
"""

import csv
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from waglan.intake.arrays import Progress
from waglan.intake.message import Reader, Row, object_of, read_line
from waglan.intake.plan import Plan
from waglan.intake.table import assembled, ordered
from waglan.intake.values import Unreadable, shown
from waglan.schema.batch import REFUSED, Batch, Refused
from waglan.schema.units import NULL, BadValue

CHUNK: Final = 512
"""Rows between two reports of progress and two turns of Python lists into arrays: so few that they are gone before the
garbage collector walks through them (at 65,536 rows CSV took 1.7 times as long, JSON Lines 1.3 times)."""

FIELD_MAX: Final = 1 << 20

BOMS: Final = (
    (b"\xff\xfe\x00\x00", "utf-32"), (b"\x00\x00\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"),
)  # fmt: skip
DELIMITERS: Final = ",;\t|"


def utf8_text(data: bytes, where: str) -> bytes:
    """The file without a UTF-8 mark. Raises BadValue for an empty file, another mark, or a file in another encoding."""
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    for mark, name in BOMS:
        if data.startswith(mark):
            raise BadValue(f"{where}: is {name.upper()} (byte 0 is 0x{data[0]:02X}), not UTF-8; {convert_hint(name)}")
    if not data.strip():
        raise BadValue(f"{where}: is empty")
    if data.count(0, 0, 4096) * 4 > min(len(data), 4096):
        place = data.index(0)
        raise BadValue(f"{where}: is UTF-16 without a mark (byte {place} is 0x00), not UTF-8; {convert_hint('utf-16')}")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        if foreign(data):
            name, place = guessed(data), error.start
            line = data.count(b"\n", 0, place) + 1
            raise BadValue(
                f"{where}: is not UTF-8: byte {place} (line {line}) is 0x{data[place]:02X}; "
                f"it reads as {name}; {convert_hint(name)}"
            ) from None
    return data


def foreign(data: bytes) -> bool:
    """Whether the file as a whole is not UTF-8, and not merely some lines.

    Its first line is not, or at least three lines and a tenth of all are not while no line outside ASCII is.
    """
    lines = data.split(b"\n")
    bad = good = 0
    for place, line in enumerate(lines):
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
            good += 1
        except UnicodeDecodeError:
            if place == 0:
                return True
            bad += 1
    return good == 0 and bad >= 3 and bad * 10 >= len(lines)


def guessed(data: bytes) -> str:
    """The first encoding of those met in Hong Kong and China in which the whole file reads; latin-1 reads anything."""
    for name in ("big5hkscs", "gb18030"):
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        wide = [c for c in text if ord(c) > 127]
        if sum("\u3000" <= c <= "\u9fff" or c >= "\uff00" for c in wide) * 2 > len(wide):
            return name
    return "latin-1"


def convert_hint(name: str) -> str:
    """How to make it UTF-8."""
    return f"convert it, as by: iconv -f {name.upper()} -t UTF-8"


def delimiter_of(header: str, suffix: str) -> str:
    """The delimiter that stands most often in the header; a tab in a .tsv file."""
    return "\t" if suffix == ".tsv" else max(DELIMITERS, key=header.count)


def records(text: str, delimiter: str) -> Iterator[list[str] | None]:
    """The records of a CSV text; None for one that breaks the rules of quoting. Blank lines are no records."""
    source = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        try:
            record = next(source)
        except StopIteration:
            return
        except csv.Error:
            yield None
            continue
        if record:
            yield record


def read_csv(data: bytes, made: Plan, where: str, sort: bool, progress: Progress | None) -> Batch:
    """A CSV file with a header. A record of too few or many fields, with broken quotes or outside UTF-8 is refused.

    An unclosed quote swallows what follows it, as the format says: that is one refused row.
    """
    data = utf8_text(data, where)
    try:
        text, pure = data.decode("utf-8"), True
    except UnicodeDecodeError:
        text, pure = data.decode("utf-8", "surrogateescape"), False
    limit = csv.field_size_limit(FIELD_MAX)
    try:
        lines = records(text, delimiter_of(text.split("\n", 1)[0], Path(where).suffix))
        header = next(lines, None)
        if header is None:
            raise BadValue(f"{where}: the header (line 1) is not a line of column names")
        names = [name.strip() for name in header]
        table, broken = columns_of(lines, names, made, pure, data.count(b"\n"), progress)
    finally:
        csv.field_size_limit(limit)
    return assembled(table, names, made, where, broken, sort, progress)


def columns_of(
    lines: Iterator[list[str] | None], names: list[str], made: Plan, pure: bool, lines_about: int,
    progress: Progress | None,
) -> tuple[Any, dict[int, Refused]]:  # fmt: skip
    """The wanted columns as Arrow text, and the lines that were no rows; of these every cell is empty.

    pure: the whole file is UTF-8, so no record need be looked at for it.
    """
    sources = set(made.sources())
    wanted = [place for place, name in enumerate(names) if name in sources and names.index(name) == place]
    width, blank, broken = len(names), [""] * len(names), dict[int, Refused]()
    chunks: list[list[Any]] = [[] for _ in wanted]
    rows = 0
    while chunk := list(islice(lines, CHUNK)):
        for place, record in enumerate(chunk):
            fault = None
            if record is None or len(record) != width:
                fault = Refused("bad_line", "", rows + place, shown(",".join(record or [])))
            elif not pure:
                fault = encoding_fault(record, names, rows + place)
            if fault is not None:
                broken[rows + place], chunk[place] = fault, blank
        columns = list(zip(*(record or blank for record in chunk), strict=True))
        for parts, place in zip(chunks, wanted, strict=True):
            parts.append(pa.array(columns[place], pa.large_string()))
        rows += len(chunk)
        if progress is not None:
            progress(rows, max(lines_about, rows))
    arrays = [pa.chunked_array(parts, pa.large_string()) for parts in chunks]
    return pa.table([*arrays, pa.nulls(rows)], [*(names[place] for place in wanted), ""]), broken


def encoding_fault(record: list[str], names: list[str], row: int) -> Refused | None:
    """Why a record outside ASCII is refused, if it holds bytes that were not UTF-8."""
    for name, cell in zip(names, record, strict=True):
        try:
            cell.encode("utf-8")
        except UnicodeEncodeError:
            return Refused("bad_encoding", name, row, shown(cell.encode("utf-8", "surrogateescape")))
    return None


def read_json_lines(data: bytes, reader: Reader, where: str, sort: bool, progress: Progress | None) -> Batch:
    """A file of one JSON object a line; a row's position counts the lines that are not blank."""
    lines = [line for line in utf8_text(data, where).split(b"\n") if line.strip()]
    made, n = reader.plan, len(lines)
    values, ts_ns, kinds = np.full((n, made.width), NULL, np.int64), np.zeros(n, np.int64), np.full(n, REFUSED, np.int8)
    truth = np.full(n, -1, np.int8) if made.truth is not None else None
    ids = [""] * n
    people: list[dict[str, int]] = [{} for _ in reader.entities]
    refusals: dict[int, Refused] = {}
    for start in range(0, n, CHUNK):
        kept: list[tuple[int, Row, int]] = []
        for place in range(start, min(start + CHUNK, n)):
            row, known = one_line(reader, lines[place], place)
            if isinstance(row, Refused):
                refusals[place] = row
                continue
            ids[place] = row.id
            for texts, column, name in zip(people, reader.entities, row.names, strict=True):
                if name is not None:
                    row.values[column] = texts.setdefault(name, len(texts))
            kept.append((place, row, known))
        places = [place for place, _, _ in kept]
        if kept:
            values[places] = [row.values for _, row, _ in kept]
            ts_ns[places], kinds[places] = [row.ts_ns for _, row, _ in kept], [row.kind for _, row, _ in kept]
        if truth is not None:
            truth[places] = [known for _, _, known in kept]
        if progress is not None:
            progress(min(start + CHUNK, n), n)
    if len(refusals) == n:
        check_names(lines, reader, where)
    names = {column: list(texts) for column, texts in zip(reader.entities, people, strict=True)}
    return ordered(pa.array(ids, pa.large_string()), kinds, ts_ns, values, names, refusals, truth, made, sort)


def one_line(reader: Reader, line: bytes, place: int) -> tuple[Row | Refused, int]:
    """One line as an event, and what its truth column tells."""
    if reader.plan.truth is None:
        return read_line(reader, line, place), -1
    try:
        message = object_of(line)
    except Unreadable as error:
        return Refused(error.code, "", place, shown(line)), -1
    return reader.one(message, place), reader.truth(message)


def check_names(lines: list[bytes], reader: Reader, where: str) -> None:
    """Where no line at all was good: if the first object lacks a needed name, the file is meant for another recipe."""
    for line in lines[:1000]:
        try:
            reader.plan.check(list(object_of(line)), where)
            return
        except Unreadable:
            continue
