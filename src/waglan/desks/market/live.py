"""The live days, lived with a book: fills come of orders that were let through, and people act on what the book says.

A step's orders are answered before its first fill, so a stretch that ends there needs no look ahead. What expires is
closed at what is then held. Every evening the last measures get their truth: whether the day's loss passed their VaR.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
import pyarrow as pa

from waglan.book import Book
from waglan.desks.market.traders import Key, Trade
from waglan.desks.market.world import World
from waglan.engine.answer import Answer
from waglan.engine.state import MarketState
from waglan.intake import from_table
from waglan.measures.chance import Ints
from waglan.schema.batch import Batch
from waglan.schema.recipe import columns
from waglan.schema.units import SECOND_NS

REFUSED: Final = "hard"
EXCEPTION: Final = "exception"
TRUTH_NS: Final = 30 * SECOND_NS
"""Behind the evening's measures."""


class Watch(Protocol):
    """Whoever watches limits: told of every stretch, and of the moment before which anything may be done about it."""

    def look(self, answers: list[Answer], now_ns: int, until_ns: int) -> None: ...


@dataclass
class Lived:
    """What was answered, and what did not come because an order was not let through."""

    answers: dict[str, Answer] = field(default_factory=dict)
    events: int = 0
    withheld: int = 0
    exceptions: int = 0
    evenings: int = 0
    totals: dict[str, list[Ints]] = field(default_factory=dict)
    """Digest of each judge, in hex -> what all positions would gain in each scenario: at first, then every evening."""

    def by_verb(self, letter: str) -> dict[str, int]:
        """How many orders (O), fills (F) or measures (M) got each verb."""
        verbs = [a.verb or f"refused: {a.refusal}" for name, a in self.answers.items() if name[0] == letter]
        return {verb: verbs.count(verb) for verb in sorted(set(verbs))}


class Floor:
    """One book on its way through the live days. `batch`: all events of the world by the book's recipe."""

    def __init__(self, book: Book, world: World, batch: Batch, watch: Watch | None = None) -> None:
        self.book, self.world, self.batch, self.watch = book, world, batch, watch
        self.lived = Lived()
        self._fills: Final = {t.id: t for t in world.trades if t.stage == "fill"}
        self._evening: Final = {m.id: m for m in world.measures if m.evening}
        self._before: dict[str, str] = {}
        self._held: dict[Key, int] = {}
        self._quantity: Final = list(columns(book.recipe)).index("quantity")
        for trade in self._fills.values():
            if trade.ts_ns < world.live_ns:
                self._hold(trade, trade.quantity)

    def run(self, progress: Callable[[int], None] | None = None) -> Lived:
        """Every live event in order; those of history were observed. progress: is told of events."""
        start = int(np.searchsorted(self.batch.ts_ns, self.world.live_ns))
        for stop in self._stops(start):
            rows = [i for i in range(start, stop) if self._happens(i)]
            self.lived.withheld += stop - start - len(rows)
            answers = self.book.run(self.batch.take(np.array(rows, np.int64)))
            self._answered(answers, rows)
            self.lived.events += len(rows)
            if not self.lived.totals:
                self._totals()
            self._told(answers, int(self.batch.ts_ns[stop - 1]))
            if self.watch is not None:
                until = int(self.batch.ts_ns[stop]) if stop < len(self.batch) else int(self.batch.ts_ns[-1]) + 10**12
                self.watch.look(answers, int(self.batch.ts_ns[stop - 1]), until)
            if progress:
                progress(stop - start)
            start = stop
        return self.lived

    def _stops(self, start: int) -> Iterator[int]:
        """Where a stretch ends: before fills that follow something else, and behind the measures of an evening."""
        ids = self.batch.ids
        for i in range(start + 1, len(ids)):
            fills = ids[i][0] == "F" and ids[i - 1][0] != "F"
            if fills or (ids[i - 1] in self._evening and ids[i] not in self._evening):
                yield i
        yield len(ids)

    def _happens(self, row: int) -> bool:
        """Whether an event comes; a settlement closes what is held, if anything is."""
        fill = self._fills.get(self.batch.ids[row])
        if fill is None:
            return True
        if fill.settled:
            self.batch.values[row, self._quantity] = -self._held.get(fill.key, 0)
            return bool(self._held.get(fill.key, 0))
        return not fill.ordered or self._let_through(f"O{fill.number:07d}")

    def _answered(self, answers: list[Answer], rows: list[int]) -> None:
        """Keep the answers; a fill that the book could not take is not held."""
        for answer, row in zip(answers, rows, strict=True):
            if answer.id[0] in "OFM":
                self.lived.answers[answer.id] = answer
            fill = self._fills.get(answer.id)
            if fill is not None and answer.refusal is None:
                self._hold(fill, int(self.batch.values[row, self._quantity]))

    def _let_through(self, order: str) -> bool:
        verb = self.lived.answers[order].verb
        return verb is not None and verb != REFUSED

    def _hold(self, trade: Trade, quantity: int) -> None:
        self._held[trade.key] = self._held.get(trade.key, 0) + quantity

    def _told(self, answers: list[Answer], now_ns: int) -> None:
        """The truth of the measures of the evening before, as events."""
        evening = [(self._evening[a.id], a) for a in answers if a.id in self._evening]
        if not evening:
            return
        self.lived.evenings += 1
        self._totals()
        truths = [(self._before[m.book], EXCEPTION in a.reasons) for m, a in evening if m.book in self._before]
        if truths:
            rows = {
                "id": [f"{name}/outcome" for name, _ in truths], "kind": ["outcome"] * len(truths),
                "ts_ns": [now_ns + TRUTH_NS] * len(truths), "outcome": [passed for _, passed in truths],
                "stage": pa.array([None] * len(truths), pa.string()),
            }  # fmt: skip
            self.book.run(from_table(pa.table(rows), self.book.recipe))
        self.lived.exceptions += sum(EXCEPTION in a.reasons for m, a in evening if not m.book)
        self._before = {m.book: m.id for m, _ in evening}

    def _totals(self) -> None:
        for judge in (self.book.engine.judge, *self.book.engine.shadows):
            assert isinstance(judge.windows, MarketState), "a market book's state"
            self.lived.totals.setdefault(judge.digest.hex(), []).append(judge.windows.holdings.totals().copy())
