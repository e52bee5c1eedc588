"""What sealing costs, and how long a question to the index takes: `python -m bench.vault --json`.

Records go into two stores in turn, one that seals and one that does not, in blocks of 100 and of 4,096; the difference
is what the vault costs a decision, with what SQLite has to write more. The median of pairs tells it: two runs one after
the other see the same machine. Questions are put to a store that seals, best of several.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from waglan.ledger.entry import DECISION, seal_many
from waglan.store.keys import SeededKeys
from waglan.store.master import MasterFile
from waglan.store.records import Store
from waglan.store.rows import Block

RECIPE: Final = bytes(range(32))
PEOPLE: Final = 5_000
SIZE: Final = 420
"""Bytes of a record: those of the payments demo have 380 to 460."""
VERBS: Final = ("approve",) * 96 + ("warn", "step-up", "review", "decline")


def block(store: Store, start: int, stop: int) -> Block:
    """Records start to stop of one made-up stream, sealed for the log."""
    numbers = range(start, stop)
    dense = store.vault.intern("account", [f"A{i * 7919 % PEOPLE}" for i in numbers]).tolist()
    keys, tokens = store.vault.keys("account"), store.vault.tokens("account").tolist()
    ids, kinds = [f"P{i:08d}" for i in numbers], bytes([DECISION]) * len(numbers)
    records = [i.to_bytes(8, "big") * (SIZE // 8) for i in numbers]
    return Block(
        recipe=RECIPE,
        kinds=kinds,
        ids=ids,
        tokens=[tokens[d] for d in dense],
        ts_ns=[1_700_000_000_000_000_000 + 10**9 * i for i in numbers],
        verbs=[VERBS[i * 31 % 100] for i in numbers],
        scores=list(numbers),
        records=records,
        entries=seal_many([keys[d] for d in dense], ids, records, kinds, "fraud", RECIPE),
    )


def opened(path: Path, sealing: bool) -> Store:
    """A store in a directory, with a master key or without."""
    keys = SeededKeys(1)
    return Store.open(path / "store", keys, MasterFile(path / "keys", keys.chance) if sealing else None)


def appended(sealing: bool, count: int, size: int) -> float:
    """Microseconds of process time a record, in blocks of `size`."""
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder), sealing) as store:
        ready = [block(store, start, min(start + size, count)) for start in range(0, count, size)]
        began = time.process_time()
        for each in ready:
            store.append(each)
        return 1e6 * (time.process_time() - began) / count


def sealed(count: int, rounds: int) -> dict[str, float]:
    """Microseconds a record with the vault and without, and what lies between, by size of block."""
    found: dict[str, float] = {}
    for size in (100, 4096):
        pairs = [(appended(True, count, size), appended(False, count, size)) for _ in range(rounds)]
        found[f"sealed_{size}_us"] = min(a for a, _ in pairs)
        found[f"plain_{size}_us"] = min(b for _, b in pairs)
        found[f"vault_{size}_us"] = statistics.median(a - b for a, b in pairs)
    return found


def best_ms(work: Callable[[], object], rounds: int = 7) -> float:
    """Milliseconds of the quickest of several."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return 1e3 * min(times)


def asked(count: int) -> dict[str, Any]:
    """Milliseconds of questions to the index of `count` decisions, seconds of an opening; `answer` is their digest."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        with opened(path, True) as store:
            for start in range(0, count, 4096):
                store.append(block(store, start, min(start + 4096, count)))
            token = int(store.vault.tokens("account")[17])
            middle = 1_700_000_000_000_000_000 + 10**9 * (count // 2)
            store.holdings(token)
            questions: dict[str, Callable[[], list[Any]]] = {
                "time": lambda: store.decisions(since_ns=middle, until_ns=middle + 100 * 10**9),
                "token": lambda: store.decisions(token=token),
                "verb": lambda: store.decisions(verb="decline", limit=100),
                "verb_and_time": lambda: store.decisions(verb="decline", since_ns=middle, limit=100),
                "recipe": lambda: store.decisions(recipe=RECIPE, since_ns=middle, limit=100),
            }
            found: dict[str, Any] = {f"{name}_ms": best_ms(question) for name, question in questions.items()}
            answers = [question() for question in questions.values()]
            assert all(answers), "every question finds something"
        began = time.perf_counter()
        with opened(path, True) as store:
            store.ids()
        found["open_s"] = time.perf_counter() - began
    return found | {"answer": sha256(repr(answers).encode()).hexdigest()[:16]}


def run(records: int = 40_000, rounds: int = 5, entries: int = 1_000_000) -> dict[str, Any]:
    """All figures."""
    return {"records": records, "size": SIZE, "sealed": sealed(records, rounds), "entries": entries} | {
        "asked": asked(entries)
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.vault", description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    asked_for = parser.parse_args()
    found = run(entries=asked_for.entries)
    print(json.dumps(found) if asked_for.json else json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
