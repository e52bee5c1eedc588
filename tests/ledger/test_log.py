"""The log in memory and in a directory: one meaning, torn ends, second writers, full disks, killed writers."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waglan.ledger.entry import DECISION, MAGIC, seal_many
from waglan.ledger.failure import LogDamaged, LogLocked, LogUnwritable
from waglan.ledger.log import Log
from waglan.ledger.tree import Tree, check_consistency, check_inclusion

ROOT = Path(__file__).parents[2]


def some_entries(count: int, start: int = 0) -> list[bytes]:
    ids = [f"P{i}" for i in range(start, start + count)]
    records = [event_id.encode() * 7 for event_id in ids]
    return seal_many([bytes(32)] * count, ids, records, bytes([DECISION]) * count, "fraud", bytes(32))


@pytest.fixture(params=["memory", "directory"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Log:
    return Log(tmp_path / "log" if request.param == "directory" else None)


def test_a_log_is_its_entries_and_their_tree(log: Log) -> None:
    entries, tree = some_entries(300), Tree()
    tree.append(entries)
    assert (log.append(entries[:7]), log.append([]), log.append(entries[7:])) == (0, 7, 7)
    assert (log.size, log.root(), log.root(8)) == (300, tree.root(), tree.root(8))
    assert list(log.entries()) == entries
    assert list(log.entries(3, 9)) == entries[3:9]
    assert [log.entry(i) for i in (0, 6, 7, 299)] == [entries[i] for i in (0, 6, 7, 299)]
    assert log.bytes_on_disk == sum(2 + len(entry) for entry in entries)
    check_inclusion(tree.read(0, 5), 5, 300, log.prove(5), log.root())
    check_consistency(100, 300, log.consistency(100), log.root(100), log.root())
    log.close()


def test_entries_of_several_lengths_in_one_append(log: Log) -> None:
    entries = [MAGIC + bytes(n) for n in (70, 3, 70, 0, 500)]
    log.append(entries[:1])
    log.append(entries[1:])
    assert list(log.entries()) == [log.entry(i) for i in range(5)] == entries
    assert log.bytes_on_disk == sum(2 + len(entry) for entry in entries)
    log.close()


def test_opening_again_gives_the_same_log(tmp_path: Path) -> None:
    entries = some_entries(5000)
    with Log(tmp_path) as log:
        log.append(entries[:4321])
        was = log.root()
    with Log(tmp_path) as log:
        assert (log.size, log.root(), log.found) == (4321, was, [])
        log.append(entries[4321:])
        now = log.root()
        assert (tmp_path / "entries").stat().st_size == log.bytes_on_disk
    with Log(tmp_path) as log, Log() as memory:
        memory.append(entries)
        assert log.root() == now == memory.root()
        assert list(log.entries()) == entries
        check_consistency(4321, 5000, log.consistency(4321), was, now)


@settings(max_examples=40, deadline=None)
@given(cut=st.integers(1, 90))
def test_a_torn_end_is_taken_off_and_told(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path, entries = tmp_path_factory.mktemp("log"), some_entries(10)
    with Log(path) as log:
        log.append(entries)
        size = log.bytes_on_disk
    os.truncate(path / "entries", size - cut)
    each = 2 + len(entries[0])
    kept = (size - cut) // each
    with Log(path) as log:
        assert log.size == kept
        assert len(log.found) == (0 if cut % each == 0 else 1)
        log.append(entries[kept:])
        assert list(log.entries()) == entries
    with Log(path) as log:
        assert (log.size, log.found) == (10, [])


def test_a_tail_of_zeros_is_taken_off(tmp_path: Path) -> None:
    with Log(tmp_path) as log:
        log.append(some_entries(3))
        size = log.bytes_on_disk
    os.truncate(tmp_path / "entries", size + 5000)
    with Log(tmp_path) as log:
        assert log.size == 3
        assert "5000 bytes were a torn entry and are off" in log.found[0]


@pytest.mark.parametrize("at", [0, 2, 4, 100])
def test_damage_in_the_middle_is_an_error_and_nothing_is_cut(tmp_path: Path, at: int) -> None:
    with Log(tmp_path) as log:
        log.append(some_entries(2000))
    entries = tmp_path / "entries"
    data = bytearray(entries.read_bytes())
    first = at // 77 * 77
    data[first + 2] ^= 1
    entries.write_bytes(data)
    with pytest.raises(LogDamaged, match=f"no entry begins at byte {first}"):
        Log(tmp_path)
    assert entries.read_bytes() == data


def test_a_file_that_is_no_log_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "entries").write_text("position,amount\n1,2\n" * 10)
    with pytest.raises(LogDamaged):
        Log(tmp_path)
    assert (tmp_path / "entries").stat().st_size == 200


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    with Log(tmp_path) as log:
        with pytest.raises(LogLocked, match="another writer"):
            Log(tmp_path)
        log.append(some_entries(1))
    with Log(tmp_path) as log:
        assert log.size == 1


def test_a_path_that_cannot_be_a_directory_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LogUnwritable, match="file"):
        Log(tmp_path / "file" / "log")


FULL = """
import resource, sys
from pathlib import Path
from tests.ledger.test_log import some_entries
from waglan.ledger.failure import LogUnwritable
from waglan.ledger.log import Log
log = Log(Path(sys.argv[1]))
log.append(some_entries(10))
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    log.append(some_entries(10, 10))
except LogUnwritable as error:
    print(error, log.size, (Path(sys.argv[1]) / "entries").stat().st_size == log.bytes_on_disk)
"""

WRITER = """
import sys
from pathlib import Path
from tests.ledger.test_log import some_entries
from waglan.ledger.log import Log
log = Log(Path(sys.argv[1]))
for first in range(0, 10**9, 37):
    log.append(some_entries(37, first))
    print(log.size, log.root().hex(), flush=True)
"""


def test_a_full_disk_leaves_the_log_as_it_was(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert "could not be added" in done.stdout
    assert done.stdout.endswith("10 True\n")
    with Log(tmp_path) as log:
        assert (log.size, log.found) == (10, [])


def test_a_killed_writer_loses_nothing_it_was_told_is_in(tmp_path: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    lines = [writer.stdout.readline().split() for _ in range(40)]
    writer.send_signal(signal.SIGKILL)
    lines += [line.split() for line in writer.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    writer.stdout.close()
    writer.wait()
    with Log(tmp_path) as log:
        assert log.size >= int(lines[-1][0])
        assert all(log.root(int(size)).hex() == root for size, root in lines)
        assert list(log.entries()) == some_entries(log.size)
