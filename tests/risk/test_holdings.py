"""Holdings against their plain meaning, and however events are cut: rows, statuses, snapshots."""

import hashlib
from copy import deepcopy
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.risk.plain import Plain
from tests.risk.trading import (
    HISTORY,
    INSTRUMENTS,
    LEVELS,
    NAMES,
    QUOTES,
    START_NS,
    UNIVERSE,
    Tape,
    begun,
    history,
    recipe,
    told,
    warmed,
)
from waglan.risk.holdings import Holdings
from waglan.schema.recipe import kinds
from waglan.schema.units import DAY_NS, MICRO, NULL, BadValue

METHODS = ("historical", "filtered", "parametric", "montecarlo")


@cache
def _plain_warmed(method: str) -> Plain:
    tape, _ = warmed(method)
    out = Plain(tape.recipe)
    follow(out, tape)
    return out


def plain_after(method: str) -> Plain:
    return deepcopy(_plain_warmed(method))


def follow(plain: Plain, tape: Tape) -> list[tuple[dict[str, int] | None, int]]:
    names, out = kinds(tape.recipe), []
    for code, ts, row in zip(tape.codes, tape.times, tape.rows, strict=True):
        cells = {name: NAMES[name][row[i]] if name in NAMES else row[i] for name, i in tape.column.items()
                 if row[i] != NULL}  # fmt: skip
        out.append(plain.step(names[code], ts, cells))
    return out


def agree(method: str, tape: Tape, holdings: Holdings) -> None:
    expected = follow(plain_after(method), tape)
    rows, status = holdings.step(*tape.arrays())
    for i, (row, bits) in enumerate(expected):
        assert status[i] == bits or tape.codes[i] != 0, (i, tape.rows[i])
        assert told(holdings, rows[i]) == (row or {}), (i, tape.rows[i])


def maybe(values: list[str]) -> st.SearchStrategy[str | None]:
    return st.sampled_from([None, *values])


