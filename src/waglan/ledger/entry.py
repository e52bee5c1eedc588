"""One entry of the log: what the world may see of a record, and the commitment that binds the record to it.

An entry says that there is a record, of which kind, from which desk, made under which recipe - and nothing else. The
record itself is bound by HMAC-SHA256 under a salt that only the key of the person concerned can make again; a plain
digest would be guessable, because a payment has few digits. Destroy the key and the entry can be opened by nobody,
while the tree above it stays as it was. See docs/reference/ledger.md.

    salt       = HMAC-SHA256(key of the event's first subject, event id)
    commitment = HMAC-SHA256(salt, record bytes)
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

from waglan.ledger.digests import commitments, hmac_one
from waglan.schema.units import BadValue

MAGIC: Final = b"wgl\x01"
"""Three letters and the version of this form."""

DECISION: Final = 1
OBSERVATION: Final = 2
REFUSAL: Final = 3
WARM: Final = 4
SHADOW: Final = 5
"""What a challenger would have decided about the event of the decision before it."""

ACCESS: Final = 6
"""A line of the second log: who read what for which purpose, what was erased, held or changed. One kind for all of
them: that there is a hold must not be seen from outside."""

TRIAL: Final = 7
"""A back-test in a research log; in the recipe's place is the digest of all that can change its outcome."""

KINDS: Final = {
    DECISION: "decision",
    OBSERVATION: "observation",
    REFUSAL: "refusal",
    WARM: "warm",
    SHADOW: "shadow",
    ACCESS: "access",
    TRIAL: "trial",
}

KEY_BYTES: Final = 32
HASH_BYTES: Final = 32
DESK_MAX: Final = 32
"""Longest desk name: a leaf is then at most 103 bytes, two blocks of SHA-256, and never three."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The fields of an entry: kind code, desk, and two digests of 32 bytes."""

    kind: int
    desk: str
    recipe: bytes
    commitment: bytes


def salt(key: bytes, event_id: str) -> bytes:
    """The 32-byte salt of one event's record under a 32-byte key.

    An event without an id of its own (a refused row) takes one that nothing else has, such as its position; two records
    under one salt would let whoever is shown the first guess at the second.
    """
    return hmac.digest(_key(key), event_id.encode(), "sha256")


def commit(salt: bytes, record: bytes) -> bytes:
    """The 32-byte commitment to a record's bytes. Opened by showing salt and record to whoever asks."""
    return hmac.digest(_key(salt), record, "sha256")


def encode_entry(entry: Entry) -> bytes:
    """70 bytes and the desk's name. Inverse: `decode_entry`. Raises BadValue for what has no place in an entry."""
    for name, digest in (("recipe", entry.recipe), ("commitment", entry.commitment)):
        if len(digest) != HASH_BYTES:
            raise BadValue(f"an entry's {name} has {HASH_BYTES} bytes, it had {len(digest)}")
    return _head(entry.kind, entry.desk, entry.recipe) + entry.commitment


def decode_entry(data: bytes) -> Entry:
    """The fields of an entry's bytes. Raises BadValue unless `data` is exactly one entry of this version."""
    if data[:4] != MAGIC:
        raise BadValue(f"an entry begins with {MAGIC!r}, this begins with {bytes(data[:4])!r}")
    if len(data) < 6 or len(data) != 6 + data[5] + 2 * HASH_BYTES:
        raise BadValue(f"an entry has 70 bytes and its desk's name, this has {len(data)} in all")
    kind, end = data[4], 6 + data[5]
    try:
        desk = bytes(data[6:end]).decode("ascii")
    except UnicodeDecodeError:
        raise BadValue(f"a desk's name is ASCII, this is {bytes(data[6:end])!r}") from None
    recipe, commitment = bytes(data[end : end + HASH_BYTES]), bytes(data[end + HASH_BYTES :])
    _head(kind, desk, recipe)
    return Entry(kind, desk, recipe, commitment)


def leaf_hash(entry: bytes) -> bytes:
    """The entry's hash as a leaf of the tree (RFC 6962, section 2.1)."""
    return sha256(b"\x00" + entry).digest()


def seal_many(
    keys: Sequence[bytes],
    ids: Sequence[str],
    records: Sequence[bytes],
    kinds: Sequence[int],
    desk: str,
    recipe: bytes,
) -> list[bytes]:
    """The entries of n records, in order: `encode_entry` of `commit(salt(key, id), record)`.

    `kinds` holds one code a record; `bytes` will do. All hashes of a batch are made side by side in compiled code.
    """
    assert len(keys) == len(ids) == len(records) == len(kinds), "one key, id, record and kind for each entry"
    assert set(map(len, keys)) <= {KEY_BYTES}, "a key has 32 bytes"
    heads = {kind: _head(kind, desk, recipe) for kind in set(kinds)}
    digests = commitments(keys, [event_id.encode() for event_id in ids], records)
    return [heads[kind] + digests[at : at + 32] for kind, at in zip(kinds, range(0, len(digests), 32), strict=True)]


def seal_one(key: bytes, event_id: str, record: bytes, kind: int, desk: str, recipe: bytes) -> bytes:
    """The entry of one record: as `seal_many` for one, by the shortest way."""
    return _head(kind, desk, recipe) + hmac_one(hmac_one(_key(key), event_id.encode()), record)


@lru_cache(maxsize=64)
def _head(kind: int, desk: str, recipe: bytes) -> bytes:
    """All of an entry but its commitment."""
    if kind not in KINDS:
        raise BadValue(f"an entry's kind is one of {sorted(KINDS)}, it was {kind}")
    if not (1 <= len(desk) <= DESK_MAX and desk.isascii() and desk.isprintable()):
        raise BadValue(f"a desk's name has 1 to {DESK_MAX} printable ASCII characters, it was {desk!r}")
    assert len(recipe) == HASH_BYTES, f"a recipe digest has {HASH_BYTES} bytes, it had {len(recipe)}"
    return MAGIC + bytes((kind, len(desk))) + desk.encode("ascii") + recipe


def _key(key: bytes) -> bytes:
    assert len(key) == KEY_BYTES, f"a key has {KEY_BYTES} bytes, it had {len(key)}"
    return key
