"""A day of a large book: fills replayed from events to sealed records: `python -m bench.fills --json`.

2,000 shares and four options on each, 10,000 instruments in four books of eight traders, measured in 1,000 scenarios of
filtered historical simulation; a million fills. Each fill moves positions, is measured with VaR and ES of the whole, of
its book and of its trader, gets Euler parts by book, is held against six limits, and is sealed. One thread, in memory.

`state` is the moving state alone: positions, risk and rows. `sealed` is the whole path, to the root. At the end the
book's totals in every scenario are worked out anew from the fills by numpy, and must be the same to the last unit.
"""

import argparse
import json
import time
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bench.guard import BOOKS, LIMITS, TRADERS
from waglan.engine.engine import Engine
from waglan.engine.judge import Judge
from waglan.engine.state import MarketState
from waglan.ledger.log import Log
from waglan.pricing import Equity, Instrument, Option
from waglan.risk.portfolio import Portfolio
from waglan.risk.universe import RiskFactor, Universe, universe_bytes
from waglan.schema.batch import Batch
from waglan.schema.recipe import Column, Policy, Recipe, columns, kinds
from waglan.schema.risk import QUOTE, REPRICE, ROLL, Risk
from waglan.schema.units import DAY_NS, MICRO, NULL
from waglan.store.keys import SeededKeys
from waglan.store.records import Store

Ints = NDArray[np.int64]

START_NS: Final = 1_104_537_600 * 10**9
SECTORS: Final = 40
BLOCK: Final = 4_096
POLICY: Final = Policy(verbs=["within", "soft", "hard"], adverse=["soft", "hard"], limits=LIMITS)
SEEN: Final = (QUOTE, REPRICE, ROLL)
STRIKES: Final = (("put", 0.9), ("put", 1.0), ("call", 1.0), ("call", 1.1))


def universe(shares: int, days: int) -> Universe:
    """Shares at 100, four options of a year on each; a factor for each sector, for volatilities and for the rate."""
    expiry = START_NS + (days + 365) * DAY_NS
    held: list[Instrument] = []
    for i in range(shares):
        held.append(Equity(f"s{i}", f"s{i}", "HKD"))
        held += [
            Option(
                f"s{i} {kind}{ratio:.1f}", kind, "equity", f"s{i}", "HKD", round(100_000 * ratio), expiry, f"v{i}", "r"
            )
            for kind, ratio in STRIKES
        ]
    sectors = [
        RiskFactor(f"sector {k}", "share", tuple(f"s{i}" for i in range(k, shares, SECTORS)), "equity")
        for k in range(min(SECTORS, shares))
    ]
    vols = RiskFactor("volatility", "share", tuple(f"v{i}" for i in range(shares)), "volatility")
    return Universe(tuple(held), (*sectors, vols, RiskFactor("rate", "amount", ("r",), "rate")))


def recipe(made: Universe, shares: int, scenarios: int) -> Recipe:
    quotes = [*(f"s{i}" for i in range(shares)), *(f"v{i}" for i in range(shares)), "r"]
    category = {
        "stage": ["order", "fill", "measure"], "book": BOOKS, "trader": TRADERS, "counterparty": ["one"],
        "instrument": [it.name for it in made.instruments], "quote": quotes,
        "factor": [factor.name for factor in made.factors], "limit": [limit.code for limit in LIMITS],
    }  # fmt: skip
    given = {name: Column(values=list(values), required=False) for name, values in category.items()}
    given |= {name: Column(decimal=True, negative=True, required=False) for name in ("level", "price")}
    given |= {"quantity": Column(integer=True, negative=True, required=False)}
    given |= {"portfolio": Column(entity="portfolio", required=False)}
    return Recipe(
        name="large", desk="market", purpose="a bench", owner="nobody", review="2030-01-01", subject="portfolio",
        decide="check", observe=list(SEEN), columns=given, features=[], policy=POLICY,
        risk=Risk(scenarios=scenarios, age_max="2d"),
    )  # fmt: skip


