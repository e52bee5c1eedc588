"""The past of a recipe: decided events with the very rows the engine would have seen, and what is known of them.

The windows are stepped over all of history, so a row here is the row that a live decision has. Truths and verbs come as
events of their own.
"""

import zlib
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from waglan.engine.judge import EFFECT, REFUSING
from waglan.engine.replay import CHUNK, dense_values, first_rows, matrix
from waglan.features.plan import Plan, compile
from waglan.features.state import Windows
from waglan.ledger.entry import DECISION, OBSERVATION
from waglan.schema.batch import Batch
from waglan.schema.recipe import ADDED, Recipe, columns
from waglan.schema.records import decode_decision, decode_observation
from waglan.schema.units import MINOR_DIGITS, NULL, BadValue
from waglan.store.keys import NoKeys
from waglan.store.records import Store
from waglan.store.vault import Vault

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

NEVER: Final = (1 << 63) - 1


@dataclass(frozen=True)
class History:
    """Decided events of a batch with their rows and what is known of them.

    at: place in the batch; rows (m, f), behind them `more` block by block, n in all; known_ns: when the truth came,
    NEVER if it did not; positive: bool (n,), what it was; amounts: the first money column of one currency (`money` is
    its place), minor units, 0 where null;
    windows: where they stand after the last event; vault: whose dense numbers they know subjects by.
    """

    plan: Plan
    at: Ints
    ts_ns: Ints
    rows: Ints
    known_ns: Ints
    positive: Flags
    amounts: Ints
    money: int
    ids: list[str]
    windows: Windows
    vault: Vault
    more: tuple[Ints, ...] = ()
    repeated: int = 0
    """Events to decide that came a second time and are not among these."""
    declined: Flags = field(default_factory=lambda: np.zeros(0, np.bool_))
    """bool (n,): an adverse verb is known, from an `effect` or a decision; empty where nothing is."""

    def draws(self, seed: int) -> Ints:
        """A number below 2**32 for each event, by its id and a seed: CRC-32."""
        start = zlib.crc32(seed.to_bytes(8, "big", signed=True))
        drawn = (zlib.crc32(event_id.encode(), start) for event_id in self.ids)
        return np.fromiter(drawn, np.int64, len(self.ids))


def history(recipe: Recipe, batch: Batch, until_ns: int, threads: int = 1) -> History:
    """Step a batch's events up to `until_ns` through new windows and join the outcomes that came before it.

    Raises BadValue for a market book's recipe: nothing is learned for it.
    """
    if recipe.risk is not None:
        raise BadValue(f"{recipe.name}: a market book's model is its universe, which is written and not trained")
    stop = int(np.searchsorted(batch.ts_ns, until_ns))
    batch = batch.slice(0, stop)
    keep = first_rows(batch)
    plan = compile(recipe)
    vault = Vault(NoKeys())
    values = dense_values(recipe, vault, batch)[keep]
    codes = batch.kinds[keep]
    windows = Windows(plan, threads)
    rows, status = windows.step(codes, batch.ts_ns[keep], values, blocked=True, threads=threads)
    outcome = list(columns(recipe)).index("outcome")
    truth = {
        batch.ids[i].rsplit("/", 1)[0]: (int(batch.ts_ns[i]), bool(values[k, outcome] == 1))
        for k, i in enumerate(keep.tolist())
        if codes[k] == 1
    }
    decided = np.flatnonzero((codes == 0) & (status & REFUSING == 0))
    at = keep[decided]
    ids = [batch.ids[i] for i in at.tolist()]
    told = [truth.get(event_id, (NEVER, False)) for event_id in ids]
    known_ns, positive = np.array([t for t, _ in told], np.int64), np.array([p for _, p in told], np.bool_)
    money = money_column(recipe)
    amounts = values[decided, money]
    amounts = np.where(amounts == NULL, 0, amounts)
    repeated = int((batch.kinds == 0).sum() - (codes == 0).sum())
    adverse = {verb for verb, name in enumerate(recipe.policy.verbs) if name in recipe.policy.adverse}
    verb = list(columns(recipe)).index("verb")
    effects = np.flatnonzero(codes == EFFECT).tolist()
    stopped = {batch.ids[keep[k]].rsplit("/", 1)[0] for k in effects if values[k, verb] in adverse}
    return History(
        plan, at, batch.ts_ns[at], rows[decided], known_ns, positive, amounts, money, ids, windows, vault, (), repeated,
        np.array([event_id in stopped for event_id in ids], np.bool_),
    )  # fmt: skip


