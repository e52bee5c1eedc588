"""A forest laid flat: whole numbers in lists, one form for every library's trees.

A tree's nodes are numbered in preorder and its leaves from left to right; a child is a node of the same tree or, below
zero, leaf -1 - child. So a child's number is above its parent's, each is met once, and a stranger's file cannot send
the scorer round in a circle. A threshold is the greatest whole value that goes left: it was found from the library's
own comparison of floats, so that comparing integers decides the same. A leaf is whole billionths, which are what is
scored, and the rest in picounits, which only the parts see.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from waglan.schema.units import NULL, BadValue, half_even

Floats = NDArray[np.float64]

COMPARE: Final = 0
"""Left if value <= threshold; a null as `null_left` says."""
ZERO_NULL: Final = 1
"""As COMPARE, with zero treated as null."""
CATEGORY: Final = 2
"""Left if the value is in set number `threshold`; any other value goes right, a null as `null_left` says."""

MARGIN_MAX: Final = 1 << 53
"""Exclusive bound, in billionths, on what all trees together can give: floats hold it exactly, and in picounits int64
does."""
CATEGORY_MAX: Final = 1 << 16


class Forest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Trees one after another. `nodes` counts each tree's nodes; a tree has one leaf more."""

    nodes: list[int]
    feature: list[int]
    kind: list[int]
    threshold: list[int]
    null_left: list[int]
    left: list[int]
    right: list[int]
    sets: list[list[int]]
    leaf_nano: list[int]
    leaf_rest_pico: list[int]
    cover: list[int]
    """Weight of training rows in each leaf."""


@dataclass(slots=True)
class Tree:
    """One tree as a library tells it, in any order of nodes; children as in Forest, root 0, leaves as floats."""

    feature: list[int] = field(default_factory=list)
    kind: list[int] = field(default_factory=list)
    limit: list[float] = field(default_factory=list)
    """What the library compares with; 0 for a category node."""
    null_left: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    right: list[int] = field(default_factory=list)
    leaf: list[float] = field(default_factory=list)
    cover: list[int] = field(default_factory=list)
    sets: dict[int, list[int]] = field(default_factory=dict)
    """Categories that go left, by node."""

    def add_node(self, feature: int, kind: int, limit: float, null_left: int, left: int = 0, right: int = 0) -> int:
        """The number of a new node; children that are not known yet are set later."""
        self.feature.append(feature)
        self.kind.append(kind)
        self.limit.append(limit)
        self.null_left.append(null_left)
        self.left.append(left)
        self.right.append(right)
        return len(self.feature) - 1

    def add_leaf(self, value: float, cover: int) -> int:
        """A new leaf, as its parent names it: below zero."""
        self.leaf.append(value)
        self.cover.append(cover)
        return -len(self.leaf)


def pico(value: float) -> tuple[int, int]:
    """A leaf in billionths, half to even, and the rest in picounits."""
    if not abs(value) < 2**53 / 1e9:
        raise BadValue(f"a leaf must lie within +-9.0e6, was {value!r}")
    numerator, denominator = value.as_integer_ratio()
    nano = half_even(numerator * 10**9, denominator)
    return nano, half_even(numerator * 10**12, denominator) - 1000 * nano


def greatest(limits: Floats, scales: Floats, single: bool = False, strict: bool = False) -> list[int]:
    """For each limit the greatest whole v whose float, float64(v) / scale, is at most the limit (below it if strict).

    single: the library rounds its input to float32 first. If no v is, the answer is NULL, which no value is. Both
    roundings rise with v, so that halving finds the edge exactly; v runs over all int64 but NULL.
    """
    low = np.full(len(limits), NULL, np.int64)
    high = np.full(len(limits), -NULL - 1, np.int64)
    while bool((low < high).any()):
        middle = high - ((high.astype(np.uint64) - low.astype(np.uint64)) >> np.uint64(1)).astype(np.int64)
        seen = middle.astype(np.float64) / scales
        seen = seen.astype(np.float32).astype(np.float64) if single else seen
        holds = seen < limits if strict else seen <= limits
        low = np.where(holds, middle, low)
        high = np.where(holds, high, middle - 1)
    return [int(v) for v in low]


