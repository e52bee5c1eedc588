"""A proof that stands alone: everything needed to check one record against a root, in one small JSON object.

It is checked from the record outwards: salt and record give the commitment, the commitment is the entry's, the entry's
leaf hash and the path give the root. Each step is plain SHA-256 or HMAC-SHA256, so a page can do the same in a browser.
Whoever holds a proof can open that one record; its salt opens no other.
"""

import hmac
from typing import TYPE_CHECKING, Final

import msgspec

from waglan.ledger.entry import commit, decode_entry, leaf_hash
from waglan.ledger.tree import BadProof, check_inclusion
from waglan.schema.units import BadValue

if TYPE_CHECKING:  # checking a proof loads no log and no compiled code
    from waglan.ledger.log import Log

FORM: Final = "waglan proof 1"


class Proof(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One record under one root. Byte strings are lower-case hex; `path` runs from the leaf upwards."""

    form: str = FORM
    index: int
    size: int
    root: str
    path: tuple[str, ...]
    entry: str
    salt: str
    record: str


def prove(log: "Log", index: int, record: bytes, salt: bytes, size: int | None = None) -> Proof:
    """The proof of entry `index` under the root of `size` entries, all by default. Inverse: `check`.

    Raises BadProof if the record under this salt is not what the entry commits to: no proof leaves that would fail.
    """
    size = log.size if size is None else size
    path = tuple(step.hex() for step in log.prove(index, size))
    made = Proof(
        index=index,
        size=size,
        root=log.root(size).hex(),
        path=path,
        entry=log.entry(index).hex(),
        salt=salt.hex(),
        record=record.hex(),
    )
    _check_commitment(log.entry(index), salt, record)
    return made


def check(proof: Proof, root: bytes | None = None) -> None:
    """Raises BadProof, naming what failed, unless the entry commits to the record and lies under the root.

    `root` is the one the checker trusts, had from elsewhere. Without it the proof is only found to agree with itself.
    """
    if proof.form != FORM:
        raise BadProof(f"this checks the form {FORM!r}, the proof is {proof.form!r}")
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
