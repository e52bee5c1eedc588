"""A directory after a crash or damage: what is published stands or is refused by name, the rest is followed."""

import random
import re
from pathlib import Path

import pytest

from tests.ledger.fake_disk import FakeDisk, Stopped
from tests.ledger.test_log import signed, some_entries
from waglan.ledger.log import Log, LogDamaged, LogError
from waglan.ledger.tiles import ENTRIES, Tile
from waglan.ledger.tree import Tree

PATH = Path("/book/log")
ENTRY = 77
"""Bytes of one entry of `some_entries` behind its length, with it."""


def kept(size: int, published: int | None = None) -> FakeDisk:
    """A disk with a log, published at its size or before, and closed."""
    disk = FakeDisk()
    with Log(PATH, disk) as log:
        if published is not None:
            log.append(some_entries(published))
            log.publish(signed(log))
        log.append(some_entries(size - log.size, log.size))
        if published is None:
            log.publish(signed(log))
    return disk


def root_of(size: int) -> bytes:
    tree = Tree()
    tree.append(some_entries(size))
    return tree.root()


@pytest.mark.parametrize("size", [1, 5, 256 + 3])
def test_every_turned_bit_at_the_edge_is_mended_or_refused(size: int) -> None:
    """A hash is made again from its entry; an entry cannot be, and is named."""
    last = size // 256 * 256
    bundle, hashes = PATH / Tile(ENTRIES, last // 256, size - last).path, PATH / Tile(0, last // 256, size - last).path
    disk = kept(size)
    for bit in range(8 * len(disk.read(bundle))):
        disk.flip(bundle, bit)
        named = rf"entry {last + bit // 8 // ENTRY}, in tile/entries/|tile/entries/00.+: (entry|the bundle has)"
        with pytest.raises(LogDamaged, match=named):
            Log(PATH, disk)
        disk.flip(bundle, bit)
    for bit in range(8 * len(disk.read(hashes))):
        disk.flip(hashes, bit)
        with Log(PATH, disk) as log:
            assert "was damaged and is made again" in log.found[0]
            assert log.root() == root_of(size)
    assert Log(PATH, disk).found == []


def test_a_turned_bit_of_the_checkpoints_size_or_root_is_refused() -> None:
    disk = kept(20)
    text = disk.read(PATH / "checkpoint")
    start, stop = text.index(b"\n") + 1, text.index(b"\n\n")
    for bit in range(8 * start, 8 * stop):
        disk.flip(PATH / "checkpoint", bit)
        with pytest.raises(LogDamaged):
            Log(PATH, disk)
        disk.flip(PATH / "checkpoint", bit)


def test_a_tile_of_a_higher_level_is_made_again() -> None:
    disk = kept(700)
    for data in (b"", bytes(64), b"x" * 100):
        disk.write(PATH / "tile/1/000.p/2", data)
        with Log(PATH, disk) as log:
            assert log.found == ["tile/1/000.p/2 was damaged and is made again from what lies below it"]
            assert log.root() == root_of(700)
    disk.remove(PATH / "tile/1/000.p/2")
    with Log(PATH, disk) as log:
        assert log.root() == root_of(700)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tile/0/000", "tile/0/000"),
        ("tile/entries/002.p/188", "tile/entries/002.p/188"),
    ],
)
def test_what_is_gone_is_named_when_the_edge_leads_to_it(name: str, message: str) -> None:
    disk = kept(700)
    disk.remove(PATH / name)
    disk.write(PATH / "tile/1/000.p/2", bytes(64))
    with pytest.raises(LogDamaged, match=f"{message} is not there"):
        Log(PATH, disk)


def test_an_exchanged_entry_is_named_with_its_tile() -> None:
    disk = kept(700)
    bundle = PATH / "tile/entries/001"
    data = bytearray(disk.read(bundle))
    data[10 * ENTRY + 30] ^= 1
    disk.write(bundle, bytes(data))
    disk.write(PATH / "tile/1/000.p/2", bytes(64))  # the edge is what opening reads; this leads it further
    assert Log(PATH, disk, locked=True).found  # the hash tiles below agree among themselves
    disk.write(PATH / "tile/0/001", bytes(8192))
    disk.write(PATH / "tile/1/000.p/2", bytes(64))
    with pytest.raises(LogDamaged, match="entry 256, in tile/entries/001, is not the one whose hash is in tile/0/001"):
        Log(PATH, disk)


def test_a_checkpoint_of_another_log_is_refused() -> None:
    disk, other = kept(700), Log()
    other.append(some_entries(700, 1))
    disk.write(PATH / "checkpoint", signed(other))
    with pytest.raises(LogDamaged, match="are not of one history"):
        Log(PATH, disk)
    disk.write(PATH / "checkpoint", signed(other, 0).replace(b"47DE", b"48DE"))
    with pytest.raises(LogDamaged, match="root of no entries"):
        Log(PATH, disk)
    disk.write(PATH / "checkpoint", b"")
    with pytest.raises(LogDamaged, match="checkpoint: a note is"):
        Log(PATH, disk)


