"""The command `waglan`: its subcommands in the order in which a newcomer meets them, and one way to go wrong."""

import os
import sys
from collections.abc import Sequence
from typing import Final

import typer

from waglan.cli import breaches, copies, recipes
from waglan.cli.comparisons import compare
from waglan.cli.console import complain
from waglan.cli.copies import backup, export, reindex, restore
from waglan.cli.custody import erase, expire, hold, subject
from waglan.cli.decisions import decide, verdicts
from waglan.cli.explanations import explain
from waglan.cli.fairness import fairness
from waglan.cli.proofs import check, prove, verify
from waglan.cli.publishing import publish
from waglan.cli.recourses import recourse
from waglan.cli.replays import replay
from waglan.cli.reviews import appeal, override
from waglan.cli.training import train
from waglan.cli.validation import validate
from waglan.cli.witness import witness
from waglan.cli.worlds import demo, world
from waglan.schema.units import BadValue

app: Final = typer.Typer(
    name="waglan",
    help="Automated financial decisions: explained, private, sealed, replayable.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (
    demo,
    world,
    train,
    compare,
    validate,
    replay,
    decide,
    explain,
    recourse,
    prove,
    check,
    verify,
    verdicts,
    override,
    appeal,
    publish,
    witness,
):
    app.command()(command)
for about in (subject, erase, hold, expire, backup, restore, reindex, export):
    app.command()(about)
app.command()(fairness)
app.add_typer(breaches.commands, name="breaches")
app.add_typer(recipes.commands, name="recipe")
app.add_typer(copies.keys, name="keys")


def main() -> None:
    """The console script."""
    status = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        status = _nobody_reads()
    sys.exit(status)


def run(arguments: Sequence[str]) -> int:
    """Run one command line; its exit status: 0, 1 where a check failed, 2 for a mistake in what was typed or is there.

    What a person or the world did wrong is one line on stderr; a traceback is a fault of ours.
    """
    try:
        app(list(arguments), prog_name="waglan")
    except SystemExit as left:
        return int(left.code or 0)
    except BrokenPipeError:
        return _nobody_reads()
    except Exception as error:
        if (line := mistake(error)) is None:
            raise
        complain(line)
        return 2
    return 0


def mistake(error: Exception) -> str | None:
    """The line that tells an error to a person; None for what is our own fault."""
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)
    if isinstance(error, BadValue):
        return str(error)
    from waglan.ledger.failure import LogError
    from waglan.ledger.tree import BadProof
    from waglan.store.failure import StoreError

    return str(error) if isinstance(error, BadProof | LogError | StoreError) else None


def _nobody_reads() -> int:
    """Whoever read our output left: say nothing more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1
