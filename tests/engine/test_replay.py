"""Replay at both depths: it says "same" where all is the same, and names what is not."""

from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from tests.engine.small import NO_FEEDBACK, RECIPE, batch_of_lines, engine_of, judge_of, run, small_model, stream
from waglan.engine.engine import Engine
from waglan.engine.replay import VaultKeys, replay_events, replay_rows, what_if
from waglan.ledger.checkpoint import Checkpoint
from waglan.ledger.entry import DECISION, SHADOW
from waglan.ledger.key import SignerKey
from waglan.ledger.log import Log
from waglan.models.model import Model
from waglan.schema.recipe import read_recipe
from waglan.schema.records import decode_decision, encode
from waglan.schema.units import BadValue
from waglan.store.keys import SeededKeys
from waglan.store.records import Store

LINES = stream(4, 260)
STRICTER = RECIPE.replace("review = 1200000", "review = 700000")


def lived(recipe: str = RECIPE, shadows: tuple[str, ...] = (), history: int = 0) -> Engine:
    engine = engine_of(recipe, shadows)
    batch = batch_of_lines(LINES, recipe)
    if history:
        engine.observe(batch.slice(0, history))
    run(engine, batch.slice(history, len(batch)), [100])
    return engine


def second(engine: Engine, recipe: str = RECIPE, history: int = 0) -> Engine:
    """What `Book.again` makes: new, in memory, the same recipe, history and keys."""
    new = Engine(judge_of(recipe), Store.memory(VaultKeys(engine.store.vault)), Log())
    if history:
        new.observe(batch_of_lines(LINES, recipe).slice(0, history))
        new.commit()
    return new


@pytest.mark.parametrize("history", [0, 60])
@pytest.mark.parametrize("recipe", [RECIPE, NO_FEEDBACK])
def test_both_depths_say_the_same(recipe: str, history: int) -> None:
    engine = lived(recipe, history=history)
    new = second(engine, recipe, history)
    steps: list[int] = []
    found = replay_events(new, engine.store, engine.log, new.size, steps.append)
    assert found.same
    assert found.root == found.replayed_root == engine.log.root().hex()
    assert found.records == engine.size
    rows = replay_rows(engine.judge, engine.store)
    decisions = sum(row.kind == DECISION for row in engine.store.range(0, engine.size))
    assert rows.from_rows == decisions
    assert not rows.differing
    assert found.from_events >= decisions


def test_a_log_with_shadows_replays_without_them() -> None:
    engine = lived(RECIPE, (STRICTER, NO_FEEDBACK.replace("effects = false", "effects = true")))
    assert any(row.kind == SHADOW for row in engine.store.range(0, engine.size))
    found = replay_events(second(engine), engine.store, engine.log, 0)
    assert found.same
    rows = replay_rows(engine.shadows[0], engine.store)
    assert rows.from_rows > 100
    assert not rows.differing


def test_a_shadow_that_came_in_the_middle_replays() -> None:
    engine = engine_of(NO_FEEDBACK)
    batch = batch_of_lines(LINES, NO_FEEDBACK)
    run(engine, batch.slice(0, 100))
    shadow = judge_of(NO_FEEDBACK.replace("review = 1200000", "review = 700000"))
    later = Engine(engine.judge, engine.store, engine.log, [shadow])
    run(later, batch.slice(100, len(batch)))
    lines = [b'{"id":"Z%d","ts_ns":1872323200000000000,"payer":"a","payee":"b","amount":5}' % k for k in range(9)]
    run(later, batch_of_lines(lines, NO_FEEDBACK))  # all decided, as one block
    assert replay_events(second(engine, NO_FEEDBACK), engine.store, engine.log, 0).same


def altered(engine: Engine, position: int, record: bytes) -> None:
    with engine.store._engine.begin() as connection:
        sql = text("UPDATE records SET record = :record WHERE position = :position")
        connection.execute(sql, {"record": record, "position": position})


