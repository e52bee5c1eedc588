"""A stretch of a batch is the batch of that stretch."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from waglan.schema.batch import REFUSED, Batch, Refused


def batch_of(n: int) -> Batch:
    bad = {i: Refused("negative", "amount", i, "-1") for i in range(n) if i % 3 == 1}
    kinds = np.array([REFUSED if i in bad else 0 for i in range(n)], np.int8)
    names = {0: [f"who{i}" for i in range(n)]}
    return Batch(
        [f"P{i}" for i in range(n)], kinds, np.arange(n), np.arange(2 * n, dtype=np.int64).reshape(n, 2), names, bad
    )


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 12))
def test_slices(n: int, start: int, stop: int) -> None:
    batch = batch_of(n)
    part = batch.slice(start, stop)
    rows = list(range(n))[start:stop]
    assert len(part) == len(rows)
    assert part.ids == [f"P{i}" for i in rows]
    assert part.ts_ns.tolist() == rows
    assert part.values[:, 0].tolist() == [2 * i for i in rows]
    assert {rows[k]: r.position for k, r in part.refusals.items()} == {i: i for i in rows if i % 3 == 1}
    assert (part.kinds[list(part.refusals)] == REFUSED).all()
    assert part.names is batch.names


@given(st.permutations(range(9)), st.integers(0, 9))
def test_taken_rows(order: list[int], count: int) -> None:
    batch, rows = batch_of(9), order[:count]
    part = batch.take(np.array(rows, np.int64))
    assert part.ids == [f"P{i}" for i in rows]
    assert part.kinds.tolist() == [batch.kinds[i] for i in rows]
    assert {rows[k]: r.position for k, r in part.refusals.items()} == {i: i for i in rows if i % 3 == 1}
