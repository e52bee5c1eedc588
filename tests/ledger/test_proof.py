"""A proof stands alone, and any change of it is found and named."""

import json
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from waglan.ledger.entry import DECISION, salt, seal_many
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
    ("form", lambda p: msgspec.structs.replace(p, form="waglan proof 2"), "this checks the form"),
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
