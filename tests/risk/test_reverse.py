"""Reverse stress against closed forms, and against a brute sweep of the plane for options that lose in pockets."""

from math import log, sqrt

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, norm

from tests.pricing.books import BOOK, NOW, market, scenarios, share_option
from tests.risk.held import MOVING, UNIVERSE, Small
from waglan.pricing import Equity, Factor, FxSpot, Line, Scenarios, revalue
from waglan.risk.reverse import Reverse, independent, likeliest, quotes_used, reverse
from waglan.risk.universe import RiskFactor, Universe
from waglan.schema.units import DAY_NS, BadValue

TWO = Universe(
    UNIVERSE.instruments,
    (RiskFactor("share", "share", ("0700.HK",), "equity"), RiskFactor("vol", "share", ("0700 vol",), "volatility")),
)
SPREAD = np.array([[0.02**2, -0.6 * 0.02 * 0.05], [-0.6 * 0.02 * 0.05, 0.05**2]])
DOLLARS = [Line(FxSpot("dollars", "USD", "HKD"), 1_000_000)]


def option(kind: str, strike: int, days: int, quantity: int) -> Line:
    name = f"{kind} {strike} {days}"
    return Line(share_option(name=name, kind=kind, strike_ticks=strike * 1000, expiry_ns=NOW + days * DAY_NS), quantity)


def lost(lines: list[Line], points: np.ndarray) -> np.ndarray:
    """Losses (n,) at points of the plane, whitened by Cholesky's root, which is not the root that is used."""
    moves = np.expm1(points @ np.linalg.cholesky(SPREAD).T)
    factors = [Factor(one.name, one.how, one.quotes) for one in TWO.factors]
    asked = Scenarios([str(i) for i in range(len(points))], factors, moves)
    return -revalue(lines, market(), asked).totals_minor()


def test_dollars_lose_when_the_dollar_falls() -> None:
    """exp(x) = 1 - loss / value, over the deviation: one factor, a closed form."""
    covariance = np.diag([0.0, 0.0, 0.001**2, 0.0, 0.0, 0.0, 0.0, 0.0])
    found = likeliest(DOLLARS, market(), UNIVERSE, covariance, 3_000_000)
    distance = -log(1 - 3_000_000 / 778_120_000) / 0.001
    assert found.found
    assert found.distance_micro == pytest.approx(distance * 1e6, abs=200)
    assert -found.pnl_minor == pytest.approx(3_000_000, abs=100)
    assert found.beyond_femto == pytest.approx(norm.sf(distance) * 1e15, rel=1e-3)
    assert found.as_far_femto == pytest.approx(2 * norm.sf(distance) * 1e15, rel=1e-3)
    assert [move.factor for move in found.moves if move.move_micro] == ["dollar"]
    assert (found.law, found.degrees_micro, found.cross_minor) == ("normal", None, 0)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Reverse) == found


def test_a_short_position_loses_the_other_way() -> None:
    short = [Line(DOLLARS[0].instrument, -1_000_000)]
    covariance = np.diag([0.0, 0.0, 0.001**2, 0.0, 0.0, 0.0, 0.0, 0.0])
    found = likeliest(short, market(), UNIVERSE, covariance, 3_000_000)
    assert found.distance_micro == pytest.approx(log(1 + 3_000_000 / 778_120_000) / 0.001 * 1e6, abs=200)


def test_factors_the_book_does_not_hold_go_where_they_are_expected() -> None:
    """Tencent, with a correlation of .5 to everything: the rest moves by half as many deviations."""
    covariance = np.full((8, 8), 0.5) + 0.5 * np.eye(8)
    deviation = np.array([0.02, 0.02, 0.001, 0.006, 0.006, 0.0008, 0.06, 0.012])
    found = likeliest([Line(Equity("Tencent", "0700.HK", "HKD"), 1000)], market(), UNIVERSE,
                      covariance * np.outer(deviation, deviation), 3_000_000)  # fmt: skip
    hang_seng, rest = found.moves[0], found.moves[1:]
    assert found.distance_micro == -hang_seng.deviations_micro
    assert hang_seng.deviations_micro == pytest.approx(log(1 - 3_000_000 / 61_250_000) / 0.02 * 1e6, abs=200)
    assert all(move.deviations_micro == pytest.approx(hang_seng.deviations_micro / 2, abs=1) for move in rest)
    assert all(move.pnl_minor == 0 for move in rest)
    assert found.as_far_femto == pytest.approx(chi2.sf((found.distance_micro / 1e6) ** 2, 1) * 1e15, rel=1e-5)


