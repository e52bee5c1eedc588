"""Random forests of every kind of node, and rows that stand on their edges; no library is asked."""

import numpy as np
from numpy.typing import NDArray

from waglan.models.calibration import logistic
from waglan.models.forest import CATEGORY, COMPARE, ZERO_NULL, Forest, Tree, lay
from waglan.models.model import Model, ModelFile, Term
from waglan.schema.units import NULL

Ints = NDArray[np.int64]


def random_tree(random: np.random.Generator, leaves: int, features: int) -> Tree:
    """Split a random leaf until there are enough."""
    tree = Tree()
    open_leaves: list[tuple[int, bool]] = [(-1, False)]
    for node in range(leaves - 1):
        parent, right = open_leaves.pop(int(random.integers(len(open_leaves))))
        if parent >= 0:
            (tree.right if right else tree.left)[parent] = node
        kind = int(random.choice([COMPARE, ZERO_NULL, CATEGORY], p=[0.6, 0.2, 0.2]))
        if kind == CATEGORY:
            tree.sets[node] = sorted({int(c) for c in random.integers(0, 80, 4)})
        tree.add_node(int(random.integers(features)), kind, float(random.integers(-20, 20)), int(random.integers(2)))
        open_leaves += [(node, False), (node, True)]
    for leaf, (parent, right) in enumerate(open_leaves):
        if parent >= 0:
            (tree.right if right else tree.left)[parent] = -1 - leaf
        tree.add_leaf(float(random.normal()), int(random.integers(1, 100)))
    return tree


def random_forest(seed: int, trees: int = 5, most: int = 40, features: int = 4) -> Forest:
    random = np.random.default_rng(seed)
    return lay([random_tree(random, int(random.integers(1, most + 1)), features) for _ in range(trees)], [1] * features)


def random_rows(seed: int, n: int, features: int = 4) -> Ints:
    random = np.random.default_rng(seed)
    rows = random.integers(-25, 90, (n, features))
    rows[random.random(rows.shape) < 0.1] = NULL
    rows[random.random(rows.shape) < 0.1] = 0
    rows[random.random(rows.shape) < 0.02] = -NULL - 1
    rows[random.random(rows.shape) < 0.02] = NULL + 1
    return rows


def random_model(seed: int, base_nano: int = 0, trees: int = 5, most: int = 40, features: int = 4) -> Model:
    names = [f"f{i}" for i in range(features)]
    return Model.make(
        ModelFile(
            kind="trees", features=names, scales=[1] * features, terms=[Term(name=n, columns=[n]) for n in names],
            base_nano=base_nano, trees=random_forest(seed, trees, most, features), calibration=logistic(),
        )
    )  # fmt: skip
