"""Two files that were not made for us, through a recipe and a column mapping alone: `python -m bench.foreign --json`.

Nothing of either file is known to the package: `recipes/customs.toml` and `recipes/amlsim.toml` say how a file is read,
what is computed of it and how the model is trained, and what stands here only divides rows, joins labels and counts.

- customs: 54,000 import declarations. Protocol of its authors' baseline: the target is `Fraud`, fitted on 2020, looked
  at on January to March 2021, reported on April to June as the macro-F1 of the flags. The cut is the one that is best
  on the validation months, never moved afterwards. Told twice: with results of inspections entering the windows as
  they come, seven days after the declaration; and with those of 2020 alone, which is all that the baseline saw. The
  baseline, XGBoost on label-encoded columns with fraud drawn again until it is half, is fitted in the same run.
- amlsim: 120,558 transfers of 20,000 accounts, 1,804 of which launder. An account's label is a target and nothing
  else; accounts are divided by the CRC-32 of their identifier, three fifths to fit, one to look at, one to report. A
  transfer is scored once as its payer's and once as its payee's; an account has the highest (or the mean, whichever
  the validation accounts prefer) of each, and of the two the higher. Beside the trees stands a logistic regression on
  the same rows and targets, divided and gathered in the same way.

`answer` is a hash of every score, which must be the same in each run on one machine.
"""

import argparse
import hashlib
import json
import os
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from waglan.engine.training import NEVER, History, history
from waglan.intake import read
from waglan.measures.ranking import average_precision, roc_auc, steps
from waglan.models.model import Model
from waglan.models.training import Parameters, train
from waglan.schema.batch import Batch
from waglan.schema.recipe import Recipe, columns, kinds, open_recipe

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

ROOT: Final = Path(__file__).parent.parent
PUBLISHED: Final = 0.7187
"""Macro-F1 on the test months that the customs file's figure is to be above."""

SILENT: Final = -(1 << 62)
"""Score of an account that no transfer speaks of: below every other."""

FOLDS: Final = 5
LOOK, REPORT = 3, 4


def fitted(recipe: Recipe, past: History, fit: Flags, target: Flags, kind: str, rounds: int, of: str = "") -> Model:
    """The recipe's model on the rows of `fit`; rounds 0 is the recipe's own; `of` keeps features of some takes only."""
    use = inputs(recipe, past, of)
    parameters: Parameters = dict(recipe.model.parameters) if kind == "lightgbm" else {}
    if rounds and kind == "lightgbm":
        parameters["rounds"] = rounds
    return train(
        np.ascontiguousarray(past.rows[fit][:, use]),
        target[fit].astype(np.int8),
        [past.plan.names[i] for i in use],
        [past.plan.scales[i] for i in use],
        kind=kind,
        categorical=[k for k, i in enumerate(use) if i in past.plan.categorical],
        parameters=parameters,
        seed=recipe.model.seed,
    )


def inputs(recipe: Recipe, past: History, of: str = "") -> list[int]:
    """Positions of the features a model reads: all it is given, or those of one take."""
    return [i for i in past.plan.use if not of or recipe.features[i].take == of]


def scored(recipe: Recipe, past: History, model: Model, of: str = "") -> Ints:
    """Whole-number scores of every row."""
    return model.score(np.ascontiguousarray(past.rows[:, inputs(recipe, past, of)]))


def macro_f1(flagged: Flags, positive: Flags) -> float:
    """Mean of the F1 of the flagged and of the others; a class without members on either side counts 0."""
    halves = []
    for said, so in ((flagged, positive), (~flagged, ~positive)):
        both = int(said.sum() + so.sum())
        halves.append(2 * int((said & so).sum()) / both if both else 0.0)
    return sum(halves) / 2


def best_cut(score: Ints, positive: Flags) -> int:
    """The least score to flag with the highest macro-F1; of equals the highest. O(n log n)."""
    cuts, alerts, hits = steps(score, positive)
    n, p = len(score), int(positive.sum())
    left = (n - p) - (alerts - hits)
    mean = hits / (alerts + p) + left / np.maximum((n - alerts) + (n - p), 1)  # nobody is left if all are fraud
    return int(cuts[int(np.argmax(mean))])


