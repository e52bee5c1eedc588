"""A market of bars: a column of targets, a compiled event function or an object in Python, filled alike to the cent.

The same bars, rules and orders give the same bytes. What a run gives is in whole numbers: fills, cash, positions.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from waglan.exchange.accounts import Assumptions, FeeModel, tables
from waglan.exchange.trader import Bar, Strategy, Trader, doubled, longer
from waglan.kernels import bars as kernel
from waglan.kernels import replay
from waglan.schema.tape import Bars
from waglan.schema.units import BadValue

Ints = NDArray[np.int64]

ROWS: Final = 1024
"""Orders and fills that a run has room for at first; it doubles as it needs to."""
PLAIN: Final = Assumptions()


@dataclass(frozen=True)
class Run:
    """What came of a run. `fills` (k, 6) has the columns of `kernels.bars`: bar, order (-1 where a target was
    followed), signed quantity, price, value and charges in minor units; `orders` (o, 10) too, none behind a target."""

    market: "BarMarket"
    fills: Ints
    orders: Ints
    floor: kernel.Floor

    @property
    def cash(self) -> dict[str, int]:
        """Minor units of each currency at the end."""
        return dict(zip(self.market.currencies, self.floor.cash.tolist(), strict=True))

    @property
    def charged(self) -> dict[str, int]:
        """All charges of each currency, in minor units."""
        return dict(zip(self.market.currencies, self.floor.charged.tolist(), strict=True))

    @property
    def positions(self) -> dict[str, int]:
        """What is held at the end, in quantity quanta."""
        names = [i.name for i in self.market.bars.instruments]
        return dict(zip(names, self.floor.positions.tolist(), strict=True))

    @property
    def instruments(self) -> Ints:
        """The instrument's number of each fill (k,)."""
        return self.market.bars.instrument[self.fills[:, kernel.BAR]]

    def equity(self) -> Ints:
        """Cash and holdings at the closes behind each bar (n, currencies), minor units; nothing is converted."""
        out = np.zeros((len(self.market.bars), len(self.market.currencies)), np.int64)
        work = np.zeros((2, len(self.floor.positions)), np.int64)
        start = self.market.start.copy()
        replay.marked(self.market.tape, self.fills, self.instruments, self.floor, start, work[0], work[1], out)
        return out

    @property
    def digest(self) -> bytes:
        """SHA-256 over the market's digest and what came of it: bars, quantities, prices, values and charges of fills,
        cash. Which form the strategy had is not in it."""
        columns = [kernel.BAR, kernel.TRADED, kernel.PRICE, kernel.VALUE, kernel.CHARGE]
        whole = sha256(self.market.digest)
        whole.update(self.fills[:, columns].astype("<i8").tobytes())
        whole.update(self.floor.cash.astype("<i8").tobytes())
        return whole.digest()


