"""A strategy in Python: it is called with every bar behind that bar's fills, and asks for trades by its trader.

The matching is the compiled one, called only for bars that reach an order; all else is lists and whole numbers, which
lets a plain object see a million bars a second.
"""

from typing import Any, Protocol

import msgspec
import numpy as np

from waglan.exchange.orders import coded
from waglan.kernels import bars as kernel
from waglan.kernels import replay


class Bar(msgspec.Struct, frozen=True, gc=False):
    """One bar: its row, end (UTC), instrument's number, prices in quanta, volume in quantity quanta."""

    row: int
    ts_ns: int
    instrument: int
    open: int
    high: int
    low: int
    close: int
    volume: int


class Strategy(Protocol):
    """What is asked of a strategy."""

    def on_event(self, bar: Bar, trader: "Trader") -> Any:
        """See a bar that has ended, and trade from the next on."""


class Trader:
    """Orders and what is held. Numbers of orders come in the order of sending; `positions` (m) is to be read only."""

    __slots__ = ("above", "below", "columns", "floor", "positions", "state", "ts_ns")

    def __init__(self, floor: kernel.Floor, tape: kernel.Tape) -> None:
        self.floor = floor
        self.state = tuple(floor)
        self.columns = tuple(tape)
        self.ts_ns = 0
        self.positions: list[int] = floor.positions.tolist()
        self.below: list[int] = floor.near[:, 0].tolist()
        self.above: list[int] = floor.near[:, 1].tolist()

    def order(
        self, instrument: int, quantity: int, kind: str = "market", *, hold: str = "good", limit: int = 0, stop: int = 0
    ) -> int:
        """Send an order, bought > 0, sold < 0; its number. One that cannot be - no multiple of the lot, without its
        price - is written down as refused. Raises BadValue for words that are none."""
        self._grown(self.floor.counts[kernel.ORDERS] == len(self.floor.orders))
        number = replay.asked(self.ts_ns, instrument, quantity, *coded(kind, hold), limit, stop, self.state)
        self._look(instrument)
        return number

    def target(self, instrument: int, quantity: int) -> int:
        """Cancel what works in an instrument and send a market order for what is missing; its number, -1 for none."""
        self._grown(self.floor.counts[kernel.ORDERS] == len(self.floor.orders))
        number = replay.aimed(self.ts_ns, instrument, quantity, self.state)
        self._look(instrument)
        return number

    def cancel(self, number: int) -> bool:
        """Take back what is left of an order; False if there is nothing to take back."""
        return kernel.cancel(self.floor, number)

    def cash(self, currency: int) -> int:
        """Minor units of a currency, by its number in the run."""
        return int(self.floor.cash[currency])

    def match(self, row: int, instrument: int) -> bool:
        """Let a bar do to the orders what it does; False if a number would leave its bounds."""
        counts = self.floor.counts
        while counts[kernel.FILLS] + counts[kernel.WORKING] > len(self.floor.fills):
            self._grown(True)
        fine = replay.met(row, self.columns, self.state)
        self.positions[instrument] = int(self.floor.positions[instrument])
        self._look(instrument)
        return fine

    def _grown(self, full: bool) -> None:
        if full:
            self.floor = longer(self.floor)
            self.state = tuple(self.floor)

    def _look(self, instrument: int) -> None:
        if 0 <= instrument < len(self.below):
            self.below[instrument], self.above[instrument] = self.floor.near[instrument].tolist()


def longer(floor: kernel.Floor) -> kernel.Floor:
    """A floor with room for twice as many orders and fills, and the same in it."""
    orders, working, fills = (doubled(x) for x in (floor.orders, floor.working, floor.fills))
    return floor._replace(orders=orders, working=working, fills=fills)


def doubled(rows: kernel.Ints) -> kernel.Ints:
    """Twice as many rows, the new ones zero."""
    out = np.zeros((2 * len(rows), *rows.shape[1:]), np.int64)
    out[: len(rows)] = rows
    return out
