"""A step in blocks: each ring's touches of a block are sorted by key, and keys are shared out among threads."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from waglan.features.arena import Arena
from waglan.kernels import blocks, layout, lines, order, runs
from waglan.kernels.layout import Ints

Out = TypeVar("Out")

BLOCK: Final = 1 << 18
"""Events a block: enough of a key for its lines to be fetched once for many events (2**15 takes half as long again)."""


class Events(NamedTuple):
    """What one step moves by and fills, flat: kinds (n,), times (n,), values (n * c,), rows (n * f,), status (n,)."""

    kinds: NDArray[np.int8]
    ts: Ints
    values: Ints
    rows: Ints
    status: NDArray[np.int8]


class Blocks:
    """The work space of blocked steps, kept from one to the next: some 200 bytes for each event of a block."""

    def __init__(self, arena: Arena, program: Ints, threads: int) -> None:
        self.arena, self.prog, self.threads = arena, program, max(1, threads)
        header = program[0]
        self.rings = range(int(header[layout.H_RING0]), int(header[layout.H_RING1]))
        views = [int(program[r, layout.R_VIEW1] - program[r, layout.R_VIEW0]) + 1 for r in self.rings]
        self.ways = max(views, default=1)
        self.columns = int(
            header[layout.H_KEY1] - header[layout.H_KEY0] + header[layout.H_CHECK1] - header[layout.H_CHECK0]
        )
        keys = program[int(header[layout.H_KEY0]) : int(header[layout.H_KEY1])]
        self.moving = bool((keys[:, layout.K_SPACE] > 0).any()) or bool(
            header[layout.H_LIST0] < header[layout.H_LIST1] or header[layout.H_MEMBER0] < header[layout.H_MEMBER1]
        )
        universes = int(header[layout.H_UNIVERSES])
        self.single = [(int(k[layout.K_COLUMN]), universes + int(k[layout.K_UNIVERSE])) for k in keys]
        self.after = header[layout.H_AFTER0] < header[layout.H_AFTER1]
        self.size = 0
        self.pool = ThreadPoolExecutor(self.threads - 1) if self.threads > 1 else None

    def make_space(self, size: int) -> None:
        """Arrays for blocks of `size` events."""
        self.size = size
        self.fields = np.empty(max(1, self.columns) * size, dtype=np.int64)
        self.now = np.empty(size, dtype=np.int64)
        most = size * self.ways
        self.sorts = [
            tuple(np.empty(words, dtype=np.int64) for words in (1 << 14, most, most))
            for _ in range(min(self.threads, len(self.rings)))
        ]
        self.spaces = [np.empty(lines.SPACES * (most + 8 * 13), dtype=np.int64) for _ in range(self.threads)]
        longest = 5 * most + lines.STRAIGHT + lines.PAST
        self.lines = [np.empty(2 * longest, dtype=np.int64) for _ in range(self.threads)]

    def run(self, events: Events) -> None:
        """All blocks, in order."""
        n = len(events.ts)
        if min(BLOCK, n) > self.size:
            self.make_space(min(BLOCK, n))
        for begin in range(0, n, self.size or 1):
            self.block(events, begin, min(begin + self.size, n))

    def block(self, events: Events, begin: int, end: int) -> None:
        """One block: prepare, work each ring, finish if there is more to a row than its windows."""
        kinds, values, rows = events.kinds, events.values, events.rows
        if self.threads > 1 and self.free_of_growth(events, begin, end):
            self.prepare_side_by_side(events, begin, end)
        else:
            clock = np.array([self.arena.words[layout.NOW]])
            self.arena.run(lambda at: self.prepare(events, begin, at, end, clock), end, begin)
            self.arena.words[layout.NOW] = clock[0]
        for first in range(0, len(self.rings), self.threads):
            group = self.rings[first : first + self.threads]
            tasks = [
                partial(self.sorted, events, ring, begin, end - begin, *sort)
                for ring, sort in zip(group, self.sorts, strict=False)
            ]
            for ring, (touches, count) in zip(group, self.map(tasks), strict=True):
                self.ring(events, ring, begin, touches, count)
        if self.after or self.arena.marked():
            cuts = [(end - begin) * part // self.threads for part in range(self.threads + 1)]
            given = (self.now, rows, events.status)
            self.map([
                partial(blocks.finish_rows, self.prog, kinds, values, begin, a, b, *given) for a, b in pairwise(cuts)
            ])  # fmt: skip

    def prepare(self, events: Events, begin: int, start: int, stop: int, clock: Ints) -> int:
        """Keys, times and checks of events start .. stop - 1 of a block."""
        kinds, ts, values, rows, status = events
        filled = (rows, status, self.now, self.fields)
        return blocks.prepare(self.prog, self.arena.words, kinds, ts, values, begin, start, stop, *filled, clock)

    def prepare_side_by_side(self, events: Events, begin: int, end: int) -> None:
        """As `prepare`, each thread a stretch that begins at the watermark which the one before it leaves."""
        cuts = list(pairwise(begin + (end - begin) * part // self.threads for part in range(self.threads + 1)))
        latest = [int(events.ts[a:b].max(initial=-1)) for a, b in cuts]
        marks = np.maximum.accumulate([int(self.arena.words[layout.NOW]), *latest])
        clocks = [marks[k : k + 1].copy() for k in range(self.threads)]
        self.arena.reserve()  # nothing is taken here, but a kernel starts no event where the reserve is not whole
        ends = self.map(
            [partial(self.prepare, events, begin, a, b, clock) for (a, b), clock in zip(cuts, clocks, strict=True)]
        )
        assert ends == [b for _, b in cuts], f"prepared up to {ends} of {cuts}"
        self.arena.words[layout.NOW] = marks[-1]

    def free_of_growth(self, events: Events, begin: int, end: int) -> bool:
        """Whether preparing moves nothing: no pairs, no lists, and every key has its place in the tables already."""
        if self.moving:
            return False
        values = events.values.reshape(len(events.ts), -1)[begin:end]
        return all(int(values[:, c].max()) + 2 <= int(self.arena.words[u]) for c, u in self.single)

    def sorted(
        self, events: Events, ring: int, begin: int, n: int, counts: Ints, touches: Ints, spare: Ints
    ) -> tuple[Ints, int]:
        """A ring's touches of a block, sorted by key, and how many."""
        prog = self.prog
        count = blocks.touches(
            prog, ring, events.kinds, events.values, begin, n, self.now, self.fields, events.rows, touches
        )
        table = prog[0, layout.H_TABLE0] + prog[ring, layout.R_TABLE]
        cap = int(self.arena.words[prog[0, layout.H_UNIVERSES] + prog[table, layout.T_UNIVERSE]])
        swapped = order.sort_words(touches, count, lines.PLACE, (cap - 1).bit_length(), counts, spare)
        return spare if swapped else touches, count

    def ring(self, events: Events, ring: int, begin: int, touches: Ints, count: int) -> None:
        """Work off a ring's touches, each thread a stretch of keys."""
        cuts = [0]
        for part in range(1, self.threads):
            cut = max(cuts[-1], count * part // self.threads)
            while 0 < cut < count and touches[cut] >> lines.PLACE == touches[cut - 1] >> lines.PLACE:
                cut += 1
            cuts.append(cut)
        spans = list(pairwise([*cuts, count]))
        given = (ring, events.values, begin, self.now, self.fields, touches)
        while any(a < b for a, b in spans):
            lanes = self.arena.ready(self.threads)
            done = self.map([
                partial(runs.work, self.prog, self.arena.words, lane, *given, a, b, events.rows, space, line)
                for lane, (a, b), space, line in zip(lanes, spans, self.spaces, self.lines, strict=True)
            ])  # fmt: skip
            spans = [(at, b) for at, (_, b) in zip(done, spans, strict=True)]
            for number, (a, b) in enumerate(spans):
                if a < b:
                    self.arena.supply(number, b - a)

    def map(self, tasks: Sequence[Callable[[], Out]]) -> list[Out]:
        """Run tasks side by side; the first in this thread."""
        others = [self.pool.submit(task) for task in tasks[1:]] if self.pool is not None else []
        return [task() for task in tasks[:1]] + [other.result() for other in others]
