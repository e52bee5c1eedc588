"""The compiled exchange against a plain one: dictionaries, one queue of all messages, one event at a time."""

import heapq
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from waglan.exchange.depth import Replay, Terms
from waglan.kernels import resting
from waglan.kernels.ahead import UNIT, behind_share
from waglan.schema.depth import ASK, BEST_ASK, BEST_BID, BID, BUY, CLEAR, SELL, Depth, depth_of

LOWEST, LEVELS = 1000, 8
POINT = 16


class Book:
    """Two dictionaries; the newer side is believed where they cross."""

    def __init__(self) -> None:
        self.sides: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self.bid: int | None = None
        self.ask: int | None = None

    def apply(self, kind: int, price: int, lots: int) -> int:
        if kind == CLEAR:
            self.__init__()  # type: ignore[misc]
            return 0
        levels = self.sides[kind]
        before = levels.pop(price, 0)
        if lots:
            levels[price] = lots
        if kind == BID:
            if not lots and price == self.bid:
                self.bid = max((p for p in levels if p < price), default=None)
            elif lots and (self.bid is None or price > self.bid):
                self.bid = price
                if self.ask is not None and price >= self.ask:
                    self.ask = min((p for p in self.sides[ASK] if p > price), default=None)
        elif not lots and price == self.ask:
            self.ask = min((p for p in levels if p > price), default=None)
        elif lots and (self.ask is None or price < self.ask):
            self.ask = price
            if self.bid is not None and price <= self.bid:
                self.bid = max((p for p in self.sides[BID] if p < price), default=None)
        return before


class Order:
    def __init__(self, number: int, side: int, price: int, lots: int, rule: str) -> None:
        self.number, self.side, self.price, self.left, self.rule = number, side, price, lots, rule
        self.front = self.traded = 0

    def resized(self, before: int, after: int, power: int) -> None:
        if power:
            less = (before - after - self.traded) << POINT
            self.traded = 0
            if less > 0:
                behind = (before << POINT) - self.front
                gone = less * behind_share(max(self.front, 0), max(behind, 0), power) // UNIT
                self.front += min(behind - gone, 0) - (less - gone)
        self.front = min(self.front, after << POINT)


class Exchange:
    """The oracle: its answers are (order, what, price, lots, time, maker)."""

    def __init__(self, terms: Terms) -> None:
        self.terms, self.book, self.answers = terms, Book(), list[tuple[Any, ...]]()
        self.live: dict[int, Order] = {}

    def fill(self, order: Order, price: int, lots: int, at: int, maker: bool) -> None:
        order.left -= lots
        what = resting.PARTLY if order.left else resting.FILLED
        self.answers.append((order.number, what, price, lots, at, maker))
        if not order.left:
            self.live.pop(order.number, None)

    def event(self, kind: int, price: int, lots: int, at: int) -> None:
        if kind in (BUY, SELL):
            for order in list(self.live.values()):
                past = (order.price - price) * order.side
                if order.side != (-1 if kind == BUY else 1) or past < 0:
                    continue
                if past > 0:
                    self.fill(order, order.price, order.left, at, True)
                    continue
                order.front -= lots << POINT
                order.traded += lots
                if Fraction(order.front, 1 << POINT) <= Fraction(-1, 2):
                    over = max(-order.front >> POINT, 1)
                    if not self.terms.whole:
                        order.front = 0
                    self.fill(order, price, order.left if self.terms.whole else min(over, order.left), at, True)
            return
        if kind in (BEST_BID, BEST_ASK):
            better = [p for p in self.book.sides[kind - BEST_BID] if (p > price if kind == BEST_BID else p < price)]
            for worse in sorted(better, reverse=kind == BEST_BID):
                best = self.book.bid if kind == BEST_BID else self.book.ask
                if worse == best:
                    self.event(kind - BEST_BID, worse, 0, at)
            return self.event(kind - BEST_BID, price, lots, at)
        was = self.book.bid, self.book.ask
        before = self.book.apply(kind, price, lots)
        if kind == CLEAR:
            return
        bid, ask = self.book.bid, self.book.ask
        for order in list(self.live.values()):
            if order.price == price and order.side == (1 if kind == BID else -1):
                order.resized(before, lots, self.terms.queue)
        for order in list(self.live.values()):
            rose = kind == BID and bid is not None and (was[0] is None or bid > was[0]) and order.price <= bid
            fell = kind == ASK and ask is not None and (was[1] is None or ask < was[1]) and order.price >= ask
            if (rose and order.side < 0) or (fell and order.side > 0):
                self.fill(order, order.price, order.left, at, True)

    def cancel(self, order: Order, at: int) -> None:
        gone = self.live.pop(order.number, None)
        what = resting.CANCELLED if gone else resting.TOO_LATE
        self.answers.append((order.number, what, order.price, order.left if gone else 0, at, False))

    def receive(self, order: Order, at: int) -> None:
        touch = self.book.ask if order.side > 0 else self.book.bid
        marketable = touch is not None and (order.price - touch) * order.side >= 0
        if touch is not None and marketable and order.rule != "post":
            levels = self.book.sides[ASK if order.side > 0 else BID]
            for price in sorted(levels, key=lambda p: p * order.side):
                if order.left and (price - touch) * order.side >= 0 and (order.price - price) * order.side >= 0:
                    self.fill(order, price, min(order.left, levels[price]), at, False)
            if not order.left:
                return
        if (marketable and order.rule == "post") or order.rule == "take":
            self.answers.append((order.number, resting.REFUSED, order.price, order.left, at, False))
            return
        self.live[order.number] = order
        order.front = self.book.sides[BID if order.side > 0 else ASK].get(order.price, 0) << POINT
        self.answers.append((order.number, resting.LIVE, order.price, order.left, at, False))


