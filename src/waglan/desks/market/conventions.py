"""What is meant by every figure of the page, and what decided it: the conventions, and the foot."""

from waglan.desks.market.report import MarketReport
from waglan.desks.market.shown import level, mean_of, ordinal, percent, rank
from waglan.pages.markup import Markup, Text, join, tag
from waglan.pages.numbers import count, decimal, size
from waglan.pages.page import section
from waglan.pages.words import say
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
