"""The world's story as one log in our own form, in the order in which a desk would have seen it.

History is a close a day: quotes, then the roll. A live day has steps: quotes, a reprice, measures, orders, and their
fills in the later part of the step; then the close, what expires, the roll, and measures of what the day brought.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from waglan.desks.market.calendar import CLOSES_NS, ROLLS_NS, Days
from waglan.desks.market.hours import Hours
from waglan.desks.market.names import BOOKS, DAILY, QUOTES
from waglan.desks.market.parameters import numbers
from waglan.desks.market.traders import Trade
from waglan.measures.chance import Ints
from waglan.schema.units import MICRO, MINUTE_NS, NULL, SECOND_NS

FIELDS: Final[dict[str, Any]] = {
    "id": pa.string(), "kind": pa.string(), "ts_ns": pa.int64(), "stage": pa.string(), "book": pa.string(),
    "trader": pa.string(), "counterparty": pa.string(), "instrument": pa.string(), "quantity": pa.int64(),
    "price": pa.float64(), "quote": pa.string(), "level": pa.float64(), "factor": pa.string(), "omega": pa.int64(),
    "alpha": pa.float64(), "beta": pa.float64(), "nu": pa.float64(), "mean": pa.int64(),
}  # fmt: skip
"""Columns of the file. Prices, levels and an estimate's alpha, beta and nu have six digits at most."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Measure:
    """A measure that is asked for: of a book, or of all (empty). evening: behind the roll of its live day."""

    id: str
    ts_ns: int
    day: int
    book: str
    evening: bool


def quoted(days: Days, closes: Ints, eve: Ints, found: Hours, missing: tuple[int, str]) -> tuple[Ints, Ints, Ints]:
    """Every quote: its time, its place in QUOTES and its level; int64 (n,) each.

    closes: (days, DAILY). eve: levels of QUOTES on the eve. missing: a live day and a quote not made before its close.
    """
    before = days.history - 1
    history_ts = np.repeat(days.midnight_ns[:before] + CLOSES_NS, len(DAILY))
    history_place = np.tile(np.arange(len(DAILY)), before)
    live = np.concatenate([eve[None, :], found.levels])
    live_ts = np.concatenate([days.midnight_ns[before : before + 1] + CLOSES_NS, found.ts_ns])
    day, quote = missing
    absent = np.concatenate([[False], (found.day == day) & (found.close == 0)])
    live[absent, QUOTES.index(quote)] = NULL
    rows, places = np.nonzero(live != NULL)
    return (
        np.concatenate([history_ts, live_ts[rows]]),
        np.concatenate([history_place, places]),
        np.concatenate([closes[:before].reshape(-1), live[rows, places]]),
    )


def measures(days: Days, found: Hours) -> list[Measure]:
    """At each step of all books, on days that are followed closely of each book too; every evening of all and each."""
    made: list[Measure] = []
    closely = numbers("steps")[1] + 1
    of_day = np.bincount(found.day, minlength=len(days) - days.history)
    for day, ts, close in zip(found.day.tolist(), found.ts_ns.tolist(), found.close.tolist(), strict=True):
        at = int(days.midnight_ns[days.history + day]) + ROLLS_NS + MINUTE_NS if close else ts + 2 * SECOND_NS
        for book in ("", *BOOKS) if close or of_day[day] == closely else ("",):
            made.append(Measure(f"M{len(made) + 1:07d}", at, day, book, bool(close)))
    return made


def moments(days: Days, found: Hours) -> list[Row]:
    """Reprices of the steps and before the eve's first trades, and the roll of every day."""
    steps = [int(days.midnight_ns[days.history - 1]) + CLOSES_NS, *found.ts_ns[found.close == 0].tolist()]
    reprices = [{"id": f"P{i + 1:06d}", "kind": "reprice", "ts_ns": ts + SECOND_NS} for i, ts in enumerate(steps)]
    rolls = [
        {"id": f"R{day:%Y%m%d}", "kind": "roll", "ts_ns": midnight + ROLLS_NS}
        for day, midnight in zip(days.dates, days.midnight_ns.tolist(), strict=True)
    ]
    return reprices + rolls


def asked(made: Sequence[Measure]) -> list[Row]:
    """Measures as events."""
    return [
        {"id": m.id, "kind": "check", "ts_ns": m.ts_ns, "stage": "measure", "book": m.book or None} for m in made
    ]  # fmt: skip


def traded(trades: Sequence[Trade]) -> list[Row]:
    """Orders and fills as events."""
    return [
        {
            "id": t.id, "kind": "check", "ts_ns": t.ts_ns, "stage": t.stage, "book": t.key[0], "trader": t.key[1],
            "counterparty": t.key[2], "instrument": t.key[3], "quantity": t.quantity, "price": t.price / MICRO,
        }
        for t in trades
    ]  # fmt: skip


def table(quotes: tuple[Ints, Ints, Ints], rows: Sequence[Row]) -> pa.Table:
    """All of it, by time; at one time quotes come first, then the rest in the order given."""
    ts, place, level = quotes
    n = len(ts)
    columns: dict[str, Any] = {name: pa.nulls(n, kind) for name, kind in FIELDS.items()}
    columns["id"] = pa.array([f"Q{i + 1:07d}" for i in range(n)])
    columns["kind"] = pa.array(["quote"] * n)
    columns["ts_ns"] = pa.array(ts)
    columns["quote"] = pa.array(list(QUOTES)).take(pa.array(place))
    columns["level"] = pa.array(level / MICRO)
    first = pa.table(columns)
    other = pa.table({name: pa.array([row.get(name) for row in rows], kind) for name, kind in FIELDS.items()})
    both = pa.concat_tables([first, other])
    return both.take(pa.array(np.argsort(both["ts_ns"].to_numpy(), kind="stable")))
