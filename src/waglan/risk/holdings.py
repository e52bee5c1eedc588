"""The moving state of a market book: what is held by whom, what it is worth, what it gains in each scenario.

Integers throughout: quantities, and per unit of each instrument worth, greeks and scenario P&L in `scale`-ths of a
minor unit. Floats are inside repricing alone, which is the same to the bit on every machine.
"""

import numpy as np
from numpy.typing import NDArray

from waglan.pricing import Market, Scenarios
from waglan.risk.columns import risk_columns
from waglan.risk.universe import Universe
from waglan.schema.recipe import Recipe

Ints = NDArray[np.int64]
Codes = NDArray[np.int8]


class Holdings:
    """Positions, prices and scenarios, moved by each event once, in log order.

    Status of a row: 0, or the sum of 2 (a quantity, price or total reaches its bound), 8, 16 and 32 (`schema.risk`).
    An event refused for it moves nothing and its row is NULL throughout, as is that of an event that is not decided.
    """

    def __init__(self, recipe: Recipe, universe: Universe) -> None:
        self.recipe, self.universe = recipe, universe
        self.columns: tuple[str, ...] = risk_columns(recipe)
        """Names of a row's cells."""

    def step(self, codes: Codes, ts_ns: Ints, values: Ints) -> tuple[Ints, Codes]:
        """Move by n events: rows, int64 (n, k); status, int8 (n,). codes and values as the windows take them."""
        raise NotImplementedError

    def step_one(self, code: int, ts_ns: int, values_row: Ints) -> tuple[Ints, int]:
        """Move by one event: its row (a buffer that the next call overwrites) and its status."""
        raise NotImplementedError

    def snapshot(self) -> bytes:
        """The state as bytes, bound to recipe and universe by a digest. Inverse: `restore`."""
        raise NotImplementedError

    @classmethod
    def restore(cls, recipe: Recipe, universe: Universe, data: bytes) -> "Holdings":
        """The state in a snapshot's bytes. Raises BadValue for bytes of another recipe or universe, or damaged ones."""
        raise NotImplementedError

    @property
    def scenarios(self) -> Scenarios:
        """Tomorrow's scenarios as made at the last roll. Raises BadValue before there are any."""
        raise NotImplementedError

    def market(self) -> Market:
        """The quotes that everything is priced from: those in force at the latest reprice or roll."""
        raise NotImplementedError

    @property
    def unit_pnl(self) -> Ints:
        """What one unit of each instrument gains in each scenario, int64 (S, instruments), in scale-ths."""
        raise NotImplementedError

    def quantities(self, scope: str = "total", key: str | None = None) -> Ints:
        """What is held, int64 (instruments,), by scope "total", "book", "trader" or "counterparty"."""
        raise NotImplementedError

    def totals(self, scope: str = "total", key: str | None = None) -> Ints:
        """P&L in each scenario, int64 (S,), in scale-ths, by scope."""
        raise NotImplementedError
