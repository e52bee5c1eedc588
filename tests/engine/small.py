"""A small recipe, a model of four trees made by hand, and seeded streams that hold every difficulty at once.

The streams are JSON Lines, as they come in at the door: ties, late events, ids that come again (in the same breath,
much later, after a refusal), refusals of every kind, outcomes, list changes, logins, absent columns, amounts whose
square leaves the bounds. The first recipe feeds declines back; the second has no feedback and is worked in blocks.
"""

import json
import random
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from waglan.engine.engine import Answer, Engine
from waglan.engine.judge import Judge
from waglan.features.plan import compile
from waglan.intake.lines import read_json_lines
from waglan.intake.message import Reader
from waglan.ledger.log import Log
from waglan.models.calibration import Calibration
from waglan.models.forest import CATEGORY, COMPARE, Tree, lay
from waglan.models.model import Model, ModelFile, Term
from waglan.schema.batch import Batch
from waglan.schema.recipe import Recipe, read_recipe
from waglan.schema.units import MICRO, SECOND_NS
from waglan.store.keys import SeededKeys
from waglan.store.records import Store

RECIPE = """
name = "small"
desk = "fraud"
purpose = "to be tested"
owner = "the tests"
review = "2030-01-01"
subject = "payer"
observe = ["login"]
features = [
    { name = "amount", take = "value", of = "amount", concept = "size" },
    { name = "n_1h", take = "count", by = "payer", window = "1h", present = true, concept = "speed" },
    { name = "sum_1d", take = "sum", of = "amount", by = "payer", window = "1d", present = true, concept = "size" },
    { name = "mean_5", take = "mean", of = "amount", by = "payer", events = 5, present = false },
    { name = "max_1d", take = "max", of = "amount", by = "card", window = "1d", present = true, concept = "size" },
    { name = "payees_1h", take = "distinct", of = "payee", by = "payer", window = "1h", present = true },
    { name = "paid_on", take = "count", by = "payee", of_key = "payer", window = "6h", present = false },
    { name = "pair", take = "count", by = ["payer", "payee"], window = "30d", present = false },
    { name = "fraud_rate", take = "rate", of = "outcome", kind = "outcome", by = "payee", window = "28d", present = false },
    { name = "frauds", take = "count", kind = "outcome", where = { outcome = true }, by = "payee", window = "28d", present = false },
    { name = "logins", take = "count", kind = "login", by = "payer", window = "1h", present = false },
    { name = "blocked", take = "in_list", of = "block", by = "payee", use = false },
    { name = "allowed", take = "in_list", of = "allow", by = "payer", use = false },
    { name = "declines", take = "count", kind = "effect", where = { verb = "decline" }, by = "payer", window = "1d", present = false, concept = "speed" },
    { name = "ratio", take = "ratio", of = ["amount", "mean_5"], concept = "size" },
    { name = "square", take = "product", of = ["amount", "amount"], use = false },
    { name = "channel", take = "value", of = "channel" },
    { name = "hour", take = "calendar", of = "hour" },
]

[columns]
payer = { entity = "account" }
payee = { entity = "account" }
card = { entity = "card", required = false }
amount = { money = "HKD" }
fee = { money = "currency", required = false }
currency = { values = ["HKD", "CNY"], required = false }
channel = { values = ["card", "fps"], other = true, required = false }

[concepts]
size = { code = "S1", en = "amount", zh_hant = "金額", zh_hans = "金额" }
speed = { code = "S2", en = "speed", zh_hant = "速度", zh_hans = "速度" }

[policy]
effects = true
let_through_micro = 200000
seed = 5
cuts = { warn = 0, step-up = 600000, review = 1200000, decline = 2000000 }
lists = [
    { name = "block", by = "payee", verb = "decline" },
    { name = "allow", by = "payer", verb = "approve" },
]
rules = [
    { code = "R1", when = "row.payees_1h >= 4 && event.amount > 100000", verb = "review" },
    { code = "R2", when = "event.channel == 'fps' && row.hour < 3", verb = "warn" },
]
"""  # noqa: E501

NO_FEEDBACK = (
    RECIPE.replace("effects = true", "effects = false")
    .replace('kind = "effect", where = { verb = "decline" }', 'kind = "payment", where = { channel = "fps" }')
    .replace("let_through_micro = 200000", "let_through_micro = 0")
)
"""The same names, but nothing that a decision does comes back, so that a batch is worked as one."""

