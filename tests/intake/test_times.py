"""Times, one at a time and many at once, against the standard library."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from waglan.intake import times
from waglan.intake.values import Unreadable
from waglan.schema.units import BadValue

HK = ZoneInfo("Asia/Hong_Kong")
LONDON = ZoneInfo("Europe/London")
NOON = 1_522_584_000_000_000_000  # 2018-04-01 12:00 UTC


def read(value: object, unit: str | None = None, form: str | None = None, zone: ZoneInfo = HK) -> object:
    try:
        return times.reader(unit, form, zone)(value)
    except Unreadable as error:
        return error.code


@pytest.mark.parametrize(
    ("value", "unit", "form", "expected"),
    [
        ("2018-04-01T12:00:00Z", None, None, NOON), ("2018-04-01 20:00:00", None, None, NOON),
        ("2018-04-01T20:00+08:00", None, None, NOON),
        ("2018-04-01T12:00:00.123456789Z", None, None, NOON + 123_456_789),
        ("2018-04-01T12:00:00.5Z", "text", None, NOON + 500_000_000),
        ("2018-04-01", None, None, NOON - 20 * 3600 * 10**9),
        ("01/04/2018 20.00", "text", "%d/%m/%Y %H.%M", NOON),
        ("2018-04-01 12:00 +0000", None, "%Y-%m-%d %H:%M %z", NOON),
        (NOON, "ns", None, NOON), (str(NOON), "ns", None, NOON), (NOON // 10**9, "s", None, NOON), (0, "s", None, 0),
        (NOON / 10**9 + 0.25, "s", None, NOON + 250_000_000), ("1522584000.25", "s", None, NOON + 250_000_000),
        (17_622, "day", None, NOON - 12 * 3600 * 10**9), (NOON // 10**6, "ms", None, NOON),
        (1.5, "us", None, "bad_time"),
        (datetime(2018, 4, 1, 20), None, None, NOON), (datetime(2018, 4, 1, 12, tzinfo=UTC), None, None, NOON),
        (date(2018, 4, 1), None, None, NOON - 20 * 3600 * 10**9), (np.int64(5), "s", None, 5 * 10**9),
        (NOON, None, None, "bad_time"), (-1, "ns", None, "bad_time"), (2**63, "ns", None, "bad_time"),
        (2**63 - 1, "ns", None, 2**63 - 1), (1e300, "s", None, "bad_time"), (float("nan"), "s", None, "bad_time"),
        ("1969-12-31T23:59:59Z", None, None, "bad_time"), ("2263-01-01", None, None, "bad_time"),
        (True, "s", None, "bad_time"),
        ("2018-02-29", None, None, "bad_time"), ("yesterday", None, None, "bad_time"),
        ("9999-12-31", None, None, "bad_time"),
        ("2018-04-01T24:00:00", None, None, "bad_time"), ("2018-04-01T12:00:00.1234567891Z", None, None, "bad_time"),
        ("31/04/2018", None, "%d/%m/%Y", "bad_time"), ([], None, None, "bad_time"),
        ("0001-01-01", None, None, "bad_time"),
        ("1e30", "s", None, "bad_time"), ("x", "s", None, "bad_time"), ({}, "s", None, "bad_time"),
    ],
)  # fmt: skip
def test_one(value: object, unit: str | None, form: str | None, expected: object) -> None:
    assert read(value, unit, form) == expected


def test_the_skipped_hour_is_refused_and_the_doubled_one_is_its_first() -> None:
    assert read("2021-03-28T01:30:00", zone=LONDON) == "bad_time"
    first = datetime(2021, 10, 31, 0, 30, tzinfo=UTC)
    assert read("2021-10-31T01:30:00", zone=LONDON) == int(first.timestamp()) * 10**9


def test_unknown_zone() -> None:
    with pytest.raises(BadValue, match="'Asia/Kowloon' is not known"):
        times.zone_of("Asia/Kowloon")


WALLS = st.datetimes(datetime(1969, 12, 30), datetime(2262, 4, 20))


@given(
    st.lists(WALLS, min_size=1, max_size=20), st.sampled_from(["Europe/London", "Asia/Hong_Kong", "Africa/Monrovia"])
)
def test_many_walls_are_as_one(walls: list[datetime], zone: str) -> None:
    where = ZoneInfo(zone)
    ns = np.array([times.whole_ns(w, times.NAIVE_EPOCH) for w in walls if w.year < 2262] or [0], np.int64)
    stamps, good = times.walls_ns(ns, where)
    for wall, stamp, fine in zip([w for w in walls if w.year < 2262], stamps, good, strict=False):
        assert (int(stamp) if fine else "bad_time") == read(wall, zone=where)


def test_many_walls_around_a_change_of_the_clock() -> None:
    start = datetime(2021, 3, 28, 0, 0)
    walls = [start + timedelta(minutes=7 * i) for i in range(40)]
    walls += [datetime(2021, 10, 31) + timedelta(minutes=7 * i) for i in range(40)]
    stamps, good = times.walls_ns(np.array([times.whole_ns(w, times.NAIVE_EPOCH) for w in walls]), LONDON)
    found = [int(s) if g else "bad_time" for s, g in zip(stamps, good, strict=True)]
    assert found == [read(w, zone=LONDON) for w in walls]
    assert found.count("bad_time") == 9


FORMS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%f",
         "%Y-%m-%dT%H:%M:%S.%fZ"]  # fmt: skip


@given(WALLS, st.sampled_from(FORMS), st.integers(0, 26), st.sampled_from("0123456789-:TZ. x+"), st.booleans())
def test_texts_of_one_length_are_as_one(wall: datetime, form: str, at: int, mark: str, spoil: bool) -> None:
    text = wall.strftime(form)
    if spoil:
        text = (text[:at] + mark + text[at + 1 :])[: len(text)]
    cells = np.frombuffer(text.encode(), np.uint8).reshape(1, -1)
    if len(text) not in times.SHAPES:
        return
    stamps, good = times.texts_ns(cells, LONDON)
    expected = read(text, zone=LONDON)
    assert not good[0] or int(stamps[0]) == expected
    if not spoil and expected != "bad_time" and wall.year < 2262:
        assert good[0]


@given(st.datetimes(datetime(1970, 1, 2), datetime(2262, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_offsets(wall: datetime, minutes: int) -> None:
    moment = wall.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    ns = (moment - times.EPOCH) // timedelta(microseconds=1) * 1000
    assert read(moment.isoformat()) == (ns if 0 <= ns < 2**63 else "bad_time")
