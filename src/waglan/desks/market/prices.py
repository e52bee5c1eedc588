"""The simulated market, day by day: shares and their index, currencies, rates, implied volatilities, and their truth.

Shares have a common factor, their sector's and their own, each with a GARCH of its own and Student's shocks; the index
is a fixed basket of them. Implied volatilities are what a month is expected to bring, so they jump when the common
factor falls. A day's level depends on that day's shocks and those before it, and on nothing later.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from waglan.desks.market.calendar import Days
from waglan.desks.market.names import (
    CURRENCIES,
    DAILY,
    FX_OPTIONED,
    OPTIONED,
    PERCENTS,
    RATES,
    SECTOR_OF,
    SECTORS,
    SHARES,
)  # fmt: skip
from waglan.desks.market.parameters import number, numbers
from waglan.desks.market.shocks import Floats, clustered, exponential, mixing, normals
from waglan.measures.chance import Chance, Ints, lognormal
from waglan.schema.units import MICRO

YEAR: Final = 252
MONTH: Final = 21


@dataclass(frozen=True)
class Prices:
    """levels: int64 (n, len(DAILY)) in millionths, a row a day's close. variance: float64 (n + 1, k) of the returns of
    `drivers` as known on the eve: the truth that no estimate sees. pressure: (n,) -1, 0, 1: on the band's strong or
    weak side. crash: (n,) 1 to 5 on days of the planted week."""

    levels: Ints
    drivers: tuple[str, ...]
    variance: Floats
    pressure: Ints
    crash: Ints


def prices(seed: int, days: Days) -> Prices:
    """The market of a seed on these days. 1,500 days take some 0.3 s."""
    n = len(days)
    together = mixing(seed, "common degrees", n, number("common degrees"))
    shares = _shares(seed, days, together)
    index = _index(shares.levels)
    band, pressure = _band(seed, n)
    rates = _rates(seed, n, pressure)
    money = _currencies(seed, n, together, shares.common_shocks, band)
    volatilities = _volatilities(seed, n, shares, money)
    parts = (index[:, None], shares.levels, money.levels, rates, volatilities)
    levels = np.rint(np.concatenate(parts, axis=1) * MICRO).astype(np.int64)
    assert levels.shape == (n, len(DAILY)), "a column for each quote"
    assert (levels > 0).all(), "what is quoted is above zero"
    return Prices(
        levels, (*shares.drivers, *CURRENCIES[1:]), np.concatenate([shares.variance, money.variance], axis=1),
        pressure, shares.crash,
    )  # fmt: skip


@dataclass(frozen=True)
class _Shares:
    levels: Floats
    drivers: tuple[str, ...]
    variance: Floats
    betas: Floats
    common_shocks: Floats
    crash: Ints


def _shares(seed: int, days: Days, together: Floats) -> _Shares:
    """The common factor, then sectors, then each share's own, in one table of drivers."""
    n, s, k = len(days), len(SECTORS), len(SHARES)
    common = together * normals(seed, "common", n)
    shocks = np.empty((n, 1 + s + k))
    shocks[:, 0] = common
    for j in range(s):
        shocks[:, 1 + j] = together * normals(seed, f"sector {j}", n)
    for j in range(k):
        own = mixing(seed, f"degrees {j}", n, number("own degrees"))
        shocks[:, 1 + s + j] = own * normals(seed, f"own {j}", n)
    of = np.array(SECTOR_OF)
    daily = np.concatenate([
        [number("common volatility")], numbers("sector volatility"), np.array(numbers("own volatility"))[of]
    ])  # fmt: skip
    fixed = np.full_like(shocks, np.nan)
    crash = _crash(days)
    fixed[crash > 0, 0] = np.array(numbers("crash week"))[crash[crash > 0] - 1] / 1e4
    returns, variance = clustered(shocks, (daily / 1e4) ** 2, _garches(s, k), fixed)
    betas = _betas(seed, k, of)
    moves = number("drift") / 1e7 + betas * returns[:, :1] + returns[:, 1 : 1 + s][:, of] + returns[:, 1 + s :]
    first = _first_prices(seed, k, of)
    names = ("common", *SECTORS, *(f"{share} own" for share in SHARES))
    return _Shares(first * exponential(_running(moves)), names, variance, betas, common, crash)


