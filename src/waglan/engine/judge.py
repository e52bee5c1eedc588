"""One recipe at work: events in, rows, scores and verbs out. It keeps the moving state and nothing else.

No log, store, clock or chance is known here, so a judge over the same events gives the same verdicts anywhere; champion
and challenger, training and replay are judges too. n events at once and one at a time give the same verdicts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from waglan.engine.answer import Terms
from waglan.engine.state import State, is_of, new_state, restored, state_digest, universe_of
from waglan.features.plan import Plan, compile
from waglan.policy.limits import policy_of
from waglan.risk.columns import risk_columns
from waglan.schema.recipe import Column, Recipe, columns, kinds, recipe_digest
from waglan.schema.risk import EXPIRED, INCOMPLETE, NO_PRICE
from waglan.schema.units import NULL, BadValue

Ints = NDArray[np.int64]

LATE: Final = 1
REFUSING: Final = 2 | 4 | NO_PRICE | EXPIRED | INCOMPLETE
"""Bits of a row's status: it came late; a sum or a window reached its bound, or holdings cannot take the event."""

EFFECT: Final = 3
"""Code of the kind `effect` in every recipe."""


class Model(Protocol):
    """What the judge needs of a model: whole-number scores, and parts that sum to them."""

    @property
    def digest(self) -> bytes: ...
    @property
    def features(self) -> tuple[str, ...]: ...
    @property
    def terms(self) -> tuple[tuple[str, ...], ...]: ...
    def score(self, rows: Ints) -> Ints: ...
    def score_one(self, row: Ints) -> int: ...
    def parts(self, rows: Ints) -> Ints: ...
    def parts_one(self, row: Ints) -> list[int]: ...
    def probability(self, score_micro: int) -> int | None: ...


@dataclass(slots=True)
class Verdicts:
    """What was seen and found for n events, in their order; rows, scores and verbs mean something where `decided`.

    rows (n, f), status int8 (n,), decided bool (n,), scores int64 (n,) in millionths, verbs int8 (n,) as places on the
    ladder, reasons n tuples, parts by place in the batch for adverse verbs: terms in order, bias last. terms by place
    in the batch: those of each action that has any.
    """

    rows: Ints
    status: NDArray[np.int8]
    decided: NDArray[np.bool_]
    scores: Ints
    verbs: NDArray[np.int8]
    reasons: list[tuple[str, ...]]
    parts: dict[int, tuple[int, ...]]
    terms: dict[int, tuple[int, ...]] = field(default_factory=dict)


