"""A disk under a seed that keeps its promises and no more.

It knows of every file and directory what is safe and what is not. At a crash each write that was not synced is kept,
lost, or torn - a beginning of it, or some of its sectors - whatever became of the writes before and after it; each name
made, renamed or removed in a directory that was not synced is kept or lost by itself. A file whose name was lost is
lost, however well it was synced, and a directory with all that is in it.

    disk = FakeDisk(seed, stop=17)    # the power goes at the seventeenth operation
    try: ...                          # Stopped is no Exception: nothing on the way may catch it
    except Stopped: disk = disk.crashed()
"""

import errno
import os
import random
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from waglan.ledger.failure import LogLocked, LogUnwritable

SECTOR: Final = 512


class Stopped(BaseException):
    """The power is off."""


Write = tuple[int, bytes]
"""Where, and what; what is cut off is a write of nothing at a negative place, -1 - size."""


class _File:
    """Bytes as programs see them, bytes that are safe, and what lies between."""

    def __init__(self, safe: bytes = b"") -> None:
        self.safe = safe
        self.now = bytearray(safe)
        self.writes: list[Write] = []

    def write(self, at: int, data: bytes) -> None:
        self.writes.append((at, data))
        _put(self.now, at, data)

    def truncate(self, size: int) -> None:
        self.writes.append((-1 - size, b""))
        _cut(self.now, size)

    def sync(self) -> None:
        self.safe, self.writes = bytes(self.now), []

    def crashed(self, draw: random.Random) -> "_File":
        data = bytearray(self.safe)
        fate = draw.random()
        lost = draw.randrange(len(self.writes) + 1)
        for i, (at, piece) in enumerate(self.writes):
            # in order with the last one torn, or each by itself: a disk may do either
            kept = i < lost if fate < 0.5 else draw.random() < 0.5
            if at < 0:
                if kept:
                    _cut(data, -1 - at)
            elif kept:
                _put(data, at, piece)
            elif i == lost or draw.random() < 0.5:
                _tear(data, at, piece, draw)
        return _File(bytes(data))


class _Folder:
    """Names as programs see them, names that are safe, and the changes between: name, and what it shall mean."""

    def __init__(self, safe: "dict[str, _File | _Folder] | None" = None) -> None:
        self.safe = dict(safe or {})
        self.now = dict(self.safe)
        self.changes: list[dict[str, _File | _Folder | None]] = []

    def set(self, names: "dict[str, _File | _Folder | None]") -> None:
        self.changes.append(names)
        _name(self.now, names)

    def sync(self) -> None:
        self.safe, self.changes = dict(self.now), []

    def crashed(self, draw: random.Random) -> "_Folder":
        names = dict(self.safe)
        fate = draw.random()
        lost = draw.randrange(len(self.changes) + 1)
        for i, change in enumerate(self.changes):
            if i < lost if fate < 0.5 else draw.random() < 0.5:
                _name(names, change)
        return _Folder({name: node.crashed(draw) for name, node in names.items()})


def _put(data: bytearray, at: int, piece: bytes) -> None:
    """Bytes at a place; what lies between it and the end of the file, as on any disk, is zeros."""
    data.extend(bytes(max(0, at - len(data))))
    data[at : at + len(piece)] = piece


def _cut(data: bytearray, size: int) -> None:
    del data[size:]


def _tear(data: bytearray, at: int, piece: bytes, draw: random.Random) -> None:
    """A beginning of a write, or some sectors of it; the file may have grown by all of it nevertheless."""
    if draw.random() < 0.5:
        _put(data, at, piece[: draw.randrange(len(piece) + 1)])
    else:
        edges = [at, *range(at - at % SECTOR + SECTOR, at + len(piece), SECTOR), at + len(piece)]
        for start, stop in pairwise(edges):
            if draw.random() < 0.5:
                _put(data, start, piece[start - at : stop - at])
    if draw.random() < 0.3:
        data.extend(bytes(max(0, at + len(piece) - len(data))))


def _name(names: "dict[str, _File | _Folder]", change: "dict[str, _File | _Folder | None]") -> None:
    for name, node in change.items():
        if node is None:
            names.pop(name, None)
        else:
            names[name] = node


