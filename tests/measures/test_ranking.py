"""AUC and average precision against their plain meaning, pair by pair and step by step."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from waglan.measures.ranking import average_precision, roc_auc, steps

SAMPLES = st.lists(st.tuples(st.integers(-5, 5), st.booleans()), max_size=40)


def arrays(sample: list[tuple[int, bool]]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    return np.array([s for s, _ in sample], np.int64), np.array([p for _, p in sample], np.bool_)


@given(SAMPLES)
def test_auc_counts_pairs(sample: list[tuple[int, bool]]) -> None:
    score, positive = arrays(sample)
    pairs = [(a, b) for a, p in sample if p for b, q in sample if not q]
    found = roc_auc(score, positive)
    if not pairs:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(sum((a > b) + 0.5 * (a == b) for a, b in pairs) / len(pairs))


@given(SAMPLES)
def test_average_precision_sums_steps(sample: list[tuple[int, bool]]) -> None:
    score, positive = arrays(sample)
    total, area, before = sum(p for _, p in sample), 0.0, 0
    for cut in sorted({s for s, _ in sample}, reverse=True):
        above = [p for s, p in sample if s >= cut]
        area += sum(above) / len(above) * (sum(above) - before)
        before = sum(above)
    found = average_precision(score, positive)
    assert np.isnan(found) if total == 0 else found == pytest.approx(area / total)


def test_empty_has_no_steps() -> None:
    assert [len(a) for a in steps(*arrays([]))] == [0, 0, 0]
