"""Replay: the same path with yesterday's events. It is the audit, the backtest, and the answer to "what if".

Two depths. From events: a second engine, new and in memory, is fed what the store holds and must make the same records,
entry by entry, to the same root. From sealed rows: each decision's row is scored and judged again, which needs no other
event, so it still works when somebody's events are gone. Another recipe over the same events tells what would change.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, islice, zip_longest
from typing import Final, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from waglan.engine.clerk import Beside
from waglan.engine.effects import OWN
from waglan.engine.engine import Engine
from waglan.engine.judge import LATE, Judge
from waglan.ledger.entry import DECISION, OBSERVATION, REFUSAL, SHADOW
from waglan.ledger.log import Log
from waglan.schema.batch import REFUSED, Batch, Refused
from waglan.schema.recipe import Recipe, columns, kinds
from waglan.schema.records import (
    Action,
    Decision,
    Event,
    decode_decision,
    decode_observation,
    decode_refusal,
)
from waglan.schema.units import NULL, BadValue
from waglan.store.records import Store
from waglan.store.rows import Row
from waglan.store.vault import ERASED, Vault

Ints = NDArray[np.int64]
Progress = Callable[[int], None]
T = TypeVar("T")

CHUNK: Final = 8192


class VaultKeys:
    """A key source that gives every subject what another vault gave it, so that a replay seals the same bytes."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def new(self, subject_type: str, identifier: str) -> tuple[bytes, int]:
        """Key and token of a subject the first vault knows; every subject of a replay is one."""
        dense = self._vault.find(subject_type, identifier)
        assert dense is not None, f"a replay met a subject of type {subject_type!r} that the log never saw"
        return self._vault.keys(subject_type)[dense] or bytes(32), int(self._vault.tokens(subject_type)[dense])

    def chance(self, count: int) -> bytes:
        """None is needed: a replay is in memory, where nothing is wrapped."""
        raise AssertionError("a replay makes no keys")


@dataclass(slots=True)
class Replayed:
    """What a replay checked. `differing` are positions whose record came out otherwise, the first hundred.

    erased: records whose key was destroyed, so that nothing can be checked of them but their place. only_rows: records
    behind the first of those that did not come out of the events any more, because windows they share with the erased
    lack what was erased; of them the sealed row is checked, and their commitment.
    """

    from_events: int = 0
    from_rows: int = 0
    erased: int = 0
    only_rows: int = 0
    records: int = 0
    root: str = ""
    replayed_root: str = ""
    differing: list[int] = field(default_factory=list)

    @property
    def same(self) -> bool:
        return not self.differing and (bool(self.only_rows) or self.root == self.replayed_root)

    def differs(self, position: int) -> None:
        if len(self.differing) < 100:
            self.differing.append(position)


@dataclass(frozen=True, slots=True)
class Gone:
    """A record that was erased: its place is all there is."""

    row: Row


def batch_of(recipe: Recipe, vault: Vault, events: list[Event | Refused]) -> Batch:
    """Recorded events as a batch again: tokens become identifiers. Inverse of what the engine recorded."""
    names = list(columns(recipe))
    codes = {kind: code for code, kind in enumerate(kinds(recipe))}
    entities = [(j, c.entity) for j, c in enumerate(columns(recipe).values()) if c.entity]
    held = [e.values if isinstance(e, Event) else (None,) * len(names) for e in events]
    for event in events:
        if isinstance(event, Event) and (len(event.values) != len(names) or event.kind not in codes):
            raise BadValue(f"event {event.id!r} has another form than this recipe's: {event.kind}, {event.values}")
    values = matrix(held).reshape(-1, len(names))
    people: dict[int, list[str]] = {}
    for j, subject_type in entities:
        column = values[:, j]
        tokens, local = np.unique(column[column != NULL], return_inverse=True)
        try:
            people[j] = [vault.identifier(subject_type, token) for token in tokens.tolist()]
        except KeyError as error:
            raise BadValue(f"the token {error} of column {names[j]!r} is nobody's: its record was changed") from None
        column[column != NULL] = local
    refusals = {i: e for i, e in enumerate(events) if isinstance(e, Refused)}
    return Batch(
        ["" if isinstance(e, Refused) else e.id for e in events],
        np.array([REFUSED if isinstance(e, Refused) else codes[e.kind] for e in events], np.int8),
        np.array([0 if isinstance(e, Refused) else e.ts_ns for e in events], np.int64),
        values,
        people,
        refusals,
    )


