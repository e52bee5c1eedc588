"""Training: history to a model and its cuts, over the very rows that the engine would have seen.

The windows are stepped over all of history, so a training row is the row a live decision has. A truth counts only if it
came, as an event, before `until`; an event younger than `mature_days` is not learned from, because most of its truth is
still to come. A payment that was stopped has no truth: it is left out, and its like come in by the let-through sample,
each weighing as many as its share stands for. The last fifth of the days sets calibration and cuts, unseen by the fit.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np
import tomli_w
from numpy.typing import NDArray

from waglan.engine.replay import dense_values
from waglan.features.plan import Plan, compile
from waglan.features.state import Windows
from waglan.measures.ranking import average_precision, roc_auc
from waglan.models.model import Card, Model
from waglan.models.training import train as fit_model
from waglan.policy.ladder import cuts_from_budget, cuts_from_costs
from waglan.schema.batch import REFUSED, Batch
from waglan.schema.recipe import Recipe, columns
from waglan.schema.units import DAY_NS, MICRO, MINOR_DIGITS, NULL, BadValue
from waglan.store.keys import SeededKeys
from waglan.store.vault import Vault

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

CALIBRATION: Final = 0.2
"""Share of the training days, the last ones, that sets calibration and cuts."""


@dataclass(frozen=True)
class History:
    """Decided events of a batch with their rows and what is known of them.

    at: place in the batch; rows (n, f); known, positive: bool (n,), whether a truth came and what it was; amounts: the
    first money column of one currency, minor units, 0 where null.
    """

    plan: Plan
    at: Ints
    ts_ns: Ints
    rows: Ints
    known: Flags
    positive: Flags
    amounts: Ints
    ids: list[str]


def history(recipe: Recipe, batch: Batch, until_ns: int, threads: int = 1) -> History:
    """Step a batch's events up to `until_ns` through new windows and join the outcomes that came before it."""
    stop = int(np.searchsorted(batch.ts_ns, until_ns))
    batch = batch.slice(0, stop)
    keep = np.flatnonzero(batch.kinds != REFUSED)
    plan = compile(recipe)
    values = dense_values(recipe, Vault(SeededKeys(0)), batch)[keep]
    codes = batch.kinds[keep]
    rows, status = Windows(plan, threads).step(
        codes, batch.ts_ns[keep], values, blocked=not plan.feedback, threads=threads
    )
    outcome = list(columns(recipe)).index("outcome")
    truth = {
        batch.ids[i].rsplit("/", 1)[0]: bool(values[k, outcome]) for k, i in enumerate(keep.tolist()) if codes[k] == 1
    }
    decided = np.flatnonzero((codes == 0) & (status & 6 == 0))
    at = keep[decided]
    ids = [batch.ids[i] for i in at.tolist()]
    known = np.array([event_id in truth for event_id in ids], np.bool_)
    positive = np.array([truth.get(event_id, False) for event_id in ids], np.bool_)
    amounts = values[decided, money_column(recipe)]
    return History(
        plan, at, batch.ts_ns[at], rows[decided], known, positive, np.where(amounts == NULL, 0, amounts), ids
    )


def money_column(recipe: Recipe) -> int:
    """The first money column of one currency; the first money column of any if there is none, 0 without one."""
    money = [(j, c.money) for j, c in enumerate(columns(recipe).values()) if c.money]
    single = [j for j, currency in money if currency in MINOR_DIGITS]
    return (single or [j for j, _ in money] or [0])[0]


@dataclass(frozen=True)
class Trained:
    """A model, the recipe that names it, and the facts a person asks first."""

    model: Model
    recipe_bytes: bytes
    facts: dict[str, Any]


def train(
    recipe: Recipe,
    batch: Batch,
    *,
    until_ns: int | None = None,
    days: int | None = None,
    mature_days: int = 7,
    stopped: Mapping[str, str] | None = None,
    threads: int = 1,
) -> Trained:
    """A model and cuts from a batch of events in log order, and the recipe file that seals both.

    until_ns: nothing known at or after it is used. days: decided events no older than this are learned from; all by
    default. stopped: id -> verb of events that were declined, whose truth is withheld unless it came.
    """
    until = int(batch.ts_ns[-1]) + 1 if until_ns is None and len(batch) else until_ns or 0
    past = history(recipe, batch, until, threads)
    return train_on(recipe, past, until, days=days, mature_days=mature_days, stopped=stopped)


