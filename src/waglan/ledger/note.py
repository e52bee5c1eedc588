"""Signed notes: a text, a blank line, and a line for each signature. C2SP signed-note.

    example.com/log                                         what was signed, to its last newline
    2
    +sVCA+fMaWzwz9tCySodnbr51yCu0hWPi9mGZi8A4SU=
                                                            an empty line
    - example.com/log Uw2QOkn8...                           name, then base64 of key id (4 bytes) and signature

where the dash is an em dash. A text means nothing until a key that the reader trusts has signed it: `read_note` reads,
`check_note` says who signed. What is read is written again byte for byte, so no bit of a note can be turned unseen but
in the lines of keys that nobody asked about.
"""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from waglan.ledger.key import BadNote, base64_bytes, check_name

SIGNATURES_MAX: Final = 100
"""Lines of one note that are read; as many as Go's reader takes."""

DASH: Final = "— "


class Unsigned(BadNote):
    """No key that was trusted signed the note, or one did and its signature does not fit."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Who says to have signed - a name and the 4-byte id of a key - and the bytes that shall show it."""

    name: str
    key_id: bytes
    data: bytes

    @property
    def line(self) -> str:
        """The signature as its line, newline included. Inverse: `read_signatures`."""
        return f"{DASH}{self.name} {b64encode(self.key_id + self.data).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends in a newline, and its signatures in their order."""

    text: str
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        """The note's bytes. Inverse: `read_note`."""
        return "".join([self.text, "\n", *(signature.line for signature in self.signatures)]).encode()

    def signed(self, more: Iterable[Signature]) -> "Note":
        """The note with further signatures at its end; one of the same name and key is replaced."""
        more = tuple(more)
        fresh = {(each.name, each.key_id) for each in more}
        kept = (each for each in self.signatures if (each.name, each.key_id) not in fresh)
        return Note(self.text, (*kept, *more))


class Verifier(Protocol):
    """What can check the signatures of one key."""

    @property
    def name(self) -> str:
        """Of the key, as in its signature lines."""

    @property
    def key_id(self) -> bytes:
        """4 bytes."""

    def verifies(self, text: bytes, signature: bytes) -> bool:
        """Whether this key made the signature over the text."""


class Signer(Protocol):
    """What can sign with one key."""

    @property
    def name(self) -> str:
        """Of the key, as in its signature lines."""

    @property
    def key_id(self) -> bytes:
        """4 bytes."""

    def sign(self, text: bytes) -> bytes:
        """The signature's bytes."""


def read_note(data: bytes) -> Note:
    """The note in these bytes, its signatures unchecked. Raises BadNote. Inverse: `Note.encode`."""
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        raise BadNote(f"a note is UTF-8, this is not: {data[:40]!r}") from None
    if control := [letter for letter in whole if letter < " " and letter != "\n"]:
        raise BadNote(f"a note has no control character but newline, this has {control[0]!r}")
    text, blank, lines = whole.rpartition("\n\n")
    if not blank:
        raise BadNote(f"a note is a text, an empty line and signatures; this has no empty line: {whole[:80]!r}")
    return Note(text + "\n", read_signatures(lines))


def read_signatures(lines: str) -> tuple[Signature, ...]:
    """One or more signature lines, each with its newline. Raises BadNote for anything else."""
    if not lines.endswith("\n"):
        raise BadNote(f"a signature is a line with a newline at its end; here the end is {lines[-40:]!r}")
    each = lines[:-1].split("\n")
    if len(each) > SIGNATURES_MAX:
        raise BadNote(f"a note has at most {SIGNATURES_MAX} signatures, this has {len(each)}")
    return tuple(map(_signature, each))


def check_note(note: Note, trusted: Sequence[Verifier]) -> tuple[Signature, ...]:
    """The signatures by trusted keys, each once and checked, in the note's order.

    Raises Unsigned if there is none, or if a trusted key's own does not fit; lines of other keys are passed over.
    """
    known = {(each.name, each.key_id): each for each in trusted}
    assert len(known) == len(trusted), "two keys of one name and id"
    text, found = note.text.encode(), []
    for signature in note.signatures:
        verifier = known.pop((signature.name, signature.key_id), None)
        if verifier is None:
            continue
        if not verifier.verifies(text, signature.data):
            raise Unsigned(f"the signature of {signature.name}+{signature.key_id.hex()} does not fit the text")
        found.append(signature)
    if not found:
        wanted = ", ".join(f"{each.name}+{each.key_id.hex()}" for each in trusted) or "nobody"
        there = ", ".join(f"{each.name}+{each.key_id.hex()}" for each in note.signatures)
        raise Unsigned(f"the note is to be signed by {wanted}; it is signed by {there}")
    return tuple(found)


def sign_note(text: str, *signers: Signer) -> Note:
    """The text with a signature of each signer, in their order."""
    assert text.endswith("\n"), f"a note's text ends in a newline, this in {text[-20:]!r}"
    assert signers, "a note has a signature"
    data = text.encode()
    note = Note(text, tuple(Signature(each.name, each.key_id, each.sign(data)) for each in signers))
    assert read_note(note.encode()) == note, "what was signed is read as it was"
    return note


def _signature(line: str) -> Signature:
    name, blank, text = line.removeprefix(DASH).partition(" ")
    data = base64_bytes(text)
    if not line.startswith(DASH) or not blank or len(data) < 5:
        raise BadNote(f"a signature line is an em dash, a name and base64; this is {line[:120]!r}")
    check_name(name)
    return Signature(name, data[:4], data[4:])
