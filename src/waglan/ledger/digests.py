"""Digests of many messages: through the vector kernel, or one by one with hashlib where there are few.

The same bytes either way; a test holds one against the other. Below `FEW` messages the kernel's sixteen lanes are
mostly empty, and its first use in a process loads compiled code. What checks a proof does not come through here: it
uses the standard library alone.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

import numpy as np
from numpy.typing import NDArray

from waglan.kernels.sha256 import hmac_many, sha256_many

FEW: Final = 8

INNER: Final = bytes(x ^ 0x36 for x in range(256))
OUTER: Final = bytes(x ^ 0x5C for x in range(256))
INNER_REST: Final = b"\x36" * 32
OUTER_REST: Final = b"\x5c" * 32

LEAF: Final = 0
NODE: Final = 1
"""RFC 6962's first bytes."""


def leaves(messages: Sequence[bytes]) -> bytes:
    """Leaf hashes of n messages, 32 n bytes."""
    if len(messages) < FEW:
        return b"".join([sha256(b"\x00" + message).digest() for message in messages])
    out = np.empty((len(messages), 32), np.uint8)
    sha256_many(*_laid(messages), LEAF, out)
    return out.tobytes()


def parents(level: bytes) -> bytes:
    """Hashes of the nodes above pairs of hashes, 32 bytes for each 64; an odd one at the end is left out."""
    count = len(level) // 64
    if count < FEW:
        return b"".join([sha256(b"\x01" + level[at : at + 64]).digest() for at in range(0, 64 * count, 64)])
    out, starts = np.empty((count, 32), np.uint8), np.arange(0, 64 * count, 64)
    sha256_many(np.frombuffer(level, np.uint8), starts, starts + 64, NODE, out)
    return out.tobytes()


def commitments(keys: Sequence[bytes], ids: Sequence[bytes], records: Sequence[bytes]) -> bytes:
    """HMAC(HMAC(key, id), record) for n of each, 32 n bytes; keys have 32 bytes."""
    if len(keys) < FEW:
        triples = zip(keys, ids, records, strict=True)
        return b"".join([hmac_one(hmac_one(k, i), r) for k, i, r in triples])
    out = np.frombuffer(bytearray(b"".join(keys)), np.uint8).reshape(-1, 32)
    hmac_many(out, *_laid(ids), out)
    hmac_many(out, *_laid(records), out)
    return out.tobytes()


def hmac_each(keys: Sequence[bytes], messages: Sequence[bytes] | bytes) -> list[bytes]:
    """HMAC(key, message) for n keys of 32 bytes, each with its message or all with one."""
    each = [messages] * len(keys) if isinstance(messages, bytes) else messages
    if len(keys) < FEW:
        return [hmac_one(key, message) for key, message in zip(keys, each, strict=True)]
    out = np.frombuffer(bytearray(b"".join(keys)), np.uint8).reshape(-1, 32)
    hmac_many(out, *_laid(each), out)
    done = out.tobytes()
    return [done[at : at + 32] for at in range(0, len(done), 32)]


def hmac_one(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA256 under a key of 32 bytes (RFC 2104), written out: 1.3 us where `hmac.digest` takes 1.9, because that
    fetches its algorithm anew at each call."""
    inner = sha256(key.translate(INNER) + INNER_REST + message).digest()
    return sha256(key.translate(OUTER) + OUTER_REST + inner).digest()


def _laid(messages: Sequence[bytes]) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Messages end to end, where each begins and where it ends."""
    lengths = np.fromiter(map(len, messages), np.int64, len(messages))
    stops = np.cumsum(lengths)
    return np.frombuffer(b"".join(messages), np.uint8), stops - lengths, stops
