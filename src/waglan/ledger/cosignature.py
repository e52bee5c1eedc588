"""Cosignatures: a witness says when it saw a checkpoint and that it grew from all it saw before. C2SP tlog-cosignature.

What is signed begins with two lines of its own, so that it can be taken for no other signature of the same key:

    cosignature/v1
    time 1679315147
    example.com/log               and on to the end of the checkpoint's text
    ...

In the note it is a signature like any other, its 72 bytes the time (uint64, big-endian) and Ed25519 over that. A
witness signs nothing else with its key, and one key has one name: the name is not in what is signed.
"""

from dataclasses import dataclass
from typing import Final

from waglan.ledger.checkpoint import read_text
from waglan.ledger.key import BadNote, SignerKey, key_id, parse_vkey, verifies, vkey_text
from waglan.ledger.note import Signature

COSIGNATURE: Final = 4
"""Kind of a key that signs checkpoints with a time."""

TIME_MAX: Final = (1 << 63) - 1
TIME: Final = 8
LENGTH: Final = TIME + 64


@dataclass(frozen=True, slots=True)
class CosignerKey:
    """A witness's public key under its name. A `Verifier` of notes."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """SHA-256 of name, newline, kind and key; its first 4 bytes."""
        return key_id(self.name, COSIGNATURE, self.public)

    @property
    def text(self) -> str:
        """name+id+base64. Inverse: `read_cosigner`."""
        return vkey_text(self.name, COSIGNATURE, self.public)

    def verifies(self, text: bytes, signature: bytes) -> bool:
        """Whether this witness cosigned the text, at the time that the signature says."""
        if len(signature) != LENGTH or (seconds := time_of(signature)) > TIME_MAX:
            return False
        return verifies(self.public, _message(text, seconds), signature[TIME:])


def read_cosigner(text: str) -> CosignerKey:
    """The key in name+id+base64. Raises BadNote for anything else, a key of another kind too."""
    name, kind, public = parse_vkey(text)
    if kind != COSIGNATURE:
        raise BadNote(f"a witness's key is of kind {COSIGNATURE}, this is of kind {kind}: {text!r}")
    return CosignerKey(name, public)


def cosigner_of(signer: SignerKey) -> CosignerKey:
    """The public half of a witness's key."""
    return CosignerKey(signer.name, signer.verifier.public)


def cosign(text: str, signer: SignerKey, seconds: int) -> Signature:
    """The cosignature of a checkpoint's text at a time, in seconds since 1970 UTC. Checked by `CosignerKey`."""
    assert 0 <= seconds <= TIME_MAX, f"a time is 0 to {TIME_MAX} seconds, it was {seconds}"
    read_text(text)
    signature = seconds.to_bytes(TIME, "big") + signer.sign(_message(text.encode(), seconds))
    return Signature(signer.name, cosigner_of(signer).key_id, signature)


def time_of(signature: bytes) -> int:
    """The seconds since 1970 UTC that a cosignature's bytes say."""
    assert len(signature) == LENGTH, f"a cosignature has {LENGTH} bytes, it had {len(signature)}"
    return int.from_bytes(signature[:TIME], "big")


def _message(text: bytes, seconds: int) -> bytes:
    return b"cosignature/v1\ntime %d\n" % seconds + text
