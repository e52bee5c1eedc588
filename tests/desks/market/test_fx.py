"""The currency book: its files are what the rates give, its strikes are of their day, its assumptions are applied."""

import math
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from waglan.desks.market.assumed import levels_of, read_assumed, read_trades, realised, with_stand_ins
from waglan.desks.market.fx import fx_trades, fx_universe
from waglan.desks.market.rates import Rates, read_rates
from waglan.pricing import Forward, Option
from waglan.risk.columns import names
from waglan.risk.universe import universe_bytes
from waglan.schema.recipe import open_recipe
from waglan.schema.units import MICRO, NULL, BadValue

RECIPES = Path(__file__).resolve().parents[3] / "recipes"
DAYS = tuple(date(2005, 3, 29 + i) if i < 3 else date(2005, 4, i - 2) for i in range(4))
RATES = Rates("rates", DAYS, ("USD", "CNY"), np.array([[1_300_000, NULL]] * 3 + [[1_290_000, 10_676_685]], np.int64))
STAND_IN = '[stand_in.CNY]\nof = "USD"\ntimes = "8.2765"\nuntil = 2005-04-01\nbecause = "peg"\n'


def test_the_files_beside_the_recipe_are_what_the_rates_give(shared: Callable[[str], Path]) -> None:
    assumed = read_assumed(RECIPES / "fx-hkd.assumed.toml")
    rates = with_stand_ins(read_rates(shared("data/ecb_eurofxref_hist.zip")), assumed)
    universe = fx_universe(rates, assumed)
    assert (RECIPES / "fx-hkd.universe.json").read_bytes() == universe_bytes(universe)
    assert read_trades(RECIPES / "fx-hkd.trades.csv") == tuple(fx_trades(rates))
    recipe, _ = open_recipe(RECIPES / "fx-hkd.toml")
    assert names(recipe, "instrument") == tuple(i.name for i in universe.instruments)
    assert names(recipe, "factor") == tuple(f.name for f in universe.factors)
    assert set(universe.quotes) <= set(names(recipe, "quote"))
    found = {t.instrument: 0 for t in fx_trades(rates)}
    for trade in fx_trades(rates):
        found[trade.instrument] += trade.quantity
    assert {name for name, held in found.items() if held and "fwd" in name} == {"EUR/HKD fwd 2026", "CNY/HKD fwd 2026"}


def test_strikes_are_at_the_money_of_the_first_day_of_their_year(shared: Callable[[str], Path]) -> None:
    assumed = read_assumed(RECIPES / "fx-hkd.assumed.toml")
    rates = with_stand_ins(read_rates(shared("data/ecb_eurofxref_hist.zip")), assumed)
    place = fx_universe(rates, assumed).place
    instruments = fx_universe(rates, assumed).instruments
    at = rates.days.index(date(2015, 1, 2))
    eur, cny = (float(levels_of(rates, assumed, [q])[at, 0]) / MICRO for q in ("EUR/HKD", "CNY/HKD"))
    years = (date(2016, 1, 15) - date(2015, 1, 2)).days / 365
    forward, yuan, put = (instruments[place[f"{name} 2015"]] for name in ("EUR/HKD fwd", "CNY/HKD fwd", "EUR/HKD put"))
    assert isinstance(forward, Forward)
    assert isinstance(yuan, Forward)
    assert isinstance(put, Option)
    assert math.isclose(forward.strike_ticks / 1e4, eur, abs_tol=6e-5)
    assert math.isclose(yuan.strike_ticks / 1e4, cny * math.exp(-0.01 * years), abs_tol=6e-5)
    assert math.isclose(put.strike_ticks / 1e3, eur, abs_tol=6e-4)


def test_a_stand_in_fills_what_is_before_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(STAND_IN)
    whole = with_stand_ins(RATES, read_assumed(tmp_path / "a.toml"))
    assert whole.levels[:, 1].tolist() == [10_759_450] * 3 + [10_676_685]
    (tmp_path / "a.toml").write_text(STAND_IN.replace("04-01", "04-02"))
    with pytest.raises(BadValue, match="CNY has a level on 2005-04-01, before 2005-04-02"):
        with_stand_ins(RATES, read_assumed(tmp_path / "a.toml"))
    (tmp_path / "a.toml").write_text(STAND_IN.replace('"USD"', '"SGD"'))
    with pytest.raises(BadValue, match="there is no series 'SGD' for the stand-in of CNY"):
        with_stand_ins(RATES, read_assumed(tmp_path / "a.toml"))


def test_a_realised_volatility_is_a_year_of_past_returns() -> None:
    levels = np.array([1_000_000, 1_010_000, 1_000_000, 1_000_000], np.int64)
    up = math.log(1.01)
    assert realised(levels, 2).tolist() == [
        NULL, NULL, round(math.sqrt(260 * up**2) * 1e6), round(math.sqrt(260 * up**2 / 2) * 1e6),
    ]  # fmt: skip
    with pytest.raises(BadValue, match="takes 2 days or more and fewer than there are, 4; was 4"):
        realised(levels, 4)


def test_trades_that_cannot_be_used_are_refused_with_their_row(tmp_path: Path) -> None:
    head, good = "day,book,trader,counterparty,instrument,quantity,price\n", "2004-01-02,b,t,c,i,5,1.5\n"
    for line, said in (
        ("someday,b,t,c,i,5,\n", "row 2: day is such as 2004-01-31, it was 'someday'"),
        ("2004-01-02,b,t,c,i,5.5,\n", "row 2: quantity was '5.5': the number has more digits"),
        ("2004-01-02,b,t,c,i,5,NaN\n", "row 2: price was 'NaN': the number is NaN or infinite"),
    ):
        (tmp_path / "t.csv").write_text(head + good + line)
        with pytest.raises(BadValue) as caught:
            read_trades(tmp_path / "t.csv")
        assert said in str(caught.value)
    (tmp_path / "t.csv").write_text(head + good)
    assert [t.price_micro for t in read_trades(tmp_path / "t.csv")] == [1_500_000]
    (tmp_path / "t.csv").write_text("day,book\n")
    with pytest.raises(BadValue, match="there is no 'trader'"):
        read_trades(tmp_path / "t.csv")
    (tmp_path / "a.toml").write_text("[constant]\nx = 3\n")
    with pytest.raises(BadValue, match="Expected `str`, got `int`"):
        read_assumed(tmp_path / "a.toml")
