"""The Basel traffic light over a year of exceptions, and what it multiplies capital by.

Supervisory framework for backtesting (BCBS 22, 1996; now MAR99): yellow begins with the number of exceptions at or
below which a true model stays with chance 95%, red with 99.99%. For 250 days at 99%: green 0-4, yellow 5-9, red 10.
The multipliers are of those 250 days alone.
"""

from typing import Final, NamedTuple

from scipy.stats import binom

from waglan.measures.coverage import asked
from waglan.schema.units import MICRO

GREEN: Final = "green"
YELLOW: Final = "yellow"
RED: Final = "red"
YELLOW_FROM: Final = 0.95
RED_FROM: Final = 0.9999
YEAR: Final = 250

MULTIPLIERS_MICRO: Final[dict[str, tuple[int, ...]]] = {
    "MAR32": (*[1_500_000] * 5, 1_700_000, 1_760_000, 1_830_000, 1_880_000, 1_920_000, 2_000_000),
    "BCBS22": (*[3_000_000] * 5, 3_400_000, 3_500_000, 3_650_000, 3_750_000, 3_850_000, 4_000_000),
}
"""By exceptions 0 to 10 and more, millionths: MAR32.9 (2019, capital from ES), and the 1996 amendment (from VaR)."""

DESK_MOST: Final = {10_000: 12, 25_000: 30}
"""Exceptions in 12 months, by tail, beyond which a trading desk leaves the internal model (MAR32.19)."""


class Light(NamedTuple):
    """cumulative: the chance of so many exceptions or fewer if the model is true. Multiplier: for 250 days at 99%."""

    exceptions: int
    days: int
    cumulative: float
    zone: str
    multiplier_micro: int | None


def traffic_light(exceptions: int, days: int = YEAR, tail_micro: int = 10_000, table: str = "MAR32") -> Light:
    """Zone of so many exceptions; for any number of days and any tail by the same two chances.

    BadValue if exceptions do not lie within the days. Without days: green, cumulative 1, for nothing was seen.
    """
    asked(exceptions, days, tail_micro)
    below = float(binom.cdf(exceptions, days, tail_micro / MICRO))
    zone = GREEN if below < YELLOW_FROM or not exceptions else YELLOW if below < RED_FROM else RED
    known = MULTIPLIERS_MICRO[table] if (days, tail_micro) == (YEAR, 10_000) else None
    return Light(exceptions, days, below, zone, known[min(exceptions, 10)] if known else None)


def desk_stays(exceptions: dict[int, int]) -> bool:
    """Whether a trading desk keeps its model: exceptions of 12 months by tail, 99% and 97.5% (MAR32.19)."""
    return all(exceptions[tail] <= most for tail, most in DESK_MOST.items())
