"""One sealed decision, opened: its parts by concept and feature, computed anew where they were not sealed."""

from dataclasses import dataclass

import numpy as np

from waglan.engine.engine import Engine
from waglan.engine.judge import Judge
from waglan.ledger.entry import DECISION
from waglan.schema.records import Decision, decode_decision
from waglan.schema.units import NULL, BadValue
from waglan.store.rows import Row
from waglan.store.vault import ERASED


@dataclass(frozen=True, slots=True)
class Part:
    """One term of the model: its columns, what was seen in the first of them, what it gave in millionths."""

    columns: tuple[str, ...]
    concept: str
    value: int | None
    part_micro: int


@dataclass(frozen=True, slots=True)
class Explained:
    """A decision and its parts; `bias_micro` and the parts sum to its score exactly. Concepts heaviest first."""

    position: int
    decision: Decision
    parts: tuple[Part, ...]
    bias_micro: int
    concepts: dict[str, int]
    probability_micro: int | None
    terms: dict[str, int]
    """What was offered, by name; empty where the action has no terms."""
    grade: str | None
    """The grade that its score has, where the recipe makes offers."""
    row: dict[str, int | None]
    """Everything that was seen, by name."""


def explained(engine: Engine, event_id: str) -> Explained:
    """Open the decision about an event. Raises BadValue if the book has none."""
    row, decision = decision_about(engine, event_id)
    return opened(engine.judge, row.position, decision)


def decision_about(engine: Engine, event_id: str) -> tuple[Row, Decision]:
    """The decision about an event and where it lies. Raises BadValue if the book has none, or nobody can open it."""
    engine.commit()
    row = engine.store.by_event(event_id)
    if row is None or row.kind != DECISION:
        raise BadValue(f"no decision about event {event_id!r} is in this book")
    if row.form == ERASED:
        raise BadValue(f"the decision about event {event_id!r} was erased: nobody can open it")
    return row, decode_decision(row.record)


def opened(judge: Judge, position: int, decision: Decision) -> Explained:
    """The parts of a decision of this judge's recipe; sealed ones as they are."""
    if decision.recipe != judge.digest:
        raise BadValue(f"event {decision.event.id!r} was decided under recipe {decision.recipe.hex()}, this is another")
    row = np.array([NULL if v is None else v for v in decision.row], np.int64)
    sums = decision.parts if decision.parts is not None else judge.parts_of(row)
    place = {name: at for at, name in enumerate(judge.names)}
    parts = tuple(
        Part(tuple(term), concept, decision.row[place[term[0]]], part)
        for term, concept, part in zip(judge.model.terms, judge.concepts, sums, strict=False)
    )
    probability = judge.model.probability(decision.score_micro)
    offers = judge.policy.offers
    terms = dict(zip(judge.term_names, decision.actions[0].terms, strict=False)) if decision.actions else {}
    seen = dict(zip(judge.names, decision.row, strict=True))
    grade = None if offers is None else offers.grades.names[offers.grades.one(decision.score_micro)]
    return Explained(position, decision, parts, sums[-1], judge.by_concept(sums), probability, terms, grade, seen)
