"""Training: the same file from the same input, and plain words for what cannot be trained on."""

from typing import Any

import numpy as np
import pytest

from tests.models.test_lightgbm_forest import NAMES, SCALES, world
from waglan.models.model import Card
from waglan.models.training import train
from waglan.schema.units import NULL, BadValue

SMALL: dict[str, int | float | str | bool] = {"rounds": 10, "bagging_fraction": 0.7, "bagging_freq": 1}


@pytest.mark.parametrize("kind", ["lightgbm", "logistic"])
def test_the_same_input_gives_the_same_bytes(kind: str) -> None:
    rows, target = world()
    parameters = SMALL if kind == "lightgbm" else {}
    made = [
        train(rows, target, NAMES, SCALES, kind=kind, categorical=[3], parameters=parameters, seed=5) for _ in range(2)
    ]
    assert made[0].data == made[1].data


def test_the_seed_is_on_the_card_and_the_machines_threads_are_not() -> None:
    rows, target = world()
    card = Card(owner="risk", purpose="test", from_ns=1, to_ns=2, data_digest="00")
    model = train(rows, target, NAMES, SCALES, categorical=[3], parameters=SMALL, seed=5, card=card)
    other = train(rows, target, NAMES, SCALES, categorical=[3], parameters=SMALL, seed=6, card=card)
    assert model.data != other.data
    assert (model.card.seed, model.card.rows, model.card.positives) == (5, len(rows), int(target.sum()))
    assert "threads" not in model.card.parameters
    assert model.card.parameters["rounds"] == 10
    assert model.card.library.startswith("lightgbm ")
    assert (model.card.owner, model.card.from_ns, model.card.to_ns) == ("risk", 1, 2)


def test_two_threads_give_the_same_trees() -> None:
    rows, target = world()
    one, two = (train(rows, target, NAMES, SCALES, parameters=SMALL | {"threads": n}) for n in (1, 2))
    assert one.file.trees == two.file.trees


def test_weights_count() -> None:
    rows, target = world()
    heavy = train(rows, target, NAMES, SCALES, parameters=SMALL, weights=np.where(target == 1, 10.0, 1.0))
    plain = train(rows, target, NAMES, SCALES, parameters=SMALL)
    assert heavy.score(rows).mean() > plain.score(rows).mean() + 1_000_000


def call(**changes: Any) -> dict[str, Any]:
    rows, target = world()
    return {"rows": rows, "target": target, "names": NAMES, "scales": SCALES, "parameters": SMALL} | changes


ROWS, TARGET = world()
FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "no rows": (call(rows=ROWS[:0], target=TARGET[:0]), "no rows"),
    "one class": (call(target=np.zeros(len(ROWS), np.int8)), "one class only: all 3000 rows are 0"),
    "NaN": (call(target=np.where(np.arange(3000) == 7, np.nan, TARGET)), "row 7 has nan"),
    "another number": (call(target=np.where(np.arange(3000) == 8, 2, TARGET)), "row 8 has 2"),
    "too few targets": (call(target=TARGET[:5]), "had 5"),
    "floats": (call(rows=ROWS.astype(np.float64)), "int64"),
    "names": (call(names=NAMES[:3]), r"int64 \(n, 3\)"),
    "unknown parameter": (call(parameters={"num_leafs": 3}), "did you mean 'num_leaves'"),
    "strange parameter": (call(parameters={"zzz": 3}), "known: bagging_fraction"),
    "type of parameter": (call(parameters={"num_leaves": "many"}), "must be int, was 'many'"),
    "value of parameter": (call(parameters={"num_leaves": 1}), "LightGBM: "),
    "kind": (call(kind="forest"), "'forest'"),
    "category scale": (call(categorical=[1]), "'money' holds categories"),
    "negative category": (call(rows=np.where(ROWS == 3, -3, ROWS), categorical=[3]), "'kind' holds categories"),
    "weights": (call(weights=np.array([1.0])), "weights"),
    "negative weights": (call(weights=np.full(3000, -1.0)), "weights"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_cannot_be_trained_on_is_named(name: str) -> None:
    arguments, message = FAULTS[name]
    with pytest.raises(BadValue, match=message):
        train(**arguments)


def test_nulls_are_seen_as_missing() -> None:
    rows, target = world()
    rows = rows.copy()
    rows[:, 1] = np.where(target == 1, NULL, rows[:, 1])
    rows[rows[:, 1] == NULL, 1] = NULL
    model = train(rows, target, NAMES, SCALES, parameters=SMALL)
    scores = model.score(rows)
    assert scores[target == 1].min() > scores[(target == 0) & (rows[:, 1] != NULL)].max()
