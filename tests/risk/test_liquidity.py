"""ES with liquidity horizons of a whole book: by identities, and set by set with the rest held still."""

from math import sqrt

import msgspec
import numpy as np
import pytest

from tests.pricing.books import BOOK, FACTORS, market, scenarios
from tests.risk.held import MOVING, UNIVERSE
from waglan.measures.liquidity_horizons import nested
from waglan.measures.tail import ES_975, risk
from waglan.pricing import Line, Scenarios, revalue
from waglan.risk.liquidity import calibrated, liquid, over
from waglan.risk.universe import Universe
from waglan.schema.units import BadValue

TEN_DAYS = scenarios(300, 3.0)


def horizons(*days: int) -> Universe:
    factors = tuple(
        msgspec.structs.replace(factor, horizon_days=length) for factor, length in zip(MOVING, days, strict=True)
    )
    return Universe(UNIVERSE.instruments, factors)


def test_everything_at_ten_days_is_the_plain_shortfall() -> None:
    plain = risk(revalue(BOOK, market(), TEN_DAYS).totals_minor(), ES_975).es_minor
    found = liquid(BOOK, market(), horizons(*[10] * 8), TEN_DAYS)
    assert found.es_minor == plain == found.sets[0].es_minor
    assert [one.es_minor for one in found.sets[1:]] == [0, 0, 0, 0]
    assert (found.scaled, found.base_days, found.tail_micro) == (False, 10, 25_000)


def test_everything_at_the_longest_is_the_root_of_time() -> None:
    found = liquid(BOOK, market(), horizons(*[120] * 8), TEN_DAYS)
    assert found.es_minor == pytest.approx(found.sets[0].es_minor * sqrt(12), abs=1)
    assert {one.es_minor for one in found.sets} == {found.sets[0].es_minor}


def test_each_set_is_priced_with_the_rest_held_still() -> None:
    days = (10, 20, 10, 40, 10, 60, 120, 120)
    found = liquid(BOOK, market(), horizons(*days), TEN_DAYS)
    for one in found.sets:
        moving = np.array(days) >= one.days
        assert one.factors == tuple(factor.name for factor, moves in zip(FACTORS, moving, strict=True) if moves)
        held = Scenarios(TEN_DAYS.labels, FACTORS, TEN_DAYS.moves * moving)
        assert one.es_minor == risk(revalue(BOOK, market(), held).totals_minor(), ES_975).es_minor
    assert found.es_minor == nested([one.es_minor for one in found.sets])
    assert [one.days for one in found.sets] == [10, 20, 40, 60, 120]


def test_a_days_moves_are_scaled_and_it_is_said() -> None:
    one, ten = (liquid(BOOK, market(), UNIVERSE, TEN_DAYS, days) for days in (1, 10))
    assert (one.scaled, one.moved_days) == (True, 1)
    assert one.es_minor == pytest.approx(ten.es_minor * sqrt(10), abs=5)
    for scaled, plain in zip(one.sets, ten.sets, strict=True):
        assert abs(scaled.es_minor - plain.es_minor * sqrt(10)) <= 0.5 + 1e-6


def test_a_reduced_set_is_raised_by_what_it_misses_today() -> None:
    reduced = ("Hang Seng", "dollar", "volatility")
    stress = scenarios(120, 2.0, seed=9)
    found = calibrated(BOOK, market(), UNIVERSE, TEN_DAYS, stress, reduced)
    assert found.now_full == liquid(BOOK, market(), UNIVERSE, TEN_DAYS)
    assert found.now_reduced == liquid(BOOK, market(), UNIVERSE, TEN_DAYS, only=reduced)
    assert found.stress_reduced == liquid(BOOK, market(), UNIVERSE, stress, only=reduced)
    assert set(found.stress_reduced.sets[0].factors) == set(reduced)
    ratio = max(1.0, found.now_full.es_minor / found.now_reduced.es_minor)
    assert found.es_minor == pytest.approx(found.stress_reduced.es_minor * ratio, abs=1)
    assert found.explains == (found.now_reduced.es_minor >= 0.75 * found.now_full.es_minor)
    everything = calibrated(BOOK, market(), UNIVERSE, TEN_DAYS, stress, [factor.name for factor in MOVING])
    assert (
        everything.es_minor == everything.stress_reduced.es_minor == liquid(BOOK, market(), UNIVERSE, stress).es_minor
    )


def test_moves_over_ten_days_are_sums_of_overlapping_returns() -> None:
    returns = np.random.default_rng(4).normal(0, 0.01, (40, 8))
    found = over(returns, FACTORS, 10, [f"d{i}" for i in range(40)])
    assert found.moves.shape == (31, 8)
    assert (found.labels[0], found.labels[-1]) == ("d9", "d39")
    assert found.moves[3, 0] == pytest.approx(np.prod(np.exp(returns[3:13, 0])) - 1)
    assert found.moves[3, 5] == pytest.approx(returns[3:13, 5].sum())
    assert over(returns, FACTORS, 40).moves.shape == (1, 8)
    with pytest.raises(BadValue, match="over 41 days take so many returns, were 40"):
        over(returns, FACTORS, 41)


def test_an_empty_book_has_none() -> None:
    found = liquid([], market(), UNIVERSE, TEN_DAYS)
    assert (found.es_minor, {one.es_minor for one in found.sets}) == (0, {0})
    flat = liquid([Line(BOOK[0].instrument, 0)], market(), UNIVERSE, TEN_DAYS)
    assert flat.es_minor == 0


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"moved_days": 11}, "over 1 to 10 days, these over 11"),
        ({"moved_days": 0}, "these over 0"),
        ({"only": ["gold"]}, "no factor 'gold'"),
        (
            {"universe": Universe(UNIVERSE.instruments, MOVING[:3])},
            "the universe's 3 factors in their order, they moved 8",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused(changed: dict[str, object], message: str) -> None:
    fields: dict[str, object] = {"lines": BOOK, "market": market(), "universe": UNIVERSE, "scenarios": TEN_DAYS}
    with pytest.raises(BadValue, match=message):
        liquid(**(fields | changed))  # type: ignore[arg-type]
