"""Entries and commitments: golden bytes, both directions, what is refused."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waglan.ledger.entry import (
    DECISION,
    KINDS,
    OBSERVATION,
    REFUSAL,
    WARM,
    Entry,
    commit,
    decode_entry,
    encode_entry,
    leaf_hash,
    salt,
    seal_many,
)
from waglan.schema.units import BadValue

DESKS = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=32)
HASHES = st.binary(min_size=32, max_size=32)


def naive_hmac(key: bytes, message: bytes) -> bytes:
    """RFC 2104 for a key of at most one block."""
    block = key + bytes(64 - len(key))
    inner = hashlib.sha256(bytes(x ^ 0x36 for x in block) + message).digest()
    return hashlib.sha256(bytes(x ^ 0x5C for x in block) + inner).digest()


def test_golden_entry() -> None:
    """These bytes are sealed for ever: a change of them changes every root."""
    key, recipe = bytes(range(32)), bytes(range(32, 64))
    [entry] = seal_many([key], ["P1"], [b"record"], [DECISION], "fraud", recipe)
    assert entry.hex() == (
        "77676c01" "01" "05" "6672617564"
        "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
        + naive_hmac(naive_hmac(key, b"P1"), b"record").hex()
    )  # fmt: skip
    assert entry.hex()[-64:] == GOLDEN_COMMITMENT
    assert leaf_hash(entry).hex() == GOLDEN_LEAF


GOLDEN_COMMITMENT = "71ff2b52362d515d4dcc2121257f688051c97a62318e50a5a225709eb70932db"
GOLDEN_LEAF = "baa94fd85657fb7668d43908a1de438c3a4809b53a4a7546ef55977faac6bc1b"


@given(st.sampled_from(sorted(KINDS)), DESKS, HASHES, HASHES)
def test_decode_is_the_inverse_of_encode(kind: int, desk: str, recipe: bytes, commitment: bytes) -> None:
    entry = Entry(kind, desk, recipe, commitment)
    data = encode_entry(entry)
    assert decode_entry(data) == entry
    assert len(data) == 70 + len(desk)
    for wrong in (data[:-1], data + b"\0", b"x" + data[1:], data[:4] + b"\0" + data[5:], data[:5] + b"\xff" + data[6:]):
        with pytest.raises(BadValue):
            decode_entry(wrong)


@given(st.binary(max_size=120))
def test_decode_refuses_or_reads_any_bytes(data: bytes) -> None:
    try:
        entry = decode_entry(b"wgl\x01" + data)
    except BadValue:
        return
    assert encode_entry(entry) == b"wgl\x01" + data


@given(HASHES, st.text(max_size=128), st.binary(max_size=300))
def test_commitments_are_plain_hmac(key: bytes, event_id: str, record: bytes) -> None:
    salted = salt(key, event_id)
    assert salted == naive_hmac(key, event_id.encode())
    assert salted == hmac.new(key, event_id.encode(), "sha256").digest()
    assert commit(salted, record) == naive_hmac(salted, record)


@given(st.lists(st.tuples(HASHES, st.text(max_size=40), st.binary(max_size=300), st.sampled_from(sorted(KINDS)))))
def test_sealing_many_is_sealing_each(rows: list[tuple[bytes, str, bytes, int]]) -> None:
    recipe = bytes(32)
    keys, ids, records, kinds = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [], [])
    sealed = seal_many(keys, ids, records, kinds, "fraud", recipe)
    assert sealed == [
        encode_entry(Entry(kind, "fraud", recipe, commit(salt(key, event_id), record)))
        for key, event_id, record, kind in rows
    ]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (Entry(0, "fraud", bytes(32), bytes(32)), "kind is one of"),
        (Entry(DECISION, "", bytes(32), bytes(32)), "1 to 32"),
        (Entry(OBSERVATION, "x" * 33, bytes(32), bytes(32)), "1 to 32"),
        (Entry(REFUSAL, "詐騙", bytes(32), bytes(32)), "ASCII"),
        (Entry(WARM, "fraud", bytes(31), bytes(32)), "recipe has 32 bytes"),
        (Entry(WARM, "fraud", bytes(32), bytes(33)), "commitment has 32 bytes"),
    ],
)
def test_what_has_no_place_in_an_entry_is_named(entry: Entry, message: str) -> None:
    with pytest.raises(BadValue, match=message):
        encode_entry(entry)
