"""Sorting by whole numbers without comparisons: stable counting sorts, digit by digit from the least (LSD radix)."""

import numpy as np

from waglan.kernels.compiled import bare, compiled, inlined
from waglan.kernels.layout import Ints

DIGIT = 11
"""Bits a pass: 2,048 counters stay in the first cache."""


@bare
def sort_words(words: Ints, n: int, shift: int, bits: int, counts: Ints, spare: Ints) -> int:
    """Sort words[:n] (>= 0) stably by `bits` bits from `shift`; `counts` has 2**14 words. 1: it is in `spare`."""
    passes = 1 if bits <= 14 else (bits + DIGIT - 1) // DIGIT
    size = (bits + passes - 1) // passes
    for p in range(passes):
        if p % 2 == 0:
            sort_pass(words, n, shift + p * size, size, counts, spare)
        else:
            sort_pass(spare, n, shift + p * size, size, counts, words)
    return passes % 2


@bare
def sort_pass(words: Ints, n: int, shift: int, bits: int, counts: Ints, out: Ints) -> None:
    """One stable counting sort by `bits` bits from `shift`."""
    mask = (1 << bits) - 1
    for digit in range(mask + 1):
        counts[digit] = 0
    for i in range(n):
        counts[(words[i] >> shift) & mask] += 1
    at = 0
    for digit in range(mask + 1):
        here = counts[digit]
        counts[digit] = at
        at += here
    for i in range(n):
        word = words[i]
        digit = (word >> shift) & mask
        to = counts[digit]
        counts[digit] = to + 1
        out[to] = word


@inlined
def bits_of(number: int) -> int:
    """Binary digits of a whole number."""
    bits = 0
    while bits < 63 and (1 << bits) <= number:
        bits += 1
    return bits


@inlined
def ticks(time: int, low: int, step: int) -> int:
    """(time - low) // step, a step of `common_step`: a division by what the compiler knows is a multiplication."""
    past = np.uint64(time - low)
    if step == 1_000_000_000:
        return np.int64(past // np.uint64(1_000_000_000))  # type: ignore[return-value]
    if step == 1_000_000:
        return np.int64(past // np.uint64(1_000_000))  # type: ignore[return-value]
    return np.int64(past // np.uint64(1000)) if step == 1000 else np.int64(past)  # type: ignore[return-value]


@bare
def common_step(ts_ns: Ints, low: int) -> int:
    """The longest of a second, millisecond, microsecond, nanosecond of which every time is a multiple from `low`."""
    step = 1_000_000_000
    for i in range(len(ts_ns)):
        while ticks(ts_ns[i], low, step) * step != ts_ns[i] - low:
            step //= 1000
        if step == 1:
            break
    return step


@compiled
def time_order(ts_ns: Ints, position: Ints) -> Ints:
    """The order of events by time, ties by position (>= 0, below 2**32, all different): what an importer does once.

    Times count in the longest step that all share (a second, most often): narrow ranges cost few passes. Events are
    put in order of position first, most often by one scatter; then words of time and event are sorted by time alone.
    """
    n = len(ts_ns)
    if n == 0:
        return np.empty(0, dtype=np.int64)
    counts, spare, words = np.empty(1 << 14, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    low, place = ts_ns.min(), bits_of(n - 1)
    step, mask = common_step(ts_ns, low), (1 << place) - 1
    bits = bits_of(ticks(ts_ns.max(), low, step))
    narrow = place + bits < 64
    if not scattered(ts_ns, position, low, step if narrow else 0, place, words):
        for i in range(n):
            words[i] = position[i] << place | i
        if sort_words(words, n, place, bits_of(position.max()), counts, spare):
            words, spare = spare, words
        for r in range(n):
            event = words[r] & mask
            words[r] = (ticks(ts_ns[event], low, step) << place if narrow else 0) | event
    if narrow:
        if sort_words(words, n, place, bits, counts, spare):
            words, spare = spare, words
    else:  # too far apart for one word: the low half of the time first, then the high half
        for half in range(2):
            for r in range(n):
                event = words[r] & mask
                words[r] = ((ticks(ts_ns[event], low, step) >> (32 * half)) & 0xFFFFFFFF) << place | event
            if sort_words(words, n, place, 32, counts, spare):
                words, spare = spare, words
    for r in range(n):
        words[r] &= mask
    return words


@bare
def scattered(ts_ns: Ints, position: Ints, low: int, step: int, place: int, words: Ints) -> bool:
    """Words of time (nothing if step is 0) and event, each at its position; False if positions are not 0 .. n - 1."""
    words[:] = -1
    for i in range(len(position)):
        at = position[i]
        if at >= len(words) or words[at] >= 0:
            return False
        words[at] = (ticks(ts_ns[i], low, step) << place if step else 0) | i
    return True
