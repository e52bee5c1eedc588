"""The disk as the ledger uses it: a dozen verbs, so that a test can stand in for the hardware.

What was written is safe when it was synced, and a name when its directory was. Nothing else is promised, by the real
disk or by the one of the tests, which drops, tears and reorders whatever was not: see `docs/internals/durability.md`.
"""

import fcntl
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Protocol

from waglan.ledger.failure import LogLocked, LogUnwritable, told

FEW: Final = 4
"""Files below which threads cost more than they save."""

SYNCING: Final = 16
"""Files that are synced at once: 0.15 ms each in place of 2.4 one by one, as the device then writes for many."""

_PIECE: Final = 1 << 24
_sync: Final[Callable[[int], None]] = getattr(os, "fdatasync", os.fsync)
"""Where there is no fdatasync, fsync writes the times of the file besides."""


class Lock(Protocol):
    """A lock that is held until it is released, or until its process ends."""

    def release(self) -> None:
        """Let others have it. A second time does nothing."""


class Disk(Protocol):
    """Files by path. What fails raises `LogUnwritable` with path and reason; an absent file FileNotFoundError."""

    def read(self, path: Path) -> bytes:
        """All of a file."""

    def size(self, path: Path) -> int | None:
        """Bytes of a file, None if it is absent."""

    def write(self, path: Path, data: bytes) -> None:
        """Make a file or replace what it holds, in place: a crash may leave any mixture. Not synced."""

    def append(self, path: Path, data: bytes) -> None:
        """Add to the end of a file, made if absent: all of the bytes, or after an error none. Not synced."""

    def put(self, path: Path, at: int, data: bytes) -> None:
        """Write over a file from byte `at` on, which is in it or at its end. Not atomic, not synced."""

    def truncate(self, path: Path, size: int) -> None:
        """Cut a file off behind `size` bytes. Not synced."""

    def sync(self, path: Path) -> None:
        """Returns when the bytes of a file and its size outlive a power cut; its name is its directory's."""

    def sync_many(self, paths: Sequence[Path]) -> None:
        """`sync` of each, in any order."""

    def sync_directory(self, path: Path) -> None:
        """Returns when the names made, renamed and removed in a directory outlive a power cut."""

    def rename(self, old: Path, new: Path) -> None:
        """Give a file another name, in place of what has it: a crash leaves either. Not synced."""

    def remove(self, path: Path) -> None:
        """Take away a file, or a directory with nothing in it. Not synced."""

    def names(self, path: Path) -> list[str]:
        """Names in a directory, sorted; none if it is absent."""

    def make_directory(self, path: Path) -> None:
        """Make a directory and its parents; nothing if it is there. Not synced: neither it nor its parents."""

    def lock(self, path: Path) -> Lock:
        """Take the lock whose file is `path`, or raise `LogLocked` at once."""


class FileDisk:
    """The files of the operating system.

    A file that is appended to stays open until it is renamed, removed or `close`d: an error of the device behind an
    earlier write is told to whoever had the file open then. Threads may use different files at once, one file one at a
    time.
    """

    def __init__(self) -> None:
        self._open: dict[Path, int] = {}

    def __del__(self) -> None:
        self.close()

    def read(self, path: Path) -> bytes:
        with told(path):
            return path.read_bytes()

    def size(self, path: Path) -> int | None:
        try:
            with told(path):
                return path.stat().st_size
        except FileNotFoundError:
            return None

    def write(self, path: Path, data: bytes) -> None:
        with told(path):
            path.write_bytes(data)

    def append(self, path: Path, data: bytes) -> None:
        with told(path):
            handle = self._handle(path)
            size = os.fstat(handle).st_size
            try:
                _written(handle, size, data)
            except OSError as error:
                os.ftruncate(handle, size)
                raise LogUnwritable(f"{path}: {len(data)} bytes could not be added: {error.strerror}") from None

    def put(self, path: Path, at: int, data: bytes) -> None:
        with told(path):
            _written(self._handle(path), at, data)

    def truncate(self, path: Path, size: int) -> None:
        with told(path):
            os.truncate(path, size)

    def sync(self, path: Path) -> None:
        with told(path):
            if (handle := self._open.get(path, -1)) >= 0:
                _sync(handle)
            else:
                _synced(path, _sync)

    def sync_many(self, paths: Sequence[Path]) -> None:
        if len(paths) < FEW:
            for path in paths:
                self.sync(path)
        else:
            with ThreadPoolExecutor(SYNCING) as threads:
                list(threads.map(self.sync, paths))

    def sync_directory(self, path: Path) -> None:
        with told(path):
            _synced(path, os.fsync)

    def rename(self, old: Path, new: Path) -> None:
        self.close(old)
        self.close(new)
        with told(old):
            old.replace(new)

    def remove(self, path: Path) -> None:
        self.close(path)
        with told(path):
            path.rmdir() if path.is_dir() else path.unlink()

    def names(self, path: Path) -> list[str]:
        try:
            with told(path):
                return sorted(os.listdir(path))
        except FileNotFoundError:
            return []

    def make_directory(self, path: Path) -> None:
        with told(path):
            path.mkdir(parents=True, exist_ok=True)

    def lock(self, path: Path) -> Lock:
        with told(path):
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            if isinstance(error, BlockingIOError):
                raise LogLocked(f"{path.parent}: another writer has it open") from None
            raise LogUnwritable(f"{path}: {error.strerror}") from None
        return _Held(handle)

    def _handle(self, path: Path) -> int:
        handle = self._open.get(path, -1)
        if handle < 0:
            handle = self._open[path] = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        return handle

    def close(self, path: Path | None = None) -> None:
        """Let go of a file that was appended to, or of all of them. Nothing is lost by not calling it."""
        for each in list(self._open) if path is None else [path]:
            if (handle := self._open.pop(each, -1)) >= 0:
                os.close(handle)


class _Held:
    """A lock of the operating system."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def __del__(self) -> None:
        self.release()

    def release(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
        self._handle = -1


def _written(handle: int, at: int, data: bytes) -> None:
    """All of the bytes, however many the system takes at once."""
    done = os.pwrite(handle, data, at)
    while done < len(data):
        done += os.pwrite(handle, memoryview(data)[done : done + _PIECE], at + done)


def _synced(path: Path, sync: Callable[[int], None]) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        sync(handle)
    finally:
        os.close(handle)
