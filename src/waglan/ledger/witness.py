"""A witness: it cosigns a log's heads while each is the beginning of the next. C2SP tlog-witness, `add-checkpoint`.

A log that shows different people different histories must show one of them to the witness, and is refused the other.
What a witness needs is little: the keys of the logs it watches, and of each the last checkpoint it cosigned. That is on
the disk, synced, before anybody is answered, and one request is worked at a time; so it never cosigns two histories,
killed at any instruction or not. No network and no clock are here: whoever serves it hands both in.

    request                                   answer
    old 20852014                              200  the cosignature's line
    PlRNCrwHpqhGrupue0L7gxbjbMiKA9...         400  not a request, or old is larger than the checkpoint
    ...consistency proof, a hash a line       403  no signature of the log's key
                                              404  no such log is watched
    example.com/log                           409  old is not what was cosigned last; the body says what was. Or one
    20852163                                       size and two roots
    ...the checkpoint                         422  the proof does not hold
"""

from base64 import b64encode
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple

from waglan.ledger.checkpoint import Checkpoint, read_checkpoint, read_size, read_text
from waglan.ledger.cosignature import CosignerKey, cosign, cosigner_of, time_of
from waglan.ledger.disk import Disk
from waglan.ledger.failure import LogDamaged, LogError
from waglan.ledger.key import BadNote, SignerKey, base64_bytes
from waglan.ledger.note import Note, Unsigned, Verifier, check_note, read_signatures
from waglan.ledger.tree import EMPTY, BadProof, check_consistency

PROOF_MAX: Final = 63
"""Hashes of one consistency proof."""

REQUEST_MAX: Final = 1 << 16
"""Bytes of a request: a proof takes 2,900, a checkpoint with sixteen signatures 3,000."""

SIZE_TYPE: Final = "text/x.tlog.size"
TEXT_TYPE: Final = "text/plain; charset=utf-8"


class Answer(NamedTuple):
    """What goes back over HTTP."""

    status: int
    body: bytes
    type: str = TEXT_TYPE


class Refused(Exception):
    """The witness does not cosign; carries the answer that says why."""

    def __init__(self, status: int, why: str, size: int | None = None) -> None:
        super().__init__(why)
        self.answer = Answer(status, f"{why}\n".encode()) if size is None else Answer(status, b"%d\n" % size, SIZE_TYPE)


class WitnessRefused(LogError):
    """A witness that was asked did not cosign; the message gives its answer."""


class Request(NamedTuple):
    """A request's three parts: size of the last checkpoint, proof from there, and the checkpoint."""

    old: int
    proof: list[bytes]
    note: Note
    checkpoint: Checkpoint

    def encode(self) -> bytes:
        """The request's bytes. Inverse: `read_request`."""
        lines = [f"old {self.old}\n", *(f"{b64encode(step).decode()}\n" for step in self.proof), "\n"]
        return "".join(lines).encode() + self.note.encode()


class Watched(NamedTuple):
    """A log that is watched: its origin line, and the keys that may sign for it."""

    origin: str
    keys: tuple[Verifier, ...]