class Events:
    """Events of one recipe as batches."""

    def __init__(self, made: Recipe) -> None:
        self.at = {name: j for j, name in enumerate(columns(made))}
        self.kind = {name: code for code, name in enumerate(kinds(made))}

    def history(self, made: Recipe, days: int, seed: int) -> Batch:
        """Whole days: the first quote of each factor every day, every quote on the last; each day is rolled."""
        random = np.random.default_rng(seed)
        names = made.columns["quote"].values or []
        shares = (len(names) - 1) // 2
        series = [*range(min(SECTORS, shares)), shares, 2 * shares]
        base = np.array([100.0] * shares + [0.25] * shares + [0.03])
        size = np.array([0.012] * shares + [0.03] * shares + [0.0005])
        codes, times, rows = list[int](), list[int](), list[Ints]()
        level = base.copy()
        for day in range(days):
            shock = random.standard_t(5, len(names)) * size
            level = np.where(np.arange(len(names)) == 2 * shares, np.maximum(level + shock, 0.001), level)
            level[: 2 * shares] = level[: 2 * shares] * np.exp(
                shock[: 2 * shares] - 0.1 * np.log(level / base)[: 2 * shares]
            )
            for quote in series if day < days - 1 else range(len(names)):
                row = np.full(len(self.at), NULL)
                row[self.at["quote"]], row[self.at["level"]] = quote, round(float(level[quote]) * MICRO)
                codes.append(self.kind["quote"])
                rows.append(row)
            codes.append(self.kind["roll"])
            rows.append(np.full(len(self.at), NULL))
            times += [START_NS + day * DAY_NS] * (len(codes) - len(times))
        ids = [f"h{i}" for i in range(len(codes))]
        return Batch(ids, np.array(codes, np.int8), np.array(times), np.array(rows))

    def fills(self, instruments: int, fills: int, after_ns: int, seed: int) -> Batch:
        """Fills in log order, a millisecond apart, of up to 100 units either way, at prices near the first mark."""
        random = np.random.default_rng(seed)
        values = np.full((fills, len(self.at)), NULL)
        quantity = random.integers(1, 101, fills) * random.choice([-1, 1], fills)
        trader = random.integers(0, len(TRADERS), fills)
        place = random.integers(0, instruments, fills)
        price = np.where(place % 5 == 0, 100, 10) * MICRO + random.integers(-(10**5), 10**5, fills)
        cells = {
            "stage": np.ones(fills), "instrument": place, "quantity": quantity, "trader": trader,
            "book": trader % len(BOOKS), "counterparty": np.zeros(fills), "price": price,
        }  # fmt: skip
        for name, column in cells.items():
            values[:, self.at[name]] = column
        times = after_ns + np.arange(fills, dtype=np.int64) * 1_000_000
        return Batch([f"f{i}" for i in range(fills)], np.zeros(fills, np.int8), times, values)


def run(shares: int = 2_000, scenarios: int = 1_000, fills: int = 1_000_000, days: int = 1_002) -> dict[str, Any]:
    """Measure both, and hold the end against numpy."""
    made = universe(shares, days)
    ours = recipe(made, shares, scenarios)
    events = Events(ours)
    past = events.history(ours, days, 1)
    day = events.fills(len(made.instruments), fills, START_NS + (days - 1) * DAY_NS + 10**9, 2)
    model = Portfolio.read(universe_bytes(made), ours)

    def engine() -> Engine:
        built = Engine(Judge(ours, b"bench", model), Store.memory(SeededKeys(1)), Log())
        built.observe(past)
        built.seal()
        return built

    first = engine()
    parts = [day.slice(at, min(at + BLOCK, fills)) for at in range(0, fills, BLOCK)]
    first.decide(_measured(events, day))
    first.seal()
    began = time.perf_counter()
    for part in parts:
        first.judge.windows.step(part.kinds, part.ts_ns, part.values)
    state = time.perf_counter() - began
    second = engine()
    second.decide(_measured(events, day))
    began = time.perf_counter()
    verbs: dict[str, int] = {}
    for part in parts:
        for answer in second.decide(part):
            verbs[answer.verb or str(answer.refusal)] = verbs.get(answer.verb or str(answer.refusal), 0) + 1
        second.log.append(second.seal())
    sealed = time.perf_counter() - began
    book = second.judge.windows
    assert isinstance(book, MarketState)
    holdings = book.holdings
    held = np.zeros(len(made.instruments), np.int64)
    np.add.at(held, day.values[:, events.at["instrument"]], day.values[:, events.at["quantity"]])
    same = bool((holdings.totals("total") == holdings.unit_pnl @ held).all())
    assert same, "the book's totals differ from those worked out anew"
    assert verbs == {"within": fills}, verbs
    return {
        "instruments": len(made.instruments), "scenarios": scenarios, "fills": fills,
        "state_s": round(state, 2), "sealed_s": round(sealed, 2), "state_us": round(1e6 * state / fills, 2),
        "sealed_us": round(1e6 * sealed / fills, 2), "totals_as_numpy": same,
        "held": int((held != 0).sum()), "root": second.log.root().hex(),
    }  # fmt: skip


def _measured(events: Events, day: Batch) -> Batch:
    """One measure before the first fill: the day's prices and scenarios are worked there."""
    values = np.full((1, day.values.shape[1]), NULL)
    values[0, events.at["stage"]] = 2
    return Batch(["open"], np.zeros(1, np.int8), day.ts_ns[:1] - 1, values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shares", type=int, default=2_000)
    parser.add_argument("--scenarios", type=int, default=1_000)
    parser.add_argument("--fills", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true", help="as the table's builder reads it")
    asked = parser.parse_args()
    print(json.dumps(run(asked.shares, asked.scenarios, asked.fills), indent=None if asked.json else 1))


if __name__ == "__main__":
    main()
