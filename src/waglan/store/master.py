"""The master key: it wraps every subject's key, so that what lies on a disk opens nothing without it.

One file `master.key`, readable by its owner alone. A `Guard` may keep the key itself - a key management service or a
security module, asked once when a book is opened and once when the key is changed - and without one the file holds the
key as it is. Subjects' keys are wrapped with AES-256-SIV (RFC 5297), made for this: it needs no nonce, so the same key
wrapped twice after a crash tells nobody anything.

A change of key writes `master.key.new`, rewraps everything in one transaction that also names the new key, and only
then takes the new file's place over the old: at each instant one of the two files opens the store, and the store says
which.
"""

import base64
import binascii
import hmac
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from waglan.store.failure import NoKey

KEY_BYTES: Final = 32
FILE: Final = "master.key"
FORM: Final = "waglan-master-key-1"


class Guard(Protocol):
    """What keeps the master key: `seal` gives what may lie in the file, `open` is its inverse.

    `open` raises any exception if the key is not to be had; the message reaches the person who opens the book.
    """

    def seal(self, key: bytes) -> bytes: ...
    def open(self, sealed: bytes) -> bytes: ...


class Bare:
    """No guard: the file holds the key, and the file's mode 0600 is all that keeps it."""

    def seal(self, key: bytes) -> bytes:
        """The key as it is."""
        return key

    def open(self, sealed: bytes) -> bytes:
        """The key as it was."""
        return sealed


class Master:
    """One master key. `name` tells it from others and says nothing about it: 16 hexadecimal digits."""

    def __init__(self, key: bytes) -> None:
        assert len(key) == KEY_BYTES, f"a master key has {KEY_BYTES} bytes, it had {len(key)}"
        self._key: Final = key
        self.name: Final = hmac.digest(key, b"waglan master name", "sha256")[:8].hex()
        self._cipher: Final = AESSIV(hmac.digest(key, b"waglan wrap 1", "sha512"))

    def wrap(self, key: bytes, label: bytes) -> bytes:
        """A key of 32 bytes under this one, bound to what it is the key of: 48 bytes, 3 us."""
        return self._cipher.encrypt(key, [label])

    def unwrap(self, wrapped: bytes, label: bytes) -> bytes:
        """Inverse of `wrap`. NoKey if this is not the master key, or the bytes are of another label or damaged."""
        try:
            return self._cipher.decrypt(wrapped, [label])
        except (InvalidTag, ValueError):
            raise NoKey(f"master key {self.name} does not open the key of {label!r}") from None

    def write(self, path: Path, guard: Guard) -> None:
        """The key into a new file of mode 0600, synced. An earlier file of this name is overwritten."""
        sealed = base64.b64encode(guard.seal(self._key)).decode()
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(handle, f"{FORM} {self.name} {sealed}\n".encode())
            os.fsync(handle)
        finally:
            os.close(handle)
        _sync(path.parent)


class MasterFile:
    """The master key of a book, in its directory `keys`. `entropy(n)` gives n bytes of chance for new keys."""

    def __init__(self, directory: Path, entropy: Callable[[int], bytes], guard: Guard | None = None) -> None:
        self.directory: Final = directory
        self._entropy: Final = entropy
        self._guard: Final[Guard] = guard or Bare()

    @property
    def path(self) -> Path:
        """Where the key lies."""
        return self.directory / FILE

    @property
    def next(self) -> Path:
        """Where a key lies that is to take its place."""
        return self.directory / f"{FILE}.new"

    def create(self) -> Master:
        """The key of a new book: the one that is there, or one that is made now."""
        if self.path.exists():
            return self._read(self.path)
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = Master(self._entropy(KEY_BYTES))
        made.write(self.path, self._guard)
        return made

    def named(self, name: str) -> Master:
        """The key that wraps a store's keys; a change of key that a crash broke off is finished or undone."""
        found = {path: self._read(path) for path in (self.path, self.next) if path.exists()}
        mine = [path for path, master in found.items() if master.name == name]
        if not mine:
            others = ", ".join(f"{path.name} is {master.name}" for path, master in found.items()) or "there is none"
            raise NoKey(
                f"{self.path}: the store's keys are wrapped under master key {name}, and {others}; put the right file "
                "back from where keys are kept: without it no record can be opened, ever"
            )
        if mine[0] == self.next:
            self.settle()
        elif self.next in found:
            destroy(self.next)
        return found[mine[0]]

    def begin(self) -> Master:
        """A new key in `next`, on disk before anything is wrapped under it."""
        made = Master(self._entropy(KEY_BYTES))
        made.write(self.next, self._guard)
        return made

    def settle(self) -> None:
        """The new key takes its place, the old one is destroyed."""
        destroy(self.path)
        self.next.rename(self.path)
        _sync(self.directory)

    def _read(self, path: Path) -> Master:
        try:
            form, name, sealed = path.read_text("ascii").split()
            raw = base64.b64decode(sealed, validate=True)
        except (ValueError, UnicodeDecodeError, binascii.Error):
            raise NoKey(f"{path}: the file is not a master key of this version") from None
        if form != FORM:
            raise NoKey(f"{path}: the file is of the form {form!r}, this program knows {FORM!r}")
        try:
            key = self._guard.open(raw)
        except Exception as error:
            raise NoKey(f"{path}: the guard of the master key did not give it: {error}") from error
        if len(key) != KEY_BYTES or Master(key).name != name:
            raise NoKey(f"{path}: what the file holds is not master key {name}")
        return Master(key)


def destroy(path: Path) -> None:
    """Overwrite a file of a key with zeros, synced, and take it away. A disk that keeps old blocks may keep its own."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        size = os.fstat(file.fileno()).st_size
        file.write(bytes(size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    _sync(path.parent)


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
