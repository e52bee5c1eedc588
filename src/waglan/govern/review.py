"""Putting an answer right: an override by two people, an appeal, and its answer by somebody who made neither.

Each is an event beside the decision, which stays what it was: `A17/override`, `A17/appeal`, `A17/appeal/answer`. The
registry says who may make, check and answer; a line of the second log says who brought it in. Names are tokens in the
records and lie in the vault.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from waglan.book import Book
from waglan.engine.explain import decision_about
from waglan.govern.brought import bring
from waglan.govern.custody import Custody
from waglan.govern.decoded import time_of
from waglan.ledger.entry import OBSERVATION
from waglan.policy.instalment import factors, instalment
from waglan.policy.review import ANSWER, APPEAL, OVERRIDE
from waglan.schema.recipe import Review, columns
from waglan.schema.records import Decision, Event, decode_observation
from waglan.schema.units import NULL, BadValue
from waglan.store.vault import ERASED

PURPOSE = "review"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that people did about a decision. `reason`: of an appeal its grounds; verb: none for an appeal."""

    step: str
    id: str
    position: int
    ts_ns: int
    verb: str | None
    reason: str
    maker: str | None
    checker: str | None
    terms: dict[str, int]


def override(
    custody: Custody, event_id: str, verb: str, reason: str, maker: str, checker: str,
    terms: Mapping[str, int] | None = None, purpose: str = PURPOSE,
) -> int:  # fmt: skip
    """Bring in an override; its position in the log. The decision it is about stays what it was.

    Raises BadValue where the rule is broken: one person twice, a reason that is not in the list, a decision that is not
    there, was overridden, or whose appeal was answered; NotAllowed, logged, for people who are not registered.
    """
    review, made, token = _about(custody, event_id)
    if maker == checker:
        raise BadValue(f"an override is by two people; maker and checker are both {maker!r}")
    custody.allow("override", purpose, token, people={"make": maker, "check": checker})
    steps = {step.step: step for step in steps_of(custody.book, event_id)}
    if "override" in steps:
        raise BadValue(f"the decision about {event_id!r} was overridden already, at {steps['override'].position:,}")
    if "answer" in steps:
        raise BadValue(f"the appeal about {event_id!r} was answered, at {steps['answer'].position:,}: that stands")
    told = _terms(custody.book, verb, terms or {})
    if verb == made.actions[0].verb and not told:
        raise BadValue(f"the decision about {event_id!r} is {verb!r} already")
    cells: dict[str, str | int] = {
        "verb": verb,
        review.reason: reason,
        review.maker: maker,
        review.checker: checker,
    } | told
    return _bring(custody, made.event, event_id + OVERRIDE, review.override, cells)


def appeal(custody: Custody, event_id: str, grounds: str, purpose: str = PURPOSE) -> int:
    """Bring in an appeal against a decision; its position in the log. Raises BadValue for a second one."""
    review, made, token = _about(custody, event_id)
    custody.allow("appeal", purpose, token)
    for step in steps_of(custody.book, event_id):
        if step.step == "appeal":
            raise BadValue(f"an appeal about {event_id!r} is in the book already, at {step.position:,}")
    return _bring(custody, made.event, event_id + APPEAL, review.appeal, {review.grounds: grounds})


def answer(
    custody: Custody, event_id: str, verb: str, reason: str, reviewer: str,
    terms: Mapping[str, int] | None = None, purpose: str = PURPOSE,
) -> int:  # fmt: skip
    """Answer an appeal, by somebody who did not make the decision; the position in the log.

    `verb` stands from now on, be it the one that was appealed against. Who answers is not the recipe's owner, in whose
    name it decided, and neither maker nor checker of an override. Raises BadValue where that or the form is broken.
    """
    review, made, token = _about(custody, event_id)
    custody.allow("appeal", purpose, token, people={"answer": reviewer})
    steps = {step.step: step for step in steps_of(custody.book, event_id)}
    if "appeal" not in steps:
        raise BadValue(f"there is no appeal about {event_id!r} that could be answered")
    if "answer" in steps:
        raise BadValue(f"the appeal about {event_id!r} was answered already, at {steps['answer'].position:,}")
    before = {"the recipe's owner": custody.book.recipe.owner}
    if "override" in steps:
        before |= {"maker of the override": steps["override"].maker or ""}
        before |= {"checker of the override": steps["override"].checker or ""}
    for role, name in before.items():
        if reviewer == name:
            raise BadValue(
                f"who answers an appeal did not decide before; {reviewer!r} is the {role.removeprefix('the ')}"
            )
    cells: dict[str, str | int] = {"verb": verb, review.reason: reason, review.maker: reviewer}
    cells |= _terms(custody.book, verb, terms or {})
    return _bring(custody, made.event, event_id + ANSWER, review.answer, cells)


