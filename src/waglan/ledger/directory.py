"""A log's directory: tiles, bundles and the checkpoint by name, through a `Disk`. Nothing else lies in it.

    checkpoint                            the signed head; in its place only when all it covers is safe
    tile/<level>/<number>[.p/<width>]     see `tiles`
    tile/entries/<number>[.p/<width>]

It may be served as it is, or copied: any reader of C2SP tlog-tiles can go through it.
"""

from collections.abc import Iterable, Iterator
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Final

from waglan.ledger.disk import Disk
from waglan.ledger.failure import LogDamaged, LogUnwritable
from waglan.ledger.tiles import ENTRIES, HASH, LEVEL_MAX, WIDTH, Tile, read_bundle, write_bundle
from waglan.schema.units import BadValue

CHECKPOINT: Final = "checkpoint"
BESIDE: Final = "checkpoint.new"


class Directory:
    """What is asked for by tile is read or written by path. It keeps no tile in memory."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self.path: Final = path
        self.disk: Final = disk
        self._made: set[Path] = set()
        self._safe: set[Path] = {Path(path.anchor)}
        """Directories whose own names outlive a power cut. Those above the log's do once it has a checkpoint."""

    def checkpoint(self) -> bytes | None:
        """The published note; None if there is none. What a crash left of the next one is taken off."""
        names = self.disk.names(self.path)
        if BESIDE in names:
            self.disk.remove(self.path / BESIDE)
        if CHECKPOINT not in names:
            return None
        self._safe.update(self.path.parents)
        return self.disk.read(self.path / CHECKPOINT)

    def publish(self, note: bytes) -> None:
        """Put a note in the checkpoint's place: after a crash it is this one or the one before. Synced."""
        self.sync([])
        beside = self.path / BESIDE
        self.disk.write(beside, note)
        self.disk.sync(beside)
        self.disk.rename(beside, self.path / CHECKPOINT)
        self.disk.sync_directory(self.path)

    def read(self, tile: Tile) -> bytes | None:
        """The bytes under a tile's own name, whatever they are; None if it is absent."""
        try:
            return self.disk.read(self.path / tile.path)
        except FileNotFoundError:
            return None

    def fetch(self, tile: Tile) -> bytes:
        """A tile or bundle; a partial one from the full one, where that has come. Raises LogDamaged, naming it.

        Tiles have the right length. Bundles are what the file holds: `read_bundle` finds out.
        """
        data = self.read(tile)
        if data is None and tile.width < WIDTH and (data := self.read(tile.full)) is not None:
            data = self._beginning(tile, data)
        if data is None:
            raise LogDamaged(f"{self.path}: {tile.path} is not there")
        if tile.level != ENTRIES and len(data) != HASH * tile.width:
            raise LogDamaged(f"{self.path}: {tile.path} has {HASH * tile.width} bytes, it was found with {len(data)}")
        return data

    def _beginning(self, tile: Tile, data: bytes) -> bytes:
        if tile.level != ENTRIES:
            return data[: HASH * tile.width] if len(data) == HASH * WIDTH else data
        return write_bundle(self.entries(tile.full, data)[: tile.width])

    def entries(self, tile: Tile, data: bytes | None = None) -> list[bytes]:
        """The entries of a bundle. Raises LogDamaged, naming it and where it goes wrong."""
        try:
            return read_bundle(self.fetch(tile) if data is None else data, tile.width)
        except BadValue as error:
            raise LogDamaged(f"{self.path}: {tile.path}: {error}") from None

    def write(self, tile: Tile, data: bytes) -> None:
        """Write a tile or bundle under its name. Not synced."""
        file = self.path / tile.path
        self._ready(file.parent)
        self.disk.write(file, data)

    def remove(self, tile: Tile) -> None:
        """Take a tile or bundle away, and the directory of partial ones with the last of them. Not synced."""
        file = self.path / tile.path
        self.disk.remove(file)
        if tile.width < WIDTH and not self.disk.names(file.parent):
            self.disk.remove(file.parent)
            self._made.discard(file.parent)
            self._safe.discard(file.parent)

    def widths(self, tile: Tile) -> list[int]:
        """The widths of the partial tiles at a full tile's place, rising."""
        names = self.disk.names(self.path / f"{tile.full.path}.p")
        return sorted(int(name) for name in names if name.isascii() and name.isdecimal() and 0 < int(name) < WIDTH)

    def sync(self, tiles: Iterable[Tile]) -> None:
        """Returns when these tiles and their names, and that of the log's directory, outlive a power cut."""
        files = [self.path / tile.path for tile in tiles]
        self.disk.sync_many(files)
        self._ready(self.path)
        named = {file.parent for file in files} | {self.path}
        for place in list(named):
            while place not in self._safe:
                self._safe.add(place)
                place = place.parent
                named.add(place)
        for place in sorted(named, reverse=True):  # the deepest first
            above = len(place.parts) < len(self.path.parts) - 1
            with suppress(LogUnwritable) if above else nullcontext():  # what is not ours may not be ours to read
                self.disk.sync_directory(place)

    def present(self) -> Iterator[Tile]:
        """Every tile and bundle that has a name here, level by level, in no order within one."""
        rows = self.disk.names(self.path / "tile")
        for level in range(ENTRIES, LEVEL_MAX + 1):
            row = "entries" if level == ENTRIES else str(level)
            if row in rows:
                yield from self._below(self.path / "tile" / row, level, 0)

    def _below(self, place: Path, level: int, before: int) -> Iterator[Tile]:
        for name in self.disk.names(place):
            digits, partial = name[:3] if name[0] != "x" else name[1:], name[3:]
            if not (digits.isascii() and digits.isdecimal() and len(digits) == 3):
                continue
            at = 1000 * before + int(digits)
            if name[0] == "x":
                yield from self._below(place / name, level, at)
            elif not partial:
                yield Tile(level, at)
            elif partial == ".p":
                yield from (Tile(level, at, width) for width in self.widths(Tile(level, at)))

    def _ready(self, place: Path) -> None:
        if place not in self._made:
            self.disk.make_directory(place)
            self._made.add(place)
