"""Resting orders in a replayed book: queue position, latency, fills as maker and taker.

The tape's market does not see our orders: they move no level and take no one's place. Two books are kept. The
exchange's is replayed by exchange time and fills orders; ours is replayed by arrival and is what a strategy may look
at. Orders reach the exchange `H_ENTRY` nanoseconds after they are sent, its answers come back `H_RESPONSE` later.
Between two looks of a strategy the two sides touch only through those messages, so `advance` replays the exchange
up to the moment asked for, and then the arrivals: two tight loops and no merge of four clocks.

Queue position, in 65,536ths of a lot, is what is believed to stand before the order. It starts as the level's
quantity. A trade at the price takes from it; when it falls to half a lot below nothing, the order is filled. When the
level shrinks by more than was traded, model 0 (conservative) only bounds it by what is left; model n >= 1 says that a
share b**n / (b**n + f**n) of the decrease came from behind (f before and b behind the order; Rigtorp, "Estimating
order queue position", 2013). A trade through the price, or the other side's touch at it, fills what is left.
At one nanosecond the exchange sees the tape before our message, and the first sent goes first.
"""

from typing import Final, NamedTuple

from waglan.kernels.ahead import UNIT, behind_share
from waglan.kernels.compiled import bare, inlined
from waglan.kernels.depth import ASK, BEST_BID, BID, BUY, CLEAR, SELL, T_ASK, T_BID, ask_set, bid_set, emptied
from waglan.kernels.layout import Codes, Ints

H_NEXT: Final = 0  # the exchange's next event, a place in `turn`
H_SEEN: Final = 1  # the next event to arrive
H_ASKED: Final = 2  # requests sent, and how many of them the exchange has read
H_READ: Final = 3
H_ANSWERED: Final = 4  # answers sent, and how many of them have come back
H_HEARD: Final = 5
H_ORDERS: Final = 6
H_LIVE: Final = 7
H_NOW: Final = 8
H_POSITION: Final = 9  # lots, and ticks times lots, by the answers heard
H_CASH: Final = 10
H_MODEL: Final = 11
H_ENTRY: Final = 12
H_RESPONSE: Final = 13
H_WHOLE: Final = 14  # 1: a maker fill takes the whole order; 0: no more than was traded past its place
H_FULL: Final = 15  # 1: an array was too short, and the run is void
HEAD: Final = 16

O_SIDE: Final = 0
O_RUNG: Final = 1
O_LEFT: Final = 2
O_RULE: Final = 3
O_FRONT: Final = 4
O_TRADED: Final = 5
O_STATE: Final = 6  # at the exchange
O_KNOWN: Final = 7  # as we know it
O_CANCEL: Final = 8  # 1: a cancel was sent
O_SENT: Final = 9
O_SIZE: Final = 10
O_WIDTH: Final = 12

POST: Final = 0  # rests or is turned away
REST: Final = 1  # takes what it can, and rests
TAKE: Final = 2  # takes what it can, and goes

SENT: Final = 0
LIVE: Final = 1
FILLED: Final = 2
CANCELLED: Final = 3
REFUSED: Final = 4
PARTLY: Final = 5  # of an answer only: a fill that leaves the order as it was
TOO_LATE: Final = 6  # of an answer only: a cancel found nothing

A_NS: Final = 0
A_ORDER: Final = 1
A_WHAT: Final = 2
A_RUNG: Final = 3
A_LOTS: Final = 4
A_EXCHANGE_NS: Final = 5
A_MAKER: Final = 6
A_WIDTH: Final = 8

POINT: Final = 16
ONE: Final = 1 << POINT
FAR: Final = (1 << 63) - 1


