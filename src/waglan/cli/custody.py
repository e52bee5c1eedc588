"""`waglan subject`, `erase`, `hold` and `expire`: a person's rights, and what may stand against them for a while."""

import getpass
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from waglan.cli.console import pairs, say, written
from waglan.cli.options import BookPath, Json, opened, there
from waglan.schema.units import BadValue

if TYPE_CHECKING:
    from waglan.govern.custody import Custody

Subject = Annotated[str, typer.Argument(metavar="SUBJECT", help="identifier of the person, as events name them")]
Type = Annotated[str | None, typer.Option("--type", metavar="TYPE", help="subject type, if not the recipe's own")]
Who = Annotated[str | None, typer.Option("--as", metavar="NAME", help="who asks; the user of this machine without it")]


def purpose_of(default: str) -> Any:
    """The option that says why somebody reads."""
    return typer.Option(metavar="NAME", help=f"a purpose of the registry; {default} without it")


@contextmanager
def entrusted(path: Path, who: str | None) -> Iterator["Custody"]:
    """The book in a directory, with its second log and registry, for whoever asks."""
    with opened(path) as book:
        from waglan.govern.custody import Custody

        with Custody(book, who or getpass.getuser(), time.time_ns) as custody:
            yield custody


def day(text: str | None, option: str) -> date:
    """A date that was typed; today by this machine's clock without one."""
    if text is None:
        return datetime.fromtimestamp(time.time(), UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadValue(f"{option} is a date such as 2026-03-01, it was {text!r}") from None


def subject(
    book: BookPath,
    subject: Subject,
    export: Annotated[Path, typer.Option("--export", "-o", metavar="FILE", help="where the answer goes, as JSON")],
    asked: Annotated[str | None, typer.Option(metavar="DATE", help="when the person asked; today without it")] = None,
    subject_type: Type = None,
    purpose: Annotated[str, purpose_of("access-request")] = "access-request",
    who: Who = None,
    as_json: Json = False,
) -> None:
    """Write all that is held of one person, in words.

    The answer is due 40 days after the person asked. How detection works, and what a hold holds, is no part of it.

    \b
    Example:
      waglan subject book A-100 --export answer.json --asked 2026-03-01
    """
    day_asked = day(asked, "--asked")
    with entrusted(book, who) as custody:
        import msgspec

        from waglan.cli.explanations import speaker
        from waglan.govern.subject import subject_file

        speak = speaker(custody.book.recipe.desk)
        told = subject_file(
            custody, subject, subject_type, day_asked, lambda event: speak(custody.book, event, "customer"), purpose
        )
        written(export, msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n")
    facts = {
        "decisions": len(told.decisions),
        "other_events": len(told.other_events),
        "history": len(told.history),
        "asked": told.asked,
        "due": told.due,
        "answer": str(export),
    }
    say(as_json, facts, lambda: pairs(f"all that is held of {subject}", facts))


def erase(
    book: BookPath,
    subject: Subject,
    subject_type: Type = None,
    purpose: Annotated[str, purpose_of("erasure-request")] = "erasure-request",
    who: Who = None,
    as_json: Json = False,
) -> None:
    """Forget a person: destroy the key to their records.

    Heads and proofs stay what they were; the line in the second log names nobody. Where records have to be kept the
    request is passed on, and the words are always the same. Status 1 if nothing was erased.

    \b
    Example:
      waglan erase book A-100
    """
    with entrusted(book, who) as custody:
        done = custody.erase(subject, subject_type, purpose)
    facts: dict[str, Any] = {"erased": done.erased, "records": done.records if done.erased else None}
    facts |= {"due": None if done.erased else done.due.isoformat(), "told": done.told}
    say(as_json, facts, lambda: [done.told])
    if not done.erased:
        raise typer.Exit(1)


def hold(
    book: BookPath,
    subject: Subject,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="place a hold, and why")] = None,
    draft: Annotated[Path | None, typer.Option(metavar="FILE", help="with --reason: a draft, kept apart")] = None,
    release: Annotated[bool, typer.Option("--release", help="lift every hold on the subject")] = False,
    purpose: Annotated[str, purpose_of("compliance")] = "compliance",
    who: Who = None,
    as_json: Json = False,
) -> None:
    """Place a legal hold on a person, show it, or lift it.

    A hold stops erasure and expiry. Its reason and its drafts lie under a key of their own, are no part of what the
    person is shown, and go when the person is erased.

    \b
    Examples:
      waglan hold book A-100 --reason "a report is drafted" --draft report.txt
      waglan hold book A-100 --release
    """
    if release and reason is not None:
        raise BadValue("--release lifts holds and --reason places one: one of the two")
    if draft is not None and reason is None:
        raise BadValue("--draft goes with --reason TEXT, which says why the hold is placed")
    with entrusted(book, who) as custody:
        if release:
            facts: dict[str, Any] = {"lifted": custody.release(subject, purpose)}
        elif reason is not None:
            data = None if draft is None else (draft.name, there(draft, "a draft").read_bytes())
            facts = {"hold": custody.hold(subject, reason, data, purpose)}
        else:
            found = custody.held(subject, purpose)
            facts = {
                "standing": sum(1 for each in found if each.released_ns is None),
                "reasons": [each.kept.reason for each in found],
                "drafts": [
                    f"{name}: {data.decode(errors='replace')}" for each in found for name, data in each.kept.drafts
                ],
            }
    say(as_json, facts, lambda: pairs(f"holds on {subject}", facts))


def expire(
    book: BookPath,
    today: Annotated[str | None, typer.Option(metavar="DATE", help="as of this day; today without it")] = None,
    purpose: Annotated[str, purpose_of("retention")] = "retention",
    who: Who = None,
    as_json: Json = False,
) -> None:
    """Destroy the keys of whoever was kept long enough.

    How long is in the registry: five years from the last event that names a person, four for refused values. Whoever is
    under a hold is kept.

    \b
    Example:
      waglan expire book --today 2031-06-30
    """
    as_of = day(today, "--today")
    with entrusted(book, who) as custody:
        gone = custody.expire(as_of, purpose)
    facts = {
        "subjects": gone.subjects,
        "records": gone.records,
        "refused_stripes": gone.refused_stripes,
        "kept": gone.kept,
    }
    say(as_json, facts, lambda: pairs(f"kept long enough on {as_of}", facts))
