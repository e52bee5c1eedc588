"""The market desk's page: what can be lost, its sources, whether the model was right, a crash, limits, proof."""

from itertools import pairwise
from typing import Final

from waglan.desks.market.conventions import conventions_section, foot
from waglan.desks.market.crash import crash_section
from waglan.desks.market.limits import limits_section
from waglan.desks.market.report import MarketReport, Scenario, Scope
from waglan.desks.market.right import model_section
from waglan.desks.market.shown import (
    DASH,
    amount,
    axis_unit,
    brief,
    in_currency,
    level,
    method_words,
    minor_digits,
    percent,
    ratio,
    scope_name,
    sign_of,
)
from waglan.desks.market.sources import sources_section
from waglan.pages.axes import steps
from waglan.pages.losses import Bin, Mark, Spot, agreement, distribution
from waglan.pages.markup import Markup, Text, join, tag
from waglan.pages.numbers import count, dated, share
from waglan.pages.page import figure, heads, page
from waglan.pages.proof import proof_section
from waglan.pages.words import say
from waglan.risk.liquidity import Liquid

BINS: Final = 80
"""Of a round width, so between half as many and so many."""
TOLD: Final = 25
"""Scenarios of the agreement that say which they are: those of the tail and as many that the greeks miss most."""


def market_page(report: MarketReport) -> str:
    """The whole file."""
    shown = [
        ("loss", _loss(report)),
        ("sources", sources_section(report)),
        ("model", model_section(report)),
        ("crash", crash_section(report)),
        ("limits", limits_section(report)),
        ("conventions", conventions_section(report)),
        ("proof", proof_section(report.proof, minor_digits(report.home)) if report.proof is not None else None),
    ]
    nav = [(name, say(f"market.nav_{name}")) for name, drawn in shown if drawn is not None]
    parts = [drawn for _, drawn in shown if drawn is not None]
    return page(say("market.title", recipe=report.recipe), say("market.desk"), nav, *parts, foot(report))


def _loss(report: MarketReport) -> Markup:
    whole, convention, home = report.whole, report.convention, report.home
    asof = say(
        "market.asof",
        time=dated(report.totals.to_ns, report.zone),
        scenarios=count(convention.scenarios),
        method=method_words(convention),
        positions=count(_positions(report)),
    )
    hero = say(
        "market.hero",
        level=level(convention.var_tail_micro),
        tail=percent(convention.es_tail_micro),
        var=brief(whole.var_minor, home),
        es=brief(whole.es_minor, home),
    )
    figures = [_distribution(report)]
    if any(s.greeks_minor is not None for s in report.scenarios):
        figures.append(_agreement(report))
    return tag(
        "section",
        tag("p", asof, class_="period"),
        tag("h1", hero),
        tag("dl", *_tiles(report), class_="tiles"),
        tag("p", say("market.simulated"), class_="note small asides") if report.simulated else None,
        tag("div", *figures, class_="pair"),
        _scopes(report),
        _horizons(report, report.liquid) if report.liquid is not None else None,
        id="loss",
    )


def _positions(report: MarketReport) -> int:
    return len(report.contributions.positions) if report.contributions is not None else 0


def _tiles(report: MarketReport) -> list[Markup]:
    whole, convention, home = report.whole, report.convention, report.home
    worst = min(report.scenarios, key=lambda s: s.pnl_minor)
    books = sum(scope.by == "book" for scope in report.scopes)
    tiles = [
        _tile(
            "es",
            brief(whole.es_minor, home),
            level=level(convention.es_tail_micro),
            ratio=ratio(whole.es_minor, whole.var_minor),
        ),
        _tile(
            "var",
            brief(whole.var_minor, home),
            level=level(convention.var_tail_micro),
            share=share(whole.var_minor, whole.notional_minor),
        ),
        _tile(
            "worst",
            brief(max(-worst.pnl_minor, 0), home),
            label=worst.label,
            ratio=ratio(-worst.pnl_minor, whole.es_minor),
        ),
    ]
    if report.liquid is not None:
        key = "scaled" if report.liquid.scaled else "moved"
        told = {"tail": level(report.liquid.tail_micro), "ratio": ratio(report.liquid.es_minor, whole.es_minor)}
        tiles.append(_tile("horizon", brief(report.liquid.es_minor, home), key, **told))
    else:
        positions = count(_positions(report))
        tiles.append(_tile("gross", brief(whole.notional_minor, home), books=count(books), positions=positions))
    closed = report.closed
    if closed is not None and closed.actual_minor is not None:
        day = {"var": _brief(closed.var_minor, home), "since": _brief(whole.pnl_minor, home)}
        tiles.append(_tile("day", brief(closed.actual_minor, home), "exception" if closed.exception else "note", **day))
    return tiles


def _brief(minor: int | None, home: str) -> Text:
    return DASH if minor is None else brief(minor, home)


def _tile(name: str, value: Text, key: str = "note", **notes: Text | str) -> Markup:
    note = tag("div", say(f"market.{name}_{key}", **notes), class_="small")
    class_ = "tile lit" if name == "es" else "tile"
    return tag("div", tag("dt", say(f"market.{name}")), tag("dd", value), note, class_=class_)


# the distribution


