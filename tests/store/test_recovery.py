"""After a crash: the log comes up to the store, nothing committed is lost, nothing forks."""

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.store.blocks import block_of, filled
from waglan.ledger.log import Log
from waglan.store.failure import Diverged
from waglan.store.keys import SeededKeys
from waglan.store.records import Store
from waglan.store.recovery import recover

ROOT = Path(__file__).parents[2]
KEYS = SeededKeys(1)

WRITER = """
import sys
from pathlib import Path
from tests.store.blocks import block_of
from waglan.ledger.log import Log
from waglan.store.keys import SeededKeys
from waglan.store.records import Store
from waglan.store.recovery import recover
path = Path(sys.argv[1])
store, log = Store.open(path, SeededKeys(1)), Log(path / "log")
recover(store, log)
while True:
    block = block_of(store, store.size, store.size + 29)
    store.append(block)
    print("store", store.size, flush=True)
    log.append(block.entries)
    print("log", log.size, log.root().hex(), flush=True)
"""


@pytest.mark.parametrize("lacking", [0, 1, 29, 300])
def test_the_log_comes_up_to_the_store(lacking: int) -> None:
    store, log, whole = filled(Store.memory(KEYS), 300, 100), Log(), Log()
    entries = [row.entry for row in store.range(0, 300)]
    whole.append(entries)
    log.append(entries[: 300 - lacking])
    assert recover(store, log) == lacking
    assert (log.root(), log.size) == (whole.root(), 300)
    assert recover(store, log) == 0


def test_two_histories_are_left_as_they_are() -> None:
    store, log = filled(Store.memory(KEYS), 300, 100), Log()
    entries = [row.entry for row in store.range(0, 300)]
    log.append([*entries[:123], entries[200], *entries[124:200]])
    before = log.root()
    with pytest.raises(Diverged, match="entry 123 of the log"):
        recover(store, log)
    assert log.root() == before


def test_a_log_ahead_of_its_store_is_left_as_it_is() -> None:
    store, log = filled(Store.memory(KEYS), 10, 10), Log()
    log.append(block_of(store, 0, 20).entries)
    with pytest.raises(Diverged, match="the log has 20 entries and the store 10"):
        recover(store, log)


def test_a_torn_log_is_completed_from_the_store(tmp_path: Path) -> None:
    with Store.open(tmp_path, KEYS) as store, Log(tmp_path / "log") as log:
        block = block_of(store, 0, 50)
        store.append(replace(block, snapshot=b"state"))
        log.append(block.entries)
        root = log.root()
    file = tmp_path / "log" / "tile" / "entries" / "000.p" / "50"
    file.write_bytes(file.read_bytes()[:-30])
    with Store.open(tmp_path, KEYS) as store, Log(tmp_path / "log") as log:
        assert (log.size, len(log.found)) == (0, 1)
        assert recover(store, log) == 50
        assert log.root() == root
        assert store.snapshot(block.recipe) == (50, b"state")


def test_a_killed_writer_is_continued_as_if_it_had_never_stopped(tmp_path: Path) -> None:
    """Five lives, each killed while it writes: every root it told of is still a root of the one history."""
    roots: dict[int, str] = {0: Log().root().hex()}
    promised = 0
    for life in range(5):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            lines = [writer.stdout.readline() for _ in range(9 + 2 * life)]
            writer.send_signal(signal.SIGKILL)
            lines += [line for line in writer.stdout if line.endswith("\n")]
        for word, size, *root in map(str.split, lines):
            promised = max(promised, int(size))
            if word == "log":
                roots[int(size)] = root[0]
    whole = filled(Store.memory(KEYS), promised + 29, 29)
    with Store.open(tmp_path, KEYS) as store, Log(tmp_path / "log") as log:
        recover(store, log)
        assert promised <= store.size == log.size
        assert list(store.range(0, store.size)) == list(whole.range(0, store.size))
        assert {size: log.root(size).hex() for size in roots} == roots
        assert list(log.entries()) == [row.entry for row in whole.range(0, store.size)]
