"""Limits of a market book: from a row's measures to `within`, `soft` or `hard`, and which limits say so.

A policy with limits is the policy it would be without, and then the gravest of what its limits ask for. Pure: what was
waived stands in the row. Array-wise over many events; one event goes the same way with plain integers.

A measure beyond `hard` is refused, beyond `soft` told; what lies beyond hard and within a waiver in force counts as
soft. Of an order only measures count that it makes larger, so that a book beyond its limit can be brought down; a loss
is stopped by refusing what raises the expected shortfall of its scope, since an order at the market's price loses
nothing yet. A measure that the event lacks (null) passes nothing, but an order that does not say whose it is - no
trader under a limit by trader - passes that limit: whoever leaves the name out must not be freer than who gives it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Final

import numpy as np
from numpy.typing import NDArray

from waglan.policy.policy import Policy
from waglan.policy.waivers import check_waivers
from waglan.schema.recipe import Column, Recipe, columns
from waglan.schema.risk import CHECK, MEASURE, MEASURES, ORDER, OTHERS, QUOTE, RISES, ROLL, SCOPES, WAIVED, Limit, Risk
from waglan.schema.units import MICRO, NULL, BadValue, duration_ns

Ints = NDArray[np.int64]
NEVER: Final = (1 << 63) - 1
"""No measure is beyond it: the amount of whoever has no limit."""

EXCEPTION: Final = "exception"
"""Column of the row, and the reason of a day whose loss passed its forecast."""


@dataclass(frozen=True, slots=True)
class Held:
    """One limit, laid out. soft, hard: int64 by category of the scope's column, one of all; NEVER for who has none.

    measure, waived, key: places in the row, in the row, in the event (-1: of all); bit: of what must rise in an order;
    flip: the measure is held with its sign changed. issuers: by counterparty alone, int64 by instrument, who issued it,
    -1 for a contract: what is held of a share is exposure to its issuer, whoever sold it.
    """

    measure: int
    waived: int
    key: int
    bit: int
    absolute: bool
    flip: bool
    soft: Ints
    hard: Ints
    issuers: Ints | None
    stage: int
    instrument: int
    words: tuple[str, str]
    """Reasons: beyond soft, beyond hard."""
    nameless: int
    """The grade of an order that does not say whose it is, by trader or counterparty; 0 where none can."""

    def whose(self, values: Sequence[int]) -> int:
        """The category that an event's amounts are looked up by; NULL where it has no such scope."""
        if self.key < 0:
            return 0
        if self.issuers is not None and values[self.stage] != MEASURE and values[self.instrument] != NULL:
            issuer = int(self.issuers[values[self.instrument]])
            return values[self.key] if issuer < 0 else issuer
        return values[self.key]

    def whose_many(self, values: Ints) -> Ints:
        """As `whose`, for many."""
        if self.key < 0:
            return np.zeros(len(values), np.int64)
        key = values[:, self.key]
        if self.issuers is None:
            return key
        place = values[:, self.instrument]
        traded = (values[:, self.stage] != MEASURE) & (place != NULL)
        issuer = np.where(traded, self.issuers[np.where(traded, place, 0)], -1)
        return np.where(issuer < 0, key, issuer)


