"""Acknowledgements and waivers of breached limits: their ids, what they need, and which limit they are held against.

Both are events about the decision that passed a limit: `T17/acknowledge`, `T17/waiver`. Where one decision passed
several limits the code stands between: `T17/es-desk/waiver`.
"""

import unicodedata
from collections.abc import Mapping
from typing import Final, Literal

from waglan.schema.recipe import Column, Recipe
from waglan.schema.risk import ACKNOWLEDGE, MEASURE, OTHERS, STAGES, WAIVER, Limit, Risk
from waglan.schema.units import MICRO, BadValue, duration_ns

ENDS: Final = {ACKNOWLEDGE: "/acknowledge", WAIVER: "/waiver"}
"""What the ids of these events have after what they are about."""

MEASURED: Final = STAGES[MEASURE]

MAKER: Final = "maker"
CHECKER: Final = "checker"
REASON: Final = "breach_reason"
"""Columns of who acknowledges or waives, who checks a waiver, and why."""


def about(event_id: str, recipe: Recipe) -> str:
    """The decision that an acknowledgement or a waiver is about; an id of another form is its own."""
    for end in ENDS.values():
        if event_id.endswith(end):
            rest = event_id.removesuffix(end)
            codes = (f"/{limit.code}" for limit in recipe.policy.limits)
            return next((rest.removesuffix(code) for code in codes if rest.endswith(code)), rest)
    return event_id


def scope(limit: Limit, cells: Mapping[str, str | int], issuers: Mapping[str, str]) -> str | None:
    """Whom a limit is about in an event, "" for the total; None where the event has no such scope.

    cells: the event's columns by name, categories in words. issuers: instrument -> counterparty, of shares: what is
    held of one is exposure to who issued it, whoever sold it.
    """
    if limit.by == "total":
        return ""
    traded = limit.by == "counterparty" and cells.get("stage") != MEASURED
    issuer = issuers.get(str(cells.get("instrument"))) if traded else None
    found = cells.get(limit.by) if issuer is None else issuer
    return None if found is None else str(found)


def ordinary(limit: Limit, key: str, risk: Risk | None) -> dict[Literal["soft", "hard"], int]:
    """The limit's amounts for a scope, without waivers; a grade that the scope does not have is not there."""
    found: dict[Literal["soft", "hard"], int] = {}
    tier1 = None if risk is None else risk.tier1_minor
    for grade, given, share in (
        ("soft", limit.soft, limit.soft_micro_of_tier1), ("hard", limit.hard, limit.hard_micro_of_tier1),
    ):  # fmt: skip
        amount = given.get(key, given.get(OTHERS)) if isinstance(given, dict) else given
        if amount is None and share is not None and tier1 is not None:
            amount = tier1 * share // MICRO
        if amount is not None:
            found[grade] = amount  # type: ignore[index]
    return found


def person(name: str) -> str:
    """A name as people are told apart by it: neither case, nor width, nor spaces make somebody else of them."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def barred(limit: Limit, recipe: Recipe, *traders: str | None) -> frozenset[str]:
    """Whom a breach of a limit concerns, as `person` has them: these may not waive it.

    traders: those of the decision and the waiver. A limit that traders share, of the whole, a book or a counterparty,
    concerns every trader of the recipe: whose decision stands for the breach is chance, and a measure names nobody.
    """
    shared = () if limit.by == "trader" else recipe.columns["trader"].values or ()
    return frozenset(person(name) for name in (*traders, *shared) if name is not None)


def passes(limit: Limit, value: int, amount: int) -> bool:
    """Whether a measure lies beyond an amount of its limit."""
    size = abs(value) if limit.absolute else value
    return size < -amount if limit.side == "below" else size > amount


def check_waivers(recipe: Recipe) -> None:
    """Raises BadValue, with the value, where acknowledgements and waivers are observed and cannot be read."""
    asked = [kind for kind in ENDS if kind in recipe.observe]
    if not asked or not recipe.policy.limits:
        return
    people = [MAKER, CHECKER] if WAIVER in asked else [MAKER]
    staff = {_column(recipe, name).entity for name in people}
    if None in staff or len(staff) > 1:
        raise BadValue(
            f"limits: {' and '.join(people)} are entity columns of one type, they were {sorted(map(str, staff))}"
        )
    if "limit" in recipe.columns or WAIVER in asked:
        codes = _column(recipe, "limit").values or []
        missing = [limit.code for limit in recipe.policy.limits if limit.code not in codes]
        if missing:
            raise BadValue(f"limits: the column 'limit' has no category {missing[0]!r}; it has {', '.join(codes)}")
    if WAIVER in asked:
        if _column(recipe, "amount").money is None:
            raise BadValue("limits: the column 'amount' of a waiver is money")
        if not _column(recipe, REASON).values or _column(recipe, REASON).other:
            raise BadValue(f"limits: the column {REASON!r} is a category column with its values, and no others")
    for limit in recipe.policy.limits:
        duration_ns(limit.waiver)
        if limit.waiver_micro <= MICRO:
            raise BadValue(
                f"limits: {limit.code}: a waiver makes more of a limit, it was {limit.waiver_micro} millionths"
            )


def _column(recipe: Recipe, name: str) -> Column:
    found = recipe.columns.get(name)
    if found is None or found.required:
        said = "is no column of this recipe" if found is None else "needs required = false"
        raise BadValue(f"limits: {name!r}, which acknowledgements and waivers have, {said}")
    return found
