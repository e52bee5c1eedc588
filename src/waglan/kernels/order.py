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


@bare
def common_step(ts_ns: Ints, low: int) -> int:
    """The longest of a second, millisecond, microsecond, nanosecond of which every time is a multiple from `low`."""
    step = 1_000_000_000
    for i in range(len(ts_ns)):
        while (ts_ns[i] - low) % step != 0:
            step //= 1000
        if step == 1:
            break
    return step


@compiled
def time_order(ts_ns: Ints, position: Ints) -> Ints:
    """The order of events by time, ties by position (>= 0, below 2**32, all different): what an importer does once.

    Times count in the longest step that all share (a second, most often): narrow ranges cost few passes. Where a
    time and a place fit one word - they do for 2**31 seconds of 2**32 events - words are sorted and not pairs.
    """
    n = len(ts_ns)
    if n == 0:
        return np.empty(0, dtype=np.int64)
    counts, spare = np.empty(1 << 14, dtype=np.int64), np.empty(n, dtype=np.int64)
    ranks = by_position(position, counts, spare)
    low, high = ts_ns.min(), ts_ns.max()
    step = common_step(ts_ns, low)
    words, place = np.empty(n, dtype=np.int64), bits_of(n - 1)
    bits = bits_of((high - low) // step)
    if place + bits < 64:
        for r in range(n):
            words[r] = ((ts_ns[ranks[r]] - low) // step) << place | r
        if sort_words(words, n, place, bits, counts, spare):
            words, spare = spare, words
    else:  # too far apart for one word: the low half of the time first, then the high half
        for half in range(2):
            for r in range(n):
                words[r] = ((((ts_ns[ranks[r]] - low) // step) >> (32 * half)) & 0xFFFFFFFF) << place | r
            if sort_words(words, n, place, 32, counts, spare):
                words, spare = spare, words
            for r in range(n):
                words[r] = ranks[words[r] & ((1 << place) - 1)]
            ranks = words.copy()
        return ranks
    for r in range(n):
        words[r] = ranks[words[r] & ((1 << place) - 1)]
    return words


@compiled
def by_position(position: Ints, counts: Ints, spare: Ints) -> Ints:
    """Rows in order of position; one scatter where positions are 0 .. n - 1."""
    n = len(position)
    ranks = np.full(n, -1, dtype=np.int64)
    for i in range(n):
        if position[i] >= n or ranks[position[i]] >= 0:
            break
        ranks[position[i]] = i
    else:
        return ranks
    place = bits_of(n - 1)
    for i in range(n):
        ranks[i] = position[i] << place | i
    sorted_ranks = ranks
    if sort_words(ranks, n, place, bits_of(position.max()), counts, spare):
        sorted_ranks = spare.copy()
    for i in range(n):
        sorted_ranks[i] &= (1 << place) - 1
    return sorted_ranks
