"""What the bank's traders do on the live days: orders from clients, hedges, fills, and what happens at expiry.

Clients buy options from the bank more than they sell, so its books are short of gamma; who trades options hedges before
the close. What is planted is labelled.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from waglan.desks.market.calendar import ROLLS_NS, Days
from waglan.desks.market.hours import Hours
from waglan.desks.market.names import BOOKS, DEALERS, EXCHANGE, FUTURES, MONTHS, TRADERS
from waglan.desks.market.parameters import number, numbers
from waglan.desks.market.plants import QUIET, planted
from waglan.desks.market.traders import Desk, Moment, Trade, fill, lot, moment, price_of, tick_of, worked
from waglan.measures.chance import Chance, Ints
from waglan.pricing import Equity, Future, Option
from waglan.pricing.instruments import Instrument
from waglan.risk.universe import Universe
from waglan.schema.units import DAY_NS, MICRO, MINUTE_NS, SECOND_NS

LEFT_NS: Final = 5 * DAY_NS
"""Contracts nearer to expiry than this are not asked for."""
SETTLES_NS: Final = ROLLS_NS - 15 * MINUTE_NS


def trading(seed: int, days: Days, found: Hours, universe: Universe, eve: Ints) -> list[Trade]:
    """Every order and fill of the eve and the live days, in order of time. eve: levels of QUOTES then."""
    desk = Desk(seed, universe)
    began = int(days.midnight_ns[days.history - 1]) + ROLLS_NS - 20 * MINUTE_NS
    _opening(desk, moment(universe, eve, began))
    places = np.flatnonzero(np.diff(found.day, append=-1))
    start = 0
    for day, close in enumerate(places.tolist()):
        moments = [moment(universe, found.levels[m], int(found.ts_ns[m])) for m in range(start, close + 1)]
        _day(desk, days, day, moments)
        start = close + 1
    return sorted(desk.trades, key=lambda t: t.ts_ns)


def _opening(desk: Desk, now: Moment) -> None:
    """What is held when the live days begin."""
    for book, name in enumerate(BOOKS):
        for _ in range(number("opening")):
            made = _asked(desk, book, now, now.ts_ns)
            if made is not None:
                desk.take(fill(made, made.quantity, now.ts_ns, ordered=False))
        assert desk.by_book[name], "each book trades something"


def _day(desk: Desk, days: Days, day: int, moments: list[Moment]) -> None:
    """Clients' orders at any step but the close, hedges at the last step, and at the end what expires."""
    steps = moments[:-1]
    gap = moments[-1].ts_ns - steps[-1].ts_ns
    for book, usual in enumerate(numbers("orders a day")):
        for at in sorted(desk.chance.below(len(steps), usual + desk.chance.one(-2, 2)).tolist()):
            _client(desk, book, steps[at], gap)
    planted(desk, days, day, steps, gap)
    for trader in (*TRADERS[:2], *TRADERS[4:6]):
        for order in _hedges(desk, trader, steps[-1], gap):
            worked(desk, order, steps[-1].ts_ns, gap)
    _expire(desk, moments[-1], int(days.midnight_ns[days.history + day]))


