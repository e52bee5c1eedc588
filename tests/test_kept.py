"""Books that earlier versions wrote are read, checked and gone on with, whole or as a power cut left them."""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.kept_book import CUT, HISTORY, KEPT, KEYS, events
from waglan.auditor.verify import main as audit
from waglan.book import Book
from waglan.engine.proofs import verify_book
from waglan.engine.replay import replay_events, replay_rows

NUMBERS = sorted(file.name.removesuffix(".tar.xz") for file in KEPT.glob("*.tar.xz"))


@pytest.fixture(params=NUMBERS)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """The directory of one number, and its facts."""
    with tarfile.open(KEPT / f"{request.param}.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path, json.loads((tmp_path / "facts.json").read_text())


def test_something_is_kept() -> None:
    assert "1" in NUMBERS


def test_a_whole_book_holds(kept: tuple[Path, dict[str, Any]]) -> None:
    path, facts = kept
    assert audit([str(path / "whole" / "log")]) == 0
    with Book.open(path / "whole", KEYS) as book:
        assert (book.engine.size, book.engine.log.root().hex()) == (facts["size"], facts["root"])
        assert not verify_book(book.engine).bad
        again = book.again()
        assert replay_events(again, book.engine.store, book.engine.log, again.size).same
        assert not replay_rows(book.engine.judge, book.engine.store).differing


def test_a_cut_book_goes_on_to_the_same_root(kept: tuple[Path, dict[str, Any]]) -> None:
    path, facts = kept
    batch = events()
    with Book.open(path / "cut", KEYS) as book:
        assert HISTORY < CUT < book.engine.size + HISTORY, "what was promised is there"
        for start in range(CUT, len(batch), 8):
            book.run(batch.slice(start, min(start + 8, len(batch))))
        assert book.engine.log.root().hex() == facts["root"]
    assert audit([str(path / "cut" / "log")]) == 0
