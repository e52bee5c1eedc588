"""An order asked about before it is sent: its risk and its limits in microseconds, from the holdings as they are now.

The numbers are those of the order's row in the log, and the grade is what its limits would say there; rules and lists
of a policy are not asked. Nothing moves and nothing is recorded: what is sent goes to the book as an event. The guard
reads the arrays of the holdings themselves, so a fill that the book has taken counts from the next question on.

One compiled call: P&L after the order, what may be among the worst of it, its risks and limits, for the whole, the book
and the trader. All it writes into was made before, so that a call touches no memory for the first time.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from waglan.kernels import guard, tails
from waglan.kernels import holdings as kernel
from waglan.policy.limits import NEVER, Held, laid
from waglan.risk.holdings import Holdings
from waglan.schema.risk import MEASURES, SCOPES
from waglan.schema.units import NULL, BadValue

Ints = NDArray[np.int64]

GRADES: Final = ("within", "soft", "hard")
"""What a grade means; beyond hard and within a waiver is soft."""


class Foreseen(NamedTuple):
    """What an order would make of the risk, in whole cents. Where status is not 0 the book would refuse the event.

    grade: place in GRADES; limit: place of the gravest limit that is passed in the recipe, -1 for none.
    """

    status: int
    es_total: int
    var_total: int
    es_book: int
    var_book: int
    grade: int
    limit: int


_foreseen: Final = tuple.__new__
"""The record without the checks of its constructor, 0.2 us."""


class Guard:
    """Asks holdings about orders. One thread at a time, and not while an event moves them."""

    def __init__(self, holdings: Holdings) -> None:
        recipe, self._holdings = holdings.recipe, holdings
        limits = [(laid(recipe, limit, holdings.columns, {}), SCOPES.index(limit.by)) for limit in recipe.policy.limits]
        self._limits, self._soft, self._hard = table(limits)
        self._after, self._scopes = np.zeros((3, kernel.SUMS), np.int64), np.zeros(4, np.int64)
        self.cells: Final = np.zeros(len(MEASURES), np.int64)
        """The measures of the last order that was asked about, as its row would have them: `schema.risk.MEASURES`."""
        self._units: object = None
        self._bind()

    def after(
        self, place: int, quantity: int, book: int, trader: int = -1, counterparty: int = -1, price_micro: int = NULL,
        ts_ns: int = 0,
    ) -> Foreseen:  # fmt: skip
        """Risk and limits if so much were bought (or sold, below 0) of an instrument; nothing is kept.

        place: of the instrument in the universe; book, trader, counterparty: codes in the recipe, -1 for none; without
        a price the order gains nothing by the mark. ts_ns: no earlier than the holdings' own time. BadValue for a place
        or code that is not there, or a number beyond 64 bits.
        """
        held = self._holdings
        if held._dirty or held.units is not self._units:
            self._bind()
        now_ns = held.now_ns
        try:
            found = guard.ordered(
                place, quantity, price_micro, book, trader, counterparty, now_ns if ts_ns < now_ns else ts_ns,
                *self._arrays,
            )  # fmt: skip
        except OverflowError:
            raise BadValue(f"quantity {quantity} or price {price_micro} does not fit 64 bits") from None
        if found[0] == guard.NOBODY:
            raise BadValue(
                f"there is no instrument {place}, book {book}, trader {trader} or counterparty {counterparty}"
            )
        return _foreseen(Foreseen, found)

    def _bind(self) -> None:
        """Take the arrays of the holdings, which a pricing replaces."""
        held = self._holdings
        held._settle()
        it, w = held.units, held.waivers
        scenarios, m = held.totals_.shape[1], held.rows.shape[1]
        work = np.zeros(2 * scenarios + tails.LANES * m, np.int64)
        self._arrays = (
            it.pnl, it.cells, it.reals, it.times, held._rule, held._laws, held.held, held.owed, held.totals_, held.rows,
            held.sums, held.reach, held.exposures, w.amounts, w.until, self._limits, self._soft, self._hard, work,
            self._after, self._scopes, self.cells,
        )  # fmt: skip
        self._units = it


def table(limits: Sequence[tuple[Held, int]]) -> tuple[Ints, Ints, Ints]:
    """Limits and whose they are as `kernels.guard.judged` reads them: (l, 5), soft and hard by key, (l, keys)."""
    keys = max((len(limit.hard) for limit, _ in limits), default=1)
    out = np.zeros((len(limits), 5), np.int64)
    soft, hard = (np.full((len(limits), keys), NEVER) for _ in range(2))
    for k, (limit, scope) in enumerate(limits):
        sign = guard.ABSOLUTE if limit.absolute else guard.FLIPPED if limit.flip else guard.PLAIN
        out[k] = (limit.measure, limit.bit, sign, scope, limit.nameless)
        soft[k, : len(limit.soft)], hard[k, : len(limit.hard)] = limit.soft, limit.hard
    return out, soft, hard