def adverse(engine: Engine) -> tuple[int, bytes]:
    for row in engine.store.range(100, engine.size):
        if row.kind == DECISION and decode_decision(row.record).parts is not None:
            return row.position, row.record
    raise AssertionError("the stream has an adverse decision")


def test_an_altered_row_is_named() -> None:
    engine = lived()
    position, record = adverse(engine)
    decision = decode_decision(record)
    changed = tuple(0 if k == 0 else v for k, v in enumerate(decision.row))
    altered(engine, position, encode(msgspec.structs.replace(decision, row=changed)))
    assert replay_rows(engine.judge, engine.store).differing == [position]
    assert replay_events(second(engine), engine.store, engine.log, 0).differing == [position]


@pytest.mark.parametrize(
    "change", [{"row": ()}, {"score_micro": 1}, {"reasons": ("R1",)}, {"parts": None}, {"late": True}, {"actions": ()}]
)
def test_an_altered_decision_is_named(change: dict[str, object]) -> None:
    engine = lived()
    position, record = adverse(engine)
    altered(engine, position, encode(msgspec.structs.replace(decode_decision(record), **change)))
    assert replay_events(second(engine), engine.store, engine.log, 0).differing == [position]
    if "late" not in change:
        assert replay_rows(engine.judge, engine.store).differing == [position]


def test_an_altered_event_is_named_first_of_all_it_changes() -> None:
    engine = lived()
    position, record = adverse(engine)
    decision = decode_decision(record)
    values = tuple(1 if k == 3 else v for k, v in enumerate(decision.event.values))
    event = msgspec.structs.replace(decision.event, values=values)
    altered(engine, position, encode(msgspec.structs.replace(decision, event=event)))
    found = replay_events(second(engine), engine.store, engine.log, 0)
    assert found.differing[0] == position
    assert found.root != found.replayed_root


@pytest.mark.parametrize("garbage", [b"", b"\xc1", b"\x93\x01\x02\x03", b"\xff" * 40])
def test_a_record_that_cannot_be_read_is_named(garbage: bytes) -> None:
    engine = lived()
    position, _ = adverse(engine)
    altered(engine, position, garbage)
    with pytest.raises(BadValue, match=f"record {position} "):
        replay_events(second(engine), engine.store, engine.log, 0)
    with pytest.raises(BadValue, match=f"record {position} "):
        replay_rows(engine.judge, engine.store)


def test_a_strangers_token_is_named() -> None:
    engine = lived()
    position, record = adverse(engine)
    decision = decode_decision(record)
    event = msgspec.structs.replace(decision.event, values=(12345, *decision.event.values[1:]))
    altered(engine, position, encode(msgspec.structs.replace(decision, event=event)))
    with pytest.raises(BadValue, match="12345"):
        replay_events(second(engine), engine.store, engine.log, 0)


