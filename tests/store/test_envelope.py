"""What lies on the disk: it opens under its own key in its own place, and is nothing otherwise."""

import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.blocks import block_of, filled
from waglan.ledger.digests import hmac_each, hmac_one
from waglan.ledger.entry import REFUSAL, seal_many
from waglan.schema.batch import Refused
from waglan.store import envelope
from waglan.store.envelope import BadSeal, Names
from waglan.store.failure import NoKey
from waglan.store.ids import Ids
from waglan.store.keys import RandomKeys
from waglan.store.master import MasterFile
from waglan.store.records import Store
from waglan.store.rows import CHANGED
from waglan.store.vault import ERASED, SEALED

KEYS = RandomKeys(os.urandom)
IDS = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=128))
RECIPE = bytes(32)


def sealed_at(path: Path) -> Store:
    return Store.open(path / "store", KEYS, MasterFile(path / "keys", os.urandom))


@given(st.lists(st.tuples(st.binary(min_size=32, max_size=32), IDS, st.binary(max_size=300)), max_size=20))
def test_records_open_with_their_ids(lines: list[tuple[bytes, str | None, bytes]]) -> None:
    keys, ids, records = [[line[i] for line in lines] for i in range(3)]
    salts = [f"{i}" for i in range(len(lines))]
    entries = seal_many(keys, salts, records, [REFUSAL] * len(lines), "fraud", RECIPE)  # type: ignore[arg-type]
    sealed = envelope.seal_records(keys, ids, records, entries)  # type: ignore[arg-type]
    for key, event_id, record, entry, data in zip(keys, ids, records, entries, sealed, strict=True):
        assert envelope.open_record(key, data, entry) == (event_id, record)  # type: ignore[arg-type]


