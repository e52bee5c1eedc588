"""What holdings mean, in plain Python: everything worked again from fills and quotes at every event."""

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from tests.risk.trading import NAMES, UNIVERSE
from waglan.pricing import Future, FxSpot, Line, Market, Quote, Scenarios, revalue, value
from waglan.pricing.instruments import Forward, Instrument
from waglan.risk.columns import risk_columns
from waglan.risk.estimates import Estimate
from waglan.risk.generation import Generator
from waglan.risk.history import Gap
from waglan.risk.parametric import laws, measured, parts
from waglan.schema.recipe import Recipe
from waglan.schema.risk import DAY, MEASURES
from waglan.schema.units import DAY_NS, MICRO, SECOND_NS, BadValue, duration_ns, half_even

LIMIT = 1 << 42
Cells = dict[str, int]


@dataclass
class Unit:
    """One unit of an instrument, scale-ths."""

    worth: int = 0
    value: int = 0
    notional: int = 0
    delta: int = 0
    gamma: int = 0
    vega: int = 0
    level: int = 0
    factor: float = 0.0
    until: int = -1
    pnl: list[int] = field(default_factory=list)


def quotes_needed(it: Instrument) -> list[str]:
    named = [getattr(it, name, None) for name in ("quote", "rate", "carry", "volatility")]
    if isinstance(it, FxSpot | Forward) or it.currency == "USD":
        named.append("USD/HKD")
    return [name for name in named if name]


