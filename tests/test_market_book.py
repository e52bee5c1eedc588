"""A market book, from its history to its proofs: however it is opened, cut, shadowed and closed, it comes to one root.

It replays at both depths, its waivers count while they are in force, what cannot be priced is refused, and neither an
erasure nor somebody who looks at it in between changes an answer.
"""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.engine.market import MARKET, MODEL, SHADOWS, UNIVERSE, history, live
from tests.engine.small import batch_of_lines
from waglan.book import Book
from waglan.cli.app import run
from waglan.engine.engine import Answer
from waglan.engine.explain import explained
from waglan.engine.judge import Judge
from waglan.engine.lint import lint
from waglan.engine.past import history as past
from waglan.engine.replay import replay_events, replay_rows, what_if
from waglan.engine.state import holdings_of
from waglan.govern.custody import Custody
from waglan.govern.notice import analysis, notice
from waglan.ledger.entry import SHADOW
from waglan.risk.portfolio import Portfolio
from waglan.risk.universe import universe_bytes
from waglan.schema.difference import differences
from waglan.schema.recipe import read_recipe
from waglan.schema.units import BadValue
from waglan.store.keys import SeededKeys

KEYS = SeededKeys(7)
RECIPE = read_recipe(MARKET.encode())
PAST = batch_of_lines(history(1), MARKET)
LIVE = batch_of_lines(live(1), MARKET)
BESIDE = tuple((text.encode(), MODEL) for text in SHADOWS)
WIDER = MARKET.replace("hard = 160000000", "hard = 16000000000")
AT = 1_780_000_000_000_000_000


def made(path: Path) -> Path:
    """A book that has seen history."""
    with Book.create(path, MARKET.encode(), MODEL, KEYS) as book:
        book.warm(PAST)
    return path


def judge_of(text: str) -> Judge:
    recipe = read_recipe(text.encode())
    return Judge(recipe, text.encode(), Portfolio.read(MODEL, recipe))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[Answer]]:
    """The root and the answers of a book that decided everything at once."""
    with Book.open(made(tmp_path_factory.mktemp("whole") / "book"), KEYS) as book:
        answers = book.run(LIVE)
        return book.engine.log.root(), answers


def test_every_difficulty_is_met(whole: tuple[bytes, list[Answer]]) -> None:
    _, answers = whole
    assert {answer.verb for answer in answers} == {None, "within", "soft", "hard"}
    refusals = {answer.refusal for answer in answers}
    assert refusals == {None, "missing_column", "unknown_category", "no_price", "expired"}
    assert any(answer.duplicate for answer in answers)
    reasons = {reason for answer in answers for reason in answer.reasons}
    assert {"limit:es_book", "soft:es_book", "limit:es_all", "limit:name", "exception"} <= reasons


@pytest.mark.parametrize("chunk", [1, 13])
def test_one_root_however_events_are_cut_and_the_book_is_opened(
    tmp_path: Path, whole: tuple[bytes, list[Answer]], chunk: int
) -> None:
    root, answers = whole
    found = list[Answer]()
    made(tmp_path / "cut")
    for start, stop in ((0, 1), (1, 40), (40, 41), (41, 130), (130, len(LIVE))):
        with Book.open(tmp_path / "cut", KEYS) as book:
            found += book.run(LIVE.slice(start, stop), chunk=chunk)
    with Book.open(tmp_path / "cut", KEYS) as book:
        assert book.engine.log.root() == root
    assert found == answers


def test_without_a_snapshot_history_and_log_bring_it_to_the_same(
    tmp_path: Path, whole: tuple[bytes, list[Answer]]
) -> None:
    made(tmp_path / "book")
    with Book.open(tmp_path / "book", KEYS) as book:
        book.run(LIVE.slice(0, 120))
        state = book.engine.judge.windows.snapshot(0)
        fresh = judge_of(MARKET)
        assert fresh.resume(b"of another version") is None
        start = fresh.resume(state)
        assert start == 0
        assert fresh.windows.snapshot(0) == state
        with pytest.raises(BadValue, match="cut"):
            fresh.resume(state[:-1])
        with pytest.raises(BadValue, match="altered"):
            fresh.resume(state[:-1] + bytes([state[-1] ^ 1]))
        assert judge_of(WIDER).resume(state) is None
        book.shadow([(WIDER.encode(), MODEL)])
        (shadow,) = book.engine.shadows
        ours, theirs = holdings_of(book.engine.judge.windows), holdings_of(shadow.windows)
        assert (ours.quantities() == theirs.quantities()).all()
        assert (ours.totals() == theirs.totals()).all()


def test_reading_the_state_changes_no_answer(tmp_path: Path, whole: tuple[bytes, list[Answer]]) -> None:
    root, _ = whole
    with Book.open(made(tmp_path / "book"), KEYS) as book:
        for start in range(0, len(LIVE), 5):
            book.run(LIVE.slice(start, start + 5))
            holdings = holdings_of(book.engine.judge.windows)
            holdings.totals()
            holdings.market()
            assert holdings.unit_pnl.shape[1] == len(UNIVERSE.instruments)
        assert book.engine.log.root() == root


