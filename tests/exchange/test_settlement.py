"""Settlement: two days later over holidays, eves and typhoons, and never on a day without trading."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waglan.exchange import Sessions, due, venue
from waglan.exchange.settlement import unsettled
from waglan.schema.units import BadValue

ALL = Sessions(venue("hongkong"), date(2018, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("traded", "settles"),
    [
        ("2026-01-05", "2026-01-07"),
        ("2026-01-08", "2026-01-12"),
        ("2024-02-08", "2024-02-14"),  # the eve of the new year counts, its holidays do not
        ("2024-03-28", "2024-04-03"),  # Easter; Ching Ming is the day after
        ("2024-12-23", "2024-12-27"),  # the eve of Christmas counts
        ("2023-07-13", "2023-07-18"),  # Talim on the 17th
        ("2023-08-31", "2023-09-05"),  # Saola on the 1st
        ("2023-09-06", "2023-09-11"),  # black rain on the 8th
        ("2024-09-05", "2024-09-10"),  # Yagi on the 6th
        ("2023-10-06", "2023-10-10"),  # Koinu left an afternoon, and with it a settlement day
        ("2022-11-01", "2022-11-03"),  # Nalgae broke a day off, which settled
    ],
)
def test_two_days_later(traded: str, settles: str) -> None:
    assert due(ALL, date.fromisoformat(traded)) == date.fromisoformat(settles)


@given(st.sampled_from(ALL.days[:-2]))
def test_a_purchase_settles_on_the_second_trading_day_and_never_on_a_holiday(traded: date) -> None:
    settles = due(ALL, traded)
    between = [traded + timedelta(n) for n in range(1, (settles - traded).days + 1)]
    assert ALL.is_open(settles)
    assert sum(ALL.is_open(day) for day in between) == 2
    assert unsettled(ALL, traded, settles - timedelta(1))
    assert not unsettled(ALL, traded, settles)


def test_order_is_kept() -> None:
    found = [due(ALL, day) for day in ALL.days[:-2]]
    assert found == sorted(set(found))


def test_at_once_where_the_venue_says_so() -> None:
    crypto = Sessions(venue("crypto"), date(2024, 8, 8), date(2024, 8, 8))
    assert due(crypto, date(2024, 8, 8)) == date(2024, 8, 8)
    fx = Sessions(venue("fx"), date(2024, 3, 25), date(2024, 4, 5))
    assert due(fx, date(2024, 3, 28)) == date(2024, 4, 3)


def test_what_does_not_settle() -> None:
    with pytest.raises(BadValue, match="nothing trades on 2023-09-01"):
        due(ALL, date(2023, 9, 1))
    with pytest.raises(BadValue, match="too few follow 2026-12-31"):
        due(ALL, date(2026, 12, 31))
