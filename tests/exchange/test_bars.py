"""The simulated market of bars beside a naive one: the same fills, cash and states, whatever a strategy asks for."""

from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exchange.naive import Naive
from waglan.exchange.accounts import Assumptions, Rate, VenueFees
from waglan.exchange.bars import BarMarket, Run
from waglan.exchange.fees import schedule
from waglan.exchange.orders import HOLDS, KINDS, STATES
from waglan.exchange.trader import Bar, Trader
from waglan.exchange.venue import venue
from waglan.kernels import bars as kernel
from waglan.kernels.compiled import bare
from waglan.schema.tape import Bars, Instrument, bars
from waglan.schema.units import NULL, BadValue

SHARE = Instrument("0005.HK", "HKD", "T", price_digits=3, lot=4)
OTHER = Instrument("EURUSD", "USD", "T", price_digits=5, quantity_digits=1)
NOTHING = {"T": Rate("none")}


class Ask(NamedTuple):
    """What a strategy asks for behind a bar."""

    row: int
    what: str
    instrument: int
    quantity: int
    kind: str
    hold: str
    limit: int
    stop: int


@st.composite
def markets(draw: st.DrawFn) -> Bars:
    """A few bars of one or two instruments near a price of 20."""
    size = draw(st.integers(0, 25))
    price = st.integers(10, 30)
    rows = [[draw(price) for _ in range(4)] for _ in range(size)]
    columns: list[list[int]] = [
        [r[0] for r in rows],
        [max(r) for r in rows],
        [min(r) for r in rows],
        [r[3] for r in rows],
    ]
    steps = draw(st.lists(st.integers(0, 2), min_size=size, max_size=size))
    number = draw(st.lists(st.integers(0, 1), min_size=size, max_size=size))
    volume = draw(st.lists(st.integers(0, 60), min_size=size, max_size=size))
    opened, high, low, closed = columns
    return bars([SHARE, OTHER], np.cumsum(steps, dtype=np.int64), opened, high, low, closed, volume, number)


asks = st.builds(
    Ask, st.integers(0, 24), st.sampled_from(["order", "order", "order", "target", "cancel"]), st.integers(0, 1),
    st.integers(-8, 8).map(lambda q: 4 * q) | st.integers(-9, 9), st.sampled_from(list(KINDS)),
    st.sampled_from(["good", "good", *HOLDS]), st.integers(0, 32), st.integers(0, 32),
)  # fmt: skip
assumptions = st.builds(
    Assumptions,
    st.none() | st.integers(0, 1_000_000),
    st.integers(0, 3),
    st.sampled_from([0, 0, 70_000]),
    st.booleans(),
)


class Scripted:
    """Asks for what a list says, and remembers what it was shown."""

    def __init__(self, script: list[Ask]) -> None:
        self.script = script
        self.seen: list[tuple[int, list[int]]] = []

    def on_event(self, bar: Bar, trader: Trader) -> None:
        self.seen.append((bar.row, list(trader.positions)))
        for ask in self.script:
            if ask.row != bar.row:
                continue
            if ask.what == "order":
                trader.order(
                    ask.instrument, ask.quantity, ask.kind, hold=ask.hold, limit=ask.limit, stop=ask.stop
                )  # fmt: skip
            elif ask.what == "target":
                trader.target(ask.instrument, ask.quantity)
            else:
                trader.cancel(ask.limit)


def naive(market: Bars, script: list[Ask], assumed: Assumptions, **more: Any) -> Naive:
    oracle = Naive(
        market, cap_micro=assumed.cap_micro, slip=assumed.slippage_quanta, slip_micro=assumed.slippage_micro,
        through=assumed.through, cash={"HKD": 10_000, "USD": 0}, **more,
    )  # fmt: skip
    for row in range(len(market)):
        oracle.see(row)
        for ask in script:
            if ask.row == row:
                ts = int(market.ts_ns[row])
                if ask.what == "order":
                    oracle.send(ts, ask.instrument, ask.quantity, ask.kind, ask.hold, ask.limit, ask.stop)
                elif ask.what == "target":
                    oracle.target(ts, ask.instrument, ask.quantity)
                else:
                    oracle.cancel(ask.limit)
    return oracle


