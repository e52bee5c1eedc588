"""Where holdings find in an event what they read, and which row of the state each name has."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from waglan.risk.columns import names
from waglan.risk.universe import Universe
from waglan.schema.recipe import Recipe, columns, kinds
from waglan.schema.risk import COLUMNS, MOVING, SCOPES
from waglan.schema.units import BadValue

Ints = NDArray[np.int64]

CHECKED: Final = ("stage", "book", "trader", "counterparty", "instrument", "quantity", "price")
"""Columns of a checked event, in the order of `kernels.holdings`."""
NOTHING: Final = -1
"""Class of a kind that moves no holdings; 0 is the checked kind, the others are 1 + their place in MOVING."""


class Places:
    """A recipe's names as numbers. Raises BadValue for a recipe that lacks a column which every market book has."""

    def __init__(self, recipe: Recipe, universe: Universe) -> None:
        named = list(columns(recipe))
        missing = [column for column in (*CHECKED, "quote", "level") if column not in named]
        if missing:
            raise BadValue(f"a market book's recipe has a column {missing[0]!r}")
        self.width: Final = len(named)
        self.column: Final[dict[str, int]] = {name: named.index(name) for name in COLUMNS if name in named}
        self.at: Final = np.array([self.column[name] for name in CHECKED], np.int64)
        moving = [1 + MOVING.index(kind) if kind in MOVING else NOTHING for kind in kinds(recipe)[1:]]
        self.classes: Final = np.array([0, *moving, NOTHING], np.int8)
        """By kind's code; the last is that of a refused row, code -1."""
        self.keys: Final[dict[str, tuple[str, ...]]] = {
            "total": ("",), **{scope: names(recipe, scope) for scope in SCOPES[1:]}
        }  # fmt: skip
        """What there is of each scope, in order."""
        self.instruments: Final = np.array([universe.place.get(n, -1) for n in names(recipe, "instrument")], np.int64)
        self.factors: Final = tuple(recipe.columns["factor"].values or ()) if "factor" in recipe.columns else ()
        self.limits: Final = self._limits(recipe)
        counterparty = {name: c for c, name in enumerate(self.keys["counterparty"])}
        wrong = [name for name in universe.issuers.values() if name not in counterparty]
        if wrong:
            raise BadValue(f"the column `counterparty` has no category {wrong[0]!r}, which is an issuer")
        issuers = [universe.issuers.get(it.name) for it in universe.instruments]
        self.issuers: Final = np.array([-1 if of is None else counterparty[of] for of in issuers], np.int64)

    def _limits(self, recipe: Recipe) -> tuple[int, ...]:
        """Category of the column `limit` -> place of the limit in the policy, -1 for none."""
        given = recipe.columns.get("limit")
        codes = [limit.code for limit in recipe.policy.limits]
        return tuple(codes.index(code) if code in codes else -1 for code in (given.values or () if given else ()))

    def row(self, scope: str, key: str | None) -> int:
        """Row of a scope: of the totals for the whole, a book or a trader, of exposures for a counterparty.

        Raises BadValue for a scope or name that is not there.
        """
        if scope not in self.keys:
            raise BadValue(f"a scope is one of {', '.join(SCOPES)}, it was {scope!r}")
        if scope == "total":
            return 0
        known = self.keys[scope]
        if key not in known:
            raise BadValue(f"there is no {scope} {key!r}")
        first = {"book": 1, "trader": 1 + len(self.keys["book"]), "counterparty": 0}[scope]
        return first + known.index(key)
