"""Breaches acknowledged by one registered person and waived by two: events beside the decision that passed the limit.

The registry says who may; a line of the second log says who brought it in. What an event says of itself and of its
decision is held by `engine/breaches.py`, whoever sends it; here a person reads why, before anything is written.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from waglan.govern.breach import Breach
from waglan.govern.breaches import breaches
from waglan.govern.brought import bring
from waglan.govern.custody import Custody
from waglan.govern.decoded import time_of
from waglan.policy.waivers import CHECKER, ENDS, MAKER, REASON, barred, ordinary, person
from waglan.schema.recipe import Limit, columns
from waglan.schema.records import Event
from waglan.schema.risk import ACKNOWLEDGE, WAIVER
from waglan.schema.units import MICRO, SECOND_NS, BadValue, duration_ns

PURPOSE: Final = "limits"


def read(custody: Custody, only_open: bool = False, purpose: str = PURPOSE) -> tuple[Breach, ...]:
    """The breaches of a book as they stand by the clock, logged as read; with only_open those that are not cured."""
    custody.allow("breaches", purpose, detail="open breaches are listed" if only_open else "breaches are listed")
    found = breaches(custody.book, custody.now_ns())
    return tuple(breach for breach in found if breach.state != "cured") if only_open else found


def acknowledge(
    custody: Custody, event_id: str, who: str, limit: str | None = None, purpose: str = PURPOSE,
    standing: Sequence[Breach] | None = None,
) -> int:  # fmt: skip
    """Bring in that somebody saw a breach; its position in the log. limit: of several that the decision passed.
    standing: the breaches as they stand, from who follows them; read from the whole log without it.
    Raises BadValue where the decision passed no limit, or its breach is acknowledged already; NotAllowed, logged, for
    somebody who is not registered to acknowledge.
    """
    concerned = _raised(custody, event_id, limit, standing)
    custody.allow("acknowledge", purpose, people={"acknowledge": who})
    if all(breach.acknowledged_ns is not None for breach in concerned):
        first = concerned[0]
        raise BadValue(f"the breach {event_id!r} was acknowledged already, by {first.acknowledged_by}")
    cells: dict[str, str | int] = {MAKER: who}
    if limit is not None:
        cells["limit"] = limit
    return _bring(custody, event_id, ACKNOWLEDGE, limit, cells)


def waive(
    custody: Custody, event_id: str, amount_minor: int, until_ns: int, maker: str, checker: str, reason: str,
    limit: str | None = None, purpose: str = PURPOSE, standing: Sequence[Breach] | None = None,
) -> int:  # fmt: skip
    """Bring in a waiver of the hard limit that a decision passed; its position in the log. standing: as above.

    Until then the limit of that scope is the amount, at the decision's own book, trader or counterparty. A second one
    is about the latest decision of the breach, for an id stands once. Raises BadValue for one person twice, a trader
    concerned, an amount or end outside the recipe's bounds, a reason that is not in the list; NotAllowed, logged, for
    people who are not registered.
    """
    concerned = [breach for breach in _raised(custody, event_id, limit, standing) if breach.grade == "hard"]
    if not concerned:
        raise BadValue(f"the decision about {event_id!r} passed no hard limit, so there is nothing to waive")
    if len({breach.limit for breach in concerned}) > 1:
        named = ", ".join(breach.limit for breach in concerned)
        raise BadValue(f"the decision about {event_id!r} passed several limits: name one of {named}")
    breach = concerned[0]
    if person(maker) == person(checker):
        raise BadValue(f"a waiver is by two people; maker and checker are both {maker!r}")
    declared = next(each for each in custody.book.recipe.policy.limits if each.code == breach.limit)
    for name in (maker, checker):
        if person(name) in barred(declared, custody.book.recipe, breach.trader):
            raise BadValue(f"a waiver is by others than the traders it concerns, of whom {name!r} is one")
    custody.allow("waive", purpose, people={"make": maker, "check": checker})
    _within_bounds(custody, declared, breach.key, amount_minor, until_ns)
    cells: dict[str, str | int] = {
        "limit": breach.limit, "amount": amount_minor, "until_s": until_ns // SECOND_NS, MAKER: maker,
        CHECKER: checker, REASON: reason,
    }  # fmt: skip
    if breach.by != "total":
        cells[breach.by] = breach.key
    return _bring(custody, breach.last_id if breach.waivers else event_id, WAIVER, limit, cells)


def facts_of(custody: Custody, breach: Breach) -> dict[str, Any]:
    """A breach as JSON has it: times in the recipe's zone; what is not there is left out."""
    zone = custody.book.recipe.zone
    facts: dict[str, Any] = {}
    for name in breach.__struct_fields__:
        value = getattr(breach, name)
        if name == "waivers":
            value = [
                {"id": w.id, "amount_minor": w.amount_minor, "until": time_of(w.until_ns, zone), "maker": w.maker,
                 "checker": w.checker, "reason": w.reason} for w in value
            ]  # fmt: skip
        elif name.endswith("_ns") and value is not None:
            name, value = name.removesuffix("_ns"), time_of(value, zone)
        if value not in (None, (), []):
            facts[name] = value
    return facts


def _raised(custody: Custody, event_id: str, limit: str | None, standing: Sequence[Breach] | None) -> list[Breach]:
    """Breaches that a decision raised. Raises BadValue if there are none."""
    every = breaches(custody.book, custody.now_ns()) if standing is None else standing
    found = [breach for breach in every if breach.id == event_id]
    if not found:
        raise BadValue(f"no breach was raised by {event_id!r}; `waglan breaches BOOK` lists what was")
    concerned = [breach for breach in found if limit in (None, breach.limit)]
    if not concerned:
        raise BadValue(f"{event_id!r} raised a breach of {', '.join(b.limit for b in found)}, and not of {limit!r}")
    return concerned


def _within_bounds(custody: Custody, limit: Limit, key: str, amount: int, until_ns: int) -> None:
    """Raises BadValue, with the bounds, for what the front door would refuse."""
    now_ns, longest = custody.now_ns(), duration_ns(limit.waiver)
    if not now_ns // SECOND_NS < until_ns // SECOND_NS <= (now_ns + longest) // SECOND_NS:
        zone = custody.book.recipe.zone
        last = time_of(now_ns + longest, zone)
        raise BadValue(f"a waiver of {limit.code} ends after now and by {last}; it was {time_of(until_ns, zone)}")
    hard = ordinary(limit, key, custody.book.recipe.risk).get("hard")
    if hard is None:
        raise BadValue(f"{limit.code} has no hard limit for {key!r}, so there is nothing to waive")
    most = hard * limit.waiver_micro // MICRO
    if not hard < amount <= most:
        raise BadValue(f"a waiver of {limit.code} is above {hard} and at most {most} minor units; it was {amount}")


def _bring(custody: Custody, event_id: str, kind: str, limit: str | None, cells: Mapping[str, str | int]) -> int:
    """Write the event. Raises BadValue for what is refused."""
    recipe = custody.book.recipe
    if kind not in recipe.observe:
        raise BadValue(f"{recipe.name}: the kind {kind!r} is not in observe, which is {', '.join(recipe.observe)}")
    name = event_id + ("" if limit is None else f"/{limit}") + ENDS[kind]
    event = Event(name, kind, custody.now_ns(), (None,) * len(columns(recipe)))
    return bring(custody, event, cells)
