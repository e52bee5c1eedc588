"""XGBoost and scikit-learn beside ours; what treelite misreads is refused."""

from typing import Any

import numpy as np
import pytest
import treelite
import xgboost
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree import DecisionTreeClassifier

from tests.models.test_lightgbm_forest import NAMES, SCALES, boosted, world
from waglan.models.agreement import check_agreement, seen, trial_rows
from waglan.models.calibration import logistic
from waglan.models.forest import greatest
from waglan.models.model import Card
from waglan.models.training import assemble, from_library
from waglan.models.treelite_forest import flatten_treelite
from waglan.schema.units import NULL, BadValue


def xgb(**parameters: Any) -> xgboost.Booster:
    rows, target = world()
    settings = {"objective": "binary:logistic", "nthread": 1, "max_depth": 5, "seed": 1} | parameters
    return xgboost.train(settings, xgboost.DMatrix(seen(rows, SCALES), target), 25)


@pytest.mark.parametrize(
    "parameters", [{}, {"tree_method": "exact"}, {"booster": "dart"}, {"grow_policy": "lossguide"}]
)
def test_xgboost(parameters: dict[str, Any]) -> None:
    booster = xgb(**parameters)
    model = from_library(booster, NAMES, SCALES)
    rows = world()[0][:500]
    theirs = booster.predict(xgboost.DMatrix(seen(rows, SCALES)), output_margin=True)
    assert np.abs(model.score(rows) / 1e6 - theirs).max() < 5e-6  # theirs is a sum in float32
    parts = booster.predict(xgboost.DMatrix(seen(rows, SCALES)), pred_contribs=True)
    assert np.abs(model.parts(rows) / 1e6 - parts).max() < 2e-4


@pytest.mark.parametrize(
    "estimator",
    [
        RandomForestClassifier(10, max_depth=6, random_state=1),
        RandomForestClassifier(10, random_state=1),
        ExtraTreesClassifier(10, max_depth=5, random_state=1),
        RandomForestRegressor(5, max_depth=5, random_state=1),
        GradientBoostingClassifier(n_estimators=20, random_state=1),
        HistGradientBoostingClassifier(max_iter=20, random_state=1),
        DecisionTreeClassifier(max_depth=6, random_state=1),
    ],
    ids=lambda e: type(e).__name__,
)
def test_scikit_learn(estimator: Any) -> None:
    rows, target = world()
    if isinstance(estimator, GradientBoostingClassifier):  # it takes no NaN
        rows = np.where(rows == NULL, -1, rows)
    estimator.fit(seen(rows, SCALES), target)
    model = from_library(estimator, NAMES, SCALES)
    assert ("takes no nulls" in model.card.note) == isinstance(estimator, GradientBoostingClassifier)
    if hasattr(estimator, "decision_function"):
        theirs = estimator.decision_function(seen(rows, SCALES))
    elif hasattr(estimator, "predict_proba"):
        theirs = estimator.predict_proba(seen(rows, SCALES))[:, 1]
    else:
        theirs = estimator.predict(seen(rows, SCALES))
    assert np.abs(model.score(rows) / 1e6 - theirs).max() <= 1e-6
    assert (model.parts(rows[:100]).sum(axis=1) == model.score(rows[:100])).all()


@pytest.mark.parametrize(
    "parameters",
    [{"zero_as_missing": True}, {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6}],
    ids=["zero_as_missing", "rf"],
)
def test_what_treelite_misreads_is_refused(parameters: dict[str, Any]) -> None:
    booster = boosted([], **parameters)
    forest, base = flatten_treelite(treelite.frontend.from_lightgbm(booster), SCALES, single=False)
    model = assemble(forest, base, NAMES, SCALES, [], logistic(), Card())
    with pytest.raises(BadValue, match="trial rows score otherwise"):
        check_agreement(
            trial_rows(forest, 5), SCALES, model.score, lambda x: booster.predict(x, raw_score=True), 0.0, "treelite"
        )


def test_unknown_libraries_are_named() -> None:
    with pytest.raises(BadValue, match="a dict of builtins"):
        from_library({}, ["f"], [1])


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("scale", [1, 3, 100, 1_000_000, 10**9])
def test_a_threshold_is_the_last_value_on_the_left(single: bool, strict: bool, scale: int) -> None:
    random = np.random.default_rng(scale)
    limits = np.concatenate(
        [
            random.normal(size=200) * 10.0 ** random.integers(-6, 12, 200),
            [0.0, -0.0, 1e300, -1e300, np.inf, -np.inf, 0.1],
        ]
    )

    def left(v: int, limit: float) -> bool:
        x = float(v) / float(scale)
        x = float(np.float32(x)) if single else x
        return x < limit if strict else x <= limit

    for limit, v in zip(
        limits.tolist(), greatest(limits, np.full(len(limits), float(scale)), single, strict), strict=True
    ):
        assert v == NULL or left(v, limit)
        assert v == -NULL - 1 or not left(v + 1, limit)
