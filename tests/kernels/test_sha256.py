"""SHA-256 and HMAC of many messages at once, against hashlib's, at every length around the block's edges."""

import hashlib
import hmac

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from waglan.kernels.sha256 import hmac_many, sha256_many


def laid(messages: list[bytes]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The messages end to end, and where each begins and ends."""
    stops = np.cumsum([len(m) for m in messages], dtype=np.int64)
    starts = np.concatenate((np.zeros(1, np.int64), stops[:-1])) if messages else stops
    return np.frombuffer(b"".join(messages), np.uint8), starts, stops


def many(messages: list[bytes], prefix: int = -1) -> list[bytes]:
    out = np.zeros((len(messages), 32), np.uint8)
    sha256_many(*laid(messages), prefix, out)
    return [bytes(row) for row in out]


def many_hmac(keys: list[bytes], messages: list[bytes]) -> list[bytes]:
    out = np.frombuffer(b"".join(keys), np.uint8).reshape(-1, 32).copy()
    hmac_many(out, *laid(messages), out)
    return [bytes(row) for row in out]


LENGTHS = [*range(140), 183, 184, 191, 192, 247, 248, 255, 256, 1000, 5000]


def test_every_length_around_the_edges_of_a_block() -> None:
    messages = [bytes(range(256)) * 20 for _ in LENGTHS]
    messages = [m[:length] for m, length in zip(messages, LENGTHS, strict=True)]
    keys = [hashlib.sha256(m).digest() for m in messages]
    assert many(messages) == [hashlib.sha256(m).digest() for m in messages]
    assert many(messages, 1) == [hashlib.sha256(b"\1" + m).digest() for m in messages]
    assert many_hmac(keys, messages) == [hmac.digest(k, m, "sha256") for k, m in zip(keys, messages, strict=True)]


def test_the_examples_of_the_standards() -> None:
    """FIPS 180-2, appendix B; RFC 4231, test case 1 has a key of 20 bytes, which zeros fill up."""
    abc, two = b"abc", b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
    assert [digest.hex() for digest in many([abc, two])] == [
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ]
    assert many_hmac([b"\x0b" * 20 + bytes(12)], [b"Hi There"])[0].hex() == (
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    )


@given(st.lists(st.tuples(st.binary(min_size=32, max_size=32), st.binary(max_size=400)), max_size=40))
def test_any_messages_in_any_company(pairs: list[tuple[bytes, bytes]]) -> None:
    messages = [message for _, message in pairs]
    assert many(messages) == [hashlib.sha256(m).digest() for m in messages]
    assert many(messages, 0) == [hashlib.sha256(b"\0" + m).digest() for m in messages]
    assert many_hmac([k for k, _ in pairs], messages) == [hmac.digest(k, m, "sha256") for k, m in pairs]
