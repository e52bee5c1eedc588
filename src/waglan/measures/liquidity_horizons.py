"""Expected shortfall where some risks take longer to leave: the nested sum of MAR33.4, in whole minor units.

ES over the base horizon T = 10 days is worked out for nested sets of risk factors: all of them, those of 20 days and
longer, of 40, 60 and 120. Each set bears the days between its horizon and the one before:

    ES = sqrt( sum over j of ( ES_T(P, j) sqrt((LH_j - LH_j-1) / T) )^2 )

Squares forget signs: a set whose tail gains would add as if it lost. Such an ES counts as 0 here (the rule is silent),
so the answer is never below 0. It rises with each ES and with the last horizon; it need not when a factor is moved
to a longer one, for there it may have been the hedge.
"""

from math import isqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from waglan.measures.contributions import gathered
from waglan.measures.tail import ES_975, Risk, Rule, risk
from waglan.schema.units import BadValue

Ints = NDArray[np.int64]

HORIZONS: Final = (10, 20, 40, 60, 120)
"""Days, MAR33.4; the first is the base horizon T."""

HORIZON_OF: Final[dict[str, int]] = {
    "rate, specified currency": 10, "rate, other currency": 20, "rate volatility": 60, "rate, other": 60,
    "spread, sovereign investment grade": 20, "spread, sovereign high yield": 40,
    "spread, corporate investment grade": 40, "spread, corporate high yield": 60,
    "spread volatility": 120, "spread, other": 120,
    "equity price, large": 10, "equity price, small": 20, "equity volatility, large": 20,
    "equity volatility, small": 60, "equity, other": 60,
    "FX rate, specified pair": 10, "FX rate, other pair": 20, "FX volatility": 40, "FX, other": 40,
    "energy and carbon price": 20, "precious and non-ferrous metal price": 20, "other commodity price": 60,
    "energy and carbon volatility": 60, "precious and non-ferrous metal volatility": 60,
    "other commodity volatility": 120, "commodity, other": 120,
}  # fmt: skip
"""Days by class of risk factor, MAR33.12."""


def nested(es_minor: list[int], horizons: tuple[int, ...] = HORIZONS) -> int:
    """The nested sum of ES over the base horizon, one for each horizon, of the factors that have it or a longer one.

    Exact: the root of a whole number, rounded to the nearest whole minor unit. BadValue unless horizons rise.
    """
    if len(es_minor) != len(horizons) or not horizons:
        raise BadValue(f"an ES for each horizon, were {len(es_minor)} for {len(horizons)}")
    before = (0, *horizons[:-1])
    if any(late <= early for early, late in zip(before, horizons, strict=True)):
        raise BadValue(f"horizons rise strictly from above 0, were {horizons}")
    squares = sum(max(es, 0) ** 2 * (late - early) for es, early, late in zip(es_minor, before, horizons, strict=True))
    base = horizons[0]
    root = isqrt(squares // base)
    return root + (4 * squares > (2 * root + 1) ** 2 * base)


def with_horizons(
    pnl: Ints, horizon: Ints, rule: Rule = ES_975, horizons: tuple[int, ...] = HORIZONS, scale: int = 1
) -> tuple[int, list[Risk]]:
    """The nested sum from P&L over the base horizon by factor, (n, f) int64, and the risk of each nested set.

    horizon: (f,), the days of each factor, each one of `horizons`. A set without factors has no risk.
    """
    wrong = np.flatnonzero(~np.isin(horizon, horizons))
    if len(wrong):
        raise BadValue(f"factor {wrong[0]}: a horizon is one of {horizons}, was {horizon[wrong[0]]}")
    alone = gathered(pnl, np.searchsorted(horizons, horizon).astype(np.int64), len(horizons))
    sets = np.cumsum(alone[:, ::-1], axis=1)[:, ::-1]
    risks = [risk(np.ascontiguousarray(sets[:, j]), rule, scale) for j in range(len(horizons))]
    return nested([found.es_minor for found in risks], horizons), risks


def stressed(reduced_stress_minor: int, full_now_minor: int, reduced_now_minor: int) -> int:
    """ES under the stress of a reduced set, raised by what that set misses today, whole minor units (MAR33.6).

    Times full over reduced, never less than 1. BadValue if the reduced set has no risk today; the rule (MAR33.5)
    wants it to explain three quarters of the full ES: see `explains`.
    """
    if reduced_now_minor <= 0:
        raise BadValue(f"the reduced set has an ES above 0, was {reduced_now_minor}")
    most = max(full_now_minor, reduced_now_minor)
    return (2 * reduced_stress_minor * most + reduced_now_minor) // (2 * reduced_now_minor)


def explains(full_now_minor: int, reduced_now_minor: int) -> bool:
    """Whether the reduced set of factors explains at least 75% of the full ES."""
    return 4 * reduced_now_minor >= 3 * full_now_minor
