"""Days and hours: holidays and half days year by year, every day the weather changed, the phases to the second."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from waglan.exchange import Session, Sessions, Signal, under, venue
from waglan.exchange.days import easter, library_days, target_open
from waglan.schema.units import NANO, BadValue

HONGKONG = venue("hongkong")
ZONE = ZoneInfo("Asia/Hong_Kong")
ALL = Sessions(HONGKONG, date(2018, 1, 1), date(2026, 12, 31))
CLOSURES = {closure.day: closure for closure in HONGKONG.closures}

# General holidays that fell on Monday to Friday, written down for this test: month and day.
HOLIDAYS = {
    2018: "0101 0216 0219 0330 0402 0405 0501 0522 0618 0702 0925 1001 1017 1225 1226",
    2019: "0101 0205 0206 0207 0405 0419 0422 0501 0513 0607 0701 1001 1007 1225 1226",
    2020: "0101 0127 0128 0410 0413 0430 0501 0625 0701 1001 1002 1026 1225",
    2021: "0101 0212 0215 0402 0405 0406 0519 0614 0701 0922 1001 1014 1227",
    2022: "0201 0202 0203 0405 0415 0418 0502 0509 0603 0701 0912 1004 1226 1227",
    2023: "0102 0123 0124 0125 0405 0407 0410 0501 0526 0622 1002 1023 1225 1226",
    2024: "0101 0212 0213 0329 0401 0404 0501 0515 0610 0701 0918 1001 1011 1225 1226",
    2025: "0101 0129 0130 0131 0404 0418 0421 0501 0505 0701 1001 1007 1029 1225 1226",
    2026: "0101 0217 0218 0219 0403 0406 0407 0501 0525 0619 0701 1001 1019 1225",
}
HALF_DAYS = {
    2018: "0215 1224 1231",
    2019: "0204 1224 1231",
    2020: "0124 1224 1231",
    2021: "0211 1224 1231",
    2022: "0131",
    2023: "",
    2024: "0209 1224 1231",
    2025: "0128 1224 1231",
    2026: "0216 1224 1231",
}


def days_of(year: int, text: str) -> set[date]:
    return {date(year, int(t[:2]), int(t[2:])) for t in text.split()}


@pytest.mark.parametrize("year", HOLIDAYS)
def test_the_trading_days_of_a_year(year: int) -> None:
    first = date(year, 1, 1)
    every = {first + timedelta(n) for n in range((date(year, 12, 31) - first).days + 1)}
    weekdays = {day for day in every if day.weekday() < 5}
    shut = {day for day, closure in CLOSURES.items() if closure.whole}
    assert {day for day in ALL.days if day.year == year} == weekdays - days_of(year, HOLIDAYS[year]) - shut


@pytest.mark.parametrize("year", HALF_DAYS)
def test_the_half_days_of_a_year(year: int) -> None:
    assert {day for day, half in ALL.half.items() if half and day.year == year} == days_of(year, HALF_DAYS[year])


def local(day: str, at: str) -> int:
    moment = datetime.fromisoformat(f"{day}T{at}").replace(tzinfo=ZONE)
    return int(moment.timestamp()) * NANO


def hours(session: Session) -> list[tuple[str, str, str]]:
    clock = [
        tuple(datetime.fromtimestamp(ns // NANO, ZONE).strftime("%H:%M") for ns in (s.begin_ns, s.end_ns))
        for s in session.stretches
    ]
    return [(s.phase.phase, begin, end) for s, (begin, end) in zip(session.stretches, clock, strict=True)]


# day, first and last instant of continuous trading that day, closing auction or not; None: no trading
WEATHER = [
    ("2019-07-31", "09:30", "13:55", False),
    ("2020-08-19", "13:30", "16:00", True),
    ("2020-10-13", None, None, False),
    ("2021-06-28", "13:30", "16:00", True),
    ("2021-10-13", None, None, False),
    ("2022-08-25", "13:00", "16:00", True),
    ("2022-11-02", "09:30", "13:55", False),
    ("2023-07-17", None, None, False),
    ("2023-09-01", None, None, False),
    ("2023-09-08", None, None, False),
    ("2023-10-09", "14:00", "16:00", True),
    ("2024-09-06", None, None, False),
]


@pytest.mark.parametrize(("day", "begin", "end", "auction"), WEATHER)
def test_days_that_the_weather_changed(day: str, begin: str | None, end: str | None, auction: bool) -> None:
    when = date.fromisoformat(day)
    assert ALL.is_open(when) is (begin is not None)
    if begin is None:
        with pytest.raises(BadValue, match=f"does not trade on {day}: (typhoon 8|black rain)"):
            ALL.session(when)
        return
    session = ALL.session(when)
    phases = hours(session)
    continuous = [(b, e) for name, b, e in phases if name == "continuous"]
    assert continuous[0][0] == begin
    assert continuous[-1][1] == end
    assert any(name.startswith("closing") for name, _, _ in phases) is auction
    assert any(name.startswith("opening") for name, _, _ in phases) is (begin == "09:30")
    assert session.closure is CLOSURES[when]


def test_every_closure_is_in_the_table_and_says_truly_what_the_library_has() -> None:
    assert {str(day) for day in CLOSURES} == {day for day, *_ in WEATHER}
    has = library_days("XHKG", date(2018, 1, 1), date(2026, 12, 31))
    for day, closure in CLOSURES.items():
        right = day not in has if closure.whole else False  # of a day cut short the library knows only whole days
        assert closure.library == ("right" if right else "wrong"), day
    ours = set(ALL.days)
    assert set(has) - ours == {date(2023, 9, 1), date(2023, 9, 8)}
    assert ours <= set(has)


@pytest.mark.parametrize("day", [d for d, c in CLOSURES.items() if c.whole or c.issued or c.cancelled])
def test_the_rule_gives_what_happened(day: date) -> None:
    closure = CLOSURES[day]
    found = under(HONGKONG, day, Signal(closure.signal, closure.issued, closure.cancelled))
    assert (found.trades, found.opens, found.closes) == (not closure.whole, closure.opens, closure.closes)


@pytest.mark.parametrize(
    ("day", "kind", "issued", "cancelled", "trades", "opens", "closes"),
    [
        ("2024-09-20", "typhoon 8", None, "09:00", True, "11:00", None),
        ("2024-09-20", "typhoon 8", None, "07:30", True, None, None),
        ("2024-09-20", "typhoon 8", None, "07:31", True, "10:00", None),
        ("2024-09-20", "typhoon 8", None, "09:01", True, "13:00", None),
        ("2022-08-25", "typhoon 8", None, "09:20", True, "13:00", None),
        ("2022-11-02", "typhoon 8", "13:40", None, True, None, "13:55"),
        ("2024-09-20", "typhoon 8", None, "11:00", True, "13:00", None),
        ("2024-09-20", "typhoon 8", None, "11:01", True, "13:30", None),
        ("2024-09-20", "typhoon 8", None, "11:30", True, "13:30", None),
        ("2024-09-20", "black rain", None, "11:31", True, "14:00", None),
        ("2024-09-20", "black rain", None, "12:00", True, "14:00", None),
        ("2024-09-20", "black rain", None, "12:01", False, None, None),
        ("2024-09-20", "typhoon 8", "10:00", None, True, None, "10:15"),
        ("2024-09-20", "black rain", "10:00", None, True, None, None),
        ("2024-09-23", "typhoon 8", None, None, True, None, None),
        ("2024-11-14", "typhoon 8", None, None, True, None, None),
        ("2025-09-24", "typhoon 8", "10:00", None, True, None, None),
        ("2025-07-29", "black rain", None, "11:40", True, None, None),
    ],
)
def test_the_weather_rule_before_and_after(
    day: str, kind: str, issued: str | None, cancelled: str | None, trades: bool, opens: str | None, closes: str | None
) -> None:
    def at(text: str | None) -> time | None:
        return time.fromisoformat(text) if text is not None else None

    signal = Signal("typhoon 8" if kind == "typhoon 8" else "black rain", at(issued), at(cancelled))
    found = under(HONGKONG, date.fromisoformat(day), signal)
    assert (found.trades, found.opens, found.closes) == (trades, at(opens), at(closes))


def test_a_venue_without_weather_goes_on() -> None:
    assert under(venue("crypto"), date(2023, 9, 1), Signal("typhoon 8")).trades


# local day and time, phase, orders allowed, cancelling allowed
PHASES = [
    ("2026-01-05", "08:59:59", None, "", False),
    ("2026-01-05", "09:00:00", "opening-input", "at-auction at-auction-limit", True),
    ("2026-01-05", "09:14:59", "opening-input", "at-auction at-auction-limit", True),
    ("2026-01-05", "09:15:00", "opening-no-cancel", "at-auction at-auction-limit", False),
    ("2026-01-05", "09:20:00", "opening-match", "at-auction at-auction-limit", False),
    ("2026-01-05", "09:22:00", "blocked", "", False),
    ("2026-01-05", "09:30:00", "continuous", "limit enhanced-limit special-limit", True),
    ("2026-01-05", "11:59:59", "continuous", "limit enhanced-limit special-limit", True),
    ("2026-01-05", "12:00:00", "lunch", "", False),
    ("2026-01-05", "12:30:00", "lunch-cancel", "", True),
    ("2026-01-05", "13:00:00", "continuous", "limit enhanced-limit special-limit", True),
    ("2026-01-05", "15:59:59", "continuous", "limit enhanced-limit special-limit", True),
    ("2026-01-05", "16:00:00", "closing-reference", "", False),
    ("2026-01-05", "16:01:00", "closing-input", "at-auction at-auction-limit", True),
    ("2026-01-05", "16:06:00", "closing-no-cancel", "at-auction at-auction-limit", False),
    ("2026-01-05", "16:08:00", "closing-match", "at-auction at-auction-limit", False),
    ("2026-01-05", "16:10:00", None, "", False),
    ("2024-12-24", "12:00:00", "closing-reference", "", False),
    ("2024-12-24", "12:01:00", "closing-input", "at-auction at-auction-limit", True),
    ("2024-12-24", "12:08:00", "closing-match", "at-auction at-auction-limit", False),
    ("2024-12-24", "12:10:00", None, "", False),
    ("2024-12-25", "10:00:00", None, "", False),
    ("2020-10-16", "09:15:00", "opening-no-cancel", "at-auction", False),
    ("2020-10-16", "09:20:00", "opening-match", "", False),
    ("2020-10-16", "09:27:59", "opening-match", "", False),
    ("2020-10-16", "09:28:00", "blocked", "", False),
    ("2020-10-19", "09:15:00", "opening-no-cancel", "at-auction at-auction-limit", False),
    ("2020-10-19", "09:22:00", "blocked", "", False),
]


@pytest.mark.parametrize(("day", "at", "phase", "orders", "cancel"), PHASES)
def test_the_phase_of_an_instant(day: str, at: str, phase: str | None, orders: str, cancel: bool) -> None:
    found = ALL.at(local(day, at))
    assert (found.phase.phase if found is not None else None) == phase
    if found is not None:
        assert " ".join(found.phase.orders) == orders
        assert found.phase.cancel is cancel


@pytest.mark.parametrize(
    ("day", "at", "micro", "of"),
    [
        ("2026-01-05", "09:05:00", 150_000, "previous-close"),
        ("2026-01-05", "09:16:00", 0, "best-bid-ask"),
        ("2026-01-05", "16:03:00", 50_000, "reference"),
        ("2026-01-05", "16:07:00", 0, "best-bid-ask"),
        ("2020-10-16", "09:05:00", 0, "none"),
    ],
)
def test_how_far_a_limit_may_lie(day: str, at: str, micro: int, of: str) -> None:
    found = ALL.at(local(day, at))
    assert found is not None
    assert (found.phase.band_micro, found.phase.band_of) == (micro, of)


@given(st.sampled_from(ALL.days))
def test_phases_follow_one_another(day: date) -> None:
    session = ALL.session(day)
    for stretch in session.stretches:
        assert stretch.begin_ns < stretch.end_ns
        assert session.at(stretch.begin_ns) is stretch
        assert session.at(stretch.end_ns - 1) is stretch
        assert ALL.at(stretch.begin_ns) is stretch
    for before, after in zip(session.stretches, session.stretches[1:], strict=False):
        assert before.end_ns == after.begin_ns
    assert len(session.auctions) == (session.closure is None or session.closure.closes is None) + (
        session.closure is None or session.closure.opens is None
    )


@given(st.lists(st.integers(local("2018-01-01", "00:00"), local("2026-12-31", "23:59")), min_size=1, max_size=20))
def test_continuous_trading_of_many_instants(instants: list[int]) -> None:
    one_by_one = [(found := ALL.at(ts)) is not None and found.phase.match == "continuous" for ts in instants]
    assert ALL.trading(np.array(instants, np.int64)).tolist() == one_by_one


def test_edges_of_continuous_trading() -> None:
    edges = ALL.continuous
    assert ALL.trading(edges[:, 0]).all()
    assert ALL.trading(edges[:, 1] - 1).all()
    assert not ALL.trading(edges[:, 1]).any()
    assert not ALL.trading(edges[:, 0] - 1).any()
    shut = Sessions(HONGKONG, date(2024, 9, 7), date(2024, 9, 8))
    assert shut.days == ()
    assert not shut.trading(edges[:3, 0]).any()


def test_days_ahead() -> None:
    assert ALL.next(date(2023, 8, 31)) == date(2023, 9, 4)
    assert ALL.next(date(2023, 9, 2), 2) == date(2023, 9, 5)
    assert ALL.on_or_after(date(2023, 9, 1)) == date(2023, 9, 4)
    with pytest.raises(BadValue, match="known to 2026-12-31: too few follow 2026-12-30"):
        ALL.next(date(2026, 12, 30), 2)
    with pytest.raises(BadValue, match="at least 1; it was 0"):
        ALL.next(date(2023, 9, 1), 0)
    with pytest.raises(BadValue, match="none follows 2027-01-01"):
        ALL.on_or_after(date(2027, 1, 1))


def test_spans_that_cannot_be() -> None:
    with pytest.raises(BadValue, match="known from 2018-01-01; the day was 2017-12-31"):
        Sessions(HONGKONG, date(2017, 12, 31), date(2018, 1, 5))
    with pytest.raises(BadValue, match="lies before the first"):
        Sessions(HONGKONG, date(2018, 1, 5), date(2018, 1, 4))
    with pytest.raises(BadValue, match="days are known from 2018-01-01 to 2026-12-31; the day was 2027-01-01"):
        ALL.is_open(date(2027, 1, 1))
    with pytest.raises(BadValue, match="no days of NOWHERE"):
        library_days("NOWHERE", date(2024, 1, 1), date(2024, 1, 2))


def test_round_the_clock() -> None:
    crypto = Sessions(venue("crypto"), date(2024, 8, 8), date(2024, 8, 9))
    assert [str(day) for day in crypto.days] == ["2024-08-08", "2024-08-09"]
    (begin, end), (then, _) = crypto.continuous.tolist()
    assert end == then == begin + 86_400 * NANO
    fx = Sessions(venue("fx"), date(2024, 3, 28), date(2024, 4, 2))
    assert [str(day) for day in fx.days] == ["2024-03-28", "2024-04-02"]
    summer = Sessions(venue("fx"), date(2024, 10, 28), date(2024, 10, 28)).continuous
    assert (summer[0, 1] - summer[0, 0]) == 86_400 * NANO


@pytest.mark.parametrize(
    "sunday", ["1999-04-04", "2000-04-23", "2008-03-23", "2011-04-24", "2024-03-31", "2025-04-20", "2038-04-25"]
)
def test_easter(sunday: str) -> None:
    assert easter(int(sunday[:4])) == date.fromisoformat(sunday)


@pytest.mark.parametrize(("day", "is_open"), [
    ("2024-03-29", False), ("2024-04-01", False), ("2024-05-01", False), ("2024-12-24", True), ("2024-12-26", False),
    ("2024-06-01", False),
])  # fmt: skip
def test_target(day: str, is_open: bool) -> None:
    assert target_open(date.fromisoformat(day)) is is_open
