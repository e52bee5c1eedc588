"""Seeded days of a few factors for the tests of this room: shares and amounts whose volatility moves."""

import numpy as np
from numpy.typing import NDArray

from waglan.pricing.scenarios import Factor
from waglan.schema.units import DAY_NS

Floats = NDArray[np.float64]

FACTORS = (
    Factor("index", "share", ("HSI", "HSI future")),
    Factor("dollar", "share", ("USD/HKD",)),
    Factor("rate", "amount", ("HKD 3m",)),
)
START_NS = 1_104_537_600 * 10**9 + 8 * 3600 * 10**9
"""2005-01-01, 08:00 UTC."""
SIZES = np.array([0.012, 0.0002, 0.0004])


def days(count: int, seed: int = 0, factors: int = 3) -> tuple[list[int], Floats]:
    """Times and levels (count, factors), a GARCH-t each."""
    random = np.random.default_rng(seed)
    shocks = random.standard_t(5, (count, factors)) * 0.6**0.5
    variance, returns = np.ones(factors), np.empty((count, factors))
    for day in range(count):
        returns[day] = shocks[day] * variance**0.5
        variance = 0.02 + 0.09 * returns[day] ** 2 + 0.89 * variance
    walk = (returns * np.resize(SIZES, factors)).cumsum(axis=0)
    shares = np.array([FACTORS[f % 3].how == "share" for f in range(factors)])
    levels = np.where(shares, np.exp(walk) * np.resize([20_000.0, 7.8, 1.0], factors), 0.03 + walk)
    return [START_NS + day * DAY_NS for day in range(count)], np.asarray(levels, np.float64).round(6)
