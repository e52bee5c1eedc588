"""One value of a file or message -> one whole number, or the code of why not.

This is the only meaning of a value: whole columns go through the same functions once for each distinct value, or
through a loop over floats with the same formula, so a message, a CSV cell and a Parquet cell of one text give one
number.
A convertor is never given "no value" (None or empty text); what that means is the row's business, not the value's.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from waglan.schema.units import LIMIT, MICRO

ID_MAX: Final = 128
"""Most characters of an identifier: longer ones are pasted text, and they would be copied into every record."""

SHOWN_MAX: Final = 80

SLACK_MINOR: Final = 1e-6
"""A float is money if it lies this near to whole minor units ..."""

SLACK_ULPS: Final = 4 * 2.0**-52
"""... or within two roundings of a double: more than the above from 1.1e9 minor units on (4e-3 at the limit)."""

NUMBER: Final = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,6}))?", re.ASCII)
NOT_FINITE: Final = frozenset({"nan", "inf", "infinity", "+inf", "-inf", "+infinity", "-infinity", "-nan"})
FLAGS: Final = {"0": 0, "1": 1, "false": 0, "true": 1, "False": 0, "True": 1, "FALSE": 0, "TRUE": 1}

Convert = Callable[[Any], int]


class Unreadable(Exception):
    """A value is not what its column holds; `code` is one of schema.records.CODES."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def shown(value: object) -> str:
    """The offending value as text for the terminal, cut to 80 characters, never raising."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "backslashreplace")
    text = str(value).encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= SHOWN_MAX else text[: SHOWN_MAX - 1] + "…"


def bounded(whole: int, negative: bool) -> int:
    """`whole` if it lies inside the limits of a value."""
    if whole < 0 and not negative:
        raise Unreadable("negative")
    if not -LIMIT < whole < LIMIT:
        raise Unreadable("too_large")
    return whole


def whole_of_text(text: str, digits: int) -> int:
    """A decimal number times 10**digits, exactly. ASCII digits, one point, an exponent; no separators, no blanks."""
    if len(text) <= 20 and text.isdigit() and text.isascii():  # most are, and it saves a microsecond
        return int(text + "0" * digits)
    match = NUMBER.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        raise Unreadable("not_finite" if text.lower() in NOT_FINITE else "wrong_type")
    sign, head, tail, power = match[1], match[2], (match[3] or ""), int(match[4] or 0)
    mantissa = (head + tail).rstrip("0")
    zeros = digits + power - len(tail) + len(head + tail) - len(mantissa)
    mantissa = mantissa.lstrip("0")
    if not mantissa:
        return 0
    if zeros < 0:
        raise Unreadable("too_precise")
    if len(mantissa) + zeros > 20:  # 10**20 is far beyond the limit, and int() of long text is slow
        raise Unreadable("negative" if sign == "-" else "too_large")
    whole = int(mantissa + "0" * zeros)
    return -whole if sign == "-" else whole


def whole_of_float(value: float, scale: int) -> int:
    """`value * scale` if it is whole but for the float's own error."""
    whole, scaled = rounded(value, scale), value * scale
    if abs(scaled - whole) > SLACK_MINOR and abs(scaled - whole) > SLACK_ULPS * abs(scaled):
        raise Unreadable("too_precise")
    return whole


def plain(value: object) -> Any:
    """A numpy scalar as its Python value; anything else as it is."""
    return value.item() if hasattr(value, "item") and hasattr(value, "dtype") else value


def rounded(value: float, scale: int) -> int:
    """The whole number nearest to the double `value * scale`, half to even."""
    scaled = value * scale
    if scaled - scaled != 0.0:
        raise Unreadable("not_finite" if value - value != 0.0 else "too_large")
    return round(scaled)


