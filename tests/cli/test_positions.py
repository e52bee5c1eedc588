"""`waglan world` and `waglan demo` of the market desk, from the command line to files and a checked proof."""

import json
from pathlib import Path

import pytest

from waglan.cli.app import run
from waglan.schema.recipe import open_recipe


def test_a_world_is_written_with_its_recipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["world", str(tmp_path), "--desk", "market", "--days", "70", "--live", "3", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["days"], facts["live"], facts["since"]) == (70, 3, "2025-01-02")
    assert open_recipe(tmp_path / "hk-market.toml")[0].desk == "market"
    assert all(Path(file).exists() for file in facts["files"])


def test_options_of_other_desks_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["world", str(tmp_path), "--desk", "market", "--payments", "5"]) == 2
    assert "--payments is no option of the market desk" in capsys.readouterr().err
    assert run(["demo", str(tmp_path), "--desk", "market", "--days", "100"]) == 2
    assert "251 days of history" in capsys.readouterr().err


def test_a_short_demo_ends_in_a_page_and_a_proof(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", str(tmp_path), "--desk", "market", "--days", "260", "--live", "4", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert set(facts["exceptions"]) == {"filtered", "historical", "parametric", "montecarlo"}
    assert len(facts["kept"]) == 47
    report = json.loads((tmp_path / "report.json").read_bytes())
    assert report["simulated"] is True
    assert report["totals"]["days"] == 4
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")
    assert (tmp_path / "proof.json").exists()
    assert run(["replay", str(tmp_path / "book")]) == 0