def test_fatter_tails_change_the_chance_and_not_the_scenario() -> None:
    covariance = np.diag([0.02**2, 0.0, 0.001**2, 0.0, 0.0, 0.0, 0.0, 0.0])
    thin, fat = (likeliest(BOOK[:3], market(), UNIVERSE, covariance, 80_000_000, degrees) for degrees in (None, 4.0))
    assert fat.moves == thin.moves
    assert fat.distance_micro == thin.distance_micro
    assert (fat.law, fat.degrees_micro) == ("student", 4_000_000)
    assert fat.beyond_femto is not None
    assert thin.beyond_femto is not None
    assert fat.beyond_femto > 5 * thin.beyond_femto


def test_the_chance_in_one_direction_is_that_of_the_loss_of_a_linear_book() -> None:
    """Two million draws of Student's law with five degrees, of a book of dollars and Tencent."""
    chance = np.random.default_rng(8)
    deviations = np.array([0.02, 0.001])
    draws = chance.standard_normal((2_000_000, 2)) * sqrt(3 / 5) / np.sqrt(chance.chisquare(5, 2_000_000) / 5)[:, None]
    moves = np.expm1(draws * deviations)
    loss = -(61_250_000 * moves[:, 0] + 778_120_000 * moves[:, 1])
    covariance = np.diag([0.02**2, 0.0, 0.001**2, 0.0, 0.0, 0.0, 0.0, 0.0])
    book = [Line(Equity("Tencent", "0700.HK", "HKD"), 1000), *DOLLARS]
    found = likeliest(book, market(), UNIVERSE, covariance, 3_500_000, 5.0)
    assert found.beyond_femto is not None
    assert found.beyond_femto / 1e15 == pytest.approx((loss >= 3_500_000).mean(), rel=0.06)


BOOKS = st.lists(
    st.tuples(
        st.sampled_from(["call", "put"]), st.sampled_from([520, 580, 612, 650, 720]), st.sampled_from([7, 37, 120]),
        st.integers(-40, 40),
    ),
    min_size=1, max_size=4, unique_by=lambda each: each[:3],
)  # fmt: skip


@settings(max_examples=20)
@given(BOOKS, st.integers(-3000, 3000), st.integers(1, 40))
def test_options_that_lose_in_pockets_against_a_brute_sweep(
    legs: list[tuple[str, int, int, int]], shares: int, tenths: int
) -> None:
    """360 directions by 100 radii up to 6 deviations, every book priced at each of the 36,000 points."""
    lines = [option(*leg) for leg in legs] + [Line(Equity("Tencent", "0700.HK", "HKD"), shares)]
    radii, angles = np.linspace(0.06, 6.0, 100), np.arange(360) * (2 * np.pi / 360)
    around = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    losses = lost(lines, (radii[:, None, None] * around).reshape(-1, 2)).reshape(100, 360)
    level = int(losses.max()) * tenths // 30
    if level <= 0:
        return
    found = likeliest(lines, market(), TWO, SPREAD, level, within=6.0)
    rows = np.flatnonzero((losses >= level).any(axis=1))
    if len(rows):
        assert found.found
        assert found.distance_micro is not None
        assert -found.pnl_minor >= level
        assert found.distance_micro <= radii[rows[0]] * 1e6 + 200
        assert found.distance_micro >= (radii[rows[0]] - 0.08) * 1e6
    else:
        assert not found.found or (found.distance_micro or 0) > 5.9e6 or level < losses.max() * 1.02
    assert found.cross_minor == found.pnl_minor - sum(move.pnl_minor for move in found.moves)


def test_a_short_straddle_loses_both_ways_and_the_nearer_is_taken() -> None:
    lines = [option("call", 612, 37, -10), option("put", 612, 37, -10)]
    sign = {}
    for tilt in (-150, 150):
        tilted = [*lines, Line(Equity("Tencent", "0700.HK", "HKD"), tilt)]
        sign[tilt] = likeliest(tilted, market(), TWO, SPREAD, 4_000_000).moves[0].move_micro
    assert sign[-150] > 0 > sign[150]


def test_none_within_so_many_deviations_is_an_answer() -> None:
    """A long straddle loses no more than its premium, and not even that at once."""
    lines = [option("call", 612, 37, 10), option("put", 612, 37, 10)]
    found = likeliest(lines, market(), TWO, SPREAD, 100_000_000, within=5.0)
    assert (found.found, found.distance_micro, found.beyond_femto, found.as_far_femto) == (False, None, None, None)
    angles = np.arange(720) * (2 * np.pi / 720)
    around = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    worst = max(int(lost(lines, around * radius).max()) for radius in np.linspace(0.1, 5.0, 50))
    assert -found.pnl_minor == pytest.approx(worst, rel=1e-3)
    assert found.within_micro == 5_000_000


