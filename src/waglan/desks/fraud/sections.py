"""The fraud desk's page, section by section: the money, the queue, the cases, the model, the proof."""

from typing import Final

from waglan.desks.fraud.casefile import cases_section
from waglan.desks.fraud.report import (
    Alert,
    FraudReport,
    KindRow,
    LeftOut,
    sum_of,
    words_of,
)
from waglan.pages.charts import curve, histogram, reliability, stack
from waglan.pages.markup import Markup, Text, join, same, tag
from waglan.pages.numbers import (
    count,
    day,
    decimal,
    moment,
    money,
    money_brief,
    money_round,
    quotient,
    share,
    size,
    token,
)
from waglan.pages.page import figure, page, section
from waglan.pages.proof import proof_section
from waglan.pages.words import named, say
from waglan.schema.units import MICRO, SECOND_NS

NAV: Final = ("money", "queue", "case", "charts", "proof")


def fraud_page(report: FraudReport) -> str:
    """The whole file."""
    nav = [(name, say(f"nav.{name}")) for name in NAV]
    parts = (
        _money(report),
        _queue(report),
        cases_section(report),
        _charts(report),
        proof_section(report.proof),
        _foot(report),
    )
    return page(say("page.title"), say("page.desk"), nav, *parts)


# the money


def _money(report: FraudReport) -> Markup:
    totals, whole = report.totals, sum_of(report.kinds)
    total, caught = (money_brief(minor, report.currency) for minor in (whole.frauds_minor, whole.caught_minor))
    span = {"start": day(totals.from_ns, report.zone), "end": day(totals.to_ns, report.zone)}
    keys = [tag("span", say(f"money.{name}"), class_=f"key {name}") for name in ("caught", "warned", "missed")]
    return tag(
        "section",
        tag("p", say("money.period", payments=count(totals.decided), **span), class_="period"),
        tag("h1", say("money.hero", total=total, caught=caught)),
        tag("div", _bar(whole), class_="hero-bar"),
        tag("p", *keys, class_="keys"),
        tag("dl", *_tiles(report), class_="tiles"),
        tag(
            "div",
            tag("p", say("money.saved_how", sample=count(report.saved.sample))) if report.saved else None,
            tag("p", say("money.simulated")) if report.simulated else None,
            class_="note small asides",
        ),
        _kinds(report, whole),
        _left_out(report.left_out) if report.left_out else None,
        id="money",
    )


def _tiles(report: FraudReport) -> list[Markup]:
    totals, saved = report.totals, report.saved
    frauds = totals.alerts - totals.false_alarms
    speed = totals.decided * SECOND_NS // max(totals.elapsed_ns, 1)
    seconds = decimal(totals.elapsed_ns, SECOND_NS, 1)
    tiles = [
        _tile("alerts_day", quotient(totals.alerts, totals.days, 0), payments=quotient(totals.decided, totals.days, 0)),
        _tile("false_alarms", quotient(totals.false_alarms, frauds), frauds=count(frauds), alerts=count(totals.alerts)),
    ]
    if saved is not None:
        low, high = money_brief(saved.low_minor, report.currency), money_brief(saved.high_minor, report.currency)
        level = share(saved.level_micro, MICRO, 0)
        tiles.append(_tile("saved", money_brief(saved.saved_minor, report.currency), level=level, low=low, high=high))
    root = totals.root.hex()[:8] + "…"
    return [
        *tiles,
        _tile("speed", count(speed), decided=count(totals.decided), seconds=seconds),
        _tile("log", count(totals.log_entries), size=size(totals.log_bytes), root=root),
    ]


def _tile(name: str, value: Text, **notes: Text | str) -> Markup:
    note = tag("div", say(f"money.{name}_note", **notes), class_="small")
    class_ = "tile lit" if name == "saved" else "tile"
    return tag("div", tag("dt", say(f"money.{name}")), tag("dd", value), note, class_=class_)


def _bar(row: KindRow) -> Markup:
    missed = row.frauds_minor - row.caught_minor - row.warned_minor
    parts = [(row.caught_minor, "caught"), (row.warned_minor, "warned"), (missed, "missed")]
    return stack(parts, row.frauds_minor)


