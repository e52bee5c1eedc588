"""Books with real chance for keys, lived in by the small stream, and the search for what should not be there."""

import os
from collections.abc import Iterator
from pathlib import Path

from tests.engine.small import RECIPE, START_NS, batch_of_lines, small_model, stream
from waglan.book import Book
from waglan.govern.custody import Custody
from waglan.schema.recipe import read_recipe
from waglan.schema.units import DAY_NS
from waglan.store.keys import RandomKeys

KEYS = RandomKeys(os.urandom)
LINES = stream(6, 320)
HISTORY = 60
JOURNALED = 80
NOW_NS = START_NS + 30 * DAY_NS


def made(path: Path, history: int = HISTORY) -> Book:
    """A book with history and decisions, open; the last of them lie in its journal still."""
    recipe = RECIPE.encode()
    book = Book.create(path, recipe, small_model(read_recipe(recipe)).data, KEYS)
    batch = batch_of_lines(LINES)
    if history:
        book.warm(batch.slice(0, history))
    book.run(batch.slice(history, len(batch) - JOURNALED))
    book.close()
    book = Book.open(path, KEYS)
    book.run(batch.slice(len(batch) - JOURNALED, len(batch)))
    return book


def custody(book: Book, who: str = "officer") -> Custody:
    return Custody(book, who, lambda: NOW_NS)


def busiest(book: Book) -> str:
    """The payer with the most records."""
    store = book.engine.store
    tokens = store.vault.tokens("account").tolist()
    token = max(tokens, key=lambda token: len(store.holdings(token)))
    return store.vault.identifier("account", token)


def files(*roots: Path) -> Iterator[Path]:
    for root in roots:
        yield from (path for path in sorted(root.rglob("*")) if path.is_file())


def holding(needle: bytes, *roots: Path) -> list[str]:
    """The files that hold some bytes, as they are, in hexadecimal or in base64 letters of their own."""
    forms = (needle, needle.hex().encode())
    return [str(path) for path in files(*roots) if any(form in path.read_bytes() for form in forms)]
