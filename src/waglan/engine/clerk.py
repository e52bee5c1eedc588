"""The clerk: what was found about events, as records one behind the other, in the order in which they came.

A decision, the effect that it has, what shadows said beside it; an observation; a refusal. Each is salted under the key
of the person it concerns and waits in `Pending`; where it will stand in the log is known at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from waglan.engine.answer import Answer
from waglan.engine.effects import OWN
from waglan.engine.judge import EFFECT, LATE, Judge, Verdicts
from waglan.engine.pending import Pending
from waglan.engine.record import Scribe, packed
from waglan.ledger.entry import DECISION, OBSERVATION, REFUSAL, SHADOW
from waglan.schema.batch import Refused
from waglan.schema.records import Refusal, encode
from waglan.schema.risk import EXPIRED, INCOMPLETE, NO_PRICE
from waglan.schema.units import NULL
from waglan.store.ids import Ids
from waglan.store.vault import Vault

Ints = NDArray[np.int64]
REFUSED_FOR: Final = (
    (2, "too_large"), (4, "window_full"), (INCOMPLETE, "missing_column"), (EXPIRED, "expired"), (NO_PRICE, "no_price"),
)  # fmt: skip
"""Bits of a row's status and the code of its refusal, the first that fits."""
Beside = tuple[bytes, bytes]
"""What one shadow said of an event: its recipe's digest and its record."""