def test_it_replays_from_events_and_from_rows(tmp_path: Path, whole: tuple[bytes, list[Answer]]) -> None:
    root, answers = whole
    with Book.open(made(tmp_path / "book"), KEYS) as book:
        book.run(LIVE)
        found = replay_events(book.again(), book.engine.store, book.engine.log, 1)
        assert found.same
        assert found.replayed_root == root.hex()
        rows = replay_rows(book.engine.judge, book.engine.store)
        assert not rows.differing
        assert rows.from_rows == sum(answer.verb is not None and not answer.duplicate for answer in answers) > 60


def test_three_shadows_measure_by_other_methods_over_the_same_events(tmp_path: Path) -> None:
    roots = set()
    for name, cuts in (("whole", (0, len(LIVE))), ("cut", (0, 77, 150, len(LIVE)))):
        made(tmp_path / name)
        for start, stop in pairwise(cuts):
            with Book.open(tmp_path / name, KEYS, BESIDE) as book:
                book.run(LIVE.slice(start, stop))
        with Book.open(tmp_path / name, KEYS) as book:
            roots.add(book.engine.log.root())
            assert replay_events(book.again(), book.engine.store, book.engine.log, 1).same
            sealed = [row for row in book.engine.store.range(0, book.engine.size) if row.kind == SHADOW]
            for text in SHADOWS:
                rows = replay_rows(judge_of(text), book.engine.store)
                assert not rows.differing
                assert rows.from_rows == len(sealed) // 3 > 50
    assert len(roots) == 1


def test_parts_are_sealed_for_hard_and_explained_for_all(tmp_path: Path) -> None:
    with Book.open(made(tmp_path / "book"), KEYS) as book:
        answers = [answer for answer in book.run(LIVE) if answer.verb is not None and not answer.duplicate]
        for answer in answers:
            told = explained(book.engine, answer.id)
            assert (told.decision.parts is not None) == (answer.verb == "hard")
            assert [part.columns for part in told.parts] == [("es_part_shares",), ("es_part_options",)]
            assert sum(part.part_micro for part in told.parts) == answer.score_micro
            assert told.bias_micro == 0
            row = dict(zip(book.engine.judge.names, told.decision.row, strict=True))
            assert row["es_total"] == answer.score_micro
            assert told.probability_micro is None
        with pytest.raises(BadValue, match="concern no customer"):
            notice(RECIPE, explained(book.engine, "big-1"))
        words = analysis(RECIPE, explained(book.engine, "big-1"))["en"].splitlines()
        row = seen(book, "big-1")
        assert words[0].startswith("big-1, 2 Mar 2026")
        assert f"es_book [es_book]: {(row['es_book'] or 0) / 100:,.2f} HKD" in words
        assert f"{(row['es_total'] or 0) / 100:,.2f}  expected shortfall of all books in HKD, the sum of:" in words[-3]
        assert words[-2].split() == [f"{(row['es_part_shares'] or 0) / 100:,.2f}", "shares"]


def seen(book: Book, event_id: str) -> dict[str, int | None]:
    return dict(zip(book.engine.judge.names, explained(book.engine, event_id).decision.row, strict=True))


def test_a_waiver_counts_while_it_is_in_force(tmp_path: Path) -> None:
    with Book.open(made(tmp_path / "book"), KEYS) as book:
        answers = {answer.id: answer for answer in book.run(LIVE) if not answer.duplicate}
        breach, under = answers["big-1"], answers["under-waiver"]
        assert "limit:es_book" in breach.reasons
        assert seen(book, "big-1")["waived_es_book"] is None
        assert seen(book, "under-waiver")["waived_es_book"] == 290_000_000
        assert 150_000_000 < (seen(book, "under-waiver")["es_book"] or 0) <= 290_000_000
        assert "soft:es_book" in under.reasons
        assert "limit:es_book" not in under.reasons
        assert seen(book, "big-3")["waived_es_book"] is None


def test_an_order_moves_nothing_and_a_fill_what_the_order_said(tmp_path: Path) -> None:
    with Book.open(made(tmp_path / "book"), KEYS) as book:
        book.run(LIVE.slice(0, 30))
        holdings = holdings_of(book.engine.judge.windows)
        held = holdings.quantities()
        for stage, moved in (("order", 0), ("fill", 11)):
            line = {
                "id": stage, "kind": "check", "ts_ns": int(LIVE.ts_ns[30]), "stage": stage, "book": "shares",
                "trader": "Ada", "counterparty": "Bank", "instrument": "USD", "quantity": 11, "price": 7.8,
            }  # fmt: skip
            book.run(batch_of_lines([msgspec.json.encode(line)], MARKET))
            assert holdings.quantities()[4] == held[4] + moved
        measures = ("es_total", "var_total", "es_book", "es_trader", "notional_total", "delta_total")
        order, fill = seen(book, "order"), seen(book, "fill")
        assert [order[name] for name in measures] == [fill[name] for name in measures]
        assert (order["pnl_total"] or 0) < (fill["pnl_total"] or 0)  # bought below the mark: an order gains nothing yet


