"""Which limits stand: gauges with whose they are, breaches step by step, and the orders that were refused."""

from collections.abc import Sequence
from typing import Final

from waglan.desks.market.report import LimitLine, MarketReport, Stopped
from waglan.desks.market.shown import (
    amount,
    brief,
    chip,
    in_currency,
    listed,
    reason_words,
    scope_name,
    words_of,
)
from waglan.govern.breaches import Breach
from waglan.pages.markup import Child, Markup, Text, join, same, tag
from waglan.pages.numbers import count, moment
from waglan.pages.page import heads, section
from waglan.pages.rails import gauge
from waglan.pages.words import CATALOGUE, say
from waglan.schema.risk import PART
from waglan.schema.units import MICRO

GAUGES: Final = 24
BREACHES: Final = 8
STOPPED: Final = 12
PASSING: Final = 10
STATES: Final = ("hard", "waived", "soft", "within")
OPEN: Final = ("overdue", "raised", "acknowledged", "waived", "cured")


def limits_section(report: MarketReport) -> Markup:
    """All of it; a sentence where the recipe has no limits."""
    if not report.limits:
        return section("limits", say("market.limits"), tag("p", say("market.limits_none"), class_="note"))
    told = {state: count(sum(line.state == state for line in report.limits)) for state in STATES}
    return section(
        "limits",
        say("market.limits"),
        tag("p", say("market.limits_sum", **told), class_="said-first"),
        tag("p", say("market.limits_note"), class_="note"),
        _gauges(report),
        _breaches(report),
        _stopped(report) if report.stopped else None,
        _counted(report) if report.counted else None,
    )


# gauges


def fullness(line: LimitLine) -> int:
    """How much of the hard limit is used, in millionths; of the soft one where there is no hard one."""
    limit = line.hard_minor if line.hard_minor is not None else line.soft_minor
    if not limit or limit <= 0:
        return MICRO if line.used_minor > 0 else 0
    return MICRO * line.used_minor // limit


def ranked(report: MarketReport) -> list[LimitLine]:
    """The gravest first, then the fullest."""
    return sorted(report.limits, key=lambda line: (STATES.index(line.state), -fullness(line), line.code, line.key))


def _gauges(report: MarketReport) -> Markup:
    lines = ranked(report)
    shown = lines[:GAUGES] if len(lines) > GAUGES else lines
    while len(shown) < len(lines) and lines[len(shown)].state != "within":
        shown.append(lines[len(shown)])
    columns = [("g_limit", None), ("g_whose", None), ("", None), ("g_used", "num"), ("g_soft", "num opt"),
               ("g_hard", "num"), ("g_state", None)]  # fmt: skip
    head = heads(*((say(f"market.{name}") if name else same(""), class_) for name, class_ in columns))
    caption = tag("caption", in_currency(report.home))
    table = tag("table", caption, head, tag("tbody", *(_gauge(report, line) for line in shown)),
                class_="plain falls gauges figures")  # fmt: skip
    more = len(lines) - len(shown)
    return join(table, tag("p", say("market.limits_more", number=count(more)), class_="note small") if more else None)


def _gauge(report: MarketReport, line: LimitLine) -> Markup:
    hard = line.hard_minor if line.hard_minor is not None else line.soft_minor or 0
    drawn = gauge(line.used_minor, line.soft_minor, hard, line.waived_minor, f"use-{line.state}")
    stands = amount(line.hard_minor, report.home)
    raised = [tag("small", amount(line.waived_minor, report.home))] if line.waived_minor is not None else []
    return tag(
        "tr",
        tag("th", words_of(report, line.code), scope="row"),
        tag("td", scope_name(report, line.by, line.key), class_="whose"),
        tag("td", drawn, class_="bar-cell"),
        tag("td", amount(line.used_minor, report.home), class_="num"),
        tag("td", amount(line.soft_minor, report.home), class_="num opt"),
        tag("td", stands, *raised, class_="num"),
        tag("td", chip(say(f"market.state_{line.state}"), f"is-{line.state}")),
    )


# breaches