def _kinds(report: FraudReport, whole: KindRow) -> Markup:
    names = ("tried", "caught", "missed")
    head = tag(
        "thead",
        tag(
            "tr",
            tag("th", say("money.kind"), scope="col"),
            tag("th", "", scope="col"),
            *(tag("th", say(f"money.{name}"), scope="col", class_="num") for name in names),
            tag("th", say("money.share"), scope="col", class_="num"),
        ),
    )
    body = tag("tbody", *(_kind(row, report.currency) for row in report.kinds))
    foot = tag("tfoot", _kind(whole, report.currency))
    return tag("div", tag("table", tag("caption", say("money.kind_caption")), head, body, foot), class_="kinds")


def _kind(row: KindRow, currency: str) -> Markup:
    name = say("money.all") if row.kind == "all" else named("kind", row.kind)
    sums = (
        ("tried", row.frauds_minor, row.frauds),
        ("caught", row.caught_minor, row.caught),
        ("missed", row.frauds_minor - row.caught_minor, row.frauds - row.caught),
    )
    cells = (
        tag(
            "td",
            tag("span", say(f"money.{label}"), class_="label"),
            money_round(minor, currency),
            tag("small", _bracketed(number)),
            class_="num",
        )
        for label, minor, number in sums
    )
    ratio = tag("td", share(row.caught_minor, row.frauds_minor, 0), class_="num share")
    return tag("tr", tag("th", name, scope="row"), tag("td", _bar(row), class_="bar-cell"), *cells, ratio)


def _bracketed(number: int) -> Text:
    return Text(*(f"({form})" for form in count(number)))


def _left_out(rows: tuple[LeftOut, ...]) -> Markup:
    names = (tag("span", say(f"left.{name}"), class_=f"key {name}") for name in ("taught", "untaught"))
    keys = tag("p", *names, class_="keys")
    return tag(
        "div",
        tag("div", tag("h3", say("left.heading")), tag("p", say("left.note"), class_="note small"), keys),
        tag("ol", *map(_left, rows)),
        class_="left-out",
    )


def _left(row: LeftOut) -> Markup:
    numbers = {"frauds": row.frauds, "known": row.caught_taught, "unknown": row.caught_untaught}
    bars = tag(
        "div",
        stack([(row.caught_taught, "warned")], row.frauds),
        stack([(row.caught_untaught, "caught")], row.frauds),
        class_="two",
    )
    sentence = say("left.still", **{name: count(number) for name, number in numbers.items()})
    return tag("li", tag("span", named("kind", row.kind)), bars, tag("small", sentence))


# the queue


def _queue(report: FraudReport) -> Markup:
    columns = ("time", "payer", "amount", "channel", "score", "verb", "reasons", "truth")
    head = (
        tag(
            "th",
            tag("button", say(f"queue.{name}"), type="button", data_column=i),
            scope="col",
            class_="num" if name in ("amount", "score") else None,
        )
        for i, name in enumerate(columns)
    )
    opened = {case.alert.id for case in report.cases}
    rows = (_alert(alert, report, alert.id in opened) for alert in report.queue)
    verbs = list(dict.fromkeys(alert.verb for alert in report.queue))
    filters = [tag("button", say("queue.all"), type="button", data_verb="", aria_pressed="true")] + [
        tag("button", named("verb", verb), type="button", data_verb=verb, aria_pressed="false") for verb in verbs
    ]
    note = say("queue.note", shown=count(len(report.queue)), alerts=count(report.totals.alerts))
    table = tag("table", tag("thead", tag("tr", *head)), tag("tbody", *rows, id="queue-body"), class_="queue")
    return section(
        "queue",
        say("queue.heading"),
        tag("p", note, class_="note"),
        tag("div", say("queue.filter"), *filters, class_="filters", role="group"),
        tag("div", table, class_="scroll", tabindex=0),
    )


