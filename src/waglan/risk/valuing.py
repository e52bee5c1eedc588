"""One unit of each instrument in whole numbers: worth, greeks and P&L in each scenario, all made in one pricing.

Everything is in `scale`-ths of a minor unit of the home currency. An instrument that cannot be priced - no quote yet, a
scenario that makes its volatility negative, an expiry that has passed - keeps its last worth, gains nothing in any
scenario and is unusable: what is asked of it, or of who holds it, is refused.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from waglan.kernels import holdings as kernel
from waglan.kernels.options import BASE, DELTA, GAMMA, LIMIT, UNITS, VALUE, VEGA, unit_gains
from waglan.pricing import Future, Line, Option, Scenarios
from waglan.pricing.instruments import PAIRED, Instrument, pair
from waglan.pricing.layout import NEVER, Layout, Plan, unit_values
from waglan.pricing.market import Ways
from waglan.pricing.valuation import unit_greeks
from waglan.risk.quotes import Quotes
from waglan.risk.universe import Universe, quotes_of
from waglan.schema.units import MICRO, NULL

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EXACT: Final = float(1 << 53)
"""Bound on worth and greeks of a unit: whole floats below it are exact."""


@dataclass(slots=True)
class Units:
    """Arrays as `kernels.holdings` takes them; n scenarios, none before there are any.

    cells (instruments, UNITS), times (2, instruments), reals (2, instruments), pnl (instruments, n). refused: by name
    why an instrument could not be priced.
    """

    cells: Ints
    times: Ints
    reals: Floats
    pnl: Ints
    refused: dict[str, str]


class Pricer:
    """A universe with what does not change of it: expiries, issuers, which quotes each instrument hangs on."""

    def __init__(self, universe: Universe, home: str, quotes: Quotes, age_max_ns: int, issuers: Ints) -> None:
        self.universe, self.home, self.quotes, self.age_max_ns = universe, home, quotes, age_max_ns
        instruments = universe.instruments
        self.plan = Plan([Line(instrument, universe.scale) for instrument in instruments], home)
        self.factors = universe.moving()
        self.expires = self.plan.expires
        self.future = np.array([isinstance(it, Future) for it in instruments], np.bool_)
        self._issuers = issuers
        self._quote = np.array([quotes.place.get(getattr(it, "quote", ""), 0) for it in instruments], np.int64)
        self._hangs: tuple[Ways | None, Ints, Ints] = (None, np.empty(0, np.int64), np.empty(0, np.int64))

    def unpriced(self) -> Units:
        """Before anything is known."""
        n = len(self.plan.names)
        cells = np.zeros((n, kernel.UNITS), np.int64)
        cells[:, kernel.FUTURE], cells[:, kernel.ISSUER] = NULL, self._issuers
        times = np.stack([np.full(n, NULL), self.expires])
        return Units(cells, times, np.zeros((2, n)), np.zeros((n, 0), np.int64), {})

    def priced(self, before: Units, before_ns: int, scenarios: Scenarios | None) -> Units:
        """Everything at the quotes in force; what cannot be priced is as it was in `before`, which was at before_ns.

        What has expired since then is worth what it paid then, by these quotes, for good. O(instruments x n).
        """
        market, refused = self.quotes.market(), dict[str, str]()
        first, moved = self.plan.laid(market, scenarios, refused, np.flatnonzero(self.expires > market.ts_ns))
        pnl = np.zeros((len(self.plan.names), len(scenarios.labels) if scenarios else 0), np.int64)
        out = Units(before.cells.copy(), before.times.copy(), before.reals.copy(), pnl, refused)
        self._without_risk(out)
        expired = (self.expires > before_ns) & (self.expires <= market.ts_ns)
        for expiry in np.unique(self.expires[expired]).tolist() if expired.any() else ():
            self._settle(out, expiry)
        at = first.at
        if len(at):
            self._fill(out, first)
            if scenarios:
                moved.terms[:, BASE] = unit_values(first)[:, 0] * first.crosses[first.index[:, 4], 0]
                gains(moved, out)
            out.times[0, at] = self._usable(market.ways)[at]
            for i in at[~self._sound(out, at)].tolist():
                refused[self.plan.names[i]] = "its worth or P&L reaches the bound of one unit"
                out.times[0, i], out.pnl[i], out.reals[kernel.PEAK, i] = NULL, 0, 0.0
        return out

    def _without_risk(self, out: Units) -> None:
        out.cells[:, kernel.NOTIONAL : kernel.VEGA + 1] = 0
        out.times[0], out.reals[kernel.PEAK] = NULL, 0.0

    def _settle(self, out: Units, expiry_ns: int) -> None:
        """What expired then is priced a nanosecond before, when time is worth nothing any more."""
        at = np.flatnonzero(self.expires == expiry_ns)
        first, _ = self.plan.laid(self.quotes.market(expiry_ns - 1), None, out.refused, at)
        if len(first.names):
            self._fill(out, first)
            self._without_risk(out)

    def _fill(self, out: Units, first: Layout) -> None:
        at, each, spot = first.at, unit_greeks(first), first.spots[first.index[:, 0], 0]
        crosses = first.crosses[first.index[:, 4], 0]
        amounts = first.terms[:, UNITS] * crosses
        value = each[:, VALUE] * amounts
        notional, future = spot * amounts, self.future[at]
        found = {
            kernel.WORTH: np.where(future, notional, value), kernel.VALUE: value, kernel.NOTIONAL: notional,
            kernel.DELTA: each[:, DELTA] * spot * amounts, kernel.GAMMA: each[:, GAMMA] * spot * spot * 0.01 * amounts,
            kernel.VEGA: each[:, VEGA] * 0.01 * amounts,
        }  # fmt: skip
        for column, cells in found.items():
            out.cells[at, column] = np.rint(np.clip(np.nan_to_num(cells, nan=EXACT), -EXACT, EXACT)).astype(np.int64)
        out.cells[at, kernel.FUTURE] = np.where(future, self.quotes.in_force[self._quote[at]], NULL)
        out.reals[kernel.FACTOR, at] = amounts / MICRO

    def _sound(self, out: Units, at: Ints) -> NDArray[np.bool_]:
        """Whether worth, greeks and P&L of a unit stay below their bounds."""
        sizes = np.abs(out.cells[at, : kernel.VEGA + 1]).max(axis=1)
        return np.asarray((sizes < EXACT) & (out.reals[kernel.PEAK, at] < LIMIT))

    def _usable(self, ways: Ways) -> Ints:
        """Until when the oldest quote that each instrument hangs on is fresh, (instruments,)."""
        if self._hangs[0] is not ways:
            self._hangs = (ways, *self._hung(ways))
        _, codes, starts = self._hangs
        return np.minimum.reduceat(np.append(self.quotes.usable_until(self.age_max_ns), NEVER)[codes], starts)

    def _hung(self, ways: Ways) -> tuple[Ints, Ints]:
        """Codes of the quotes that the instruments hang on, one behind the other, and where each one's begin."""
        codes, starts = list[int](), list[int]()
        for it in self.universe.instruments:
            starts.append(len(codes))
            legs = (ways.path(*way) or () for way in pairs_of(it, self.home))
            named = {*quotes_of(it), *(quote for path in legs for quote, _ in path)}
            codes += [len(self.quotes.names), *(self.quotes.place[quote] for quote in sorted(named))]
        return np.array(codes, np.int64), np.array(starts, np.int64)

    def gains(self, before: Units, after: Units) -> Ints:
        """What one unit of each instrument has gained between two pricings, scale-ths.

        A future what its price has moved, at the cross of now; everything else its worth less what it was.
        """
        moved = after.cells[:, kernel.FUTURE] - before.cells[:, kernel.FUTURE]
        known = self.future & (before.cells[:, kernel.FUTURE] != NULL) & (after.cells[:, kernel.FUTURE] != NULL)
        settled = np.rint(np.where(known, moved, 0) * after.reals[kernel.FACTOR]).astype(np.int64)
        return np.where(self.future, settled, after.cells[:, kernel.WORTH] - before.cells[:, kernel.WORTH])


def gains(moved: Layout, out: Units) -> None:
    """P&L of each line in each scenario, and the largest of it, into its instrument's row."""
    unit_gains(
        moved.index, moved.terms, moved.spots, moved.logs, moved.rates, moved.times, moved.plus, moved.crosses,
        moved.at, np.empty((5, moved.crosses.shape[1])), out.pnl, out.reals[kernel.PEAK],
    )  # fmt: skip


def pairs_of(it: Instrument, home: str) -> list[tuple[str, str]]:
    """Pairs of currencies between which an instrument needs a way."""
    wanted = [(it.currency, home)]
    if isinstance(it, PAIRED):
        wanted.append((it.base, it.currency))
    if isinstance(it, Option) and it.on == "fx":
        wanted.append(pair(it.quote, it.name))
    return [(base, currency) for base, currency in wanted if base != currency]
