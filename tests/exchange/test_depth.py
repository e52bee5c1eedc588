"""A replay of a recorded book: what it refuses, what it gives, and the fills that another simulator gives."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tests.kernels.test_resting import LOWEST, tape
from waglan.exchange.depth import Fill, Replay, Terms, clock_shift_ns, rungs_of
from waglan.intake.depth import read_depth
from waglan.kernels import resting
from waglan.kernels.quoting import quote_touch
from waglan.schema.depth import ASK, BID, BUY, CLEAR, SELL, Depth
from waglan.schema.units import BadValue

EVENTS = [
    (BID, LOWEST, 5, 0, 0), (ASK, LOWEST + 2, 2, 0, 0), (ASK, LOWEST + 3, 4, 0, 0), (SELL, LOWEST, 3, 10, 0),
    (SELL, LOWEST, 3, 1, 0), (BUY, LOWEST + 2, 1, 10, 0), (BID, LOWEST, 1, 10, 0),
]  # fmt: skip


@cache
def recorded(path: Path) -> Depth:
    return read_depth(path, "BTCUSDT", (1, 3))


def test_an_order_waits_behind_what_stood_there() -> None:
    """Five lots before it: trades of 3 and 3 pass it by one; a partial fill of that one, or of all where said."""
    for whole, lots in ((False, 1), (True, 4)):
        replay = Replay(tape(EVENTS), Terms(response_ns=7, whole=whole))
        replay.advance(replay.start_ns)
        order = replay.place(1, LOWEST, 4)
        replay.advance(replay.end_ns)
        assert replay.fills() == [Fill(order, 1, LOWEST, lots, True, replay.start_ns + 11, replay.start_ns + 18)]


def test_a_taker_pays_each_level_and_rests_with_what_is_left() -> None:
    replay = Replay(tape(EVENTS), Terms())
    replay.advance(replay.start_ns)
    assert replay.touch() == (LOWEST, LOWEST + 2)
    order = replay.place(1, LOWEST + 3, 9, "rest")
    replay.advance(replay.start_ns + 1)
    assert [(fill.price, fill.quantity, fill.maker) for fill in replay.fills()] == [
        (LOWEST + 2, 2, False), (LOWEST + 3, 4, False),
    ]  # fmt: skip
    assert replay.market.orders[order, resting.O_LEFT] == 3
    assert replay.market.head[resting.H_POSITION] == 6
    assert replay.market.head[resting.H_CASH] == -(2 * (LOWEST + 2) + 4 * (LOWEST + 3))


def test_bad_terms_and_orders_are_refused() -> None:
    for queue, entry_ns, feed_ns in ((9, 0, 0), (-1, 0, 0), (0, -1, 0), (0, 0, 1 << 60)):
        with pytest.raises(BadValue, match="it was"):
            Terms(queue, entry_ns, feed_ns=feed_ns)
    replay = Replay(tape(EVENTS), Terms(), orders_max=1)
    for side, price, lots, rule in ((0, LOWEST, 1, "post"), (1, LOWEST, 0, "post"), (1, LOWEST, 1, "hide")):
        with pytest.raises(BadValue, match="an order buys"):
            replay.place(side, price, lots, rule)
    with pytest.raises(BadValue, match="no price of 99999"):
        replay.place(1, 99999, 1)
    with pytest.raises(BadValue, match="time does not go back"):
        replay.advance(replay.start_ns - 1)
    replay.place(1, LOWEST, 1)
    with pytest.raises(BadValue, match="orders_max=1"):
        replay.place(1, LOWEST, 1)
    with pytest.raises(BadValue, match="no level and no trade"):
        Replay(tape([(CLEAR, LOWEST, 0, 0, 0)]), Terms())


def test_clocks_that_ran_apart_are_brought_together() -> None:
    """The recorder's clock was 1.27 s behind the exchange's; no event may arrive before it happened."""
    depth = tape([(BID, LOWEST, 1, 0, -40), (BID, LOWEST, 2, 5, 3)])
    assert clock_shift_ns(depth, 0) == 40
    assert clock_shift_ns(depth, 2) == 42
    assert clock_shift_ns(tape([(BID, LOWEST, 1, 0, 9)]), 4) == 0


FOREIGN = {0: (392, -20, 12_162_250), 1: (429, -10, 5_984_030), 3: (412, -20, 12_159_100)}


@pytest.mark.parametrize("queue", FOREIGN)
def test_the_fills_are_those_of_another_simulator(shared: Callable[[str], Path], queue: int) -> None:
    """hftbacktest 2.4.4, same events, latencies, strategy and queue model: trades, end position, cash; at each of
    3,445 looks its position and touch were the same too (`docs/reference/depth.md`)."""
    depth = recorded(shared("data/binance_l2/usdm_btcusdt_20240808.gz"))
    terms = Terms(queue, entry_ns=10_000_000, response_ns=10_000_000, feed_ns=1_000_000, whole=True)
    roots = []
    for _ in range(2):
        replay = Replay(depth, terms)
        looks = np.zeros((4000, 4), np.int64)
        assert quote_touch(replay.market, 100_000_000, 10, 100, replay.end_ns, looks) == 3445
        head = replay.market.head
        assert (len(replay.fills()), head[resting.H_POSITION], head[resting.H_CASH]) == FOREIGN[queue]
        roots.append(replay.answers().tobytes() + looks.tobytes())
    assert roots[0] == roots[1]
    assert replay.shift_ns == 1_273_156_851


def test_the_ladder_is_the_same_counted_or_sorted(monkeypatch: pytest.MonkeyPatch) -> None:
    depth = tape([*EVENTS, (BID, LOWEST - 900, 1, 0, 0), (CLEAR, LOWEST + 9999, 0, 0, 0)])
    counted = rungs_of(depth, 3)
    monkeypatch.setattr("waglan.exchange.depth.SPAN_MAX", 1)
    sorted_ = rungs_of(depth, 3)
    assert counted[0].tolist() == sorted_[0].tolist() == [LOWEST - 900, *range(LOWEST - 3, LOWEST + 6)]
    assert counted[1][:-1].tolist() == sorted_[1][:-1].tolist()
