"""The fraud desk's cases: what made a score, what the payer did before, and who is linked with whom."""

from typing import Final

from waglan.desks.fraud.explain import seen
from waglan.desks.fraud.report import Case, ConceptPart, FraudReport, Past, words_of
from waglan.pages.casework import Link, Spot, Vertex, bar, network, timeline
from waglan.pages.markup import Markup, Text, tag
from waglan.pages.numbers import count, decimal, moment, money, share, symbol, token
from waglan.pages.page import figure, heads, section
from waglan.pages.words import named, say
from waglan.schema.units import MICRO

PAST_KEYS: Final = (
    ("legit round", say("case.key_past")),
    ("declined", say("case.key_stopped")),
    ("fraud round", say("truth.fraud")),
    ("lamp", say("case.this")),
)
NODE_KEYS: Final = (
    ("account", say("node.account")),
    ("thing", say("node.thing")),
    ("fraud round", say("node.fraud")),
    ("lamp", say("case.this")),
)
DEVICES: Final = frozenset({"device", "card", "terminal", "proxy"})


def cases_section(report: FraudReport) -> Markup:
    """Every case of the report, with a list to choose from; the script shows one at a time, the first to begin with."""
    options = (
        tag(
            "option",
            " · ".join(
                (
                    case.alert.id,
                    decimal(case.alert.score_micro).en,
                    money(case.alert.amount_minor, case.alert.currency).en,
                )
            ),
            value=case.alert.id,
        )
        for case in report.cases
    )
    chooser = tag(
        "div",
        tag("label", say("case.choose"), for_="case-choice"),
        tag("select", *options, id="case-choice"),
        class_="case-bar",
    )
    bodies = (_case(case, report, i) for i, case in enumerate(report.cases))
    return section("case", say("case.heading"), chooser, *bodies)


def _case(case: Case, report: FraudReport, number: int) -> Markup:
    past = say("case.timeline_note", past=count(len(case.past)))
    verb = named("verb", case.cut_verb)
    lines, net = f"timeline-{number}", f"network-{number}"
    drawn = [figure(lines, say("case.timeline"), past, _timeline(case, report, lines), PAST_KEYS)]
    if case.nodes:
        links = _network(case, net, report.currency)
        drawn.append(figure(net, say("case.network"), say("case.network_note"), links, NODE_KEYS))
    return tag(
        "article",
        _case_head(case, report),
        tag("h3", say("case.parts")),
        tag("p", say("case.parts_note", baseline=say("case.baseline_of"), verb=verb), class_="note small"),
        _waterfall(case, report),
        _fired(case, report),
        tag("div", *drawn, class_="pair"),
        class_="case",
        data_case_body=case.alert.id,
    )


def _case_head(case: Case, report: FraudReport) -> Markup:
    alert = case.alert
    payer = token(alert.payer)
    who = (
        say("case.paid_nobody", payer=payer)
        if case.payee is None
        else say("case.paid", payer=payer, payee=token(case.payee))
    )
    chance = say("case.chance", share=share(case.chance_micro, MICRO))
    verb = tag("span", named("verb", alert.verb), class_=f"verb {alert.verb}")
    return tag(
        "div",
        tag("div", money(alert.amount_minor, alert.currency), class_="amount"),
        tag(
            "div",
            tag(
                "div",
                moment(alert.ts_ns, report.zone),
                " · ",
                named("channel", alert.channel),
                " · ",
                tag("code", alert.id),
            ),
            tag("div", who),
            class_="who",
        ),
        tag(
            "div",
            tag("div", verb, " ", say("case.score", score=decimal(alert.score_micro))),
            tag("small", chance),
            class_="score",
        ),
        class_="case-head",
    )


