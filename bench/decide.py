"""One decision alone and in batches: features, a 300-tree score, the ladder, rules, a list, parts, the sealed bytes.

`python -m bench.decide --json`. From values already read to an entry in the tree, in memory, no disk; one core. Every
answer of the one-by-one run is compared with the batch run: the two roots must be equal.
"""

import argparse
import gc
import json
import time
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from waglan.desks.fraud.world import simulate
from waglan.engine.engine import Engine
from waglan.engine.judge import Judge
from waglan.engine.replay import dense_values
from waglan.engine.training import history, seal, train_on
from waglan.ledger.log import Log
from waglan.schema.batch import Batch
from waglan.schema.recipe import ListRule, Policy, Recipe, Rule, columns, open_recipe
from waglan.schema.units import NULL
from waglan.store.keys import SeededKeys
from waglan.store.records import Store

RECIPE: Final = Path(__file__).parent.parent / "src" / "waglan" / "desks" / "fraud" / "hk-payments.toml"
FEATURES: Final = (
    "amount", "channel", "second_of_day", "payer_count_1h", "payer_count_1d", "payer_sum_1d", "payer_sum_7d",
    "payer_mean_30d", "payer_max_30d", "amount_to_mean", "amount_to_max", "payer_payees_30d", "pair_count",
    "payee_count_1d", "payee_payers_1d", "payee_since_first", "card_count_1d", "terminal_frauds_30d",
    "payer_received_1d", "device_payers_30d",
)  # fmt: skip
"""Twenty features of the demo's recipe, of every kind of window; the list look-up comes on top."""
RULES: Final = (
    Rule(code="B1", when="event.amount_hkd > 5000000 && row.pair_count == 0", verb="review"),
    Rule(code="B2", when="row.payee_payers_1d > 40 && event.channel == 'fps'", verb="warn"),
    Rule(code="B3", when="score_micro > 4000000 && row.payer_count_1h > 20", verb="decline"),
)  # fmt: skip


def bench_recipe(rules: bool) -> Recipe:
    """The demo's recipe with twenty features, 300 trees of 31 leaves, and a policy with or without rules."""
    recipe, _ = open_recipe(RECIPE)
    features = [f for f in recipe.features if f.name in (*FEATURES, "payee_listed")]
    policy = Policy(lists=[ListRule(name="scameter", by="payee", verb="warn")], rules=list(RULES) if rules else [])
    model = msgspec.structs.replace(
        recipe.model, negatives_micro=1_000_000, parameters={"rounds": 300, "num_leaves": 31, "min_data_in_leaf": 20}
    )
    return msgspec.structs.replace(recipe, features=features, policy=policy, model=model)


def with_adverse(recipe: Recipe, scores: Any, share: float) -> Recipe:
    """The same recipe with cuts at which `share` of these scores is declined, half as many again reviewed."""
    cuts = {"warn": 0.95, "step-up": 0.97, "review": 1 - share, "decline": 1 - share / 2} if share else {"warn": 0.95}
    levels = {verb: int(np.quantile(scores, q)) for verb, q in cuts.items()}
    rising = {verb: level + k for k, (verb, level) in enumerate(levels.items())}
    return msgspec.structs.replace(recipe, policy=msgspec.structs.replace(recipe.policy, cuts=rising))


