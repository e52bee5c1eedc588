"""The real disk and the one of the tests mean the same; the latter loses what was not synced, and only that."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.ledger.fake_disk import SECTOR, FakeDisk, Stopped
from waglan.ledger.disk import Disk, FileDisk
from waglan.ledger.failure import LogLocked, LogUnwritable

ROOT = Path("/book")


@pytest.fixture(params=["real", "fake"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Disk, Path]:
    return (FileDisk(), tmp_path / "book") if request.param == "real" else (FakeDisk(), ROOT)


def test_the_verbs(place: tuple[Disk, Path]) -> None:
    disk, root = place
    assert (disk.names(root), disk.size(root / "a")) == ([], None)
    with pytest.raises(FileNotFoundError):
        disk.read(root / "a")
    disk.make_directory(root / "x" / "y")
    disk.make_directory(root / "x")
    disk.append(root / "a", b"one")
    disk.append(root / "a", b"two")
    disk.sync(root / "a")
    assert (disk.read(root / "a"), disk.size(root / "a")) == (b"onetwo", 6)
    disk.truncate(root / "a", 2)
    disk.append(root / "a", b"e")
    assert disk.read(root / "a") == b"one"
    disk.write(root / "a", b"new")
    disk.append(root / "a", b"er")
    disk.write(root / "b", b"older")
    disk.rename(root / "a", root / "b")
    disk.append(root / "a", b"again")
    disk.sync_directory(root)
    assert (disk.names(root), disk.read(root / "b"), disk.read(root / "a")) == (["a", "b", "x"], b"newer", b"again")
    disk.remove(root / "b")
    with pytest.raises(FileNotFoundError):
        disk.remove(root / "b")
    assert disk.names(root) == ["a", "x"]


def test_many_are_synced_at_once_and_an_empty_directory_is_taken_away(place: tuple[Disk, Path]) -> None:
    disk, root = place
    disk.make_directory(root / "x")
    paths = [root / f"{i}" for i in range(40)]
    for path in paths:
        disk.write(path, path.name.encode())
    disk.sync_many(paths)
    disk.sync_many([])
    with pytest.raises(FileNotFoundError):
        disk.sync_many([*paths, root / "absent"])
    disk.remove(root / "x")
    assert "x" not in disk.names(root)
    with pytest.raises(FileNotFoundError):
        disk.remove(root / "x")


def test_a_lock_is_held_by_one(place: tuple[Disk, Path]) -> None:
    disk, root = place
    disk.make_directory(root)
    lock = disk.lock(root / "lock")
    with pytest.raises(LogLocked, match="book: another writer has it open"):
        disk.lock(root / "lock")
    lock.release()
    lock.release()
    disk.lock(root / "lock").release()


def test_a_directory_that_cannot_be_made(place: tuple[Disk, Path]) -> None:
    disk, root = place
    disk.make_directory(root)
    disk.write(root / "file", b"")
    with pytest.raises(LogUnwritable, match="file"):
        disk.make_directory(root / "file" / "below")


def test_what_is_full_or_read_only_takes_nothing() -> None:
    disk = FakeDisk(full=10)
    disk.make_directory(ROOT)
    disk.append(ROOT / "a", b"12345678")
    with pytest.raises(LogUnwritable, match="/book/a: No space left on device"):
        disk.append(ROOT / "a", b"123")
    disk.append(ROOT / "a", b"12")
    disk.read_only = True
    with pytest.raises(LogUnwritable, match="/book/a: Read-only file system"):
        disk.write(ROOT / "a", b"")
    assert disk.read(ROOT / "a") == b"1234567812"


def found(seed: int, **promises: Any) -> dict[Path, bytes]:
    """What is on the disk after a crash that followed a little work, some of it synced."""
    disk = FakeDisk(seed, **promises)
    disk.make_directory(ROOT)
    disk.sync_directory(Path("/"))
    disk.append(ROOT / "safe", b"s" * 700)
    disk.sync(ROOT / "safe")
    disk.write(ROOT / "old", b"old")
    disk.sync(ROOT / "old")
    disk.sync_directory(ROOT)
    disk.append(ROOT / "safe", b"t" * 2000)
    disk.append(ROOT / "safe", b"u" * 50)
    disk.write(ROOT / "new", b"new")
    disk.sync(ROOT / "new")
    disk.rename(ROOT / "new", ROOT / "old")
    return disk.crashed().files()


def test_what_was_synced_is_there_and_what_was_not_may_be() -> None:
    sizes, olds, tails = Counter[int](), Counter[bytes](), set()
    for seed in range(400):
        files = found(seed)
        data = files[ROOT / "safe"]
        assert data[:700] == b"s" * 700
        tails.add(bytes(data[700:]))
        sizes[len(data)] += 1
        olds[files[ROOT / "old"]] += 1
    assert set(olds) == {b"old", b"new"}
    assert min(olds.values()) > 50
    assert {700, 2700, 2750} < set(sizes)
    assert any(set(tail) == {0, ord("t")} for tail in tails), "sectors are lost from the middle"
    assert any(set(tail) == {0, ord("u")} and len(tail) == 2050 for tail in tails), "the second without the first"
    assert any(tail.rstrip(b"\0") and len(tail) % SECTOR for tail in tails), "torn at any byte"


def test_a_disk_that_only_pretends_to_sync_loses_all_of_it_now_and_then() -> None:
    assert any(not found(seed, syncs=False) for seed in range(20))


def writes(disk: Disk) -> None:
    disk.make_directory(ROOT)
    for _ in range(9):
        disk.append(ROOT / "a", b"x")


def test_the_power_goes_at_the_operation_asked_for() -> None:
    for stop in range(1, 6):
        disk = FakeDisk(stop=stop)
        with pytest.raises(Stopped):
            writes(disk)
        assert disk.operations == stop
        with pytest.raises(Stopped):
            disk.append(ROOT / "a", b"x")
