"""What a backtest takes as given beside the rates: quotes that stand still, stand-ins, volatilities, and the trades.

A TOML file, so that every assumption has its line and its reason:

    [constant]                       a quote that is the same on every day
    "HKD rate" = "0.02"

    [stand_in.CNY]                   before a series begins: so many times another one, until the day before `until`
    of = "USD"
    times = "8.2765"
    until = 2005-04-01
    because = "the peg before July 2005"

    [realised."EUR/HKD vol"]         a volatility that nobody quoted: of the last so many daily log returns, a year's
    of = "EUR/HKD"
    days = 60

and a CSV of trades: day, book, trader, counterparty, instrument, quantity, and `price` where it is known; without one a
trade is done at what the instrument is worth at that day's levels.
"""

import math
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from waglan.desks.market.rate_files import Table, cell_shown, read_table
from waglan.desks.market.rates import Rates
from waglan.intake.values import Unreadable, millionths, whole_number
from waglan.schema.records import CODES
from waglan.schema.units import MICRO, NULL, BadValue

Ints = NDArray[np.int64]

YEAR_DAYS: Final = 260
"""Business days that a realised volatility is made a year's by."""
COLUMNS: Final = ("day", "book", "trader", "counterparty", "instrument", "quantity")


class StandIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A series before its first day: `times` that of another."""

    of: str
    times: str
    until: date
    because: str


class Realised(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A volatility from past returns of a quote: known on the day, and no market's opinion."""

    of: str
    days: int


class Assumed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    constant: dict[str, str] = {}
    stand_in: dict[str, StandIn] = {}
    realised: dict[str, Realised] = {}


class Trade(msgspec.Struct, frozen=True):
    """Bought above zero; price in millionths of the instrument's currency, None where it is to be worked out."""

    day: date
    book: str
    trader: str
    counterparty: str
    instrument: str
    quantity: int
    price_micro: int | None = None


def read_assumed(path: Path) -> Assumed:
    """The assumptions in a file. BadValue for what cannot be read."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Assumed)
    except OSError as error:
        raise BadValue(f"{path}: {error.strerror}; assumptions (.toml) were expected") from None
    except msgspec.MsgspecError as error:
        raise BadValue(f"{path}: {error}") from None


def read_trades(path: Path) -> tuple[Trade, ...]:
    """The trades in a CSV or Parquet file, in its order. BadValue with row and value for what cannot be used."""
    table = read_table(path)
    for name in COLUMNS:
        if name not in table.names:
            raise BadValue(f"{path}: trades have columns {', '.join(COLUMNS)}; there is no {name!r}")
    return tuple(_trade(table, row) for row in range(len(table)))


def _trade(table: Table, row: int) -> Trade:
    def number(name: str, convert: object) -> int:
        value = table.columns[name][row]
        try:
            return convert(value)  # type: ignore[operator, no-any-return]
        except Unreadable as error:
            said = f"{name} was {cell_shown(value)}: {CODES[error.code]}"
            raise BadValue(f"{table.where}: row {row + 1}: {said}") from None

    day = table.columns["day"][row]
    try:
        when = day if type(day) is date else date.fromisoformat(str(day)[:10])
    except ValueError:
        raise BadValue(f"{table.where}: row {row + 1}: day is such as 2004-01-31, it was {cell_shown(day)}") from None
    words = [str(table.columns[name][row] or "") for name in COLUMNS[1:5]]
    given = "price" in table.columns and table.columns["price"][row] not in (None, "")
    price = number("price", millionths(True)) if given else None
    return Trade(when, words[0], words[1], words[2], words[3], number("quantity", whole_number(0, True)), price)


def with_stand_ins(rates: Rates, assumed: Assumed) -> Rates:
    """The rates with what stands in for a series before it begins. BadValue where there is a level already."""
    levels = rates.levels.copy()
    for name, given in assumed.stand_in.items():
        for wanted in (name, given.of):
            if wanted not in rates.names:
                raise BadValue(f"{rates.where}: there is no series {wanted!r} for the stand-in of {name}")
        before = np.array([day < given.until for day in rates.days], np.bool_)
        column = levels[:, rates.names.index(name)]
        there = np.flatnonzero(before & (column != NULL))
        if len(there):
            raise BadValue(f"{rates.where}: {name} has a level on {rates.days[int(there[0])]}, before {given.until}")
        column[before] = _times(levels[before, rates.names.index(given.of)], given.times, name)
    return Rates(rates.where, rates.days, rates.names, levels)


def _times(levels: Ints, times: str, name: str) -> Ints:
    factor = _micro(times, f"stand_in.{name}.times")
    if (levels == NULL).any():
        raise BadValue(f"{name}: what stands in for it is missing on {int((levels == NULL).sum())} days")
    return np.array([(level * factor * 2 + MICRO) // (2 * MICRO) for level in levels.tolist()], np.int64)


def levels_of(rates: Rates, assumed: Assumed, quotes: Sequence[str]) -> Ints:
    """Levels of these quotes by day, (days, quotes), millionths; NULL while a realised volatility has too few days.

    BadValue for a quote that neither rates nor assumptions give.
    """
    return np.column_stack([_quote(rates, assumed, name) for name in quotes])


def _quote(rates: Rates, assumed: Assumed, name: str) -> Ints:
    if name in assumed.constant:
        return np.full(len(rates), _micro(assumed.constant[name], f"constant.{name}"), np.int64)
    if name in assumed.realised:
        given = assumed.realised[name]
        return realised(_quote(rates, assumed, given.of), given.days)
    return rates.quote(name)


def realised(levels: Ints, days: int) -> Ints:
    """A year's volatility of the last `days` log returns about 0, (T,), millionths; NULL for the first `days` days."""
    if not 2 <= days < len(levels):
        raise BadValue(
            f"a realised volatility takes 2 days or more and fewer than there are, {len(levels)}; was {days}"
        )
    logs = [math.log(level) for level in levels.tolist()]
    squares = [(now - before) ** 2 for before, now in pairwise(logs)]
    found = [NULL] * days
    for end in range(days, len(logs)):
        found.append(round(math.sqrt(math.fsum(squares[end - days : end]) / days * YEAR_DAYS) * MICRO))
    return np.array(found, np.int64)


def _micro(text: str, where: str) -> int:
    try:
        return millionths(True)(text)
    except Unreadable as error:
        raise BadValue(f"{where} was {text!r}: {CODES[error.code]}") from None
