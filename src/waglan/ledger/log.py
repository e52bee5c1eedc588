"""An append-only log of entries with its tree: one file in a directory, or memory.

The file `entries` holds each entry behind its length (uint16, big-endian), which is the body of a C2SP tlog-tiles entry
bundle. The tree is made again from it on opening, so nothing else can disagree with the entries. One writer at a time
holds the directory; a last entry that a crash left torn is taken off, and `found` says so. The log does not sync: what
a power cut may take from its end, the store still has (see `waglan.store.recovery`).
"""

import fcntl
import os
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from waglan.ledger import tree
from waglan.ledger.entry import MAGIC
from waglan.ledger.failure import LogDamaged, LogLocked, LogUnwritable

ENTRY_MAX: Final = 0xFFFF
"""Exclusive bound on the bytes of an entry, from its length prefix."""

_PIECE: Final = 1 << 24


class Log:
    """Entries in order and the tree over them. `path` None keeps all in memory, with the same meaning.

    `found` lists in words what opening had to mend; it is empty after a clean end.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.found: list[str] = []
        self._tree = tree.Tree()
        self._ends = array("Q")
        self._memory = bytearray()
        self._file, self._lock = (-1, -1) if path is None else _open(path)
        try:
            self._load()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def size(self) -> int:
        """How many entries there are."""
        return self._tree.size

    @property
    def bytes_on_disk(self) -> int:
        """Bytes of the entries with their lengths: what the file holds, or in memory would hold."""
        return self._ends[-1] if self._ends else 0

    def append(self, entries: Sequence[bytes]) -> int:
        """Add entries; the position of the first. All of them are in the log, or after an error none.

        In a directory they are with the operating system when this returns: a killed process loses none.
        """
        lengths = set(map(len, entries))
        for length in lengths:
            assert 0 < length < ENTRY_MAX, f"an entry has 1 to {ENTRY_MAX - 1} bytes, one had {length}"
        end = self.bytes_on_disk
        if len(lengths) == 1:  # all of one desk: the length is a separator, and the ends are evenly spaced
            step, mark = length + 2, length.to_bytes(2, "big")
            block = mark + mark.join(entries)
            ends: Iterable[int] = range(end + step, end + len(block) + 1, step)
        else:
            block = b"".join([len(entry).to_bytes(2, "big") + entry for entry in entries])
            ends = [end + past for past in accumulate(2 + len(entry) for entry in entries)]
        if self.path is None:
            self._memory += block
        else:
            self._write(block, end)
        self._ends.extend(ends)
        return self._tree.append(entries)

    def entry(self, index: int) -> bytes:
        """The bytes of one entry."""
        assert 0 <= index < self.size, f"a log of {self.size} entries has no entry {index}"
        start = self._ends[index - 1] if index else 0
        return self._bytes(start + 2, self._ends[index])

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Entries start to stop in order, read in large pieces."""
        stop = self.size if stop is None else stop
        assert 0 <= start <= stop <= self.size, f"a log of {self.size} entries has no entries {start} to {stop}"
        for first in range(start, stop, 4096):
            last = min(first + 4096, stop)
            base = self._ends[first - 1] if first else 0
            piece = self._bytes(base, self._ends[last - 1])
            at = 0
            for end in self._ends[first:last]:
                yield piece[at + 2 : end - base]
                at = end - base

    def root(self, size: int | None = None) -> bytes:
        """Root over the first `size` entries; over all of them by default."""
        return self._tree.root(size)

    def prove(self, index: int, size: int | None = None) -> list[bytes]:
        """The path of entry `index` to `root(size)`; checked by `tree.check_inclusion`."""
        return self._tree.inclusion(index, size)

    def consistency(self, old: int, new: int | None = None) -> list[bytes]:
        """The path from `root(old)` to `root(new)`; checked by `tree.check_consistency`."""
        return self._tree.consistency(old, new)

    def close(self) -> None:
        """Let the directory go. Nothing is lost by not calling it."""
        for handle in (self._file, self._lock):
            if handle >= 0:
                os.close(handle)
        self._file = self._lock = -1

    def _bytes(self, start: int, stop: int) -> bytes:
        if self.path is None:
            return bytes(memoryview(self._memory)[start:stop])
        data = os.pread(self._file, stop - start, start)
        if len(data) != stop - start:
            raise LogDamaged(f"{self.path}: the file was cut below byte {stop} while it was open")
        return data

    def _write(self, block: bytes, end: int) -> None:
        """All of the block behind byte `end`, or nothing."""
        done = 0
        try:
            while done < len(block):
                done += os.pwrite(self._file, memoryview(block)[done:], end + done)
        except OSError as error:
            os.ftruncate(self._file, end)
            raise LogUnwritable(f"{self.path}: {len(block)} bytes could not be added: {error.strerror}") from None

    def _load(self) -> None:
        """Entries, offsets and tree from the file; its torn end is cut off."""
        if self.path is None:
            return
        length, at = os.fstat(self._file).st_size, 0
        while at < length:
            piece = os.pread(self._file, _PIECE, at)
            entries, used = _split(piece)
            if not entries:
                self._mend(at, length)
                return
            for entry in entries:
                self._ends.append(self.bytes_on_disk + 2 + len(entry))
            self._tree.append(entries)
            at += used

    def _mend(self, at: int, length: int) -> None:
        """Bytes from `at` are no entry: cut them off if a crash can have left them, else say where the damage is."""
        rest = os.pread(self._file, _PIECE, at)
        torn = _is_torn(rest) and at + len(rest) == length
        blank = not any(rest) and all(not any(os.pread(self._file, _PIECE, i)) for i in range(at, length, _PIECE))
        if not (torn or blank):
            raise LogDamaged(f"{self.path}/entries: no entry begins at byte {at}, after {self.size} good ones")
        os.ftruncate(self._file, at)
        self.found.append(f"the last {length - at} bytes were a torn entry and are off; {self.size} entries remain")


def _open(path: Path) -> tuple[int, int]:
    """File and lock of a log's directory, which is made if it is not there."""
    lock = -1
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.open(path / "entries", os.O_RDWR | os.O_CREAT, 0o644), lock
    except BlockingIOError:
        os.close(lock)
        raise LogLocked(f"{path}: another writer has this log open") from None
    except OSError as error:
        if lock >= 0:
            os.close(lock)
        raise LogUnwritable(f"{path}: {error.strerror}") from None


def _split(piece: bytes) -> tuple[list[bytes], int]:
    """The whole entries at the beginning of a piece of the file, and the bytes they take."""
    entries, at, limit = [], 0, len(piece) - 2
    while at <= limit:
        end = at + 2 + int.from_bytes(piece[at : at + 2], "big")
        if end > len(piece) or not piece.startswith(MAGIC, at + 2, end):
            break
        entries.append(piece[at + 2 : end])
        at = end
    return entries, at


def _is_torn(rest: bytes) -> bool:
    """Whether the rest of a file is the beginning of one entry, cut short."""
    if len(rest) < 2:
        return True
    length = int.from_bytes(rest[:2], "big")
    return len(rest) < 2 + length and MAGIC.startswith(rest[2:6])
