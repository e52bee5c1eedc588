"""The journal: what was synced comes back, what was torn is cut off, what was damaged is named, one syncs for many."""

import random
import threading
from pathlib import Path

import pytest

from tests.ledger.fake_disk import FakeDisk, Stopped
from waglan.ledger import journal as journals
from waglan.ledger.disk import FileDisk
from waglan.ledger.failure import LogDamaged, LogError, LogUnwritable
from waglan.ledger.journal import DIGEST, HEAD, Journal, begun, opened

PATH = Path("/book/journal")


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "STRETCH", 5000)


PAYLOADS = [b"one", b"", b"three" * 300, b"wgf\x01" * 40, b"five"]


def written(disk: FakeDisk, payloads: list[bytes] = PAYLOADS) -> Journal:
    disk.make_directory(PATH)
    disk.sync_directory(Path("/"))
    journal = begun(disk, PATH)
    for payload in payloads:
        journal.sync(journal.append(payload))
    return journal


def again(disk: FakeDisk) -> tuple[Journal, list[bytes], list[str]]:
    found: list[str] = []
    journal, frames = opened(disk, PATH, found)
    assert journal is not None
    return journal, [frame.payload for frame in frames], found


def test_frames_come_back_in_order_and_go_on() -> None:
    disk = FakeDisk()
    journal = written(disk)
    for round in range(3):
        journal, payloads, found = again(disk)
        assert (payloads, found) == (PAYLOADS + [b"more"] * round, [])
        assert journal.append(b"more") == len(payloads) + 1
    journal.sync(journal.last)
    journal.begin()
    assert disk.names(PATH) == [f"{9:020d}.journal"]
    assert again(disk)[1:] == ([], [])
    journal.begin()
    journal.append(b"nine")
    assert again(disk)[1] == [b"nine"]


def test_a_directory_without_a_journal() -> None:
    assert opened(FakeDisk(), PATH, []) == (None, [])


def test_on_the_real_disk(tmp_path: Path) -> None:
    disk = FileDisk()
    journal = begun(disk, tmp_path / "journal")
    for payload in PAYLOADS:
        journal.sync(journal.append(payload))
    assert [frame.payload for frame in opened(FileDisk(), tmp_path / "journal", [])[1]] == PAYLOADS
    journal.begin()
    journal.sync(journal.append(b"six"))
    assert [frame.payload for frame in opened(FileDisk(), tmp_path / "journal", [])[1]] == [b"six"]


def test_an_end_torn_at_any_byte_is_cut_off_and_said() -> None:
    disk = FakeDisk()
    journal = written(disk, PAYLOADS[:2])
    before, data = journal.size, b"three" * 20
    journal.append(data)
    whole = disk.read(journal.file)[: journal.size]
    for size in range(before + 1, len(whole)):
        zeros = size % 3 * 700
        disk.write(journal.file, whole[:size] + bytes(zeros))
        torn = len(whole[before:size].rstrip(b"\0"))
        after, payloads, found = again(disk)
        assert payloads == PAYLOADS[:2]
        assert found == [f"the journal's last {torn} bytes were a torn frame, number 3, and are off"]
        assert after.size == before
        assert not any(disk.read(journal.file)[before:])
    assert after.append(b"x") == 3
    assert again(disk)[1] == [*PAYLOADS[:2], b"x"]


def test_any_flipped_bit_is_found_and_named() -> None:
    disk = FakeDisk()
    journal = written(disk)
    whole = disk.read(journal.file)[: journal.size + 100]
    last = journal.size - journal_frame(PAYLOADS[-1])
    for byte in range(journal.size):
        disk.write(journal.file, whole)
        disk.flip(journal.file, 8 * byte + byte % 8)
        if byte < HEAD.size + DIGEST:
            with pytest.raises(LogDamaged, match=r"1\.journal: the head of the journal is damaged"):
                again(disk)
        elif byte < last:
            with pytest.raises(LogDamaged, match=r"frame [1-4], at byte \d+, is damaged: it was safe before"):
                again(disk)
        else:  # the last frame: no later one says that it was safe
            assert again(disk)[1] == PAYLOADS[:-1]


def journal_frame(payload: bytes) -> int:
    return 24 + len(payload) + DIGEST


def test_a_journal_that_is_missing_between_others_is_named() -> None:
    disk = FakeDisk()
    journal = written(disk)
    first, data = journal.file, disk.read(journal.file)[: journal.size]
    journal.begin()
    journal.sync(journal.append(b"six"))
    second = disk.read(journal.file)
    disk.write(first, data)
    assert again(disk)[1] == [*PAYLOADS, b"six"], "the old one was not removed yet"
    disk.write(first, data[: -journal_frame(PAYLOADS[-1])])
    with pytest.raises(LogDamaged, match="begins at frame 6, the journal before it ends at 4"):
        again(disk)
    disk.write(first, data)
    disk.write(journal.file, second[:50])
    journal, payloads, found = again(disk)
    assert (payloads, found) == (PAYLOADS, [f"journal {6:020d}.journal was begun and not finished; it is off"])
    journal.begin()
    assert disk.names(PATH) == [f"{6:020d}.journal"]