def same(run: Run, oracle: Naive) -> None:
    assert [tuple(fill) for fill in run.fills.tolist()] == oracle.fills
    assert run.cash == oracle.cash
    assert [STATES[s] for s in run.orders[:, kernel.STATE]] == [order.state for order in oracle.orders]
    assert abs(run.orders[:, kernel.LEFT]).tolist() == [order.left for order in oracle.orders]


@settings(max_examples=300, deadline=None)
@given(markets(), st.lists(asks, max_size=12), assumptions, st.sampled_from([0, 100_000]))
def test_any_orders_are_filled_as_the_naive_engine_fills_them(
    market: Bars, script: list[Ask], assumed: Assumptions, rate: int
) -> None:
    script = [ask._replace(quantity=ask.quantity - ask.quantity % 4) if ask.what == "target" else ask for ask in script]
    run = BarMarket(market, {"T": Rate("r", rate)}, {"HKD": 10_000}, assumed).run(Scripted(script))
    same(run, naive(market, script, assumed, rate_e8=rate))


@bare
def scripted(bar: int, tape: kernel.Tape, floor: kernel.Floor, memory: Any) -> None:
    """The compiled twin of `Scripted`: memory (k, 8) holds rows of what to ask for."""
    for k in range(len(memory)):
        a = memory[k]
        if a[0] == bar:
            if a[1] == 0:
                kernel.send(floor, tape.ts_ns[bar], a[2], a[3], a[4], a[5], a[6], a[7])
            elif a[1] == 1:
                kernel.target(floor, tape.ts_ns[bar], a[2], a[3])
            else:
                kernel.cancel(floor, a[6])


@settings(max_examples=200, deadline=None)
@given(markets(), st.lists(asks, max_size=12), assumptions)
def test_a_compiled_strategy_and_one_in_python_are_filled_alike(
    market: Bars, script: list[Ask], assumed: Assumptions
) -> None:
    verbs = ["order", "target", "cancel"]
    rows = [(a.row, verbs.index(a.what), *a[2:4], KINDS[a.kind], HOLDS[a.hold], *a[6:]) for a in script]
    place = BarMarket(market, {"T": Rate("r", 200_000)}, {"USD": 5}, assumed)
    there = place.run_compiled(scripted, np.array(rows, np.int64).reshape(-1, 8))
    here = place.run(Scripted(script))
    assert there.fills.tolist() == here.fills.tolist()
    assert there.orders.tolist() == here.orders.tolist()
    assert (there.cash, there.positions, there.charged) == (here.cash, here.positions, here.charged)
    assert there.digest == here.digest


class Follower:
    """Asks for the target of each row, where it changes."""

    def __init__(self, targets: list[int]) -> None:
        self.targets = targets
        self.wanted: dict[int, int] = {}

    def on_event(self, bar: Bar, trader: Trader) -> None:
        target = self.targets[bar.row]
        if target not in (NULL, self.wanted.get(bar.instrument, 0)):
            self.wanted[bar.instrument] = target
            trader.target(bar.instrument, target)


@settings(max_examples=200, deadline=None)
@given(markets(), st.data(), assumptions)
def test_a_column_of_targets_is_the_same_orders(market: Bars, data: st.DataObject, assumed: Assumptions) -> None:
    size = len(market)
    change = st.just(NULL) | st.integers(-5, 5).map(lambda q: 4 * q)
    targets = data.draw(st.lists(change, min_size=size, max_size=size))
    place = BarMarket(market, {"T": Rate("r", 150_000, 3)}, {}, assumed)
    there, here = place.follow(np.array(targets, np.int64)), place.run(Follower(targets))
    assert there.fills[:, [0, 2, 3, 4, 5]].tolist() == here.fills[:, [0, 2, 3, 4, 5]].tolist()
    assert there.digest == here.digest
    script, wanted = [], {0: 0, 1: 0}
    for row, target in enumerate(targets):
        i = int(market.instrument[row])
        if target not in (NULL, wanted[i]):
            wanted[i] = target
            script.append(Ask(row, "target", i, target, "market", "good", 0, 0))
    oracle = naive(market, script, assumed, rate_e8=150_000, least=3)
    assert there.fills[:, [0, 2, 3, 4, 5]].tolist() == [[f[0], *f[2:]] for f in oracle.fills]


