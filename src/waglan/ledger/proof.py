"""A proof that stands alone: everything needed to check one record against a root, in one small JSON object.

It is checked from the record outwards: salt and record give the commitment, the commitment is the entry's, the entry's
leaf hash and the path give the root. Each step is plain SHA-256 or HMAC-SHA256, so a page can do the same in a browser.
Whoever holds a proof can open that one record; its salt opens no other. The checkpoint in it says who vouches for the
root: a proof without one, the older form, is as good as a root that its reader had from elsewhere.
"""

import hmac
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from waglan.ledger.checkpoint import read_checkpoint
from waglan.ledger.entry import commit, decode_entry, leaf_hash
from waglan.ledger.key import BadNote
from waglan.ledger.note import Verifier, check_note
from waglan.ledger.tree import BadProof, check_inclusion
from waglan.schema.units import BadValue

if TYPE_CHECKING:  # checking a proof loads no log and no compiled code
    from waglan.ledger.log import Log

FORM: Final = "waglan proof 2"
BARE_FORM: Final = "waglan proof 1"
"""Without a checkpoint: of a log that nobody signs, and of before there were any."""


class Proof(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One record under one root. Byte strings are lower-case hex; `path` runs from the leaf upwards.

    `checkpoint` is the signed note that says `size` and `root`, as text; None in the bare form.
    """

    form: str
    index: int
    size: int
    root: str
    path: tuple[str, ...]
    entry: str
    salt: str
    record: str
    checkpoint: str | None = None


def prove(
    log: "Log", index: int, record: bytes, salt: bytes, size: int | None = None, checkpoint: bytes | None = None
) -> Proof:
    """The proof of entry `index` under a signed checkpoint, or under the root of `size` entries, all by default.

    Raises BadProof if the record under this salt is not what the entry commits to, or the checkpoint is not this log's:
    no proof leaves that would fail. Inverse: `check`.
    """
    if checkpoint is not None:
        assert size is None, "the checkpoint says the size"
        size = _head(checkpoint.decode())[0]
        if not index < size <= log.size:
            raise BadProof(f"the checkpoint covers {size} entries, the log has {log.size}, this is entry {index}")
    size = log.size if size is None else size
    path = tuple(step.hex() for step in log.prove(index, size))
    made = Proof(
        form=BARE_FORM if checkpoint is None else FORM,
        index=index,
        size=size,
        root=log.root(size).hex(),
        path=path,
        entry=log.entry(index).hex(),
        salt=salt.hex(),
        record=record.hex(),
        checkpoint=None if checkpoint is None else checkpoint.decode(),
    )
    _check_commitment(log.entry(index), salt, record)
    _check_head(made, ())
    return made


def check(proof: Proof, root: bytes | None = None, trusted: Sequence[Verifier] = ()) -> None:
    """Raises BadProof, naming what failed, unless the entry commits to the record and lies under the root.

    `root` is the one the checker trusts, or `trusted` the keys of which one must have signed the checkpoint; both are
    had from elsewhere. Without either the proof is only found to agree with itself.
    """
    _check_head(proof, trusted)
    if root is not None and proof.root != root.hex():
        raise BadProof(f"the proof is under root {proof.root}, the trusted root is {root.hex()}")
    entry = _bytes("entry", proof.entry)
    _check_commitment(entry, _bytes("salt", proof.salt), _bytes("record", proof.record))
    path = [_bytes("path", step) for step in proof.path]
    check_inclusion(leaf_hash(entry), proof.index, proof.size, path, _bytes("root", proof.root))


def write_proof(proof: Proof) -> bytes:
    """The proof as JSON. Inverse: `read_proof`."""
    return msgspec.json.encode(proof)


def read_proof(data: bytes) -> Proof:
    """The proof in a JSON file's bytes. Raises BadProof for anything else."""
    try:
        return msgspec.json.decode(data, type=Proof)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadProof(f"this is not a proof: {error}") from None


def _check_head(proof: Proof, trusted: Sequence[Verifier]) -> None:
    """The form is one of ours, and the checkpoint in it says this size and root and is signed by a trusted key."""
    if proof.form not in (FORM, BARE_FORM):
        raise BadProof(f"this checks the form {FORM!r}, the proof is {proof.form!r}")
    if (proof.checkpoint is None) is (proof.form == FORM):
        raise BadProof(f"a proof of form {FORM!r} holds a checkpoint, and no other does")
    if proof.checkpoint is None:
        if trusted:
            raise BadProof(f"a proof of form {BARE_FORM!r} holds nothing that is signed")
        return
    size, root = _head(proof.checkpoint, trusted)
    if (size, root.hex()) != (proof.size, proof.root):
        raise BadProof(
            f"the checkpoint says {size} entries under {root.hex()}, the proof {proof.size} under {proof.root}"
        )


def _head(checkpoint: str, trusted: Sequence[Verifier] = ()) -> tuple[int, bytes]:
    try:
        head, note = read_checkpoint(checkpoint.encode())
        if trusted:
            check_note(note, trusted)
    except (BadNote, UnicodeEncodeError) as error:
        raise BadProof(f"the checkpoint does not hold: {error}") from None
    return head.size, head.root


def _check_commitment(entry: bytes, salt: bytes, record: bytes) -> None:
    try:
        told = decode_entry(entry).commitment
    except BadValue as error:
        raise BadProof(f"the entry cannot be read: {error}") from None
    if len(salt) != 32:
        raise BadProof(f"a salt has 32 bytes, this has {len(salt)}")
    made = commit(salt, record)
    if not hmac.compare_digest(made, told):
        raise BadProof(f"record and salt commit to {made.hex()}, the entry says {told.hex()}")


def _bytes(name: str, text: str) -> bytes:
    try:
        value = bytes.fromhex(text)
    except ValueError:
        raise BadProof(f"{name} is not hex: {text[:80]!r}") from None
    if value.hex() != text:
        raise BadProof(f"{name} is not lower-case hex: {text[:80]!r}")
    return value
