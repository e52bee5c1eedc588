"""A proof stands alone, and any change of it is found and named."""

import json
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from waglan.auditor.verify import LOG_KEY, audit_proof, read_key
from waglan.ledger.checkpoint import Checkpoint
from waglan.ledger.entry import DECISION, salt, seal_many
from waglan.ledger.key import SignerKey
from waglan.ledger.log import Log
from waglan.ledger.proof import Proof, check, prove, read_proof, write_proof
from waglan.ledger.tree import BadProof

KEY = bytes(range(32))


def record(i: int) -> bytes:
    return b"record %d" % i


def filled(count: int) -> Log:
    log, ids = Log(), [f"P{i}" for i in range(count)]
    kinds = bytes([DECISION]) * count
    log.append(seal_many([KEY] * count, ids, [record(i) for i in range(count)], kinds, "fraud", bytes(32)))
    return log


def proof_of(log: Log, i: int, size: int | None = None) -> Proof:
    return prove(log, i, record(i), salt(KEY, f"P{i}"), size)


@given(st.integers(1, 40), st.data())
def test_a_proof_checks_after_a_journey_through_json(count: int, data: st.DataObject) -> None:
    log = filled(count)
    size = data.draw(st.integers(1, count))
    proof = proof_of(log, data.draw(st.integers(0, size - 1)), size)
    back = read_proof(write_proof(proof))
    assert back == proof
    check(back)
    check(back, log.root(size))


CHANGES: list[tuple[str, Callable[[Proof], Proof], str]] = [
    ("record", lambda p: msgspec.structs.replace(p, record=record(4).hex()), "record and salt commit to"),
    ("salt", lambda p: msgspec.structs.replace(p, salt=salt(KEY, "P4").hex()), "record and salt commit to"),
    ("short salt", lambda p: msgspec.structs.replace(p, salt=p.salt[:-2]), "a salt has 32 bytes"),
    ("entry", lambda p: msgspec.structs.replace(p, entry=p.entry.replace("6672", "6673")), "the path of leaf 3 leads"),
    ("no entry", lambda p: msgspec.structs.replace(p, entry=p.entry[2:]), "the entry cannot be read"),
    ("index", lambda p: msgspec.structs.replace(p, index=2), "the path of leaf 2 leads"),
    ("outside", lambda p: msgspec.structs.replace(p, index=10), "has no leaf 10"),
    ("size", lambda p: msgspec.structs.replace(p, size=30), "path is too short"),
    ("path", lambda p: msgspec.structs.replace(p, path=p.path[::-1]), "the path of leaf 3 leads"),
    ("root", lambda p: msgspec.structs.replace(p, root="00" * 32), "the root is 00"),
    ("hex", lambda p: msgspec.structs.replace(p, root="zz"), "root is not hex"),
    ("case", lambda p: msgspec.structs.replace(p, root=p.root.upper()), "root is not lower-case hex"),
    ("form", lambda p: msgspec.structs.replace(p, form="waglan proof 3"), "this checks the form"),
    ("bare", lambda p: msgspec.structs.replace(p, form="waglan proof 2"), "holds a checkpoint, and no other does"),
]


@pytest.mark.parametrize(("change", "message"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES])
def test_what_fails_is_named(change: Callable[[Proof], Proof], message: str) -> None:
    proof = proof_of(filled(10), 3)
    with pytest.raises(BadProof, match=message):
        check(change(proof))


def test_a_root_that_is_not_the_trusted_one_is_named() -> None:
    log = filled(10)
    with pytest.raises(BadProof, match="the trusted root is"):
        check(proof_of(log, 3, 9), log.root(10))


def test_a_record_that_is_not_in_the_entry_cannot_be_proved() -> None:
    with pytest.raises(BadProof, match="record and salt commit to"):
        prove(filled(10), 3, b"another record", salt(KEY, "P3"))


@pytest.mark.parametrize("change", [{"size": "ten"}, {"extra": 1}, {"path": None}])
def test_a_file_that_is_no_proof_is_told(change: dict[str, object]) -> None:
    tree = json.loads(write_proof(proof_of(filled(3), 0)))
    with pytest.raises(BadProof, match="this is not a proof"):
        read_proof(json.dumps(tree | change).encode())
    with pytest.raises(BadProof, match="this is not a proof"):
        read_proof(b"\xff")


