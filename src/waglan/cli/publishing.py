"""`waglan publish`: a book's signed head, shown, and cosigned by witnesses that were asked."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from waglan.cli.console import pairs, say
from waglan.cli.options import BookPath, Json, opened
from waglan.cli.witness import post_to

if TYPE_CHECKING:
    from waglan.book import Witnessing


def publish(
    book: BookPath,
    witness: Annotated[
        list[str] | None,
        typer.Option(metavar="'URL VKEY'", help="a witness to ask, and the public key that it is trusted by"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a book's log safe and show its signed head.

    Everything sealed is on disk, the directory `log` holds its tiles and the head; what lies there is for anyone, and
    `waglan verify` or any tlog client reads it. Witnesses are asked to cosign the head first: whoever trusts one knows
    that nobody is shown another history.

    \b
    Examples:
      waglan publish book
      waglan publish book --witness "http://127.0.0.1:8730 $WITNESS_VKEY"
    """
    with opened(book) as made:
        head = made.publish([_asked(text) for text in witness or []])
    _, size, root, *_ = head.text.split("\n")
    names = [signature.name for signature in head.signatures]
    facts: dict[str, Any] = {
        "entries": int(size), "root": root, "key": made.writer.signer.verifier.text, "signed_by": names,
        "checkpoint": str(made.path / "log" / "checkpoint"),
    }  # fmt: skip
    say(as_json, facts, lambda: pairs(f"{int(size):,} entries are shown", facts))


def _asked(text: str) -> "Witnessing":
    from waglan.ledger.cosignature import read_cosigner
    from waglan.ledger.key import BadNote

    url, _, key = text.partition(" ")
    if not key:
        raise BadNote(f"--witness is an address and a key, 'http://127.0.0.1:8730 NAME+ID+KEY'; it was {text!r}")
    return read_cosigner(key.strip()), post_to(url)
