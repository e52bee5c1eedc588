"""From a live market book to the desk's report: its state is asked, its log is read, nothing is kept twice.

The figures of each scope are those of a `measure` of the book as it stands, worked on a copy of the state: what the
next decision would see. Parts, stresses and what it would take are asked of `risk`, breaches and backtest of
`govern`.
"""

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from waglan.book import Book
from waglan.desks.market.report import (
    Closed,
    Convention,
    Counted,
    Label,
    LimitLine,
    MarketReport,
    Scenario,
    Scope,
    Stopped,
    Totals,
)
from waglan.engine.proofs import prove_event
from waglan.engine.state import MarketState
from waglan.govern.backtest import Backtest
from waglan.govern.breaches import Following, opened
from waglan.ledger.entry import REFUSAL
from waglan.measures.tail import CEIL, EXACT, tail
from waglan.pages.proof import Proof
from waglan.policy.limits import NEVER, Held, Limited, graded_one
from waglan.pricing.layout import Line
from waglan.pricing.revaluation import revalue
from waglan.risk.columns import names
from waglan.risk.contributions import contributions, rules
from waglan.risk.history import date
from waglan.risk.holdings import Holdings
from waglan.risk.liquidity import liquid_of
from waglan.risk.regulation import regulation
from waglan.risk.reverse import Reverse, reverse
from waglan.risk.stress import Stress, Stressed, read_stresses, stressed
from waglan.schema.recipe import Recipe, columns
from waglan.schema.records import Decision, decode_refusal
from waglan.schema.risk import MEASURE, PART, ROLL, STAGES, Limit, Risk
from waglan.schema.units import NULL, BadValue, half_even
from waglan.store.vault import ERASED

Ints = NDArray[np.int64]
Cells = Mapping[str, int | None]

KEPT: Final = 50
"""Refused orders that are in the report, the latest."""
DEGREES: Final = 4.0
"""Of Student's law behind the chance of a reverse stress: markets have fatter tails than the normal law."""
TIMES: Final = (2, 5)
"""Losses that a reverse stress looks for, in expected shortfalls."""
COUNTERPARTY: Final = "counterparty"


def market_report(
    book: Book,
    backtest: Backtest | None = None,
    stresses: Sequence[Stress] | None = None,
    simulated: bool = False,
) -> MarketReport:
    """The whole report of a market book as it stands. stresses: None for the desk's own file.

    Raises BadValue for a book without `[risk]`, before its first scenarios, or where what is held has no usable price.
    """
    risk = book.recipe.risk
    state = book.engine.judge.windows
    if risk is None or not isinstance(state, MarketState):
        raise BadValue(f"{book.recipe.name}: this is no market book, its recipe has no [risk]")
    book.engine.commit()
    held = Holdings.restore(book.recipe, state.holdings.universe, state.holdings.snapshot())
    measured = Measured(held)
    following = Following(book) if book.recipe.policy.limits else None
    whole, read = measured.cells(), read_log(book, following)
    es = whole["es_total"] or 0
    log = book.engine.log
    return MarketReport(
        recipe=book.recipe.name,
        recipe_digest=book.engine.judge.digest,
        universe_digest=held.universe.digest,
        home=risk.home,
        zone=book.recipe.zone,
        simulated=simulated,
        totals=Totals(from_ns=read.from_ns, to_ns=held.now_ns, days=read.rolls, decided=read.decided,
                      log_entries=log.size, log_bytes=log.bytes_on_disk, root=log.root()),
        convention=convention_of(risk, held),
        scopes=scopes(measured, whole),
        scenarios=scenarios(held, risk),
        closed=closed_of(whole),
        liquid=liquid_of(held),
        contributions=contributions(held),
        backtest=backtest,
        stresses=stresses_of(held, risk, stresses),
        reverse=reverses(held, es),
        limits=limit_lines(book, measured),
        breaches=following.breaches(held.now_ns) if following else (),
        counted=read.counted(),
        stopped=tuple(read.stopped),
        law=regulation(),
        proof=proof_of(book, read.last) if read.last else None,
        labels=labels_of(book.recipe),
    )  # fmt: skip


