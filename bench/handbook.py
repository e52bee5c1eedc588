"""Detection on the fraud benchmark, ours beside the published XGBoost: `python -m bench.handbook --data FILE --json`.

One harness for both: the published row must come back from it before ours counts. Ours is what the product runs: the
features of `recipes/handbook.toml` through the features room, trees laid flat by the models room, whole-number
scores. It is trained twice: on the fold's seven days, like the published rows (`ours_week`), and on everything up to
their end (`ours`); a label younger than the delay is used in neither. Then the same on fresh seeds of the world.
How features and parameters were chosen, on validation folds alone: docs/guides/handbook.md.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bench import handbook_protocol as protocol
from bench.handbook_protocol import PUBLISHED, TEST, VALIDATION, WEEK, Figures, Floats, Ints
from bench.handbook_world import DAY_S, START_DAY, Payments, world
from waglan.features.plan import compile
from waglan.features.state import Windows
from waglan.models.training import Parameters, train
from waglan.schema.recipe import Recipe, columns, open_recipe
from waglan.schema.units import NULL, BadValue

RECIPE: Final = Path(__file__).parent.parent / "recipes" / "handbook.toml"
COLUMNS: Final = {
    "TX_DATETIME": "seconds", "CUSTOMER_ID": "customer", "TERMINAL_ID": "terminal", "TX_AMOUNT": "amount_minor",
    "TX_FRAUD": "kind",
}  # fmt: skip

WARM: Final = 40
"""First day of all history that is trained on: before it, too little is known of what a customer usually pays."""

WEEK_PARAMETERS: Final[Parameters] = {
    "rounds": 150, "num_leaves": 15, "learning_rate": 0.05, "min_data_in_leaf": 30, "lambda_l2": 5.0,
    "feature_fraction": 0.3, "bagging_fraction": 0.7, "bagging_freq": 1, "max_bin": 4095, "min_data_in_bin": 1,
}  # fmt: skip
"""For seven days: fine bins are worth .015 AP there, because 600 frauds lie in the tails of 67,000 payments. The
parameters for all history stand in the recipe."""


def load(path: Path) -> Payments:
    """The published file. Raises BadValue if it lacks a column."""
    import polars as pl

    try:
        table = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise BadValue(f"{path}: {error}") from None
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        raise BadValue(f"{path}: no column {', '.join(missing)}; found {', '.join(table.columns)}")
    table = table.sort("TX_DATETIME", maintain_order=True)
    seconds = table["TX_DATETIME"].dt.epoch("s").to_numpy() - START_DAY * DAY_S
    who, where = (table[name].to_numpy().astype(np.int64) for name in ("CUSTOMER_ID", "TERMINAL_ID"))
    minor = np.rint(table["TX_AMOUNT"].to_numpy() * 100).astype(np.int64)
    return Payments(seconds.astype(np.int64), who, where, minor, table["TX_FRAUD"].to_numpy().astype(np.int8))


def values_of(payments: Payments, recipe: Recipe) -> Ints:
    """Payments as the recipe's columns, int64 (n, c)."""
    told: dict[str, NDArray[np.integer[Any]]] = {
        "customer": payments.customer, "terminal": payments.terminal, "amount": payments.amount_minor,
        "fraud": payments.fraud, "day": payments.days,
    }  # fmt: skip
    values = np.full((len(payments), len(columns(recipe))), NULL, np.int64)
    for place, name in enumerate(columns(recipe)):
        if name in told:
            values[:, place] = told[name]
    return values


def rows_of(payments: Payments, recipe: Recipe, threads: int = 1) -> Ints:
    """The recipe's features of every payment, int64 (n, f)."""
    ts_ns = (payments.seconds + START_DAY * DAY_S) * 10**9
    kinds = np.zeros(len(payments), np.int8)
    rows, status = Windows(compile(recipe), threads).step(
        kinds, ts_ns, values_of(payments, recipe), blocked=True, threads=threads
    )
    assert not status.any(), "the file is in order and its numbers are small"
    return rows


def training(
    payments: Payments, recipe: Recipe, rows: Ints, first: int, *, history: bool
) -> tuple[Ints, Floats]:  # fmt: skip
    """Rows a fold is trained on, and their weights: the week from day `first`, or all history to its end.

    A card with a fraud known since less than two weeks is left out of training, as it is out of the test: it is
    stopped anyway. Of all history's honest payments a seeded share is trained on, each weighing as many.
    """
    plan = compile(recipe)
    chosen, share = protocol.week_rows(payments, first), 1.0
    if history:
        chosen = np.flatnonzero((payments.days >= min(WARM, first)) & (payments.days < first + WEEK))
        share = recipe.model.negatives_micro / 1e6
    chosen = chosen[rows[chosen, plan.names.index("known_frauds_14d")] == 0]
    drawn = np.random.default_rng(recipe.model.seed + first).random(len(chosen)) < share
    chosen = chosen[drawn | (payments.fraud[chosen] == 1)]
    return chosen, np.where(payments.fraud[chosen] == 1, 1.0, 1.0 / share)


