"""The log in memory and in a directory: one meaning; what is synced, what is published, who may write."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ledger.fake_disk import FakeDisk
from waglan.ledger.checkpoint import Checkpoint
from waglan.ledger.entry import DECISION, MAGIC, seal_many
from waglan.ledger.key import BadNote, SignerKey
from waglan.ledger.log import Log, LogLocked, LogUnwritable
from waglan.ledger.tiles import full_tiles, partial_tiles, read_path
from waglan.ledger.tree import BadProof, Tree, check_consistency, check_inclusion

ROOT = Path(__file__).parents[2]
SIGNER = SignerKey("example.com/log", bytes(range(32)))


def some_entries(count: int, start: int = 0) -> list[bytes]:
    ids = [f"P{i}" for i in range(start, start + count)]
    records = [event_id.encode() * 7 for event_id in ids]
    return seal_many([bytes(32)] * count, ids, records, bytes([DECISION]) * count, "fraud", bytes(32))


def signed(log: Log, size: int | None = None, origin: str = SIGNER.name) -> bytes:
    """A checkpoint of the log."""
    size = log.size if size is None else size
    return Checkpoint(origin, size, log.root(size)).sign(SIGNER).encode()


def files(path: Path) -> set[str]:
    return {str(file.relative_to(path)) for file in path.rglob("*") if file.is_file()}


@pytest.fixture(params=["memory", "directory"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    with Log(tmp_path / "log" if request.param == "directory" else None) as log:
        yield log


def test_a_log_is_its_entries_and_their_tree(log: Log) -> None:
    entries, tree = some_entries(300), Tree()
    tree.append(entries)
    assert (log.append(entries[:7]), log.append([]), log.append(entries[7:])) == (0, 7, 7)
    assert (log.size, log.root(), log.root(8)) == (300, tree.root(), tree.root(8))
    assert list(log.entries()) == entries
    assert list(log.entries(3, 9)) == entries[3:9]
    assert list(log.entries(250, 260)) == entries[250:260]
    assert [log.entry(i) for i in (0, 6, 7, 255, 256, 299)] == [entries[i] for i in (0, 6, 7, 255, 256, 299)]
    assert log.bytes_on_disk == sum(2 + len(entry) for entry in entries)
    check_inclusion(tree.read(0, 5), 5, 300, log.prove(5), log.root())
    check_consistency(100, 300, log.consistency(100), log.root(100), log.root())


def test_entries_of_several_lengths_in_one_append(log: Log) -> None:
    entries = [MAGIC + bytes(n) for n in (70, 3, 70, 0, 500)]
    log.append(entries[:1])
    log.append(entries[1:])
    assert list(log.entries()) == [log.entry(i) for i in range(5)] == entries
    assert log.bytes_on_disk == sum(2 + len(entry) for entry in entries)


def test_what_was_only_added_can_be_taken_back(log: Log) -> None:
    entries = some_entries(600)
    log.append(entries[:10])
    log.add(entries[20:600])
    log.cut(12)
    log.cut(10)
    log.append(entries[10:])
    whole = Log()
    whole.append(entries)
    assert (log.size, log.root(), log.bytes_on_disk) == (600, whole.root(), whole.bytes_on_disk)
    assert list(log.entries()) == entries


def test_opening_again_gives_the_same_log(tmp_path: Path) -> None:
    path, entries = tmp_path / "log", some_entries(5000)
    with Log(path) as log:
        log.append(entries[:4321])
        was = log.root()
    with Log(path) as log:
        assert (log.size, log.root(), log.found) == (4321, was, [])
        log.append(entries[4321:])
        now = log.root()
        log.publish(signed(log))
    with Log(path) as log, Log() as memory:
        memory.append(entries)
        assert log.root() == now == memory.root()
        assert log.bytes_on_disk == memory.bytes_on_disk
        assert list(log.entries()) == entries
        assert [log.prove(i) for i in range(0, 5000, 99)] == [memory.prove(i) for i in range(0, 5000, 99)]
        check_consistency(4321, 5000, log.consistency(4321), was, now)


def test_a_directory_holds_tiles_and_a_checkpoint_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with Log(path) as log:
        for count in (70, 200, 500):
            log.append(some_entries(count, log.size))
            log.publish(signed(log))
    expected = {tile.path for tile in [*full_tiles(770), *partial_tiles(770)]}
    # the partial tiles of 70 and 270 entries went with the full ones; of level 1, two widths are waiting for the rest
    assert files(path) == {*expected, "tile/1/000.p/1", "checkpoint"}
    assert files(tmp_path) - {f"log/{name}" for name in files(path)} == {".log.lock"}
    assert all(read_path(name) for name in files(path) - {"checkpoint"})
    assert all(any(place.iterdir()) for place in path.rglob("*") if place.is_dir())


def test_an_opened_log_goes_on_where_partial_tiles_were_left(tmp_path: Path) -> None:
    """Grown by one and closed, again and again: at the end there is what one session would have left."""
    path, entries = tmp_path / "log", some_entries(520)
    for size in (1, 2, 3, 255, 256, 257, 511, 512, 513, 520):
        with Log(path) as log:
            assert log.found == []
            log.append(entries[log.size : size])
            if size in (3, 256, 513):
                log.publish(signed(log))
    with Log(path) as log:
        assert list(log.entries()) == entries
        log.publish(signed(log))
    assert files(path) == {
        *(tile.path for tile in [*full_tiles(520), *partial_tiles(520)]),
        *(tile.path for tile in partial_tiles(513)),
        "tile/1/000.p/1",
        "checkpoint",
    }


def test_a_checkpoint_is_published_only_for_this_tree_and_never_back(log: Log) -> None:
    log.append(some_entries(300))
    log.publish(signed(log, 200))
    log.publish(signed(log, 200))
    assert log.published == Checkpoint(SIGNER.name, 200, log.root(200))
    other = Log()
    other.append(some_entries(300, 1))
    for note, message in (
        (signed(log, 199), "of 199 entries, 200 are published"),
        (signed(other, 250), "has root"),
        (signed(other, 200), "has root"),
        (signed(log, 250, "example.com/other"), "of 'example"),
    ):
        with pytest.raises(BadProof, match=message):
            log.publish(note)
    other.append(some_entries(1, 301))
    with pytest.raises(BadProof, match="of 301 entries, the log has 300"):
        log.publish(signed(other))
    with pytest.raises(BadNote):
        log.publish(b"no note")
    log.publish(signed(log))
    assert log.published is not None
    assert log.published.size == 300


def test_the_tiles_of_a_published_size_are_there_though_the_log_went_on(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with Log(path) as log:
        log.append(some_entries(300))
        log.publish(signed(log, 270))
        assert {tile.path for tile in [*full_tiles(270), *partial_tiles(270)]} < files(path)
        assert (path / "checkpoint").read_bytes() == signed(log, 270)


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    with Log(tmp_path / "log") as log:
        with pytest.raises(LogLocked, match="another writer"):
            Log(tmp_path / "log")
        log.append(some_entries(1))
        log.close()
    with Log(tmp_path / "log") as log:
        assert log.size == 1
        with Log(tmp_path / "other"):
            pass
        Log(tmp_path / "log", locked=True)


def test_a_closed_log_is_read_and_takes_no_more(tmp_path: Path) -> None:
    log = Log(tmp_path / "log")
    log.append(some_entries(3))
    log.close()
    assert list(log.entries()) == some_entries(3)
    with pytest.raises(AssertionError, match="closed"):
        log.append(some_entries(1))


def test_a_path_that_cannot_be_a_directory_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LogUnwritable, match="file"):
        Log(tmp_path / "file" / "log")


def test_a_full_disk_leaves_the_log_as_it_was() -> None:
    disk = FakeDisk(full=100_000)
    log = Log(Path("/log"), disk)
    log.append(some_entries(300))
    was = disk.files()
    with pytest.raises(LogUnwritable, match="No space left"):
        log.append(some_entries(2000, 300))
    assert (log.size, disk.files()) == (300, was)
    disk.full = None
    log.append(some_entries(2000, 300))
    log.publish(signed(log))
    log.close()
    with Log(Path("/log"), disk) as log:
        assert (log.size, log.found) == (2300, [])
        assert list(log.entries()) == some_entries(2300)


def test_a_disk_that_is_full_in_the_middle_of_a_partial_tile() -> None:
    for room in range(20_000, 24_000, 500):
        disk = FakeDisk(full=room)
        log = Log(Path("/log"), disk)
        log.append(some_entries(200))
        try:
            log.sync()
        except LogUnwritable:
            assert not [path for path in disk.files() if "tile" in str(path)]
        disk.full = None
        log.publish(signed(log))
        assert Log(Path("/log"), disk, locked=True).root() == log.root()


def test_a_disk_that_cannot_be_written_is_read() -> None:
    disk = FakeDisk()
    with Log(Path("/log"), disk) as log:
        log.append(some_entries(300))
        log.publish(signed(log))
    disk.read_only = True
    log = Log(Path("/log"), disk)
    assert list(log.entries()) == some_entries(300)
    with pytest.raises(LogUnwritable):
        log.append(some_entries(300))
    assert log.size == 300
    log.append(some_entries(3))
    with pytest.raises(LogUnwritable, match="Read-only"), log:
        log.sync()


WRITER = """
import sys
from pathlib import Path
from tests.ledger.test_log import signed, some_entries
from waglan.ledger.log import Log
log = Log(Path(sys.argv[1]))
for first in range(0, 10**9, 37):
    log.append(some_entries(37, first))
    if first % 5 == 0:
        log.publish(signed(log))
        print("published", end=" ")
    print(log.size, log.root().hex(), flush=True)
"""


def test_a_killed_writer_loses_nothing_that_was_full_or_published(tmp_path: Path) -> None:
    path = tmp_path / "log"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert writer.stdout is not None
    lines = [writer.stdout.readline().split() for _ in range(40)]
    writer.send_signal(signal.SIGKILL)
    lines += [line.split() for line in writer.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    writer.stdout.close()
    writer.wait()
    told = {int(line[-2]): line[-1] for line in lines}
    published = max(int(line[1]) for line in lines if line[0] == "published")
    with Log(path) as log:
        assert log.size >= max(max(told) // 256 * 256, published)
        assert all(log.root(size).hex() == root for size, root in told.items() if size <= log.size)
        assert list(log.entries()) == some_entries(log.size)
