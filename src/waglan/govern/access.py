"""The second log: every read and every change of what is kept, committed to like a decision.

Its entries are of one kind, so that nobody who is given the log can tell a hold from an explanation. A line about a
person lies under that person's key and goes when they are erased; a line of a restricted purpose, an erasure and what
concerns nobody lie under the log's own key and name nobody. The store has a line before the log has its entry; opening
brings the log up to it.
"""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec
from sqlalchemy import func, insert, select

from waglan.ledger.checkpoint import Checkpoint
from waglan.ledger.entry import ACCESS, Entry, commit, decode_entry, encode_entry, salt
from waglan.ledger.key import SignerKey
from waglan.ledger.log import Log
from waglan.schema.records import encode
from waglan.store.envelope import BadSeal, open_record, seal_records
from waglan.store.failure import Diverged
from waglan.store.records import Store
from waglan.store.tables import accesses
from waglan.store.vault import ERASED, PLAIN, SEALED

NAME: Final = "access"


class Access(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One line. `count`: records concerned. `detail`: what more there is to say, never an identifier."""

    deed: str
    ts_ns: int
    who: str
    purpose: str
    allowed: bool
    registry: bytes
    count: int = 0
    detail: str = ""


class AccessLog:
    """The second log of a book, in its directory, with its records in the book's store."""

    def __init__(self, path: Path, store: Store, desk: str, recipe: bytes, signer: SignerKey) -> None:
        """Raises Diverged if the second log is not the store's. Its head is signed by `signer`, when it is closed."""
        self._store, self._desk, self._recipe, self._signer = store, desk, recipe, signer
        self.log: Final = Log(path / NAME)
        try:
            self._recover()
        except BaseException:
            self.log.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def append(self, access: Access, token: int | None = None) -> int:
        """One line, under the key of the subject with this token or, with None, the log's own; its position."""
        vault, position = self._store.vault, self.log.size
        key = vault.key_of(token)
        assert key is not None, "a line about an erased subject is under the log's own key"
        record = encode(access)
        bound = commit(salt(key, _salted_by(position)), record)
        entry = encode_entry(Entry(ACCESS, self._desk, self._recipe, bound))
        data = seal_records([key], [None], [record], [entry])[0] if vault.sealing else record
        row = {"position": position, "token": token, "form": SEALED if vault.sealing else PLAIN}
        with self._store.begin() as connection:
            connection.execute(insert(accesses).values(**row, record=data, entry=entry))
        self.log.append([entry])
        return position

    def lines(self, token: int | None = None) -> Iterator[tuple[int, Access | None]]:
        """Positions and lines in order, None for one that was erased; of one subject alone with `token`."""
        query = select(*accesses.c).order_by(accesses.c.position)
        with self._store.begin() as connection:
            rows = connection.execute(query if token is None else query.where(accesses.c.token == token)).all()
        for row in rows:
            record = None if row.form == ERASED else self._record(row.token, row.form, row.record, row.entry)
            yield row.position, None if record is None else msgspec.msgpack.decode(record, type=Access)

    def erased(self) -> int:
        """How many records the erasures that are logged here took."""
        return sum(line.count for _, line in self.lines() if line and line.deed in ("erase", "expire") and line.allowed)

    def bad(self) -> list[str]:
        """What of the store does not agree with the second log, in words."""
        found = []
        with self._store.begin() as connection:
            rows = connection.execute(select(*accesses.c).order_by(accesses.c.position)).all()
        for row, entry in zip(rows, self.log.entries(), strict=True):
            if row.form == ERASED and row.entry == entry:
                continue
            key = self._store.vault.key_of(row.token)
            try:
                record = self._record(row.token, row.form, row.record, row.entry)
            except BadSeal:
                record = b""
            made = None if key is None else commit(salt(key, _salted_by(row.position)), record)
            if row.entry != entry or made != decode_entry(entry).commitment:
                found.append(f"line {row.position} of the access log is not what was committed to")
        return found

    def close(self) -> None:
        """Show the signed head, and let the directory go."""
        try:
            if self.log.size and (self.log.published is None or self.log.published.size < self.log.size):
                head = Checkpoint(f"{self._signer.name}/{NAME}", self.log.size, self.log.root())
                self.log.publish(head.sign(self._signer).encode())
        finally:
            self.log.close()

    def _record(self, token: int | None, form: int, data: bytes, entry: bytes) -> bytes:
        key = self._store.vault.key_of(token)
        if form == PLAIN or key is None:
            return data
        return open_record(key, data, entry)[1]

    def _recover(self) -> None:
        """The log up to the store. Raises Diverged, naming the first line, if they are of two histories."""
        with self._store.begin() as connection:
            count = connection.scalar(select(func.count()).select_from(accesses)) or 0
            entries = list(connection.scalars(select(accesses.c.entry).order_by(accesses.c.position)))
        if self.log.size > count:
            raise Diverged(f"the access log has {self.log.size} lines and the store {count}: the store is older")
        for position, (ours, theirs) in enumerate(zip(entries, self.log.entries(), strict=False)):
            if ours != theirs:
                raise Diverged(f"line {position} of the access log is not the one in the store")
        if missing := entries[self.log.size :]:
            self.log.append(missing)


def _salted_by(position: int) -> str:
    return f"access/{position}"
