"""The days on which a venue trades, and which of them are half days, before the weather is asked.

Days of an exchange come from exchange-calendars, imported when it is first needed (1 s with pandas and nine years of
days). What it has wrong stands in the venue's `closures` and is put right by `sessions`. TARGET's days are six rules
and Easter.
"""

import warnings
from datetime import date, timedelta
from functools import lru_cache

from waglan.schema.units import BadValue


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8)."""
    century, rest = divmod(year, 100)
    moon = (19 * (year % 19) + century - century // 4 - (8 * century + 13) // 25 + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (year % 19 + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * late + 114, 31)
    return date(year, month, day + 1)


def target_open(day: date) -> bool:
    """Whether TARGET, the euro's payment system, is open (closing days since 2002)."""
    sunday = easter(day.year)
    closed = day - sunday in (timedelta(-2), timedelta(1))
    return day.weekday() < 5 and not closed and (day.month, day.day) not in ((1, 1), (5, 1), (12, 25), (12, 26))


def library_days(code: str, first: date, last: date) -> dict[date, bool]:
    """Sessions of an exchange as exchange-calendars has them: day -> whether it is a half day.

    A half day is one that closes earlier than the exchange's usual hour. The library is asked for whole years about the
    span, because it refuses short ones.
    """
    with warnings.catch_warnings():
        # 4.13.2 reads DatetimeIndex.weekday, which pandas 3.1 calls deprecated; its answers are the same.
        warnings.simplefilter("ignore")
        import exchange_calendars

        try:
            found = exchange_calendars.get_calendar(code, start=f"{first.year}-01-01", end=f"{last.year}-12-31")
        except (exchange_calendars.errors.InvalidCalendarName, ValueError) as wrong:
            raise BadValue(f"no days of {code} between {first} and {last}: {wrong}") from None
        early = {day.date() for day in found.early_closes}
        days = [day.date() for day in found.sessions]
    return {day: day in early for day in days if first <= day <= last}


@lru_cache(maxsize=16)
def open_days(calendar: str, first: date, last: date) -> dict[date, bool]:
    """Days on which a calendar is open, rising, both ends included: day -> whether it is a half day."""
    if last < first:
        raise BadValue(f"the last day {last} lies before the first, {first}")
    if calendar not in ("daily", "target"):
        return library_days(calendar, first, last)
    every = (first + timedelta(n) for n in range((last - first).days + 1))
    return {day: False for day in every if calendar == "daily" or target_open(day)}
