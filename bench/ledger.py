"""What sealing and keeping cost, each beside the floor under it in the same run: `python -m bench.ledger --json`.

- tree: entries into a log in memory with every proof kept, beside pymerkle and the bare hashes of the tree by hashlib.
- seal: from keys, ids and records to entries and leaf hashes, beside `hmac.digest`.
- proofs: made and checked one at a time at random positions.
- store: blocks of records through `Store.append`, beside the sqlite3 module writing the same rows to the same tables.
- recovery: opening a log in a directory again, and comparing it with its store.

Times are process time, the least of the rounds; `answer` is a hash of what was computed, equal for equal arguments.
"""

import argparse
import hashlib
import hmac
import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from waglan.ledger.digests import leaves
from waglan.ledger.entry import DECISION, leaf_hash, seal_many
from waglan.ledger.log import Log
from waglan.ledger.proof import check, prove
from waglan.ledger.tree import check_inclusion
from waglan.store.keys import SeededKeys
from waglan.store.records import Store
from waglan.store.recovery import recover
from waglan.store.rows import Block

T = TypeVar("T")
BLOCK = 4096
RECIPE = bytes(range(32))


def least(rounds: int, work: Callable[[], T]) -> tuple[float, T]:
    """Seconds of process time of the quickest round, and what the last one gave."""
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        value = work()
        best = min(best, time.process_time() - start)
    return best, value


def made_records(count: int, size: int) -> list[bytes]:
    """`count` records of `size` bytes that differ from each other."""
    chance = random.Random(7)
    filler = chance.randbytes(size + count)
    return [filler[i : i + size] for i in range(count)]


def bench_seal(records: list[bytes], rounds: int) -> tuple[dict[str, float], list[bytes]]:
    """Microseconds an entry, its leaf hash included."""
    count = len(records)
    ids, keys = [f"P{i}" for i in range(count)], [i.to_bytes(32, "big") for i in range(count)]
    kinds = bytes([DECISION]) * count

    def ours() -> list[bytes]:
        entries = seal_many(keys, ids, records, kinds, "fraud", RECIPE)
        leaves(entries)
        return entries

    def plain() -> None:
        for key, event_id, record in zip(keys, ids, records, strict=True):
            hmac.digest(hmac.digest(key, event_id.encode(), "sha256"), record, "sha256")

    seconds, entries = least(rounds, ours)
    floor, _ = least(rounds, plain)
    return {"seal_us": 1e6 * seconds / count, "two_hmac_digest_alone_us": 1e6 * floor / count}, entries


def bench_tree(entries: list[bytes], rounds: int) -> tuple[dict[str, float], bytes]:
    """Appends a second with all proofs kept, beside pymerkle's and the hashes of the same tree and nothing else."""
    from pymerkle import InmemoryTree

    def ours() -> bytes:
        log = Log()
        for start in range(0, len(entries), BLOCK):
            log.append(entries[start : start + BLOCK])
        return log.root()

    def plain() -> None:
        digest = hashlib.sha256
        level = [digest(b"\0" + entry).digest() for entry in entries]
        while len(level) > 1:
            level = [digest(b"\1" + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)]

    def pymerkle() -> bytes:
        tree = InmemoryTree(algorithm="sha256")
        for entry in entries:
            tree.append_entry(entry)
        return bytes(tree.get_root())

    seconds, root = least(rounds, ours)
    floor, _ = least(rounds, plain)
    peer, theirs = least(1, pymerkle)
    assert theirs == root, "one tree, one root"
    rates = {"appends_per_s": seconds, "bare_hashlib_per_s": floor, "pymerkle_per_s": peer}
    return {name: len(entries) / spent for name, spent in rates.items()}, root


def bench_proofs(entries: list[bytes], records: list[bytes], times: int) -> dict[str, float]:
    """Microseconds to make and to check a path, and a whole proof with its commitment."""
    log, chance = Log(), random.Random(7)
    log.append(entries)
    places = [chance.randrange(log.size) for _ in range(times)]
    root, size = log.root(), log.size
    made, paths = least(3, lambda: [log.prove(i) for i in places])
    hashes = [leaf_hash(log.entry(i)) for i in places]

    def checked() -> None:
        for i, leaf, path in zip(places, hashes, paths, strict=True):
            check_inclusion(leaf, i, size, path, root)

    seconds, _ = least(3, checked)
    salts = [hmac.digest(i.to_bytes(32, "big"), b"P%d" % i, "sha256") for i in places]
    whole, proofs = least(3, lambda: [prove(log, i, records[i], s) for i, s in zip(places, salts, strict=True)])

    def opened_all() -> None:
        for proof in proofs:
            check(proof, root)

    opened, _ = least(3, opened_all)
    parts = {"path_make": made, "path_check": seconds, "proof_make": whole, "proof_check": opened}
    return {f"{name}_us": 1e6 * spent / times for name, spent in parts.items()}


