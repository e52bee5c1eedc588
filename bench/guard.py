"""Asking about an order before it is sent, ours beside numpy: `python -m bench.guard --json`.

A market book of 200 shares after 1,001 seeded days and some thousand fills by 8 traders in 4 books. An order touches
three scopes: the whole, its book, its trader. Both sides are called from Python, order by order, on one pinned thread,
in turns within one run, and give ES and VaR of all three; ours gives measures, bounds and limits besides. Every answer
is compared before it is timed. Wall clock of single calls, least, median and 99th percentile, with the garbage
collector as a service leaves it (on); `numpy` keeps the totals of each scope and partitions them anew. `own` is the
99th percentile over orders of the least that each took in ten turns: what an order costs itself, where the other is
also what the machine does meanwhile.

- order: `Guard.after`; numpy adds the order to three totals and partitions each;
- fill: `Holdings.step_one` of a fill, which keeps it with its whole row and Euler parts; then the next order.
"""

import argparse
import hashlib
import json
import os
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from waglan.pricing import Equity
from waglan.risk.guard import Guard
from waglan.risk.holdings import Holdings
from waglan.risk.universe import RiskFactor, Universe
from waglan.schema.recipe import Column, Policy, Recipe, columns
from waglan.schema.risk import FILL, MOVING, Limit, Risk
from waglan.schema.units import DAY_NS, NULL, half_even

Ints = NDArray[np.int64]

START_NS: Final = 1_104_537_600 * 10**9
BOOKS: Final = ("a", "b", "c", "d")
TRADERS: Final = tuple(f"t{i}" for i in range(8))
LIMITS: Final = [
    Limit(code="es_total", of="es_total", by="total", soft=10**11, hard=10**13),
    Limit(code="var_total", of="var_total", by="total", soft=10**11, hard=10**13),
    Limit(code="es_book", of="es_book", by="book", soft=10**10, hard={"*": 10**12}),
    Limit(code="es_trader", of="es_trader", by="trader", soft=10**10, hard=10**12),
    Limit(code="gross", of="notional_book", by="book", hard=10**15),
    Limit(code="delta", of="delta_total", by="total", hard=10**15, absolute=True),
]
TURNS: Final = 10
ORDERS: Final = np.dtype([(name, np.int64) for name in ("place", "quantity", "book", "trader", "price")])


def recipe(shares: int, scenarios: int) -> Recipe:
    names = [f"s{i}" for i in range(shares)]
    category = {
        "stage": ["order", "fill", "measure"], "book": BOOKS, "trader": TRADERS, "counterparty": ["one"],
        "instrument": names, "quote": names, "factor": names, "limit": [limit.code for limit in LIMITS],
    }  # fmt: skip
    given = {name: Column(values=list(values), required=False) for name, values in category.items()}
    given |= {name: Column(decimal=True, negative=True, required=False) for name in ("level", "price")}
    given |= {"quantity": Column(integer=True, negative=True, required=False)}
    given |= {"portfolio": Column(entity="portfolio", required=False)}
    return Recipe(
        name="guarded", desk="market", purpose="a bench", owner="nobody", review="2030-01-01", subject="portfolio",
        decide="check", observe=list(MOVING), columns=given, features=[], policy=Policy(limits=LIMITS),
        risk=Risk(method="historical", scenarios=scenarios, age_max="2d"),
    )  # fmt: skip


class Tape:
    """Arrays of events, column by column."""

    def __init__(self, made: Recipe) -> None:
        self.at = {name: j for j, name in enumerate(columns(made))}
        self.kinds = {kind: 4 + MOVING.index(kind) for kind in MOVING}

    def quotes(self, levels: Ints, ts_ns: int) -> tuple[NDArray[np.int8], Ints, Ints]:
        """A day's levels, (shares,), and its end."""
        n = len(levels)
        values = np.full((n + 1, len(self.at)), NULL)
        values[:n, self.at["quote"]], values[:n, self.at["level"]] = np.arange(n), levels
        codes = np.full(n + 1, self.kinds["quote"], np.int8)
        codes[n] = self.kinds["roll"]
        return codes, np.full(n + 1, ts_ns), values

    def fills(self, orders: NDArray[Any]) -> Ints:
        """Orders as fills, (n, columns)."""
        values = np.full((len(orders), len(self.at)), NULL)
        values[:, self.at["stage"]], values[:, self.at["instrument"]] = FILL, orders["place"]
        for name in ("quantity", "book", "trader", "price"):
            values[:, self.at[name]] = orders[name]
        return values


def floor(shares: int, scenarios: int, fills: int, seed: int = 1) -> tuple[Holdings, Tape, Ints]:
    """Holdings after a history and fills; the last levels in millionths."""
    made = recipe(shares, scenarios)
    names = made.columns["instrument"].values or []
    universe = Universe(
        tuple(Equity(name, name, "HKD") for name in names),
        tuple(RiskFactor(name, "share", (name,), "equity") for name in names), scale=100,
    )  # fmt: skip
    holdings, tape, random = Holdings(made, universe), Tape(made), np.random.default_rng(seed)
    common = random.standard_t(4, (scenarios + 1, 1)) * 0.008
    moves = common + random.standard_t(4, (scenarios + 1, shares)) * 0.01
    levels = np.rint(50e6 * np.exp(np.cumsum(moves * 0.5, axis=0))).astype(np.int64)
    for day in range(scenarios + 1):
        holdings.step(*tape.quotes(levels[day], START_NS + day * DAY_NS))
    values = tape.fills(drawn(shares, fills, levels[-1], seed + 1))
    times = np.full(fills, START_NS + scenarios * DAY_NS + 1)
    _, status = holdings.step(np.zeros(fills, np.int8), times, values)
    assert not status.any(), "every fill is taken"
    return holdings, tape, levels[-1]


