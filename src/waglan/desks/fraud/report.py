"""What the fraud desk shows after a replay: one record of whole numbers, and its three forms.

`render` is the page, `to_json` its twin for machines, `summary` the lines for a terminal. All three read the same
`FraudReport`, which whoever ran the replay fills: nothing here counts, decides or rounds. Money is in minor units of
`currency`, shares, chances and scores in millionths, times in nanoseconds UTC, tokens the records' 63-bit numbers.
A fraud is caught if its action is one of the desk's alerts (step-up, review, decline); a warning alone does not catch.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from rich.console import Group
from rich.table import Table
from rich.text import Text as Line

from waglan.pages.markup import Text
from waglan.pages.numbers import count, day, money_round, quotient, share, size
from waglan.pages.proof import Proof
from waglan.pages.words import named
from waglan.schema.units import MICRO, SECOND_NS


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """The words of a code - concept, rule or list - in three scripts, as the recipe has them."""

    code: str
    en: str
    zh_hant: str
    zh_hans: str


class KindRow(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of fraud within the replayed days. What is neither caught nor warned was missed."""

    kind: str
    """card_testing, terminal, takeover, app_scam, mule; another word is shown as it stands."""
    frauds: int
    frauds_minor: int
    caught: int
    caught_minor: int
    warned: int = 0
    """Not caught, but the customer was warned and went on."""
    warned_minor: int = 0


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """One kind that a second model never saw in training: how many of the same frauds each of the two catches."""

    kind: str
    frauds: int
    caught_taught: int
    caught_untaught: int


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """Estimate, from the let-through sample, of the money kept from fraudsters, less what declines and reviews cost."""

    saved_minor: int
    low_minor: int
    high_minor: int
    level_micro: int
    """Coverage of low..high: 950,000 for 95%."""
    sample: int
    """Payments that were let through on purpose."""


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """The replay as a whole."""

    from_ns: int
    to_ns: int
    """Times of the first and last decided payment."""
    days: int
    decided: int
    alerts: int
    """Payments whose action was step-up, review or decline."""
    false_alarms: int
    """Alerts that were no fraud."""
    elapsed_ns: int
    """Time the replay took, from the first event to the sealed root."""
    log_entries: int
    log_bytes: int
    root: bytes


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the queue."""

    id: str
    ts_ns: int
    payer: int
    """Token."""
    amount_minor: int
    currency: str
    channel: str
    """card_present, card_online, fps; another word is shown as it stands."""
    score_micro: int
    verb: str
    reasons: tuple[str, ...]
    """Codes by weight, the gravest first; their words are in the report's labels."""
    truth: str = "unknown"
    """fraud, legit or unknown: what was known by the end of the replay."""


class FeatureLine(msgspec.Struct, frozen=True, kw_only=True):
    """One term under its concept: its columns' names, what was seen, what it gave."""

    name: str
    value: int | None
    """None is shown as none."""
    unit: str = "count"
    """count, money (minor units), micro (millionths), seconds, or code: `shown` stands in its place."""
    currency: str = "HKD"
    """Of a money value."""
    shown: str = ""
    part_micro: int = 0


class ConceptPart(msgspec.Struct, frozen=True, kw_only=True):
    """What one concept gave to the score, and the terms within it; their parts sum to its own."""

    concept: str
    """The recipe's name for it (unusual_amount)."""
    code: str
    """Its reason code (C04), under which the labels have its words."""
    part_micro: int
    features: tuple[FeatureLine, ...]


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier payment of the case's payer."""

    ts_ns: int
    amount_minor: int
    verb: str
    currency: str = "HKD"
    truth: str = "unknown"


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """An account, device, card, terminal or proxy near the case. The first node of a case is its payer."""

    token: int
    role: str
    """payer, payee, account, device, card, terminal, proxy."""
    fraud: bool = False
    """Known by the end of the replay to have taken part in a fraud."""


class Tie(msgspec.Struct, frozen=True, kw_only=True):
    """Money paid from one node to another (in the report's currency), or a device used (amount_minor 0)."""

    source: int
    target: int
    """Positions in the case's nodes."""
    count: int
    amount_minor: int = 0
    now: bool = False
    """The case's own payment is among them."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One decision, opened. baseline_micro and the parts of its concepts sum to the alert's score_micro exactly."""

    alert: Alert
    payee: int | None
    chance_micro: int
    """Calibrated chance of fraud."""
    baseline_micro: int
    cut_micro: int
    """Least score of the verb that was given by the score; shown as a line."""
    cut_verb: str
    parts: tuple[ConceptPart, ...]
    fired: tuple[str, ...] = ()
    """Codes of the rules and names of the lists that spoke."""
    past: tuple[Past, ...] = ()
    nodes: tuple[Node, ...] = ()
    ties: tuple[Tie, ...] = ()


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    """The least score of a verb."""

    verb: str
    score_micro: int


class Histogram(msgspec.Struct, frozen=True, kw_only=True):
    """Payments by score: n + 1 rising edges, n counts of each."""

    edges_micro: tuple[int, ...]
    legit: tuple[int, ...]
    fraud: tuple[int, ...]
    cuts: tuple[Cut, ...]