class Market(NamedTuple):
    """A tape, two books, and what was asked and answered; all arrays, so that a compiled strategy takes it whole."""

    kinds: Codes
    rungs: Ints  # a place in `ticks`
    lots: Ints
    exchange_ns: Ints  # in the exchange's order, as `turn`
    local_ns: Ints
    turn: Ints  # rows in the exchange's order
    ticks: Ints  # ascending: the price of each rung
    there: Ints  # (2, rungs) the exchange's ladder
    there_touch: Ints
    here: Ints
    here_touch: Ints
    orders: Ints
    requests: Ints  # (, 3) time of arrival, order, 1 for a cancel
    answers: Ints
    live: Ints
    head: Ints


@inlined
def resized(market: Market, order: int, before: int, after: int) -> None:
    """The order's level went from `before` to `after` lots."""
    orders, power = market.orders, market.head[H_MODEL]
    front, bound = orders[order, O_FRONT], after << POINT
    if power > 0:
        less = (before - after - orders[order, O_TRADED]) << POINT
        orders[order, O_TRADED] = 0
        if less > 0:
            behind = (before << POINT) - front
            share = behind_share(max(front, 0), max(behind, 0), power)
            from_behind = (less >> 30) * share + (((less & (UNIT - 1)) * share) >> 30)
            front = front - (less - from_behind) + min(behind - from_behind, 0)
    orders[order, O_FRONT] = min(front, bound)


@bare
def answer(market: Market, order: int, what: int, rung: int, lots: int, at_ns: int, maker: int) -> None:
    """Send word of an order back."""
    place = market.head[H_ANSWERED]
    if place == len(market.answers):
        market.head[H_FULL] = 1
        return
    row = market.answers[place]
    row[A_NS] = at_ns + market.head[H_RESPONSE]
    row[A_ORDER] = order
    row[A_WHAT] = what
    row[A_RUNG] = rung
    row[A_LOTS] = lots
    row[A_EXCHANGE_NS] = at_ns
    row[A_MAKER] = maker
    market.head[H_ANSWERED] = place + 1


@bare
def fill(market: Market, order: int, rung: int, lots: int, at_ns: int, maker: int) -> None:
    """Fill part or all of an order at a rung; `settle` takes it off the live list."""
    left = market.orders[order, O_LEFT] - lots
    market.orders[order, O_LEFT] = left
    if left == 0:
        market.orders[order, O_STATE] = FILLED
    answer(market, order, FILLED if left == 0 else PARTLY, rung, lots, at_ns, maker)


@bare
def settle(market: Market) -> None:
    """Keep only what is still live, in its order."""
    kept = 0
    for place in range(market.head[H_LIVE]):
        order = market.live[place]
        if market.orders[order, O_STATE] == LIVE:
            market.live[kept] = order
            kept += 1
    market.head[H_LIVE] = kept


@bare
def touched(market: Market, side: int, best: int, at_ns: int) -> None:
    """The other side's touch came to `best`: orders of `side` (1 buy, -1 sell) at or through it are filled whole."""
    done = False
    for place in range(market.head[H_LIVE]):
        order = market.live[place]
        row = market.orders[order]
        if row[O_SIDE] == side and (row[O_RUNG] - best) * side >= 0:
            fill(market, order, row[O_RUNG], row[O_LEFT], at_ns, 1)
            done = True
    if done:
        settle(market)


@bare
def traded(market: Market, side: int, rung: int, lots: int, at_ns: int) -> None:
    """A trade against resting orders of `side`: those through its price are filled, those at it move up."""
    done = False
    for place in range(market.head[H_LIVE]):
        order = market.live[place]
        row = market.orders[order]
        past = (row[O_RUNG] - rung) * side
        if row[O_SIDE] != side or past < 0:
            continue
        if past > 0:
            fill(market, order, row[O_RUNG], row[O_LEFT], at_ns, 1)
        else:
            row[O_FRONT] -= lots << POINT
            row[O_TRADED] += lots
            over = -row[O_FRONT]
            if 2 * over < ONE:
                continue
            if market.head[H_WHOLE] == 0:
                row[O_FRONT] = 0
            part = row[O_LEFT] if market.head[H_WHOLE] != 0 else min(row[O_LEFT], max(over >> POINT, 1))
            fill(market, order, rung, part, at_ns, 1)
        done = True
    if done:
        settle(market)


