"""The last rolled day: what it brought, by three ways of counting, and what had been forecast for it.

Hypothetical P&L is what yesterday's positions made, every instrument priced again by today's quotes; theoretical P&L
what they make by delta, gamma and vega on the moves of the factors (MAR32's two sides); actual P&L has the day's
trades in it. An exception is a day whose hypothetical loss passes the VaR that was forecast at the roll before.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from waglan.kernels import holdings as kernel
from waglan.measures.contributions import halves
from waglan.pricing import Scenarios, revalue
from waglan.risk.generation import Generator
from waglan.risk.history import date
from waglan.risk.quotes import Quotes, market_of
from waglan.risk.valuing import Pricer, Units
from waglan.schema.units import NULL, BadValue

Ints = NDArray[np.int64]

HYPOTHETICAL, THEORETICAL, ACTUAL, VAR, ES, EXCEPTION = range(6)
"""Columns of `cells`, in the order of `schema.risk.DAY`."""
LARGE: Final = 1 << 62


class Day:
    """By scope what the last day brought: cells, int64 (scopes, DAY), minor units, NULL for what is not known.

    held: (scopes, instruments), what was held at the last roll; units and market as they were then.
    """

    def __init__(self, pricer: Pricer, scopes: int) -> None:
        self.pricer = pricer
        n = len(pricer.plan.names)
        self.cells = np.full((scopes, kernel.DAY), NULL)
        self.held = np.zeros((scopes, n), np.int64)
        self.forecast = np.full((2, scopes), NULL)
        """VaR and ES for the day to come."""
        self.units = pricer.unpriced()
        self.levels = np.full(len(pricer.quotes.names), NULL)
        self.times = self.levels.copy()
        self.at = np.zeros(1, np.int64)
        """When it was rolled."""

    def arrays(self) -> tuple[Ints | NDArray[np.float64], ...]:
        """What a snapshot keeps."""
        u = self.units
        return self.cells, self.held, self.forecast, u.cells, u.times, u.reals, self.levels, self.times, self.at

    def empty(self, quotes: Quotes, sums: Ints) -> None:
        """A day with nothing held at its beginning and its end: only what was traded in between was made, sums as
        `roll`, and nothing can be lost."""
        self.cells[:] = 0 if self.at[0] else NULL
        if self.at[0] or sums[:, kernel.S_PNL].any():
            self.cells[:, ACTUAL] = halves(sums[:, kernel.S_PNL].copy(), self.pricer.universe.scale)
        self.forecast[:] = 0
        self._keep(quotes)

    def roll(
        self, held: Ints, units: Units, sums: Ints, quotes: Quotes, generator: Generator, whole: bool, wrong: bool
    ) -> None:
        """End a day on which something was held: everything has been priced at its quotes, scenarios are tomorrow's.

        whole: the day entered history; wrong: nothing could be measured, so there is no
        forecast. sums: as `kernels.holdings`, P&L since the last roll and tomorrow's risks in them.
        """
        scale = self.pricer.universe.scale
        hypothetical = self._made(self._gains(units, quotes.at_ns))
        theoretical = self._made(self._expanded(generator if whole and self._follows(generator) else None))
        for column, made in ((HYPOTHETICAL, hypothetical), (THEORETICAL, theoretical), (ACTUAL, sums[:, kernel.S_PNL])):
            self.cells[:, column] = np.where(made == NULL, NULL, halves(np.where(made == NULL, 0, made), scale))
        self.cells[:, VAR : ES + 1] = self.forecast.T
        lost, var = self.cells[:, HYPOTHETICAL], self.forecast[0]
        self.cells[:, EXCEPTION] = np.where((lost == NULL) | (var == NULL), NULL, -np.maximum(lost, -LARGE) > var)
        self.forecast[0], self.forecast[1] = (NULL, NULL) if wrong else (sums[:, kernel.S_VAR], sums[:, kernel.S_ES])
        self.held[...], self.units = held, replace(units, pnl=units.pnl[:, :0].copy())
        self._keep(quotes)

    def _follows(self, generator: Generator) -> bool:
        """Whether the history's last move is from the last roll to this one: not behind a day that entered no history,
        whose move is of two days, and not behind a gap."""
        ts_ns, starts = generator.history.ts_ns, generator.history.starts
        return len(ts_ns) > 1 and starts[-1] != len(ts_ns) - 1 and bool(ts_ns[-2] == self.at[0])

    def ended(self, ts_ns: int) -> bool:
        """Whether the day of a time was rolled already, or a later one."""
        return bool(self.at[0]) and date(ts_ns) <= date(int(self.at[0]))

    def _keep(self, quotes: Quotes) -> None:
        self.levels[...], self.times[...], self.at[0] = quotes.in_force, quotes.in_force_ts, quotes.at_ns

    def _made(self, gains: Ints | None) -> Ints:
        """What each scope made of what one unit of each instrument made, scale-ths; NULL where that is not known."""
        out = np.full(len(self.held), NULL)
        if gains is not None and not kernel.gained(self.held, gains, out):
            out[:] = NULL
        return out

    def _known(self, units: Units, at_ns: int) -> NDArray[np.bool_]:
        """Instruments with fresh prices then, or none any more."""
        return np.asarray((units.times[kernel.USABLE] >= at_ns) | (units.times[kernel.EXPIRES] <= at_ns))

    def _gains(self, units: Units, now_ns: int) -> Ints | None:
        if not self.at[0]:
            return None
        known = self._known(self.units, int(self.at[0])) & self._known(units, now_ns)
        return np.where(known, self.pricer.gains(self.units, units), NULL)

    def _expanded(self, generator: Generator | None) -> Ints | None:
        """What a unit of each instrument makes by its greeks at the last roll on the day's moves of the factors.

        NULL for what was not priced then; for everything without a generator, whose moves are not known.
        """
        if not self.at[0]:
            return None
        at_ns, factors = int(self.at[0]), self.pricer.factors
        fresh = (self.units.times[kernel.USABLE] >= at_ns) & (self.units.times[kernel.EXPIRES] > at_ns)
        at = np.flatnonzero(fresh & self.held.any(axis=0))
        out = np.where(self.units.times[kernel.EXPIRES] <= at_ns, 0, NULL)
        if generator is None:
            out[at] = NULL
        elif len(at):
            market = market_of(self.pricer.quotes.names, self.levels, self.times, at_ns)
            try:
                moved = Scenarios(("day",), factors, generator.history.moves()[None])
                found = revalue(self.pricer.plan, market, moved, greeks=True, at=at).greeks_minor
            except BadValue:
                return None
            assert found is not None, "greeks were asked for"
            out[at] = found[0]
        return out
