"""Orders against bars: the open first, then the inside of the bar, then its close.

Bars of several instruments stand in one log. An order counts at bars that opened when or after it was sent. At the open
market orders and whatever the open has passed are filled at the open; inside the bar a limit is filled at its limit
and a stop at its stop, if the bar's range holds them; at the close closing orders. In each of the three, orders are
served as they were sent, out of the bar's volume times the cap. A stop limit that sets off inside a bar is filled there
at its stop if its limit allows that, else it rests: what the price did after the stop is not known.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from waglan.kernels.charges import BEYOND, MAKER, TAKER, charged, worth
from waglan.kernels.compiled import bare

Ints = NDArray[np.int64]

MARKET, LIMIT, STOP, STOP_LIMIT = range(4)
GOOD, NOW, WHOLE, CLOSE = range(4)
"""How long an order stands: until cancelled; at the next open what it can (IOC), all or nothing (FOK); at the close."""
SENT, FILLED, CANCELLED, EXPIRED, REFUSED = range(5)

INSTRUMENT, QUANTITY, LEFT, KIND, HOLD, LIMIT_AT, STOP_AT, SENT_NS, STATE, SET_OFF = range(10)
"""Columns of `orders`; quantities are signed, LEFT is what is not filled, SET_OFF whether the stop was reached."""
BAR, ORDER, TRADED, PRICE, VALUE, CHARGE = range(6)
"""Columns of `fills`: TRADED is signed, VALUE and CHARGE are minor units, ORDER is -1 where a target is followed."""
ORDERS, WORKING, FILLS, LOST = range(4)
"""Places of `counts`; LOST are orders that there was no room for."""
CURRENCY, NUMERATOR, DENOMINATOR, LOT = range(4)
"""Columns of `terms`."""
CAP, SLIP, SLIP_MICRO, THROUGH = range(4)
"""Places of `rules`: millionths of a bar's volume that may be taken (-1: all that is asked), slippage of market and
stop orders in quanta and in millionths of the price, and whether a limit needs a price beyond it."""
EVENT_ORDERS: Final = 64
"""Most orders that a compiled event function may send on one bar."""
EVERYTHING: Final = 1 << 62
PLACE_MAX: Final = 1 << 42


class Tape(NamedTuple):
    """Columns of bars (n,)."""

    ts_ns: Ints
    start_ns: Ints
    instrument: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints


class Floor(NamedTuple):
    """All that moves, and the rules it moves by. positions (m,), cash and charged (c,), near (m, 2).

    `near`: a bar moves no order of an instrument whose low is above the first and whose high is below the second.
    """

    orders: Ints
    working: Ints
    fills: Ints
    counts: Ints
    positions: Ints
    cash: Ints
    charged: Ints
    near: Ints
    terms: Ints
    charges: Ints
    rules: Ints


@bare
def slipped(price: int, side: int, rules: Ints) -> int:
    """A price worsened by the slippage, rounded against the trader; never below one quantum."""
    slip = rules[SLIP] + (price * rules[SLIP_MICRO] + 999_999) // 1_000_000
    return max(price + side * slip, 1)  # type: ignore[no-any-return]


@bare
def room_of(volume: int, rules: Ints) -> int:
    """How much of a bar may be taken."""
    cap = rules[CAP]
    return EVERYTHING if cap < 0 else volume // 1_000_000 * cap + volume % 1_000_000 * cap // 1_000_000


@bare
def book(bar: int, order: int, instrument: int, traded: int, price: int, ts_ns: int, liquidity: int, f: Floor) -> bool:
    """Write a fill and move position and cash; False, with nothing moved, if a number would leave its bounds."""
    terms, side = f.terms[instrument], 1 if traded > 0 else -1
    value = worth(price, abs(traded), terms[NUMERATOR], terms[DENOMINATOR])
    charge = charged(value, instrument, side, ts_ns, liquidity, f.charges)
    currency = terms[CURRENCY]
    position, cash = f.positions[instrument] + traded, f.cash[currency] - side * value - charge
    if value >= BEYOND or charge >= BEYOND or abs(position) >= PLACE_MAX or abs(cash) >= BEYOND:
        return False
    fill = f.fills[f.counts[FILLS]]
    fill[BAR], fill[ORDER], fill[TRADED], fill[PRICE], fill[VALUE], fill[CHARGE] = (
        bar, order, traded, price, value, charge)  # fmt: skip
    f.counts[FILLS] += 1
    f.positions[instrument], f.cash[currency] = position, cash
    f.charged[currency] += charge
    return True


@bare
def send(f: Floor, ts_ns: int, instrument: int, quantity: int, kind: int, hold: int, limit: int, stop: int) -> int:
    """Write an order down and let it work; its number, or -1 where there is no room for one more."""
    n = f.counts[ORDERS]
    if n == len(f.orders):
        f.counts[LOST] += 1
        return -1
    f.counts[ORDERS] += 1
    o = f.orders[n]
    o[INSTRUMENT], o[QUANTITY], o[LEFT], o[KIND], o[HOLD] = instrument, quantity, quantity, kind, hold
    o[LIMIT_AT], o[STOP_AT], o[SENT_NS], o[STATE], o[SET_OFF] = limit, stop, ts_ns, SENT, 0
    lot = f.terms[instrument, LOT] if 0 <= instrument < len(f.terms) else 0
    if lot == 0 or quantity == 0 or abs(quantity) >= PLACE_MAX or quantity % lot != 0 or not priced(o):
        o[STATE] = REFUSED
        return n  # type: ignore[no-any-return]
    f.working[f.counts[WORKING]] = n
    f.counts[WORKING] += 1
    wake(o, f.near[instrument])
    return n  # type: ignore[no-any-return]


@bare
def priced(o: Ints) -> bool:
    """Whether an order has a kind, a hold and the prices that its kind needs."""
    if not 0 <= o[KIND] <= STOP_LIMIT or not 0 <= o[HOLD] <= CLOSE:
        return False
    limited, stopped = o[KIND] == LIMIT or o[KIND] == STOP_LIMIT, o[KIND] >= STOP
    if stopped and o[HOLD] == CLOSE:
        return False
    return (not limited or 0 < o[LIMIT_AT] < PLACE_MAX) and (not stopped or 0 < o[STOP_AT] < PLACE_MAX)


@bare
def cancel(f: Floor, number: int) -> bool:
    """Take what is left of an order back; False if there is nothing to take back."""
    if not 0 <= number < f.counts[ORDERS] or f.orders[number, STATE] != SENT:
        return False
    f.orders[number, STATE] = CANCELLED
    return True


@bare
def wake(o: Ints, near: Ints) -> None:
    """Widen the range in which an instrument's bars pass by, so that they stop at this order."""
    kind = o[KIND]
    if kind == MARKET or o[HOLD] != GOOD or (kind == STOP and o[SET_OFF]):
        near[0] = EVERYTHING
    elif kind == LIMIT or o[SET_OFF]:
        if o[LEFT] > 0:
            near[0] = max(near[0], o[LIMIT_AT])
        else:
            near[1] = min(near[1], o[LIMIT_AT])
    elif o[LEFT] > 0:
        near[1] = min(near[1], o[STOP_AT])
    else:
        near[0] = max(near[0], o[STOP_AT])


