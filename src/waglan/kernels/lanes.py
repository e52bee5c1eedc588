"""Four floats side by side: the two inner steps of the Shapley pass, each on whole vectors.

numba does not run LLVM's pass that packs neighbouring scalar operations (SLP), and its loop vectoriser leaves loops of
four alone: written as plain loops these two steps took three times as long (320 us a row against 107 us, 300 trees of
31 leaves). So they are handed to LLVM as vectors here, as separate multiplications and additions: each lane is one IEEE
operation after another, on every processor the same.
"""

# ruff: noqa: ARG001 - an intrinsic is given the types of its arguments, and needs some of them

from collections.abc import Callable
from typing import Any, Final, cast

from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numba.np import arrayobj

LANES: Final = 4
_VECTOR: Final = ir.VectorType(ir.DoubleType(), LANES)


def _place(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    """Pointer to four floats of a contiguous array."""
    data = cast(Any, arrayobj).make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), _VECTOR.as_pointer())


def _load(builder: Any, place: Any) -> Any:
    value = builder.load(place)
    value.align = 8
    return value


def _store(builder: Any, value: Any, place: Any) -> None:
    builder.store(value, place).align = 8


def _spread(_: Any, product: Any, node: Any, left: Any, right: Any, factor: Any, at_left: Any, at_right: Any) -> Any:
    """product[left] = product[node] * factor[at_left]; product[right] = product[node] * factor[at_right]."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        p, i, j, k, f, a, b = args
        kind_p, kind_f = signature.args[0], signature.args[4]
        here = _load(builder, _place(context, builder, kind_p, p, i))
        go_left = _load(builder, _place(context, builder, kind_f, f, a))
        go_right = _load(builder, _place(context, builder, kind_f, f, b))
        _store(builder, builder.fmul(here, go_left), _place(context, builder, kind_p, p, j))
        _store(builder, builder.fmul(here, go_right), _place(context, builder, kind_p, p, k))
        return context.get_dummy_value()

    index = types.uint64
    return types.none(product, index, index, index, factor, index, index), generate


def _fold(
    _: Any, product: Any, node: Any, left: Any, right: Any, rest: Any, at_left: Any, at_right: Any, at_above: Any,
    out: Any, at_out: Any,
) -> Any:  # fmt: skip
    """product[node] = l + r, out[at_out] += l * rest[at_left] + r * rest[at_right] - (l + r) * rest[at_above].

    l and r are product[left] and product[right].
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        p, i, j, k, q, a, b, c, o, t = args
        kind_p, kind_q, kind_o = signature.args[0], signature.args[4], signature.args[8]
        one = _load(builder, _place(context, builder, kind_p, p, j))
        two = _load(builder, _place(context, builder, kind_p, p, k))
        both = builder.fadd(one, two)
        x = builder.fmul(one, _load(builder, _place(context, builder, kind_q, q, a)))
        y = builder.fmul(two, _load(builder, _place(context, builder, kind_q, q, b)))
        z = builder.fmul(both, _load(builder, _place(context, builder, kind_q, q, c)))
        place = _place(context, builder, kind_o, o, t)
        total = builder.fadd(_load(builder, place), builder.fsub(builder.fadd(x, y), z))
        _store(builder, both, _place(context, builder, kind_p, p, i))
        _store(builder, total, place)
        return context.get_dummy_value()

    index = types.uint64
    return types.none(product, index, index, index, rest, index, index, index, out, index), generate


spread = cast(Callable[..., None], intrinsic(_spread))
fold = cast(Callable[..., None], intrinsic(_fold))
