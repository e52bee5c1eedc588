"""`prove`, `check`, `verify`: a signed book under the auditor's eyes, and books that were forged with care."""

import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from tests.auditor import naive
from tests.cli.conftest import Command
from waglan import open as open_book
from waglan.auditor import verify as auditor
from waglan.engine.proofs import salt_of
from waglan.ledger.checkpoint import Checkpoint
from waglan.ledger.entry import DECISION, commit
from waglan.ledger.key import SignerKey, read_skey
from waglan.schema.records import decode_decision, encode
from waglan.store.envelope import seal_records
from waglan.store.records import Store
from waglan.store.rows import Row

Facts = dict[str, Any]
OTHER = SignerKey("bank.example/log", bytes(32))


def signer() -> SignerKey:
    """The key that signs the heads of `book`."""
    return read_skey(Path("book/keys/log.key").read_text().strip())


def vkey() -> str:
    """Its public half, as an auditor has it."""
    return signer().verifier.text


def publish(entries: list[bytes]) -> None:
    """Tiles and a signed checkpoint of these entries in place of `book`'s own; its journal, once closed, is empty."""
    shutil.rmtree("book/log")
    root = naive.mth([naive.leaf(entry) for entry in entries])
    note = Checkpoint(signer().name, len(entries), root).sign(signer()).encode()
    naive.lay(Path("book/log"), naive.tree_files(entries) | {"checkpoint": note})


def forge() -> int:
    """Rewrite a declined decision with another score - commitment, entry, tree, tiles and checkpoint to match it."""
    with open_book("book") as made:
        store = made.engine.store
        rows = list(store.range(0, store.size))
        row = next(r for r in rows if r.kind == DECISION and decode_decision(r.record).actions[0].verb == "decline")
        decision = decode_decision(row.record)
        score = decision.score_micro + 1
        lie = encode(msgspec.structs.replace(decision, score_micro=score))
        entry = row.entry[:-32] + commit(salt_of(made.engine, row), lie)
        put(store, row, lie, entry, score)
    publish([entry if r.position == row.position else r.entry for r in rows])
    return row.position


def put(store: Store, row: Row, record: bytes, entry: bytes, score: int) -> None:
    """A record, its entry and its score in the index in place of others, past everything that would refuse it."""
    key = store.vault.key_of(row.token)
    assert key is not None
    (sealed,) = seal_records([key], [row.event_id], [record], [entry])
    put_there = "UPDATE records SET record = :record, entry = :entry, score_micro = :score WHERE position = :position"
    with store._engine.begin() as connection:
        connection.execute(
            text(put_there), {"record": sealed, "entry": entry, "score": score, "position": row.position}
        )


def test_a_signed_book_holds(book: Facts, waglan: Command) -> None:
    said = waglan("verify", "book", "--key", vkey(), "--decide", "--json")
    facts = json.loads(said.out)
    assert (said.status, facts["bad"], facts["signed_by"]) == (0, [], [signer().name])
    assert facts["records"] == book["log_entries"]
    assert facts["decided_again"] == book["decided"]
    assert facts["not_checked"] == ["whether others are shown another log: no --witness was given"]
    assert waglan("verify", "book").out.startswith("every record is what the log committed to\n")


def test_its_log_alone_holds(book: Facts, waglan: Command) -> None:
    facts = json.loads(waglan("verify", "book/log", "--key", vkey(), "--root", str(book["root"]), "--json").out)
    assert facts["holds"]
    assert facts["entries"] == facts["size"] == book["log_entries"]
    assert facts["kinds"]["decision"] == book["decided"]
    assert waglan("verify", "book/log", "--root", "ab" * 32).status == 1
    said = waglan("verify", "book/log", "--key", OTHER.verifier.text)
    assert said.status == 1
    assert said.out.startswith("the log is NOT as it should be: 1 fault\n")


@pytest.mark.parametrize("path", ["book", "book/log"])
def test_a_changed_entry_is_named(path: str, book: Facts, waglan: Command) -> None:
    bundle = Path("book/log/tile/entries/000")
    data = bytearray(bundle.read_bytes())
    data[17 * 77 + 60] ^= 1
    bundle.write_bytes(data)
    said = waglan("verify", path)
    assert said.status == 1
    assert "FIRST FAULT entry 17 is not the one that was logged" in said.out


def test_a_right_tree_over_a_wrong_decision_is_caught(book: Facts, waglan: Command) -> None:
    position = forge()
    for arguments in (("book", "--key", vkey()), ("book/log", "--key", vkey())):
        assert waglan("verify", *arguments).status == 0  # the tree, the commitments and the signature are right
    said = waglan("verify", "book", "--key", vkey(), "--decide", "--json")
    facts = json.loads(said.out)
    assert said.status == 1
    assert facts["bad"] == [f"record {position} is not what its recipe decides from its row"]


def test_a_book_whose_log_was_exchanged_is_caught(book: Facts, waglan: Command) -> None:
    """Another log of as many entries, well formed and signed by the same key."""
    publish(naive.entries(int(book["log_entries"])))
    assert waglan("verify", "book/log", "--key", vkey()).status == 0
    assert waglan("verify", "book", "--key", vkey()).status in (1, 2)


def test_a_proof_carries_its_checkpoint(book: Facts, waglan: Command) -> None:
    said = waglan("prove", "book", "17", "-o", "proof.json", "--json")
    assert (json.loads(said.out)["index"], said.err) == (17, "")
    facts = json.loads(waglan("check", "proof.json", "--key", vkey(), "--json").out)
    assert (facts["holds"], facts["index"], facts["signed_by"]) == (True, 17, [signer().name])
    assert auditor.main(["--proof", "proof.json", "--key", vkey()]) == 0
    assert waglan("check", "proof.json", "--key", OTHER.verifier.text).out.startswith("the proof does NOT hold\n")
    assert "compare it with one you trust" in waglan("check", "proof.json").out


def test_an_event_that_has_a_number_for_its_id_comes_first(book: Facts, waglan: Command) -> None:
    with open_book("book") as made:
        event_id = next(r.event_id for r in made.engine.store.range(40, 80) if r.event_id)
    by_id = json.loads(waglan("prove", "book", str(event_id)).out)
    assert json.loads(waglan("prove", "book", str(by_id["index"])).out) == by_id
    said = waglan("prove", "book", str(10**9))
    assert (said.status, "no record 1,000,000,000 is in this book" in said.err) == (2, True)
    assert waglan("prove", "book", "nobody").status == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("check", "proof.json"), "proof.json: no such file"),
        (("check", "events.jsonl"), "this is not a proof"),
        (("verify", "book", "--key", "bank"), "a key is NAME"),
        (("verify", "trained"), "a book, a log (checkpoint and tile) or a proof (.json) was expected"),
        (("verify", "nowhere"), "nowhere: no such file; a proof (.json) or a book was expected"),
    ],
)
def test_a_mistake_is_one_line(arguments: tuple[str, ...], says: str, book: Facts, waglan: Command) -> None:
    said = waglan(*arguments)
    assert (said.status, said.out) == (2, "")
    assert says in said.err
    assert len(said.err.splitlines()) == 1