def test_nothing_held_and_nothing_that_moves_lose_nothing() -> None:
    still = np.zeros((8, 8))
    for lines in ([], BOOK):
        found = likeliest(lines, market(), UNIVERSE, still, 1)
        assert (found.found, found.pnl_minor, len(found.moves)) == (False, 0, 8)
        assert all(move.move_micro == 0 for move in found.moves)


def test_what_cannot_be_priced_is_not_looked_at() -> None:
    """Twelve deviations of a volatility that moves by .05 from .264 lie below nothing."""
    covariance = np.diag([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.05**2])
    found = likeliest([BOOK[7]], market(), UNIVERSE, covariance, 1 << 40)
    assert not found.found
    assert -264_000 < found.moves[-1].move_micro < -230_000


def test_a_whole_book_and_its_scenarios() -> None:
    held = Small(scenarios=scenarios(500))
    found = reverse(held, 80_000_000)
    assert found.found
    assert found.distance_micro is not None
    assert -80_001_000 < found.pnl_minor <= -80_000_000
    days = np.log1p(held.scenarios.moves[:, :5])
    days = np.concatenate([days, held.scenarios.moves[:, 5:6], np.log1p(held.scenarios.moves[:, 6:7]),
                           held.scenarios.moves[:, 7:]], axis=1)  # fmt: skip
    whitened = days @ independent(days.T @ days / 500)[1].T
    lengths = np.sqrt((whitened * whitened).sum(axis=1))
    losses = -(held.unit_pnl @ held.quantities())
    assert lengths[losses >= 80_000_000].min(initial=np.inf) >= found.distance_micro / 1e6 - 1e-3
    chance = np.random.default_rng(2).standard_normal((20_000, whitened.shape[1]))
    chance *= 0.999 * found.distance_micro / 1e6 / np.sqrt((chance * chance).sum(axis=1))[:, None]
    moves = chance @ independent(days.T @ days / 500)[0].T
    moves[:, [0, 1, 2, 3, 4, 6]] = np.expm1(moves[:, [0, 1, 2, 3, 4, 6]])
    asked = Scenarios([str(i) for i in range(len(moves))], held.scenarios.factors, moves)
    assert revalue(BOOK, market(), asked).totals_minor().min() > -80_000_000


def test_roots_of_a_covariance_with_directions_that_are_none() -> None:
    chance = np.random.default_rng(3)
    thin = chance.standard_normal((6, 3)) * np.array([1e-4, 1.0, 30.0])
    covariance = thin @ thin.T
    root, inverse = independent(covariance)
    assert root.shape == (6, 3)
    assert root @ root.T == pytest.approx(covariance, rel=1e-6, abs=1e-9)
    assert inverse @ root == pytest.approx(np.eye(3), abs=1e-6)


def test_quotes_that_a_line_is_priced_from() -> None:
    held = {name for line in BOOK for name in quotes_used([line], market(), "HKD")}
    assert held == {quote for factor in MOVING for quote in factor.quotes} | {
        "0700 yield", "USD/HKD vol", "EUR/JPY vol", "HSI vol",
    }  # fmt: skip
    assert set(quotes_used([BOOK[9]], market(), "HKD")) == {
        "USD/JPY", "EUR/USD", "USD/HKD", "JPY 1y", "EUR 1y", "EUR/JPY vol",
    }  # fmt: skip
    assert quotes_used([Line(BOOK[0].instrument, 0)], market(), "HKD") == {}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"loss_minor": 0}, "above 0, was 0"),
        ({"degrees": 2.0}, "more than 2 degrees of freedom, was 2.0"),
        ({"within": 0.0}, "within 0 to 40 deviations, was 0.0"),
        ({"covariance": np.zeros((2, 2))}, r"for 8 factors, was \(2, 2\)"),
        ({"covariance": np.full((8, 8), np.nan)}, "finite numbers"),
        ({"covariance": np.triu(np.ones((8, 8)))}, "the same on both sides"),
        ({"covariance": -np.eye(8)}, "not below 0"),
    ],
)
def test_what_cannot_be_asked_is_refused(changed: dict[str, object], message: str) -> None:
    fields: dict[str, object] = {
        "lines": BOOK, "market": market(), "universe": UNIVERSE, "covariance": np.eye(8) * 1e-4, "loss_minor": 1000,
    }  # fmt: skip
    with pytest.raises(BadValue, match=message):
        likeliest(**(fields | changed))  # type: ignore[arg-type]
