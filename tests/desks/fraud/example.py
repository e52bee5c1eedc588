"""A made-up replay for the page: seeded, of the size and shape of a real one, with a real tree and a real proof."""

import hmac
import random
from hashlib import sha256
from itertools import pairwise
from math import exp

from waglan.desks.fraud.report import (
    Alert,
    Bin,
    Case,
    ConceptPart,
    CurvePoint,
    Cut,
    FeatureLine,
    FraudReport,
    Histogram,
    KindRow,
    Label,
    LeftOut,
    Node,
    Past,
    Saved,
    Tie,
    Totals,
)
from waglan.ledger.entry import DECISION, Entry, commit, encode_entry, salt
from waglan.ledger.tree import Tree
from waglan.pages.proof import Proof
from waglan.schema.records import Action, Decision, Event, encode

START_NS = 1_772_380_800_000_000_000
DAY_NS = 86_400_000_000_000
BASELINE = -7_412_903
RECIPE = sha256(b"recipe").digest()
CUTS = tuple(
    Cut(verb=verb, score_micro=score)
    for verb, score in (("warn", -2_100_000), ("step-up", -300_000), ("review", 1_250_000), ("decline", 3_400_000))
)
CONCEPTS = {
    "unusual_amount": ("C04", "an amount unusual for the account", "金額與戶口慣常支出不符", "金额与账户惯常支出不符"),
    "speed": ("C03", "the pace of recent spending", "近期付款頻密", "近期付款频密"),
    "new_payee": ("C05", "a payee new to the account", "首次或少有往來的收款人", "首次或少有往来的收款人"),
    "device": ("C10", "the device used", "所用裝置", "所用设备"),
    "mule": ("C07", "money passed on soon after it came in", "款項收到後隨即轉出", "款项收到后随即转出"),
    "time_of_day": ("C02", "the time of day", "付款時間", "付款时间"),
    "this_payment": ("C01", "the kind of payment", "付款方式及類別", "付款方式及类别"),
}
OTHERS = {
    "R01": ("the card was declined twice within the hour", "該卡一小時內兩度被拒", "该卡一小时内两度被拒"),
    "scameter": ("on the Scameter list", "在防騙視伏器名單上", "在防骗视伏器名单上"),
}
FEATURES = {
    "unusual_amount": (("amount", "money"), ("amount_to_mean_30d", "micro")),
    "speed": (("payer_count_1h", "count"), ("payer_sum_24h", "money")),
    "new_payee": (("pair_time_since_first", "seconds"),),
    "device": (("device_age", "seconds"), ("device_payers_7d", "count")),
    "mule": (("payee_paid_out_1h", "money"), ("payee_distinct_payers_24h", "count")),
    "time_of_day": (("hour", "count"),),
    "this_payment": (("country", "code"), ("category", "code")),
}
LARGEST = {"money": 9_000_000, "micro": 30_000_000, "count": 24, "seconds": 400_000, "code": 1}
KINDS = (
    KindRow(kind="card_testing", frauds=61, frauds_minor=4_812_300, caught=52, caught_minor=4_401_050),
    KindRow(kind="terminal", frauds=48, frauds_minor=31_770_040, caught=33, caught_minor=23_100_900),
    KindRow(kind="takeover", frauds=39, frauds_minor=402_118_000, caught=30, caught_minor=338_420_500),
    KindRow(
        kind="app_scam",
        frauds=57,
        frauds_minor=611_905_500,
        caught=24,
        caught_minor=291_300_000,
        warned=14,
        warned_minor=120_774_000,
    ),
    KindRow(kind="mule", frauds=44, frauds_minor=287_330_000, caught=31, caught_minor=214_008_800),
)
BINS = (
    (40, 3, 110_000),
    (160, 12, 71_000),
    (700, 19, 31_000),
    (3_100, 38, 12_100),
    (14_000, 51, 4_100),
    (70_000, 47, 640),
    (310_000, 52, 170),
    (820_000, 71, 88),
)


def verb_of(score_micro: int) -> str:
    return next((cut.verb for cut in reversed(CUTS) if score_micro >= cut.score_micro), "approve")


