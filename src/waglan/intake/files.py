"""A file -> a batch. What it is, is read from its first bytes; its name decides between CSV and JSON Lines.

Parquet, Arrow IPC (file and stream), CSV and JSON Lines. Whatever is wrong with a file as a whole is one BadValue that
says what was expected and what was found; whatever is wrong with a row is a refusal in its place.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from waglan.intake.arrays import Progress
from waglan.intake.lines import delimiter_of, read_csv, read_json_lines, records, utf8_text
from waglan.intake.message import Reader, object_of
from waglan.intake.plan import Plan
from waglan.intake.table import assembled
from waglan.intake.values import Unreadable
from waglan.schema.batch import Batch
from waglan.schema.recipe import Recipe
from waglan.schema.units import BadValue

SUFFIXES: Final = {
    ".parquet": "parquet", ".pq": "parquet", ".arrow": "arrow", ".feather": "arrow", ".ipc": "arrow",
    ".arrows": "stream",
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".jsonl": "json", ".ndjson": "json", ".json": "json",
}  # fmt: skip
BROKEN: Final = (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError)


def read(path: Path | str, recipe: Recipe, progress: Progress | None = None, *, sort: bool = True) -> Batch:
    """The events of a file, sorted once by time unless sort is False; each row is read or refused, none is lost.

    A file with a header or schema and no rows is an empty batch. Raises BadValue: no such file, an empty or truncated
    one, another format or encoding than its name says, columns missing or doubled.
    """
    path = Path(path)
    kind = format_of(path)
    where = str(path)
    reader = Reader(recipe)
    if kind in ("csv", "json"):
        try:
            data = path.read_bytes()
        except OSError as error:
            raise BadValue(f"{where}: {error.strerror}") from None
        if kind == "csv":
            return read_csv(data, reader.plan, where, sort, progress)
        return read_json_lines(data, reader, where, sort, progress)
    table, names = opened(path, kind, reader.plan)
    return assembled(table, names, reader.plan, where, {}, sort, progress)


def format_of(path: Path) -> str:
    """parquet, arrow, stream, csv or json. Raises BadValue where name and bytes disagree, or both say nothing."""
    named = SUFFIXES.get(path.suffix.lower())
    try:
        with path.open("rb") as file:
            head = file.read(64)
            file.seek(0, 2)
            size = file.tell()
            file.seek(max(size - 4, 0))
            tail = file.read(4)
    except OSError as error:
        raise BadValue(f"{path}: {error.strerror}") from None
    if not size:
        raise BadValue(f"{path}: is empty")
    if head.startswith(b"PAR1"):
        if tail != b"PAR1" or size < 12:
            raise BadValue(f"{path}: is a Parquet file cut off at byte {size}: its footer is missing")
        return "parquet"
    if head.startswith(b"ARROW1"):
        return "arrow"
    if head.startswith(b"\xff\xff\xff\xff"):
        return "stream"
    if named in ("parquet", "arrow", "stream"):
        raise BadValue(
            f"{path}: is not {'a Parquet' if named == 'parquet' else 'an Arrow'} file; it begins with {head[:8]!r}"
        )
    if named is None:
        if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            return "json"
        raise BadValue(f"{path}: what it is, neither its name nor its bytes tell; known are {', '.join(SUFFIXES)}")
    return named


def opened(path: Path, kind: str, made: Plan) -> tuple[Any, list[str]]:
    """The wanted columns of a Parquet or Arrow file, and the names of all. Raises BadValue where it cannot be read."""
    try:
        if kind == "parquet":
            file = pq.ParquetFile(path)
            names = list(file.schema_arrow.names)
            return file.read(columns=wanted(names, made), use_threads=False), names
        with pa.memory_map(str(path)) as source:
            table = (pa.ipc.open_stream(source) if kind == "stream" else pa.ipc.open_file(source)).read_all()
        table.validate()
        names = list(table.schema.names)
        return table, names
    except BROKEN as error:
        said = (str(error).splitlines() or [type(error).__name__])[0]
        raise BadValue(f"{path}: cannot be read as {'Parquet' if kind == 'parquet' else 'Arrow'}: {said}") from None


def wanted(names: Iterable[str], made: Plan) -> list[str]:
    """The file's columns that the plan reads."""
    sources = set(made.sources())
    return [name for name in names if name in sources]


def ignored(path: Path | str, recipe: Recipe) -> list[str]:
    """Columns of the file that the recipe does not read, in the file's order (of JSON Lines: the first object's)."""
    path, made = Path(path), Reader(recipe).plan
    kind = format_of(path)
    if kind == "parquet":
        try:
            return made.unread(pq.read_schema(path).names)
        except BROKEN as error:
            raise BadValue(f"{path}: cannot be read as Parquet: {error}") from None
    if kind in ("arrow", "stream"):
        return made.unread(opened(path, kind, made)[1])
    with path.open("rb") as file:
        first = utf8_text(file.readline(1 << 20) or b"", str(path))
    if kind == "csv":
        text = first.decode("utf-8", "replace")
        return made.unread(name.strip() for name in next(records(text, delimiter_of(text, path.suffix)), None) or [])
    try:
        return made.unread(object_of(first))
    except Unreadable:
        return []