class Setting:
    """A world, a trained model, and engines that begin where history ends."""

    def __init__(self, payments: int, live: int) -> None:
        self.world = simulate(3, days=30, payments=payments)
        plain = bench_recipe(False)
        self.batch = self.world.events(plain)
        self.past = history(plain, self.batch, self.world.end_ns)
        truth = self.world.truth["fraud"].combine_chunks()
        self.past.positive[:] = truth.indices.to_numpy() != truth.dictionary.to_pylist().index("none")
        self.past.known_ns[:] = self.past.ts_ns
        made = train_on(plain, self.past, self.world.end_ns, mature_days=0)
        self.model = made.model
        self.live = live
        decided = np.flatnonzero(self.batch.kinds == 0)
        self.start = int(decided[-live])
        self.scores = self.model.score(np.ascontiguousarray(self.past.rows[:, list(self.past.plan.use)]))

    def engine(self, rules: bool, adverse: float) -> Engine:
        """A new engine in memory, warmed with all but the last `live` payments."""
        recipe = with_adverse(bench_recipe(rules), self.scores, adverse)
        judge = Judge(recipe, seal(recipe, self.model, recipe.policy.cuts), self.model.warm())
        engine = Engine(judge, Store.memory(SeededKeys(1)), Log())
        engine.observe(self.batch.slice(0, self.start))
        engine.log.append(engine.seal())
        return engine

    def events(self) -> Batch:
        """The last `live` payments, and nothing else."""
        at = np.flatnonzero(self.batch.kinds == 0)[-self.live :]
        return self.batch.take(at)


def one_by_one(setting: Setting, rules: bool, adverse: float) -> dict[str, Any]:
    """Microseconds of each decision alone, and the root they lead to."""
    engine, batch = setting.engine(rules, adverse), setting.events()
    dense, tokens = operands(engine, batch)
    spent = np.empty(len(batch), np.int64)
    ts_ns = batch.ts_ns.tolist()
    gc.collect()
    gc.freeze()
    for i, event_id in enumerate(batch.ids):
        began = time.perf_counter_ns()
        engine.decide_one(event_id, ts_ns[i], dense[i], tokens[i])
        engine.log.append(engine.seal())
        spent[i] = time.perf_counter_ns() - began
    gc.unfreeze()
    warm = spent[len(spent) // 10 :] / 1000
    p50, p90, p99 = np.percentile(warm, (50, 90, 99)).round(1).tolist()
    mean = round(float(warm.mean()), 1)
    return {"p50_us": p50, "p90_us": p90, "p99_us": p99, "mean_us": mean, "root": engine.log.root().hex()}


def operands(engine: Engine, batch: Batch) -> tuple[Any, Any]:
    """Values by dense number and by token, as a live reader has them after looking up each identifier."""
    recipe, vault = engine.judge.recipe, engine.store.vault
    dense = dense_values(recipe, vault, batch)
    tokens = dense.copy()
    for j, column in enumerate(columns(recipe).values()):
        if column.entity:
            held = dense[:, j] != NULL
            tokens[held, j] = vault.tokens(column.entity)[dense[held, j]]
    return dense, tokens


def in_batches(setting: Setting, size: int, rounds: int, adverse: float) -> dict[str, Any]:
    """Decisions a second in batches, without rules, and the root."""
    best, root = 0.0, ""
    for _ in range(rounds):
        engine, batch = setting.engine(False, adverse), setting.events()
        parts = [batch.slice(at, min(at + size, len(batch))) for at in range(0, len(batch), size)]
        began = time.process_time()
        for part in parts:
            engine.decide(part)
            engine.log.append(engine.seal())
        best = max(best, len(batch) / (time.process_time() - began))
        root = engine.log.root().hex()
    return {"size": size, "decisions_a_second": round(best), "root": root}


def run(payments: int = 200_000, live: int = 20_000, rounds: int = 3) -> dict[str, Any]:
    """Both ways over the same events; `agree` says whether their roots are equal."""
    setting = Setting(payments, live)
    whole = one_by_one(setting, rules=True, adverse=0.01)
    bare = one_by_one(setting, rules=False, adverse=0.0)
    batch = in_batches(setting, 1000, rounds, 0.0)
    return {
        "features": len(FEATURES) + 1,
        "trees": len(setting.model.file.trees.nodes) if setting.model.file.trees else 0,
        "live": live,
        "one, rules, list, 1% adverse with parts": whole,
        "one, list, no rules, no parts": bare,
        "batches, list, no rules, no parts": batch,
        "agree": bare["root"] == batch["root"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object in place of lines")
    parser.add_argument("--live", type=int, default=20_000, help="decisions timed")
    found = run(live=parser.parse_args().live)
    if parser.parse_args().json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:<42} {value}")


if __name__ == "__main__":
    main()
