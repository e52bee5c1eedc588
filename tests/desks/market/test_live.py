"""The live days with a book: fills of refused orders do not come, what expires is closed as held, people act."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import waglan.desks.market.world as made
from waglan.book import Book
from waglan.desks.market.estimating import estimate_rows
from waglan.desks.market.live import EXCEPTION, Floor, Lived
from waglan.desks.market.parameters import number
from waglan.desks.market.people import CHECKS, MAKES, REGISTERED, SEES, Clock, People
from waglan.desks.market.world import World, simulate
from waglan.engine.state import MarketState
from waglan.govern import review
from waglan.govern.breach import Breach
from waglan.govern.breaches import breaches
from waglan.govern.custody import Custody
from waglan.ledger.entry import OBSERVATION
from waglan.risk.estimates import Estimate, Fitted
from waglan.risk.universe import universe_bytes
from waglan.schema.recipe import read_recipe
from waglan.schema.records import decode_observation
from waglan.store.keys import SeededKeys

SEED = 2
HISTORY, LIVE = 300, 96
RECIPE = Path(made.__file__).parent / "hk-market.toml"


@dataclass(frozen=True)
class Ran:
    """A book that lived 96 days, past the crash week."""

    book: Book
    world: World
    lived: Lived
    people: People
    breaches: tuple[Breach, ...]

    def labelled(self, label: str) -> list[str]:
        return [row["id"] for row in self.world.truth().to_pylist() if row["label"] == label]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    data, path = RECIPE.read_bytes(), tmp_path_factory.mktemp("floor") / "book"
    world = simulate(SEED, HISTORY, LIVE)
    batch = world.events(read_recipe(data), closings=True)
    with Book.create(path, data, universe_bytes(world.universe), SeededKeys(1), durability="relaxed") as book:
        book.warm(batch.slice(0, int(np.searchsorted(batch.ts_ns, world.live_ns))))
        (path / "registry.toml").write_bytes(
            (Path(review.__file__).parent / "registry.toml").read_bytes() + REGISTERED.encode()
        )
        clock = Clock()
        with Custody(book, "demo", clock) as custody:
            people = People(custody, clock, world)
            lived = Floor(book, world, batch, people).run()
        yield Ran(book, world, lived, people, breaches(book, int(batch.ts_ns[-1])))


def test_every_day_is_measured_and_nothing_is_refused_but_the_stale_order(ran: Ran) -> None:
    refused = {name: answer.refusal for name, answer in ran.lived.answers.items() if answer.verb is None}
    assert refused == dict.fromkeys(ran.labelled("stale"), "no_price")
    assert ran.lived.evenings == LIVE
    assert ran.lived.answers[ran.labelled("stale_gone")[0]].verb == "within"


def test_a_fill_comes_only_of_an_order_that_was_let_through(ran: Ran) -> None:
    stopped = {name for name, answer in ran.lived.answers.items() if name[0] == "O" and answer.verb in ("hard", None)}
    assert ran.labelled("refused")[0] in stopped
    for name in stopped:
        assert f"F{name[1:]}" not in ran.lived.answers
    ordered = {t.id for t in ran.world.trades if t.stage == "fill" and t.ordered and not t.settled}
    missing = {name for name in ordered if name not in ran.lived.answers and f"O{name[1:]}" in ran.lived.answers}
    assert {f"O{name[1:]}" for name in missing} <= stopped


def test_the_planted_order_is_refused_for_expected_shortfall(ran: Ran) -> None:
    answer = ran.lived.answers[ran.labelled("refused")[0]]
    assert answer.verb == "hard"
    assert {"limit:es_total", "limit:es_book"} <= set(answer.reasons)


def test_nothing_that_expired_is_held(ran: Ran) -> None:
    state = ran.book.engine.judge.windows
    assert isinstance(state, MarketState)
    held, end = state.holdings.quantities(), int(ran.world.days.midnight_ns[-1])
    expired = [getattr(one, "expiry_ns", end) < end for one in ran.world.universe.instruments]
    assert sum(expired) == 7
    assert not held[np.array(expired)].any()
    assert held.any()
    closed = [t for t in ran.world.trades if t.settled and t.id in ran.lived.answers]
    assert len(closed) > 2


def test_a_block_breaks_a_limit_is_acknowledged_and_cured(ran: Ran) -> None:
    mine = [b for b in ran.breaches if b.id == ran.labelled("block")[0] and b.grade == "hard"]
    assert {"es_trader", "es_book"} <= {b.limit for b in mine}
    for breach in mine:
        assert (breach.state, breach.acknowledged_by) == ("cured", SEES)
        assert not breach.missed


def test_a_crash_breaks_a_limit_that_two_people_waive(ran: Ran) -> None:
    assert len(ran.people.waived) == 1
    breach = next(b for b in ran.breaches if b.id == ran.people.waived[0] and b.waivers)
    assert breach.raised_ns >= ran.world.live_day_ns(number("crash day"))
    assert [(w.maker, w.checker, w.reason) for w in breach.waivers] == [(MAKES, CHECKS, "market_moved")]


def test_the_truth_of_a_measure_comes_on_the_next_evening(ran: Ran) -> None:
    truths: dict[str, int] = {}
    outcome = list(ran.book.recipe.columns)
    for row in ran.book.engine.store.range(0, ran.book.engine.size):
        if row.kind == OBSERVATION:
            event = decode_observation(row.record).event
            if event.kind == "outcome":
                found = event.values[len(outcome)]
                assert found is not None
                truths[event.id] = found
    for book in ("", "cash_equities"):
        evenings = [m.id for m in ran.world.measures if m.evening and m.book == book]
        for before, after in pairwise(evenings):
            passed = EXCEPTION in ran.lived.answers[after].reasons
            assert truths[f"{before}/outcome"] == passed
    assert len(truths) == 5 * (LIVE - 1)
    assert sum(truths.values()) < 0.1 * len(truths)


def test_totals_are_kept_at_first_and_every_evening(ran: Ran) -> None:
    rows = ran.lived.totals[ran.book.engine.judge.digest.hex()]
    assert len(rows) == LIVE + 1


def test_estimates_are_events_of_the_eve() -> None:
    world = simulate(1, 60, 2)
    one = Estimate(
        factor="HSI", omega_femto=17, alpha_micro=50_000, beta_micro=900_001, nu_micro=6_000_000, mean_pico=-3
    )
    rows = estimate_rows(world, Fitted((one,), {}))
    recipe = read_recipe(RECIPE.read_bytes())
    batch = world.events(recipe, rows)
    at = batch.ids.index("E001")
    assert not batch.refusals
    assert batch.ts_ns[at] < world.live_ns
    cells = dict(zip([*recipe.columns], batch.values[at].tolist(), strict=False))
    assert [cells[name] for name in ("omega", "alpha", "beta", "nu", "mean")] == [17, 50_000, 900_001, 6_000_000, -3]
    assert batch.ids[at + 1][0] == "R"