@dataclass(frozen=True, slots=True)
class Declarations:
    """What the harness, and nobody else, knows of the customs file: by id, its part of the year and its truth."""

    part: dict[str, str]
    fraud: dict[str, bool]

    @classmethod
    def of(cls, path: Path) -> "Declarations":
        table = pq.read_table(path, columns=["Declaration ID", "split", "Fraud"])
        ids = [str(i) for i in table["Declaration ID"].to_pylist()]
        fraud = [bool(f) for f in table["Fraud"].to_pylist()]
        return cls(dict(zip(ids, table["split"].to_pylist(), strict=True)), dict(zip(ids, fraud, strict=True)))

    def unread(self, part: str, ids: list[str]) -> Flags:
        """Truth of the declarations of a part that intake refused: nobody flags them."""
        there = set(ids)
        return np.array([self.fraud[i] for i, p in self.part.items() if p == part and i not in there], np.bool_)


def without_later(recipe: Recipe, batch: Batch, known: Declarations) -> Batch:
    """The stream without outcomes of declarations after the training year."""
    outcome = kinds(recipe).index("outcome")
    early = [
        k != outcome or known.part[i.rsplit("/", 1)[0]] == "train"
        for i, k in zip(batch.ids, batch.kinds.tolist(), strict=True)
    ]
    return batch.take(np.flatnonzero(early))


def customs(path: Path, recipe_path: Path, rounds: int) -> tuple[dict[str, Any], bytes]:
    """Figures of the customs file and every score's bytes."""
    recipe, _ = open_recipe(recipe_path)
    known, batch = Declarations.of(path), read(path, recipe)
    rows, answer = {}, b""
    for name, stream in (
        ("results as they come", batch),
        ("results of the training year alone", without_later(recipe, batch, known)),
    ):
        past = history(recipe, stream, NEVER)
        rows[name], scores = declared(recipe, past, known, "lightgbm", rounds)
        answer += scores.tobytes()
        if stream is batch:
            rows["logistic regression"], _ = declared(recipe, past, known, "logistic", rounds)
            rows["declared values alone"], _ = declared(recipe, past, known, "lightgbm", rounds, "value")
    rows["published baseline, refitted"] = baseline(path, rounds)
    return {
        "declarations": len(known.part),
        "refused": len(batch.refusals),
        "delay of results": recipe.source.outcome.after if recipe.source and recipe.source.outcome else "",
        "features": sum(f.use for f in recipe.features),
        "published macro_f1": PUBLISHED,
        "rows": rows,
    }, answer


def declared(
    recipe: Recipe, past: History, known: Declarations, kind: str, rounds: int, of: str = ""
) -> tuple[dict[str, float], Ints]:
    """Fit on the training year, cut on the validation months, count on the test months; refused ones are unflagged."""
    part = np.array([known.part[i] for i in past.ids])
    fraud = np.array([known.fraud[i] for i in past.ids])
    model = fitted(recipe, past, part == "train", fraud, kind, rounds, of)
    scores = scored(recipe, past, model, of)
    cut = best_cut(scores[part == "valid"], fraud[part == "valid"])
    row: dict[str, float] = {"cut_micro": cut}
    for name in ("valid", "test"):
        at, lost = part == name, known.unread(name, past.ids)
        flagged = np.append(scores[at] >= cut, np.zeros(len(lost), np.bool_))
        row |= told(name, flagged, np.append(fraud[at], lost))
        row[f"{name}_auc"] = round(roc_auc(scores[at], fraud[at]), 4)
    return row, scores


def told(name: str, flagged: Flags, positive: Flags) -> dict[str, float]:
    """Macro-F1 with the precision and recall of the fraud class, and how many were flagged."""
    hits = int((flagged & positive).sum())
    return {
        f"{name}_macro_f1": round(macro_f1(flagged, positive), 4),
        f"{name}_precision": round(hits / max(int(flagged.sum()), 1), 4),
        f"{name}_recall": round(hits / max(int(positive.sum()), 1), 4),
        f"{name}_flagged": int(flagged.sum()),
        f"{name}_declarations": len(positive),
    }