# what a measure would say


class Measured:
    """What a measure of a scope would see, on a copy of the state."""

    def __init__(self, held: Holdings) -> None:
        self.held: Final = held
        self._named: Final = list(columns(held.recipe))

    def event(self, by: str = "total", key: str = "") -> list[int]:
        """The values of a measure's event."""
        values = [NULL] * len(self._named)
        values[self._named.index("stage")] = MEASURE
        if by != "total":
            values[self._named.index(by)] = names(self.held.recipe, by).index(key)
        return values

    def row(self, by: str = "total", key: str = "") -> list[int]:
        """The risk columns, NULL where the scope has none. BadValue where the book cannot be measured."""
        row, status = self.held.step_one(0, self.held.now_ns, np.array(self.event(by, key), np.int64))
        if status:
            raise BadValue(f"the book cannot be measured as it stands: {self._why()}")
        return [int(cell) for cell in row]

    def _why(self) -> str:
        """Of what is held whatever has no price, by name; raises BadValue with why there are no scenarios."""
        held = self.held
        assert held.scenarios, "a book without scenarios says why"
        names_ = [held.universe.instruments[i].name for i in np.flatnonzero(held.quantities()).tolist()]
        told = [f"{name}: {held.units.refused[name]}" for name in names_ if name in held.units.refused]
        return "; ".join(told) or "a price of what is held is too old"

    def cells(self, by: str = "total", key: str = "") -> dict[str, int | None]:
        """`row` by the columns' names, None for NULL."""
        row = self.row(by, key)
        return {name: None if cell == NULL else cell for name, cell in zip(self.held.columns, row, strict=True)}


def scopes(measured: Measured, whole: Cells) -> tuple[Scope, ...]:
    """The total, then every book and trader that holds something."""
    held = measured.held
    found = [_scope("total", "", whole, whole["es_total"])]
    for by in ("book", "trader"):
        for key in names(held.recipe, by):
            if held.quantities(by, key).any():
                part = whole.get(f"{PART}{key}") if by == "book" else None
                found.append(_scope(by, key, measured.cells(by, key), part))
    return tuple(found)


def _scope(by: str, key: str, cells: Cells, part: int | None) -> Scope:
    def of(measure: str) -> int | None:
        return cells.get(f"{measure}_{by}")

    return Scope(by=by, key=key, es_minor=of("es") or 0, var_minor=of("var") or 0, es_part_minor=part,
                 notional_minor=of("notional") or 0, pnl_minor=of("pnl"), delta_minor=of("delta"),
                 gamma_minor=of("gamma"), vega_minor=of("vega"))  # fmt: skip


def closed_of(whole: Cells) -> Closed | None:
    """The last rolled day; None before there was one."""
    if whole["pnl_hypothetical"] is None and whole["pnl_actual"] is None:
        return None
    return Closed(
        hypothetical_minor=whole["pnl_hypothetical"], theoretical_minor=whole["pnl_theoretical"],
        actual_minor=whole["pnl_actual"], var_minor=whole["var_forecast"], es_minor=whole["es_forecast"],
        exception=whole["exception"] == 1,
    )  # fmt: skip


def convention_of(risk: Risk, held: Holdings) -> Convention:
    """What is meant by the figures."""
    law = "cornish_fisher" if risk.method == "parametric" else ""
    return Convention(
        var_tail_micro=risk.var_tail_micro, es_tail_micro=risk.es_tail_micro, quantile=law or CEIL,
        shortfall=law or EXACT, method=risk.method, scenarios=len(held.scenarios.labels), seed=risk.seed,
        decay_micro=risk.decay_micro, scenarios_digest=bytes.fromhex(held.scenarios.digest()),
    )  # fmt: skip


