"""VaR and ES of a book by the moments of its scenario P&L, and the parts of columns in them.

The method `parametric`: Cornish and Fisher's correction of the normal quantile for skewness and excess (1938; its ES by
Maillard 2012), where it is a quantile at all, else the normal law, which is said in the result. Parts are Euler's, by
co-skewness and co-kurtosis (Boudt, Peterson and Croux, Journal of Risk 11 (2008) 79), by covariance where the law is
normal: unlike those of a tail every scenario is in them.

`measures.parametric` has the same laws over given moments, with the mathematics library; here nothing depends on the
processor: normal quantiles are rounded to 12 digits, everything else is loops of sums and square roots.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from waglan.kernels import parametric as kernel
from waglan.measures.contributions import checked
from waglan.measures.parametric import CORNISH_FISHER, NORMAL, Moments, normal
from waglan.measures.tail import REACH
from waglan.schema.units import BadValue

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

DIGITS = 12
"""Of a normal quantile: libraries differ in the 16th."""


class Measured(NamedTuple):
    """VaR and ES in whole minor units, losses positive, and the law they are by."""

    var_minor: int
    es_minor: int
    law: str


def laws(var_tail_micro: int, es_tail_micro: int) -> Floats:
    """(2, 4): VaR's and ES's numbers as `kernels.parametric` takes them. BadValue for a tail from a half."""
    unit = Moments(0.0, 1.0)
    z = round(-normal(unit, var_tail_micro).var, DIGITS)
    y, height = (round(x, DIGITS) for x in (-normal(unit, es_tail_micro).var, normal(unit, es_tail_micro).es))
    var = (-z, (1 - z * z) / 6, (3 * z - z * z * z) / 24, (2 * z * z * z - 5 * z) / 36)
    es = (height, height * y / 6, height * (y * y - 1) / 24, height * (1 - 2 * y * y) / 36)
    return np.array([var, es])


def measured(totals: Ints, laws: Floats, scale: int = 1) -> Measured:
    """VaR and ES of P&L in scenarios, (n,) int64, gains positive. O(n).

    BadValue without scenarios, for P&L that could not be summed (NULL is such), for a risk that is no amount.
    """
    whole = summable(totals)
    out = np.empty(2, np.int64)
    bent = int(kernel.measure(whole, laws, scale, np.empty(4), out))
    if bent < 0:
        raise BadValue(f"the risk of {len(whole)} scenarios leaves 64 bits")
    return Measured(int(out[0]), int(out[1]), CORNISH_FISHER if bent else NORMAL)


def parts(pnl: Ints, laws: Floats, scale: int = 1) -> tuple[Ints, Ints]:
    """What each row gives to VaR and ES, pnl (p, n) -> two (p,): whole minor units that sum to those of the sum.

    Rows are books, or whatever P&L splits into exactly. BadValue as `measured`. O(p n), and p^2 of sharing out.
    """
    checked(np.ascontiguousarray(pnl.T) if pnl.ndim == 2 else pnl)
    totals = pnl.sum(axis=0)
    whole = measured(totals, laws, scale)
    of, weights = np.empty(4), np.empty(len(totals))
    kernel.moments(totals, of)
    found = []
    for law, total in zip(laws, (whole.var_minor, whole.es_minor), strict=True):
        kernel.slopes(totals, of, law, whole.law == CORNISH_FISHER, weights)
        given, out = np.empty(len(pnl)), np.empty(len(pnl), np.int64)
        kernel.given(weights, np.ascontiguousarray(pnl), given)
        kernel.shared(given / scale, total, out)
        found.append(out)
    return found[0], found[1]


def summable(totals: Ints) -> Ints:
    """The same, or BadValue."""
    if totals.dtype != np.int64 or totals.ndim != 1 or not len(totals):
        raise BadValue(f"P&L is int64 of one scenario or more, was {totals.dtype} {totals.shape}")
    worst = int(np.abs(totals.astype(np.float64)).argmax())
    if abs(int(totals[worst])) >= REACH:
        raise BadValue(f"scenario {worst}: a P&L lies below {REACH}, it was {totals[worst]}")
    return np.ascontiguousarray(totals)