def recorded(
    rows: Iterator[Row], decided: str, effects: bool = False, beside: dict[str, list[Beside]] | None = None
) -> Iterator[Event | Refused | Gone]:
    """The events behind records, in log order: what came in, and with `effects` the effects an engine itself added.

    What shadows said goes into `beside`, by event, as it is met: behind its event. An erased record is `Gone`, and with
    it the refusal behind it that speaks of it. Raises BadValue for a record that cannot be read.
    """
    overflowed = gone = -1
    for row in rows:
        try:
            if row.form == ERASED:
                gone = row.position
                yield Gone(row)
            elif row.kind == DECISION:
                yield decode_decision(row.record).event
            elif row.kind == SHADOW and beside is not None:
                said = decode_decision(row.record)
                beside.setdefault(said.event.id, []).append((said.recipe, row.record))
            elif row.kind == OBSERVATION:
                event = decode_observation(row.record).event
                if effects or not (event.kind == "effect" and event.id.endswith(OWN)):
                    yield event
                    overflowed = row.position if event.kind == decided else -1
            elif row.kind == REFUSAL:
                refusal = decode_refusal(row.record)
                if row.position == gone + 1 and refusal.position == gone:
                    yield Gone(row)
                elif not (row.position == overflowed + 1 and refusal.position == overflowed):
                    yield Refused(refusal.code, refusal.column, refusal.position, "")
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadValue(f"record {row.position} cannot be read, so it was changed: {error}") from None


def one_ahead(events: Iterator[T]) -> Iterator[T]:
    """The same events, each given out when the next one is known, and so all that stands between them."""
    held = next(events, None)
    while held is not None:
        following = next(events, None)
        yield held
        held = following


def batches(
    recipe: Recipe,
    store: Store,
    start: int = 0,
    effects: bool = False,
    beside: dict[str, list[Beside]] | None = None,
) -> Iterator[Batch]:
    """The store's events from a position on, in batches of CHUNK; `effects` and `beside` as in `recorded`.

    `beside` is complete for each batch, and whoever hands it in clears it. What was erased is left out.
    """
    for piece in pieces(recipe, store, start, effects, beside):
        if isinstance(piece, Batch):
            yield piece


def pieces(
    recipe: Recipe,
    store: Store,
    start: int = 0,
    effects: bool = False,
    beside: dict[str, list[Beside]] | None = None,
) -> Iterator[Batch | list[Row]]:
    """As `batches`, with the rows that were erased where they stood."""
    events = one_ahead(recorded(store.range(start, store.size), recipe.decide, effects, beside))
    while chunk := list(islice(events, CHUNK)):
        for gone, some in groupby(chunk, lambda event: isinstance(event, Gone)):
            part = list(some)
            if gone:
                yield [event.row for event in part if isinstance(event, Gone)]
            else:
                yield batch_of(recipe, store.vault, [event for event in part if not isinstance(event, Gone)])


def replay_events(engine: Engine, store: Store, log: Log, start: int, progress: Progress | None = None) -> Replayed:
    """Feed the store's records from `start` on to a new engine and compare every entry and the root.

    `engine` is new: in memory, with the same recipe and history, its keys from `VaultKeys`. Records as well as entries
    are compared. What shadows said is sealed as it was; `replay_rows` with a shadow's judge checks it. Raises BadValue
    for a record that cannot be read.
    """
    out = Replayed(root=log.root().hex())
    recipe = engine.judge.recipe
    beside: dict[str, list[Beside]] = {}
    for piece in pieces(recipe, store, start, not recipe.policy.effects, beside):
        if isinstance(piece, Batch):
            engine.decide(piece, beside)
            engine.commit()
            beside.clear()
            out.from_events += int((piece.kinds == 0).sum())
        else:
            engine.pass_over(piece)
        if progress:
            progress(len(piece))
    out.records = engine.log.size
    ours, theirs = engine.store.range(0, engine.store.size), store.range(0, store.size)
    forgetful = store.vault.forgetful
    for position, (a, b, entry) in enumerate(zip_longest(ours, theirs, log.entries())):
        if b is not None and b.form == ERASED and b.entry == entry:
            out.erased += 1
        elif a is None or b is None or a.entry != entry or a._replace(form=b.form) != b:
            if forgetful and b is not None and b.entry == entry:
                out.only_rows += 1
                out.from_events -= b.kind == DECISION
            else:
                out.differs(position)
    out.replayed_root = engine.log.root().hex()
    return out


def replay_rows(judge: Judge, store: Store, progress: Progress | None = None) -> Replayed:
    """Score and judge every decision of this recipe again from its sealed row, and compare what was sealed.

    Raises BadValue for a record that cannot be read.
    """
    out = Replayed()
    decisions = (row for row in store.readable() if row.kind in (DECISION, SHADOW))
    while rows := list(islice(decisions, CHUNK)):
        held = [(row.position, _decision(row)) for row in rows]
        mine = [(position, d) for position, d in held if d.recipe == judge.digest]
        for position in _judged_otherwise(judge, mine):
            out.differs(position)
        out.from_rows += len(mine)
        if progress:
            progress(len(rows))
    return out


