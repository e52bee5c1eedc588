"""`waglan train`, `replay`, `decide`, `explain`, `verdicts`: a recipe becomes a model, a model a book."""

import sys
import time
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final

import msgspec
import typer
from rich.table import Table

from waglan.book import Book
from waglan.cli.app import app, aside, keys_of, pairs, progress, say, time_ns, written
from waglan.desks.fraud.findings import explanation
from waglan.engine.engine import Answer
from waglan.engine.judge import Judge
from waglan.engine.replay import dense_values, replay_events, replay_rows, what_if
from waglan.engine.training import train as fit
from waglan.engine.verdicts import verdict_batch
from waglan.intake import Reader, message, read, summary
from waglan.models.model import Model
from waglan.schema.batch import Batch
from waglan.schema.recipe import Recipe, open_recipe, read_recipe
from waglan.schema.units import BadValue

DESKS: Final = {"fraud": explanation}
"""Who speaks for a desk: (book, event id, audience) -> words by language."""

Json = Annotated[bool, typer.Option("--json", help="One JSON object in place of text.")]
BookPath = Annotated[Path, typer.Argument(help="directory of a book")]
Seed = Annotated[int | None, typer.Option(help="keys from this seed and not from chance: for demos and tests only")]


def read_all(files: list[Path], recipe: Recipe) -> Batch:
    """One file's events; several files are read one after the other and must already follow each other in time."""
    if len(files) != 1:
        raise BadValue(f"one file was expected, there were {len(files)}; merge them, sorted by time, first")
    with progress(f"reading {files[0].name}", 1) as step:
        batch = read(files[0], recipe)
        step(1)
    return batch


def told_refusals(batch: Batch) -> None:
    """What could not be read, on stderr."""
    found = summary(batch)
    for code, lines in found["by_code"].items():
        first = "; ".join(f"row {x['position']} {x['column']} {x['shown']!r}" for x in lines["first"])
        aside.print(f"{lines['count']:,} refused, {code}: {lines['means']} ({first})", markup=False)


@app.command()
def train(
    recipe: Annotated[Path, typer.Argument(help="recipe.toml")],
    file: Annotated[Path, typer.Argument(help="events with their outcomes")],
    out: Annotated[Path, typer.Option("--out", "-o", help="directory for recipe.toml and model.json")],
    until: Annotated[
        str | None, typer.Option(help="nothing known later is used; the end of the file without it")
    ] = None,
    days: Annotated[int | None, typer.Option(help="days of decided events to learn from; all without it")] = None,
    mature: Annotated[int, typer.Option(help="days before the end whose truth is too young to learn from")] = 7,
    threads: Annotated[int, typer.Option(help="threads; the model is the same")] = 2,
    as_json: Json = False,
) -> None:
    """Learn a model and its cuts from history; writes a recipe that names both.

    Example: waglan train recipes/hk-payments.toml world/events.parquet --until 2026-02-27 -o trained
    """
    parsed, _ = open_recipe(recipe)
    batch = read_all([file], parsed)
    told_refusals(batch)
    with progress("training", 1) as step:
        made = fit(
            parsed,
            batch,
            until_ns=None if until is None else time_ns(until, parsed.zone),
            days=days,
            mature_days=mature,
            threads=threads,
        )
        step(1)
    written(out / "model.json", made.model.data)
    written(out / "recipe.toml", made.recipe_bytes)
    say(as_json, made.facts, lambda: pairs("trained", made.facts))