CURVE = Calibration(method="link", at_micro=[-2_000_000, 0, 2_000_000], probability_micro=[119_203, 500_000, 880_797])

START_NS = 1_772_323_200 * SECOND_NS
"""1 March 2026, 08:00 in Hong Kong."""


def tree(*nodes: tuple[str, int, int, int, int], leaves: Sequence[float], names: Sequence[str], **sets: Any) -> Tree:
    """A tree from (feature, threshold, null goes left, left, right); `channel` is split by category."""
    kinds = [CATEGORY if name == "channel" else COMPARE for name, *_ in nodes]
    return Tree(
        [names.index(name) for name, *_ in nodes],
        kinds,
        [float(limit) for _, limit, *_ in nodes],
        [node[2] for node in nodes],
        [node[3] for node in nodes],
        [node[4] for node in nodes],
        list(leaves),
        [10 * (at + 1) for at in range(len(leaves))],
        {at: [1, 2] for at, kind in enumerate(kinds) if kind == CATEGORY},
    )


def small_model(recipe: Recipe) -> Model:
    """Four trees by hand; their sums reach every rung of the ladder."""
    plan = compile(recipe)
    names = [plan.names[i] for i in plan.use]
    scales = [plan.scales[i] for i in plan.use]
    trees = [
        tree(("amount", 500_000, 1, 1, -3), ("n_1h", 3, 1, -1, -2), leaves=[-0.5, 0.437_500_000_5, 1.2], names=names),
        tree(("ratio", 5 * MICRO, 1, -1, -2), leaves=[-0.1, 0.8], names=names),
        tree(("frauds", 0, 1, 1, -3), ("paid_on", 1, 1, -1, -2), leaves=[-0.2, 0.3, 1.5], names=names),
        tree(("declines", 0, 1, 1, -3), ("channel", 0, 0, -1, -2), leaves=[0.2, -0.3, 1.0], names=names),
    ]
    # thresholds are whole already: lay them at scale 1, and tell the file the true scales
    return Model.make(
        ModelFile(
            kind="trees", features=names, scales=scales, categorical=[names.index("channel")],
            terms=[Term(name=name, columns=[name]) for name in names],
            base_nano=-150_000_000, trees=lay(trees, [1] * len(names)), calibration=CURVE,
        )
    )  # fmt: skip


def judge_of(text: str = RECIPE, model: Model | None = None, partitions: int = 1) -> Judge:
    """A judge of a recipe's text."""
    recipe = read_recipe(text.encode())
    return Judge(recipe, text.encode(), model or small_model(recipe), partitions)


def engine_of(text: str = RECIPE, shadows: Sequence[str] = (), threads: int = 1, seed: int = 7) -> Engine:
    """An engine in memory, with keys from a seed."""
    judges = [judge_of(shadow) for shadow in shadows]
    return Engine(judge_of(text, partitions=threads), Store.memory(SeededKeys(seed)), Log(), judges, threads)


def batch_of_lines(lines: Sequence[bytes], text: str = RECIPE) -> Batch:
    """Lines in the order given, so that an early time after a late one stays late."""
    return read_json_lines(b"\n".join(lines), Reader(read_recipe(text.encode())), "stream", False, None)


def run(engine: Engine, batch: Batch, cuts: Sequence[int] = ()) -> list[Answer]:
    """Decide a batch cut at the given places, and commit; all answers."""
    answers: list[Answer] = []
    places = [0, *sorted({cut for cut in cuts if 0 < cut < len(batch)}), len(batch)]
    for start, stop in pairwise(places):
        answers += engine.decide(batch.slice(start, stop))
    engine.commit()
    return answers