def _distribution(report: MarketReport) -> Markup:
    convention, home = report.convention, report.home
    unit = axis_unit(max(abs(s.pnl_minor) for s in report.scenarios), home)
    words = (("mark_var", report.whole.var_minor, convention.var_tail_micro, "cut"),
             ("mark_es", report.whole.es_minor, convention.es_tail_micro, "alarm"))  # fmt: skip
    marks = [Mark(say(f"market.{name}", level=level(tail)), -loss, class_) for name, loss, tail, class_ in words]
    marks.sort(key=lambda mark: mark.pnl)
    tail = sorted((s for s in report.scenarios if s.tail), key=lambda s: s.pnl_minor)
    tips = [(s.pnl_minor, say("market.tail_tip", label=s.label, pnl=brief(s.pnl_minor, home))) for s in tail]
    keys = [("legit", say("market.key_scenarios")),
            ("fraud", say("market.key_tail", tail=percent(convention.es_tail_micro)))]  # fmt: skip
    chart = distribution(bins_of(report.scenarios, home), tips, marks, unit, "chart-distribution")
    return figure("chart-distribution", say("market.distribution"), say("market.distribution_note"), chart, keys)


def bins_of(scenarios: tuple[Scenario, ...], home: str) -> list[Bin]:
    """Scenarios counted by P&L, bins of a round width from the worst to the best."""
    values = [s.pnl_minor for s in scenarios]
    low, high = min(values), max(values)
    round_ = steps(low, max(high, low + 1), BINS)
    width = round_[1] - round_[0] if len(round_) > 1 else max(high - low, 1)
    first = low // width
    edges = [at * width for at in range(first, high // width + 2)]
    inside, lit = [0] * (len(edges) - 1), [0] * (len(edges) - 1)
    for s in scenarios:
        inside[s.pnl_minor // width - first] += 1
        lit[s.pnl_minor // width - first] += s.tail
    found = []
    for (left, right), number, tail in zip(pairwise(edges), inside, lit, strict=True):
        told = {"low": brief(left, home), "high": brief(right, home), "scenarios": count(number), "tail": count(tail)}
        found.append(Bin(left, right, number, tail, say("market.bin_tip", **told)))
    return found


def _agreement(report: MarketReport) -> Markup:
    home = report.home
    both = [(s, s.greeks_minor) for s in report.scenarios if s.greeks_minor is not None]
    missed = sorted(both, key=lambda pair: -abs(pair[1] - pair[0].pnl_minor))
    told = {s.label for s, _ in missed[:TOLD]} | {s.label for s, _ in both if s.tail}
    spots = [
        Spot(s.pnl_minor, greeks, s.tail, _greeks_tip(s, greeks, home) if s.label in told else None)
        for s, greeks in both
    ]
    largest, greeks = missed[0]
    unit = axis_unit(max(max(abs(s.full), abs(s.greeks)) for s in spots), home)
    note = say("market.agreement_note", miss=brief(abs(greeks - largest.pnl_minor), home), label=largest.label)
    chart = agreement(spots, unit, "chart-agreement")
    return figure("chart-agreement", say("market.agreement"), note, chart)


def _greeks_tip(s: Scenario, greeks: int, home: str) -> Text:
    return say("market.greeks_tip", label=s.label, full=brief(s.pnl_minor, home), greeks=brief(greeks, home))


# books and traders


def _scopes(report: MarketReport) -> Markup:
    names = ("es", "part", "var", "notional", "pnl", "delta", "gamma", "vega")
    told = [name for name in names if any(_figure(scope, name) is not None for scope in report.scopes)]
    head = heads((say("market.s_name"), None), *((say(f"market.s_{name}"), "num") for name in told))
    rows = []
    for scope in report.scopes:
        cells = (tag("td", amount(_figure(scope, name), report.home), class_="num") for name in told)
        name = join(scope_name(report, scope.by, scope.key), *_by(scope))
        rows.append(tag("tr", tag("th", name, scope="row"), *cells, class_="sum" if scope.by == "total" else None))
    note = tag("p", say("market.scopes_note", currency=sign_of(report.home)), class_="note small")
    table = tag("div", tag("table", head, tag("tbody", *rows), class_="plain figures"), class_="wide", tabindex=0)
    return tag("div", tag("h3", say("market.scopes")), note, table, class_="apart")


def _by(scope: Scope) -> list[Markup | str]:
    return [] if scope.by == "total" else [" ", tag("small", say(f"market.by_{scope.by}"))]


def _figure(scope: Scope, name: str) -> int | None:
    found: int | None = getattr(scope, {"part": "es_part_minor"}.get(name, f"{name}_minor"))
    return found


def _horizons(report: MarketReport, found: Liquid) -> Markup:
    head = heads((say("market.h_days"), None), (say("market.h_factors"), "num"), (say("market.h_es"), "num"))
    rows = [
        tag(
            "tr",
            tag("th", say("market.h_more", days=count(one.days)), scope="row"),
            tag("td", count(len(one.factors)), class_="num"),
            tag("td", amount(one.es_minor, report.home), class_="num"),
        )
        for one in found.sets
    ]
    whole = tag("td", amount(found.es_minor, report.home), class_="num")
    rows.append(tag("tr", tag("th", say("market.h_whole"), scope="row"), tag("td", ""), whole, class_="sum"))
    return tag(
        "div",
        tag("h3", say("market.horizons")),
        tag("p", say("market.horizons_note"), class_="note small"),
        tag("table", tag("caption", in_currency(report.home)), head, tag("tbody", *rows), class_="plain figures"),
        class_="apart narrow",
    )
