"""Exact whole-number arithmetic for features: division to the nearest, 128-bit products, integer square root.

A 128-bit number is two uint64 (high, low). Halves go to the even neighbour, as in `schema.units.half_even`.
"""

import numpy as np

from waglan.kernels.compiled import bare, inlined
from waglan.kernels.layout import NULL_CELL, SUM_LIMIT, TOO_LARGE_CELL

_LOW32 = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)
_21 = np.uint64(21)
_42 = np.uint64(42)
_22 = np.uint64(22)
_1 = np.uint64(1)
_0 = np.uint64(0)
_63 = np.uint64(63)


FLOAT_EXACT = 1 << 52


@inlined
def plus(a: int, b: int) -> int:
    """a + b in 64 bits, wrapping."""
    return np.int64(np.uint64(a) + np.uint64(b))  # type: ignore[return-value]


@inlined
def minus(a: int, b: int) -> int:
    """a - b in 64 bits, wrapping."""
    return np.int64(np.uint64(a) - np.uint64(b))  # type: ignore[return-value]


@inlined
def nearest(numerator: int, denominator: int) -> int:
    """The whole number nearest to numerator / denominator (> 0, below 2**62), halves to even.

    Below 2**52 a float's quotient, rounded to a whole float, is the answer: halves are exact, and a quotient that is
    none lies 1 / (2 denominator) or more from one, farther than its rounding error, numerator / denominator / 2**53.
    """
    if -FLOAT_EXACT < numerator < FLOAT_EXACT and denominator < FLOAT_EXACT:
        return np.int64(np.rint(np.float64(numerator) / np.float64(denominator)))  # type: ignore[return-value]
    quotient = numerator // denominator
    rest = numerator - quotient * denominator
    twice = 2 * rest
    up = np.int64(twice > denominator) | (np.int64(twice == denominator) & quotient & 1)
    return quotient + up  # type: ignore[return-value]


@bare
def product(a: np.uint64, b: np.uint64) -> tuple[np.uint64, np.uint64]:
    """a x b in 128 bits."""
    a0, a1 = a & _LOW32, a >> _32
    b0, b1 = b & _LOW32, b >> _32
    low = a0 * b0
    middle = a1 * b0 + (low >> _32)
    cross = a0 * b1 + (middle & _LOW32)
    return a1 * b1 + (middle >> _32) + (cross >> _32), (cross << _32) | (low & _LOW32)


@bare
def nearest_wide(high: np.uint64, low: np.uint64, denominator: np.uint64) -> np.uint64:
    """A 128-bit number / denominator (< 2**62) to the nearest, halves to even; 2**63 if it is beyond 2**62."""
    if high >= denominator:
        return _1 << _63
    rest = high
    quotient = _0
    for i in range(64):
        rest = (rest << _1) | ((low >> np.uint64(63 - i)) & _1)
        quotient <<= _1
        if rest >= denominator:
            rest -= denominator
            quotient |= _1
    if quotient > np.uint64(SUM_LIMIT):
        return _1 << _63
    twice = rest << _1
    if twice > denominator or (twice == denominator and (quotient & _1) == _1):
        quotient += _1
    return quotient


@bare
def scaled(a: int, b: int, divisor: int) -> int:
    """a x b / divisor (of either sign, not 0), nearest, halves to even; TOO_LARGE_CELL beyond +-2**62."""
    negative = (a < 0) != (b < 0)
    if divisor < 0:
        negative = not negative
    high, low = product(np.uint64(abs(a)), np.uint64(abs(b)))
    size = np.uint64(abs(divisor))
    if high == _0 and low < np.uint64(SUM_LIMIT):
        quotient = np.uint64(nearest(int(np.int64(low)), int(np.int64(size))))
    else:
        quotient = nearest_wide(high, low, size)
    if quotient > np.uint64(SUM_LIMIT):
        return TOO_LARGE_CELL
    return int(-np.int64(quotient) if negative else np.int64(quotient))


@bare
def ratio(a: int, b: int) -> int:
    """1,000,000 x a / b, nearest, halves to even, capped at +-2**62; NULL where b is 0."""
    if b == 0:
        return NULL_CELL
    value = scaled(a, 1_000_000, b)
    if value == TOO_LARGE_CELL:
        return SUM_LIMIT if (a < 0) == (b < 0) else -SUM_LIMIT
    return value


@bare
def square_parts(value: int) -> tuple[int, int]:
    """value**2 as (high, low) in base 2**42, for |value| < 2**42: 2**21 of each part sum without leaving an int64."""
    size = abs(value)
    top, bottom = size >> 21, size & 0x1FFFFF
    middle = 2 * top * bottom
    low = ((middle & 0x1FFFFF) << 21) + bottom * bottom
    return top * top + (middle >> 21) + (low >> 42), low & 0x3FFFFFFFFFF


@bare
def root(high: np.uint64, low: np.uint64) -> int:
    """Greatest whole number whose square is at most the 128-bit number (below 2**88)."""
    guess = np.int64(np.sqrt(np.float64(high) * 18446744073709551616.0 + np.float64(low)))
    while True:  # the float is right to one or two units; the squares decide
        square_high, square_low = product(np.uint64(guess), np.uint64(guess))
        if square_high > high or (square_high == high and square_low > low):
            guess -= 1
            continue
        square_high, square_low = product(np.uint64(guess + 1), np.uint64(guess + 1))
        if square_high > high or (square_high == high and square_low > low):
            return int(guess)
        guess += 1


@bare
def deviation(n: int, total: int, squares_high: int, squares_low: int) -> int:
    """isqrt(floor((n S2 - S1**2) / (n (n-1)))) with S2 = squares_high x 2**42 + squares_low; 1 < n < 2**21."""
    count = np.uint64(n)
    high, low = product(count, np.uint64(squares_high))
    high, low = (high << _42) | (low >> _22), low << _42
    add_high, add_low = product(count, np.uint64(squares_low))
    low += add_low
    high += add_high + (_1 if low < add_low else _0)
    sub_high, sub_low = product(np.uint64(abs(total)), np.uint64(abs(total)))
    high -= sub_high + (_1 if low < sub_low else _0)
    low -= sub_low
    divisor = count * (count - _1)
    # Long division, 21 bits at a time: the rest stays below 2**42 and the shifted rest below 2**63.
    rest = _0
    out_high = _0
    out_low = _0
    for i in range(6, -1, -1):
        shift = np.uint64(21 * i)
        if 21 * i >= 64:
            digit = (high >> np.uint64(21 * i - 64)) & np.uint64(0x1FFFFF)
        elif 21 * i + 21 <= 64:
            digit = (low >> shift) & np.uint64(0x1FFFFF)
        else:
            digit = ((low >> shift) | (high << np.uint64(64 - 21 * i))) & np.uint64(0x1FFFFF)
        rest = (rest << _21) | digit
        part = rest // divisor
        rest -= part * divisor
        out_high = (out_high << _21) | (out_low >> np.uint64(43))
        out_low = (out_low << _21) | part
    return root(out_high, out_low)
