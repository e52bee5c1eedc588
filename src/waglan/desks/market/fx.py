"""A currency book in Hong Kong dollars on the reference rates: its universe and its trades, worked out from the rates.

Twelve currencies at spot, two forwards and a put for each year, struck at the first rates of the year in which they are
held and closed at the first of the next. A strike of 2015 is in the universe of 2004 already, but nothing looks at it:
an instrument that nobody holds is in no figure, and it is not traded before its day. `python -m waglan.desks.market.fx
RATES DIR` writes `fx-hkd.universe.json` and `fx-hkd.trades.csv`.
"""

import math
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from waglan.desks.market.assumed import Assumed, Trade, levels_of, read_assumed, with_stand_ins
from waglan.desks.market.rates import Rates, read_rates
from waglan.pricing import Forward, FxSpot, Option
from waglan.pricing.instruments import Instrument
from waglan.risk.universe import RiskFactor, Universe, universe_bytes
from waglan.schema.units import MICRO, SECOND_NS

CLOSE_S: Final = 15 * 3600
"""A day's rates are of 15:00 UTC, 23:00 in Hong Kong: they are published at four in the afternoon in Frankfurt."""
FIRST: Final = 2004
SPOTS: Final[dict[str, tuple[str, str, int]]] = {
    "USD": ("USD/HKD", "asia", 2_000_000),
    "CNY": ("CNY/HKD", "asia", 10_000_000),
    "SGD": ("SGD/HKD", "asia", 1_500_000),
    "KRW": ("HKD/KRW", "asia", 800_000_000),
    "EUR": ("EUR/HKD", "majors", 1_200_000),
    "GBP": ("GBP/HKD", "majors", 700_000),
    "JPY": ("HKD/JPY", "majors", -120_000_000),
    "AUD": ("AUD/HKD", "majors", 1_500_000),
    "CAD": ("CAD/HKD", "majors", -1_000_000),
    "CHF": ("CHF/HKD", "majors", -900_000),
    "NZD": ("NZD/HKD", "majors", 800_000),
    "SEK": ("SEK/HKD", "majors", 6_000_000),
}
"""Currency -> the quote that moves it, its book, how much of it is held from the first day on, about HKD 10 m each."""
YEARLY: Final = {"EUR/HKD fwd": -800_000, "CNY/HKD fwd": -4_000_000, "EUR/HKD put": 1_000_000}
"""What is held of each year's contracts, in the book `hedges`."""
TRADER: Final = {"majors": "FX1", "asia": "FX2", "hedges": "FX3"}
BANK: Final = {"majors": "Bank A", "asia": "Bank B", "hedges": "Bank C"}


def fx_universe(rates: Rates, assumed: Assumed) -> Universe:
    """Instruments and factors; contracts for every year that the rates reach."""
    spots: list[Instrument] = [FxSpot(f"{c} spot", c, "HKD", 6) for c in SPOTS]
    factors = [RiskFactor(quote, "share", (quote,), "fx", 10) for quote, _, _ in SPOTS.values()]
    factors.append(RiskFactor("EUR/HKD vol", "share", ("EUR/HKD vol",), "volatility", 40))
    contracts = [one for first in first_days(rates) for one in _contracts(rates, assumed, first)]
    return Universe((*spots, *contracts), tuple(factors))


def first_days(rates: Rates) -> Iterator[int]:
    """Place of the first day of each year from the first on."""
    seen = FIRST - 1
    for place, day in enumerate(rates.days):
        if day.year > seen:
            seen = day.year
            yield place


def _contracts(rates: Rates, assumed: Assumed, first: int) -> tuple[Forward, Forward, Option]:
    """A year's forwards at the money forward and its put at the money, ending on 15 January after it."""
    quotes = ("EUR/HKD", "CNY/HKD", "HKD rate", "EUR rate", "CNY rate")
    levels = (
        levels_of(
            Rates(rates.where, rates.days[first : first + 1], rates.names, rates.levels[first : first + 1]),
            assumed,
            quotes,
        )[0]
        / MICRO
    )
    year = rates.days[first].year
    start, end = close_ns(rates.days[first]), close_ns(date(year + 1, 1, 15))
    ahead = (end - start) / (365 * 86_400 * SECOND_NS)
    eur, cny = (
        round(float(levels[i]) * math.exp((float(levels[2]) - float(levels[3 + i])) * ahead) * 10_000) for i in (0, 1)
    )
    return (
        Forward(f"EUR/HKD fwd {year}", "EUR", "HKD", eur, end, "HKD rate", "EUR rate"),
        Forward(f"CNY/HKD fwd {year}", "CNY", "HKD", cny, end, "HKD rate", "CNY rate"),
        Option(f"EUR/HKD put {year}", "put", "fx", "EUR/HKD", "HKD", round(float(levels[0]) * 1000), end,
               "EUR/HKD vol", "HKD rate", "EUR rate"),
    )  # fmt: skip


def fx_trades(rates: Rates) -> Iterator[Trade]:
    """Spots on the first day; each year's contracts on its first, when those of the year before are closed."""
    for place in first_days(rates):
        day = rates.days[place]
        if day.year == FIRST:
            for currency, (_, book, amount) in SPOTS.items():
                yield Trade(day, book, TRADER[book], BANK[book], f"{currency} spot", amount)
        for name, amount in YEARLY.items():
            if day.year > FIRST:
                yield Trade(day, "hedges", TRADER["hedges"], BANK["hedges"], f"{name} {day.year - 1}", -amount)
            yield Trade(day, "hedges", TRADER["hedges"], BANK["hedges"], f"{name} {day.year}", amount)


def close_ns(day: date) -> int:
    """When a day's rates are of, UTC."""
    return (int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) + CLOSE_S) * SECOND_NS


def write(rates_file: Path, out: Path) -> None:
    """The two files, from the rates and the assumptions in `out`."""
    assumed = read_assumed(out / "fx-hkd.assumed.toml")
    rates = with_stand_ins(read_rates(rates_file), assumed)
    (out / "fx-hkd.universe.json").write_bytes(universe_bytes(fx_universe(rates, assumed)))
    lines = ["day,book,trader,counterparty,instrument,quantity"]
    lines += [f"{t.day},{t.book},{t.trader},{t.counterparty},{t.instrument},{t.quantity}" for t in fx_trades(rates)]
    (out / "fx-hkd.trades.csv").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))
