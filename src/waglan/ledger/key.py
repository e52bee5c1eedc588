"""Keys that sign notes: Ed25519, under a name, in the text forms of Go's sumdb/note and C2SP signed-note.

    example.com/log+530d903a+AekyeRrm...                public: name, id, base64 of kind and key
    PRIVATE+KEY+example.com/log+530d903a+AX3b...        private: whoever has it can sign

The id is the beginning of a digest over name, kind and key: it tells keys apart and proves nothing. A text is read only
in the form in which it would be written, so one key has one text.
"""

import binascii
from base64 import b64decode, b64encode
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from waglan.schema.units import BadValue

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ED25519: Final = 1
"""Kind of a key that signs a note's text as it is. Kind 4, which signs it with a time, is in `cosignature`."""

PRIVATE: Final = "PRIVATE+KEY+"
SEED_BYTES: Final = 32


class BadNote(BadValue):
    """This is not a key, or not a note; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public Ed25519 key under a name. `text` is its form for people: name+id+base64."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """SHA-256 of name, newline, kind and key; its first 4 bytes."""
        return key_id(self.name, ED25519, self.public)

    @property
    def text(self) -> str:
        """Inverse: `read_vkey`."""
        return vkey_text(self.name, ED25519, self.public)

    def verifies(self, text: bytes, signature: bytes) -> bool:
        """Whether this key made the signature over the text."""
        return verifies(self.public, text, signature)


@dataclass(frozen=True)
class SignerKey:
    """A private Ed25519 key under a name: 32 bytes, kept out of `repr`. The same seed gives the same signatures."""

    name: str
    seed: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        assert len(self.seed) == SEED_BYTES, f"a seed has {SEED_BYTES} bytes, it had {len(self.seed)}"

    def __repr__(self) -> str:
        return f"SignerKey({self.verifier.text})"

    @cached_property
    def private(self) -> "Ed25519PrivateKey":
        """The key as the library holds it, made once: that takes as long as a signature."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @cached_property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, self.private.public_key().public_bytes_raw())

    @cached_property
    def key_id(self) -> bytes:
        """That of the public half."""
        return self.verifier.key_id

    @property
    def text(self) -> str:
        """PRIVATE+KEY+name+id+base64: whoever has it can sign. Inverse: `read_skey`."""
        key = b64encode(bytes([ED25519]) + self.seed).decode()
        return f"{PRIVATE}{self.name}+{self.key_id.hex()}+{key}"

    def sign(self, text: bytes) -> bytes:
        """64 bytes, the same each time."""
        return self.private.sign(text)


def read_vkey(text: str) -> VerifierKey:
    """The key in name+id+base64. Raises BadNote for what is malformed, of another kind, or not of this id."""
    name, kind, public = parse_vkey(text)
    if kind != ED25519:
        raise BadNote(f"a key that signs notes is of kind {ED25519}, this is of kind {kind}: {text!r}")
    return VerifierKey(name, public)


def parse_vkey(text: str) -> tuple[str, int, bytes]:
    """Name, kind and 32 bytes of a public key of any kind; its id must be its own. Raises BadNote."""
    if text.startswith(PRIVATE):
        raise BadNote("this is a private key; the public one was expected, and nobody else should have seen this")
    name, plus, rest = text.partition("+")
    identity, plus, key = rest.partition("+")
    data = base64_bytes(key)
    if not plus or len(data) != 33:
        raise BadNote(f"a key is name+8 hex digits+base64 of 33 bytes, this is {text!r}")
    check_name(name)
    if vkey_text(name, data[0], data[1:]) != text:
        made = key_id(name, data[0], data[1:]).hex()
        raise BadNote(f"this key's id is {made}, the text says {identity}: {text!r}")
    return name, data[0], data[1:]


def vkey_text(name: str, kind: int, public: bytes) -> str:
    """name+id+base64. Inverse: `parse_vkey`."""
    return f"{name}+{key_id(name, kind, public).hex()}+{b64encode(bytes([kind]) + public).decode()}"


def read_skey(text: str) -> SignerKey:
    """The private key in PRIVATE+KEY+name+id+base64. Raises BadNote, which never holds what was read."""
    rest = text.removeprefix(PRIVATE)
    name, plus, rest = rest.partition("+")
    _, plus, key = rest.partition("+")
    data = base64_bytes(key, secret=True)
    if not plus or len(data) != 1 + SEED_BYTES or data[0] != ED25519:
        raise BadNote("a private key is PRIVATE+KEY+name+8 hex digits+base64 of 33 bytes; this is not")
    check_name(name)
    signer = SignerKey(name, data[1:])
    if signer.text != text:
        raise BadNote(f"this private key's id is {signer.key_id.hex()}, the text says otherwise")
    return signer


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """4 bytes that tell one key's signatures from another's."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def check_name(name: str) -> None:
    """Raises BadNote unless a key may have this name: not empty, no space of any kind, no plus."""
    if not name or "+" in name or any(letter.isspace() or letter < " " for letter in name):
        raise BadNote(f"a key's name is not empty and has neither space nor plus, it was {name!r}")


def verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 signature is that of a 32-byte public key over the message."""
    from cryptography.exceptions import InvalidSignature  # 40 ms to import: only who signs or checks pays
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def base64_bytes(text: str, secret: bool = False) -> bytes:
    """Bytes of standard base64 in its one form: no other text gives the same bytes."""
    shown = "" if secret else f": {text[:120]!r}"
    try:
        data = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadNote(f"this is not base64{shown}") from None
    if b64encode(data).decode() != text:
        raise BadNote(f"this base64 is not as it is written{shown}")
    return data
