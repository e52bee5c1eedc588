"""Where the risk comes from: what each position gives to VaR and ES, in whole minor units that sum to the total.

Both measures grow in proportion to the book, so by Euler's theorem they are the sum of each position times its
derivative (Tasche 1999; McNeil, Frey and Embrechts 2015, section 8.5). For scenarios the derivative is known: what a
position gives to ES is its own mean loss in the scenarios of the book's tail, and to VaR its loss in the one scenario
that is the quantile (Hallerbach 2003). So only the rows of the tail are read - 25 of 1,000 at 97.5%.

Scenario P&L is scenario-major, (n, p) int64: rows are scenarios, columns positions, factors, or whatever P&L splits
into exactly. With `quantity` the columns are P&L of one unit, which does not change when the position does. `scale` is
how many of what P&L is counted in make a minor unit: unit P&L of options wants a finer quantum than the cent.

What sums exactly is apportioned: each part is rounded down and the missing units go to the largest remainders, ties to
the earlier column. Sums over groups (book, counterparty, trader) are sums of parts, so they sum to the total too.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from waglan.kernels import tails
from waglan.measures.tail import REACH, Risk, Rule, Tail, risk, stated, tail
from waglan.schema.units import BadValue, half_even

Ints = NDArray[np.int64]


class Parts(NamedTuple):
    """What each column gives to the risk of the whole: var_minor and es_minor (p,), losses positive.

    Each sums to its field of `whole` exactly. Negative: it takes risk away.
    """

    var_minor: Ints
    es_minor: Ints
    whole: Risk


def totals(pnl: Ints, quantity: Ints | None = None) -> Ints:
    """P&L of the whole book in each scenario, (n, p) -> (n,). BadValue where a sum could leave 64 bits. O(n p)."""
    checked(pnl, quantity)
    return pnl.sum(axis=1) if quantity is None else pnl @ quantity


def checked(pnl: Ints, quantity: Ints | None = None, times: int = 1) -> None:
    """BadValue unless the P&L can be summed: NULL, or values whose sum over positions, so many times, may pass 64 bits.

    Names the position at which it does.
    """
    if pnl.dtype != np.int64 or pnl.ndim != 2 or not len(pnl):
        raise BadValue(f"P&L is scenarios x positions in int64, at least one scenario, was {pnl.dtype} {pnl.shape}")
    if quantity is not None and (quantity.dtype != np.int64 or quantity.shape != pnl.shape[1:]):
        raise BadValue(f"an int64 quantity for each of {pnl.shape[1]} positions, was {quantity.dtype} {quantity.shape}")
    held = [1] * pnl.shape[1] if quantity is None else quantity.tolist()
    most_held = max((abs(units) for units in held), default=0)
    if max(-int(pnl.min(initial=0)), int(pnl.max(initial=0))) * most_held * len(held) * times < REACH:
        return
    low, high = pnl.min(axis=0).tolist(), pnl.max(axis=0).tolist()
    reach = 0
    for i, (least, most, units) in enumerate(zip(low, high, held, strict=True)):
        reach += max(-least, most) * abs(units) * times
        if reach >= REACH:
            raise BadValue(f"position {i}: P&L of {least} to {most} in {units} units leaves what 64 bits can sum")


def parts(pnl: Ints, rule: Rule, whole: Ints | None = None, quantity: Ints | None = None, scale: int = 1) -> Parts:
    """Component VaR and ES of each column of pnl, (n, p) -> (p,) each.

    whole: (n,), the columns' sum in each scenario where it is kept; summed and checked here without. The VaR parts come
    from one scenario and jump from day to day; the ES parts are means of the tail. O(m p) with `whole`.
    """
    book = totals(pnl, quantity) if whole is None else whole
    return parts_of(pnl, tail(book, rule), rule, quantity, scale)


def parts_of(pnl: Ints, worst: Tail, rule: Rule, quantity: Ints | None = None, scale: int = 1) -> Parts:
    """As `parts`, of a tail that is known; its rows alone are read."""
    weights = worst.weights
    given, edge = sums(pnl, worst, quantity)
    var, es = (apportioned(-losses, over) for losses, over in ((edge, scale), (given, weights.divisor * scale)))
    return Parts(var, es, stated(int(edge.sum()), int(given.sum()), rule, weights, scale))


def sums(pnl: Ints, worst: Tail, quantity: Ints | None = None) -> tuple[Ints, Ints]:
    """Each column's P&L in the tail, weighed, and in the scenario of its edge; (p,) each, gains positive.

    BadValue if what was read cannot be summed in 64 bits: NULL is such.
    """
    weights = worst.weights
    given = np.empty(pnl.shape[1], np.int64)
    largest = tails.add_rows(pnl, worst.rows, worst.edge, weights.full, weights.last, given)
    units = 1 if quantity is None else int(np.abs(quantity).max(initial=0))
    most = largest * weights.full * weights.rows * units
    if most >= REACH:
        raise BadValue(f"the worst scenarios hold a P&L of {largest:.0f} in {units} units, which cannot be summed")
    edge = pnl[worst.rows[worst.at]]
    if quantity is not None:
        given, edge = given * quantity, edge * quantity
    if most * len(given) >= REACH and max(float(np.abs(x).sum(dtype=np.float64)) for x in (given, edge)) >= REACH:
        raise BadValue("the worst scenarios' P&L cannot be summed over positions in 64 bits")
    return given, edge


def apportioned(given: Ints, divisor: int) -> Ints:
    """Whole parts of given / divisor, (p,), that sum to the rounded sum (half to even): largest remainders first."""
    if divisor == 1:
        return given
    out = np.empty_like(given)
    tails.apportion(given, divisor, half_even(int(given.sum()), divisor), np.empty_like(given), out)
    return out


def by_group(of_positions: Ints, group: Ints, groups: int) -> Ints:
    """Sums of parts by group: (p,) and codes (p,) below `groups` -> (groups,). A group without positions has 0."""
    coded(group, len(of_positions), groups)
    out = np.zeros(groups, np.int64)
    tails.add_groups(of_positions, group, out)
    return out


def gathered(pnl: Ints, group: Ints, groups: int) -> Ints:
    """Scenario P&L of groups, (n, p) -> (n, groups): what `incremental` asks for whole books and counterparties."""
    checked(pnl)
    coded(group, pnl.shape[1], groups)
    out = np.zeros((len(pnl), groups), np.int64)
    tails.gather(pnl, group, out)
    return out


def coded(group: Ints, positions: int, groups: int) -> None:
    """BadValue unless every position has a group that there is."""
    if group.shape != (positions,):
        raise BadValue(f"a group for each of {positions} positions, were {len(group)}")
    wrong = np.flatnonzero((group < 0) | (group >= groups))
    if len(wrong):
        raise BadValue(f"position {wrong[0]}: a group lies within 0 to {groups - 1}, was {group[wrong[0]]}")


def incremental(pnl: Ints, rule: Rule, whole: Ints | None = None, scale: int = 1) -> Parts:
    """What goes when a column goes: the risk of the book less its risk without the column, (n, p) -> (p,) each.

    Whole risks are rounded before they are subtracted. These do not sum to the total, for risks are not added: the sum
    of incremental ES is at most its part, for ES is convex: both before rounding. O(n p).
    """
    book = totals(pnl) if whole is None else whole
    now, worst = risk(book, rule, scale), tail(book, rule)
    checked(pnl, times=worst.weights.full * worst.weights.rows)
    n, p = pnl.shape
    aside = np.empty((tails.COLUMNS, n), np.int64)
    work = np.empty(n + tails.LANES * worst.weights.rows, np.int64)
    edges, weighed = np.empty(p, np.int64), np.empty(p, np.int64)
    tails.without(book, pnl, worst.rows, *worst.weights[1:3], worst.weights.inner, aside, work, edges, weighed)
    var = now.var_minor - halves(-edges, scale)
    es = now.es_minor - halves(-weighed, worst.weights.divisor * scale)
    return Parts(var, es, now)


def marginal(candidates: Ints, worst: Tail, scale: int = 1) -> tuple[Ints, Ints]:
    """What a first small piece of each candidate adds to VaR and ES, scaled to the whole of it: (n, c) -> two (c,).

    The slope at the book as it is: what a candidate adds in truth is at least this (ES is convex), see `worst.after`.
    Each is rounded by itself, half to even; of positions that the book holds they are its parts before rounding.
    """
    given, edge = sums(candidates, worst)
    return halves(-edge, scale), halves(-given, worst.weights.divisor * scale)


def halves(given: Ints, divisor: int) -> Ints:
    """Each of given / divisor to the nearest whole number, halves to the even one; divisor > 0. As `half_even`."""
    down, rest = np.divmod(given, divisor)
    nearest: Ints = down + ((2 * rest > divisor) | ((2 * rest == divisor) & (down & 1 == 1)))
    return nearest
