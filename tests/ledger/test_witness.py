"""A witness: what it answers, in the standard's order; that it never goes back, killed at any operation or not."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ledger.fake_disk import FakeDisk, Stopped
from tests.ledger.test_log import SIGNER, some_entries
from waglan.ledger.checkpoint import Checkpoint, open_checkpoint
from waglan.ledger.cosignature import time_of
from waglan.ledger.failure import LogDamaged, LogUnwritable
from waglan.ledger.key import BadNote, SignerKey
from waglan.ledger.log import Log
from waglan.ledger.note import Note, Unsigned, check_note, read_signatures
from waglan.ledger.witness import (
    SIZE_TYPE,
    Answer,
    Request,
    Watched,
    Witness,
    WitnessRefused,
    ask,
    read_request,
)

PATH = Path("/w1/logs")
WITNESS = SignerKey("witness.example.com/w1", bytes(range(1, 33)))
LOGS = [Watched(SIGNER.name, (SIGNER.verifier,)), Watched("go.sum database tree", (SIGNER.verifier,))]


class Clock:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 1_700_000_000

    def __call__(self) -> int:
        return self.now


def witness_on(disk: FakeDisk, clock: Clock | None = None) -> Witness:
    return Witness(PATH, disk, WITNESS, LOGS, clock or Clock())


@pytest.fixture
def witness() -> Witness:
    return witness_on(FakeDisk())


def log_of(size: int, start: int = 0) -> Log:
    log = Log()
    log.append(some_entries(size, start))
    return log


LOG = log_of(300)


def head(size: int, log: Log = LOG, origin: str = SIGNER.name, signer: SignerKey = SIGNER) -> Note:
    return Checkpoint(origin, size, log.root(size)).sign(signer)


def body(old: int, size: int, log: Log = LOG, origin: str = SIGNER.name, signer: SignerKey = SIGNER) -> bytes:
    note = head(size, log, origin, signer)
    proof = log.consistency(old, size) if old <= size else []
    return Request(old, proof, note, Checkpoint(origin, size, log.root(size))).encode()


def test_it_cosigns_what_grows(witness: Witness) -> None:
    for old, size in ((0, 0), (0, 5), (5, 5), (5, 256), (256, 300)):
        answer = witness.add_checkpoint(body(old, size))
        assert answer.status == 200
        given = Note(head(size).text, read_signatures(answer.body.decode()))
        assert len(check_note(given, [witness.key])) == 1
        assert witness.latest(SIGNER.name) == Checkpoint(SIGNER.name, size, LOG.root(size))
    assert witness.latest("go.sum database tree") is None
    assert witness.add_checkpoint(body(0, 7, origin="go.sum database tree")).status == 200


def test_what_it_refuses_and_how(witness: Witness) -> None:
    other, stranger = log_of(300, 1), SignerKey(SIGNER.name, bytes(32))
    assert witness.add_checkpoint(body(0, 20)).status == 200
    forged = Request(20, LOG.consistency(20, 30)[::-1], head(30), Checkpoint(SIGNER.name, 30, LOG.root(30))).encode()
    for request, status, said in (
        (body(20, 30, origin="example.com/other"), 404, b"no log"),
        (body(20, 30, signer=stranger), 403, b"is to be signed by"),
        (body(40, 30, signer=stranger), 403, b"is to be signed by"),
        (body(40, 30), 400, b"old is 40"),
        (body(0, 30), 409, b"20\n"),
        (body(10, 30, other), 409, b"20\n"),
        (body(0, 10), 409, b"20\n"),
        (body(10, 10), 409, b"20\n"),
        (body(20, 20, other), 409, b"20\n"),
        (body(20, 30, other), 422, b"path leads to"),
        (forged, 422, b"path leads to"),
        (body(20, 20).replace(b"old 20\n", b"old 20\n" + LOG.root(3).hex().encode() + b"\n"), 400, b"32 bytes"),
    ):
        answer = witness.add_checkpoint(request)
        assert (answer.status, said in answer.body) == (status, True), answer
        assert (answer.type == SIZE_TYPE) == (status == 409)
    assert witness.latest(SIGNER.name) == Checkpoint(SIGNER.name, 20, LOG.root(20))
    assert witness.add_checkpoint(body(20, 21)).status == 200


def test_a_proof_where_none_belongs_and_an_empty_tree_with_a_root(witness: Witness) -> None:
    full = Checkpoint(SIGNER.name, 20, LOG.root(20))
    assert witness.add_checkpoint(Request(0, [bytes(32)], full.sign(SIGNER), full).encode()).status == 422
    empty = Checkpoint(SIGNER.name, 0, bytes(32))
    assert witness.add_checkpoint(Request(0, [], empty.sign(SIGNER), empty).encode()).status == 422


@pytest.mark.parametrize(
    "request_",
    [
        b"",
        b"old 0",
        b"old 0\n",
        b"old 0\n\n",
        b"0\n\n" + head(5).encode(),
        b"old 00\n\n" + head(5).encode(),
        b"old -1\n\n" + head(5).encode(),
        b"old  0\n\n" + head(5).encode(),
        b"old 0\n" + head(5).encode(),
        b"old 0\nAAAA\n\n" + head(5).encode(),
        b"old 0\n" + 64 * b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n" + b"\n" + head(5).encode(),
        b"old 0\n\n" + head(5).encode()[:-1],
        b"old 0\n\n" + "no checkpoint\n\n— name AAAAAAAA\n".encode(),
        b"old \xff\n\n" + head(5).encode(),
    ],
)
def test_what_is_no_request_is_400(witness: Witness, request_: bytes) -> None:
    assert witness.add_checkpoint(request_).status == 400


def test_a_request_is_read_as_it_is_written() -> None:
    data = body(17, 300)
    request = read_request(data)
    assert request.encode() == data
    assert (request.old, request.proof) == (17, LOG.consistency(17, 300))


@given(st.integers(0, 10**6))
def test_any_turned_bit_of_a_request_is_refused(bit: int) -> None:
    """Of its sizes, its proof, its checkpoint, its signature: with one key nothing is open to change."""
    witness = witness_on(FakeDisk())
    assert witness.add_checkpoint(body(0, 20)).status == 200
    data = bytearray(body(20, 300))
    data[bit // 8 % len(data)] ^= 1 << bit % 8
    assert witness.add_checkpoint(bytes(data)).status in (400, 403, 404, 409, 422)
    assert witness.add_checkpoint(body(20, 300)).status == 200


def test_it_remembers_and_its_clock_never_falls() -> None:
    disk, clock = FakeDisk(), Clock()
    witness_on(disk, clock).add_checkpoint(body(0, 20))
    clock.now -= 5000
    again = witness_on(disk, clock)
    assert again.latest(SIGNER.name) == Checkpoint(SIGNER.name, 20, LOG.root(20))
    (signature,) = read_signatures(again.add_checkpoint(body(20, 30)).body.decode())
    assert time_of(signature.data) == 1_700_000_000
    clock.now += 9000
    (signature,) = read_signatures(again.add_checkpoint(body(30, 30)).body.decode())
    assert time_of(signature.data) == 1_700_004_000


def test_a_memory_that_was_changed_is_not_trusted() -> None:
    disk = FakeDisk()
    witness_on(disk).add_checkpoint(body(0, 20))
    (file,) = (path for path in disk.files() if path.suffix == ".checkpoint")
    for bit in range(0, 8 * len(disk.read(file)), 5):
        disk.flip(file, bit)
        with pytest.raises(LogDamaged, match="cannot be read"):
            witness_on(disk)
        disk.flip(file, bit)
    assert witness_on(disk).latest(SIGNER.name) is not None


def test_a_disk_that_is_full_gives_no_cosignature() -> None:
    disk = FakeDisk()
    witness = witness_on(disk)
    disk.full = 100
    with pytest.raises(LogUnwritable):
        witness.add_checkpoint(body(0, 20))
    assert witness.latest(SIGNER.name) is None
    disk.full = None
    assert witness.add_checkpoint(body(0, 20)).status == 200


def lives(seeds: int, syncs: bool = True) -> int:
    """Of each seed a few lives of a witness, asked by a log that forked: what it cosigned must be one history."""
    cosigned = 0
    logs = [log_of(60), log_of(60, 500)]
    for seed in range(seeds):
        chance, disk, told = random.Random(seed), FakeDisk(seed, syncs=syncs), dict[int, bytes]()
        disk.make_directory(PATH.parent)
        disk.sync_directory(Path("/"))
        for _ in range(4):
            disk.stop = chance.randrange(1, 14)
            try:
                witness = witness_on(disk)
                for _ in range(4):
                    log, size = chance.choice(logs), chance.randrange(61)
                    last = witness.latest(SIGNER.name)
                    old = last.size if last else 0
                    if witness.add_checkpoint(body(old, max(old, size), log)).status == 200:
                        assert told.setdefault(max(old, size), log.root(max(old, size))) == log.root(max(old, size))
            except Stopped:
                disk = disk.crashed()
            disk.stop = None
        assert any(all(log.root(size) == root for size, root in told.items()) for log in logs)
        latest = witness_on(disk).latest(SIGNER.name)
        assert max(told, default=0) <= (latest.size if latest else 0)
        cosigned += len(told)
    return cosigned


def test_killed_at_any_operation_it_never_cosigns_two_histories() -> None:
    assert lives(300) > 400


def test_the_simulation_sees_a_witness_that_does_not_sync() -> None:
    with pytest.raises((AssertionError, LogDamaged)):
        lives(300, syncs=False)


def test_a_log_asks_and_has_the_cosignature_in_its_note(witness: Witness) -> None:
    def post(data: bytes) -> Answer:
        return witness.add_checkpoint(data)

    note = ask(head(20), LOG.consistency, witness.key, post)
    assert len(note.signatures) == 2
    open_checkpoint(note.encode(), SIGNER.name, [SIGNER.verifier, witness.key])
    # it does not know what was cosigned last, and is told
    assert len(ask(head(300), LOG.consistency, witness.key, post).signatures) == 2
    assert len(ask(head(300), LOG.consistency, witness.key, post, 300).signatures) == 2
    with pytest.raises(WitnessRefused, match="has cosigned 300 entries already"):
        ask(head(20), LOG.consistency, witness.key, post)
    other = log_of(400, 1)
    with pytest.raises(WitnessRefused, match="422"):
        ask(head(400, other), other.consistency, witness.key, post)
    with pytest.raises(WitnessRefused, match="cosigned another root"):
        ask(head(300, other), other.consistency, witness.key, post, 300)
    with pytest.raises(WitnessRefused, match="404"):
        ask(head(5, LOG, "example.com/other"), LOG.consistency, witness.key, post)


def test_an_answer_that_is_no_cosignature_of_it_is_refused(witness: Witness) -> None:
    line = witness.add_checkpoint(body(0, 20)).body
    with pytest.raises(Unsigned, match="does not fit"):
        ask(head(30), LOG.consistency, witness.key, lambda _: Answer(200, line))
    with pytest.raises(BadNote):
        ask(head(30), LOG.consistency, witness.key, lambda _: Answer(200, b"yes\n"))
    with pytest.raises(BadNote):
        ask(head(30), LOG.consistency, witness.key, lambda _: Answer(409, b"many\n", SIZE_TYPE))
    with pytest.raises(WitnessRefused, match="500 out of order"):
        ask(head(30), LOG.consistency, witness.key, lambda _: Answer(500, b"out of order\n"))
