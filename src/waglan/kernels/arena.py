"""Blocks of words out of one flat array: free lists of powers of two, bump allocation, and a reserve.

A kernel cannot make an array larger, so it never starts an event unless its lane has `LANE_RESERVE` words left: an
upper bound on what one event can take (twice the largest block of each structure so far). Otherwise it stops, Python
doubles the array, and the kernel goes on from the same event: no half-applied step.
"""

from waglan.kernels.compiled import bare, inlined
from waglan.kernels.layout import (
    LANE_END,
    LANE_FREE,
    LANE_RESERVE,
    LANE_SPARE,
    LANE_SPARE_END,
    LANE_TOP,
    LOGS,
    Ints,
)


@inlined
def take(arena: Ints, lane: int, size_class: int, width: int, log: int) -> int:
    """Offset of a block of 2**log entries of `width` words, reused or new, not zeroed; whole cache lines."""
    free = lane + LANE_FREE + size_class * LOGS + log
    block = arena[free]
    if block != 0:
        arena[free] = arena[block]
        return int(block)
    words = ((width << log) + 7) & ~7
    block = arena[lane + LANE_SPARE]
    if block + words <= arena[lane + LANE_SPARE_END]:
        arena[lane + LANE_SPARE] = block + words
        return int(block)
    block = arena[lane + LANE_TOP]
    arena[lane + LANE_TOP] = block + words
    return int(block)


@bare
def give(arena: Ints, lane: int, size_class: int, log: int, block: int) -> None:
    """Hand a block back; the next of its size is this one."""
    free = lane + LANE_FREE + size_class * LOGS + log
    arena[block] = arena[free]
    arena[free] = block


@bare
def give_stretch(arena: Ints, lane: int, start: int, end: int) -> None:
    """Hand back words of any length; the longer of this and the present spare stretch is kept."""
    if end - start > arena[lane + LANE_SPARE_END] - arena[lane + LANE_SPARE]:
        arena[lane + LANE_SPARE] = start
        arena[lane + LANE_SPARE_END] = end


@inlined
def note(arena: Ints, lane: int, largest: int, words: int, factor: int) -> None:
    """Remember the largest block of a structure; the reserve holds `factor` times it."""
    before = arena[lane + largest]
    if words > before:
        arena[lane + largest] = words
        arena[lane + LANE_RESERVE] += factor * (words - before)


@inlined
def roomy(arena: Ints, lane: int) -> bool:
    """Whether one more event surely fits."""
    return bool(arena[lane + LANE_END] - arena[lane + LANE_TOP] >= arena[lane + LANE_RESERVE])