def steps_of(book: Book, event_id: str) -> list[Step]:
    """What people did about a decision, in order: override, appeal, answer. None of a recipe without a review."""
    review = book.recipe.policy.review
    if review is None:
        return []
    book.engine.commit()
    rows = [book.engine.store.by_event(event_id + end) for end in (OVERRIDE, APPEAL, ANSWER)]
    found = [row for row in rows if row is not None and row.kind == OBSERVATION and row.form != ERASED]
    steps = [_step(book, review, row.position, decode_observation(row.record).event) for row in found]
    return sorted(steps, key=lambda step: step.position)


def open_appeals(book: Book) -> Iterator[Step]:
    """Appeals that nobody has answered, oldest first. Reads the whole book, 5 us a record."""
    review = book.recipe.policy.review
    if review is None:
        raise BadValue(f"{book.recipe.name}: the recipe has no [policy.review], so nobody can appeal")
    book.engine.commit()
    store = book.engine.store
    for row in store.readable():
        if row.kind == OBSERVATION:
            event = decode_observation(row.record).event
            if event.kind == review.appeal and store.by_event(event.id.removesuffix(APPEAL) + ANSWER) is None:
                yield _step(book, review, row.position, event)


def facts_of(book: Book, step: Step) -> dict[str, Any]:
    """A step as JSON has it: what is not there is left out."""
    facts = {"step": step.step, "id": step.id, "position": step.position}
    facts |= {"time": time_of(step.ts_ns, book.recipe.zone), "verb": step.verb, "reason": step.reason}
    facts |= {"maker": step.maker, "checker": step.checker, "terms": step.terms or None}
    return {name: value for name, value in facts.items() if value is not None}


def _about(custody: Custody, event_id: str) -> tuple[Review, Decision, int | None]:
    """The decision that something is about, and its subject's token. Raises BadValue if there is none."""
    book = custody.book
    if book.recipe.policy.review is None:
        raise BadValue(f"{book.recipe.name}: the recipe has no [policy.review], so nothing is overridden or appealed")
    row, decision = decision_about(book.engine, event_id)
    return book.recipe.policy.review, decision, row.token


def _terms(book: Book, verb: str, terms: Mapping[str, int]) -> dict[str, int]:
    """Terms that people grant: all but the instalment are stated, no rate is above the recipe's maximum."""
    offers = book.engine.judge.policy.offers
    if not terms:
        return {}
    if offers is None or verb not in offers.offer.verbs:
        raise BadValue(f"{verb!r} has no terms in this recipe; given were {', '.join(terms)}")
    strange = [name for name in terms if name not in offers.names]
    missing = [name for name in offers.names[:3] if name not in terms]
    if strange or missing:
        said = f"{strange[0]!r} is none of them" if strange else f"{missing[0]!r} is missing"
        raise BadValue(f"the terms are {', '.join(offers.names)}; {said}")
    amount, rate, months = (terms[name] for name in offers.names[:3])
    greatest = offers.grades.rate_max_micro
    if amount < 1 or not 1 <= months <= offers.offer.months_max or not 0 <= rate <= greatest:
        most = f"1 to {offers.offer.months_max} months and a rate of 0 to {greatest}"
        raise BadValue(f"terms are an amount, {most}; they were {dict(terms)}")
    monthly = instalment(amount, factors(rate, offers.offer.months_max)[months])
    found = dict(zip(offers.names, (amount, rate, months, monthly), strict=False))
    if found | dict(terms) != found:
        raise BadValue(f"these terms take {monthly} a month; stated were {terms[offers.names[3]]}")
    return found


def _bring(custody: Custody, about: Event, event_id: str, kind: str, cells: Mapping[str, str | int]) -> int:
    """Write the event: the columns of the one it is about, and its own. Raises BadValue for what is refused."""
    event = Event(event_id, kind, custody.now_ns(), about.values)
    # What the application itself said in the columns of terms does not go on.
    return bring(custody, event, cells, custody.book.engine.judge.term_names)


def _step(book: Book, review: Review, position: int, event: Event) -> Step:
    cells = dict(zip(columns(book.recipe), event.values, strict=True))
    step = {review.override: "override", review.appeal: "appeal"}.get(event.kind, "answer")
    verb, why = cells["verb"], cells[review.grounds if step == "appeal" else review.reason]
    reasons = book.recipe.columns[review.grounds if step == "appeal" else review.reason].values or []
    terms = {name: cells[name] for name in book.engine.judge.term_names}
    return Step(
        step=step,
        id=event.id,
        position=position,
        ts_ns=event.ts_ns,
        verb=None if step == "appeal" or verb is None else book.recipe.policy.verbs[verb],
        reason=reasons[why] if why is not None else "",
        maker=_name(book, review.maker, cells[review.maker]),
        checker=_name(book, review.checker, cells[review.checker]),
        terms={name: value for name, value in terms.items() if value is not None and step != "appeal"},
    )


def _name(book: Book, column: str, token: int | None) -> str | None:
    entity = book.recipe.columns[column].entity
    if token is None or token == NULL or entity is None:
        return None
    name = book.engine.store.vault.identifier(entity, token)
    return "(erased)" if name.startswith("\0") else name