def split(rng: random.Random, total: int, n: int) -> list[int]:
    cuts = [rng.randrange(-abs(total) // 4, abs(total) // 2) for _ in range(n - 1)]
    return [*cuts, total - sum(cuts)]


def feature(rng: random.Random, name: str, unit: str, part: int) -> FeatureLine:
    value = None if rng.random() < 0.1 else rng.randrange(LARGEST[unit])
    shown = rng.choice(("HK", "CN", "digital")) if unit == "code" else ""
    return FeatureLine(name=name, unit=unit, value=value, shown=shown, part_micro=part)


def alert(rng: random.Random, number: int, score: int) -> Alert:
    return Alert(
        id=f"P{700_000 + number * 37:07d}",
        ts_ns=START_NS + rng.randrange(7 * DAY_NS),
        payer=rng.getrandbits(63),
        amount_minor=round(10 ** rng.uniform(4, 7.4)),
        currency="HKD" if rng.random() < 0.93 else "CNY",
        channel=rng.choice(("card_online", "fps", "fps", "card_present")),
        score_micro=score,
        verb=verb_of(score),
        reasons=tuple(CONCEPTS[concept][0] for concept in rng.sample(sorted(CONCEPTS), 3)),
        truth=rng.choice(("fraud", "fraud", "legit", "unknown")),
    )


def concept_part(rng: random.Random, concept: str, micro: int) -> ConceptPart:
    inner = split(rng, micro, len(FEATURES[concept]))
    lines = tuple(feature(rng, *line, part) for line, part in zip(FEATURES[concept], inner, strict=True))
    return ConceptPart(concept=concept, code=CONCEPTS[concept][0], part_micro=micro, features=lines)


def past(rng: random.Random, ts_ns: int) -> Past:
    verb, truth = verb_of(round(rng.gauss(-6e6, 2.5e6))), "fraud" if rng.random() < 0.03 else "legit"
    return Past(ts_ns=ts_ns, amount_minor=round(10 ** rng.uniform(3.2, 5.6)), verb=verb, truth=truth)


def neighbours(rng: random.Random, of: Alert) -> tuple[tuple[Node, ...], tuple[Tie, ...]]:
    """A payee that others pay too and that pays on, and a device that a second account may share."""
    nodes = [
        Node(token=of.payer, role="payer"),
        Node(token=rng.getrandbits(63), role="payee", fraud=of.truth == "fraud"),
        Node(token=rng.getrandbits(63), role="device"),
    ]
    ties = [
        Tie(source=0, target=1, count=1, amount_minor=of.amount_minor, now=True),
        Tie(source=2, target=0, count=9),
    ]
    for into in [True] * rng.randrange(2, 6) + [False] * rng.randrange(4):
        nodes.append(Node(token=rng.getrandbits(63), role="account", fraud=rng.random() < 0.4))
        ends = (len(nodes) - 1, 1) if into else (1, len(nodes) - 1)
        amount = rng.randrange(100_000, 9_000_000)
        ties.append(Tie(source=ends[0], target=ends[1], count=rng.randrange(1, 5), amount_minor=amount))
    if rng.random() < 0.5:
        nodes.append(Node(token=rng.getrandbits(63), role="account"))
        ties.append(Tie(source=2, target=len(nodes) - 1, count=3))
    return tuple(nodes), tuple(ties)


def case(rng: random.Random, of: Alert) -> Case:
    weights = split(rng, of.score_micro - BASELINE, len(CONCEPTS))
    parts = [concept_part(rng, concept, micro) for concept, micro in zip(CONCEPTS, weights, strict=True)]
    nodes, ties = neighbours(rng, of)
    times = sorted(of.ts_ns - rng.randrange(45 * DAY_NS) for _ in range(rng.randrange(4, 80)))
    return Case(
        alert=of,
        payee=nodes[1].token,
        chance_micro=round(1_000_000 / (1 + exp(-of.score_micro / 1_000_000))),
        baseline_micro=BASELINE,
        cut_micro=next(cut.score_micro for cut in CUTS if cut.verb == of.verb),
        cut_verb=of.verb,
        parts=tuple(sorted(parts, key=lambda part: -abs(part.part_micro))),
        fired=tuple(OTHERS) if rng.random() < 0.5 else (),
        past=tuple(past(rng, ts_ns) for ts_ns in times),
        nodes=nodes,
        ties=ties,
    )


def proof(of: Case, entries: int) -> Proof:
    """A proof in a real tree of so many entries, with the case's somewhere in the middle."""
    parts = (*(part.part_micro for part in of.parts), of.baseline_micro)
    event = Event(of.alert.id, "payment", of.alert.ts_ns, (of.alert.payer, of.payee, None, of.alert.amount_minor))
    actions = (Action(of.alert.verb),)
    decision = Decision(event, RECIPE, tuple(range(40)), of.alert.score_micro, actions, of.alert.reasons, parts, False)
    record = encode(decision)
    salted = salt(sha256(b"seeded key").digest(), of.alert.id)
    entry = encode_entry(Entry(DECISION, "fraud", RECIPE, commit(salted, record)))
    index, tree = entries * 5 // 8, Tree()
    tree.append([entry if i == index else hmac.digest(b"other", i.to_bytes(8), "sha256") for i in range(entries)])
    return Proof(
        event_id=of.alert.id,
        record=record,
        salt=salted,
        entry=entry,
        index=index,
        size=entries,
        path=tuple(tree.inclusion(index)),
        root=tree.root(),
    )


def histogram() -> Histogram:
    edges = tuple(range(-12_000_000, 8_000_001, 400_000))
    centres = [(low + high) / 2e6 for low, high in pairwise(edges)]
    legit = tuple(int(46_000 * exp(-((x + 7.4) ** 2) / 2.6) + 300 * exp(-((x + 4) ** 2) / 9)) for x in centres)
    fraud = tuple(int(38 * exp(-((x - 2.6) ** 2) / 7) + 6 * exp(-((x + 4) ** 2) / 9)) for x in centres)
    return Histogram(edges_micro=edges, legit=legit, fraud=fraud, cuts=CUTS)


def curve() -> tuple[CurvePoint, ...]:
    points = []
    for i in range(40):
        alerts = round(20 * 1.19**i)
        caught = min(alerts, round(240 * (1 - exp(-alerts / 260))))
        points.append(CurvePoint(score_micro=6_000_000 - 250_000 * i, alerts=alerts, caught=caught))
    return tuple(points)


def totals(proved: Proof) -> Totals:
    return Totals(
        from_ns=START_NS,
        to_ns=START_NS + 7 * DAY_NS - 1,
        days=7,
        decided=231_408,
        alerts=612,
        false_alarms=442,
        elapsed_ns=2_840_000_000,
        log_entries=proved.size,
        log_bytes=len(proved.entry) * proved.size,
        root=proved.root,
    )


def labels() -> tuple[Label, ...]:
    words = list(CONCEPTS.values()) + [(code, *forms) for code, forms in OTHERS.items()]
    return tuple(Label(code=code, en=en, zh_hant=hant, zh_hans=hans) for code, en, hant, hans in words)


def example(seed: int = 1, cases: int = 15, queue: int = 70, entries: int = 1 << 12) -> FraudReport:
    rng = random.Random(seed)
    drawn = [alert(rng, n, round(rng.gauss(2.2e6, 1.6e6))) for n in range(queue)]
    alerts = sorted((one for one in drawn if one.score_micro > CUTS[1].score_micro), key=lambda one: -one.score_micro)
    opened = tuple(case(rng, one) for one in alerts[:cases])
    proved = proof(opened[0], entries)
    return FraudReport(
        recipe="hk-payments",
        recipe_digest=RECIPE,
        model_digest=sha256(b"model").digest(),
        seed=seed,
        simulated=True,
        trained_from_ns=START_NS - 53 * DAY_NS,
        trained_to_ns=START_NS - DAY_NS,
        totals=totals(proved),
        kinds=KINDS,
        left_out=tuple(
            LeftOut(kind=row.kind, frauds=row.frauds, caught_taught=row.caught, caught_untaught=row.caught * 2 // 3 - n)
            for n, row in enumerate(KINDS)
        ),
        saved=Saved(
            saved_minor=812_440_000, low_minor=690_100_000, high_minor=934_800_000, level_micro=950_000, sample=37
        ),
        queue=tuple(alerts),
        cases=opened,
        histogram=histogram(),
        curve=curve(),
        curve_mark=20,
        reliability=tuple(Bin(stated_micro=stated, frauds=frauds, decided=n) for stated, frauds, n in BINS),
        proof=proved,
        labels=labels(),
    )