EVENT = st.tuples(
    st.sampled_from([BID, BID, ASK, ASK, BUY, SELL, BID, ASK, BUY, SELL, CLEAR, BEST_BID, BEST_ASK]),
    st.integers(LOWEST, LOWEST + LEVELS - 1), st.integers(0, 6), st.integers(0, 3), st.integers(0, 6),
)  # fmt: skip
ACTION = st.tuples(
    st.integers(0, 3), st.sampled_from([1, -1]), st.integers(LOWEST, LOWEST + LEVELS - 1), st.integers(1, 5),
    st.sampled_from(["post", "post", "rest", "take"]), st.integers(0, 30),
)  # fmt: skip
TERMS = st.builds(
    Terms, queue=st.integers(0, 3), entry_ns=st.integers(0, 4), response_ns=st.integers(0, 4), whole=st.booleans()
)


def tape(events: list[tuple[int, int, int, int, int]]) -> Depth:
    """Events (kind, price, lots, step of arrival, time under way)."""
    local = 100 + np.cumsum([event[3] for event in events])
    exchange = local - [event[4] for event in events]
    lots = [max(event[2], 1) if event[0] in (BUY, SELL) else event[2] for event in events]
    columns = np.array([exchange, local, [event[1] for event in events], lots, range(len(events))], np.int64)
    return depth_of("X", (0, 0), np.array([event[0] for event in events], np.int8), columns)


def played(depth: Depth, terms: Terms, actions: list[Any]) -> tuple[list[Any], list[int], list[Any]]:
    """The compiled run: after each action time moves by a few units. Answers, times of actions, requests made."""
    replay = Replay(depth, terms, 64, 2, quotes=True)
    known: list[int] = []
    sent: list[Any] = []
    now = replay.start_ns
    for wait, side, price, lots, rule, which in actions:
        replay.advance(now := now + wait)
        if which < len(known):
            if replay.cancel(known[which]):
                sent.append((now, known[which]))
        elif price in replay.market.ticks:
            number = replay.place(side, price, lots, rule)
            known.append(number)
            sent.append((now, (number, side, price, lots, rule)))
    replay.advance(now + 1000)
    keep = [resting.A_ORDER, resting.A_WHAT, resting.A_RUNG, resting.A_LOTS, resting.A_EXCHANGE_NS, resting.A_MAKER]
    rows = replay.answers()[:, keep]
    rows[:, 2] = replay.market.ticks[rows[:, 2]]
    fills = replay.fills()
    assert replay.market.head[resting.H_POSITION] == sum(fill.side * fill.quantity for fill in fills)
    assert replay.market.head[resting.H_CASH] == -sum(fill.side * fill.quantity * fill.price for fill in fills)
    return [tuple(row) for row in rows.tolist()], known, sent


@settings(max_examples=300, deadline=None)
@given(st.lists(EVENT, min_size=1, max_size=60), TERMS, st.lists(ACTION, max_size=12))
def test_answers_are_those_of_a_plain_exchange(events: list[Any], terms: Terms, actions: list[Any]) -> None:
    """Price ties, time ties, crossed books, cancels under way, each queue model: the same answers in the same order."""
    depth = tape([(BID, LOWEST, 1, 0, 0), *events])
    answers, _, sent = played(depth, terms, actions)
    oracle, queue = Exchange(terms), list[tuple[Any, ...]]()
    for row in range(len(depth)):
        event = (int(depth.kind[row]), int(depth.price[row]), int(depth.quantity[row]))
        heapq.heappush(queue, (int(depth.exchange_ns[row]), 0, row, event))
    for place, (now, request) in enumerate(sent):
        heapq.heappush(queue, (now + terms.entry_ns, 1, place, request))
    orders: dict[int, Order] = {}
    while queue:
        at, from_us, _, what = heapq.heappop(queue)
        if not from_us:
            kind, price, lots = what
            oracle.event(kind, price, lots, at)
        elif isinstance(what, int):
            oracle.cancel(orders[what], at)
        else:
            orders[what[0]] = Order(*what)
            oracle.receive(orders[what[0]], at)
    assert answers == oracle.answers


@given(st.integers(0, 1 << 58), st.integers(0, 1 << 58), st.integers(1, 8))
def test_the_share_behind_is_the_formula(front: int, behind: int, power: int) -> None:
    """Whole-number powers stay within 2**-26 of the exact quotient."""
    share = Fraction(behind_share(front, behind, power), UNIT)
    exact = Fraction(behind**power, behind**power + front**power) if front + behind else Fraction(1)
    assert abs(share - exact) < Fraction(1, 1 << 26)
