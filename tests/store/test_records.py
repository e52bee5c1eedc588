"""The store in memory and in a directory: what goes in comes out, and what cannot be done is told."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import event

from tests.store.blocks import RECIPE, block_of, filled
from waglan.ledger.entry import DECISION, OBSERVATION, REFUSAL
from waglan.schema.batch import Refused
from waglan.store.failure import (
    AlreadyThere,
    NewerStore,
    NotAStore,
    StoreError,
    StoreFull,
    StoreLocked,
    StoreUnwritable,
)
from waglan.store.keys import SeededKeys
from waglan.store.master import MasterFile
from waglan.store.records import STRIDE, Store
from waglan.store.rows import Row
from waglan.store.snapshots import SNAPSHOTS_KEPT

ROOT = Path(__file__).parents[2]
KEYS = SeededKeys(1)


@pytest.fixture(params=["memory", "directory", "sealed"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "memory":
        opened = Store.memory(KEYS)
    else:
        master = MasterFile(tmp_path / "keys", os.urandom) if request.param == "sealed" else None
        opened = Store.open(tmp_path / "store", KEYS, master)
    with opened as made:
        yield made


def test_what_goes_in_comes_out(store: Store) -> None:
    block = block_of(store, 0, 10_000)
    assert store.append(block) == 0
    rows = list(store.range(0, 20_000))
    assert len(rows) == store.size == 10_000
    form = int(store.vault.sealing)
    assert rows[7] == Row(7, block.kinds[7], form, block.ids[7], block.tokens[7], block.records[7], block.entries[7])
    assert [row.position for row in rows] == list(range(10_000))
    assert [row.entry for row in rows] == list(block.entries) == list(store.entries(0, 20_000))
    assert list(store.entries(4000, 4200)) == list(block.entries[4000:4200])
    assert list(store.range(5000, 5003)) == rows[5000:5003]
    assert store.by_event("P17") == rows[17]
    assert store.by_event("P10000") is None
    assert store.positions([f"P{i}" for i in range(9_000, 11_000)]) == {f"P{i}": i for i in range(9_000, 10_000)}


def test_numpy_columns_are_whole_numbers(store: Store) -> None:
    block = block_of(store, 0, 20)
    scores = np.array([0 if score is None else score for score in block.scores], np.int64)
    store.append(replace(block, scores=scores))
    assert [found.score_micro for found in store.decisions()] == [
        int(score) for score, verb in zip(scores, block.verbs, strict=True) if verb
    ]


def test_a_wrong_type_is_an_error_and_leaves_nothing(store: Store) -> None:
    block = block_of(store, 0, 3)
    wrong = replace(block, scores=[np.int64(1), None, None])  # type: ignore[list-item]
    with pytest.raises(StoreError, match="INTEGER column"):
        store.append(wrong)
    assert store.size == 0
    assert list(store.range(0, 10)) == []
    assert store.append(block) == 0


def test_decisions_are_found_by_verb_time_and_subject(store: Store) -> None:
    blocks = [block_of(store, first, first + 500) for first in (0, 500)]
    for block in blocks:
        store.append(block)
    rows = [
        (500 * b + i, block.ts_ns[i], block.tokens[i], block.verbs[i], block.scores[i])
        for b, block in enumerate(blocks)
        for i in range(500)
        if block.verbs[i] is not None
    ]
    assert [tuple(found) for found in store.decisions()] == rows
    assert [tuple(f) for f in store.decisions(verb="decline")] == [row for row in rows if row[3] == "decline"]
    assert store.decisions(verb="unheard-of") == []
    since, until = 100 * 10**9, 200 * 10**9
    inside = [row for row in rows if row[1] is not None and since <= row[1] < until]
    assert [tuple(found) for found in store.decisions(since_ns=since, until_ns=until)] == inside
    assert 0 < len(inside) < len(rows)
    token = rows[5][2]
    assert [tuple(f) for f in store.decisions(token=token)] == [row for row in rows if row[2] == token]
    assert [tuple(f) for f in store.decisions(limit=3)] == rows[:3]


def test_holdings_are_all_records_of_a_subject(store: Store) -> None:
    expected: dict[int, list[int]] = {}
    for first in range(0, STRIDE + 20_000, 20_000):
        block = block_of(store, first, first + 20_000)
        store.append(block)
        for at, token in enumerate(block.tokens):
            if token is not None:
                expected.setdefault(int(token), []).append(first + at)
        some = max(token for token in block.tokens if token is not None)
        assert store.holdings(some) == expected[some]
    assert all(store.holdings(token) == positions for token, positions in list(expected.items())[:20])
    assert store.holdings(12345) == []


def test_refused_values_are_kept_beside_the_record(store: Store) -> None:
    block = block_of(store, 0, 30)
    bad = Refused("wrong_type", "amount", 4711, "12,34 元")
    store.append(replace(block, refused={3: bad, 9: bad}))
    store.append(replace(block_of(store, 30, 40), refused={0: bad}))
    assert list(store.refused()) == [(3, bad), (9, bad), (30, bad)]
    assert list(store.refused(4, 30)) == [(9, bad)]


def test_snapshots_are_bound_to_a_position(store: Store) -> None:
    assert store.snapshot(RECIPE) is None
    states = [os.urandom(100_000) * 3, b"", b"third", b"fourth"]
    for at, state in enumerate(states):
        store.append(replace(block_of(store, 10 * at, 10 * at + 10), snapshot=state))
        assert store.snapshot(RECIPE) == (10 * at + 10, state)
        if at:
            assert store.snapshot(RECIPE, 10 * at + 9) == (10 * at, states[at - 1])
    assert SNAPSHOTS_KEPT == 2
    assert store.snapshot(RECIPE, 29) is None
    assert store.snapshot(bytes(32)) is None


def test_an_id_is_decided_once(store: Store) -> None:
    store.append(block_of(store, 0, 10))
    with pytest.raises(AlreadyThere, match="'P5' is in the store, at 5"):
        store.append(block_of(store, 5, 20))
    block = block_of(store, 10, 12)
    with pytest.raises(AlreadyThere, match="'P10' is in the store, at 10"):
        store.append(replace(block, ids=["P10", "P10"]))
    assert store.size == 10
    assert store.append(replace(block, ids=[None, None])) == 10


def test_opening_again_gives_the_same_store(tmp_path: Path) -> None:
    with Store.open(tmp_path, KEYS) as store:
        for first in (0, 100):
            store.append(block_of(store, first, first + 100))
        store.vault.intern("device", ["never used"])
        store.flush()
        rows, log_key = list(store.range(0, 200)), store.vault.log_key
        found, tokens = store.decisions(), store.vault.tokens("account").tolist()
    with Store.open(tmp_path, SeededKeys(2)) as store:
        assert (store.size, store.vault.log_key) == (200, log_key)
        assert list(store.range(0, 200)) == rows
        assert store.decisions() == found
        assert store.vault.tokens("account").tolist() == tokens
        assert store.vault.find("device", "never used") == 0
        assert store.append(block_of(store, 200, 201)) == 200
    assert (tmp_path / "store.sqlite").stat().st_mode & 0o077 == 0


def test_a_block_of_nothing_is_nothing(store: Store) -> None:
    assert store.append(block_of(store, 0, 0)) == 0
    assert (store.size, list(store.range(0, 1)), store.decisions()) == (0, [], [])


def test_kinds_are_mixed_in_the_blocks_tested() -> None:
    assert {DECISION, OBSERVATION, REFUSAL} <= set(block_of(Store.memory(KEYS), 0, 200).kinds)


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    with Store.open(tmp_path, KEYS), pytest.raises(StoreLocked, match="another writer"):
        Store.open(tmp_path, KEYS)
    with Store.open(tmp_path, KEYS) as store:
        assert store.size == 0


def test_a_reader_that_holds_the_file_is_told_of(tmp_path: Path) -> None:
    with Store.open(tmp_path, KEYS) as store:
        store._engine.dispose()
        event.listen(store._engine, "connect", lambda c, _: c.execute("PRAGMA busy_timeout = 10"))
        other = sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreLocked, match="another process"):
            store.append(block_of(store, 0, 10))
        other.close()
        assert store.append(block_of(store, 0, 10)) == 0


def test_what_is_no_store_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite"
    file.write_text("not a database, " * 1000)
    with pytest.raises(NotAStore, match="not a store"):
        Store.open(tmp_path, KEYS)
    assert file.read_text() == "not a database, " * 1000


def test_another_database_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "store.sqlite") as other:
        other.execute("CREATE TABLE payments (id)")
    other.close()
    with pytest.raises(NotAStore, match="SQLite database and not a store"):
        Store.open(tmp_path, KEYS)


def test_a_newer_store_is_left_alone(tmp_path: Path) -> None:
    Store.open(tmp_path, KEYS).close()
    with sqlite3.connect(tmp_path / "store.sqlite") as other:
        other.execute("PRAGMA user_version = 3")
    other.close()
    with pytest.raises(NewerStore, match="version 3, this program knows up to 2"):
        Store.open(tmp_path, KEYS)


def test_a_path_that_cannot_be_a_directory_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnwritable, match="file"):
        Store.open(tmp_path / "file", KEYS)


def test_a_full_disk_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    with Store.open(tmp_path, KEYS) as store:
        store.append(block_of(store, 0, 100))
        store._engine.dispose()
        event.listen(store._engine, "connect", lambda c, _: c.execute("PRAGMA max_page_count = 30"))
        with pytest.raises(StoreFull, match="no room is left"):
            store.append(block_of(store, 100, 20_000))
        assert store.size == 100
    with Store.open(tmp_path, KEYS) as store:
        assert store.size == len(list(store.range(0, 200))) == 100
        assert store.append(block_of(store, 100, 20_000)) == 100
        assert len(list(store.range(0, 20_000))) == 20_000


LIMITED = """
import resource, sys
from pathlib import Path
from tests.store.blocks import block_of
from waglan.store.failure import StoreError
from waglan.store.keys import SeededKeys
from waglan.store.master import MasterFile
from waglan.store.records import Store
store = Store.open(Path(sys.argv[1]), SeededKeys(1))
store.append(block_of(store, 0, 100))
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
try:
    store.append(block_of(store, 100, 20_000))
except StoreError as error:
    print(type(error).__name__, store.size)
"""


def test_a_file_that_may_not_grow_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LIMITED, str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "StoreUnwritable 100\n", done.stderr
    with Store.open(tmp_path, KEYS) as store:
        assert store.size == len(list(store.range(0, 200))) == 100


def test_filled_stores_of_one_seed_are_equal() -> None:
    one, other = filled(Store.memory(KEYS), 300, 7), filled(Store.memory(KEYS), 300, 300)
    assert list(one.range(0, 300)) == list(other.range(0, 300))
