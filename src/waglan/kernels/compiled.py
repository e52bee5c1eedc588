"""The one place that sets numba's flags, so that every kernel means the same on every machine.

No fastmath: it reorders sums, and a decision must not depend on the compiler. `error_model="numpy"` drops the branch
for division by zero, which kernels test for themselves; `nogil` lets threads run kernels side by side; `cache` makes
the first call of a warm process a load (tens of milliseconds) and not a compilation (seconds).

A signed sum that leaves 64 bits is undefined to the compiler, which uses that; arithmetic that wraps is unsigned
(`whole.plus`, `whole.minus`). numba's cache does not see that a kernel's callee in another file has changed: after such
a change remove `__pycache__`.
"""

from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a plain loop; it keeps its Python type."""
    jit = numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy", boundscheck=False)
    return cast(Callable[P, R], jit(function))


BARE: Final[dict[str, Any]] = {
    "nogil": True,
    "fastmath": False,
    "error_model": "numpy",
    "boundscheck": False,
    "_nrt": False,
}
"""Without reference counts, two atomic operations for every array of every call: for loops that make no arrays."""


def bare(function: Callable[P, R]) -> Callable[P, R]:
    """As `compiled`, for a plain loop that makes no arrays."""
    return cast(Callable[P, R], numba.njit(cache=True, **BARE)(function))


def fresh(function: Callable[P, R]) -> Callable[P, R]:
    """As `bare`, compiled anew in each process: for a loop closed over a kernel that somebody hands in."""
    return cast(Callable[P, R], numba.njit(**BARE)(function))


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """As `bare`, and made part of every kernel that calls it: for a few lines in an inner loop."""
    return cast(Callable[P, R], numba.njit(forceinline=True, **BARE)(function))