@inlined
def level_changed(market: Market, kind: int, rung: int, lots: int, at_ns: int) -> None:
    """A new quantity of a level in the exchange's book, and what it does to orders."""
    touch = market.there_touch
    if kind == BID:
        best = touch[T_BID]
        before = bid_set(market.there, touch, rung, lots)
    else:
        best = touch[T_ASK]
        before = ask_set(market.there, touch, rung, lots)
    side = 1 if kind == BID else -1
    for place in range(market.head[H_LIVE]):
        order = market.live[place]
        if market.orders[order, O_RUNG] == rung and market.orders[order, O_SIDE] == side:
            resized(market, order, before, lots)
    if kind == BID and touch[T_BID] > best:
        touched(market, -1, touch[T_BID], at_ns)
    elif kind == ASK and touch[T_ASK] < best:
        touched(market, 1, touch[T_ASK], at_ns)


@bare
def quoted(market: Market, kind: int, rung: int, lots: int, at_ns: int) -> None:
    """A best quote of another stream: levels better than it are gone, and its own has this quantity."""
    side, place = (BID, T_BID) if kind == BEST_BID else (ASK, T_ASK)
    ahead = 1 if side == BID else -1
    while 0 <= market.there_touch[place] < market.there.shape[1] and (market.there_touch[place] - rung) * ahead > 0:
        level_changed(market, side, market.there_touch[place], 0, at_ns)
    level_changed(market, side, rung, lots, at_ns)


@bare
def taken(market: Market, order: int, at_ns: int) -> None:
    """Take what stands at or within the order's price, level by level; the tape's levels stay as they are."""
    row = market.orders[order]
    side, limit = row[O_SIDE], row[O_RUNG]
    other = ASK if side > 0 else BID
    rung = market.there_touch[T_ASK] if side > 0 else market.there_touch[T_BID]
    while 0 <= rung < market.there.shape[1] and (limit - rung) * side >= 0 and row[O_LEFT] > 0:
        lots = min(row[O_LEFT], market.there[other, rung])
        if lots > 0:
            fill(market, order, rung, lots, at_ns, 0)
        rung += side


@bare
def received(market: Market, order: int, cancel: int, at_ns: int) -> None:
    """A request reaches the exchange."""
    row, touch = market.orders[order], market.there_touch
    rung, side = row[O_RUNG], row[O_SIDE]
    if cancel != 0:
        if row[O_STATE] != LIVE:
            answer(market, order, TOO_LATE, rung, 0, at_ns, 0)
            return
        row[O_STATE] = CANCELLED
        settle(market)
        answer(market, order, CANCELLED, rung, row[O_LEFT], at_ns, 0)
        return
    marketable = rung >= touch[T_ASK] if side > 0 else rung <= touch[T_BID]
    if marketable and row[O_RULE] != POST:
        taken(market, order, at_ns)
        if row[O_LEFT] == 0:
            return
    place = market.head[H_LIVE]
    if (marketable and row[O_RULE] == POST) or row[O_RULE] == TAKE or place == len(market.live):
        row[O_STATE] = REFUSED
        answer(market, order, REFUSED, rung, row[O_LEFT], at_ns, 0)
        return
    row[O_STATE] = LIVE
    row[O_FRONT] = market.there[BID if side > 0 else ASK, rung] << POINT
    row[O_TRADED] = 0
    market.live[place] = order
    market.head[H_LIVE] = place + 1
    answer(market, order, LIVE, rung, row[O_LEFT], at_ns, 0)


