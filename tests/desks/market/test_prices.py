"""The simulated market has what markets are known for: fat tails, clusters, leverage, common shocks, a band; and no
look ahead."""

import numpy as np
import pytest

from waglan.desks.market.calendar import FIXED, LIVE, last_trading, trading_days
from waglan.desks.market.instruments import factors, universe
from waglan.desks.market.names import CURRENCIES, DAILY, INDEX, INSTRUMENTS, QUOTES, SECTOR_OF, SHARES
from waglan.desks.market.parameters import number
from waglan.desks.market.prices import Prices, prices
from waglan.desks.market.shocks import Floats, clustered, mixing, normals
from waglan.schema.units import MICRO, BadValue

HISTORY = 1250
SEEDS = (1, 2, 3, 4, 5, 6)


@pytest.fixture(scope="module")
def worlds() -> list[Prices]:
    return [prices(seed, trading_days(HISTORY, 120)) for seed in SEEDS]


def returns(made: Prices, name: str) -> Floats:
    levels = made.levels[:, DAILY.index(name)] / MICRO
    return np.diff(np.log(levels))


def kurtosis(x: Floats) -> float:
    apart = x - x.mean()
    return float((apart**4).mean() / (apart**2).mean() ** 2)


def after(x: Floats, y: Floats, days: int) -> float:
    """Correlation of x with y so many days later."""
    return float(np.corrcoef(x[:-days], y[days:])[0, 1])


def test_a_seed_gives_the_same_levels_and_another_seed_others() -> None:
    days = trading_days(80, 5)
    assert (prices(4, days).levels == prices(4, days).levels).all()
    assert (prices(4, days).levels != prices(5, days).levels).any()


def test_a_day_knows_nothing_of_those_after_it() -> None:
    short, long = (prices(9, trading_days(300, live)) for live in (10, 200))
    assert (short.levels == long.levels[:310]).all()
    assert (short.variance == long.variance[:311]).all()


def test_tails_are_fat(worlds: list[Prices]) -> None:
    found = [kurtosis(returns(made, INDEX)) for made in worlds]
    assert min(found) > 4
    assert np.median(found) < 20
    assert np.median([kurtosis(returns(made, share)) for made in worlds for share in SHARES]) > 4
    assert np.median([kurtosis(returns(made, pair)) for made in worlds for pair in CURRENCIES[1:]]) > 4


def test_days_cluster_and_returns_do_not_repeat(worlds: list[Prices]) -> None:
    squares = [np.abs(returns(made, INDEX)) for made in worlds]
    for days in (1, 2, 5):
        assert np.mean([after(x, x, days) for x in squares]) > 0.08
    signed = [after(returns(made, INDEX), returns(made, INDEX), 1) for made in worlds]
    assert abs(np.mean(signed)) < 0.05


def test_falls_bring_volatility(worlds: list[Prices]) -> None:
    """Leverage, in what comes and in what is implied."""
    index = [returns(made, INDEX) for made in worlds]
    assert np.mean([after(x, np.abs(x), 1) for x in index]) < -0.03
    implied = [float(np.corrcoef(returns(m, INDEX), returns(m, f"{INDEX} vol"))[0, 1]) for m in worlds]
    assert max(implied) < -0.4
    assert min(implied) > -0.95


def test_shares_move_together_and_those_of_a_sector_more(worlds: list[Prices]) -> None:
    for made in worlds:
        ties = np.corrcoef([returns(made, share) for share in SHARES])
        of = np.array(SECTOR_OF)
        pairs = np.triu(np.ones_like(ties, bool), 1)
        within = ties[pairs & (of[:, None] == of)]
        between = ties[pairs & (of[:, None] != of)]
        assert 0.2 < between.mean() < within.mean() < 0.8
        assert np.linalg.eigvalsh(ties).min() > 0


def test_large_days_are_shared(worlds: list[Prices]) -> None:
    """On the index's worst days currencies too move more than their correlation says."""
    ratios = []
    for made in worlds:
        large = np.abs(returns(made, INDEX)) > np.quantile(np.abs(returns(made, INDEX)), 0.99)
        jpy = np.abs(returns(made, "JPY/HKD"))
        ratios.append(jpy[large].mean() / jpy.mean())
    assert np.mean(ratios) > 1.4