def lines_of(held: Holdings) -> list[Line]:
    """Everything that is held, as lines to be priced."""
    quantity = held.quantities()
    return [Line(held.universe.instruments[i], int(quantity[i])) for i in np.flatnonzero(quantity).tolist()]


def scenarios(held: Holdings, risk: Risk) -> tuple[Scenario, ...]:
    """The whole book in each scenario, by revaluation and by greeks, and whether it is in the tail of ES."""
    totals, labels, lines = held.totals(), held.scenarios.labels, lines_of(held)
    in_tail = set(tail(totals, rules(risk)[1]).rows.tolist())
    greeks: list[int | None] = [None] * len(labels)
    if lines:
        found = revalue(lines, held.market(), held.scenarios, risk.home, greeks=True)
        assert found.greeks_minor is not None, "they were asked for"
        greeks = found.greeks_minor.sum(axis=1).tolist()
    return tuple(
        Scenario(label=label, pnl_minor=half_even(int(total), held.universe.scale), greeks_minor=by, tail=i in in_tail)
        for i, (label, total, by) in enumerate(zip(labels, totals, greeks, strict=True))
    )


# stress


def stresses_of(held: Holdings, risk: Risk, asked: Sequence[Stress] | None) -> tuple[Stressed, ...]:
    """The named scenarios over what is held; none where nothing is."""
    lines = lines_of(held)
    if asked is None:
        asked = read_stresses(files("waglan.desks.market").joinpath("stresses.toml").read_bytes())
    return stressed(lines, held.market(), held.universe, asked, risk.home) if lines else ()


