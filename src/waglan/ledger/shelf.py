"""Where a log's entries are kept: in memory, or in a directory of bundles and tiles.

In a directory the entries behind the last full bundle stay in memory until it is full; `write` puts full bundles and
tiles on the disk, `sync` besides the partial ones of a size, and returns when all of that tree outlives a power cut.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import accumulate
from typing import Final

from waglan.ledger.directory import Directory
from waglan.ledger.failure import LogError
from waglan.ledger.opening import Opened, Place
from waglan.ledger.tiles import ENTRIES, HEIGHT, WIDTH, Tile, full_tiles, partial_tiles, write_bundle
from waglan.ledger.tree import Tree

PIECE: Final = 4096


class Memory:
    """Entries end to end, each behind its length, and where each ends."""

    def __init__(self) -> None:
        self._ends = array("Q")
        self._data = bytearray()

    @property
    def length(self) -> int:
        """Bytes of the entries with their lengths."""
        return len(self._data)

    def add(self, entries: Sequence[bytes], lengths: set[int]) -> None:
        """Entries at the end; `lengths` are those that occur."""
        end = len(self._data)
        if len(lengths) == 1:  # all of one desk: the length is a separator, and the ends are evenly spaced
            step, mark = len(entries[0]) + 2, len(entries[0]).to_bytes(2, "big")
            block = mark + mark.join(entries)
            ends: Iterable[int] = range(end + step, end + len(block) + 1, step)
        else:
            block = write_bundle(entries)
            ends = [end + past for past in accumulate(2 + len(entry) for entry in entries)]
        self._data += block
        self._ends.extend(ends)

    def cut(self, size: int) -> None:
        """Take away the entries from `size` on."""
        del self._ends[size:]
        del self._data[self._ends[-1] if self._ends else 0 :]

    def range(self, start: int, stop: int) -> Iterator[bytes]:
        """Entries start to stop."""
        at = self._ends[start - 1] if start else 0
        for first in range(start, stop, PIECE):
            ends = self._ends[first : min(first + PIECE, stop)]
            piece = bytes(memoryview(self._data)[at : ends[-1]])
            base = at
            for end in ends:
                yield piece[at - base + 2 : end - base]
                at = end


class Shelf:
    """The entries in a directory, and how far they have come: with the operating system, and safe."""

    def __init__(self, directory: Directory, opened: Opened) -> None:
        self.directory: Final = directory
        self._tail = opened.tail
        """Entries behind the last full bundle."""
        self._written = opened.tree.size - len(opened.tail)
        """Entries whose full bundles and tiles are with the operating system."""
        self._synced = opened.published.size if opened.published else 0
        self._partial = opened.partial
        """Places that have partial tiles, until the full one is safe."""
        self._edge = opened.tree.size
        """The largest size whose partial tiles are with the operating system: what has a name does not change."""
        self._counted = (0, 0)
        """Full bundles whose bytes are counted, and those bytes."""
        self._bundle: Final = lru_cache(4)(lambda at: directory.entries(Tile(ENTRIES, at)))

    @property
    def size(self) -> int:
        """How many entries there are."""
        return self._written + len(self._tail)

    @property
    def length(self) -> int:
        """Bytes of the entries with their lengths. Reads the sizes of bundles that it was not asked about before."""
        counted, total = self._counted
        for at in range(counted, self._written // WIDTH):
            total += self.directory.disk.size(self.directory.path / Tile(ENTRIES, at).path) or 0
        self._counted = (self._written // WIDTH, total)
        return total + sum(2 + len(entry) for entry in self._tail)

    def add(self, entries: Sequence[bytes]) -> None:
        """Entries at the end, in memory."""
        self._tail += entries

    def cut(self, size: int) -> None:
        """Take away the entries from `size` on, none of which is on the disk."""
        assert size >= max(self._written, self._edge), f"entries below {self._edge} are on the disk, and stay"
        del self._tail[size - self._written :]

    def range(self, start: int, stop: int) -> Iterator[bytes]:
        """Entries start to stop, bundle by bundle."""
        while start < min(stop, self._written):
            at, within = divmod(start, WIDTH)
            bundle = self._bundle(at)[within : within + stop - start]
            yield from bundle
            start += len(bundle)
        yield from self._tail[max(0, start - self._written) : max(0, stop - self._written)]

    def write(self, tree: Tree) -> None:
        """Put what is full on the disk. After an error nothing of it is there."""
        full = self.size // WIDTH * WIDTH
        if full == self._written:
            return
        self._put(full_tiles(full, self._written), tree)
        del self._tail[: full - self._written]
        self._written = full

    def write_edge(self, tree: Tree, size: int) -> None:
        """Put the partial tiles of the first `size` entries on the disk too."""
        self.write(tree)
        self._put([tile for tile in partial_tiles(size) if tile.width not in self.directory.widths(tile)], tree)
        self._partial.update(tile[:2] for tile in partial_tiles(size))
        self._edge = max(self._edge, size)

    def _put(self, tiles: Iterable[Tile], tree: Tree) -> None:
        """Write tiles; after an error none of them is there, as far as they can be removed: opening would read them."""
        done: list[Tile] = []
        try:
            for tile in tiles:
                done.append(tile)
                self.directory.write(tile, self._data(tile, tree))
        except LogError:
            for tile in done:
                with suppress(LogError, FileNotFoundError):
                    self.directory.remove(tile)
            raise

    def sync(self, tree: Tree, size: int) -> None:
        """Returns when every tile of the tree of `size` entries is on the disk and outlives a power cut."""
        self.write_edge(tree, size)
        full = max(self._written, self._synced)
        self.directory.sync([*full_tiles(full, self._synced), *partial_tiles(size)])
        self._synced = max(size, full)
        for place in [place for place in self._partial if self._is_full(place)]:
            for width in self.directory.widths(Tile(*place)):
                self.directory.remove(Tile(*place, width))
            self._partial.discard(place)

    def _is_full(self, place: Place) -> bool:
        level, at = place
        return (at + 1) * WIDTH <= self._synced >> HEIGHT * max(level, 0)

    def _data(self, tile: Tile, tree: Tree) -> bytes:
        first = tile.at * WIDTH
        if tile.level == ENTRIES:
            return write_bundle(list(self.range(first, first + tile.width)))
        return tree.nodes(HEIGHT * tile.level, first, first + tile.width)
