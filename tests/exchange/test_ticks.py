"""Minimum spreads: a line for every band and date, both sides of every edge, the ladder counted by hand."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from waglan.exchange import Ticks, lot_code, ticks, venue
from waglan.schema.units import BadValue

HONGKONG = venue("hongkong")
OLD, NEW = ticks(HONGKONG, date(2025, 8, 1)), ticks(HONGKONG, date(2025, 8, 4))

# top of the band in dollars, spread before 2025-08-04, spread since, in thousandths
BANDS = [
    ("0.25", 1, 1),
    ("0.5", 5, 5),
    ("10", 10, 10),
    ("20", 20, 10),
    ("50", 50, 20),
    ("100", 50, 50),
    ("200", 100, 100),
    ("500", 200, 200),
    ("1000", 500, 500),
    ("2000", 1000, 1000),
    ("5000", 2000, 2000),
    ("9995", 5000, 5000),
]


def quanta(dollars: str) -> int:
    whole, _, rest = dollars.partition(".")
    return int(whole) * 1000 + int((rest + "000")[:3])


@pytest.mark.parametrize(("top", "old", "new"), BANDS)
def test_the_spread_below_and_above_the_end_of_each_band(top: str, old: int, new: int) -> None:
    place = [b[0] for b in BANDS].index(top)
    price = quanta(top)
    for table, spread, at in ((OLD, old, 1), (NEW, new, 2)):
        assert table.step(price) == spread
        assert table.valid(price)
        assert table.valid(price - spread)
        assert table.away(price, -1) == price - spread
        if spread > 1:
            assert not table.valid(price - 1)
        if place + 1 < len(BANDS):
            above = int(BANDS[place + 1][at])
            assert table.step(price + 1) == above
            assert table.away(price, 1) == price + above
            assert table.valid(price + above)
            assert above == 1 or not table.valid(price + 1)
        else:
            assert table.away(price, 1) == price
            assert not table.valid(price + spread)


@pytest.mark.parametrize(
    ("day", "dollars", "valid"),
    [
        ("2025-08-01", "10.01", False),
        ("2025-08-04", "10.01", True),
        ("2025-08-01", "10.02", True),
        ("2025-08-01", "20.02", False),
        ("2025-08-04", "20.02", True),
        ("2025-08-01", "20.05", True),
        ("2025-08-04", "20.05", False),
        ("2025-08-04", "50.02", False),
        ("2025-08-04", "50.05", True),
        ("2025-08-04", "0.005", False),
        ("2025-08-04", "0.01", True),
        ("2025-08-04", "0.251", False),
        ("2025-08-04", "0.255", True),
        ("2025-08-04", "9.995", False),
        ("2025-08-04", "9.99", True),
        ("2025-08-04", "9995", True),
        ("2025-08-04", "10000", False),
        ("2026-11-20", "5.005", False),  # phase 2: its day was not seen
    ],
)
def test_prices_by_date(day: str, dollars: str, valid: bool) -> None:
    table = ticks(HONGKONG, date.fromisoformat(day))
    assert table.valid(quanta(dollars)) is valid
    if valid:
        assert table.check(quanta(dollars)) == quanta(dollars)
    else:
        with pytest.raises(BadValue, match=str(quanta(dollars))):
            table.check(quanta(dollars))


def test_a_price_between_two_is_told_its_neighbours() -> None:
    with pytest.raises(BadValue, match="20005 is between two prices, 20000 and 20020: the spread is 20 there"):
        NEW.check(20_005)


def test_rungs_counted_by_hand() -> None:
    rungs = [p for p in range(1, 60_001) if any(p <= quanta(t) and p % new == 0 for t, _, new in by_band(p))]
    for place, price in enumerate(rungs, start=1):
        assert NEW.rank(price) == place
        assert NEW.rung(place) == max(price, 10)
    prices = np.arange(1, 60_001)
    assert np.flatnonzero(NEW.valid_array(prices)).tolist() == [p - 1 for p in rungs if p >= 10]


def by_band(price: int) -> list[tuple[str, int, int]]:
    return [next(b for b in BANDS if price <= quanta(b[0]))]


@given(st.integers(1, 9_995_000), st.sampled_from([OLD, NEW]))
def test_rounding_down_and_up(price: int, table: Ticks) -> None:
    low, high = table.floor(price), table.ceiling(price)
    assert table.valid(low)
    assert table.valid(high)
    assert low <= max(price, 10) <= high
    assert table.rank(high) - table.rank(low) == (0 if table.valid(max(price, 10)) else 1)
    assert bool(table.valid_array(np.array([price]))[0]) is table.valid(price)


@given(st.integers(10, 9_995_000), st.integers(-3000, 3000), st.sampled_from([OLD, NEW]))
def test_going_there_and_back(price: int, rungs: int, table: Ticks) -> None:
    start = table.floor(price)
    there = table.away(start, rungs)
    assert table.valid(there)
    if table.least < there < table.greatest:
        assert table.away(there, -rungs) == start


def test_a_ladder_whose_bands_do_not_meet_is_refused() -> None:
    with pytest.raises(BadValue, match="a band from 10 to 25 does not begin and end on rungs 10 apart"):
        Ticks(1, (10, 25), (1, 10))
    with pytest.raises(BadValue, match="least price 3"):
        Ticks(3, (10,), (2,))


@pytest.mark.parametrize(
    ("name", "quantity", "lot", "code"),
    [
        ("hongkong", 400, 400, ""),
        ("hongkong", 1_200_000, 400, ""),
        ("hongkong", 1_200_400, 400, "too-large"),
        ("hongkong", 401, 400, "odd-lot"),
        ("hongkong", 0, 400, "empty"),
        ("hongkong", -400, 400, "empty"),
        ("fx", 401, 400, ""),
        ("crypto", 10**9, 1, ""),
    ],
)
def test_lots(name: str, quantity: int, lot: int, code: str) -> None:
    assert lot_code(venue(name), date(2024, 1, 2), quantity, lot) == code


def test_a_board_lot_of_nothing() -> None:
    with pytest.raises(BadValue, match="board lot holds at least 1; it was 0"):
        lot_code(HONGKONG, date(2024, 1, 2), 1, 0)
