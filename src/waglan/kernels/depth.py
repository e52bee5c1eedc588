"""An order book by price: two ladders of quantities over the ticks of a tape, and the touch kept beside them.

A ladder is an array with a word for each tick from the lowest to the highest price of the tape: a change is one store,
and the next best price is found by walking, which at the touch is a step or two. Far levels cost address space and no
time (the pages are never touched). The touch follows the newest word: inside a message a new bid may stand at or above
an ask that is about to go, and then the older side gives way; its levels stay in the ladder until they are named again.

`touch` (int64, TOUCH words) belongs to one book; prices are ticks above the tape's lowest. Bids that are empty show
as -1, asks that are empty as the ladder's length.
"""

from typing import Final

from waglan.kernels.compiled import bare, inlined
from waglan.kernels.layout import Codes, Ints

BID: Final = 0
ASK: Final = 1
BUY: Final = 2
SELL: Final = 3
CLEAR: Final = 4
BEST_BID: Final = 5

T_BID: Final = 0
T_ASK: Final = 1
T_LOW_BID: Final = 2
T_HIGH_BID: Final = 3
T_LOW_ASK: Final = 4
T_HIGH_ASK: Final = 5
TOUCH: Final = 8


@inlined
def below(ladder: Ints, side: int, price: int, low: int) -> int:
    """The best level under `price` and not under `low`, or -1."""
    at = price - 1
    while at >= low:
        if ladder[side, at] > 0:
            return at
        at -= 1
    return -1


@inlined
def above(ladder: Ints, side: int, price: int, high: int, none: int) -> int:
    """The best level over `price` and not over `high`, or `none`."""
    at = price + 1
    while at <= high:
        if ladder[side, at] > 0:
            return at
        at += 1
    return none


@bare
def emptied(ladder: Ints, touch: Ints) -> None:
    """Take every level away; also what a new book begins with."""
    for at in range(max(touch[T_LOW_BID], 0), touch[T_HIGH_BID] + 1):
        ladder[BID, at] = 0
    for at in range(max(touch[T_LOW_ASK], 0), touch[T_HIGH_ASK] + 1):
        ladder[ASK, at] = 0
    none = ladder.shape[1]
    touch[T_BID] = -1
    touch[T_ASK] = none
    touch[T_LOW_BID] = none
    touch[T_HIGH_BID] = -1
    touch[T_LOW_ASK] = none
    touch[T_HIGH_ASK] = -1


@inlined
def bid_set(ladder: Ints, touch: Ints, price: int, quantity: int) -> int:
    """Give a bid level its quantity; returns what it was before."""
    before = ladder[BID, price]
    ladder[BID, price] = quantity
    if quantity == 0:
        if price == touch[T_BID]:
            touch[T_BID] = below(ladder, BID, price, touch[T_LOW_BID])
    else:
        if price < touch[T_LOW_BID]:
            touch[T_LOW_BID] = price
        if price > touch[T_HIGH_BID]:
            touch[T_HIGH_BID] = price
        if price > touch[T_BID]:
            touch[T_BID] = price
            if price >= touch[T_ASK]:
                touch[T_ASK] = above(ladder, ASK, price, touch[T_HIGH_ASK], ladder.shape[1])
    return int(before)


@inlined
def ask_set(ladder: Ints, touch: Ints, price: int, quantity: int) -> int:
    """Give an ask level its quantity; returns what it was before."""
    before = ladder[ASK, price]
    ladder[ASK, price] = quantity
    if quantity == 0:
        if price == touch[T_ASK]:
            touch[T_ASK] = above(ladder, ASK, price, touch[T_HIGH_ASK], ladder.shape[1])
    else:
        if price < touch[T_LOW_ASK]:
            touch[T_LOW_ASK] = price
        if price > touch[T_HIGH_ASK]:
            touch[T_HIGH_ASK] = price
        if price < touch[T_ASK]:
            touch[T_ASK] = price
            if price <= touch[T_BID]:
                touch[T_BID] = below(ladder, BID, price, touch[T_LOW_BID])
    return int(before)


@bare
def touches(kinds: Codes, prices: Ints, quantities: Ints, ladder: Ints, touch: Ints, out: Ints) -> None:
    """Best bid and ask after each event, into `out` (n, 2): the plain replay of one book."""
    emptied(ladder, touch)
    for row in range(len(kinds)):
        kind = kinds[row]
        if kind == BID:
            bid_set(ladder, touch, prices[row], quantities[row])
        elif kind == ASK:
            ask_set(ladder, touch, prices[row], quantities[row])
        elif kind == CLEAR:
            emptied(ladder, touch)
        out[row, 0] = touch[T_BID]
        out[row, 1] = touch[T_ASK]


@bare
def crossings(kinds: Codes, prices: Ints, quantities: Ints, messages: Ints, ladder: Ints, out: Ints) -> int:
    """Messages after which the highest bid is not below the lowest ask: message, bid, ask into `out` (n, 3).

    Here no side gives way: all levels stand as they were told. Returns how many; the ladder begins empty.
    """
    span = ladder.shape[1]
    bid, ask, found = -1, span, 0
    for row in range(len(kinds)):
        kind, price = kinds[row], prices[row]
        if kind <= ASK:
            ladder[kind, price] = quantities[row]
            if kind == BID and quantities[row] > 0:
                bid = max(bid, price)
            elif kind == BID and price == bid:
                bid = below(ladder, BID, price, 0)
            elif kind == ASK and quantities[row] > 0:
                ask = min(ask, price)
            elif kind == ASK and price == ask:
                ask = above(ladder, ASK, price, span - 1, span)
        elif kind == CLEAR:
            ladder[:] = 0
            bid, ask = -1, span
        last = row + 1 == len(kinds) or messages[row + 1] != messages[row]
        if last and kind <= ASK and bid >= ask:
            out[found, 0] = messages[row]
            out[found, 1] = bid
            out[found, 2] = ask
            found += 1
    return found