def _waterfall(case: Case, report: FraudReport) -> Markup:
    words, at = words_of(report), case.baseline_micro
    stops = [0, at]
    for part in case.parts:
        at += part.part_micro
        stops.append(at)
    low, high = min(*stops, case.cut_micro), max(*stops, case.cut_micro)
    room = max((high - low) // 40, 1)
    ends = (low - room, high + room)
    drawn = [
        _row(
            "base",
            say("case.baseline"),
            case.baseline_micro,
            bar(0, case.baseline_micro, *ends, "base", case.cut_micro),
        )
    ]
    at = case.baseline_micro
    for part in case.parts:
        look = "up" if part.part_micro > 0 else "down"
        row = _row(look, words(part.code), part.part_micro, bar(at, at + part.part_micro, *ends, look, case.cut_micro))
        at += part.part_micro
        drawn.append(tag("details", tag("summary", row), _features(part), class_="part"))
    drawn.append(_row("end", say("case.total"), at, bar(0, at, *ends, "end", case.cut_micro)))
    return tag("div", *drawn, class_="parts")


def _row(look: str, name: Text, micro: int, drawn: Markup) -> Markup:
    number = decimal(micro, digits=3, sign=look in ("up", "down"))
    return tag("div", tag("span", name, class_="name"), drawn, tag("span", number, class_="num"), class_=f"row {look}")


def _features(part: ConceptPart) -> Markup:
    lines = (
        tag(
            "tr",
            tag("td", tag("code", feature.name)),
            tag("td", seen(feature), class_="num"),
            tag("td", decimal(feature.part_micro, digits=3, sign=True), class_="num"),
        )
        for feature in part.features
    )
    names = heads((say("case.feature"), None), (say("case.value"), "num"), (say("case.part"), "num"))
    return tag("table", names, tag("tbody", *lines))


def _fired(case: Case, report: FraudReport) -> Markup:
    words = words_of(report)
    chips = [tag("span", words(code), class_="chip", title=code) for code in case.fired]
    told = chips or [tag("span", say("case.fired_none"), class_="note small")]
    return tag("div", tag("h3", say("case.fired")), *told, class_="fired")


def _timeline(case: Case, report: FraudReport, labelled_by: str) -> Markup:
    """Amounts share one axis whatever their currency: HKD and CNY are a tenth apart. Its sign, if all have it."""
    alert = case.alert
    spots = [_spot(past, report.zone) for past in case.past]
    present = Past(ts_ns=alert.ts_ns, amount_minor=alert.amount_minor, verb=alert.verb, currency=alert.currency)
    signs = {past.currency for past in (*case.past, present)}
    sign = symbol(alert.currency) if len(signs) == 1 else ""
    return timeline(spots, _spot(present, report.zone), report.zone, sign, labelled_by)


def _spot(past: Past, zone: str) -> Spot:
    look = "fraud" if past.truth == "fraud" else "stopped" if past.verb not in ("approve", "warn") else ""
    amount = money(past.amount_minor, past.currency)
    told = {"time": moment(past.ts_ns, zone), "amount": amount, "verb": named("verb", past.verb)}
    return Spot(past.ts_ns, past.amount_minor, look, say("tip.event", **told))


def _network(case: Case, labelled_by: str, currency: str) -> Markup:
    vertices = []
    for i, node in enumerate(case.nodes):
        told = [named("node", node.role), *([say("node.fraud")] if node.fraud else [])]
        tip = Text(*(" · ".join((f"{node.token:016x}", *forms)) for forms in zip(*told, strict=True)))
        looks = ("device" if node.role in DEVICES else "account", "fraud" * node.fraud, "focus" * (i == 0))
        vertices.append(Vertex(token(node.token), " ".join(filter(None, looks)), tip))
    links = []
    for tie in case.ties:
        paid = say("tie.paid", count=count(tie.count), amount=money(tie.amount_minor, currency))
        tip = paid if tie.amount_minor else say("tie.used", count=count(tie.count))
        look = "now" if tie.now else "paid" if tie.amount_minor else "used"
        links.append(Link(tie.source, tie.target, tie.amount_minor, look, tip))
    return network(vertices, links, labelled_by)
