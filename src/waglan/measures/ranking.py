"""How well a score puts the positives first: ROC AUC, average precision, and the curve of alerts against precision.

Ties are counted as what they are: tied scores share one step, so the answer does not depend on the order of the rows.
"""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def steps(score: Ints, positive: Flags) -> tuple[Ints, Ints, Ints]:
    """Thresholds from the highest score down, with the alerts and the positives at or above each; each (k,).

    score and positive are (n,); k is the number of distinct scores. Empty in, empty out. O(n log n).
    """
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    last = np.flatnonzero(np.diff(ranked, append=ranked[-1:] - 1)) if len(score) else np.empty(0, np.int64)
    hits = np.cumsum(positive[order], dtype=np.int64)
    return ranked[last], last + 1, hits[last]


def roc_auc(score: Ints, positive: Flags) -> float:
    """Probability that a positive outranks a negative, ties one half (Mann-Whitney). NaN if either class is absent."""
    _, alerts, hits = steps(score, positive)
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if positives == 0 or negatives == 0:
        return float("nan")
    misses = alerts - hits
    new_hits, new_misses = np.diff(hits, prepend=0), np.diff(misses, prepend=0)
    below = negatives - misses
    return float((new_hits * (below + 0.5 * new_misses)).sum() / (positives * negatives))


def average_precision(score: Ints, positive: Flags) -> float:
    """Sum of precision times the rise in recall over the steps, no interpolation. NaN without positives."""
    _, alerts, hits = steps(score, positive)
    if not positive.any():
        return float("nan")
    return float((hits / alerts * np.diff(hits, prepend=0)).sum() / hits[-1])
