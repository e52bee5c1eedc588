"""One stream, one root: however it is cut, wherever it runs, whatever was stopped in between."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.small import NO_FEEDBACK, RECIPE, batch_of_lines, engine_of, judge_of, run, small_model, stream
from waglan.features.state import Windows
from waglan.schema.batch import REFUSED, Batch
from waglan.schema.recipe import read_recipe
from waglan.schema.units import NULL

ROOT = Path(__file__).parents[2]
LINES = stream(1, 420)
BATCHES = {text: batch_of_lines(LINES, text) for text in (RECIPE, NO_FEEDBACK)}
STRICTER = NO_FEEDBACK.replace("review = 1200000", "review = 700000")
"""A challenger that asks for more reviews."""
OTHER_FEEDBACK = RECIPE.replace("decline = 2000000", "decline = 1300000")
"""A challenger that declines more, and so feeds back more."""
WITHOUT_SQUARE = "\n".join(line for line in NO_FEEDBACK.splitlines() if 'name = "square"' not in line)
"""A challenger that decides what the champion's bounds refuse."""

CASES = [
    (RECIPE, ()),
    (NO_FEEDBACK, ()),
    (RECIPE, (OTHER_FEEDBACK,)),
    (NO_FEEDBACK, (STRICTER, WITHOUT_SQUARE)),
]


def root_of(text: str, shadows: tuple[str, ...], cuts: range | list[int], threads: int = 1) -> str:
    engine = engine_of(text, shadows, threads)
    run(engine, BATCHES[text], list(cuts))
    assert engine.log.size == engine.size == engine.store.size
    return engine.log.root().hex()


@pytest.fixture(scope="module")
def whole() -> dict[int, str]:
    """The root of each case, all events at once."""
    return {at: root_of(text, shadows, []) for at, (text, shadows) in enumerate(CASES)}


def test_the_stream_holds_every_difficulty() -> None:
    batch = BATCHES[RECIPE]
    engine = engine_of()
    answers = run(engine, batch)
    assert {a.verb for a in answers} == {None, "approve", "warn", "step-up", "review", "decline"}
    assert {r.code for r in batch.refusals.values()} >= {
        "missing_column", "wrong_type", "negative", "too_large", "too_precise", "unknown_currency", "unknown_kind",
        "bad_time", "bad_id", "bad_line",
    }  # fmt: skip
    reasons = {reason for a in answers for reason in a.reasons}
    assert reasons >= {"list:block", "list:allow", "R1", "R2", "let_through", "cut:decline", "S1", "S2"}
    overflowed = [a for a in answers if a.refusal == "too_large" and a.id]
    assert overflowed, "a square must leave its bounds"
    assert sum(a.duplicate for a in answers) > 20
    good = np.array([kind != REFUSED for kind in batch.kinds])
    stamps = batch.ts_ns[good]
    assert (stamps[1:] == stamps[:-1]).sum() > 20
    assert (stamps < np.maximum.accumulate(stamps)).sum() > 20
    assert {"login", "outcome", "listing"} <= {engine.judge.kinds[k] for k in batch.kinds if k != REFUSED}


@pytest.mark.parametrize("case", range(len(CASES)))
@pytest.mark.parametrize("size", [1, 7, 4096])
def test_one_root_over_chunk_sizes(case: int, size: int, whole: dict[int, str]) -> None:
    text, shadows = CASES[case]
    assert root_of(text, shadows, range(size, len(BATCHES[text]), size)) == whole[case]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_one_root_on_two_threads(case: int, whole: dict[int, str]) -> None:
    text, shadows = CASES[case]
    assert root_of(text, shadows, range(100, len(BATCHES[text]), 100), threads=2) == whole[case]


@settings(max_examples=12)
@given(case=st.sampled_from(range(len(CASES))), cuts=st.lists(st.integers(0, 500), max_size=12))
def test_one_root_wherever_the_stream_is_cut(case: int, cuts: list[int]) -> None:
    text, shadows = CASES[case]
    assert root_of(text, shadows, cuts) == root_of(text, shadows, [])


def test_streams_and_keys_differ_in_their_roots() -> None:
    first = root_of(RECIPE, (), [])
    engine = engine_of(seed=8)
    run(engine, BATCHES[RECIPE])
    assert engine.log.root().hex() != first
    assert root_of(NO_FEEDBACK, (), []) != first


OTHER_PROCESS = """
from tests.engine.test_one_root import BATCHES, CASES, root_of
print([root_of(text, shadows, range(33, 500, 33)) for text, shadows in CASES[1:3]])
"""


def test_another_process_with_another_hash_seed_has_the_same_root(whole: dict[int, str]) -> None:
    environment = os.environ | {"PYTHONHASHSEED": "4321", "PYTHONPATH": str(ROOT), "TZ": "America/New_York"}
    done = subprocess.run(
        [sys.executable, "-c", OTHER_PROCESS], capture_output=True, text=True, cwd=ROOT, env=environment, check=True
    )
    assert done.stdout.strip() == str([whole[1], whole[2]])


