"""Records laid out raw are byte for byte those of `schema.records`; nothing that identifies a person is in them."""

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.small import NO_FEEDBACK, RECIPE, batch_of_lines, engine_of, judge_of, run, stream
from waglan.engine.judge import Verdicts
from waglan.engine.record import Scribe, packed
from waglan.ledger.entry import DECISION, OBSERVATION, REFUSAL, SHADOW, WARM, commit, decode_entry
from waglan.schema.records import (
    Action,
    Decision,
    Event,
    Observation,
    decode_decision,
    decode_event,
    decode_observation,
    decode_refusal,
    decode_warm,
    encode,
)
from waglan.schema.units import NULL

DECODERS: dict[int, Callable[[bytes], Any]] = {
    DECISION: decode_decision,
    SHADOW: decode_decision,
    OBSERVATION: decode_observation,
    REFUSAL: decode_refusal,
    WARM: decode_warm,
}
whole = st.one_of(st.integers(-(1 << 62), 1 << 62), st.integers(-300, 300), st.just(NULL))


def plain(values: list[int]) -> tuple[int | None, ...]:
    return tuple(None if v == NULL else v for v in values)


@given(
    event_id=st.text(min_size=1, max_size=128).filter(lambda text: text.isprintable()),
    values=st.lists(whole, min_size=11, max_size=11),
    row=st.lists(whole, min_size=18, max_size=18),
    ts=st.integers(0, (1 << 63) - 1),
    score=st.integers(-(1 << 53), 1 << 53),
    verb=st.integers(0, 4),
    reasons=st.lists(st.sampled_from(["list:block", "R1", "cut:review", "S1"]), max_size=5),
    parts=st.one_of(st.none(), st.lists(st.integers(-(1 << 53), 1 << 53), max_size=20)),
    late=st.booleans(),
)
def test_the_raw_layout_has_the_bytes_of_the_record(
    event_id: str,
    values: list[int],
    row: list[int],
    ts: int,
    score: int,
    verb: int,
    reasons: list[str],
    parts: list[int] | None,
    late: bool,
) -> None:
    judge, scribe = JUDGE, Scribe(JUDGE)
    told = None if parts is None else tuple(parts)
    raw_values = packed(np.array([values], np.int64))[0]
    event = Event(event_id, "payment", ts, plain(values))
    decision = Decision(
        event, judge.digest, plain(row), score, (Action(judge.verbs[verb]),), tuple(reasons), told, late
    )
    cells = np.array(values, np.int64), np.array(row, np.int64)
    made = scribe.decision(event_id, ts, *cells, score, verb, tuple(reasons), told, late)
    assert made == encode(decision)
    assert decode_decision(made) == decision
    verdicts = Verdicts(
        np.array([row], np.int64),
        np.zeros(1, np.int8),
        np.ones(1, np.bool_),
        np.array([score]),
        np.array([verb], np.int8),
        [tuple(reasons)],
        {} if told is None else {0: told},
    )
    several = scribe.decisions(
        [0], [event_id], np.array([ts]), np.array([values], np.int64), verdicts, np.array([late])
    )
    assert several == [made]
    assert scribe.event(event_id, 0, ts, raw_values) == encode(event)
    observed = Event(event_id, "login", ts, plain(values))
    code = judge.kinds.index("login")
    assert scribe.observation(event_id, code, ts, raw_values, late) == encode(Observation(observed, judge.digest, late))
    assert decode_event(encode(observed)) == observed


JUDGE = judge_of()


@pytest.mark.parametrize(("text", "shadows"), [(RECIPE, ()), (NO_FEEDBACK, (RECIPE,))])
def test_every_sealed_record_opens_and_closes_again(text: str, shadows: tuple[str, ...]) -> None:
    engine = engine_of(text, shadows)
    batch = batch_of_lines(stream(2, 200), text)
    engine.observe(batch.slice(0, 20))
    run(engine, batch.slice(20, len(batch)))
    kinds = set()
    for row in engine.store.range(0, engine.size):
        record = DECODERS[row.kind](row.record)
        assert encode(record) == row.record
        assert decode_entry(row.entry).kind == row.kind
        if row.kind in (DECISION, SHADOW):
            assert record.parts is None or sum(record.parts) == record.score_micro
            assert (record.parts is not None) == (record.actions[0].verb in ("review", "decline"))
        kinds.add(row.kind)
    assert kinds >= ({DECISION, OBSERVATION, REFUSAL, WARM} | ({SHADOW} if shadows else set()))


def test_no_identifier_is_in_a_record_or_the_log() -> None:
    batch = batch_of_lines(stream(3, 300))
    engine = engine_of()
    run(engine, batch)
    identifiers = {name.encode() for names in batch.names.values() for name in names}
    assert len(identifiers) > 10
    rows = list(engine.store.range(0, engine.size))
    log = b"".join(engine.log.entries())
    records = b"".join(row.record for row in rows)
    for identifier in identifiers:
        assert identifier not in records
        assert identifier not in log
    for row in rows:
        assert row.record not in log
        if row.event_id and len(row.event_id) > 4:
            assert row.event_id.encode() not in log
        if row.token is not None:
            assert msgspec.msgpack.encode(row.token) not in log


def test_the_offending_value_is_beside_the_record_and_not_in_it() -> None:
    engine = engine_of()
    line = b'{"id":"P1","ts_ns":1772323200000000000,"payer":"a","payee":"b","amount":"SECRET-AMOUNT"}'
    answers = run(engine, batch_of_lines([line]))
    assert answers[0].refusal == "wrong_type"
    row = next(engine.store.range(0, 1))
    assert b"SECRET" not in row.record + b"".join(engine.log.entries())
    assert [r.shown for _, r in engine.store.refused()] == ["SECRET-AMOUNT"]


def test_equal_payments_of_one_person_have_different_commitments() -> None:
    lines = [
        b'{"id":"P%d","ts_ns":1772323200000000000,"payer":"a","payee":"b","amount":5}' % number for number in range(3)
    ]
    engine = engine_of(NO_FEEDBACK)
    run(engine, batch_of_lines(lines, NO_FEEDBACK))
    entries = [decode_entry(entry) for entry in engine.log.entries()]
    assert len({entry.commitment for entry in entries}) == 3
    row = next(engine.store.range(0, 1))
    assert commit(bytes(32), row.record) != entries[0].commitment