def test_an_erasure_leaves_positions_and_proofs(tmp_path: Path) -> None:
    with Book.open(made(tmp_path / "book"), KEYS) as book:
        book.run(LIVE.slice(0, 150))
        holdings = holdings_of(book.engine.judge.windows)
        held, root = holdings.quantities(), book.engine.log.root()
        with Custody(book, "officer", lambda: AT) as custody:
            custody.erase("P1")
            custody.erase("Eve", "staff")
        assert book.engine.log.root() == root
        assert (holdings.quantities() == held).all()
    with Book.open(tmp_path / "book", KEYS) as book:
        rest = book.run(LIVE.slice(150, len(LIVE)))
        assert any(answer.verb for answer in rest)
        assert not replay_rows(book.engine.judge, book.engine.store).differing
        found = replay_events(book.again(), book.engine.store, book.engine.log, 1)
        assert found.erased > 0
        assert found.only_rows > 0
        assert found.same


def test_another_recipe_over_the_same_events(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with Book.open(made(tmp_path / "book"), KEYS) as book:
        book.run(LIVE)
        assert list(what_if(book.challenger(MARKET.encode(), MODEL), book.engine.store, "amount", 1)) == []
        changed = list(what_if(book.challenger(WIDER.encode(), MODEL), book.engine.store, "amount", 1))
        assert {(line.before, line.after) for line in changed} == {("hard", "soft")}
    (tmp_path / "wider.toml").write_text(WIDER)
    assert run(["replay", str(tmp_path / "book"), "--recipe", str(tmp_path / "wider.toml")]) == 0
    out = capfd.readouterr().out
    assert f"{len(changed)} of" in out
    assert "people" not in out
    told = [(line.path, line.before, line.after) for line in differences(RECIPE, read_recipe(WIDER.encode()))]
    assert told == [("policy.limits.es_all.hard", "160000000", "16000000000")]


def test_nothing_is_trained_and_lint_finds_nothing() -> None:
    assert lint(RECIPE) == []
    with pytest.raises(BadValue, match="a market book's model is its universe"):
        past(RECIPE, PAST, int(PAST.ts_ns[-1]))


SIGNED = "required = false, negative = true }"
SCENARIOS, AGE = "scenarios = 60", 'age_max = "2d"'
BOOKS = 'book = { values = ["shares", "options"], required = false }'
LINTED: Sequence[tuple[str, str, str]] = (
    ('method = "filtered"', 'home = "XXX"', "home 'XXX' is not a currency"),
    (SCENARIOS, "scenarios = 0", "scenarios lie between 1"),
    (SCENARIOS, "es_tail_micro = 9000", "the tail of VaR lies within that of ES"),
    (AGE, 'age_max = "often"', "age_max: a duration"),
    (f"level = {{ decimal = true, {SIGNED}", "level = { decimal = true, required = false }", "needs negative = true"),
    (f"quantity = {{ integer = true, {SIGNED}", f"quantity = {{ decimal = true, {SIGNED}", "it holds integer"),
    (BOOKS, BOOKS.replace(", required = false", ""), "needs required = false"),
    (BOOKS, BOOKS.replace(" }", ", other = true }"), "other = true"),
    ('"order", "fill", "measure"', '"fill", "order", "measure"', "order, fill, measure, in this order"),
    (f"mean = {{ integer = true, {SIGNED}\n", "", "has a column 'mean'"),
    ('adverse = ["hard"]', "effects = true", "no effects"),
)


@pytest.mark.parametrize(("old", "new", "said"), LINTED)
def test_a_recipe_that_cannot_hold_a_market_book_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in MARKET
    text = MARKET.replace(old, new, 1)
    found = lint(read_recipe(text.encode()))
    assert any(said in line for line in found), found
    with pytest.raises(BadValue):
        Book.create(tmp_path / "book", text.encode(), MODEL, KEYS)


SHORT = msgspec.structs.replace(UNIVERSE, instruments=UNIVERSE.instruments[1:], issuers={})


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{}", "instruments"),
        (universe_bytes(msgspec.structs.replace(UNIVERSE, issuers={"TIN": "Nobody"})), "'Nobody': the recipe has no"),
        (universe_bytes(SHORT), "'TIN': the universe has no"),
    ],
)
def test_a_universe_that_does_not_fit_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(BadValue, match=said):
        Book.create(tmp_path / "book", MARKET.encode(), data, KEYS)


def test_a_data_frame_of_events_is_answered(tmp_path: Path) -> None:
    import polars as pl

    with Book.open(made(tmp_path / "book"), KEYS) as book:
        frame = pl.DataFrame({
            "id": ["m", "o"], "kind": ["check", "check"], "ts_ns": [int(LIVE.ts_ns[0]), int(LIVE.ts_ns[0]) + 1],
            "stage": ["measure", "order"], "book": [None, "shares"], "instrument": [None, "TIN"],
            "quantity": [None, 100], "price": [None, 60.0],
        })  # fmt: skip
        told = book.decide(frame)
        assert told["refusal"].to_list() == [None, None]
        assert told["score_micro"].to_list()[0] == 0 < told["score_micro"].to_list()[1]
        assert np.all(np.array(told["position"].to_list()) > 0)
