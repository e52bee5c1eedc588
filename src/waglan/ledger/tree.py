"""The Merkle tree of RFC 6962: pure maths over hashes, in pairs of prove and check.

Nodes are named (level, index): level 0 holds the leaves' hashes, and node (l, i) covers the leaves i * 2**l up to but
not including (i + 1) * 2**l. Only complete nodes have a name; they never change once they are there, so any way of
keeping them - arrays here, tiles in a directory - gives the same roots and proofs. What proves takes a `Read`, a
function from a name to its hash; what checks takes hashes alone and needs no storage.

Sources: RFC 6962 section 2.1 for the tree, RFC 9162 sections 2.1.3.2 and 2.1.4.2 for the checks.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final

from waglan.ledger.digests import leaves, parents

Node = tuple[int, int]
Read = Callable[[int, int], bytes]

EMPTY: Final = sha256(b"").digest()
"""Root of the tree without leaves."""

AT_ONCE: Final = 32
"""Leaves that are hashed together, in 28 us; of twice as many one would wait 45 us, to save 0.2 us an entry."""


class BadProof(ValueError):
    """A proof does not prove what it claims; the message names what failed."""


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node over its two children."""
    return sha256(b"\x01" + left + right).digest()


def cover(start: int, stop: int) -> list[Node]:
    """The fewest complete nodes that cover leaves start to stop, left to right.

    `start` is a multiple of the least power of two that is not below stop - start, as every range inside RFC 6962's
    recursion is. At most log2(stop - start) + 1 nodes.
    """
    nodes = []
    while start < stop:
        level = (stop - start).bit_length() - 1
        assert start % (1 << level) == 0, f"leaves {start} to {stop} are not a range of the tree"
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


def range_hash(start: int, stop: int, read: Read) -> bytes:
    """RFC 6962's tree hash of leaves start to stop (see `cover`); EMPTY if there are none."""
    nodes = cover(start, stop)
    if not nodes:
        return EMPTY
    value = read(*nodes[-1])
    for node in nodes[-2::-1]:
        value = node_hash(read(*node), value)
    return value


def root(size: int, read: Read) -> bytes:
    """Root over the first `size` leaves. At most log2(size) hashes."""
    assert size >= 0, f"a tree has no {size} leaves"
    return range_hash(0, size, read)


def inclusion(index: int, size: int, read: Read) -> list[bytes]:
    """The path that proves leaf `index` under the root of `size` leaves, from the leaf upwards.

    At most ceil(log2(size)) hashes. Checked by `check_inclusion`.
    """
    assert 0 <= index < size, f"a tree of {size} leaves has no leaf {index}"
    path = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            path.append(range_hash(middle, stop, read))
            stop = middle
        else:
            path.append(range_hash(start, middle, read))
            start = middle
    return path[::-1]


def consistency(old: int, new: int, read: Read) -> list[bytes]:
    """The path that proves that the tree of `old` leaves is the beginning of the tree of `new` leaves.

    Empty if old is 0 (every tree begins with the empty one) or equals new. Checked by `check_consistency`.
    """
    assert 0 <= old <= new, f"a tree of {old} leaves cannot be the beginning of one of {new}"
    path: list[bytes] = []
    if old in (0, new):
        return path
    start, stop = 0, new
    while stop != old:
        middle = start + _split(stop - start)
        if old <= middle:
            path.append(range_hash(middle, stop, read))
            stop = middle
        else:
            path.append(range_hash(start, middle, read))
            start = middle
    if start:
        path.append(range_hash(start, stop, read))
    return path[::-1]


def check_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Raises BadProof unless `path` leads from the leaf hash at `index` to the root over `size` leaves.

    Inverse of `inclusion`; len(path) + 1 hashes; nothing but its arguments is read.
    """
    if not 0 <= index < size:
        raise BadProof(f"a tree of {size} leaves has no leaf {index}")
    _check_widths(leaf, root, *path)
    at, last, value = index, size - 1, leaf
    for step in path:
        if last == 0:
            raise BadProof(f"the path is too long: {len(path)} hashes for leaf {index} of {size}")
        if at & 1 or at == last:
            value = node_hash(step, value)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            value = node_hash(value, step)
        at, last = at >> 1, last >> 1
    if last:
        raise BadProof(f"the path is too short: {len(path)} hashes for leaf {index} of {size}")
    if value != root:
        raise BadProof(f"the path of leaf {index} leads to {value.hex()}, the root is {root.hex()}")


def check_consistency(old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Raises BadProof unless `path` shows that the tree of `old` leaves is the beginning of the tree of `new` leaves.

    Inverse of `consistency`; at most 2 len(path) hashes; nothing but its arguments is read.
    """
    if not 0 <= old <= new:
        raise BadProof(f"a tree of {old} leaves cannot be the beginning of one of {new}")
    _check_widths(old_root, new_root, *path)
    if old in (0, new):
        _check_trivial(old, new, path, old_root, new_root)
        return
    steps = list(path) if old & (old - 1) else [old_root, *path]
    if not steps:
        raise BadProof(f"the path from {old} to {new} leaves is empty")
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise BadProof(f"the path is too long: {len(path)} hashes from {old} to {new} leaves")
        if at & 1 or at == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            after = node_hash(after, step)
        at, last = at >> 1, last >> 1
    if last:
        raise BadProof(f"the path is too short: {len(path)} hashes from {old} to {new} leaves")
    if before != old_root:
        raise BadProof(f"the path leads to {before.hex()} at {old} leaves, the root is {old_root.hex()}")
    if after != new_root:
        raise BadProof(f"the path leads to {after.hex()} at {new} leaves, the root is {new_root.hex()}")


