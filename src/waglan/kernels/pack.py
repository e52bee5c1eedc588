"""Rows of whole numbers to MessagePack arrays, without a Python object for each number.

A decision holds some sixty integers; making them Python objects and reading them again costs 6 us, this loop 0.2 us.
The bytes are those of the record's one form: shortest integer encoding, null as nil.
"""

import numpy as np
from numpy.typing import NDArray

from waglan.kernels.compiled import compiled

NULL = np.int64(-(1 << 63))


@compiled
def put_big_endian(value: np.int64, width: int, at: int, out: NDArray[np.uint8]) -> int:
    """Write the low `width` bytes of value, most significant first; the place after them."""
    for k in range(width):
        out[at + k] = (value >> (8 * (width - 1 - k))) & 0xFF
    return at + width


@compiled
def put_integer(value: np.int64, at: int, out: NDArray[np.uint8]) -> int:
    """Write one integer in its shortest MessagePack form, null as nil; the place after it."""
    if value == NULL:
        out[at] = 0xC0
        return at + 1
    if -32 <= value < 128:
        out[at] = value & 0xFF
        return at + 1
    if value >= 0:
        step = 0 if value < 1 << 8 else 1 if value < 1 << 16 else 2 if value < 1 << 32 else 3
        out[at] = 0xCC + step
    else:
        step = 0 if value >= -(1 << 7) else 1 if value >= -(1 << 15) else 2 if value >= -(1 << 31) else 3
        out[at] = 0xD0 + step
    return put_big_endian(value, 1 << step, at + 1, out)


@compiled
def pack_rows(rows: NDArray[np.int64], ends: NDArray[np.int64], out: NDArray[np.uint8]) -> int:
    """Each row as one array; ends[i] is where row i ends in out.

    rows (n, f), ends (n,), out at least n * (3 + 9 f) bytes. Returns the bytes written. f below 65,536.
    """
    n, f = rows.shape
    at = 0
    for i in range(n):
        if f < 16:
            out[at] = 0x90 + f
            at += 1
        else:
            out[at] = 0xDC
            at = put_big_endian(np.int64(f), 2, at + 1, out)
        for j in range(f):
            at = put_integer(rows[i, j], at, out)
        ends[i] = at
    return at
