"""The tree against RFC 6962's own vectors; what is no proof is refused. All small sizes are in `test_every_size`."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waglan.ledger.tree import BadProof, Tree, check_consistency, check_inclusion, cover

SIZES = 130


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = naive_split(len(leaves))
    return hashlib.sha256(b"\1" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_split(n: int) -> int:
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def leaves_of(n: int) -> list[bytes]:
    return [b"leaf %d" % i for i in range(n)]


def grown(n: int) -> Tree:
    tree = Tree()
    tree.append(leaves_of(n))
    return tree


def hashed(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\0" + leaf).digest()


def test_reference_vectors(shared: Callable[[str], Path]) -> None:
    told = json.loads(shared("oracles/merkle_and_notes.json").read_text())["rfc6962"]
    tree = Tree()
    assert tree.root().hex() == told["roots_hex"][0]
    for size, leaf in enumerate(told["leaves_hex"], 1):
        tree.append([bytes.fromhex(leaf)])
        assert tree.root().hex() == told["roots_hex"][size]
    assert [tree.root(n).hex() for n in range(len(told["roots_hex"]))] == told["roots_hex"]


@given(st.lists(st.lists(st.binary(max_size=80), max_size=20), max_size=8))
def test_appends_of_any_size_give_one_tree(blocks: list[list[bytes]]) -> None:
    tree, leaves = Tree(), [leaf for block in blocks for leaf in block]
    for block in blocks:
        before = tree.size
        assert tree.append(block) == before
    assert tree.size == len(leaves)
    assert tree.root() == naive_root(leaves)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 64, 65, 100])
def test_a_tree_that_begins_elsewhere_is_the_same_tree(size: int) -> None:
    """Read back, grown, cut and grown again."""
    whole, leaves = grown(SIZES), leaves_of(SIZES)
    tree = Tree(size, grown(size).read)
    assert (tree.size, tree.root()) == (size, whole.root(size))
    for stop in (size + 1, size + 2, SIZES, size + 3, size, SIZES):
        if stop < tree.size:
            tree.cut(stop)
        else:
            tree.append(leaves[tree.size : stop])
        assert (tree.size, tree.root()) == (stop, whole.root(stop))
    for index in range(SIZES):
        assert tree.inclusion(index) == whole.inclusion(index)
    for level in range(7):
        count = SIZES >> level
        assert tree.nodes(level, 0, count) == b"".join(whole.read(level, i) for i in range(count))
        assert tree.nodes(level, count - 1, count) == whole.nodes(level, count - 1, count)
    with pytest.raises(AssertionError, match=r"lie elsewhere|are not a range|cannot be cut"):
        tree.cut(size // 2 - 1)


def rejected_inclusion(leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
    try:
        check_inclusion(leaf, index, size, path, root)
    except BadProof:
        return True
    return False


def rejected_consistency(old: int, new: int, path: list[bytes], old_root: bytes, new_root: bytes) -> bool:
    try:
        check_consistency(old, new, path, old_root, new_root)
    except BadProof:
        return True
    return False


def flipped(value: bytes, bit: int) -> bytes:
    changed = bytearray(value)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize(("index", "size"), [(0, 1), (0, 2), (6, 7), (3, 11), (10, 11), (64, 100), (99, 100)])
def test_any_flipped_bit_of_an_inclusion_proof_is_rejected(index: int, size: int) -> None:
    tree = grown(size)
    leaf, path, root = hashed(leaves_of(size)[index]), tree.inclusion(index), tree.root()
    for bit in range(256):
        assert rejected_inclusion(flipped(leaf, bit), index, size, path, root)
        assert rejected_inclusion(leaf, index, size, path, flipped(root, bit))
        for at, step in enumerate(path):
            assert rejected_inclusion(leaf, index, size, [*path[:at], flipped(step, bit), *path[at + 1 :]], root)


@pytest.mark.parametrize(("old", "new"), [(1, 2), (3, 7), (4, 8), (6, 8), (7, 8), (64, 100), (65, 100), (99, 100)])
def test_any_flipped_bit_of_a_consistency_proof_is_rejected(old: int, new: int) -> None:
    tree = grown(new)
    path, was, now = tree.consistency(old), tree.root(old), tree.root()
    for bit in range(256):
        assert rejected_consistency(old, new, path, flipped(was, bit), now)
        assert rejected_consistency(old, new, path, was, flipped(now, bit))
        for at, step in enumerate(path):
            assert rejected_consistency(old, new, [*path[:at], flipped(step, bit), *path[at + 1 :]], was, now)


@settings(max_examples=200)
@given(st.integers(2, 90), st.data())
def test_a_proof_holds_for_its_own_leaf_and_length_alone(size: int, data: st.DataObject) -> None:
    tree, leaves = grown(size), leaves_of(size)
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(-1, size).filter(lambda i: i != index))
    path, root = tree.inclusion(index), tree.root()
    leaf = hashed(leaves[index])
    assert rejected_inclusion(leaf, other, size, path, root)
    assert rejected_inclusion(leaf, index, size, path[:-1], root)
    assert rejected_inclusion(leaf, index, size, [*path, root], root)
    assert rejected_inclusion(leaf, index, size, [step[:-1] for step in path], root)


@settings(max_examples=200)
@given(st.integers(2, 90), st.data())
def test_a_consistency_proof_holds_for_its_own_sizes_and_length_alone(new: int, data: st.DataObject) -> None:
    tree = grown(new)
    old = data.draw(st.integers(1, new - 1))
    other = data.draw(st.integers(-1, new).filter(lambda i: i != old))
    path, was, now = tree.consistency(old), tree.root(old), tree.root()
    assert rejected_consistency(other, new, path, was, now)
    assert rejected_consistency(old, new, path[:-1], was, now)
    assert rejected_consistency(old, new, [*path, was], was, now)


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        (0, 3, [bytes(32)], "is empty, this one has 1"),
        (3, 3, [bytes(32)], "is empty, this one has 1"),
        (4, 3, [], "cannot be the beginning"),
        (2, 3, [bytes(31)], "32 bytes"),
    ],
)
def test_what_cannot_be_a_consistency_proof_is_named(old: int, new: int, path: list[bytes], message: str) -> None:
    tree = grown(4)
    with pytest.raises(BadProof, match=message):
        check_consistency(old, new, path, tree.root(old), tree.root(new))


def test_two_roots_of_one_size_are_a_fork() -> None:
    with pytest.raises(BadProof, match="two roots"):
        check_consistency(4, 4, [], grown(4).root(), grown(3).root())
    with pytest.raises(BadProof, match="root of no leaves"):
        check_consistency(0, 4, [], bytes(32), grown(4).root())


@given(st.integers(1, 1 << 40))
def test_cover_is_the_binary_form_of_the_size(size: int) -> None:
    nodes = cover(0, size)
    assert [level for level, _ in nodes] == [bit for bit in range(40, -1, -1) if size >> bit & 1]
    assert sum(1 << level for level, _ in nodes) == size
