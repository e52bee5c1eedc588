"""Files of levels as plain tables: CSV, Parquet, or a zip that holds one CSV. Nothing is guessed.

A CSV is UTF-8; another encoding is refused with the byte and its line, because half-read digits are numbers too.
"""

import csv
import io
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from waglan.schema.units import BadValue

BYTES_MAX: Final = 1 << 30
"""Most that a zip may unpack to."""


@dataclass(frozen=True)
class Table:
    """Columns of one length; cells are text, or what Parquet holds, None for nothing."""

    where: str
    columns: dict[str, Sequence[Any]]

    @property
    def names(self) -> list[str]:
        return list(self.columns)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))


def read_table(path: Path) -> Table:
    """The table in a file. BadValue for a file that is not there, broken, or of another form."""
    form = path.suffix.lower()
    if form in (".parquet", ".pq"):
        return _parquet(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadValue(f"{path}: {error.strerror}; rates (.zip, .csv, .parquet) were expected") from None
    if form == ".zip" or data[:2] == b"PK":
        return csv_table(f"{path}", unpacked(path, data))
    if form not in (".csv", ".txt"):
        raise BadValue(f"{path}: rates are a .zip, .csv or .parquet file, this is {form or 'none of them'}")
    return csv_table(f"{path}", data)


def unpacked(path: Path, data: bytes) -> bytes:
    """The one CSV in a zip. BadValue for a zip that is cut off or changed, or holds anything else."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as held:
            inside = [item for item in held.infolist() if not item.is_dir()]
            if len(inside) != 1 or not inside[0].filename.lower().endswith(".csv"):
                names = ", ".join(item.filename for item in inside[:5]) or "nothing"
                raise BadValue(f"{path}: a zip with one CSV was expected, it holds {names}")
            if inside[0].file_size > BYTES_MAX:
                raise BadValue(f"{path}: it unpacks to {inside[0].file_size:,} bytes, {BYTES_MAX:,} is the most")
            return held.read(inside[0])
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise BadValue(f"{path}: {len(data):,} bytes that are no whole zip, it may be cut off: {error}") from None


def csv_table(where: str, data: bytes) -> Table:
    """A CSV with a header; an empty last column, which the ECB's lines end with, is left out."""
    rows = list(csv.reader(io.StringIO(_text(where, data), newline="")))
    if not rows:
        raise BadValue(f"{where}: it is empty")
    names = [name.strip() for name in rows[0]]
    while names and not names[-1]:
        names.pop()
    for place, name in enumerate(names):
        if not name or name in names[:place]:
            raise BadValue(f"{where}: column {place + 1} of the header is {name!r}: names are there and differ")
    lines = [row for row in rows[1:] if row]
    for number, row in enumerate(lines, 1):
        if len(row) < len(names) or any(cell.strip() for cell in row[len(names) :]):
            raise BadValue(
                f"{where}: row {number} has {len(row)} cells for {len(names)} columns: {','.join(row)[:60]!r}"
            )
    return Table(where, {name: [row[i].strip() for row in lines] for i, name in enumerate(names)})


def _text(where: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadValue(f"{where}: line {line}: the byte {data[error.start]:#04x} is no UTF-8") from None


def _parquet(path: Path) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except OSError as error:  # pyarrow's own errors about files are OSErrors too
        raise BadValue(
            f"{path}: {error.strerror or one_line(error)}; rates (.zip, .csv, .parquet) were expected"
        ) from None
    except pa.ArrowException as error:
        raise BadValue(f"{path}: this is no whole Parquet file: {one_line(error)}") from None
    return Table(f"{path}", {name: table.column(name).to_pylist() for name in table.column_names})


def one_line(error: Exception) -> str:
    """What a library says of a file, on one line."""
    return " ".join(str(error).split())


def cell_shown(value: object) -> str:
    """A cell in a message, cut to 40 characters."""
    return repr(value)[:40]
