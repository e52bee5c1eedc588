"""Every command: what it tells, in both forms; a mistake is one message and status 2; help has an example."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.cli.conftest import Command
from tests.engine.small import RECIPE
from waglan import open as open_book
from waglan.cli import app

Facts = dict[str, Any]

COMMANDS = {
    "demo", "world", "train", "compare", "validate", "replay", "decide", "explain", "recourse", "prove", "check",
    "verify", "verdicts", "witness", "override", "appeal", "fairness",
    "publish", "subject", "erase", "hold", "expire", "backup", "restore", "reindex", "export", "keys rotate",
    "breaches list", "breaches acknowledge", "breaches waive", "recipe lint", "recipe diff",
}  # fmt: skip


def declined() -> str:
    """Id of the first declined event of `book`."""
    with open_book("book") as book:
        store = book.engine.store
        at = next(iter(store.decisions(verb="decline"))).position
        event_id = next(iter(store.range(at, at + 1))).event_id
    assert event_id is not None
    return event_id


def every_command() -> dict[str, Any]:
    """Name -> command, groups opened."""
    group: Any = typer.main.get_command(app)
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        inner = getattr(command, "commands", None)
        found |= {f"{name} {k}": c for k, c in inner.items()} if inner else {name: command}
    return found


def test_all_commands_are_there() -> None:
    assert set(every_command()) == COMMANDS


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_has_an_example_and_a_json_twin(name: str, waglan: Command) -> None:
    said = waglan(*name.split(), "--help")
    assert said.status == 0
    assert re.search(rf"\n    .*waglan {name} ", said.out)
    assert "--json" in said.out
    assert max(map(len, said.out.splitlines())) <= 100
    for option in every_command()[name].params:
        assert option.help, f"{name}: {option.name} has no help"


def test_the_list_of_commands_cuts_no_word(waglan: Command) -> None:
    said = waglan("--help")
    assert "..." not in said.out.replace("[ARGS]...", "")


def test_a_backtest_counts_every_row(book: Facts) -> None:
    rows = len(Path("events.jsonl").read_bytes().splitlines())
    assert book["events"] == rows
    assert book["decided"] == sum(book[verb] for verb in ("approve", "warn", "step-up", "review", "decline"))
    assert book["decided"] + book["observed"] + book["refused"] + book["duplicates"] == rows
    assert min(book[name] for name in ("approve", "decline", "observed", "refused", "duplicates")) > 0
    assert len(str(book["root"])) == 64


def test_history_is_observed_and_the_rest_decided(desk: Path, waglan: Command) -> None:
    made = ("replay", "trained", "--data", "events.jsonl", "--book", "b", "--since", "2026-03-02")
    facts = json.loads(waglan(*made, "--json").out)
    assert facts["history"] > 0
    assert facts["history"] + facts["events"] == len(Path("events.jsonl").read_bytes().splitlines())
    audit = json.loads(waglan("replay", "b", "--json").out)
    assert (audit["same"], audit["root"]) == (True, facts["root"])


def test_an_audit_checks_every_decision_at_both_depths(book: Facts, waglan: Command) -> None:
    said = waglan("replay", "book", "--json")
    facts = json.loads(said.out)
    assert said.status == 0
    assert facts["same"]
    assert facts["checked_from_rows"] == book["decided"]
    assert facts["checked_from_events"] >= book["decided"]
    assert facts["root"] == facts["root_again"] == book["root"]
    text = waglan("replay", "book", "--rows-only").out
    assert text.startswith("every decision comes out again\n")
    assert str(book["root"]) in text
    assert "from events" not in text


def test_a_book_with_another_model_does_not_open(book: Facts, waglan: Command) -> None:
    """The recipe's digest is in every decision: a book whose model was exchanged is refused."""
    model = Path("book/model.json")
    model.write_bytes(model.read_bytes().replace(b'"base_nano":-150000000', b'"base_nano":-450000000'))
    said = waglan("replay", "book", "--json")
    assert said.status == 2
    assert "model.json was changed" in said.err


def test_what_would_change(book: Facts, waglan: Command) -> None:
    stricter = RECIPE.replace("review = 1200000", "review = 700000")
    Path("stricter.toml").write_text(stricter)
    facts = json.loads(waglan("replay", "book", "--recipe", "stricter.toml", "--json").out)
    moves = {(m["before"], m["after"]) for m in facts["moves"]}
    assert ("step-up", "review") in moves
    assert sum(m["decisions"] for m in facts["moves"]) == len(facts["changes"]) > 0
    assert sum(p["decisions"] for p in facts["people"]) == len(facts["changes"])
    assert sum(m["amount_minor"] for m in facts["moves"]) == sum(c["amount"] for c in facts["changes"])
    assert facts["currency"] == "HKD"
    text = waglan("replay", "book", "--recipe", "stricter.toml").out
    assert "step-up  review" in text
    assert f"{facts['people'][0]['token']:016x}" in text


