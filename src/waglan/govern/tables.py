"""What of a book is not personal, as one Parquet file: for statistics that need nobody's name and nobody's key.

A line for each decision that was not erased: its place, month, verb, score, recipe and reasons. Times are cut to the
month, amounts and tokens are left out: a time to the nanosecond, an amount or a token finds a person again.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from waglan.book import Book
from waglan.ledger.entry import DECISION
from waglan.schema.records import decode_decision

SCHEMA = pa.schema(
    [
        ("position", pa.int64()),
        ("month", pa.string()),
        ("desk", pa.string()),
        ("recipe", pa.string()),
        ("verb", pa.string()),
        ("score_micro", pa.int64()),
        ("reasons", pa.list_(pa.string())),
        ("late", pa.bool_()),
    ]
)


def export(book: Book, out: Path) -> int:
    """Write the file; how many decisions are in it."""
    book.engine.commit()
    lines: list[dict[str, Any]] = []
    for row in book.engine.store.readable():
        if row.kind == DECISION:
            made = decode_decision(row.record)
            month = datetime.fromtimestamp(made.event.ts_ns // 1_000_000_000, UTC).strftime("%Y-%m")
            lines.append(
                {
                    "position": row.position,
                    "month": month,
                    "desk": book.recipe.desk,
                    "recipe": made.recipe.hex(),
                    "verb": made.actions[0].verb if made.actions else None,
                    "score_micro": made.score_micro,
                    "reasons": list(made.reasons),
                    "late": made.late,
                }
            )
    pq.write_table(pa.Table.from_pylist(lines, schema=SCHEMA), out, compression="zstd")
    return len(lines)