def _decision(row: Row) -> Decision:
    try:
        return decode_decision(row.record)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadValue(f"record {row.position} cannot be read, so it was changed: {error}") from None


def _judged_otherwise(judge: Judge, held: list[tuple[int, Decision]]) -> Iterator[int]:
    wide = len(judge.names), len(columns(judge.recipe))
    strange = [position for position, d in held if (len(d.row), len(d.event.values)) != wide]
    yield from strange
    held = [(position, d) for position, d in held if position not in strange]
    if not held:
        return
    n = len(held)
    sealed = matrix([d.row for _, d in held])
    values = matrix([d.event.values for _, d in held])
    status = np.array([LATE if d.late else 0 for _, d in held], np.int8)
    found = judge.verdicts(np.zeros(n, np.int8), values, sealed, status, [d.event.id for _, d in held])
    for i, (position, d) in enumerate(held):
        told = (
            found.scores[i],
            (Action(judge.verbs[found.verbs[i]], found.terms.get(i, ())),),
            found.reasons[i],
            found.parts.get(i),
        )
        if told != (d.score_micro, d.actions, d.reasons, d.parts):
            yield position


def matrix(rows: list[tuple[int | None, ...]]) -> Ints:
    """Recorded rows as int64 (n, f), nil as NULL. Raises BadValue for a number that no int64 holds."""
    try:
        return np.array([[NULL if v is None else v for v in row] for row in rows], np.int64)
    except OverflowError as error:
        raise BadValue(f"a record holds a number beyond 64 bits, so it was changed: {error}") from None


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One decision that another recipe would have made otherwise; `token` is the subject's."""

    id: str
    ts_ns: int
    token: int | None
    before: str
    after: str
    amount: int | None


def what_if(judge: Judge, store: Store, amount: str, start: int = 0) -> Iterator[Difference]:
    """Decisions in the store that `judge` (warmed with the same history) makes otherwise over the same events.

    amount: the column whose value is reported. The first log's events go in as they are; `judge` feeds back its own
    effects.
    """
    names = list(columns(judge.recipe))
    at, subject = names.index(amount), names.index(judge.recipe.subject)
    before: dict[str, Action] = {}
    for row in store.range(start, store.size):
        if row.kind == DECISION and row.form != ERASED:
            decision = decode_decision(row.record)
            before[decision.event.id] = decision.actions[0]
    vault = store.vault
    for batch in batches(judge.recipe, store, start):
        keep = batch.kinds != REFUSED
        ids = [event_id for event_id, k in zip(batch.ids, keep.tolist(), strict=True) if k]
        codes, ts_ns, values = batch.kinds[keep], batch.ts_ns[keep], dense_values(judge.recipe, vault, batch)[keep]
        found = judge.judge(codes, ts_ns, values, ids)
        for i in np.flatnonzero(codes == 0).tolist():
            was = before.get(ids[i])
            now = Action(judge.verbs[found.verbs[i]] if found.decided[i] else "refused", found.terms.get(i, ()))
            if was not in (None, now):
                assert was is not None
                person = int(values[i, subject])
                token = None if person == NULL else int(vault.tokens(_type(judge.recipe))[person])
                money = int(values[i, at])
                yield Difference(
                    id=ids[i],
                    ts_ns=int(ts_ns[i]),
                    token=token,
                    before=was.verb,
                    after=now.verb if now.verb != was.verb else f"{now.verb}, other terms",
                    amount=None if money == NULL else money,
                )


def first_rows(batch: Batch) -> Ints:
    """Readable rows of a batch, of each id the first: those that move windows."""
    first = {event_id: i for i, event_id in reversed(list(enumerate(batch.ids))) if batch.kinds[i] != REFUSED}
    return np.array(sorted(first.values()), np.int64)


def dense_values(recipe: Recipe, vault: Vault, batch: Batch) -> Ints:
    """A batch's values with the vault's dense numbers in place of its own."""
    values = batch.values.copy()
    for j, column in enumerate(columns(recipe).values()):
        if column.entity and len(batch.names.get(j, ())):
            numbers = vault.intern(column.entity, batch.names[j])
            held = values[:, j] != NULL
            values[held, j] = numbers[values[held, j]]
    return values


def _type(recipe: Recipe) -> str:
    kind = recipe.columns[recipe.subject].entity
    assert kind is not None, "the subject is an entity column"
    return kind
