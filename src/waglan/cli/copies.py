"""`waglan backup`, `restore`, `keys rotate`, `reindex` and `export`: copies, keys, and what can be made again."""

from pathlib import Path
from typing import Annotated, Final

import typer

from waglan.cli.console import pairs, progress, say
from waglan.cli.custody import Who, entrusted, purpose_of
from waglan.cli.options import BookPath, Json, opened

keys: Final = typer.Typer(help="The master key, which wraps everybody's.", no_args_is_help=True)


def backup(
    book: BookPath,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="a new directory for the copy")],
    keys: Annotated[
        Path | None, typer.Option("--keys", metavar="DIR", help="copy the keys too, into this directory, written anew")
    ] = None,
    as_json: Json = False,
) -> None:
    """Copy a book, also while it is in use.

    The copy holds no key. Keys are copied only when asked, apart, and each time in place of the copy before: so whoever
    is erased in the book is erased in old copies too.

    \b
    Example:
      waglan backup book copies/2026-03-01 --keys safe/keys
    """
    from waglan.govern.backup import backup as copied

    with progress("copying"):
        found = copied(book, out, keys)
    facts = {"records": found["records"], "keys": found["keys"] if keys else None, "copy": str(out)}
    say(as_json, facts, lambda: pairs(f"copied {book}", facts))


def restore(
    copy: Annotated[Path, typer.Argument(metavar="COPY", help="a directory that `waglan backup` wrote")],
    book: Annotated[Path, typer.Argument(metavar="BOOK", help="the book to make, a new directory")],
    keys: Annotated[Path, typer.Option("--keys", metavar="DIR", help="the copy of the keys")],
    as_json: Json = False,
) -> None:
    """Make a book from a copy and the copy of its keys.

    Whoever was erased before the keys were copied stays erased, whatever the copy still holds.

    \b
    Example:
      waglan restore copies/2026-03-01 book --keys safe/keys
    """
    from waglan.govern.backup import restore as made

    with progress("restoring"):
        found = made(copy, keys, book)
    facts = found | {"book": str(book)}
    say(as_json, facts, lambda: pairs(f"restored {copy}", facts))


@keys.command()
def rotate(
    book: BookPath,
    purpose: Annotated[str, purpose_of("security")] = "security",
    who: Who = None,
    as_json: Json = False,
) -> None:
    """Change the master key: wrap everybody's key anew, destroy the old one.

    \b
    Example:
      waglan keys rotate book
    """
    with entrusted(book, who) as custody:
        before, after = custody.rotate(purpose)
    facts = {"before": before, "now": after}
    say(as_json, facts, lambda: pairs("the master key was changed", facts))


def reindex(
    book: BookPath,
    check: Annotated[bool, typer.Option("--check", help="compare only; status 1 where it differs")] = False,
    as_json: Json = False,
) -> None:
    """Make the index of decisions anew from the records.

    Time, verb and score beside a record answer questions quickly and prove nothing.

    \b
    Example:
      waglan reindex book
    """
    with opened(book) as made:
        from waglan.store.index import compare, rebuild

        differing = compare(made.engine.store)
        facts = {"differing": len(differing), "first": differing[:8]}
        if not check:
            facts["lines"] = rebuild(made.engine.store)
    say(as_json, facts, lambda: pairs("the index", facts))
    if check and differing:
        raise typer.Exit(1)


def export(
    book: BookPath,
    out: Annotated[Path, typer.Argument(metavar="FILE", help="the Parquet file to write")],
    purpose: Annotated[str, purpose_of("audit")] = "audit",
    who: Who = None,
    as_json: Json = False,
) -> None:
    """Write what is not personal, as Parquet.

    Of every decision its month, verb, score, recipe and reasons; no time, amount or token, which find a person again.

    \b
    Example:
      waglan export book decisions.parquet
    """
    with entrusted(book, who) as custody:
        from waglan.govern.tables import export as write

        custody.allow("export", purpose)
        count = write(custody.book, out)
    facts = {"decisions": count, "file": str(out)}
    say(as_json, facts, lambda: pairs("what is not personal", facts))
