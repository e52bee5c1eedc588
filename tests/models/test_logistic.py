"""The linear model beside scikit-learn's own arithmetic and beside plain Python."""

import json

import numpy as np
import pytest

from tests.models.test_lightgbm_forest import NAMES, SCALES, world
from waglan.models import plain
from waglan.models.logistic import LinearTerm, most
from waglan.models.model import Model
from waglan.models.training import train
from waglan.schema.units import MICRO, NULL, BadValue


def trained(**parameters: float | bool) -> Model:
    rows, target = world()
    return train(rows, target, NAMES, SCALES, kind="logistic", categorical=[3], parameters=dict(parameters))


def test_whole_numbers_give_the_fitted_probabilities() -> None:
    rows, target = world()
    model = trained()
    p = model.probabilities(model.score(rows)) / MICRO
    assert abs(float(p.mean()) - float(target.mean())) < 1e-4  # a logistic fit with intercept meets the mean exactly
    order = np.argsort(p)
    assert target[order[-300:]].mean() > 3 * target[order[:300]].mean()


def test_plain_python_gives_the_same() -> None:
    model, random = trained(), np.random.default_rng(3)
    rows = np.concatenate([world()[0][:500], random.integers(-(2**62), 2**62, (200, 5)), np.full((1, 5), NULL)])
    rows[500:, 3] = random.integers(-3, 90, 201)
    file = json.loads(model.data)
    assert [plain.score(file, row) for row in rows.tolist()] == model.score(rows).tolist()
    assert [model.score_one(row) for row in rows] == model.score(rows).tolist()


def test_parts_are_the_contributions() -> None:
    model, rows = trained(), world()[0][:200]
    parts = model.parts(rows)
    file = json.loads(model.data)
    assert (parts.sum(axis=1) == model.score(rows)).all()
    for row, got in zip(rows.tolist(), parts.tolist(), strict=True):
        exact = [*plain.linear(file["linear"], row), file["base_nano"]]
        assert all(abs(1000 * part - nano) < 1000 for part, nano in zip(got, exact, strict=True))
    assert [model.parts_one(row) for row in rows[:5]] == parts[:5].tolist()


def test_the_mean_row_has_no_parts() -> None:
    model = trained()
    assert model.file.linear is not None
    row = np.array([[t.mean if t.kind == "number" else 0 for t in model.file.linear.terms]])
    assert model.parts(row)[0, [0, 1, 2, 4]].tolist() == [0, 0, 0, 0]


def test_a_fit_that_stopped_early_says_so() -> None:
    assert "before it converged" in trained(max_iter=1).card.note


def test_a_column_of_nulls_and_a_constant_are_harmless() -> None:
    rows, target = world()
    rows = rows.copy()
    rows[:, 0], rows[:, 1] = NULL, 5
    model = train(rows, target, NAMES, SCALES, kind="logistic", categorical=[3])
    assert model.file.linear is not None
    assert most(model.file.linear.terms[1]) < 10**9


@pytest.mark.parametrize(
    ("term", "message"),
    [
        ({"shift": 61}, "shift"),
        ({"low": 5, "high": 1}, "low <= mean <= high"),
        ({"weight": 2**61, "low": -9, "high": 9}, "leaves an int64"),
        ({"null_nano": 2**53}, "together can reach"),
        ({"kind": "spline"}, "spline"),
    ],
)
def test_terms_that_could_overflow_are_refused(term: dict[str, object], message: str) -> None:
    tree = json.loads(trained().data)
    tree["linear"]["terms"][1] = {"kind": "number"} | term
    with pytest.raises(BadValue, match=message):
        Model.read(json.dumps(tree).encode())


def test_rounding_is_half_to_even_on_both_sides() -> None:
    term = LinearTerm(kind="number", low=-9, high=9, mean=0, weight=1, shift=1)
    tree = json.loads(trained().data)
    tree["linear"]["terms"] = [json.loads(__import__("msgspec").json.encode(term))] * 5
    model = Model.read(json.dumps(tree).encode())
    rows = np.arange(-9, 10, dtype=np.int64)[:, None] + np.zeros((1, 5), np.int64)
    assert [plain.score(tree, row) for row in rows.tolist()] == model.score(rows).tolist()
