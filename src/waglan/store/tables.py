"""The store's tables. Whole numbers and bytes only, in strict tables: a wrong type is an error and never a guess.

`form` columns say how the bytes beside them are kept: 0 plain, 1 sealed under a subject's key (keys themselves wrapped
under the master key), 2 erased. No form changes a position, an entry or a root.
"""

from typing import Final

from sqlalchemy import BLOB, INTEGER, TEXT, CheckConstraint, Column, ForeignKey, Index, MetaData, Table, text
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection

from waglan.store.failure import NewerStore, NotAStore, OlderStore

APPLICATION: Final = 0x77676C31
"""SQLite's application_id of a store: `wgl1`."""

VERSION: Final = 2
"""SQLite's user_version of a store: the version of these tables."""

metadata = MetaData()

facts = Table(
    "facts",
    metadata,
    Column("name", TEXT, primary_key=True),
    Column("value", TEXT, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
"""What a store says of itself: `master`, the name of the key that wraps its keys."""

recipes = Table(
    "recipes",
    metadata,
    Column("number", INTEGER, primary_key=True),
    Column("digest", BLOB, CheckConstraint("length(digest) = 32"), nullable=False, unique=True),
    sqlite_strict=True,
)
verbs = Table(
    "verbs",
    metadata,
    Column("number", INTEGER, primary_key=True),
    Column("verb", TEXT, nullable=False, unique=True),
    sqlite_strict=True,
)
records = Table(
    "records",
    metadata,
    Column("position", INTEGER, primary_key=True),
    Column("kind", INTEGER, nullable=False),
    Column("form", INTEGER, nullable=False),
    Column("event_id", TEXT),
    Column("token", INTEGER),
    Column("recipe", INTEGER, ForeignKey("recipes.number"), nullable=False),
    Column("ts_ns", INTEGER),
    Column("verb", INTEGER, ForeignKey("verbs.number")),
    Column("score_micro", INTEGER),
    Column("record", BLOB, nullable=False),
    Column("entry", BLOB, nullable=False),
    sqlite_strict=True,
)
Index("records_by_event", records.c.event_id, unique=True)
DECIDED: Final = text("verb IS NOT NULL")
Index("records_by_time", records.c.ts_ns, sqlite_where=DECIDED)
Index("records_by_verb", records.c.verb, records.c.ts_ns, sqlite_where=DECIDED)
Index("records_by_recipe", records.c.recipe, records.c.ts_ns, sqlite_where=DECIDED)
holdings = Table(
    "holdings",
    metadata,
    Column("token", INTEGER, primary_key=True),
    Column("position", INTEGER, primary_key=True),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
"""Which records belong to a subject. Brought up to date in long strides: see `Store.holdings`."""

refused = Table(
    "refused",
    metadata,
    Column("position", INTEGER, ForeignKey("records.position"), primary_key=True),
    Column("code", TEXT, nullable=False),
    Column("column", TEXT, nullable=False),
    Column("row", INTEGER, nullable=False),
    Column("shown", TEXT, nullable=False),
    Column("form", INTEGER, nullable=False),
    sqlite_strict=True,
)
snapshots = Table(
    "snapshots",
    metadata,
    Column("recipe", INTEGER, ForeignKey("recipes.number"), primary_key=True),
    Column("position", INTEGER, primary_key=True),
    Column("part", INTEGER, primary_key=True),
    Column("bytes", BLOB, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
subjects = Table(
    "subjects",
    metadata,
    Column("subject_type", TEXT, primary_key=True),
    Column("dense", INTEGER, primary_key=True),
    Column("digest", TEXT),
    Column("identifier", BLOB, nullable=False),
    Column("token", INTEGER, nullable=False),
    Column("key", BLOB, nullable=False),
    Column("form", INTEGER, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)


accesses = Table(
    "accesses",
    metadata,
    Column("position", INTEGER, primary_key=True),
    Column("token", INTEGER),
    Column("form", INTEGER, nullable=False),
    Column("record", BLOB, nullable=False),
    Column("entry", BLOB, nullable=False),
    sqlite_strict=True,
)
"""What the second log commits to: who read what for which purpose, what was erased, held, changed."""
Index("accesses_by_token", accesses.c.token, sqlite_where=text("token IS NOT NULL"))

holds = Table(
    "holds",
    metadata,
    Column("number", INTEGER, primary_key=True),
    Column("name", TEXT, nullable=False),
    Column("since_ns", INTEGER, nullable=False),
    Column("released_ns", INTEGER),
    Column("key", BLOB, nullable=False),
    Column("form", INTEGER, nullable=False),
    Column("sealed", BLOB, nullable=False),
    sqlite_strict=True,
)
"""Legal holds, each with its reason and drafts under a key of its own: no key of a subject opens them."""
Index("holds_by_name", holds.c.name)


def prepare(connection: Connection, where: str) -> None:
    """Make the tables in an empty file; raise NotAStore or NewerStore for what this version cannot use."""
    application = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
    version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if application == 0 and not connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema").scalar_one():
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        metadata.create_all(connection, checkfirst=False)
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION}")
        connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")
    elif application != APPLICATION:
        raise NotAStore(f"{where}: the file is a SQLite database and not a store")
    elif version > VERSION:
        raise NewerStore(f"{where}: the store has version {version}, this program knows up to {VERSION}")
    elif version < VERSION:
        raise OlderStore(
            f"{where}: the store has version {version}, from before records were sealed; this program reads {VERSION}"
        )


def settings(connection: DBAPIConnection, _record: object) -> None:
    """SQLite's settings, for each new connection.

    FULL in WAL mode syncs each commit: the log is not synced and leans on it. Pages of 16 KiB and a checkpoint each
    32 MiB took blocks of 4,096 records from 4.9 to 3.8 us a record.
    """
    cursor = connection.cursor()
    for pragma in (
        "page_size = 16384",
        "journal_mode = WAL",
        "synchronous = FULL",
        "wal_autocheckpoint = 2048",
        "cache_size = -65536",
        "secure_delete = ON",
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def lagging(connection: DBAPIConnection, _record: object) -> None:
    """Behind a journal: a power cut may take the last commits, never one and not those after it, and never half of one.

    In WAL mode NORMAL syncs when the write-ahead file goes into the database, and at no commit.
    """
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.close()