def test_an_altered_entry_is_named(tmp_path: Path) -> None:
    keys = SeededKeys(7)
    engine = Engine(judge_of(), Store.open(tmp_path / "store", keys), Log(tmp_path / "log"))
    run(engine, batch_of_lines(LINES))
    engine.log.publish(Checkpoint("log", engine.log.size, engine.log.root()).sign(SignerKey("log", bytes(32))).encode())
    engine.log.close()
    bundle = tmp_path / "log" / "tile" / "entries" / "000"
    data = bytearray(bundle.read_bytes())
    data[50 * len(data) // 256 + 40] ^= 1  # entries of one desk are of one length
    bundle.write_bytes(data)
    with Log(tmp_path / "log") as log:
        found = replay_events(second(engine), engine.store, log, 0)
        assert found.differing == [50]
        assert not found.same
    engine.store.close()


def test_a_record_that_was_taken_away_is_missed() -> None:
    engine = lived()
    with engine.store._engine.begin() as connection:
        connection.execute(text("DELETE FROM refused"))
        connection.execute(text("DELETE FROM records WHERE position = (SELECT max(position) FROM records)"))
    assert not replay_events(second(engine), engine.store, engine.log, 0).same


def test_another_model_differs_from_the_sealed_rows() -> None:
    engine = lived(NO_FEEDBACK)
    model = small_model(read_recipe(NO_FEEDBACK.encode()))
    other = Model.make(msgspec.structs.replace(model.file, base_nano=model.file.base_nano + 1000))
    judge = judge_of(NO_FEEDBACK, other)
    judge.digest = engine.judge.digest  # type: ignore[misc]
    found = replay_rows(judge, engine.store)
    assert len(found.differing) == min(100, found.from_rows)


def test_another_cut_tells_exactly_the_decisions_that_it_changes() -> None:
    engine = lived(NO_FEEDBACK)
    stricter = NO_FEEDBACK.replace("review = 1200000", "review = 700000")
    other = engine_of(stricter)
    run(other, batch_of_lines(LINES, stricter))

    def verbs(of: Engine) -> dict[str, str]:
        rows = [decode_decision(r.record) for r in of.store.range(0, of.size) if r.kind == DECISION]
        return {d.event.id: d.actions[0].verb for d in rows}

    before, after = verbs(engine), verbs(other)
    expected = {
        event_id: (before[event_id], after[event_id]) for event_id in before if before[event_id] != after[event_id]
    }
    found = list(what_if(judge_of(stricter), engine.store, "amount"))
    assert {d.id: (d.before, d.after) for d in found} == expected
    assert expected
    rows = {r.event_id: decode_decision(r.record) for r in engine.store.range(0, engine.size) if r.kind == DECISION}
    for d in found:
        values = rows[d.id].event.values
        assert (d.token, d.amount, d.ts_ns) == (values[0], values[3], rows[d.id].event.ts_ns)


def test_the_same_recipe_changes_nothing() -> None:
    for recipe in (RECIPE, NO_FEEDBACK):
        engine = lived(recipe)
        assert list(what_if(judge_of(recipe), engine.store, "amount")) == []


def test_a_challenger_feeds_back_its_own_verbs() -> None:
    engine = lived()
    shadow = lived(RECIPE, (STRICTER,))
    said = {
        d.event.id: d.actions[0].verb
        for row in shadow.store.range(0, shadow.size)
        if row.kind == SHADOW
        for d in [decode_decision(row.record)]
    }
    found = {d.id: d.after for d in what_if(judge_of(STRICTER), engine.store, "amount")}
    first = {
        d.event.id: d.actions[0].verb
        for row in engine.store.range(0, engine.size)
        if row.kind == DECISION
        for d in [decode_decision(row.record)]
    }
    assert found == {event_id: verb for event_id, verb in said.items() if first[event_id] != verb}


def test_an_effect_from_elsewhere_is_an_event_like_any_other() -> None:
    recipe = RECIPE.replace("effects = true", "effects = false")
    lines = [
        b'{"id":"P1","ts_ns":1772323200000000000,"payer":"a","payee":"b","amount":5}',
        b'{"id":"P1/effect","kind":"effect","verb":"decline","ts_ns":1772323200000000000,"payer":"a","payee":"b"}',
        b'{"id":"P2","ts_ns":1772323200000000001,"payer":"a","payee":"b","amount":5}',
    ]
    engine = engine_of(recipe)
    run(engine, batch_of_lines(lines, recipe))
    at = engine.judge.plan.names.index("declines")
    rows = list(engine.store.range(0, 3))
    assert decode_decision(rows[2].record).row[at] == 1
    assert replay_events(second(engine, recipe), engine.store, engine.log, 0).same


def test_records_of_another_recipe_are_left_alone() -> None:
    engine = lived()
    assert replay_rows(judge_of(STRICTER), engine.store).from_rows == 0
