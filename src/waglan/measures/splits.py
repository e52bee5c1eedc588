"""Training and test samples that know nothing of each other: purged, embargoed, combinatorial, and walking forward.

A sample is seen at its start and its label is known at its end; two samples whose spans meet share what happened
there. So a training sample is purged if its span meets that of any test sample, both ends included, and put under
embargo if it starts within so much after a test sample's end, since what is correlated over time leaks a little longer
(Lopez de Prado, "Advances in Financial Machine Learning", 2018, chapter 7; combinatorial: chapter 12). Purging is
exact, by sample and not by block.

Spans are int64 on any clock - bars or nanoseconds - and starts never fall: samples are in the order in which they came.
"""

from collections.abc import Iterator
from itertools import combinations
from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from waglan.schema.units import BadValue

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Split(NamedTuple):
    """Places of samples, rising. purged: how many of the others were kept out of training."""

    train: Ints
    test: Ints
    purged: int


class Spans(NamedTuple):
    """Start and end of each sample, (n,) int64."""

    start: Ints
    end: Ints


def spans(start: Ints, end: Ints) -> Spans:
    """Checked. BadValue with the first sample that ends before it starts, or starts before the one before it."""
    if start.shape != end.shape or start.ndim != 1:
        raise BadValue(f"an end for each start, were {end.shape} for {start.shape}")
    wrong = np.flatnonzero(end < start)
    if len(wrong):
        raise BadValue(f"sample {wrong[0]} ends at {end[wrong[0]]}, before its start {start[wrong[0]]}")
    back = np.flatnonzero(np.diff(start) < 0)
    if len(back):
        i = back[0] + 1
        raise BadValue(f"sample {i} starts at {start[i]}, before the one before it at {start[i - 1]}")
    return Spans(np.ascontiguousarray(start, np.int64), np.ascontiguousarray(end, np.int64))


def leaks(of: Spans, test: Flags, embargo: int = 0) -> Flags:
    """Which samples, (n,), share something with a test sample: test ones themselves do. O(n log n).

    A sample shares where it starts no later than a test sample's end plus the embargo and ends no earlier than its
    start.
    """
    if embargo < 0:
        raise BadValue(f"an embargo is at least 0, was {embargo}")
    reach = np.maximum.accumulate(of.end[test] + embargo)  # the latest end of the test samples so far
    begun = np.searchsorted(of.start[test], of.end, side="right")  # test samples that start before this one has ended
    found = begun > 0
    found[found] = reach[begun[found] - 1] >= of.start[found]
    return found


def groups(n: int, count: int) -> Ints:
    """The group of each of n samples in order, 0 to count - 1; the first n mod count are larger by one."""
    if not 2 <= count <= n:
        raise BadValue(f"{n} samples fall into 2 to {n} groups, were {count}")
    sizes = np.full(count, n // count)
    sizes[: n % count] += 1
    return np.repeat(np.arange(count), sizes)


def purged_folds(of: Spans, folds: int, embargo: int = 0) -> Iterator[Split]:
    """K-fold: each group of neighbours is the test once."""
    return combinatorial(of, folds, 1, embargo)


def combinatorial(of: Spans, count: int, tests: int, embargo: int = 0) -> Iterator[Split]:
    """Every choice of so many test groups among `count`, in lexicographic order: comb(count, tests) splits.

    Put together by `paths` they are comb(count - 1, tests - 1) whole histories, each sample tested once in each.
    """
    if not 1 <= tests < count:
        raise BadValue(f"test groups are 1 to {count - 1} of {count}, were {tests}")
    group = groups(len(of.start), count)
    for chosen in combinations(range(count), tests):
        test = np.isin(group, chosen)
        train = ~leaks(of, test, embargo)
        yield Split(np.flatnonzero(train), np.flatnonzero(test), int(len(test) - train.sum() - test.sum()))


def paths(count: int, tests: int) -> Ints:
    """Which split tests each group in each history: (comb(count - 1, tests - 1), count), splits as `combinatorial`'s.

    The p-th split that has a group among its tests serves path p.
    """
    if not 1 <= tests < count:
        raise BadValue(f"test groups are 1 to {count - 1} of {count}, were {tests}")
    out = np.empty((comb(count - 1, tests - 1), count), np.int64)
    met = [0] * count
    for split, chosen in enumerate(combinations(range(count), tests)):
        for group in chosen:
            out[met[group], group] = split
            met[group] += 1
    return out


def walk_forward(of: Spans, train: int, test: int, anchored: bool = False, embargo: int = 0) -> Iterator[Split]:
    """Train on the past, test on what comes next, move on by the test: as one would have lived through it.

    train: samples of the first training window; anchored: windows keep their first sample and grow, else they slide.
    Of a window only samples are trained on whose label is known before the test starts, with the embargo between. The
    last test may be shorter. None where there are no more samples than the first window.
    """
    if train < 1 or test < 1 or embargo < 0:
        raise BadValue(f"windows hold a sample and an embargo is at least 0, were {train}, {test} and {embargo}")
    n = len(of.start)
    for first in range(train, n, test):
        window = np.arange(0 if anchored else first - train, first)
        known = of.end[window] + embargo < of.start[first]
        yield Split(window[known], np.arange(first, min(first + test, n)), int((~known).sum()))
