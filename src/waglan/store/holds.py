"""Legal holds: whose records may be neither erased nor expired, why, and the drafts that are kept apart.

Reason and drafts lie under a key of the hold's own, wrapped by the master key, and not under the subject's: whoever
opens a person's data, for an access request or by a stolen key, does not open a draft of a suspicious-transaction
report. A hold knows its subject by a keyed digest, so a list of holds is not a list of names.
"""

from dataclasses import dataclass
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, func, insert, select, update

from waglan.store.failure import NotAStore
from waglan.store.records import Store
from waglan.store.tables import holds
from waglan.store.vault import SEALED

KIND: Final = "hold"
_ONCE: Final = bytes(12)
"""The nonce: each version of a hold has a new key, so a key seals one text."""


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """What is sealed of a hold: whom it is on, why, and drafts by name, none of which anybody else is told of."""

    subject_type: str
    identifier: str
    reason: str
    drafts: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold. `released_ns` None: it stands."""

    number: int
    since_ns: int
    released_ns: int | None
    kept: Kept


class Holds:
    """The holds of one store."""

    def __init__(self, store: Store) -> None:
        self._store: Final = store

    def stands(self, subject_type: str, identifier: str) -> bool:
        """Whether a hold on this subject stands. Reads no reason and opens no draft."""
        query = select(func.count()).where(holds.c.name == self._name(subject_type, identifier))
        with self._store.begin() as connection:
            return bool(connection.scalar(query.where(holds.c.released_ns.is_(None))))

    def place(
        self, subject_type: str, identifier: str, reason: str, draft: tuple[str, bytes] | None, ts_ns: int
    ) -> int:
        """A new hold; its number."""
        with self._store.begin() as connection:
            number = int(connection.scalar(select(func.max(holds.c.number))) or 0) + 1
            key, sealed = self._sealed(number, Kept(subject_type, identifier, reason, (draft,) if draft else ()))
            row = {"number": number, "name": self._name(subject_type, identifier), "since_ns": ts_ns, "key": key}
            connection.execute(insert(holds).values(**row, form=SEALED, sealed=sealed))
        return number

    def of(self, subject_type: str, identifier: str) -> list[Hold]:
        """All holds on a subject, standing and released, reasons and drafts opened."""
        c = holds.c
        query = select(c.number, c.since_ns, c.released_ns, c.key, c.sealed).order_by(c.number)
        with self._store.begin() as connection:
            rows = connection.execute(query.where(c.name == self._name(subject_type, identifier))).all()
        return [
            Hold(number, since, until, self._opened(number, key, sealed)) for number, since, until, key, sealed in rows
        ]

    def release(self, subject_type: str, identifier: str, ts_ns: int) -> int:
        """Every standing hold on a subject ends; how many. What they hold stays until the subject is erased."""
        mine = (holds.c.name == self._name(subject_type, identifier)) & holds.c.released_ns.is_(None)
        with self._store.begin() as connection:
            return connection.execute(update(holds).where(mine).values(released_ns=ts_ns)).rowcount

    def forget(self, subject_type: str, identifier: str) -> int:
        """Take released holds with their keys and drafts away, as part of an erasure; how many. Scrub behind it."""
        assert not self.stands(subject_type, identifier), "a subject under a hold is not erased"
        with self._store.begin() as connection:
            mine = holds.c.name == self._name(subject_type, identifier)
            return connection.execute(delete(holds).where(mine)).rowcount

    def _name(self, subject_type: str, identifier: str) -> str:
        return self._store.vault.names.one(f"{KIND}/{subject_type}", identifier)

    def _sealed(self, number: int, kept: Kept) -> tuple[bytes, bytes]:
        key = self._store.vault.chance(32)
        master, data = self._store.vault.master, msgspec.msgpack.encode(kept)
        if master is None:
            return b"", data
        return master.wrap(key, hold_label(number)), AESGCM(key).encrypt(_ONCE, data, hold_label(number))

    def _opened(self, number: int, wrapped: bytes, sealed: bytes) -> Kept:
        master = self._store.vault.master
        if master is None:
            return msgspec.msgpack.decode(sealed, type=Kept)
        key = master.unwrap(wrapped, hold_label(number))
        try:
            return msgspec.msgpack.decode(AESGCM(key).decrypt(_ONCE, sealed, hold_label(number)), type=Kept)
        except InvalidTag:
            raise NotAStore(f"hold {number} does not open: it was changed") from None


def hold_label(number: int) -> bytes:
    """What the key of a hold is bound to."""
    return f"hold\0{number}".encode()