class Judge:
    """A recipe with its model. `recipe_bytes` is the file that is sealed."""

    def __init__(self, recipe: Recipe, recipe_bytes: bytes, model: Model, partitions: int = 1) -> None:
        self.recipe = recipe
        self.model = model
        self.digest: Final = recipe_digest(recipe_bytes, model.digest)
        self.plan: Final[Plan] = compile(recipe)
        market = recipe.risk is not None
        self.names: Final = (*self.plan.names, *(risk_columns(recipe) if market else ()))
        """What a row's cells are called: the features, and behind them the risk columns of a market book."""
        self.windows: State = new_state(self.plan, recipe, model, partitions)
        self.state_digest: Final = state_digest(self.plan, recipe, model)
        """Judges with the same one have the same state after the same events."""
        issuers = universe_of(model).universe.issuers if market else {}
        self.policy: Final = policy_of(recipe, self.names, issuers)
        self.term_names: Final = self.policy.offers.names if self.policy.offers is not None else ()
        """What an action's terms are called, in their order."""
        self.kinds: Final = kinds(recipe)
        self.verbs: Final = tuple(recipe.policy.verbs)
        self._use: Final = np.array([self.names.index(name) for name in model.features], np.int64)
        self._adverse: Final = self.policy.adverse
        named = list(columns(recipe))
        self._verb_column: Final = named.index("verb")
        self._term_columns: Final = [named.index(name) for name in self.term_names]
        self.concepts: Final = concept_codes(recipe, model)
        self._reasons_max: Final = recipe.policy.reasons_max
        self.sequential: Final = recipe.policy.effects and self.plan.feedback

    def observe(self, codes: NDArray[np.int8], ts_ns: Ints, values: Ints, threads: int = 1) -> NDArray[np.int8]:
        """Move the state and decide nothing; the status of each row."""
        return self.windows.step(codes, ts_ns, values, blocked=True, threads=threads)[1]

    def judge(self, codes: NDArray[np.int8], ts_ns: Ints, values: Ints, ids: Sequence[str]) -> Verdicts:
        """Verdicts of n events; with feedback each verb re-enters before the next event is seen."""
        if self.sequential:
            return self._in_order(codes, ts_ns, values, ids)
        rows, status = self.windows.step(codes, ts_ns, values)
        return self.verdicts(codes, values, rows, status, ids)

    def verdicts(
        self, codes: NDArray[np.int8], values: Ints, rows: Ints, status: NDArray[np.int8], ids: Sequence[str]
    ) -> Verdicts:
        """From rows to verbs, in one pass; this is also what a replay from sealed rows runs."""
        n = len(codes)
        decided = (codes == 0) & ((status & REFUSING) == 0)
        at = np.flatnonzero(decided)
        seen = rows[at]
        scores, verbs = np.zeros(n, np.int64), np.zeros(n, np.int8)
        reasons: list[tuple[str, ...]] = [()] * n
        terms: dict[int, tuple[int, ...]] = {}
        if len(at):
            late = (status[at] & LATE) > 0
            scores[at] = self.model.score(self._seen_by_model(seen))
            asked = ids if len(at) == n else [ids[i] for i in at.tolist()]
            verbs[at], told, _, terms = self.policy.act(values[at], seen, scores[at], asked, late)
            if len(at) == n:
                reasons = told
            else:
                terms = {int(at[place]): found for place, found in terms.items()}
                for i, found in zip(at.tolist(), told, strict=True):
                    reasons[i] = found
        out = Verdicts(rows, status, decided, scores, verbs, reasons, {}, terms)
        self._explain(out, at)
        return out

    def judge_one(
        self, ts_ns: int, values: Ints, event_id: str
    ) -> tuple[Ints, int, int, int, tuple[str, ...], tuple[int, ...] | None, tuple[int, ...]]:
        """One decided-kind event by the shortest way: row, status, score, verb, reasons, parts if adverse, terms."""
        row, status = self.windows.step_one(0, ts_ns, values)
        if status & REFUSING:
            return row, status, 0, 0, (), None, ()
        seen = row.take(self._use)
        score = self.model.score_one(seen)
        # Only rules and limits read more than a cell or two, and want Python's own integers.
        given, cells = (values.tolist(), row.tolist()) if self.policy.reads else ((), row)
        late = bool(status & LATE)
        terms: tuple[int, ...] = ()
        if self.policy.offers is None:
            verb, reasons, _ = self.policy.decide_one(given, cells, score, event_id, late)  # type: ignore[arg-type]
        else:
            verb, reasons, _, terms = self.policy.act_one(given, row.tolist(), score, event_id, late)
        parts = None
        if self._adverse[verb]:
            parts = tuple(self.model.parts_one(seen))
            reasons = reasons + self._concept_reasons(parts)
        if self.sequential and (verb or terms):
            row = row.copy()  # the windows' own buffer, which the effect overwrites
            self.windows.step_one(EFFECT, ts_ns, self.effect(values, verb, terms))
        return row, status, score, verb, reasons, parts, terms

    def _in_order(self, codes: NDArray[np.int8], ts_ns: Ints, values: Ints, ids: Sequence[str]) -> Verdicts:
        n = len(codes)
        out = Verdicts(
            np.full((n, len(self.names)), NULL, np.int64),
            np.zeros(n, np.int8),
            np.zeros(n, np.bool_),
            np.zeros(n, np.int64),
            np.zeros(n, np.int8),
            [()] * n,
            {},
        )
        for i in range(n):
            if codes[i] != 0:
                out.status[i] = self.windows.step_one(int(codes[i]), int(ts_ns[i]), values[i])[1]
                continue
            row, status, score, verb, reasons, parts, terms = self.judge_one(int(ts_ns[i]), values[i], ids[i])
            out.rows[i], out.status[i], out.decided[i] = row, status, not status & REFUSING
            out.scores[i], out.verbs[i], out.reasons[i] = score, verb, reasons
            if parts is not None:
                out.parts[i] = parts
            if terms:
                out.terms[i] = terms
        return out

    def resume(self, snapshot: bytes) -> int | None:
        """Take the state of a snapshot; its log position, None if it is of another state and was not taken.

        Raises BadValue for one that is damaged.
        """
        if not is_of(self.state_digest, self.recipe, snapshot):
            return None
        self.windows, position = restored(self.plan, self.recipe, self.model, snapshot)
        return position

    def told(self, terms: Sequence[int]) -> Terms:
        """An action's terms by name."""
        return dict(zip(self.term_names, terms, strict=True)) if terms else msgspec.UNSET

    def effect(self, values: Ints, verb: int, terms: Sequence[int]) -> Ints:
        """The columns of the event that an action makes: its cause's, the verb, and its terms in the columns of theirs.

        Every action has one but the mildest verb without terms. What the cause itself said in the columns of terms does
        not go on: an application that states what was lent has not lent it.
        """
        effect = values.copy()
        effect[self._verb_column] = verb
        effect[self._term_columns] = NULL
        effect[self._term_columns[: len(terms)]] = terms
        return effect

    def _seen_by_model(self, rows: Ints) -> Ints:
        return np.ascontiguousarray(rows[:, self._use])

    def _explain(self, out: Verdicts, at: NDArray[np.intp]) -> None:
        adverse = at[self._adverse[out.verbs[at]]]
        if not len(adverse):
            return
        found = self.model.parts(self._seen_by_model(out.rows[adverse])).tolist()
        for i, parts in zip(adverse.tolist(), found, strict=True):
            out.parts[i] = tuple(parts)
            out.reasons[i] = out.reasons[i] + self._concept_reasons(out.parts[i])

    def parts_of(self, row: Ints) -> tuple[int, ...]:
        """Parts of one full row, computed on demand; they sum to its score."""
        return tuple(self.model.parts_one(row.take(self._use)))

    def by_concept(self, parts: Sequence[int]) -> dict[str, int]:
        """Parts summed by concept code, heaviest first, ties by code; the bias is left out."""
        sums: dict[str, int] = {}
        for code, part in zip(self.concepts, parts, strict=False):
            sums[code] = sums.get(code, 0) + part
        return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))

    def _concept_reasons(self, parts: Sequence[int]) -> tuple[str, ...]:
        """Codes of the concepts that raised the score most, as many as the policy names, none that lowered it."""
        return tuple([code for code, part in self.by_concept(parts).items() if part > 0][: self._reasons_max])


