"""`waglan breaches`: what passed a limit, who saw it, who let it stand; and the two things people can do about it."""

from collections import Counter
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from waglan.cli.console import money, pairs, say, table
from waglan.cli.custody import Who, entrusted, purpose_of
from waglan.cli.options import BookPath, Json, time_ns
from waglan.schema.units import MINOR_DIGITS, BadValue

LISTING = "list"


class Listed(TyperGroup):
    """A group whose first argument may be a book: `waglan breaches BOOK` is `waglan breaches list BOOK`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As the group's, with the listing put in front of what is none of its commands."""
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = [LISTING, *args]
        return super().parse_args(ctx, args)


commands = typer.Typer(
    cls=Listed,
    no_args_is_help=True,
    help="Breaches of limits: list them, acknowledge one, waive one.",
)

BreachId = Annotated[str, typer.Argument(metavar="ID", help="the decision that raised it, as the list names it")]
LimitCode = Annotated[
    str | None, typer.Option("--limit", metavar="CODE", help="which limit, where the decision passed several")
]


@commands.command(LISTING)
def listed(
    book: BookPath,
    open_only: Annotated[bool, typer.Option("--open", help="only those that are not within the limit again")] = False,
    language: Annotated[
        str | None, typer.Option("-l", "--language", metavar="LANG", help="tell each in words: en, zh-Hant, zh-Hans")
    ] = None,
    purpose: Annotated[str, purpose_of("limits")] = "limits",
    who: Who = None,
    as_json: Json = False,
) -> None:
    """List the breaches of a market book, oldest first, as they stand now.

    A breach is raised by the first decision that passes a limit and ends with the first fill or measure within it. Its
    state is raised, acknowledged, waived, overdue or cured; `order` means that only orders were stopped.

    \b
    Examples:
      waglan breaches list book
      waglan breaches book --open -l zh-Hant
    """
    with entrusted(book, who) as custody:
        from waglan.govern import waivers
        from waglan.govern.breach_words import LANGUAGES, words_of

        if language is not None and language not in LANGUAGES:
            raise BadValue(f"--language is one of {', '.join(LANGUAGES)}, it was {language!r}")
        recipe = custody.book.recipe
        found = waivers.read(custody, open_only, purpose)
        facts = [waivers.facts_of(custody, one) | {"words": words_of(recipe, one)} for one in found]
        home = recipe.risk.home if recipe.risk is not None else "HKD"
    say(as_json, {"breaches": facts}, lambda: _told(facts, home, language))


@commands.command("acknowledge")
def acknowledge(
    book: BookPath,
    breach: BreachId,
    by: Annotated[str, typer.Option(metavar="NAME", help="who saw it; the registry lets them acknowledge")],
    limit: LimitCode = None,
    purpose: Annotated[str, purpose_of("limits")] = "limits",
    who: Who = None,
    as_json: Json = False,
) -> None:
    """Say that a person saw a breach.

    It is an event beside the decision, ID/acknowledge, sealed and replayed like any other.

    \b
    Example:
      waglan breaches acknowledge book T17 --by "Wong Mei"
    """
    with entrusted(book, who) as custody:
        from waglan.govern import waivers

        at = waivers.acknowledge(custody, breach, by, limit, purpose)
        facts = {"breach": breach, "acknowledged_by": by, "position": at, "root": custody.book.engine.log.root().hex()}
    say(as_json, facts, lambda: pairs(f"{breach} is acknowledged", facts))


@commands.command("waive")
def waive(
    book: BookPath,
    breach: BreachId,
    amount: Annotated[str, typer.Option(metavar="AMOUNT", help="the hard limit until then, in the home currency")],
    until: Annotated[str, typer.Option(metavar="TIME", help="when the waiver ends")],
    maker: Annotated[str, typer.Option(metavar="NAME", help="who lets it stand; the registry lets them make")],
    checker: Annotated[str, typer.Option(metavar="NAME", help="somebody else; the registry lets them check")],
    reason: Annotated[str, typer.Option(metavar="CODE", help="a reason of the recipe's list")],
    limit: LimitCode = None,
    purpose: Annotated[str, purpose_of("limits")] = "limits",
    who: Who = None,
    as_json: Json = False,
) -> None:
    """Let a breach stand for a while, by two people who are not the trader concerned.

    It is an event beside the decision, ID/waiver. Until it ends the hard limit of that book, trader or counterparty is
    the amount; the recipe says how much and how long at most.

    \b
    Example:
      waglan breaches waive book T17 --amount 52000000 --until 2026-03-05 --maker Chan --checker Lee \\
        --reason client_flow
    """
    with entrusted(book, who) as custody:
        from waglan.govern import waivers

        recipe = custody.book.recipe
        home = recipe.risk.home if recipe.risk is not None else "HKD"
        minor, until_ns = _minor(amount, MINOR_DIGITS[home]), time_ns(until, recipe.zone, "--until")
        at = waivers.waive(custody, breach, minor, until_ns, maker, checker, reason, limit, purpose)
        facts: dict[str, Any] = {"breach": breach, "amount_minor": minor, "until": until, "maker": maker}
        facts |= {"checker": checker, "reason": reason, "position": at}
        facts["root"] = custody.book.engine.log.root().hex()
    say(as_json, facts, lambda: pairs(f"{breach} is waived", facts))


def _minor(text: str, digits: int) -> int:
    """An amount that was typed, in minor units."""
    whole, point, rest = text.replace(",", "").partition(".")
    fits = whole.isascii() and whole.isdigit() and len(whole) < 17 and len(rest) <= digits and bool(point) == bool(rest)
    if not fits or (rest and not (rest.isascii() and rest.isdigit())):
        raise BadValue(f"--amount is a number such as 52000000 or 1250.50, it was {text!r}")
    return int(whole + rest.ljust(digits, "0"))


def _told(facts: list[dict[str, Any]], home: str, language: str | None) -> list[str]:
    if not facts:
        return ["no limit was passed"]
    if language is not None:
        return [line for one in facts for line in (f"{one['id']}  {one['limit']}", *_indented(one["words"][language]))]
    digits = MINOR_DIGITS[home]
    rows = [
        (
            one["id"], one["limit"], one["grade"], one.get("key", ""), one["state"], one["stage"], one["raised"],
            money(one["worst_minor"], home, digits), money(one["limit_minor"], home, digits), one.get("due", ""),
        ) for one in facts
    ]  # fmt: skip
    counted = Counter(one["state"] for one in facts)
    title = f"{len(facts):,} breaches: " + ", ".join(f"{count:,} {state}" for state, count in sorted(counted.items()))
    heads = ("raised by", "limit", "grade", "of", "state", "stage", "raised", "worst", "limit was", "due")
    return table(title, heads, rows)


def _indented(lines: list[str]) -> list[str]:
    return [f"  {line}" for line in lines]
