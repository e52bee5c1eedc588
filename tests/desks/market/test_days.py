"""Days as events: their words and ids, and trades at what a unit is worth, against the formula in plain Python."""

import math
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from waglan.desks.market.assumed import Trade
from waglan.desks.market.days import Days, Said
from waglan.desks.market.fx import close_ns
from waglan.pricing import Option
from waglan.risk.columns import names
from waglan.risk.universe import read_universe
from waglan.schema.recipe import columns, open_recipe
from waglan.schema.units import MICRO, NULL, BadValue

RECIPES = Path(__file__).resolve().parents[3] / "recipes"
RECIPE, _ = open_recipe(RECIPES / "fx-hkd.toml")
UNIVERSE = read_universe((RECIPES / "fx-hkd.universe.json").read_bytes())
QUOTES = names(RECIPE, "quote")
DAYS = Days(RECIPE, UNIVERSE, QUOTES)
DAY = date(2015, 1, 15)
AT = dict.fromkeys(QUOTES, 1.0) | {
    "EUR/HKD": 9.05, "HKD/JPY": 15.05, "EUR/HKD vol": 0.0931, "HKD rate": 0.015, "EUR rate": 0.015,
}  # fmt: skip
LEVELS = np.array([round(AT[name] * MICRO) for name in QUOTES], np.int64)


def fill(instrument: str, price: int | None = None) -> Said:
    trade = Trade(DAY, "hedges", "FX3", "Bank C", instrument, -5, price)
    return next(DAYS.fills(DAY, close_ns(DAY), [trade], LEVELS))


def test_a_trade_without_a_price_is_done_at_what_a_unit_is_worth() -> None:
    assert fill("EUR spot")[2]["price"] == 9_050_000
    assert fill("JPY spot")[2]["price"] == round(MICRO / 15.05)
    assert fill("EUR spot", 9_100_000)[2]["price"] == 9_100_000
    put = UNIVERSE.instruments[UNIVERSE.place["EUR/HKD put 2015"]]
    assert isinstance(put, Option)
    years = (put.expiry_ns - close_ns(DAY)) / (365 * 86_400 * 10**9)
    shrink, strike = math.exp(-0.015 * years), put.strike_ticks / 1000
    wide = 0.0931 * math.sqrt(years)
    d = math.log(9.05 / strike) / wide
    below = [0.5 * math.erfc((d + sign * wide / 2) / math.sqrt(2)) for sign in (-1, 1)]
    assert fill("EUR/HKD put 2015")[2]["price"] == round(shrink * (strike * below[0] - 9.05 * below[1]) * MICRO)


def test_a_day_is_events_with_the_recipes_words() -> None:
    said = [*DAYS.quotes(DAY, LEVELS), DAYS.reprice(DAY), fill("EUR spot"), DAYS.roll(DAY), *DAYS.measures(DAY)]
    batch = DAYS.batch(close_ns(DAY), [*said, *DAYS.outcomes(DAY, [True, False, False, False])])
    named = list(columns(RECIPE))
    assert (batch.ids[0], batch.ids[-1]) == (f"2015-01-15 {QUOTES[0]}", "2015-01-15 measure hedges/outcome")
    assert set(batch.ts_ns.tolist()) == {1_421_334_000 * 10**9}
    of = {name: batch.values[:, named.index(name)].tolist() for name in ("quote", "book", "quantity", "outcome")}
    n = len(QUOTES)
    assert of["quote"] == [*range(n), *[NULL] * (len(batch) - n)]
    assert of["quantity"][n + 1] == -5
    assert of["book"][n + 3 :] == [NULL, 0, 1, 2] * 2
    assert of["outcome"][-4:] == [1, 0, 0, 0]


def test_what_nobody_declared_is_refused() -> None:
    with pytest.raises(BadValue, match="2015-01-15 is in 'DEM spot', which the universe does not hold"):
        fill("DEM spot")
    with pytest.raises(BadValue, match="fx-hkd: the column quote does not know 'HSI'"):
        Days(RECIPE, UNIVERSE, ["HSI"])