def reverses(held: Holdings, es_minor: int) -> tuple[Reverse, ...]:
    """The likeliest ways to lose twice and five times the expected shortfall, to two figures."""
    if es_minor <= 0:
        return ()
    found = []
    for times in TIMES:
        loss = times * es_minor
        power = 10 ** max(len(str(loss)) - 2, 0)
        found.append(reverse(held, -(-loss // power) * power, DEGREES))
    return tuple(found)


# limits


def limit_lines(book: Book, measured: Measured) -> tuple[LimitLine, ...]:
    """Every limit for everybody who has it and uses some of it; of the whole and of books also what is not used."""
    policy = book.engine.judge.policy
    if not isinstance(policy, Limited):
        return ()
    before = [NULL] * (len(book.engine.judge.names) - len(measured.held.columns))
    found = []
    for declared, laid in zip(book.recipe.policy.limits, policy.limits, strict=True):
        for place, key in enumerate(("",) if declared.by == "total" else names(book.recipe, declared.by)):
            soft, hard = (None if cents[place] == NEVER else int(cents[place]) for cents in (laid.soft, laid.hard))
            if soft is not None or hard is not None:
                row = [*before, *measured.row(declared.by, key)]
                line = limit_line(declared, laid, key, (soft, hard), measured.event(declared.by, key), row)
                if line is not None:
                    found.append(line)
    return tuple(found)


def limit_line(
    declared: Limit, laid: Held, key: str, stands: tuple[int | None, int | None], values: list[int], row: list[int]
) -> LimitLine | None:
    """One limit for one scope; None where it has no such measure, or a trader or counterparty uses none of it."""
    measure = row[laid.measure]
    if measure == NULL or (measure == 0 and declared.by not in ("total", "book")):
        return None
    grade, waived = graded_one(laid, values, row), row[laid.waived]
    used = abs(measure) if laid.absolute else -measure if laid.flip else measure
    beyond = stands[1] is not None and used > stands[1]
    state = ("within", "waived" if beyond else "soft", "hard")[grade]
    return LimitLine(code=declared.code, of=declared.of, by=declared.by, key=key, used_minor=used, soft_minor=stands[0],
                     hard_minor=stands[1], waived_minor=None if waived == NULL else waived, state=state)  # fmt: skip


# the log


@dataclass
class Log:
    """What was read of a log: counts, the latest refused orders, the event whose proof is shown."""

    from_ns: int = 0
    decided: int = 0
    rolls: int = 0
    last: str = ""
    """The latest refused order, or where none was refused the latest decision."""
    numbers: Counter[tuple[str, str]] = field(default_factory=Counter)
    stopped: deque[Stopped] = field(default_factory=lambda: deque(maxlen=KEPT))

    def counted(self) -> tuple[Counted, ...]:
        """By stage, the most frequent first."""
        order = {stage: i for i, stage in enumerate(STAGES)}
        ranked = sorted(self.numbers.items(), key=lambda item: (order.get(item[0][0], len(order)), -item[1], item[0]))
        return tuple(Counted(stage=stage, code=code, number=number) for (stage, code), number in ranked)


def read_log(book: Book, following: Following | None) -> Log:
    """The whole log once, for its breaches too; 15 us a record. What was erased is passed over."""
    engine, found = book.engine, Log()
    reader = _Reader(book)
    now_ns, day = 0, ""
    for row in engine.store.range(0, engine.store.size):
        read = following.take(row) if following else opened(row)
        if read is not None:
            now_ns = max(now_ns, read.event.ts_ns)
        if isinstance(read, Decision):
            reader.decided(found, read)
        elif read is not None:
            if read.event.kind == ROLL and (new := date(now_ns)) > day:  # a day ends once, as holdings have it
                found.rolls, day = found.rolls + 1, new
        elif row.kind == REFUSAL and row.form != ERASED:
            found.numbers["refused", decode_refusal(row.record).code] += 1
    if found.stopped:
        found.last = found.stopped[-1].id
    return found


class _Reader:
    """Places of what is read of a decision."""

    def __init__(self, book: Book) -> None:
        named = list(columns(book.recipe))
        cells = list(book.engine.judge.names)
        self._at: Final = {name: named.index(name) for name in ("stage", "book", "trader", "instrument", "quantity")}
        self._es: Final = (cells.index("es_before"), cells.index("es_total"))
        self._names: Final = {name: names(book.recipe, name) for name in ("book", "trader", "instrument")}

    def decided(self, found: Log, d: Decision) -> None:
        """Count one, and keep an order that was refused."""
        at, verb = self._at, d.actions[0].verb if d.actions else ""
        stage = d.event.values[at["stage"]]
        found.decided += 1
        found.from_ns = found.from_ns or d.event.ts_ns
        found.last = d.event.id
        found.numbers[STAGES[stage or 0], verb] += 1
        if verb == "hard" and stage == 0:
            before, after = (d.row[i] or 0 for i in self._es)
            whose = {name: self._name(name, d) for name in self._names}
            found.stopped.append(Stopped(
                id=d.event.id, ts_ns=d.event.ts_ns, **whose, quantity=d.event.values[at["quantity"]] or 0,
                reasons=d.reasons, es_before_minor=before, es_after_minor=after,
            ))  # fmt: skip

    def _name(self, name: str, d: Decision) -> str:
        place = d.event.values[self._at[name]]
        return "" if place is None else self._names[name][place]


def proof_of(book: Book, event_id: str) -> Proof:
    """The proof of a decision, for the page to check."""
    made = prove_event(book.engine, event_id)
    path = tuple(bytes.fromhex(step) for step in made.path)
    given = {name: bytes.fromhex(getattr(made, name)) for name in ("record", "salt", "entry", "root")}
    return Proof(event_id=event_id, index=made.index, size=made.size, path=path, **given)


def labels_of(recipe: Recipe) -> tuple[Label, ...]:
    """The recipe's words: its limits, and the names of categories."""
    return tuple(Label(code=code, en=en, zh_hant=hant, zh_hans=hans) for code, en, hant, hans in _labels(recipe))


def _labels(recipe: Recipe) -> Iterator[tuple[str, str, str, str]]:
    for limit in recipe.policy.limits:
        if limit.en:
            yield limit.code, limit.en, limit.zh_hant or limit.en, limit.zh_hans or limit.en
    for column in recipe.columns.values():
        for code, words in column.names.items():
            yield code, words.en, words.zh_hant, words.zh_hans
