"""When an event happened: numbers, timestamps and text -> nanoseconds since 1970, UTC.

Text is ISO 8601 or a strptime format. A time that names no zone is wall time in the source's zone: one that the clock
skipped in spring is refused (`bad_time`), one that it showed twice in autumn is the first of the two. Numbers count
from 1970-01-01 UTC; a fraction of a unit is kept to the nearest microsecond, as fine as a double of seconds is.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from waglan.intake.values import Unreadable, plain, whole_of_text
from waglan.schema.units import DAY_NS, HOUR_NS, SECOND_NS, BadValue

END_NS: Final = 1 << 63
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
NAIVE_EPOCH: Final = datetime(1970, 1, 1)
UNITS: Final = {"s": SECOND_NS, "ms": 1_000_000, "us": 1_000, "ns": 1, "day": DAY_NS}
FRACTION: Final = re.compile(r"[.,]([0-9]+)")

Convert = Callable[[Any], int]


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name. Raises BadValue."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # a folder's name, "../x", an unknown name
        hint = "write one such as Asia/Hong_Kong, or install tzdata"
        raise BadValue(f"time zone {name!r} is not known here; {hint}") from None


def inside(ns: int) -> int:
    """`ns` if it lies from 1970 to 2262."""
    if not 0 <= ns < END_NS:
        raise Unreadable("bad_time")
    return ns


def whole_ns(moment: datetime, epoch: datetime) -> int:
    """Exact nanoseconds between two datetimes of one kind."""
    gap: timedelta = moment - epoch
    return (gap.days * 86_400 + gap.seconds) * SECOND_NS + gap.microseconds * 1_000


def wall_ns(wall: datetime, zone: tzinfo) -> int:
    """UTC of a wall time: refused if the clock skipped it, the first of two if it was shown twice."""
    ns = whole_ns(wall, NAIVE_EPOCH)
    offset = hour_offset(ns // HOUR_NS, zone)
    return ns - offset if offset != ODD else odd_wall_ns(wall, zone)


def odd_wall_ns(wall: datetime, zone: tzinfo) -> int:
    """The same, asked of the time zone's own tables, which takes three times as long."""
    aware = wall.replace(tzinfo=zone, fold=0)
    try:
        utc = aware.astimezone(UTC)
        back = utc.astimezone(zone).replace(tzinfo=None)
    except (OverflowError, ValueError):
        raise Unreadable("bad_time") from None
    if back != wall:
        raise Unreadable("bad_time")
    return whole_ns(utc, EPOCH)


def moment_ns(moment: datetime, zone: tzinfo) -> int:
    """UTC of a datetime with or without a zone."""
    try:
        ns = wall_ns(moment, zone) if moment.tzinfo is None else whole_ns(moment.astimezone(UTC), EPOCH)
    except OverflowError:
        raise Unreadable("bad_time") from None
    return inside(ns)


def text_ns(text: str, zone: tzinfo) -> int:
    """ISO 8601 with up to nine digits of a second's fraction."""
    extra = 0
    match = FRACTION.search(text)
    if match is not None and len(match[1]) > 6:
        digits = match[1]
        if len(digits) > 9:
            raise Unreadable("bad_time")
        extra = int(digits[6:].ljust(3, "0"))
        text = text[: match.start(1) + 6] + text[match.end(1) :]
    try:
        moment = datetime.fromisoformat(text if text[11:13] != "24" else "")  # 24:00 depends on Python's version
    except ValueError:
        raise Unreadable("bad_time") from None
    return inside(moment_ns(moment, zone) + extra)


