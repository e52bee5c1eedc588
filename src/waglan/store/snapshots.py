"""The state of the windows as it is kept: in compressed parts, bound to a recipe and a place in the log.

It only saves time: with all of them gone the same state comes out of the records. Subjects are in it by dense number,
so it leads to nobody whose identifier was erased.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pyarrow as pa
from sqlalchemy import Connection, delete, func, insert, select

from waglan.store.tables import snapshots

SNAPSHOTS_KEPT: Final = 2
PART_BYTES: Final = 1 << 22
"""Bytes of a snapshot in one row: SQLite's largest value is 10**9 bytes."""
HANDS: Final = 2
"""Parts of a snapshot that are packed or unpacked at once."""
ZSTD: Final = pa.Codec("zstd", compression_level=1)


def keep(connection: Connection, recipe: int, position: int, state: bytes) -> None:
    """Write a snapshot and drop all but the latest ones of its recipe."""
    c = snapshots.c
    connection.execute(delete(snapshots).where(c.recipe == recipe, c.position == position))
    pieces = [memoryview(state)[i : i + PART_BYTES] for i in range(0, max(len(state), 1), PART_BYTES)]
    with ThreadPoolExecutor(HANDS) as hands:
        for at, packed in enumerate(hands.map(_packed, pieces)):
            connection.execute(insert(snapshots).values(recipe=recipe, position=position, part=at, bytes=packed))
    last = select(c.position).where(c.recipe == recipe).distinct().order_by(c.position.desc()).limit(SNAPSHOTS_KEPT)
    connection.execute(delete(snapshots).where(c.recipe == recipe, c.position.not_in(last)))


def latest(connection: Connection, recipe: int, until: int) -> tuple[int, bytes] | None:
    """The latest state under a recipe at or before a position, and how many records it has seen."""
    c = snapshots.c
    position = connection.scalar(select(func.max(c.position)).where(c.recipe == recipe, c.position <= until))
    if position is None:
        return None
    mine = (c.recipe == recipe) & (c.position == position)
    parts = connection.scalars(select(c.bytes).where(mine).order_by(c.part))
    with ThreadPoolExecutor(HANDS) as hands:
        return position, b"".join(hands.map(_unpacked, parts))


def _packed(part: memoryview) -> bytes:
    """A part of a snapshot behind its length. zstd: 450 MB of windows take 0.9 s, and 10 s with zlib."""
    return b"".join((len(part).to_bytes(8, "big"), ZSTD.compress(part)))


def _unpacked(data: bytes) -> bytes:
    """Inverse of `_packed`."""
    part: bytes = ZSTD.decompress(memoryview(data)[8:], int.from_bytes(data[:8], "big"), asbytes=True)
    return part