@settings(max_examples=100, deadline=None)
@given(markets(), st.lists(asks, max_size=8))
def test_equity_is_cash_and_what_is_held_at_the_last_close(market: Bars, script: list[Ask]) -> None:
    run = BarMarket(market, {"T": Rate("r", 200_000)}, {"HKD": 10_000}).run(Scripted(script))
    equity = run.equity()
    for row in range(len(market)):
        upto = [ask for ask in script if ask.row < row]
        names = ("ts_ns", "open", "high", "low", "close", "volume", "instrument")
        head = bars([SHARE, OTHER], **{c: getattr(market, c)[: row + 1] for c in names})
        oracle = naive(head, upto, Assumptions(), rate_e8=200_000)
        assert equity[row].tolist() == [oracle.equity("HKD", row), oracle.equity("USD", row)]


@settings(max_examples=100, deadline=None)
@given(markets(), st.lists(asks, max_size=12), st.integers(1, 24))
def test_what_comes_later_changes_nothing_before_it(market: Bars, script: list[Ask], cut: int) -> None:
    cut = min(cut, len(market))
    columns = {c: getattr(market, c).copy() for c in ("open", "high", "low", "close")}
    for column in columns.values():
        column[cut:] += 7
    other = bars([SHARE, OTHER], market.ts_ns, **columns, volume=market.volume, instrument=market.instrument)
    first, second = (BarMarket(m, NOTHING, {}).run(Scripted(script)).fills for m in (market, other))
    assert first[first[:, 0] < cut].tolist() == second[second[:, 0] < cut].tolist()


def one(rows: list[tuple[int, int, int, int]], *asked: Ask, **assumed: Any) -> list[tuple[int, int, int]]:
    """Fills (row, quantity, price) of one share over bars of (open, high, low, close), volume 100."""
    share = Instrument("a", "HKD", "T")
    opened, high, low, closed = zip(*rows, strict=True)
    market = bars([share], range(len(rows)), opened, high, low, closed, [100] * len(rows))
    fills = BarMarket(market, NOTHING, {}, Assumptions(**assumed)).run(Scripted(list(asked))).fills
    return [(row, traded, price) for row, _, traded, price, _, _ in fills.tolist()]


QUIET = (20, 22, 18, 20)
HIGH = (25, 30, 24, 28)


@pytest.mark.parametrize(
    ("asked", "second", "third", "fills"),
    [
        (("market", "good", 0, 0, 5), QUIET, QUIET, [(1, 5, 20)]),
        (("limit", "good", 19, 0, 5), QUIET, QUIET, [(1, 5, 19)]),
        (("limit", "good", 21, 0, 5), QUIET, QUIET, [(1, 5, 20)]),
        (("limit", "good", 17, 0, 5), QUIET, QUIET, []),
        (("limit", "good", 21, 0, -5), QUIET, QUIET, [(1, -5, 21)]),
        (("limit", "good", 21, 0, -5), HIGH, QUIET, [(1, -5, 25)]),
        (("stop", "good", 0, 21, 5), QUIET, QUIET, [(1, 5, 21)]),
        (("stop", "good", 0, 21, 5), HIGH, QUIET, [(1, 5, 25)]),
        (("stop", "good", 0, 19, -5), QUIET, QUIET, [(1, -5, 19)]),
        (("stop", "good", 0, 23, 5), QUIET, HIGH, [(2, 5, 25)]),
        (("stop-limit", "good", 22, 21, 5), QUIET, QUIET, [(1, 5, 21)]),
        (("stop-limit", "good", 19, 21, 5), QUIET, QUIET, [(2, 5, 19)]),
        (("stop-limit", "good", 23, 22, 5), HIGH, QUIET, [(2, 5, 20)]),
        (("limit", "ioc", 19, 0, 5), QUIET, QUIET, []),
        (("market", "ioc", 0, 0, 150), QUIET, QUIET, [(1, 100, 20)]),
        (("market", "fok", 0, 0, 150), QUIET, QUIET, []),
        (("market", "good", 0, 0, 150), QUIET, HIGH, [(1, 100, 20), (2, 50, 25)]),
        (("market", "close", 0, 0, 5), HIGH, QUIET, [(1, 5, 28)]),
        (("limit", "close", 27, 0, 5), HIGH, QUIET, []),
    ],
)
def test_a_table_of_orders(
    asked: tuple[str, str, int, int, int], second: Any, third: Any, fills: list[tuple[int, int, int]]
) -> None:
    kind, hold, limit, stop, quantity = asked
    ask = Ask(0, "order", 0, quantity, kind, hold, limit, stop)
    assert one([QUIET, second, third], ask, cap_micro=1_000_000) == fills


