"""The past again, day by day through a book: what the desk would have measured, with other models in shadow.

Days before the first decided one are history. On the first day of each year the GARCH parameters are fitted on the days
up to the one before and come in as events; a day is then its quotes, its trades, the roll, a measure of the whole and
of each book, and with the next day's measures the truth about them. Nothing sees a day after its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from waglan.book import Book
from waglan.desks.market.assumed import Assumed, Trade, levels_of, with_stand_ins
from waglan.desks.market.days import Days, Said
from waglan.desks.market.fx import close_ns
from waglan.desks.market.rates import Rates
from waglan.engine.judge import Judge
from waglan.engine.state import MarketState
from waglan.policy.limits import EXCEPTION
from waglan.risk.columns import names
from waglan.risk.estimates import fit
from waglan.risk.history import History
from waglan.risk.portfolio import Portfolio
from waglan.schema.batch import Batch
from waglan.schema.recipe import Recipe, read_recipe
from waglan.schema.units import MICRO, NULL, BadValue

Ints = NDArray[np.int64]
Progress = Callable[[int], None]

WHOSE: Final = ("book", "trader", "counterparty", "instrument")
"""Columns of a trade whose values the recipe declares."""
COMMIT_DAYS: Final = 50
"""Days that are promised together: a sync for each would be most of the time."""


@dataclass(frozen=True)
class Past:
    """Days in order, levels of the recipe's quotes in millionths (days, quotes), the trades of each day.

    first: place of the first day that is decided.
    """

    days: tuple[date, ...]
    quotes: tuple[str, ...]
    levels: Ints
    trades: Mapping[date, Sequence[Trade]]
    first: int


@dataclass
class Passed:
    """What a run leaves beside the book. totals: digest -> scenario totals after each measured day, for `forecasts`.

    refused: codes of refused events and how many; kept: factors that kept their parameters, with the reason.
    """

    days: int = 0
    fits: int = 0
    estimates: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    totals: dict[str, Ints] = field(default_factory=dict)


def prepared(
    rates: Rates, assumed: Assumed, trades: Sequence[Trade], recipe: Recipe, first: date, last: date | None = None
) -> Past:
    """The days of a recipe's quotes, from the first that has all of them. BadValue for a first day without a past, and
    for a trade on a day without levels."""
    quotes = names(recipe, "quote")
    rates = with_stand_ins(rates, assumed).since(None, last)
    levels = levels_of(rates, assumed, quotes)
    start = int(np.argmax((levels != NULL).all(axis=1)))
    days, levels = rates.days[start:], np.ascontiguousarray(levels[start:])
    begins = next((i for i, day in enumerate(days) if day >= first), len(days))
    if not 0 < begins < len(days):
        raise BadValue(f"the first day that is decided comes after {days[0]}, by {days[-1]} at the latest; was {first}")
    by_day: dict[date, list[Trade]] = {}
    known = {column: names(recipe, column) for column in WHOSE}
    for row, trade in enumerate(trades, 1):
        for column, there in known.items():
            if getattr(trade, column) not in there:
                raise BadValue(f"trades: row {row}: {recipe.name} knows no {column} {getattr(trade, column)!r}")
        if trade.day <= days[-1]:
            by_day.setdefault(trade.day, []).append(trade)
            if trade.day not in days[begins:]:
                said = f"{trade.instrument} on {trade.day}, which is no day of rates from {days[begins]} on"
                raise BadValue(f"trades: row {row}: {said}")
    return Past(days, quotes, levels, by_day, begins)


def passed(book: Book, past: Past, step: Progress) -> Passed:
    """Run the days through a new book, opened with its shadows; `step` is told of each day."""
    run = _Run(book, past)
    run.warm()
    for place in range(past.first, len(past.days)):
        run.day(place)
        if run.out.days % COMMIT_DAYS == 0:
            book.engine.commit()
        step(1)
    book.engine.commit()
    run.out.totals = {digest: np.array(rows, np.int64) for digest, rows in run.rows.items()}
    return run.out


class _Run:
    """One book on its way: the days so far, and what is known of the last measures."""

    def __init__(self, book: Book, past: Past) -> None:
        model = book.engine.judge.model
        assert isinstance(model, Portfolio), "a market book's model"
        self.book, self.past = book, past
        self.days: Final = Days(book.recipe, model.universe, past.quotes)
        self.out: Final = Passed()
        self.rows: Final[dict[str, list[Ints]]] = {judge.digest.hex(): [] for judge in self._judges()}
        self._history: Final = History(model.universe.moving())
        self._series: Final = [past.quotes.index(factor.series) for factor in model.universe.factors]
        self._before: date | None = None

    def warm(self) -> None:
        """History: quotes and rolls up to the first day that is decided."""
        said = [self._closed(place) for place in range(self.past.first)]
        parts = [self.days.batch(close_ns(self.past.days[i]), day) for i, day in enumerate(said)]
        self.book.warm(joined(parts))

    def day(self, place: int) -> None:
        """One day, decided."""
        day, past, days = self.past.days[place], self.past, self.days
        ts_ns = close_ns(day)
        said: list[Said] = []
        if place == past.first or day.year > past.days[place - 1].year:
            said += self._fitted(day)
        said += days.quotes(day, past.levels[place])
        if day in past.trades:
            said += [days.reprice(day), *days.fills(day, ts_ns, past.trades[day], past.levels[place])]
        said.append(days.roll(day))
        measures = days.measures(day)
        answers = self.book.engine.decide(days.batch(ts_ns, [*said, *measures]))
        for answer in answers:
            if answer.refusal is not None:
                self.out.refused[answer.refusal] = self.out.refused.get(answer.refusal, 0) + 1
        if self._before is not None:
            passed = [EXCEPTION in answer.reasons for answer in answers[-len(measures) :]]
            self.book.engine.decide(days.batch(ts_ns, days.outcomes(self._before, passed)))
        for judge in self._judges():
            assert isinstance(judge.windows, MarketState), "a market book's state"
            self.rows[judge.digest.hex()].append(judge.windows.holdings.totals().copy())
        self._keep(place)
        self._before = day
        self.out.days += 1

    def _closed(self, place: int) -> list[Said]:
        """A day of history."""
        self._keep(place)
        day = self.past.days[place]
        return [*self.days.quotes(day, self.past.levels[place]), self.days.roll(day)]

    def _keep(self, place: int) -> None:
        self._history.append(close_ns(self.past.days[place]), self.past.levels[place][self._series] / MICRO)

    def _fitted(self, day: date) -> list[Said]:
        """Parameters from the days up to yesterday."""
        found = fit(self._history)
        self.out.fits += 1
        self.out.estimates += len(found.estimates)
        self.out.kept += [f"{day.year}: {factor}: {why}" for factor, why in found.kept.items()]
        return self.days.estimates(day, found.estimates)

    def _judges(self) -> tuple[Judge, ...]:
        return (self.book.engine.judge, *self.book.engine.shadows)


def joined(parts: Sequence[Batch]) -> Batch:
    """Batches of one recipe without people in them, one behind the other."""
    return Batch(
        [event_id for part in parts for event_id in part.ids],
        np.concatenate([part.kinds for part in parts]),
        np.concatenate([part.ts_ns for part in parts]),
        np.concatenate([part.values for part in parts]),
        parts[0].names,
    )


def with_method(recipe_bytes: bytes, method: str) -> bytes:
    """The same recipe with another method and its name behind the recipe's own, for a shadow.

    BadValue unless the file has one line `name = ...` and one `method = ...` to change, and nothing else changes.
    """
    before = read_recipe(recipe_bytes)
    if before.risk is None:
        raise BadValue(f"{before.name}: it measures no risk, so it has no method")
    data = recipe_bytes
    for old, new in (
        (f'name = "{before.name}"', f'name = "{before.name}-{method}"'),
        (f'method = "{before.risk.method}"', f'method = "{method}"'),
    ):
        if data.count(old.encode()) != 1:
            raise BadValue(
                f"{before.name}: the line {old} was expected once, it is there {data.count(old.encode())} times"
            )
        data = data.replace(old.encode(), new.encode())
    after = read_recipe(data)
    wanted = msgspec.structs.replace(
        before, name=f"{before.name}-{method}", risk=msgspec.structs.replace(before.risk, method=method)
    )
    assert after == wanted, "name and method alone were changed"
    return data
