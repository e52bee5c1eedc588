"""One stretch of words that holds a plan's whole state, and its lanes: an allocator for each thread.

Kernels take blocks from a lane and stop before one is empty; here the stretch grows and lanes get new room. Everything
is an offset, so a snapshot is the words and nothing else.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from waglan.features.memory import Memory
from waglan.features.sections import Sizes
from waglan.kernels import layout
from waglan.kernels.layout import Ints
from waglan.schema.units import BadValue

NOTHING: Final[Ints] = np.zeros(0, np.int64)


class Arena:
    """`words` (a view, replaced as they grow), of which lane 0 has all that no other lane was given."""

    def __init__(self, sizes: Sizes, lanes: int = 1) -> None:
        self.sizes = sizes
        self._memory = Memory(max(4096, 2 * (sizes.first_lane + sizes.lane_words + sizes.reserve)))
        self.words = self._memory.view()
        self.lanes: list[int] = [sizes.first_lane]
        top = (sizes.first_lane + sizes.lane_words + 7) & ~7
        self._begin(sizes.first_lane, top, len(self.words))
        for _ in range(1, lanes):
            self._add()

    @staticmethod
    def of(sizes: Sizes, words: Ints) -> "Arena":
        """The words of a snapshot, with room to grow."""
        out = Arena(sizes)
        out._widen(len(words) + max(4096, len(words) // 4))
        out.words[: len(words)] = words
        out.lanes = [int(words[layout.LANES + i]) for i in range(int(words[layout.SIZE]))]
        out.words[out.lanes[0] + layout.LANE_END] = len(out.words)
        return out

    def used(self) -> int:
        """Words that hold state: heads, blocks (free ones too), bookkeeping; not what is only set aside."""
        return int(self.words[self.lanes[0] + layout.LANE_TOP])

    def run(self, kernel: Callable[[int], int], stop: int, start: int = 0) -> None:
        """Call a kernel that may stop for room until it reaches `stop`."""
        at = kernel(start)
        while at < stop:
            self.make_room(int(self.words[layout.WANT + 1]), at)
            at = kernel(at)

    def make_room(self, code: int, row: int) -> None:
        """Grow, or say which row has a key that cannot be."""
        if code == layout.BAD_KEY:
            raise BadValue(f"row {row}: an entity's dense number reaches 2**31 - 1")
        self.grow(int(self.words[layout.WANT]) + int(self.words[self.lanes[0] + layout.LANE_RESERVE]))
        self.words[layout.WANT] = 0

    def reserve(self) -> None:
        """Make sure that lane 0 has its whole reserve left."""
        self.grow(int(self.words[self.lanes[0] + layout.LANE_RESERVE]))

    def grow(self, words: int) -> None:
        """Make sure that lane 0 has `words` left, at least doubling the stretch if not."""
        need = self.used() + words
        if need > len(self.words):
            self._widen(max(2 * len(self.words), need + words))

    def _widen(self, count: int) -> None:
        self.words = NOTHING  # a view that is held makes growing a copy
        try:
            self._memory.grow(count)
        finally:  # where there is no memory the state stands as it was
            self.words = self._memory.view()
        self.words[self.lanes[0] + layout.LANE_END] = count

    def _begin(self, lane: int, top: int, end: int) -> None:
        """The words of a fresh lane."""
        words = self.words
        words[lane : lane + self.sizes.lane_words] = 0
        words[lane + layout.LANE_TOP], words[lane + layout.LANE_END] = top, end
        words[lane + layout.LANE_RESERVE] = self.sizes.reserve
        for place, largest in self.sizes.largest.items():
            words[lane + place] = largest
        number = self.lanes.index(lane)
        words[layout.SIZE] = number + 1
        words[layout.LANES + number] = lane

    def _add(self) -> None:
        """One more thread's allocator, without room yet."""
        if len(self.lanes) == layout.LANES_MAX:
            raise BadValue(f"at most {layout.LANES_MAX} threads")
        first = self.lanes[0]
        self.grow(self.sizes.lane_words + int(self.words[first + layout.LANE_RESERVE]))
        lane = int(self.words[first + layout.LANE_TOP])
        self.words[first + layout.LANE_TOP] = lane + ((self.sizes.lane_words + 7) & ~7)
        self.lanes.append(lane)
        self._begin(lane, 0, 0)

    def supply(self, number: int, left: int) -> None:
        """More room for a lane that stopped with `left` touches to go."""
        lane = self.lanes[number]
        wanted = int(self.words[lane + layout.LANE_WANT])
        if number == 0:
            self.grow(int(self.words[lane + layout.LANE_RESERVE]) + wanted)
        else:
            self._stretch(lane, wanted + 16 * left)

    def _stretch(self, lane: int, words: int) -> None:
        """Give a lane a new stretch of `words` beyond its reserve; what is left of the old one becomes spare."""
        first = self.lanes[0]
        words = (words + int(self.words[lane + layout.LANE_RESERVE]) + 7) & ~7
        self.grow(words + int(self.words[first + layout.LANE_RESERVE]))
        held, start = self.words, self.used()
        held[first + layout.LANE_TOP] = start + words
        top, end = int(held[lane + layout.LANE_TOP]), int(held[lane + layout.LANE_END])
        if end == start:  # it adjoins the old one
            held[lane + layout.LANE_END] = start + words
            return
        if end - top > held[lane + layout.LANE_SPARE_END] - held[lane + layout.LANE_SPARE]:
            held[lane + layout.LANE_SPARE], held[lane + layout.LANE_SPARE_END] = top, end
        held[lane + layout.LANE_TOP], held[lane + layout.LANE_END] = start, start + words

    def ready(self, threads: int) -> list[int]:
        """Lanes of so many threads, each with the largest reserve of all and room for it."""
        while len(self.lanes) < threads:
            self._add()
        if len(self.lanes) > 1:
            words = self.words
            reserve = max(int(words[lane + layout.LANE_RESERVE]) for lane in self.lanes)
            largest = {place: max(int(words[lane + place]) for lane in self.lanes) for place in self.sizes.largest}
            for lane in self.lanes:
                for place, size in largest.items():
                    words[lane + place] = size
                words[lane + layout.LANE_RESERVE] = reserve
        return self.lanes[:threads]

    def marked(self) -> bool:
        """Whether a lane has left the mark of a refused row since last asked."""
        spots = [lane + layout.LANE_MARKED for lane in self.lanes]
        found = bool(self.words[spots].any())
        self.words[spots] = 0
        return found
