"""What lies on the disk of a record, of an identifier and of a refused value: ciphertext under keys that can be lost.

Each use has a key of its own, HMAC-SHA256(subject's key, byte ff and the use): no UTF-8 text begins with that byte, so
none of these is the salt of an event. Records are AES-256-GCM. The nonce is the beginning of the record's commitment,
which stands in its entry: it is a keyed digest of the record, so two different records never meet under one nonce, not
even where a crash took a block and its positions were written again. The entry is the associated data: a record that
was moved beside another entry does not open.

What concerns nobody goes under the log's own key. The text of an event's id is within; beside the record lies only a
keyed digest of it, by which it is found again.
"""

from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from waglan.ledger.digests import hmac_each, hmac_one
from waglan.store.failure import StoreError

RECORD: Final = b"\xffrecord at rest 1"
IDENTIFIER: Final = b"\xffidentifier at rest 1"
ID: Final = b"\xffid of history at rest 1"
REFUSED: Final = b"\xffrefused value at rest 1"
NAMES: Final = b"\xffnames of events and subjects 1"

NONCE_BYTES: Final = 12
DIGEST_BYTES: Final = 12
"""Of a keyed digest of a name: among ten million names two meet with chance 6e-16."""

NOBODY: Final = b"\xff\xff"
"""Stands where the length of an event's id would, if there is none."""

_COMMITMENT: Final = 32
_ONCE: Final = bytes(NONCE_BYTES)
"""The nonce of a key that encrypts one text and never another."""


class BadSeal(StoreError):
    """The bytes are not what was sealed under this key, in this place."""


def seal_records(
    keys: Sequence[bytes], ids: Sequence[str | None], records: Sequence[bytes], entries: Sequence[bytes]
) -> list[bytes]:
    """n records with their events' ids under n subjects' keys; 18 bytes and the id more than the record."""
    return [
        AESGCM(key).encrypt(_nonce(entry), _with_id(event_id) + record, entry)
        for key, event_id, record, entry in zip(hmac_each(keys, RECORD), ids, records, entries, strict=True)
    ]


def open_record(key: bytes, sealed: bytes, entry: bytes) -> tuple[str | None, bytes]:
    """An event's id, or None, and its record. Inverse of `seal_records`; BadSeal if anything was changed."""
    try:
        data = AESGCM(hmac_one(key, RECORD)).decrypt(_nonce(entry), sealed, entry)
    except (InvalidTag, ValueError):
        raise BadSeal("the record does not open under its key: it was changed, or moved to another entry") from None
    if data[:2] == NOBODY:
        return None, data[2:]
    end = 2 + int.from_bytes(data[:2], "big")
    return data[2:end].decode(), data[end:]


def seal_ids(keys: Sequence[bytes], ids: Sequence[str], names: Sequence[str]) -> list[bytes]:
    """n events' ids under n subjects' keys. The nonce is the id's keyed digest, so no two ids meet under one."""
    return [
        AESGCM(key).encrypt(bytes.fromhex(name), event_id.encode(), b"")
        for key, event_id, name in zip(hmac_each(keys, ID), ids, names, strict=True)
    ]


def open_id(key: bytes, sealed: bytes, name: str) -> str:
    """Inverse of `seal_ids`, for one."""
    try:
        return AESGCM(hmac_one(key, ID)).decrypt(bytes.fromhex(name), sealed, b"").decode()
    except (InvalidTag, ValueError):
        raise BadSeal(f"the id behind {name!r} does not open under its key: it was changed") from None


def seal_refused(key: bytes, shown: str, entry: bytes) -> bytes:
    """A value that was refused, under the key of its stripe, bound to the entry of its refusal."""
    return AESGCM(hmac_one(key, REFUSED)).encrypt(_nonce(entry), shown.encode("utf-8", "surrogatepass"), entry)


def open_refused(key: bytes, sealed: bytes, entry: bytes) -> str:
    """Inverse of `seal_refused`."""
    try:
        data = AESGCM(hmac_one(key, REFUSED)).decrypt(_nonce(entry), sealed, entry)
    except (InvalidTag, ValueError):
        raise BadSeal("the refused value does not open under its key") from None
    return data.decode("utf-8", "surrogatepass")


def seal_identifier(key: bytes, identifier: str, label: bytes) -> bytes:
    """A subject's identifier under the subject's own key, which seals no other: so the nonce is nothing."""
    return AESGCM(hmac_one(key, IDENTIFIER)).encrypt(_ONCE, identifier.encode("utf-8", "surrogatepass"), label)


def open_identifier(key: bytes, sealed: bytes, label: bytes) -> str:
    """Inverse of `seal_identifier`."""
    try:
        data = AESGCM(hmac_one(key, IDENTIFIER)).decrypt(_ONCE, sealed, label)
    except (InvalidTag, ValueError):
        raise BadSeal(f"the identifier of {label!r} does not open under its key") from None
    return data.decode("utf-8", "surrogatepass")


class Names:
    """Keyed digests by which names that are not on the disk are found again. `log_key` None: the names themselves."""

    def __init__(self, log_key: bytes | None) -> None:
        self._key: Final = None if log_key is None else hmac_one(log_key, NAMES)

    def one(self, kind: str, name: str) -> str:
        """24 hexadecimal digits for a name of a kind; the name itself where nothing is sealed."""
        if self._key is None:
            return name
        text = kind.encode() + b"\0" + name.encode("utf-8", "surrogatepass")
        return hmac_one(self._key, text)[:DIGEST_BYTES].hex()

    def many(self, kind: str, names: Sequence[str]) -> list[str]:
        """As `one`, for n names, their hashes made side by side."""
        if self._key is None:
            return list(names)
        head = kind.encode() + b"\0"
        texts = [head + name.encode("utf-8", "surrogatepass") for name in names]
        return [digest[:DIGEST_BYTES].hex() for digest in hmac_each([self._key] * len(texts), texts)]


def _with_id(event_id: str | None) -> bytes:
    if event_id is None:
        return NOBODY
    text = event_id.encode()
    return len(text).to_bytes(2, "big") + text


def _nonce(entry: bytes) -> bytes:
    return entry[-_COMMITMENT:][:NONCE_BYTES]
