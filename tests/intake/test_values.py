"""One value at a time: a table of what each column takes, and money against exact fractions."""

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from waglan.intake import values
from waglan.intake.values import Unreadable
from waglan.schema.units import LIMIT


def outcome(convert: Callable[[object], object], value: object) -> object:
    """The number, or the code of the refusal."""
    try:
        return convert(value)
    except Unreadable as error:
        return error.code


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (12, 1200), (12.34, 1234), ("12.34", 1234), ("12.3", 1230), ("12.", 1200), (".5", 50), ("+1", 100), ("0.00", 0),
        ("1e3", 100_000), ("1.5E-1", 15), ("12.3400", 1234), (Decimal("12.34"), 1234), (np.float64(12.34), 1234),
        (np.int32(7), 700), (0.1 + 0.2, 30), (0.0, 0), ("-0", 0), (-0.0, 0), ("00012.5", 1250),
        (12.345, "too_precise"), ("12.345", "too_precise"), ("1e-3", "too_precise"), (Decimal("0.001"), "too_precise"),
        (-1, "negative"), ("-0.01", "negative"), (-12.34, "negative"), ("-" + "9" * 500, "negative"),
        (float("nan"), "not_finite"), (math.inf, "not_finite"), ("NaN", "not_finite"), ("-inf", "not_finite"),
        (1e300, "too_large"), (1.7e308, "too_large"), (10**30, "too_large"), ("9" * 5000, "too_large"),
        ("1e999999", "too_large"), (LIMIT // 100 + 1, "too_large"), ("43980465111.03", LIMIT - 1),
        (43980465111.03, LIMIT - 1), ("43980465111.04", "too_large"),
        ("1,234.50", "wrong_type"), ("12 ", "wrong_type"), ("1_000", "wrong_type"), ("HK$5", "wrong_type"),
        ("٣", "wrong_type"), ("0x10", "wrong_type"), (True, "wrong_type"), ([], "wrong_type"), ({}, "wrong_type"),
        (".", "wrong_type"), ("e5", "wrong_type"), (b"12", "wrong_type"), (np.bool_(True), "wrong_type"),
    ],
)  # fmt: skip
def test_money_in_cents(value: object, expected: object) -> None:
    assert outcome(values.whole_number(2, False), value) == expected


@pytest.mark.parametrize(
    ("digits", "value", "expected"),
    [
        (0, "58", 58),
        (0, "58.0", 58),
        (0, 58.5, "too_precise"),
        (3, "1.234", 1234),
        (3, 1.2345, "too_precise"),
        (0, 3.0, 3),
    ],
)
def test_other_digits(digits: int, value: object, expected: object) -> None:
    assert outcome(values.whole_number(digits, False), value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (12.346, 1235), ("12.346", 1235), ("0.125", 12), (0.375, 38), (7, 700), ("1e-30", 0), ("nan", "not_finite"),
        (math.nan, "not_finite"), (1e300, "too_large"), ("1e300", "too_large"), ("x", "wrong_type"), (-0.001, 0),
        ("-1.005", "negative"), (Decimal("2.675"), 268), (2.675, 268), ("2.675", 268), (1.7e308, "too_large"),
    ],
)  # fmt: skip
def test_money_to_the_nearest_cent_where_the_mapping_says_so(value: object, expected: object) -> None:
    assert outcome(values.whole_number(2, False, True), value) == expected


@given(st.integers(-LIMIT + 1, LIMIT - 1), st.sampled_from([0, 2, 3]))
def test_money_survives_text_and_float(minor: int, digits: int) -> None:
    convert = values.whole_number(digits, True)
    exact = Fraction(minor, 10**digits)
    text = str(Decimal(minor).scaleb(-digits))
    assert convert(text) == minor
    assert convert(float(exact)) == minor


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**8), max_value=10**8))
def test_money_is_exact_or_refused(number: Decimal) -> None:
    exact = Fraction(number) * 100
    expected = int(exact) if exact.denominator == 1 else "too_precise"
    assert outcome(values.whole_number(2, True), str(number)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.25, 250_000), ("0.25", 250_000), (1, 1_000_000), ("0.0000005", 0), ("0.0000015", 2), (-0.5, -500_000),
        (float("nan"), "not_finite"), ("inf", "not_finite"), (4.4e6, "too_large"), (1e300, "too_large"),
        ("x", "wrong_type"),
        (True, "wrong_type"), (Decimal("0.1"), 100_000), (np.float64(0.1), 100_000), (10**400, "too_large"),
    ],
)  # fmt: skip
def test_millionths(value: object, expected: object) -> None:
    assert outcome(values.millionths(True), value) == expected


def test_millionths_negative() -> None:
    assert outcome(values.millionths(False), -0.5) == "negative"
    assert outcome(values.millionths(False), -1e300) == "negative"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("C1", "C1"), (17, "17"), (17.0, "17"), (Decimal("17"), "17"), (b"C1", "C1"), (np.int16(17), "17"),
        ("陳", "陳"),
        ("x" * 128, "x" * 128), ("x" * 129, "bad_id"), (17.5, "wrong_type"), (True, "wrong_type"), ([1], "wrong_type"),
        (math.inf, "wrong_type"), (b"\xff", "bad_encoding"), ("\ud800", "bad_encoding"), (10**40, "bad_id"),
    ],
)  # fmt: skip
def test_identifier(value: object, expected: object) -> None:
    assert outcome(values.identifier, value) == expected


@pytest.mark.parametrize(
    ("value", "other", "expected"),
    [
        ("card", False, 0), ("fps", False, 1), ("FPS", False, 1), ("wire", False, "unknown_category"),
        ("wire", True, 2),
        (1, True, 2), (1, False, "unknown_category"), ([1], True, "wrong_type"),
    ],
)  # fmt: skip
def test_category(value: object, other: bool, expected: object) -> None:
    assert outcome(values.category(["card", "fps"], other, {"FPS": "fps"}), value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, 1),
        (False, 0),
        (1, 1),
        (0, 0),
        (1.0, 1),
        ("true", 1),
        ("0", 0),
        ("Y", 1),
        (2, "wrong_type"),
        ("?", "wrong_type"),
    ],
)
def test_flag(value: object, expected: object) -> None:
    assert outcome(values.flag({"Y": "1"}), value) == expected


@given(st.one_of(st.binary(), st.text(), st.floats(), st.integers(), st.lists(st.integers())))
def test_shown_is_short_text(value: object) -> None:
    text = values.shown(value)
    assert len(text) <= values.SHOWN_MAX
    text.encode()
