"""Where keys and tokens of new subjects come from: real chance handed in from above, or a seed in tests and demos."""

import hmac
from collections.abc import Callable
from typing import Final, Protocol

KEY_BYTES: Final = 32


class KeySource(Protocol):
    """Gives every new subject its key and token, and chance for the key that wraps them all."""

    def new(self, subject_type: str, identifier: str) -> tuple[bytes, int]:
        """A key of 32 bytes and a token in 1 to 2**63 - 1 that says nothing about the identifier."""
        ...

    def chance(self, count: int) -> bytes:
        """Bytes for a key that is no subject's."""
        ...


class NoKeys:
    """Tokens that count and keys of zeros: for work that seals nothing, such as training."""

    def __init__(self) -> None:
        self._count = 0

    def new(self, subject_type: str, identifier: str) -> tuple[bytes, int]:
        """The next number; the arguments do not enter."""
        self._count += 1
        return bytes(KEY_BYTES), self._count

    def chance(self, count: int) -> bytes:
        """Zeros."""
        return bytes(count)


class RandomKeys:
    """Keys and tokens from chance: `entropy(n)` gives n bytes, such as the operating system's."""

    def __init__(self, entropy: Callable[[int], bytes]) -> None:
        self._entropy = entropy

    def new(self, subject_type: str, identifier: str) -> tuple[bytes, int]:
        """40 bytes of chance; the arguments do not enter."""
        return _cut(self._entropy(KEY_BYTES + 8))

    def chance(self, count: int) -> bytes:
        """Bytes of the entropy."""
        return self._entropy(count)


class SeededKeys:
    """Keys and tokens made from a seed and the subject alone, so that the order of first appearance does not matter.

    For tests, benchmarks and the demo: who knows the seed can make every key again, so nothing is ever erased.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed.to_bytes(16, "big", signed=True)

    def new(self, subject_type: str, identifier: str) -> tuple[bytes, int]:
        """HMAC-SHA512 of type and identifier under the seed."""
        return _cut(hmac.digest(self._seed, f"{subject_type}\0{identifier}".encode(), "sha512"))

    def chance(self, count: int) -> bytes:
        """The same bytes each time, at most 64."""
        assert count <= 64, f"a seed gives 64 bytes of chance at most, {count} were asked for"
        return hmac.digest(self._seed, b"\xffchance", "sha512")[:count]


def _cut(data: bytes) -> tuple[bytes, int]:
    token = int.from_bytes(data[KEY_BYTES : KEY_BYTES + 8], "big") >> 1
    return data[:KEY_BYTES], token or 1
