"""The model file: its bytes, its refusals, and scores that depend on nothing but the row."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.models.forests import random_model, random_rows
from waglan.models import plain
from waglan.models.model import Model
from waglan.models.tables import MASKS_MAX, masks_size
from waglan.schema.units import BadValue

MODEL = random_model(1, base_nano=123_456_789)


def test_a_file_reads_back_the_same(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_bytes(MODEL.data)
    again = Model.open(path)
    assert again.data == MODEL.data
    assert again.digest == hashlib.sha256(path.read_bytes()).digest()
    assert Model.make(again.file).data == MODEL.data
    assert again.terms == (("f0",), ("f1",), ("f2",), ("f3",))


@given(st.lists(st.integers(1, 60), min_size=1, max_size=6))
def test_scores_and_parts_do_not_depend_on_the_batch(cuts: list[int]) -> None:
    rows = random_rows(2, sum(cuts))
    edges = np.cumsum(cuts)[:-1]
    assert np.concatenate([MODEL.score(r) for r in np.split(rows, edges)]).tolist() == MODEL.score(rows).tolist()
    parts = np.concatenate([MODEL.parts(r) for r in np.split(rows, edges)])
    assert parts.tolist() == MODEL.parts(rows).tolist()
    assert parts[0].tolist() == MODEL.parts_one(rows[0])
    assert (parts.sum(axis=1) == MODEL.score(rows)).all()


def test_no_rows_have_no_scores() -> None:
    none = np.empty((0, 4), np.int64)
    assert MODEL.score(none).shape == (0,)
    assert MODEL.parts(none).shape == (0, 5)


@pytest.mark.parametrize("rows", [np.zeros((2, 3), np.int64), np.zeros((2, 4)), np.zeros(4, np.int64)])
def test_rows_of_another_shape_are_refused(rows: Any) -> None:
    with pytest.raises(BadValue, match="rows must be int64"):
        MODEL.score(rows)


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(BadValue, match="has 4 features, the row 3"):
        MODEL.score_one(np.zeros(3, np.int64))


def test_rows_in_another_order_of_memory_score_the_same() -> None:
    rows = random_rows(4, 50)
    assert MODEL.score(np.asfortranarray(rows)).tolist() == MODEL.score(rows).tolist()


def test_a_large_forest_is_walked() -> None:
    model, rows = random_model(5, 7, 40, 900, 3), random_rows(5, 40, 3)
    file = json.loads(model.data)
    wanted = [plain.score(file, row) for row in rows.tolist()]
    assert model.file.trees is not None
    forest = model.file.trees
    assert masks_size(forest, 3) < MASKS_MAX
    assert model.score(rows).tolist() == wanted
    walked = model._scorer
    walked.masks = None  # type: ignore[union-attr]
    assert model.score(rows).tolist() == wanted
    assert [model.score_one(r) for r in rows] == wanted


def change(**changes: Any) -> bytes:
    tree = json.loads(MODEL.data)
    for path, value in changes.items():
        place = tree
        *steps, last = path.split("__")
        for step in steps:
            place = place[step]
        if isinstance(value, tuple):
            place[last][value[0]] = value[1]
        else:
            place[last] = value
    return json.dumps(tree).encode()


REFUSED: dict[str, tuple[bytes, str]] = {
    "not json": (b"{", "model: "),
    "not utf-8": (b'{"kind": "\xff"}', "model: "),
    "deep": (b"[" * 100_000, "model: "),
    "unknown field": (change(pickle="gASV"), "pickle"),
    "another format": (change(format=2), "format 2"),
    "another semantics": (change(semantics=99), "semantics 99"),
    "float threshold": (change(trees__threshold=(0, 1.5)), "int"),
    "huge threshold": (change(trees__threshold=(0, 2**63)), r"threshold\[0\]"),
    "child out of range": (change(trees__left=(0, 10**6)), "child 1000000"),
    "a circle": (change(trees__left=(1, 0)), "child 0"),
    "feature out of range": (change(trees__feature=(0, 4)), r"feature\[0\] must lie in 0..3, was 4"),
    "negative feature": (change(trees__feature=(0, -1)), "was -1"),
    "unknown kind of node": (change(trees__kind=(0, 3)), r"kind\[0\]"),
    "too few leaves": (change(trees__leaf_nano=[1]), "one for each leaf"),
    "negative count": (change(trees__nodes=(0, -1)), r"nodes\[0\]"),
    "short column": (change(trees__null_left=[]), "null_left must have"),
    "huge leaf": (change(trees__leaf_nano=(0, 2**60)), r"leaf_nano\[0\]"),
    "no cover": (change(trees__cover=[0] * 1000), "cover must have"),
    "set out of range": (change(trees__kind=(0, 2), trees__threshold=(0, 999)), "names set 999"),
    "category out of range": (change(trees__sets=[[-1]]), r"sets\[0\]\[0\]"),
    "huge category": (change(trees__sets=[[2**40]]), r"sets\[0\]\[0\]"),
    "no features": (change(features=[]), "feature names"),
    "same names": (change(features=["a", "a", "b", "c"]), "feature names"),
    "zero scale": (change(scales=(0, 0)), "scale"),
    "scales missing": (change(scales=[1]), "scale"),
    "terms missing": (change(terms=[]), "one term for each feature"),
    "falling calibration": (change(calibration__probability_micro=(100, 999_999)), "must rise"),
    "same scores": (change(calibration__at_micro=(1, -16_000_000)), "must rise"),
    "probability above one": (change(calibration__probability_micro=(4000, 2_000_000)), "must lie in 0..1000000"),
    "no calibration": (change(calibration__at_micro=[], calibration__probability_micro=[]), "calibration has 0"),
    "kind without its part": (change(kind="logistic"), "kind logistic"),
    "no trees": (change(trees=None), "kind trees"),
    "huge base": (change(base_nano=2**60), "base_nano"),
    "category column out of range": (change(categorical=[9]), "categorical"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_strangers_file_is_refused_with_its_fault(name: str) -> None:
    data, message = REFUSED[name]
    with pytest.raises(BadValue, match=message):
        Model.read(data)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="No such file"):
        Model.open(tmp_path / "none.json")


@given(st.integers(0, 10**6), st.integers(0, 255))
def test_a_damaged_byte_never_crashes(position: int, byte: int) -> None:
    data = bytearray(MODEL.data)
    data[position % len(data)] = byte
    try:
        model = Model.read(bytes(data))
    except BadValue:
        return
    rows = random_rows(6, 5)
    assert (model.parts(rows).sum(axis=1) == model.score(rows)).all()


def test_plain_python_needs_nothing_but_itself(tmp_path: Path) -> None:
    path, row = tmp_path / "model.json", random_rows(8, 1)
    path.write_bytes(MODEL.data)
    script = tmp_path / "plain.py"
    script.write_bytes(Path(plain.__file__).read_bytes())
    code = f"import plain; m = plain.read({str(path)!r}); s = plain.score(m, {row[0].tolist()}); "
    code += "print(s, plain.probability(m, s))"
    command = [sys.executable, "-S", "-c", code]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    score = MODEL.score_one(row[0])
    assert run.stdout.split() == [str(score), str(MODEL.probability(score))]


def test_card_changes_make_another_file() -> None:
    told = MODEL.told(owner="risk", metrics={"auc": 912_345})
    assert told.card.owner == "risk"
    assert told.digest != MODEL.digest
    assert told.score(random_rows(1, 9)).tolist() == MODEL.score(random_rows(1, 9)).tolist()
