"""A decision that survives a power cut, alone and in batches of 100, beside bare fdatasync and beside SQLite.

`python -m bench.durable --json`. The whole path of a book: values already read -> windows, a 300-tree score, the ladder
-> record, sealed under the subject's key -> entry, tree, signed head -> one frame, fdatasync -> store and tiles. In the
same run, on the same disk and in turns with it: the same number of bytes appended and synced bare, and the same records
inserted into SQLite in WAL mode with synchronous=FULL, one transaction for as many. Time is that of the wall: a disk is
waited for. Least of the rounds, as a shared machine only ever adds.
"""

import argparse
import gc
import json
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.decide import Setting, bench_recipe, operands, with_adverse
from waglan.book import Book
from waglan.engine.training import seal
from waglan.ledger.journal import DIGEST, HEAD
from waglan.store.keys import SeededKeys
from waglan.store.rows import Row

SIZE: Final = 100
SHARE: Final = 0.01
"""Declined or reviewed: their parts are in the record."""


@contextmanager
def book_of(setting: Setting, durability: str) -> Iterator[Book]:
    """A new book, warmed with all but the live payments."""
    recipe = with_adverse(bench_recipe(False), setting.scores, SHARE)
    sealed = seal(recipe, setting.model, recipe.policy.cuts)
    with (
        tempfile.TemporaryDirectory() as folder,
        Book.create(Path(folder) / "book", sealed, setting.model.data, SeededKeys(1), durability) as book,
    ):
        book.warm(setting.batch.slice(0, setting.start))
        book.writer.settle()
        yield book


def spent(calls: list[Callable[[], Any]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Microseconds of each call."""
    gc.collect()
    gc.freeze()
    marks = [time.perf_counter()]
    for call in calls:
        call()
        marks.append(time.perf_counter())
    gc.unfreeze()
    return np.array([1e6 * (b - a) for a, b in pairwise(marks)])


def decided(setting: Setting, size: int, durability: str) -> tuple[Any, list[Row], int, str]:
    """Time of each decision or batch; the records, the journal's bytes, the root."""
    with book_of(setting, durability) as book:
        engine, batch = book.engine, setting.events()
        dense, tokens = operands(engine, batch)

        def one(i: int) -> None:
            engine.decide_one(batch.ids[i], int(batch.ts_ns[i]), dense[i], tokens[i])
            engine.commit()

        def many(start: int) -> None:
            engine.decide(batch.slice(start, min(start + size, len(batch))))
            engine.commit()

        act = one if size == 1 else many
        times = spent([lambda i=i: act(i) for i in range(0, len(batch), size)])  # type: ignore[misc]
        rows = list(engine.store.range(1, engine.store.size))
        return times, rows, book.writer.journal.size - HEAD.size - DIGEST, engine.log.root().hex()


def bare(folder: Path, count: int, total: int) -> Any:
    """Time of each of `count` appends with fdatasync, `total` bytes in all."""
    handle = os.open(folder / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_TRUNC)
    data = os.urandom(total // count)

    def append() -> None:
        os.write(handle, data)
        os.fdatasync(handle)

    try:
        return spent([append] * count)
    finally:
        os.close(handle)


def inserted(folder: Path, rows: list[Row], size: int) -> Any:
    """Time of each transaction of `size` records in SQLite, with an index over ids."""
    file = folder / "plain.sqlite"
    for old in folder.glob("plain.sqlite*"):
        old.unlink()
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(
        "CREATE TABLE records (position INTEGER PRIMARY KEY, kind INTEGER, form INTEGER, event_id TEXT, token INTEGER, "
        "record BLOB, entry BLOB)"
    )
    connection.execute("CREATE UNIQUE INDEX by_event ON records (event_id)")

    def insert(start: int) -> None:
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)", rows[start : start + size])
        connection.execute("COMMIT")

    try:
        return spent([lambda s=s: insert(s) for s in range(0, len(rows), size)])  # type: ignore[misc]
    finally:
        connection.close()


def told(times: Any, size: int) -> dict[str, float]:
    """p50 and p99 of one call in microseconds, records a second; without the first fifth, in which things get warm."""
    warm = times[len(times) // 5 :]
    p50, p99 = np.percentile(warm, (50, 99)).round(1).tolist()
    return {"p50_us": p50, "p99_us": p99, "per_s": round(size * len(warm) / warm.sum() * 1e6)}


def compared(setting: Setting, size: int, rounds: int) -> dict[str, Any]:
    """All that there is to compare at one size of batch; of each the quickest round."""
    found: dict[str, list[dict[str, float]]] = {"commit": [], "relaxed": [], "fdatasync": [], "sqlite_full": []}
    roots = set()
    for _ in range(rounds):
        for durability in ("commit", "relaxed"):
            times, rows, total, root = decided(setting, size, durability)
            found[durability].append(told(times, size))
            roots.add(root)
        with tempfile.TemporaryDirectory() as folder:
            found["fdatasync"].append(told(bare(Path(folder), len(times), total), size))
            found["sqlite_full"].append(told(inserted(Path(folder), rows, size), size))
    assert len(roots) == 1, "the root depends on nothing but the events"
    best = {name: max(each, key=lambda one: one["per_s"]) for name, each in found.items()}
    spread = {name: [one["per_s"] for one in each] for name, each in found.items()}
    share = best["commit"]["per_s"] / best["sqlite_full"]["per_s"]
    return best | {"per_s_of_rounds": spread, "of_sqlite": round(share, 3), "bytes": total, "root": roots.pop()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.durable", description=__doc__)
    parser.add_argument("--payments", type=int, default=60_000, help="payments of the world")
    parser.add_argument("--live", type=int, default=4_000, help="of them decided")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    asked = parser.parse_args()
    setting = Setting(asked.payments, asked.live)
    found = {"one": compared(setting, 1, asked.rounds), "batches_of_100": compared(setting, SIZE, asked.rounds)}
    print(json.dumps(found, indent=None if asked.json else 2))


if __name__ == "__main__":
    main()