def train_on(
    recipe: Recipe,
    past: History,
    until_ns: int,
    *,
    days: int | None = None,
    mature_days: int = 7,
    stopped: Mapping[str, str] | None = None,
    leave_out: Flags | None = None,
) -> Trained:
    """As `train`, from rows that are there already. `leave_out` (n,) keeps events from the fit and not from the cuts."""
    end = until_ns - mature_days * DAY_NS
    start = end - days * DAY_NS if days is not None else int(past.ts_ns[0]) if len(past.ts_ns) else 0
    weights = _weights(recipe, past, stopped or {})
    within = (past.ts_ns >= start) & (past.ts_ns < end) & (weights > 0)
    split = end - int((end - max(start, int(past.ts_ns[0]) if len(past.ts_ns) else 0)) * CALIBRATION)
    fit, later = within & (past.ts_ns < split), within & (past.ts_ns >= split)
    if leave_out is not None:
        fit &= ~leave_out
    plan, use = past.plan, np.array(past.plan.use, np.int64)
    if not (past.positive & fit).any() or not (past.positive & later).any():
        raise BadValue(
            f"{recipe.name}: {int((past.positive & fit).sum())} known frauds to learn from and "
            f"{int((past.positive & later).sum())} to calibrate on; both are needed, "
            f"before {mature_days} days of maturing"
        )
    seen = np.ascontiguousarray(past.rows[:, use])
    card = Card(
        owner=recipe.owner,
        purpose=recipe.purpose,
        from_ns=start,
        to_ns=split,
        data_digest=hashlib.sha256(seen[fit].tobytes() + past.positive[fit].tobytes()).hexdigest(),
    )
    model = fit_model(
        seen[fit],
        past.positive[fit].astype(np.int8),
        [plan.names[i] for i in use],
        [plan.scales[i] for i in use],
        kind=recipe.model.kind,
        categorical=[k for k, i in enumerate(use.tolist()) if i in plan.categorical],
        parameters=dict(recipe.model.parameters),
        seed=recipe.model.seed,
        weights=weights[fit],
        card=card,
    )
    model = model.calibrated(seen[later], past.positive[later].astype(np.int8), "isotonic", weights[later])
    scores = model.score(seen[later])
    metrics = {
        "ap_micro": round(average_precision(scores, past.positive[later]) * MICRO),
        "auc_micro": round(roc_auc(scores, past.positive[later]) * MICRO),
    }
    model = model.told(metrics=metrics)
    cuts = find_cuts(recipe, past, later, scores)
    sealed = seal(recipe, model, cuts)
    facts = {
        "recipe": recipe.name,
        "rows": int(fit.sum()),
        "frauds": int((past.positive & fit).sum()),
        "calibration rows": int(later.sum()),
        "AP on later days": metrics["ap_micro"] / MICRO,
        "AUC on later days": metrics["auc_micro"] / MICRO,
        "cuts (millionths)": cuts,
        "model digest": model.digest.hex(),
    }
    return Trained(model, sealed, facts)


def _weights(recipe: Recipe, past: History, stopped: Mapping[str, str]) -> NDArray[np.float64]:
    """1 for what ran its course, 0 for what was stopped; what was let through stands for all of its like."""
    weights = np.ones(len(past.at))
    share = recipe.policy.let_through_micro
    for k, event_id in enumerate(past.ids):
        verb = stopped.get(event_id)
        if verb == "let_through":
            weights[k] = MICRO / share if share else 1.0
        elif verb is not None and not past.known[k]:
            weights[k] = 0.0
    return weights


def find_cuts(recipe: Recipe, past: History, later: Flags, scores: Ints) -> dict[str, int]:
    """Cuts as the policy asks: stated, from costs, or from the day's alert budget."""
    policy = recipe.policy
    if policy.budget is not None:
        when = past.ts_ns[later]
        days = -(-int(when.max() - when.min()) // DAY_NS)
        return cuts_from_budget(scores, max(days, 1), policy.budget, policy.verbs)
    if policy.costs is not None:
        truth = past.positive[later].astype(np.int64) * MICRO
        return cuts_from_costs(scores, truth, past.amounts[later], policy.costs, policy.verbs)
    return dict(policy.cuts)


def seal(recipe: Recipe, model: Model, cuts: dict[str, int]) -> bytes:
    """The recipe as a file that names its model and states its cuts; what `train` worked from stays beside them."""
    tree = msgspec.to_builtins(recipe)
    tree["model"] |= {"file": "model.json", "digest": model.digest.hex()}
    tree["policy"]["cuts"] = cuts
    return tomli_w.dumps(without_nothing(tree), multiline_strings=False).encode()


def without_nothing(tree: Any) -> Any:
    """TOML has no null, and a default that is empty says nothing: both are left out."""
    if isinstance(tree, dict):
        kept = {name: without_nothing(value) for name, value in tree.items()}
        return {name: value for name, value in kept.items() if value is not None and value != {}}
    if isinstance(tree, list):
        return [without_nothing(item) for item in tree]
    return tree
