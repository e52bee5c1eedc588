"""Whole numbers and decisions to MessagePack, without a Python object for each number.

A decision holds some sixty integers; making them Python objects and reading them again costs 6 us, these loops 0.3 us.
The bytes are those of the record's one form: shortest integer encoding, null as nil.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from waglan.kernels.compiled import bare

NULL: Final = -(1 << 63)

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]


@bare
def put_big_endian(value: int, width: int, at: int, out: Bytes) -> int:
    """Write the low `width` bytes of value, most significant first; the place after them."""
    for k in range(width):
        out[at + k] = (value >> (8 * (width - 1 - k))) & 0xFF
    return at + width


@bare
def put_integer(value: int, at: int, out: Bytes) -> int:
    """Write one integer in its shortest MessagePack form, null as nil; the place after it.

    The widths stand here as constants, so that each is one store: 0.3 us a row in place of 0.5.
    """
    if -32 <= value < 128:
        out[at] = value & 0xFF
        return at + 1
    if value == NULL:
        out[at] = 0xC0
        return at + 1
    kind = 0xCC if value >= 0 else 0xD0
    reach = value if value >= 0 else 2 * ~value
    if reach < 1 << 8:
        out[at] = kind
        return put_big_endian(value, 1, at + 1, out)
    if reach < 1 << 16:
        out[at] = kind + 1
        return put_big_endian(value, 2, at + 1, out)
    if reach < 1 << 32:
        out[at] = kind + 2
        return put_big_endian(value, 4, at + 1, out)
    out[at] = kind + 3
    return put_big_endian(value, 8, at + 1, out)


@bare
def put_row(cells: Ints, i: int, f: int, at: int, out: Bytes) -> int:
    """Write row i of rows of f < 65,536 numbers, which lie end to end, as an array; the place after it."""
    if f < 16:
        out[at] = 0x90 + f
        at += 1
    else:
        out[at] = 0xDC
        at = put_big_endian(f, 2, at + 1, out)
    for j in range(i * f, i * f + f):
        at = put_integer(cells[j], at, out)
    return at


@bare
def pack_rows(cells: Ints, f: int, ends: Ints, out: Bytes) -> int:
    """Each row of f numbers as one array; ends[i] is where row i ends in out.

    cells (n * f,), ends (n,), out at least n * (3 + 9 f) bytes. Returns the bytes written.
    """
    at = 0
    for i in range(len(ends)):
        at = put_row(cells, i, f, at, out)
        ends[i] = at
    return at


@bare
def put_bytes(data: Bytes, start: int, stop: int, at: int, out: Bytes) -> int:
    """Copy data[start:stop]; the place after it."""
    for k in range(stop - start):
        out[at + k] = data[start + k]
    return at + stop - start


@bare
def put_text(data: Bytes, start: int, stop: int, at: int, out: Bytes) -> int:
    """Write data[start:stop], below 65,536 bytes of UTF-8, as a string; the place after it."""
    size = stop - start
    if size < 32:
        out[at] = 0xA0 + size
        at += 1
    elif size < 1 << 8:
        out[at] = 0xD9
        at = put_big_endian(size, 1, at + 1, out)
    else:
        out[at] = 0xDA
        at = put_big_endian(size, 2, at + 1, out)
    return put_bytes(data, start, stop, at, out)


@bare
def put_seen(
    fixed: Bytes, kind: int, ts_ns: int, values: Ints, c: int, rows: Ints, f: int, i: int, score: int, at: int,
    out: Bytes,
) -> int:  # fmt: skip
    """Write decision i from its kind to its score; the place after it.

    fixed: `kind` bytes of kind, then the recipe; values and rows end to end, c and f numbers each.
    """
    at = put_bytes(fixed, 0, kind, at, out)
    at = put_integer(ts_ns, at, out)
    at = put_row(values, i, c, at, out)
    at = put_bytes(fixed, kind, len(fixed), at, out)
    at = put_row(rows, i, f, at, out)
    return put_integer(score, at, out)


@bare
def pack_decisions(
    ids: Bytes, id_stops: Ints, fixed: Bytes, kind: int, ts_ns: Ints, values: Ints, c: int, rows: Ints, f: int,
    scores: Ints, tails: Bytes, tail_stops: Ints, tail: Ints, stops: Ints, out: Bytes,
) -> int:  # fmt: skip
    """n decisions end to end; stops[i] is where number i ends in out. Returns the bytes written.

    ids: n identifiers end to end in UTF-8, id i up to id_stops[i]; fixed to f as in `put_seen`; tails: the ends of
    decisions from actions on, end to end, number t up to tail_stops[t]; tail: each decision's. out has room for
    21 + 5 + 3 + 3 bytes a decision, 9 for each number of values and rows, and ids, fixed bytes and tails.
    """
    at, start = 0, 0
    for i in range(len(ts_ns)):
        out[at], out[at + 1] = 0x98, 0x94
        at = put_text(ids, start, id_stops[i], at + 2, out)
        start = id_stops[i]
        at = put_seen(fixed, kind, ts_ns[i], values, c, rows, f, i, scores[i], at, out)
        t = tail[i]
        at = put_bytes(tails, tail_stops[t - 1] if t else 0, tail_stops[t], at, out)
        stops[i] = at
    return at
