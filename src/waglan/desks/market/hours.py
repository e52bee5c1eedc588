"""The hours of the live days: what is quoted when, from the opening steps to the close, futures and smiles included.

Between two closes a level goes in a straight line with a bridge of noise, which the close ends; within a day nothing
later than that day's close is known.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from waglan.desks.market.calendar import CLOSES_NS, OPENS_NS, Days
from waglan.desks.market.names import CURRENCIES, DAILY, FUTURES, INDEX, MONTHS, QUOTES, RATES, SHARES
from waglan.desks.market.parameters import number, numbers
from waglan.desks.market.prices import Prices
from waglan.desks.market.shocks import normals
from waglan.measures.chance import Ints
from waglan.schema.units import DAY_NS, MICRO, NULL

YEAR_NS: Final = 365 * DAY_NS


@dataclass(frozen=True)
class Hours:
    """m moments of all live days in order: day (counted from the first live one), time, levels of QUOTES in millionths
    (NULL: not quoted); close marks the last of a day."""

    day: Ints
    ts_ns: Ints
    close: Ints
    levels: Ints


def hours(seed: int, days: Days, made: Prices) -> Hours:
    """Every moment at which quotes come on the live days."""
    steps = [len_of(days, made, day) for day in range(len(days) - days.history)]
    day = np.repeat(np.arange(len(steps)), np.array(steps) + 1)
    place = np.concatenate([np.arange(1, n + 2) for n in steps])
    of = np.array(steps)[day] + 1
    start = days.midnight_ns[days.history + day]
    ts = start + OPENS_NS + (CLOSES_NS - OPENS_NS) * (place - 1) // (of - 1)
    levels = _between(seed, made.levels, days.history + day, place, of)
    return Hours(day, ts, (place == of).astype(np.int64), np.concatenate([levels, _futures(levels, ts)], axis=1))


def eve_of(days: Days, made: Prices) -> Ints:
    """Levels of QUOTES at the close before the first live day, millionths."""
    eve = days.history - 1
    closes = made.levels[eve : eve + 1]
    futures = _futures(closes, days.midnight_ns[eve : eve + 1] + CLOSES_NS)
    return np.concatenate([closes[0], futures[0]])


def len_of(days: Days, made: Prices, day: int) -> int:
    """Moments of a live day before its close."""
    plain, closely = numbers("steps")
    last = len(days) - days.history - day <= number("followed")
    return closely if last or made.crash[days.history + day] else plain


def _between(seed: int, closes: Ints, day: Ints, place: Ints, of: Ints) -> Ints:
    """Levels of DAILY, int64 (m, ...): the close itself at a day's last moment."""
    share = (place / of)[:, None]
    before, after = closes[day - 1].astype(np.float64), closes[day].astype(np.float64)
    width = np.array([_way(name) for name in DAILY]) / 1e4
    noise = np.stack([normals(seed, f"way {name}", len(day)) for name in DAILY], axis=1)
    path = before + (after - before) * share + before * width * noise * np.sqrt(share * (1 - share))
    found = np.rint(path).astype(np.int64)
    dollar = DAILY.index("USD/HKD")
    low, high = (edge * 100 for edge in numbers("band"))
    found[:, dollar] = np.clip(found[:, dollar], low, high)
    return np.where(place[:, None] == of[:, None], closes[day], np.maximum(found, 1))


def _way(name: str) -> int:
    index, share, currency, volatility = numbers("way")
    if name in SHARES or name == INDEX:
        return index if name == INDEX else share
    if name in CURRENCIES:
        return 1 if name == "USD/HKD" else currency
    return 0 if name in RATES else volatility


def _futures(levels: Ints, ts: Ints) -> Ints:
    """Prices of the months in whole points, held up by the rate less the dividend yield; NULL from expiry on."""
    index, rate = levels[:, DAILY.index(INDEX)] / MICRO, levels[:, DAILY.index("HKD 3m")] / MICRO
    out = np.full((len(ts), len(FUTURES)), NULL)
    for j, month in enumerate(MONTHS):
        years = (month.expiry_ns - ts) / YEAR_NS
        points = np.rint(index * (1 + (rate - number("dividend yield") / 1e4) * years)).astype(np.int64)
        out[:, j] = np.where(ts < month.expiry_ns, points * MICRO, NULL)
    return out


assert (*DAILY, *FUTURES) == QUOTES, "levels stand in the order of the quotes"
