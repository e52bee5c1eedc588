"""What can go wrong between the store and the world, each with the path and what to do about it.

StoreError
|- AlreadyThere     an event id is in the store already
|- NotAStore        the directory or file is something else, or damaged
|- NewerStore       a later version of Waglan wrote it
|- OlderStore       an earlier version wrote it, in a form that is not read any more
|- BadSeal          a sealed value does not open under its key (waglan.store.envelope)
|- NoKey            the master key is not there, or is another
|- StoreLocked      another process writes to it
|- StoreFull        no room is left
|- StoreUnwritable  no permission, read-only, no such directory
'- Diverged         store and log do not belong together
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, IntegrityError


class StoreError(Exception):
    """The store cannot do what it was asked to."""


class AlreadyThere(StoreError):
    """An event id is in the store already; nothing of the block was written."""


class NotAStore(StoreError):
    """The file is not a store, or is damaged."""


class NewerStore(StoreError):
    """The store was written by a later version."""


class OlderStore(StoreError):
    """The store was written by an earlier version."""


class NoKey(StoreError):
    """A key that is needed is not to be had."""


class StoreLocked(StoreError):
    """Another process writes to the store."""


class StoreFull(StoreError):
    """No room is left; what was committed before is safe."""


class StoreUnwritable(StoreError):
    """The store cannot be written where it is."""


class Diverged(StoreError):
    """The log and the store are not of one history."""


_CODES: Final[dict[int, tuple[type[StoreError], str]]] = {
    sqlite3.SQLITE_FULL: (StoreFull, "no room is left; nothing of this block was written, all before it is safe"),
    sqlite3.SQLITE_IOERR: (StoreUnwritable, "reading or writing failed; nothing of this block was written"),
    sqlite3.SQLITE_READONLY: (StoreUnwritable, "it is read-only"),
    sqlite3.SQLITE_CANTOPEN: (StoreUnwritable, "the file cannot be opened"),
    sqlite3.SQLITE_PERM: (StoreUnwritable, "permission denied"),
    sqlite3.SQLITE_BUSY: (StoreLocked, "another process has held it for five seconds"),
    sqlite3.SQLITE_LOCKED: (StoreLocked, "another process has held it for five seconds"),
    sqlite3.SQLITE_NOTADB: (NotAStore, "the file is not a store"),
    sqlite3.SQLITE_CORRUPT: (NotAStore, "the file is damaged"),
}


@contextmanager
def told(where: str) -> Iterator[None]:
    """Turn the driver's errors into ours. An IntegrityError passes: whoever wrote knows what it means."""
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        if code not in _CODES:
            raise
        kind, why = _CODES[code]
        raise kind(f"{where}: {why}") from None
