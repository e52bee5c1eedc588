"""The model of a market book: its file is the universe, its score the book's expected shortfall, its parts the books'.

The row tells already what each book gives to the whole, apportioned to whole cents, so the model only adds up: a replay
from sealed rows needs no price. What a score counts is cents and not millionths.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from waglan.risk.columns import names
from waglan.risk.declared import check_risk
from waglan.risk.universe import Universe, read_universe
from waglan.schema.recipe import Recipe
from waglan.schema.risk import PART
from waglan.schema.units import BadValue

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Portfolio:
    """A universe with the recipe's books. Rows are int64 (n, books), what each gives to ES, in cents."""

    universe: Universe
    data: bytes
    features: tuple[str, ...]
    """`es_part_<book>` of each book, in the recipe's order."""

    @classmethod
    def read(cls, data: bytes, recipe: Recipe, where: str = "model") -> "Portfolio":
        """From a file's bytes. Raises BadValue for no universe, or one that the recipe's names do not fit."""
        check_risk(recipe)
        universe = read_universe(data, where)
        _fits(recipe, universe, where)
        return cls(universe, data, tuple(f"{PART}{book}" for book in names(recipe, "book")))

    @classmethod
    def open(cls, path: Path, recipe: Recipe) -> "Portfolio":
        """From a file."""
        try:
            return cls.read(path.read_bytes(), recipe, str(path))
        except OSError as error:
            raise BadValue(f"{path}: {error.strerror}") from None

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the file."""
        return hashlib.sha256(self.data).digest()

    @cached_property
    def terms(self) -> tuple[tuple[str, ...], ...]:
        """One for each book; the bias behind them is nothing."""
        return tuple((name,) for name in self.features)

    def score(self, rows: Ints) -> Ints:
        """ES of the whole in cents, (n,)."""
        return np.asarray(rows.sum(axis=1), np.int64)

    def score_one(self, row: Ints) -> int:
        """ES of the whole in cents."""
        return int(row.sum())

    def parts(self, rows: Ints) -> Ints:
        """What each book gives, (n, books + 1), bias last."""
        return np.concatenate([rows, np.zeros((len(rows), 1), np.int64)], axis=1)

    def parts_one(self, row: Ints) -> list[int]:
        """As `parts`, for one row."""
        return [*row.tolist(), 0]

    def probability(self, score_micro: int) -> None:
        """An expected shortfall is no chance."""
        return


def _fits(recipe: Recipe, universe: Universe, where: str) -> None:
    """Raises BadValue where the recipe names what the universe does not hold, or the other way round."""
    instruments = names(recipe, "instrument")
    _among(where, "instrument", instruments, universe.place, "the universe has no such instrument")
    _among(where, "instrument", tuple(universe.place), instruments, "the recipe does not declare it")
    factors = tuple(factor.name for factor in universe.factors)
    _among(where, "quote", universe.quotes, names(recipe, "quote"), "the recipe does not declare it")
    if "factor" in recipe.columns:
        _among(where, "factor", factors, names(recipe, "factor"), "the recipe does not declare it")
    if universe.issuers:
        issuers = tuple(universe.issuers.values())
        _among(where, "issuer", issuers, names(recipe, "counterparty"), "the recipe has no such counterparty")


def _among(where: str, what: str, found: Sequence[str], known: Sequence[str] | dict[str, int], why: str) -> None:
    for name in found:
        if name not in known:
            raise BadValue(f"{where}: {what} {name!r}: {why}")