def blocks(store: Store, records: list[bytes], entries: list[bytes]) -> list[Block]:
    """The records as the engine would hand them over: 5,000 subjects, 1% declined."""
    dense = store.vault.intern("account", [f"A{i}" for i in range(5000)])
    tokens = store.vault.tokens("account")[dense].tolist()
    made = []
    for start in range(0, len(records), BLOCK):
        numbers = range(start, min(start + BLOCK, len(records)))
        made.append(
            Block(
                recipe=RECIPE,
                kinds=bytes([DECISION]) * len(numbers),
                ids=[f"P{i}" for i in numbers],
                tokens=[tokens[i * 7919 % 5000] for i in numbers],
                ts_ns=[1_700_000_000_000_000_000 + 10**9 * i for i in numbers],
                verbs=["approve" if i % 100 else "decline" for i in numbers],
                scores=list(numbers),
                records=records[numbers.start : numbers.stop],
                entries=entries[numbers.start : numbers.stop],
            )
        )
    return made


def bench_store(records: list[bytes], entries: list[bytes], rounds: int) -> dict[str, float]:
    """Records a second into a directory and into memory, beside sqlite3 alone; then recovery."""
    told: dict[str, list[float]] = {}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder), SeededKeys(1)) as store:
            ready = blocks(store, records, entries)
            for name, work in (
                ("store", lambda: [store.append(block) for block in ready]),  # noqa: B023
                ("sqlite3", lambda: plain_sqlite(Path(folder), ready)),  # noqa: B023
            ):
                wall, start = time.perf_counter(), time.process_time()
                work()
                told.setdefault(name, []).append(time.process_time() - start)
                told.setdefault(f"{name}_wall", []).append(time.perf_counter() - wall)
            with Log(Path(folder) / "log") as log:
                log.append(entries)
            start = time.process_time()
            with Log(Path(folder) / "log") as log:
                told.setdefault("log_open", []).append(time.process_time() - start)
                start = time.process_time()
                recover(store, log)
                told.setdefault("recover", []).append(time.process_time() - start)
            per_record = sum(f.stat().st_size for f in Path(folder).glob("store.sqlite")) / len(records)
        with Store.memory(SeededKeys(1)) as store:
            ready = blocks(store, records, entries)
            start = time.process_time()
            for block in ready:
                store.append(block)
            told.setdefault("memory", []).append(time.process_time() - start)
    figures = {f"{name}_us": 1e6 * min(seconds) / len(records) for name, seconds in told.items()}
    rates = {f"{name}_per_s": len(records) / min(told[name]) for name in ("store", "sqlite3", "memory")}
    return rates | figures | {"store_bytes_per_record": per_record}


def plain_sqlite(folder: Path, ready: list[Block]) -> None:
    """The same rows through sqlite3's executemany into one table with the store's two indexes and settings."""
    connection = sqlite3.connect(folder / "plain.sqlite")
    for pragma in ("page_size=16384", "journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=2048"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(
        "CREATE TABLE records (position INTEGER PRIMARY KEY, kind INTEGER, form INTEGER, event_id TEXT, token INTEGER, "
        "recipe INTEGER, ts_ns INTEGER, verb TEXT, score_micro INTEGER, record BLOB, entry BLOB)"
    )
    connection.execute("CREATE UNIQUE INDEX by_event ON records (event_id)")
    connection.execute("CREATE INDEX by_verb ON records (verb, ts_ns)")
    position = 0
    for b in ready:
        columns = (b.kinds, b.ids, b.tokens, b.ts_ns, b.verbs, b.scores, b.records, b.entries)
        rows = [
            (position + at, kind, 0, event_id, token, 0, ts_ns, verb, score, record, entry)
            for at, (kind, event_id, token, ts_ns, verb, score, record, entry) in enumerate(zip(*columns, strict=True))
        ]
        with connection:
            connection.executemany("INSERT INTO records VALUES (?,?,?,?,?,?,?,?,?,?,?)", rows)
        position += len(rows)
    connection.close()


def main() -> None:
    """Run all of it and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--count", type=int, default=1_000_000, help="entries in the tree")
    options.add_argument("--stored", type=int, default=100_000, help="of them records in the store")
    options.add_argument("--bytes", type=int, default=260, help="size of one record")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--json", action="store_true", help="one JSON object in place of lines")
    given = options.parse_args()
    records = made_records(given.count, given.bytes)
    seal, entries = bench_seal(records, given.rounds)
    tree, root = bench_tree(entries, given.rounds)
    proofs = bench_proofs(entries, records, min(2000, given.count))
    store = bench_store(records[: given.stored], entries[: given.stored], given.rounds)
    figures = {"count": given.count, "record_bytes": given.bytes, "answer": root.hex()[:16]}
    result = figures | {"seal": seal, "tree": tree, "proofs": proofs, "store": store}
    if given.json:
        print(json.dumps(result, indent=1))
        return
    print(f"{given.count} records of {given.bytes} bytes, root {root.hex()[:16]}")
    for room in (seal, tree, proofs, store):
        for name, value in room.items():
            print(f"{name:28} {value:14,.2f}")


if __name__ == "__main__":
    main()
