"""A small market book for the tests of holdings: a recipe, a universe, and events as arrays."""

from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

from waglan.pricing import Equity, Forward, Future, FxSpot, Instrument, Option
from waglan.risk.holdings import Holdings
from waglan.risk.universe import RiskFactor, Universe
from waglan.schema.recipe import Column, Policy, Recipe, columns, kinds
from waglan.schema.risk import MOVING, Limit, Risk
from waglan.schema.units import DAY_NS, MICRO, NULL

Ints = NDArray[np.int64]

START_NS = 1_104_537_600 * 10**9 + 8 * 3600 * 10**9
"""2005-01-01, 08:00 UTC."""
HISTORY = 62
"""Days before anything is decided."""
EXPIRY_NS = START_NS + (HISTORY + 3) * DAY_NS - 3600 * 10**9
LATER_NS = START_NS + 400 * DAY_NS
INSTRUMENTS: tuple[Instrument, ...] = (
    Equity("BANK", "BANK", "HKD"),
    Equity("TECH US", "TECH US", "USD"),
    FxSpot("USD", "USD", "HKD"),
    Future("HSI M", "HSI M", "HKD", LATER_NS, 50),
    Future("ES M", "ES M", "USD", LATER_NS, 50),
    Option("BANK C60", "call", "equity", "BANK", "HKD", 60_000, LATER_NS, "BANK vol", "HKD 3m", multiplier=100),
    Option("BANK P60", "put", "equity", "BANK", "HKD", 60_000, EXPIRY_NS, "BANK vol", "HKD 3m", multiplier=100),
    Forward("USD 1y", "USD", "HKD", 78_000, LATER_NS, "HKD 3m", "USD 3m"),
)
LEVELS = {
    "BANK": 61.0, "BANK vol": 0.25, "ES M": 5000.0, "HKD 3m": 0.04, "HSI M": 20_000.0, "TECH US": 150.0, "USD 3m": 0.05,
    "USD/HKD": 7.8,
}  # fmt: skip
QUOTES = tuple(LEVELS)
SHARES = ("BANK", "ES M", "HSI M", "TECH US", "USD/HKD")
FACTORS = tuple(
    RiskFactor(name, "share" if name in SHARES else "amount", (name,), "fx" if "/" in name else "equity")
    for name in QUOTES
)
UNIVERSE = Universe(INSTRUMENTS, FACTORS, {"BANK": "BANK Ltd"})
NAMES = {
    "stage": ["order", "fill", "measure"], "book": ["equities", "currencies"], "trader": ["ann", "bob", "cai"],
    "counterparty": ["one", "two", "BANK Ltd"], "instrument": [it.name for it in INSTRUMENTS], "quote": list(QUOTES),
    "factor": list(QUOTES), "limit": ["es_book", "es_total", "name_25"],
}  # fmt: skip
LIMITS = [
    Limit(code="es_total", of="es_total", by="total", hard=10**9),
    Limit(code="es_book", of="es_book", by="book", hard=10**8),
    Limit(code="name_25", of="exposure_counterparty", by="counterparty", hard=10**8),
]


def recipe(**risk: object) -> Recipe:
    given: dict[str, object] = {"scenarios": 60, "age_max": "2d"} | risk
    columns = {
        "portfolio": Column(entity="portfolio", required=False),
        **{name: Column(values=values, required=False) for name, values in NAMES.items()},
        **{name: Column(integer=True, negative=True, required=False) for name in ("quantity", "omega", "mean")},
        **{name: Column(decimal=True, negative=True, required=False) for name in (
            "price", "level", "alpha", "beta", "nu",
        )},
        "amount": Column(money="HKD", required=False),
    }  # fmt: skip
    return Recipe(
        name="small", desk="market", purpose="a test", owner="nobody", review="2030-01-01", subject="portfolio",
        decide="check", observe=[*MOVING, "acknowledge"], columns=columns, features=[],
        policy=Policy(limits=LIMITS), risk=Risk(**given),  # type: ignore[arg-type]
    )  # fmt: skip


