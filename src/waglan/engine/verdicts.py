"""What people found out, as events: the verdicts of analysts come in at the front door like everything else.

A verdict about a decided event is an event of kind `outcome`, with the id of the first, a slash and `verdict`. It
carries the columns of the event it speaks of, so that windows by payee, card or terminal learn of it at once.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from waglan.engine.engine import Engine
from waglan.engine.replay import batch_of
from waglan.intake.times import END_NS
from waglan.ledger.entry import DECISION
from waglan.schema.batch import Batch, Refused
from waglan.schema.recipe import columns
from waglan.schema.records import Event, decode_decision
from waglan.schema.units import BadValue
from waglan.store.vault import ERASED


class Verdict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a file of verdicts: the event's id, whether it was fraud, when that was found (nanoseconds UTC)."""

    id: str
    fraud: bool
    ts_ns: int


def read_verdicts(file: Path) -> list[Verdict | Refused]:
    """The lines of a JSON Lines file; one that cannot be read is refused in its place. Raises BadValue for no file."""
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        raise BadValue(f"{file}: {error.strerror}") from None
    return [_verdict(line, at) for at, line in enumerate(line for line in lines if line.strip())]


def _verdict(line: bytes, position: int) -> Verdict | Refused:
    try:
        verdict = msgspec.json.decode(line, type=Verdict)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return Refused("bad_line", "", position, f"{line[:80]!r}: {error}")
    if not 0 <= verdict.ts_ns < END_NS:
        return Refused("bad_time", "ts_ns", position, str(verdict.ts_ns))
    return verdict


def verdict_events(engine: Engine, verdicts: Iterable[Verdict | Refused]) -> Batch:
    """Verdicts as a batch in their order; one about an event that was not decided here is refused."""
    engine.commit()
    outcome = list(columns(engine.judge.recipe)).index("outcome")
    events: list[Event | Refused] = []
    for position, verdict in enumerate(verdicts):
        if isinstance(verdict, Refused):
            events.append(verdict)
            continue
        row = engine.store.by_event(verdict.id)
        if row is None or row.kind != DECISION or row.form == ERASED:
            events.append(Refused("unknown_reference", "id", position, verdict.id))
            continue
        values = list(decode_decision(row.record).event.values)
        values[outcome] = int(verdict.fraud)
        events.append(Event(f"{verdict.id}/verdict", "outcome", verdict.ts_ns, tuple(values)))
    return batch_of(engine.judge.recipe, engine.store.vault, events)


def verdict_batch(engine: Engine, file: Path) -> Batch:
    """The verdicts of a file as a batch."""
    return verdict_events(engine, read_verdicts(file))
