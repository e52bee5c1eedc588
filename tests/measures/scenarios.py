"""The tail in plain Python: sorted lists and fractions, as the conventions are written."""

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from waglan.measures.tail import EXACT, MEAN, Rule

Ints = NDArray[np.int64]

CHANCES = [1, 10_000, 25_000, 50_000, 333_333, 500_000, 975_000, 999_999]
RULES = st.builds(
    lambda chance, shortfall, of_var: Rule(chance, "ceil", shortfall, min(chance, of_var)),
    st.sampled_from(CHANCES), st.sampled_from([MEAN, EXACT]), st.sampled_from([0, *CHANCES]),
)  # fmt: skip
CENTS = st.one_of(st.integers(-5, 5), st.integers(-(10**8), 10**8))


def pnls(scenarios: int = 60, positions: int = 6) -> st.SearchStrategy[Ints]:
    """Scenario-major P&L, ties among small numbers."""
    shape = st.tuples(st.integers(1, scenarios), st.integers(1, positions))
    return shape.flatmap(lambda s: arrays(np.int64, s, elements=CENTS))


def shares(totals: list[int], rule: Rule) -> tuple[dict[int, Fraction], int]:
    """What each scenario of the tail weighs, and which of them is the quantile; the earlier of equal ones is worse."""
    p = Fraction(rule.tail_micro, 10**6)
    order = sorted(range(len(totals)), key=lambda s: (totals[s], s))
    count = -(-len(totals) * p.numerator // p.denominator)
    edge = order[-(-len(totals) * (rule.var_micro or rule.tail_micro) // 10**6) - 1]
    if rule.shortfall == MEAN:
        return {s: Fraction(1, count) for s in order[:count]}, edge
    left, weights = p, {}
    for s in order:
        weights[s] = min(left, Fraction(1, len(totals))) / p
        left -= weights[s] * p
        if left == 0:
            break
    return weights, edge


def naive(totals: list[int], rule: Rule, scale: int = 1) -> tuple[int, int]:
    """VaR and ES; Python rounds fractions half to even."""
    weights, edge = shares(totals, rule)
    es = -sum(weight * totals[s] for s, weight in weights.items())
    return round(Fraction(-totals[edge], scale)), round(Fraction(es) / scale)
