"""`waglan prove` and `waglan verify`: one record against the root, and a whole book against itself."""

from pathlib import Path
from typing import Annotated

import typer

from waglan.book import Book
from waglan.cli.app import app, console, keys_of, pairs, progress, say, written
from waglan.engine.proofs import prove_event, verify_book
from waglan.ledger.proof import check, read_proof, write_proof
from waglan.schema.units import BadValue

Json = Annotated[bool, typer.Option("--json", help="One JSON object in place of text.")]


@app.command()
def prove(
    book: Annotated[Path, typer.Argument(help="directory of a book")],
    event_id: Annotated[str, typer.Argument(help="id of the event whose record is proved")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="where the proof goes; standard output without it")
    ] = None,
) -> None:
    """Write one self-contained proof that a record is in the log: record, salt, path, root.

    Example: waglan prove demo/book P0990001 -o proof.json
    """
    with Book.open(book, keys_of(None)) as opened:
        data = write_proof(prove_event(opened.engine, event_id))
    if out is None:
        console.print(data.decode(), soft_wrap=True, markup=False)
    else:
        written(out, data)


@app.command()
def verify(
    path: Annotated[Path, typer.Argument(help="a book's directory, or a proof file")],
    root: Annotated[
        str | None, typer.Option(help="the root you trust, in hex; without it a proof agrees with itself")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check a proof, or every record of a book against its commitment and the tree.

    Example: waglan verify proof.json --root 9f2c...
    """
    trusted = _hex(root)
    if path.is_dir():
        with Book.open(path, keys_of(None)) as opened, progress("checking", opened.engine.size) as step:
            found = verify_book(opened.engine, trusted, step)
        facts = {"records": found.records, "root": found.root, "bad": found.bad}
        say(
            as_json,
            facts,
            lambda: pairs("the book agrees with its log" if not found.bad else "the book does NOT agree", facts),
        )
        if found.bad:
            raise typer.Exit(1)
        return
    proof = read_proof(path.read_bytes())
    check(proof, trusted)
    facts = {"index": proof.index, "size": proof.size, "root": proof.root, "trusted_root": root is not None}
    say(as_json, facts, lambda: pairs("the proof holds", facts))


def _hex(root: str | None) -> bytes | None:
    try:
        return None if root is None else bytes.fromhex(root)
    except ValueError:
        raise BadValue(f"a root is 64 hexadecimal digits, it was {root!r}") from None
