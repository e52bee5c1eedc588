"""The ladder against two dictionaries."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.kernels.test_resting import EVENT, LEVELS, LOWEST, Book
from waglan.kernels.depth import T_HIGH_ASK, T_HIGH_BID, TOUCH, crossings, touches
from waglan.schema.depth import ASK, BID, CLEAR


def columns(events: list[Any]) -> tuple[Any, Any, Any]:
    kinds = np.array([event[0] for event in events], np.int8)
    prices, lots = (np.array([event[place] for event in events], np.int64) for place in (1, 2))
    return kinds, prices - LOWEST, lots


@given(st.lists(EVENT, min_size=1, max_size=80))
def test_the_touch_is_that_of_a_plain_book(events: list[Any]) -> None:
    """Crossed and emptied books included: the newer side is believed."""
    touch = np.zeros(TOUCH, np.int64)
    touch[[T_HIGH_BID, T_HIGH_ASK]] = -1
    out = np.empty((len(events), 2), np.int64)
    touches(*columns(events), np.zeros((2, LEVELS), np.int64), touch, out)
    book = Book()
    for event, (bid, ask) in zip(events, out.tolist(), strict=True):
        if event[0] in (BID, ASK, CLEAR):
            book.apply(*event[:3])
        assert bid == (-1 if book.bid is None else book.bid - LOWEST)
        assert ask == (LEVELS if book.ask is None else book.ask - LOWEST)


@given(st.lists(EVENT, min_size=1, max_size=80), st.lists(st.integers(0, 1), min_size=80, max_size=80))
def test_crossed_messages_are_those_whose_levels_cross(events: list[Any], steps: list[int]) -> None:
    messages = np.cumsum(steps[: len(events)])
    out = np.empty((len(events), 3), np.int64)
    found = crossings(*columns(events), messages, np.zeros((2, LEVELS), np.int64), out)
    book, expected = Book(), []
    for row, event in enumerate(events):
        if event[0] in (BID, ASK, CLEAR):
            book.apply(*event[:3])
        last = row + 1 == len(events) or messages[row + 1] != messages[row]
        bids, asks = book.sides
        if last and event[0] in (BID, ASK) and bids and asks and max(bids) >= min(asks):
            expected.append([messages[row], max(bids) - LOWEST, min(asks) - LOWEST])
    assert out[:found].tolist() == expected
