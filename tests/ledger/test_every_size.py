"""Sizes 0 to 300, every leaf and every pair of sizes, against RFC 6962 written down naively: in memory, and from tiles.

One naive tree remembers the hash of each range it was asked for, so that all 45,000 proofs of each kind are compared.
"""

import hashlib
from functools import cache

from tests.ledger.test_tree import naive_split
from waglan.ledger.tiles import ENTRIES, WIDTH, Tile, TileReader, full_tiles, partial_tiles, write_bundle
from waglan.ledger.tree import Tree, check_consistency, check_inclusion, consistency, inclusion

SIZES = 300
LEAVES = [b"leaf %d" % i for i in range(SIZES)]


@cache
def naive(start: int, stop: int) -> bytes:
    """MTH of a range of the leaves, section 2.1."""
    if stop - start <= 1:
        return hashlib.sha256(b"\0" + LEAVES[start] if stop > start else b"").digest()
    middle = start + naive_split(stop - start)
    return hashlib.sha256(b"\1" + naive(start, middle) + naive(middle, stop)).digest()


def naive_path(m: int, start: int, stop: int) -> list[bytes]:
    """PATH, section 2.1.1."""
    if stop - start == 1:
        return []
    middle = start + naive_split(stop - start)
    if m < middle:
        return [*naive_path(m, start, middle), naive(middle, stop)]
    return [*naive_path(m, middle, stop), naive(start, middle)]


def naive_subproof(m: int, start: int, stop: int, whole: bool) -> list[bytes]:
    """SUBPROOF, section 2.1.2."""
    if m == stop:
        return [] if whole else [naive(start, stop)]
    middle = start + naive_split(stop - start)
    if m <= middle:
        return [*naive_subproof(m, start, middle, whole), naive(middle, stop)]
    return [*naive_subproof(m, middle, stop, False), naive(start, middle)]


def grown() -> Tree:
    tree = Tree()
    tree.append(LEAVES)
    return tree


def test_every_leaf_of_every_size() -> None:
    tree = grown()
    for size in range(SIZES + 1):
        assert tree.root(size) == naive(0, size)
        for index in range(size):
            path = tree.inclusion(index, size)
            assert path == naive_path(index, 0, size)
            check_inclusion(naive(index, index + 1), index, size, path, naive(0, size))


def test_every_pair_of_sizes() -> None:
    tree = grown()
    for new in range(SIZES + 1):
        for old in range(new + 1):
            path = tree.consistency(old, new)
            assert path == (naive_subproof(old, 0, new, True) if old else [])
            check_consistency(old, new, path, naive(0, old), naive(0, new))


def tiles_of(tree: Tree, size: int) -> dict[Tile, bytes]:
    """What a log of this size has in its directory."""
    tiles: dict[Tile, bytes] = {}
    for tile in [*full_tiles(size), *partial_tiles(size)]:
        first = tile.at * WIDTH
        if tile.level == ENTRIES:
            tiles[tile] = write_bundle(LEAVES[first : first + tile.width])
        else:
            tiles[tile] = tree.nodes(8 * tile.level, first, first + tile.width)
    return tiles


def test_every_size_read_back_from_its_tiles() -> None:
    """Each node of each size, so each proof; some proofs of each size, made from tiles alone."""
    tree = grown()
    for size in range(SIZES + 1):
        reader = TileReader(tiles_of(tree, size).__getitem__, size)
        for level in range(size.bit_length()):
            for index in range(size >> level):
                assert reader.read(level, index) == naive(index << level, (index + 1) << level)
        for index in {*range(min(size, 2)), size // 2, size - 1} & set(range(size)):
            assert inclusion(index, size, reader.read) == naive_path(index, 0, size)
            assert consistency(index + 1, size, reader.read) == naive_subproof(index + 1, 0, size, True)
        assert [entry for at in range(-(-size // WIDTH)) for entry in reader.bundle(at)] == LEAVES[:size]