class Clerk:
    """Writes the records of one engine into `pending`, and into `seen` where each id stands.

    subject: place of the column that says whom an event concerns; subject_type: what kind of subject that is.
    """

    def __init__(
        self, judge: Judge, shadows: Sequence[Judge], pending: Pending, vault: Vault, seen: Ids, subject: int,
        subject_type: str,
    ) -> None:  # fmt: skip
        self._judge: Final = judge
        self._scribe: Final = Scribe(judge)
        self._scribes: Final = [Scribe(shadow) for shadow in shadows]
        self._pending: Final = pending
        self._vault: Final = vault
        self._seen: Final = seen
        self._subject: Final = subject
        self._subject_type: Final = subject_type
        self._effects: Final = judge.recipe.policy.effects

    def write(
        self,
        codes: NDArray[np.int8],
        ts_ns: Ints,
        ids: Sequence[str],
        dense: Ints,
        tokens: Ints,
        found: Verdicts,
        beside: Mapping[str, Sequence[Beside]],
    ) -> Iterable[Answer]:
        """Records of readable events one after the other; the caller takes one answer for each."""
        late = (found.status & LATE) > 0
        decided = np.flatnonzero(found.decided).tolist()
        records = iter(self._scribe.decisions(decided, ids, ts_ns, tokens, found, late))
        values = dict(zip(np.flatnonzero(~found.decided).tolist(), packed(tokens[~found.decided]), strict=True))
        verbs, who = self._judge.verbs, dense[:, self._subject].tolist()
        columns = zip(ids, codes.tolist(), ts_ns.tolist(), who, found.decided.tolist(), strict=True)
        for i, (event_id, code, ts, subject, is_decided) in enumerate(columns):
            if not is_decided:
                if code == 0:
                    yield self.overflow(event_id, code, ts, values[i], int(found.status[i]), subject)
                else:
                    record = self._scribe.observation(event_id, code, ts, values[i], bool(late[i]))
                    yield Answer(event_id, self._put(OBSERVATION, event_id, record, subject, ts))
                continue
            verb, score, reasons = int(found.verbs[i]), int(found.scores[i]), found.reasons[i]
            name, terms = verbs[verb], found.terms.get(i, ())
            position = self._put(DECISION, event_id, next(records), subject, ts, name, score)
            if self._effects and (verb or terms):
                self._put_effect(event_id, ts, self._judge.effect(tokens[i], verb, terms), subject, bool(late[i]))
            for digest, line in beside.get(event_id, ()):
                self._put_shadow(digest, event_id, line, subject)
            yield Answer(event_id, position, name, score, reasons, terms=self._judge.told(terms))

    def write_plain(self, ts_ns: Ints, ids: Sequence[str], dense: Ints, tokens: Ints, found: Verdicts) -> list[Answer]:
        """The records of a batch in which every event was decided and nothing stands between them: column by column."""
        names, vault, n = self._judge.verbs, self._vault, len(ids)
        records = self._scribe.decisions(range(n), ids, ts_ns, tokens, found, (found.status & LATE) > 0)
        who = [None if w == NULL else w for w in dense[:, self._subject].tolist()]
        held = [None if t == NULL else t for t in tokens[:, self._subject].tolist()]
        of, log_key = vault.keys(self._subject_type), vault.log_key
        keys = [log_key if w is None else of[w] for w in who]
        verbs, scores = [names[verb] for verb in found.verbs.tolist()], found.scores.tolist()
        positions = range(self._pending.end, self._pending.end + n)
        self._pending.extend(DECISION, records, self._scribe.digest, ids, keys, held, ts_ns.tolist(), verbs, scores)
        self._seen.update(zip(ids, positions, strict=True))
        answers = [Answer(*line) for line in zip(ids, positions, verbs, scores, found.reasons, strict=True)]
        for i, terms in found.terms.items():
            answers[i] = msgspec.structs.replace(answers[i], terms=self._judge.told(terms))
        return answers

    def beside(
        self, ids: Sequence[str], ts_ns: Ints, tokens: Ints, found: Verdicts, shadows: Sequence[Verdicts]
    ) -> dict[str, list[Beside]]:
        """What the shadows say, by event. What one decides and the champion's bounds refused is left out."""
        said: dict[str, list[Beside]] = {}
        for scribe, v in zip(self._scribes, shadows, strict=True):
            at = np.flatnonzero(v.decided & found.decided).tolist()
            lines = scribe.decisions(at, ids, ts_ns, tokens, v, (v.status & LATE) > 0)
            for i, line in zip(at, lines, strict=True):
                said.setdefault(ids[i], []).append((scribe.digest, line))
        return said

    def _put(
        self,
        kind: int,
        event_id: str,
        record: bytes,
        subject: int,
        ts_ns: int | None = None,
        verb: str | None = None,
        score: int | None = None,
    ) -> int:
        """One record about an event of its own id, salted under its subject's key; its position."""
        key, token = self._key(subject)
        position = self._pending.add(
            kind, record, self._scribe.digest, event_id, key, token, event_id, ts_ns, verb, score
        )  # fmt: skip
        self._seen[event_id] = position
        return position

    def _put_effect(self, cause: str, ts_ns: int, effect: Ints, subject: int, late: bool) -> None:
        """What the decision did, as an event right behind it."""
        event_id = cause + OWN
        record = self._scribe.observation(event_id, EFFECT, ts_ns, packed(effect[None])[0], late)
        self._put(OBSERVATION, event_id, record, subject, ts_ns)

    def _put_shadow(self, digest: bytes, event_id: str, record: bytes, subject: int) -> None:
        key, token = self._key(subject)
        self._pending.add(SHADOW, record, digest, None, key, token, shadow_salt(event_id, digest))

    def overflow(self, event_id: str, code: int, ts_ns: int, values: msgspec.Raw, status: int, subject: int) -> Answer:
        """An event whose row went beyond its bounds: it moved windows, so it is observed, and then it is refused."""
        reason = next(code for bits, code in REFUSED_FOR if status & bits)
        record = self._scribe.observation(event_id, code, ts_ns, values, bool(status & LATE))
        position = self._put(OBSERVATION, event_id, record, subject, ts_ns)
        self._put_refusal(Refused(reason, "", position, event_id))
        return Answer(event_id, position, refusal=reason)

    def refuse(self, refused: Refused) -> Answer:
        return Answer("", self._put_refusal(refused), refusal=refused.code)

    def _put_refusal(self, refused: Refused) -> int:
        position = self._pending.end
        row = position if refused.position < 0 else refused.position
        record = encode(Refusal(refused.code, refused.column, row))
        self._pending.add(REFUSAL, record, self._scribe.digest, salted_by=f"refusal/{position}", refused=refused)
        return position

    def _key(self, subject: int) -> tuple[bytes | None, int | None]:
        if subject == NULL:
            return None, None
        vault = self._vault
        return vault.keys(self._subject_type)[subject], int(vault.tokens(self._subject_type)[subject])


def shadow_salt(event_id: str, recipe: bytes) -> str:
    """What a shadow's record is salted by: the champion's salt must open nothing else."""
    return f"{event_id}/shadow/{recipe.hex()[:16]}"