def test_the_same_recipe_changes_nothing(book: Facts, waglan: Command) -> None:
    said = waglan("replay", "book", "--recipe", "trained")
    assert said.out == f"small would have decided all {book['decided']} as they were\n"


def test_explain_tells_a_customer_less(book: Facts, waglan: Command) -> None:
    told, event_id = {}, declined()
    for audience in ("customer", "analyst"):
        said = waglan("explain", "book", event_id, "--for", audience, "--json")
        facts = json.loads(said.out)
        assert (facts["id"], facts["for"], set(facts["words"])) == (event_id, audience, {"en", "zh-Hant", "zh-Hans"})
        told[audience] = facts["words"]["en"]
    assert "S1" in told["analyst"]
    assert "S1" not in told["customer"]
    assert waglan("explain", "book", event_id, "--for", "customer").out.rstrip() == told["customer"].rstrip()


def test_a_proof_goes_out_and_is_checked(book: Facts, waglan: Command) -> None:
    root, event_id = str(book["root"]), declined()
    on_stdout = waglan("prove", "book", event_id).out
    said = waglan("prove", "book", event_id, "-o", "out/proof.json", "--json")
    facts = json.loads(said.out)
    assert (facts["event"], facts["root"], facts["size"]) == (event_id, root, book["log_entries"])
    assert json.loads(on_stdout) == json.loads(Path("out/proof.json").read_bytes())
    checked = json.loads(waglan("verify", "out/proof.json", "--root", root, "--json").out)
    assert (checked["holds"], checked["root_trusted"], checked["event"]) == (True, True, event_id)
    assert "compare it with one you trust" in waglan("verify", "out/proof.json").out


def test_a_proof_that_does_not_hold_is_status_1(book: Facts, waglan: Command) -> None:
    waglan("prove", "book", declined(), "-o", "proof.json")
    proof = json.loads(Path("proof.json").read_bytes())
    proof["index"] += 1
    Path("forged.json").write_text(json.dumps(proof))
    for arguments in (("forged.json",), ("proof.json", "--root", "ab" * 32)):
        said = waglan("verify", *arguments, "--json")
        assert said.status == 1
        assert json.loads(said.out)["holds"] is False
        assert waglan("verify", *arguments).out.startswith("the proof does NOT hold\n  holds")


def test_a_book_is_verified_under_a_root(book: Facts, waglan: Command) -> None:
    good = waglan("verify", "book", "--root", str(book["root"]), "--json")
    assert (good.status, json.loads(good.out)["records"]) == (0, book["log_entries"])
    bad = waglan("verify", "book", "--root", "ab" * 32)
    assert bad.status == 1
    assert bad.out.startswith("the book does NOT agree with its log\n")


def test_verdicts_come_in_once(book: Facts, waglan: Command) -> None:
    lines = [{"id": name, "fraud": True, "ts_ns": 1_773_000_000_000_000_000} for name in (declined(), "nobody")]
    Path("verdicts.jsonl").write_text("\n".join(map(json.dumps, lines)))
    first = waglan("verdicts", "book", "verdicts.jsonl", "--json")
    facts = json.loads(first.out)
    assert (facts["verdicts"], facts["refused"], facts["duplicates"]) == (1, 1, 0)
    assert "unknown_reference" in first.err
    assert "'nobody'" in first.err
    again = json.loads(waglan("verdicts", "book", "verdicts.jsonl", "--json").out)
    assert (again["verdicts"], again["duplicates"]) == (0, 1)
    assert json.loads(waglan("replay", "book", "--json").out)["same"]


def test_recipes_are_linted_and_compared(desk: Path, waglan: Command) -> None:
    assert waglan("recipe", "lint", "trained").out == "small: nothing found in 18 features, 2 rules\n"
    broken = RECIPE.replace("row.payees_1h >= 4", "row.payee_1h >= 4").replace('by = "card"', 'by = "cards"')
    Path("broken.toml").write_text(broken)
    said = waglan("recipe", "lint", "broken.toml")
    assert said.status == 1
    assert "cards" in said.out
    assert len(json.loads(waglan("recipe", "lint", "broken.toml", "--json").out)["findings"]) == 2
    changes = json.loads(waglan("recipe", "diff", "trained", "broken.toml", "--json").out)["changes"]
    assert [c["path"] for c in changes] == ["features.max_1d.by", "policy.rules.R1.when"]
    assert waglan("recipe", "diff", "trained", "trained").out == "the two recipes are the same\n"