class Witness:
    """Answers requests. `path` holds one file for each log: the last checkpoint cosigned, with the cosignature.

    clock: seconds since 1970 UTC. A clock that is set back stands still for the witness: its times never fall.
    """

    def __init__(self, path: Path, disk: Disk, signer: SignerKey, logs: Sequence[Watched], clock: Callable[[], int]):
        self.key: Final = cosigner_of(signer)
        self._path: Final = path
        self._disk: Final = disk
        self._signer: Final = signer
        self._logs: Final = {log.origin: log for log in logs}
        self._clock: Final = clock
        self._one: Final = Lock()
        self._last: Final[dict[str, Checkpoint]] = {}
        self._seconds = 0
        assert len(self._logs) == len(logs), "each log is watched once"
        disk.make_directory(path)
        disk.sync_directory(path.parent)
        for log in logs:
            self._remember(log.origin)

    def latest(self, origin: str) -> Checkpoint | None:
        """The last checkpoint cosigned of a log; None before the first."""
        return self._last.get(origin)

    def add_checkpoint(self, body: bytes) -> Answer:
        """Work one request. The checkpoint is on the disk when a cosignature is given."""
        try:
            request = read_request(body)
            with self._one:
                self._check(request)
                return Answer(200, self._cosigned(request).encode())
        except BadNote as error:
            return Refused(400, str(error)).answer
        except Refused as refused:
            return refused.answer

    def _check(self, request: Request) -> None:
        """Raises Refused unless the checkpoint goes on from the last one. The order of the checks is the standard's."""
        checkpoint = request.checkpoint
        if checkpoint.origin not in self._logs:
            raise Refused(404, f"no log {checkpoint.origin!r} is watched here")
        try:
            check_note(request.note, self._logs[checkpoint.origin].keys)
        except Unsigned as error:
            raise Refused(403, str(error)) from None
        if request.old > checkpoint.size:
            raise Refused(400, f"old is {request.old}, the checkpoint is of {checkpoint.size} entries")
        last = self._last.get(checkpoint.origin)
        size, root = (last.size, last.root) if last else (0, EMPTY)
        if request.old != size:
            raise Refused(409, f"{size} entries were cosigned last", size)
        if checkpoint.size == size and checkpoint.root != root and last:
            raise Refused(409, f"of {size} entries another root was cosigned: {root.hex()}", size)
        try:
            check_consistency(size, checkpoint.size, request.proof, root, checkpoint.root)
        except BadProof as error:
            raise Refused(422, str(error)) from None

    def _cosigned(self, request: Request) -> str:
        """The cosignature's line, after what it says is safe."""
        self._seconds = max(self._seconds, self._clock())
        signature = cosign(request.note.text, self._signer, self._seconds)
        file = self._file(request.checkpoint.origin)
        beside = file.with_suffix(".new")
        self._disk.write(beside, Note(request.note.text, (signature,)).encode())
        self._disk.sync(beside)
        self._disk.rename(beside, file)
        self._disk.sync_directory(self._path)
        self._last[request.checkpoint.origin] = request.checkpoint
        return signature.line

    def _remember(self, origin: str) -> None:
        """The last checkpoint, if there is one: it must be of this log, and this witness's own."""
        file = self._file(origin)
        try:
            checkpoint, note = read_checkpoint(self._disk.read(file))
            if checkpoint.origin != origin:
                raise BadNote(f"it is of {checkpoint.origin!r}, not of {origin!r}")
            (own,) = check_note(note, [self.key])
        except FileNotFoundError:
            return
        except BadNote as error:
            raise LogDamaged(f"{file}: the last checkpoint that was cosigned cannot be read: {error}") from None
        self._last[origin] = checkpoint
        self._seconds = max(self._seconds, time_of(own.data))

    def _file(self, origin: str) -> Path:
        return self._path / f"{sha256(origin.encode()).hexdigest()}.checkpoint"


def read_request(body: bytes) -> Request:
    """The parts of an add-checkpoint request. Raises BadNote unless it is written as the standard has it."""
    head, blank, rest = body.partition(b"\n\n")
    try:
        first, *proof = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise BadNote("the lines before a checkpoint are ASCII") from None
    if not blank or not first.startswith("old "):
        raise BadNote(f"a request begins with 'old', a size, and ends with a checkpoint; this begins {body[:40]!r}")
    if len(proof) > PROOF_MAX:
        raise BadNote(f"a proof has at most {PROOF_MAX} hashes, this has {len(proof)}")
    steps = [base64_bytes(line) for line in proof]
    if any(len(step) != 32 for step in steps):
        raise BadNote("a hash of a proof has 32 bytes, one here has not")
    checkpoint, note = read_checkpoint(rest)
    return Request(read_size(first.removeprefix("old ")), steps, note, checkpoint)


def ask(
    note: Note,
    prove: Callable[[int, int], list[bytes]],
    witness: CosignerKey,
    post: Callable[[bytes], Answer],
    old: int = 0,
) -> Note:
    """The note with the witness's cosignature at its end, asked for through `post`.

    prove: the log's consistency proof between two sizes. old: what the witness cosigned last, as far as is known; it
    corrects that once. Raises WitnessRefused if it does not cosign, BadNote if what it gives is no cosignature of it.
    """
    checkpoint = read_text(note.text)
    answer = post(Request(old, prove(old, checkpoint.size), note, checkpoint).encode())
    if answer.status == 409 and answer.type == SIZE_TYPE:
        known = read_size(answer.body.decode("ascii", "replace").removesuffix("\n"))
        if known > checkpoint.size:
            raise WitnessRefused(f"{witness.name} has cosigned {known} entries already, this is of {checkpoint.size}")
        if known == checkpoint.size == old:
            raise WitnessRefused(f"{witness.name} has cosigned another root of {known} entries")
        if known != old:
            answer = post(Request(known, prove(known, checkpoint.size), note, checkpoint).encode())
    if answer.status != 200:
        said = answer.body[:200].decode("utf-8", "replace").strip()
        raise WitnessRefused(f"{witness.name} does not cosign {checkpoint.size} entries: {answer.status} {said}")
    given = Note(note.text, read_signatures(answer.body.decode("utf-8", "replace")))
    return note.signed(check_note(given, [witness]))
