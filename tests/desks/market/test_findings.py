"""A live market book's report: every figure is one that the book itself decides by."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.engine.market import MARKET, MODEL, history, live
from waglan.book import Book
from waglan.desks.market.findings import market_report
from waglan.desks.market.report import MarketReport, check, render, to_json
from waglan.engine.answer import Answer
from waglan.ledger.entry import DECISION
from waglan.risk.contributions import CROSS
from waglan.schema.records import decode_decision
from waglan.schema.units import BadValue
from waglan.store.keys import SeededKeys

KEYS = SeededKeys(19)


def run(book: Book, folder: Path, lines: Sequence[bytes], decided: bool) -> list[Answer]:
    """Events that are lines of JSON, observed as history or decided."""
    file = folder / f"{'live' if decided else 'past'}.jsonl"
    file.write_bytes(b"\n".join(lines) + b"\n")
    batch = book.read(file)
    if decided:
        return book.run(batch)
    book.warm(batch)
    return []


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Book, MarketReport]]:
    folder = tmp_path_factory.mktemp("market")
    with Book.create(folder / "book", MARKET.encode(), MODEL, KEYS) as book:
        run(book, folder, history(3), decided=False)
        run(book, folder, [*live(3, 3), *measures(3)], decided=True)
        yield book, market_report(book)


def measures(days: int) -> list[bytes]:
    """One of the whole, of each book and of each trader, behind the last event."""
    last = json.loads(live(3, days)[-1])["ts_ns"]
    whose = [{}, *({"book": b} for b in ("shares", "options")), *({"trader": t} for t in ("Ada", "Ben", "Cho"))]
    return [
        json.dumps({"id": f"end-{i}", "kind": "check", "stage": "measure", "ts_ns": last + i + 1} | of).encode()
        for i, of in enumerate(whose)
    ]


def rows(book: Book) -> dict[str, dict[str, int | None]]:
    """Event -> its row by columns' names."""
    store, cells = book.engine.store, book.engine.judge.names
    found = [decode_decision(row.record) for row in store.range(0, store.size) if row.kind == DECISION]
    return {d.event.id: dict(zip(cells, d.row, strict=True)) for d in found}


def test_the_report_adds_up_and_is_drawn(lived: tuple[Book, MarketReport]) -> None:
    book, report = lived
    check(report)
    assert render(report) == render(market_report(book))
    assert json.loads(to_json(report))["totals"]["root"] == book.engine.log.root().hex()


def test_scopes_are_what_a_measure_says(lived: tuple[Book, MarketReport]) -> None:
    book, report = lived
    sealed = rows(book)
    whole = sealed["end-0"]
    seen = {(s.by, s.key): s for s in report.scopes}
    assert (report.whole.es_minor, report.whole.var_minor) == (whole["es_total"], whole["var_total"])
    for i, by, key in ((1, "book", "shares"), (2, "book", "options"), (3, "trader", "Ada"), (5, "trader", "Cho")):
        row = sealed[f"end-{i}"]
        if (by, key) not in seen:
            assert row[f"es_{by}"] == 0
            continue
        found = seen[by, key]
        assert (found.es_minor, found.var_minor, found.pnl_minor) == tuple(
            row[f"{name}_{by}"] for name in ("es", "var", "pnl")
        )
        assert found.es_part_minor == (whole[f"es_part_{key}"] if by == "book" else None)


def test_parts_sum_to_the_whole_and_the_factors_rest_is_last(lived: tuple[Book, MarketReport]) -> None:
    _, report = lived
    found = report.contributions
    assert found is not None
    assert found.factors[-1].name == CROSS
    assert sum(part.var_minor for part in found.positions) == report.whole.var_minor
    assert {part.name: part.es_minor for part in found.books} == {
        s.key: s.es_part_minor for s in report.scopes if s.by == "book"
    }


