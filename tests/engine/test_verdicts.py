"""Verdicts come in as events, and a decision opened adds up."""

from pathlib import Path

import pytest

from tests.engine.small import NO_FEEDBACK, RECIPE, START_NS, batch_of_lines, engine_of, run, stream
from waglan.engine.engine import Engine
from waglan.engine.explain import explained
from waglan.engine.lint import lint
from waglan.engine.verdicts import verdict_batch
from waglan.ledger.entry import DECISION
from waglan.schema.recipe import read_recipe
from waglan.schema.records import decode_decision
from waglan.schema.units import BadValue

PAYMENT = '{{"id":"{}","ts_ns":{},"payer":"a","payee":"{}","amount":1000}}'


def lived() -> Engine:
    engine = engine_of(NO_FEEDBACK)
    run(engine, batch_of_lines([PAYMENT.format(f"P{k}", START_NS + k, "b").encode() for k in range(3)], NO_FEEDBACK))
    return engine


def test_a_verdict_is_an_outcome_that_the_next_payment_sees(tmp_path: Path) -> None:
    engine = lived()
    file = tmp_path / "verdicts.jsonl"
    lines = [
        f'{{"id":"P1","fraud":true,"ts_ns":{START_NS + 5}}}',
        "",
        '{"id":"P1","fraud":"yes","ts_ns":5}',
        f'{{"id":"nobody","fraud":true,"ts_ns":{START_NS}}}',
        f'{{"id":"P2","fraud":false,"ts_ns":{1 << 70}}}',
        '{"id":"P2","fraud":false,"ts_ns":-1}',
        f'{{"id":"P1","fraud":false,"ts_ns":{START_NS + 6}}}',
        f'{{"id":"P2","fraud":false,"ts_ns":{START_NS + 7},"why":"he said so"}}',
        "\udcff".encode("utf-8", "surrogateescape").decode("latin-1"),
    ]
    file.write_bytes("\n".join(lines).encode("latin-1"))
    answers = run(engine, verdict_batch(engine, file))
    assert [(a.id, a.refusal, a.duplicate) for a in answers] == [
        ("P1/verdict", None, False),
        ("", "bad_line", False),
        ("", "unknown_reference", False),
        ("", "bad_time", False),
        ("", "bad_time", False),
        ("P1/verdict", None, True),
        ("", "bad_line", False),
        ("", "bad_line", False),
    ]
    assert [r.position for _, r in engine.store.refused()] == [1, 2, 3, 4, 6, 7]
    line = PAYMENT.format("P9", START_NS + 10, "b").encode()
    run(engine, batch_of_lines([line], NO_FEEDBACK))
    row = engine.store.by_event("P9")
    assert row is not None
    seen = dict(zip(engine.judge.plan.names, decode_decision(row.record).row, strict=True))
    assert (seen["frauds"], seen["fraud_rate"]) == (1, 1_000_000)


def test_no_file_of_verdicts(tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="No such file"):
        verdict_batch(lived(), tmp_path / "nothing")


def test_every_decision_opened_adds_up() -> None:
    engine = engine_of()
    run(engine, batch_of_lines(stream(8, 120)))
    sealed = 0
    for row in engine.store.range(0, engine.size):
        if row.kind != DECISION or row.event_id is None:
            continue
        found = explained(engine, row.event_id)
        assert found.position == row.position
        assert sum(part.part_micro for part in found.parts) + found.bias_micro == found.decision.score_micro
        assert sum(found.concepts.values()) + found.bias_micro == found.decision.score_micro
        assert list(found.concepts.values()) == sorted(found.concepts.values(), reverse=True)
        assert {"S1", "S2"} < set(found.concepts)
        if found.decision.parts is not None:
            sealed += 1
            assert tuple(p.part_micro for p in found.parts) == found.decision.parts[:-1]
        assert found.probability_micro is not None
        assert 0 <= found.probability_micro <= 1_000_000
    assert sealed > 20
    with pytest.raises(BadValue, match="'nothing'"):
        explained(engine, "nothing")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("", "", ""),
        ('owner = "the tests"', 'owner = " "', "owner is empty"),
        ('review = "2030-01-01"', 'review = "soon"', "'soon'"),
        ('subject = "payer"', 'subject = "amount"', "subject 'amount'"),
        ('amount = { money = "HKD" }', 'amount = { money = "HKX" }', "'HKX'"),
        ('values = ["HKD", "CNY"]', 'values = ["HKD", "XXX"]', "'XXX'"),
        ("payer = { entity", "payer = { flag = true, entity", "entity and flag"),
        ('concept = "size" },\n    { name = "n_1h"', 'concept = "sise" },\n    { name = "n_1h"', "'sise'"),
        ('en = "amount"', 'en = ""', "en is empty"),
        ('code = "S2"', 'code = "S1"', "S1 stands for more"),
        ('window = "1h", present = true, concept', 'window = "1h", concept', "n_1h"),
        ("row.hour < 3", "row.hours < 3", "hours"),
    ],
)
def test_a_finding_names_the_place_and_the_value(before: str, after: str, said: str) -> None:
    found = lint(read_recipe(RECIPE.replace(before, after, 1).encode()))
    if not said:
        assert found == []
    else:
        assert any(said in finding for finding in found), found
