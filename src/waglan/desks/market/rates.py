"""Levels by day out of a file, and the quotes that a book wants from them: reference rates into crosses.

A file is wide, a column of days and one for each series, or long with columns `day` (or `date`), `quote`, `level`; CSV
or Parquet, or a zip that holds one CSV, as the European Central Bank gives its reference rates. A series named by three
letters is what one euro costs in that currency, "USD" is EUR/USD; any other name is the quote itself.

Levels are whole millionths. Nothing is filled in: a level that is blank, "-" or "N/A" is no level, and asking for it is
refused with its day; a day that is missing, comes twice or goes back in time is refused with its row. Rows are counted
as people count them: the first line of data is row 1.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from waglan.desks.market.rate_files import Table, cell_shown, read_table
from waglan.intake.values import Unreadable, millionths
from waglan.schema.records import CODES
from waglan.schema.units import LIMIT, MICRO, MINOR_DIGITS, NULL, BadValue

Ints = NDArray[np.int64]

NOTHING: Final = frozenset({"", "N/A", "n/a", "-", "null"})
GAP_MAX: Final = 7
"""Most days between two rows: holidays of a week are closed days, more is a hole. Reference rates have no hole."""
EURO: Final = "EUR"
FIXED: Final = {(1, 1), (5, 1), (12, 25), (12, 26)}
"""Closing days of the euro's payment system by month and day, beside Good Friday and Easter Monday; from 2000 on, when
Good Friday, Easter Monday and 1 May became such; and the ends of 1999 and 2001 for the changeover."""
ONCE: Final = {date(1999, 12, 31), date(2001, 12, 31)}


@dataclass(frozen=True)
class Rates:
    """Levels of series by day, int64 (days, series) in millionths, NULL where there is none; days rise."""

    where: str
    days: tuple[date, ...]
    names: tuple[str, ...]
    levels: Ints

    def __len__(self) -> int:
        return len(self.days)

    def since(self, first: date | None, last: date | None) -> "Rates":
        """The days from first to last, both in it. BadValue if there are none."""
        keep = [i for i, day in enumerate(self.days) if (first or day) <= day <= (last or day)]
        if not keep:
            raise BadValue(f"{self.where}: no days from {first} to {last}; it has {self.days[0]} to {self.days[-1]}")
        part = slice(keep[0], keep[-1] + 1)
        return Rates(self.where, self.days[part], self.names, self.levels[part])

    def quote(self, name: str) -> Ints:
        """The levels of a quote, (days,): a series of that name, or a pair worked from what the euro costs in both.

        A cross is rounded to millionths, half to even. BadValue for a quote that there is no way to, with the day for
        one that has no level.
        """
        if name in self.names:
            return self.series(name)
        base, slash, currency = name.partition("/")
        if not slash:
            raise BadValue(f"{self.where}: there is no series {name!r}; it has {', '.join(self.names[:20])}")
        return divided(self._euro(currency, name), self._euro(base, name))

    def series(self, name: str) -> Ints:
        """A series as it is. BadValue with the first day on which it has no level."""
        found = self.levels[:, self.names.index(name)]
        gone = np.flatnonzero(found == NULL)
        if len(gone):
            more = f", nor on {len(gone) - 1} other days of {len(self)}" if len(gone) > 1 else ""
            raise BadValue(f"{self.where}: there is no {name} on {self.days[int(gone[0])]}{more}")
        return found

    def first_day(self, name: str) -> date | None:
        """The first day on which a series has a level; None if it never has."""
        there = np.flatnonzero(self.levels[:, self.names.index(name)] != NULL)
        return self.days[int(there[0])] if len(there) else None

    def _euro(self, currency: str, wanted: str) -> Ints:
        """What one euro costs in a currency, (days,)."""
        if currency not in MINOR_DIGITS:
            raise BadValue(f"{wanted}: unknown currency {currency!r}")
        if currency == EURO:
            return np.full(len(self), MICRO, np.int64)
        for name in (currency, f"{EURO}/{currency}"):
            if name in self.names:
                return self.series(name)
        raise BadValue(f"{self.where}: {wanted} was asked for and there is no series of {currency}; it has "
                       f"{', '.join(self.names[:50])}")  # fmt: skip


def divided(over: Ints, under: Ints) -> Ints:
    """Quotients in millionths, rounded half to even; both above 0, in millionths. BadValue where one is no such."""
    pairs = zip(over.tolist(), under.tolist(), strict=True)
    return np.array([half_even_quotient(a * MICRO, b) for a, b in pairs], np.int64)


def half_even_quotient(numerator: int, denominator: int) -> int:
    """The nearest whole number, halves to the even neighbour. BadValue where it is 0 or no level at all."""
    quotient, rest = divmod(numerator, denominator)
    twice = 2 * rest
    quotient += twice > denominator or (twice == denominator and quotient & 1)
    if not 0 < quotient < LIMIT:
        raise BadValue(f"a cross lies between .000001 and {LIMIT // MICRO}, it was {numerator / denominator / MICRO}")
    return quotient


def arranged(table: Table) -> Rates:
    """The rates of a table, days rising. BadValue with row and value for whatever is not what it should be."""
    if {"quote", "level"} <= set(table.names):
        return _long(table)
    return _wide(table)


def _wide(table: Table) -> Rates:
    day = _day_column(table)
    series = [name for name in table.names if name != day]
    if not series:
        raise BadValue(f"{table.where}: a column for each series was expected beside {day!r}, there is none")
    days = [_day(table, row, day) for row in range(len(table))]
    _check_order(table, days)
    levels = np.column_stack([_levels(table, name) for name in series]).astype(np.int64)
    if days and days[0] > days[-1]:
        days, levels = days[::-1], levels[::-1]
    _check_gaps(table.where, days, reference=all(len(name) == 3 and name.isupper() for name in series))
    return Rates(table.where, tuple(days), tuple(series), np.ascontiguousarray(levels))


def _long(table: Table) -> Rates:
    day = _day_column(table)
    of = [_day(table, row, day) for row in range(len(table))]
    values, quotes = _levels(table, "level"), [str(q).strip() for q in table.columns["quote"]]
    names, days = list(dict.fromkeys(quotes)), sorted(set(of))
    _check_back(table, of)
    levels = np.full((len(days), len(names)), NULL, np.int64)
    at_day, at_name = {d: i for i, d in enumerate(days)}, {q: j for j, q in enumerate(names)}
    first: dict[tuple[date, str], int] = {}
    for row, (when, quote) in enumerate(zip(of, quotes, strict=True)):
        if quote in NOTHING:
            raise BadValue(f"{table.where}: row {row + 1}: a quote has a name, it was {quote!r}")
        if (before := first.setdefault((when, quote), row)) != row:
            raise BadValue(f"{table.where}: row {row + 1}: {quote} on {when} was in row {before + 1} too")
        levels[at_day[when], at_name[quote]] = values[row]
    _check_gaps(table.where, days, reference=False)
    return Rates(table.where, tuple(days), tuple(names), levels)


def _day_column(table: Table) -> str:
    for name in table.names:
        if name.lower() in ("day", "date"):
            if not len(table):
                raise BadValue(f"{table.where}: it has no rows")
            return name
    raise BadValue(f"{table.where}: a column `day` or `date` was expected; it has {', '.join(table.names[:20])}")


def _day(table: Table, row: int, name: str) -> date:
    value = table.columns[name][row]
    try:
        return value if type(value) is date else date.fromisoformat(str(value)[:10])
    except ValueError:
        said = f"{name} is a day such as 2004-01-31, it was {cell_shown(value)}"
        raise BadValue(f"{table.where}: row {row + 1}: {said}") from None


def _levels(table: Table, name: str) -> list[int]:
    """One column in millionths, NULL for none. A pair of currencies has levels above 0."""
    convert, positive = millionths(True), _is_pair(name)
    found = []
    for row, value in enumerate(table.columns[name]):
        if value is None or (type(value) is str and value.strip() in NOTHING):
            found.append(NULL)
            continue
        try:
            level = convert(value.strip() if type(value) is str else value)
        except Unreadable as error:
            raise BadValue(
                f"{table.where}: row {row + 1}: {name} was {cell_shown(value)}: {CODES[error.code]}"
            ) from None
        if positive and level <= 0:
            raise BadValue(f"{table.where}: row {row + 1}: {name} is above 0, it was {cell_shown(value)}")
        found.append(level)
    return found


def _is_pair(name: str) -> bool:
    return (len(name) == 3 and name.isupper()) or (len(name) == 7 and name[3] == "/")


def _check_order(table: Table, days: Sequence[date]) -> None:
    """Days all rise or all fall: BadValue with the first row whose day comes twice or goes the other way."""
    falls = len(days) > 1 and days[0] > days[1]
    for row in range(1, len(days)):
        before, now = days[row - 1], days[row]
        if before == now:
            raise BadValue(f"{table.where}: row {row + 1}: {now} was in row {row} too")
        if (before > now) != falls:
            way = "newest first" if falls else "oldest first"
            raise BadValue(f"{table.where}: row {row + 1}: {now} stands behind {before} in a file that is {way}")


def _check_back(table: Table, days: Sequence[date]) -> None:
    falls = days[0] > days[-1]
    for row, (before, now) in enumerate(pairwise(days), 2):
        if before != now and (before > now) != falls:
            raise BadValue(f"{table.where}: row {row}: time goes back from {before} to {now}")


def _check_gaps(where: str, days: Sequence[date], reference: bool) -> None:
    """BadValue with the days around a hole: more than a week; for reference rates any open day of the euro's system."""
    for before, now in pairwise(days):
        if (now - before).days > GAP_MAX:
            raise BadValue(
                f"{where}: between {before} and {now} there are {(now - before).days - 1} days without a row"
            )
        if reference and (gone := next(iter(_open_between(before, now)), None)) is not None:
            raise BadValue(f"{where}: {gone} is missing, between {before} and {now}: the euro's system was open")


def _open_between(first: date, last: date) -> Iterator[date]:
    for step in range(1, (last - first).days):
        day = first + timedelta(step)
        if day.weekday() < 5 and not closed(day):
            yield day


def closed(day: date) -> bool:
    """Whether the euro's payment system, and with it the reference rates, had a holiday."""
    if day in ONCE:
        return True
    sunday = easter(day.year)
    return (day.month, day.day) in FIXED or day in (sunday - timedelta(2), sunday + timedelta(1))


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    r = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * r) // 451
    month, day = divmod(h + r - 7 * m + 114, 31)
    return date(year, month, day + 1)


def read_rates(path: Path) -> Rates:
    """The rates in a file. BadValue for whatever cannot be used."""
    return arranged(read_table(path))
