"""A plan that is kept gives what a book laid out anew gives, whatever changes; each row is what its quotes say."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pricing.books import BOOK, FACTORS, NOW, QUOTES, scenarios
from waglan.kernels.options import CARRY, CURRENCY, LEVEL, RATE, SIGN, SPOT, STRIKE, VOLATILITY, YEARS
from waglan.pricing import Equity, FxSpot, Line, Market, Option, Quote, Scenarios, revalue
from waglan.pricing.instruments import PAIRED, pair
from waglan.pricing.layout import Layout, Plan, laid, unit_values
from waglan.schema.units import DAY_NS, BadValue

WRONG = [
    Line(Equity("no currency", "AAPL", "XXX"), 1),
    Line(Equity("too much", "AAPL", "USD"), 1 << 52),
    Line(FxSpot("itself", "HKD", "HKD"), 1),
    Line(FxSpot("not reached", "CHF", "HKD"), 1),
]
LINES = [*BOOK[:4], WRONG[0], *BOOK[4:9], *WRONG[1:], *BOOK[9:]]
LEVELS = st.sampled_from([0.0, -1.0, 1e13, 9.99, math.nan, math.inf])
NAMES = [*QUOTES, "EUR/JPY", "CHF/USD", "EUR/HKD"]


@st.composite
def changes(draw: st.DrawFn) -> tuple[Market, Scenarios | None]:
    """A market with quotes moved, missing, bad, old or from later, expiries passed; with scenarios or none."""
    levels = QUOTES | {name: draw(st.floats(0.5, 2.0)) for name in draw(st.sets(st.sampled_from(NAMES), max_size=6))}
    levels |= draw(st.dictionaries(st.sampled_from(list(QUOTES)), LEVELS, max_size=2))
    for name in draw(st.sets(st.sampled_from(list(QUOTES)), max_size=2)):
        del levels[name]
    ages = draw(st.dictionaries(st.sampled_from(NAMES), st.sampled_from([1, DAY_NS, DAY_NS + 1, -1]), max_size=2))
    now = NOW + draw(st.sampled_from([0, 1, 36, 100, 300])) * DAY_NS
    market = Market([Quote(name, level, now - ages.get(name, 0)) for name, level in levels.items()], now, DAY_NS)
    if draw(st.booleans()):
        return market, None
    drawn, kept = (
        scenarios(5, draw(st.sampled_from([0.5, 1.5])), draw(st.integers(0, 50))),
        draw(st.permutations(range(len(FACTORS)))),
    )
    some = kept[: draw(st.integers(1, len(kept)))]
    moves = np.clip(drawn.moves[:, some] * draw(st.sampled_from([1.0, 30.0])), -0.9, 20.0)
    return market, Scenarios(drawn.labels, [FACTORS[i] for i in some], moves)


def row_of(layout: Layout, i: int) -> list[object]:
    """Everything that line i is priced from."""
    at = layout.index[i]
    rows = [layout.spots[at[SPOT]], layout.logs[at[SPOT]], layout.rates[at[RATE]], layout.rates[at[CARRY]],
            layout.times[at[VOLATILITY]], layout.plus[at[VOLATILITY]], layout.crosses[at[CURRENCY]]]  # fmt: skip
    return [layout.names[i], int(at[SIGN]), layout.terms[i].tobytes(), *(row.tobytes() for row in rows)]


def told(plan: Plan, market: Market, some: Scenarios | None) -> str:
    """What is raised, or nothing."""
    try:
        plan.laid(market, some)
    except BadValue as bad:
        return str(bad)
    return ""


@settings(max_examples=60, deadline=None)
@given(st.lists(changes(), min_size=1, max_size=4))
def test_a_plan_that_is_kept_gives_what_one_laid_anew_gives(changed: list[tuple[Market, Scenarios | None]]) -> None:
    kept = Plan(LINES)
    for market, some in changed:
        refused: dict[str, str] = {}
        anew: dict[str, str] = {}
        ours, theirs = kept.laid(market, some, refused), laid(LINES, market, some, refused=anew)
        assert refused == anew
        assert told(kept, market, some) == next(iter(refused.values()), "")
        for mine, other in zip(ours, theirs, strict=True):
            assert [row_of(mine, i) for i in range(len(mine.names))] == [row_of(other, i) for i in range(len(mine.at))]
            assert unit_values(mine).tobytes() == unit_values(other).tobytes()


@settings(max_examples=60, deadline=None)
@given(changes(), st.sets(st.integers(0, len(LINES) - 1)))
def test_a_line_stands_alone(changed: tuple[Market, Scenarios | None], wanted: set[int]) -> None:
    """Of some lines of a plan each has the rows it has in a book of its own, or is refused for the same."""
    (market, some), refused = changed, dict[str, str]()
    before, after = Plan(LINES).laid(market, some, refused, np.array(sorted(wanted), np.int64))
    found = {name: i for i, name in enumerate(after.names)}
    assert {LINES[i].instrument.name for i in wanted} == found.keys() | refused.keys()
    for i in wanted:
        name = LINES[i].instrument.name
        if name in found:
            alone = laid([LINES[i]], market, some)
            assert before.at[found[name]] == i
            assert row_of(alone[0], 0) == row_of(before, found[name])
            assert row_of(alone[1], 0) == row_of(after, found[name])
        else:
            assert told(Plan([LINES[i]]), market, some) == refused[name]


@settings(max_examples=60, deadline=None)
@given(changes())
def test_each_row_is_what_its_quotes_say(changed: tuple[Market, Scenarios | None]) -> None:
    (market, some), lines = changed, {line.instrument.name: line for line in LINES}
    if some is None:
        return
    _, after = Plan(LINES).laid(market, some, {})

    def moved(quote: str) -> list[float]:
        return [float(level) for level in some.moved(quote, market.quotes[quote].value)]

    def along(base: str, currency: str) -> list[float]:
        out = [1.0] * len(some.labels)
        for quote, divides in market.path(base, currency, "test"):
            out = [a / b if divides else a * b for a, b in zip(out, moved(quote), strict=True)]
        return out

    for i, name in enumerate(after.names):
        it, at, terms = lines[name].instrument, after.index[i], after.terms[i]
        assert after.crosses[at[CURRENCY]].tolist() == along(it.currency, "HKD")
        if isinstance(it, PAIRED):
            assert after.spots[at[SPOT]].tolist() == along(it.base, it.currency)
        elif isinstance(it, Option) and it.on == "fx":
            assert after.spots[at[SPOT]].tolist() == along(*pair(it.quote, "test"))
        else:
            assert after.spots[at[SPOT]].tolist() == moved(it.quote)
        if isinstance(it, Option):
            level = [terms[LEVEL] * a + b for a, b in zip(after.times[at[VOLATILITY]], after.plus[at[VOLATILITY]],
                                                          strict=True)]  # fmt: skip
            assert level == moved(it.volatility)
            assert after.rates[at[RATE]].tolist() == moved(it.rate)
            assert terms[YEARS] == (it.expiry_ns - market.ts_ns) / (365 * DAY_NS)
            assert terms[STRIKE] == it.strike_ticks / 10**it.digits


def test_a_book_is_revalued_from_its_plan_to_the_same_bytes() -> None:
    market, plan = Market([Quote(name, level, NOW) for name, level in QUOTES.items()], NOW, DAY_NS), Plan(BOOK)
    for seed in range(3):
        some = scenarios(40, seed=seed)
        found, again = revalue(BOOK, market, some, greeks=True), revalue(plan, market, some, greeks=True)
        assert found.greeks_minor is not None
        assert again.greeks_minor is not None
        assert found.digest() == again.digest()
        assert found.greeks_minor.tobytes() == again.greeks_minor.tobytes()
        part = revalue(plan, market, some, at=np.array([2, 5]))
        assert part.names == (found.names[2], found.names[5])
        assert np.array_equal(part.pnl_minor, found.pnl_minor[:, [2, 5]])
    with pytest.raises(BadValue, match="'Tencent' comes twice"):
        revalue(Plan([BOOK[0], BOOK[0]]), market, scenarios(2))