@bare
def target(f: Floor, ts_ns: int, instrument: int, quantity: int) -> int:
    """Cancel what works in an instrument and send a market order for what is missing; its number, -1 for none."""
    for w in range(f.counts[WORKING]):
        if f.orders[f.working[w], INSTRUMENT] == instrument:
            cancel(f, f.working[w])
    missing = quantity - f.positions[instrument]
    return send(f, ts_ns, instrument, missing, MARKET, GOOD, 0, 0) if missing != 0 else -1


@bare
def fill(bar: int, number: int, most: int, price: int, liquidity: int, ts_ns: int, f: Floor) -> int:
    """Fill as much of an order as there is room for; how much that was, or -1 if it would leave the bounds."""
    o = f.orders[number]
    amount = min(abs(o[LEFT]), most)
    lot = f.terms[o[INSTRUMENT], LOT]
    amount -= amount % lot
    if amount == 0:
        return 0
    side = 1 if o[LEFT] > 0 else -1
    if liquidity == TAKER and (o[KIND] == MARKET or o[KIND] == STOP):
        price = slipped(price, side, f.rules)
    if not book(bar, number, o[INSTRUMENT], side * amount, price, ts_ns, liquidity, f):
        return -1
    o[LEFT] -= side * amount
    if o[LEFT] == 0:
        o[STATE] = FILLED
    return amount  # type: ignore[no-any-return]