class BarMarket:
    """Bars, fees by venue and cash by currency in minor units. Raises BadValue for a venue without a fee model."""

    def __init__(
        self, bars: Bars, fees: Mapping[str, FeeModel], cash: Mapping[str, int], assumed: Assumptions = PLAIN
    ) -> None:
        self.bars, self.assumed = bars, assumed
        self.currencies, self.terms, self.charges, self.start = tables(bars.instruments, fees, cash)
        self.rules = assumed.rules()
        self.tape = kernel.Tape(*(getattr(bars, name) for name in kernel.Tape._fields))
        whole = sha256(bars.digest)
        whole.update(msgspec.json.encode(self.currencies))
        for table in (self.terms, self.charges, self.start, self.rules):
            whole.update(table.astype("<i8").tobytes())
        self.digest = whole.digest()

    def floor(self) -> kernel.Floor:
        """Nothing held, nothing ordered."""
        m, c = len(self.bars.instruments), len(self.currencies)
        near = np.full((m, 2), (-1, kernel.EVERYTHING), np.int64)
        return kernel.Floor(
            np.zeros((ROWS, 10), np.int64), np.zeros(ROWS, np.int64), np.zeros((ROWS, 6), np.int64),
            np.zeros(4, np.int64), np.zeros(m, np.int64), self.start.copy(), np.zeros(c, np.int64), near, self.terms,
            self.charges, self.rules,
        )  # fmt: skip

    def follow(self, targets: ArrayLike, each: int = 1) -> Run:
        """Trade towards `each` times targets (n,): from a row on, at the next bar of its instrument; NULL is no change.

        Raises BadValue for a target that is no multiple of the lot, and where a number would leave its bounds.
        """
        floor, row = self.floor(), 0
        column = self._targets(targets, each, floor)
        wanted = np.zeros(len(self.bars.instruments), np.int64)
        while (row := replay.follow(row, self.tape, column, each, wanted, floor)) < len(self.bars):
            self._within(row)
            floor = floor._replace(fills=doubled(floor.fills))
        return self._run(floor)

    def run_compiled(self, event: Callable[..., Any], memory: Ints) -> Run:
        """Call a compiled `event(bar, tape, floor, memory)` behind each bar's fills; it sends by `kernels.bars.send`,
        `cancel` and `target`. memory, int64, is the strategy's and is changed. The loop is compiled once in a process
        for each function, which takes seconds."""
        loop, floor, row = _loop(event), self.floor(), 0
        while (row := loop(row, self.tape, floor, memory)) < len(self.bars):
            self._within(row)
            floor = longer(floor)
        return self._run(floor)

    def run(self, strategy: Strategy) -> Run:
        """Call an object's `on_event(bar, trader)` behind each bar's fills."""
        trader, tape, see = Trader(self.floor(), self.tape), self.tape, strategy.on_event
        below, above = trader.below, trader.above
        for start in range(0, len(self.bars), CHUNK):
            columns = [getattr(tape, name)[start : start + CHUNK].tolist() for name in SEEN]
            for bar in map(Bar, range(start, len(self.bars)), *columns):
                i = bar.instrument
                if (bar.low <= below[i] or bar.high >= above[i]) and not trader.match(bar.row, i):
                    self._within(-1 - bar.row)
                trader.ts_ns = bar.ts_ns
                see(bar, trader)
        return self._run(trader.floor)

    def _targets(self, targets: ArrayLike, each: int, floor: kernel.Floor) -> Ints:
        column = np.ascontiguousarray(np.asarray(targets))
        if column.shape != (len(self.bars),) or column.dtype.kind not in "iu":
            raise BadValue(f"targets are whole numbers, one a bar ({len(self.bars)},); they were {column.dtype} "
                           f"{column.shape}")  # fmt: skip
        if not 0 < each < kernel.PLACE_MAX:
            raise BadValue(f"targets: a signal of 1 is a quantity between 1 and 2**42, it was {each}")
        if column.dtype != np.int8:  # one byte a bar is read as it is, and has no NULL
            column = column.astype(np.int64, copy=False)
        row = replay.unfit(column, each, self.tape, floor)
        if row < len(column):
            lot = self.terms[self.bars.instrument[row], kernel.LOT]
            raise BadValue(f"targets: row {row}: {int(column[row]) * each} is no multiple of the lot {lot} below 2**42")
        return column

    def _within(self, row: int) -> None:
        if row < 0:
            raise BadValue(f"bars: row {-1 - row}: a position, value or balance would leave its bounds (2**42 quanta, "
                           f"2**61 minor units), or more than {kernel.EVENT_ORDERS} orders were sent")  # fmt: skip

    def _run(self, floor: kernel.Floor) -> Run:
        fills = floor.fills[: floor.counts[kernel.FILLS]].copy()
        return Run(self, fills, floor.orders[: floor.counts[kernel.ORDERS]].copy(), floor)


CHUNK: Final = 1 << 16
"""Bars that are turned into Python's numbers at once: some 40 MB."""
SEEN: Final = ("ts_ns", "instrument", "open", "high", "low", "close", "volume")
_LOOPS: dict[Callable[..., Any], Callable[..., int]] = {}


def _loop(event: Callable[..., Any]) -> Callable[..., int]:
    if event not in _LOOPS:
        _LOOPS[event] = replay.loop(event)
    return _LOOPS[event]