def test_one_event_by_the_short_way_has_the_same_bytes() -> None:
    batch = BATCHES[NO_FEEDBACK]
    many, single = engine_of(NO_FEEDBACK), engine_of(NO_FEEDBACK)
    expected = run(many, batch)
    seen: set[str] = set()
    for i in range(len(batch)):
        part = batch.slice(i, i + 1)
        if batch.kinds[i] == 0 and batch.ids[i] not in seen:
            dense, tokens = single.subjects.of(part, np.zeros(1, np.int64))
            answer = single.decide_one(batch.ids[i], int(batch.ts_ns[i]), dense[0], tokens[0])
            assert answer == expected[i]
        else:
            assert single.decide(part) == [expected[i]]
        if batch.kinds[i] != REFUSED:
            seen.add(batch.ids[i])
    single.commit()
    assert single.log.root() == many.log.root()
    for row, twin in zip(single.store.range(0, single.size), many.store.range(0, many.size), strict=True):
        assert row == twin


def test_a_batch_in_one_pass_and_in_log_order_have_the_same_verdicts() -> None:
    batch = BATCHES[NO_FEEDBACK]
    engine = engine_of(NO_FEEDBACK)
    at = np.array([i for i in engine._fresh(batch) if batch.kinds[i] != REFUSED], np.int64)
    dense, _ = engine.subjects.of(batch, at)
    ids = [batch.ids[i] for i in at]
    one, other = judge_of(NO_FEEDBACK), judge_of(NO_FEEDBACK)
    a = one.judge(batch.kinds[at], batch.ts_ns[at], dense, ids)
    b = other._in_order(batch.kinds[at], batch.ts_ns[at], dense, ids)
    assert (a.decided == b.decided).all()
    assert (a.status == b.status).all()
    decided = a.decided
    assert (a.rows[decided] == b.rows[decided]).all()
    assert (a.scores == b.scores).all()
    assert (a.verbs == b.verbs).all()
    assert a.reasons == b.reasons
    assert a.parts == b.parts


@pytest.mark.parametrize("text", [RECIPE, NO_FEEDBACK])
def test_a_snapshot_restored_goes_on_to_the_same_root(text: str) -> None:
    batch = BATCHES[text]
    engine, stopped = engine_of(text), engine_of(text)
    run(engine, batch)
    middle = len(batch) // 2
    stopped.decide(batch.slice(0, middle))
    state = stopped.judge.windows.snapshot(stopped.size)
    stopped.judge.windows, position = Windows.restore(stopped.judge.plan, state)
    assert position == stopped.size
    stopped.decide(batch.slice(middle, len(batch)))
    stopped.commit()
    assert stopped.log.root() == engine.log.root()


@pytest.mark.parametrize("threads", [1, 2])
def test_history_observed_or_decided_gives_the_same_later_decisions(threads: int) -> None:
    batch = BATCHES[NO_FEEDBACK]
    whole = run(engine_of(NO_FEEDBACK), batch)
    for split in (1, 50, 300):
        engine = engine_of(NO_FEEDBACK, threads=threads)
        warm = engine.observe(batch.slice(0, split))
        known = {batch.ids[i] for i in range(split) if batch.kinds[i] != REFUSED}
        assert warm.events == len(known)
        later = run(engine, batch.slice(split, len(batch)))
        for expected, answer, event_id in zip(whole[split:], later, batch.ids[split:], strict=True):
            if event_id in known:
                assert answer.duplicate
                assert answer.position == -1
            else:
                told = (answer.verb, answer.score_micro, answer.reasons, answer.refusal, answer.duplicate)
                first = (expected.verb, expected.score_micro, expected.reasons, expected.refusal, expected.duplicate)
                assert told == first


def test_a_stream_cut_short_leaves_the_earlier_records_as_they_are() -> None:
    batch = BATCHES[RECIPE]
    engine = engine_of()
    run(engine, batch)
    for stop in (1, 97, 251):
        short = engine_of()
        run(short, batch.slice(0, stop))
        rows = list(short.store.range(0, short.size))
        assert rows == list(engine.store.range(0, short.size))
        assert short.log.root() == engine.log.root(short.size)


def test_no_events_are_no_records() -> None:
    engine = engine_of()
    recipe = read_recipe(RECIPE.encode())
    width = BATCHES[RECIPE].values.shape[1]
    empty = Batch([], np.zeros(0, np.int8), np.zeros(0, np.int64), np.zeros((0, width), np.int64))
    assert engine.decide(empty) == []
    assert engine.commit() == 0
    assert small_model(recipe).score_one(np.full(len(small_model(recipe).features), NULL, np.int64)) < 0
