"""Value at risk and expected shortfall of scenario P&L, in whole minor units, by conventions that are named.

Two desks that say "97.5%" may mean different numbers: for 715 ten-day P&Ls the 1% quantile is -874,503 as the
ceil(p n)-th smallest and -872,903 as numpy interpolates. So a `Rule` - the tail, the quantile, the shortfall - stands
in every result and goes into every record.

- quantile `ceil`: the ceil(p n)-th smallest P&L, the least that a share p of the scenarios does not exceed;
- shortfall `mean`: the plain mean of those ceil(p n) smallest, Open Source Risk Engine's rule;
- shortfall `exact`: the mean of the worst p of the probability, the ceil(p n)-th only as far as it is needed: the
  expected shortfall of the empirical distribution (Acerbi and Tasche 2002, definition 2.6).

Where p n is whole the two shortfalls agree. The chance of a tail is a whole number of millionths: as floats
(1 - 0.975) x 1,000 is 25.000000000000022, of which the ceiling is 26.
"""

from math import gcd
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from waglan.kernels import tails
from waglan.schema.units import MICRO, BadValue, half_even

Ints = NDArray[np.int64]

CEIL: Final = "ceil"
MEAN: Final = "mean"
EXACT: Final = "exact"
REACH: Final = 1 << 62
"""Exclusive bound on what is summed in 64 bits, with room for one order on top."""


class Rule(NamedTuple):
    """What is meant by a tail. tail_micro: its chance in millionths, 25,000 for 97.5%.

    var_micro: the chance of VaR's tail where it is a smaller one, 10,000 for VaR 99% beside ES 97.5%: one selection
    gives both. 0: the same.
    """

    tail_micro: int
    quantile: str = CEIL
    shortfall: str = MEAN
    var_micro: int = 0

    def weights(self, scenarios: int) -> "Weights":
        """How the worst of so many scenarios are weighed; at least one scenario. BadValue for a rule nobody named."""
        if not 0 < self.tail_micro < MICRO:
            raise BadValue(f"a tail has a chance of 1 to 999,999 millionths, was {self.tail_micro}")
        if self.quantile != CEIL or self.shortfall not in (MEAN, EXACT):
            raise BadValue(f"conventions are {CEIL} with {MEAN} or {EXACT}, were {self.quantile}, {self.shortfall}")
        if not 0 <= self.var_micro <= self.tail_micro:
            raise BadValue(f"VaR's tail lies within that of {self.tail_micro} millionths, was {self.var_micro}")
        if scenarios < 1:
            raise BadValue("a tail takes at least one scenario, was given none")
        share = scenarios * self.tail_micro
        rows = -(-share // MICRO)
        inner = -(-scenarios * self.var_micro // MICRO) if self.var_micro else rows
        if self.shortfall == MEAN:
            return Weights(rows, 1, 1, rows, inner)
        common = gcd(share, MICRO)
        full, divisor = MICRO // common, share // common
        return Weights(rows, full, divisor - full * (rows - 1), divisor, inner)


class Weights(NamedTuple):
    """A tail of `rows` scenarios: each weighs `full`, the best of them `last`, over `divisor`. All whole, all > 0.

    inner: the rank of VaR's quantile, `rows` unless its tail is a smaller one.
    """

    rows: int
    full: int
    last: int
    divisor: int
    inner: int


VAR_99: Final = Rule(10_000)
"""99%, one-tailed: what exceptions are counted against (MAR32.5)."""
ES_975: Final = Rule(25_000, CEIL, EXACT)
"""97.5%, one-tailed: the expected shortfall of MAR33.3, which names no estimator; this is the coherent one."""


class Risk(NamedTuple):
    """What can be lost, in whole minor units, and by which rule. A loss is positive; a tail that gains is negative."""

    var_minor: int
    es_minor: int
    rule: Rule


class Tail(NamedTuple):
    """The worst scenarios of a book. rows: (m,) int64, rising; edge: the place in `rows` of the best of them.

    at: the place of the scenario whose loss is the value at risk: that one, unless the rule has a smaller tail for it.
    Of equal P&Ls the earlier scenario counts as the worse.
    """

    rows: Ints
    edge: int
    weights: Weights
    at: int


def risk(pnl_minor: Ints, rule: Rule, scale: int = 1) -> Risk:
    """VaR and ES of P&L in scenarios, (n,) int64, gains positive; the order of scenarios does not matter.

    scale: how many of what the P&L is counted in make a minor unit. Rounded once, half to even. BadValue without
    scenarios, or for P&L that cannot be summed (NULL is such). O(n).
    """
    pnl = summable(pnl_minor, rule)
    weights = rule.weights(len(pnl))
    work = pnl.copy()
    edge = int(tails.select(work, len(work), weights.rows))
    total = weights.full * int(work[: weights.rows - 1].sum()) + weights.last * edge
    return stated(int(tails.select(work, weights.rows, weights.inner)), total, rule, weights, scale)


def stated(quantile: int, total: int, rule: Rule, weights: Weights, scale: int = 1) -> Risk:
    """The P&L that is VaR's quantile and the weighed sum of the m smallest, as losses in whole minor units."""
    return Risk(half_even(-quantile, scale), half_even(-total, weights.divisor * scale), rule)


def tail(pnl_minor: Ints, rule: Rule) -> Tail:
    """Which scenarios the risk comes from; pnl (n,) as for `risk`. O(n)."""
    pnl = summable(pnl_minor, rule)
    weights = rule.weights(len(pnl))
    rows = np.empty(weights.rows, np.int64)
    edge = int(tails.worst(pnl, np.empty_like(pnl), rows))
    return marked(pnl, rows, edge, weights)


def marked(pnl: Ints, rows: Ints, edge: int, weights: Weights) -> Tail:
    """The tail of P&L (n,) whose worst scenarios are known, with the place of VaR's among them."""
    inner = int(np.argsort(pnl[rows], kind="stable")[weights.inner - 1])
    return Tail(rows, edge, weights, edge if weights.inner == weights.rows else inner)


def summable(pnl: Ints, rule: Rule) -> Ints:
    """The P&L, (n,), in one piece; BadValue with the first scenario whose value is NULL or too large to be summed."""
    if pnl.dtype != np.int64 or pnl.ndim != 1:
        raise BadValue(f"P&L is one int64 for each scenario, was {pnl.dtype} of shape {pnl.shape}")
    weights = rule.weights(len(pnl))
    bound = REACH // (weights.full * weights.rows)
    if int(pnl.max()) >= bound or int(pnl.min()) <= -bound:
        wrong = int(np.flatnonzero((pnl >= bound) | (pnl <= -bound))[0])
        raise BadValue(f"scenario {wrong}: a P&L lies within {bound - 1} either way, was {pnl[wrong]}")
    return np.ascontiguousarray(pnl)
