"""Was the model right: each model's days against its forecasts, the tests side by side, years, books, exceptions."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Final

from waglan.desks.market.report import MarketReport
from waglan.desks.market.shown import (
    DASH,
    amount,
    axis_unit,
    brief,
    chance,
    chip,
    in_currency,
    model_name,
    ratio,
    standing,
    words_of,
)
from waglan.desks.market.verdict import verdict
from waglan.govern.backtest import Attributed, Backtest, Likelihood, Lit, ModelTest, Series, Statistic
from waglan.pages.forecasts import Day, Foot, forecasts
from waglan.pages.markup import Markup, Text, join, same, tag
from waglan.pages.numbers import count, day, day_brief, decimal
from waglan.pages.page import figure, heads, section
from waglan.pages.words import say
from waglan.schema.units import MICRO

ZONES: Final = ("green", "yellow", "red")
LATEST: Final = 12
FEET: Final = 9
KEYS: Final = ("pnl", "var", "es", "exception")


def model_section(report: MarketReport) -> Markup:
    """All that was tested; a sentence where no day was closed yet."""
    found = report.backtest
    if found is None or not found.models or not found.models[0].days:
        return section("model", say("market.model"), tag("p", say("market.model_none"), class_="note"))
    first = found.models[0]
    told = verdict(first, found.window, report.zone)
    return section(
        "model",
        say("market.model"),
        tag("p", told, class_="said-first"),
        _through(report, found),
        _tests(report, found),
        _years(found),
        tag("div", _latest(report, first), _books(report, found), class_="pair"),
    )


# through time


def _through(report: MarketReport, found: Backtest) -> Markup:
    drawn = [model for model in found.models if model.series is not None and model.series.ts_ns]
    buttons = [
        tag("button", model_name(model), type="button", data_view=f"m{i}", aria_pressed="false")
        for i, model in enumerate(drawn)
    ]
    panels = [_panel(report, found, model, i) for i, model in enumerate(drawn)]
    switch = tag("div", *buttons, class_="filters", role="group") if len(buttons) > 1 else None
    return tag("div", switch, *panels, data_views=True)


def _panel(report: MarketReport, found: Backtest, model: ModelTest, i: int) -> Markup:
    series, name = model.series, f"chart-through-{i}"
    assert series is not None, "only a model with days is drawn"
    days = days_of(series)
    tips = [_tip(report, hit) for hit in days if hit.exception]
    amounts = [abs(value) for d in days for value in (d.pnl, d.var, d.es) if value is not None]
    chart = forecasts(days, tips, feet_of(series, found.zone), axis_unit(max(amounts, default=0), found.home), name)
    keys = [(f"mark-{key}", say(f"market.key_{key}")) for key in KEYS]
    caption = Text(*(f"{a} · {b}" for a, b in zip(say("market.through"), model_name(model), strict=True)))
    drawn = figure(name, caption, say("market.through_note"), tag("div", chart, class_="wide long"), keys)
    return tag("div", drawn, data_panel=f"m{i}")


def days_of(series: Series) -> list[Day]:
    """The series day by day."""
    columns = (series.ts_ns, series.hypothetical_minor, series.var_minor, series.es_minor, series.exception)
    return [
        Day(ts, pnl, var, es, hit, ZONES[zone])
        for ts, pnl, var, es, hit, zone in zip(*columns, series.zone, strict=True)
    ]


def feet_of(series: Series, zone: str) -> list[Foot]:
    """Where a year begins, or a month where there are few years: some nine ticks."""
    words: Callable[[int], Text] = lambda ts: same(str(day(ts, zone).en.rsplit(" ", 1)[-1]))  # noqa: E731
    firsts = _firsts([words(ts).en for ts in series.ts_ns])
    if len(firsts) < 3:
        months = _firsts([day(ts, zone).en.split(" ", 1)[-1] for ts in series.ts_ns])
        firsts, words = months, lambda ts: day_brief(ts, zone)
    if len(firsts) < 3:
        firsts = list(range(0, len(series.ts_ns), max(1, len(series.ts_ns) // FEET)))
    every = -(-len(firsts) // FEET)
    near = len(series.ts_ns) // 40
    kept = [at for at in firsts if at == 0 or at > near or len(firsts) < 3]
    return [Foot(at, words(series.ts_ns[at])) for at in kept[::every]]


def _firsts(names: Sequence[str]) -> list[int]:
    at, found = 0, []
    for _, group in groupby(names):
        found.append(at)
        at += len(list(group))
    return found


def _tip(report: MarketReport, hit: Day) -> Text:
    when, home = day(hit.ts_ns, report.zone), report.home
    if hit.pnl is None or hit.var is None:
        return say("market.missing_tip", day=when)
    es = DASH if hit.es is None else brief(hit.es, home)
    return say("market.hit_tip", day=when, loss=brief(-hit.pnl, home), var=brief(hit.var, home), es=es)


# the tests


def _tests(report: MarketReport, found: Backtest) -> Markup:
    models = found.models
    head = tag(
        "thead",
        tag(
            "tr",
            tag("th", say("market.t_model"), scope="col"),
            *(tag("th", model_name(m), tag("small", _standing_of(m)), scope="col") for m in models),
        ),
    )
    lines: list[tuple[Text, list[Markup]]] = [
        (say("market.t_exceptions"), [_exceptions(m) for m in models]),
        (say("market.t_whole"), [_lit(m.whole, report.zone) for m in models]),
    ]
    for name in ("year", "worst", "decade"):
        lits: list[Lit | None] = [getattr(m, name) for m in models]
        long = next((lit.days for lit in lits if lit is not None), None)
        if long is not None:
            key = "t_worst" if name == "worst" else "t_year"
            cells = [_lit(lit, report.zone, spoken=name == "worst") for lit in lits]
            lines.append((say(f"market.{key}", days=count(long)), cells))
    if any(m.green + m.yellow + m.red for m in models):
        lines.append((say("market.t_windows"), [_windows(m) for m in models]))
    for name in ("kupiec", "independence", "coverage"):
        lines.append((say(f"market.t_{name}"), [_likely(getattr(m, name)) for m in models]))
    lines += _shortfalls(models)
    if any(m.attribution is not None for m in models):
        lines.append((say("market.t_attribution"), [_attributed(m.attribution) for m in models]))
    lines.append((say("market.t_mean"), [_means(report, m) for m in models]))
    body = tag("tbody", *(tag("tr", tag("th", name, scope="row"), *cells) for name, cells in lines))
    table = tag("table", head, body, class_="plain tests" if len(models) > 2 else "plain tests few")
    return tag(
        "div",
        tag("h3", say("market.tests")),
        tag("p", say("market.tests_note"), class_="note small"),
        tag("div", table, class_="wide", tabindex=0),
        class_="apart",
    )


def _standing_of(model: ModelTest) -> Text:
    return say("market.t_force") if model.champion else say("market.t_shadow")


def _cell(*children: Text | Markup | str | None) -> Markup:
    return tag("td", *children)


def _exceptions(m: ModelTest) -> Markup:
    number = say("market.t_exceptions_of", exceptions=count(m.exceptions), days=count(m.days))
    return _cell(number, tag("small", say("market.t_expected", expected=decimal(m.expected_micro, MICRO, 1))))


def zone_chip(zone: str) -> Markup:
    """A light's colour as a word in it."""
    return chip(say(f"market.zone_{zone}"), f"is-{zone}")


