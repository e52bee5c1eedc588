"""A recorded book as a market to trade in: which clock is believed, how long a message takes, what a queue does.

Everything that is assumed stands in `Terms` and belongs in the result. The fills that come out are gross: fees are the
venue's (`exchange.fees`), and a queue model that was not fitted to the instrument is to be called uncalibrated.
"""

from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from waglan.kernels import resting
from waglan.kernels.depth import T_HIGH_ASK, T_HIGH_BID, TOUCH, emptied
from waglan.kernels.layout import Ints
from waglan.kernels.resting import Market
from waglan.schema.depth import BEST_BID, CLEAR, KINDS, Depth
from waglan.schema.units import BadValue

CONSERVATIVE: Final = 0
POWER_MAX: Final = 8
LIVE_MAX: Final = 256
SPAN_MAX: Final = 1 << 26
"""Prices from the lowest to the highest up to which rungs are counted and not sorted (20 M events: 2 s and not 20)."""
RULES: Final = {"post": resting.POST, "rest": resting.REST, "take": resting.TAKE}


class Terms(msgspec.Struct, frozen=True):
    """What a replay assumes. `queue` 0 is conservative, n >= 1 the share b**n / (b**n + f**n) of a decrease behind.

    `entry_ns` and `response_ns`: an order's way to the exchange and its answer's way back. `feed_ns`: the least time
    an event takes to us; where the recorded clocks show less (they ran apart), arrivals are moved later by the
    difference. `whole`: a maker fill takes the whole order, else no more than was traded past its place.
    """

    queue: int = CONSERVATIVE
    entry_ns: int = 0
    response_ns: int = 0
    feed_ns: int = 0
    whole: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.queue <= POWER_MAX:
            raise BadValue(f"a queue model is 0 (conservative) or a power from 1 to {POWER_MAX}, it was {self.queue}")
        for name in ("entry_ns", "response_ns", "feed_ns"):
            if not 0 <= getattr(self, name) < 1 << 60:
                raise BadValue(f"{name} is at or above 0 and less than 2**60, it was {getattr(self, name)}")


class Fill(msgspec.Struct, frozen=True):
    """An order's fill: at a price and quantity in quanta; `side` 1 bought, -1 sold; when there, and when known here."""

    order: int
    side: int
    price: int
    quantity: int
    maker: bool
    exchange_ns: int
    local_ns: int


def clock_shift_ns(depth: Depth, feed_ns: int) -> int:
    """By how much arrivals are moved later so that none takes less than `feed_ns`; 0 where none does."""
    return max(0, feed_ns - int((depth.local_ns - depth.exchange_ns).min()))


def rungs_of(depth: Depth, margin: int) -> tuple[Ints, Ints]:
    """The ladder's prices, ascending, and each row's place in it.

    They are every price of the tape and every tick from `margin` below the lowest trade to `margin` above the
    highest: a ladder of the prices that occur fits the cache (19,000 words and not 6.2 million, four times as fast),
    and orders near the market find each tick there.
    """
    priced = depth.price[depth.kind != CLEAR]
    trades = depth.price[(depth.kind == 2) | (depth.kind == 3)]
    near = trades if len(trades) else priced
    low, high = int(min(priced.min(), max(1, near.min() - margin))), int(max(priced.max(), near.max() + margin))
    if high - low >= SPAN_MAX:
        ticks = np.union1d(priced, np.arange(max(1, near.min() - margin), near.max() + margin + 1))
        return ticks, np.searchsorted(ticks, depth.price).astype(np.int64)
    there = np.zeros(high - low + 1, np.bool_)
    there[priced - low] = True
    there[max(1, near.min() - margin) - low : near.max() + margin + 1 - low] = True
    places = np.cumsum(there) - 1
    return np.flatnonzero(there) + low, places[np.where(depth.kind == CLEAR, 0, depth.price - low)]


