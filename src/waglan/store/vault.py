"""Who is who: identifier, dense number, random token and key of every subject.

Records and features know a person by token, arrays know them by dense number (0, 1, 2 ... in order of first appearance
within their type), and only here do these meet the identifier and the key. The vault is memory; the store writes what
is new in the transaction of the records that first need it, so a record is never without its key.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from waglan.store.keys import KEY_BYTES, KeySource

LOG: Final = ""
"""The subject type of the log itself, whose key salts what concerns nobody. No entity in a recipe has this name."""


class Subject(NamedTuple):
    """One subject as it is kept. `form` says how the key is kept: 0 plain."""

    subject_type: str
    dense: int
    identifier: str
    token: int
    key: bytes
    form: int = 0


class _Type:
    """The subjects of one type, side by side."""

    __slots__ = ("array", "by_identifier", "by_token", "identifiers", "keys")

    def __init__(self) -> None:
        self.by_identifier: dict[str, int] = {}
        self.by_token: dict[int, int] = {}
        self.identifiers: list[str] = []
        self.keys: list[bytes] = []
        self.array = np.zeros(16, np.int64)

    def add(self, identifier: str, token: int, key: bytes) -> int:
        assert len(key) == KEY_BYTES, f"a key has {KEY_BYTES} bytes, it had {len(key)}"
        assert 0 < token < 1 << 63, f"a token lies in 1 to 2**63 - 1, it was {token}"
        dense = len(self.keys)
        if dense == len(self.array):
            self.array = np.concatenate((self.array, np.zeros(dense, np.int64)))
        self.array[dense] = token
        self.by_identifier[identifier] = self.by_token[token] = dense
        self.identifiers.append(identifier)
        self.keys.append(key)
        return dense


class Vault:
    """All subjects, type by type. New ones take key and token from `source`."""

    def __init__(self, source: KeySource, subjects: Iterable[Subject] = ()) -> None:
        """`subjects` are those already kept, in order of dense number within each type."""
        self._source = source
        self._types: dict[str, _Type] = {}
        self._fresh: list[Subject] = []
        for subject in subjects:
            dense = self._type(subject.subject_type).add(subject.identifier, subject.token, subject.key)
            assert dense == subject.dense, f"subject {subject.dense} of {subject.subject_type!r} came as {dense}"
        self.intern(LOG, [""])

    @property
    def log_key(self) -> bytes:
        """The key for what concerns nobody: 32 bytes."""
        return self._types[LOG].keys[0]

    def intern(self, subject_type: str, identifiers: Sequence[str]) -> NDArray[np.int64]:
        """Dense numbers of identifiers, int64 (n,); those not seen before get the next ones, in the order given.

        Repeats are allowed and cost a look-up each; hand in the distinct ones of a batch where they are known.
        """
        numbers = self._type(subject_type).by_identifier
        for identifier in [i for i in identifiers if i not in numbers]:
            if identifier not in numbers:
                self._add(subject_type, identifier)
        return np.fromiter(map(numbers.__getitem__, identifiers), np.int64, len(identifiers))

    def tokens(self, subject_type: str) -> NDArray[np.int64]:
        """Tokens by dense number, int64 (K,), read-only; it does not grow with later subjects."""
        kept = self._type(subject_type)
        view = kept.array[: len(kept.keys)]
        view.flags.writeable = False
        return view

    def keys(self, subject_type: str) -> list[bytes]:
        """Keys by dense number. The vault's own list: it grows as subjects come, and is not to be changed."""
        return self._type(subject_type).keys

    def identifier(self, subject_type: str, token: int) -> str:
        """The identifier behind a token. KeyError for a token that nobody of this type has."""
        kept = self._type(subject_type)
        return kept.identifiers[kept.by_token[token]]

    def dense_of_token(self, subject_type: str, token: int) -> int:
        """The dense number behind a token. KeyError for a token that nobody of this type has."""
        return self._type(subject_type).by_token[token]

    def find(self, subject_type: str, identifier: str) -> int | None:
        """The dense number of an identifier, None if it never appeared; nothing is made."""
        return self._type(subject_type).by_identifier.get(identifier)

    def take_order(self, other: "Vault") -> None:
        """Give every subject of another vault a number here, in that vault's order, so that both agree on them.

        Raises AssertionError if this vault numbered somebody otherwise before.
        """
        for subject_type, kept in other._types.items():
            numbers = self.intern(subject_type, kept.identifiers)
            assert (numbers == np.arange(len(numbers))).all(), f"{subject_type!r} is numbered otherwise here already"

    def fresh(self) -> list[Subject]:
        """Subjects that are not yet kept, oldest first."""
        return self._fresh

    def kept(self, count: int) -> None:
        """The first `count` fresh subjects have been committed."""
        del self._fresh[:count]

    def _type(self, subject_type: str) -> _Type:
        if subject_type not in self._types:
            self._types[subject_type] = _Type()
        return self._types[subject_type]

    def _add(self, subject_type: str, identifier: str) -> None:
        kept = self._type(subject_type)
        for _ in range(8):
            key, token = self._source.new(subject_type, identifier)
            if token not in kept.by_token:
                dense = kept.add(identifier, token, key)
                self._fresh.append(Subject(subject_type, dense, identifier, token, key))
                return
        raise AssertionError(f"eight tokens in a row were taken: the key source repeats itself at {identifier!r}")
