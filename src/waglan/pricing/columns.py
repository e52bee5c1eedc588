"""One position's profit and loss again, when a fill or an order changes its quantity; the book stays laid out.

A column is worked from the formula and not scaled from another quantity's, which would round twice: it has the bytes
that the whole book, revalued, would have there. A thousand scenarios take some 15 us.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from waglan.kernels.options import BASE, ROWS, UNITS, revalue
from waglan.pricing.layout import Line, bounded, laid, unit_values
from waglan.pricing.market import Market
from waglan.pricing.refusal import units_of
from waglan.pricing.scenarios import Scenarios, once

Ints = NDArray[np.int64]


class Columns:
    """Instruments laid out once, of any quantity. Raises BadValue as `revaluation.revalue` does.

    Not for two threads at once: it has one scratch.
    """

    def __init__(self, lines: Sequence[Line], market: Market, scenarios: Scenarios, home: str = "HKD") -> None:
        once("line", [line.instrument.name for line in lines])
        self.home = home
        self.instruments = tuple(line.instrument for line in lines)
        before, self._layout = laid(lines, market, scenarios, home)
        self._layout.terms[:, BASE] = unit_values(before)[:, 0] * before.crosses[before.index[:, 4], 0]
        self._scratch = np.empty((ROWS, len(scenarios.labels)))
        self._terms = np.empty((1, 5))

    def of(self, place: int, quantity: int) -> Ints:
        """Profit and loss int64 (S,), a fresh array, of a quantity of the instrument at a place."""
        it, terms = self._layout, self._terms
        terms[0] = it.terms[place]
        terms[0, UNITS] = units_of(self.instruments[place], quantity, self.home)
        out = np.empty((self._scratch.shape[1], 1), np.int64)
        revalue(
            it.index[place : place + 1], terms, it.spots, it.logs, it.rates, it.times, it.plus, it.crosses,
            self._scratch, out,
        )  # fmt: skip
        return bounded(out, it.names[place : place + 1])[:, 0]
