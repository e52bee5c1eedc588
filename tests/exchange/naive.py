"""A matching engine over bars as one would write it on a whiteboard: objects and fractions, no arrays of state."""

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil
from typing import Any

from waglan.schema.tape import Bars


@dataclass
class Order:
    """What was asked for; `left` counts down."""

    instrument: int
    side: int
    left: int
    kind: str
    hold: str
    limit: int
    stop: int
    sent_ns: int
    state: str = "sent"
    set_off: bool = False


@dataclass
class Naive:
    """Bars, a rate (hundred-millionths, rounded up to steps or half to even), and how fills are assumed."""

    bars: Bars
    rate_e8: int = 0
    least: int = 0
    step: int = 1
    up: bool = False
    cap_micro: int | None = None
    slip: int = 0
    slip_micro: int = 0
    through: bool = False
    orders: list[Order] = field(default_factory=list)
    fills: list[tuple[int, int, int, int, int, int]] = field(default_factory=list)
    cash: dict[str, int] = field(default_factory=dict)
    held: dict[int, int] = field(default_factory=dict)

    def send(
        self, ts: int, instrument: int, quantity: int, kind: str, hold: str, limit: int = 0, stop: int = 0
    ) -> None:
        order = Order(instrument, 1 if quantity > 0 else -1, abs(quantity), kind, hold, limit, stop, ts)
        limited, stopped = kind in ("limit", "stop-limit"), kind in ("stop", "stop-limit")
        if (
            not quantity
            or quantity % self.bars.instruments[instrument].lot
            or (limited and limit <= 0)
            or (stopped and (stop <= 0 or hold == "close"))
        ):
            order.state = "refused"
        self.orders.append(order)

    def cancel(self, number: int) -> None:
        if 0 <= number < len(self.orders) and self.orders[number].state == "sent":
            self.orders[number].state = "cancelled"

    def target(self, ts: int, instrument: int, quantity: int) -> None:
        for number, order in enumerate(self.orders):
            if order.instrument == instrument:
                self.cancel(number)
        missing = quantity - self.held.get(instrument, 0)
        if missing:
            self.send(ts, instrument, missing, "market", "good")

    def see(self, row: int) -> None:
        """A bar comes: open, inside, close."""
        bar = self.bars
        instrument = int(bar.instrument[row])
        values: list[int] = [int(column[row]) for column in (bar.open, bar.high, bar.low, bar.close, bar.volume)]
        opened, high, low, closed, volume = values
        room: Any = float("inf") if self.cap_micro is None else volume * self.cap_micro // 1_000_000
        mine = [(n, o) for n, o in enumerate(self.orders) if o.instrument == instrument and o.state == "sent"]
        mine = [(n, o) for n, o in mine if o.sent_ns <= int(bar.start_ns[row])]
        for number, order in mine:
            if order.hold != "close":
                if self.at_price(order, opened) and (order.hold != "fok" or order.left <= room):
                    room -= self.fill(row, number, opened, room)
                if order.hold in ("ioc", "fok") and order.state == "sent":
                    order.state = "expired"
        for number, order in mine:
            if order.state == "sent" and order.hold == "good":
                price = self.within(order, high, low)
                if price:
                    room -= self.fill(row, number, price, room)
        for number, order in mine:
            if order.state == "sent" and order.hold == "close":
                if order.kind == "market" or self.good(order, closed):
                    self.fill(row, number, closed, room)
                if order.state == "sent":
                    order.state = "expired"

    def good(self, order: Order, price: int) -> bool:
        return price <= order.limit if order.side > 0 else price >= order.limit

    def reached(self, order: Order, price: int) -> bool:
        return price >= order.stop if order.side > 0 else price <= order.stop

    def at_price(self, order: Order, price: int) -> bool:
        if order.kind in ("stop", "stop-limit"):
            order.set_off = order.set_off or self.reached(order, price)
            if not order.set_off:
                return False
        return order.kind in ("market", "stop") or self.good(order, price)

    def within(self, order: Order, high: int, low: int) -> int:
        if order.kind == "market" or (order.kind == "stop" and order.set_off):
            return 0
        if order.kind in ("stop", "stop-limit") and not order.set_off:
            if not self.reached(order, high if order.side > 0 else low):
                return 0
            order.set_off = True
            return order.stop if order.kind == "stop" or self.good(order, order.stop) else 0
        beyond = low + self.through if order.side > 0 else high - self.through
        return order.limit if self.good(order, beyond) else 0

    def fill(self, row: int, number: int, price: int, room: Any) -> int:
        order = self.orders[number]
        instrument = self.bars.instruments[order.instrument]
        amount = int(min(order.left, room))
        amount -= amount % instrument.lot
        if not amount:
            return 0
        if order.kind in ("market", "stop"):
            price += order.side * (self.slip + ceil(Fraction(price * self.slip_micro, 1_000_000)))
            price = max(price, 1)
        numerator, denominator = instrument.worth
        value = round(Fraction(price * amount * numerator, denominator))
        steps = Fraction(value * self.rate_e8, 10**8 * self.step)
        charge = max((ceil(steps) if self.up else round(steps)) * self.step, self.least)
        currency = instrument.currency
        self.cash[currency] = self.cash.get(currency, 0) - order.side * value - charge
        self.held[order.instrument] = self.held.get(order.instrument, 0) + order.side * amount
        self.fills.append((row, number, order.side * amount, price, value, charge))
        order.left -= amount
        if not order.left:
            order.state = "filled"
        return amount

    def equity(self, currency: str, row: int) -> int:
        """Cash and holdings at their last closes, of this very moment."""
        total = self.cash.get(currency, 0)
        for number, quantity in self.held.items():
            instrument = self.bars.instruments[number]
            seen = [int(self.bars.close[r]) for r in range(row + 1) if self.bars.instrument[r] == number]
            if instrument.currency == currency and seen:
                value = round(Fraction(seen[-1] * abs(quantity) * instrument.worth[0], instrument.worth[1]))
                total += value if quantity > 0 else -value
        return total
