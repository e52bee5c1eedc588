"""A time zone as a table of offsets, so that a kernel can tell the local hour without a library.

The table follows the machine's tz database at the time a plan is compiled: days to 2037, then weeks (rules repeat),
each change bisected to the second.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import chain, pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from waglan.schema.units import BadValue

DAY_S = 86_400
LAST_S = 9_223_372_036
"""The last second that int64 nanoseconds can name, in 2262."""
RULES_S = 2_145_916_800
"""1 January 2038: tables of past changes end before it, and changes follow a yearly rule."""


def offset_s(zone: ZoneInfo, second: int) -> int:
    """Seconds by which the zone's clock is ahead of UTC."""
    shift = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)).astimezone(zone).utcoffset()
    assert shift is not None
    return round(shift.total_seconds())


@lru_cache(maxsize=8)
def transitions(name: str) -> tuple[tuple[int, int], ...]:
    """(from second, offset), rising, the first from the beginning of time. Raises BadValue for an unknown zone."""
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadValue(f"no time zone {name!r}; one is such as Asia/Hong_Kong") from None
    out = [(-(1 << 62), offset_s(zone, 0))]
    for low, high in pairwise(chain(range(0, RULES_S, DAY_S), range(RULES_S, LAST_S, 7 * DAY_S))):
        if offset_s(zone, high) != out[-1][1]:
            out.append((change(zone, low, high), offset_s(zone, high)))
    return tuple(out)


def change(zone: ZoneInfo, low: int, high: int) -> int:
    """The first second of the new offset, between `low` (old) and `high` (new)."""
    old = offset_s(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        if offset_s(zone, middle) == old:
            low = middle
        else:
            high = middle
    return high


def holiday_days(holidays: list[str]) -> list[int]:
    """Days since 1970, rising. Raises BadValue for what is no date."""
    try:
        return sorted({(date.fromisoformat(day) - date(1970, 1, 1)).days for day in holidays})
    except ValueError as error:
        raise BadValue(f"holidays: {error}") from None
