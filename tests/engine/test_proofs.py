"""Proofs of single records, and the check of a whole book."""

import msgspec
import pytest
from sqlalchemy import text

from tests.engine.small import NO_FEEDBACK, RECIPE, batch_of_lines, engine_of, run, stream
from waglan.engine.engine import Engine
from waglan.engine.proofs import prove_event, verify_book
from waglan.ledger.proof import check, read_proof, write_proof
from waglan.ledger.tree import BadProof
from waglan.schema.records import decode_decision, encode
from waglan.schema.units import BadValue

LINES = stream(5, 160)


def lived() -> Engine:
    engine = engine_of(NO_FEEDBACK, (RECIPE,))
    batch = batch_of_lines(LINES, NO_FEEDBACK)
    engine.observe(batch.slice(0, 10))
    run(engine, batch.slice(10, len(batch)))
    return engine


def test_every_event_is_proved_under_the_root() -> None:
    engine = lived()
    ids = [row.event_id for row in engine.store.range(0, engine.size) if row.event_id is not None]
    assert len(ids) > 100
    for event_id in ids:
        proof = read_proof(write_proof(prove_event(engine, event_id)))
        check(proof, engine.log.root())
        record = bytes.fromhex(proof.record)
        assert event_id.encode() in record


def test_an_altered_record_is_not_proved() -> None:
    engine = lived()
    row = next(r for r in engine.store.range(0, engine.size) if r.kind == 1)
    assert row.event_id is not None
    proof = prove_event(engine, row.event_id)
    decision = decode_decision(row.record)
    lie = encode(msgspec.structs.replace(decision, score_micro=decision.score_micro - 1))
    with pytest.raises(BadProof):
        check(msgspec.structs.replace(proof, record=lie.hex()), engine.log.root())
    with pytest.raises(BadProof):
        check(proof, bytes(32))
    with pytest.raises(BadProof):
        check(msgspec.structs.replace(proof, index=proof.index + 1), engine.log.root())


def test_no_proof_of_what_is_not_there() -> None:
    with pytest.raises(BadValue, match="'nobody'"):
        prove_event(lived(), "nobody")


def test_a_whole_book_agrees_with_its_log() -> None:
    engine = lived()
    found = verify_book(engine, engine.log.root())
    assert found.bad == []
    assert found.records == engine.size
    assert {row.kind for row in engine.store.range(0, engine.size)} == {1, 2, 3, 4, 5}
    assert verify_book(engine, bytes(32)).bad == [f"the root is {found.root}, the trusted one is {'00' * 32}"]


CHANGES = [
    "UPDATE records SET record = x'00' WHERE position = :at",
    "UPDATE records SET record = x'c1ff' WHERE position = :at",
    "UPDATE records SET record = (SELECT record FROM records WHERE position = :at - 1) WHERE position = :at",
    "UPDATE records SET token = 77 WHERE position = :at",
    "UPDATE records SET token = NULL WHERE position = :at",
    "UPDATE records SET event_id = 'X' WHERE position = :at",
    "UPDATE records SET event_id = NULL WHERE position = :at",
    "UPDATE records SET kind = 9 WHERE position = :at",
    "UPDATE records SET kind = 5 WHERE position = :at",
    "UPDATE records SET entry = x'77' WHERE position = :at",
    "DELETE FROM records WHERE position = :at",
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("kind", [1, 5])
def test_whatever_is_done_to_a_record_is_found(change: str, kind: int) -> None:
    engine = lived()
    at = [row.position for row in engine.store.range(50, engine.size) if row.kind == kind][3]
    with engine.store._engine.begin() as connection:
        connection.execute(text(change), {"at": at})
    if kind == 5 and ("event_id" in change or "kind = 5" in change):
        assert verify_book(engine).bad == []  # it was so, or the column says nothing of a shadow's record
        return
    assert verify_book(engine).bad == [f"record {at} is not what the log committed to"]