@pytest.mark.parametrize("published", [0, 100, 256, 600])
@pytest.mark.parametrize("name", ["tile/entries/002.p/188", "tile/0/002.p/188"])
def test_a_half_written_end_is_taken_off_and_told(published: int, name: str) -> None:
    for cut in (0, 1, 32, 500):
        disk = kept(700, published)
        disk.truncate(PATH / name, cut)
        with Log(PATH, disk) as log:
            assert log.size == max(512, published)
            assert re.fullmatch(
                rf".*{name}.* were not whole and are off; {log.size} entries remain", "".join(log.found)
            )
            assert log.root() == root_of(log.size)
            log.append(some_entries(700 - log.size, log.size))
        with Log(PATH, disk) as log:
            assert (log.size, log.root(), log.found) == (700, root_of(700), [])


def test_a_hole_ends_the_log_and_what_lies_behind_it_does_not_come_back() -> None:
    """Behind a hole lie whole tiles of what was lost; other entries come in their place, and a crash again."""
    disk = kept(1500, 100)
    disk.remove(PATH / "tile/entries/002")
    with Log(PATH, disk) as log:
        assert log.size == 512
        assert "entries remain" in log.found[0]
        log.append(some_entries(256, 9000))
    with Log(PATH, disk) as log:
        assert (log.size, log.found) == (768, [])
        assert list(log.entries(512)) == some_entries(256, 9000)
        assert not [path for path in disk.files() if path.name in ("003", "004")]


@pytest.mark.parametrize("published", [0, 5, 256, 600])
def test_a_log_may_begin_where_its_checkpoint_does(published: int) -> None:
    disk = kept(1500, published)
    with Log(PATH, disk, covered=True) as log:
        assert (log.size, log.root(), log.found) == (published, root_of(published), [])
        log.append(some_entries(1500 - published, published))
        log.publish(signed(log))
    with Log(PATH, disk, covered=True) as log:
        assert (log.size, log.root(), log.found) == (1500, root_of(1500), [])


@pytest.mark.parametrize("covered", [False, True])
def test_what_is_published_stays_where_the_full_tile_that_took_its_place_goes(covered: bool) -> None:
    disk = FakeDisk()
    with Log(PATH, disk) as log:
        log.append(some_entries(270))
        log.publish(signed(log))
        log.append(some_entries(330, 270))
        log.sync()
    assert disk.size(PATH / "tile/entries/001.p/14") is None
    disk.flip(PATH / "tile/entries/001", 8 * 250 * ENTRY + 320)
    for _ in range(2):
        with Log(PATH, disk, covered=covered) as log:
            assert (log.size, log.root()) == (270, root_of(270))
            assert list(log.entries()) == some_entries(270)
            log.append(some_entries(330, 270))
            log.publish(signed(log, 270))
            assert disk.size(PATH / "tile/entries/001") is not None
        disk.flip(PATH / "tile/entries/001", 8 * 250 * ENTRY + 320)


def test_what_a_crash_left_of_the_next_checkpoint_is_taken_off() -> None:
    disk = kept(10)
    disk.write(PATH / "checkpoint.new", b"half")
    with Log(PATH, disk) as log:
        assert (log.size, log.found) == (10, [])
    assert PATH / "checkpoint.new" not in disk.files()


def crashes(seeds: int, syncs: bool = True) -> int:
    """A few sessions for each seed: entries are added and published; the power goes; others come in their place."""
    reached = 0
    for seed in range(seeds):
        chance, disk, truth, published = random.Random(seed), FakeDisk(seed, syncs=syncs), list[bytes](), 0
        for session in range(4):
            disk.stop = chance.randrange(1, 60)
            told = list(truth)
            try:
                with Log(PATH, disk) as log:
                    _agrees(log, truth, published)
                    truth = list(log.entries())
                    for step in range(5):
                        fresh = some_entries(chance.choice((1, 3, 200, 300)), 10_000 * session + 1000 * step)
                        told = [*truth, *fresh]
                        log.append(fresh)
                        truth = told
                        if chance.random() < 0.5:
                            log.publish(signed(log))
                            published = log.size
            except Stopped:
                truth = told
            disk = disk.crashed()
            reached += published
        _agrees(Log(PATH, disk), truth, published)
    return reached


def test_crashes_at_any_operation_lose_nothing_published_and_bring_nothing_back() -> None:
    assert crashes(200) > 50_000


def test_the_simulation_sees_a_log_that_does_not_sync() -> None:
    with pytest.raises((AssertionError, LogDamaged)):
        crashes(200, syncs=False)


def _agrees(log: Log, truth: list[bytes], published: int) -> None:
    entries = list(log.entries())
    assert entries == truth[: len(entries)]
    assert len(entries) >= published
    tree = Tree()
    tree.append(entries)
    assert log.root() == tree.root()
    if log.published is not None:
        assert published <= log.published.size <= log.size


def test_damage_is_never_another_history() -> None:
    """Any file of a log cut, emptied or with a turned bit: refused, mended, or shorter; never other entries."""
    refused = mended = 0
    for seed in range(150):
        chance, disk = random.Random(seed), kept(800, 700)
        path = chance.choice(
            sorted(path for path in disk.files() if path.name != "checkpoint" and PATH in path.parents)
        )
        if chance.random() < 0.5:
            disk.flip(path, chance.randrange(8 * len(disk.read(path))))
        else:
            disk.truncate(path, chance.randrange(len(disk.read(path))))
        try:
            with Log(PATH, disk) as log:
                assert 700 <= log.size <= 800
                assert log.root() == root_of(log.size)
                mended += bool(log.found)
        except LogError:
            refused += 1
    assert refused > 5
    assert mended > 20
