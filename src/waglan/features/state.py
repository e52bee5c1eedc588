"""The moving state of a plan's windows: one flat array, its growth, its threads, its snapshot.

Rows come from one of three loops over the same kernel step - one event, a stretch in log order, blocks key by key - and
are the same from each.
"""

import hashlib
import struct
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from waglan.features.plan import Plan
from waglan.kernels import blocks, layout, lines, order, runs, windows
from waglan.kernels.layout import Ints
from waglan.schema.units import BadValue

Out = TypeVar("Out")

BLOCK: Final = 1 << 18
"""Events a block: enough of a key for its lines to be fetched once for many events (2**15 takes half as long again)."""

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
        sizes = plan.sizes
        self._arena = aligned(max(4096, 2 * (sizes.first_lane + sizes.lane_words + sizes.reserve)))
        self._lanes: list[int] = [sizes.first_lane]
        self._arena[layout.NOW] = 0
        top = (sizes.first_lane + sizes.lane_words + 7) & ~7
        self._begin_lane(sizes.first_lane, top, len(self._arena))
        for _ in range(1, partitions):
            self._add_lane()
        self._row = np.empty(max(1, len(plan.names)), dtype=np.int64)
        self._pool: ThreadPoolExecutor | None = None

    # One event ------------------------------------------------------------------------------------------------------

    def step_one(self, kind: int, ts_ns: int, values_row: Ints) -> tuple[Ints, int]:
        """Move by one event: its row (a buffer that the next call overwrites) and its status."""
        code = windows.one(self._program, self._arena, kind, ts_ns, values_row, 0, self._row, 0)
        while code < 0:
            self._make_room(-code, 0)
            code = windows.one(self._program, self._arena, kind, ts_ns, values_row, 0, self._row, 0)
        return self._row, code

    # Many events ----------------------------------------------------------------------------------------------------

    def step(
        self, kinds: NDArray[np.int8], ts_ns: Ints, values: Ints, blocked: bool = False, threads: int = 1
    ) -> tuple[Ints, NDArray[np.int8]]:
        """Move by n events: rows, int64 (n, f), NULL throughout for events not decided or refused; status, int8 (n,).

        kinds (n,) are codes (-1: could not be read), ts_ns (n,) true times, values (n, c) with NULL where absent and
        dense numbers below 2**31 - 1 for entities. `blocked` works key by key and is for plans without feedback; with
        it, up to `threads` threads.
        """
        n, wide = len(ts_ns), self.plan.columns
        if values.shape != (n, wide) or kinds.shape != (n,):
            raise BadValue(
                f"{n} times need kinds ({n},) and values ({n}, {wide}); got {kinds.shape} and {values.shape}"
            )
        if blocked and self.plan.feedback:
            raise BadValue("features on effects are feedback: these windows move in log order only, not in blocks")
        rows = np.empty((n, len(self.plan.names)), dtype=np.int64)
        status = np.empty(n, dtype=np.int8)
        flat = np.ascontiguousarray(values, dtype=np.int64).reshape(-1)
        codes = np.ascontiguousarray(kinds, dtype=np.int8)
        times = np.ascontiguousarray(ts_ns, dtype=np.int64)
        if blocked:
            Blocks(self, codes, times, flat, rows.reshape(-1), status, threads).run()
        else:
            cells = rows.reshape(-1)
            self._run(lambda at: blocks.in_order(self._program, self._arena, codes, times, flat, cells, status, at), n)
        return rows, status

    def _run(self, kernel: Callable[[int], int], stop: int, start: int = 0) -> None:
        """Call a kernel that may stop for room until it reaches `stop`."""
        at = kernel(start)
        while at < stop:
            self._make_room(int(self._arena[layout.WANT + 1]), at)
            at = kernel(at)

    # Room -----------------------------------------------------------------------------------------------------------

    def _make_room(self, code: int, row: int) -> None:
        """Grow the arena, or say which row has a key that cannot be."""
        if code == layout.BAD_KEY:
            raise BadValue(f"row {row}: an entity's dense number reaches 2**31 - 1")
        lane = self._lanes[0]
        self._grow(int(self._arena[layout.WANT]) + int(self._arena[lane + layout.LANE_RESERVE]))
        self._arena[layout.WANT] = 0

    def _grow(self, words: int) -> None:
        """Make sure that lane 0 has `words` left, at least doubling the arena if not."""
        lane = self._lanes[0]
        need = int(self._arena[lane + layout.LANE_TOP]) + words
        if need <= len(self._arena):
            return
        wide = aligned(max(2 * len(self._arena), need + words))
        wide[: len(self._arena)] = self._arena
        self._arena = wide
        wide[lane + layout.LANE_END] = len(wide)

    def _begin_lane(self, lane: int, top: int, end: int) -> None:
        """The words of a fresh lane."""
        sizes, arena = self.plan.sizes, self._arena
        arena[lane : lane + sizes.lane_words] = 0
        arena[lane + layout.LANE_TOP], arena[lane + layout.LANE_END] = top, end
        arena[lane + layout.LANE_RESERVE] = sizes.reserve
        for place, words in sizes.largest.items():
            arena[lane + place] = words
        number = self._lanes.index(lane)
        arena[layout.SIZE] = number + 1
        arena[layout.LANES + number] = lane

    def _add_lane(self) -> None:
        """One more thread's allocator, without room yet."""
        if len(self._lanes) == layout.LANES_MAX:
            raise BadValue(f"at most {layout.LANES_MAX} threads")
        first = self._lanes[0]
        self._grow(self.plan.sizes.lane_words + int(self._arena[first + layout.LANE_RESERVE]))
        lane = int(self._arena[first + layout.LANE_TOP])
        self._arena[first + layout.LANE_TOP] = lane + ((self.plan.sizes.lane_words + 7) & ~7)
        self._lanes.append(lane)
        self._begin_lane(lane, 0, 0)

    def _supply(self, number: int, words: int) -> None:
        """Give a lane a new stretch of `words` beyond its reserve; what is left of the old one becomes spare."""
        lane, first = self._lanes[number], self._lanes[0]
        words = (words + int(self._arena[lane + layout.LANE_RESERVE]) + 7) & ~7
        self._grow(words + int(self._arena[first + layout.LANE_RESERVE]))
        arena, start = self._arena, int(self._arena[first + layout.LANE_TOP])
        arena[first + layout.LANE_TOP] = start + words
        top, end = int(arena[lane + layout.LANE_TOP]), int(arena[lane + layout.LANE_END])
        if end == start:  # it adjoins the old one
            arena[lane + layout.LANE_END] = start + words
            return
        if end - top > arena[lane + layout.LANE_SPARE_END] - arena[lane + layout.LANE_SPARE]:
            arena[lane + layout.LANE_SPARE], arena[lane + layout.LANE_SPARE_END] = top, end
        arena[lane + layout.LANE_TOP], arena[lane + layout.LANE_END] = start, start + words

    def _ready(self, threads: int) -> list[int]:
        """Lanes of so many threads, each with the largest reserve of all and room for it."""
        while len(self._lanes) < threads:
            self._add_lane()
        wanted = self._lanes[: max(1, threads)]
        if len(self._lanes) > 1:
            places = list(self.plan.sizes.largest)
            largest = {place: max(int(self._arena[lane + place]) for lane in self._lanes) for place in places}
            reserve = max(int(self._arena[lane + layout.LANE_RESERVE]) for lane in self._lanes)
            for lane in self._lanes:
                for place, words in largest.items():
                    self._arena[lane + place] = words
                self._arena[lane + layout.LANE_RESERVE] = reserve
        return wanted

    # Size and snapshot ----------------------------------------------------------------------------------------------

    def memory_bytes(self) -> int:
        """Bytes that hold state: heads, blocks (free ones too), bookkeeping; not what is only set aside."""
        return 8 * int(self._arena[self._lanes[0] + layout.LANE_TOP])

    def snapshot(self, position: int) -> bytes:
        """The state as bytes, bound to the plan and to a log position. Inverse: `restore`."""
        top = int(self._arena[self._lanes[0] + layout.LANE_TOP])
        kept = self._arena[:top].astype("<i8")
        kept[self._lanes[0] + layout.LANE_END] = 0  # how much is set aside is no state
        words = kept.tobytes()
        return HEAD.pack(MAGIC, self.plan.digest, position, top, hashlib.sha256(words).digest()) + words

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
        out._load(np.frombuffer(body, dtype="<i8"))
        return out, int(position)

    def _load(self, words: Ints) -> None:
        """Take over the words of a snapshot."""
        arena = aligned(len(words) + max(4096, len(words) // 4))
        arena[: len(words)] = words
        self._lanes = [int(arena[layout.LANES + i]) for i in range(int(arena[layout.SIZE]))]
        self._arena = arena
        arena[self._lanes[0] + layout.LANE_END] = len(arena)


class Blocks:
    """One blocked step: n events in blocks, each ring's touches sorted by key and shared out among threads."""

    def __init__(
        self, state: Windows, kinds: NDArray[np.int8], ts: Ints, values: Ints, rows: Ints,
        status: NDArray[np.int8], threads: int,
    ) -> None:  # fmt: skip
        self.state, self.kinds, self.ts, self.values, self.rows, self.status = state, kinds, ts, values, rows, status
        self.threads = max(1, threads)
        self.prog = state.plan.program
        header = self.prog[0]
        self.rings = range(int(header[layout.H_RING0]), int(header[layout.H_RING1]))
        self.size = min(BLOCK, max(1, len(ts)))
        ways = max(
            (int(self.prog[r, layout.R_VIEW1] - self.prog[r, layout.R_VIEW0]) + 1 for r in self.rings), default=1
        )
        fields = int(header[layout.H_KEY1] - header[layout.H_KEY0] + header[layout.H_CHECK1] - header[layout.H_CHECK0])
        self.fields = np.empty(max(1, fields) * self.size, dtype=np.int64)
        self.now = np.empty(self.size, dtype=np.int64)
        self.sorts = [
            tuple(np.empty(words, dtype=np.int64) for words in (1 << 14, self.size * ways, self.size * ways))
            for _ in range(min(self.threads, len(self.rings)))
        ]
        self.spaces = [
            np.empty(lines.SPACES * (self.size * ways + 8 * 13), dtype=np.int64) for _ in range(self.threads)
        ]
        longest = 5 * self.size * ways + lines.STRAIGHT + lines.PAST
        self.lines = [np.empty(2 * longest, dtype=np.int64) for _ in range(self.threads)]
        self.after = header[layout.H_AFTER0] < header[layout.H_AFTER1]

    def run(self) -> None:
        """All blocks, in order."""
        for begin in range(0, len(self.ts), self.size):
            self.block(begin, min(begin + self.size, len(self.ts)))

    def block(self, begin: int, end: int) -> None:
        """One block: prepare, work each ring, finish if there is more to a row than its windows."""
        state = self.state
        state._run(
            lambda at: blocks.prepare(
                self.prog, state._arena, self.kinds, self.ts, self.values, begin, at, end,
                self.rows, self.status, self.now, self.fields,
            ), end, begin,
        )  # fmt: skip
        for first in range(0, len(self.rings), self.threads):
            group = self.rings[first : first + self.threads]
            tasks = [
                partial(self.sorted, ring, begin, end - begin, *sort)
                for ring, sort in zip(group, self.sorts, strict=False)
            ]
            for ring, (touches, count) in zip(group, self.map(tasks), strict=True):
                self.ring(ring, begin, touches, count)
        if self.after or self.marked():
            cuts = [(end - begin) * part // self.threads for part in range(self.threads + 1)]
            given = (self.now, self.rows, self.status)
            self.map([
                partial(blocks.finish_rows, self.prog, self.kinds, self.values, begin, a, b, *given)
                for a, b in pairwise(cuts)
            ])  # fmt: skip

    def marked(self) -> bool:
        """Whether a lane has left the mark of a refused row since last asked."""
        spots = [lane + layout.LANE_MARKED for lane in self.state._lanes]
        found = bool(self.state._arena[spots].any())
        self.state._arena[spots] = 0
        return found

    def sorted(self, ring: int, begin: int, n: int, counts: Ints, touches: Ints, spare: Ints) -> tuple[Ints, int]:
        """A ring's touches of a block, sorted by key, and how many."""
        prog = self.prog
        count = blocks.touches(prog, ring, self.kinds, self.values, begin, n, self.now, self.fields, self.rows, touches)
        table = prog[0, layout.H_TABLE0] + prog[ring, layout.R_TABLE]
        cap = int(self.state._arena[prog[0, layout.H_UNIVERSES] + prog[table, layout.T_UNIVERSE]])
        swapped = order.sort_words(touches, count, lines.PLACE, (cap - 1).bit_length(), counts, spare)
        return spare if swapped else touches, count

    def ring(self, ring: int, begin: int, touches: Ints, count: int) -> None:
        """Work off a ring's touches, each thread a stretch of keys."""
        state, prog = self.state, self.prog
        cuts = [0]
        for part in range(1, self.threads):
            cut = max(cuts[-1], count * part // self.threads)
            while 0 < cut < count and touches[cut] >> lines.PLACE == touches[cut - 1] >> lines.PLACE:
                cut += 1
            cuts.append(cut)
        spans = list(pairwise([*cuts, count]))
        given = (ring, self.values, begin, self.now, self.fields, touches)
        while any(a < b for a, b in spans):
            lanes = state._ready(self.threads)
            done = self.map([
                partial(runs.work, prog, state._arena, lane, *given, a, b, self.rows, space, line)
                for lane, (a, b), space, line in zip(lanes, spans, self.spaces, self.lines, strict=True)
            ])  # fmt: skip
            spans = [(at, b) for at, (_, b) in zip(done, spans, strict=True)]
            for number, (a, b) in enumerate(spans):
                if a < b:
                    self.supply(number, b - a)

    def supply(self, number: int, left: int) -> None:
        """More room for a lane that stopped with `left` touches to go."""
        state, lane = self.state, self.state._lanes[number]
        wanted = int(state._arena[lane + layout.LANE_WANT])
        if number == 0:
            state._grow(int(state._arena[lane + layout.LANE_RESERVE]) + wanted)
        else:
            state._supply(number, wanted + 16 * left)

    def map(self, tasks: Sequence[Callable[[], Out]]) -> list[Out]:
        """Run tasks side by side; the first in this thread."""
        state = self.state
        if len(tasks) > 1 and state._pool is None:
            state._pool = ThreadPoolExecutor(max_workers=layout.LANES_MAX)
        others = [state._pool.submit(task) for task in tasks[1:]] if state._pool is not None else []
        return [task() for task in tasks[:1]] + [other.result() for other in others]


def aligned(words: int) -> Ints:
    """Zeroed words that begin at a cache line, so that a head of eight words is one line."""
    raw = np.empty(words + 8, dtype=np.int64)
    raw[:] = 0
    skip = (-raw.ctypes.data // 8) % 8
    return raw[skip : skip + words]