class Replay:
    """A market on a tape, before its first event. `orders_max` bounds the orders of a run.

    With `quotes` the exchange's book also follows the best quotes of the tape, which come sooner than its levels; our
    own book never does. `market` is what a compiled strategy takes; `place`, `cancel`, `advance` are the same steps
    from Python. Raises BadValue for an empty tape.
    """

    def __init__(
        self, depth: Depth, terms: Terms, orders_max: int = 1 << 14, margin: int = 512, quotes: bool = False
    ) -> None:
        rows = depth.kind < (len(KINDS) if quotes else BEST_BID)
        if not ((depth.kind < BEST_BID) & (depth.kind != CLEAR)).any():
            raise BadValue(f"{depth.instrument}: the tape holds no level and no trade")
        self.depth, self.terms, self.shift_ns = depth, terms, clock_shift_ns(depth, terms.feed_ns)
        ticks, rungs = rungs_of(depth, margin)
        exchange_ns, local_ns = depth.exchange_ns[rows], depth.local_ns[rows] + self.shift_ns
        turn = np.argsort(exchange_ns, kind="stable")
        ladders = np.zeros((2, 2, len(ticks)), np.int64)
        touches = np.zeros((2, TOUCH), np.int64)
        touches[:, (T_HIGH_BID, T_HIGH_ASK)] = -1
        for ladder, touch in zip(ladders, touches, strict=True):
            emptied(ladder, touch)
        self.start_ns = int(min(local_ns[0], exchange_ns[turn[0]]))
        self.end_ns = int(local_ns[-1])
        self.market = Market(
            depth.kind[rows].copy(), rungs[rows].copy(), depth.quantity[rows].copy(), exchange_ns[turn], local_ns, turn,
            ticks, ladders[0], touches[0], ladders[1], touches[1], np.zeros((orders_max, resting.O_WIDTH), np.int64),
            np.zeros((2 * orders_max, 3), np.int64), np.zeros((4 * orders_max, resting.A_WIDTH), np.int64),
            np.zeros(LIVE_MAX, np.int64), self.head(),
        )  # fmt: skip

    def head(self) -> Ints:
        """The counters of a run that has not begun."""
        head = np.zeros(resting.HEAD, np.int64)
        head[resting.H_NOW] = self.start_ns
        head[resting.H_MODEL] = self.terms.queue
        head[resting.H_ENTRY] = self.terms.entry_ns
        head[resting.H_RESPONSE] = self.terms.response_ns
        head[resting.H_WHOLE] = self.terms.whole
        return head

    def rung(self, price: int) -> int:
        """The place of a price on the ladder. Raises BadValue for a price that is not there."""
        at = int(np.searchsorted(self.market.ticks, price))
        if at == len(self.market.ticks) or self.market.ticks[at] != price:
            raise BadValue(f"{self.depth.instrument}: the ladder has no price of {price} quanta")
        return at

    def advance(self, until_ns: int) -> bool:
        """Let time pass; False once the whole tape has arrived. Raises BadValue for a time that has passed."""
        now_ns = int(self.market.head[resting.H_NOW])
        if until_ns < now_ns:
            raise BadValue(f"time does not go back: {until_ns} is before {now_ns}")
        return resting.advance(self.market, until_ns)

    def place(self, side: int, price: int, quantity: int, rule: str = "post") -> int:
        """Send an order of `quantity` lots at `price` quanta now; its number. `side` 1 buys, -1 sells."""
        if side not in (1, -1) or quantity < 1 or rule not in RULES:
            raise BadValue(
                f"an order buys (1) or sells (-1) at least 1 lot by a rule of {', '.join(RULES)}; "
                f"it was {side}, {quantity}, {rule!r}"
            )
        order = resting.place(self.market, side, self.rung(price), quantity, RULES[rule])
        self.whole_run()
        return order

    def cancel(self, order: int) -> bool:
        """Ask for an order back; False where it is not known to rest."""
        return resting.cancel(self.market, order)

    def touch(self) -> tuple[int | None, int | None]:
        """The best bid and ask that have arrived, in quanta; None for a side that is empty."""
        bid, ask = (int(self.market.here_touch[side]) for side in (0, 1))
        ticks = self.market.ticks
        return (int(ticks[bid]) if bid >= 0 else None, int(ticks[ask]) if ask < len(ticks) else None)

    def whole_run(self) -> None:
        """Raises BadValue where an array was too short for the run."""
        if self.market.head[resting.H_FULL]:
            raise BadValue(f"the run needs more than orders_max={len(self.market.orders)} orders; nothing of it counts")

    def answers(self) -> NDArray[np.int64]:
        """All the exchange's answers so far (n, 8), in the order they were sent."""
        self.whole_run()
        return self.market.answers[: self.market.head[resting.H_ANSWERED]]

    def fills(self) -> list[Fill]:
        """The fills so far."""
        rows = self.answers()
        rows = rows[(rows[:, resting.A_WHAT] == resting.FILLED) | (rows[:, resting.A_WHAT] == resting.PARTLY)]
        return [self.fill(row) for row in rows.tolist()]

    def fill(self, row: list[Any]) -> Fill:
        """One answer as a record."""
        local_ns, order, _, rung, lots, exchange_ns, maker, _ = row
        side = int(self.market.orders[order, resting.O_SIDE])
        return Fill(order, side, int(self.market.ticks[rung]), lots, bool(maker), exchange_ns, local_ns)
