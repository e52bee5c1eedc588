"""The commands of a person's rights, from the door: what is told, what is written, what the status is."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.cli.conftest import Command
from tests.cli.test_commands import declined
from waglan import open as open_book
from waglan.cli import run
from waglan.engine.proofs import verify_book
from waglan.schema.records import decode_decision
from waglan.store.records import Store

pytestmark = pytest.mark.usefixtures("book")


def payer() -> str:
    """Who made the first payment that was declined."""
    with open_book("book") as book:
        row = book.engine.store.by_event(declined_id(book))
        assert row is not None
        token = decode_decision(row.record).event.values[0]
        assert token is not None
        return book.engine.store.vault.identifier("account", token)


def declined_id(book: object) -> str:
    store: Store = book.engine.store  # type: ignore[attr-defined]
    found = store.decisions(verb="decline", limit=1)[0].position
    event_id = next(store.range(found, found + 1)).event_id
    assert event_id is not None
    return event_id


def told(waglan: Command, line: str) -> dict[str, object]:
    said = waglan(*line.split(), "--json")
    assert said.status in (0, 1), said.err
    facts: dict[str, object] = json.loads(said.out)
    return facts


def test_a_person_is_held_answered_released_and_forgotten(waglan: Command) -> None:
    who = payer()
    Path("draft.txt").write_text("suspected of layering")
    assert told(waglan, f"hold book {who} --reason drafting --draft draft.txt") == {"hold": 1}
    answer = told(waglan, f"subject book {who} --export answer.json --asked 2026-03-01")
    assert answer["due"] == "2026-04-10"
    assert "layering" not in Path("answer.json").read_text()
    said = waglan("erase", "book", who)
    assert said.status == 1
    assert said.out.startswith("not erased now: the request is with the data protection officer")
    held = told(waglan, f"hold book {who}")
    assert held["drafts"] == ["draft.txt: suspected of layering"]
    assert told(waglan, f"hold book {who} --release") == {"lifted": 1}
    done = told(waglan, f"erase book {who}")
    assert done["erased"]
    checked = told(waglan, "verify book")
    assert checked["bad"] == []
    assert checked["erased"] == done["records"]
    again = told(waglan, "replay book")
    assert again["same"]
    assert again["erased"] == done["records"]
    assert waglan("subject", "book", who, "--export", "none.json").err.startswith("waglan: nothing is held of account")


def test_the_second_log_is_public_signed_and_verified(waglan: Command) -> None:
    assert run(["explain", "book", declined(), "--for", "customer"]) == 0
    facts = told(waglan, "verify book/access")
    assert facts["holds"]
    assert str(facts["origin"]).endswith("/access")


def test_a_purpose_that_may_not_is_refused(waglan: Command) -> None:
    said = waglan("explain", "book", declined(), "--for", "analyst", "--purpose", "retention")
    assert said.status == 2
    assert said.err == "waglan: the purpose 'retention' is for expire, and not for explain\n"


def test_keys_are_changed_and_copies_made(waglan: Command) -> None:
    before = told(waglan, "verify book")
    changed = told(waglan, "keys rotate book")
    assert changed["before"] != changed["now"]
    copied = told(waglan, "backup book copy --keys safe")
    assert copied["records"] == before["records"]
    assert told(waglan, "restore copy back --keys safe")["subjects_without_key"] == 0
    assert told(waglan, "verify back")["root"] == before["root"]
    assert (
        waglan("backup", "book", "copy").err == "waglan: copy: there is something already; a copy is a new directory\n"
    )
    assert waglan("backup", "book", "book/inside").status == 2


def test_the_index_is_made_anew(waglan: Command) -> None:
    with open_book("book") as book, book.engine.store.begin() as connection:
        connection.exec_driver_sql("UPDATE records SET score_micro = 7 WHERE verb IS NOT NULL")
    assert waglan("verify", "book").status == 1
    found = told(waglan, "reindex book --check")
    assert isinstance(found["differing"], int)
    assert found["differing"] > 1
    assert told(waglan, "reindex book")["differing"] == found["differing"]
    assert told(waglan, "reindex book --check")["differing"] == 0
    with open_book("book") as book:
        assert verify_book(book.engine).bad == []


def test_what_is_not_personal_goes_out(waglan: Command) -> None:
    facts = told(waglan, "export book decisions.parquet")
    table = pq.read_table("decisions.parquet")
    assert table.num_rows == facts["decisions"]
    assert not {"id", "token", "amount", "ts_ns"} & set(table.column_names)


def test_expiry_takes_those_whose_time_is_over(waglan: Command) -> None:
    assert told(waglan, "expire book --today 2026-06-01")["subjects"] == 0
    gone = told(waglan, "expire book --today 2032-06-01")
    assert gone["kept"] == 0
    assert gone["subjects"] != 0
    assert told(waglan, "verify book")["bad"] == []
    assert (
        waglan("expire", "book", "--today", "soon").err
        == "waglan: --today is a date such as 2026-03-01, it was 'soon'\n"
    )
