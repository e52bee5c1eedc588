"""What one frame of the journal promises: a block as it will lie in the store, and the head of the log after it.

All that store and log need to catch up after a crash stands in it, sealed as it is in the store: what cannot be read
there cannot be read here. Its bytes are MessagePack, field by field in the order below.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np

from waglan.store.rows import Block, Whole
from waglan.store.vault import PLAIN, SEALED, Subject


class Promise(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """n records from position `first` on, column by column as they are in the table, and what belongs to them.

    refused and subjects are rows of their tables. checkpoint: the log's head after these records, a signed note, or its
    text alone where nothing is signed before it is safe. snapshot: how many records the last safe state had seen.
    """

    first: int
    recipe: bytes
    form: int
    kinds: bytes
    ids: Sequence[str | None]
    tokens: Sequence[int | None]
    ts_ns: Sequence[int | None]
    verbs: Sequence[str | None]
    scores: Sequence[int | None]
    records: Sequence[bytes]
    entries: Sequence[bytes]
    refused: Sequence[tuple[Any, ...]]
    subjects: Sequence[tuple[Any, ...]]
    checkpoint: bytes = b""
    snapshot: int = 0

    @property
    def end(self) -> int:
        """Position behind the last record."""
        return self.first + len(self.records)


encode: Final = msgspec.msgpack.Encoder().encode
decode: Final = msgspec.msgpack.Decoder(Promise).decode


def promise_of(block: Block, first: int, subjects: Sequence[Subject]) -> Promise:
    """A block in the form it has at rest, and whoever is new."""
    form = SEALED if block.closed else PLAIN
    lines = [(first + at, r.code, r.column, r.position, r.shown, form) for at, r in sorted(block.refused.items())]
    return Promise(
        first, block.recipe, form, bytes(block.kinds), block.ids, plain(block.tokens), plain(block.ts_ns), block.verbs,
        plain(block.scores), block.records, block.entries, lines, subjects,
    )  # fmt: skip


def plain(column: Whole) -> Sequence[int | None]:
    """Python's own integers: SQLite takes numpy's for bytes."""
    return column.tolist() if isinstance(column, np.ndarray) else column