def drawn(shares: int, n: int, levels: Ints, seed: int) -> NDArray[Any]:
    """Seeded orders; a trader works in one book."""
    random = np.random.default_rng(seed)
    out = np.zeros(n, ORDERS)
    out["place"], out["trader"] = random.integers(0, shares, n), random.integers(0, len(TRADERS), n)
    out["book"], out["quantity"] = out["trader"] // 2, random.integers(-200, 201, n) * 100
    out["quantity"][out["quantity"] == 0] = 100
    out["price"] = levels[out["place"]]
    return out


class Peer:
    """Totals by scope as numpy keeps them."""

    def __init__(self, holdings: Holdings) -> None:
        self.unit = np.ascontiguousarray(holdings.units.pnl)
        self.whole = holdings.totals()
        self.books = [holdings.totals("book", book) for book in BOOKS]
        self.traders = [holdings.totals("trader", trader) for trader in TRADERS]
        self.count, self.var = (-(-self.unit.shape[1] * tail // 1_000_000) for tail in (25_000, 10_000))

    def after(self, place: int, quantity: int, book: int, trader: int) -> tuple[int, int, int, int]:
        """ES and VaR of the whole and of the book, in scale-ths, ES times the tail; those of the trader on the way."""
        order = quantity * self.unit[place]
        found = [self.risks(held + order) for held in (self.whole, self.books[book], self.traders[trader])]
        return *found[0], *found[1]

    def risks(self, pnl: Ints) -> tuple[int, int]:
        ordered = np.partition(pnl, (self.var - 1, self.count - 1))
        return -int(ordered[: self.count].sum()), -int(ordered[self.var - 1])


def timed(work: Callable[[int], object], calls: range, spent: list[float]) -> None:
    """Microseconds of each call."""
    for i in calls:
        start = time.perf_counter_ns()
        work(i)
        spent.append((time.perf_counter_ns() - start) / 1e3)


def figures(took: list[float], calls: int) -> dict[str, float]:
    """Least, median and 99th percentile of all calls; of what was called in turns, own as above."""
    every = np.array(took).reshape(-1, calls)
    told = {"us": every.min(), "p50_us": np.median(every), "p99_us": np.percentile(every, 99)}
    if len(every) > 1:
        told["own_p99_us"] = np.percentile(every.min(axis=0), 99)
    return {name: round(float(value), 2) for name, value in told.items()}


def run(shares: int = 200, scenarios: int = 1_000, calls: int = 2_000, fills: int = 4_000) -> dict[str, Any]:
    """Measure and compare; calls: orders, of which each is asked about in ten turns and one fill made."""
    holdings, tape, levels = floor(shares, scenarios, fills)
    guard, peer = Guard(holdings), Peer(holdings)
    asked = drawn(shares, calls, levels, 9)
    orders = [tuple(int(x) for x in order)[:4] for order in asked.tolist()]
    rows = tape.fills(asked)
    now_ns, scale = holdings.now_ns, holdings.universe.scale
    told = np.array([guard.after(*order) for order in orders])
    assert not told[:, 0].any(), "no order is refused"
    agree = True
    for order, found in zip(orders, told.tolist(), strict=True):
        es, var, es_book, var_book = peer.after(*order)
        there = (half_even(es, peer.count * scale), half_even(var, scale),
                 half_even(es_book, peer.count * scale), half_even(var_book, scale))  # fmt: skip
        agree &= there == tuple(found[1:5])
    works: dict[str, Callable[[int], object]] = {
        "order, ours": lambda i: guard.after(*orders[i]),
        "order, numpy": lambda i: peer.after(*orders[i]),
    }
    assert calls % TURNS == 0, f"calls come in {TURNS} parts, were {calls}"
    spent: dict[str, list[float]] = {name: [] for name in (*works, "fill, ours", "order after a fill, ours")}
    for _ in range(TURNS):
        for start in range(0, calls, calls // TURNS):
            for name, work in works.items():
                timed(work, range(start, start + calls // TURNS), spent[name])
    for i in range(calls):
        timed(lambda k: holdings.step_one(0, now_ns, rows[k]), range(i, i + 1), spent["fill, ours"])
        timed(lambda k: guard.after(*orders[k]), range(i, i + 1), spent["order after a fill, ours"])
    after = Peer(holdings)
    last = guard.after(*orders[0])
    es, var, *_ = after.after(*orders[0])
    agree &= (half_even(es, after.count * scale), half_even(var, scale)) == (last.es_total, last.var_total)
    assert agree, "ours and numpy answer the same to the cent"
    return {
        "book": {"shares": shares, "scenarios": scenarios, "scopes": 3, "limits": len(LIMITS)},
        "calls": calls,
        "timed": {name: figures(took, calls) for name, took in spent.items()},
        "agree_to_the_cent": agree,
        "grades": np.bincount(told[:, 5], minlength=3).tolist(),
        "answer": hashlib.sha256(told.tobytes()).hexdigest(),
    }  # fmt: skip


def main() -> None:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shares", type=int, default=200)
    parser.add_argument("--scenarios", type=int, default=1_000)
    parser.add_argument("--calls", type=int, default=2_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    found = run(given.shares, given.scenarios, given.calls)
    if given.json:
        print(json.dumps(found, indent=1))
        return
    shape = found["book"]
    print(f"{shape['shares']} shares x {shape['scenarios']:,} scenarios, one pinned thread: us, p50, p99, own p99")
    for name, took in found["timed"].items():
        print(f"  {name:<26}", *(f"{value:9.2f}" for value in took.values()))
    print(f"answers agree to the cent: {found['agree_to_the_cent']}; answer {found['answer']}")


if __name__ == "__main__":
    main()
