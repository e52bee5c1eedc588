"""Parts against plain sums over the worst scenarios, factors against a market moved by hand, and what sums to what."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.pricing.books import BOOK, FACTORS, NOW, QUOTES, scenarios
from tests.risk.held import BOOKS, TRADERS, Small, recipe
from waglan.measures.tail import CEIL, EXACT, Rule, risk
from waglan.pricing import Equity, Future, Line, Market, Quote, value
from waglan.risk import parametric
from waglan.risk.contributions import CROSS, NOBODY, Contributions, Part, contributions, marginal_parts
from waglan.risk.trials import Trade, tried
from waglan.schema.units import DAY_NS, BadValue

VAR, ES = Rule(10_000), Rule(25_000, CEIL, EXACT)
VIEWS = ("positions", "books", "traders", "counterparties", "factors")


def pnl_of(held: Small) -> NDArray[np.int64]:
    return np.asarray(held.unit_pnl * held.quantities(), np.int64)


def worst(totals: list[int], count: int) -> list[int]:
    return sorted(range(len(totals)), key=lambda s: (totals[s], s))[:count]


def parts(found: Contributions, view: str) -> dict[str, tuple[int, int]]:
    return {part.name: (part.var_minor, part.es_minor) for part in getattr(found, view)}


@pytest.mark.parametrize("method", ["filtered", "parametric"])
def test_every_view_sums_to_the_total_and_the_total_is_the_risk(method: str) -> None:
    held = Small(recipe=recipe(method=method))
    found = contributions(held)
    totals = pnl_of(held).sum(axis=1)
    if method == "filtered":
        assert (found.var_minor, found.es_minor) == (risk(totals, VAR).var_minor, risk(totals, ES).es_minor)
    else:
        by = parametric.measured(totals, parametric.laws(10_000, 25_000))
        assert (found.var_minor, found.es_minor, found.shortfall) == by
    for view in VIEWS:
        of = getattr(found, view)
        assert of, view
        assert sum(part.var_minor for part in of) == found.var_minor, view
        assert sum(part.es_minor for part in of) == found.es_minor, view
    assert [part.name for part in found.books] == list(BOOKS)
    assert [part.name for part in found.traders] == list(TRADERS[:2])
    assert found.counterparties[-1].name == NOBODY
    assert found.factors[-1].name == CROSS


def test_parts_are_mean_losses_in_the_worst_scenarios() -> None:
    held = Small()
    found, pnl = contributions(held), pnl_of(held)
    five = worst(pnl.sum(axis=1).tolist(), 5)
    two = worst(pnl.sum(axis=1).tolist(), 2)
    for i, part in enumerate(found.positions):
        assert abs(part.es_minor - -pnl[five, i].mean()) < 1
        assert part.var_minor == -pnl[two[-1], i]
        rest = pnl.sum(axis=1) - pnl[:, i]
        assert part.incremental_es_minor == found.es_minor - risk(rest, ES).es_minor
        assert part.incremental_var_minor == found.var_minor - risk(rest, VAR).var_minor
    for b, book in enumerate(BOOKS):
        its: NDArray[np.int64] = pnl[:, [i for i in range(11) if i // 6 == b]].sum(axis=1)
        (part,) = (part for part in found.books if part.name == book)
        assert abs(part.es_minor - -its[five].mean()) < 1
        assert part.incremental_es_minor == found.es_minor - risk(pnl.sum(axis=1) - its, ES).es_minor


def moved_alone(column: int, move: float) -> int:
    """The book's gain where one factor moved and nothing else, from a market written out again."""
    factor = FACTORS[column]
    levels = dict(QUOTES)
    for quote in factor.quotes:
        levels[quote] = levels[quote] * (1 + move) if factor.how == "share" else levels[quote] + move
    after = Market([Quote(name, level, NOW) for name, level in levels.items()], NOW, DAY_NS)
    before = Market([Quote(name, level, NOW) for name, level in QUOTES.items()], NOW, DAY_NS)
    gained = value(BOOK, after).total_minor() - value(BOOK, before).total_minor()
    return gained + sum(
        round(line.quantity * line.instrument.multiplier * (levels["HSI Dec"] - QUOTES["HSI Dec"]) * 100)
        for line in BOOK
        if isinstance(line.instrument, Future)
    )


def test_factors_are_moved_one_at_a_time_by_full_revaluation() -> None:
    held = Small()
    found = contributions(held)
    five = worst(pnl_of(held).sum(axis=1).tolist(), 5)
    by_hand = [-float(np.mean([moved_alone(f, held.scenarios.moves[s, f]) for s in five])) for f in range(len(FACTORS))]
    for part, plain in zip(found.factors, by_hand, strict=False):
        assert abs(part.es_minor - plain) < 15, part.name
    crossed = found.factors[-1]
    assert abs(crossed.es_minor - (found.es_minor - sum(by_hand))) < 100
    assert abs(crossed.es_minor) > 10_000, "options and dollars leave something that no factor does alone"


