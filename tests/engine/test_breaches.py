"""Acknowledgements and waivers that come in by file: one line for each way to be wrong, and the same however cut."""

import json
from itertools import pairwise
from typing import Any, Final

import pytest

from tests.engine.market import MARKET, MODEL, history, live
from tests.engine.small import batch_of_lines
from waglan.engine.breaches import NEEDED
from waglan.engine.engine import Answer, Engine
from waglan.engine.judge import Judge
from waglan.engine.replay import VaultKeys, replay_events
from waglan.ledger.log import Log
from waglan.policy.waivers import check_waivers
from waglan.risk.portfolio import Portfolio
from waglan.schema.recipe import read_recipe
from waglan.schema.units import DAY_NS, SECOND_NS, BadValue
from waglan.store.keys import KeySource, SeededKeys
from waglan.store.records import Store

PAST: Final = batch_of_lines(history(1), MARKET)
LINES: Final = [json.loads(line) for line in live(1)]
BIG: Final = next(i for i, line in enumerate(LINES) if line["id"] == "big-1")
BEFORE: Final = LINES[: BIG + 1]
FILL: Final = LINES[BIG]
TS_NS: Final = int(FILL["ts_ns"])
SEEN: Final = {"id": "big-1/acknowledge", "kind": "acknowledge", "maker": "Eve"}
WAIVED: Final = {
    "id": "big-1/es_book/waiver", "kind": "waiver", "limit": "es_book", "book": "shares", "amount": 290_000_000,
    "maker": "Eve", "checker": "Fay", "breach_reason": "client", "until_s": (TS_NS + DAY_NS) // SECOND_NS,
}  # fmt: skip
MEASURED: Final = {"id": "m", "kind": "check", "stage": "measure", "book": "shares"}
RENEWED: Final = WAIVED | {"id": "m/es_book/waiver", "amount": 299_000_000}
TABLE: Final[tuple[tuple[dict[str, Any], str | None], ...]] = (
    (SEEN | {"id": "big-1/seen"}, "bad_id"),
    (SEEN | {"id": "/acknowledge"}, "bad_id"),
    (SEEN | {"maker": None}, "missing_column"),
    (SEEN | {"id": "nobody/acknowledge"}, "unknown_reference"),
    (SEEN | {"id": f"{LINES[0]['id']}/acknowledge"}, "unknown_reference"),
    (SEEN | {"id": "big-1/name/acknowledge", "limit": "stop"}, "no_breach"),
    (SEEN | {"id": "big-1/es_book/acknowledge", "limit": "es_book", "book": "options"}, "other_scope"),
    (SEEN, None),
    *((WAIVED | {name: None}, "missing_column") for name in NEEDED["waiver"]),
    (WAIVED | {"limit": "stop", "trader": FILL["trader"]}, "no_breach"),
    (WAIVED | {"book": None}, "other_scope"),
    (WAIVED | {"book": "options"}, "other_scope"),
    (WAIVED | {"checker": "Eve"}, "same_person"),
    (WAIVED | {"checker": " eVe  "}, "same_person"),
    (WAIVED | {"checker": FILL["trader"]}, "own_trade"),
    (WAIVED | {"maker": str(FILL["trader"]).upper()}, "own_trade"),
    (WAIVED | {"amount": 150_000_000}, "bad_amount"),
    (WAIVED | {"amount": 300_000_001}, "bad_amount"),
    (WAIVED | {"until_s": TS_NS // SECOND_NS}, "bad_until"),
    (WAIVED | {"until_s": (TS_NS + 31 * DAY_NS) // SECOND_NS}, "bad_until"),
    (MEASURED | {"id": "before"}, None),
    *((WAIVED | {"id": "before/es_book/waiver", "maker": name}, "own_trade") for name in ("Ada", "ben", "CHO")),
    (WAIVED, None),
    (MEASURED, None),
    (RENEWED | {"checker": "Eve"}, "same_person"),
    (RENEWED, None),
    (WAIVED, None),  # again: it is given the first answer
)  # fmt: skip


def engine_of(keys: KeySource) -> Engine:
    recipe = read_recipe(MARKET.encode())
    engine = Engine(Judge(recipe, MARKET.encode(), Portfolio.read(MODEL, recipe)), Store.memory(keys), Log())
    engine.observe(PAST)
    return engine


def stream() -> list[bytes]:
    """What came before, and the table's events; an id of the table comes again until one is not refused."""
    events = [{"ts_ns": TS_NS + n} | event for n, (event, _) in enumerate(TABLE)]
    return [json.dumps({k: v for k, v in line.items() if v is not None}).encode() for line in (*BEFORE, *events)]


def answered(cuts: tuple[int, ...]) -> tuple[list[Answer], Engine]:
    batch, engine = batch_of_lines(stream(), MARKET), engine_of(SeededKeys(7))
    ends = (0, *cuts, len(batch))
    return [a for start, stop in pairwise(ends) for a in engine.decide(batch.slice(start, stop))], engine


def test_every_way_to_be_wrong_however_the_stream_is_cut() -> None:
    at, roots = len(BEFORE), set()
    for cuts in ((), tuple(range(at - 1, at + len(TABLE))), (at + 3, at + 11)):
        found, engine = answered(cuts)
        assert "limit:es_book" in found[BIG].reasons
        told = [(event["id"], answer.refusal) for (event, _), answer in zip(TABLE, found[at:], strict=True)]
        assert told == [(event["id"], refusal) for event, refusal in TABLE]
        assert found[-1].duplicate
        reasons = {answer.id: answer.reasons for answer in found[at:]}
        assert "limit:es_book" in reasons["before"]
        assert "limit:es_book" not in reasons["m"]
        assert "soft:es_book" in reasons["m"]
        engine.commit()
        roots.add(engine.log.root())
    assert len(roots) == 1
    again = engine_of(VaultKeys(engine.store.vault))
    assert replay_events(again, engine.store, engine.log, again.size).same


def test_a_waiver_in_the_history_stands_nowhere() -> None:
    """It would be in force from the first decision on, and in no record."""
    forged = [WAIVED | {"ts_ns": TS_NS - DAY_NS}, {"id": "x/acknowledge", "kind": "acknowledge", "ts_ns": 1}]
    recipe = read_recipe(MARKET.encode())
    engine = Engine(Judge(recipe, MARKET.encode(), Portfolio.read(MODEL, recipe)), Store.memory(SeededKeys(7)), Log())
    lines = [*history(1), *(json.dumps(line).encode() for line in forged)]
    assert engine.observe(batch_of_lines(lines, MARKET)).events == len(history(1))
    found = engine.decide(batch_of_lines([json.dumps(line).encode() for line in BEFORE], MARKET))
    assert "limit:es_book" in found[-1].reasons


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('checker = { entity = "staff"', 'checker = { entity = "person"', "are entity columns of one type"),
        ('"es_book", "es_all", "name", "stop"]', '"es_book"]', "the column 'limit' has no category 'es_all'"),
        ('amount = { money = "HKD"', "amount = { integer = true", "the column 'amount' of a waiver is money"),
        ('"hedge", "client"], required = false', '"hedge", "client"]', "'breach_reason', which .* needs required"),
        ('breach_reason = { values = ["hedge", "client"], required = false }', "", "is no column of this recipe"),
        ('of = "es_total"', 'of = "es_total"\nwaiver_micro = 1000000', "es_all: a waiver makes more of a limit"),
        ('of = "es_total"', 'of = "es_total"\nwaiver = "soon"', "a duration is a whole number"),
    ],
)  # fmt: skip
def test_what_a_recipe_needs_for_them(before: str, after: str, said: str) -> None:
    assert before in MARKET
    with pytest.raises(BadValue, match=said):
        check_waivers(read_recipe(MARKET.replace(before, after, 1).encode()))


def test_a_recipe_that_observes_neither_needs_nothing() -> None:
    text = MARKET.replace(', "waiver", "acknowledge"]', "]").replace(
        'maker = { entity = "staff", required = false }', ""
    )
    check_waivers(read_recipe(text.encode()))