class CurvePoint(msgspec.Struct, frozen=True, kw_only=True):
    """What a cut at this score would have brought in all the replayed days."""

    score_micro: int
    alerts: int
    caught: int


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Payments with nearly the same stated chance."""

    stated_micro: int
    frauds: int
    decided: int


class FraudReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the page, its JSON and the terminal show."""

    recipe: str
    recipe_digest: bytes
    model_digest: bytes
    seed: int
    zone: str = "Asia/Hong_Kong"
    currency: str = "HKD"
    """Currency of all sums; a single payment names its own."""
    simulated: bool
    trained_from_ns: int
    trained_to_ns: int
    totals: Totals
    kinds: tuple[KindRow, ...]
    left_out: tuple[LeftOut, ...] = ()
    saved: Saved | None = None
    queue: tuple[Alert, ...]
    """The gravest alerts in the order in which they are shown first."""
    cases: tuple[Case, ...]
    """The featured one first."""
    histogram: Histogram
    curve: tuple[CurvePoint, ...]
    """With rising alerts."""
    curve_mark: int
    """Position in `curve` of the cuts in force."""
    reliability: tuple[Bin, ...] = ()
    proof: Proof
    labels: tuple[Label, ...] = ()


def render(report: FraudReport) -> str:
    """The page: one HTML file that needs nothing else. Asserts that parts sum to scores and that positions exist."""
    from waglan.desks.fraud.sections import fraud_page  # sections draw the records of this file

    check(report)
    return fraud_page(report)


def to_json(report: FraudReport) -> bytes:
    """The page's twin: the same record in JSON, whole numbers as they are, bytes as hexadecimal digits."""
    return msgspec.json.encode(_plain(msgspec.to_builtins(report, builtin_types=(bytes,))))


def check(report: FraudReport) -> None:
    """Asserts what the record promises of itself."""
    totals = report.totals
    assert totals.days > 0, f"a replay has days, was {totals.days}"
    assert 0 <= totals.false_alarms <= totals.alerts <= totals.decided, "false alarms are alerts, alerts are decisions"
    assert len(totals.root) == 32, f"a root has 32 bytes, this has {len(totals.root)}"
    assert totals.root == report.proof.root, "the proof leads to the log's root"
    for row in report.kinds:
        assert row.caught + row.warned <= row.frauds, f"{row.kind}: more caught and warned than there were"
    for case in report.cases:
        total = case.baseline_micro + sum(part.part_micro for part in case.parts)
        assert total == case.alert.score_micro, (
            f"case {case.alert.id}: parts sum to {total}, score {case.alert.score_micro}"
        )
        for part in case.parts:
            inner = sum(feature.part_micro for feature in part.features)
            assert inner == part.part_micro, (
                f"case {case.alert.id}: {part.code} is {part.part_micro}, its terms {inner}"
            )


def words_of(report: FraudReport) -> Callable[[str], Text]:
    """From a code to its words, as they begin a line; a code without a label stands for itself."""
    known = {
        label.code: Text(label.en[:1].upper() + label.en[1:], label.zh_hant, label.zh_hans) for label in report.labels
    }
    return lambda code: known.get(code, Text(code, code, code))


def summary(report: FraudReport) -> Group:
    """The same for a terminal, in English: a table by kind, five lines, one decision proved."""
    totals = report.totals
    return Group(_kinds_table(report), "", *_lines(report), "", _proved(report, totals))


def _kinds_table(report: FraudReport) -> Table:
    table = Table(title=None, box=None, pad_edge=False, header_style="dim")
    table.add_column("kind of fraud")
    for name in ("tried", "caught", "missed", "share"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in (*report.kinds, sum_of(report.kinds)):
        caught, missed = row.caught_minor, row.frauds_minor - row.caught_minor
        table.add_row(
            "all" if row.kind == "all" else named("kind", row.kind).en,
            _sum(row.frauds_minor, row.frauds, report.currency),
            _sum(caught, row.caught, report.currency),
            _sum(missed, row.frauds - row.caught, report.currency),
            share(caught, row.frauds_minor, 0).en,
            style="bold" if row.kind == "all" else "",
        )
    return table


def sum_of(kinds: tuple[KindRow, ...]) -> KindRow:
    """All kinds in one row."""
    names = ("frauds", "frauds_minor", "caught", "caught_minor", "warned", "warned_minor")
    return KindRow(kind="all", **{name: sum(getattr(row, name) for row in kinds) for name in names})


def _lines(report: FraudReport) -> list[Line]:
    totals, saved, zone = report.totals, report.saved, report.zone
    frauds = totals.alerts - totals.false_alarms
    speed = totals.decided * SECOND_NS // max(totals.elapsed_ns, 1)
    alerts, payments = quotient(totals.alerts, totals.days).en, quotient(totals.decided, totals.days, 0).en
    wrong = quotient(totals.false_alarms, frauds).en
    lines = [
        f"{alerts} alerts a day among {payments} payments; {wrong} false alarms for each fraud",
        f"{count(speed).en} decisions a second; {day(totals.from_ns, zone).en} to {day(totals.to_ns, zone).en}",
    ]
    if saved is not None:
        sums = (saved.saved_minor, saved.low_minor, saved.high_minor)
        middle, low, high = (money_round(minor, report.currency).en for minor in sums)
        level = share(saved.level_micro, MICRO, 0).en
        sample = count(saved.sample).en
        lines.append(f"{middle} saved, estimated; {level} interval {low} to {high}, from {sample} let through")
    lines += [
        f"{named('kind', row.kind).en}, left out of training: {row.caught_untaught} of {row.frauds} still caught "
        f"({row.caught_taught} when taught)"
        for row in report.left_out
    ]
    lines.append(f"log: {count(totals.log_entries).en} entries, {size(totals.log_bytes).en}, root {totals.root.hex()}")
    return [Line(line) for line in lines]


def _proved(report: FraudReport, totals: Totals) -> Line:
    proof = report.proof
    return Line(
        f"decision {proof.event_id} is entry {count(proof.index).en} of {count(proof.size).en}: "
        f"{len(proof.path)} hashes lead from it to root {totals.root.hex()[:16]}…"
    )


def _sum(minor: int, number: int, currency: str) -> str:
    return f"{money_round(minor, currency).en} ({count(number).en})"


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value
