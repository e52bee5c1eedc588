"""The arithmetic, the search, the sorts and the calendar of the feature kernels against plain Python."""

from datetime import UTC, datetime
from fractions import Fraction
from math import isqrt
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.features.streams import recipe_of
from waglan.features import plan
from waglan.features.draft import CLOCK
from waglan.kernels import calendar, layout, order, rings, whole
from waglan.schema.recipe import Feature
from waglan.schema.units import LIMIT, half_even

MOST = 1 << 62
wide = st.integers(-MOST, MOST)
close = st.integers(-(10**6), 10**6)


@given(wide, st.integers(1, 1 << 21))
def test_nearest(numerator: int, denominator: int) -> None:
    assert whole.nearest(numerator, denominator) == half_even(numerator, denominator)


@given(st.one_of(wide, close), st.one_of(wide, close), st.sampled_from([1, 100, 1000, 1_000_000]))
def test_product(a: int, b: int, scale: int) -> None:
    exact = round(Fraction(a * b, scale))
    assert whole.scaled(a, b, scale) == (exact if abs(exact) <= MOST else layout.TOO_LARGE_CELL)


@given(st.one_of(wide, close), st.one_of(wide, close))
def test_ratio(a: int, b: int) -> None:
    exact = layout.NULL_CELL if b == 0 else max(-MOST, min(MOST, round(Fraction(1_000_000 * a, b))))
    assert whole.ratio(a, b) == exact


@given(st.lists(st.integers(-LIMIT + 1, LIMIT - 1), min_size=2, max_size=30))
def test_deviation(numbers: list[int]) -> None:
    parts = [whole.square_parts(number) for number in numbers]
    n, s1, s2 = len(numbers), sum(numbers), sum(number * number for number in numbers)
    exact = isqrt((n * s2 - s1 * s1) // (n * (n - 1)))
    assert whole.deviation(n, s1, sum(p[0] for p in parts), sum(p[1] for p in parts)) == exact


@pytest.mark.parametrize("n", [2, 3, layout.FULL - 2, layout.FULL - 1])
def test_deviation_at_its_bounds(n: int) -> None:
    high, low = whole.square_parts(LIMIT - 1)
    total = (n % 2) * (LIMIT - 1)  # half the values positive, half negative
    exact = isqrt((n * n * (LIMIT - 1) ** 2 - total**2) // (n * (n - 1)))
    assert whole.deviation(n, total, n * high, n * low) == exact


@given(st.lists(st.integers(0, 50), max_size=40), st.integers(-1, 51), st.data())
def test_past(times: list[int], bound: int, data: st.DataObject) -> None:
    times.sort()
    before = sum(time <= bound for time in times)
    start = data.draw(st.integers(0, before))
    arena = np.array([*times, *[0] * (64 - len(times))], dtype=np.int64)
    assert rings.past(arena, 0, 63, 1, start, len(times), bound) == before


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 1 << 20)), max_size=300), st.sampled_from([1, 1000, 10**9])
)
def test_time_order(events: list[tuple[int, int]], step: int) -> None:
    times = np.array([1_700_000_000_000_000_000 + a * step * 86_400 for a, _ in events], dtype=np.int64)
    positions = np.array([b << 11 | i for i, (_, b) in enumerate(events)], dtype=np.int64)
    assert list(order.time_order(times, positions)) == list(np.lexsort((positions, times)))
    positions = np.random.default_rng(1).permutation(len(events))
    assert list(order.time_order(times, positions)) == list(np.lexsort((positions, times)))


@pytest.mark.parametrize("bits", [1, 13, 14, 15, 31])
def test_sort_words_is_stable(bits: int) -> None:
    rng = np.random.default_rng(3)
    keys = rng.integers(0, 1 << bits, 3000)
    keys[::5] = keys[0]
    words, spare = keys << 32 | np.arange(3000), np.empty(3000, dtype=np.int64)
    swapped = order.sort_words(words, 3000, 32, bits, np.empty(1 << 14, dtype=np.int64), spare)
    assert np.array_equal((spare if swapped else words) & 0xFFFFFFFF, np.argsort(keys, kind="stable"))


def test_time_order_of_times_that_fill_their_words() -> None:
    times = np.array([0, 1, (1 << 62) + 1, 1 << 62, 5, 1, (1 << 62) + 1], dtype=np.int64)
    positions = np.array([6, 5, 4, 3, 2, 1, 0], dtype=np.int64)
    assert list(order.time_order(times, positions)) == list(np.lexsort((positions, times)))


PARTS = ("hour", "weekday", "day", "month", "weekend", "night", "second_of_day")


@pytest.mark.parametrize("zone", ["Asia/Hong_Kong", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
def test_calendar(zone: str) -> None:
    recipe = recipe_of([Feature(name="x", take="calendar", of="hour")])
    compiled = plan.compile(msgspec.structs.replace(recipe, zone=zone))
    rng = np.random.default_rng(4)
    for second in [0, 68_169_599, 951_782_400, 4_107_542_400, *rng.integers(0, 9_200_000_000, 1500).tolist()]:
        local = datetime.fromtimestamp(second, UTC).astimezone(ZoneInfo(zone))
        shown = calendar.local_seconds(compiled.program, second * 10**9 + 999_999_999)
        day = (local.hour, local.weekday(), local.day, local.month, local.weekday() >= 5, local.hour <= 6)
        wanted = [*day, local.hour * 3600 + local.minute * 60 + local.second]
        assert [calendar.calendar(compiled.program, CLOCK[part], shown) for part in PARTS] == wanted