def baseline(path: Path, rounds: int) -> dict[str, float]:
    """The authors' XGBoost on their 18 columns: labels numbered as first met, fraud drawn again to half, cut at 0.5."""
    import xgboost

    table = pq.read_table(path)
    part, fraud = np.array(table["split"].to_pylist()), np.array(table["Fraud"].to_pylist(), np.bool_)
    numbers = ("Net Mass", "Item Price")
    skipped = ("Declaration ID", "Date", "split", "Fraud", "Critical Fraud")
    encoded = [
        table[name].to_numpy() if name in numbers else as_met(table[name].to_pylist())
        for name in table.column_names
        if name not in skipped
    ]
    design = np.stack([column.astype(np.float64) for column in encoded], axis=1)
    fit = np.flatnonzero(part == "train")
    rare = fit[fraud[fit]]
    again = np.random.default_rng(11).choice(rare, len(fit) - 2 * len(rare))
    rows = np.concatenate([fit, again])
    model = xgboost.XGBClassifier(
        n_estimators=rounds or 424, max_depth=4, learning_rate=0.5994130001745845, colsample_bytree=0.6, gamma=1,
        min_child_weight=2, tree_method="exact", base_score=0.5, random_state=0, n_jobs=1,
    )  # fmt: skip
    model.fit(design[rows], fraud[rows])
    row: dict[str, float] = {}
    for name in ("valid", "test"):
        at = part == name
        row |= told(name, np.asarray(model.predict(design[at]), np.bool_), fraud[at])
        chance = np.rint(model.predict_proba(design[at])[:, 1].astype(np.float64) * 1e9).astype(np.int64)
        row[f"{name}_auc"] = round(roc_auc(chance, fraud[at]), 4)
    return row


def as_met(values: list[Any]) -> Ints:
    """Each value's number in the order in which they are first met."""
    numbers: dict[Any, int] = {}
    return np.array([numbers.setdefault(value, len(numbers) + 1) for value in values], np.int64)


def fold(account: str) -> int:
    """0 to 2 to fit, 3 to look at, 4 to report."""
    return zlib.crc32(account.encode()) % FOLDS


def party(recipe: Recipe, batch: Batch, past: History, column: str, accounts: dict[str, int]) -> Ints:
    """Who plays a role in each row, as a position among the accounts."""
    j = list(columns(recipe)).index(column)
    place = np.array([accounts[name] for name in batch.names[j]], np.int64)
    who: Ints = place[batch.values[past.at, j]]
    return who


def gathered(scores: Ints, who: Ints, accounts: int, how: str) -> Ints:
    """One score for each account of its transfers': the highest, or the mean rounded down."""
    out = np.full(accounts, SILENT, np.int64)
    if how == "highest":
        np.maximum.at(out, who, scores)
        return out
    total, count = np.zeros(accounts, np.int64), np.bincount(who, minlength=accounts)
    np.add.at(total, who, scores)
    out[count > 0] = total[count > 0] // count[count > 0]
    return out


def amlsim(folder: Path, recipe_path: Path, rounds: int) -> tuple[dict[str, Any], bytes]:
    """Figures of the transfers and every account's score."""
    recipe, _ = open_recipe(recipe_path)
    nodes = pq.read_table(next(folder.glob("*_nodes.parquet")), columns=["nodeid", "isFraud"])
    names = [str(i) for i in nodes["nodeid"].to_pylist()]
    accounts = {name: i for i, name in enumerate(names)}
    launders = nodes["isFraud"].to_numpy() == 1
    folds = np.array([fold(name) for name in names])
    batch = read(next(folder.glob("*_transactions.parquet")), recipe)
    past = history(recipe, batch, NEVER)
    roles = {role: party(recipe, batch, past, role, accounts) for role in ("payer", "payee")}
    rows, found, answer = {}, {}, b""
    for kind in ("lightgbm", "logistic"):
        of_role = {}
        for role, who in roles.items():
            model = fitted(recipe, past, folds[who] < LOOK, launders[who], kind, rounds)
            of_role[role] = scored(recipe, past, model)
        rows[kind], found[kind] = accounted(of_role, roles, launders, folds)
        answer += found[kind].tobytes()
    last = folds == REPORT
    apart = apart_interval(found["lightgbm"][last], found["logistic"][last], launders[last])
    return {
        "transfers": len(past.at),
        "refused": len(batch.refusals),
        "features": sum(f.use for f in recipe.features),
        "accounts": len(names),
        "laundering": int(launders.sum()),
        "reported accounts": int(last.sum()),
        "reported laundering": int(launders[last].sum()),
        "base rate": round(float(launders[last].mean()), 4),
        "trees less logistic, 95%": apart,
        "rows": rows,
    }, answer


