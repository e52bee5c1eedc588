"""Acknowledgements and waivers of breached limits at the front door: who may write them, in which form, about what.

They come in like every event and change no decision. What can be said of one beside its decision is held whoever sends
it: the decision passed the limit that is named, in that scope; a waiver is by two people, neither of them a trader it
concerns, raises the limit within the recipe's bounds, and ends within them. Who is registered is `govern`'s.

Whether a decision passed a limit is known when it has been judged, and an event in the same batch may be about it. So a
batch is cut before each of these events, and what it is about always lies before: the answers are the same however the
stream came. What was erased is not known any more, and holds nobody back.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from waglan.ledger.entry import DECISION
from waglan.policy.waivers import CHECKER, ENDS, MAKER, REASON, about, barred, ordinary, passes, person, scope
from waglan.schema.batch import REFUSED, Batch, Refused
from waglan.schema.recipe import Column, Recipe, columns, kinds
from waglan.schema.records import Decision, decode_decision
from waglan.schema.risk import ACKNOWLEDGE, MEASURES, WAIVER, Limit
from waglan.schema.units import MICRO, NULL, SECOND_NS, duration_ns
from waglan.store.ids import Ids
from waglan.store.records import Store
from waglan.store.vault import ERASED

NEEDED: Final = {ACKNOWLEDGE: (MAKER,), WAIVER: ("limit", "amount", "until_s", MAKER, CHECKER, REASON)}
"""Columns of these events, beside what names the scope."""

REASONS: Final = {WAIVER: ("limit:",), ACKNOWLEDGE: ("limit:", "soft:")}
"""What a decision's reasons begin with that these are about."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What came before a batch. `written` puts everything pending into the store, where it is looked up."""

    seen: Ids
    store: Store
    written: Callable[[], object]
    issuers: Mapping[str, str]
    """As `policy.waivers.scope` takes them."""

    def decision(self, event_id: str) -> tuple[bool, Decision | None]:
        """Whether an id is that of a decision that could be one, and the decision; None where nobody can open it."""
        if event_id not in self.seen or (position := self.seen[event_id]) < 0:
            return False, None
        if position >= self.store.size:
            self.written()
        (row,) = self.store.range(position, position + 1)
        if row.form == ERASED:
            return True, None
        return row.kind == DECISION, decode_decision(row.record) if row.kind == DECISION else None


def issuers(model: object) -> Mapping[str, str]:
    """Instrument -> counterparty, of a market book's shares; none of a model that is no universe."""
    universe = getattr(model, "universe", None)  # its room is loaded for market books alone
    found: Mapping[str, str] = {} if universe is None else universe.issuers
    return found


def of_history(kinds_of: NDArray[np.int8], recipe: Recipe) -> NDArray[np.bool_]:
    """Which events may be history before the first record, (n,): none of these, for there is no decision yet that a
    waiver could be about, and one that nobody can read in the log would stand."""
    known = kinds(recipe)
    codes = [known.index(kind) for kind in ENDS if kind in known] if recipe.policy.limits else []
    return ~np.isin(kinds_of, codes)


def cut(batch: Batch, recipe: Recipe) -> Iterator[Batch]:
    """The batch in pieces, each of these events first in its own; the whole of it where it has none, or but one first.

    Nothing is cut of a recipe without limits.
    """
    known = kinds(recipe)
    codes = {known.index(kind) for kind in ENDS if kind in known} if recipe.policy.limits else set()
    found = [i for i, code in enumerate(batch.kinds.tolist()) if code in codes and i] if codes else []
    if not found:
        yield batch
        return
    for start, stop in pairwise([0, *found, len(batch)]):
        yield batch.slice(start, stop)


def without_unfit(batch: Batch, recipe: Recipe, before: Decided) -> Batch:
    """A piece as `cut` gives it; its first row refused if it is an acknowledgement or waiver that cannot be one.

    No intake counted such a refusal: its position is -1, for the engine to put its own place in the log there.
    """
    if not (recipe.policy.limits and len(batch) and batch.kinds[0] != REFUSED):
        return batch
    kind = kinds(recipe)[int(batch.kinds[0])]
    if kind not in ENDS or batch.ids[0] in before.seen:  # it is given the first answer
        return batch
    fault = _Door(batch, recipe, before.issuers).fault(kind, before)
    if fault is None:
        return batch
    refused = batch.kinds.copy()
    refused[0] = REFUSED
    return Batch(batch.ids, refused, batch.ts_ns, batch.values, batch.names, batch.refusals | {0: fault})


