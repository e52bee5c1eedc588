"""What a crash would do: named scenarios with their dates, and the likeliest way to lose so much."""

from typing import Final

from waglan.desks.market.report import MarketReport
from waglan.desks.market.shown import DASH, amount, brief, chip, in_currency, ratio, words_of
from waglan.pages.markup import Markup, Text, same, tag
from waglan.pages.numbers import count, decimal
from waglan.pages.page import heads, section
from waglan.pages.rails import signed
from waglan.pages.words import say
from waglan.risk.reverse import Move, Reverse
from waglan.risk.stress import Stressed
from waglan.schema.units import MICRO

FEMTO: Final = 10**15
MOVES: Final = 9
"""Moves of a reverse stress that are shown: those that alone gain or lose most."""
STILL: Final = "still"


def crash_section(report: MarketReport) -> Markup | None:
    """Stresses from the worst, then what it would take; None where neither was asked."""
    if not report.stresses and not report.reverse:
        return None
    return section(
        "crash",
        say("market.crash"),
        tag("p", say("market.crash_note"), class_="note"),
        _stresses(report) if report.stresses else None,
        _reverses(report) if report.reverse else None,
    )


def _stresses(report: MarketReport) -> Markup:
    found = sorted(report.stresses, key=lambda s: s.pnl_minor)
    low, high = min(0, *(s.pnl_minor for s in found)), max(0, *(s.pnl_minor for s in found))
    room = max((high - low) // 60, 1)
    columns = [("c_name", None), ("", None), ("c_pnl", "num"), ("c_es", "num"), ("c_greeks", "num opt")]
    head = heads(*((say(f"market.{name}") if name else same(""), class_) for name, class_ in columns))
    rows = (_stress(report, s, low - room, high + room) for s in found)
    caption = tag("caption", in_currency(report.home))
    return tag("table", caption, head, tag("tbody", *rows), class_="plain falls stresses figures")


def _stress(report: MarketReport, s: Stressed, low: int, high: int) -> Markup:
    stress = s.stress
    mark = chip(say("market.hypothesis"), "is-thought") if stress.hypothesis else chip(say("market.history"), "is-past")
    span: Text | None = None
    if stress.since and stress.until and stress.since != stress.until:
        span = say("market.c_span", since=stress.since, until=stress.until)
    elif stress.since or stress.until:
        span = same(stress.since or stress.until)
    words = tag("span", Text(stress.en, stress.zh_hant, stress.zh_hans), class_="stress-name")
    dates: list[Text | str] = [" ", span] if span is not None else []
    told = tag("small", mark, *dates)
    return tag(
        "tr",
        tag("th", words, told, _worst(report, s), _moves(s), scope="row"),
        tag("td", signed(s.pnl_minor, low, high, "up" if s.pnl_minor < 0 else "down"), class_="bar-cell"),
        tag("td", amount(s.pnl_minor, report.home, sign=True), class_="num"),
        tag("td", ratio(-s.pnl_minor, report.whole.es_minor, 1), class_="num times")
        if s.pnl_minor < 0
        else tag("td", DASH, class_="num"),
        tag("td", amount(s.greeks_minor, report.home, sign=True), class_="num opt"),
    )


def _worst(report: MarketReport, s: Stressed) -> Markup | None:
    if not s.lines or s.pnl_minor >= 0:
        return None
    pnl, line = min(zip(s.by_line_minor, s.lines, strict=True))
    return tag("small", say("market.c_worst", line=words_of(report, line), pnl=brief(pnl, report.home)))


def _moves(s: Stressed) -> Markup:
    """Where it comes from, what was set by hand, and every move; closed until somebody asks."""
    moved = [shock for shock in s.shocks if shock.by != STILL and shock.move_micro]
    still = len(s.shocks) - len(moved)
    listed = ", ".join(f"{shock.factor} {move_words(shock.how, shock.move_micro, shock.kind).en}" for shock in moved)
    lines = [tag("p", s.stress.source)]
    if s.stress.assumed:
        lines.append(tag("p", say("market.c_assumed", what=", ".join(s.stress.assumed))))
    rest: list[Text | str] = [" · ", say("market.c_still", number=count(still))] if still else []
    lines.append(tag("p", listed, *rest))
    return tag("details", tag("summary", say("market.c_moves")), *lines, class_="moves")


def move_words(how: str, micro: int, kind: str = "") -> Text:
    """A move as people write it: a share in per cent, a rate in basis points, a volatility in points."""
    if how == "share":
        places = 1 if abs(micro) >= 10_000 else 2
        return Text(*(f"{form}%" for form in decimal(micro, 10_000, places, sign=True)))
    if kind == "rate":
        return Text(*(f"{form} bp" for form in decimal(micro, 100, 0 if abs(micro) >= 1_000 else 1, sign=True)))
    if kind == "volatility":
        return Text(*(f"{form} pt" for form in decimal(micro, 10_000, 1, sign=True)))
    return decimal(micro, MICRO, 4, sign=True)


# the reverse


def _reverses(report: MarketReport) -> Markup:
    return tag(
        "div",
        tag("h3", say("market.reverse")),
        tag("p", say("market.reverse_note"), class_="note small"),
        tag("div", *(_reverse(report, found) for found in report.reverse), class_="pair reverses"),
        class_="apart",
    )


def _reverse(report: MarketReport, found: Reverse) -> Markup:
    loss = brief(found.loss_minor, report.home)
    if found.found and found.distance_micro is not None:
        title = say("market.r_found", loss=loss)
        far = say(
            "market.r_far",
            distance=decimal(found.distance_micro, MICRO, 1),
            chance=rarely(found.beyond_femto),
            law=law_words(found),
        )
    else:
        title = say("market.r_lost", loss=loss, within=decimal(found.within_micro, MICRO, 0))
        far = say("market.r_worst", pnl=brief(found.pnl_minor, report.home))
    return tag("div", tag("h4", title), tag("p", far, class_="note small"), _moves_table(report, found))


def rarely(femto: int | None) -> Text:
    """How often a day with such a chance comes, in days, to two figures."""
    if femto is None or femto * 10**9 < FEMTO:
        return say("market.r_never")
    days = FEMTO // femto
    power = 10 ** max(len(str(days)) - 2, 0)
    return say("market.r_chance", days=count((days + power // 2) // power * power))


def law_words(found: Reverse) -> Text:
    """The law that a chance was taken from."""
    if found.law != "student" or found.degrees_micro is None:
        return say("market.law_normal")
    whole = found.degrees_micro % MICRO == 0
    return say("market.law_student", degrees=decimal(found.degrees_micro, MICRO, 0 if whole else 1))


def _moves_table(report: MarketReport, found: Reverse) -> Markup:
    ranked = sorted(found.moves, key=lambda move: -abs(move.pnl_minor))
    shown, rest = ranked[:MOVES], ranked[MOVES:]
    most = max([abs(move.deviations_micro) for move in shown], default=1) or 1
    head = heads((say("market.r_factor"), None), (say("market.r_move"), "num"), (same(""), None),
                 (say("market.r_sigmas"), "num"), (say("market.r_pnl"), "num"))  # fmt: skip
    rows = [_move(report, move, most) for move in shown]
    sums = [(say("market.r_others", number=count(len(rest))), sum(move.pnl_minor for move in rest))] if rest else []
    sums.append((say("market.r_cross"), found.cross_minor))
    rows += [
        tag("tr", tag("th", name, scope="row", colspan=4), tag("td", amount(pnl, report.home, sign=True), class_="num"))
        for name, pnl in sums
    ]
    rows.append(
        tag(
            "tr",
            tag("th", say("market.c_pnl"), scope="row", colspan=4),
            tag("td", amount(found.pnl_minor, report.home, sign=True), class_="num"),
            class_="sum",
        )
    )
    caption = tag("caption", in_currency(report.home))
    return tag("table", caption, head, tag("tbody", *rows), class_="plain figures falls short")


def _move(report: MarketReport, move: Move, most: int) -> Markup:
    drawn = signed(move.deviations_micro, -most, most, "up" if move.pnl_minor < 0 else "down")
    return tag(
        "tr",
        tag("th", move.factor, scope="row"),
        tag("td", move_words(move.how, move.move_micro, move.kind), class_="num"),
        tag("td", drawn, class_="bar-cell"),
        tag("td", decimal(move.deviations_micro, MICRO, 1, sign=True), class_="num"),
        tag("td", amount(move.pnl_minor, report.home, sign=True), class_="num"),
    )