def test_a_linear_book_leaves_no_cross() -> None:
    held = Small(
        lines=[
            line
            if isinstance(line.instrument, Equity) and line.instrument.currency == "HKD"
            else Line(line.instrument, 0)
            for line in BOOK
        ]
    )
    found = contributions(held)
    assert parts(found, "factors")[CROSS][1] in range(-6200, 6200), "a rounded cent of each of 12,300 shares, halved"
    assert [part.name for part in found.positions] == ["Tencent"]
    assert found.positions[0].incremental_es_minor == found.es_minor


def test_one_book_of_them_and_none_that_holds_anything() -> None:
    held = Small()
    found = contributions(held, "book", "currencies")
    assert (found.scope, found.name, found.books, found.traders) == ("book", "currencies", (), ())
    assert sum(part.es_minor for part in found.positions) == found.es_minor
    its = pnl_of(held)[:, 6:].sum(axis=1)
    assert found.es_minor == risk(its, ES).es_minor
    empty = contributions(held, "trader", "cai")
    assert (empty.var_minor, empty.es_minor, empty.positions, empty.factors) == (0, 0, (), ())
    assert msgspec.json.decode(msgspec.json.encode(found), type=Contributions) == found


@given(
    st.lists(st.integers(-(10**5), 10**5), min_size=11, max_size=11),
    st.sampled_from([10_000, 25_000, 50_000, 300_000]),
    st.integers(0, 5),
)
def test_sums_hold_for_any_positions_and_tail(quantities: list[int], tail: int, seed: int) -> None:
    lines = [Line(line.instrument, quantity) for line, quantity in zip(BOOK, quantities, strict=True)]
    held = Small(scenarios(37, 1.0, seed), lines, recipe(var_tail_micro=tail // 2, es_tail_micro=tail))
    found = contributions(held)
    for view in VIEWS:
        of: tuple[Part, ...] = getattr(found, view)
        assert sum(part.var_minor for part in of) == found.var_minor
        assert sum(part.es_minor for part in of) == found.es_minor
    assert found.es_minor == risk(pnl_of(held).sum(axis=1), Rule(tail, CEIL, EXACT)).es_minor
    for part in found.positions:
        assert part.incremental_es_minor is not None
        assert part.incremental_es_minor <= part.es_minor + 2, "ES is convex; cents are rounded twice"


TRADES = st.lists(st.tuples(st.integers(0, 10), st.integers(-(10**5), 10**5)), max_size=5)


@given(TRADES, st.sampled_from(["filtered", "parametric"]))
def test_trades_add_up_to_what_they_do_together(asked: list[tuple[int, int]], method: str) -> None:
    held = Small(recipe=recipe(method=method))
    trades = [Trade(BOOK[i].instrument.name, quantity) for i, quantity in asked]
    found = tried(held, trades)
    after = Small(recipe=held.recipe, lines=[
        Line(line.instrument, line.quantity + sum(q for i, q in asked if i == place)) for place, line in enumerate(BOOK)
    ])  # fmt: skip
    then = contributions(after, factors=False)
    assert (found.var_after_minor, found.es_after_minor) == (then.var_minor, then.es_minor)
    assert sum(one.es_minor for one in found.added) == found.es_after_minor - found.es_before_minor
    assert sum(one.var_minor for one in found.added) == found.var_after_minor - found.var_before_minor
    if found.added and method == "filtered":
        first = found.added[0]
        assert first.es_minor >= first.marginal_es_minor - 2, "ES is convex"


@pytest.mark.parametrize("method", ["historical", "parametric"])
def test_slopes_of_what_is_held_are_its_parts(method: str) -> None:
    held = Small(recipe=recipe(method=method))
    slopes, found = marginal_parts(held), contributions(held)
    for line, part in zip(BOOK, found.positions, strict=True):
        var, es = slopes[line.instrument.name]
        assert abs(var * line.quantity - part.var_minor) <= abs(line.quantity) * (method == "parametric")
        assert abs(es * line.quantity - part.es_minor) <= abs(line.quantity)


def test_what_is_not_there_is_refused() -> None:
    held = Small()
    with pytest.raises(BadValue, match="no instrument 'gold'"):
        tried(held, [Trade("gold", 1)])
    with pytest.raises(BadValue, match="Tencent: 4398046511104 units"):
        tried(held, [Trade("Tencent", 1 << 42)])
    held.recipe = msgspec.structs.replace(held.recipe, risk=None)
    with pytest.raises(BadValue, match=r"'small' has no \[risk\]"):
        contributions(held)
