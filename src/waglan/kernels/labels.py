"""Which barrier a price reaches first, and how many labels speak of the same bar."""

import numpy as np
from numpy.typing import NDArray

from waglan.kernels.compiled import bare

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@bare
def first_touch(
    high: Ints, low: Ints, event: Ints, upper: Ints, lower: Ints, horizon: int, side: Ints, end: Ints
) -> None:
    """Of each event (k,) the first bar after it at or beyond a barrier, and which: 1 upper, -1 lower, 0 neither.

    high, low: (n,); upper, lower: (k,), prices; event + horizon < n, where a label without a touch ends. A bar that
    reaches both counts as the lower.
    """
    for i in range(len(event)):
        side[i], end[i] = 0, event[i] + horizon
        for bar in range(event[i] + 1, event[i] + horizon + 1):
            if low[bar] <= lower[i]:
                side[i], end[i] = -1, bar
                break
            if high[bar] >= upper[i]:
                side[i], end[i] = 1, bar
                break


@bare
def concurrency(start: Ints, end: Ints, out: Ints) -> None:
    """How many labels speak of each bar: out (n,), zeroed; a label speaks of the bars start + 1 to end, below n."""
    for i in range(len(start)):
        if start[i] + 1 < len(out):
            out[start[i] + 1] += 1
        if end[i] + 1 < len(out):
            out[end[i] + 1] -= 1
    for bar in range(1, len(out)):
        out[bar] += out[bar - 1]


@bare
def uniqueness(start: Ints, end: Ints, count: Ints, running: Floats, out: Floats) -> None:
    """Mean of 1 / count over the bars of each label: out (k,). running: (n,), work; end > start."""
    total = 0.0
    for bar in range(len(count)):
        total += 1.0 / count[bar] if count[bar] > 0 else 0.0
        running[bar] = total
    for i in range(len(start)):
        out[i] = (running[end[i]] - running[start[i]]) / (end[i] - start[i])
