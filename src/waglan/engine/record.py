"""Verdicts to sealed records: the one place where a decision gets its bytes.

A compiled loop lays decisions end to end; the few ends that a batch has - actions, reasons, seldom parts - are encoded
once each. The form is that of `schema.records` to the byte, which the tests hold by encoding each record both ways.
"""

from collections.abc import Sequence
from itertools import repeat
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from waglan.engine.judge import Judge, Verdicts
from waglan.kernels.pack import pack_decisions, pack_rows, put_seen
from waglan.schema.records import Action

Ints = NDArray[np.int64]
Raw = msgspec.Raw


class _Event(msgspec.Struct, frozen=True, array_like=True, gc=False):
    id: str
    kind: str
    ts_ns: int
    values: Raw


class _Observation(msgspec.Struct, frozen=True, array_like=True, gc=False):
    event: _Event
    recipe: bytes
    late: bool


_encode: Final = msgspec.msgpack.Encoder().encode


def packed(rows: Ints) -> list[Raw]:
    """Each row of an int64 matrix (n, f) as the bytes of a MessagePack array, null as nil."""
    n, f = rows.shape
    ends, out = np.empty(n, np.int64), np.empty(n * (3 + 9 * f), np.uint8)
    return list(map(Raw, _cut(out[: pack_rows(np.ascontiguousarray(rows).reshape(-1), f, ends, out)], ends)))


class Scribe:
    """Writes the records of one judge."""

    def __init__(self, judge: Judge) -> None:
        self.kinds: Final = judge.kinds
        self.digest: Final = judge.digest
        self._verbs: Final = judge.verbs
        self._actions: Final = [Raw(_encode((Action(verb),))) for verb in judge.verbs]
        kind = _encode(judge.kinds[0])
        self._kind: Final = len(kind)
        self._fixed: Final = np.frombuffer(kind + _encode(judge.digest), np.uint8)
        self._widths: Final = judge.plan.columns, len(judge.names)
        self._room: Final = 32 + len(self._fixed) + 9 * sum(self._widths)
        """Bytes that one decision takes at most, but for its id and its tail."""
        self._out: Final = np.empty(self._room, np.uint8)
        self._view: Final = memoryview(self._out.data)

    def event(self, event_id: str, code: int, ts_ns: int, values: Raw) -> bytes:
        """The bytes of an event by itself."""
        return _encode(_Event(event_id, self.kinds[code], ts_ns, values))

    def observation(self, event_id: str, code: int, ts_ns: int, values: Raw, late: bool) -> bytes:
        """The bytes of an observation."""
        return _encode(_Observation(_Event(event_id, self.kinds[code], ts_ns, values), self.digest, late))

    def decision(
        self, event_id: str, ts_ns: int, values: Ints, row: Ints, score: int, verb: int, reasons: tuple[str, ...],
        parts: tuple[int, ...] | None, late: bool, terms: tuple[int, ...] = (),
    ) -> bytes:  # fmt: skip
        """The bytes of one decision; values (c,) hold tokens. As `decisions` for one, by the shortest way."""
        c, f = self._widths
        end = put_seen(self._fixed, self._kind, ts_ns, values, c, row, f, 0, score, 0, self._out)
        tail = self._tail(verb, reasons, late, parts, terms)
        return b"".join((b"\x98\x94", _encode(event_id), self._view[:end], tail))

    def decisions(
        self, at: Sequence[int], ids: Sequence[str], ts_ns: Ints, values: Ints, found: Verdicts, late: NDArray[np.bool_]
    ) -> list[bytes]:
        """The bytes of the decisions at places `at` of a batch, in that order; values hold tokens."""
        pick = np.asarray(at, np.int64)
        names, name_stops = _laid([ids[i].encode() for i in at])
        ends: dict[tuple[int, tuple[str, ...], bool, tuple[int, ...] | None, tuple[int, ...]], int] = {}
        verbs, reasons, parts = found.verbs[pick].tolist(), [found.reasons[i] for i in at], map(found.parts.get, at)
        terms = map(found.terms.get, at, repeat(())) if found.terms else repeat((), len(at))
        keys = zip(verbs, reasons, late[pick].tolist(), parts, terms, strict=True)
        tail = np.array([ends.setdefault(key, len(ends)) for key in keys], np.int64)
        tails, tail_stops = _laid([self._tail(*key) for key in ends])
        longest = int(np.diff(tail_stops, prepend=0).max(initial=0))
        stops, out = np.empty(len(pick), np.int64), np.empty(len(names) + len(pick) * (self._room + longest), np.uint8)
        c, f = self._widths
        size = pack_decisions(
            names, name_stops, self._fixed, self._kind, ts_ns[pick], values[pick].reshape(-1), c,
            found.rows[pick].reshape(-1), f, found.scores[pick], tails, tail_stops, tail, stops, out,
        )  # fmt: skip
        return _cut(out[:size], stops)

    def _tail(
        self, verb: int, reasons: tuple[str, ...], late: bool, parts: tuple[int, ...] | None, terms: tuple[int, ...]
    ) -> bytes:
        """A decision from its actions on."""
        actions = (Action(self._verbs[verb], terms),) if terms else self._actions[verb]
        return _encode((actions, reasons, parts, late))[1:]


def _laid(pieces: Sequence[bytes]) -> tuple[NDArray[np.uint8], Ints]:
    """Bytes end to end, and where each ends."""
    return np.frombuffer(b"".join(pieces), np.uint8), np.cumsum(np.fromiter(map(len, pieces), np.int64, len(pieces)))


def _cut(data: NDArray[np.uint8], stops: Ints) -> list[bytes]:
    """Inverse of `_laid`."""
    whole, ends = data.tobytes(), stops.tolist()
    return [whole[start:stop] for start, stop in zip([0, *ends[:-1]], ends, strict=True)] if ends else []
