"""What a market book's sealed rows say of each day: the P&L that came, and the VaR and ES that were stated before.

A `measure` holds both for the day that was rolled last, for the total or for one book; a shadow's record of the same
event holds its own. The first measure behind a roll counts, later ones of that day repeat it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from waglan.book import Book
from waglan.engine.judge import Judge
from waglan.ledger.entry import DECISION, OBSERVATION, SHADOW
from waglan.risk.columns import names
from waglan.risk.history import date
from waglan.risk.portfolio import Portfolio
from waglan.schema.recipe import columns
from waglan.schema.records import decode_decision, decode_observation
from waglan.schema.risk import DAY, MEASURE, ROLL
from waglan.schema.units import NULL, BadValue
from waglan.store.vault import ERASED

Ints = NDArray[np.int64]

VAR: Final = DAY.index("var_forecast")
ES: Final = DAY.index("es_forecast")


@dataclass(frozen=True)
class Forecasts:
    """What one model said of one scope and what came, day by day in order; int64 (T,), NULL where there is none.

    var and es were made the day before, losses positive. scenarios: (T, n) the P&Ls that they were made from, in any
    whole unit that all days share with `scale` of them to a minor unit, NULL on days that have none; or None.
    """

    name: str
    method: str
    digest: str
    champion: bool
    scope: str
    ts_ns: Ints
    hypothetical: Ints
    theoretical: Ints
    actual: Ints
    var: Ints
    es: Ints
    scenarios: Ints | None = None
    scale: int = 1


Key = tuple[bytes, str]
"""A model's digest and a book; the whole is a book without a name."""


@dataclass
class _Days:
    """What was read of one model and scope: the day's place among all rolls, and the cells of its first measure."""

    rolls: list[int]
    ts_ns: list[int]
    cells: list[list[int]]


def forecasts(book: Book, scenarios: Mapping[str, Ints] | None = None) -> list[Forecasts]:
    """Champion, shadows in order, over the whole; then the champion over each book. Read from sealed rows.

    scenarios: digest (hex) -> (days, n) int64, what the whole would gain in each scenario, in scale-ths of a minor
    unit: `Holdings.totals()` after the first measure of the whole behind each roll, in order. That of a day makes the
    forecast of the next. A roll that was never measured is a day without P&L. BadValue for a book that has no risk, or
    whose measures have no forecast yet; a scope that never held anything is left out.
    """
    risk = book.recipe.risk
    if risk is None:
        raise BadValue(f"{book.path}: a market book was expected, the recipe {book.recipe.name} measures no risk")
    book.engine.commit()
    judges = {judge.digest: judge for judge in (book.engine.judge, *book.engine.shadows)}
    read = _read(book, judges)
    found = []
    for place, (digest, judge) in enumerate(judges.items()):
        assert judge.recipe.risk is not None, "a shadow reads the same events"
        for scope in ("", *names(judge.recipe, "book")) if place == 0 else ("",):
            if (days := read.get((digest, scope))) is None:
                continue
            given = None if scope or scenarios is None else scenarios.get(digest.hex())
            if (one := _forecast(judge, scope, days, given, place == 0)) is not None:
                found.append(one)
    if not any(not one.scope for one in found):
        raise BadValue(f"{book.path}: measures with a forecast of the day before were expected, there are none")
    return sorted(found, key=lambda one: bool(one.scope))


def _read(book: Book, judges: Mapping[bytes, Judge]) -> dict[Key, _Days]:
    """The first measure of each scope behind each roll, in one pass over the records."""
    at = {digest: [judge.names.index(name) for name in DAY] for digest, judge in judges.items()}
    named = list(columns(book.recipe))
    stage, of_book, words = named.index("stage"), named.index("book"), names(book.recipe, "book")
    trader = named.index("trader")
    found: dict[Key, _Days] = {}
    rolls, now_ns, day = 0, 0, ""
    for row in book.engine.store.range(0, book.engine.store.size):
        if row.form == ERASED:
            continue
        if row.kind == OBSERVATION:
            event = decode_observation(row.record).event
            now_ns = max(now_ns, event.ts_ns)
            if event.kind == ROLL and (new := date(now_ns)) > day:  # a day ends once, as holdings have it
                rolls, day = rolls + 1, new
        elif row.kind in (DECISION, SHADOW):
            decision = decode_decision(row.record)
            values = decision.event.values
            now_ns = max(now_ns, decision.event.ts_ns)
            if decision.recipe not in at or values[stage] != MEASURE:
                continue
            if values[of_book] is None and values[trader] is not None:
                continue  # its day is that trader's, not everybody's
            scope = "" if (b := values[of_book]) is None else words[b]
            days = found.setdefault((decision.recipe, scope), _Days([], [], []))
            if not days.rolls or days.rolls[-1] != rolls:
                days.rolls.append(rolls)
                days.ts_ns.append(decision.event.ts_ns)
                days.cells.append([NULL if (v := decision.row[j]) is None else v for j in at[decision.recipe]])
    return found


def _forecast(judge: Judge, scope: str, days: _Days, scenarios: Ints | None, champion: bool) -> Forecasts | None:
    """Days before the first forecast of a loss are no days of a backtest, for nothing was held: None without any.

    A roll that was passed over is a day without P&L.
    """
    cells = np.array(days.cells, np.int64)
    stated = (cells[:, VAR] != NULL) & (cells[:, ES] != 0)
    first = int(np.argmax(stated))
    if not stated[first]:
        return None
    rolls = np.array(days.rolls, np.int64)
    at = rolls[first:] - rolls[first]
    whole = np.full((int(at[-1]) + 1, len(DAY)), NULL, np.int64)
    whole[at] = cells[first:]
    when = np.full(len(whole), NULL, np.int64)
    when[at] = days.ts_ns[first:]
    for i in np.flatnonzero(when == NULL).tolist():  # a moment behind the day before, so that days stay in order
        when[i] = when[i - 1] + 1
    risk, model = judge.recipe.risk, judge.model
    assert risk is not None, "a market book's judge"
    assert isinstance(model, Portfolio), "a market book's model"
    return Forecasts(
        judge.recipe.name, risk.method, judge.digest.hex(), champion, scope, when, whole[:, 0], whole[:, 1],
        whole[:, 2], whole[:, VAR], whole[:, ES], _made(judge, rolls, first, scenarios), model.universe.scale,
    )  # fmt: skip


def _made(judge: Judge, rolls: Ints, first: int, scenarios: Ints | None) -> Ints | None:
    """Scenarios by the day that they were made for, (T, n): of the roll before, NULL where it was not measured."""
    if scenarios is None:
        return None
    if len(scenarios) != len(rolls):
        raise BadValue(f"{judge.recipe.name}: scenarios of each of {len(rolls)} measured days, were {len(scenarios)}")
    made = np.full((int(rolls[-1] - rolls[first]) + 1, scenarios.shape[1]), NULL, np.int64)
    for_day = rolls + 1 - rolls[first]
    inside = np.flatnonzero((for_day >= 0) & (for_day < len(made)))
    made[for_day[inside]] = scenarios[inside]
    return made
