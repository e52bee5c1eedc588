"""Kernels of the trees against a walk in plain Python, on every kind of node and on the edges of int64."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.models.forests import random_forest, random_model, random_rows
from waglan.kernels import trees
from waglan.models import plain
from waglan.models.tables import cuts, mask_tables, masks_size, walk_tables
from waglan.schema.units import NULL, half_even


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("most", [1, 2, 32, 33, 100])
def test_masks_walk_and_plain_python_agree(seed: int, most: int) -> None:
    model, rows = random_model(seed, base_nano=seed * 12_345_678, most=most), random_rows(seed, 300)
    file = json.loads(model.data)
    wanted = [plain.score(file, row) for row in rows.tolist()]
    tables = walk_tables(random_forest(seed, most=most))
    walked = np.empty(len(rows), np.int64)
    trees.walk(
        rows, model.file.base_nano, tables.first, tables.nodes, tables.sets, tables.set_at, tables.leaf_nano, walked
    )
    assert walked.tolist() == wanted
    assert model.score(rows).tolist() == wanted
    assert [model.score_one(row) for row in rows] == wanted


@given(st.integers(-(2**60), 2**60))
def test_millionths_round_half_to_even(nano: int) -> None:
    assert trees.to_micro(nano) == half_even(nano, 1000)


@pytest.mark.parametrize("nano", [500, 1500, -500, -1500, 2500, 0, 501, 499, -501, -499])
def test_halves(nano: int) -> None:
    assert trees.to_micro(nano) == half_even(nano, 1000)


@given(st.sets(st.integers(NULL + 1, -NULL - 2), max_size=70), st.lists(st.integers(NULL + 1, -NULL - 1), max_size=20))
def test_place_counts_the_cuts_below(points: set[int], values: list[int]) -> None:
    from waglan.models.tables import _padded

    edges = np.array(sorted(points), np.int64)
    fine = _padded(edges)
    coarse = _padded(fine[trees.STEP - 1 : -1 : trees.STEP])
    for value in [*values, *sorted(points)[:5]]:
        assert trees.place(value, 0, len(coarse), 0, coarse, fine) == sum(p < value for p in points)


def test_a_mask_has_one_line_for_each_answer() -> None:
    forest = random_forest(3)
    tables = mask_tables(forest, 4)
    assert tables.masks.nbytes <= masks_size(forest, 4)
    assert len(tables.masks) == sum(len(c) + 2 for c in cuts(forest, 4) if len(c))