def _lit(lit: Lit | None, zone: str, spoken: bool = False) -> Markup:
    if lit is None:
        return _cell(DASH)
    small: list[Text] = [say("market.t_lit", exceptions=count(lit.exceptions))]
    if lit.multiplier_micro is not None and not spoken:
        small.append(say("market.t_multiplier", multiplier=decimal(lit.multiplier_micro, MICRO, 2)))
    if spoken:
        small.append(say("market.t_from", start=day(lit.from_ns, zone), end=day(lit.to_ns, zone)))
    return _cell(zone_chip(lit.zone), *(tag("small", text) for text in small))


def _windows(m: ModelTest) -> Markup:
    return _cell(say("market.t_windows_of", green=count(m.green), yellow=count(m.yellow), red=count(m.red)))


def _verdict(p_micro: int | None) -> Markup | None:
    said = standing(p_micro)
    return None if said is None else chip(say(f"market.{said}"), f"is-{said}")


def _likely(found: Likelihood) -> Markup:
    p = found.p_exact_micro if found.p_exact_micro is not None else found.p_micro
    return _cell(_verdict(p), tag("small", say("market.t_p", p=chance(p)))) if p is not None else _cell(DASH)


def _shortfalls(models: Sequence[ModelTest]) -> list[tuple[Text, list[Markup]]]:
    if all(m.shortfall is None for m in models):
        return []
    lines = [
        (
            say(f"market.t_{name}"),
            [_cell(DASH) if m.shortfall is None else _z(getattr(m.shortfall, name)) for m in models],
        )
        for name in ("z1", "z2", "z3")
    ]
    ratios = [None if m.shortfall is None else m.shortfall.ratio_micro for m in models]
    told = [_cell(DASH if found is None else decimal(found, MICRO, 2)) for found in ratios]
    return [*lines, (say("market.t_ratio"), told)]