def _crash(days: Days) -> Ints:
    """1 to 5 on the days of the planted week, 0 on all others."""
    crash = np.zeros(len(days), np.int64)
    start = days.history + number("crash day")
    length = min(len(numbers("crash week")), max(0, len(days) - start))
    crash[start : start + length] = np.arange(1, length + 1)
    return crash


def _garches(sectors: int, shares: int) -> Floats:
    """alpha, beta, gamma of every driver of shares, (3, k)."""
    kinds = [numbers("common garch")] + [numbers("sector garch")] * sectors + [numbers("own garch")] * shares
    return np.array(kinds, np.float64).T / 1000


def _betas(seed: int, k: int, of: Ints) -> Floats:
    return (np.array(numbers("beta by sector"))[of] + number("beta spread") * normals(seed, "betas", k)) / 1000


def _first_prices(seed: int, k: int, of: Ints) -> Floats:
    """What the shares cost at first, HKD."""
    spread = Chance(seed, "first prices").drawn(lognormal(1000, number("share price spread")), k)
    return np.array(numbers("share price"))[of] * spread / 1000


def _running(moves: Floats) -> Floats:
    """Sums down the days, in their order."""
    out = np.empty_like(moves)
    total = np.zeros(moves.shape[1])
    for t in range(len(moves)):
        total = total + moves[t]
        out[t] = total
    return out


def _index(levels: Floats) -> Floats:
    """Points: the basket that had the given weights on the first day, (n,)."""
    counts, weights = np.array(numbers("shares by sector")), np.array(numbers("weight by sector"))
    total = np.zeros(len(levels))
    for j, sector in enumerate(SECTOR_OF):
        total += weights[sector] / counts[sector] / 1000 * (levels[:, j] / levels[0, j])
    return number("index base") * total


def _band(seed: int, n: int) -> tuple[Floats, Ints]:
    """USD/HKD inside its band, and the side of pressure: -1 strong (few HKD for a USD), 1 weak."""
    low, high = (edge / 1e4 for edge in numbers("band"))
    noise, chance = normals(seed, "band", n), Chance(seed, "pressure")
    begins, weak = (
        chance.happens(number("pressure"), n),
        Chance(seed, "side").happens(number("pressure on the weak side"), n),
    )
    shortest, longest = numbers("pressure days")
    lasts = Chance(seed, "pressure days").between(shortest, longest, n)
    at, left, side = 0.5, 0, 0
    rate, pressure = np.empty(n), np.zeros(n, np.int64)
    for t in range(n):
        if not left and begins[t]:
            left, side = int(lasts[t]), 1 if weak[t] else -1
        pull, aim = (number("pressure pull"), 0.5 + 0.49 * side) if left else (number("band pull"), 0.5)
        step = number("band noise") / 1000 * 4 * at * (1 - at) * noise[t]
        at = min(max(at + pull / 1000 * (aim - at) + step, 0.001), 0.999)
        rate[t], pressure[t] = low + (high - low) * at, side if left else 0
        left = max(0, left - 1)
    return rate, pressure


