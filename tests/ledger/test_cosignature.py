"""Cosignatures against a public witness's own, and with every bit turned."""

import pytest

from tests.ledger.test_checkpoint import ARCHE, ARCHE_KEY, HEAD
from waglan.ledger.cosignature import COSIGNATURE, cosign, cosigner_of, read_cosigner, time_of
from waglan.ledger.key import BadNote, SignerKey, parse_vkey, read_vkey
from waglan.ledger.note import Note, Signature, Unsigned, check_note, read_note

WITNESS = SignerKey("witness.example.com/w1", bytes(range(1, 33)))
REMORA = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
"""A public witness, in the form in which it gives its key to logs."""


def test_a_public_witness_cosigned_a_public_logs_checkpoint() -> None:
    key, note = read_cosigner(REMORA), read_note(ARCHE.encode())
    assert (key.text, key.key_id.hex()) == (REMORA, "da77ade7")
    (signature,) = check_note(note, [key])
    assert time_of(signature.data) == 1779573024
    assert len(check_note(note, [key, read_vkey(ARCHE_KEY)])) == 2
    with pytest.raises(Unsigned, match="does not fit"):
        check_note(read_note(ARCHE.replace("1432088532", "1432088533").encode()), [key])


def test_a_cosignature_says_its_time_and_is_checked() -> None:
    key = cosigner_of(WITNESS)
    signature = cosign(HEAD.text, WITNESS, 1679315147)
    assert read_cosigner(key.text) == key
    assert (signature.name, signature.key_id, len(signature.data)) == (WITNESS.name, key.key_id, 72)
    assert time_of(signature.data) == 1679315147
    assert check_note(Note(HEAD.text, (signature,)), [key]) == (signature,)
    assert key.key_id != WITNESS.verifier.key_id
    assert not key.verifies(HEAD.text.encode(), WITNESS.sign(HEAD.text.encode()))


def test_what_is_signed_is_as_the_standard_writes_it() -> None:
    signature = cosign(HEAD.text, WITNESS, 1679315147)
    message = b"cosignature/v1\ntime 1679315147\n" + HEAD.text.encode()
    assert signature.data == (1679315147).to_bytes(8, "big") + WITNESS.sign(message)


def test_every_turned_bit_of_a_cosignature_is_seen() -> None:
    key, signature = cosigner_of(WITNESS), cosign(HEAD.text, WITNESS, 1679315147)
    for bit in range(8 * len(signature.data)):
        turned = bytearray(signature.data)
        turned[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Unsigned):
            check_note(Note(HEAD.text, (Signature(signature.name, signature.key_id, bytes(turned)),)), [key])


def test_no_other_key_is_a_witnesss_and_no_other_text_is_cosigned() -> None:
    with pytest.raises(BadNote, match=f"of kind {COSIGNATURE}, this is of kind 1"):
        read_cosigner(WITNESS.verifier.text)
    with pytest.raises(BadNote, match="of kind 1, this is of kind 4"):
        read_vkey(REMORA)
    with pytest.raises(BadNote, match="a checkpoint has"):
        cosign("no checkpoint\n", WITNESS, 0)
    assert parse_vkey(REMORA)[1] == COSIGNATURE
