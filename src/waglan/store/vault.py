"""Who is who: identifier, dense number, random token and key of every subject.

Records and features know a person by token, arrays know them by dense number (0, 1, 2 ... in order of first appearance
within their type), and only here do these meet the identifier and the key. The vault is memory; the store writes what
is new in the transaction of the records that first need it, so a record is never without its key.

On a disk a key lies wrapped under the master key, and an identifier sealed under its subject's own key, found again by
a keyed digest. It is opened when somebody asks for it, and not before: a book of a million people opens in the time
that a million keys take, 3 us each. Erased, a subject keeps dense number and token, which the windows of others know,
and nothing that leads to a person.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from waglan.store.envelope import Names, open_identifier, seal_identifier
from waglan.store.failure import NoKey
from waglan.store.keys import KEY_BYTES, KeySource
from waglan.store.master import Master

LOG: Final = ""
"""The subject type of the log itself, whose key salts what concerns nobody. No entity in a recipe has this name."""

PLAIN: Final = 0
SEALED: Final = 1
ERASED: Final = 2
"""How a row of the store is kept."""

NO_KEY: Final = b""
"""What stands for the key of an erased subject."""


class Subject(NamedTuple):
    """One subject as it is kept. `form` 0: identifier and key as they are; 1: sealed and wrapped; 2: erased."""

    subject_type: str
    dense: int
    digest: str | None
    identifier: bytes
    token: int
    key: bytes
    form: int


class _Type:
    """The subjects of one type, side by side. An identifier is bytes until somebody asks for it."""

    __slots__ = ("array", "by_digest", "by_identifier", "by_token", "identifiers", "keys")

    def __init__(self) -> None:
        self.by_identifier: dict[str, int] = {}
        self.by_digest: dict[str, int] = {}
        self.by_token: dict[int, int] = {}
        self.identifiers: list[str | bytes] = []
        self.keys: list[bytes] = []
        self.array = np.zeros(16, np.int64)

    def add(self, identifier: str | bytes, token: int, key: bytes) -> int:
        assert len(key) == KEY_BYTES or key == NO_KEY, f"a key has {KEY_BYTES} bytes, it had {len(key)}"
        assert 0 < token < 1 << 63, f"a token lies in 1 to 2**63 - 1, it was {token}"
        dense = len(self.keys)
        if dense == len(self.array):
            self.array = np.concatenate((self.array, np.zeros(dense, np.int64)))
        self.array[dense] = token
        self.by_token[token] = dense
        self.identifiers.append(identifier)
        if isinstance(identifier, str):
            self.by_identifier[identifier] = dense
        self.keys.append(key)
        return dense


class Vault:
    """All subjects, type by type. New ones take key and token from `source`; `master` None keeps all as it is."""

    def __init__(self, source: KeySource, subjects: Iterable[Subject] = (), master: Master | None = None) -> None:
        """`subjects` are those already kept, by dense number within each type. NoKey if `master` is not theirs."""
        self._source = source
        self.master = master
        self._types: dict[str, _Type] = {}
        self._fresh: list[Subject] = []
        for subject in subjects:
            self._keep(subject)
        if not self._type(LOG).keys:
            self._add(LOG, "")
        self.names: Final = Names(None if master is None else self.log_key)

    @property
    def log_key(self) -> bytes:
        """The key for what concerns nobody: 32 bytes."""
        return self._types[LOG].keys[0]

    @property
    def sealing(self) -> bool:
        """Whether what is kept is sealed."""
        return self.master is not None

    def intern(self, subject_type: str, identifiers: Sequence[str]) -> NDArray[np.int64]:
        """Dense numbers of identifiers, int64 (n,); those not seen before get the next ones, in the order given.

        Repeats are allowed and cost a look-up each; hand in the distinct ones of a batch where they are known.
        """
        kept = self._type(subject_type)
        numbers = kept.by_identifier
        strangers = list(dict.fromkeys(i for i in identifiers if i not in numbers))
        if strangers and kept.by_digest:
            strangers = self._met(subject_type, strangers)
        for identifier in strangers:
            self._add(subject_type, identifier)
        return np.fromiter(map(numbers.__getitem__, identifiers), np.int64, len(identifiers))

    def tokens(self, subject_type: str) -> NDArray[np.int64]:
        """Tokens by dense number, int64 (K,), read-only; it does not grow with later subjects."""
        kept = self._type(subject_type)
        view = kept.array[: len(kept.keys)]
        view.flags.writeable = False
        return view

    def keys(self, subject_type: str) -> list[bytes]:
        """Keys by dense number, `NO_KEY` for the erased. The vault's own list: it grows, and is not to be changed."""
        return self._type(subject_type).keys

    def key_of(self, token: int | None) -> bytes | None:
        """The key behind a token of any type; the log's own for None. None for nobody's token and for an erased one."""
        if token is None:
            return self.log_key
        for kept in self._types.values():
            dense = kept.by_token.get(token)
            if dense is not None:
                return kept.keys[dense] or None
        return None

    def identifier(self, subject_type: str, token: int) -> str:
        """The identifier behind a token; of an erased subject a name that says so. KeyError for nobody's token."""
        return self._name(subject_type, self._type(subject_type).by_token[token])

    def dense_of_token(self, subject_type: str, token: int) -> int:
        """The dense number behind a token. KeyError for a token that nobody of this type has."""
        return self._type(subject_type).by_token[token]

    def find(self, subject_type: str, identifier: str) -> int | None:
        """The dense number of an identifier, None if it never appeared or was erased; nothing is made."""
        kept = self._type(subject_type)
        if identifier not in kept.by_identifier and kept.by_digest:
            self._met(subject_type, [identifier])
        return kept.by_identifier.get(identifier)

    def take_order(self, other: "Vault") -> None:
        """Give every subject of another vault a number here, in that vault's order, so that both agree on them.

        Raises AssertionError if this vault numbered somebody otherwise before.
        """
        for subject_type, kept in other._types.items():
            names = [other._name(subject_type, dense) for dense in range(len(kept.keys))]
            numbers = self.intern(subject_type, names)
            assert (numbers == np.arange(len(numbers))).all(), f"{subject_type!r} is numbered otherwise here already"

    @property
    def forgetful(self) -> bool:
        """Whether anybody was erased."""
        return any(NO_KEY in kept.keys for kept in self._types.values())

    def chance(self, count: int) -> bytes:
        """Bytes for a key that is no subject's, from the source of keys."""
        return self._source.chance(count)

    def types(self) -> list[str]:
        """Every type that has subjects."""
        return [name for name, kept in self._types.items() if kept.keys]

    def fresh(self) -> list[Subject]:
        """Subjects that are not yet kept, as they will be, oldest first."""
        return self._fresh

    def kept(self, count: int) -> None:
        """The first `count` fresh subjects have been committed."""
        del self._fresh[:count]

    def erase(self, subject_type: str, dense: int) -> Subject:
        """Forget one subject's key and identifier; what is left of it, to be kept in its place."""
        assert not self._fresh, "what is new is written before anybody is erased"
        kept = self._types[subject_type]
        name, token = self._name(subject_type, dense), int(kept.array[dense])
        kept.by_identifier.pop(name, None)
        kept.by_digest.pop(self.names.one(_kind(subject_type), name), None)
        kept.keys[dense], kept.identifiers[dense] = NO_KEY, erased_name(token)
        kept.by_identifier[erased_name(token)] = dense
        return Subject(subject_type, dense, None, b"", token, NO_KEY, ERASED)

    def wrapped(self, master: Master) -> Iterator[tuple[str, int, bytes]]:
        """Type, dense number and key of every subject that has one, wrapped under another master key."""
        for subject_type, kept in self._types.items():
            for dense, key in enumerate(kept.keys):
                if key:
                    yield subject_type, dense, master.wrap(key, label(subject_type, dense))

    def _type(self, subject_type: str) -> _Type:
        if subject_type not in self._types:
            self._types[subject_type] = _Type()
        return self._types[subject_type]

    def _met(self, subject_type: str, identifiers: list[str]) -> list[str]:
        """Those of some identifiers that are new; the others are known by their text from here on."""
        kept, new = self._types[subject_type], []
        for identifier, digest in zip(identifiers, self.names.many(_kind(subject_type), identifiers), strict=True):
            dense = kept.by_digest.get(digest)
            if dense is None:
                new.append(identifier)
            else:
                kept.by_identifier[identifier] = dense
                kept.identifiers[dense] = identifier
        return new

    def _name(self, subject_type: str, dense: int) -> str:
        kept = self._types[subject_type]
        name = kept.identifiers[dense]
        if isinstance(name, bytes):
            name = kept.identifiers[dense] = open_identifier(kept.keys[dense], name, label(subject_type, dense))
            kept.by_identifier[name] = dense
        return name

    def _keep(self, subject: Subject) -> None:
        """One subject as the store has it."""
        kept, form = self._type(subject.subject_type), subject.form
        if form == PLAIN:
            dense = kept.add(subject.identifier.decode("utf-8", "surrogatepass"), subject.token, subject.key)
        elif form == ERASED:
            dense = kept.add(erased_name(subject.token), subject.token, NO_KEY)
        else:
            if self.master is None:
                raise NoKey("the subjects' keys are wrapped, and no master key was given")
            key = self.master.unwrap(subject.key, label(subject.subject_type, subject.dense))
            dense = kept.add("" if subject.subject_type == LOG else subject.identifier, subject.token, key)
            if subject.digest is not None:
                kept.by_digest[subject.digest] = dense
        assert dense == subject.dense, f"subject {subject.dense} of {subject.subject_type!r} came as {dense}"

    def _add(self, subject_type: str, identifier: str) -> None:
        kept = self._type(subject_type)
        for attempt in range(8):
            # A seeded source gives an erased subject who comes again the token that is taken: it is asked anew.
            key, token = self._source.new(subject_type, f"{identifier}\0{attempt}" if attempt else identifier)
            if token not in kept.by_token:
                dense = kept.add(identifier, token, key)
                self._fresh.append(self._sealed(subject_type, dense, identifier, token, key))
                return
        raise AssertionError(f"eight tokens in a row were taken: the key source repeats itself at {identifier!r}")

    def _sealed(self, subject_type: str, dense: int, identifier: str, token: int, key: bytes) -> Subject:
        """A new subject as it is kept."""
        if self.master is None:
            text = identifier.encode("utf-8", "surrogatepass")
            return Subject(subject_type, dense, None, text, token, key, PLAIN)
        mark = label(subject_type, dense)
        digest = None if subject_type == LOG else self.names.one(_kind(subject_type), identifier)
        sealed = seal_identifier(key, identifier, mark)
        return Subject(subject_type, dense, digest, sealed, token, self.master.wrap(key, mark), SEALED)


def label(subject_type: str, dense: int) -> bytes:
    """What a key or an identifier is bound to: it cannot be put in another's place."""
    return f"{subject_type}\0{dense}".encode()


def erased_name(token: int) -> str:
    """What stands for the identifier of an erased subject, in memory only. No file's identifier begins so."""
    return f"\0erased/{token:016x}"


def _kind(subject_type: str) -> str:
    return f"subject/{subject_type}"
