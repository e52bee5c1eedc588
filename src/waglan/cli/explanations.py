"""`waglan explain`: why an event was decided as it was, for one of two readers and never for both."""

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from waglan.cli.console import say
from waglan.cli.options import BookPath, Json, opened
from waglan.schema.units import BadValue

if TYPE_CHECKING:
    from waglan.book import Book


class Audience(StrEnum):
    """Who reads."""

    customer = "customer"
    analyst = "analyst"


class Language(StrEnum):
    """English, Traditional Chinese, Simplified Chinese."""

    en = "en"
    zh_hant = "zh-Hant"
    zh_hans = "zh-Hans"


def explain(
    book: BookPath,
    event_id: Annotated[str, typer.Argument(metavar="ID", help="id of a decided event")],
    audience: Annotated[Audience, typer.Option("--for", help="who reads; what one may read the other does not see")],
    language: Annotated[Language, typer.Option("--language", "-l", help="which script")] = Language.en,
    as_json: Json = False,
) -> None:
    """Say why an event was decided as it was.

    A customer reads what was done, the topics that led to it and how to ask for a person; an analyst reads score, parts
    by concept, rules and lists. --json has all three scripts.

    \b
    Examples:
      waglan explain book P0053000 --for analyst
      waglan explain book P0053000 --for customer -l zh-Hant
    """
    with opened(book) as made:
        words = speaker(made.recipe.desk)(made, event_id, audience.value)
    facts = {"id": event_id, "for": audience.value, "words": words}
    say(as_json, facts, lambda: [words[language.value]])


def speaker(desk: str) -> "Callable[[Book, str, str], dict[str, str]]":
    """Who speaks for a desk: (book, event id, audience) -> words by language."""
    if desk == "fraud":
        from waglan.desks.fraud.findings import explanation

        return explanation
    raise BadValue(f"the recipe's desk is {desk!r}; the desks that can explain are: fraud")