def _client(desk: Desk, book: int, now: Moment, gap: int) -> None:
    ts = now.ts_ns + MINUTE_NS + desk.chance.one(0, gap // (3 * SECOND_NS)) * SECOND_NS
    order = _asked(desk, book, now, ts)
    if order is not None:
        worked(desk, order, now.ts_ns, gap)


def _asked(desk: Desk, book: int, now: Moment, ts_ns: int) -> Trade | None:
    """A client's order for a book: trader, instrument, side and size; None where there is nothing to ask for."""
    chance, trader = desk.chance, TRADERS[2 * book + desk.chance.one(0, 1)]
    choice = [i for i in desk.by_book[BOOKS[book]] if _offered(i, ts_ns)]
    one = choice[chance.one(0, len(choice) - 1)]
    thousands, held = chance.one_of(desk.sizes[book]), desk.net(trader, one.name)
    units = max(1, round(1000 * thousands / now.contract[one.name] / lot(one))) * lot(one)
    buys = not chance.once(1000 * number("sold")) if isinstance(one, Option) else chance.once(500_000)
    if held and chance.once(1000 * number("leaning")):
        buys = held < 0
        units = min(units, max(lot(one), abs(held)))
    quantity = units if buys else -units
    key = (BOOKS[book], trader, _counterparty(chance, one), one.name)
    return Trade(desk.next(), "order", ts_ns, key, quantity, price_of(one, now, quantity))


def _offered(one: Instrument, ts_ns: int) -> bool:
    return (
        not isinstance(one, Future)
        and one.name != QUIET
        and getattr(one, "expiry_ns", ts_ns + LEFT_NS) - ts_ns >= LEFT_NS
    )


def _counterparty(chance: Chance, one: Instrument) -> str:
    """The exchange, or a dealer where currencies are traded."""
    over = not isinstance(one, Equity | Future) and getattr(one, "on", "fx") == "fx"
    return DEALERS[chance.one(0, len(DEALERS) - 2)] if over else EXCHANGE


def _hedges(desk: Desk, trader: str, now: Moment, gap: int) -> Iterator[Trade]:
    """Of who trades options: futures against shares and the index, the currency itself against its options."""
    book = BOOKS[TRADERS.index(trader) // 2]
    deltas: dict[str, float] = {}
    for (_, who, _, name), held in desk.held.items():
        if who == trader and held and name in now.delta:
            with_ = _hedged_with(desk.instrument(name), now.ts_ns)
            deltas[with_] = deltas.get(with_, 0.0) + held * now.delta[name]
    for name, delta in sorted(deltas.items()):
        one = desk.instrument(name)
        if abs(delta) < 1000 * number("hedge"):
            continue
        quantity = -round(delta / now.contract[name] / lot(one)) * lot(one)
        if quantity:
            ts = now.ts_ns + gap // 4 + desk.chance.one(0, 120) * SECOND_NS
            counterparty = EXCHANGE if isinstance(one, Future) else DEALERS[0]
            key = (book, trader, counterparty, name)
            yield Trade(desk.next(), "order", ts, key, quantity, price_of(one, now, quantity))


def _hedged_with(one: Instrument, ts_ns: int) -> str:
    if isinstance(one, Option) and one.on == "fx":
        return one.quote[:3]
    if isinstance(one, Equity | Future | Option):
        return next(f for f in FUTURES if _month_left(f, ts_ns))
    return one.name


def _month_left(future: str, ts_ns: int) -> bool:
    return MONTHS[FUTURES.index(future)].expiry_ns - ts_ns >= LEFT_NS


def _expire(desk: Desk, close: Moment, midnight_ns: int) -> None:
    """Close at its worth whatever expires today: options at intrinsic value, futures at the index.

    What would be flat has a closing of nothing, for a book that did not let every order through.
    """
    ts = midnight_ns + SETTLES_NS
    for key, held in sorted(desk.held.items()):
        one = desk.instrument(key[3])
        if not 0 < getattr(one, "expiry_ns", ts + DAY_NS) - ts < DAY_NS:
            continue
        price = _settled(one, close)
        desk.take(Trade(desk.next(), "fill", ts, key, -held, price, "expiry" if held else "", True, False))


def _settled(one: Instrument, close: Moment) -> int:
    """What one is worth at the end, millionths: the future's price, or what an option is in the money."""
    if not isinstance(one, Option):
        return round(close.price[one.name] * MICRO)
    spot = close.contract[one.name] / one.multiplier
    strike = one.strike_ticks / int(10**one.digits)
    tick = tick_of(one)
    gain = spot - strike if one.kind == "call" else strike - spot
    return max(0, round(gain * MICRO / tick)) * tick
