"""Clopper-Pearson by its definition: at each end the tail of the binomial beyond what was seen is half of 5%."""

from math import comb

import pytest

from waglan.measures.intervals import clopper_pearson


def at_least(k: int, n: int, p: float) -> float:
    return sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))


@pytest.mark.parametrize(("k", "n"), [(0, 5), (1, 5), (3, 23), (23, 23), (7, 40)])
def test_each_tail_is_half(k: int, n: int) -> None:
    low, high = clopper_pearson(k, n)
    assert 0 <= low <= k / n <= high <= 1
    assert low == 0 if k == 0 else at_least(k, n, low) == pytest.approx(0.025)
    assert high == 1 if k == n else 1 - at_least(k + 1, n, high) == pytest.approx(0.025)


def test_nothing_seen_says_nothing() -> None:
    assert clopper_pearson(0, 0) == (0.0, 1.0)