class Limited(Policy):
    """A policy with limits. Reasons come behind the policy's own, in the recipe's order of limits.

    `exception` where the row says so, then for each limit that is passed `soft:<code>` or `limit:<code>`.
    """

    def __init__(self, recipe: Recipe, features: Sequence[str], issuers: Mapping[str, str] | None = None) -> None:
        """features: names of the row's cells, risk columns among them. issuers: instrument -> counterparty, of shares.

        Raises BadValue for what cannot be run.
        """
        super().__init__(recipe, features)
        self.reads = True
        self.limits: Final = tuple(laid(recipe, limit, features, issuers or {}) for limit in recipe.policy.limits)
        if len({limit.code for limit in recipe.policy.limits}) < len(self.limits):
            raise BadValue(f"limits: two have one code: {', '.join(limit.code for limit in recipe.policy.limits)}")
        missing = [verb for verb in ("soft", "hard") if verb not in self.verbs[1:]]
        if self.limits and missing:
            raise BadValue(f"limits ask for the verbs soft and hard above the mildest; {missing[0]!r} is not there")
        if self.limits and self.verbs.index("soft") > self.verbs.index("hard"):
            raise BadValue(f"hard is graver than soft, the verbs were {self.verbs}")
        self._grave: Final = [0, *(self.verbs.index(verb) for verb in ("soft", "hard"))] if self.limits else [0]
        self._stage: Final = list(columns(recipe)).index("stage")
        self._rises: Final = features.index(RISES)
        self._exception: Final = features.index(EXCEPTION)

    def _answer_one(
        self, values: Sequence[int], row: Sequence[int], score_micro: int, event_id: str, late: bool
    ) -> tuple[int, tuple[str, ...], bool]:
        """What the policy says, and then its limits."""
        verb, reasons, through = super()._answer_one(values, row, score_micro, event_id, late)
        told = [EXCEPTION] if row[self._exception] == 1 else []
        ordered = values[self._stage] == ORDER
        rises = row[self._rises] if ordered else -1
        for limit in self.limits:
            grade = graded_one(limit, values, row) if rises >> limit.bit & 1 else 0
            if ordered and limit.nameless and limit.whose(values) == NULL:
                grade = limit.nameless
            if grade:
                told.append(limit.words[grade - 1])
                verb = max(verb, self._grave[grade])
        return verb, (*reasons, *told) if told else reasons, through

    def _answer(
        self, values: Ints, rows: Ints, scores: Ints, ids: Sequence[str], late: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int8], list[tuple[str, ...]], NDArray[np.bool_]]:
        """As `_answer_one`, for many: only events that pass a limit are looked at one by one."""
        verbs, reasons, through = super()._answer(values, rows, scores, ids, late)
        if self.ruled:  # rules are asked event by event, and so were the limits
            return verbs, reasons, through
        ordered = values[:, self._stage] == ORDER
        rises = np.where(ordered, rows[:, self._rises], -1)
        grades = np.zeros((len(verbs), len(self.limits)), np.int8)
        for place, limit in enumerate(self.limits):
            grades[:, place] = graded(limit, values, rows) * (rises >> limit.bit & 1)
            if limit.nameless:
                grades[ordered & (limit.whose_many(values) == NULL), place] = limit.nameless
        grave = np.array(self._grave, np.int8)
        verbs = np.maximum(verbs, grave[grades].max(axis=1, initial=0)).astype(np.int8)
        exceptions = rows[:, self._exception] == 1
        for i in np.flatnonzero(exceptions | grades.any(axis=1)).tolist():
            passed = grades[i].tolist()
            told = [limit.words[grade - 1] for limit, grade in zip(self.limits, passed, strict=True) if grade]
            reasons[i] = (*reasons[i], *compress([EXCEPTION], [exceptions[i]]), *told)
        return verbs, reasons, through


def graded_one(limit: Held, values: Sequence[int], row: Sequence[int]) -> int:
    """0 within; 1 beyond soft, or beyond hard and within a waiver; 2 beyond hard."""
    measure, key = row[limit.measure], limit.whose(values)
    if measure == NULL or key == NULL:
        return 0
    measure = abs(measure) if limit.absolute else -measure if limit.flip else measure
    key, hard = min(key, len(limit.hard) - 1), int(limit.hard[key])
    if measure > max(hard, row[limit.waived]):
        return 2
    return int(measure > min(hard, int(limit.soft[key])))


def graded(limit: Held, values: Ints, rows: Ints) -> NDArray[np.int8]:
    """As `graded_one`, for many."""
    measure = rows[:, limit.measure]
    key = limit.whose_many(values)
    there = (measure != NULL) & (key != NULL)
    measure = np.where(there, measure, 0)
    measure = np.abs(measure) if limit.absolute else -measure if limit.flip else measure
    key = np.where(there, np.minimum(key, len(limit.hard) - 1), 0)
    soft, hard = limit.soft[key], limit.hard[key]
    beyond = measure > np.maximum(hard, rows[:, limit.waived])
    return np.where(there, np.where(beyond, 2, measure > np.minimum(soft, hard)), 0).astype(np.int8)