def _alert(alert: Alert, report: FraudReport, opens: bool) -> Markup:
    when = moment(alert.ts_ns, report.zone)
    words = words_of(report)
    why = (
        Text(
            *(
                sep.join(forms)
                for sep, forms in zip(
                    (" · ", "、", "、"), zip(*map(words, alert.reasons[:3]), strict=True), strict=True
                )
            )
        )
        if alert.reasons
        else same("")
    )
    full = f"{alert.payer:016x}"
    return tag(
        "tr",
        tag("td", tag("a", when, href=f"#case={alert.id}") if opens else when, data_v=alert.ts_ns),
        tag("td", tag("code", token(alert.payer), title=full), data_v=full),
        tag("td", money(alert.amount_minor, alert.currency), class_="num", data_v=alert.amount_minor),
        tag("td", named("channel", alert.channel), data_v=alert.channel),
        tag("td", decimal(alert.score_micro), class_="num", data_v=alert.score_micro),
        tag("td", tag("span", named("verb", alert.verb), class_=f"verb {alert.verb}"), data_v=alert.verb),
        tag("td", why, class_="why", data_v=why.en),
        tag("td", tag("span", named("truth", alert.truth), class_=f"truth {alert.truth}"), data_v=alert.truth),
        data_case=alert.id if opens else None,
        data_verb=alert.verb,
    )


# the model


def _charts(report: FraudReport) -> Markup:
    whole, drawn = sum_of(report.kinds), report.histogram
    cuts = [(named("verb", cut.verb), cut.score_micro) for cut in drawn.cuts]
    points = [(point.score_micro, point.alerts, point.caught) for point in report.curve]
    scores = histogram(drawn.edges_micro, drawn.legit, drawn.fraud, cuts, "chart-scores")
    lines = curve(points, report.totals.days, whole.frauds, report.curve_mark, "chart-curve")
    figures = [
        figure("chart-scores", say("charts.scores"), say("charts.scores_note"), scores, _keys("legit", "fraud")),
        figure("chart-curve", say("charts.curve"), say("charts.curve_note"), lines, _keys("precision", "recall")),
    ]
    if report.reliability:
        bins = reliability([(b.stated_micro, b.frauds, b.decided) for b in report.reliability], "chart-reliability")
        figures.append(figure("chart-reliability", say("charts.reliability"), say("charts.reliability_note"), bins))
    figures.append(_choices(report, whole.frauds))
    return section("charts", say("charts.heading"), tag("div", *figures, class_="pair"))


def _choices(report: FraudReport, frauds: int) -> Markup:
    """About eight points of the curve as a table, the one in force among them: what other cuts would bring."""
    every = max(1, -(-len(report.curve) // 8))
    shown = [i for i in range(len(report.curve)) if i % every == report.curve_mark % every]
    names = ("score", "per_day", "precision", "false", "recall")
    head = tag("thead", tag("tr", *(tag("th", say(f"choice.{name}"), scope="col", class_="num") for name in names)))
    lines = []
    for i in shown:
        point = report.curve[i]
        cells = (
            decimal(point.score_micro),
            quotient(point.alerts, report.totals.days),
            share(point.caught, point.alerts),
            quotient(point.alerts - point.caught, point.caught),
            share(point.caught, frauds),
        )
        now = "now" if i == report.curve_mark else None
        lines.append(tag("tr", *(tag("td", cell, class_="num") for cell in cells), class_=now))
    return tag(
        "figure",
        tag("figcaption", tag("h3", say("choice.heading")), tag("p", say("choice.note"), class_="note")),
        tag("table", head, tag("tbody", *lines), class_="plain"),
    )


def _keys(*names: str) -> list[tuple[str, Text]]:
    return [(name, say(f"charts.{name}")) for name in names]


# the foot


def _foot(report: FraudReport) -> Markup:
    span = {"start": day(report.trained_from_ns, report.zone), "end": day(report.trained_to_ns, report.zone)}
    lines = (
        ("recipe", join(report.recipe, " ", tag("code", report.recipe_digest.hex()))),
        ("model", tag("code", report.model_digest.hex())),
        ("trained", tag("span", say("foot.span", **span))),
        ("seed", tag("code", str(report.seed))),
        ("root", tag("code", report.totals.root.hex())),
    )
    facts = tag("dl", *(join(tag("dt", say(f"foot.{name}")), tag("dd", value)) for name, value in lines))
    return tag("footer", facts, tag("p", say("foot.same")) if report.simulated else None, class_="foot")