def concept_codes(recipe: Recipe, model: Model) -> list[str]:
    """For each of the model's terms the reason code of its concept; the feature's name where it declares none."""
    concept = {feature.name: feature.concept for feature in recipe.features}
    codes = []
    for term in model.terms:
        name = concept.get(term[0])
        codes.append(recipe.concepts[name].code if name in recipe.concepts else (name or "+".join(term)))
    return codes


def same_events(champion: Recipe, other: Recipe) -> None:
    """Raises BadValue unless another recipe reads the champion's events as they are: the same kinds and columns.

    The `verb` of an effect may differ, because each recipe feeds back its own; so may the words for a column.
    """
    if kinds(champion) != kinds(other):
        raise BadValue(f"{other.name}: its kinds of events are {kinds(other)}, the book's {kinds(champion)}")
    ours, theirs = _unnamed(champion), _unnamed(other)
    for mine, its in zip(ours, theirs, strict=False):
        if mine != its and "verb" not in (mine[0], its[0]):
            raise BadValue(f"{other.name}: its column {its[0]!r} is not as the book's {mine[0]!r}: {its[1]}, {mine[1]}")
    if len(ours) != len(theirs):
        raise BadValue(f"{other.name}: it has {len(theirs)} columns, the book {len(ours)}")


def _unnamed(recipe: Recipe) -> list[tuple[str, Column]]:
    """The columns without what people call them."""
    plain = {"en": "", "zh_hant": "", "zh_hans": "", "names": {}}
    return [(name, msgspec.structs.replace(column, **plain)) for name, column in columns(recipe).items()]
