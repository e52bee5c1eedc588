"""When each subject was last met: in whatever column of whatever event, history included."""

import numpy as np

from waglan.book import Book
from waglan.engine.replay import batches
from waglan.schema.batch import REFUSED, Batch
from waglan.schema.recipe import columns
from waglan.schema.units import NULL


def last_seen(book: Book) -> dict[tuple[str, int], int]:
    """Type and token of every subject -> nanoseconds of the last event that names it. Reads the whole book."""
    engine = book.engine
    engine.commit()
    found: dict[tuple[str, int], int] = {}
    history = book.history()
    for batch in (*([history] if history is not None else []), *batches(book.recipe, engine.store, effects=True)):
        _later(book, batch, found)
    return found


def _later(book: Book, batch: Batch, found: dict[tuple[str, int], int]) -> None:
    vault, readable = book.engine.store.vault, batch.kinds != REFUSED
    for j, column in enumerate(columns(book.recipe).values()):
        if column.entity is None or not batch.names.get(j):
            continue
        held = readable & (batch.values[:, j] != NULL)
        last = np.full(len(batch.names[j]), -1, np.int64)
        np.maximum.at(last, batch.values[held, j], batch.ts_ns[held])
        dense = vault.intern(column.entity, batch.names[j])
        tokens = vault.tokens(column.entity)[dense].tolist()
        for token, ts_ns in zip(tokens, last.tolist(), strict=True):
            if ts_ns >= 0:
                key = column.entity, token
                found[key] = max(found.get(key, 0), ts_ns)