class Tree:
    """A tree in memory: every complete node, level by level, 64 bytes a leaf in all.

    It may begin as the tree of `size` leaves that lie elsewhere: `before` then reads their nodes, of which only the
    last of each level are taken into memory. Hashes are made side by side, so leaves wait until AT_ONCE have come or
    somebody reads: 1.5 us an entry that comes alone, against 3.9 when each was hashed as it came. One thread at a time,
    readers too.
    """

    __slots__ = ("_before", "_levels", "_starts", "_waiting", "size")

    def __init__(self, size: int = 0, before: Read | None = None) -> None:
        assert (before is None) == (size == 0), "who has leaves already says how to read them"
        self._before = before
        self._levels: list[bytearray] = [bytearray()]
        self._starts = [0]
        """First node of each level that is in memory: an even number, so that no node here lacks its sibling."""
        self._waiting: list[bytes] = []
        self.size = size
        if before is not None:
            counts = [size >> level for level in range(size.bit_length())]
            self._starts = [count & ~1 for count in counts]
            self._levels = [bytearray(before(i, n - 1) if n & 1 else b"") for i, n in enumerate(counts)]

    def append(self, entries: Sequence[bytes]) -> int:
        """Add leaves by their bytes; the position of the first. Two hashes a leaf, spread over all appends."""
        first = self.size
        self._waiting += entries
        self.size = first + len(entries)
        if len(self._waiting) >= AT_ONCE:
            self._hash()
        return first

    def _hash(self) -> None:
        """Hash what waits, and every node above that it completes."""
        fresh, self._waiting = leaves(self._waiting), []
        level = 0
        while fresh:
            if level == len(self._levels):
                self._levels.append(bytearray())
                self._starts.append(0)
            nodes = self._levels[level]
            # The last node may still want its sibling; it is there already if it was left over before.
            odd = len(nodes) & 32
            nodes += fresh
            fresh = parents(bytes(memoryview(nodes)[len(nodes) - len(fresh) - odd :]))
            level += 1

    def read(self, level: int, index: int) -> bytes:
        """The hash of a complete node."""
        if self._waiting:
            self._hash()
        at = 32 * (index - self._starts[level])
        if at < 0:
            assert self._before is not None
            return self._before(level, index)
        value = bytes(self._levels[level][at : at + 32])
        assert len(value) == 32, f"node {index} of level {level} is not complete at {self.size} leaves"
        return value

    def nodes(self, level: int, start: int, stop: int) -> bytes:
        """The hashes of complete nodes start to stop of a level, end to end."""
        assert 0 <= start < stop <= self.size >> level, f"level {level} of {self.size} leaves lacks {start} to {stop}"
        if self._waiting:
            self._hash()
        first = self._starts[level]
        if start < first:
            return b"".join([self.read(level, index) for index in range(start, stop)])
        return bytes(memoryview(self._levels[level])[32 * (start - first) : 32 * (stop - first)])

    def cut(self, size: int) -> None:
        """Take away the leaves from `size` on; not those that lay elsewhere from the beginning."""
        assert size <= self.size, f"{self.size} leaves cannot be cut to {size}"
        if self._waiting:
            self._hash()
        for level, nodes in enumerate(self._levels):
            kept = (size >> level) - self._starts[level]
            assert kept >= 0, f"leaves below {size} lie elsewhere"
            del nodes[32 * kept :]
        self.size = size

    def root(self, size: int | None = None) -> bytes:
        """Root over the first `size` leaves; over all of them by default."""
        return root(self._within(size), self.read)

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """Path of leaf `index` to the root over `size` leaves; see `inclusion`."""
        return inclusion(index, self._within(size), self.read)

    def consistency(self, old: int, new: int | None = None) -> list[bytes]:
        """Path from the root over `old` leaves to that over `new`; see `consistency`."""
        return consistency(old, self._within(new), self.read)

    def _within(self, size: int | None) -> int:
        size = self.size if size is None else size
        assert size <= self.size, f"the tree has {self.size} leaves, not {size}"
        return size


def _split(count: int) -> int:
    """The largest power of two below count; count > 1."""
    return 1 << ((count - 1).bit_length() - 1)


def _check_widths(*hashes: bytes) -> None:
    for value in hashes:
        if len(value) != 32:
            raise BadProof(f"a hash has 32 bytes, one here has {len(value)}")


def _check_trivial(old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """From nothing, or from a tree to itself: the path is empty."""
    if path:
        raise BadProof(f"the path from {old} to {new} leaves is empty, this one has {len(path)} hashes")
    if old == new and old_root != new_root:
        raise BadProof(f"one size, {old} leaves, and two roots: {old_root.hex()} and {new_root.hex()}")
    if old == 0 and old_root != EMPTY:
        raise BadProof(f"the root of no leaves is {EMPTY.hex()}, it was {old_root.hex()}")
