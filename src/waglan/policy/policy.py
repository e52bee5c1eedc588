"""Policy: score and row -> one verb and its reasons. Pure: the same input gives the same verb, everywhere and always.

1. The first list that holds its key decides alone.
2. Otherwise the gravest of what the rules ask for and the rung of the ladder that the score reaches.
3. Where that is the gravest verb of all and the score alone asked for it, a seeded draw on the event id lets a small
   share through to whatever the rules ask for (the mildest verb if nothing): a declined payment never shows its truth,
   and a model that learns only from what it let pass goes blind. What a list or a rule declines is never let through:
   it may be the law.
4. Where the recipe makes an offer and the verb carries one, its terms are worked out last, whoever decided: caps are
   the law too. Where nothing can be offered the action is the graver verb that the recipe names.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from waglan.policy.ladder import Ladder
from waglan.policy.lists import Listed, lists
from waglan.policy.offer import Offers, Terms
from waglan.policy.profit import check_profit
from waglan.policy.review import check_review
from waglan.policy.rules import Rules
from waglan.policy.target import check_target
from waglan.schema.recipe import Recipe
from waglan.schema.units import MICRO, BadValue

LET_THROUGH = "let_through"


class Policy:
    """What to do with an event. Threads may share it; nothing in it moves.

    Reasons, in this order: `list:<name>` of the list that decided; the code of every rule that fired, or
    `rule_error:<code>` of one that could not be worked out; `cut:<verb>` of the rung reached, unless it is the mildest
    or a list decided; `let_through`; `offer:<cap>` of what made an offer less than was asked, or none.
    """

    def __init__(self, recipe: Recipe, features: Sequence[str]) -> None:
        """features: the names of the row's columns, in order. Raises BadValue for a policy that cannot be run."""
        policy = recipe.policy
        strange = [verb for verb in policy.adverse if verb not in policy.verbs]
        if strange:
            raise BadValue(f"adverse: {strange[0]!r} is not a verb of this policy; its verbs are {policy.verbs}")
        if not 0 <= policy.let_through_micro <= MICRO:
            raise BadValue(f"let_through_micro lies between 0 and {MICRO}; it was {policy.let_through_micro}")
        if not -(2**63) <= policy.seed < 2**63:
            raise BadValue(f"seed must fit in 64 bits; it was {policy.seed}")
        if policy.profit is not None:
            check_profit(policy.profit, policy.verbs)
        if policy.target:
            check_target(policy.target, policy.verbs)
        if policy.review is not None:
            check_review(recipe, policy.review)
        self.ladder = Ladder(policy.verbs, policy.cuts)
        self.verbs = self.ladder.verbs
        self.adverse = np.array([verb in policy.adverse for verb in self.verbs], np.bool_)
        """Whether parts are sealed, by verb."""
        self.favourable = ~self.adverse
        """Whether a verb is what the person concerned hoped for, by verb."""
        self.lists: tuple[Listed, ...] = lists(recipe, features)
        self.rules = Rules(recipe, features)
        self.offers = None if policy.offer is None else Offers(recipe, policy.offer, features)
        """What works out an action's terms; None for a recipe without an offer."""
        self.ruled = len(self.rules) > 0
        self.reads = self.ruled
        """Whether `decide_one` reads the event's values, and the row as plain integers."""
        self._gravest = len(self.verbs) - 1
        self._cut = [f"cut:{verb}" for verb in self.verbs]
        self._alone = [(), *((cut,) for cut in self._cut[1:])]
        self._share = policy.let_through_micro << 64
        self._seed = hashlib.sha256(b"waglan let through\n" + policy.seed.to_bytes(8, "big", signed=True))

    def drawn(self, event_id: str) -> bool:
        """Whether an event is in the share that may be let through: the first 64 bits of SHA-256(seed, id) say so."""
        digest = self._seed.copy()
        digest.update(event_id.encode("utf-8"))
        return int.from_bytes(digest.digest()[:8], "big") * MICRO < self._share

    def decide_one(
        self, values: Sequence[int], row: Sequence[int], score_micro: int, event_id: str, late: bool
    ) -> tuple[int, tuple[str, ...], bool]:
        """Position of the verb, reasons, and whether the event was let through.

        values: int64 in the order of `columns(recipe)`, NULL for null; row: int64 by the features; score_micro: the
        model's margin in millionths. Entities are not looked at.
        """
        if self.offers is not None:
            return self.act_one(values, row, score_micro, event_id, late)[:3]
        return self._answer_one(values, row, score_micro, event_id, late)

    def act_one(
        self, values: Sequence[int], row: Sequence[int], score_micro: int, event_id: str, late: bool
    ) -> tuple[int, tuple[str, ...], bool, Terms]:
        """As `decide_one`, and the action's terms, () where it has none."""
        verb, reasons, through = self._answer_one(values, row, score_micro, event_id, late)
        if self.offers is None or not self.offers.carries[verb]:
            return verb, reasons, through, ()
        terms, cap = self.offers.one(row, score_micro)
        if terms is None:
            return self.offers.below, (*reasons, self.offers.reason(cap)), False, ()
        return verb, (*reasons, self.offers.reason(cap)) if cap else reasons, through, terms

    def _answer_one(
        self, values: Sequence[int], row: Sequence[int], score_micro: int, event_id: str, late: bool
    ) -> tuple[int, tuple[str, ...], bool]:
        """What lists, rules and the ladder say."""
        asked, codes = self.rules.fired(values, row, score_micro, late) if self.ruled else (0, [])
        for listed in self.lists:
            if row[listed.feature] == 1:
                return listed.verb, (listed.reason, *codes), False
        rung = self.ladder.one(score_micro)
        if rung == self._gravest and asked < rung and self._share and rung and self.drawn(event_id):
            return asked, (*codes, self._cut[rung], LET_THROUGH), True
        return max(asked, rung), (*codes, *self._alone[rung]) if codes else self._alone[rung], False

    def decide(
        self, values: NDArray[np.int64], rows: NDArray[np.int64], scores: NDArray[np.int64], ids: Sequence[str],
        late: NDArray[np.bool_],
    ) -> tuple[NDArray[np.int8], list[tuple[str, ...]], NDArray[np.bool_]]:  # fmt: skip
        """The same for many events at once, and the same answers: verbs int8 (n,), reasons, let through bool (n,).

        values int64 (n, c), rows int64 (n, f), scores int64 (n,), ids n, late bool (n,). Without rules the work is
        array-wise: 20 M events a second, and one tuple for all events of one reason.
        """
        return self.act(values, rows, scores, ids, late)[:3]

    def act(
        self, values: NDArray[np.int64], rows: NDArray[np.int64], scores: NDArray[np.int64], ids: Sequence[str],
        late: NDArray[np.bool_],
    ) -> tuple[NDArray[np.int8], list[tuple[str, ...]], NDArray[np.bool_], dict[int, Terms]]:  # fmt: skip
        """As `decide`, and by place in the batch the terms of each action that has any."""
        verbs, reasons, through = self._answer(values, rows, scores, ids, late)
        if self.offers is None:
            return verbs, reasons, through, {}
        at = np.flatnonzero(np.array(self.offers.carries)[verbs])
        made, terms, caps = self.offers.many(rows[at], scores[at])
        failed = at[~made]
        verbs[failed], through[failed] = self.offers.below, False
        bound = ~made | (caps > 0)
        for place, cap in zip(at[bound].tolist(), caps[bound].tolist(), strict=True):
            reasons[place] = (*reasons[place], self.offers.reason(cap))
        return verbs, reasons, through, dict(zip(at[made].tolist(), map(tuple, terms[made].tolist()), strict=True))

    def _answer(
        self, values: NDArray[np.int64], rows: NDArray[np.int64], scores: NDArray[np.int64], ids: Sequence[str],
        late: NDArray[np.bool_],
    ) -> tuple[NDArray[np.int8], list[tuple[str, ...]], NDArray[np.bool_]]:  # fmt: skip
        """As `_answer_one`, for many."""
        if self.ruled:
            return self._one_by_one(values, rows, scores, ids, late)
        verbs = self.ladder.many(scores)
        told = verbs.copy()
        for place in reversed(range(len(self.lists))):
            held = rows[:, self.lists[place].feature] == 1
            verbs[held], told[held] = self.lists[place].verb, len(self.verbs) + place
        through = np.zeros(len(verbs), np.bool_)
        known = [*self._alone, *((listed.reason,) for listed in self.lists)]
        reasons = [known[place] for place in told.tolist()]
        if self._share and len(self.verbs) > 1:
            for place in np.flatnonzero(told == len(self.verbs) - 1).tolist():
                if self.drawn(ids[place]):
                    verbs[place], through[place] = 0, True
                    reasons[place] = (self._cut[-1], LET_THROUGH)
        return verbs, reasons, through

    def _one_by_one(
        self, values: NDArray[np.int64], rows: NDArray[np.int64], scores: NDArray[np.int64], ids: Sequence[str],
        late: NDArray[np.bool_],
    ) -> tuple[NDArray[np.int8], list[tuple[str, ...]], NDArray[np.bool_]]:  # fmt: skip
        """Rules are asked event by event, whatever the number."""
        lines = zip(values.tolist(), rows.tolist(), scores.tolist(), ids, late.tolist(), strict=True)
        found = [self._answer_one(*line) for line in lines]
        verbs = np.array([verb for verb, _, _ in found], np.int8)
        return verbs, [reasons for _, reasons, _ in found], np.array([passed for _, _, passed in found], np.bool_)