def lay(trees: Sequence[Tree], scales: Sequence[int], single: bool = False, strict: bool = False) -> Forest:
    """Trees in preorder, leaves from left to right, quantised; single, strict: as `greatest`.

    A tree that is one leaf stays as it is.
    """
    limits = np.array([limit for tree in trees for limit in tree.limit], np.float64)
    at = np.array([scales[feature] for tree in trees for feature in tree.feature], np.float64)
    whole = greatest(limits, at, single, strict)
    first = 0
    columns: list[list[int]] = [[] for _ in range(10)]
    nodes, feature, kind, threshold, null_left, left, right, leaf, rest, cover = columns
    sets: list[list[int]] = []
    for tree in trees:
        start, leaves = len(feature), 0
        stack = [(0, -1, False)] if tree.feature else [(-1, -1, False)]
        while stack:
            node, parent, is_right = stack.pop()
            name = len(feature) - start if node >= 0 else -1 - leaves
            if parent >= 0:
                (right if is_right else left)[parent] = name
            if node < 0:
                nano, part = pico(tree.leaf[-1 - node])
                leaf.append(nano)
                rest.append(part)
                cover.append(tree.cover[-1 - node])
                leaves += 1
                continue
            cut = whole[first + node]
            if tree.kind[node] == CATEGORY:
                cut = len(sets)
                sets.append(sorted(tree.sets[node]))
            for column, value in ((feature, tree.feature[node]), (kind, tree.kind[node]), (threshold, cut)):
                column.append(value)
            null_left.append(tree.null_left[node])
            left.append(0)
            right.append(0)
            stack += [(tree.right[node], start + name, True), (tree.left[node], start + name, False)]
        nodes.append(len(feature) - start)
        first += len(tree.limit)
    return Forest(
        nodes=nodes, feature=feature, kind=kind, threshold=threshold, null_left=null_left, left=left, right=right,
        sets=sets, leaf_nano=leaf, leaf_rest_pico=rest, cover=cover,
    )  # fmt: skip


def _within(name: str, values: list[int], low: int, high: int) -> None:
    """Every value in low..high, or BadValue with the first that is not."""
    for i, value in enumerate(values):
        if not low <= value <= high:
            raise BadValue(f"model: {name}[{i}] must lie in {low}..{high}, was {value}")


def _shaped(forest: Forest) -> None:
    total = sum(forest.nodes)
    for name in ("feature", "kind", "threshold", "null_left", "left", "right"):
        size = len(getattr(forest, name))
        if size != total:
            raise BadValue(f"model: {name} must have {total} entries, one for each node, had {size}")
    for name in ("leaf_nano", "leaf_rest_pico", "cover"):
        size = len(getattr(forest, name))
        if size != total + len(forest.nodes):
            raise BadValue(
                f"model: {name} must have {total + len(forest.nodes)} entries, one for each leaf, had {size}"
            )


def _preorder(t: int, left: list[int], right: list[int]) -> None:
    """Walk one tree and see that nodes come in preorder and leaves from left to right, each once."""
    node, leaf, stack = 0, -1, [0]
    while stack:
        child = stack.pop()
        if child != (node if child >= 0 else leaf) or child >= len(left):
            raise BadValue(f"model: tree {t}: child {child} where node {node} or leaf {leaf} comes next")
        if child < 0:
            leaf -= 1
        else:
            stack += [right[child], left[child]]
            node += 1
    if node != len(left):
        raise BadValue(f"model: tree {t}: {len(left) - node} nodes are never reached")


def check_forest(forest: Forest, features: int) -> None:
    """Refuse, with the place and the value, a forest that the kernels could not run."""
    _within("nodes", forest.nodes, 0, 1 << 24)
    _shaped(forest)
    _within("feature", forest.feature, 0, features - 1)
    _within("kind", forest.kind, COMPARE, CATEGORY)
    _within("threshold", forest.threshold, NULL, -NULL - 1)
    _within("null_left", forest.null_left, 0, 1)
    _within("leaf_nano", forest.leaf_nano, -MARGIN_MAX, MARGIN_MAX)
    _within("leaf_rest_pico", forest.leaf_rest_pico, -500, 500)
    _within("cover", forest.cover, 0, 1 << 53)
    for i, categories in enumerate(forest.sets):
        _within(f"sets[{i}]", categories, 0, CATEGORY_MAX - 1)
    for i, (kind, threshold) in enumerate(zip(forest.kind, forest.threshold, strict=True)):
        if kind == CATEGORY and not 0 <= threshold < len(forest.sets):
            raise BadValue(f"model: threshold[{i}] names set {threshold} of {len(forest.sets)}")
    start, leaf, most = 0, 0, 0
    for t, size in enumerate(forest.nodes):
        if size:
            _preorder(t, forest.left[start : start + size], forest.right[start : start + size])
        if sum(forest.cover[leaf : leaf + size + 1]) <= 0:
            raise BadValue(f"model: tree {t}: its cover must be above 0")
        most += max(abs(value) for value in forest.leaf_nano[leaf : leaf + size + 1])
        start, leaf = start + size, leaf + size + 1
    if most >= MARGIN_MAX:
        raise BadValue(f"model: the trees' greatest leaves sum to {most} billionths; they must stay below {MARGIN_MAX}")