def test_frames_that_were_never_synced_may_be_lost_from_their_middle() -> None:
    """Without a sync a disk may keep the second of two frames and lose the first: no damage, nobody was answered."""
    disk = FakeDisk()
    journal = written(disk, [b"safe"])
    start = journal.size
    journal.append(b"lost")
    journal.append(b"kept")
    data = bytearray(disk.read(journal.file))
    data[start : start + journal_frame(b"lost")] = bytes(journal_frame(b"lost"))
    disk.write(journal.file, bytes(data))
    assert again(disk)[1] == [b"safe"]


def test_after_any_crash_what_was_synced_is_there_and_the_rest_is_a_prefix() -> None:
    for seed in range(300):
        draw = random.Random(seed)
        disk = FakeDisk(seed)
        sent, safe, base = list[bytes](), 0, 0
        for _ in range(4):
            disk.stop = disk.operations + draw.randrange(1, 25)
            try:
                found: list[str] = []
                journal = opened(disk, PATH, found)[0] or made(disk)
                base = max(base, journal.last - len(opened(disk, PATH, [])[1]))
                while True:
                    sent[journal.last :] = [payload := draw.randbytes(draw.randrange(900))]
                    assert journal.append(payload) == len(sent)
                    if draw.random() < 0.6:
                        journal.sync(journal.last)
                        safe = len(sent)
                        if draw.random() < 0.2:
                            journal.begin()
            except Stopped:
                disk = disk.crashed()
            kept = opened(disk, PATH, [])[1]
            if kept:
                first, last = kept[0].sequence, kept[-1].sequence
                assert [frame.payload for frame in kept] == sent[first - 1 : last]
                assert last >= safe, f"seed {seed}"
            elif (journal_ := opened(disk, PATH, [])[0]) is not None:
                assert journal_.last >= safe, f"seed {seed}"
            else:
                assert safe == 0, f"seed {seed}"


def made(disk: FakeDisk) -> Journal:
    disk.make_directory(PATH)
    disk.sync_directory(Path("/"))
    return begun(disk, PATH)


def test_a_full_disk_takes_all_of_a_frame_or_nothing() -> None:
    disk = FakeDisk()
    journal = written(disk)
    disk.full = disk.size(journal.file)
    with pytest.raises(LogUnwritable, match=r"journal: No space left on device"):
        journal.append(b"x" * 9000)
    journal.append(b"y" * 100)
    disk.full = None
    journal.append(b"x" * 9000)
    assert again(disk)[1] == [*PAYLOADS, b"y" * 100, b"x" * 9000]


class Failing(FakeDisk):
    """A disk whose next sync fails."""

    fails = False

    def sync(self, path: Path) -> None:
        if self.fails:
            raise LogUnwritable(f"{path}: Input/output error")
        super().sync(path)


def test_after_a_sync_that_failed_nothing_more_is_taken() -> None:
    disk = Failing()
    journal = written(disk)
    journal.append(b"in doubt")
    disk.fails = True
    with pytest.raises(LogUnwritable, match="Input/output error"):
        journal.sync(journal.last)
    disk.fails = False
    for act in (lambda: journal.sync(journal.last), lambda: journal.append(b"x"), journal.begin):
        with pytest.raises(
            LogUnwritable, match="Input/output error; what was written is in doubt: open the book again"
        ):
            act()
    assert again(disk)[1] == [*PAYLOADS, b"in doubt"]


def test_a_read_only_disk_is_told(tmp_path: Path) -> None:
    disk = FakeDisk()
    written(disk)
    disk.read_only = True
    journal, *_ = again(disk)
    with pytest.raises(LogError, match=r"1\.journal: Read-only file system"):
        journal.append(b"x")


class Counting(FakeDisk):
    """Counts syncs of files, and lets the first wait until others have written."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.go = threading.Event()

    def sync(self, path: Path) -> None:
        self.count += 1
        super().sync(path)
        if path.parent == PATH and threading.current_thread() is not threading.main_thread():
            self.go.wait(10)


def test_one_syncs_for_all_that_wait() -> None:
    disk = Counting()
    journal = made(disk)
    journal.append(b"makes room")
    disk.count = 0
    wrote = threading.Barrier(21)

    def write() -> None:
        number = journal.append(b"x" * 50)
        wrote.wait(10)
        journal.sync(number)

    threads = [threading.Thread(target=write) for _ in range(20)]
    for thread in threads:
        thread.start()
    wrote.wait(10)
    disk.go.set()
    for thread in threads:
        thread.join(10)
    assert (journal.synced, disk.count) == (21, 1)
    assert len(again(disk)[1]) == 21
