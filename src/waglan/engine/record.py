"""Verdicts to sealed records: the one place where a decision gets its bytes.

Rows and values go to their bytes by a compiled loop and are laid into the record raw; the form is that of
`schema.records` to the byte, which the tests hold by encoding each record both ways.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from waglan.engine.judge import Judge, Verdicts
from waglan.kernels.pack import pack_rows
from waglan.schema.records import Action

Ints = NDArray[np.int64]
Raw = msgspec.Raw


class _Event(msgspec.Struct, frozen=True, array_like=True, gc=False):
    id: str
    kind: str
    ts_ns: int
    values: Raw


class _Decision(msgspec.Struct, frozen=True, array_like=True, gc=False):
    event: _Event
    recipe: bytes
    row: Raw
    score_micro: int
    actions: Raw
    reasons: tuple[str, ...]
    parts: tuple[int, ...] | None
    late: bool


class _Observation(msgspec.Struct, frozen=True, array_like=True, gc=False):
    event: _Event
    recipe: bytes
    late: bool


_encode: Final = msgspec.msgpack.Encoder().encode


def packed(rows: Ints) -> list[Raw]:
    """Each row of an int64 matrix (n, f) as the bytes of a MessagePack array, null as nil."""
    n, f = rows.shape
    ends, out = np.empty(n, np.int64), np.empty(n * (3 + 9 * f), np.uint8)
    view = memoryview(out[: pack_rows(np.ascontiguousarray(rows), ends, out)].tobytes())
    stops = ends.tolist()
    return [Raw(view[start:stop]) for start, stop in zip([0, *stops[:-1]], stops, strict=True)] if n else []


class Packer:
    """One row at a time to its bytes, through buffers of its own; as `packed` for a single row."""

    def __init__(self, width: int) -> None:
        self._out = np.empty(3 + 9 * width, np.uint8)
        self._ends = np.empty(1, np.int64)
        self._view = memoryview(self._out.data)

    def __call__(self, row: Ints) -> Raw:
        return Raw(bytes(self._view[: pack_rows(row.reshape(1, -1), self._ends, self._out)]))


class Scribe:
    """Writes the records of one judge."""

    def __init__(self, judge: Judge) -> None:
        self.kinds: Final = judge.kinds
        self.digest: Final = judge.digest
        self.pack_values: Final = Packer(judge.plan.columns)
        self.pack_row: Final = Packer(len(judge.plan.names))
        self.actions: Final = [Raw(_encode((Action(verb),))) for verb in judge.verbs]

    def event(self, event_id: str, code: int, ts_ns: int, values: Raw) -> bytes:
        """The bytes of an event by itself."""
        return _encode(_Event(event_id, self.kinds[code], ts_ns, values))

    def decision(
        self,
        event_id: str,
        ts_ns: int,
        values: Raw,
        row: Raw,
        score: int,
        verb: int,
        reasons: tuple[str, ...],
        parts: tuple[int, ...] | None,
        late: bool,
    ) -> bytes:
        """The bytes of a decision."""
        event = _Event(event_id, self.kinds[0], ts_ns, values)
        return _encode(_Decision(event, self.digest, row, score, self.actions[verb], reasons, parts, late))

    def observation(self, event_id: str, code: int, ts_ns: int, values: Raw, late: bool) -> bytes:
        """The bytes of an observation."""
        return _encode(_Observation(_Event(event_id, self.kinds[code], ts_ns, values), self.digest, late))

    def decisions(
        self, at: Sequence[int], ids: Sequence[str], ts_ns: Ints, values: Ints, found: Verdicts, late: NDArray[np.bool_]
    ) -> list[bytes]:
        """The bytes of the decisions at places `at` of a batch, in that order; values hold tokens."""
        pick = np.asarray(at, np.int64)
        columns = zip(
            at,
            ts_ns[pick].tolist(),
            packed(values[pick]),
            packed(found.rows[pick]),
            found.scores[pick].tolist(),
            found.verbs[pick].tolist(),
            late[pick].tolist(),
            strict=True,
        )
        kind, digest, actions, reasons, parts = self.kinds[0], self.digest, self.actions, found.reasons, found.parts
        return [
            _encode(
                _Decision(
                    _Event(ids[i], kind, ts, value),
                    digest,
                    row,
                    score,
                    actions[verb],
                    reasons[i],
                    parts.get(i),
                    is_late,
                )
            )
            for i, ts, value, row, score, verb, is_late in columns
        ]