def ours(payments: Payments, recipe: Recipe, rows: Ints, first: int, test: Ints, *, history: bool) -> Figures:
    """One fold of our model."""
    plan = compile(recipe)
    use = np.array(plan.use)
    chosen, weights = training(payments, recipe, rows, first, history=history)
    model = train(
        rows[np.ix_(chosen, use)], payments.fraud[chosen], [plan.names[i] for i in use], [plan.scales[i] for i in use],
        parameters=recipe.model.parameters if history else WEEK_PARAMETERS, seed=recipe.model.seed, weights=weights,
    )  # fmt: skip
    return protocol.figures(payments, test, model.score(rows[np.ix_(test, use)]))


def say(text: str, started: float) -> None:
    print(f"{time.perf_counter() - started:6.1f} s  {text}", file=sys.stderr, flush=True)


def run(payments: Payments, recipe: Recipe, starts: Sequence[int] = TEST, threads: int = 1) -> dict[str, Any]:
    """Every model on every fold: for each its `folds` and their `mean`, with `ap`, `auc` and `cp100`.

    starts: first training day of each fold.
    """
    started = time.perf_counter()
    features: Floats = protocol.fifteen(payments)
    say(f"{len(payments)} payments, {int(payments.fraud.sum())} frauds; the published features", started)
    rows = rows_of(payments, recipe, threads)
    say(f"{rows.shape[1]} features of {recipe.name}", started)
    folds: dict[str, list[Figures]] = {}
    for first in starts:
        test = protocol.test_rows(payments, first)
        found = protocol.peers(payments, features, first, test)
        found["ours_week"] = ours(payments, recipe, rows, first, test, history=False)
        found["ours"] = ours(payments, recipe, rows, first, test, history=True)
        for name, of in found.items():
            folds.setdefault(name, []).append(of)
        say(f"fold from day {first}: " + ", ".join(f"{name} AP {of['ap']:.3f}" for name, of in found.items()), started)
    return {name: {"folds": of, "mean": protocol.mean(of)} for name, of in folds.items()}


def fresh(seed: int, recipe: Recipe, threads: int = 1) -> dict[str, Any]:
    """The same on a seed of the world, with the gain in AP over the better of the two XGBoost rows."""
    found = run(world(seed), recipe, threads=threads)
    best = max(found["xgboost"]["mean"]["ap"], found["xgboost_100"]["mean"]["ap"])
    gain = {name: found[name]["mean"]["ap"] - best for name in ("ours_week", "ours")}
    return {"seed": seed, "gain_ap": gain, **found}


def table(found: dict[str, Any]) -> str:
    """The figures as lines for a person."""
    lines = [f"{'':28}{'AP':>8}{'AUC':>8}{'CP@100':>8}"]
    named = {"published XGBoost": PUBLISHED}
    for title, of in [("", found), *((f" seed {one['seed']}", one) for one in found["fresh"])]:
        named |= {
            name + title: of[name]["mean"] for name in ("xgboost", "xgboost_100", "ours_week", "ours") if name in of
        }
    lines += [f"{name:28}{of['ap']:8.3f}{of['auc']:8.3f}{of['cp100']:8.3f}" for name, of in named.items()]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.handbook", description="Detection on the fraud benchmark.")
    parser.add_argument("--data", type=Path, required=True, help="handbook_transactions.parquet")
    parser.add_argument("--seeds", type=int, nargs="*", default=[2, 3], help="fresh seeds of the world; none to skip")
    parser.add_argument("--folds", choices=["test", "validation"], default="test")
    parser.add_argument("--grid", action="store_true", help="the published XGBoost grid on validation folds, no more")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    try:
        payments = load(asked.data)
        if asked.grid:
            print(json.dumps(protocol.grid(payments, protocol.fifteen(payments)), indent=2))
            return
        recipe, _ = open_recipe(RECIPE)
    except BadValue as error:
        sys.exit(str(error))
    starts = TEST if asked.folds == "test" else VALIDATION
    found = run(payments, recipe, starts, asked.threads)
    del payments
    found["published"] = PUBLISHED
    found["fresh"] = [fresh(seed, recipe, asked.threads) for seed in asked.seeds if asked.folds == "test"]
    print(json.dumps(found, indent=2) if asked.json else table(found))


if __name__ == "__main__":
    main()
