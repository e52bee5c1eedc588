"""The seeded trading floor: same seed, same bytes; a log that the recipe reads; nothing ahead of its time; what is
planted is there."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import waglan.desks.market.world as made
from waglan.desks.market.columns import COLUMNS, OBSERVED
from waglan.desks.market.events import FIELDS
from waglan.desks.market.instruments import home_book
from waglan.desks.market.names import BOOKS, INSTRUMENTS, QUOTES, TRADERS
from waglan.desks.market.parameters import TABLE, number, numbers, rendered
from waglan.desks.market.plants import QUIET
from waglan.desks.market.world import World, simulate
from waglan.engine.lint import lint
from waglan.intake import read
from waglan.pricing import Option
from waglan.risk.universe import read_universe
from waglan.schema.recipe import Recipe, read_recipe
from waglan.schema.units import DAY_NS, MICRO, BadValue

DIGEST = "3af89793ed98"
"""Start of the SHA-256 of `simulate(7, 300, 100)`: it changes on purpose only."""
RECIPE = Path(made.__file__).parent / "hk-market.toml"


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(7, 300, 100)


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return read_recipe(RECIPE.read_bytes())


def labelled(world: World, label: str) -> list[dict[str, Any]]:
    ids = {row["id"] for row in world.truth().to_pylist() if row["label"] == label}
    return [row for row in world.table().to_pylist() if row["id"] in ids]


def test_a_seed_gives_the_same_bytes_and_another_seed_others(world: World) -> None:
    small = [simulate(seed, 60, 3).digest() for seed in (1, 1, 2)]
    assert small[0] == small[1] != small[2]
    assert world.digest()[:12] == DIGEST


def test_the_recipe_has_every_name_of_the_world(recipe: Recipe) -> None:
    assert lint(recipe) == []
    assert {name: recipe.columns[name].values for name in COLUMNS} == {n: c.values for n, c in COLUMNS.items()}
    assert tuple(recipe.observe) == OBSERVED
    assert set(FIELDS) - {"id", "kind", "ts_ns"} <= set(recipe.columns)


def test_every_event_is_read_in_order_and_none_is_refused(world: World, recipe: Recipe) -> None:
    batch = world.events(recipe)
    assert not batch.refusals
    assert (np.diff(batch.ts_ns) >= 0).all()
    assert len(set(batch.ids)) == len(batch.ids)


def test_files_hold_what_the_world_tells(recipe: Recipe, tmp_path: Path) -> None:
    small = simulate(3, 60, 2)
    assert [file.name for file in small.write(tmp_path)] == [
        "events.parquet", "quotes.parquet", "truth.parquet", "market.parquet", "universe.json",
    ]  # fmt: skip
    again, direct = read(tmp_path / "events.parquet", recipe), small.events(recipe)
    assert again.ids == direct.ids
    assert (again.values == direct.values).all()
    assert read_universe((tmp_path / "universe.json").read_bytes()) == small.universe


def test_what_is_earlier_does_not_know_how_long_the_world_lasts() -> None:
    """Events of the first days are the same, but for how closely the last days are followed."""
    plain = number("followed")
    short, long = (simulate(5, 60, live) for live in (plain + 8, plain + 20))
    end = int(short.days.midnight_ns[short.days.history + 8])

    def until(world: World) -> list[tuple[Any, ...]]:
        return [(t.id, t.ts_ns, t.key, t.quantity, t.price) for t in world.trades if t.ts_ns < end]

    assert until(short) == until(long)
    assert short.universe == long.universe
    quotes = [world.quotes().to_pylist() for world in (short, long)]
    early = [[row for row in rows if row["ts_ns"] < end] for rows in quotes]
    assert early[0] == early[1]
    assert len(early[0]) > 1_000


def test_a_live_day_goes_quotes_reprice_measure_orders_fills_roll(world: World) -> None:
    start = int(world.days.midnight_ns[world.days.history + 3])
    rows = [row for row in world.table().to_pylist() if start <= row["ts_ns"] < start + DAY_NS]
    kinds = Counter(row["stage"] or row["kind"] for row in rows)
    steps = numbers("steps")[0]
    assert kinds["quote"] == (steps + 1) * len(QUOTES)
    assert kinds["reprice"] == steps
    assert kinds["measure"] == steps + 1 + len(BOOKS)
    assert [row["kind"] for row in rows if row["kind"] != "quote"][-1 - len(BOOKS) - 1] == "roll"
    assert rows[-1]["stage"] == "measure"


def test_a_fill_comes_behind_its_order_before_the_next_quotes(world: World) -> None:
    orders = {t.number: t for t in world.trades if t.stage == "order"}
    quoted = world.hours.ts_ns
    fills = [t for t in world.trades if t.stage == "fill" and t.ordered]
    assert len(fills) > 500
    for fill in fills:
        order = orders[fill.number]
        assert order.ts_ns < fill.ts_ns
        assert fill.key == order.key
        assert 0 < fill.quantity / order.quantity <= 1
        assert np.searchsorted(quoted, fill.ts_ns, "right") == np.searchsorted(quoted, order.ts_ns, "right")


def test_traders_trade_what_their_book_does(world: World) -> None:
    hedges = 0
    for trade in world.trades:
        book, trader, _, name = trade.key
        assert TRADERS.index(trader) // 2 == BOOKS.index(book)
        home = home_book(world.universe.instruments[world.universe.place[name]])
        hedges += home != book
        assert home == book or (book, home) in (("fx_options", "fx_spot"),)
    assert hedges


def test_what_expires_is_closed_at_intrinsic_value(world: World) -> None:
    held: Counter[tuple[str, ...]] = Counter()
    closed = 0
    for trade in world.trades:
        if trade.stage != "fill":
            continue
        one = world.universe.instruments[world.universe.place[trade.key[3]]]
        if trade.settled:
            assert trade.quantity == -held[trade.key]
            if isinstance(one, Option):
                spot = world.hours.levels[np.searchsorted(world.hours.ts_ns, trade.ts_ns) - 1, QUOTES.index(one.quote)]
                strike = one.strike_ticks * MICRO // 10**one.digits
                gain = spot - strike if one.kind == "call" else strike - spot
                assert trade.price == max(0, int(gain))
                closed += 1
        held[trade.key] += trade.quantity
        assert getattr(one, "expiry_ns", trade.ts_ns + 1) > trade.ts_ns
    assert closed > 2
    end = world.trades[-1].ts_ns
    for key, quantity in held.items():
        expiry = getattr(world.universe.instruments[world.universe.place[key[3]]], "expiry_ns", end + DAY_NS)
        assert not quantity or expiry > end


def test_one_quote_is_stale_on_a_monday_morning_and_nobody_holds_it(world: World) -> None:
    order = labelled(world, "stale")[0]
    assert order["instrument"] == QUIET
    day = order["ts_ns"] - (order["ts_ns"] + 8 * 3600 * 10**9) % DAY_NS
    seen = [row for row in world.table().to_pylist() if row["quote"] == QUIET]
    times = [row["ts_ns"] for row in seen]
    before, after = max(t for t in times if t < order["ts_ns"]), min(t for t in times if t > order["ts_ns"])
    assert order["ts_ns"] - before > 2 * DAY_NS
    assert after - day == 16 * 3600 * 10**9
    assert not [t for t in world.trades if t.key[3] == QUIET and t.stage == "fill"]


def test_what_is_planted_is_there(world: World) -> None:
    labels = Counter(world.truth()["label"].to_pylist())
    assert labels["refused"] == labels["stale"] == labels["stale_gone"] == labels["block"] == labels["crash"] == 1
    assert labels["cured"] == 2
    assert labels["expiry"] > 2
    assert labels["crash week"] == 5
    block, sold = labelled(world, "block")[0], labelled(world, "cured")[0]
    assert sold["quantity"] < 0 < block["quantity"]
    assert "refused" not in {t.label for t in world.trades if t.stage == "fill"}


def test_the_reference_has_the_table_of_parameters() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "market-world.md").read_text()
    assert rendered() in page
    assert all(p.source for p in TABLE)
    assert len(INSTRUMENTS) == len(set(INSTRUMENTS))


def test_a_world_that_cannot_be_is_refused() -> None:
    with pytest.raises(BadValue, match="seed is 0 or more; it was -1"):
        simulate(-1)
    with pytest.raises(BadValue, match="1 to 250 live ones; had 1250 and 400"):
        simulate(1, live=400)
