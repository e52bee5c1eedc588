"""Fees: a line for every rule and date, rounding held against fractions, and no fee below nothing."""

from datetime import date, timedelta
from fractions import Fraction
from math import ceil
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from waglan.exchange import fee_minor, schedule, venue
from waglan.exchange.accounts import VenueFees, midnight_ns
from waglan.exchange.fees import changes
from waglan.exchange.rows import Fee
from waglan.kernels import charges
from waglan.schema.tape import Instrument
from waglan.schema.units import BadValue

HONGKONG = venue("hongkong")
FIRST, LAST = HONGKONG.begin, date(2026, 12, 31)
days = st.integers(0, (LAST - FIRST).days).map(lambda n: FIRST + timedelta(n))
values = st.integers(0, 1 << 50)
sides = st.sampled_from([1, -1])
CURRENCY = {"hongkong": "HKD", "fx": "USD", "crypto": "USDT"}

NAMES = ("stamp-duty", "sfc-levy", "afrc-levy", "trading-fee", "trading-tariff", "settlement-fee")

# day, value in cents, then each fee of NAMES in cents; None where it is not charged
TABLE = [
    ("2018-01-02", 10_000_000, 10_000, 270, None, 500, 50, 200),
    ("2021-07-30", 10_000_000, 10_000, 270, None, 500, 50, 200),
    ("2021-08-02", 10_000_000, 13_000, 270, None, 500, 50, 200),
    ("2021-12-31", 10_000_000, 13_000, 270, None, 500, 50, 200),
    ("2022-01-03", 10_000_000, 13_000, 270, 15, 500, 50, 200),
    ("2022-12-30", 10_000_000, 13_000, 270, 15, 500, 50, 200),
    ("2023-01-03", 10_000_000, 13_000, 270, 15, 565, None, 200),
    ("2023-11-16", 10_000_000, 13_000, 270, 15, 565, None, 200),
    ("2023-11-17", 10_000_000, 10_000, 270, 15, 565, None, 200),
    ("2025-06-27", 10_000_000, 10_000, 270, 15, 565, None, 200),
    ("2025-06-30", 10_000_000, 10_000, 270, 15, 565, None, 420),
    ("2025-06-27", 2_000_000_000, 2_000_000, 54_000, 3_000, 113_000, None, 10_000),
    ("2025-06-30", 2_000_000_000, 2_000_000, 54_000, 3_000, 113_000, None, 84_000),
    ("2025-06-27", 100_000, 100, 3, 0, 6, None, 200),
    ("2025-06-30", 100_000, 100, 3, 0, 6, None, 4),
    ("2026-01-05", 100_001, 200, 3, 0, 6, None, 4),
    ("2026-01-05", 1, 100, 0, 0, 0, None, 0),
    ("2026-01-05", 0, 0, 0, 0, 0, None, 0),
]


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("line", TABLE, ids=lambda line: f"{line[0]}-{line[1]}")
def test_each_fee_on_each_side_of_its_day(line: tuple[str, int, *tuple[int | None, ...]], side: int) -> None:
    day, value, *amounts = line
    expected = {name: amount for name, amount in zip(NAMES, amounts, strict=True) if amount is not None}
    fees = schedule(HONGKONG, date.fromisoformat(day))
    assert fees.contract([value], side) == expected
    assert fees.trade(value, side) == sum(expected.values())


@pytest.mark.parametrize(
    ("name", "value", "maker", "expected"),
    [
        ("fx", 10_000_00, False, {"half-spread": 1_00}),
        ("crypto", 1_000_000_000, True, {"maker-fee": 200_000}),
        ("crypto", 1_000_000_000, False, {"taker-fee": 500_000}),
        ("frictionless", 1_000_000_000, False, {"none": 0}),
    ],
)
def test_what_the_assumed_venues_ask(name: str, value: int, maker: bool, expected: dict[str, int]) -> None:
    assert schedule(venue(name), date(2024, 8, 8)).contract([value], 1, maker) == expected


