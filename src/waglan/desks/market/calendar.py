"""The days on which the simulated exchange trades, and the hours of one of them, Hong Kong time.

Weekdays without the holidays that have a fixed date; those of the moon are not modelled. The live days begin on a fixed
date and history lies before it, so that expiries, and with them the names of instruments, are the same in every world.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np

from waglan.measures.chance import Ints
from waglan.schema.units import HOUR_NS, MINUTE_NS, SECOND_NS, BadValue

LIVE: Final = date(2025, 1, 2)
"""The first live day."""
FIXED: Final = {(1, 1), (5, 1), (7, 1), (10, 1), (12, 25), (12, 26)}
"""Holidays, month and day."""
OPENS_NS: Final = 10 * HOUR_NS
"""First quotes of a live day; steps are equally far apart until the close."""
CLOSES_NS: Final = 16 * HOUR_NS
ROLLS_NS: Final = 16 * HOUR_NS + 30 * MINUTE_NS
EXPIRES_NS: Final = 20 * HOUR_NS
"""Behind the day's roll, which can then still value what expires."""
ZONE_NS: Final = 8 * HOUR_NS


@dataclass(frozen=True)
class Days:
    """n trading days: their dates, midnights in Hong Kong (ns UTC), and how many of them are history."""

    dates: tuple[date, ...]
    midnight_ns: Ints
    history: int

    def __len__(self) -> int:
        return len(self.dates)


def trading_days(history: int, live: int) -> Days:
    """So many days before the first live one, and so many from it on. Raises BadValue for worlds without a past."""
    if history < 60 or not 1 <= live <= 250:
        raise BadValue(f"a market has 60 days of history or more and 1 to 250 live ones; had {history} and {live}")
    before: list[date] = []
    after: list[date] = []
    day = LIVE
    while len(after) < live:
        if trades(day):
            after.append(day)
        day += timedelta(1)
    day = LIVE - timedelta(1)
    while len(before) < history:
        if trades(day):
            before.append(day)
        day -= timedelta(1)
    dates = (*reversed(before), *after)
    return Days(dates, np.array([midnight_ns(d) for d in dates], np.int64), history)


def trades(day: date) -> bool:
    """Whether the exchange is open."""
    return day.weekday() < 5 and (day.month, day.day) not in FIXED


def last_trading(year: int, month: int) -> date:
    """The day on which contracts of a month expire: the trading day before the month's last."""
    day = date(year + month // 12, month % 12 + 1, 1)
    left = 2
    while left:
        day -= timedelta(1)
        left -= trades(day)
    return day


def midnight_ns(day: date) -> int:
    """The first nanosecond of a day in Hong Kong, UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * SECOND_NS - ZONE_NS