def _rates(seed: int, n: int, pressure: Ints) -> Floats:
    """USD, HKD, CNH and EUR rates, fractions, (n, 4). Weakness of the HKD raises its rate, strength lowers it."""
    aims, floor = numbers("USD rate by half-year"), float(number("rate floor"))
    noise = [normals(seed, f"rate {name}", n) for name in RATES]
    spread = [0.0, *map(float, numbers("rate spread"))]
    aim = [float(aims[min(t // (YEAR // 2), len(aims) - 1)]) for t in range(n)]
    strain = 0.0
    now = [max(float(aims[0]) + extra, floor) for extra in spread]
    out = np.empty((n, len(RATES)))
    for t in range(n):
        strain += 0.1 * (float(pressure[t]) - strain)
        for j in range(len(RATES)):
            goal = (
                aim[t] + spread[j] * (1.0 if j == 1 else 0.5) + (number("pressure rates") * strain if j == 1 else 0.0)
            )
            pulled = now[j] + number("rate pull") / 1000 * (1 + 4 * (j == 1)) * (goal - now[j])
            now[j] = max(pulled + numbers("rate noise")[j] * float(noise[j][t]), floor)
            out[t, j] = now[j] / 1e4
    return out


@dataclass(frozen=True)
class _Money:
    levels: Floats
    variance: Floats


def _currencies(seed: int, n: int, together: Floats, common: Floats, band: Floats) -> _Money:
    """USD, CNH, EUR and JPY in HKD, (n, 4). USD/CNH, EUR/USD and USD/JPY move; what is quoted in HKD follows."""
    shocks = np.empty((n, 3))
    for j, (name, milli) in enumerate(zip(CURRENCIES[1:], numbers("currencies with shares"), strict=True)):
        tie = milli / 1000
        shocks[:, j] = tie * common + np.sqrt(1 - tie * tie) * together * normals(seed, f"currency {name}", n)
    garch = np.tile(np.array(numbers("currency garch"), np.float64)[:, None] / 1000, 3)
    long_run = (np.array(numbers("currency volatility")) / 1e4) ** 2
    moves, variance = clustered(shocks, long_run, garch, np.full((n, 3), np.nan))
    cnh, eur, jpy = exponential(_running(moves)).T
    first = [rate / 1e4 for rate in numbers("rate of USD/CNH, EUR/USD, USD/JPY")]
    levels = np.stack([band, band / first[0] * cnh, band * first[1] * eur, band / first[2] * jpy], axis=1)
    return _Money(levels, variance)


def _volatilities(seed: int, n: int, shares: _Shares, money: _Money) -> Floats:
    """Implied volatilities in the order of `VOLATILITIES`: the index, its smile, shares, currencies; (n, ...)."""
    s = len(SECTORS)
    noisy = [
        _noise(normals(seed, f"volatility {j}", n), shares.common_shocks if j <= len(OPTIONED) else None)
        for j in range(1 + len(OPTIONED) + len(FX_OPTIONED))
    ]
    expected = _month_ahead(shares.variance[1:], shares.variance[0], _persistence(s))
    weights, of = np.array(numbers("weight by sector")) / 1000, np.array(SECTOR_OF)
    beta = float(sum(weights[of[j]] / numbers("shares by sector")[of[j]] * shares.betas[j] for j in range(len(SHARES))))
    basket = beta * beta * expected[:, 0]
    for j in range(s):
        basket = basket + weights[j] * weights[j] * expected[:, 1 + j]
    middle = np.sqrt(YEAR * basket) * noisy[0]
    columns = [middle, *(middle * permille / 1000 for permille in numbers("smile"))]
    assert len(PERCENTS) == len(numbers("smile")), "a permille for each strike"
    for j, share in enumerate(OPTIONED):
        i = SHARES.index(share)
        own = shares.betas[i] * shares.betas[i] * expected[:, 0] + expected[:, 1 + of[i]] + expected[:, 1 + s + i]
        columns.append(np.sqrt(YEAR * own) * noisy[1 + j])
    banded = 0.008 * noisy[1 + len(OPTIONED)]
    alpha, beta_fx, _ = (x / 1000 for x in numbers("currency garch"))
    ahead = _month_ahead(money.variance[1:], money.variance[0], np.full(3, alpha + beta_fx))
    columns += [banded, *(np.sqrt(YEAR * ahead[:, j]) * noisy[2 + len(OPTIONED) + j] for j in range(2))]
    premium = number("volatility premium") / 1000
    return premium * np.stack(columns, axis=1)


def _persistence(sectors: int) -> Floats:
    alpha, beta, gamma = _garches(sectors, len(SHARES))
    kept: Floats = alpha + beta + gamma / 2
    return kept


def _month_ahead(variance: Floats, long_run: Floats, kept: Floats) -> Floats:
    """Mean variance of the coming month as the GARCH expects it on each evening, (n, k)."""
    total, power = np.zeros(len(kept)), np.ones(len(kept))
    for _ in range(MONTH):
        total, power = total + power, power * kept
    return long_run + (variance - long_run) * (total / MONTH)


def _noise(shocks: Floats, common: Floats | None) -> Floats:
    """What the market makes of it: a factor about one that goes back to one; higher as shares fall."""
    permille, stays = numbers("volatility noise")
    if common is not None:
        tie = number("volatility with shares") / 1000
        shocks = tie * common + np.sqrt(1 - tie * tie) * shocks
    at, path = 0.0, np.empty(len(shocks))
    for t in range(len(shocks)):
        at = stays / 1000 * at + permille / 1000 * float(shocks[t])
        path[t] = at
    return exponential(path)