def test_stamp_duty_is_due_once_on_a_contract_note_and_settlement_on_every_trade() -> None:
    fees = schedule(HONGKONG, date(2024, 1, 2))
    parts = fees.contract([10_001, 10_001, 10_001], 1)
    assert parts["stamp-duty"] == 100  # of 300.03 dollars, not three times of 100.01
    assert parts["settlement-fee"] == 600
    assert fees.contract([], 1) == {}


@given(values)
def test_stamp_duty_is_the_next_whole_dollar(value: int) -> None:
    for day, rate in ((date(2020, 1, 2), 1000), (date(2022, 1, 4), 1300), (date(2024, 1, 2), 1000)):
        duty = schedule(HONGKONG, day).contract([value], 1)["stamp-duty"]
        assert duty == 100 * ceil(Fraction(value * rate, 1_000_000) / 100)


@given(days, st.lists(values, max_size=6), sides, st.booleans())
def test_no_fee_is_negative_and_each_is_near_its_rate(day: date, fills: list[int], side: int, maker: bool) -> None:
    fees = schedule(HONGKONG, day)
    out = fees.contract(fills, side, maker)
    assert all(amount >= 0 for amount in out.values())
    for fee in fees.due(side, maker) if fills else ():
        exact = Fraction(sum(fills) * fee.rate_e8, 10**8)
        if fee.rounding == "up":
            assert 0 <= out[fee.name] - exact < fee.step_minor
        elif fee.rate_e8 and not fee.minimum_minor:
            assert abs(out[fee.name] - exact) <= Fraction(len(fills), 2)


@given(days, values, values, sides)
def test_more_value_never_costs_less(day: date, value: int, more: int, side: int) -> None:
    fees = schedule(HONGKONG, day)
    assert fees.trade(value, side) <= fees.trade(value + more, side)


@given(values, st.integers(0, 2_000_000), st.integers(1, 1000), st.sampled_from(["up", "half-even"]))
def test_rounding_by_fractions(value: int, rate: int, step: int, rounding: str) -> None:
    fee = Fee(begin=FIRST, source="", verified=True, name="x", rate_e8=rate, step_minor=step, rounding=rounding)  # type: ignore[arg-type]
    steps = Fraction(value * rate, 10**8 * step)
    assert fee_minor(fee, value) == step * (ceil(steps) if rounding == "up" else round(steps))


@given(
    days,
    st.integers(0, 86_399),
    st.integers(0, 1 << 40),
    sides,
    st.booleans(),
    st.sampled_from(["hongkong", "fx", "crypto"]),
)
def test_the_compiled_charge_is_the_same_to_the_cent(
    day: date, second: int, value: int, side: int, maker: bool, name: str
) -> None:
    found = max(day, venue(name).begin)
    share = Instrument("x", CURRENCY[name], name)
    rows = np.array(VenueFees(venue(name)).rows(share, 0), np.int64)
    at = midnight_ns(found, ZoneInfo(venue(name).zone)) + second * 10**9
    liquidity = charges.MAKER if maker else charges.TAKER
    assert charges.charged(value, 0, side, at, liquidity, rows) == schedule(venue(name), found).trade(
        value, side, maker
    )


def test_the_days_on_which_fees_change() -> None:
    found = changes(HONGKONG, date(2018, 1, 1), date(2026, 12, 31))
    assert [str(day) for day in found] == ["2021-08-01", "2022-01-01", "2023-01-01", "2023-11-17", "2025-06-30"]
    assert changes(HONGKONG, date(2023, 11, 17), date(2025, 6, 29)) == ()


def test_what_cannot_be_charged() -> None:
    fees = schedule(HONGKONG, date(2024, 1, 2))
    with pytest.raises(BadValue, match="fill 1 had -1"):
        fees.contract([5, -1], 1)
    with pytest.raises(BadValue, match="side is 1 for a buy"):
        fees.trade(5, 0)
    with pytest.raises(BadValue, match="known from 2018-01-01; the day was 2017-12-29"):
        schedule(HONGKONG, date(2017, 12, 29))
