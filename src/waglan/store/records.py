"""The store: what the log commits to. Records, subjects, refused values and snapshots in one SQLite file, or in memory.

One block is one transaction, so that a record, the key it is bound under and the snapshot that follows it are all there
or none is. The store comes first and the log after it: whatever a crash leaves, the store is ahead, and
`waglan.store.recovery` brings the log up to it. One process at a time holds the directory.

Blocks go through the driver's own executemany with parameters: as dictionaries, the form SQLAlchemy's insert takes, the
rows cost more than writing them does.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import repeat
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Table,
    create_engine,
    event,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.dialects.sqlite import dialect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import StaticPool

from waglan.schema.batch import Refused
from waglan.store import snapshots, tables
from waglan.store.failure import AlreadyThere, NoKey, StoreError, StoreLocked, StoreUnwritable, told
from waglan.store.ids import Ids
from waglan.store.keys import KeySource
from waglan.store.master import Master, MasterFile
from waglan.store.promise import Promise, promise_of
from waglan.store.rows import Block as Block
from waglan.store.rows import Found, Seals
from waglan.store.rows import Row as Row
from waglan.store.tables import facts, holdings, records, refused, subjects
from waglan.store.vault import ERASED, Subject, Vault

STRIDE: Final = 65_536
"""Records between two visits to `holdings`. Its keys are random, so each row of a small visit would dirty a page of its
own; a stride of this length writes each page once (0.7 us a record in place of 3, at 200,000 records)."""

K = TypeVar("K")

_ROW: Final = tuple(records.c[name] for name in Row._fields)


class Store:
    """Records and what belongs to them. `Store.open(directory, keys)` or `Store.memory(keys)`."""

    def __init__(
        self, engine: Engine, where: str, keys: KeySource, lock: int = -1, master: MasterFile | None = None
    ) -> None:
        self._engine, self._where, self._lock = engine, where, lock
        self._keys, self._master = keys, master
        self.safe_snapshot = self._last_snapshot = 0
        """How many records the last kept state had seen: of those that survive a power cut, and of all."""
        self.reload()

    def reload(self) -> None:
        """Read how far the store goes and who is in it; whatever else was known is forgotten."""
        keys, master, where = self._keys, self._master, self._where
        with told(where), self._engine.begin() as connection:
            tables.prepare(connection, where)
            kept = connection.execute(select(*subjects.c).order_by(subjects.c.subject_type, subjects.c.dense))
            self.vault = Vault(keys, (Subject(*row) for row in kept), _master(connection, master))
            self._seals = Seals(self.vault)
            self.size = _end(connection, records.c.position)
            self._held = _end(connection, holdings.c.position)
            self._recipes = {row.digest: row.number for row in connection.execute(select(tables.recipes))}
            self._verbs = {row.verb: row.number for row in connection.execute(select(tables.verbs))}

    @classmethod
    def open(cls, path: Path, keys: KeySource, master: MasterFile | None = None, journaled: bool = False) -> Self:
        """The store in a directory, which is made if it is not there. Errors: see `waglan.store.failure`.

        With `master` what is personal lies sealed; without one all lies open, which is for tests and benches.
        journaled: a writer holds the book's lock and has a journal, so that a commit here is not synced by itself.
        """
        lock = _hold(path, not journaled)
        engine = create_engine(f"sqlite:///{path / 'store.sqlite'}", connect_args={"timeout": 5.0})
        event.listen(engine, "connect", tables.settings)
        if journaled:
            event.listen(engine, "connect", tables.lagging)
        try:
            return cls(engine, str(path), keys, lock, master)
        except BaseException:
            engine.dispose()
            if lock >= 0:
                os.close(lock)
            raise

    @classmethod
    def memory(cls, keys: KeySource) -> Self:
        """A store without a file, for tests and benchmarks: the same tables, gone when it is closed."""
        engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        event.listen(engine, "connect", tables.settings)
        return cls(engine, "memory", keys)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def append(self, block: Block) -> int:
        """Commit a block and all new subjects; the position of its first record. After an error nothing of it is there.

        Raises AlreadyThere for an id that the store has. When it returns, the block survives a power cut.
        """
        promise = self.promised(block, self.size)
        try:
            self._write(promise, block.snapshot)
        except IntegrityError as error:
            raise self._explained(block, error) from None
        self.vault.kept(len(promise.subjects))
        return promise.first

    def closed(self, block: Block, first: int | None = None) -> Block:
        """The block as it lies on the disk, its first record at `first`, by default the next; `append` does it unasked.

        Nothing personal of it can be read without the keys.
        """
        return self._seals.closed(block, self.size if first is None else first)

    def promised(self, block: Block, first: int) -> Promise:
        """A block as it will lie here from position `first` on, with every subject that is new. Nothing is written."""
        return promise_of(self.closed(block, first), first, tuple(self.vault.fresh()))

    def keep(self, promise: Promise, snapshot: bytes | None = None) -> None:
        """Commit what was promised; after an error nothing of it is there. `vault` is left as it is: see `reload`."""
        assert promise.first == self.size, f"records from {promise.first} on come after {self.size}"
        try:
            self._write(promise, snapshot)
        except IntegrityError as error:
            raise StoreError(f"{self._where}: records {promise.first} to {promise.end}: {error.orig}") from None

    def _write(self, promise: Promise, snapshot: bytes | None) -> None:
        if self.size - self._held >= STRIDE:
            self._catch_up()
        recipes = _numbered(self._recipes, [promise.recipe])
        verbs = _numbered(self._verbs, sorted({verb for verb in promise.verbs if verb is not None}))
        number, count = (self._recipes | recipes)[promise.recipe], len(promise.records)
        rows = zip(
            range(promise.first, promise.end), promise.kinds, repeat(promise.form, count), promise.ids, promise.tokens,
            repeat(number, count), promise.ts_ns, map((self._verbs | verbs).get, promise.verbs),
            promise.scores, promise.records, promise.entries, strict=True,
        )  # fmt: skip
        with told(self._where), self._engine.begin() as connection:
            _many(connection, tables.recipes, [(number, digest) for digest, number in recipes.items()])
            _many(connection, tables.verbs, [(number, verb) for verb, number in verbs.items()])
            _many(connection, subjects, promise.subjects)
            _many(connection, records, list(rows))
            _many(connection, refused, promise.refused)
            if snapshot is not None:
                snapshots.keep(connection, number, promise.end, snapshot)
                self._last_snapshot = promise.end
        self._recipes |= recipes
        self._verbs |= verbs
        self.size = promise.end

    def sync(self) -> None:
        """Returns when all that was committed lies in the file itself and survives a power cut."""
        with told(self._where), self._engine.connect() as connection:
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
        if busy:
            raise StoreLocked(f"{self._where}: somebody reads it, so that it cannot be made safe")
        self.safe_snapshot = self._last_snapshot

    def flush(self) -> None:
        """Commit new subjects that no block has brought in yet."""
        fresh = self.vault.fresh()[:]
        with told(self._where), self._engine.begin() as connection:
            _many(connection, subjects, fresh)
        self.vault.kept(len(fresh))

    def by_event(self, event_id: str) -> Row | None:
        """The record of an event, None if the id is not in the store."""
        with told(self._where), self._engine.connect() as connection:
            row = connection.execute(select(*_ROW).where(records.c.event_id == self._seals.name(event_id))).first()
        return None if row is None else self._seals.row(row)

    def ids(self) -> Ids:
        """Every event id that is in the store, and where its record is: what a writer needs to know repeats by."""
        query = select(records.c.event_id, records.c.position).where(records.c.event_id.is_not(None))
        with told(self._where), self._engine.connect() as connection:
            return Ids(self.vault.names, {row.event_id: row.position for row in connection.execute(query)})

    def recipes(self) -> list[bytes]:
        """Digests of the recipes that records here were made under."""
        return list(self._recipes)

    def positions(self, ids: Sequence[str]) -> dict[str, int]:
        """Where those ids that are in the store lie."""
        return self._at({self._seals.name(event_id): event_id for event_id in ids})

    def range(self, start: int, stop: int) -> Iterator[Row]:
        """Records start to stop in order, read 4,096 at a time; those past the end are not there."""
        for first in range(start, min(stop, self.size), 4096):
            last = min(first + 4096, stop)
            inside = (records.c.position >= first) & (records.c.position < last)
            with told(self._where), self._engine.connect() as connection:
                rows = connection.execute(select(*_ROW).where(inside).order_by(records.c.position)).all()
            yield from map(self._seals.row, rows)

    def readable(self) -> Iterator[Row]:
        """Every record that was not erased, in order."""
        return (row for row in self.range(0, self.size) if row.form != ERASED)

    def entries(self, start: int, stop: int) -> Iterator[bytes]:
        """The entries alone of records start to stop, in order."""
        c = records.c.position
        for first in range(start, min(stop, self.size), 4096):
            inside = (c >= first) & (c < min(first + 4096, stop))
            with told(self._where), self._engine.connect() as connection:
                entries = connection.scalars(select(records.c.entry).where(inside).order_by(c)).all()
            yield from entries

    def decisions(
        self,
        verb: str | None = None,
        since_ns: int | None = None,
        until_ns: int | None = None,
        token: int | None = None,
        limit: int | None = None,
        recipe: bytes | None = None,
    ) -> list[Found]:
        """The index of decisions, by time and then place in the log: of one verb, subject or recipe, in a stretch of
        time, since_ns <= ts_ns < until_ns. Never the truth: see `waglan.store.index`.
        """
        c = records.c
        asked: list[ColumnElement[bool]] = [c.verb.is_not(None)]
        if verb is not None:
            asked.append(c.verb == self._verbs.get(verb, -1))
        if recipe is not None:
            asked.append(c.recipe == self._recipes.get(recipe, -1))
        if since_ns is not None:
            asked.append(c.ts_ns >= since_ns)
        if until_ns is not None:
            asked.append(c.ts_ns < until_ns)
        order: list[Any] = [c.ts_ns, c.position]
        if token is not None:
            self._catch_up()
            asked.append(c.position.in_(select(holdings.c.position).where(holdings.c.token == token)))
            order = [text("+records.ts_ns"), text("+records.position")]  # so that the subject's few are looked up
        query = select(c.position, c.ts_ns, c.token, c.verb, c.score_micro).where(*asked).order_by(*order).limit(limit)
        names = {number: name for name, number in self._verbs.items()}
        with told(self._where), self._engine.connect() as connection:
            return [Found(*row[:3], names[row.verb], row.score_micro) for row in connection.execute(query)]

    def holdings(self, token: int) -> list[int]:
        """Positions of all records under a subject's key, in order."""
        self._catch_up()
        query = select(holdings.c.position).where(holdings.c.token == token).order_by(holdings.c.position)
        with told(self._where), self._engine.connect() as connection:
            return list(connection.scalars(query))

    def refused(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, Refused]]:
        """Position in the log and reason of refused events, the offending values with them: not for the log."""
        c, stop = refused.c, self.size if stop is None else stop
        query = select(c.position, c.code, c.column, c.row, c.shown, c.form, records.c.entry).join(records)
        query = query.where(c.position >= start, c.position < stop).order_by(c.position)
        with told(self._where), self._engine.connect() as connection:
            rows = connection.execute(query).all()
        for position, code, column, row, data, form, entry in rows:
            yield position, Refused(code, column, row, self._seals.shown(position, data, form, entry))

    def snapshot(self, recipe: bytes, until: int | None = None) -> tuple[int, bytes] | None:
        """The latest state under a recipe at or before position `until`, and how many records it has seen."""
        with told(self._where), self._engine.connect() as connection:
            return snapshots.latest(connection, self._recipes.get(recipe, -1), self.size if until is None else until)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction for what has a file of its own beside this one; synced by itself, also behind a journal."""
        with told(self._where), self._engine.connect() as connection:
            usual = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
            connection.exec_driver_sql("PRAGMA synchronous = FULL")
            try:
                yield connection
                connection.commit()
            finally:
                connection.rollback()
                connection.exec_driver_sql(f"PRAGMA synchronous = {usual}")

    def scrub(self) -> None:
        """Leave nothing of what was deleted: no old page, no free page, no write-ahead file. Costs a rewriting."""
        with told(self._where), self._engine.connect() as connection:
            alone = connection.execution_options(isolation_level="AUTOCOMMIT")
            for order in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                alone.exec_driver_sql(order)

    def close(self) -> None:
        """Let the directory go. What was appended is safe without it."""
        self._engine.dispose()
        if self._lock >= 0:
            os.close(self._lock)
        self._lock = -1

    def _catch_up(self) -> None:
        """Bring `holdings` up to the last record."""
        mine = (records.c.position >= self._held) & records.c.token.is_not(None)
        rows = select(records.c.token, records.c.position).where(mine).order_by(text("1"), text("2"))
        with told(self._where), self._engine.begin() as connection:
            connection.execute(insert(holdings).from_select(["token", "position"], rows))
        self._held = self.size

    def _at(self, ids: Mapping[str, str]) -> dict[str, int]:
        """Where some ids lie, by the names that stand for them."""
        found, names = dict[str, int](), list(ids)
        query = select(records.c.event_id, records.c.position)
        with told(self._where), self._engine.connect() as connection:
            for start in range(0, len(names), 500):
                some = query.where(records.c.event_id.in_(names[start : start + 500]))
                found.update({ids[row.event_id]: row.position for row in connection.execute(some)})
        return found

    def _explained(self, block: Block, error: IntegrityError) -> StoreError:
        """Which id was there already; the rule that was broken if it was none of the ids."""
        ids = [event_id for event_id in block.ids if event_id is not None]
        there = self._at(dict(zip(ids, ids, strict=True))) if block.closed else self.positions(ids)
        for event_id in ids:
            if event_id in there:
                return AlreadyThere(f"{self._where}: event {event_id!r} is in the store, at {there[event_id]}")
            there[event_id] = self.size + block.ids.index(event_id)
        return StoreError(f"{self._where}: {error.orig}")


def _hold(path: Path, alone: bool) -> int:
    """A store's directory, which is made if it is not there; if it stands alone, the lock on it."""
    lock = -1
    try:
        path.mkdir(parents=True, exist_ok=True)
        if alone:
            lock = os.open(path / "store.lock", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(os.open(path / "store.sqlite", os.O_RDWR | os.O_CREAT, 0o600))
    except BlockingIOError:
        os.close(lock)
        raise StoreLocked(f"{path}: another writer has this store open") from None
    except OSError as error:
        if lock >= 0:
            os.close(lock)
        raise StoreUnwritable(f"{path}: {error.strerror}") from None
    return lock


def _master(connection: Connection, file: MasterFile | None) -> Master | None:
    """The master key a store's keys are wrapped under; of a new store the one that is in the file from here on."""
    named = connection.scalar(select(facts.c.value).where(facts.c.name == "master"))
    if named is not None:
        if file is None:
            raise NoKey("the store's keys are wrapped, and no master key was given")
        return file.named(named)
    if file is None:
        return None
    if connection.scalar(select(func.count()).select_from(subjects)):
        raise NoKey(f"{file.path}: the store's keys are not wrapped; it was made without a master key")
    made = file.create()
    connection.execute(insert(facts).values(name="master", value=made.name))
    return made


def _many(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert whole rows, in the order of the table's columns."""
    if rows:
        connection.exec_driver_sql(_insert_into(table), list(rows))


@cache
def _insert_into(table: Table) -> str:
    """The statement with a parameter for each column: rendering it takes longer than writing one record."""
    return str(insert(table).compile(dialect=dialect(paramstyle="qmark")))


def _numbered(known: Mapping[K, int], names: Sequence[K]) -> dict[K, int]:
    """The next numbers, for those names that have none."""
    fresh = [name for name in names if name not in known]
    return dict(zip(fresh, range(len(known), len(known) + len(fresh)), strict=True))


def _end(connection: Connection, position: Column[int]) -> int:
    """One past the last position of a table."""
    last = connection.scalar(select(func.max(position)))
    return 0 if last is None else int(last) + 1
