"""Compile the kernels now, part of the installation: `python -m waglan.cli.warm`.

A kernel is compiled when it is first called and kept beside its source for every later process. All of them together
take half a minute of one core; a small run through every room calls them here, so that nobody's first decision waits.
"""

import numpy as np

from waglan.cli.console import progress
from waglan.cli.worlds import RECIPE
from waglan.desks.fraud.live import truth_of
from waglan.desks.fraud.world import simulate
from waglan.engine.engine import Engine
from waglan.engine.judge import Judge
from waglan.engine.replay import dense_values
from waglan.engine.training import history, train_on
from waglan.features.plan import compile
from waglan.features.state import Windows
from waglan.ledger.log import Log
from waglan.models.model import Model
from waglan.schema.recipe import read_recipe
from waglan.store.keys import NoKeys, SeededKeys
from waglan.store.records import Store
from waglan.store.vault import Vault


def main() -> None:
    """A world of 40,000 payments, seen in blocks, trained on, decided at once and one by one, sealed in memory."""
    recipe = read_recipe(RECIPE.read_bytes())
    world = simulate(1, days=30, payments=40_000)
    batch, truth = world.events(recipe), truth_of(world)
    past = history(recipe, batch, world.end_ns)
    past.positive[:] = [event_id in truth for event_id in past.ids]
    past.known_ns[:] = past.ts_ns
    trained = train_on(recipe, past, world.end_ns, mature_days=0)
    plan, some = compile(recipe), batch.slice(0, 4000)
    judge = Judge(read_recipe(trained.recipe_bytes), trained.recipe_bytes, Model.read(trained.model.data).warm())
    with Store.memory(SeededKeys(1)) as store:
        engine = Engine(judge, store, Log())
        engine.observe(batch.slice(4000, 8000))
        engine.decide(some)
        engine.commit()
    values = dense_values(recipe, Vault(NoKeys()), some)
    Windows(plan, 2).step(some.kinds, some.ts_ns, values, blocked=True, threads=2)
    judge.model.probabilities(np.zeros(1, np.int64))  # type: ignore[attr-defined]


if __name__ == "__main__":
    with progress("compiling kernels, once"):
        main()
