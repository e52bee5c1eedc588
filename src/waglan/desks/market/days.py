"""A market's days as events of a book: quotes, trades, the roll, a measure of the whole and of each book.

A day is a batch: the truths about the measures before it, its quotes, its trades at its closing levels, the roll, the
measures. Ids tell what they are: `2015-01-15 EUR/HKD`, `2015-01-15 roll`, `2015-01-15 measure`, `... measure majors`.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from waglan.desks.market.assumed import Trade
from waglan.pricing import Future, Line, Market, Quote, value
from waglan.pricing.instruments import Instrument
from waglan.risk.estimates import Estimate
from waglan.risk.universe import Universe
from waglan.schema.batch import Batch
from waglan.schema.recipe import Recipe, columns, kinds
from waglan.schema.risk import CHECK, ESTIMATE, QUOTE, REPRICE, ROLL
from waglan.schema.units import DAY_NS, MICRO, MINOR_DIGITS, NULL, BadValue, half_even

Ints = NDArray[np.int64]
Cells = dict[str, int | str]
Said = tuple[str, str, Cells]
"""An event before it has columns: id, kind, and what it says by column; words by their declared place."""

OUTCOME: Final = "outcome"
LOT: Final = MICRO
"""Units that a price is worked out on, so that whole cents of them tell it to a millionth."""


class Days:
    """Makes batches by a recipe; moves nothing."""

    def __init__(self, recipe: Recipe, universe: Universe, quotes: Sequence[str]) -> None:
        """quotes: names in the order of the levels. BadValue for a name that the recipe does not declare."""
        self.recipe, self.universe = recipe, universe
        self._columns: Final = list(columns(recipe))
        self._place: Final = {name: j for j, name in enumerate(self._columns)}
        self._codes: Final = {kind: code for code, kind in enumerate(kinds(recipe))}
        self._words: Final[dict[str, dict[str, int]]] = {
            name: {word: i for i, word in enumerate(column.values)}
            for name, column in columns(recipe).items()
            if column.values is not None
        }
        self.books: Final = tuple(self._words["book"])
        self._quotes: Final = [self._word(QUOTE, name) for name in quotes]
        self._names: Final = tuple(quotes)

    def batch(self, ts_ns: int, said: Sequence[Said]) -> Batch:
        """Events of one moment. BadValue for a word that the recipe does not declare."""
        values = np.full((len(said), len(self._columns)), NULL, np.int64)
        for row, (_, _, cells) in enumerate(said):
            for name, cell in cells.items():
                values[row, self._place[name]] = self._word(name, cell) if isinstance(cell, str) else cell
        kinds_of = np.array([self._codes[kind] for _, kind, _ in said], np.int8)
        return Batch([event_id for event_id, _, _ in said], kinds_of, np.full(len(said), ts_ns, np.int64), values,
                     {j: [] for j, column in enumerate(columns(self.recipe).values()) if column.entity})  # fmt: skip

    def quotes(self, day: date, levels: Ints) -> list[Said]:
        """One event for each quote."""
        pairs = zip(self._names, self._quotes, levels.tolist(), strict=True)
        return [(f"{day} {name}", QUOTE, {"quote": place, "level": level}) for name, place, level in pairs]

    def reprice(self, day: date) -> Said:
        """Quotes come in force, so that trades are marked at them and not at those of the day before."""
        return (f"{day} {REPRICE}", REPRICE, {})

    def roll(self, day: date) -> Said:
        """The end of a day."""
        return (f"{day} {ROLL}", ROLL, {})

    def measures(self, day: date) -> list[Said]:
        """Of the whole, then of each book."""
        return [(name, CHECK, cells) for name, cells in self._measured(day)]

    def outcomes(self, day: date, passed: Sequence[bool]) -> list[Said]:
        """The truth about the measures of a day, in their order: whether the next day's loss passed the VaR."""
        pairs = zip(self._measured(day), passed, strict=True)
        return [(f"{name}/{OUTCOME}", OUTCOME, cells | {OUTCOME: int(p)}) for (name, cells), p in pairs]

    def estimates(self, day: date, found: Sequence[Estimate]) -> list[Said]:
        """Parameters that a fit gave, from the next roll on."""
        return [
            (f"{day} {ESTIMATE} {one.factor}", ESTIMATE, {
                "factor": one.factor, "omega": one.omega_femto, "alpha": one.alpha_micro, "beta": one.beta_micro,
                "nu": one.nu_micro, "mean": one.mean_pico,
            })
            for one in found
        ]  # fmt: skip

    def fills(self, day: date, ts_ns: int, trades: Sequence[Trade], levels: Ints) -> Iterator[Said]:
        """Trades at their price, or at what one unit is worth at these levels."""
        for number, trade in enumerate(trades, 1):
            if trade.instrument not in self.universe.place:
                raise BadValue(f"a trade of {day} is in {trade.instrument!r}, which the universe does not hold")
            instrument = self.universe.instruments[self.universe.place[trade.instrument]]
            price = trade.price_micro
            if price is None:
                price = self._worth(instrument, ts_ns, levels)
            yield (f"{day} fill {number}", CHECK, {
                "stage": "fill", "book": trade.book, "trader": trade.trader, "counterparty": trade.counterparty,
                "instrument": trade.instrument, "quantity": trade.quantity, "price": price,
            })  # fmt: skip

    def _worth(self, instrument: Instrument, ts_ns: int, levels: Ints) -> int:
        """The price of one unit in its own currency, millionths; of a future the price it is quoted at."""
        if isinstance(instrument, Future):
            return int(levels[self._names.index(instrument.quote)])
        pairs = zip(self._names, levels.tolist(), strict=True)
        market = Market([Quote(name, level / MICRO, ts_ns) for name, level in pairs], ts_ns, DAY_NS)
        minor = int(value([Line(instrument, LOT)], market, instrument.currency).value_minor[0])
        return half_even(minor, 10 ** MINOR_DIGITS[instrument.currency] * getattr(instrument, "multiplier", 1))

    def _measured(self, day: date) -> list[tuple[str, Cells]]:
        by_book = [(f"{day} measure {book}", Cells(stage="measure", book=book)) for book in self.books]
        return [(f"{day} measure", Cells(stage="measure")), *by_book]

    def _word(self, column: str, word: str) -> int:
        place = self._words[column].get(word)
        if place is None:
            raise BadValue(f"{self.recipe.name}: the column {column} does not know {word!r}")
        return place