def stream(seed: int, n: int = 600) -> list[bytes]:
    """n lines and some more, by seed."""
    draw = random.Random(seed)
    accounts = [f"ACC-{seed}-{k:04d}" for k in range(14)] + ["戶口-八"]
    lines: list[bytes] = []
    said: list[dict[str, Any]] = []
    ts, faults = START_NS, 0
    for number in range(n):
        ts += draw.choice((0, 0, 1, SECOND_NS, 40 * SECOND_NS, 600 * SECOND_NS, 3000 * SECOND_NS))
        late = draw.choice((0,) * 12 + (1, 90 * SECOND_NS, 5000 * SECOND_NS))
        event = payment(draw, number, ts - late, accounts)
        kind = draw.random()
        if kind < 0.09 and said:
            event = outcome(draw, draw.choice(said), ts)
        elif kind < 0.12:
            event = listing(draw, number, ts, accounts)
        elif kind < 0.15:
            event = {"id": f"L{number}", "kind": "login", "ts_ns": ts, "payer": draw.choice(accounts)}
        elif kind < 0.20 and said:
            event = again(draw, said, ts)
        elif kind < 0.26:
            faults += 1
            lines.append(bad(draw, event, faults))
            if draw.random() < 0.5:
                continue  # otherwise the same id comes once more, and good
        lines.append(json.dumps(event, ensure_ascii=draw.random() < 0.5).encode())
        if event.get("kind", "payment") == "payment":
            said.append(event)
        if draw.random() < 0.03:
            lines.append(lines[-1])
    return lines


def payment(draw: random.Random, number: int, ts: int, accounts: Sequence[str]) -> dict[str, Any]:
    """One payment; one in sixty is so large that its square leaves the bounds."""
    amount = draw.choice((draw.randrange(100_000), draw.randrange(100_000), draw.randrange(2_000_000)))
    if draw.random() < 1 / 60:
        amount = draw.randrange(1 << 38, 1 << 42)
    event: dict[str, Any] = {"id": f"P{number}", "ts_ns": ts, "amount": amount}
    event["payer"], event["payee"] = draw.sample(accounts[:6] if draw.random() < 0.7 else accounts, 2)
    if draw.random() < 0.8:
        event["card"] = f"CARD-{draw.randrange(5)}"
    if draw.random() < 0.8:
        event["channel"] = draw.choice(("card", "fps", "fps", "pigeon"))
    if draw.random() < 0.3:
        event |= {"currency": draw.choice(("HKD", "CNY")), "fee": draw.randrange(500)}
    if draw.random() < 0.1:
        event["kind"] = "payment"
    return event


def outcome(draw: random.Random, of: dict[str, Any], ts: int) -> dict[str, Any]:
    """A truth about a payment; it may come twice, and then counts once."""
    columns: dict[str, Any] = {name: of[name] for name in ("payer", "payee")}
    return {"id": f"{of['id']}/outcome", "kind": "outcome", "ts_ns": ts, "outcome": draw.random() < 0.4, **columns}


def listing(draw: random.Random, number: int, ts: int, accounts: Sequence[str]) -> dict[str, Any]:
    """Somebody on a list, for ever, for two hours, or off it."""
    event: dict[str, Any] = {"id": f"W{number}", "kind": "listing", "ts_ns": ts}
    name, column = draw.choice((("block", "payee"), ("allow", "payer")))
    event |= {"list": name, column: draw.choice(accounts)}
    until = draw.choice((None, 0, ts // SECOND_NS + 7200))
    return event if until is None else event | {"until_s": until}


def again(draw: random.Random, said: Sequence[dict[str, Any]], ts: int) -> dict[str, Any]:
    """An id that came before, as it was or with another amount and time: it gets the first answer."""
    event = dict(draw.choice(said))
    return event if draw.random() < 0.5 else event | {"amount": 777, "ts_ns": ts}


def bad(draw: random.Random, event: dict[str, Any], which: int) -> bytes:
    """The event spoilt in one of many ways, each in its turn."""
    changes: list[dict[str, Any]] = [
        {"amount": -1}, {"amount": "lots"}, {"amount": 12.5}, {"amount": 1 << 42}, {"amount": None},
        {"payer": None}, {"payee": ""}, {"currency": "XXX", "fee": 1}, {"fee": 3}, {"ts_ns": -5}, {"ts_ns": "noon"},
        {"ts_ns": None}, {"kind": "gift"}, {"id": ""}, {"id": "x" * 129}, {"kind": "outcome"}, {"kind": "listing"},
    ]  # fmt: skip
    if which % (len(changes) + 1) == len(changes):
        line = json.dumps(event).encode()
        return line[: draw.randrange(1, len(line) - 1)]
    change = changes[which % (len(changes) + 1)]
    spoilt = {k: v for k, v in (event | change).items() if v is not None}
    if "fee" in change and "currency" not in change:
        spoilt.pop("currency", None)
    return json.dumps(spoilt).encode()
