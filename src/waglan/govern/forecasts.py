"""What a market book's sealed rows say of each day: the P&L that came, and the VaR and ES that were stated before.

A `measure` holds both for the day that was rolled last, for the total or for one book; a shadow's record of the same
event holds its own. The first measure behind a roll counts, later ones of that day repeat it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Forecasts:
    """What one model said of one scope and what came, day by day in order; int64 (T,), NULL where there is none.

    var and es were made the day before, losses positive. scenarios: (T, n) the P&Ls that they were made from, in any
    whole unit that all days share with `scale` of them to a minor unit, or None.
    """

    name: str
    method: str
    digest: str
    champion: bool
    scope: str
    ts_ns: Ints
    hypothetical: Ints
    theoretical: Ints
    actual: Ints
    var: Ints
    es: Ints
    scenarios: Ints | None = None
    scale: int = 1
