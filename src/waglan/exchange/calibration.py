"""What queue models say of orders whose fate is known: real orders that can be told apart by their size.

A book by price hides whose order is whose. But best quotes are told one change at a time, and each trade is told for
one resting order: where a best level grows by a size that is rare, a trade of just that size at that price is that
order's fill, and a decrease of just that size without one is its cancel. Such an order is a witness. A model is asked
what would have become of an order in its place, with the same quantity before it, up to the witness's end.

What this leaves open: orders filled in parts or lost from sight with their level are not witnesses; a size may meet its
like by chance (`decoy` counts how often a size that nobody sent does); and orders that were cancelled chose to be.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from waglan.exchange.depth import Replay, Terms
from waglan.kernels import resting
from waglan.schema.depth import BEST_ASK, BEST_BID, BUY, CLEAR, SELL, Depth
from waglan.schema.units import MICRO, BadValue

LOTS_MIN = 20
RARE_MAX = 40


class Witness(msgspec.Struct, frozen=True):
    """A real order: side, price and lots, what stood before it, when it came and ended there, and whether by a fill."""

    side: int
    price: int
    lots: int
    ahead: int
    came_ns: int
    ended_ns: int
    filled: bool


class Fit(msgspec.Struct, frozen=True):
    """A queue model on a set of witnesses.

    `observed` and `predicted` are shares filled in millionths; `missed` were filled and the model says not,
    `invented` were cancelled and the model says filled; markouts are the mean move of the mid in the order's favour
    after its fill, in thousandths of a price quantum, over the witnesses' fills and over the model's.
    """

    queue: int
    witnesses: int
    observed_micro: int
    predicted_micro: int
    missed: int
    invented: int
    observed_markout_milli: int | None
    predicted_markout_milli: int | None


def witnesses(depth: Depth, decoy: int = 0) -> list[Witness]:
    """Orders of at least 20 lots whose size at most 40 trades have, in the order of their ends.

    The tape must have been read with quotes (BadValue). `decoy` looks for sizes that much larger than those that came:
    what is found then is chance.
    """
    if not (depth.kind == BEST_BID).any():
        raise BadValue(f"{depth.instrument}: witnesses need the tape's quotes: read_depth(..., quotes=True)")
    trades = np.isin(depth.kind, (BUY, SELL))
    often = Counter(depth.quantity[trades].tolist())
    return [one for one in seen(depth, decoy) if one.lots >= LOTS_MIN and often[one.lots] <= RARE_MAX]


def seen(depth: Depth, decoy: int) -> Iterator[Witness]:
    """Every order that came to a best level in one piece and left it in one piece."""
    turn = np.argsort(depth.exchange_ns, kind="stable")
    columns = (depth.kind[turn], depth.price[turn], depth.quantity[turn], depth.exchange_ns[turn])
    level = {BEST_BID: (0, 0), BEST_ASK: (0, 0)}
    known: dict[int, dict[int, tuple[int, int]]] = {BEST_BID: {}, BEST_ASK: {}}
    for kind, price, lots, at_ns in zip(*(column.tolist() for column in columns), strict=True):
        quote = kind in level
        if not quote and kind not in (BUY, SELL):
            continue
        book = kind if quote else (BEST_ASK if kind == BUY else BEST_BID)
        best, before = level[book]
        size = before - lots if quote else lots
        if quote:
            level[book] = (price, lots)
            if price != best:
                known[book].clear()
                continue
        if quote and size < 0:
            if known[book].pop(decoy - size, None) is None:
                known[book][decoy - size] = (before, at_ns)
        elif price == best and size in known[book]:
            ahead, came_ns = known[book].pop(size)
            yield Witness(1 if book == BEST_BID else -1, price, size, ahead, came_ns, at_ns, not quote)


def told(depth: Depth, found: Sequence[Witness], queue: int) -> list[int | None]:
    """When an order in each witness's place is filled by the model, or None if not until the witness's end."""
    replay = Replay(depth, Terms(queue, whole=True), max(len(found), 1), quotes=True)
    market, numbers = replay.market, dict[int, int]()
    steps = [(one.came_ns, 0, at) for at, one in enumerate(found)]
    steps += [(one.ended_ns, 1, at) for at, one in enumerate(found)]
    for at_ns, ends, at in sorted(steps):
        resting.exchange_until(market, at_ns)
        market.head[resting.H_NOW] = at_ns
        one = found[at]
        if not ends:
            numbers[at] = resting.place(market, one.side, replay.rung(one.price), one.lots, resting.POST)
            resting.exchange_until(market, at_ns)
            market.orders[numbers[at], resting.O_FRONT] = one.ahead << resting.POINT
        else:
            resting.send(market, numbers[at], 1)
            resting.exchange_until(market, at_ns)
    filled = {fill.order: fill.exchange_ns for fill in replay.fills()}
    return [filled.get(numbers[at]) for at in range(len(found))]


def markout_milli(depth: Depth, found: Sequence[tuple[Witness, int]], after_ns: int) -> int | None:
    """Mean of side * (mid `after_ns` later - price) in thousandths of a price quantum; None of none."""
    if not found:
        return None
    turn = np.argsort(depth.exchange_ns, kind="stable")
    kind, price, at_ns = depth.kind[turn], depth.price[turn], depth.exchange_ns[turn]
    total = 0
    for book in (BEST_BID, BEST_ASK):
        rows = np.flatnonzero(kind == book)
        place = np.searchsorted(at_ns[rows], [when + after_ns for _, when in found], side="right") - 1
        total += sum(one.side * (int(price[rows[at]]) - one.price) for (one, _), at in zip(found, place, strict=True))
    return (500 * total) // len(found)


def fit(depth: Depth, found: Sequence[Witness], queue: int, after_ns: int = 1_000_000_000) -> Fit:
    """What one model says of these witnesses, beside what happened."""
    answers = told(depth, found, queue)
    pairs = list(zip(found, answers, strict=True))
    count = max(len(found), 1)
    return Fit(
        queue,
        len(found),
        MICRO * sum(one.filled for one in found) // count,
        MICRO * sum(when is not None for when in answers) // count,
        sum(one.filled and when is None for one, when in pairs),
        sum(not one.filled and when is not None for one, when in pairs),
        markout_milli(depth, [(one, one.ended_ns) for one in found if one.filled], after_ns),
        markout_milli(depth, [(one, when) for one, when in pairs if when is not None], after_ns),
    )


def calibrated(depth: Depth, queues: Sequence[int] = range(9)) -> tuple[list[Fit], list[Fit]]:
    """Every model on the first half of the tape's time and on the second, in the order of `queues`.

    The model to use is `chosen` of the first; what it is worth is its line in the second.
    """
    found = witnesses(depth)
    times = depth.exchange_ns[depth.kind != CLEAR]
    middle_ns = (int(times.min()) + int(times.max())) // 2
    first = [one for one in found if one.ended_ns < middle_ns]
    second = [one for one in found if one.came_ns >= middle_ns]
    return [fit(depth, first, queue) for queue in queues], [fit(depth, second, queue) for queue in queues]


def chosen(fits: Sequence[Fit]) -> int:
    """The model whose share is nearest to what was; of equals the one with fewer wrong answers, or the first."""
    return min(fits, key=lambda one: (abs(one.predicted_micro - one.observed_micro), one.missed + one.invented)).queue
