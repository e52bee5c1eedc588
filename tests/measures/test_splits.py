"""Splits against every pair of samples written out, and the guarantee that they are made for."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from waglan.measures.splits import (
    Spans,
    combinatorial,
    groups,
    leaks,
    paths,
    purged_folds,
    spans,
    walk_forward,
)
from waglan.schema.units import BadValue

PAIRS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 25)), min_size=4, max_size=40)
EMBARGO = st.integers(0, 12)


def made(pairs: list[tuple[int, int]]) -> Spans:
    rows = sorted((start, start + length) for start, length in pairs)
    return spans(np.array([a for a, _ in rows], np.int64), np.array([b for _, b in rows], np.int64))


def touches(of: Spans, i: int, tests: list[int], embargo: int) -> bool:
    """From the definition, over every test sample."""
    return any(of.start[i] <= of.end[j] + embargo and of.end[i] >= of.start[j] for j in tests)


@given(PAIRS, st.integers(0, 2**40), EMBARGO)
def test_leaks_by_every_pair(pairs: list[tuple[int, int]], bits: int, embargo: int) -> None:
    of = made(pairs)
    test = np.array([bool(bits >> i & 1) for i in range(len(pairs))])
    tests = np.flatnonzero(test).tolist()
    assert leaks(of, test, embargo).tolist() == [touches(of, i, tests, embargo) for i in range(len(pairs))]


@given(PAIRS, st.integers(2, 5), st.integers(1, 4), EMBARGO)
def test_combinatorial_splits_by_every_pair(pairs: list[tuple[int, int]], count: int, tests: int, embargo: int) -> None:
    of, n = made(pairs), len(pairs)
    count = min(count, n)
    tests = min(tests, count - 1)
    found = list(combinatorial(of, count, tests, embargo))
    group = groups(n, count)
    assert len(found) == comb(count, tests)
    for split, chosen in zip(found, combinations(range(count), tests), strict=True):
        inside = [i for i in range(n) if group[i] in chosen]
        assert split.test.tolist() == inside
        left = [i for i in range(n) if i not in inside]
        assert split.train.tolist() == [i for i in left if not touches(of, i, inside, embargo)]
        assert split.purged == len(left) - len(split.train)


@pytest.mark.parametrize(("count", "tests"), [(6, 2), (5, 1), (8, 4), (2, 1)])
def test_paths_are_whole_histories(count: int, tests: int) -> None:
    """Six groups, two of them tests: 15 splits and 5 paths, the example of the book."""
    found, chosen = paths(count, tests), list(combinations(range(count), tests))
    assert found.shape == (comb(count - 1, tests - 1), count)
    used = [(int(found[p, g]), g) for p in range(len(found)) for g in range(count)]
    assert sorted(used) == sorted((s, g) for s, of in enumerate(chosen) for g in of), "each tested group is used once"
    if (count, tests) == (6, 2):
        assert (len(chosen), len(found)) == (15, 5)


@given(st.integers(2, 60), st.integers(2, 9))
def test_groups_are_neighbours_of_like_size(n: int, count: int) -> None:
    count = min(n, count)
    found = groups(n, count)
    sizes = np.bincount(found, minlength=count)
    assert (np.diff(found) >= 0).all()
    assert sizes.max() - sizes.min() <= 1
    assert sizes.sum() == n


def test_folds_test_everything_once_and_lose_what_touches() -> None:
    start = np.arange(100)
    found = list(purged_folds(spans(start, start + 5), 4, embargo=3))
    assert np.concatenate([split.test for split in found]).tolist() == start.tolist()
    middle = found[1]
    assert (middle.test[0], middle.test[-1]) == (25, 49)
    assert middle.train.tolist() == [*range(20), *range(58, 100)]  # ends before 25; starts after 49 + 5 + 3
    assert middle.purged == 5 + 8


def test_a_label_that_overlaps_flatters_without_purging() -> None:
    """Pure noise whose labels of twenty bars overlap, told by the nearest in time: good until purged."""
    noise = np.random.default_rng(1).normal(0, 1, 2_020)
    label = np.array([noise[i + 1 : i + 21].sum() for i in range(2_000)])
    loose, tight = np.empty(2_000), np.empty(2_000)
    for split in purged_folds(spans(np.arange(2_000), np.arange(2_000) + 20), 200):
        everything = np.setdiff1d(np.arange(2_000), split.test)
        for told, train in ((loose, everything), (tight, split.train)):
            told[split.test] = label[train[np.abs(train[:, None] - split.test).argmin(axis=0)]]
    assert np.cov(loose, label)[0, 1] / label.var() > 0.5
    assert abs(np.cov(tight, label)[0, 1]) / label.var() < 0.15


@given(PAIRS, st.integers(1, 10), st.integers(1, 10), st.booleans(), EMBARGO)
def test_walking_forward_by_a_plain_loop(
    pairs: list[tuple[int, int]], train: int, test: int, anchored: bool, embargo: int
) -> None:
    of, n = made(pairs), len(pairs)
    found, first = list(walk_forward(of, train, test, anchored, embargo)), train
    for split in found:
        window = range(0 if anchored else first - train, first)
        assert split.test.tolist() == list(range(first, min(first + test, n)))
        assert split.train.tolist() == [i for i in window if of.end[i] + embargo < of.start[first]]
        assert split.purged == len(window) - len(split.train)
        first += test
    assert first >= n


def test_walking_forward_never_sees_what_is_to_come() -> None:
    of = spans(np.arange(50), np.arange(50) + 4)
    found = list(walk_forward(of, 20, 10))
    assert [(s.train[0], s.train[-1], s.test[0], s.test[-1]) for s in found] == [
        (0, 15, 20, 29), (10, 25, 30, 39), (20, 35, 40, 49),
    ]  # fmt: skip
    grown = list(walk_forward(of, 20, 10, anchored=True))
    assert [len(s.train) for s in grown] == [16, 26, 36]
    assert list(walk_forward(of, 50, 1)) == []
    assert list(walk_forward(spans(np.arange(0), np.arange(0)), 1, 1)) == []


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: spans(np.array([1, 5]), np.array([2, 4])), "sample 1 ends at 4, before its start 5"),
        (lambda: spans(np.array([5, 1]), np.array([6, 6])), "sample 1 starts at 1, before the one before it at 5"),
        (lambda: spans(np.arange(2), np.arange(3)), "an end for each start"),
        (lambda: groups(5, 6), "5 samples fall into 2 to 5 groups, were 6"),
        (lambda: paths(4, 4), "1 to 3 of 4, were 4"),
        (lambda: list(combinatorial(spans(np.arange(9), np.arange(9)), 3, 0)), "1 to 2 of 3, were 0"),
        (lambda: leaks(spans(np.arange(9), np.arange(9)), np.ones(9, bool), -1), "at least 0, was -1"),
        (lambda: list(walk_forward(spans(np.arange(9), np.arange(9)), 0, 1)), "were 0, 1 and 0"),
    ],
)
def test_what_cannot_be_used_is_refused(ask: object, message: str) -> None:
    with pytest.raises(BadValue, match=message):
        ask()  # type: ignore[operator]