def _z(found: Statistic) -> Markup:
    if found.z_micro is None:
        return _cell(DASH)
    return _cell(
        _verdict(found.p_micro),
        tag("small", say("market.t_z", z=decimal(found.z_micro, MICRO, 2, sign=True), p=chance(found.p_micro))),
    )


def _attributed(found: Attributed | None) -> Markup:
    if found is None:
        return _cell(DASH)
    correlation = DASH if found.correlation_micro is None else decimal(found.correlation_micro, MICRO, 3)
    told = say("market.t_correlation", correlation=correlation, distance=decimal(found.distance_micro, MICRO, 3))
    return _cell(zone_chip(found.zone), tag("small", told))


def _means(report: MarketReport, m: ModelTest) -> Markup:
    values = [DASH if minor is None else brief(minor, report.home) for minor in (m.mean_var_minor, m.mean_es_minor)]
    return _cell(values[0], tag("small", values[1]))


# years, books, days


def _years(found: Backtest) -> Markup | None:
    years = [year.year for year in found.models[0].years]
    if len(years) < 2:
        return None
    head = tag("thead", tag("tr", tag("th", "", scope="col"), *(tag("th", str(y), scope="col") for y in years)))
    rows = []
    for m in found.models:
        by = {year.year: year for year in m.years}
        cells = (
            tag("td", count(by[y].exceptions), class_=f"is-{by[y].zone}") if y in by else tag("td", DASH) for y in years
        )
        rows.append(tag("tr", tag("th", model_name(m), scope="row"), *cells))
    table = tag("table", head, tag("tbody", *rows), class_="plain years" if len(years) > 8 else "plain years few")
    return tag(
        "div",
        tag("h3", say("market.years")),
        tag("p", say("market.years_note"), class_="note small"),
        tag("div", table, class_="wide", tabindex=0),
        class_="apart",
    )


def _latest(report: MarketReport, model: ModelTest) -> Markup | None:
    hits = [hit for hit in days_of(model.series) if hit.exception] if model.series is not None else []
    if not hits:
        return None
    head = heads((say("market.l_day"), None), (say("market.l_loss"), "num"), (say("market.key_var"), "num"),
                 (say("market.key_es"), "num"), (say("market.l_ratio"), "num"))  # fmt: skip
    rows = []
    for hit in reversed(hits[-LATEST:]):
        loss = None if hit.pnl is None else -hit.pnl
        figures = [amount(value, report.home) for value in (loss, hit.var, hit.es)]
        figures.append(DASH if loss is None or hit.es is None else ratio(loss, hit.es))
        cells = (tag("td", cell, class_="num") for cell in figures)
        rows.append(tag("tr", tag("th", day(hit.ts_ns, report.zone), scope="row"), *cells))
    note = say("market.latest_note", number=count(len(hits)))
    caption = tag("caption", join(note, " · ", in_currency(report.home)))
    table = tag("table", caption, head, tag("tbody", *rows), class_="plain figures")
    return tag("div", tag("h3", say("market.latest")), tag("div", table, class_="wide"))


def _books(report: MarketReport, found: Backtest) -> Markup | None:
    if not found.books:
        return None
    columns = [("by_book", None), ("t_exceptions", "num"), ("b_light", None), ("b_year", None), ("b_kupiec", "num"),
               ("b_attribution", None)]  # fmt: skip
    head = heads(*((say(f"market.{name}"), class_) for name, class_ in columns))
    rows = []
    for m in found.books:
        rows.append(
            tag(
                "tr",
                tag("th", words_of(report, m.scope), scope="row"),
                tag("td", same(f"{m.exceptions} / {decimal(m.expected_micro, MICRO, 1).en}"), class_="num"),
                tag("td", zone_chip(m.whole.zone)),
                tag("td", DASH if m.year is None else zone_chip(m.year.zone)),
                tag("td", chance(m.kupiec.p_exact_micro), class_="num"),
                tag("td", DASH if m.attribution is None else zone_chip(m.attribution.zone)),
            )
        )
    table = tag("table", head, tag("tbody", *rows), class_="plain")
    return tag("div", tag("h3", say("market.books")), tag("div", table, class_="wide", tabindex=0))