class FakeDisk:
    """A `Disk`. `operations` counts what changes it or syncs; at number `stop` (from 1) the power goes.

    full: bytes that fit in all. read_only: nothing can be changed. syncs, locks: False takes the promise out, which
    shows whether whoever is tested leans on it.
    """

    def __init__(
        self,
        seed: int = 0,
        stop: int | None = None,
        full: int | None = None,
        read_only: bool = False,
        syncs: bool = True,
        locks: bool = True,
    ) -> None:
        self.operations = 0
        self.stop = stop
        self.full = full
        self.read_only = read_only
        self.syncs: Final = syncs
        self.locks: Final = locks
        self._draw: Final = random.Random(seed)
        self._root = _Folder()
        self._held: set[Path] = set()

    def crashed(self) -> "FakeDisk":
        """The disk as it may be found after the power went. This one is left as it is; each call draws anew."""
        disk = FakeDisk(self._draw.randrange(1 << 60), None, self.full, self.read_only, self.syncs, self.locks)
        disk._root = self._root.crashed(self._draw)
        return disk

    def read(self, path: Path) -> bytes:
        return bytes(self._file(path).now)

    def size(self, path: Path) -> int | None:
        node = self._find(path)
        return len(node.now) if isinstance(node, _File) else None

    def write(self, path: Path, data: bytes) -> None:
        self._alter(path, len(data) - (self.size(path) or 0))
        file = self._made(path)
        if file.now:
            file.truncate(0)
        file.write(0, data)
        self.step()

    def append(self, path: Path, data: bytes) -> None:
        self._alter(path, len(data))
        file = self._made(path)
        file.write(len(file.now), data)
        self.step()

    def put(self, path: Path, at: int, data: bytes) -> None:
        self._alter(path, max(0, at + len(data) - (self.size(path) or 0)))
        self._file(path).write(at, data)
        self.step()

    def truncate(self, path: Path, size: int) -> None:
        self._alter(path, 0)
        self._file(path).truncate(size)
        self.step()

    def sync(self, path: Path) -> None:
        file = self._file(path)
        self.step()
        if self.syncs:
            file.sync()

    def sync_many(self, paths: Sequence[Path]) -> None:
        for path in paths:
            self.sync(path)

    def sync_directory(self, path: Path) -> None:
        folder = self._folder(path)
        self.step()
        if self.syncs:
            folder.sync()

    def rename(self, old: Path, new: Path) -> None:
        assert old.parent == new.parent, f"{old} is renamed within its directory, not to {new}"
        self._alter(old, 0)
        self._folder(old.parent).set({new.name: self._file(old), old.name: None})
        self.step()

    def remove(self, path: Path) -> None:
        self._alter(path, 0)
        node = self._find(path)
        assert not isinstance(node, _Folder) or not node.now, f"{path} is not empty"
        if node is None:
            self._file(path)
        self._folder(path.parent).set({path.name: None})
        self.step()

    def names(self, path: Path) -> list[str]:
        node = self._find(path)
        return sorted(node.now) if isinstance(node, _Folder) else []

    def make_directory(self, path: Path) -> None:
        node = self._root
        for part in path.parts[1:]:
            below = node.now.get(part)
            if below is None:
                self._alter(path, 0)
                below = _Folder()
                node.set({part: below})
                self.step()
            if isinstance(below, _File):
                raise LogUnwritable(f"{path}: {os.strerror(errno.ENOTDIR)}")
            node = below

    def lock(self, path: Path) -> "_Held":
        if self.locks and path in self._held:
            raise LogLocked(f"{path.parent}: another writer has it open")
        self._held.add(path)
        return _Held(self._held, path)

    def flip(self, path: Path, bit: int) -> None:
        """Damage: one bit of a file is another, safe as the rest."""
        file = self._file(path)
        file.now[bit // 8] ^= 1 << bit % 8
        file.sync()

    def files(self) -> dict[Path, bytes]:
        """All files there are, as programs see them."""
        found: dict[Path, bytes] = {}
        todo: list[tuple[Path, _File | _Folder]] = [(Path("/"), self._root)]
        while todo:
            path, node = todo.pop()
            if isinstance(node, _File):
                found[path] = bytes(node.now)
            else:
                todo += [(path / name, below) for name, below in node.now.items()]
        return found

    def killed(self) -> "FakeDisk":
        """The disk after a process was killed: the operating system has all that was written, and frees the locks."""
        self.stop, self._held = None, set()
        return self

    def step(self) -> None:
        """One operation more; at the one asked for, and ever after, the power is off."""
        self.operations += 1
        if self.stop is not None and self.operations >= self.stop:
            raise Stopped(f"operation {self.operations}")

    def _alter(self, path: Path, growth: int) -> None:
        """Whether the disk takes a change at all."""
        if self.stop is not None and self.operations >= self.stop:
            raise Stopped("the power is off already")
        if self.read_only:
            raise LogUnwritable(f"{path}: {os.strerror(errno.EROFS)}")
        if self.full is not None and sum(map(len, self.files().values())) + growth > self.full:
            raise LogUnwritable(f"{path}: {os.strerror(errno.ENOSPC)}")

    def _find(self, path: Path) -> _File | _Folder | None:
        assert path.is_absolute(), f"{path} has a place on this disk"
        node: _File | _Folder | None = self._root
        for part in path.parts[1:]:
            node = node.now.get(part) if isinstance(node, _Folder) else None
        return node

    def _file(self, path: Path) -> _File:
        node = self._find(path)
        if not isinstance(node, _File):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return node

    def _folder(self, path: Path) -> _Folder:
        node = self._find(path)
        if not isinstance(node, _Folder):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return node

    def _made(self, path: Path) -> _File:
        folder = self._folder(path.parent)
        if path.name not in folder.now:
            folder.set({path.name: _File()})
        return self._file(path)


class _Held:
    def __init__(self, held: set[Path], path: Path) -> None:
        self._all, self._path = held, path

    def release(self) -> None:
        self._all.discard(self._path)
