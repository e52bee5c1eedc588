"""The local calendar of an instant by whole-number arithmetic, from a table of a zone's offsets.

Days to months by the proleptic Gregorian calendar in years that begin on 1 March, so that the leap day is a year's last
(the method of Zeller's congruence).
"""

from waglan.kernels.compiled import bare
from waglan.kernels.layout import (
    AFTER_DAY,
    AFTER_HOLIDAY,
    AFTER_HOUR,
    AFTER_NIGHT,
    AFTER_SECOND,
    AFTER_WEEKDAY,
    AFTER_WEEKEND,
    H_HOLIDAY0,
    H_HOLIDAY1,
    H_ZONE0,
    H_ZONE1,
    Ints,
)

NANO = 1_000_000_000
DAY_S = 86_400


@bare
def local_seconds(prog: Ints, ts_ns: int) -> int:
    """Seconds since 1970 on the wall clock of the plan's zone; zone rows are (from second, offset), rising."""
    second = ts_ns // NANO
    low, high = prog[0, H_ZONE0], prog[0, H_ZONE1] - 1
    if prog[high, 0] <= second:
        return int(second + prog[high, 1])
    while high - low > 1:
        middle = (low + high) >> 1
        if prog[middle, 0] <= second:
            low = middle
        else:
            high = middle
    return int(second + prog[low, 1])


@bare
def month_day(day: int) -> tuple[int, int]:
    """Month 1-12 and day of the month 1-31 of a day since 1970."""
    shifted = day + 719_468  # days since 0000-03-01
    era = shifted // 146_097
    of_era = shifted - era * 146_097
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    march = (5 * of_year + 2) // 153
    return march + 3 if march < 10 else march - 9, of_year - (153 * march + 2) // 5 + 1


@bare
def calendar(prog: Ints, part: int, local: int) -> int:
    """One part (AFTER_HOUR ...) of a local second."""
    day = local // DAY_S
    second = local - day * DAY_S
    if part == AFTER_HOUR:
        return second // 3600
    if part == AFTER_NIGHT:
        return 1 if second // 3600 <= 6 else 0
    if part == AFTER_SECOND:
        return second
    weekday = (day + 3) % 7
    if part == AFTER_WEEKDAY:
        return weekday
    if part == AFTER_WEEKEND:
        return 1 if weekday >= 5 else 0
    if part == AFTER_HOLIDAY:
        return is_holiday(prog, day)
    month, of_month = month_day(day)
    return of_month if part == AFTER_DAY else month


@bare
def is_holiday(prog: Ints, day: int) -> int:
    """1 if the local day is among the plan's holidays (rows, rising)."""
    low, high = prog[0, H_HOLIDAY0], prog[0, H_HOLIDAY1]
    while low < high:
        middle = (low + high) >> 1
        if prog[middle, 0] < day:
            low = middle + 1
        else:
            high = middle
    return 1 if low < prog[0, H_HOLIDAY1] and prog[low, 0] == day else 0
