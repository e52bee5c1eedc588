"""Sorting by whole numbers without comparisons: stable counting sorts, digit by digit from the least (LSD radix)."""

import numpy as np

from waglan.kernels.compiled import compiled
from waglan.kernels.layout import Ints

DIGIT = 11
"""Bits a pass: 2,048 counters stay in the first cache."""


@compiled
def sort_pass(keys: Ints, order: Ints, n: int, shift: int, bits: int, counts: Ints, out_keys: Ints, out: Ints) -> None:
    """One stable counting sort of (key, payload) by `bits` bits of the key from `shift`."""
    mask = (1 << bits) - 1
    for digit in range(mask + 1):
        counts[digit] = 0
    for i in range(n):
        counts[(keys[i] >> shift) & mask] += 1
    at = 0
    for digit in range(mask + 1):
        here = counts[digit]
        counts[digit] = at
        at += here
    for i in range(n):
        digit = (keys[i] >> shift) & mask
        to = counts[digit]
        counts[digit] = to + 1
        out_keys[to] = keys[i]
        out[to] = order[i]


@compiled
def sort_pairs(keys: Ints, order: Ints, n: int, counts: Ints, spare_keys: Ints, spare: Ints) -> int:
    """Sort keys[:n] (>= 0) with their payload, stably; `counts` has 2**14 words. 1: it is in the spare arrays."""
    top = 0
    for i in range(n):
        top |= keys[i]
    bits = 0
    while (1 << bits) <= top:
        bits += 1
    passes = 1 if bits <= 14 else (bits + DIGIT - 1) // DIGIT
    size = (bits + passes - 1) // passes
    for p in range(passes):
        if p % 2 == 0:
            sort_pass(keys, order, n, p * size, size, counts, spare_keys, spare)
        else:
            sort_pass(spare_keys, spare, n, p * size, size, counts, keys, order)
    return passes % 2


@compiled
def time_order(ts_ns: Ints, position: Ints) -> Ints:
    """The order of events by time, ties by position (each >= 0, below 2**32): what an importer does once.

    Times are divided by a step that all share (a whole second, most often) and packed with as many bits of position as
    they need, so that narrow ranges cost few passes.
    """
    n = len(ts_ns)
    order = np.empty(n, dtype=np.int64)
    if n == 0:
        return order
    low, high, last = ts_ns[0], ts_ns[0], position[0]
    for i in range(n):
        low, high, last = min(low, ts_ns[i]), max(high, ts_ns[i]), max(last, position[i])
    step = 1_000_000_000
    while step > 1:
        even = True
        for i in range(n):
            if (ts_ns[i] - low) % step != 0:
                even = False
                break
        if even:
            break
        step //= 1000
    keys, spare_keys = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    spare, counts = np.empty(n, dtype=np.int64), np.empty(1 << 14, dtype=np.int64)
    for i in range(n):
        keys[i] = position[i]
        order[i] = i
    if sort_pairs(keys, order, n, counts, spare_keys, spare):
        order, spare = spare, order
    for i in range(n):
        keys[i] = (ts_ns[order[i]] - low) // step
    return spare if sort_pairs(keys, order, n, counts, spare_keys, spare) else order