def test_scenarios_hold_the_tail_that_the_es_is_the_mean_of(lived: tuple[Book, MarketReport]) -> None:
    _, report = lived
    tail = sorted(s.pnl_minor for s in report.scenarios if s.tail)
    assert len(report.scenarios) == 60
    assert len(tail) == 2
    assert tail == sorted(s.pnl_minor for s in report.scenarios)[:2]
    mean = -(tail[0] + tail[1] // 2) * 2 / 3
    assert report.whole.es_minor == pytest.approx(mean, abs=1), "60 x 2.5% are one and a half scenarios"
    assert -tail[0] == report.whole.var_minor


def test_limits_stand_as_the_policy_says(lived: tuple[Book, MarketReport]) -> None:
    book, report = lived
    sealed = rows(book)
    lines = {(line.code, line.key): line for line in report.limits}
    assert lines["es_all", ""].used_minor == sealed["end-0"]["es_total"]
    assert lines["es_book", "shares"].used_minor == sealed["end-1"]["es_book"]
    for line in report.limits:
        beyond_hard = line.hard_minor is not None and line.used_minor > line.hard_minor
        beyond_soft = line.soft_minor is not None and line.used_minor > line.soft_minor
        assert line.state in (("hard", "waived") if beyond_hard else ("soft",) if beyond_soft else ("within",))
        assert (line.state == "waived") == (beyond_hard and (line.waived_minor or 0) >= line.used_minor)


def test_what_was_asked_is_counted_and_what_was_refused_is_shown(lived: tuple[Book, MarketReport]) -> None:
    book, report = lived
    decided = sum(c.number for c in report.counted if c.stage != "refused")
    assert decided == report.totals.decided == len(rows(book))
    hard = sum(c.number for c in report.counted if (c.stage, c.code) == ("order", "hard"))
    assert hard == len(report.stopped) > 0
    for order in report.stopped:
        assert any(reason.startswith("limit:") for reason in order.reasons)
        assert order.es_after_minor == rows(book)[order.id]["es_total"]
    assert report.proof is not None
    assert report.proof.event_id == report.stopped[-1].id
    assert report.totals.days == 3


def test_nothing_moves_by_looking(lived: tuple[Book, MarketReport]) -> None:
    book, report = lived
    before = book.engine.judge.windows.snapshot(0)
    again = market_report(book)
    assert book.engine.judge.windows.snapshot(0) == before
    assert to_json(again) == to_json(report)


def test_a_parametric_book_states_its_law_and_its_parts_sum_too(tmp_path: Path) -> None:
    recipe = MARKET.replace('"filtered"', '"parametric"').encode()
    with Book.create(tmp_path / "book", recipe, MODEL, KEYS) as book:
        run(book, tmp_path, history(3), decided=False)
        run(book, tmp_path, live(3, 1), decided=True)
        report = market_report(book)
    check(report)
    assert report.contributions is not None
    assert report.convention.shortfall == "cornish_fisher"
    assert sum(s.es_part_minor or 0 for s in report.scopes if s.by == "book") == report.whole.es_minor
    render(report)


def test_a_date_that_is_rolled_twice_is_one_day(tmp_path: Path) -> None:
    lines = live(3, 1)
    again = {"id": "again", "kind": "roll", "ts_ns": json.loads(lines[-1])["ts_ns"] + 1}
    with Book.create(tmp_path / "book", MARKET.encode(), MODEL, KEYS) as book:
        run(book, tmp_path, history(3), decided=False)
        run(book, tmp_path, [*lines, json.dumps(again).encode()], decided=True)
        assert market_report(book).totals.days == 1


def test_a_book_before_its_first_fill_is_shown_and_one_without_days_is_refused(tmp_path: Path) -> None:
    with Book.create(tmp_path / "book", MARKET.encode(), MODEL, KEYS) as book:
        with pytest.raises(BadValue, match="there are no scenarios"):
            market_report(book)
        run(book, tmp_path, history(3), decided=False)
        report = market_report(book)
        assert report.whole.es_minor == 0
        assert (report.reverse, report.stresses) == ((), ())
        render(replace(report, labels=()))