def accounted(
    of_role: dict[str, Ints], roles: dict[str, Ints], launders: Flags, folds: Ints
) -> tuple[dict[str, Any], Ints]:
    """Average precision by account of both roles together and of each, gathered as the validation accounts prefer."""
    tried: list[tuple[float, str, Ints]] = []
    for how in ("highest", "mean"):
        both = [gathered(of_role[role], who, len(launders), how) for role, who in roles.items()]
        score = np.maximum(*both)
        tried.append((average_precision(score[folds == LOOK], launders[folds == LOOK]), how, score))
    look, how, score = max(tried, key=lambda one: one[0])
    last = folds == REPORT
    row: dict[str, Any] = {
        "gathered": how,
        "valid_ap": round(look, 4),
        "test_ap": round(average_precision(score[last], launders[last]), 4),
        "test_auc": round(roc_auc(score[last], launders[last]), 4),
    }
    row["test_precision_of_200"] = round(float(launders[last][np.argsort(-score[last], kind="stable")[:200]].mean()), 4)
    for role, who in roles.items():
        alone = gathered(of_role[role], who, len(launders), how)[last]
        row[f"test_ap_{role}"] = round(average_precision(alone, launders[last]), 4)
    return row, score


def apart_interval(one: Ints, other: Ints, positive: Flags, draws: int = 500) -> list[float]:
    """Percentile interval of the difference of two APs over accounts drawn with replacement, the same for both."""
    chance = np.random.default_rng(2018)
    apart = np.empty(draws)
    for i in range(draws):
        at = chance.integers(0, len(one), len(one))
        apart[i] = average_precision(one[at], positive[at]) - average_precision(other[at], positive[at])
    return [round(float(v), 4) for v in np.quantile(apart, (0.025, 0.975))]


def run(data: Path, recipes: Path = ROOT / "recipes", rounds: int = 0) -> dict[str, Any]:
    """Both files. data: the folder that holds them; rounds: trees of each model, 0 for what the recipes say."""
    start = time.process_time()
    first, some = customs(data / "customs_declarations.parquet", recipes / "customs.toml", rounds)
    middle = time.process_time()
    second, rest = amlsim(data / "amlsim", recipes / "amlsim.toml", rounds)
    first["cpu_s"], second["cpu_s"] = round(middle - start, 1), round(time.process_time() - middle, 1)
    return {"customs": first, "amlsim": second, "answer": hashlib.sha256(some + rest).hexdigest()}


def table(found: dict[str, Any]) -> None:
    """Print the result for people."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    first, second = found["customs"], found["amlsim"]
    out = Table("customs", "valid macro-F1", "test macro-F1", "precision", "recall", "test AUC")
    for name, row in first["rows"].items():
        keys = ("valid_macro_f1", "test_macro_f1", "test_precision", "test_recall", "test_auc")
        out.add_row(name, *(f"{row[key]:.4f}" for key in keys))
    out.add_row("published", "", f"{first['published macro_f1']:.4f}")
    console.print(out)
    out = Table("amlsim", "valid AP", "test AP", "as payer", "as payee", "of first 200", "test AUC")
    for name, row in second["rows"].items():
        figures = ("valid_ap", "test_ap", "test_ap_payer", "test_ap_payee", "test_precision_of_200", "test_auc")
        out.add_row(f"{name}, {row['gathered']}", *(f"{row[key]:.4f}" for key in figures))
    out.add_row("base rate", "", f"{second['base rate']:.4f}")
    console.print(out)
    console.print(
        f"AP of trees less AP of logistic, 95% of draws: {second['trees less logistic, 95%']}", highlight=False
    )
    console.print(f"refused {first['refused']} and {second['refused']}; answer {found['answer']}", highlight=False)


def main() -> None:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = Path(os.environ.get("WAGLAN_DATA", ROOT.parent / "shared"))
    parser.add_argument("--data", type=Path, default=shared / "data")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = run(given.data, rounds=given.rounds)
    if given.json:
        print(json.dumps(found, indent=1))
    else:
        table(found)


if __name__ == "__main__":
    main()