class Plain:
    """Events as names and whole numbers; `step` gives a row by name, or none, and a status."""

    def __init__(self, recipe: Recipe) -> None:
        assert recipe.risk is not None
        self.recipe, self.risk = recipe, recipe.risk
        self.latest: dict[str, list[int]] = {}
        self.force: dict[str, list[int]] = {}
        self.at = self.now = self.marked = 0
        self.fills: list[tuple[str, str | None, str | None, int, int]] = []
        self.pnl: dict[str, int] = {}
        self.units = [Unit(pnl=[]) for _ in UNIVERSE.instruments]
        self.generator = Generator(self.risk, UNIVERSE.moving())
        self.scenarios: Scenarios | None = None
        self.dirty = self.remake = True
        self.waivers: dict[tuple[str, str | None], tuple[int, int]] = {}
        self.rolled: (
            tuple[int, list[Unit], dict[str, list[int]], list[tuple[str, str | None, str | None, int, int]]] | None
        )
        self.rolled = None
        self.last_whole = False
        self.forecast: dict[str, tuple[int, int] | None] = {}
        self.day: dict[str, dict[str, int | None]] = {}

    def scopes(self) -> list[str]:
        return ["", *NAMES["book"], *NAMES["trader"]]

    def held(self, scope: str, fills: list[tuple[str, str | None, str | None, int, int]] | None = None) -> list[int]:
        out = [0] * len(UNIVERSE.instruments)
        for book, trader, _, place, quantity in self.fills if fills is None else fills:
            if scope in ("", book, trader):
                out[place] += quantity
        return out

    def owed(self, counterparty: str) -> list[int]:
        out = [0] * len(UNIVERSE.instruments)
        for _, _, who, place, quantity in self.fills:
            if who == counterparty:
                out[place] += quantity
        return out

    def market(self, quotes: dict[str, list[int]], at: int) -> Market:
        return Market([Quote(name, level / MICRO, min(ts, at)) for name, (level, ts, _) in quotes.items()], at, 1 << 62)

    # Pricing

    def price(self, it: Instrument, market: Market, out: Unit, after: bool) -> None:
        line = [Line(it, UNIVERSE.scale)]
        found = value(line, market)
        currency = market.price("USD/HKD", "") if it.currency == "USD" else 1.0
        spot = market.price("USD/HKD" if isinstance(it, FxSpot | Forward) else it.quote, "")
        amount = UNIVERSE.scale * getattr(it, "multiplier", 1) * 100 * currency
        pnl = (
            [int(x) for x in revalue(line, market, self.scenarios).pnl_minor[:, 0]] if self.scenarios and after else []
        )
        out.value = int(found.value_minor[0])
        out.worth = round(spot * amount) if isinstance(it, Future) else out.value
        out.factor = amount / MICRO
        if isinstance(it, Future):
            out.level = round(spot * MICRO)
        if after:
            out.notional = round(spot * amount)
            out.delta, out.gamma, out.vega = (
                int(x[0]) for x in (found.delta_minor, found.gamma_minor, found.vega_minor)
            )
            out.pnl = pnl

    def settle(self) -> None:
        if not self.dirty:
            return
        if self.remake:
            try:
                self.scenarios = self.generator.scenarios()
            except BadValue:
                self.scenarios = None
            self.remake = False
        count = len(self.scenarios.labels) if self.scenarios else 0
        fresh = []
        for it, was in zip(UNIVERSE.instruments, self.units, strict=True):
            out = Unit(was.worth, was.value, level=was.level, factor=was.factor, pnl=[0] * count)
            expiry = getattr(it, "expiry_ns", 1 << 62)
            try:
                if expiry > self.at:
                    self.price(it, self.market(self.force, self.at), out, True)
                    out.until = min(
                        ts + duration_ns(self.risk.age_max) if good else -1
                        for ts, good in ((self.force[n][1], self.force[n][2]) for n in quotes_needed(it))
                    )
                elif expiry > self.marked:
                    self.price(it, self.market(self.force, expiry - 1), out, False)
            except BadValue:
                pass
            fresh.append(out)
        gains = self.gains(self.units, fresh)
        for scope in self.scopes():
            self.pnl[scope] = self.pnl.get(scope, 0) + sum(q * g for q, g in zip(self.held(scope), gains, strict=True))
        self.units, self.marked, self.dirty = fresh, self.at, False

    def gains(self, before: list[Unit], after: list[Unit]) -> list[int]:
        return [
            round((b.level - a.level) * b.factor) if isinstance(it, Future) else b.worth - a.worth
            for it, a, b in zip(UNIVERSE.instruments, before, after, strict=True)
        ]

    # Measuring

    def totals(self, held: list[int]) -> list[int]:
        assert self.scenarios is not None
        return [
            sum(q * u.pnl[s] for q, u in zip(held, self.units, strict=True) if q)
            for s in range(len(self.scenarios.labels))
        ]

    def tail(self, totals: list[int]) -> list[tuple[int, Fraction]]:
        """The worst scenarios with their weights, which sum to one."""
        order = sorted(range(len(totals)), key=lambda s: (totals[s], s))
        share = Fraction(len(totals) * self.risk.es_tail_micro, MICRO)
        out, left = [], Fraction(1)
        for s in order:
            weight = min(left, 1 / share)
            if weight == 0:
                break
            out.append((s, weight))
            left -= weight
        return out

    def risks(self, held: list[int]) -> tuple[int, int]:
        totals = self.totals(held)
        if self.risk.method == "parametric":
            found = measured(np.array(totals), laws(self.risk.var_tail_micro, self.risk.es_tail_micro), UNIVERSE.scale)
            return found.es_minor, found.var_minor
        es = -sum((weight * totals[s] for s, weight in self.tail(totals)), Fraction(0)) / UNIVERSE.scale
        rank = -(-len(totals) * self.risk.var_tail_micro // MICRO)
        return half_even(es.numerator, es.denominator), half_even(-sorted(totals)[rank - 1], UNIVERSE.scale)

    def parts(self) -> list[int]:
        totals = self.totals(self.held(""))
        each = [self.totals(self.held(book)) for book in NAMES["book"]]
        if self.risk.method == "parametric":
            given = laws(self.risk.var_tail_micro, self.risk.es_tail_micro)
            return [int(x) for x in parts(np.array(each), given, UNIVERSE.scale)[1]]
        exact = [-sum((w * of[s] for s, w in self.tail(totals)), Fraction(0)) / UNIVERSE.scale for of in each]
        out = [x.numerator // x.denominator for x in exact]
        whole = sum(exact, Fraction(0))
        missing = half_even(whole.numerator, whole.denominator) - sum(out)
        for b in sorted(range(len(exact)), key=lambda b: (out[b] - exact[b], b))[:missing]:
            out[b] += 1
        return out

    def measures(self, book: str | None, trader: str | None, counterparty: str | None) -> Cells:
        """Sums in scale-ths by the name of the measure, risks in minor units."""
        out: Cells = {}
        for name, scope in (("total", ""), ("book", book), ("trader", trader)):
            if scope is None:
                continue
            held = self.held(scope)
            out[f"es_{name}"], out[f"var_{name}"] = self.risks(held)
            out[f"notional_{name}"] = sum(abs(q) * u.notional for q, u in zip(held, self.units, strict=True))
            out[f"pnl_{name}"] = self.pnl.get(scope, 0)
            for greek in ("delta", "gamma", "vega"):
                out[f"{greek}_{name}"] = sum(q * getattr(u, greek) for q, u in zip(held, self.units, strict=True))
        if counterparty is not None:
            held = self.owed(counterparty)
            out["exposure_counterparty"] = sum(max(0, q * u.value) for q, u in zip(held, self.units, strict=True))
        return {name: out[name] for name in MEASURES if name in out}

    def row(self, measures: Cells, book: str | None, trader: str | None, counterparty: str | None) -> Cells:
        out = {name: x if name[:2] in ("es", "va") else half_even(x, UNIVERSE.scale) for name, x in measures.items()}
        out |= {f"es_part_{name}": part for name, part in zip(NAMES["book"], self.parts(), strict=True)}
        for limit in self.recipe.policy.limits:
            key = {"total": "", "book": book, "trader": trader, "counterparty": counterparty}[limit.by]
            amount, until = self.waivers.get((limit.code, key), (0, -1))
            if key is not None and self.now < until:
                out[f"waived_{limit.code}"] = amount
        return out

    # Events

    def step(self, kind: str, ts: int, e: dict[str, int | str]) -> tuple[Cells | None, int]:
        self.now = max(self.now, ts)
        if kind == "quote" and e.get("quote") is not None and ts >= self.latest.get(str(e["quote"]), [0, -1, 0])[1]:
            self.quote(str(e["quote"]), e.get("level"), ts)  # type: ignore[arg-type]
        elif kind == "reprice":
            self.force, self.at, self.dirty = {n: list(q) for n, q in self.latest.items()}, self.now, True
        elif kind == "roll":
            self.roll()
        elif kind == "estimate" and "factor" in e:
            try:
                self.generator.estimate(Estimate(
                    factor=str(e["factor"]), omega_femto=int(e["omega"]), alpha_micro=int(e["alpha"]),
                    beta_micro=int(e["beta"]), nu_micro=int(e["nu"]), mean_pico=int(e.get("mean", 0)),
                ))  # fmt: skip
                self.dirty = self.remake = True
            except BadValue:
                pass
        elif kind == "waiver":
            limit = next(one for one in self.recipe.policy.limits if one.code == e["limit"])
            key = "" if limit.by == "total" else e.get(limit.by)
            if key is not None:
                self.waivers[str(e["limit"]), str(key)] = int(e["amount"]), int(e["until_s"]) * SECOND_NS
        elif kind == "check":
            self.settle()
            if any(isinstance(x, int) and abs(x) >= LIMIT for x in e.values()):
                return None, 2
            return self.measure(e) if e["stage"] == "measure" else self.trade(e)
        return None, 0

    def quote(self, name: str, level: int | None, ts: int) -> None:
        low = -MICRO if name in ("HKD 3m", "USD 3m") else 1
        high = 10 * MICRO if name in ("HKD 3m", "USD 3m", "BANK vol") else LIMIT - 1
        if level is not None and low <= level <= high:
            self.latest[name] = [level, ts, 1]
        elif name in self.latest:
            self.latest[name][2] = 0

    def measure(self, e: dict[str, int | str]) -> tuple[Cells | None, int]:
        book, trader, counterparty = (e.get(name) for name in ("book", "trader", "counterparty"))
        scope = str(book or trader or "")
        status = 0 if self.scenarios else 8
        for it, unit, held in zip(UNIVERSE.instruments, self.units, self.held(scope), strict=True):
            if held and self.now >= getattr(it, "expiry_ns", 1 << 62):
                status |= 16
            elif held and self.now > unit.until:
                status |= 8
        if status:
            return None, status
        found = self.measures(book, trader, counterparty)  # type: ignore[arg-type]
        row = self.row(found, book, trader, counterparty)  # type: ignore[arg-type]
        day = {name: x for name, x in self.day.get(scope, {}).items() if x is not None}
        return row | day | {"es_before": found["es_total"], "rises": 0}, 0

    def trade(self, e: dict[str, int | str]) -> tuple[Cells | None, int]:
        book, trader, counterparty = (e.get(name) for name in ("book", "trader", "counterparty"))
        quantity, price = e.get("quantity"), e.get("price")
        if book is None or e.get("instrument") is None or not quantity or (price is None and e["stage"] == "fill"):
            return None, 32
        place = UNIVERSE.place[str(e["instrument"])]
        it, unit = UNIVERSE.instruments[place], self.units[place]
        if not self.scenarios:
            return None, 8
        if self.now >= getattr(it, "expiry_ns", 1 << 62):
            had = self.held(str(book))[place]
            if not (e["stage"] == "fill" and (had < 0) != (int(quantity) < 0) and abs(int(quantity)) <= abs(had)):
                return None, 16
        elif self.now > unit.until:
            return None, 8
        counterparty = UNIVERSE.issuers.get(it.name, counterparty)
        edge = 0
        if price is not None:
            edge = (
                round((unit.level - int(price)) * unit.factor)
                if isinstance(it, Future)
                else (unit.worth - round(int(price) * unit.factor))
            )
        if e["stage"] == "order":
            edge = 0 if edge * int(quantity) > 0 else edge
        large = max(abs(x) for x in (unit.worth, unit.notional, edge)) * abs(int(quantity)) >= 1 << 61
        if large or any(abs(self.held(of)[place] + int(quantity)) >= LIMIT for of in ("", str(book), str(trader))):
            return None, 2
        before = self.measures(book, trader, counterparty)  # type: ignore[arg-type]
        kept = dict(self.pnl)
        self.fills.append((str(book), trader, counterparty, place, int(quantity)))  # type: ignore[arg-type]
        for scope in ("", book, trader):
            if scope is not None:
                self.pnl[str(scope)] = self.pnl.get(str(scope), 0) + int(quantity) * edge
        after = self.measures(book, trader, counterparty)  # type: ignore[arg-type]
        row = self.row(after, book, trader, counterparty)  # type: ignore[arg-type]
        row["es_before"], row["rises"] = before["es_total"], 0
        for name in after:
            of = name.replace("pnl", "es")
            row["rises"] |= (
                abs(after[of]) > abs(before[of]) or after[of] * before[of] < 0
                if name[:5] in ("delta", "gamma") or name[:4] == "vega"
                else after[of] > before[of]
            ) << MEASURES.index(name)
        if e["stage"] == "order":
            self.fills.pop()
            self.pnl = kept
        return row, 0

    def roll(self) -> None:
        day = self.now // DAY_NS
        if self.rolled is not None and day <= self.rolled[0] // DAY_NS:
            return
        known, self.last_whole = self.last_whole, False
        self.force, self.at = {n: list(q) for n, q in self.latest.items()}, self.now
        levels = []
        for factor in UNIVERSE.factors:
            level, ts, good = self.force.get(factor.series, [0, 0, 0])
            fresh = good and ts + duration_ns(self.risk.age_max) >= self.at
            levels.append(level / MICRO if fresh else float("nan"))
        whole = known
        try:
            self.generator.roll(self.at, np.array(levels))
            self.last_whole = True
        except Gap:
            self.generator.resume(self.at, np.array(levels))
            self.last_whole, whole = True, False
        except BadValue:
            whole = False
        self.dirty = self.remake = True
        self.settle()
        self.day = {scope: self.brought(scope, whole) for scope in self.scopes()}
        self.forecast = {}
        for scope in self.scopes():
            es, var = self.risks(self.held(scope)) if self.scenarios else (0, 0)
            empty = not any(any(self.held(s)) for s in self.scopes())
            self.forecast[scope] = (var, es) if self.scenarios or (empty and not self.rolled_held()) else None
        self.rolled = self.at, self.units, self.force, list(self.fills)
        self.pnl = {}

    def rolled_held(self) -> bool:
        return self.rolled is not None and any(any(self.held(s, self.rolled[3])) for s in self.scopes())

    def brought(self, scope: str, whole: bool) -> dict[str, int | None]:
        if self.rolled is None:
            return dict.fromkeys(DAY) | {"pnl_actual": self.cents(self.pnl[scope]) if self.fills else None}
        at, units, force, fills = self.rolled
        held = self.held(scope, fills)
        made: dict[str, int | None] = {"pnl_hypothetical": 0, "pnl_theoretical": 0}
        gains = self.gains(units, self.units)
        for place, (it, quantity) in enumerate(zip(UNIVERSE.instruments, held, strict=True)):
            if not quantity:
                continue
            expiry = getattr(it, "expiry_ns", 1 << 62)
            known = all(
                expiry <= when or unit.until >= when
                for when, unit in ((at, units[place]), (self.at, self.units[place]))
            )
            greek: int | None = 0
            if expiry > at:
                greek = None
                if units[place].until >= at and whole:
                    move = Scenarios(["day"], UNIVERSE.moving(), self.generator.history.moves()[None])
                    found = revalue([Line(it, UNIVERSE.scale)], self.market(force, at), move, greeks=True).greeks_minor
                    assert found is not None
                    greek = int(found[0, 0])
            for name, gain in (("pnl_hypothetical", gains[place] if known else None), ("pnl_theoretical", greek)):
                so_far = made[name]
                made[name] = None if so_far is None or gain is None else so_far + quantity * gain
        made = {name: None if x is None else self.cents(x) for name, x in made.items()}
        forecast, lost = self.forecast[scope], made["pnl_hypothetical"]
        var, es = forecast if forecast else (None, None)
        exception = None if var is None or lost is None else int(-lost > var)
        return made | {
            "pnl_actual": self.cents(self.pnl[scope]),
            "var_forecast": var,
            "es_forecast": es,
            "exception": exception,
        }

    def cents(self, x: int) -> int:
        return half_even(x, UNIVERSE.scale)


def columns_of(recipe: Recipe) -> tuple[str, ...]:
    return risk_columns(recipe)
