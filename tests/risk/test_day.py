"""The last rolled day: flat, refused, long or told twice, and held against a revaluation of one's own."""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from tests.risk.trading import HISTORY, INSTRUMENTS, SHARES, START_NS, UNIVERSE, Tape, begun, levels, told
from waglan.pricing import Forward, Future, FxSpot, Option
from waglan.risk.holdings import Holdings
from waglan.schema.units import DAY_NS, MICRO, half_even

DAYS = ("pnl_hypothetical", "pnl_theoretical", "pnl_actual", "var_forecast", "es_forecast", "exception")


def morning() -> tuple[Tape, Holdings]:
    """Behind the history, on the day that is still to end."""
    tape, holdings = begun()
    tape.ts_ns = START_NS + HISTORY * DAY_NS
    return tape, holdings


def ended(tape: Tape, apart: int = 1, **changed: float) -> Tape:
    """A day's quotes, its roll, and a measure of a book; the next day begins."""
    tape.quotes(levels(HISTORY) | changed).add("roll").check("measure", "equities")
    tape.ts_ns += apart * DAY_NS
    return tape


def days(tape: Tape, holdings: Holdings) -> list[list[int | None]]:
    """What each measure says of the last day."""
    rows, status = holdings.step(*tape.arrays())
    at = [i for i in range(len(rows)) if tape.rows[i][tape.column["stage"]] == 2]
    assert not status[at].any()
    return [[told(holdings, rows[i]).get(name) for name in DAYS] for i in at]


def test_a_day_that_begins_and_ends_with_nothing_keeps_what_was_traded_in_it() -> None:
    tape, holdings = morning()
    ended(tape)
    tape.check("fill", "equities", "BANK", 100, 60.0).check("fill", "equities", "BANK", -100, 61.0)
    ended(tape)
    assert days(ended(tape), holdings) == [[0, 0, 0, 0, 0, 0], [0, 0, 10_000, 0, 0, 0], [0, 0, 0, 0, 0, 0]]


def test_theoretical_pnl_is_of_the_day_that_hypothetical_pnl_is_of() -> None:
    """Not known on a day that entered no history, nor on the one behind it, whose move is of two days."""
    tape, holdings = morning()
    tape.check("fill", "equities", "BANK", 1000, 61.0)
    for bank, apart, changed in ((60, 1, {}), (61, 1, {}), (65, 1, {"TECH US": 0.0}), (66, 1, {}), (67, 15, {}),
                                 (70, 1, {}), (72, 1, {})):  # fmt: skip
        ended(tape, apart, BANK=float(bank), **changed)
    found = days(tape, holdings)
    assert [day[0] for day in found] == [0, 100_000, 400_000, 100_000, 100_000, 300_000, 200_000]
    assert [day[1] for day in found] == [0, 100_000, None, None, 100_000, None, 200_000]


def test_a_day_ends_once() -> None:
    """A second roll of a date would begin the day's loss anew, and be a day of the backtest that was none."""
    tape, holdings = morning()
    ended(tape, 0)
    tape.check("fill", "equities", "BANK", 1000, 70.0, "ann").check("measure", "equities")
    tape.add("roll").check("measure", "equities")
    rows, status = holdings.step(*tape.arrays())
    assert status[-2] == 8
    assert rows[-1].tolist() == rows[-3].tolist()
    assert told(holdings, rows[-1])["pnl_book"] < 0


def test_hypothetical_pnl_and_exceptions_are_those_of_a_revaluation() -> None:
    """Shares, futures, options, a forward and currencies traded every day, worked again without pricing or holdings.

    P&L of the positions at the roll before, by closed formulas in floats; VaR sorted from the P&L in that roll's
    scenarios, at the positions of that roll.
    """
    tape, holdings = morning()
    draw, held = np.random.default_rng(5), np.zeros(len(INSTRUMENTS), np.int64)
    before: tuple[dict[str, float], int] | None = None
    var, hits = 0, 0
    for day in range(10):
        part = Tape(tape.recipe, tape.ts_ns + day * DAY_NS)
        then = held.copy()
        for place, it in enumerate(INSTRUMENTS):
            if getattr(it, "expiry_ns", 1 << 62) > tape.ts_ns + 30 * DAY_NS:
                quantity = int(draw.integers(-20, 20)) or 3
                part.check("fill", "equities", it.name, quantity, 1.0)
                held[place] += quantity
        close = {n: x * math.exp(0.02 * draw.standard_normal()) if n in SHARES else x + 0.002 * draw.random()
                 for n, x in levels(HISTORY + day).items()}  # fmt: skip
        close = {name: round(level * MICRO) / MICRO for name, level in close.items()}
        part.quotes(close).add("roll").check("measure")
        rows, status = holdings.step(*part.arrays())
        assert not status.any()
        row, at_ns = told(holdings, rows[-1]), part.times[-2]
        if before is not None:
            made = float(then @ (worth(close, before[0], at_ns) - worth(before[0], before[0], before[1])))
            assert abs(row["pnl_hypothetical"] - made) <= 1
            assert row["var_forecast"] == var
            assert row["exception"] == (-row["pnl_hypothetical"] > var)
            hits += row["exception"]
        totals = sorted((holdings.unit_pnl @ held).tolist())
        var = half_even(-totals[-(-len(totals) * 10_000 // MICRO) - 1], UNIVERSE.scale)
        assert row["var_total"] == var
        before = close, at_ns
    assert hits


def worth(now: dict[str, float], before: dict[str, float], at_ns: int) -> NDArray[np.float64]:
    """Cents of one unit of each instrument; of a future what its price moved since `before`, at the cross of now."""
    out = []
    for it in INSTRUMENTS:
        cross = now["USD/HKD"] if it.currency == "USD" else 1.0
        years = (getattr(it, "expiry_ns", at_ns) - at_ns) / (365 * DAY_NS)
        if isinstance(it, Future):
            unit = (now[it.quote] - before[it.quote]) * it.multiplier
        elif isinstance(it, Forward):
            spot, strike = now["USD/HKD"], it.strike_ticks / 10**it.digits
            unit = spot * math.exp(-now[it.carry] * years) - strike * math.exp(-now[it.rate] * years)
        elif isinstance(it, Option):
            unit = black_scholes(it, now, years) * it.multiplier if years > 0 else 0.0
        else:
            unit = now["USD/HKD" if isinstance(it, FxSpot) else it.quote]
        out.append(unit * cross * 100)
    return np.array(out)


def black_scholes(it: Option, now: dict[str, float], years: float) -> float:
    """Without dividends."""
    law, sign = NormalDist(), 1 if it.kind == "call" else -1
    spot, strike = now[it.quote], it.strike_ticks / 10**it.digits
    spread = now[it.volatility] * math.sqrt(years)
    at = (math.log(spot / strike) + now[it.rate] * years) / spread
    paid = strike * math.exp(-now[it.rate] * years) * law.cdf(sign * (at - spread / 2))
    return float(sign * (spot * law.cdf(sign * (at + spread / 2)) - paid))
