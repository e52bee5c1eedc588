"""A whole history at once gives the step's rows, cell for cell, or says that the step must be asked."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from waglan.features import Windows, plan
from waglan.features.bulk import rows_of
from waglan.schema.recipe import Column, Feature, Recipe, columns
from waglan.schema.units import LIMIT, NULL, SECOND_NS

WINDOWS = ({"window": "5s", "present": True}, {"window": "9s", "present": False}, {"window": "7s", "delay": "3s"})
TAKES = (("count", None), ("sum", "amount"), ("mean", "amount"), ("rate", "flag"))
EVENTS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 2), st.integers(0, 1), st.integers(-900, 900), st.booleans()),
    max_size=60,
)


def recipe(features: list[Feature]) -> Recipe:
    fields = {
        "who": Column(entity="person"),
        "where": Column(entity="place"),
        "amount": Column(money="HKD", negative=True),
        "flag": Column(flag=True),
    }
    return Recipe(
        name="r",
        desk="d",
        purpose="p",
        owner="o",
        review="2030-01-01",
        subject="who",
        columns=fields,
        features=features,
    )


ALL = [Feature(name="amount", take="value", of="amount")] + [
    Feature(name=f"{take}_{by}_{k}", take=take, of=of, by=by, **shape)  # type: ignore[arg-type]
    for take, of in TAKES
    for by in ("who", "where")
    for k, shape in enumerate(WINDOWS)
]


def stream(events: list[tuple[int, int, int, int, bool]], made: Recipe) -> tuple[Any, Any, Any]:
    """Times mostly rising with ties, sometimes late."""
    values = np.full((len(events), len(columns(made))), NULL, np.int64)
    for i, (_, who, where, amount, flag) in enumerate(events):
        values[i, :4] = who, where, amount, flag
    ts = np.cumsum([e[0] % 4 - (e[0] == 11) * 2 for e in events], dtype=np.int64) * SECOND_NS + 10**18
    return np.zeros(len(events), np.int8), ts.astype(np.int64), values


@given(EVENTS, st.integers(1, 2))
def test_rows_are_the_steps(events: list[tuple[int, int, int, int, bool]], threads: int) -> None:
    made = recipe(ALL)
    compiled = plan.compile(made)
    kinds, ts, values = stream(events, made)
    found = rows_of(made, compiled, kinds, ts, values, threads)
    assert found is not None
    assert (found == Windows(compiled).step(kinds, ts, values)[0]).all()


@pytest.mark.parametrize(
    "feature",
    [
        Feature(name="f", take="max", of="amount", by="who", window="5s", present=True),
        Feature(name="f", take="count", by=["who", "where"], window="5s", present=True),
        Feature(name="f", take="count", by="who", events=3, present=True),
        Feature(name="f", take="count", by="who", window="5s", present=True, where={"flag": True}),
    ],
    ids=lambda f: f"{f.take} {f.by}",
)
def test_what_is_not_plain_is_left_to_the_step(feature: Feature) -> None:
    made = recipe([feature])
    assert rows_of(made, plan.compile(made), *stream([(1, 0, 0, 5, True)], made)) is None


@pytest.mark.parametrize(("column", "value"), [(0, NULL), (2, NULL), (2, LIMIT), (2, -LIMIT)])
def test_nulls_and_bounds_are_left_to_the_step(column: int, value: int) -> None:
    made = recipe(ALL)
    kinds, ts, values = stream([(1, 0, 0, 5, True)], made)
    values[0, column] = value
    assert rows_of(made, plan.compile(made), kinds, ts, values) is None
