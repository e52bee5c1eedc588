"""Exact parts and scores of a forest, ours beside LightGBM's and treelite's, one thread each: `python -m bench.parts
--json`.

The same 300 trees of 31 leaves over 20 features, the same rows, in turns within one run; every answer is compared
before it is timed. Microseconds a row of processor time: the least of the rounds, with the median beside it, because
a shared machine only ever adds. `answer` is a hash of our parts and scores, which must be the same on every machine.

- parts, batch and one row: `Model.parts` and `parts_one` (whole millionths, apportioned) beside
`predict(pred_contrib=True)`;
  `shapley` is the same before apportioning, and is what agreement is measured on.
- score, batch and one row: `Model.score` and `score_one` beside `predict(raw_score=True)` and treelite's own predictor.
"""

import argparse
import hashlib
import json
import os
import statistics
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from waglan.models.agreement import seen
from waglan.models.model import Model
from waglan.models.training import from_library
from waglan.schema.units import NULL

FEATURES: Final = 20
SCALE: Final = 1_000


def world(rows: int, seed: int = 1) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """Rows of thousandths, a thirtieth of them null, and a target that asks for interactions."""
    random = np.random.default_rng(seed)
    values = np.rint(random.normal(size=(rows, FEATURES)) * SCALE).astype(np.int64)
    x = values / SCALE
    z = x[:, 0] * x[:, 1] + x[:, 2] + np.sin(2 * x[:, 3]) + 0.2 * x[:, 4:].sum(axis=1) + random.normal(size=rows)
    values[random.random(values.shape) < 1 / 30] = NULL
    return values, (z > 1).astype(np.int8)


def forest(trees: int, leaves: int) -> tuple[Any, Model]:
    """LightGBM's booster and ours of it."""
    import lightgbm

    rows, target = world(20_000)
    parameters = {"objective": "binary", "num_leaves": leaves, "num_threads": 1, "verbosity": -1, "seed": 1}
    parameters |= {"deterministic": True, "force_row_wise": True}
    scales = [SCALE] * FEATURES
    booster = lightgbm.train(parameters, lightgbm.Dataset(seen(rows, scales), target), trees)
    return booster, from_library(booster, [f"f{i}" for i in range(FEATURES)], scales)


def in_turns(rounds: int, works: dict[str, tuple[Callable[[], object], int]]) -> dict[str, dict[str, float]]:
    """Microseconds a row of each work, all of them once in every round; a work tells how many rows it does."""
    spent: dict[str, list[float]] = {name: [] for name in works}
    for work, _ in works.values():
        work()
    for _ in range(rounds):
        for name, (work, rows) in works.items():
            start = time.process_time_ns()
            work()
            spent[name].append((time.process_time_ns() - start) / rows / 1e3)
    return {
        name: {"us_row": round(min(times), 3), "median_us_row": round(statistics.median(times), 3)}
        for name, times in spent.items()
    }


def run(rows: int = 2_000, repeats: int = 7, trees: int = 300, leaves: int = 31) -> dict[str, Any]:
    """Measure and compare. rows: of the score batches; parts take a tenth of them, single rows a hundred at most."""
    import treelite

    booster, model = forest(trees, leaves)
    batch = world(rows, seed=2)[0]
    floats = seen(batch, list(model.scales))
    few, few_floats = batch[: max(1, rows // 10)], floats[: max(1, rows // 10)]
    ones = [np.ascontiguousarray(row) for row in few[:100]]
    floats_one = [floats[i : i + 1] for i in range(len(ones))]
    other = treelite.frontend.from_lightgbm(booster)

    def raw(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(booster.predict(x, raw_score=True, num_threads=1))

    def contrib(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(booster.predict(x, pred_contrib=True, num_threads=1))

    def gtil(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(treelite.gtil.predict(other, x, nthread=1, pred_margin=True)).reshape(-1)

    scores, parts = model.score(batch), model.parts(few)
    agreement = {
        "score_from_lightgbm": float(np.abs(scores / 1e6 - raw(floats)).max()),
        "score_from_treelite": float(np.abs(scores / 1e6 - gtil(floats)).max()),
        "shapley_from_lightgbm": float(np.abs(model.shapley(few) - contrib(few_floats)).max()),
        "parts_from_lightgbm": float(np.abs(parts / 1e6 - contrib(few_floats)).max()),
        "parts_sum_to_score": bool((parts.sum(axis=1) == scores[: len(few)]).all()),
        "one_row_is_the_batch": [model.parts_one(row) for row in ones] == parts[: len(ones)].tolist()
        and [model.score_one(row) for row in ones] == scores[: len(ones)].tolist(),
    }
    assert agreement["score_from_lightgbm"] <= 1e-6
    assert agreement["shapley_from_lightgbm"] <= 1e-9
    assert agreement["parts_sum_to_score"]
    assert agreement["one_row_is_the_batch"]
    n, k = len(ones), len(few)
    timed = in_turns(
        repeats,
        {
            "parts, batch, ours": (lambda: model.parts(few), k),
            "parts, batch, LightGBM": (lambda: contrib(few_floats), k),
            "parts, one row, ours": (lambda: [model.parts_one(row) for row in ones], n),
            "parts, one row, LightGBM": (lambda: [contrib(x) for x in floats_one], n),
            "score, batch, ours": (lambda: model.score(batch), rows),
            "score, batch, LightGBM": (lambda: raw(floats), rows),
            "score, batch, treelite": (lambda: gtil(floats), rows),
            "score, one row, ours": (lambda: [model.score_one(row) for row in ones], n),
            "score, one row, LightGBM": (lambda: [raw(x) for x in floats_one], n),
            "score, one row, treelite": (lambda: [gtil(x) for x in floats_one], n),
        },
    )
    return {
        "forest": {"trees": trees, "leaves": leaves, "features": FEATURES},
        "rows": rows,
        "rounds": repeats,
        "timed": timed,
        "times": times(timed),
        "agreement": agreement,
        "answer": hashlib.sha256(scores.tobytes() + parts.tobytes()).hexdigest(),
    }


def times(timed: dict[str, dict[str, float]]) -> dict[str, float]:
    """How many times as long each peer takes."""
    out = {}
    for name, found in timed.items():
        what, _, who = name.rpartition(", ")
        if who != "ours":
            out[name] = round(found["us_row"] / timed[f"{what}, ours"]["us_row"], 2)
    return out


def table(found: dict[str, Any]) -> None:
    """Print the result for people."""
    from rich.console import Console
    from rich.table import Table

    shape = found["forest"]
    title = f"{shape['trees']} trees x {shape['leaves']} leaves x {shape['features']} features, one thread"
    out = Table("work", "us a row", "median", "times ours", title=title)
    for name, row in found["timed"].items():
        ratio = found["times"].get(name)
        out.add_row(
            name, f"{row['us_row']:.2f}", f"{row['median_us_row']:.2f}", "" if ratio is None else f"{ratio:.1f}"
        )
    console = Console()
    console.print(out)
    for name, value in found["agreement"].items():
        console.print(f"{name}: {value}", highlight=False)
    console.print(f"answer {found['answer']}", highlight=False)


def main() -> None:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = run(given.rows, given.repeats)
    if given.json:
        print(json.dumps(found, indent=1))
    else:
        table(found)


if __name__ == "__main__":
    main()