def _breaches(report: MarketReport) -> Markup:
    if not report.breaches:
        told: list[Markup | None] = [tag("p", say("market.breaches_none"), class_="note small")]
    else:
        acted, passing = parted(report.breaches)
        kept = [b for i, b in enumerate(acted) if i < BREACHES or b.state != "cured"]
        more = len(acted) - len(kept)
        told = [
            tag("p", say("market.breaches_note"), class_="note small"),
            *(_breach(report, b) for b in kept),
            tag("p", say("market.breaches_more", number=count(more)), class_="note small") if more else None,
            _passing(report, passing) if passing else None,
        ]
    return tag("div", tag("h3", say("market.breaches")), *told, class_="apart breaches")


def parted(found: Sequence[Breach]) -> tuple[list[Breach], list[Breach]]:
    """What is open, or somebody acted on, or was late: the gravest first; and what was over by itself, latest first."""
    passing = [b for b in found if b.state == "cured" and not (b.acknowledged_ns or b.waivers or b.missed)]
    acted = [b for b in found if b not in passing]
    acted.sort(key=lambda b: (OPEN.index(b.state), not b.waivers, b.grade != "hard", -b.raised_ns))
    return acted, sorted(passing, key=lambda b: -b.raised_ns)


def _passing(report: MarketReport, passing: Sequence[Breach]) -> Markup:
    """A line for each of the latest."""
    shown = passing[:PASSING]
    columns = [("step_raised", None), ("g_limit", None), ("g_whose", None), ("q_what", None), ("q_worst", "num"),
               ("g_limit", "num"), ("step_cured", None)]  # fmt: skip
    head = heads(*((say(f"market.{name}"), class_) for name, class_ in columns))
    rows = []
    for b in shown:
        stage = say(f"market.step_{'stopped' if b.stage == 'order' else b.stage}")
        cells = (
            tag("td", moment(b.raised_ns, report.zone)),
            tag("td", words_of(report, b.limit), tag("small", say(f"breach.grade_{b.grade}"))),
            tag("td", scope_name(report, b.by, b.key)),
            tag("td", _who(stage, b.trader)),
            tag("td", amount(b.worst_minor, report.home), class_="num"),
            tag("td", amount(b.limit_minor, report.home), class_="num"),
            tag("td", moment(b.cured_ns or 0, report.zone)),
        )
        rows.append(tag("tr", *cells))
    note = say("market.passing_note", shown=count(len(shown)), number=count(len(passing)))
    table = tag("table", tag("caption", in_currency(report.home)), head, tag("tbody", *rows),
                class_="plain figures orders")  # fmt: skip
    return tag(
        "div",
        tag("h4", say("market.passing")),
        tag("p", note, class_="note small"),
        tag("div", table, class_="wide", tabindex=0),
    )


def _breach(report: MarketReport, b: Breach) -> Markup:
    home = report.home
    size = say(
        "market.breach_size",
        value=brief(b.value_minor, home),
        limit=brief(b.limit_minor, home),
        worst=brief(b.worst_minor, home),
        last=brief(b.last_minor, home),
    )
    grade = say(f"breach.grade_{b.grade}")
    whose = scope_name(report, b.by, b.key)
    head: list[Child] = [
        tag("b", words_of(report, b.limit)), " · ", whose, " · ", grade, " ",
        chip(say(f"breach.state_{b.state}"), f"is-breach-{b.state}"),
    ]  # fmt: skip
    return tag(
        "article",
        tag("div", *head, class_="breach-head"),
        tag("p", size, class_="note small"),
        tag("ol", *_steps(report, b), class_="course"),
        class_="breach",
    )


