"""`waglan prove` and `waglan verify`: one record against the root, and a whole book against itself."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from waglan.cli.console import pairs, progress, say, written
from waglan.cli.options import BookPath, Json, opened, there
from waglan.schema.units import BadValue

if TYPE_CHECKING:
    from waglan.ledger.proof import Proof


def prove(
    book: BookPath,
    event_id: Annotated[str, typer.Argument(metavar="ID", help="id of the event whose record is proved")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="where the proof goes; else standard output")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write one proof that a record is in the log.

    The proof holds the record, its salt, its path and the root. Whoever has it can read this record and no other, and
    can check it without the book.

    \b
    Example:
      waglan prove book P0053000 -o proof.json
    """
    with opened(book) as made:
        from waglan.engine.proofs import prove_event
        from waglan.ledger.proof import write_proof

        proof = prove_event(made.engine, event_id)
    data = write_proof(proof)
    if out is None:
        print(data.decode().rstrip("\n"))
        return
    written(out, data)
    facts = {"event": event_id, "index": proof.index, "size": proof.size, "root": proof.root, "proof": str(out)}
    say(as_json, facts, lambda: pairs(f"proved, under {proof.size:,} entries", facts))


def verify(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="a proof, or the directory of a book")],
    root: Annotated[
        str | None,
        typer.Option(metavar="HEX", help="the root you trust; without it things agree with themselves"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check a proof, or every record of a book.

    Of a proof: salt and record give the commitment, entry and path give the root. Of a book: every record is opened
    against its entry, and the entries against the root. Status 1 where something does not agree.

    \b
    Examples:
      waglan verify proof.json --root 4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a
      waglan verify book
    """
    trusted = _trusted(root)
    if path.is_dir():
        _book(path, trusted, as_json)
    else:
        _proof(there(path, "a proof (.json) or a book"), trusted, as_json)


def _book(path: Path, trusted: bytes | None, as_json: bool) -> None:
    with opened(path) as book:
        from waglan.engine.proofs import verify_book

        with progress("checking records", book.engine.size) as step:
            found = verify_book(book.engine, trusted, step)
    facts = {"records": found.records, "root": found.root, "root_trusted": trusted is not None, "bad": found.bad}
    title = "the book does NOT agree with its log" if found.bad else "every record is what the log committed to"
    say(as_json, facts, lambda: pairs(title, facts))
    if found.bad:
        raise typer.Exit(1)


def _proof(path: Path, trusted: bytes | None, as_json: bool) -> None:
    from waglan.ledger.proof import check, read_proof
    from waglan.ledger.tree import BadProof

    proof = read_proof(path.read_bytes())
    why = None
    try:
        check(proof, trusted)
    except BadProof as error:
        why = str(error)
    facts: dict[str, Any] = {"holds": why is None, "root_trusted": trusted is not None}
    facts |= {"why_not": why} if why else proved(proof)
    facts |= {"index": proof.index, "size": proof.size, "root": proof.root}
    title = "the proof holds" if trusted else "the proof holds, under its own root: compare it with one you trust"
    say(as_json, facts, lambda: pairs("the proof does NOT hold" if why else title, facts))
    if why:
        raise typer.Exit(1)


def proved(proof: "Proof") -> dict[str, Any]:
    """What a proof that holds shows: of a decision its event, verb and score; of another record its kind."""
    from waglan.ledger.entry import DECISION, KINDS, OBSERVATION, decode_entry
    from waglan.schema.records import decode_decision, decode_observation

    kind, record = decode_entry(bytes.fromhex(proof.entry)).kind, bytes.fromhex(proof.record)
    if kind == DECISION:
        made = decode_decision(record)
        verbs = ", ".join(action.verb for action in made.actions)
        return {"event": made.event.id, "decided": verbs, "score_micro": made.score_micro, "reasons": made.reasons}
    if kind == OBSERVATION:
        event = decode_observation(record).event
        return {"event": event.id, "observed": event.kind}
    return {"record": KINDS[kind]}


def _trusted(root: str | None) -> bytes | None:
    try:
        given = None if root is None else bytes.fromhex(root)
    except ValueError:
        given = b""
    if given is not None and len(given) != 32:
        raise BadValue(f"--root is 64 hexadecimal digits, it was {root!r}")
    return given
