"""The moving state of a market book: what is held by whom, what it is worth, what it gains in each scenario.

Integers throughout: quantities, and per unit of each instrument worth, greeks and scenario P&L in `scale`-ths of a
minor unit. Floats are inside repricing alone, which is the same to the bit on every machine.

Prices move at a `reprice` and at a `roll`, and nowhere else: a quote waits for the next one. Repricing is put off until
something is decided, so history that is only observed costs a day's returns and no price. A roll on which something is
held is worked at once, for its forecast is what the next day is measured by.

P&L since the roll is carried from one pricing to the next, a future's as its price has moved at the cross of that
pricing, and each fill adds what its price differs from the mark: value now, less value at the roll, less what was paid.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from waglan.kernels import checks, tails
from waglan.kernels import holdings as kernel
from waglan.measures.tail import CEIL, EXACT, Rule
from waglan.pricing import Market, Scenarios
from waglan.risk.columns import risk_columns
from waglan.risk.day import Day
from waglan.risk.estimates import Estimate
from waglan.risk.generation import Generator
from waglan.risk.history import Gap
from waglan.risk.kept import Kept, packed, unpacked
from waglan.risk.parametric import laws
from waglan.risk.places import NOTHING, Places
from waglan.risk.quotes import Quotes
from waglan.risk.universe import Universe
from waglan.risk.valuing import Pricer, Units
from waglan.risk.waivers import Waivers
from waglan.schema.recipe import Recipe
from waglan.schema.risk import ESTIMATE, MOVING, NO_PRICE, QUOTE, REPRICE, ROLL, WAIVER
from waglan.schema.units import MICRO, NULL, BadValue, duration_ns

Ints = NDArray[np.int64]
Codes = NDArray[np.int8]

_CHECKED: Final = 0
_QUOTE, _REPRICE, _ROLL, _ESTIMATE, _WAIVER = (1 + MOVING.index(k) for k in (QUOTE, REPRICE, ROLL, ESTIMATE, WAIVER))


class Holdings:
    """Positions, prices and scenarios, moved by each event once, in log order.

    Status of a row: 0, or the sum of 2 (a quantity, price or total reaches its bound), 8, 16 and 32 (`schema.risk`).
    An event refused for it moves nothing and its row is NULL throughout, as is that of an event that is not decided.
    """

    def __init__(self, recipe: Recipe, universe: Universe) -> None:
        if recipe.risk is None:
            raise BadValue(f"the recipe {recipe.name!r} has no [risk]")
        self.recipe, self.universe, self.risk = recipe, universe, recipe.risk
        self.columns: Final[tuple[str, ...]] = risk_columns(recipe)
        """Names of a row's cells."""
        self.places: Final = Places(recipe, universe)
        self.quotes = Quotes(recipe.columns["quote"].values or (), universe)
        self.generator = Generator(self.risk, universe.moving())
        age = duration_ns(self.risk.age_max)
        self.pricer: Final = Pricer(universe, self.risk.home, self.quotes, age, self.places.issuers)
        self.units: Units = self.pricer.unpriced()
        self.waivers = Waivers(recipe, self.places)
        self.why: str = "no day has been rolled yet"
        """Why there are no scenarios, where there are none."""
        self._var, self._es = Rule(self.risk.var_tail_micro), Rule(self.risk.es_tail_micro, CEIL, EXACT)
        if self.risk.var_tail_micro > self.risk.es_tail_micro:
            raise BadValue(f"the tail of VaR lies within that of ES, they were {self.risk.var_tail_micro} and "
                           f"{self.risk.es_tail_micro} millionths")  # fmt: skip
        books, traders, counterparties = (len(self.places.keys[of]) for of in ("book", "trader", "counterparty"))
        scopes, n = 1 + books + traders, len(universe.instruments)
        self.held, self.owed = np.zeros((scopes, n), np.int64), np.zeros((counterparties, n), np.int64)
        self.sums, self.exposures = np.zeros((scopes, kernel.SUMS), np.int64), np.zeros(counterparties, np.int64)
        self.day = Day(self.pricer, scopes)
        self.reach = np.zeros(scopes)
        self.now_ns = self.marked_ns = 0
        self._dirty, self._fresh_scenarios = True, False
        self._scenarios: Scenarios | None = None
        self._rule = np.array([1, 1, 1, 1, universe.scale, books, traders, counterparties, NO_PRICE,
                               self.risk.method == "parametric"], np.int64)  # fmt: skip
        self._laws = np.zeros((3, 4))
        if self.risk.method == "parametric":
            self._laws[:2] = laws(self.risk.var_tail_micro, self.risk.es_tail_micro)
        self._row = np.full((1, len(self.columns)), NULL, np.int64)
        self._status = np.zeros(1, np.int8)
        self._scopes, self._given = np.zeros(4, np.int64), np.zeros((2, books), np.int64)
        self._after, self._shares = np.zeros((3, kernel.SUMS), np.int64), np.zeros(books)
        self._room(0)

    # Events ----------------------------------------------------------------------------------------------------------

    def step(self, codes: Codes, ts_ns: Ints, values: Ints) -> tuple[Ints, Codes]:
        """Move by n events: rows, int64 (n, k); status, int8 (n,). codes and values as the windows take them."""
        n = len(ts_ns)
        if values.shape != (n, self.places.width) or codes.shape != (n,):
            raise BadValue(f"{n} times need codes ({n},) and values ({n}, {self.places.width}); got {codes.shape} and "
                           f"{values.shape}")  # fmt: skip
        rows, status = np.full((n, len(self.columns)), NULL, np.int64), np.zeros(n, np.int8)
        classes = self.places.classes[codes]
        times = np.maximum.accumulate(np.where(classes == NOTHING, self.now_ns, np.maximum(ts_ns, self.now_ns)))
        cuts = np.flatnonzero(classes[1:] != classes[:-1]) + 1
        for start, stop in zip([0, *cuts.tolist()], [*cuts.tolist(), n], strict=True):
            if start < stop and classes[start] != NOTHING:
                self.now_ns = int(times[stop - 1])
                self._stretch(int(classes[start]), slice(start, stop), times, ts_ns, values, rows, status)
        return rows, status

    def step_one(self, code: int, ts_ns: int, values_row: Ints) -> tuple[Ints, int]:
        """Move by one event: its row (a buffer that the next call overwrites) and its status."""
        self._row.fill(NULL)
        if code == _CHECKED:
            self.now_ns = max(self.now_ns, ts_ns)
            self._settle()
            self._check(np.array([self.now_ns]), values_row.reshape(1, -1), self._row, self._status)
            return self._row[0], int(self._status[0])
        _, status = self.step(np.array([code], np.int8), np.array([ts_ns]), values_row.reshape(1, -1))
        return self._row[0], int(status[0])

    def _stretch(
        self, kind: int, part: slice, times: Ints, ts_ns: Ints, values: Ints, rows: Ints, status: Codes
    ) -> None:
        """Events of one class, one after the other."""
        given, column = values[part], self.places.column
        if kind == _CHECKED:
            self._settle()
            self._check(times[part], np.ascontiguousarray(given), rows[part], status[part])
        elif kind == _QUOTE:
            self.quotes.take(given[:, column["quote"]], ts_ns[part], given[:, column["level"]])
        elif kind == _REPRICE:
            for ts in times[part].tolist():
                self._caught_up()
                self.quotes.enforce(ts)
                self._dirty = True
        elif kind == _ROLL:
            status[part] = [0 if self._roll(ts) else NO_PRICE for ts in times[part].tolist()]
        elif kind == _ESTIMATE:
            status[part] = [0 if self._estimate(row) else kernel.INCOMPLETE for row in given.tolist()]
        elif kind == _WAIVER:
            for row in given.tolist():
                self.waivers.take(row)

    def _check(self, times: Ints, values: Ints, rows: Ints, status: Codes) -> None:
        it, w = self.units, self.waivers
        checks.stretch(
            times, values, self.places.at, self.places.instruments, it.pnl, it.cells, it.reals, self._rule, self._laws,
            it.times, self.held, self.owed, self.totals_, self.rows, self.sums, self.reach, self.exposures,
            self.day.cells, w.amounts, w.until, w.by, self._work, self._new, self._marked, self._after, self._given,
            self._weights, self._shares, self._scopes, rows, status,
        )  # fmt: skip

    # Prices ----------------------------------------------------------------------------------------------------------

    def _estimate(self, row: list[int]) -> bool:
        """Whether the parameters could be taken; scenarios are then made again at the next decided event."""
        column = self.places.column
        cells = [row[column[name]] for name in ("factor", "omega", "alpha", "beta", "nu", "mean")]
        names = self.places.factors
        if NULL in cells[:5] or not 0 <= cells[0] < len(names):
            return False
        mean = 0 if cells[5] == NULL else cells[5]
        try:
            self.generator.estimate(Estimate(
                factor=names[cells[0]], omega_femto=cells[1], alpha_micro=cells[2], beta_micro=cells[3],
                nu_micro=cells[4], mean_pico=mean,
            ))  # fmt: skip
        except BadValue:
            return False
        self._dirty, self._fresh_scenarios = True, False
        return True

    def _roll(self, ts_ns: int) -> bool:
        """End a day; whether it could enter the history of the factors. A day ends once: a second roll of its date
        moves nothing, or it would begin the day's loss anew under a stop-loss."""
        if self.day.ended(ts_ns):
            return False
        self._caught_up()
        self.quotes.enforce(ts_ns)
        whole = self._day_kept(ts_ns)
        self._dirty, self._fresh_scenarios = True, False
        if not self.held[0].any() and not self.day.held.any() and not self.held.any():
            self.day.empty(self.quotes, self.sums)
            self.sums[:, kernel.S_PNL] = 0
            return whole
        self._settle()
        wrong = bool(self._rule[kernel.WRONG])
        self.day.roll(self.held, self.units, self.sums, self.quotes, self.generator, whole, wrong)
        self.sums[:, kernel.S_PNL] = 0
        return whole

    def _day_kept(self, ts_ns: int) -> bool:
        """A day enters history whole: with a fresh level of each factor, or not at all."""
        usable = self.quotes.usable_until(self.pricer.age_max_ns)
        at = np.array([self.quotes.place[factor.series] for factor in self.universe.factors], np.int64)
        levels = np.where(usable[at] >= ts_ns, self.quotes.in_force[at] / MICRO, np.nan)
        try:
            self.generator.roll(ts_ns, levels)
        except Gap:
            self.generator.resume(ts_ns, levels)
        except BadValue as bad:
            self.why = str(bad)
            return False
        return True

    def _caught_up(self) -> None:
        """Carry what is held over a repricing that is still put off, before the next one: P&L is rounded at each, so it
        would otherwise tell whether anybody had looked in between."""
        if self._dirty and self.held.any():
            self._settle()

    def _settle(self) -> None:
        """Price everything again, if quotes came in force or scenarios are to be made, and carry P&L to here."""
        if not self._dirty:
            return
        if not self._fresh_scenarios:
            self._scenarios, self._fresh_scenarios = self._made(), True
        after = self.pricer.priced(self.units, self.marked_ns, self._scenarios)
        carried = np.empty(len(self.held), np.int64)
        fits = kernel.gained(self.held, self.pricer.gains(self.units, after), carried)
        pnl = self.sums[:, kernel.S_PNL]
        fits &= bool((np.abs(pnl.astype(np.float64)) + np.abs(carried.astype(np.float64)) < kernel.MONEY).all())
        if fits:
            pnl += carried
        self.units, self.marked_ns, self._dirty = after, self.quotes.at_ns, False
        self._measure(fits)

    def _made(self) -> Scenarios | None:
        try:
            return self.generator.scenarios()
        except BadValue as bad:
            self.why = str(bad)
            return None

    def _measure(self, fits: bool) -> None:
        """Totals, tails and sums from positions and prices."""
        scenarios = self.units.pnl.shape[1]
        self._room(scenarios)
        if scenarios:
            fits &= kernel.measured(
                self.units.pnl, self.units.cells, self.units.reals, self._rule, self._laws, self.held, self.owed,
                self.totals_, self.rows, self.sums, self.reach, self.exposures, self._work,
            )  # fmt: skip
        self._rule[kernel.WRONG] = NO_PRICE if not scenarios else (0 if fits else kernel.TOO_LARGE)

    def _room(self, scenarios: int) -> None:
        """Arrays for so many scenarios."""
        weights = self._es.weights(max(scenarios, 1))
        first = self._var.weights(max(scenarios, 1)).rows
        self._rule[: kernel.VAR_ROWS + 1] = weights.full, weights.last, weights.divisor, first
        scopes, m = len(self.held), weights.rows
        self.totals_, self.rows = np.zeros((scopes, scenarios), np.int64), np.zeros((scopes, m), np.int64)
        self._new, self._marked = np.empty((3, scenarios), np.int64), np.empty((3, m), np.int64)
        self._weights = np.empty(scenarios)
        self._work = np.empty(2 * scenarios + tails.LANES * m, np.int64)

    # What is asked of it ---------------------------------------------------------------------------------------------

    @property
    def scenarios(self) -> Scenarios:
        """Tomorrow's scenarios as made after the last roll. Raises BadValue where there are none, with why."""
        self._settle()
        if self._scenarios is None:
            raise BadValue(f"there are no scenarios: {self.why}")
        return self._scenarios

    def market(self) -> Market:
        """The quotes that everything is priced from: those in force since the latest reprice or roll."""
        return self.quotes.market()

    @property
    def unit_pnl(self) -> Ints:
        """What one unit of each instrument gains in each scenario, int64 (S, instruments), in scale-ths."""
        self._settle()
        return np.ascontiguousarray(self.units.pnl.T)

    def quantities(self, scope: str = "total", key: str | None = None) -> Ints:
        """What is held, int64 (instruments,), by scope "total", "book", "trader" or "counterparty"."""
        rows = self.owed if scope == "counterparty" else self.held
        return np.array(rows[self.places.row(scope, key)], np.int64)

    def totals(self, scope: str = "total", key: str | None = None) -> Ints:
        """P&L in each scenario, int64 (S,), in scale-ths, by scope."""
        self._settle()
        if scope == "counterparty":
            return np.asarray(self.unit_pnl @ self.quantities(scope, key), np.int64)
        return np.array(self.totals_[self.places.row(scope, key)], np.int64)

    # Bytes -----------------------------------------------------------------------------------------------------------

    def snapshot(self) -> bytes:
        """The state as bytes, bound to recipe and universe by a digest. Inverse: `restore`.

        What follows from positions, quotes and history is not in it and is worked again when it is next needed.
        """
        q, u, d = self.quotes, self.units, self.day
        return packed(self.recipe, self.universe, Kept(
            now_ns=self.now_ns, marked_ns=self.marked_ns, at_ns=q.at_ns, generator=self.generator.snapshot(),
            arrays=[self.held, self.owed, self.sums, q.level, q.ts_ns, q.good, q.in_force, q.in_force_ts,
                    q.in_force_good, u.cells, u.reals, u.times, *d.arrays(), *self.waivers.arrays()],
        ))  # fmt: skip

    @classmethod
    def restore(cls, recipe: Recipe, universe: Universe, data: bytes) -> "Holdings":
        """The state in a snapshot's bytes. Raises BadValue for bytes of another recipe or universe, or damaged ones."""
        kept = unpacked(recipe, universe, data)
        out = cls(recipe, universe)
        out.now_ns, out.marked_ns, out.quotes.at_ns = kept.now_ns, kept.marked_ns, kept.at_ns
        out.generator = Generator.restore(out.risk, universe.moving(), kept.generator)
        q, u = out.quotes, out.units
        into = [out.held, out.owed, out.sums, q.level, q.ts_ns, q.good, q.in_force, q.in_force_ts, q.in_force_good,
                u.cells, u.reals, u.times, *out.day.arrays(), *out.waivers.arrays()]  # fmt: skip
        for array, found in zip(into, kept.arrays, strict=True):
            array[...] = found
        return out
