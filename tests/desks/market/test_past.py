"""A small currency book through `waglan replay market`, against a plain loop over the same rates; to the same root."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from waglan.book import Book
from waglan.cli.app import run
from waglan.desks.market.assumed import Trade
from waglan.desks.market.days import Days
from waglan.desks.market.fx import close_ns
from waglan.desks.market.past import with_method
from waglan.govern.backtesting import backtest
from waglan.govern.forecasts import forecasts
from waglan.pricing import FxSpot
from waglan.risk.universe import RiskFactor, Universe, universe_bytes
from waglan.schema.recipe import read_recipe
from waglan.schema.units import NULL, BadValue
from waglan.store.keys import SeededKeys

RECIPE = """
name = "small"
desk = "market"
purpose = "a test"
owner = "nobody"
review = "2027-01-01"
decide = "check"
observe = ["quote", "roll", "reprice", "estimate", "waiver", "acknowledge"]
subject = "portfolio"
features = []

[risk]
method = "historical"
scenarios = 120
age_max = "1d"

[columns]
portfolio = { entity = "portfolio", required = false }
stage = { values = ["order", "fill", "measure"] }
book = { values = ["one", "two"], required = false }
trader = { values = ["T", "idle"], required = false }
counterparty = { values = ["Bank"], required = false }
instrument = { values = ["USD spot", "JPY spot"], required = false }
quantity = { integer = true, required = false, negative = true }
price = { decimal = true, required = false, negative = true }
quote = { values = ["USD/HKD", "HKD/JPY"], required = false }
level = { decimal = true, required = false, negative = true }
factor = { values = ["USD/HKD", "HKD/JPY"], required = false }
omega = { integer = true, required = false }
alpha = { decimal = true, required = false }
beta = { decimal = true, required = false }
nu = { decimal = true, required = false }
mean = { integer = true, required = false, negative = true }
limit = { values = ["es"], required = false }
amount = { money = "HKD", required = false }
maker = { entity = "staff", required = false }
checker = { entity = "staff", required = false }
breach_reason = { values = ["market_moved"], required = false }

[policy]
verbs = ["within", "soft", "hard"]
adverse = ["soft", "hard"]

