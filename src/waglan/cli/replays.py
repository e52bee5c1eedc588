"""`waglan replay`: yesterday's events again, as a backtest, as an audit of a book, or under another recipe."""

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from waglan.cli.console import money, pairs, progress, say, table
from waglan.cli.market import WORD, replay_market
from waglan.cli.options import (
    EVENTS,
    Durability,
    Json,
    Seed,
    money_named,
    opened,
    recipe_at,
    tell_refused,
    there,
    time_ns,
    trained_at,
)
from waglan.schema.units import BadValue

if TYPE_CHECKING:
    from waglan.book import Book
    from waglan.engine.engine import Answer
    from waglan.engine.replay import Difference

TOP: Final = 10
"""Subjects that are shown; `--json` has every change."""


def replay(
    path: Annotated[Path, typer.Argument(metavar="BOOK", help="a book; with --data a directory that `train` wrote")],
    rates: Annotated[
        Path | None, typer.Argument(metavar="RATES", help="behind the word `market`: years of rates into a new book")
    ] = None,
    data: Annotated[Path | None, typer.Option(metavar="FILE", help="decide this file's events as if live")] = None,
    book: Annotated[Path | None, typer.Option(metavar="DIR", help="with --data: the book to make")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="with --data: what came before is history, not decided")
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option(metavar="OTHER", help="a trained directory or a recipe: what would change?")
    ] = None,
    amount: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="with --recipe: the money that is summed")
    ] = None,
    rows_only: Annotated[bool, typer.Option("--rows-only", help="audit from sealed rows alone")] = False,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="with RATES: the first day that is decided")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DATE", help="with RATES: the last day")] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="with RATES: the report's page, and its twin")
    ] = None,
    durability: Durability = "commit",
    seed: Seed = None,
    as_json: Json = False,
) -> None:
    """Run events again: a backtest, an audit, or a what-if.

    With --data a file is decided as if live, into a new book. Without it a book is audited: each decision is made again
    from its sealed row, and all of them from the events, to the same root. With --recipe another recipe decides the
    book's events, and what would have changed is told; a recipe without a model is tried with the book's own.

    Behind the word `market` rates - the ECB's zip, a CSV or Parquet - go day by day through a new market book: --recipe
    decides, with universe.json, trades.csv and assumed.toml beside it under its name; the other methods are shadows.
    What was lost is held against what each of them said.

    \b
    Examples:
      waglan replay trained --data world/events.parquet --since 2026-02-27 --book book
      waglan replay book
      waglan replay book --recipe stricter.toml
      waglan replay market eurofxref-hist.zip --recipe fx-hkd.toml --book fx --from 2004-01-01
    """
    if rates is not None:
        if str(path) != WORD or data is not None or since is not None or amount is not None or rows_only:
            raise BadValue(
                f"RATES go behind the word market, with --recipe, --book and --from alone, was {path} {rates}"
            )
        replay_market(rates, recipe, book, first, last, html, seed, durability, as_json)
        return
    if first is not None or last is not None or html is not None:
        raise BadValue("--from, --to and --html go with RATES, as `waglan replay market RATES`")
    if str(path) == WORD and not path.exists():
        raise BadValue(
            "behind the word market go RATES, as `waglan replay market eurofxref-hist.zip --recipe FILE ...`"
        )
    if data is not None:
        if book is None or recipe is not None or rows_only:
            raise BadValue("--data makes a book: it needs --book DIR, and goes with neither --recipe nor --rows-only")
        _backtest(path, data, book, since, seed, durability, as_json)
        return
    if book is not None or since is not None:
        raise BadValue("--book and --since go with --data FILE, the events to decide")
    if recipe is not None:
        _what_if(path, recipe, amount, as_json)
    else:
        _audit(path, rows_only, as_json)


def _backtest(
    trained: Path, data: Path, target: Path, since: str | None, seed: int | None, durability: str, as_json: bool
) -> None:
    recipe, recipe_bytes, model_bytes = trained_at(trained)
    there(data, EVENTS)
    if (target / "recipe.toml").exists():
        raise BadValue(f"{target}: there is a book already; choose another directory for --book, or remove it")
    since_ns = None if since is None else time_ns(since, recipe.zone, "--since")
    from waglan.book import Book
    from waglan.cli.options import keys_of
    from waglan.intake import read

    with progress(f"reading {data.name}"):
        batch = read(data, recipe)
    tell_refused(batch)
    start = 0 if since_ns is None else int(batch.ts_ns.searchsorted(since_ns))
    with Book.create(target, recipe_bytes, model_bytes, keys_of(seed), durability) as made:
        if start:
            with progress("observing history"):
                made.warm(batch.slice(0, start))
        began = time.perf_counter()
        with progress("deciding as if live", len(batch) - start) as step:
            answers = made.run(batch.slice(start, len(batch)), progress=step)
        facts = {"history": start} | counted(answers, made, time.perf_counter() - began)
    say(as_json, facts, lambda: pairs(f"decided into {target}", facts))


