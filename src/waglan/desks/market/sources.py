"""Where the risk comes from: the waterfall of parts, by position, book, factor, counterparty or trader."""

from collections.abc import Sequence
from typing import Final

from waglan.desks.market.report import MarketReport, views
from waglan.desks.market.shown import DASH, cents, in_currency, mean_of, words_of
from waglan.pages.markup import Markup, Text, tag
from waglan.pages.numbers import count, share
from waglan.pages.page import heads, section
from waglan.pages.rails import step
from waglan.pages.words import say
from waglan.risk.contributions import CROSS, NOBODY, Part

SHOWN: Final = 16
"""Parts of a view that have a line of their own, the largest either way; the twin has all."""


def sources_section(report: MarketReport) -> Markup | None:
    """A switch between the views and a waterfall for each; None where nothing was divided."""
    found = views(report.contributions)
    if not found:
        return None
    buttons = [
        tag("button", say(f"market.view_{view}"), type="button", data_view=view, aria_pressed="false")
        for view, _ in found
    ]
    return section(
        "sources",
        say("market.sources"),
        tag("p", say("market.sources_note") if mean_of(report) else say("market.sources_law"), class_="note"),
        tag(
            "div",
            tag("div", *buttons, class_="filters", role="group") if len(buttons) > 1 else None,
            *(_panel(report, view, parts) for view, parts in found),
            data_views=True,
        ),
    )


def _panel(report: MarketReport, view: str, parts: Sequence[Part]) -> Markup:
    return tag(
        "div",
        tag("h3", say(f"market.view_{view}"), class_="panel-name"),
        tag("p", say("market.factors_note"), class_="note small") if view == "factors" else None,
        _waterfall(report, parts),
        data_panel=view,
    )


def chosen(parts: Sequence[Part]) -> tuple[list[Part], list[Part], list[Part]]:
    """Lines of their own from what gives most to what takes most, those that are summed up, and what moves together."""
    cross = [part for part in parts if part.name == CROSS]
    single = sorted((part for part in parts if part.name != CROSS), key=lambda part: -abs(part.es_minor))
    shown = single[:SHOWN] if len(single) > SHOWN + 1 else single
    return sorted(shown, key=lambda part: -part.es_minor), single[len(shown) :], cross


def _named(report: MarketReport, part: Part) -> Text:
    return say("market.p_nobody") if part.name == NOBODY else words_of(report, part.name)


def _waterfall(report: MarketReport, parts: Sequence[Part]) -> Markup:
    shown, others, cross = chosen(parts)
    lines = [(_named(report, part), part) for part in shown]
    if others:
        lines.append((say("market.p_others", number=count(len(others))), summed(others)))
    lines += [(say("market.p_cross"), part) for part in cross]
    stops = [0]
    for _, part in lines:
        stops.append(stops[-1] + part.es_minor)
    low, high = min(stops), max(stops)
    room = max((high - low) // 60, 1)
    ends = (low - room, high + room)
    rows = [
        _row(report, name, part, step(before, before + part.es_minor, *ends, "up" if part.es_minor > 0 else "down"))
        for (name, part), before in zip(lines, stops, strict=False)
    ]
    whole = Part("", report.whole.var_minor, report.whole.es_minor)
    total = _row(report, say("market.p_total"), whole, step(0, stops[-1], *ends, "end", on=False), "sum")
    columns = [("p_name", None), ("", None), ("p_es", "num"), ("p_share", "num"), ("p_var", "num opt"),
               ("p_without", "num opt")]  # fmt: skip
    head = heads(*((say(f"market.{name}") if name else Text("", "", ""), class_) for name, class_ in columns))
    caption = tag("caption", in_currency(report.home))
    return tag("table", caption, head, tag("tbody", *rows, total), class_="plain falls figures")


def summed(parts: Sequence[Part]) -> Part:
    """Several as one; what a book would be without all of them is not known."""
    return Part("", sum(part.var_minor for part in parts), sum(part.es_minor for part in parts))


def _row(report: MarketReport, name: Text, part: Part, drawn: Markup, class_: str | None = None) -> Markup:
    without = DASH
    if part.incremental_es_minor is not None:
        without = cents(part.incremental_es_minor, report.home)
    return tag(
        "tr",
        tag("th", name, scope="row"),
        tag("td", drawn, class_="bar-cell"),
        tag("td", cents(part.es_minor, report.home), class_="num"),
        tag("td", share(part.es_minor, report.whole.es_minor), class_="num"),
        tag("td", cents(part.var_minor, report.home), class_="num opt"),
        tag("td", without, class_="num opt"),
        class_=class_,
    )
