"""Who trades, what they hold and what they see: an order, its fill, the market of a moment, and the price asked in it.

Traders see the quotes of the moment and their own positions, nothing later.
"""

from dataclasses import dataclass, field
from typing import Final

from waglan.desks.market.instruments import home_book
from waglan.desks.market.names import BOOKS, QUOTES
from waglan.desks.market.parameters import number, numbers
from waglan.measures.chance import Chance, Ints, lognormal
from waglan.pricing import Equity, Future, Line, Market, Option, Quote, value
from waglan.pricing.instruments import Instrument
from waglan.risk.universe import Universe
from waglan.schema.units import DAY_NS, MICRO, NULL, SECOND_NS

AGE_NS: Final = 4 * DAY_NS
SHARES_LOT: Final = 100
UNITS: Final = 1_000
"""Units that are valued to find the price of one: cents are too coarse for a euro's option."""

Key = tuple[str, str, str, str]
"""book, trader, counterparty, instrument."""


@dataclass(frozen=True)
class Trade:
    """An order or a fill. `number` joins a fill to its order; a fill without order has a number of its own. price in
    millionths. label: what was planted, or empty. settled: it closes what has expired: its quantity is what was held.
    ordered: false for a fill without an order.
    """

    number: int
    stage: str
    ts_ns: int
    key: Key
    quantity: int
    price: int
    label: str = ""
    settled: bool = False
    ordered: bool = True

    @property
    def id(self) -> str:
        """O0000017 and F0000017."""
        return f"{'F' if self.stage == 'fill' else 'O'}{self.number:07d}"


@dataclass
class Desk:
    """All traders: their chance, what they hold if every order is let through, and what they did."""

    seed: int
    universe: Universe
    trades: list[Trade] = field(default_factory=list)
    held: dict[Key, int] = field(default_factory=dict)
    numbers: int = 0

    def __post_init__(self) -> None:
        self.chance = Chance(self.seed, "trading")
        self.sizes = [lognormal(size, number("order spread")) for size in numbers("order size")]
        self.by_book = {b: [i for i in self.universe.instruments if home_book(i) == b] for b in BOOKS}

    def take(self, trade: Trade) -> None:
        """Keep it; a fill moves what is held."""
        self.trades.append(trade)
        if trade.stage == "fill":
            self.held[trade.key] = self.held.get(trade.key, 0) + trade.quantity

    def next(self) -> int:
        """The number of the next trade."""
        self.numbers += 1
        return self.numbers

    def instrument(self, name: str) -> Instrument:
        """By name."""
        return self.universe.instruments[self.universe.place[name]]

    def net(self, trader: str, name: str) -> int:
        """What a trader holds of an instrument, of all counterparties."""
        return sum(q for (_, t, _, i), q in self.held.items() if t == trader and i == name)


@dataclass(frozen=True)
class Moment:
    """The market as traders see it, by instrument that has not expired: price of a unit, HKD of delta of a contract."""

    ts_ns: int
    price: dict[str, float]
    delta: dict[str, float]
    contract: dict[str, float]
    """HKD of the underlying of one contract."""


def moment(universe: Universe, levels: Ints, ts_ns: int) -> Moment:
    """Prices by the formulas of `pricing`, of whatever has not expired."""
    quotes = [Quote(n, level / MICRO, ts_ns) for n, level in zip(QUOTES, levels.tolist(), strict=True) if level != NULL]
    market = Market(quotes, ts_ns, AGE_NS)
    alive = [i for i in universe.instruments if getattr(i, "expiry_ns", ts_ns + 1) > ts_ns]
    found = value([Line(i, UNITS) for i in alive], market)
    price, delta, contract = {}, {}, {}
    for i, worth, moved in zip(alive, found.value_minor.tolist(), found.delta_minor.tolist(), strict=True):
        size = getattr(i, "multiplier", 1)
        price[i.name] = market.quotes[i.quote].value if isinstance(i, Future) else worth / (UNITS * 100 * size)
        delta[i.name] = moved / (UNITS * 100)
        contract[i.name] = market.quotes[i.quote].value * size if isinstance(i, Future | Option) else price[i.name]
    return Moment(ts_ns, price, delta, contract)


def lot(one: Instrument) -> int:
    """Units that are traded together: a contract, a board lot of shares, an amount of a currency."""
    if isinstance(one, Future | Option):
        return 1
    return SHARES_LOT if isinstance(one, Equity) else number("currency lot")


def tick_of(one: Instrument) -> int:
    """A tick in millionths."""
    return MICRO // int(10**one.digits)


def price_of(one: Instrument, now: Moment, quantity: int) -> int:
    """The middle and half a spread, in whole ticks, millionths; at least a tick."""
    listed, options, currencies = numbers("half spread")
    bp = options if isinstance(one, Option) else listed if isinstance(one, Equity | Future) else currencies
    tick = tick_of(one)
    asked = now.price[one.name] * (1 + (bp if quantity > 0 else -bp) / 1e4) * MICRO
    return max(1, round(asked / tick)) * tick


def worked(desk: Desk, order: Trade, base_ns: int, gap: int) -> None:
    """The order, and its fill if it has one: in the later part of the step, so that orders are answered before."""
    desk.take(order)
    quantity = order.quantity
    if not order.label:
        if desk.chance.once(number("unfilled")):
            return
        if desk.chance.once(number("part filled")):
            size = lot(desk.instrument(order.key[3]))
            quantity = int(quantity / 2 / size) * size or quantity
    desk.take(fill(order, quantity, base_ns + gap // 2 + desk.chance.one(0, gap // (4 * SECOND_NS)) * SECOND_NS))


def fill(order: Trade, quantity: int, ts_ns: int, ordered: bool = True) -> Trade:
    """The fill of an order, at its price; ordered: false where it was taken by voice."""
    return Trade(order.number, "fill", ts_ns, order.key, quantity, order.price, order.label, False, ordered)