def laid(recipe: Recipe, limit: Limit, features: Sequence[str], issuers: Mapping[str, str]) -> Held:
    """A limit as the loops read it. Raises BadValue, with its code and the value, for one that cannot be run."""
    if limit.of not in MEASURES or limit.of == "es_before":
        raise BadValue(f"limit {limit.code}: {limit.of!r} is no measure; those are {', '.join(MEASURES)}")
    if not limit.of.endswith(f"_{limit.by}"):
        raise BadValue(f"limit {limit.code}: {limit.of} is not by {limit.by}")
    if limit.absolute and limit.side == "below":  # a size falls under nothing, and no breach of it would ever be cured
        raise BadValue(f"limit {limit.code}: a limit of a size (absolute) is above, its side was {limit.side!r}")
    for deadline in (limit.acknowledge, limit.cure):
        if deadline is not None:
            duration_ns(deadline)
    scopes = scope_names(recipe, limit)
    soft, hard = (amounts(recipe.risk, limit, grade, scopes) for grade in ("soft", "hard"))
    both = (soft > hard) & (soft != NEVER)
    if both.any():
        at = int(np.flatnonzero(both)[0])
        raise BadValue(f"limit {limit.code}: soft lies at or below hard, was {soft[at]} above {hard[at]}")
    place = list(columns(recipe)).index
    return Held(
        features.index(limit.of), features.index(WAIVED + limit.code), -1 if limit.by == "total" else place(limit.by),
        MEASURES.index(counted(limit.of)), limit.absolute, limit.side == "below", soft, hard,
        issued(recipe, issuers) if limit.by == "counterparty" else None, place("stage"), place("instrument"),
        (f"soft:{limit.code}", f"limit:{limit.code}"), 0 if limit.by in ("total", "book") else
        2 if (hard != NEVER).any() else 1,
    )  # fmt: skip


def issued(recipe: Recipe, issuers: Mapping[str, str]) -> Ints:
    """Who issued each of the recipe's instruments, as a place among its counterparties; -1 where nobody did."""
    places = {name: place for place, name in enumerate(recipe.columns["counterparty"].values or ())}
    instruments = recipe.columns["instrument"].values or ()
    return np.array([places.get(issuers.get(name, ""), -1) for name in instruments], np.int64)


def counted(measure: str) -> str:
    """The measure that an order must raise for a limit of this one to hold it: of a loss, expected shortfall."""
    return measure.replace("pnl_", "es_")


def scope_names(recipe: Recipe, limit: Limit) -> list[str]:
    """Whoever the limit is for, in the order of the scope's categories; one nameless scope for the total."""
    if limit.by == "total":
        return [""]
    column: Column | None = recipe.columns.get(limit.by)
    if column is None or column.values is None:
        raise BadValue(f"limit {limit.code}: by {limit.by}, which is no category column of this recipe")
    return [*column.values, *([OTHERS] if column.other else [])]


def amounts(risk: Risk | None, limit: Limit, grade: str, scopes: Sequence[str]) -> Ints:
    """Cents by scope; NEVER where there is none."""
    given: int | dict[str, int] | None = getattr(limit, grade)
    share: int | None = getattr(limit, f"{grade}_micro_of_tier1")
    if share is not None:
        if given is not None:
            raise BadValue(f"limit {limit.code}: {grade} is an amount or a share of Tier 1, it was both")
        if risk is None or risk.tier1_minor is None:
            raise BadValue(f"limit {limit.code}: a share of Tier 1 needs [risk].tier1_minor")
        given = risk.tier1_minor * share // MICRO
    if isinstance(given, dict):
        strange = [name for name in given if name not in (*scopes, OTHERS)]
        if strange:
            raise BadValue(f"limit {limit.code}: {strange[0]!r} is no {limit.by} of this recipe")
    found = [given.get(name, given.get(OTHERS)) if isinstance(given, dict) else given for name in scopes]
    bad = [amount for amount in found if amount is not None and not 0 <= amount < NEVER]
    if bad:
        raise BadValue(f"limit {limit.code}: {grade} is at least 0 and fits 63 bits, it was {bad[0]}")
    return np.array([NEVER if amount is None else amount for amount in found], np.int64)


def policy_of(recipe: Recipe, features: Sequence[str], issuers: Mapping[str, str] | None = None) -> Policy:
    """The policy of a recipe; one with limits of a market book's. features: names of the row's cells.

    Raises BadValue for a policy that cannot be run, limits without `[risk]`, or `[risk]` on other events than a market
    book's.
    """
    if recipe.risk is None:
        if recipe.policy.limits:
            raise BadValue(f"limit {recipe.policy.limits[0].code}: limits need [risk]")
        return Policy(recipe, features)
    if recipe.decide != CHECK or not {QUOTE, ROLL} <= set(recipe.observe):
        raise BadValue(f"[risk]: a market book decides {CHECK!r} and observes at least {QUOTE!r} and {ROLL!r}")
    missing = [name for name in ("stage", "instrument", *SCOPES[1:]) if name not in recipe.columns]
    if missing:
        raise BadValue(f"[risk]: a market book has a column {missing[0]!r}")
    check_waivers(recipe)
    return Limited(recipe, features, issuers)
