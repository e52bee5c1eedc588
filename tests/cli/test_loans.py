"""The credit desk from the shell: its world as files, a training that guesses the declined, answers, a replay."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.cli.conftest import Command

TREES = """[model]
kind = "lightgbm"
seed = 1
parameters = { rounds = 20, num_leaves = 4, min_data_in_leaf = 40 }
"""


def with_trees(recipe: Path) -> None:
    """Trees in place of a scorecard: a second in place of ten."""
    text = recipe.read_text()
    start, end = text.index("[model]"), text.index('mature = "1y"')
    recipe.write_text(text[:start] + TREES + text[end:])


@pytest.fixture
def loans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waglan: Command) -> Path:
    monkeypatch.chdir(tmp_path)
    said = waglan("world", "loans", "--desk", "credit", "--applications", "5000", "--seed", "3", "--json")
    facts = json.loads(said.out)
    assert facts["granted"] + facts["declined"] + facts["awaiting_a_decision"] == 5000
    with_trees(tmp_path / "loans" / "hk-loans.toml")
    return tmp_path


def test_train_decide_and_replay_a_world_of_loans(loans: Path, waglan: Command) -> None:
    trained = waglan(
        "train", "loans/hk-loans.toml", "loans/events.parquet", "--until", "2025-07-01", "-o", "trained",
        "--rejects", "fuzzy", "--json",
    )  # fmt: skip
    assert trained.status == 0
    facts = json.loads(trained.out)
    assert facts["rejects"]["method"] == "fuzzy"
    assert "whose truth nobody knows" in facts["assumed"]
    made = waglan("replay", "trained", "--data", "loans/events.parquet", "--since", "2025-07-01", "--book", "book",
                  "--seed", "1", "--json")  # fmt: skip
    assert made.status == 0
    told = json.loads(made.out)
    live = pq.read_table(loans / "loans" / "truth.parquet")["live"].to_pylist()
    assert told["decided"] == sum(live) == told["approve"] + told["refer"] + told["decline"]
    assert told["refused"] == 0
    again = json.loads(waglan("replay", "book", "--json").out)
    assert again["same"] is True


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("world", "w", "--desk", "credit", "--days", "9"), "--days is no option of the credit desk"),
        (("world", "w", "--bias", "0.5"), "--bias is no option of the fraud desk"),
        (("world", "w", "--desk", "treasury"), "--desk is fraud, credit or market; it was 'treasury'"),
        (("world", "w", "--desk", "credit", "--bias", "2"), "--bias lies between 0 and 1; it was 2.0"),
        (("demo", "d", "--desk", "credit", "--payments", "9"), "--payments is no option of the credit desk"),
    ],
)
def test_options_of_another_desk_are_refused(
    given: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waglan: Command
) -> None:
    monkeypatch.chdir(tmp_path)
    said = waglan(*given)
    assert said.status == 2
    assert message in said.err


def test_a_way_of_guessing_that_there_is_not(loans: Path, waglan: Command) -> None:
    said = waglan("train", "loans/hk-loans.toml", "loans/events.parquet", "-o", "t", "--rejects", "magic")
    assert said.status == 2
    assert "--rejects is parcelling, fuzzy or none; it was 'magic'" in said.err
