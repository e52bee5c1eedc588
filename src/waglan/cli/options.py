"""What a person types, read: options that commands share, times, files that must be there, keys.

A path that is not what it should be is told with what was expected, what was found, and the name that is near.
"""

import os
from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from zoneinfo import ZoneInfo

import typer

from waglan.cli.console import note
from waglan.schema.recipe import Recipe, open_recipe
from waglan.schema.units import MINOR_DIGITS, BadValue

if TYPE_CHECKING:
    from waglan.book import Book
    from waglan.schema.batch import Batch
    from waglan.store.keys import KeySource

Json = Annotated[bool, typer.Option("--json", help="one JSON object in place of text")]
BookPath = Annotated[Path, typer.Argument(metavar="BOOK", help="directory of a book")]
Seed = Annotated[
    int | None, typer.Option(metavar="N", help="keys from this seed and not from chance: for demos and tests only")
]
Durability = Annotated[
    str, typer.Option(metavar="commit|relaxed", help="whether an answer waits until it survives a power cut")
]

NAMES_MAX: Final = 8
EVENTS: Final = "events (.parquet, .arrow, .csv, .jsonl)"
TRAINED: Final = ("recipe.toml", "model.json")


def time_ns(text: str, zone: str, option: str) -> int:
    """Nanoseconds UTC of a date or time, in the recipe's zone unless it names one."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadValue(f"{option} is a date or time such as 2026-03-01 or 2026-03-01T09:30, it was {text!r}") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return int(moment.timestamp()) * 1_000_000_000


def keys_of(seed: int | None) -> "KeySource":
    """Keys from the operating system's chance, or from a seed where the same must come out again."""
    from waglan.store.keys import RandomKeys, SeededKeys

    return RandomKeys(os.urandom) if seed is None else SeededKeys(seed)


def there(path: Path, what: str) -> Path:
    """The path, if a file or a pipe is there. BadValue says what was expected and what was found."""
    if path.exists() and not path.is_dir():
        return path
    if path.is_dir():
        raise BadValue(f"{path}: {what} was expected, this is a directory{holding(path)}")
    raise BadValue(f"{path}: no such file; {what} was expected{near(path)}")


def near(path: Path) -> str:
    """What lies where a path should have been."""
    if not path.parent.is_dir():
        return f"; there is no directory {path.parent} either"
    close = get_close_matches(path.name, _names(path.parent), 1, 0.6)
    return f"; did you mean {path.parent / close[0]}?" if close else holding(path.parent)


def holding(directory: Path) -> str:
    """The first names in a directory, as the end of a sentence."""
    names = _names(directory)
    if not names:
        return f"; {directory} is empty"
    more = f" and {len(names) - NAMES_MAX} more" if len(names) > NAMES_MAX else ""
    return f"; {directory} holds {', '.join(names[:NAMES_MAX])}{more}"


def _names(directory: Path) -> list[str]:
    return sorted(p.name for p in directory.iterdir() if not p.name.startswith("."))


def recipe_at(path: Path) -> tuple[Recipe, bytes]:
    """A recipe and its bytes; of a directory the recipe.toml in it."""
    return open_recipe(path / "recipe.toml" if (path / "recipe.toml").is_file() else there(path, "a recipe (.toml)"))


def trained_at(path: Path) -> tuple[Recipe, bytes, bytes]:
    """Recipe, its bytes and the model's bytes in a directory that `train` wrote, or that a book is."""
    missing = [name for name in TRAINED if not (path / name).is_file()]
    if missing:
        found = holding(path) if path.is_dir() else near(path)
        raise BadValue(
            f"{path}: a directory with {' and '.join(TRAINED)} was expected, as `waglan train` writes{found}"
        )
    recipe, data = open_recipe(path / "recipe.toml")
    return recipe, data, (path / "model.json").read_bytes()


def opened(path: Path, seed: int | None = None, durability: str = "commit") -> AbstractContextManager["Book"]:
    """The book in a directory; what opening it had to mend is told."""
    if not path.is_dir():
        raise BadValue(f"{path}: a book was expected (`waglan replay --data` makes one); nothing is there{near(path)}")
    if not (path / "store").is_dir() or not (path / "log").is_dir():
        is_trained = all((path / name).is_file() for name in TRAINED)
        hint = "; this is a trained recipe: give --data and --book to make a book" if is_trained else holding(path)
        raise BadValue(f"{path}: a book was expected, a directory with recipe.toml, model.json, store and log{hint}")
    from waglan.book import Book

    book = Book.open(path, keys_of(seed), durability=durability)
    for line in book.found:
        note(line)
    return book


def money_named(recipe: Recipe, name: str | None) -> tuple[str, str, int]:
    """Name, currency and digits of the money column that is asked for, or of the recipe's first of one currency."""
    single = {n: c.money for n, c in recipe.columns.items() if c.money in MINOR_DIGITS}
    if name is None and single:
        name = next(iter(single))
    if name not in single:
        raise BadValue(f"--amount is a money column of one currency ({told(single)}), it was {name!r}")
    currency = single[name]
    assert currency is not None
    return name, currency, MINOR_DIGITS[currency]


def told(names: Iterable[str]) -> str:
    """Names in a row, or that there are none."""
    return ", ".join(names) or "this recipe has none"


def tell_refused(batch: "Batch") -> None:
    """What could not be read, on stderr: each code with its count and the first rows."""
    from waglan.intake import summary

    for code, found in summary(batch)["by_code"].items():
        rows = "; ".join(f"row {r['position']} {r['column']} {r['shown']!r}" for r in found["first"])
        note(f"{found['count']:,} refused, {code}: {found['means']} ({rows})")
