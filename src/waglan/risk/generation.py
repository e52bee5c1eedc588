"""Tomorrow's scenarios from the days so far, by one of four methods; they step a day at a time.

- `historical`: the moves of the last days, as they were;
- `filtered`: each day's moves over the volatility that was known the day before, times tomorrow's (filtered historical
  simulation: Barone-Adesi, Giannopoulos and Vosper 1999; Hull and White 1998), by GARCH where a factor has an
  estimate, else EWMA; whole days are taken, so dependence between factors stays that of history;
- `parametric`: historical scenarios, of which `risk.parametric` takes the moments;
- `montecarlo`: scrambled Sobol normals with the EWMA covariance of the factors.

A day costs O(factors) (O(factors^2) for the covariance), scenarios O(scenarios x factors). The first variance is that
of the first days, as many as must have come before there is a scenario: no forecast sees a day after it.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from waglan.pricing.scenarios import Factor, Scenarios
from waglan.risk.estimates import Estimate
from waglan.risk.history import History
from waglan.schema.risk import Risk

Floats = NDArray[np.float64]

DAYS_LEAST: Final = 250
"""Returns that must have come before there are scenarios, or `scenarios` of them where that is fewer."""


class Generator:
    """History and filters of a book's factors. One owner, no clock: the same days and estimates give the same bits."""

    def __init__(self, risk: Risk, factors: Sequence[Factor]) -> None:
        self.risk = risk
        self.history = History(factors)
        self.estimates: dict[str, Estimate] = {}

    @property
    def missing(self) -> int:
        """Returns that are still to come before there are scenarios."""
        raise NotImplementedError

    def roll(self, ts_ns: int, levels: Floats) -> None:
        """A day's end: levels (f,) in the order of the factors. Raises as `History.append`, then nothing has moved."""
        raise NotImplementedError

    def resume(self, ts_ns: int, levels: Floats) -> None:
        """A day's end after a gap (`Gap` was raised): no return leads to it and no filter steps."""
        raise NotImplementedError

    def estimate(self, new: Estimate) -> None:
        """New parameters of one factor: its filter is run again over the whole history. BadValue as `checked`, or for
        a factor that is not there."""  # fmt: skip
        raise NotImplementedError

    def scenarios(self) -> Scenarios:
        """Moves for the next day, labelled by the dates of history, oldest first, or by the number of the draw.

        The last `risk.scenarios` days, or as many as there are. Raises BadValue where too few days have come, or
        where a factor has stood still.
        """
        raise NotImplementedError

    def snapshot(self) -> bytes:
        """Levels and estimates as bytes; filters are run again from them. Inverse: `Generator.restore`."""
        raise NotImplementedError

    @classmethod
    def restore(cls, risk: Risk, factors: Sequence[Factor], data: bytes) -> "Generator":
        """The generator of a snapshot: the same scenarios, bit for bit."""
        raise NotImplementedError


def generated(risk: Risk, history: History, estimates: Mapping[str, Estimate]) -> Scenarios:
    """The scenarios after a whole history: what a `Generator` gives that was rolled through it."""
    raise NotImplementedError