@app.command()
def replay(
    path: Annotated[Path, typer.Argument(help="a book to check; or with --data a trained recipe's directory")],
    data: Annotated[Path | None, typer.Option(help="decide this file's events as if live")] = None,
    book: Annotated[Path | None, typer.Option(help="with --data: the book to make")] = None,
    since: Annotated[str | None, typer.Option(help="with --data: earlier events are history")] = None,
    recipe: Annotated[
        Path | None, typer.Option(help="a trained recipe's directory: what would it have changed?")
    ] = None,
    amount: Annotated[str, typer.Option(help="with --recipe: the column that is summed")] = "amount",
    rows_only: Annotated[bool, typer.Option("--rows-only", help="check from sealed rows alone")] = False,
    seed: Seed = None,
    as_json: Json = False,
) -> None:
    """Run yesterday's events again: as a backtest, as an audit of a book, or under another recipe.

    Example: waglan replay trained --data world/events.parquet --since 2026-02-27 --book book
    Example: waglan replay book
    Example: waglan replay book --recipe other
    """
    if data is not None:
        if book is None:
            raise BadValue("--data needs --book: the directory of the book to make")
        _backtest(path, data, book, since, seed, as_json)
    elif recipe is not None:
        _what_if(path, recipe, amount, as_json)
    else:
        _audit(path, rows_only, as_json)


def _backtest(trained: Path, data: Path, target: Path, since: str | None, seed: int | None, as_json: bool) -> None:
    recipe, recipe_bytes = open_recipe(trained / "recipe.toml")
    batch = read_all([data], recipe)
    told_refusals(batch)
    start = len(batch) if not len(batch) else 0
    if since is not None:
        start = int(batch.ts_ns.searchsorted(time_ns(since, recipe.zone)))
    with Book.create(target, recipe_bytes, (trained / "model.json").read_bytes(), keys_of(seed)) as made:
        if start:
            with progress("observing history", 1) as step:
                made.warm(batch.slice(0, start))
                step(1)
        began = time.perf_counter()
        with progress("deciding", len(batch) - start) as step:
            answers = made.run(batch.slice(start, len(batch)), progress=step)
        facts = _counted(answers, made, time.perf_counter() - began)
    say(as_json, facts, lambda: pairs(f"decided into {target}", facts))


def _counted(answers: list[Answer], made: Book, seconds: float) -> dict[str, Any]:
    verbs = Counter(a.verb for a in answers if a.verb and not a.duplicate)
    return {
        "events": len(answers),
        "decided": sum(verbs.values()),
        **{verb: verbs[verb] for verb in made.recipe.policy.verbs},
        "observed": sum(1 for a in answers if a.verb is None and a.refusal is None and not a.duplicate),
        "refused": sum(1 for a in answers if a.refusal is not None),
        "duplicates": sum(1 for a in answers if a.duplicate),
        "events a second": round(len(answers) / seconds) if seconds else 0,
        "log entries": made.engine.log.size,
        "log bytes": made.engine.log.bytes_on_disk,
        "root": made.engine.log.root().hex(),
    }


def _audit(path: Path, rows_only: bool, as_json: bool) -> None:
    with Book.open(path, keys_of(None)) as opened:
        engine = opened.engine
        with progress("from sealed rows", engine.store.size) as step:
            rows = replay_rows(engine.judge, engine.store, step)
        facts: dict[str, Any] = {
            "checked from rows": rows.from_rows,
            "differing from rows": rows.differing,
            "root": engine.log.root().hex(),
        }
        if not rows_only:
            second = opened.again()
            with progress("from events", engine.store.size) as step:
                events = replay_events(second, engine.store, engine.log, second.size, step)
            facts |= {
                "checked from events": events.from_events,
                "differing from events": events.differing,
                "root from events": events.replayed_root,
            }
    good = not rows.differing and (rows_only or events.same)
    say(as_json, facts, lambda: pairs("every decision comes out again" if good else "NOT the same", facts))
    if not good:
        raise typer.Exit(1)


