"""Tiles against the standard's own examples, and a tree read back from them against the tree in memory."""

import hashlib
import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ledger.test_tree import leaves_of
from waglan.ledger.tiles import (
    ENTRIES,
    WIDTH,
    Tile,
    TileReader,
    full_tiles,
    number,
    partial_tiles,
    read_bundle,
    read_path,
    write_bundle,
)
from waglan.ledger.tree import BadProof, Tree, check_inclusion, inclusion
from waglan.schema.units import BadValue


def test_the_standards_paths_and_counts(shared: Callable[[str], Path]) -> None:
    told = json.loads(shared("oracles/merkle_and_notes.json").read_text())["notes"]["c2sp_tiles"]
    assert number(1234067) == told["1234067"]
    assert Tile(0, 1234067).path == f"tile/0/{told['1234067']}"
    of_70_000 = told["size_70000"]
    full = Counter(tile.level for tile in full_tiles(70_000))
    partial = {tile.level: tile.width for tile in partial_tiles(70_000)}
    assert full == {ENTRIES: of_70_000["level0_full"], 0: of_70_000["level0_full"], 1: of_70_000["level1_full"]}
    width = of_70_000["level0_partial"]
    assert partial == {ENTRIES: width, 0: width, 1: of_70_000["level1_partial"], 2: of_70_000["level2_partial"]}


def test_of_256_leaves_there_is_a_full_tile_and_one_hash_above() -> None:
    assert [tile.path for tile in full_tiles(256)] == ["tile/entries/000", "tile/0/000"]
    assert [tile.path for tile in partial_tiles(256)] == ["tile/1/000.p/1"]
    assert [*full_tiles(255), *partial_tiles(0), *full_tiles(0)] == []


@given(st.integers(-1, 63), st.integers(0, 1 << 40), st.integers(1, 256))
def test_a_path_is_read_as_it_is_written(level: int, index: int, width: int) -> None:
    assert read_path(Tile(level, index, width).path) == (level, index, width)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/entries/../checkpoint",
        "tile/0/٠٠٠",
        "tile/0/000\n",
        "/tile/0/000",
    ],
)
def test_no_other_path_is_a_tile(path: str) -> None:
    with pytest.raises(BadValue, match="a tile is named such as"):
        read_path(path)


@given(st.lists(st.binary(min_size=1, max_size=70), max_size=20))
def test_a_bundle_is_read_as_it_is_written(entries: list[bytes]) -> None:
    data = write_bundle(entries)
    assert read_bundle(data, len(entries)) == entries
    for wrong in (data + b"\0", data + b"\0\0", data[:-1] or b"\0"):
        with pytest.raises(BadValue, match=r"of the bundle|the bundle has"):
            read_bundle(wrong, len(entries))


def test_new_tiles_are_those_that_the_smaller_tree_lacks() -> None:
    sizes = (0, 1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 131_072)
    for new in sizes:
        for old in (size for size in sizes if size <= new):
            assert set(full_tiles(new, old)) == set(full_tiles(new)) - set(full_tiles(old))


@pytest.mark.parametrize("size", [1, 255, 256, 257, 700, 65_536 + 300])
def test_a_tree_is_read_back_from_its_tiles(size: int) -> None:
    tree, leaves = Tree(), leaves_of(size)
    tree.append(leaves)
    tiles: dict[Tile, bytes] = {}
    for tile in [*full_tiles(size), *partial_tiles(size)]:
        start = tile.at * WIDTH
        if tile.level == ENTRIES:
            tiles[tile] = write_bundle(leaves[start : start + tile.width])
        else:
            tiles[tile] = tree.nodes(8 * tile.level, start, start + tile.width)
    reader = TileReader(tiles.__getitem__, size)
    for level in range(size.bit_length()):
        count = size >> level
        for index in {*range(min(count, 40)), count // 2, *range(max(0, count - 300), count)}:
            assert reader.read(level, index) == tree.read(level, index)
    assert [reader.entry(i) for i in range(size)] == leaves
    assert Tree(size, reader.read).root() == tree.root()
    with pytest.raises(AssertionError, match="is not complete"):
        reader.read(0, size)


def test_a_turned_bit_of_a_tile_is_in_a_proof_that_is_refused() -> None:
    """A bit of each hash in the tiles of 700 leaves: the leaf beside the hash has it in its path."""
    size = 700
    tree, leaves = Tree(), leaves_of(size)
    tree.append(leaves)
    chance, root = random.Random(5), tree.root()
    for tile in [*full_tiles(size), *partial_tiles(size)]:
        if tile.level == ENTRIES:
            continue
        whole = tile_of(tree, tile)
        for byte in range(0, len(whole), 11):
            turned = bytearray(whole)
            turned[byte] ^= 1 << chance.randrange(8)
            reader = TileReader(lambda t, at=tile, data=bytes(turned): data if t == at else tile_of(tree, t), size)  # type: ignore[misc]
            node = tile.at * WIDTH + byte // 32
            index = min(((node ^ 1) if (node ^ 1) << 8 * tile.level < size else node - 2) << 8 * tile.level, size - 1)
            leaf = hashlib.sha256(b"\0" + leaves[index]).digest()
            with pytest.raises(BadProof):
                check_inclusion(leaf, index, size, inclusion(index, size, reader.read), root)


def tile_of(tree: Tree, tile: Tile) -> bytes:
    return tree.nodes(8 * tile.level, tile.at * WIDTH, tile.at * WIDTH + tile.width)
