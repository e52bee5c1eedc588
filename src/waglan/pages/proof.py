"""The section of a page in which the reader's own browser checks one record against the root of the log.

The page carries bytes and a checker, no verdict: record, salt, entry, path and root stand in it as hexadecimal digits,
and `proof.js` walks from the first to the last. What it finds is written by the script alone, so a page whose bytes
were changed cannot still say that they are proved.
"""

from typing import Final

import msgspec

from waglan.pages.markup import Markup, Text, join, tag
from waglan.pages.numbers import count
from waglan.pages.words import say

STEPS: Final = ("parts", "commitment", "leaf", "path", "root")
HASH_BYTES: Final = 32


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is needed to check that a record is in the log, and nothing that has to be believed."""

    event_id: str
    record: bytes
    """The decision's one byte form."""
    salt: bytes
    """32 bytes: HMAC-SHA256(key of the event's first subject, event id)."""
    entry: bytes
    """The entry's bytes; its last 32 are the commitment HMAC-SHA256(salt, record)."""
    index: int
    """Place of the entry in the log, from 0."""
    size: int
    """Entries under the root."""
    path: tuple[bytes, ...]
    """RFC 6962 inclusion path, 32 bytes each, from the leaf upwards."""
    root: bytes
    """Root over `size` entries, 32 bytes."""


def proof_section(proof: Proof, digits: int = 6) -> Markup:
    """The bytes, the steps without their outcome, and the buttons that break it.

    digits: of a score behind the point; 6 for millionths, 2 for cents.
    """
    assert len(proof.salt) == len(proof.root) == HASH_BYTES, "salt and root have 32 bytes"
    assert all(len(step) == HASH_BYTES for step in proof.path), "a hash of the path has 32 bytes"
    leaf = say("proof.entry", index=count(proof.index), size=count(proof.size))
    given = (
        _field("record", say("proof.record", bytes=count(len(proof.record))), proof.record),
        _field("salt", say("proof.salt"), proof.salt),
        _field("entry", leaf, proof.entry),
        _field("path", say("proof.path", steps=count(len(proof.path))), b"".join(proof.path)),
        _field("root", say("proof.root"), proof.root),
    )
    return tag(
        "section",
        tag("h2", say("proof.heading")),
        tag("p", say("proof.note"), class_="note"),
        _verdict(proof, digits),
        tag(
            "div",
            tag(
                "div",
                tag("h3", say("proof.computed")),
                tag("ol", *(_step(step, proof) for step in STEPS), class_="steps"),
            ),
            tag("div", tag("h3", say("proof.given")), *given),
            class_="pair wide-left",
        ),
        id="proof",
    )


def _verdict(proof: Proof, digits: int) -> Markup:
    buttons = [
        tag("button", say(f"proof.flip_{name}"), type="button", data_flip=name)
        for name in ("record", "entry", "path")
        if name != "path" or proof.path
    ]
    answer = tag("strong", tag("span", say("proof.noscript"), class_="nojs"), id="proof-answer", role="status")
    return tag(
        "div",
        tag("div", answer, tag("small", "", id="proof-by"), class_="verdict", id="proof-verdict"),
        tag("div", *buttons, tag("button", say("proof.restore"), type="button", id="proof-restore"), class_="buttons"),
        id="proof-head",
        data_index=proof.index,
        data_size=proof.size,
        data_digits=digits,
    )


def _field(name: str, title: Text, value: bytes) -> Markup:
    return tag("div", tag("h4", title), tag("code", value.hex(), class_="bytes", data_bytes=name, translate="no"))


def _step(step: str, proof: Proof) -> Markup:
    claim = say(f"proof.step_{step}", steps=count(len(proof.path)))
    return tag(
        "li", join(tag("span", claim, class_="claim"), tag("div", "", class_="work", translate="no")), data_step=step
    )