def with_decisions(past: History, since_ns: int, store: Store, adverse: Collection[str]) -> History:
    """History up to a time, and after it what a store sealed: the rows that were decided on, the truths that came.

    adverse: verbs by which an event counts as declined, and is not learned from as good while no truth came; none
    where a training is told in another way whose truth is withheld.
    """
    ids, stopped, times, amounts, rows, truth = (
        list[str](),
        list[bool](),
        list[int](),
        list[int](),
        list[Ints](),
        dict[str, tuple[int, bool]](),
    )
    outcome = -len(ADDED) + list(ADDED).index("outcome")
    sealed = store.readable()
    while some := list(islice(sealed, CHUNK)):  # a row in Python's own numbers takes 3 KB: only a chunk of them at once
        decisions = [decode_decision(row.record) for row in some if row.kind == DECISION]
        ids += [d.event.id for d in decisions]
        stopped += [any(action.verb in adverse for action in d.actions) for d in decisions]
        times += [d.event.ts_ns for d in decisions]
        amounts += [d.event.values[past.money] or 0 for d in decisions]
        rows.append(matrix([d.row for d in decisions]).reshape(-1, past.rows.shape[1]))
        for event in (decode_observation(row.record).event for row in some if row.kind == OBSERVATION):
            if event.kind == "outcome":
                truth[event.id.rsplit("/", 1)[0]] = (event.ts_ns, event.values[outcome] == 1)
    keep = past.ts_ns < since_ns
    before = [event_id for event_id, kept in zip(past.ids, keep.tolist(), strict=True) if kept]
    told = [truth.get(i) for i in before]
    came = np.array([t is not None for t in told], np.bool_)
    known_ns, positive = past.known_ns[keep], past.positive[keep]
    late = known_ns >= since_ns
    known_ns, positive = np.where(late, NEVER, known_ns), positive & ~late
    known_ns[came] = [t[0] for t in told if t is not None]
    positive[came] = [t[1] for t in told if t is not None]
    after = [truth.get(event_id, (NEVER, False)) for event_id in ids]
    return replace(
        past,
        at=np.concatenate([past.at[keep], np.full(len(ids), -1, np.int64)]),
        ts_ns=np.concatenate([past.ts_ns[keep], np.array(times, np.int64)]),
        rows=past.rows if keep.all() else past.rows[keep],
        more=tuple(rows),  # beside them: to put half a GB of rows and these into one array took 3 s
        known_ns=np.concatenate([known_ns, np.array([t for t, _ in after], np.int64)]),
        positive=np.concatenate([positive, np.array([p for _, p in after], np.bool_)]),
        amounts=np.concatenate([past.amounts[keep], np.array(amounts, np.int64)]),
        ids=before + ids,
        declined=np.concatenate([past.declined[keep], np.array(stopped, np.bool_)]),
    )


def money_column(recipe: Recipe) -> int:
    """The first money column of one currency; the first money column of any if there is none, 0 without one."""
    money = [(j, c.money) for j, c in enumerate(columns(recipe).values()) if c.money]
    single = [j for j, currency in money if currency in MINOR_DIGITS]
    return (single or [j for j, _ in money] or [0])[0]


def seen(past: History, which: Flags, places: tuple[int, ...] | None = None) -> Ints:
    """The rows of some events, bool (n,), as the model sees them: int64 (m, features that it uses, or at `places`)."""
    use, start, found = np.array(past.plan.use if places is None else places, np.int64), 0, []
    for block in (past.rows, *past.more):
        found.append(block[np.ix_(np.flatnonzero(which[start : start + len(block)]), use)])
        start += len(block)
    return np.ascontiguousarray(np.concatenate(found))
