"""A proof file is checked by itself, offline; any bit of it that is turned is found."""

import hmac
import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest

from tests.auditor import naive
from waglan.auditor.verify import LOG_KEY, WITNESS_KEY, audit_proof, read_key

KEY = read_key(naive.vkey(1), LOG_KEY)
SALT, RECORD = sha256(b"salt").digest(), b"a decision"
NUMBER = 3


def sealed() -> bytes:
    """An entry that commits to the record."""
    return naive.entry(NUMBER)[:-32] + hmac.digest(SALT, RECORD, "sha256")


def proof(form: int = 2) -> dict[str, Any]:
    """The proof of entry 3 of 5."""
    data = [*naive.entries(3), sealed(), naive.entry(4)]
    hashes = [naive.leaf(one) for one in data]
    root = naive.mth(hashes)
    made = {
        "form": f"waglan proof {form}",
        "index": NUMBER,
        "size": 5,
        "root": root.hex(),
        "path": [hashes[2].hex(), naive.mth(hashes[:2]).hex(), hashes[4].hex()],
        "entry": sealed().hex(),
        "salt": SALT.hex(),
        "record": RECORD.hex(),
    }
    return made | ({"checkpoint": naive.checkpoint(data).decode()} if form == 2 else {})


def told(made: object) -> list[str]:
    return audit_proof(json.dumps(made).encode(), [KEY]).faults


def test_a_proof_holds() -> None:
    report = audit_proof(json.dumps(proof()).encode(), [KEY])
    assert report.faults == []
    assert report.facts["index"] == NUMBER
    assert report.facts["kind"] == "decision"
    assert report.facts["signed_by"] == [naive.ORIGIN]


def test_the_older_form_holds_under_its_own_root() -> None:
    report = audit_proof(json.dumps(proof(1)).encode())
    assert report.faults == []
    assert report.unchecked == [f"who vouches for the root {proof(1)['root']}: compare it with one you trust"]
    assert told(proof(1)) == ["a proof of form 1 holds no signed checkpoint that a key could check; ask for form 2"]


@pytest.mark.parametrize("form", [1, 2])
def test_any_bit_turned_is_found(form: int) -> None:
    good = json.dumps(proof(form), ensure_ascii=False, separators=(",", ":")).encode()
    unbound = good.index(b'"size":') + 7  # only the checkpoint binds it: other sizes may have the same root and path
    for at in range(len(good)):
        for bit in range(8) if (form, at) != (1, unbound) else ():
            bad = bytearray(good)
            bad[at] ^= 1 << bit
            found = audit_proof(bytes(bad), [KEY] if form == 2 else []).faults
            assert found, f"byte {at}, bit {bit}: {bytes(bad[at - 20 : at + 20])!r}"


def test_any_bit_turned_in_a_byte_string_is_found_without_a_key() -> None:
    for name in ("root", "entry", "salt", "record"):
        data = bytes.fromhex(proof()[name])
        for at in range(len(data)):
            changed = data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]
            assert audit_proof(json.dumps(proof() | {name: changed.hex()}).encode()).faults


def with_(**changes: object) -> Callable[[], object]:
    return lambda: proof() | changes


def without(name: str) -> Callable[[], object]:
    return lambda: {k: v for k, v in proof().items() if k != name}


FAULTS: list[tuple[Callable[[], object], str]] = [
    (list, "this is not a proof of a form that is known"),
    (dict, "this is not a proof of a form that is known"),
    (with_(form=2), "this is not a proof of a form that is known"),
    (with_(form="waglan proof 3"), "this is not a proof of a form that is known"),
    (with_(form="waglan proof 1"), "the proof holds 'checkpoint', which does not belong there"),
    (without("checkpoint"), "the proof's checkpoint is missing"),
    (without("salt"), "the proof's salt is missing"),
    (with_(index=True), "the proof's index is missing, or not what it should be"),
    (with_(index=3.0), "the proof's index is missing, or not what it should be"),
    (with_(path="ab"), "the proof's path is missing, or not what it should be"),
    (with_(path=[7]), "the proof's path is not lower-case hexadecimal digits"),
    (with_(more=1), "the proof holds 'more', which does not belong there"),
    (with_(salt=SALT.hex().upper()), "the proof's salt is not lower-case hexadecimal digits"),
    (with_(salt="abc"), "the proof's salt is not lower-case hexadecimal digits"),
    (with_(salt=SALT.hex()[2:]), "the record under this salt is not the one"),
    (with_(record=""), "the record under this salt is not the one"),
    (with_(entry=""), "the entry begins with nothing"),
    (with_(entry="ff" * 75), "the entry begins with ffffffff"),
    (with_(index=-1), "there is no entry -1 among 5"),
    (with_(index=5), "there is no entry 5 among 5"),
    (with_(index=10**30), "there is no entry"),
    (with_(size=10**30), "there is no entry"),
    (with_(size=9), "the path is too short"),
    (with_(path=["00" * 32] * 99), "the path is too long"),
    (with_(path=[]), "the path is too short"),
    (with_(path=["00" * 31] * 3), "the path is too long, or a hash in it has not 32 bytes"),
    (with_(index=2), "the path of entry 2 leads to"),
    (with_(checkpoint=naive.checkpoint(naive.entries(5)).decode()), "the proof is under another root or size"),
    (with_(checkpoint=""), "the checkpoint is not three lines"),
    (with_(checkpoint="\ud800"), "the checkpoint is not UTF-8"),
]


@pytest.mark.parametrize(("made", "says"), FAULTS)
def test_each_fault_has_a_line(made: Callable[[], object], says: str) -> None:
    assert told(made())[0].startswith(says)


@pytest.mark.parametrize("data", [b"", b"\xff", b"[" * 100_000, b'{"form":1,"form":1}', b"1e999", b"9" * 5000])
def test_what_is_no_proof_is_told(data: bytes) -> None:
    assert audit_proof(data).faults[0].startswith("this is not a proof")


def test_a_witness_is_asked_for() -> None:
    made = proof()
    witness = read_key(naive.vkey(3, "w", 4), WITNESS_KEY)
    assert audit_proof(json.dumps(made).encode(), [KEY], [witness]).faults[0].startswith("the witness w+")
    text = made["checkpoint"].rpartition("\n\n")[0] + "\n"
    made["checkpoint"] += naive.cosignature(text, 3, "w", 5)
    assert audit_proof(json.dumps(made).encode(), [KEY], [witness]).faults == []