@dataclass
class Tape:
    """Events one after the other; a time is kept unless another is given."""

    recipe: Recipe
    ts_ns: int = START_NS
    codes: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    rows: list[list[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.column = {name: i for i, name in enumerate(columns(self.recipe))}
        self.kind = {name: i for i, name in enumerate(kinds(self.recipe))}

    def add(self, kind: str, **cells: str | int | None) -> "Tape":
        row = [NULL] * len(self.column)
        for name, value in cells.items():
            if value is not None:
                row[self.column[name]] = NAMES[name].index(value) if isinstance(value, str) else value
        self.codes.append(self.kind[kind])
        self.times.append(self.ts_ns)
        self.rows.append(row)
        self.ts_ns += 10**9
        return self

    def quotes(self, levels: dict[str, float]) -> "Tape":
        for name, level in levels.items():
            self.add("quote", quote=name, level=round(level * MICRO))
        return self

    def check(
        self, stage: str, book: str | None = None, instrument: str | None = None, quantity: int | None = None,
        price: float | None = None, trader: str | None = None, counterparty: str | None = None,
    ) -> "Tape":  # fmt: skip
        at = None if price is None else round(price * MICRO)
        return self.add(
            "check", stage=stage, book=book, instrument=instrument, quantity=quantity, price=at, trader=trader,
            counterparty=counterparty,
        )  # fmt: skip

    def __repr__(self) -> str:
        kind, told = kinds(self.recipe), []
        for code, ts, row in zip(self.codes, self.times, self.rows, strict=True):
            cells = {n: NAMES[n][row[i]] if n in NAMES else row[i] for n, i in self.column.items() if row[i] != NULL}
            told.append(f"{(ts - START_NS) / DAY_NS:.3f} {kind[code]} {cells}")
        return "\n".join(told)

    def arrays(self) -> tuple[NDArray[np.int8], Ints, Ints]:
        return np.array(self.codes, np.int8), np.array(self.times, np.int64), np.array(self.rows, np.int64)


def levels(day: int, seed: int = 0) -> dict[str, float]:
    """Seeded levels of a day."""
    walk = np.random.default_rng([seed, 7]).standard_normal((day + 1, len(QUOTES))).sum(axis=0)
    out = {}
    for k, (name, level) in enumerate(LEVELS.items()):
        size = {"USD/HKD": 0.0004, "HKD 3m": 0.0005, "USD 3m": 0.0005, "BANK vol": 0.003}.get(name, 0.01)
        out[name] = (
            level * float(np.exp(size * walk[k])) if name in SHARES else max(level + size * float(walk[k]), 0.01)
        )
    return out


def history(tape: Tape, days: int = HISTORY, seed: int = 0) -> Tape:
    """Whole days of quotes and rolls, one a day."""
    first = -(-(tape.ts_ns - START_NS) // DAY_NS)
    for day in range(first, first + days):
        tape.ts_ns = START_NS + day * DAY_NS
        tape.quotes(levels(day, seed)).add("roll")
    return tape


@cache
def warmed(method: str) -> tuple[Tape, bytes]:
    """A history that was observed, and the state after it."""
    tape = history(Tape(recipe(method=method)))
    holdings = Holdings(tape.recipe, UNIVERSE)
    holdings.step(*tape.arrays())
    return tape, holdings.snapshot()


def begun(method: str = "historical") -> tuple[Tape, Holdings]:
    """A tape without events behind a history, and holdings that saw it."""
    tape, state = warmed(method)
    return Tape(tape.recipe, tape.ts_ns), Holdings.restore(tape.recipe, UNIVERSE, state)


def told(holdings: Holdings, row: Ints) -> dict[str, int]:
    return {name: int(cell) for name, cell in zip(holdings.columns, row, strict=True) if cell != NULL}
