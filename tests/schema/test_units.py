"""Whole numbers: durations, rounding, and the bounds that window arithmetic rests on."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waglan.schema.units import (
    DAY_NS,
    DURATIONS,
    LIMIT,
    MINOR_DIGITS,
    NULL,
    SECOND_NS,
    WINDOW_MAX,
    BadValue,
    duration_ns,
    half_even,
)


@pytest.mark.parametrize(
    ("text", "ns"), [("1s", SECOND_NS), ("90m", 5400 * SECOND_NS), ("7d", 7 * DAY_NS), ("1y", 365 * DAY_NS)]
)
def test_durations(text: str, ns: int) -> None:
    assert duration_ns(text) == ns


@pytest.mark.parametrize(
    "text", ["", "s", "1", "1w", "-1s", "0s", "2y", "366d", "1.5h", " 1s", "1 s", "1S", "½d", "²s"]
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(BadValue) as error:
        duration_ns(text)
    assert repr(text) in str(error.value)


@given(st.integers(), st.integers(1, 10**30))
def test_half_even_is_the_nearest(numerator: int, denominator: int) -> None:
    assert half_even(numerator, denominator) == round(Fraction(numerator, denominator))


@pytest.mark.parametrize(("numerator", "rounded"), [(1, 0), (3, 2), (5, 2), (-1, 0), (-3, -2), (-5, -2), (4, 2)])
def test_halves_go_to_the_even_neighbour(numerator: int, rounded: int) -> None:
    assert half_even(numerator, 2) == rounded


def test_no_window_can_wrap() -> None:
    most, value = WINDOW_MAX - 1, LIMIT - 1
    assert most * value < 1 << 63
    assert most * (most * value * value) < 1 << 126
    assert -most * value > NULL
    assert set(DURATIONS) == set("smhdy")
    assert all(digits in (0, 2, 3) for digits in MINOR_DIGITS.values())
