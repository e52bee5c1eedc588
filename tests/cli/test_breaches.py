"""`waglan breaches` from the door: listed, acknowledged, waived; a mistake is one line."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Command
from tests.engine.market import MODEL
from tests.engine.small import batch_of_lines
from tests.govern.test_review import REGISTRY
from tests.govern.test_waivers import BIG, CHAN, LEE, LINES, PAST, PEOPLE, TIMED, WONG
from waglan.book import Book
from waglan.store.keys import RandomKeys


@pytest.fixture
def breached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A book `book` with some breaches, one of them by `big-1`."""
    monkeypatch.chdir(tmp_path)
    with Book.create("book", TIMED.encode(), MODEL, RandomKeys(os.urandom)) as book:
        book.warm(PAST)
        book.run(batch_of_lines(LINES[: BIG + 1], TIMED))
    Path("book/registry.toml").write_text(REGISTRY + PEOPLE)


def told(waglan: Command, *arguments: str) -> dict[str, Any]:
    said = waglan(*arguments, "--json")
    assert said.status == 0, said.err
    facts: dict[str, Any] = json.loads(said.out)
    return facts


def hard(waglan: Command) -> dict[str, Any]:
    found = told(waglan, "breaches", "book")["breaches"]
    return next(b for b in found if (b["id"], b["limit"], b["grade"]) == ("big-1", "es_book", "hard"))


@pytest.mark.usefixtures("breached")
def test_breaches_are_listed_acknowledged_and_waived(waglan: Command) -> None:
    assert told(waglan, "breaches", "list", "book") == told(waglan, "breaches", "book")
    before = hard(waglan)
    assert before["state"] in ("raised", "overdue"), "by this machine's clock"
    assert (before["key"], before["limit_minor"]) == ("shares", 150_000_000)
    seen = told(waglan, "breaches", "acknowledge", "book", "big-1", "--limit", "es_book", "--by", WONG)
    assert seen["acknowledged_by"] == WONG
    until = datetime.fromtimestamp(datetime.now(UTC).timestamp() + 86_400, UTC).isoformat()
    terms = ("--amount", "2,900,000.50", "--until", until, "--maker", CHAN, "--checker", LEE, "--reason", "client")
    made = told(waglan, "breaches", "waive", "book", "big-1", "--limit", "es_book", *terms)
    assert made["amount_minor"] == 290_000_050
    assert made["position"] == seen["position"] + 1
    stands = hard(waglan)
    assert stands["state"] == "waived"
    assert stands["waivers"][0]["maker"] == CHAN
    assert any("覆核" in line for line in stands["words"]["zh-Hant"])
    text = waglan("breaches", "book", "--open").out
    assert "1 waived" in text
    assert "HKD 1,500,000.00" in text
    assert "因：client" in waglan("breaches", "book", "-l", "zh-Hans").out
    assert told(waglan, "replay", "book")["same"]


WAIVE = "breaches waive book big-1 --limit es_book --reason client"


@pytest.mark.usefixtures("breached")
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("breaches nowhere", "nowhere: a book was expected"),
        ("breaches book -l fr", "--language is one of en, zh-Hant, zh-Hans, it was 'fr'"),
        ("breaches acknowledge book nobody --by X", "no breach was raised by 'nobody'"),
        ("breaches acknowledge book big-1 --by X", "'X' is not among the people"),
        (f"{WAIVE} --amount 1.234 --until 2030-01-01 --maker A --checker B", "--amount is a number such as"),
        (f"{WAIVE} --amount -5 --until 2030-01-01 --maker A --checker B", "--amount is a number such as"),
        (f"{WAIVE} --amount 5 --until soon --maker A --checker B", "--until is a date or time such as"),
        (f"{WAIVE} --amount 5 --until 2030-01-01 --maker A --checker A", "maker and checker are both 'A'"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line(waglan: Command, line: str, said: str) -> None:
    found = waglan(*line.split())
    assert found.status == 2
    assert said in found.err
    assert found.err.count("\n") == 1


def test_a_book_of_another_desk_says_why(waglan: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.engine.lending import LENDING, lending_model
    from waglan.schema.recipe import read_recipe

    monkeypatch.chdir(tmp_path)
    recipe = LENDING.encode()
    Book.create("b", recipe, lending_model(read_recipe(recipe)).data, RandomKeys(os.urandom)).close()
    assert "the recipe has no [[policy.limits]]" in waglan("breaches", "b").err