SIGNER = SignerKey("bank.example/log", bytes(32))


def checkpoint_of(log: Log, size: int) -> bytes:
    return Checkpoint("bank.example/log", size, log.root(size)).sign(SIGNER).encode()


@given(st.integers(1, 40), st.data())
def test_a_proof_under_a_checkpoint_is_checked_by_key_alone(count: int, data: st.DataObject) -> None:
    log = filled(count)
    size = data.draw(st.integers(1, count))
    index = data.draw(st.integers(0, size - 1))
    proof = prove(log, index, record(index), salt(KEY, f"P{index}"), checkpoint=checkpoint_of(log, size))
    back = read_proof(write_proof(proof))
    assert back == proof
    assert (proof.form, proof.size, proof.root) == ("waglan proof 2", size, log.root(size).hex())
    check(back, log.root(size), [SIGNER.verifier])
    assert audit_proof(write_proof(proof), [read_key(SIGNER.verifier.text, LOG_KEY)]).faults == []


def signed_proof() -> Proof:
    log = filled(10)
    return prove(log, 3, record(3), salt(KEY, "P3"), checkpoint=checkpoint_of(log, 9))


OTHER = SignerKey("bank.example/log", bytes(31) + b"1")
SIGNED_CHANGES: list[tuple[Callable[[Proof], Proof], str]] = [
    (lambda p: msgspec.structs.replace(p, size=10), "the checkpoint says 9 entries"),
    (lambda p: msgspec.structs.replace(p, root="00" * 32), "the checkpoint says 9 entries"),
    (lambda p: msgspec.structs.replace(p, form="waglan proof 1"), "holds a checkpoint, and no other does"),
    (lambda p: msgspec.structs.replace(p, checkpoint=None), "holds a checkpoint, and no other does"),
    (lambda p: msgspec.structs.replace(p, checkpoint=""), "the checkpoint does not hold"),
    (lambda p: msgspec.structs.replace(p, checkpoint="\ud800"), "the checkpoint does not hold"),
    (lambda p: msgspec.structs.replace(p, checkpoint=None, form="waglan proof 1"), "nothing that is signed"),
    (
        lambda p: msgspec.structs.replace(
            p, checkpoint=Checkpoint("bank.example/log", 9, bytes.fromhex(p.root)).sign(OTHER).encode().decode()
        ),
        "the checkpoint does not hold: the note is to be signed by",
    ),
]


@pytest.mark.parametrize(("change", "message"), SIGNED_CHANGES)
def test_what_fails_of_a_checkpoint_is_named(change: Callable[[Proof], Proof], message: str) -> None:
    check(signed_proof(), None, [SIGNER.verifier])
    with pytest.raises(BadProof, match=message):
        check(change(signed_proof()), None, [SIGNER.verifier])


def test_any_bit_turned_in_a_proof_is_found_by_both_checkers() -> None:
    data, key = write_proof(signed_proof()), read_key(SIGNER.verifier.text, LOG_KEY)
    for at in range(len(data)):
        bad = bytearray(data)
        bad[at] ^= 1 << at % 8
        assert audit_proof(bytes(bad), [key]).faults
        with pytest.raises(BadProof):
            check(read_proof(bytes(bad)), None, [SIGNER.verifier])


def test_no_proof_leaves_under_a_checkpoint_of_another_log() -> None:
    log, other = filled(10), Log()
    other.append([b"another"] * 9)
    for checkpoint, message in (
        (checkpoint_of(other, 9), "the checkpoint says 9 entries"),
        (checkpoint_of(log, 3), "the checkpoint covers 3 entries, the log has 10, this is entry 3"),
        (Checkpoint("x", 11, bytes(32)).sign(SIGNER).encode(), "the checkpoint covers 11 entries, the log has 10"),
    ):
        with pytest.raises(BadProof, match=message):
            prove(log, 3, record(3), salt(KEY, "P3"), checkpoint=checkpoint)
