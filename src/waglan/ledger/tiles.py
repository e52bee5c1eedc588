"""The tree in tiles and the entries in bundles: C2SP tlog-tiles, pure form, no storage.

A tile of level l holds 256 consecutive nodes of the tree's level 8 l, and the tile above holds one hash for each full
tile; what lies between is hashed again by whoever reads. A bundle holds 256 entries, each behind its length. At the
right edge a tile is partial: 1 to 255 wide, under a name of its own, so that whatever has a name never changes.

    tile/0/x001/x234/067          tile 1,234,067 of level 0: the hashes of 256 leaves
    tile/1/000.p/17               17 hashes of level 8
    tile/entries/000.p/17         17 entries
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from waglan.ledger.digests import parents
from waglan.schema.units import BadValue

HEIGHT: Final = 8
WIDTH: Final = 256
"""Hashes of a full tile, entries of a full bundle."""

ENTRIES: Final = -1
"""The level that stands for bundles."""

LEVEL_MAX: Final = 63
HASH: Final = 32
ENTRY_MAX: Final = 0xFFFF
"""Exclusive bound on the bytes of an entry, from its length of two bytes."""

KEPT: Final = 64
"""Tiles that a reader remembers: 512 KB, and the whole path of a proof in a log of any size."""

_PATH: Final = re.compile(r"tile/(entries|\d{1,2})/((?:x\d{3}/)*\d{3})(?:\.p/(\d{1,3}))?", re.ASCII)


class Tile(NamedTuple):
    """The name of a tile or, where `level` is ENTRIES, of a bundle. `width` is 256 unless it is partial."""

    level: int
    at: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where it is served, below the log's prefix. Inverse: `read_path`."""
        row = "entries" if self.level == ENTRIES else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{row}/{number(self.at)}{partial}"

    @property
    def full(self) -> "Tile":
        """The full tile of this place."""
        return Tile(self.level, self.at)

    @property
    def first(self) -> int:
        """The first leaf below it."""
        return self.at << HEIGHT * (max(self.level, 0) + 1)


def number(index: int) -> str:
    """A tile's index in path elements of three digits, all but the last behind an x."""
    assert index >= 0, f"no tile has the index {index}"
    text = f"{index % 1000:03}"
    while index := index // 1000:
        text = f"x{index % 1000:03}/{text}"
    return text


def read_path(path: str) -> Tile:
    """The tile of a path. Raises BadValue for any path but the one that is written for a tile."""
    found = _PATH.fullmatch(path)
    if found:
        row, digits, width = found.groups()
        tile = Tile(
            ENTRIES if row == "entries" else int(row),
            int(digits.replace("x", "").replace("/", "")),
            WIDTH if width is None else int(width),
        )
        if tile.path == path and tile.level <= LEVEL_MAX and 0 < tile.width <= WIDTH:
            return tile
    raise BadValue(f"a tile is named such as tile/0/x001/234 or tile/entries/000.p/17, not {path[:120]!r}")


def full_tiles(size: int, before: int = 0) -> Iterator[Tile]:
    """The full bundles and tiles of a tree of `size` leaves that one of `before` lacks; lowest level first."""
    for level in range(ENTRIES, LEVEL_MAX + 1):
        shift = HEIGHT * (max(level, 0) + 1)
        if size >> shift == 0 and level >= 0:
            return
        for index in range(before >> shift, size >> shift):
            yield Tile(level, index)


def partial_tiles(size: int) -> Iterator[Tile]:
    """The partial bundle and tiles at the right edge of a tree of `size` leaves, lowest level first."""
    for level in range(ENTRIES, LEVEL_MAX + 1):
        count = size >> HEIGHT * max(level, 0)
        if count == 0:
            return
        if count % WIDTH:
            yield Tile(level, count // WIDTH, count % WIDTH)


def write_bundle(entries: Sequence[bytes]) -> bytes:
    """A bundle's bytes: each entry behind its length (uint16, big-endian). Inverse: `read_bundle`."""
    return b"".join([len(entry).to_bytes(2, "big") + entry for entry in entries])


def read_bundle(data: bytes, width: int) -> list[bytes]:
    """The entries of a bundle. Raises BadValue unless there are exactly `width`, and nothing behind them."""
    entries, at = list[bytes](), 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if end > len(data) or end < at + 3:
            raise BadValue(f"entry {len(entries)} of the bundle, at byte {at}, is cut short")
        entries.append(data[at + 2 : end])
        at = end
    if len(entries) != width:
        raise BadValue(f"the bundle has {len(entries)} entries, its name says {width}")
    return entries


class TileReader:
    """Nodes and entries of the tree of the first `size` leaves, from tiles that `fetch` gives by name.

    `fetch` answers for each tile that this tree has, partial ones of its width; what it gives has the right length.
    """

    def __init__(self, fetch: Callable[[Tile], bytes], size: int) -> None:
        self.size: Final = size
        self._fetch: Final = lru_cache(KEPT)(fetch)
        self._bundle: Final = lru_cache(4)(self._read_bundle)

    def tile(self, level: int, index: int) -> Tile:
        """The tile of this tree at a place: full, or as wide as the tree is."""
        count = self.size >> HEIGHT * max(level, 0)
        assert index * WIDTH < count, f"a tree of {self.size} leaves has no tile {index} at level {level}"
        return Tile(level, index, min(WIDTH, count - index * WIDTH))

    def read(self, level: int, index: int) -> bytes:
        """The hash of a complete node: one tile and at most 127 hashes. The `Read` of `tree`."""
        assert 0 <= index < self.size >> level, f"node {index} of level {level} is not complete at {self.size} leaves"
        row, up = divmod(level, HEIGHT)
        at, within = divmod(index << up, WIDTH)
        hashes = self._fetch(self.tile(row, at))[HASH * within : HASH * (within + (1 << up))]
        while len(hashes) > HASH:
            hashes = parents(hashes)
        return hashes

    def entry(self, index: int) -> bytes:
        """The bytes of one entry."""
        return self.bundle(index // WIDTH)[index % WIDTH]

    def bundle(self, index: int) -> list[bytes]:
        """The entries of one bundle: 256, or fewer at the end."""
        return self._bundle(index)

    def _read_bundle(self, index: int) -> list[bytes]:
        tile = self.tile(ENTRIES, index)
        return read_bundle(self._fetch(tile), tile.width)
