"""`waglan decide` and `waglan verdicts`: events and truths come in, answers go out."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Final

import typer

from waglan.cli.console import note, pairs, say
from waglan.cli.options import BookPath, Durability, Json, Seed, opened, tell_refused, there

if TYPE_CHECKING:
    from waglan.intake import Reader
    from waglan.schema.batch import Batch

READ_BYTES: Final = 1 << 20
"""Most that is read at once: some thousand events of a file, whatever has come of a pipe."""


def decide(
    book: BookPath,
    source: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="JSON Lines of events; standard input without it")
    ] = None,
    chunk: Annotated[int, typer.Option(metavar="N", min=1, help="most events committed together")] = 1000,
    durability: Durability = "commit",
    seed: Seed = None,
    _: Annotated[bool, typer.Option("--json", help="the answers are JSON Lines with it or without")] = False,
) -> None:
    """Answer events: JSON Lines in, JSON Lines out.

    One answer for each line, in order, and each survives a power cut before it is given; with --durability relaxed, the
    end of the process. What has come is decided together, --chunk events at most; one alone never waits for another.

    \b
    Example:
      tail -n 3 payments.jsonl | waglan decide book
    """
    with ExitStack() as held:
        if source is not None:
            stream = os.open(there(source, "events (.jsonl)"), os.O_RDONLY)
            held.callback(os.close, stream)
        made = held.enter_context(opened(book, seed, durability))
        if source is None:
            stream = sys.stdin.fileno()
        import msgspec

        from waglan.intake import Reader

        reader, encode = Reader(made.recipe), msgspec.json.Encoder().encode_lines
        interrupt = held.enter_context(Interrupt())
        answered = 0
        for lines in chunks(stream, chunk, interrupt):
            batch = joined(lines, reader, answered)
            tell_refused(batch)
            answers = made.engine.decide(batch)
            made.engine.commit()
            sys.stdout.buffer.write(encode(answers))
            sys.stdout.buffer.flush()
            answered += len(answers)
        if interrupt.came:
            note(f"interrupted; {answered:,} events answered, all of them in {book}")
            raise typer.Exit(130)


class Interrupt:
    """Ctrl-C while waiting for input ends the wait; while an event is being decided it waits for the answer."""

    def __init__(self) -> None:
        self.came = False
        self._waiting = False

    def __enter__(self) -> "Interrupt":
        self._before = signal.signal(signal.SIGINT, self._take)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _take(self, _signal: int, _frame: FrameType | None) -> None:
        self.came = True
        if self._waiting:
            raise KeyboardInterrupt

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """A block that Ctrl-C may break off, quietly."""
        try:
            self._waiting = True
            yield
        except KeyboardInterrupt:
            pass
        finally:
            self._waiting = False


def chunks(stream: int, most: int, interrupt: Interrupt) -> Iterator[list[bytes]]:
    """Lines of a file descriptor as they come, at most so many together; blank ones are left out.

    A last line without its end counts as one. An interrupt ends it.
    """
    rest, data = b"", b""
    while not interrupt.came:
        with interrupt.waiting():
            data = os.read(stream, READ_BYTES)
        if interrupt.came:
            return
        *whole, rest = (rest + data).split(b"\n") if data else [rest, b""]
        lines = [line for line in whole if line.strip()]
        for start in range(0, len(lines), most):
            if interrupt.came:
                return
            yield lines[start : start + most]
        if not data:
            return


def joined(lines: list[bytes], reader: "Reader", first: int) -> "Batch":
    """Lines as one batch in their order, whatever their times; a refusal's position is the number of its line."""
    import numpy as np

    from waglan.intake import message
    from waglan.schema.batch import Batch
    from waglan.schema.units import NULL

    ones = [message(line, reader) for line in lines]
    values = np.concatenate([one.values for one in ones])
    names: dict[int, list[str]] = {}
    for place in reader.entities:
        names[place] = [name for one in ones for name in one.names[place]]
        held = values[:, place] != NULL
        values[held, place] = np.arange(len(names[place]))
    refusals = {i: replace(one.refusals[0], position=first + i) for i, one in enumerate(ones) if one.refusals}
    kinds, ts_ns = np.concatenate([one.kinds for one in ones]), np.concatenate([one.ts_ns for one in ones])
    return Batch([one.ids[0] for one in ones], kinds, ts_ns, values, names, refusals)


def verdicts(
    book: BookPath,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON Lines of id, fraud, ts_ns")],
    seed: Seed = None,
    as_json: Json = False,
) -> None:
    """Bring analysts' verdicts in, as events of their own.

    A line names a decided event, says whether it was fraud, and when that was found, in nanoseconds UTC. Features over
    outcomes see it from then on. A second verdict about an event is a duplicate: the first stands.

    \b
    Example:
      waglan verdicts book verdicts.jsonl
      {"id": "P0053000", "fraud": true, "ts_ns": 1772800000000000000}
    """
    there(file, "verdicts (.jsonl)")
    with opened(book, seed) as made:
        from waglan.engine.verdicts import verdict_batch

        batch = verdict_batch(made.engine, file)
        tell_refused(batch)
        answers = made.run(batch)
        facts = {
            "verdicts": sum(1 for a in answers if a.refusal is None and not a.duplicate),
            "duplicates": sum(1 for a in answers if a.duplicate),
            "refused": sum(1 for a in answers if a.refusal is not None and not a.duplicate),
            "log_entries": made.engine.log.size,
            "root": made.engine.log.root().hex(),
        }
    say(as_json, facts, lambda: pairs(f"verdicts into {book}", facts))
