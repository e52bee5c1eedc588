"""A venue: the rules under which orders meet, read from a file of dated rows.

Nothing about a market is written in code. `venue("hongkong")` reads the rows that stand beside this file; a person's
own venue is `read_venue(text)`. A venue whose fees are not stated from its first day on is refused: a back-test that
forgot them is the commonest way to fool oneself, and a venue without any says so in a row of rate 0.
"""

import tomllib
from datetime import date
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import Final

import msgspec

from waglan.exchange.rows import (
    Closure,
    Fee,
    Holidays,
    Hours,
    Later,
    Lots,
    Row,
    Settling,
    Shorting,
    Spreads,
    Weather,
    on,
    overlaps,
)
from waglan.schema.units import MINOR_DIGITS, BadValue

SHIPPED: Final = ("hongkong", "fx", "crypto", "frictionless")
"""The venues that come with the package."""


class Venue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every rule of a venue, and the days for which each holds.

    `begin` is the first day whose rules are known; `calendar` an exchange code of exchange-calendars, or "daily", or
    "target" (the euro's closing days). Fees are worked out in `fee_currency` ("*": the trade's own). `price_digits` are
    the decimals of the quantum in which `ticks` are written; 0 where each instrument brings its own.
    """

    name: str
    title: str
    zone: str
    calendar: str
    begin: date
    security: str
    currencies: tuple[str, ...]
    fee_currency: str
    price_digits: int
    cash_digits: dict[str, int] = {}
    holidays: tuple[Holidays, ...]
    hours: tuple[Hours, ...]
    weather: tuple[Weather, ...] = ()
    closures: tuple[Closure, ...] = ()
    ticks: tuple[Spreads, ...]
    lots: tuple[Lots, ...]
    fees: tuple[Fee, ...] = ()
    settlement: tuple[Settling, ...]
    shorting: tuple[Shorting, ...]
    later: tuple[Later, ...] = ()

    def check_day(self, day: date) -> None:
        """Raises BadValue for a day before the venue's rules are known."""
        if day < self.begin:
            raise BadValue(f"the rules of {self.name} are known from {self.begin}; the day was {day}")

    def minor_digits(self, currency: str) -> int:
        """Decimals of a currency's minor unit here. Raises BadValue where the venue does not trade in it."""
        if currency not in self.currencies and "*" not in self.currencies:
            raise BadValue(f"{self.name} trades in {' '.join(self.currencies)}, not in {currency}")
        digits = self.cash_digits.get(currency, MINOR_DIGITS.get(currency))
        if digits is None:
            raise BadValue(f"how many decimals has {currency}? no minor unit of it is known")
        return digits

    def rows(self) -> tuple[tuple[str, Row], ...]:
        """Every dated row with the name of its table; fees and later rules with their own name."""
        plain = (
            ("holidays", self.holidays),
            ("weather", self.weather),
            ("ticks", self.ticks),
            ("lots", self.lots),
            ("settlement", self.settlement),
        )
        found: list[tuple[str, Row]] = [(name, row) for name, rows in plain for row in rows]
        found += [(f"hours of a {row.day} day", row) for row in self.hours]
        found += [(f"fee {row.name}", row) for row in self.fees]
        found += [(f"short sales, {row.phase}", row) for row in self.shorting]
        return tuple(found + [(f"later: {row.name}", row) for row in self.later])

    @property
    def digest(self) -> bytes:
        """SHA-256 over every rule, sources included: what stands for the venue in a result's recipe, 32 bytes."""
        return sha256(msgspec.json.encode(self, order="deterministic")).digest()

    def unverified(self, first: date, last: date) -> tuple[str, ...]:
        """What a result over these days (both included) must print: each rule that rests on no text of its maker."""
        out = [
            f"{name}: {row.source}"
            for name, row in self.rows()
            if not row.verified and row.begin <= last and (row.until is None or row.until > first)
        ]
        return tuple(out + [f"{c.day}: {c.source}" for c in self.closures if not c.verified and first <= c.day <= last])


def turns(venue: Venue) -> list[str]:
    """What is wrong with the order of a venue's rows: of each table, and of each fee, one row at a time is in force."""
    groups: dict[str, list[Row]] = {}
    for name, row in venue.rows():
        if not isinstance(row, Later):
            groups.setdefault(name, []).append(row)
    return overlaps(groups)


def read_venue(text: str) -> Venue:
    """A venue from its TOML. Raises BadValue: not TOML, a field missing or unknown, rows that overlap, no fees."""
    try:
        venue = msgspec.convert(tomllib.loads(text), Venue)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as wrong:
        raise BadValue(f"a venue cannot be read: {wrong}") from None
    if not any(fee.holds(venue.begin) for fee in venue.fees):
        raise BadValue(
            f"{venue.name} states no fee from {venue.begin}: a venue without a fee model is refused; "
            'one that is free says so in a row of [[fees]] named "none"'
        )
    for problem in turns(venue):
        raise BadValue(f"{venue.name}, {problem}")
    for what, rows in (("ticks", venue.ticks), ("lots", venue.lots), ("settlement", venue.settlement)):
        on(rows, venue.begin, what)
    return venue


@lru_cache(maxsize=8)
def venue(name: str) -> Venue:
    """A venue that comes with the package. Raises BadValue for another name."""
    if name not in SHIPPED:
        raise BadValue(f"no venue {name!r}; there are {', '.join(SHIPPED)}")
    return read_venue(files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))
