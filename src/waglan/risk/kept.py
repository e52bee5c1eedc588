"""Holdings as bytes, bound to the recipe and the universe that they are of."""

import hashlib
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from waglan.risk.universe import Universe
from waglan.schema.recipe import Recipe
from waglan.schema.units import BadValue

Array = NDArray[np.int64] | NDArray[np.float64] | NDArray[np.bool_]

MAGIC: Final = b"waglan holdings 1\n"


class Kept(msgspec.Struct, frozen=True):
    """Times, the history of the factors, and arrays in an order that `Holdings` knows."""

    now_ns: int
    marked_ns: int
    at_ns: int
    generator: bytes
    arrays: list[Array]


def bound_to(recipe: Recipe, universe: Universe) -> bytes:
    """Digest of all that the meaning of the arrays hangs on."""
    return hashlib.sha256(msgspec.msgpack.encode(recipe) + universe.digest).digest()


def packed(recipe: Recipe, universe: Universe, kept: Kept) -> bytes:
    """Magic, digest of recipe and universe, digest of the body, body. Inverse: `unpacked`."""
    raw = [(form_of(array), array.shape, array.astype(form_of(array)).tobytes()) for array in kept.arrays]
    body = msgspec.msgpack.encode([kept.now_ns, kept.marked_ns, kept.at_ns, kept.generator, raw])
    return MAGIC + bound_to(recipe, universe) + hashlib.sha256(body).digest() + body


def unpacked(recipe: Recipe, universe: Universe, data: bytes) -> Kept:
    """Raises BadValue for bytes of another recipe or universe, or that are not as they were written."""
    at = len(MAGIC)
    if data[:at] != MAGIC:
        raise BadValue(f"these are no holdings: they begin {data[:at]!r}")
    if data[at : at + 32] != bound_to(recipe, universe):
        raise BadValue(f"these holdings are of another recipe or universe than {recipe.name!r}")
    body = data[at + 64 :]
    if data[at + 32 : at + 64] != hashlib.sha256(body).digest():
        raise BadValue("these holdings are damaged: their digest does not fit")
    now, marked, in_force, generator, raw = msgspec.msgpack.decode(
        body, type=tuple[int, int, int, bytes, list[tuple[str, list[int], bytes]]]
    )
    arrays: list[Array] = [np.frombuffer(held, form).reshape(shape) for form, shape, held in raw]
    return Kept(now, marked, in_force, generator, arrays)


def form_of(array: Array) -> str:
    """Little-endian form of an array's numbers."""
    return {"i": "<i8", "f": "<f8", "b": "|b1"}[array.dtype.kind]
