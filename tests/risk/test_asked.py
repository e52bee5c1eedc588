"""Parts, trials, stress and reverse stress asked of moving holdings: what they say is what the sealed row says."""

import numpy as np
import pytest

from tests.risk.trading import UNIVERSE, Tape, history, recipe
from waglan.pricing import Line
from waglan.risk.contributions import contributions
from waglan.risk.holdings import Holdings
from waglan.risk.liquidity import liquid_of
from waglan.risk.reverse import reverse
from waglan.risk.stress import Stress, stressed
from waglan.risk.trials import Trade, tried


def traded(method: str, scenarios: int = 60) -> tuple[Holdings, dict[str, int]]:
    """Holdings after five fills and a measure of everything, with the row of that."""
    made = recipe(method=method, scenarios=scenarios)
    tape = history(Tape(made))
    for book, trader, counterparty, instrument, quantity, price in (
        ("equities", "ann", "BANK Ltd", "BANK", 20_000, 61.0), ("equities", "bob", "one", "BANK C60", -40, 2.0),
        ("currencies", "ann", "two", "USD", 300_000, 7.8), ("equities", "bob", "one", "HSI M", -3, 20_000.0),
        ("currencies", "cai", "one", "USD 1y", 200_000, 0.01),
    ):  # fmt: skip
        tape.check("fill", book, instrument, quantity, price, trader, counterparty)
    tape.check("measure")
    held = Holdings(made, UNIVERSE)
    rows, status = held.step(*tape.arrays())
    assert not status.any()
    return held, dict(zip(held.columns, rows[-1].tolist(), strict=True))


@pytest.mark.parametrize("method", ["historical", "filtered", "montecarlo", "parametric"])
def test_parts_by_book_are_those_of_the_sealed_row(method: str) -> None:
    held, row = traded(method)
    found = contributions(held)
    assert (found.var_minor, found.es_minor) == (row["var_total"], row["es_total"])
    assert {part.name: part.es_minor for part in found.books} == {
        name: row[f"es_part_{name}"] for name in ("equities", "currencies")
    }
    for view in (found.positions, found.books, found.traders, found.counterparties, found.factors):
        assert sum(part.es_minor for part in view) == row["es_total"]
        assert sum(part.var_minor for part in view) == row["var_total"]
    assert [part.name for part in found.counterparties] == ["one", "two", "BANK Ltd"]
    alone = contributions(held, "book", "equities")
    assert alone.es_minor == found.es_minor - next(
        part.incremental_es_minor or 0 for part in found.books if part.name == "currencies"
    )


@pytest.mark.parametrize("method", ["filtered", "parametric"])
def test_a_trial_is_what_the_fill_then_brings(method: str) -> None:
    held, row = traded(method)
    found = tried(held, [Trade("BANK", -5_000)])
    assert (found.var_before_minor, found.es_before_minor) == (row["var_total"], row["es_total"])
    tape = Tape(held.recipe, held.now_ns + 1)
    tape.check("fill", "equities", "BANK", -5_000, 61.0, "ann", "BANK Ltd")
    rows, status = held.step(*tape.arrays())
    assert not status.any()
    after = dict(zip(held.columns, rows[-1].tolist(), strict=True))
    assert (found.var_after_minor, found.es_after_minor) == (after["var_total"], after["es_total"])


def test_stress_and_reverse_stress_of_what_is_held() -> None:
    held, _ = traded("filtered")
    stress = Stress(
        code="peg", en="e", zh_hant="h", zh_hans="s", hypothesis=True, source="a test", currencies={"HKD": "to 8.50"}
    )
    lines = [Line(it, int(q)) for it, q in zip(UNIVERSE.instruments, held.quantities(), strict=True) if q]
    (found,) = stressed(lines, held.market(), UNIVERSE, [stress])
    shock = next(shock for shock in found.shocks if shock.factor == "USD/HKD")
    assert shock.by == "currency"
    dollars = next(gain for name, gain in zip(found.lines, found.by_line_minor, strict=True) if name == "USD")
    level = held.market().quotes["USD/HKD"].value
    assert dollars == pytest.approx(300_000 * 100 * (8.5 - level), abs=1)
    loss = contributions(held, factors=False).es_minor
    back = reverse(held, loss)
    assert back.found
    assert back.pnl_minor <= -loss
    assert sum(move.pnl_minor for move in back.moves) + back.cross_minor == back.pnl_minor
    assert np.isfinite(back.distance_micro or np.nan)


def test_shortfall_with_horizons_of_what_is_held() -> None:
    """62 days are too few for 60 scenarios and ten days more; 30 scenarios have enough."""
    few, row = traded("historical")
    scaled = liquid_of(few)
    assert scaled is not None
    assert (scaled.scaled, scaled.moved_days) == (True, 1)
    assert abs(scaled.es_minor - row["es_total"] * 10**0.5) < 50, "a cent here and there: lines are rounded, units not"
    held, row = traded("historical", scenarios=30)
    found = liquid_of(held)
    assert found is not None
    assert (found.scaled, found.moved_days) == (False, 10)
    assert found.sets[0].factors == tuple(factor.name for factor in UNIVERSE.factors)
    assert found.es_minor == found.sets[0].es_minor > row["es_total"]
    assert liquid_of(Holdings(held.recipe, UNIVERSE)) is None