def counted(answers: "Sequence[Answer]", book: "Book", seconds: float) -> dict[str, Any]:
    """What became of a stretch of events, and where its log stands."""
    verbs = Counter(a.verb for a in answers if a.verb and not a.duplicate)
    decided = sum(verbs.values())
    return {
        "events": len(answers),
        "decided": decided,
        **{verb: verbs[verb] for verb in book.recipe.policy.verbs},
        "observed": sum(1 for a in answers if a.verb is None and a.refusal is None and not a.duplicate),
        "refused": sum(1 for a in answers if a.refusal is not None and not a.duplicate),
        "duplicates": sum(1 for a in answers if a.duplicate),
        "decisions_a_second": round(decided / seconds) if seconds else 0,
        "log_entries": book.engine.log.size,
        "log_bytes": book.engine.log.bytes_on_disk,
        "root": book.engine.log.root().hex(),
    }


def _audit(path: Path, rows_only: bool, as_json: bool) -> None:
    with opened(path) as book:
        from waglan.engine.replay import replay_events, replay_rows

        engine = book.engine
        with progress("deciding from sealed rows", engine.store.size) as step:
            rows = replay_rows(engine.judge, engine.store, step)
        facts: dict[str, Any] = {
            "checked_from_rows": rows.from_rows,
            "differing_from_rows": rows.differing,
        }
        good = not rows.differing
        if not rows_only:
            second = book.again()
            with progress("deciding from events", engine.store.size) as step:
                events = replay_events(second, engine.store, engine.log, second.size, step)
            facts |= {
                "checked_from_events": events.from_events,
                "differing_from_events": events.differing,
                "checked_only_from_rows": events.only_rows,
                "erased": events.erased,
                "root_again": events.replayed_root,
            }
            good = good and events.same
        facts |= {"root": engine.log.root().hex(), "same": good}
    title = "every decision comes out again" if good else "NOT the same: positions in the log that differ are below"
    say(as_json, facts, lambda: pairs(title, facts))
    if not good:
        raise typer.Exit(1)


def _what_if(path: Path, other: Path, amount: str | None, as_json: bool) -> None:
    recipe, recipe_bytes = recipe_at(other)
    model = (other if other.is_dir() else other.parent) / "model.json"
    with opened(path) as book:
        from waglan.engine.replay import what_if

        name, currency, digits = money_named(book.recipe, amount)
        model_bytes = model.read_bytes() if model.is_file() else book.engine.judge.model.data  # type: ignore[attr-defined]
        with progress("observing history"):
            judge = book.challenger(recipe_bytes, model_bytes)
        with progress("deciding by the other recipe"):
            changes = list(what_if(judge, book.engine.store, name))
        decided = sum(1 for _ in book.engine.store.decisions())
    moves, people = moved(changes), by_subject(changes)

    def lines() -> list[str]:
        if not changes:
            return [f"{recipe.name} would have decided all {decided:,} as they were"]
        if book.recipe.risk is not None:  # a market book's decisions are nobody's, and its money is a waiver's
            head = f"{len(changes):,} of {decided:,} decisions would change"
            return table(head, ("from", "to", "decisions"), [(m["before"], m["after"], m["decisions"]) for m in moves])
        total = sum(c.amount or 0 for c in changes)
        head = f"{len(changes):,} of {decided:,} decisions would change, {money(total, currency, digits)} in {name}"
        shown = [(m["before"], m["after"], m["decisions"], m["people"], _told(m, currency, digits)) for m in moves]
        whom = [(_token(p["token"]), p["decisions"], p["moves"], _told(p, currency, digits)) for p in people[:TOP]]
        return [
            *table(head, ("from", "to", "decisions", "people", "amount"), shown),
            "",
            *table("for whom, largest sums first", ("subject's token", "decisions", "moves", "amount"), whom),
        ]

    facts = {"decided": decided, "amount": name, "currency": currency, "moves": moves, "people": people}
    say(as_json, facts | {"changes": changes}, lines)


def _token(token: int | None) -> str:
    """As explanations write it."""
    return "nobody" if token is None else f"{token:016x}"


def _told(line: dict[str, Any], currency: str, digits: int) -> str:
    return money(line["amount_minor"], currency, digits)


def moved(changes: "Sequence[Difference]") -> list[dict[str, Any]]:
    """Changes by verb before and after: decisions, people and money of each; the largest sum first."""
    groups: dict[tuple[str, str], list[Difference]] = {}
    for change in changes:
        groups.setdefault((change.before, change.after), []).append(change)
    lines = [
        {
            "before": before,
            "after": after,
            "decisions": len(found),
            "people": len({c.token for c in found}),
            "amount_minor": sum(c.amount or 0 for c in found),
        }
        for (before, after), found in groups.items()
    ]
    return sorted(lines, key=lambda m: (-m["amount_minor"], m["before"], m["after"]))


def by_subject(changes: "Sequence[Difference]") -> list[dict[str, Any]]:
    """Changes by the subject they concern: how many, which, and the money; the largest sum first."""
    groups: dict[int | None, list[Difference]] = {}
    for change in changes:
        groups.setdefault(change.token, []).append(change)
    lines = [
        {
            "token": token,
            "decisions": len(found),
            "moves": ", ".join(sorted({f"{c.before} to {c.after}" for c in found})),
            "amount_minor": sum(c.amount or 0 for c in found),
        }
        for token, found in groups.items()
    ]
    return sorted(lines, key=lambda p: (-p["amount_minor"], str(p["token"])))
