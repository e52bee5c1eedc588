"""Quotes as they come: what counts, what waits, what is no longer known."""

import numpy as np
import pytest

from tests.risk.trading import INSTRUMENTS, LEVELS, QUOTES, START_NS, UNIVERSE, Tape, begun, history, recipe, told
from waglan.pricing import Equity
from waglan.risk.holdings import Holdings
from waglan.risk.quotes import Quotes
from waglan.risk.universe import Universe
from waglan.schema.units import DAY_NS, MICRO, NULL, BadValue


def of(quotes: list[tuple[str, int, int]]) -> tuple[list[int], list[bool]]:
    out = Quotes(QUOTES, UNIVERSE)
    for name, ts, level in quotes:
        out.take(np.array([QUOTES.index(name)]), np.array([ts]), np.array([level]))
    return out.level.tolist(), out.good.tolist()


def test_the_latest_counts_and_what_cannot_be_leaves_the_last_one_and_is_not_known() -> None:
    level, good = of(
        [("BANK", 5, 61 * MICRO), ("BANK", 4, 60 * MICRO), ("HKD 3m", 1, -10_000), ("BANK vol", 1, 250_000)]
    )
    assert (level[0], good[0]) == (61 * MICRO, True)
    assert level[QUOTES.index("HKD 3m")] == -10_000
    for bad in (0, -1, NULL):
        level, good = of([("BANK", 5, 61 * MICRO), ("BANK", 6, bad)])
        assert (level[0], good[0]) == (61 * MICRO, False)
    assert of([("BANK vol", 1, 11 * MICRO)]) == ([NULL] * 8, [False] * 8)


def test_a_quote_waits_for_the_next_repricing() -> None:
    tape, holdings = begun()
    was = holdings.market().price("BANK", "")
    tape.quotes({"BANK": 40.0}).check("measure")
    holdings.step(*tape.arrays())
    assert holdings.market().price("BANK", "") == was
    tape = Tape(tape.recipe, tape.ts_ns).add("reprice")
    holdings.step(*tape.arrays())
    assert holdings.market().price("BANK", "") == 40.0


def test_an_observed_history_is_not_priced() -> None:
    tape = history(Tape(recipe()), 200)
    holdings = Holdings(tape.recipe, UNIVERSE)
    holdings.step(*tape.arrays())
    assert holdings.marked_ns == 0
    assert len(holdings.generator.history) == 199


def test_what_grows_old_or_cannot_be_is_refused_and_others_go_on() -> None:
    tape, holdings = begun()
    tape.check("fill", "equities", "BANK", 100, 61.0).check("fill", "currencies", "USD", 100, 7.8)
    tape.ts_ns += DAY_NS
    tape.quotes({name: level for name, level in LEVELS.items() if name != "BANK"}).quotes({"BANK": 0.0}).add("reprice")
    tape.check("order", "equities", "BANK", 1, 61.0).check("order", "equities", "BANK C60", 1, 1.0)
    tape.check("order", "equities", "USD", 1, 7.8).check("measure", "equities").check("measure", "currencies")
    tape.check("measure")
    rows, status = holdings.step(*tape.arrays())
    assert status[-6:].tolist() == [8, 8, 0, 8, 0, 8]
    assert (rows[-1] == NULL).all()
    kept = told(holdings, rows[-4])
    assert kept["notional_total"] > kept["notional_book"] > 0, "what is no longer known goes on at its last price"
    later = Tape(tape.recipe, tape.ts_ns + 2 * DAY_NS).check("measure", "currencies")
    assert holdings.step(*later.arrays())[1].tolist() == [8]


def test_a_day_without_a_fresh_level_of_each_factor_is_none() -> None:
    tape, holdings = begun()
    before = len(holdings.generator.history)
    tape.ts_ns = START_NS + 64 * DAY_NS
    tape.quotes({"BANK": 61.0}).add("roll")
    assert holdings.step(*tape.arrays())[1][-1] == 8
    assert len(holdings.generator.history) == before
    assert "lies between" in holdings.why


def test_a_quote_that_nobody_declared_is_told() -> None:
    with pytest.raises(BadValue, match="has no category 'TECH US', which the universe"):
        Quotes([name for name in QUOTES if name != "TECH US"], UNIVERSE)
    bare = Universe((*INSTRUMENTS, Equity("ODD", "ODD", "HKD")), UNIVERSE.factors)
    with pytest.raises(BadValue, match="'ODD'"):
        Holdings(recipe(), bare)
