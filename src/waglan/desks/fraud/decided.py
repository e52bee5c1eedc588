"""The decisions of a book in log order, opened: what every figure of the report is counted from."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from waglan.book import Book
from waglan.engine.replay import matrix
from waglan.engine.training import money_column
from waglan.ledger.entry import DECISION, SHADOW
from waglan.schema.recipe import columns
from waglan.schema.records import Decision, decode_decision

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Decided:
    """The decisions of a book in log order, opened, with what is known to be true of them.

    shadows: a challenger's sealed score by event id, where one ran.
    """

    book: Book
    decisions: list[Decision]
    positions: list[int]
    shadows: dict[str, int]
    truth: Mapping[str, str]

    @classmethod
    def of(cls, book: Book, truth: Mapping[str, str]) -> "Decided":
        book.engine.commit()
        decisions, positions, shadows = [], [], {}
        for row in book.engine.store.readable():
            if row.kind == DECISION:
                decisions.append(decode_decision(row.record))
                positions.append(row.position)
            elif row.kind == SHADOW:
                shadow = decode_decision(row.record)
                shadows[shadow.event.id] = shadow.score_micro
        return cls(book, decisions, positions, shadows, truth)

    @cached_property
    def names(self) -> list[str]:
        return list(columns(self.book.recipe))

    @cached_property
    def fraud(self) -> list[str | None]:
        return [self.truth.get(d.event.id) for d in self.decisions]

    @cached_property
    def verbs(self) -> list[str]:
        return [d.actions[0].verb for d in self.decisions]

    @cached_property
    def rows(self) -> Ints:
        """The sealed rows as the model sees them, int64 (n, model features)."""
        judge = self.book.engine.judge
        use = [judge.names.index(name) for name in judge.model.features]
        return np.ascontiguousarray(matrix([d.row for d in self.decisions])[:, use])

    @cached_property
    def scores(self) -> Ints:
        return np.array([d.score_micro for d in self.decisions], np.int64)

    @cached_property
    def money(self) -> str:
        """The column that sums are made of: the first money column of one currency."""
        return self.names[money_column(self.book.recipe)]

    @cached_property
    def currency(self) -> str:
        return self.book.recipe.columns[self.money].money or ""

    def value(self, decision: Decision, name: str) -> int | None:
        return decision.event.values[self.names.index(name)] if name in self.names else None

    def amount(self, decision: Decision) -> int:
        return self.value(decision, self.money) or 0

    def word(self, decision: Decision, name: str) -> str:
        place = self.value(decision, name)
        listed = (self.book.recipe.columns[name].values or []) if name in self.names else []
        return "" if place is None else listed[place] if place < len(listed) else "other"