def test_a_world_comes_with_its_recipe(desk: Path, waglan: Command) -> None:
    facts = json.loads(waglan("world", "w", "--payments", "8000", "--days", "8", "--json").out)
    assert facts["payments"] == 8000
    assert {Path(f).name for f in facts["files"]} >= {"events.parquet", "truth.parquet"}
    assert waglan("recipe", "lint", "w/hk-payments.toml").status == 0
    assert waglan("recipe", "lint", "w").status == 2


# arguments; what the message says
MISTAKES: list[tuple[str, tuple[str, ...]]] = [
    ("recipe lint traned", ("traned: no such file; a recipe (.toml) was expected; did you mean trained?",)),
    ("recipe lint no/where.toml", ("no such file", "there is no directory no either")),
    ("recipe lint events.jsonl", ("events.jsonl", "line 1")),
    (
        "recipe diff trained book/x.toml",
        ("book/x.toml: no such file", "book holds journal, keys, lock, log, model.json"),
    ),
    ("train trained evnts.jsonl -o out", ("evnts.jsonl: no such file; events", "did you mean events.jsonl?")),
    ("train trained trained -o out", ("this is a directory", "trained holds model.json, recipe.toml")),
    ("train trained events.jsonl -o out --until soon", ("--until is a date or time such as 2026-03-01", "'soon'")),
    ("train trained other.csv -o out", ("other.csv", "'payer'", "'Payer'")),
    ("replay nowhere", ("nowhere: a book was expected",)),
    ("replay trained", ("trained: a book was expected", "give --data and --book")),
    ("replay trained --data events.jsonl", ("--book DIR",)),
    ("replay trained --since 2026-03-01", ("--data FILE",)),
    ("replay trained --data events.jsonl --book book", ("book: there is a book already",)),
    ("replay . --data events.jsonl --book b2", ("recipe.toml and model.json was expected",)),
    ("replay book --recipe trained --amount channel", ("--amount is a money column", "(amount)", "'channel'")),
    ("replay book --recipe other.toml", ("its column 'fee'",)),
    ("decide nowhere", ("nowhere: a book was expected",)),
    ("decide book missing.jsonl", ("missing.jsonl: no such file",)),
    ("explain book P99999 --for analyst", ("P99999",)),
    ("prove book P99999", ("P99999",)),
    ("verify proof.json", ("proof.json: no such file; a proof (.json) or a book was expected",)),
    ("verify events.jsonl", ("proof",)),
    ("verify book --root 123", ("--root is 64 hexadecimal digits, it was '123'",)),
    ("verdicts book missing.jsonl", ("missing.jsonl: no such file; verdicts (.jsonl) was expected",)),
    ("demo d --live 80", ("--live", "80")),
]


@pytest.fixture
def others(book: Facts) -> None:
    """Files that are nearly right."""
    Path("other.csv").write_text("id,ts_ns,Payer,payee,amount\nP1,1,a,b,5\n")
    fee = 'fee = { money = "currency", required = false }'
    Path("other.toml").write_text(RECIPE.replace(fee, "fee = { integer = true }"))


def test_a_mistake_is_one_message_and_status_2(others: None, waglan: Command) -> None:
    for line, fragments in MISTAKES:
        said = waglan(*line.split())
        assert (said.status, said.out) == (2, ""), line
        assert said.err.count("waglan: ") == 1, (line, said.err)
        assert "Traceback" not in said.err, line
        told = said.err[said.err.index("waglan: ") :]
        for fragment in fragments:
            assert fragment in told, (line, told)


def test_an_unknown_option_or_word_is_status_2(desk: Path, waglan: Command) -> None:
    for line, fragment in [
        ("decide", "Missing argument"),
        ("bogus", "No such command 'bogus'"),
        ("decide book --chunk 0", "--chunk"),
        ("explain book P1 --for both", "'customer', 'analyst'"),
        ("explain book P1", "--for"),
    ]:
        said = waglan(*line.split())
        assert said.status == 2, line
        assert fragment in said.err, (line, said.err)
        assert "Traceback" not in said.err


def test_what_is_no_book_is_left_as_it_is(desk: Path, waglan: Command) -> None:
    before = sorted(p.name for p in Path("trained").iterdir())
    for command in ("replay", "verify", "decide"):
        assert waglan(command, "trained").status == 2
    assert sorted(p.name for p in Path("trained").iterdir()) == before


def test_a_damaged_log_is_told(book: Facts, waglan: Command) -> None:
    Path("book/log/checkpoint").write_bytes(b"damaged")
    said = waglan("replay", "book")
    assert (said.status, said.out) == (2, "")
    assert len(said.err.splitlines()) == 1


def test_a_book_moves_with_its_directory(book: Facts, waglan: Command) -> None:
    shutil.move("book", "elsewhere")
    assert json.loads(waglan("verify", "elsewhere", "--json").out)["root"] == book["root"]
