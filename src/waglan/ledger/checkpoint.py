"""A log's checkpoint: the note that says how large its tree is and under which root. C2SP tlog-checkpoint.

    example.com/log          origin: the one name of this log
    20852163                 entries
    CsUYapGG...              root, base64

Lines behind the third are extensions: kept, signed, and without meaning here.
"""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from waglan.ledger.key import BadNote, base64_bytes
from waglan.ledger.note import Note, Signer, Verifier, check_note, read_note, sign_note

SIZE_MAX: Final = (1 << 63) - 1
"""Most entries of a tree; one more would not fit into the signed 64 bits that other readers use."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree's head: origin, number of entries, 32-byte root, extension lines."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The note's text. Inverse: `read_text`."""
        return "".join(
            f"{line}\n" for line in (self.origin, self.size, b64encode(self.root).decode(), *self.extensions)
        )

    def sign(self, *signers: Signer) -> Note:
        """The checkpoint as a note. Inverse: `open_checkpoint`."""
        assert read_text(self.text) == self, "what is signed is read as it is"
        return sign_note(self.text, *signers)


def read_text(text: str) -> Checkpoint:
    """The checkpoint in a note's text. Raises BadNote unless it is written in the one way it can be."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() or not all(lines):
        raise BadNote(f"a checkpoint has origin, size and root, a line each and none empty; this is {text[:120]!r}")
    origin, size, root, *extensions = lines
    return Checkpoint(origin, read_size(size), _root(root), tuple(extensions))


def read_checkpoint(data: bytes) -> tuple[Checkpoint, Note]:
    """The checkpoint in a note's bytes, and the note, with no signature checked: for one's own files only."""
    note = read_note(data)
    return read_text(note.text), note


def open_checkpoint(data: bytes, origin: str, trusted: Sequence[Verifier]) -> tuple[Checkpoint, Note]:
    """The checkpoint of the log `origin`, signed by a trusted key. Raises BadNote, Unsigned among them."""
    checkpoint, note = read_checkpoint(data)
    if checkpoint.origin != origin:
        raise BadNote(f"this is a checkpoint of {checkpoint.origin!r}, one of {origin!r} was expected")
    check_note(note, trusted)
    return checkpoint, note


def read_size(text: str) -> int:
    """A tree size in decimal, without leading zeroes. Raises BadNote."""
    if not (text.isascii() and text.isdecimal() and len(text) < 20) or str(int(text)) != text or int(text) > SIZE_MAX:
        raise BadNote(f"a tree's size is a whole number up to {SIZE_MAX}, it was {text[:40]!r}")
    return int(text)


def _root(text: str) -> bytes:
    root = base64_bytes(text)
    if len(root) != 32:
        raise BadNote(f"a root has 32 bytes, this has {len(root)}: {text!r}")
    return root
