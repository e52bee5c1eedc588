"""How far below its peak a wealth stands, and for how long; moving windows of returns."""

from math import isnan, nan, sqrt

import numpy as np
from numpy.typing import NDArray

from waglan.kernels.compiled import bare

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@bare
def below_peak(wealth: Floats, out: Floats, since: Ints) -> None:
    """Share lost since the peak, 0 to 1 and beyond, and the place of that peak: out, since (n,); ties to the later."""
    peak, at = wealth[0], 0
    for i in range(len(wealth)):
        if wealth[i] >= peak:
            peak, at = wealth[i], i
        out[i] = 1.0 - wealth[i] / peak
        since[i] = at


@bare
def rolling(returns: Floats, window: int, out: Floats) -> None:
    """Mean over deviation (divisor window - 1) of the last `window` returns: out (n,), NaN before and where flat.

    Each window for itself, in two passes: a sum that is carried along drifts, and a quiet year after a crash shows it.
    """
    for i in range(len(returns)):
        out[i] = nan
        if i + 1 < window:
            continue
        total, low, high = 0.0, returns[i], returns[i]
        for k in range(i + 1 - window, i + 1):
            total += returns[k]
            low, high = min(low, returns[k]), max(high, returns[k])
        mean, square = total / window, 0.0
        for k in range(i + 1 - window, i + 1):
            square += (returns[k] - mean) * (returns[k] - mean)
        if high - low > 1e-14 * max(abs(low), abs(high)) and not isnan(square):
            out[i] = mean / sqrt(square / (window - 1))