def number_ns(value: Any, unit: int) -> int:
    """A number of units since 1970."""
    if type(value) is str or type(value) is Decimal:
        text = str(value)
        try:
            return inside(whole_of_text(text, 0) * unit)
        except Unreadable as error:
            if error.code != "too_precise":
                raise Unreadable("bad_time") from None
        value = float(text)
    if type(value) is int:
        return inside(value * unit)
    if type(value) is not float or value - value != 0.0 or not 0.0 <= value * unit < float(END_NS):
        raise Unreadable("bad_time")
    if value.is_integer():
        return inside(int(value) * unit)
    if unit <= 1_000:
        raise Unreadable("bad_time")
    return inside(round(value * (unit // 1_000)) * 1_000)


def reader(unit: str | None, form: str | None, zone: ZoneInfo) -> Convert:
    """Convertor of one time. Without a unit a bare number is refused: seconds and milliseconds look alike."""
    scale = UNITS.get(unit or "", 0)

    def convert(value: Any) -> int:
        if scale and type(value) is int:
            return inside(value * scale)
        if isinstance(value, datetime):
            nanosecond = int(getattr(value, "nanosecond", 0))  # pandas timestamps are finer than datetimes
            return inside(moment_ns(value, zone) + nanosecond)
        if isinstance(value, date):
            return inside(wall_ns(datetime(value.year, value.month, value.day), zone))
        if scale and type(value) is not bool:
            return number_ns(plain(value), scale)
        if type(value) is not str:
            raise Unreadable("bad_time")
        if form is None:
            return text_ns(value, zone)
        try:
            return moment_ns(datetime.strptime(value, form), zone)
        except ValueError:
            raise Unreadable("bad_time") from None

    return convert


def walls_ns(walls: NDArray[np.int64], zone: ZoneInfo) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """UTC of many wall times given as nanoseconds since 1970 on the wall, and which of them are good.

    Each wall hour met is asked once at both ends (4,400 hours in half a year); only rows of an hour in which the offset
    changes are asked one by one. Walls outside 1970-2262 are not good.
    """
    hours = walls // HOUR_NS
    met, place = np.unique(hours, return_inverse=True)
    offsets = np.array([hour_offset(int(hour), zone) for hour in met], np.int64)
    shift = offsets[place.reshape(-1)]
    utc = walls - np.where(shift == ODD, 0, shift)
    good = (utc >= 0) & (walls > -DAY_NS)
    for row in np.flatnonzero(shift == ODD).tolist():
        try:
            wall = NAIVE_EPOCH + timedelta(microseconds=int(walls[row]) // 1_000)
            utc[row] = inside(odd_wall_ns(wall, zone) + int(walls[row]) % 1_000)
            good[row] = True
        except (Unreadable, OverflowError):
            good[row] = False
    return utc, good


ODD: Final = 1 << 62


@lru_cache(maxsize=16_384)
def hour_offset(hour: int, zone: tzinfo) -> int:
    """Nanoseconds by which the wall is ahead of UTC in that whole wall hour; ODD if it changes inside or near."""
    try:
        first = NAIVE_EPOCH + timedelta(hours=hour)
        last = first + timedelta(minutes=59, seconds=59, microseconds=999_999)
        offsets = {whole_ns(wall, NAIVE_EPOCH) - odd_wall_ns(wall, zone) for wall in (first, last)}
    except (Unreadable, OverflowError):
        return ODD
    return offsets.pop() if len(offsets) == 1 else ODD


def numbers_ns(values: NDArray[np.int64], unit: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Many whole numbers of a unit, and which of them lie from 1970 to 2262."""
    good = (values >= 0) & (values <= (END_NS - 1) // unit)
    return np.where(good, values, 0) * unit, good


SHAPES: Final = (10, 16, 19, 20, 23, 24, 26, 27)
"""Lengths of ISO texts read column-wise: date, minute, second, milli- and microsecond, the last three also with Z."""


def texts_ns(cells: NDArray[np.uint8], zone: ZoneInfo) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Many ISO texts of one length, uint8 (n, length), and which of them were understood; ask text_ns about the rest.

    28 M digits a second against 2 M through datetime.fromisoformat.
    """
    n, length = cells.shape
    digits = cells.astype(np.int64) - 48
    zulu = length in (20, 24, 27)
    body = length - 1 if zulu else length
    good = np.ones(n, np.bool_) if not zulu else cells[:, -1] == ord("Z")
    marks = {4: b"-", 7: b"-", 10: b"T ", 13: b":", 16: b":", 19: b"."}
    for at in range(body):
        column = cells[:, at]
        if at in marks:
            good &= np.isin(column, np.frombuffer(marks[at], np.uint8))
        else:
            good &= (digits[:, at] >= 0) & (digits[:, at] <= 9)

    def number(start: int, stop: int) -> NDArray[np.int64]:
        total = np.zeros(n, np.int64)
        for at in range(start, min(stop, body)):
            total = total * 10 + digits[:, at]
        return total

    year, month, day = number(0, 4), number(5, 7), number(8, 10)
    hour, minute, second, fraction = number(11, 13), number(14, 16), number(17, 19), number(20, body)
    good &= (year >= 1970) & (year < 2262) & (month >= 1) & (month <= 12) & (day >= 1)
    good &= (hour < 24) & (minute < 60) & (second < 60)
    months = np.where(good, (year - 1970) * 12 + month - 1, 0)
    starts = months.astype("M8[M]").astype("M8[D]").astype(np.int64)
    ends = (months + 1).astype("M8[M]").astype("M8[D]").astype(np.int64)
    good &= day <= ends - starts
    seconds = ((starts + day - 1) * 24 + hour) * 3600 + minute * 60 + second
    walls = np.where(good, seconds * SECOND_NS + fraction * 10 ** (9 - max(body - 20, 0)), DAY_NS)
    if zulu:
        return walls, good
    utc, known = walls_ns(walls, zone)
    return utc, good & known
