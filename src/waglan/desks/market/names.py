"""What is traded and quoted in the simulated market, and who trades: names alone, the same in every world.

An option is named by its month and its strike in percent of the level on the eve of the first live day; how many points
or dollars that is, the universe says. So the recipe can list every name, whatever the seed.
"""

from typing import Final, NamedTuple

from waglan.desks.market.calendar import EXPIRES_NS, last_trading, midnight_ns
from waglan.desks.market.parameters import numbers

SECTORS: Final = ("BANK", "PROP", "TECH", "CONS", "UTIL")
INDEX: Final = "HSI"
"""Like the Hang Seng Index, and not it: a fixed basket of the shares below."""
SHARES: Final = tuple(
    f"{s}{i + 1}" for s, n in zip(SECTORS, numbers("shares by sector"), strict=True) for i in range(n)
)
SECTOR_OF: Final = tuple(k for k, n in enumerate(numbers("shares by sector")) for _ in range(n))
RATES: Final = ("USD 3m", "HKD 3m", "CNH 3m", "EUR 3m")
CURRENCIES: Final = ("USD/HKD", "CNH/HKD", "EUR/HKD", "JPY/HKD")
OPTIONED: Final = ("TECH1", "TECH2", "BANK1", "BANK2")
"""Shares that have options."""
FX_OPTIONED: Final = ("USD/HKD", "CNH/HKD", "EUR/HKD")
PERCENTS: Final = (80, 90, 100, 110, 120)
SMILE: Final = tuple(f"{INDEX} vol {p}" for p in PERCENTS)
VOLATILITIES: Final = (f"{INDEX} vol", *SMILE, *(f"{s} vol" for s in OPTIONED), *(f"{c[:3]} vol" for c in FX_OPTIONED))


class Month(NamedTuple):
    """A month of expiry: as exchanges write it, and when (ns UTC)."""

    code: str
    expiry_ns: int


def _month(code: str, year: int, month: int) -> Month:
    return Month(code, midnight_ns(last_trading(year, month)) + EXPIRES_NS)


MONTHS: Final = (
    _month("H5", 2025, 3), _month("M5", 2025, 6), _month("U5", 2025, 9), _month("Z5", 2025, 12), _month("H6", 2026, 3),
)  # fmt: skip
FUTURES: Final = tuple(f"{INDEX} {m.code}" for m in MONTHS)
DAILY: Final = (INDEX, *SHARES, *CURRENCIES, *RATES, *VOLATILITIES)
"""Quotes of every day, history too; futures are quoted on live days until they expire."""
QUOTES: Final = (*DAILY, *FUTURES)

INDEX_STRIKES: Final = (("P", 80), ("P", 90), ("P", 100), ("C", 100), ("C", 110), ("C", 120))
SHARE_STRIKES: Final = (("P", 90), ("C", 110))
FX_STRIKES: Final = (("P", 100), ("C", 100))
HALVES: Final = (MONTHS[1], MONTHS[3], MONTHS[4])
"""Months of options on shares and currencies."""

BOOKS: Final = ("equity_derivatives", "cash_equities", "fx_options", "fx_spot")
TRADERS: Final = ("EQD1", "EQD2", "CASH1", "CASH2", "FXO1", "FXO2", "FXS1", "FXS2")
"""Two for each book, in its order."""
DEALERS: Final = ("Bank A", "Bank B", "Bank C", "Bank D", "Fund E", "Fund F", "Insurer G", "Exchange")
ISSUERS: Final = tuple(f"{s} Ltd" for s in SHARES)
COUNTERPARTIES: Final = (*DEALERS, *ISSUERS)
EXCHANGE: Final = "Exchange"
"""Through which futures, options of the exchange and shares clear."""


def option_name(on: str, month: Month, kind: str, percent: int) -> str:
    """`HSI H5 P90`."""
    return f"{on} {month.code} {kind}{percent}"


INDEX_OPTIONS: Final = tuple(option_name(INDEX, m, k, p) for m in MONTHS for k, p in INDEX_STRIKES)
SHARE_OPTIONS: Final = tuple(option_name(s, m, k, p) for s in OPTIONED for m in HALVES for k, p in SHARE_STRIKES)
FX_OPTIONS: Final = tuple(option_name(c[:3], m, k, p) for c in FX_OPTIONED for m in HALVES for k, p in FX_STRIKES)
SPOTS: Final = tuple(c[:3] for c in CURRENCIES)
INSTRUMENTS: Final = (*SHARES, *FUTURES, *INDEX_OPTIONS, *SHARE_OPTIONS, *FX_OPTIONS, *SPOTS)
