"""The batch forms give hashlib's digests on both sides of the line between few and many."""

import hashlib
import hmac

import pytest

from waglan.ledger.digests import FEW, commitments, leaves, parents


@pytest.mark.parametrize("count", [0, 1, FEW - 1, FEW, FEW + 1, 16, 17, 100])
def test_few_and_many_are_the_same(count: int) -> None:
    messages = [b"m" * (i * 37 % 300) for i in range(count)]
    ids = [f"詐騙-{i}" for i in range(count)]
    keys = [hashlib.sha256(b"%d" % i).digest() for i in range(count)]
    assert leaves(messages) == b"".join(hashlib.sha256(b"\0" + m).digest() for m in messages)
    salts = [hmac.new(k, i.encode(), "sha256").digest() for k, i in zip(keys, ids, strict=True)]
    expected = [hmac.new(s, m, "sha256").digest() for s, m in zip(salts, messages, strict=True)]
    assert commitments(keys, [i.encode() for i in ids], messages) == b"".join(expected)
    level = b"".join(keys)
    pairs = [level[at : at + 64] for at in range(0, 32 * (count - count % 2), 64)]
    assert parents(level) == b"".join(hashlib.sha256(b"\1" + pair).digest() for pair in pairs)
