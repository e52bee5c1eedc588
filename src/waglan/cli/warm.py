"""Compile the kernels now, part of the installation: `python -m waglan.cli.warm`.

A kernel is compiled when it is first called and kept beside its source for every later process. All of them together
take some two minutes of one core; a small run through every room calls them here, so that nobody's first decision
waits: payments for the windows, the trees and the log, loans for additive models, recourse and fairness, a trading
floor for prices, scenarios, holdings and the guard.
"""

from typing import Final

import msgspec
import numpy as np

from waglan.cli.console import progress
from waglan.cli.worlds import LOANS, MARKET, RECIPE
from waglan.desks.credit.world import simulate as simulate_loans
from waglan.desks.fraud.live import truth_of
from waglan.desks.fraud.world import simulate
from waglan.desks.market.estimating import estimate_rows
from waglan.desks.market.past import with_method
from waglan.desks.market.world import simulate as simulate_floor
from waglan.engine.engine import Engine
from waglan.engine.judge import Judge
from waglan.engine.recourse import Recourse, sealed_way
from waglan.engine.replay import dense_values
from waglan.engine.state import MarketState
from waglan.engine.training import Trained, history, train_on
from waglan.features.plan import compile
from waglan.features.state import Windows
from waglan.ledger.entry import DECISION
from waglan.ledger.log import Log
from waglan.measures.betting import Watch, difference_sequence
from waglan.measures.cube import count
from waglan.models.model import Model
from waglan.pricing import Fill, Positions, revalue, value
from waglan.risk.contributions import contributions
from waglan.risk.estimates import Estimate, Fitted
from waglan.risk.guard import Guard
from waglan.risk.holdings import Holdings
from waglan.risk.portfolio import Portfolio
from waglan.risk.universe import universe_bytes
from waglan.schema.batch import Batch
from waglan.schema.recipe import read_recipe
from waglan.schema.records import decode_decision
from waglan.schema.risk import METHODS
from waglan.store.keys import NoKeys, SeededKeys
from waglan.store.records import Store
from waglan.store.vault import Vault

SHAPES: Final = {
    "scorecard": {"bins": 3, "prebins": 5},
    "lightgbm": {"rounds": 10, "num_leaves": 4, "min_data_in_leaf": 20},
}
"""Models of loans: an additive one and trees, each as small as it can be."""

SCENARIOS: Final = 60
"""Of a trading floor, enough for every tail."""
ADVISED: Final = 5
"""How many of the refused are advised."""


def main() -> None:
    """Payments, loans and a floor, each seen in blocks, decided at once and one by one, sealed in memory."""
    payments()
    loans()
    floor()
    fairness()


def payments() -> None:
    """A world of 40,000 payments."""
    recipe = read_recipe(RECIPE.read_bytes())
    world = simulate(1, days=30, payments=40_000)
    batch, truth = world.events(recipe), truth_of(world)
    past = history(recipe, batch, world.end_ns)
    past.positive[:] = [event_id in truth for event_id in past.ids]
    past.known_ns[:] = past.ts_ns
    trained = train_on(recipe, past, world.end_ns, mature_days=0)
    plan, some = compile(recipe), batch.slice(0, 4000)
    judge = judged(trained)
    with Store.memory(SeededKeys(1)) as store:
        engine = Engine(judge, store, Log())
        engine.observe(batch.slice(4000, 8000))
        engine.decide(some)
        engine.commit()
    values = dense_values(recipe, Vault(NoKeys()), some)
    Windows(plan, 2).step(some.kinds, some.ts_ns, values, blocked=True, threads=2)
    judge.model.probabilities(np.zeros(1, np.int64))  # type: ignore[attr-defined]


def loans() -> None:
    """A world of 3,000 applications: additive models and trees, and what would have been enough for some refused."""
    recipe = read_recipe(LOANS.read_bytes())
    world = simulate_loans(1, 3000, 36, 2)
    batch = world.events(recipe)
    past = history(recipe, batch, world.live_ns)
    start = int(np.searchsorted(batch.ts_ns, world.live_ns))
    for kind, parameters in SHAPES.items():
        model = msgspec.structs.replace(recipe.model, kind=kind, parameters=parameters)
        trained = train_on(msgspec.structs.replace(recipe, model=model), past, world.live_ns)
        advise(judged(trained), batch.slice(start, len(batch)))


def judged(trained: Trained) -> Judge:
    """The judge of what was trained."""
    return Judge(read_recipe(trained.recipe_bytes), trained.recipe_bytes, Model.read(trained.model.data).warm())


def advise(judge: Judge, batch: Batch) -> None:
    """Decide, and search the ways of the first who were refused."""
    with Store.memory(SeededKeys(1)) as store:
        engine = Engine(judge, store, Log())
        engine.decide(batch)
        engine.commit()
        made = [decode_decision(row.record) for row in store.range(0, store.size) if row.kind == DECISION]
    found = Recourse(judge)
    for decision in [one for one in made if one.actions[0].verb in judge.recipe.policy.adverse][:ADVISED]:
        sealed_way(found, decision)


def floor() -> None:
    """Two live days of a trading floor through a book of each method, and its positions priced by themselves."""
    world = simulate_floor(1, SCENARIOS + 10, 2)
    data, universe = MARKET.read_bytes(), universe_bytes(world.universe)
    recipe = read_recipe(data)
    assert recipe.risk is not None, "the desk's recipe measures risk"
    given = Estimate(factor="HSI", omega_femto=10**9, alpha_micro=50_000, beta_micro=900_000, nu_micro=6_000_000)
    batch = world.events(recipe, estimate_rows(world, Fitted((given,), {})), closings=True)
    start = int(np.searchsorted(batch.ts_ns, world.live_ns))
    few = data.replace(f"scenarios = {recipe.risk.scenarios}\n".encode(), f"scenarios = {SCENARIOS}\n".encode())
    for method in METHODS:
        shown = few if method == recipe.risk.method else with_method(few, method)
        judge = Judge(read_recipe(shown), shown, Portfolio.read(universe, read_recipe(shown)))
        with Store.memory(SeededKeys(1)) as store:
            engine = Engine(judge, store, Log())
            engine.observe(batch.slice(0, start))
            engine.decide(batch.slice(start, len(batch) - 1))
            engine.decide(batch.slice(len(batch) - 1, len(batch)))
            engine.commit()
        assert isinstance(judge.windows, MarketState), "a market book's state"
        priced(judge.windows.holdings)


def priced(holdings: Holdings) -> None:
    """What is asked of holdings beside their events: the guard, parts, values and greeks; fills that are followed."""
    Guard(holdings).after(0, 100, 0)
    contributions(holdings)
    positions = Positions(holdings.universe.instruments)
    positions.follow([Fill("F1", 0, holdings.universe.instruments[0].name, 100, 10_000)])
    value(positions.lines(), holdings.market())
    revalue(positions.lines(), holdings.market(), holdings.scenarios, greeks=True)


def fairness() -> None:
    """A cube, and two groups followed through a stream."""
    codes = np.arange(100, dtype=np.uint8) % 2
    count(codes, codes, codes, codes, (2, 2, 2))
    Watch(2).follow(codes, codes)
    difference_sequence((3, 4), (10, 12))


if __name__ == "__main__":
    with progress("compiling kernels, once"):
        main()
