"""The nested sum by its identities: one bucket, all at the base, scaling by time, monotone in each ES."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.scenarios import pnls
from waglan.measures.liquidity_horizons import HORIZON_OF, HORIZONS, explains, nested, stressed, with_horizons
from waglan.measures.tail import ES_975, risk
from waglan.schema.units import BadValue

FIVE = st.lists(st.integers(-(10**6), 10**14), min_size=5, max_size=5)


@given(FIVE)
def test_it_is_the_formula_to_the_nearest_unit(es: list[int]) -> None:
    """MAR33.4, term by term in fifty digits."""
    with localcontext() as context:
        context.prec = 50
        terms = [
            (Decimal(max(e, 0)) * (Decimal(late - early) / 10).sqrt()) ** 2
            for e, early, late in zip(es, (0, *HORIZONS), HORIZONS, strict=False)
        ]
        assert abs(Decimal(nested(es)) - sum(terms, Decimal(0)).sqrt()) <= Decimal("0.5000001")


@given(st.integers(0, 10**15))
def test_one_bucket_is_the_plain_shortfall(es: int) -> None:
    assert nested([es], (10,)) == es
    assert nested([es, 0, 0, 0, 0]) == es


@given(st.integers(0, 10**12))
def test_everything_at_the_longest_is_the_root_of_time(es: int) -> None:
    assert nested([es] * 5) == pytest.approx(es * 12**0.5, abs=0.5 + es * 1e-12)


@given(FIVE, st.integers(0, 4), st.integers(0, 10**9))
def test_more_of_any_shortfall_is_not_less(es: list[int], which: int, more: int) -> None:
    higher = list(es)
    higher[which] += more
    assert nested(higher) >= nested(es)
    assert nested(es, (10, 20, 40, 60, 250)) >= nested(es)


@given(pnls(positions=5))
def test_all_at_the_base_horizon_is_the_plain_shortfall(pnl: np.ndarray) -> None:
    plain = risk(pnl.sum(axis=1), ES_975)
    found, risks = with_horizons(pnl, np.full(pnl.shape[1], 10))
    assert found == max(plain.es_minor, 0)
    assert risks[0] == plain
    assert [r.es_minor for r in risks[1:]] == [0, 0, 0, 0]


@given(pnls(positions=5), st.data())
def test_sets_are_nested(pnl: np.ndarray, data: st.DataObject) -> None:
    days = data.draw(st.lists(st.sampled_from(HORIZONS), min_size=pnl.shape[1], max_size=pnl.shape[1]))
    found, risks = with_horizons(pnl, np.array(days))
    for j, horizon in enumerate(HORIZONS):
        inside = np.array(days) >= horizon
        assert risks[j] == risk(pnl[:, inside].sum(axis=1), ES_975)
    assert found == nested([r.es_minor for r in risks])


def test_a_longer_horizon_may_take_the_hedge_away() -> None:
    rng = np.random.default_rng(1)
    factor = rng.integers(-(10**6), 10**6, 1000)
    hedged = np.stack([factor, -factor], axis=1)
    assert with_horizons(hedged, np.array([20, 20]))[0] == 0
    assert with_horizons(hedged, np.array([10, 20]))[0] > 0
    assert with_horizons(hedged, np.array([120, 20]))[0] > with_horizons(hedged, np.array([120, 120]))[0]


def test_reduced_sets() -> None:
    assert stressed(1_000, 150, 100) == 1_500
    assert stressed(1_000, 90, 100) == 1_000
    assert explains(100, 75)
    assert not explains(100, 74)
    with pytest.raises(BadValue, match="above 0, was 0"):
        stressed(1, 1, 0)


def test_the_table_of_horizons() -> None:
    assert set(HORIZON_OF.values()) <= set(HORIZONS)
    assert (HORIZON_OF["FX rate, specified pair"], HORIZON_OF["equity volatility, large"]) == (10, 20)


@pytest.mark.parametrize(
    ("es", "horizons", "message"),
    [([1, 2], (10,), "were 2 for 1"), ([1, 2], (10, 10), "rise strictly"), ([1], (0,), "rise"), ([], (), "0 for 0")],
)
def test_wrong_horizons_are_refused(es: list[int], horizons: tuple[int, ...], message: str) -> None:
    with pytest.raises(BadValue, match=message):
        nested(es, horizons)


def test_a_factor_without_a_horizon_is_refused() -> None:
    with pytest.raises(BadValue, match="factor 1: a horizon is one of"):
        with_horizons(np.ones((4, 2), np.int64), np.array([10, 11]))
