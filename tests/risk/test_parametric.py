"""Risks by moments beside the laws of `measures`; parts beside slopes by finite differences; sums to the minor unit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waglan.measures.parametric import cornish_fisher, moments, normal, rises
from waglan.risk.parametric import laws, measured, parts
from waglan.schema.units import BadValue

LAWS = laws(10_000, 25_000)
PNL = st.lists(st.integers(-(10**12), 10**12), min_size=2, max_size=60)


def book(seed: int, rows: int = 5, n: int = 500) -> np.ndarray:
    """P&L of a few books in cents, (rows, n): fat tails, a common factor, one book short of it, one with an option."""
    random = np.random.default_rng(seed)
    common = random.standard_t(12, n)
    loads = random.normal(0.6, 0.8, (rows, 1))
    pnl = loads * common + random.standard_t(12, (rows, n)) * 0.7
    pnl[-1] -= 0.1 * common**2
    return np.rint(pnl * 1e7).astype(np.int64)


@given(PNL)
def test_risks_by_the_laws(pnl: list[int]) -> None:
    values = np.array(pnl, np.int64)
    of = moments(values)
    found = measured(values, LAWS)
    if of.deviation < 1:
        return
    law = cornish_fisher if rises(of) else normal
    assert found.law == law.__name__
    size = 1 + max(map(abs, pnl))
    assert found.var_minor == pytest.approx(law(of, 10_000).var, abs=0.5 + 1e-10 * size)
    assert found.es_minor == pytest.approx(law(of, 25_000).es, abs=0.5 + 1e-10 * size)


def test_both_laws_are_seen() -> None:
    short_gamma = -(np.random.default_rng(1).normal(size=2000) ** 2) * 1e6
    assert measured(np.rint(short_gamma).astype(np.int64), LAWS).law == "normal"
    assert measured(book(1).sum(axis=0), LAWS).law == "cornish_fisher"


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 8), st.sampled_from([1, 7, 1000]))
def test_parts_sum_to_the_risk(seed: int, rows: int, scale: int) -> None:
    pnl = book(seed, rows, 120)
    whole = measured(pnl.sum(axis=0), LAWS, scale)
    var, es = parts(pnl, LAWS, scale)
    assert (int(var.sum()), int(es.sum())) == (whole.var_minor, whole.es_minor)


@pytest.mark.parametrize("square", [False, True])
def test_parts_are_slopes(square: bool) -> None:
    pnl = book(3)
    if square:
        pnl[-1] = -(pnl[0] ** 2 // 10**6)
    whole = measured(pnl.sum(axis=0), LAWS)
    assert whole.law == ("normal" if square else "cornish_fisher")
    var, es = parts(pnl, LAWS)
    for i in range(len(pnl)):
        up, down = ((pnl.sum(axis=0) * 10_000 + sign * pnl[i]) for sign in (1, -1))
        more, less = measured(up, LAWS), measured(down, LAWS)
        assert var[i] == pytest.approx((more.var_minor - less.var_minor) / 2, rel=1e-3, abs=whole.var_minor * 1e-4)
        assert es[i] == pytest.approx((more.es_minor - less.es_minor) / 2, rel=1e-3, abs=whole.es_minor * 1e-4)


def test_what_never_changes_loses_what_it_loses() -> None:
    assert measured(np.full(10, -5, np.int64), LAWS) == (5, 5, "normal")
    var, es = parts(np.array([[-5] * 4, [3] * 4], np.int64), LAWS)
    assert var.tolist() == es.tolist() == [5, -3]


def test_what_cannot_be_summed_is_refused() -> None:
    with pytest.raises(BadValue, match=r"P&L is int64 of one scenario or more, was int64 \(0,\)"):
        measured(np.array([], np.int64), LAWS)
    with pytest.raises(BadValue, match=r"scenario 1: a P&L lies below .* it was -9223372036854775808"):
        measured(np.array([1, -(1 << 63)], np.int64), LAWS)
    with pytest.raises(BadValue, match="leaves what 64 bits can sum"):
        parts(np.full((3, 2), 1 << 61, np.int64), LAWS)
    with pytest.raises(BadValue, match="a tail of a law"):
        laws(500_000, 25_000)