def whole_number(digits: int, negative: bool, nearest: bool = False) -> Convert:
    """Convertor to whole units of 10**-digits: money in minor units, and integers (digits 0).

    nearest: what has more digits is read as a double and rounded, and not refused.
    """
    scale = 10**digits

    def convert(value: Any) -> int:
        kind = type(value)
        if kind is int:
            whole = value * scale
        elif kind is float:
            whole = rounded(value, scale) if nearest else whole_of_float(value, scale)
        elif kind is str or kind is Decimal:
            try:
                whole = whole_of_text(str(value), digits)
            except Unreadable as error:
                if error.code != "too_precise" or not nearest:
                    raise
                whole = rounded(float(value), scale)
        else:
            simple = plain(value)
            if type(simple) is kind:
                raise Unreadable("wrong_type")
            return convert(simple)
        if 0 <= whole < LIMIT:
            return int(whole)
        return bounded(whole, negative)

    return convert


def millionths(negative: bool) -> Convert:
    """Convertor of ratios and coordinates: the nearest double times 10**6, to the nearest whole, half to even."""

    def convert(value: Any) -> int:
        kind = type(value)
        if kind is str or kind is Decimal:
            text = str(value)
            match = NUMBER.fullmatch(text)
            if match is None or not (match[2] or match[3]):
                raise Unreadable("not_finite" if text.lower() in NOT_FINITE else "wrong_type")
            value = float(text)
        elif kind is not float and kind is not int:
            simple = plain(value)
            if type(simple) is kind:
                raise Unreadable("wrong_type")
            return convert(simple)
        if value - value != 0:
            raise Unreadable("not_finite")
        if abs(value) >= LIMIT:
            raise Unreadable("negative" if value < 0 and not negative else "too_large")
        return bounded(round(value * MICRO), negative)

    return convert


def text_of(value: Any) -> str:
    """An identifier or category as text: whole numbers, floats that are whole and true/false become their text."""
    kind = type(value)
    if kind is str:
        return str(value)
    if kind is bool:
        return "1" if value else "0"
    if kind is int:
        return str(value) if -(10**30) < value < 10**30 else refuse("bad_id")
    if kind is float:
        return str(int(value)) if value.is_integer() and abs(value) < 2.0**53 else refuse("wrong_type")
    if kind is bytes:
        try:
            return str(value.decode("utf-8"))
        except UnicodeDecodeError:
            raise Unreadable("bad_encoding") from None
    if kind is Decimal and value == value.to_integral_value() and abs(value) < 10**30:
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    simple = plain(value)
    return text_of(simple) if type(simple) is not kind else refuse("wrong_type")


def refuse(code: str) -> str:
    """Raises, where an expression is wanted."""
    raise Unreadable(code)


def identifier(value: Any) -> str:
    """The text of an identifier, 1 to 128 characters of encodable text. True and false identify nobody."""
    text = value if type(value) is str else refuse("wrong_type") if type(value) is bool else text_of(value)
    if len(text) > ID_MAX:
        raise Unreadable("bad_id")
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise Unreadable("bad_encoding") from None
    return str(text)


def category(values: list[str], other: bool, rename: dict[str, str], code: str = "unknown_category") -> Convert:
    """Convertor of declared categories to their position; outside the list len(values) if `other`, else refused."""
    places = {value: place for place, value in enumerate(values)}
    places |= {old: places[new] for old, new in rename.items() if new in places}
    rest = len(values) if other else -1

    def convert(value: Any) -> int:
        place = places.get(value if type(value) is str else text_of(value), rest)
        if place < 0:
            raise Unreadable(code)
        return place

    return convert


def flag(rename: dict[str, str]) -> Convert:
    """Convertor of false and true: booleans, 0 and 1, their text, or what `rename` turns into these."""

    def convert(value: Any) -> int:
        if type(value) is bool:
            return int(value)
        text = text_of(value)
        place = FLAGS.get(rename.get(text, text))
        if place is None:
            raise Unreadable("wrong_type")
        return place

    return convert
