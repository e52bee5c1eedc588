"""How far below its peak an account stood, for how long, and when it came back.

A drawdown is a share of the peak before it, 0 at a new one: 0.2 is a fifth lost. Positive, since it is a loss. Wealth
begins with what was there before the first period, so a loss in the first period is a drawdown too: `wealth` of returns
has one number more than they have.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from waglan.kernels import drawdown as kernel
from waglan.measures.sharpe import checked
from waglan.schema.units import BadValue

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Episode(NamedTuple):
    """One time below a peak: places in wealth of the peak (its last day), the deepest point (the first of equals) and
    the recovery, None if it has not come; depth, a share of the peak.
    """

    peak: int
    trough: int
    recovery: int | None
    depth: float


class Drawdowns(NamedTuple):
    """below: (n,), share below the peak at each place. deepest: the largest, None if wealth never fell.

    longest: most places from a peak to its recovery, or to the end. ulcer: the root of the mean square of `below`
    without its first place (Martin and McCann, "The Investor's Guide to Fidelity Funds", 1989).
    """

    below: Floats
    deepest: Episode | None
    longest: int
    ulcer: float


def wealth(returns: Floats) -> Floats:
    """What 1 becomes by simple returns (n,): (n + 1,), from 1. BadValue for a return below -1, or no number."""
    series = checked(returns)
    wrong = np.flatnonzero(series < -1)
    if len(wrong):
        raise BadValue(f"period {wrong[0]}: a return is at least -1, was {series[wrong[0]]}")
    return np.concatenate([[1.0], np.cumprod(1 + series)])


def drawdowns(of: Floats) -> Drawdowns:
    """Of a wealth (n,), floats or whole minor units. O(n).

    Nothing: no episode, ulcer NaN. A wealth that falls below 0 has lost more than its peak. BadValue if it does not
    begin above 0.
    """
    below, since = _below(of)
    if not len(below):
        return Drawdowns(below, None, 0, float("nan"))
    ulcer = float(np.sqrt((below[1:] ** 2).mean())) if len(below) > 1 else float("nan")
    under = np.flatnonzero(below > 0)
    if not len(under):
        return Drawdowns(below, None, 0, ulcer)
    longest = int((np.minimum(under + 1, len(below) - 1) - since[under]).max())
    trough = int(below.argmax())
    back = np.flatnonzero(below[trough:] == 0)
    recovery = trough + int(back[0]) if len(back) else None
    return Drawdowns(below, Episode(int(since[trough]), trough, recovery, float(below[trough])), longest, ulcer)


def episodes(of: Floats, least: float = 0.0) -> list[Episode]:
    """Every time below a peak by more than `least`, in order of time; the last may have no recovery. O(n)."""
    below, since = _below(of)
    under = np.flatnonzero(below > 0)
    if not len(under):
        return []
    starts = np.flatnonzero(np.diff(since[under], prepend=-1))
    found = []
    for first, last in zip(starts, [*starts[1:], len(under)], strict=True):
        places = under[first:last]
        trough = int(places[below[places].argmax()])
        if below[trough] > least:
            recovery = int(places[-1]) + 1 if places[-1] + 1 < len(below) else None
            found.append(Episode(int(since[trough]), trough, recovery, float(below[trough])))
    return found


def _below(of: Floats) -> tuple[Floats, Ints]:
    series = checked(np.asarray(of, np.float64))
    if len(series) and series[0] <= 0:
        raise BadValue(f"wealth begins above 0, was {series[0]}")
    below, since = np.zeros(len(series)), np.zeros(len(series), np.int64)
    if len(series):
        kernel.below_peak(series, below, since)
    return below, since
