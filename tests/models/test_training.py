"""Training: the same file from the same input, and plain words for what cannot be trained on."""

from typing import Any

import numpy as np
import pytest

from tests.models.test_lightgbm_forest import NAMES, SCALES, world
from waglan.models.forest import Forest
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
    "blank": (call(parameters={"objective": "binary lambda_l2=9"}), "no blanks in it, was 'binary lambda_l2=9'"),
    "groups cut off": (
        call(parameters={"interaction_constraints": "[0,1"}),
        r"reads like '\[0,1\],\[2,3\]', was '\[0,1'",
    ),
    "groups of others": (call(parameters={"interaction_constraints": "[0,5]"}), "groups features 0 to 4"),
    "an empty group": (call(parameters={"interaction_constraints": "[0,1],[]"}), "groups features 0 to 4"),
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


@pytest.mark.parametrize("told", ["[0,1],[2,3]", "[0, 1], [2, 3]", " [ [0, 1], [2, 3] ]"])
def test_features_meet_in_a_tree_only_within_their_group(told: str) -> None:
    rows, target = world()
    parameters = SMALL | {"interaction_constraints": told}
    bound, free = (train(rows, target, NAMES, SCALES, parameters=p).file.trees for p in (parameters, SMALL))
    groups = ({0, 1}, {2, 3})
    assert bound is not None
    assert free is not None
    assert all(any(met <= group for group in groups) for met in met_on_paths(bound))
    assert not all(any(met <= group for group in groups) for met in met_on_paths(free))


def met_on_paths(forest: Forest) -> list[set[int]]:
    """For each path from a root to a node, the features asked on it."""
    found, start = [], 0
    for size in forest.nodes:
        above: list[set[int]] = [set() for _ in range(size)]
        for node in range(size):  # parents before children
            i = start + node
            met = above[node] | {forest.feature[i]}
            found.append(met)
            for child in (forest.left[i], forest.right[i]):
                if child >= 0:
                    above[child] = met
        start += size
    return found


def test_rising_and_falling_may_be_told_with_blanks() -> None:
    rows, target = world()
    packed, spaced = (
        train(rows, target, NAMES, SCALES, parameters=SMALL | {"monotone_constraints": told}).file.trees
        for told in ("1,0,-1,0,0", "1, 0, -1, 0, 0")
    )
    assert packed == spaced != train(rows, target, NAMES, SCALES, parameters=SMALL).file.trees


def test_nulls_are_seen_as_missing() -> None:
    rows, target = world()
    rows = rows.copy()
    rows[:, 1] = np.where(target == 1, NULL, rows[:, 1])
    rows[rows[:, 1] == NULL, 1] = NULL
    model = train(rows, target, NAMES, SCALES, parameters=SMALL)
    scores = model.score(rows)
    assert scores[target == 1].min() > scores[(target == 0) & (rows[:, 1] != NULL)].max()
