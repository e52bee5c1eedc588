"""Positions and scenarios of a small book, as `Holdings` answers for them, out of plain arrays."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tests.pricing.books import BOOK, FACTORS, market, scenarios
from waglan.pricing import Line, Market, Scenarios, revalue
from waglan.risk.universe import RiskFactor, Universe
from waglan.schema.recipe import Column, Recipe
from waglan.schema.risk import Risk

Ints = NDArray[np.int64]
KINDS = ("equity", "equity", "fx", "fx", "fx", "rate", "volatility", "volatility")
HORIZONS = (10, 20, 10, 10, 10, 10, 40, 60)
MOVING = tuple(
    RiskFactor(factor.name, factor.how, factor.quotes, kind, days)  # type: ignore[arg-type]
    for factor, kind, days in zip(FACTORS, KINDS, HORIZONS, strict=True)
)
UNIVERSE = Universe(tuple(line.instrument for line in BOOK), MOVING, scale=1)
BOOKS, TRADERS, COUNTERPARTIES = ("equities", "currencies"), ("ann", "bob", "cai"), ("one bank", "another")


def recipe(**risk: object) -> Recipe:
    columns = {
        "portfolio": Column(entity="portfolio", required=False),
        **{name: Column(values=list(values), required=False) for name, values in (
            ("book", BOOKS), ("trader", TRADERS), ("counterparty", COUNTERPARTIES),
        )},
    }  # fmt: skip
    return Recipe(
        name="small", desk="market", purpose="a test", owner="nobody", review="2030-01-01", subject="portfolio",
        columns=columns, features=[], risk=Risk(**risk),  # type: ignore[arg-type]
    )  # fmt: skip


@dataclass
class Small:
    """Each position lies with a book, a trader and a counterparty by its place; the last trader holds nothing."""

    scenarios: Scenarios = field(default_factory=lambda: scenarios(200))
    lines: list[Line] = field(default_factory=lambda: list(BOOK))
    recipe: Recipe = field(default_factory=recipe)
    universe: Universe = UNIVERSE
    codes: dict[str, list[int]] = field(default_factory=lambda: {
        "book": [i // 6 for i in range(11)], "trader": [i % 2 for i in range(11)],
        "counterparty": [i % 3 for i in range(11)],
    })  # fmt: skip

    def market(self) -> Market:
        return market()

    @cached_property
    def unit_pnl(self) -> Ints:
        ones = [Line(line.instrument, 1) for line in self.lines]
        return revalue(ones, market(), self.scenarios).pnl_minor

    def quantities(self, scope: str = "total", key: str | None = None) -> Ints:
        held = np.array([line.quantity for line in self.lines], np.int64)
        if scope == "total":
            return held
        named = {"book": BOOKS, "trader": TRADERS, "counterparty": COUNTERPARTIES}[scope]
        return np.asarray(held * (np.array(self.codes[scope]) == named.index(key or "")), np.int64)