[[policy.limits]]
code = "es"
of = "es_total"
by = "total"
hard = 100000000
"""
UNIVERSE = Universe(
    (FxSpot("USD spot", "USD", "HKD", 6), FxSpot("JPY spot", "JPY", "HKD", 6)),
    (RiskFactor("USD/HKD", "share", ("USD/HKD",), "fx"), RiskFactor("HKD/JPY", "share", ("HKD/JPY",), "fx")),
)
FIRST, DECIDED, DAYS = date(2020, 1, 6), 130, 210
HELD = {"USD": 1_000_000, "JPY": -50_000_000}


def weekdays() -> Iterator[date]:
    day = FIRST
    while True:
        if day.weekday() < 5:
            yield day
        day += timedelta(1)


def levels() -> list[tuple[date, float, float]]:
    """Rates of a small world, written with six decimals; a crash in yen stands in the decided days."""
    chance = np.random.default_rng(11)
    moves = chance.standard_normal((DAYS, 2)) * (0.004, 0.006)
    moves[DECIDED + 20] = (0.0, -0.05)
    path = np.exp(np.cumsum(moves, axis=0)) * (7.8, 14.0)
    return [(day, round(float(u), 6), round(float(j), 6)) for day, (u, j) in zip(weekdays(), path, strict=False)]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    here = tmp_path_factory.mktemp("past")
    world = levels()
    lines = [f"{day},{u:.6f},{j:.6f}" for day, u, j in world]
    (here / "rates.csv").write_text("\n".join(["day,USD/HKD,HKD/JPY", *lines]) + "\n")
    (here / "small.toml").write_text(RECIPE)
    (here / "small.universe.json").write_bytes(universe_bytes(UNIVERSE))
    (here / "small.assumed.toml").write_text("")
    trades = [
        f"{world[DECIDED][0]},{book},T,Bank,{name} spot,{HELD[name]}" for book, name in (("one", "USD"), ("two", "JPY"))
    ]
    (here / "small.trades.csv").write_text(
        "\n".join(["day,book,trader,counterparty,instrument,quantity", *trades]) + "\n"
    )
    return here, {"first": world[DECIDED][0]}


def command(here: Path, first: object, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    status = run([
        "replay", "market", str(here / "rates.csv"), "--recipe", str(here / "small.toml"), "--book", str(here / "book"),
        "--from", str(first), "--seed", "3", "--json",
    ])  # fmt: skip
    out = capsys.readouterr()
    assert status == 0, out.err
    return dict(json.loads(out.out))


def plain() -> tuple[list[int], list[int], list[float]]:
    """By day from the first forecast: VaR and ES in cents of plain history, and what the day made; loops alone."""
    world = levels()

    def worth(u: float, j: float) -> float:
        return (HELD["USD"] * u + HELD["JPY"] / j) * 100

    vars_, ess, made = [], [], []
    for day in range(DECIDED + 1, DAYS):
        u, j = world[day - 1][1:]
        losses = []
        for k in range(day - 120, day):
            (_, u1, j1), (_, u0, j0) = world[k], world[k - 1]
            losses.append(worth(u, j) - worth(u * u1 / u0, j * j1 / j0))
        losses.sort(reverse=True)
        vars_.append(round(losses[1]))  # the ceil(1.2)-th
        ess.append(round((losses[0] + losses[1] + losses[2]) / 3))  # 2.5% of 120 is 3
        made.append(worth(*world[day][1:]) - worth(u, j))
    return vars_, ess, made


def test_a_book_through_the_past(ran: tuple[Path, dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    here, known = ran
    found = command(here, known["first"], capsys)
    models = found["backtest"]["models"]
    assert [m["method"] for m in models] == ["historical", "filtered", "parametric", "montecarlo"]
    assert (found["refused"], found["history_days"], found["days"]) == (0, DECIDED, DAYS - DECIDED)
    series, (vars_, ess, made) = models[0]["series"], plain()
    # A yen is worth whole thousandths of a cent, and fifty million are held: a hundredth of the VaR.
    room = 60_000
    assert len(series["ts_ns"]) == len(vars_) == DAYS - DECIDED - 1
    for mine, its in ((series["var_minor"], vars_), (series["es_minor"], ess), (series["hypothetical_minor"], made)):
        assert max(abs(a - b) for a, b in zip(mine, its, strict=True)) < room
    crash = [gain < -var for gain, var in zip(made, vars_, strict=True)]
    assert series["exception"] == crash
    assert crash[19]
    assert all(m["shortfall"] is not None for m in models)
    assert found["backtest"]["books"][0]["scope"] == "one"
    assert sorted(p.name for p in (here / "book" / "shadows").iterdir()) == [
        "filtered.toml", "montecarlo.toml", "parametric.toml",
    ]  # fmt: skip

    assert run(["replay", str(here / "book"), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["same"], again["root_again"]) == (True, found["root"])


def test_a_roll_that_nobody_measured_is_a_day_without_p_and_l(tmp_path: Path) -> None:
    recipe, world = read_recipe(RECIPE.encode()), levels()
    days = Days(recipe, UNIVERSE, ("USD/HKD", "HKD/JPY"))
    micro = np.rint(np.array([row[1:] for row in world]) * 1e6).astype(np.int64)
    with Book.create(tmp_path / "book", RECIPE.encode(), universe_bytes(UNIVERSE), SeededKeys(1)) as book:
        for i, (day, _, _) in enumerate(world[:140]):
            said = [*days.quotes(day, micro[i])]
            if i == 125:
                trade = Trade(day, "one", "T", "Bank", "USD spot", 1_000)
                said += [days.reprice(day), *days.fills(day, close_ns(day), [trade], micro[i])]
            said += [days.roll(day)]
            if i >= 125:  # a trader's day is not everybody's, and a day ends once
                said += [
                    (f"{day} idle", "check", {"stage": "measure", "trader": "idle"}),
                    (f"{day} roll 2", "roll", {}),
                ]
            said += [*(days.measures(day) if i >= 125 and i not in (130, 131) else [])]
            book.engine.decide(days.batch(close_ns(day), said))
        found = forecasts(book)
        assert [(one.scope, one.champion) for one in found] == [("", True), ("one", True)]  # two held nothing
        whole = found[0]
        assert [i for i, made in enumerate(whole.hypothetical.tolist()) if made == NULL] == [4, 5]
        assert (np.diff(whole.ts_ns) > 0).all()
        assert whole.hypothetical.tolist() == found[1].hypothetical.tolist()
        assert whole.var[whole.var != NULL].min() > 0
        tested = backtest(book).models[0]
        assert (tested.days, tested.missing, tested.exceptions >= 2) == (14, 2, True)
        assert tested.shortfall is None
        with pytest.raises(BadValue, match="scenarios of each of 13 measured days, were 5"):
            forecasts(book, {whole.digest: np.zeros((5, 120), np.int64)})


def test_what_was_typed_wrong_is_told(
    ran: tuple[Path, dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here, known = ran
    rates, recipe, book = str(here / "rates.csv"), str(here / "small.toml"), str(tmp_path / "other")
    whole = ["--recipe", recipe, "--book", book, "--from", str(known["first"])]
    for line, said in (
        ([rates], "it needs --recipe FILE, --book DIR and --from DATE"),
        ([rates, *whole[:4], "--from", "spring"], "--from is a date such as 2004-01-01, it was 'spring'"),
        ([str(here / "gone.zip"), *whole], "rates (.zip of the ECB, .csv, .parquet) was expected"),
        ([rates, *whole[:4], "--from", "2019-01-01"], "the first day that is decided comes after 2020-01-06"),
        ([rates, *whole, "--to", "2020-02-01"], "comes after 2020-01-06, by 2020-01-31 at the latest; was "),
        (
            [rates, *whole[:4], "--from", "2020-08-10"],
            "row 1: USD spot on 2020-07-06, which is no day of rates from 2020-08-10 on",
        ),
        ([rates, *whole, "--rows-only"], "RATES go behind the word market"),
    ):
        assert run(["replay", "market", *line]) == 2
        assert said in capsys.readouterr().err, line
    assert run(["replay", book, "--from", "2020-01-01"]) == 2
    assert "--from, --to and --html go with RATES" in capsys.readouterr().err


def test_a_shadow_differs_in_name_and_method_alone() -> None:
    data = with_method(RECIPE.encode(), "filtered")
    after, before = read_recipe(data), read_recipe(RECIPE.encode())
    assert (after.name, after.risk and after.risk.method) == ("small-filtered", "filtered")
    assert (after.columns, after.policy) == (before.columns, before.policy)
    with pytest.raises(BadValue, match="was expected once, it is there 0 times"):
        with_method(RECIPE.replace('method = "historical"', "method = 'historical'").encode(), "filtered")


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (1, "exotics", "trades: row 2: small knows no book 'exotics'"),
        (2, "NOBODY", "trades: row 2: small knows no trader 'NOBODY'"),
        (3, "Bank Z", "trades: row 2: small knows no counterparty 'Bank Z'"),
        (4, "XAU spot", "trades: row 2: small knows no instrument 'XAU spot'"),
    ],
)
def test_a_trade_of_what_nobody_knows_is_told_with_its_row(
    place: int, value: str, said: str, ran: tuple[Path, dict[str, Any]], tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    here, known = ran
    for ending in ("toml", "universe.json", "trades.csv", "assumed.toml"):
        (tmp_path / f"small.{ending}").write_bytes((here / f"small.{ending}").read_bytes())
    lines = (here / "small.trades.csv").read_text().splitlines()
    cells = lines[2].split(",")
    cells[place] = value
    (tmp_path / "small.trades.csv").write_text("\n".join([*lines[:2], ",".join(cells), *lines[3:], ""]))
    line = ["--recipe", str(tmp_path / "small.toml"), "--book", str(tmp_path / "book"), "--from", str(known["first"])]
    assert run(["replay", "market", str(here / "rates.csv"), *line]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "book").exists()
