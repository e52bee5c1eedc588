"""A market report for a terminal, in English: what can be lost and where it comes from, whether the model was right."""

from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text as Line

from waglan.desks.market.report import MarketReport
from waglan.desks.market.shown import (
    amount,
    brief,
    chance,
    level,
    method_words,
    model_name,
    reason_words,
    scope_name,
    words_of,
)
from waglan.desks.market.verdict import verdict
from waglan.pages.numbers import count, dated, decimal, share, size
from waglan.pages.words import say
from waglan.schema.risk import PART
from waglan.schema.units import MICRO

WORST: Final = 5
"""Stresses that are named, the worst."""


def summary_of(report: MarketReport) -> Group:
    """Tables by book and by model; lines for stresses, limits, breaches and the log."""
    parts: list[RenderableType] = [*_risk(report), "", _books(report)]
    if report.backtest is not None and report.backtest.models:
        first = report.backtest.models[0]
        parts += ["", _models(report), Line(verdict(first, report.backtest.window, report.zone).en)]
    lines = [*_stresses(report), *_limits(report), *_stopped(report)]
    return Group(*parts, "", *(Line(line) for line in lines), "", Line(_log(report)))


def _risk(report: MarketReport) -> list[Line]:
    whole, c = report.whole, report.convention
    worst = min(report.scenarios, key=lambda s: s.pnl_minor)
    var, es = brief(whole.var_minor, report.home).en, brief(whole.es_minor, report.home).en
    lost = brief(-worst.pnl_minor, report.home).en
    return [
        Line(f"VaR {level(c.var_tail_micro).en} {var}, ES {level(c.es_tail_micro).en} {es}, one day", style="bold"),
        Line(f"{count(c.scenarios).en} scenarios, {method_words(c).en}; the worst, {worst.label}, loses {lost}"),
    ]


def _table(*names: str) -> Table:
    table = Table(title=None, box=None, pad_edge=False, header_style="dim")
    table.add_column(names[0])
    for name in names[1:]:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _books(report: MarketReport) -> Table:
    table = _table(f"book, {report.home}", "ES alone", "part of ES", "share", "VaR", "P&L today")
    for scope in (*report.scopes[1:], report.whole):
        if scope.by == "trader":
            continue
        figures = (scope.es_minor, scope.es_part_minor, scope.var_minor, scope.pnl_minor)
        es, part, var, pnl = (amount(value, report.home).en for value in figures)
        part_share = share(scope.es_part_minor or 0, report.whole.es_minor, 0).en
        name = scope_name(report, scope.by, scope.key).en
        table.add_row(name, es, part, part_share, var, pnl, style="bold" if scope.by == "total" else "")
    return table


def _models(report: MarketReport) -> Table:
    assert report.backtest is not None, "there is a backtest"
    table = _table(
        "model", "exceptions", "expected", "light", "worst year", "Kupiec p", "clusters p", "Z2 p", "attribution"
    )
    for m in report.backtest.models:
        z2 = None if m.shortfall is None else m.shortfall.z2.p_micro
        table.add_row(
            model_name(m).en,
            f"{count(m.exceptions).en} in {count(m.days).en}",
            decimal(m.expected_micro, MICRO, 1).en,
            m.whole.zone,
            "–" if m.worst is None else f"{m.worst.zone} ({m.worst.exceptions})",
            chance(m.kupiec.p_exact_micro).en,
            chance(m.independence.p_exact_micro).en,
            chance(z2).en,
            "–" if m.attribution is None else m.attribution.zone,
            style="bold" if m.champion else "",
        )
    return table


def _stresses(report: MarketReport) -> list[str]:
    worst = sorted(report.stresses, key=lambda s: s.pnl_minor)[:WORST]
    return [
        f"{s.stress.en}: {brief(s.pnl_minor, report.home).en}{' (hypothesis)' if s.stress.hypothesis else ''}"
        for s in worst
    ]


def _limits(report: MarketReport) -> list[str]:
    if not report.limits:
        return []
    told = {state: sum(line.state == state for line in report.limits) for state in ("hard", "soft", "waived", "within")}
    lines = [say("market.limits_sum", **{state: count(number) for state, number in told.items()}).en]
    for b in report.breaches:
        if b.state != "cured":
            whose = scope_name(report, b.by, b.key).en
            at, stands = brief(b.last_minor, report.home).en, brief(b.limit_minor, report.home).en
            lines.append(f"{b.state}: {words_of(report, b.limit).en}, {whose}, {at} where {stands} stands ({b.grade})")
    return lines


def _stopped(report: MarketReport) -> list[str]:
    if not report.stopped:
        return []
    last = max(report.stopped, key=lambda s: s.ts_ns)
    why = "; ".join(reason_words(report, reason).en for reason in last.reasons if not reason.startswith(PART))
    when = dated(last.ts_ns, report.zone).en
    return [f"last order refused, {when}: {count(last.quantity).en} {last.instrument} by {last.trader}, {why}"]


def _log(report: MarketReport) -> str:
    t = report.totals
    return f"log: {count(t.log_entries).en} entries, {size(t.log_bytes).en}, root {t.root.hex()}"
