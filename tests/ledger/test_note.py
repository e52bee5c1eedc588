"""Keys and signed notes against numbers made elsewhere, and with every bit of them turned."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waglan.ledger.key import BadNote, SignerKey, parse_vkey, read_skey, read_vkey
from waglan.ledger.note import Note, Signature, Unsigned, check_note, read_note, read_signatures, sign_note

SIGNER = SignerKey("example.com/log", bytes(range(32)))
OTHER = SignerKey("example.com/log", bytes(32))
NOTE = sign_note("a text\n\nof three lines\n", SIGNER)


@pytest.fixture
def told(shared: Callable[[str], Path]) -> dict[str, Any]:
    """The notes of the shared vectors: C2SP's example, and those of Go's sumdb/note."""
    notes: dict[str, Any] = json.loads(shared("oracles/merkle_and_notes.json").read_text())["notes"]
    return notes


def test_the_standards_own_note_is_read_and_checked(told: dict[str, Any]) -> None:
    example = told["c2sp_signed_note"]
    key, note = read_vkey(example["vkey"]), read_note(example["note"].encode())
    assert key.text == example["vkey"]
    assert note.encode().decode() == example["note"]
    assert [(s.name, s.key_id) for s in check_note(note, [key])] == [("example.com/foo", bytes.fromhex("530d903a"))]


def test_gos_key_signs_as_go_does(told: dict[str, Any]) -> None:
    go = told["golang_sumdb"]
    signer, verifier = read_skey(go["skey"]), read_vkey(go["vkey"])
    assert (signer.text, signer.verifier, signer.verifier.text) == (go["skey"], verifier, go["vkey"])
    note = sign_note(go["text"], signer)
    assert note.encode().decode() == go["text"] + "\n" + go["sig"]
    assert check_note(note, [verifier]) == note.signatures


def test_a_key_of_zero_entropy_signs_beside_it(told: dict[str, Any]) -> None:
    """Go's second signer draws its seed from a reader of zeros."""
    go = told["golang_sumdb"]
    enoch = SignerKey("EnochRoot", bytes(32))
    note = sign_note(go["text"], read_skey(go["skey"])).signed(sign_note(go["text"], enoch).signatures)
    assert note.encode().decode() == go["text"] + "\n" + go["sig"] + go["cosig_zero_reader_EnochRoot"]
    assert len(check_note(note, [enoch.verifier, read_vkey(go["vkey"])])) == 2
    assert len(check_note(note, [enoch.verifier])) == 1


def test_gos_bad_keys_are_refused(told: dict[str, Any]) -> None:
    for text in told["golang_sumdb"]["bad_vkeys"]:
        with pytest.raises(BadNote):
            read_vkey(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "33 bytes"),
        ("name", "33 bytes"),
        ("name+00000000", "33 bytes"),
        ("name+00000000+????", "not base64"),
        ("name+00000000+AA==", "33 bytes"),
        ("a name" + SIGNER.verifier.text.removeprefix("example.com/log"), "neither space nor plus"),
        ("other" + SIGNER.verifier.text.removeprefix("example.com/log"), "this key's id is"),
        (SIGNER.verifier.text.upper(), "this key's id is"),
        (SIGNER.verifier.text + "=", "not as it is written"),
        (SIGNER.verifier.text + "\n", "not base64"),
        ("+" + SIGNER.verifier.text.partition("+")[2], "not empty"),
        (SIGNER.text, "this is a private key"),
    ],
)
def test_what_is_no_key_is_told(text: str, message: str) -> None:
    with pytest.raises(BadNote, match=message) as refused:
        parse_vkey(text)
    assert SIGNER.text[-44:-4] not in str(refused.value)
    with pytest.raises(BadNote) as error:
        read_skey(text if text != SIGNER.text else text[:-2] + "==")
    assert SIGNER.text[-44:-4] not in str(error.value)


def test_a_private_key_does_not_show_itself() -> None:
    assert SIGNER.seed.hex() not in repr(SIGNER)
    assert repr(SIGNER.seed) not in repr(SIGNER)
    assert read_skey(SIGNER.text) == SIGNER


def test_every_turned_bit_of_a_note_is_seen() -> None:
    """The text, the name, the id and the signature: with one signature nothing of a note is open to change."""
    data = NOTE.encode()
    for bit in range(8 * len(data)):
        turned = bytearray(data)
        turned[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BadNote):
            check_note(read_note(bytes(turned)), [SIGNER.verifier])


def test_every_turned_bit_of_a_key_is_seen() -> None:
    data = SIGNER.verifier.text.encode()
    for bit in range(8 * len(data)):
        turned = bytearray(data)
        turned[bit // 8] ^= 1 << bit % 8
        with pytest.raises((BadNote, UnicodeDecodeError)):
            read_vkey(turned.decode())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no empty line"),
        (b"text\n", "no empty line"),
        (b"text\n\n", "newline at its end"),
        (b"text\n\nname AAAAAAAA\n", "em dash"),
        ("text\n\n— name\n".encode(), "em dash"),
        ("text\n\n— name AAAA\n".encode(), "em dash"),
        ("text\n\n— name AAAAAAB=\n".encode(), "not as it is written"),
        ("text\n\n— name AAAAAAAA".encode(), "newline at its end"),
        ("text\n\n— na+me AAAAAAAA\n".encode(), "neither space nor plus"),
        ("text\n\n— na\u00a0me AAAAAAAA\n".encode(), "neither space nor plus"),
        ("text\n\n—  AAAAAAAA\n".encode(), "not empty"),
        ("te\txt\n\n— name AAAAAAAA\n".encode(), "control character"),
        (b"te\xffxt\n\n", "UTF-8"),
        ("text\n\n" + 101 * "— name AAAAAAAA\n", "at most 100"),
    ],
)
def test_what_is_no_note_is_told(data: bytes | str, message: str) -> None:
    with pytest.raises(BadNote, match=message):
        read_note(data if isinstance(data, bytes) else data.encode())


def test_signatures_of_strangers_are_passed_over_and_trusted_ones_must_fit() -> None:
    stranger = Signature("example.com/log", b"\0\0\0\1", bytes(64))
    note = NOTE.signed([stranger])
    assert check_note(note, [SIGNER.verifier]) == NOTE.signatures
    with pytest.raises(Unsigned, match="is to be signed by"):
        check_note(note, [OTHER.verifier])
    with pytest.raises(Unsigned, match="signed by nobody"):
        check_note(note, [])
    forged = note.signed([Signature(OTHER.name, OTHER.key_id, bytes(64))])
    with pytest.raises(Unsigned, match="does not fit"):
        check_note(forged, [SIGNER.verifier, OTHER.verifier])


def test_a_second_signature_of_one_key_counts_for_nothing() -> None:
    twice = Note(NOTE.text, (*NOTE.signatures, Signature(SIGNER.name, SIGNER.key_id, bytes(64))))
    assert check_note(twice, [SIGNER.verifier]) == NOTE.signatures
    assert twice.signed(NOTE.signatures) == NOTE


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40), st.binary(min_size=32, max_size=32))
def test_what_is_signed_is_read(text: str, seed: bytes) -> None:
    signer = SignerKey("é/" + seed[:3].hex(), seed)
    note = sign_note(text + "\n", signer, SIGNER)
    assert read_note(note.encode()) == note
    assert read_signatures("".join(s.line for s in note.signatures)) == note.signatures
    assert len(check_note(note, [SIGNER.verifier, signer.verifier])) == 2
    assert read_skey(signer.text) == signer
    assert read_vkey(signer.verifier.text) == signer.verifier
