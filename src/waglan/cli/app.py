"""The command `waglan` and what its subcommands share: one way to print, one way to go wrong."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from waglan.ledger.log import LogError
from waglan.ledger.tree import BadProof
from waglan.schema.units import BadValue
from waglan.store.failure import StoreError
from waglan.store.keys import KeySource, RandomKeys, SeededKeys

app = typer.Typer(
    name="waglan",
    help="Automated financial decisions: explained, private, sealed, replayable.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
console: Final = Console(highlight=False)
aside: Final = Console(stderr=True, highlight=False)


def main() -> None:
    """Run the command line; anything that is a user's or the world's fault is one line on stderr, exit status 2."""
    try:
        app()
    except (BadValue, BadProof, LogError, StoreError) as error:
        aside.print(f"waglan: {error}", style="red", markup=False, soft_wrap=True)
        sys.exit(2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        aside.print(f"waglan: {error.filename or ''}: {error.strerror}", style="red", markup=False, soft_wrap=True)
        sys.exit(2)


def keys_of(seed: int | None) -> KeySource:
    """Keys from the operating system's chance, or from a seed for a demo that must come out the same."""
    return RandomKeys(os.urandom) if seed is None else SeededKeys(seed)


def say(as_json: bool, facts: Any, show: Callable[[], Any]) -> None:
    """Print facts as one JSON line, or what `show` makes of them for people."""
    if as_json:
        sys.stdout.buffer.write(msgspec.json.encode(facts) + b"\n")
        sys.stdout.buffer.flush()
    else:
        console.print(show())


def pairs(title: str, lines: dict[str, object]) -> Table:
    """Two columns, names and values, that line up."""
    table = Table(title=title, title_justify="left", title_style="bold", show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim")
    table.add_column()
    for name, value in lines.items():
        table.add_row(name, str(value))
    return table


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on stderr for long work; call it with the number done since the last call."""
    columns = (TextColumn("{task.description:<34}"), BarColumn(30), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=aside, transient=not aside.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.advance(task, done)


def time_ns(text: str, zone: str) -> int:
    """Nanoseconds of a date or time a person typed, in the recipe's zone unless it names one."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadValue(f"a date or time such as 2026-03-01 was expected, it was {text!r}") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return int(moment.timestamp()) * 1_000_000_000


def local(ts_ns: int, zone: str) -> str:
    """A time as people in the recipe's zone write it."""
    return datetime.fromtimestamp(ts_ns // 1_000_000_000, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")


def written(path: Path, data: bytes) -> None:
    """The file whole, or as it was: written beside and moved into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".new")
    try:
        beside.write_bytes(data)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


# The commands themselves; each module adds its own to `app`.
from waglan.cli import books, demo, proofs, recipes, worlds  # noqa: E402, F401
