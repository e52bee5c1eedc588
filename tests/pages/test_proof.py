"""The page's checker, run as a browser would run it: against hashlib, against the ledger, and against forgeries.

QuickJS is an engine without WebCrypto, so what runs here is the page's own SHA-256 and HMAC.
"""

import hashlib
import hmac
import json
import random
from importlib.resources import files
from typing import Any

import pytest
import quickjs  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from tests.desks.fraud.example import example
from waglan.ledger.tree import Tree
from waglan.pages.proof import Proof, proof_section
from waglan.schema.records import Action, Decision, Event, encode

DRIVER = """
const answer = (name, ...hex) => WaglanProof.toHex(WaglanProof.own[name](...hex.map(WaglanProof.fromHex)));
const plain = (value) => JSON.stringify(value, (key, x) => typeof x === "bigint" ? x.toString()
  : x instanceof Uint8Array ? WaglanProof.toHex(x) : x);
let outcome = null;
const start = (text) => {
  const g = JSON.parse(text), bytes = WaglanProof.fromHex;
  outcome = null;
  WaglanProof.check(WaglanProof.own, { record: bytes(g.record), salt: bytes(g.salt), entry: bytes(g.entry),
    root: bytes(g.root), path: g.path.map(bytes), index: g.index, size: g.size }).then((a) => (outcome = plain(a)));
};
"""


@pytest.fixture(scope="module")
def engine() -> Any:
    context = quickjs.Context()
    context.eval(
        files("waglan.pages").joinpath("proof.js").read_text("utf-8").replace("const WaglanProof", "var WaglanProof")
    )
    context.eval(
        DRIVER.replace("const ", "var ", 2).replace("let outcome", "var outcome").replace("const start", "var start")
    )
    return context


def run(engine: Any, proof: Proof, **changes: Any) -> dict[str, Any]:
    """The checker's answer over a proof, some of its fields replaced."""
    names = ("record", "salt", "entry", "root", "index", "size", "path")
    given = {name: getattr(proof, name) for name in names} | changes
    engine.get("start")(json.dumps(hexed(given)))
    while engine.execute_pending_job():
        pass
    answer: dict[str, Any] = json.loads(engine.get("outcome"))
    return answer


def hexed(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: hexed(inner) for name, inner in value.items()}
    return list(map(hexed, value)) if isinstance(value, list | tuple) else value


def flipped(value: bytes, at: int) -> bytes:
    return value[:at] + bytes((value[at] ^ 1,)) + value[at + 1 :]


@given(st.binary(max_size=300))
def test_sha256_is_hashlibs(engine: Any, message: bytes) -> None:
    assert engine.get("answer")("sha256", message.hex()) == hashlib.sha256(message).hexdigest()


@pytest.mark.parametrize("size", [0, 1, 54, 55, 56, 63, 64, 65, 119, 120, 1000])
def test_sha256_at_the_edges_of_a_block(engine: Any, size: int) -> None:
    message = bytes(i % 251 for i in range(size))
    assert engine.get("answer")("sha256", message.hex()) == hashlib.sha256(message).hexdigest()


@given(st.binary(min_size=1, max_size=100), st.binary(max_size=200))
def test_hmac_is_hashlibs(engine: Any, key: bytes, message: bytes) -> None:
    assert engine.get("answer")("hmac", key.hex(), message.hex()) == hmac.digest(key, message, "sha256").hex()


def test_an_honest_proof_is_proved_step_by_step(engine: Any) -> None:
    report = example(cases=1, queue=12, entries=1_000)
    answer = run(engine, report.proof)
    assert answer["proved"]
    assert all(answer["holds"].values())
    assert answer["root"] == report.totals.root.hex()
    assert answer["seen"]["id"] == report.cases[0].alert.id
    assert int(answer["seen"]["score"]) == int(answer["seen"]["sum"]) == report.cases[0].alert.score_micro


def test_every_flipped_byte_is_found(engine: Any) -> None:
    proof = example(cases=1, queue=12, entries=37).proof
    for name in ("record", "salt", "entry", "root"):
        value = getattr(proof, name)
        for at in range(len(value)):
            assert not run(engine, proof, **{name: flipped(value, at)})["proved"], f"{name} byte {at}"
    for step in range(len(proof.path)):
        path = list(proof.path)
        path[step] = flipped(path[step], 7)
        assert not run(engine, proof, path=path)["proved"]


def test_a_path_of_the_wrong_length_or_place_is_found(engine: Any) -> None:
    proof = example(cases=1, queue=12, entries=37).proof
    path = list(proof.path)
    for changes in ({"path": path[:-1]}, {"path": [*path, path[0]]}, {"index": 0}, {"index": 40}, {"size": 1}):
        assert not run(engine, proof, **changes)["proved"], f"{changes}"


def test_every_leaf_of_every_small_tree(engine: Any) -> None:
    proof = example(cases=1, queue=12, entries=8).proof
    for size in (1, 2, 3, 5, 6, 7, 8, 13):
        for index in range(size):
            tree = Tree()
            tree.append([proof.entry if i == index else bytes((i,)) * 40 for i in range(size)])
            found = run(engine, proof, index=index, size=size, path=tree.inclusion(index), root=tree.root())
            assert found["proved"], f"leaf {index} of {size}"


def test_parts_that_do_not_sum_are_found(engine: Any) -> None:
    event = Event("x", "payment", 0, (None, -1, 2**62, -(2**40), 300, -200, 70_000, -40_000))
    wrong = Decision(event, b"r" * 32, (1, None), 10, (Action("decline", (1,)),), ("C01", "名"), (4, 5), False)
    proof = example(cases=1, queue=12, entries=8).proof
    answer = run(engine, proof, record=encode(wrong))
    assert not answer["holds"]["parts"]
    assert (answer["seen"]["score"], answer["seen"]["sum"]) == ("10", "9")


def test_bytes_that_are_no_decision_are_no_error(engine: Any) -> None:
    rng, proof = random.Random(5), example(cases=1, queue=12, entries=8).proof
    for _ in range(200):
        answer = run(engine, proof, record=rng.randbytes(rng.randrange(60)))
        assert not answer["proved"]


def test_the_section_carries_bytes_and_no_verdict() -> None:
    proof = example(cases=1, queue=12, entries=64).proof
    section = proof_section(proof)
    for value in (proof.record, proof.salt, proof.entry, proof.root, b"".join(proof.path)):
        assert f">{value.hex()}</code>" in section
    assert "Proved" not in section