def test_a_record_opens_under_its_key_beside_its_entry_and_nowhere_else() -> None:
    key, other = bytes(32), bytes(31) + b"\1"
    entries = seal_many([key, key], ["a", "b"], [b"record", b"other"], [1, 1], "fraud", RECIPE)
    [data] = envelope.seal_records([key], ["a"], [b"record"], entries[:1])
    assert len(data) == len(b"record") + 2 + 1 + 16
    for wrong in ((other, data, entries[0]), (key, data, entries[1]), (key, data[:-1], entries[0]), (key, b"", b"")):
        with pytest.raises(BadSeal):
            envelope.open_record(*wrong)
    for at in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[at // 8] ^= 1 << at % 8
        with pytest.raises(BadSeal):
            envelope.open_record(key, bytes(flipped), entries[0])


def test_two_records_at_one_position_have_two_nonces() -> None:
    """A crash took a block, and its position was written again with another record."""
    key = bytes(32)
    entries = [seal_many([key], ["a"], [record], [1], "fraud", RECIPE)[0] for record in (b"first", b"again")]
    assert envelope._nonce(entries[0]) != envelope._nonce(entries[1])


@given(st.text(max_size=40))
def test_identifiers_and_refused_values_open(text: str) -> None:
    key, entry = os.urandom(32), os.urandom(75)
    assert envelope.open_identifier(key, envelope.seal_identifier(key, text, b"card\0000"), b"card\0000") == text
    with pytest.raises(BadSeal):
        envelope.open_identifier(key, envelope.seal_identifier(key, text, b"card\0000"), b"card\0001")
    assert envelope.open_refused(key, envelope.seal_refused(key, text, entry), entry) == text
    with pytest.raises(BadSeal):
        envelope.open_refused(os.urandom(32), envelope.seal_refused(key, text, entry), entry)


def test_names_alone_and_side_by_side_are_the_same() -> None:
    names = [f"P{i}" for i in range(40)]
    keyed = Names(bytes(32))
    assert keyed.many("event", names) == [keyed.one("event", name) for name in names]
    assert len({*keyed.many("event", names), *keyed.many("card", names)}) == 80
    assert Names(bytes(31) + b"\1").one("event", "P1") != keyed.one("event", "P1")
    assert Names(None).many("event", names) == names


def test_digests_under_many_keys_are_those_of_one() -> None:
    keys, messages = [os.urandom(32) for _ in range(40)], [os.urandom(i) for i in range(40)]
    assert hmac_each(keys, messages) == [hmac_one(k, m) for k, m in zip(keys, messages, strict=True)]
    assert hmac_each(keys[:3], b"one") == [hmac_one(k, b"one") for k in keys[:3]]


def test_ids_of_this_run_and_of_the_disk() -> None:
    names = Names(bytes(32))
    ids = Ids(names, {names.one("event", "P1"): 7})
    assert "P1" in ids
    assert ids["P1"] == 7
    assert not ids.none_of(["P0", "P1"])
    assert ids.none_of(["P0", "P2"])
    ids.update({"P2": 9})
    ids["P3"] = 10
    ids.history([names.one("event", "H1")])
    assert [i in ids for i in ("P2", "P3", "H1", "P4")] == [True, True, True, False]
    assert (ids["P2"], ids["H1"]) == (9, -1)
    assert not ids.none_of(["P2"])


def test_nothing_personal_lies_open(tmp_path: Path) -> None:
    with sealed_at(tmp_path) as store:
        plain = block_of(store, 0, 2000)
        bad = Refused("wrong_type", "amount", 5, "12,34 secret")
        store.append(replace(plain, refused={5: bad}))
        keys = store.vault.keys("account")[:]
        assert list(store.refused()) == [(5, bad)]
    data = b"".join(path.read_bytes() for path in sorted((tmp_path / "store").iterdir()))
    assert b"secret" not in data
    assert b"P1234" not in data
    assert not [record for record in plain.records if len(record) > 12 and record in data]
    assert not [key for key in keys if key in data]
    with sqlite3.connect(tmp_path / "store" / "store.sqlite") as raw:
        assert {form for (form,) in raw.execute("SELECT form FROM records")} == {SEALED}
        assert b"A4" not in {name for (name,) in raw.execute("SELECT identifier FROM subjects")}
    raw.close()


def test_opened_again_everything_is_there(tmp_path: Path) -> None:
    with sealed_at(tmp_path) as store:
        filled(store, 500, 100)
        rows, keys = list(store.range(0, 500)), store.vault.keys("account")[:]
    with sealed_at(tmp_path) as store:
        assert list(store.range(0, 500)) == rows
        assert store.vault.keys("account") == keys
        assert store.vault.intern("account", ["A0", "A1", "A-new", "A1"]).tolist() == [0, 1, len(keys), 1]
        assert store.vault.identifier("account", int(store.vault.tokens("account")[2])) == "A4"
        assert store.by_event("P17") == rows[17]
        assert store.ids()["P499"] == 499
        assert store.positions(["P3", "P600"]) == {"P3": 3}


def test_a_record_that_was_changed_is_told_as_such(tmp_path: Path) -> None:
    with sealed_at(tmp_path) as store:
        filled(store, 20, 20)
    with sqlite3.connect(tmp_path / "store" / "store.sqlite") as raw:
        raw.execute("UPDATE records SET record = (SELECT record FROM records WHERE position = 8) WHERE position = 3")
    raw.close()
    with sealed_at(tmp_path) as store:
        forms = [row.form for row in store.range(0, 20)]
    assert forms == [CHANGED if i == 3 else SEALED for i in range(20)]


def test_an_erased_subject_keeps_number_and_token_alone(tmp_path: Path) -> None:
    with sealed_at(tmp_path) as store:
        filled(store, 200, 200)
        vault = store.vault
        dense = vault.find("account", "A4")
        assert dense is not None
        token = int(vault.tokens("account")[dense])
        left = vault.erase("account", dense)
        assert (left.digest, left.identifier, left.key, left.form, left.token) == (None, b"", b"", ERASED, token)
        assert vault.find("account", "A4") is None
        assert vault.key_of(token) is None
        assert vault.dense_of_token("account", token) == dense
        assert vault.find("account", vault.identifier("account", token)) == dense
        assert {row.form for row in store.range(0, 200) if row.token == token} == {ERASED}
        assert {row.form for row in store.range(0, 200) if row.token != token} == {SEALED}
        assert vault.intern("account", ["A4"]).tolist() == [len(vault.keys("account")) - 1]


def test_without_its_master_key_a_store_is_not_opened(tmp_path: Path) -> None:
    with sealed_at(tmp_path) as store:
        filled(store, 20, 20)
    with pytest.raises(NoKey, match="no master key was given"):
        Store.open(tmp_path / "store", KEYS)
    (tmp_path / "keys" / "master.key").unlink()
    with pytest.raises(NoKey, match="there is none; put the right file back"):
        sealed_at(tmp_path)
    with Store.open(tmp_path / "plain" / "store", KEYS) as store:
        filled(store, 20, 20)
    with pytest.raises(NoKey, match="made without a master key"):
        sealed_at(tmp_path / "plain")
