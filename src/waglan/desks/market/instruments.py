"""The universe of the simulated market: terms of every instrument, and the factors that move its quotes.

Strikes are set from the levels on the eve of the first live day and from nothing later, in steps that an exchange would
list. Factors take each series by itself; an index and its futures, and a smile, move together.
"""

from collections.abc import Mapping
from typing import Final

from waglan.desks.market.names import (
    BOOKS,
    CURRENCIES,
    FUTURES,
    FX_OPTIONED,
    FX_STRIKES,
    HALVES,
    INDEX,
    INDEX_STRIKES,
    ISSUERS,
    MONTHS,
    OPTIONED,
    RATES,
    SHARE_STRIKES,
    SHARES,
    SMILE,
    SPOTS,
    Month,
    option_name,
)  # fmt: skip
from waglan.desks.market.parameters import number
from waglan.pricing import Equity, Future, FxSpot, Option
from waglan.pricing.instruments import Instrument
from waglan.risk.universe import RiskFactor, Universe, checked_universe
from waglan.schema.units import MICRO

HOME: Final = "HKD"
DIGITS: Final = {"index": 0, "option": 2, "share": 3, "currency": 5, "currency option": 5}
"""Digits of a tick, as 10**-digits of HKD."""
HORIZONS: Final = {"equity": 10, "fx": 10, "rate": 10, "volatility": 20, "currency volatility": 40}
"""Days by MAR33.12 as far as one number can say: shares and their volatility of large capitalisation."""


def universe(eve: Mapping[str, int]) -> Universe:
    """Of the levels of quotes on the eve of the first live day, millionths."""
    traded: list[Instrument] = [
        *(Equity(name, name, HOME, DIGITS["share"]) for name in SHARES),
        *(_future(name, month) for name, month in zip(FUTURES, MONTHS, strict=True)),
        *(_index_option(eve, m, k, p) for m in MONTHS for k, p in INDEX_STRIKES),
        *(_share_option(eve, s, m, k, p) for s in OPTIONED for m in HALVES for k, p in SHARE_STRIKES),
        *(_currency_option(eve, c, m, k, p) for c in FX_OPTIONED for m in HALVES for k, p in FX_STRIKES),
        *(FxSpot(name, name, HOME, DIGITS["currency"]) for name in SPOTS),
    ]
    return checked_universe(Universe(tuple(traded), factors(), dict(zip(SHARES, ISSUERS, strict=True))))


def factors() -> tuple[RiskFactor, ...]:
    """What moves: the index with its futures, each share, currency, rate, and volatility."""
    volatilities = [*OPTIONED, *(pair[:3] for pair in FX_OPTIONED)]
    return (
        RiskFactor(INDEX, "share", (INDEX, *FUTURES), "equity", HORIZONS["equity"]),
        *(RiskFactor(name, "share", (name,), "equity", HORIZONS["equity"]) for name in SHARES),
        *(RiskFactor(name, "share", (name,), "fx", HORIZONS["fx"]) for name in CURRENCIES),
        *(RiskFactor(name, "amount", (name,), "rate", HORIZONS["rate"]) for name in RATES),
        RiskFactor(f"{INDEX} vol", "share", (f"{INDEX} vol", *SMILE), "volatility", HORIZONS["volatility"]),
        *(RiskFactor(f"{name} vol", "share", (f"{name} vol",), "volatility", _days(name)) for name in volatilities),
    )


def _days(name: str) -> int:
    return HORIZONS["volatility" if name in OPTIONED else "currency volatility"]


def home_book(instrument: Instrument) -> str:
    """The book that trades it."""
    if isinstance(instrument, Option):
        return BOOKS[2] if instrument.on == "fx" else BOOKS[0]
    if isinstance(instrument, FxSpot):
        return BOOKS[3]
    return BOOKS[1] if isinstance(instrument, Equity) else BOOKS[0]


def _future(name: str, month: Month) -> Future:
    return Future(name, name, HOME, month.expiry_ns, number("index multiplier"), DIGITS["index"])


def _index_option(eve: Mapping[str, int], month: Month, kind: str, percent: int) -> Option:
    """On the future of its month, struck at a multiple of 200 points."""
    points = _stepped(eve[INDEX] * percent // (100 * MICRO), 200)
    return Option(
        option_name(INDEX, month, kind, percent), _KIND[kind], "future", f"{INDEX} {month.code}", HOME,
        points * 10 ** DIGITS["option"], month.expiry_ns, f"{INDEX} vol {percent}", "HKD 3m", None,
        number("index multiplier"), DIGITS["option"],
    )  # fmt: skip


def _share_option(eve: Mapping[str, int], share: str, month: Month, kind: str, percent: int) -> Option:
    """Without a dividend, struck at three figures."""
    ticks = eve[share] * percent // 100 * 10 ** DIGITS["share"] // MICRO
    return Option(
        option_name(share, month, kind, percent), _KIND[kind], "equity", share, HOME, _figures(ticks), month.expiry_ns,
        f"{share} vol", "HKD 3m", None, number("share lot"), DIGITS["share"],
    )  # fmt: skip


def _currency_option(eve: Mapping[str, int], pair: str, month: Month, kind: str, percent: int) -> Option:
    ticks = eve[pair] * percent // 100 * 10 ** DIGITS["currency option"] // MICRO
    return Option(
        option_name(pair[:3], month, kind, percent), _KIND[kind], "fx", pair, HOME, _figures(ticks), month.expiry_ns,
        f"{pair[:3]} vol", "HKD 3m", f"{pair[:3]} 3m", number("currency lot"), DIGITS["currency option"],
    )  # fmt: skip


_KIND: Final = {"C": "call", "P": "put"}


def _stepped(value: int, step: int) -> int:
    """The nearest multiple of a step, halves up; at least one step."""
    return max(1, (value + step // 2) // step) * step


def _figures(ticks: int) -> int:
    """A number of ticks to three figures."""
    return _stepped(ticks, 10 ** max(0, len(str(ticks)) - 3))
