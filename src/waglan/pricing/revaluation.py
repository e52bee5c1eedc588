"""Profit and loss of each position in each scenario, in whole minor units, scenario-major, with its digest.

Scenario-major, (S, n) in rows: a loss of the book is the sum of a row, the expected shortfall of each position the mean
of a few rows, one position a column. Two are made side by side: every instrument priced again, and its second-order
expansion (delta, gamma, vega); their difference is what the expansion misses, rates and passing through a strike.
"""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec
import numpy as np
from numpy.typing import NDArray

from waglan.kernels.options import BASE, ROWS, by_greeks
from waglan.kernels.options import revalue as work
from waglan.pricing.layout import Layout, Line, Plan, bounded, unit_values
from waglan.pricing.market import Market
from waglan.pricing.scenarios import Scenarios, once
from waglan.pricing.valuation import unit_greeks

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Revaluation(msgspec.Struct, frozen=True):
    """`pnl_minor` int64 (S, n): full revaluation, home currency, halves to even; `greeks_minor` the same by greeks.

    `names` are the columns, `labels` the rows, `scenarios` the digest of the scenarios.
    """

    names: tuple[str, ...]
    labels: tuple[str, ...]
    home: str
    scenarios: str
    pnl_minor: Ints
    greeks_minor: Ints | None

    def totals_minor(self) -> Ints:
        """The book in each scenario, int64 (S,). Exact: 2**21 lines below 2**42 stay below 2**63."""
        return np.asarray(self.pnl_minor.sum(axis=1), np.int64)

    def missed_minor(self) -> Ints:
        """What the expansion misses, full less greeks, int64 (S, n)."""
        assert self.greeks_minor is not None, "ask revalue for greeks"
        return np.asarray(self.pnl_minor - self.greeks_minor, np.int64)

    def digest(self) -> str:
        """SHA-256 of names, labels, home currency, the scenarios' digest and pnl_minor (little-endian, by rows)."""
        head = msgspec.msgpack.encode([self.names, self.labels, self.home, self.scenarios])
        sha = hashlib.sha256(len(head).to_bytes(8, "big") + head)
        sha.update(np.ascontiguousarray(self.pnl_minor, "<i8").data)
        return sha.hexdigest()


def revalue(
    lines: Sequence[Line] | Plan, market: Market, scenarios: Scenarios, home: str = "HKD", greeks: bool = False,
    threads: int = 1, at: Ints | None = None,
) -> Revaluation:  # fmt: skip
    """Price every line again in every scenario; the same bytes whatever the number of threads.

    A future gains quantity x multiplier x (price moved) at the scenario's cross, everything else value x cross less
    what it was. Whoever asks again and again hands in a plan, whose home it then is; at: the places of those of its
    lines that are asked for. Raises BadValue as `layout.laid` does, for a name on two lines, for a value of 2**42 and
    more.
    """
    if isinstance(lines, Plan):
        home = lines.home
    once("line", lines.names if isinstance(lines, Plan) else [line.instrument.name for line in lines])
    market.path(home, home, "home")
    before, layout = (lines if isinstance(lines, Plan) else Plan(lines, home)).laid(market, scenarios, at=at)
    crosses = before.crosses[before.index[:, 4], 0]
    layout.terms[:, BASE] = unit_values(before)[:, 0] * crosses
    pnl = np.empty((len(scenarios.labels), len(layout.names)), np.int64)
    _full(layout, pnl, threads)
    expanded = _expanded(before, layout) if greeks else None
    return Revaluation(
        layout.names, scenarios.labels, home, scenarios.digest(), bounded(pnl, layout.names),
        None if expanded is None else bounded(expanded, layout.names),
    )  # fmt: skip


def _full(layout: Layout, out: Ints, threads: int) -> None:
    """Each thread takes a stretch of scenarios, so that none writes into another's rows."""
    cuts = np.linspace(0, len(out), max(1, min(threads, len(out))) + 1).astype(int).tolist()

    def stretch(start: int, stop: int) -> None:
        rows = (layout.spots, layout.logs, layout.rates, layout.times, layout.plus, layout.crosses)
        spots, logs, rates, times, plus, crosses = (np.ascontiguousarray(row[:, start:stop]) for row in rows)
        scratch = np.empty((ROWS, stop - start))
        work(layout.index, layout.terms, spots, logs, rates, times, plus, crosses, scratch, out[start:stop])

    if len(cuts) == 2:
        stretch(0, len(out))
        return
    with ThreadPoolExecutor(len(cuts) - 1) as pool:
        list(pool.map(stretch, cuts[:-1], cuts[1:]))


def _expanded(before: Layout, layout: Layout) -> Ints:
    out = np.empty((layout.crosses.shape[1], len(layout.index)), np.int64)
    scratch = np.empty((ROWS, len(out)))
    by_greeks(
        layout.index, layout.terms, unit_greeks(before), layout.spots, before.spots[:, 0].copy(), layout.times,
        layout.plus, layout.crosses, scratch, out,
    )  # fmt: skip
    return out
