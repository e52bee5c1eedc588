"""The one place that sets numba's flags, so that every kernel means the same on every machine.

No fastmath: it reorders sums, and a decision must not depend on the compiler. `error_model="numpy"` drops the branch
for division by zero, which kernels test for themselves; `nogil` lets threads run kernels side by side; `cache` makes
the first call of a warm process a load (tens of milliseconds) and not a compilation (seconds).
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a plain loop; it keeps its Python type."""
    jit = numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy", boundscheck=False)
    return cast(Callable[P, R], jit(function))
