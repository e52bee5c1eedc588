"""The engine: every event in, one sealed record out, in the log's order.

It holds a judge (and judges in shadow), the store with its vault of subjects, and the log of commitments. Everything
that came is answered: an event decided, an event observed, a refusal, or the first answer to an id that came again.
Nothing is on disk before `commit`; whoever answers people commits first. A batch that was broken off half-way leaves
windows that have seen more than the records tell: nothing is sealed from then on, and the book is opened again.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from threading import RLock
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from waglan.engine import breaches
from waglan.engine.answer import Answer as Answer
from waglan.engine.answer import repeated
from waglan.engine.clerk import Beside as Beside
from waglan.engine.clerk import Clerk
from waglan.engine.effects import without_own
from waglan.engine.judge import LATE, REFUSING, Judge, same_events
from waglan.engine.keeping import Keeping, Plain
from waglan.engine.pending import Pending
from waglan.engine.record import Scribe, packed
from waglan.engine.reviews import Earlier, without_unfit
from waglan.engine.subjects import Subjects
from waglan.features.state import Windows
from waglan.ledger.entry import DECISION, WARM, Entry, encode_entry
from waglan.ledger.failure import LogError
from waglan.ledger.log import Log
from waglan.schema.batch import REFUSED, Batch
from waglan.schema.recipe import columns
from waglan.schema.records import Warm, decode_decision, decode_observation, decode_refusal, encode
from waglan.schema.units import NULL, BadValue
from waglan.store.failure import StoreError
from waglan.store.records import Store
from waglan.store.rows import Block, Row
from waglan.store.vault import ERASED, Vault

Ints = NDArray[np.int64]

PENDING_MAX: Final = 8192
"""Records held before they are written unasked; one transaction of this many costs under 50 ms."""

BROKEN_OFF: Final = "a batch was broken off: open the book again"


class Seen(Protocol):
    """Windows after a stretch of history, and the vault whose dense numbers they know subjects by."""

    @property
    def windows(self) -> Windows: ...
    @property
    def vault(self) -> Vault: ...


class Engine:
    """One log, one store, one champion, any number of challengers in shadow. `threads` speed warm starts only."""

    def __init__(
        self,
        judge: Judge,
        store: Store,
        log: Log,
        shadows: Sequence[Judge] = (),
        threads: int = 1,
        keeping: Keeping | None = None,
    ) -> None:
        """Raises BadValue for a recipe that no record can be sealed under, or a shadow that reads other events.

        keeping: what takes the records; without it they go to store and log with no journal.
        """
        names = list(columns(judge.recipe))
        encode_entry(Entry(DECISION, judge.recipe.desk, judge.digest, judge.digest))
        for shadow in shadows:
            same_events(judge.recipe, shadow.recipe)
        self.judge: Final = judge
        self.shadows: Final = tuple(shadows)
        self.store: Final = store
        self.log: Final = log
        self.threads: Final = threads
        self.scribe: Final = Scribe(judge)
        self._entities: Final = [(j, c.entity) for j, c in enumerate(columns(judge.recipe).values()) if c.entity]
        people = {names[j]: (j, subject_type) for j, subject_type in self._entities}
        if judge.recipe.subject not in people:
            raise BadValue(f"subject {judge.recipe.subject!r} is not an entity column; those are {', '.join(people)}")
        self._subject, self.subject_type = people[judge.recipe.subject]
        self.whole = True
        """Whether windows and records agree; false while a batch is under way, and for good if it was broken off."""
        self.safe = store.size  # records that were promised: their answers may be given
        self.turn: Final = RLock()  # held by whoever delivers, see `waglan.engine.group`
        self.keeping: Final[Keeping] = keeping or Plain(store, log)
        self._effects: Final = judge.recipe.policy.effects
        self._limited: Final = bool(judge.recipe.policy.limits)
        self._seen: Final = store.ids()
        self._decided: Final = breaches.Decided(self._seen, store, self.commit, breaches.issuers(judge.model))
        self.subjects: Final = Subjects(store.vault, self._entities)
        self._keys: Final = store.vault.keys(self.subject_type)
        self._pending: Final = Pending(judge.recipe.desk, store.vault.log_key, store.size)
        self._clerk: Final = Clerk(
            judge, shadows, self._pending, store.vault, self._seen, self._subject, self.subject_type
        )  # fmt: skip

    @property
    def size(self) -> int:
        """Records so far, committed or not."""
        return self._pending.end

    def observe(self, batch: Batch, seen: Seen | None = None) -> Warm:
        """History that moves the state and is not decided, sealed as one entry; refused rows are left out,
        and so are waivers and acknowledgements, which nothing in a history could be held against.

        Only before the first record: what comes later is observed event by event, in the log. `seen` are windows
        that saw these very events already, in training; without them they are computed, with `threads`.
        """
        assert self.size == 0, "history is observed before the first record"
        self._begin()
        at = self._fresh(batch)
        at = at[(batch.kinds[at] != REFUSED) & breaches.of_history(batch.kinds[at], self.judge.recipe)]
        codes, ts_ns = batch.kinds[at], batch.ts_ns[at]
        if seen is not None:
            self.store.vault.take_order(seen.vault)
        dense, tokens = self.subjects.of(batch, at)
        for judge in (self.judge, *self.shadows):
            if seen is not None and judge is self.judge and seen.windows.plan.digest == judge.plan.digest:
                judge.windows = seen.windows
            else:
                judge.observe(codes, ts_ns, dense, self.threads)
        digest, event = sha256(), self.scribe.event
        for i, code, ts, values in zip(at.tolist(), codes.tolist(), ts_ns.tolist(), packed(tokens), strict=True):
            record = event(batch.ids[i], code, ts, values)
            digest.update(len(record).to_bytes(4, "big") + record)
            self._seen[batch.ids[i]] = -1
        watermark = int(ts_ns.max()) if len(ts_ns) else 0
        warm = Warm(len(at), digest.digest(), watermark, self.judge.digest)
        self._pending.add(WARM, encode(warm), self.judge.digest, salted_by="warm")
        self.whole = True
        return warm

    def decide(self, batch: Batch, beside: Mapping[str, Sequence[Beside]] | None = None) -> list[Answer]:
        """One answer for each row of the batch, in order; the same answers and bytes however the stream is cut.

        beside: for a replay, by event id what shadows of that time said; it is sealed as it is.
        """
        assert self.whole, BROKEN_OFF
        batch = without_own(batch) if self._effects else batch
        if self._limited and len(pieces := list(breaches.cut(batch, self.judge.recipe))) > 1:
            return [answer for piece in pieces for answer in self.decide(piece, beside)]
        batch = without_unfit(batch, self.judge.recipe, Earlier(self._seen, self.store, self.commit))
        batch = breaches.without_unfit(batch, self.judge.recipe, self._decided) if self._limited else batch
        self._begin()
        fresh = self._fresh(batch)
        at = fresh[batch.kinds[fresh] != REFUSED]
        dense, tokens = self.subjects.of(batch, at)
        ids = batch.ids if len(at) == len(batch) else [batch.ids[i] for i in at.tolist()]
        codes, ts_ns = batch.kinds[at], batch.ts_ns[at]
        found = self.judge.judge(codes, ts_ns, dense, ids)
        shadows = [shadow.judge(codes, ts_ns, dense, ids) for shadow in self.shadows]
        if len(at) == len(batch) and found.decided.all() and not (self._effects or self.shadows or beside):
            out = self._clerk.write_plain(ts_ns, ids, dense, tokens, found)
            return self._done(out)
        answers: dict[int, Answer] = {}
        said = self._clerk.beside(ids, ts_ns, tokens, found, shadows) if self.shadows else beside or {}
        good = iter(self._clerk.write(codes, ts_ns, ids, dense, tokens, found, said))
        for i in fresh.tolist():
            answers[i] = self._clerk.refuse(batch.refusals[i]) if batch.kinds[i] == REFUSED else next(good)
        self.whole = True
        return self._done([answers.get(i) or self._again(batch.ids[i]) for i in range(len(batch))])

    def _done(self, answers: list[Answer]) -> list[Answer]:
        """A batch is written: everything pending is of whole events, and is committed if there is much of it."""
        self.whole = True
        if len(self._pending) >= PENDING_MAX:
            self.commit()
        return answers

    def decide_one(self, event_id: str, ts_ns: int, values: Ints, tokens: Ints) -> Answer:
        """The shortest way for one decided-kind event whose id is new, without shadows or effects.

        values and tokens: int64 (c,), entities by dense number and by token. Same bytes as `decide`.
        """
        assert not self._effects, "a decision with effects goes the long way"
        assert not self.shadows, "shadows go the long way"
        self._begin()
        judge = self.judge
        row, status, score, verb, reasons, parts, terms = judge.judge_one(ts_ns, values, event_id)
        if status & REFUSING:
            held, who = packed(tokens[None])[0], values.item(self._subject)
            told = self._clerk.overflow(event_id, 0, ts_ns, held, int(status), who)
            self.whole = True
            return told
        scribe = self.scribe
        record = scribe.decision(event_id, ts_ns, tokens, row, score, verb, reasons, parts, bool(status & LATE), terms)
        name, who = judge.verbs[verb], values.item(self._subject)
        key, token = (None, None) if who == NULL else (self._keys[who], tokens.item(self._subject))
        position = self._pending.add(
            DECISION, record, scribe.digest, event_id, key, token, event_id, ts_ns, name, score
        )  # fmt: skip
        self._seen[event_id] = position
        self.whole = True
        return Answer(event_id, position, name, score, reasons, terms=judge.told(terms))

    def pass_over(self, rows: Sequence[Row]) -> None:
        """For a replay: records that were erased keep their places, and their entries are taken as they are."""
        self.commit()
        n = len(rows)
        nothing = [None] * n
        kinds, entries = [row.kind for row in rows], [row.entry for row in rows]
        block = Block(self.scribe.digest, kinds, nothing, nothing, nothing, nothing, nothing, [b""] * n, entries)
        self._pending.end += n
        self.deliver(block)

    def seal(self) -> list[bytes]:
        """The entries of what is pending, which is then forgotten: for whoever keeps no store and repeats no id."""
        assert self.whole, BROKEN_OFF
        return self._pending.take()

    def commit(self, snapshot: bool = False) -> int:
        """Write everything pending. The log's size afterwards.

        With `snapshot` the state of the windows is kept too, bound to this position, so that opening is quick. After an
        error call it again: what was not promised still waits, and what was is written, nothing twice.
        """
        with self.turn:
            self.deliver(self.gather(snapshot))
        return self.log.size

    def gather(self, snapshot: bool = False) -> Block | None:
        """Everything pending as one block; None if there is nothing."""
        assert self.whole, BROKEN_OFF
        state = self.judge.windows.snapshot(self.size) if snapshot else None
        return self._pending.gather(self.judge.digest, state)

    def deliver(self, block: Block | None) -> None:
        """Write what was gathered. Others may decide in the meantime; who broke this off has to open the book again."""
        if block is not None:
            try:
                self.keeping.promise(block)
            except (StoreError, LogError):
                raise
            except BaseException:
                self.whole = False
                raise
            self._pending.taken()
            self.safe += len(block.records)
        self.keeping.keep()

    def _begin(self) -> None:
        assert self.whole, BROKEN_OFF
        self.whole = False

    # ids

    def seen_as_history(self, names: Iterable[str]) -> None:
        """What stands for ids that were observed before the first record: they are never decided."""
        self._seen.history(names)

    def _fresh(self, batch: Batch) -> Ints:
        """Rows that are not a repeat: refused rows, and the first of each id. The ids count as seen from here on."""
        seen, rows = self._seen, list[int]()
        new = dict.fromkeys(batch.ids, -1)
        if len(new) == len(batch) and seen.none_of(new) and not batch.refusals:
            seen.update(new)
            return np.arange(len(batch))
        for i, (event_id, code) in enumerate(zip(batch.ids, batch.kinds.tolist(), strict=True)):
            if code == REFUSED:
                rows.append(i)
            elif event_id not in seen:
                seen[event_id] = -1
                rows.append(i)
        return np.array(rows, np.int64)

    def _again(self, event_id: str) -> Answer:
        """The first answer to an id; what is pending is written first, so that there is one place to read it."""
        position = self._seen[event_id]
        if position < 0:
            return Answer(event_id, -1, duplicate=True)
        if position >= self.store.size:
            self.commit()
        row, *after = self.store.range(position, min(position + 2, self.store.size))
        if row.form == ERASED:
            return Answer(event_id, position, duplicate=True)
        if row.kind == DECISION:
            return repeated(decode_decision(row.record), position, self.judge.told)
        overflowed = decode_observation(row.record).event.kind == self.judge.kinds[0]
        code = decode_refusal(after[0].record).code if overflowed else None
        return Answer(event_id, position, refusal=code, duplicate=True)
