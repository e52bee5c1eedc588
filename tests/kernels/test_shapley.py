"""Shapley values against their definition in fractions, and apportioning against its promises."""

from fractions import Fraction
from itertools import combinations
from math import factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.models.forests import random_forest, random_model, random_rows
from waglan.kernels.shapley import apportion
from waglan.models.calibration import identity
from waglan.models.forest import COMPARE, Forest, Tree, lay
from waglan.models.model import Card, Model
from waglan.models.plain import goes_left
from waglan.models.tables import gauss, path_tables
from waglan.models.training import assemble


def expectation(forest: Forest, t: int, row: list[int], known: frozenset[int]) -> Fraction:
    """Mean of one tree's leaves where the features in `known` are the row's and the others follow the training rows."""
    start, leaf = sum(forest.nodes[:t]), sum(forest.nodes[:t]) + t
    tree = {name: getattr(forest, name) for name in forest.__struct_fields__}

    def cover(node: int) -> int:
        if node < 0:
            return forest.cover[leaf - 1 - node]
        return cover(forest.left[start + node]) + cover(forest.right[start + node])

    def value(node: int) -> Fraction:
        if node < 0:
            return Fraction(1000 * forest.leaf_nano[leaf - 1 - node] + forest.leaf_rest_pico[leaf - 1 - node], 10**12)
        i = start + node
        left, right = forest.left[i], forest.right[i]
        if forest.feature[i] in known:
            return value(left if goes_left(tree, i, row[forest.feature[i]]) else right)
        return (cover(left) * value(left) + cover(right) * value(right)) / cover(node)

    return value(0 if forest.nodes[t] else -1)


def naive(forest: Forest, row: list[int], features: int) -> list[Fraction]:
    """Shapley (1953): the mean gain over all orders in which features become known; last, the mean of all."""
    out = [Fraction(0)] * (features + 1)
    for t in range(len(forest.nodes)):
        value = {
            s: expectation(forest, t, row, s)
            for size in range(features + 1)
            for s in map(frozenset, combinations(range(features), size))
        }
        for i in range(features):
            for s in value:
                if i not in s:
                    weight = Fraction(factorial(len(s)) * factorial(features - len(s) - 1), factorial(features))
                    out[i] += weight * (value[s | {i}] - value[s])
        out[features] += value[frozenset()]
    return out


@pytest.mark.parametrize(
    ("seed", "most", "features"), [(0, 8, 3), (1, 16, 4), (2, 40, 4), (3, 2, 2), (4, 1, 2), (5, 12, 1)]
)
def test_values_are_those_of_the_definition(seed: int, most: int, features: int) -> None:
    forest, rows = random_forest(seed, 3, most, features), random_rows(seed, 4, features)
    found = random_model(seed, 0, 3, most, features).shapley(rows)
    for r, row in enumerate(rows.tolist()):
        wanted = [float(x) for x in naive(forest, row, features)]
        np.testing.assert_allclose(found[r], wanted, rtol=0, atol=1e-13)


def chain(features: int) -> Model:
    """One tree whose deepest leaf is reached through every feature."""
    random = np.random.default_rng(features)
    right = [*range(1, features), -1 - features]
    tree = Tree(
        list(range(features)), [COMPARE] * features, [0.0] * features, [0] * features, [-1 - i for i in
        range(features)], right, random.normal(size=features + 1).tolist(), random.integers(1, 50, features +
        1).tolist(), {},
    )  # fmt: skip
    names = [f"f{i}" for i in range(features)]
    return assemble(lay([tree], [1] * features), 0.0, names, [1] * features, [], identity(), Card())


@pytest.mark.parametrize(("features", "passes"), [(8, 1), (9, 2), (16, 2), (17, 3)])
def test_paths_of_many_features_take_several_passes(features: int, passes: int) -> None:
    """Each pass has four quadrature nodes, which are exact for eight features on a path."""
    model = chain(features)
    rows = np.random.default_rng(1).integers(-1, 2, (20, features))
    assert model.file.trees is not None
    assert path_tables(model.file.trees).passes[0, 0] == passes
    found = model.shapley(rows)
    np.testing.assert_allclose(found.sum(axis=1), model.score(rows) / 1e6, rtol=0, atol=6e-7)
    if features < 10:
        wanted = [[float(x) for x in naive(model.file.trees, row, features)] for row in rows[:2].tolist()]
        np.testing.assert_allclose(found[:2], wanted, rtol=0, atol=1e-13)


def test_one_row_and_a_batch_are_the_same_bits() -> None:
    model, rows = random_model(9, 0, 20, 31, 6), random_rows(9, 100, 6)
    whole = model.shapley(rows)
    for cut in (1, 7, 32, 33):
        pieces = np.concatenate([model.shapley(rows[i : i + cut]) for i in range(0, len(rows), cut)])
        assert pieces.tobytes() == whole.tobytes()


@pytest.mark.parametrize("q", [1, 2, 3, 4, 9, 32])
def test_quadrature_integrates_powers_exactly(q: int) -> None:
    nodes, weights = gauss(q)
    for power in range(2 * q):
        got = sum(w * x**power for x, w in zip(nodes, weights, strict=True))
        assert abs(got - 1 / (power + 1)) < 3e-16 * 4


@given(st.lists(st.integers(-(10**13), 10**13), min_size=1, max_size=12), st.integers(-3, 3))
def test_parts_sum_to_the_score_and_move_by_less_than_a_millionth(pico: list[int], off: int) -> None:
    score = sum(pico) // 10**6 + (off if len(pico) > 6 else 0)
    out = np.empty((1, len(pico)), np.int64)
    apportion(np.array([pico], np.int64), np.array([score], np.int64), out)
    assert out.sum() == score
    if off == 0 or len(pico) <= 6:
        assert all(abs(part * 10**6 - exact) < 10**6 for part, exact in zip(out[0].tolist(), pico, strict=True))


@pytest.mark.parametrize(
    ("pico", "score", "parts"),
    [
        ([500_000, 500_000], 1, [1, 0]),  # a tie goes to the lower index
        ([400_000, 600_000], 1, [0, 1]),
        ([-500_000, 1_500_000], 1, [0, 1]),
        ([-1_400_000, 400_000], -1, [-1, 0]),
        ([0, 0, 0], 4, [2, 1, 1]),  # more is missing than terms: evenly first
        ([900_000, 100_000], -1, [0, -1]),
    ],
)
def test_apportioning(pico: list[int], score: int, parts: list[int]) -> None:
    out = np.empty((1, len(pico)), np.int64)
    apportion(np.array([pico], np.int64), np.array([score], np.int64), out)
    assert out[0].tolist() == parts
