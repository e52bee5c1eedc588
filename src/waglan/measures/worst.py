"""The worst scenarios of a book, kept as it trades: its risk after an order, and after a fill, in microseconds.

What an order does to a book's risk takes the P&L of the whole book in each scenario, which is kept, and that of the
order. The tail as it was bounds the tail to come (`kernels.tails`), so no scenario is sorted and no position is read.
A book may keep several, one rule each, which share nothing; each has one owner, for it works in place.
"""

import numpy as np
from numpy.typing import NDArray

from waglan.kernels import tails
from waglan.measures.tail import REACH, Risk, Rule, Tail, marked, stated, tail
from waglan.schema.units import BadValue

Ints = NDArray[np.int64]


class Worst:
    """VaR and ES of a book by one rule, and its worst scenarios; the same after any order of the same fills.

    totals: (n,) int64, P&L of the book in each scenario, `scale` to a minor unit; copied. An empty book has n zeros.
    """

    def __init__(self, totals: Ints, rule: Rule, scale: int = 1) -> None:
        worst = tail(totals, rule)
        self.rule, self.scale, self.weights = rule, scale, worst.weights
        self.totals = np.array(totals, np.int64)
        self._rows, self._edge = worst.rows, worst.edge
        self._work = np.empty(len(totals) + tails.LANES * self.weights.rows, np.int64)
        self._bound = REACH / (self.weights.full * self.weights.rows)
        self.risk = self.after(np.zeros_like(self.totals))

    @property
    def tail(self) -> Tail:
        """The worst scenarios as they are now, for `contributions.parts_of`; a copy."""
        return marked(self.totals, self._rows.copy(), self._edge, self.weights)

    def after(self, pnl: Ints, quantity: int = 1) -> Risk:
        """VaR and ES if `quantity` times pnl (n,) were added; nothing is kept. BadValue if that cannot be summed.

        pnl: contiguous int64, a row of an instrument-major array; a NULL in it cannot be summed. O(n) as a rule.
        """
        self._asked(pnl, quantity)
        edge, total, worked = tails.after(
            self.totals,
            pnl,
            quantity,
            self._rows,
            self.weights.full,
            self.weights.last,
            self.weights.inner,
            self._bound,
            self._work,
        )
        if not worked:
            raise BadValue(self._too_large(pnl, quantity))
        return stated(edge, total, self.rule, self.weights, self.scale)

    def fill(self, pnl: Ints, quantity: int = 1) -> Risk:
        """As `after`, and kept. A BadValue leaves everything as it was."""
        self._asked(pnl, quantity)
        edge, total, place = tails.fill(
            self.totals,
            pnl,
            quantity,
            self._rows,
            self.weights.full,
            self.weights.last,
            self.weights.inner,
            self._bound,
            self._work,
        )
        if place < 0:
            raise BadValue(self._too_large(pnl, quantity))
        self._edge = place
        self.risk = stated(edge, total, self.rule, self.weights, self.scale)
        return self.risk

    def _asked(self, pnl: Ints, quantity: int) -> None:
        if not -REACH < quantity < REACH:
            raise BadValue(f"a quantity lies within {REACH - 1} either way, was {quantity}")
        if pnl.shape != self.totals.shape or pnl.dtype != np.int64 or not pnl.flags.c_contiguous:
            raise BadValue(
                f"P&L is contiguous int64 for {len(self.totals)} scenarios, was {pnl.dtype} of shape {pnl.shape}"
            )

    def _too_large(self, pnl: Ints, quantity: int) -> str:
        low, high = int(pnl.min()), int(pnl.max())
        return f"{quantity} units of a P&L of {low} to {high} would leave what 64 bits can sum"