@bare
def passed(price: int, level: int, side: int) -> bool:
    """Whether a price has risen to a level (side 1) or fallen to it (-1)."""
    return price >= level if side > 0 else price <= level


@bare
def opening(o: Ints, price: int) -> bool:
    """Whether an order is filled at the open; sets off stops that the open has passed."""
    side = 1 if o[LEFT] > 0 else -1
    if o[HOLD] == CLOSE:
        return False
    if o[KIND] >= STOP and not o[SET_OFF]:
        if not passed(price, o[STOP_AT], side):
            return False
        o[SET_OFF] = 1
    return o[KIND] == MARKET or o[KIND] == STOP or passed(price, o[LIMIT_AT], -side)


@bare
def inside(o: Ints, high: int, low: int, through: int) -> int:
    """The price at which an order is filled inside a bar that did not fill it at its open, 0 for none."""
    side = 1 if o[LEFT] > 0 else -1
    if o[HOLD] != GOOD or o[KIND] == MARKET:
        return 0
    if o[KIND] >= STOP and not o[SET_OFF]:
        if not passed(high if side > 0 else low, o[STOP_AT], side):
            return 0
        o[SET_OFF] = 1
        allowed = o[KIND] == STOP or passed(o[STOP_AT], o[LIMIT_AT], -side)
        return o[STOP_AT] if allowed else 0
    if o[KIND] == STOP:
        return 0
    best = low if side > 0 else high
    reached = passed(best + side * through, o[LIMIT_AT], -side)
    return o[LIMIT_AT] if reached else 0


@bare
def match(bar: int, tape: Tape, f: Floor) -> bool:
    """Everything that a bar does to the orders of its instrument; False if a number would leave its bounds.

    f.fills has room for as many more fills as orders work.
    """
    i, ts, start = tape.instrument[bar], tape.ts_ns[bar], tape.start_ns[bar]
    room, count = room_of(tape.volume[bar], f.rules), f.counts[WORKING]
    for step in range(3):
        for w in range(count):
            number = f.working[w]
            o = f.orders[number]
            if o[INSTRUMENT] != i or o[STATE] != SENT or o[SENT_NS] > start:
                continue
            price, liquidity = 0, TAKER
            if step == 0:
                if opening(o, tape.open[bar]) and (o[HOLD] != WHOLE or abs(o[LEFT]) <= room):
                    price = tape.open[bar]
            elif step == 1:
                liquidity = TAKER if o[KIND] >= STOP and not o[SET_OFF] else MAKER
                price = inside(o, tape.high[bar], tape.low[bar], f.rules[THROUGH])
            elif o[HOLD] == CLOSE:
                side = 1 if o[LEFT] > 0 else -1
                if o[KIND] == MARKET or passed(tape.close[bar], o[LIMIT_AT], -side):
                    price = tape.close[bar]
            if price > 0:
                taken = fill(bar, number, room, price, liquidity, ts, f)
                if taken < 0:
                    return False
                room -= taken
            if o[STATE] == SENT and o[HOLD] != GOOD and step == (2 if o[HOLD] == CLOSE else 0):
                o[STATE] = EXPIRED
    settle(i, f)
    return True


@bare
def settle(instrument: int, f: Floor) -> None:
    """Take finished orders off the working list, and say anew which prices an instrument's orders wait for."""
    near, kept = f.near[instrument], 0
    near[0], near[1] = -1, EVERYTHING
    for w in range(f.counts[WORKING]):
        number = f.working[w]
        o = f.orders[number]
        if o[STATE] != SENT:
            continue
        f.working[kept] = number
        kept += 1
        if o[INSTRUMENT] == instrument:
            wake(o, near)
    f.counts[WORKING] = kept
