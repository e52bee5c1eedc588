"""Charges beside fractions, where products leave 64 bits too."""

from fractions import Fraction
from math import ceil

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from waglan.kernels.charges import ANY, BEYOND, MAKER, TAKER, charged, share, worth


@given(st.integers(0, 1 << 60), st.integers(0, 10**8), st.sampled_from([1, 5, 100]), st.booleans())
def test_a_share_is_the_fraction_in_steps(value: int, rate: int, step: int, up: bool) -> None:
    steps = Fraction(value * rate, 10**8 * step)
    assert share(value, rate, step, int(up)) == (ceil(steps) if up else round(steps)) * step


@given(st.integers(1, (1 << 42) - 1), st.integers(0, (1 << 42) - 1), st.sampled_from([(1, 1), (100, 1), (1, 10**9)]))
def test_worth_is_the_fraction_or_beyond(price: int, quantity: int, scale: tuple[int, int]) -> None:
    value = round(Fraction(price * quantity * scale[0], scale[1]))
    assert worth(price, quantity, *scale) == min(value, BEYOND)


def test_a_row_counts_for_its_instrument_side_days_and_liquidity() -> None:
    rows = [
        [-1, 0, 0, 100, 0, 1, 0, -1, 1, 0, ANY],
        [2, 0, 0, 100, 0, 10, 0, -1, 1, 0, ANY],
        [-1, -1, 0, 100, 0, 100, 0, -1, 1, 0, ANY],
        [-1, 0, 50, 100, 0, 1000, 0, -1, 1, 0, ANY],
        [-1, 0, 0, 100, 0, 10_000, 0, -1, 1, 0, MAKER],
        [-1, 0, 0, 100, 10**8, 5, 30, 40, 1, 0, TAKER],
    ]
    table = np.array(rows, np.int64)
    assert charged(7, 0, 1, 0, MAKER, table) == 10_001
    assert charged(7, 2, -1, 99, MAKER, table) == 11_111
    assert charged(7, 2, -1, 100, MAKER, table) == 0
    assert [charged(v, 0, 1, 0, TAKER, table) for v in (7, 33, 70)] == [36, 39, 46]
