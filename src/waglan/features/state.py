"""The moving state of a plan's windows, and its snapshot.

Rows come from one of three loops over the same kernel step - one event, a stretch in log order, blocks key by key - and
are the same from each.
"""

import hashlib
import struct
import sys
from typing import Final

import numpy as np
from numpy.typing import NDArray

from waglan.features.arena import Arena
from waglan.features.blocks import Blocks, Events
from waglan.features.plan import Plan
from waglan.kernels import blocks, layout, windows
from waglan.kernels.layout import Ints
from waglan.schema.units import BadValue

MAGIC: Final = b"waglan windows 1\n"
HEAD: Final = struct.Struct("<17s32sqq32s")
"""Magic, plan digest, log position, words, SHA-256 of the words."""


class Windows:
    """The windows of one plan, moved by each event once, in log order.

    Status of an event: 0, or the sum of 1 (late), 2 (too_large: a number reaches 2**42, or a sum or result leaves
    +-2**62), 4 (window_full: a window holds 2**21 entries). An event of which a number reaches 2**42 enters no window;
    one refused for its row has entered like any other.
    `partitions` is how many threads' allocators are made ready; `step` makes more when asked for more threads.
    """

    def __init__(self, plan: Plan, partitions: int = 1) -> None:
        self.plan = plan
        self._program = plan.program
        self._arena = Arena(plan.sizes, partitions)
        self._row = np.empty(max(1, len(plan.names)), dtype=np.int64)
        self._blocks: Blocks | None = None

    # One event ------------------------------------------------------------------------------------------------------

    def step_one(self, kind: int, ts_ns: int, values_row: Ints) -> tuple[Ints, int]:
        """Move by one event: its row (a buffer that the next call overwrites) and its status."""
        code = windows.one(self._program, self._arena.words, kind, ts_ns, values_row, 0, self._row, 0)
        while code < 0:
            self._arena.make_room(-code, 0)
            code = windows.one(self._program, self._arena.words, kind, ts_ns, values_row, 0, self._row, 0)
        return self._row, code

    # Many events ----------------------------------------------------------------------------------------------------

    def step(
        self, kinds: NDArray[np.int8], ts_ns: Ints, values: Ints, blocked: bool = False, threads: int = 1,
        out: Ints | None = None,
    ) -> tuple[Ints, NDArray[np.int8]]:  # fmt: skip
        """Move by n events: rows, int64 (n, f), NULL throughout for events not decided or refused; status, int8 (n,).

        kinds (n,) are codes (-1: could not be read), ts_ns (n,) true times, values (n, c) with NULL where absent and
        dense numbers below 2**31 - 1 for entities. `blocked` works key by key, with up to `threads` threads. What
        feeds back must be among the events: whoever adds effects as he decides goes one by one. The rows are written
        to `out`, contiguous, where it is given.
        """
        n, wide = len(ts_ns), self.plan.columns
        if values.shape != (n, wide) or kinds.shape != (n,):
            raise BadValue(
                f"{n} times need kinds ({n},) and values ({n}, {wide}); got {kinds.shape} and {values.shape}"
            )
        rows = np.empty((n, len(self.plan.names)), dtype=np.int64) if out is None else out
        if rows.shape != (n, len(self.plan.names)) or rows.dtype != np.int64 or not rows.flags.c_contiguous:
            raise BadValue(
                f"out is contiguous int64 ({n}, {len(self.plan.names)}); it was {rows.dtype} {rows.shape}, "
                f"strides {rows.strides}"
            )
        status = np.empty(n, dtype=np.int8)
        flat = np.ascontiguousarray(values, dtype=np.int64).reshape(-1)
        codes = np.ascontiguousarray(kinds, dtype=np.int8)
        times = np.ascontiguousarray(ts_ns, dtype=np.int64)
        events = Events(codes, times, flat, rows.reshape(-1), status)
        if blocked:
            if self._blocks is None or self._blocks.threads != threads:
                self._blocks = Blocks(self._arena, self._program, threads)
            self._blocks.run(events)
        else:
            self._arena.run(lambda at: blocks.in_order(self._program, self._arena.words, *events, at), n)
        return rows, status

    # Size and snapshot ----------------------------------------------------------------------------------------------

    def memory_bytes(self) -> int:
        """Bytes that hold state: heads, blocks (free ones too), bookkeeping; not what is only set aside."""
        return 8 * self._arena.used()

    def snapshot(self, position: int) -> bytes:
        """The state as bytes, bound to the plan and to a log position. Inverse: `restore`."""
        words, end = self._arena.words, self._arena.lanes[0] + layout.LANE_END
        top, kept = self._arena.used(), int(words[end])
        words[end] = 0  # how much is set aside is no state
        try:
            body = memoryview(little(words[:top]).data).cast("B")
            return b"".join((HEAD.pack(MAGIC, self.plan.digest, position, top, hashlib.sha256(body).digest()), body))
        finally:  # a snapshot for which there is no memory leaves the state as it was
            words[end] = kept

    @staticmethod
    def restore(plan: Plan, data: bytes) -> tuple["Windows", int]:
        """Windows and log position of a snapshot. Raises BadValue if it is cut, altered, or of another plan."""
        if len(data) < HEAD.size or not data.startswith(MAGIC):
            raise BadValue(f"this is no snapshot of windows: {len(data)} bytes that begin {data[:16]!r}")
        _, digest, position, top, checksum = HEAD.unpack_from(data)
        if digest != plan.digest:
            raise BadValue(f"the snapshot is of plan {digest.hex()[:16]}, this recipe's is {plan.digest.hex()[:16]}")
        body = memoryview(data)[HEAD.size :]
        if len(body) != 8 * top:
            raise BadValue(f"the snapshot was cut: it names {8 * top} bytes of state and has {len(body)}")
        if hashlib.sha256(body).digest() != checksum:
            raise BadValue(f"the snapshot was altered: its SHA-256 is not {checksum.hex()[:16]}...")
        out = Windows(plan)
        out._arena = Arena.of(plan.sizes, np.frombuffer(body, dtype="<i8"))
        return out, int(position)


def little(words: Ints) -> Ints:
    """Words as they are stored: least byte first; itself on nearly every machine."""
    return words if sys.byteorder == "little" else words.byteswap()
