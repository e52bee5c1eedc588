"""Whole numbers and their scales: the only kind of number that is decided on and sealed.

A float's last bits depend on the batch, the compiler and the machine; an int64 at a declared scale depends on nothing.
Money is in minor units of its currency, ratios and scores in millionths, tree leaves in billionths, time in
nanoseconds (UTC).
"""

from typing import Final

NULL: Final = -(1 << 63)
"""The one sentinel for "no value" in an int64 array: the least int64, which no sum of bounded values can reach."""

LIMIT: Final = 1 << 42
"""Exclusive bound on the magnitude of one value: 4.4e12 minor units (HKD 44 bn). With at most `WINDOW_MAX` values in a
window a sum stays below 2**63 and a sum of squares times a count below 2**126, so window arithmetic cannot wrap."""

WINDOW_MAX: Final = 1 << 21
"""Exclusive bound on the number of events of one key inside one window; reaching it is a Refusal, never a wrap."""

MICRO: Final = 1_000_000
NANO: Final = 1_000_000_000

SECOND_NS: Final = 1_000_000_000
MINUTE_NS: Final = 60 * SECOND_NS
HOUR_NS: Final = 60 * MINUTE_NS
DAY_NS: Final = 24 * HOUR_NS

DURATIONS: Final = {"s": SECOND_NS, "m": MINUTE_NS, "h": HOUR_NS, "d": DAY_NS, "y": 365 * DAY_NS}

SEMANTICS: Final = 1
"""Version of the meaning of every kernel and byte form that can change a decision; every recipe digest holds it."""

MINOR_DIGITS: Final = {
    "AUD": 2, "BHD": 3, "BRL": 2, "CAD": 2, "CHF": 2, "CNH": 2, "CNY": 2, "CZK": 2, "DKK": 2, "EUR": 2, "GBP": 2,
    "HKD": 2, "HUF": 2, "IDR": 2, "ILS": 2, "INR": 2, "ISK": 0, "JPY": 0, "KRW": 0, "KWD": 3, "MOP": 2, "MXN": 2,
    "MYR": 2, "NOK": 2, "NZD": 2, "PHP": 2, "PLN": 2, "RON": 2, "SEK": 2, "SGD": 2, "THB": 2, "TRY": 2, "TWD": 2,
    "USD": 2, "VND": 0, "ZAR": 2,
}  # fmt: skip
"""Digits after the decimal point of a currency's minor unit (ISO 4217)."""


class BadValue(ValueError):
    """A value that a person wrote cannot be used; the message gives the value and what was expected."""


def duration_ns(text: str) -> int:
    """Nanoseconds of a duration written as a whole number and a unit: 1s, 15m, 6h, 7d, 1y (365 days)."""
    number, unit = text[:-1], text[-1:]
    if not (number.isascii() and number.isdigit() and len(number) < 12) or unit not in DURATIONS:
        raise BadValue(f"a duration is a whole number and one of s m h d y, such as 7d; it was {text!r}")
    ns = int(number) * DURATIONS[unit]
    if not 0 < ns <= DURATIONS["y"]:
        raise BadValue(f"a duration lies between 1s and 1y; it was {text!r}")
    return ns


def half_even(numerator: int, denominator: int) -> int:
    """The whole number nearest to numerator / denominator, halves to the even neighbour; denominator > 0."""
    quotient, rest = divmod(numerator, denominator)
    twice = 2 * rest
    if twice > denominator or (twice == denominator and quotient & 1):
        quotient += 1
    return quotient
