"""What is meant by every figure of the page, and what decided it: the conventions, and the foot."""

from waglan.desks.market.report import MarketReport
from waglan.desks.market.shown import chip, level, mean_of, ordinal, percent, rank
from waglan.pages.markup import Markup, Text, join, tag
from waglan.pages.numbers import count, decimal, size
from waglan.pages.page import heads, section
from waglan.pages.words import say
from waglan.risk.regulation import Regulation
from waglan.schema.units import MICRO


def conventions_section(report: MarketReport) -> Markup:
    """A line for each: method, VaR, ES, revaluation, parts, backtest."""
    lines = [("method", _method(report)), ("var", _var(report)), ("es", _es(report)),
             ("value", say("market.told_value"))]  # fmt: skip
    if report.contributions is not None:
        lines.append(("parts", say("market.told_parts") if mean_of(report) else say("market.told_parts_law")))
    if report.backtest is not None:
        lines.append(("backtest", say("market.told_backtest")))
    rows = (tag("tr", tag("th", say(f"market.v_{name}"), scope="row"), tag("td", words)) for name, words in lines)
    return section(
        "conventions",
        say("market.conventions"),
        tag("p", say("market.conventions_note"), class_="note"),
        tag("table", tag("tbody", *rows), class_="plain card"),
        _law(report.law) if report.law is not None else None,
    )


def _law(law: Regulation) -> Markup:
    """Every table of the rule's numbers, where it stands, and whether its own words were read."""
    head = heads((say("market.law_source"), None), (say("market.law_since"), None), (say("market.law_read"), None))
    rows = []
    for found in law.tables().values():
        read = say("market.law_verified") if found.verified else say("market.law_second")
        mark = chip(read, "is-stands" if found.verified else "is-doubtful")
        rows.append(
            tag(
                "tr",
                tag("td", found.source),
                tag("td", found.since, class_="since"),
                tag("td", mark, tag("small", found.read_in)),
            )
        )
    return tag(
        "div",
        tag("h3", say("market.law")),
        tag("p", say("market.law_note"), class_="note small"),
        tag("div", tag("table", head, tag("tbody", *rows), class_="plain law"), class_="wide", tabindex=0),
        class_="apart",
    )


def _method(report: MarketReport) -> Text:
    c = report.convention
    told: dict[str, Text | str] = {
        "scenarios": count(c.scenarios),
        "decay": decimal(c.decay_micro, MICRO, 2),
        "seed": str(c.seed),
    }
    return say(f"market.told_{c.method}", **told)


def _var(report: MarketReport) -> Text:
    c = report.convention
    if c.quantile != "ceil":
        return say("market.told_law", level=level(c.var_tail_micro))
    return say(
        "market.told_ceil",
        level=level(c.var_tail_micro),
        rank=ordinal(c.var_tail_micro, c.scenarios),
        scenarios=count(c.scenarios),
    )


def _es(report: MarketReport) -> Text:
    c = report.convention
    if c.shortfall == "exact":
        return say("market.told_exact", level=level(c.es_tail_micro), tail=percent(c.es_tail_micro))
    if c.shortfall == "mean":
        return say("market.told_mean", level=level(c.es_tail_micro), rank=rank(c.es_tail_micro, c.scenarios))
    return say("market.told_law", level=level(c.es_tail_micro))


def foot(report: MarketReport) -> Markup:
    """What decided: recipe, universe, scenarios, log, root."""
    totals = report.totals
    lines = (
        ("recipe", join(report.recipe, " ", tag("code", report.recipe_digest.hex()))),
        ("universe", tag("code", report.universe_digest.hex())),
        ("scenarios", tag("code", report.convention.scenarios_digest.hex())),
        ("log", tag("span", say("market.log_of", entries=count(totals.log_entries), size=size(totals.log_bytes)))),
        ("root", tag("code", totals.root.hex())),
    )
    facts = tag("dl", *(join(tag("dt", say(f"market.f_{name}")), tag("dd", value)) for name, value in lines))
    return tag("footer", facts, tag("p", say("market.same")) if report.simulated else None, class_="foot")
