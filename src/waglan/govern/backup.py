"""A copy of a book while it runs, and a book from a copy.

A copy has everything but keys: recipe, model, history, log, access log, and the store as SQLite's own backup gives it,
in which the wrapped keys are taken out. Keys are copied apart, into a directory that is written anew each time, so that
there is one copy of them and not one for each day. Then whoever is erased in the book is erased in every copy, old ones
too, as soon as the copy of the keys is renewed: an older copy has their ciphertext and nobody has their key.

The log is copied before the store. The store has every record that the log has an entry of, and restoring appends to
the log what came between the two copies.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from waglan.ledger.disk import FileDisk
from waglan.ledger.journal import begun
from waglan.schema.units import BadValue
from waglan.store.master import destroy

STORE: Final = Path("store") / "store.sqlite"
FILES: Final = ("recipe.toml", "model.json", "history.parquet", "registry.toml")
LOGS: Final = ("log", "access")
KEYS: Final = "subjects.sqlite"
"""In a copy of the keys: each subject's key and each hold's, wrapped as in the store."""

TABLES: Final = {"subjects": ("subject_type", "dense"), "holds": ("number",)}


def backup(book: Path, out: Path, keys: Path | None = None) -> dict[str, int]:
    """Copy a book into a new directory, and its keys, if asked, into one that is written anew. Counts of both.

    The book may be in use. Raises BadValue if `out` is there, or would lie within the book.
    """
    if not (book / STORE).is_file():
        raise BadValue(f"{book}: a book was expected, with {STORE} in it")
    for target in (out, keys):
        if target is not None and book.resolve() in (target.resolve(), *target.resolve().parents):
            raise BadValue(f"{target}: a copy goes elsewhere than into the book")
    if out.exists():
        raise BadValue(f"{out}: there is something already; a copy is a new directory")
    _copied_logs(book, out)
    for name in FILES:
        if (book / name).exists():
            shutil.copyfile(book / name, out / name)
    (out / "store").mkdir(mode=0o700)
    with _opened(out / STORE) as copy:
        with closing(sqlite3.connect(f"file:{book / STORE}?mode=ro", uri=True)) as source:
            source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        count = 0 if keys is None else _copied_keys(copy, book, keys)
        copy.execute("PRAGMA secure_delete = ON")
        for table in TABLES:
            copy.execute(f"UPDATE {table} SET key = x'' WHERE form = 1")  # noqa: S608
        records: int = copy.execute("SELECT count(*) FROM records").fetchone()[0]
        copy.commit()
        copy.execute("VACUUM")
    return {"records": records, "keys": count}


def restore(copy: Path, keys: Path, book: Path) -> dict[str, int]:
    """A book from a copy and a copy of its keys; what was erased before the keys were copied stays erased.

    Raises BadValue if a book is there, or one of the two is not a copy.
    """
    if book.exists():
        raise BadValue(f"{book}: there is something already; a book is restored into a new directory")
    if not (copy / STORE).is_file() or not (keys / KEYS).is_file():
        raise BadValue(f"{copy}, {keys}: a copy of a book and a copy of its keys were expected")
    shutil.copytree(copy, book)
    shutil.copytree(keys, book / "keys", ignore=shutil.ignore_patterns(KEYS))
    (book / "keys").chmod(0o700)
    with _opened(book / STORE) as store:
        store.execute("ATTACH DATABASE ? AS k", (str(keys / KEYS),))
        for table, names in TABLES.items():
            same = " AND ".join(f"k.{table}.{name} = main.{table}.{name}" for name in names)
            found = f"SELECT key FROM k.{table} WHERE {same}"  # noqa: S608
            store.execute(f"UPDATE {table} SET key = ifnull(({found}), x'') WHERE form = 1")  # noqa: S608
        store.execute(
            "UPDATE facts SET value = (SELECT value FROM k.facts WHERE name = 'master') WHERE name = 'master'"
        )
        lost = store.execute(
            "UPDATE subjects SET form = 2, identifier = x'', digest = NULL WHERE form = 1 AND key = x''"
        ).rowcount
        store.execute("DELETE FROM holds WHERE form = 1 AND key = x''")
        records = store.execute("SELECT count(*) FROM records").fetchone()[0]
        store.commit()
        store.execute("DETACH DATABASE k")
    begun(FileDisk(), book / "journal")
    return {"records": records, "subjects_without_key": lost}


def _copied_logs(book: Path, out: Path) -> None:
    """Heads before tiles: whatever is added meanwhile, every tile that a copied head covers is copied."""
    for name in LOGS:
        if not (book / name).is_dir():
            continue
        (out / name).mkdir(parents=True)
        for head in ("checkpoint",):
            if (book / name / head).exists():
                shutil.copyfile(book / name / head, out / name / head)
        for path in sorted((book / name).rglob("*")):
            target = out / name / path.relative_to(book / name)
            if path.is_file() and path.name not in ("lock", "checkpoint") and not path.name.endswith(".new"):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)


def _copied_keys(store: sqlite3.Connection, book: Path, keys: Path) -> int:
    """Master key and wrapped keys into a directory that had, if anything, an older copy of them."""
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in sorted(keys.iterdir()):
        destroy(old)
    for path in sorted((book / "keys").iterdir()):
        if path.is_file():
            shutil.copyfile(path, keys / path.name)
            (keys / path.name).chmod(0o600)
    (keys / KEYS).touch(mode=0o600)
    store.execute("ATTACH DATABASE ? AS k", (str(keys / KEYS),))
    count = 0
    for table, names in TABLES.items():
        chosen = ", ".join((*names, "key"))
        store.execute(f"CREATE TABLE k.{table} AS SELECT {chosen} FROM main.{table} WHERE form = 1")  # noqa: S608
        count += store.execute(f"SELECT count(*) FROM k.{table}").fetchone()[0]  # noqa: S608
    store.execute("CREATE TABLE k.facts AS SELECT * FROM main.facts")
    store.commit()
    store.execute("DETACH DATABASE k")
    return count


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    path.touch(mode=0o600, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        yield connection
