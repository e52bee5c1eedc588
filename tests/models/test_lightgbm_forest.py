"""LightGBM's own answers beside ours, on rows made of what its trees ask about."""

import json
import subprocess
import sys
from functools import cache
from typing import Any

import lightgbm
import numpy as np
import pytest
from numpy.typing import NDArray

from waglan.models import plain
from waglan.models.agreement import seen, trial_rows
from waglan.models.training import from_library
from waglan.schema.units import NULL, BadValue

SCALES = [1, 100, 1_000_000, 1, 7]
NAMES = ["count", "money", "ratio", "kind", "odd"]


@cache
def world(n: int = 3000) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    random = np.random.default_rng(1)
    rows = np.column_stack(
        [
            random.poisson(1.5, n), random.integers(-5_000, 50_000, n), random.integers(0, 1_000_001, n),
            random.integers(0, 70, n), random.integers(-9, 9, n),
        ]
    )  # fmt: skip
    rows[random.random(n) < 0.3, 0] = 0
    for f in (0, 1, 2, 4):
        rows[random.random(n) < 0.1, f] = NULL
    x = np.nan_to_num(seen(rows, SCALES))
    z = x[:, 0] + x[:, 1] / 200 + 2 * x[:, 2] * (x[:, 3] % 3 == 1) + (rows[:, 4] == NULL) + random.normal(0, 1, n)
    return rows, (z > 2.2).astype(np.int8)


def boosted(categorical: list[int], **parameters: Any) -> Any:
    rows, target = world()
    settings = {
        "objective": "binary",
        "verbosity": -1,
        "num_threads": 1,
        "seed": 3,
        "min_data_per_group": 5,
    } | parameters
    data = lightgbm.Dataset(seen(rows, SCALES), target, categorical_feature=categorical, params=settings)
    return lightgbm.train(settings, data, 30)


CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "zero_as_missing": {"zero_as_missing": True},
    "no_missing": {"use_missing": False},
    "random_forest": {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6},
    "dart": {"boosting": "dart"},
    "extra_trees": {"extra_trees": True, "num_leaves": 90},
    "stumps": {"num_leaves": 2},
    "link": {"sigmoid": 2.0},
    "regression": {"objective": "regression"},
}


@pytest.mark.parametrize("categorical", [[], [3]], ids=["numeric", "categorical"])
@pytest.mark.parametrize("case", CASES)
def test_scores_are_the_librarys_within_a_millionth(case: str, categorical: list[int]) -> None:
    booster = boosted(categorical, **CASES[case])
    model = from_library(booster, NAMES, SCALES, categorical=categorical)
    assert model.file.trees is not None
    rows = np.concatenate([trial_rows(model.file.trees, 5, seed=5), world()[0][:500]])
    share = booster.num_trees() if case == "random_forest" else 1  # its raw_score is the sum, its answer the mean
    theirs = booster.predict(seen(rows, SCALES), raw_score=True) / share
    assert np.abs(model.score(rows) / 1e6 - theirs).max() <= 1e-6
    parts = booster.predict(seen(rows[:200], SCALES), pred_contrib=True) / share
    assert np.abs(model.shapley(rows[:200]) - parts).max() <= 1e-9
    file = json.loads(model.data)
    assert [plain.score(file, row) for row in rows[:300].tolist()] == model.score(rows[:300]).tolist()


@pytest.mark.parametrize("case", ["link", "random_forest"])
def test_probability_is_the_librarys(case: str) -> None:
    booster = boosted([3], **CASES[case])
    model = from_library(booster, NAMES, SCALES, categorical=[3])
    rows = world()[0][:300]
    theirs = booster.predict(seen(rows, SCALES))
    assert np.abs(model.probabilities(model.score(rows)) / 1e6 - theirs).max() < 3e-6


def test_a_target_that_nothing_explains_gives_one_leaf() -> None:
    data = lightgbm.Dataset(np.ones((100, 1)), np.arange(100) % 2, params={"verbosity": -1})
    booster = lightgbm.train({"objective": "binary", "verbosity": -1, "num_threads": 1}, data, 3)
    model = from_library(booster, ["f"], [1])
    assert model.score(np.array([[5], [NULL]])).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"objective": "multiclass", "num_class": 3}, "only models of one output"),
        ({"linear_tree": True, "objective": "regression"}, "linear_tree"),
    ],
)
def test_what_is_not_flat_is_refused(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(BadValue, match=message):
        from_library(boosted([], **parameters), NAMES, SCALES)


def test_scales_must_fit() -> None:
    with pytest.raises(BadValue, match="has 5 features, 4 scales"):
        from_library(boosted([]), NAMES[:4], SCALES[:4])


def test_a_missing_system_library_is_one_line() -> None:
    code = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name == "lightgbm":
            raise OSError("libgomp.so.1: cannot open shared object file: No such file or directory")
sys.meta_path.insert(0, Missing())
from waglan.models.lightgbm_forest import library
from waglan.schema.units import BadValue
try:
    library()
except BadValue as error:
    print(error)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "LightGBM needs the system library libgomp: apt-get install libgomp1\n"