def test_a_limit_that_must_be_passed_is_not_filled_at_its_touch() -> None:
    ask = Ask(0, "order", 0, 5, "limit", "good", 18, 0)
    assert one([QUIET, QUIET], ask) == [(1, 5, 18)]
    assert one([QUIET, QUIET], ask, through=True) == []


def test_slippage_goes_against_whoever_trades() -> None:
    sell = Ask(0, "order", 0, -5, "market", "good", 0, 0)
    assert one([QUIET, QUIET], sell, slippage_quanta=1, slippage_micro=10_000) == [(1, -5, 18)]
    assert one([QUIET, QUIET], sell._replace(quantity=5), slippage_micro=1) == [(1, 5, 21)]


def test_no_order_is_filled_at_an_open_before_it_was_sent() -> None:
    """Two instruments' bars end together: what is decided on the first must wait for the second's next bar."""
    level = [20] * 6
    market = bars([SHARE, OTHER], [1, 1, 2, 2, 3, 3], level, level, level, level, level, instrument=[0, 1] * 3)
    run = BarMarket(market, NOTHING, {}).run(Scripted([Ask(2, "order", 1, 4, "market", "good", 0, 0)]))
    assert run.fills[:, kernel.BAR].tolist() == [5]


def test_a_venue_without_fees_is_refused() -> None:
    market = bars([SHARE], [1], [20], [20], [20], [20], [1])
    with pytest.raises(BadValue, match="'T' has no stated fee model"):
        BarMarket(market, {}, {})
    with pytest.raises(BadValue, match="5 EUR: nothing trades in it"):
        BarMarket(market, NOTHING, {"EUR": 5})


def test_hong_kongs_fees_are_charged_by_the_day() -> None:
    """400 at 58.40 on 2025-06-27 and 2025-07-02: the settlement fee's rate and rounding changed between them."""
    days = np.array(["2025-06-26", "2025-06-27", "2025-07-02"], "datetime64[ns]").astype(np.int64) + 6 * 3600 * 10**9
    share = Instrument("0005.HK", "HKD", "hongkong", price_digits=3, lot=400)
    level = [58_400] * 3
    market = bars([share], days, level, level, level, level, [1] * 3)
    place = BarMarket(market, {"hongkong": VenueFees(venue("hongkong"))}, {"HKD": 100_000_000})
    run = place.follow([400, 0, NULL])
    # value 23,360.00; duty 23.36 -> 24.00; levies .6307 -> .63 and .03504 -> .04; trading fee 1.31984 -> 1.32;
    # settlement .4672 -> 2.00 at the least, then .98112 -> .98
    assert run.fills[:, kernel.CHARGE].tolist() == [2799, 2697]
    for day, side, charge in ((date(2025, 6, 27), 1, 2799), (date(2025, 7, 2), -1, 2697)):
        assert schedule(venue("hongkong"), day).trade(2_336_000, side) == charge


@pytest.mark.parametrize(
    ("targets", "says"),
    [([1.5], "they were float64"), ([4, 4], r"\(1,\)"), ([3], "row 0: 3 is no multiple of the lot 4")],
)
def test_targets_that_cannot_be(targets: list[Any], says: str) -> None:
    market = bars([SHARE], [1], [20], [20], [20], [20], [1])
    with pytest.raises(BadValue, match=says):
        BarMarket(market, NOTHING, {}).follow(targets)


def test_what_would_leave_its_bounds_ends_the_run_with_its_row() -> None:
    huge = [(1 << 42) - 1] * 3
    market = bars([Instrument("a", "HKD", "T", price_digits=0)], [1, 2, 3], huge, huge, huge, huge, huge)
    with pytest.raises(BadValue, match="row 1"):
        BarMarket(market, NOTHING, {}).follow([1 << 30, NULL, NULL])
    with pytest.raises(BadValue, match="row 1"):
        BarMarket(market, NOTHING, {}).run(Scripted([Ask(0, "order", 0, 1 << 30, "market", "good", 0, 0)]))


def test_a_run_grows_as_it_needs_to() -> None:
    size = 5000
    level = [20] * size
    market = bars([SHARE], range(size), level, level, level, level, level)
    targets = np.arange(size) % 2 * 4
    place = BarMarket(market, NOTHING, {})
    run = place.follow(targets)
    assert len(run.fills) == size - 2
    assert run.digest == place.run(Follower(targets.tolist())).digest