@st.composite
def tapes(draw: st.DrawFn, method: str = "historical", most: int = 14) -> Tape:
    """Trades, quotes good and bad, days, waivers, estimates, and time that passes."""
    tape, _ = begun(method)
    for _ in range(draw(st.integers(1, most))):
        what = draw(st.sampled_from("tttttmmqqprrwe"))
        tape.ts_ns += draw(st.sampled_from([0, 0, 0, DAY_NS // 4, DAY_NS, 5 * DAY_NS]))
        if what == "t":
            name = draw(st.sampled_from([it.name for it in INSTRUMENTS]))
            level = LEVELS.get(name, 0.0) * draw(st.sampled_from([0.9, 1.0, 1.01]))
            tape.check(
                draw(st.sampled_from(["order", "fill", "fill"])), draw(maybe(NAMES["book"] * 4)), name,
                draw(st.sampled_from([None, 0, 1, -1, 7, -10, 100, -333, 10**6, -(10**9), 1 << 42])),
                draw(st.sampled_from([None, level, level, level])), draw(maybe(NAMES["trader"])),
                draw(maybe(NAMES["counterparty"])),
            )  # fmt: skip
        elif what == "m":
            tape.check("measure", draw(maybe(NAMES["book"])), trader=draw(maybe(NAMES["trader"])),
                       counterparty=draw(maybe(NAMES["counterparty"])))  # fmt: skip
        elif what == "q":
            name = draw(st.sampled_from(QUOTES))
            tape.quotes({name: LEVELS[name] * draw(st.sampled_from([0.0, -1.0, 0.8, 0.97, 1.0, 1.02, 1.3]))})
        elif what == "p":
            tape.add("reprice")
        elif what == "r":
            moved = {name: level * draw(st.floats(0.95, 1.05)) for name, level in LEVELS.items()}
            tape.quotes(moved if draw(st.booleans()) else dict(list(moved.items())[:3])).add("roll")
        elif what == "w":
            tape.add("waiver", limit=draw(st.sampled_from(NAMES["limit"])), book=draw(maybe(NAMES["book"])),
                     counterparty=draw(maybe(NAMES["counterparty"])), amount=draw(st.integers(1, 10**9)),
                     until_s=START_NS // 10**9 + (HISTORY + draw(st.integers(-2, 9))) * 86_400)  # fmt: skip
        else:
            tape.add("estimate", factor=draw(maybe(list(QUOTES))), omega=draw(st.sampled_from([0, 10**9])),
                     alpha=50_000, beta=900_000, nu=5 * MICRO)  # fmt: skip
    return tape


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(METHODS).flatmap(lambda method: st.tuples(st.just(method), tapes(method))))
def test_rows_are_their_plain_meaning(drawn: tuple[str, Tape]) -> None:
    method, tape = drawn
    agree(method, tape, begun(method)[1])


@settings(deadline=None, max_examples=40)
@given(tapes(most=25), st.lists(st.integers(0, 40), max_size=4), st.integers(0, 40))
def test_events_at_once_one_by_one_and_through_a_snapshot(tape: Tape, cuts: list[int], saved: int) -> None:
    codes, times, values = tape.arrays()
    rows, status = begun()[1].step(codes, times, values)
    one = begun()[1]
    for i in range(len(codes)):
        if i == saved:
            one = Holdings.restore(tape.recipe, UNIVERSE, one.snapshot())
        row, bits = one.step_one(int(codes[i]), int(times[i]), values[i])
        assert bits == status[i]
        assert row.tolist() == rows[i].tolist()
    parts = begun()[1]
    for start, stop in zip([0, *sorted(cuts)], [*sorted(cuts), len(codes)], strict=True):
        got, bits_of = parts.step(codes[start:stop], times[start:stop], values[start:stop])
        assert got.tolist() == rows[start:stop].tolist()
        assert bits_of.tolist() == status[start:stop].tolist()
    assert parts.snapshot() == one.snapshot()


@settings(deadline=None, max_examples=20)
@given(tapes(most=12))
def test_an_order_moves_nothing_and_a_fill_is_an_order_that_is_kept(tape: Tape) -> None:
    holdings = begun()[1]
    for code, ts, row in zip(*tape.arrays(), strict=True):
        stage, orders = tape.column["stage"], row.copy()
        if code == 0 and row[stage] == 1 and row[tape.column["price"]] != NULL:
            orders[stage] = 0
            before = holdings.snapshot()
            measured, bits = holdings.step_one(0, int(ts), orders)
            expected, found = measured.copy(), bits
            again = Holdings.restore(tape.recipe, UNIVERSE, before)
            again.step_one(0, int(ts), tape_measure(tape))
            holdings.step_one(0, int(ts), tape_measure(tape))
            assert holdings.snapshot() == again.snapshot()
            kept, bits = holdings.step_one(0, int(ts), row)
            if found != 16:  # a fill may settle what has expired, an order may not
                assert bits == found
                for name, is_, was in zip(holdings.columns, kept.tolist(), expected.tolist(), strict=True):
                    assert is_ == was or (name.startswith("pnl_") and is_ > was)  # an order's price gains nothing
            continue
        holdings.step_one(int(code), int(ts), row)


def tape_measure(tape: Tape) -> np.ndarray:
    return np.array(Tape(tape.recipe).check("measure").rows[0])


def test_what_holds_an_expired_option_is_refused_until_it_is_settled() -> None:
    tape, holdings = begun()
    tape.check("fill", "equities", "BANK P60", 10, 1.5, "ann", "one").check(
        "fill", "equities", "BANK", 500, 61.0, "ann"
    )
    history(tape, 4)
    tape.check("measure", "equities").check("measure", "currencies").check("order", "equities", "BANK P60", -10, 1.5)
    tape.check("fill", "equities", "BANK P60", -11, 1.5).check("fill", "equities", "BANK", 1, 61.0)
    tape.check("fill", "equities", "BANK P60", -10, 1.5, "ann", "one").check("measure", "equities")
    agree("historical", tape, begun()[1])
    status = holdings.step(*tape.arrays())[1]
    checks = status[np.array(tape.codes) == 0].tolist()
    assert checks == [0, 0, 16, 0, 16, 16, 0, 0, 0]


def test_a_future_is_worth_nothing_and_gains() -> None:
    tape, holdings = begun()
    level = float(holdings.market().price("HSI M", ""))
    tape.check("fill", "equities", "HSI M", 2, level, counterparty="one").quotes({"HSI M": level + 100}).add("reprice")
    tape.check("measure", "equities", counterparty="one")
    rows, status = holdings.step(*tape.arrays())
    row = told(holdings, rows[-1])
    assert status[-1] == 0
    assert row["exposure_counterparty"] == 0
    assert row["pnl_book"] == 2 * 50 * 100 * 100


@pytest.mark.parametrize(
    ("method", "golden"),
    [("historical", "18d93621cd6f70db"), ("filtered", "2c3607815dbca757"), ("parametric", "265456041ccc7695")],
)
def test_rows_are_the_same_bytes_on_every_machine(method: str, golden: str) -> None:
    tape, holdings = begun(method)
    for quantity, it in enumerate(INSTRUMENTS, 3):
        price = LEVELS.get(it.name, 1.0)
        tape.check("fill", "equities", it.name, quantity, price, "ann", "one")
        tape.check("order", "currencies", it.name, -quantity, price, "bob", "two")
    history(tape, 2).check("measure", "equities").check("measure", "currencies", counterparty="two")
    rows, status = holdings.step(*tape.arrays())
    assert not status.any()
    assert hashlib.sha256(rows.astype("<i8").tobytes()).hexdigest()[:16] == golden


def test_totals_that_would_leave_64_bits_are_refused_and_move_nothing() -> None:
    tape, holdings = begun()
    for _ in range(40):
        tape.check("fill", "equities", "ES M", (1 << 37), 5000.0)
    status = holdings.step(*tape.arrays())[1].tolist()
    assert status[0] == 2 or 2 in status
    first = status.index(2)
    assert set(status[first:]) == {2}
    assert int(holdings.quantities("book", "equities").sum()) == first * (1 << 37)


def test_an_order_that_asks_for_a_gain_has_none_yet() -> None:
    """Under a stop-loss nobody comes through by asking for a price at which nobody sells."""
    tape, holdings = begun()
    tape.check("fill", "equities", "BANK", 1000, 80.0, "ann").check("measure", trader="ann")
    for quantity, price in ((10**6, 1.0), (-(10**6), 999.0), (10**6, None), (10, 90.0), (-10, 30.0)):
        tape.check("order", "equities", "BANK", quantity, price, "ann")
    lost = [told(holdings, row)["pnl_trader"] for row in holdings.step(*tape.arrays())[0]][1:]
    assert lost[0] < 0
    assert lost[1:4] == [lost[0]] * 3
    assert max(lost[4:]) < lost[0]


@pytest.mark.parametrize("quantity", [-500, -1000, -1100, -1900, -2100])
def test_an_order_to_the_other_side_makes_a_greek_larger(quantity: int) -> None:
    """Under a limit on shorts alone the first short would otherwise be let through while smaller than the long."""
    tape, holdings = begun()
    tape.check("fill", "equities", "BANK", 1000, 61.0).check("order", "equities", "BANK", quantity, 61.0)
    row = told(holdings, holdings.step(*tape.arrays())[0][-1])
    assert (row["rises"] >> 11 & 3 == 3) == (quantity < -1000)
    assert (row["delta_book"] < 0) == (quantity < -1000)


def test_what_is_asked_of_the_state() -> None:
    tape, holdings = begun()
    tape.check("fill", "equities", "BANK", 100, 61.0, "ann", "one").check(
        "fill", "currencies", "USD", 5, 7.8, "bob", "two"
    )
    holdings.step(*tape.arrays())
    assert holdings.quantities().tolist() == [100, 0, 5, 0, 0, 0, 0, 0]
    assert holdings.quantities("trader", "bob").tolist() == [0, 0, 5, 0, 0, 0, 0, 0]
    assert holdings.quantities("counterparty", "BANK Ltd")[0] == 100
    assert (holdings.totals() == holdings.unit_pnl @ holdings.quantities()).all()
    assert (holdings.totals() == holdings.totals("book", "equities") + holdings.totals("book", "currencies")).all()
    assert holdings.totals("counterparty", "two").tolist() == holdings.totals("trader", "bob").tolist()
    assert len(holdings.scenarios.labels) == len(holdings.unit_pnl)
    with pytest.raises(BadValue, match="there is no book 'bonds'"):
        holdings.quantities("book", "bonds")
    with pytest.raises(BadValue, match="a scope is one of"):
        holdings.totals("desk", "bonds")


def test_a_snapshot_of_something_else_is_refused() -> None:
    tape, state = warmed("historical")
    with pytest.raises(BadValue, match="another recipe or universe"):
        Holdings.restore(recipe(method="filtered"), UNIVERSE, state)
    with pytest.raises(BadValue, match="damaged"):
        Holdings.restore(tape.recipe, UNIVERSE, state[:-1] + bytes([state[-1] ^ 1]))
    with pytest.raises(BadValue, match="no holdings"):
        Holdings.restore(tape.recipe, UNIVERSE, b"windows")


def test_without_scenarios_nothing_is_answered() -> None:
    holdings = Holdings(recipe(), UNIVERSE)
    tape = Tape(recipe()).check("measure").check("order", "equities", "BANK", 1, 61.0)
    rows, status = holdings.step(*tape.arrays())
    assert status.tolist() == [8, 8]
    assert (rows == NULL).all()
    with pytest.raises(BadValue, match="there are no scenarios: there are 0 returns of the factors, 60 are the least"):
        _ = holdings.scenarios
