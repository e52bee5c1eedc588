"""VaR and ES of a market book as its recipe measures them, and how they split: by worst scenarios, or by a law.

Both answer the same questions of scenario P&L, so that parts, increments and trials are written once. `Tails` counts
the worst scenarios (historical, filtered, montecarlo); `Law` is the method `parametric`, where every scenario counts.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from waglan.kernels import parametric as kernel
from waglan.measures.contributions import apportioned, incremental, marginal, sums
from waglan.measures.parametric import CORNISH_FISHER
from waglan.measures.tail import CEIL, EXACT, Rule, Tail, tail
from waglan.measures.tail import risk as counted
from waglan.risk import parametric
from waglan.schema.risk import Risk

Ints = NDArray[np.int64]


class Measure(Protocol):
    """Of a book whose P&L in scenarios is known, (S,) in scale-ths of a minor unit. Numbers are whole minor units.

    rows: the scenarios that parts are read from, rising; for these alone `split` and `slopes` want P&L.
    """

    rows: Ints
    law: str

    def risk(self, whole: Ints) -> tuple[int, int]:
        """VaR and ES of any P&L (S,)."""
        ...

    def split(self, some: Ints) -> tuple[Ints, Ints]:
        """Parts of VaR and ES, (p,) each, of columns (rows, p) that make up the book; each sums to the book's."""
        ...

    def without(self, columns: Ints) -> tuple[Ints, Ints]:
        """VaR and ES less what they are without each column, (S, p) -> (p,) each. O(S p)."""
        ...

    def slopes(self, some: Ints, scale: int) -> tuple[Ints, Ints]:
        """What a first small piece of each column adds to VaR and ES, scaled to the whole of it; `scale` to one."""
        ...


def measure(whole: Ints, risk: Risk, scale: int) -> Measure:
    """By the recipe's method. Raises BadValue without scenarios, or for P&L that cannot be summed."""
    return Law(whole, risk, scale) if risk.method == "parametric" else Tails(whole, risk, scale)


def rules(risk: Risk) -> tuple[Rule, Rule]:
    """How VaR and ES are counted in scenarios."""
    return Rule(risk.var_tail_micro), Rule(risk.es_tail_micro, CEIL, EXACT)


class Tails:
    """By the worst scenarios; those of VaR lie within those of ES."""

    def __init__(self, whole: Ints, risk: Risk, scale: int) -> None:
        self.whole, self.scale, self.rules, self.law = whole, scale, rules(risk), EXACT
        var, es = (tail(whole, rule) for rule in self.rules)
        self.rows = np.union1d(var.rows, es.rows)
        self.var, self.es = (
            Tail(np.searchsorted(self.rows, one.rows), one.edge, one.weights, one.at) for one in (var, es)
        )

    def risk(self, whole: Ints) -> tuple[int, int]:
        var, es = (counted(whole, rule, self.scale) for rule in self.rules)
        return var.var_minor, es.es_minor

    def split(self, some: Ints) -> tuple[Ints, Ints]:
        (es, _), (_, var) = sums(some, self.es), sums(some, self.var)
        return apportioned(-var, self.scale), apportioned(-es, self.es.weights.divisor * self.scale)

    def without(self, columns: Ints) -> tuple[Ints, Ints]:
        var, es = (incremental(columns, rule, self.whole, self.scale) for rule in self.rules)
        return var.var_minor, es.es_minor

    def slopes(self, some: Ints, scale: int) -> tuple[Ints, Ints]:
        (_, es), (var, _) = marginal(some, self.es, scale), marginal(some, self.var, scale)
        return var, es


class Law:
    """By the moments of the book's P&L."""

    def __init__(self, whole: Ints, risk: Risk, scale: int) -> None:
        self.whole, self.scale, self.rows = whole, scale, np.arange(len(whole))
        self.laws = parametric.laws(risk.var_tail_micro, risk.es_tail_micro)
        self.law = parametric.measured(whole, self.laws, scale).law

    def risk(self, whole: Ints) -> tuple[int, int]:
        found = parametric.measured(whole, self.laws, self.scale)
        return found.var_minor, found.es_minor

    def split(self, some: Ints) -> tuple[Ints, Ints]:
        return parametric.parts(np.ascontiguousarray(some.T), self.laws, self.scale)

    def without(self, columns: Ints) -> tuple[Ints, Ints]:
        then = np.array([self.risk(self.whole - column) for column in columns.T], np.int64).reshape(-1, 2)
        var, es = self.risk(self.whole)
        return var - then[:, 0], es - then[:, 1]

    def slopes(self, some: Ints, scale: int) -> tuple[Ints, Ints]:
        of, weights, out = np.empty(4), np.empty(len(self.whole)), np.empty(some.shape[1])
        kernel.moments(self.whole, of)
        found: list[Ints] = []
        for law in self.laws:
            kernel.slopes(self.whole, of, law, self.law == CORNISH_FISHER, weights)
            kernel.given(weights, np.ascontiguousarray(some.T), out)
            found.append(np.rint(out / scale).astype(np.int64))
        return found[0], found[1]