class _Door:
    """The first row of a batch, by column."""

    def __init__(self, batch: Batch, recipe: Recipe, issuers: Mapping[str, str]) -> None:
        self._recipe, self._issuers = recipe, issuers
        self._columns: Final[dict[str, Column]] = columns(recipe)
        self._cells: Final = dict(zip(self._columns, batch.values[0].tolist(), strict=True))
        self._people: Final = {
            name: batch.names[j][self._cells[name]]
            for j, name in enumerate(self._columns)
            if j in batch.names and self._cells[name] != NULL
        }
        self._id, self._ts_ns = batch.ids[0], int(batch.ts_ns[0])

    def fault(self, kind: str, before: Decided) -> Refused | None:
        """Why the row cannot be what it says."""
        if not self._id.endswith(ENDS[kind]) or len(self._id) == len(ENDS[kind]):
            return Refused("bad_id", "id", -1, self._id)
        for name in NEEDED[kind]:
            if self._cells.get(name, NULL) == NULL:
                return Refused("missing_column", name, -1, "")
        decided, decision = before.decision(about(self._id, self._recipe))
        if not decided:
            return Refused("unknown_reference", "id", -1, self._id)
        limit = self._limit()
        if decision is not None and (fault := self._other(decision, limit, kind)) is not None:
            return fault
        return None if kind == ACKNOWLEDGE or limit is None else self._unfit(limit, decision)

    def _limit(self) -> Limit | None:
        """The limit that is named."""
        code = self._word("limit", self._cells.get("limit", NULL))
        return next((limit for limit in self._recipe.policy.limits if limit.code == code), None)

    def _word(self, name: str, value: int | None) -> str | None:
        values = self._columns[name].values if name in self._columns else None
        if values is None or value is None or value == NULL or value >= len(values):
            return None
        return values[value]

    def _other(self, decision: Decision, limit: Limit | None, kind: str) -> Refused | None:
        """Why the decision is not one that passed the limit in that scope."""
        codes = [limit.code] if limit is not None else [each.code for each in self._recipe.policy.limits]
        if not any(grade + code in decision.reasons for grade in REASONS[kind] for code in codes) and not (
            kind == WAIVER and limit is not None and self._stands(decision, limit)
        ):
            return Refused("no_breach", "id", -1, self._id)
        if limit is not None and limit.by != "total":
            there = scope(limit, self._words(decision), self._issuers)
            here = self._word(limit.by, self._cells[limit.by])
            if (kind == WAIVER or here is not None) and here != there:
                return Refused("other_scope", limit.by, -1, here or "")
        return None

    def _stands(self, decision: Decision, limit: Limit) -> bool:
        """Whether a decision lay beyond the hard limit and was let stand by a waiver, which may be renewed."""
        place = len(self._recipe.features) + MEASURES.index(limit.of)
        value, key = decision.row[place], scope(limit, self._words(decision), self._issuers)
        hard = None if key is None else ordinary(limit, key, self._recipe.risk).get("hard")
        return value is not None and hard is not None and passes(limit, value, hard)

    def _words(self, decision: Decision) -> dict[str, str]:
        """A decision's categories."""
        cells = zip(self._columns, decision.event.values, strict=True)
        return {name: word for name, value in cells if (word := self._word(name, value)) is not None}

    def _unfit(self, limit: Limit, decision: Decision | None) -> Refused | None:
        """Why a waiver lies outside the recipe's bounds, or is by the wrong people."""
        maker, checker = self._people[MAKER], self._people[CHECKER]
        if person(maker) == person(checker):
            return Refused("same_person", CHECKER, -1, checker)
        decided = None if decision is None else self._words(decision).get("trader")
        known = barred(limit, self._recipe, self._word("trader", self._cells.get("trader")), decided)
        for name in (MAKER, CHECKER):
            if person(self._people[name]) in known:
                return Refused("own_trade", name, -1, self._people[name])
        until_ns = self._cells["until_s"] * SECOND_NS
        if not self._ts_ns < until_ns <= self._ts_ns + duration_ns(limit.waiver):
            return Refused("bad_until", "until_s", -1, str(self._cells["until_s"]))
        key = "" if limit.by == "total" else self._word(limit.by, self._cells[limit.by]) or ""
        hard, amount = ordinary(limit, key, self._recipe.risk).get("hard"), self._cells["amount"]
        if hard is None or not hard < amount <= hard * limit.waiver_micro // MICRO:
            return Refused("bad_amount", "amount", -1, str(amount))
        return None