def test_the_dollar_stays_in_its_band_and_pressure_shows_in_rates(worlds: list[Prices]) -> None:
    apart = []
    for made in worlds:
        rate = made.levels[:, DAILY.index("USD/HKD")]
        assert 7_750_000 <= rate.min() < rate.max() <= 7_850_000
        gap = made.levels[:, DAILY.index("HKD 3m")] - made.levels[:, DAILY.index("USD 3m")]
        apart += [gap[made.pressure == side].mean() for side in (1,) if (made.pressure == side).any()]
        apart += [-gap[made.pressure == 0].mean()]
        assert made.levels[:, DAILY.index("HKD 3m")].min() >= 500
    assert any((made.pressure != 0).any() for made in worlds)
    assert np.mean(apart) > 0


def test_the_crash_is_where_it_was_planted() -> None:
    made = prices(3, trading_days(200, 200))
    days = np.flatnonzero(made.crash)
    first = 200 + number("crash day")
    assert days.tolist() == list(range(first, first + 5))
    index, implied = made.levels[:, 0], made.levels[:, DAILY.index("HSI vol")]
    assert index[first + 4] / index[first - 1] < 0.93
    assert implied[first + 3] > 1.3 * implied[first - 1]


def test_the_clusters_are_the_recurrence_in_plain_python() -> None:
    shocks = normals(1, "a", 40).reshape(20, 2)
    fixed = np.full((20, 2), np.nan)
    fixed[3, 1] = -0.05
    garch = np.array([[0.05, 0.1], [0.9, 0.8], [0.04, 0.0]])
    got, variance = clustered(shocks, np.array([1e-4, 4e-4]), garch, fixed)
    for k in range(2):
        alpha, beta, gamma = garch[:, k].tolist()
        long_run = [1e-4, 4e-4][k]
        now = long_run
        for t in range(20):
            assert variance[t, k] == pytest.approx(now, rel=1e-12)
            x = -0.05 if (t, k) == (3, 1) else now**0.5 * shocks[t, k]
            assert got[t, k] == pytest.approx(x, rel=1e-12)
            now = long_run * (1 - alpha - beta - gamma / 2) + (alpha + gamma * (x < 0)) * x * x + beta * now


def test_shocks_have_variance_one_and_students_tails() -> None:
    z = normals(1, "z", 200_000)
    t = mixing(1, "m", 200_000, 6) * z
    assert z.std() == pytest.approx(1, abs=0.01)
    assert t.std() == pytest.approx(1, abs=0.02)
    assert kurtosis(z) == pytest.approx(3, abs=0.05)
    assert 4.5 < kurtosis(t) < 9


def test_the_universe_has_every_name_and_looks_at_the_eve_alone() -> None:
    made = prices(2, trading_days(100, 3))
    eve = dict(zip(DAILY, made.levels[99].tolist(), strict=True))
    found = universe(eve)
    assert [one.name for one in found.instruments] == list(INSTRUMENTS)
    assert {quote for factor in factors() for quote in factor.quotes} == set(QUOTES)
    assert set(found.quotes) <= set(QUOTES) | set(CURRENCIES)
    put = next(one for one in found.instruments if one.name == "HSI H5 P90")
    assert put.strike_ticks % 20_000 == 0  # type: ignore[union-attr]
    assert abs(put.strike_ticks / 100 - 0.9 * eve[INDEX] / MICRO) <= 100  # type: ignore[union-attr]


def test_days_are_weekdays_without_fixed_holidays() -> None:
    days = trading_days(300, 250)
    assert days.dates[days.history] == LIVE
    assert list(days.dates) == sorted(set(days.dates))
    assert all(day.weekday() < 5 and (day.month, day.day) not in FIXED for day in days.dates)
    assert last_trading(2025, 12).isoformat() == "2025-12-30"
    with pytest.raises(BadValue, match="had 3 and 5"):
        trading_days(3, 5)