def _what_if(path: Path, other: Path, amount: str, as_json: bool) -> None:
    recipe_bytes = (other / "recipe.toml").read_bytes()
    recipe, model = read_recipe(recipe_bytes, str(other)), Model.open(other / "model.json")
    with Book.open(path, keys_of(None)) as opened:
        judge = Judge(recipe, recipe_bytes, model)
        if (history := opened.history()) is not None:
            judge.observe(history.kinds, history.ts_ns, dense_values(recipe, opened.engine.store.vault, history))
        changes = list(what_if(judge, opened.engine.store, amount))
    moves: dict[str, list[int]] = {}
    for change in changes:
        line = moves.setdefault(f"{change.before} -> {change.after}", [0, 0])
        line[0] += 1
        line[1] += change.amount or 0

    def table() -> Table:
        lines = Table(
            "change",
            "decisions",
            amount,
            box=None,
            pad_edge=False,
            title="under the other recipe",
            title_justify="left",
        )
        for name, (count, total) in sorted(moves.items()):
            lines.add_row(name, f"{count:,}", f"{total / 100:,.2f}")
        return lines

    say(as_json, {"moves": moves, "changes": changes}, table)


@app.command()
def decide(
    book: BookPath,
    source: Annotated[Path | None, typer.Argument(help="JSON Lines of events; standard input without it")] = None,
    chunk: Annotated[int, typer.Option(help="events answered and committed together")] = 1,
    seed: Seed = None,
    _: Annotated[bool, typer.Option("--json", help="The answers are JSON Lines either way.")] = True,
) -> None:
    """Answer events: JSON Lines in, one JSON answer a line out, each on disk before it is given.

    Example: tail -f payments.jsonl | waglan decide book > answers.jsonl
    """
    with Book.open(book, keys_of(seed)) as opened:
        reader = Reader(opened.recipe)
        stream: BinaryIO = sys.stdin.buffer if source is None else source.open("rb")
        with stream:
            while lines := [line for line in islice(stream, chunk) if line.strip()]:
                answers = [answer for line in lines for answer in opened.engine.decide(one(reader, line))]
                opened.engine.commit()
                for answer in answers:
                    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
                sys.stdout.buffer.flush()


def one(reader: Reader, line: bytes) -> Batch:
    """One line as a batch; why it is refused goes to stderr."""
    batch = message(line, reader)
    told_refusals(batch)
    return batch


@app.command()
def explain(
    book: BookPath,
    event_id: Annotated[str, typer.Argument(help="id of a decided event")],
    audience: Annotated[
        str, typer.Option("--for", help="customer or analyst; what one may read the other does not see")
    ],
    language: Annotated[str, typer.Option("--language", "-l", help="en, zh-Hant or zh-Hans")] = "en",
    as_json: Json = False,
) -> None:
    """Why an event was decided as it was.

    Example: waglan explain book P0990001 --for customer -l zh-Hant
    """
    if audience not in ("customer", "analyst"):
        raise BadValue(f"--for is customer or analyst, it was {audience!r}")
    with Book.open(book, keys_of(None)) as opened:
        words = DESKS[opened.recipe.desk](opened, event_id, audience)
    if language not in words:
        raise BadValue(f"--language is one of {', '.join(words)}, it was {language!r}")
    say(as_json, {"id": event_id, "for": audience, "words": words}, lambda: words[language])


@app.command()
def verdicts(
    book: BookPath,
    file: Annotated[Path, typer.Argument(help="JSON Lines: id, fraud (true or false), ts_ns or time of the verdict")],
    seed: Seed = None,
    as_json: Json = False,
) -> None:
    """Bring analysts' verdicts in, as events of their own.

    Example: waglan verdicts book verdicts.jsonl
    """
    with Book.open(book, keys_of(seed)) as opened:
        batch = verdict_batch(opened.engine, file)
        told_refusals(batch)
        answers = opened.run(batch)
        facts = {
            "verdicts": sum(1 for a in answers if a.refusal is None and not a.duplicate),
            "duplicates": sum(1 for a in answers if a.duplicate),
            "refused": sum(1 for a in answers if a.refusal is not None),
            "root": opened.engine.log.root().hex(),
        }
    say(as_json, facts, lambda: pairs("verdicts", facts))