@bare
def exchange_until(market: Market, until_ns: int) -> None:
    """Replay the exchange through `until_ns`: the tape by exchange time, our requests by arrival."""
    head, count = market.head, len(market.turn)
    while True:
        asked = head[H_READ]
        due_ns = market.requests[asked, 0] if asked < head[H_ASKED] else FAR
        stop_ns = min(due_ns, until_ns)
        at = head[H_NEXT]
        while at < count and market.exchange_ns[at] <= stop_ns:
            row = market.turn[at]
            kind = market.kinds[row]
            if kind <= ASK:
                level_changed(market, kind, market.rungs[row], market.lots[row], market.exchange_ns[at])
            elif kind <= SELL:
                if head[H_LIVE] > 0:
                    side = -1 if kind == BUY else 1
                    traded(market, side, market.rungs[row], market.lots[row], market.exchange_ns[at])
            elif kind == CLEAR:
                emptied(market.there, market.there_touch)
            else:
                quoted(market, kind, market.rungs[row], market.lots[row], market.exchange_ns[at])
            at += 1
        head[H_NEXT] = at
        if due_ns > until_ns:
            return
        head[H_READ] = asked + 1
        received(market, market.requests[asked, 1], market.requests[asked, 2], due_ns)


@bare
def heard_until(market: Market, until_ns: int) -> None:
    """Our own book and our own orders, by what has arrived through `until_ns`."""
    head, touch, at, count = market.head, market.here_touch, market.head[H_SEEN], len(market.kinds)
    while at < count and market.local_ns[at] <= until_ns:
        kind = market.kinds[at]
        if kind == BID:
            bid_set(market.here, touch, market.rungs[at], market.lots[at])
        elif kind == ASK:
            ask_set(market.here, touch, market.rungs[at], market.lots[at])
        elif kind == CLEAR:
            emptied(market.here, touch)
        at += 1
    head[H_SEEN] = at
    while head[H_HEARD] < head[H_ANSWERED] and market.answers[head[H_HEARD], A_NS] <= until_ns:
        row = market.answers[head[H_HEARD]]
        order = market.orders[row[A_ORDER]]
        if row[A_WHAT] == FILLED or row[A_WHAT] == PARTLY:
            signed = row[A_LOTS] * order[O_SIDE]
            head[H_POSITION] += signed
            head[H_CASH] -= signed * market.ticks[row[A_RUNG]]
        if row[A_WHAT] < PARTLY:
            order[O_KNOWN] = row[A_WHAT]
        head[H_HEARD] += 1


@bare
def advance(market: Market, until_ns: int) -> bool:
    """Let time pass to `until_ns`; False once the whole tape has arrived (answers under way are still delivered)."""
    exchange_until(market, until_ns)
    heard_until(market, until_ns)
    market.head[H_NOW] = until_ns
    return bool(market.head[H_SEEN] < len(market.kinds))


@bare
def place(market: Market, side: int, rung: int, lots: int, rule: int) -> int:
    """Send an order now; its number, or -1 where the arrays are full. `side` 1 buys, -1 sells."""
    head = market.head
    order = head[H_ORDERS]
    if order == len(market.orders) or head[H_ASKED] == len(market.requests):
        head[H_FULL] = 1
        return -1
    row = market.orders[order]
    row[O_SIDE] = side
    row[O_RUNG] = rung
    row[O_LEFT] = lots
    row[O_SIZE] = lots
    row[O_RULE] = rule
    row[O_SENT] = head[H_NOW]
    head[H_ORDERS] = order + 1
    send(market, order, 0)
    return int(order)


@bare
def cancel(market: Market, order: int) -> bool:
    """Ask for an order back, once and only while it is known to rest."""
    row = market.orders[order]
    if row[O_KNOWN] != LIVE or row[O_CANCEL] != 0 or market.head[H_ASKED] == len(market.requests):
        return False
    row[O_CANCEL] = 1
    send(market, order, 1)
    return True


@bare
def send(market: Market, order: int, verb: int) -> None:
    """Put a request on its way."""
    row = market.requests[market.head[H_ASKED]]
    row[0] = market.head[H_NOW] + market.head[H_ENTRY]
    row[1] = order
    row[2] = verb
    market.head[H_ASKED] += 1


@inlined
def ended(market: Market, order: int) -> bool:
    """Whether an order is known to be over (or there was none: -1)."""
    return order < 0 or FILLED <= market.orders[order, O_KNOWN] <= REFUSED