def _steps(report: MarketReport, b: Breach) -> list[Markup]:
    stage = say(f"market.step_{'stopped' if b.stage == 'order' else b.stage}")
    done = [_step("raised", moment(b.raised_ns, report.zone), _who(stage, b.trader), "done")]
    waits = b.state in ("raised", "acknowledged", "waived", "overdue")
    if b.acknowledged_ns is not None:
        who = same(b.acknowledged_by or "")
        done.append(
            _step("acknowledged", moment(b.acknowledged_ns, report.zone), who, "done", "acknowledge" in b.missed)
        )
    elif waits or "acknowledge" in b.missed:
        done.append(_waiting(report, "acknowledged", b, "acknowledge" in b.missed))
    for waiver in b.waivers:
        two = say(
            "market.step_two",
            maker=waiver.maker,
            checker=waiver.checker,
            amount=brief(waiver.amount_minor, report.home),
            time=moment(waiver.until_ns, report.zone),
        )
        why = join(two, tag("span", " · "), words_of(report, waiver.reason)) if waiver.reason else two
        done.append(_step("waived", moment(waiver.ts_ns, report.zone), why, "done"))
    if b.cured_ns is not None:
        done.append(_step("cured", moment(b.cured_ns, report.zone), same(""), "done", "cure" in b.missed))
    elif waits:
        done.append(_waiting(report, "cured", b, "cure" in b.missed))
    return done


def _who(stage: Text, trader: str | None) -> Text:
    return stage if trader is None else Text(*(f"{form} · {trader}" for form in stage))


def _step(name: str, when: Text, what: Text | Markup, class_: str, late: bool = False) -> Markup:
    missed = tag("small", say("market.step_missed"), class_="late") if late else None
    return tag(
        "li",
        tag("b", say(f"market.step_{name}")),
        tag("small", when),
        tag("small", what) if what != same("") else None,
        missed,
        class_=f"{class_} late" if late else class_,
    )


def _waiting(report: MarketReport, name: str, b: Breach, late: bool) -> Markup:
    """A step that was not made: when it is due, if it is the next deadline that waits."""
    next_ = "acknowledged" if b.acknowledged_ns is None else "cured"
    due = b.due_ns is not None and name == next_ and not late
    when = say("market.step_due", time=moment(b.due_ns or 0, report.zone)) if due else say("market.step_open")
    return _step(name, when, same(""), "open", late)


# orders


def _stopped(report: MarketReport) -> Markup:
    shown = sorted(report.stopped, key=lambda s: -s.ts_ns)[:STOPPED]
    head = heads((say("market.o_time"), None), (say("market.o_order"), None), (say("market.o_before"), "num"),
                 (say("market.o_after"), "num"), (say("market.o_why"), None))  # fmt: skip
    note = say("market.stopped_note", shown=count(len(shown)), number=count(_refused(report)))
    body = tag("tbody", *(_order(report, s) for s in shown))
    table = tag("table", tag("caption", in_currency(report.home)), head, body, class_="plain figures orders")
    return tag(
        "div",
        tag("h3", say("market.stopped")),
        tag("p", note, class_="note small"),
        tag("div", table, class_="wide", tabindex=0),
        class_="apart",
    )


def _refused(report: MarketReport) -> int:
    return sum(c.number for c in report.counted if c.stage == "order" and c.code == "hard") or len(report.stopped)


def _order(report: MarketReport, s: Stopped) -> Markup:
    quantity = Text(*(f"{'+' if s.quantity > 0 else ''}{form}" for form in count(s.quantity)))
    told = [reason for reason in s.reasons if not reason.startswith(PART)]
    why = listed([reason_words(report, reason) for reason in told]) if told else same("–")
    return tag(
        "tr",
        tag("td", moment(s.ts_ns, report.zone)),
        tag("td", join(quantity, " ", s.instrument), tag("small", join(words_of(report, s.book), f" · {s.trader}"))),
        tag("td", amount(s.es_before_minor, report.home), class_="num"),
        tag("td", amount(s.es_after_minor, report.home), class_="num"),
        tag("td", why, class_="why"),
    )


def _counted(report: MarketReport) -> Markup:
    head = heads((say("market.n_stage"), None), (same(""), None), (say("market.n_number"), "num"))
    rows = []
    for c in report.counted:
        words = CATALOGUE.get(f"market.{c.code}", same(c.code))
        stage = CATALOGUE.get(f"market.stage_{c.stage}", same(c.stage))
        rows.append(
            tag("tr", tag("th", stage, scope="row"), tag("td", words), tag("td", count(c.number), class_="num"))
        )
    return tag(
        "div",
        tag("h3", say("market.counted")),
        tag("table", head, tag("tbody", *rows), class_="plain"),
        class_="apart narrow",
    )
