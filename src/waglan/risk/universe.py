"""The universe of a market book: what can be held, which factors move its quotes, and how finely it is counted.

It is the book's model file, sealed with the recipe: an instrument's terms, the quotes that a factor moves or the scale
of unit P&L change every answer. Canonical JSON, so that the same universe has the same digest wherever it was made.

Unit P&L is kept in `scale`-ths of a minor unit of the home currency: a cent is coarse for one share's P&L in a quiet
scenario, and a million shares would carry a million roundings. With 1,000 the rounding of a position of a million
units stays below HKD 5, and 2**42 of it, the bound of one unit's P&L, is HKD 44 m.
"""

import hashlib
from collections.abc import Sequence
from functools import cached_property
from typing import Final, Literal

import msgspec

from waglan.pricing.instruments import Forward, Instrument, Option, checked
from waglan.pricing.scenarios import HOWS, Factor, once
from waglan.schema.units import MICRO, BadValue

KINDS: Final = ("equity", "fx", "rate", "volatility", "commodity")
HORIZONS: Final = (10, 20, 40, 60, 120)
"""Liquidity horizons of MAR33.12, in days."""
FACTORS_MAX: Final = 1 << 12


class RiskFactor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What moves together. Its series, by which history is kept, is the level of the first of its quotes.

    how: "share" (log returns of a price) or "amount" (differences of a rate). No quote is in two factors; quotes in no
    factor stay where they are in every scenario.
    """

    name: str
    how: Literal["share", "amount"]
    quotes: tuple[str, ...]
    kind: Literal["equity", "fx", "rate", "volatility", "commodity"]
    horizon_days: int = 10

    @property
    def series(self) -> str:
        """The quote whose levels are the factor's history."""
        return self.quotes[0]


class Universe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """Instruments and factors in their order, which is that of the columns of unit P&L and of moves.

    issuers: instrument -> counterparty, for shares, whose counterparty is who issued them. scale: parts of a minor unit
    that unit P&L is counted in.
    """

    instruments: tuple[Instrument, ...]
    factors: tuple[RiskFactor, ...]
    issuers: dict[str, str] = {}
    scale: int = 1000

    @cached_property
    def place(self) -> dict[str, int]:
        """Instrument's name -> its place."""
        return {instrument.name: i for i, instrument in enumerate(self.instruments)}

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the canonical bytes: the digest of the model file."""
        return hashlib.sha256(universe_bytes(self)).digest()

    @cached_property
    def quotes(self) -> tuple[str, ...]:
        """Every quote that an instrument names or a factor moves, sorted; crosses between currencies come on top."""
        named = {quote for factor in self.factors for quote in factor.quotes}
        return tuple(sorted(named.union(*(quotes_of(instrument) for instrument in self.instruments))))

    def moving(self) -> tuple[Factor, ...]:
        """The factors as `pricing.Scenarios` takes them."""
        return tuple(Factor(factor.name, factor.how, factor.quotes) for factor in self.factors)


def quotes_of(instrument: Instrument) -> set[str]:
    """Quotes that an instrument names; FX spots and forwards name currencies, whose cross the market finds."""
    named = {getattr(instrument, field, None) for field in ("quote", "volatility", "rate", "carry")}
    return {quote for quote in named if quote is not None}


def universe_bytes(universe: Universe) -> bytes:
    """Canonical JSON: members in the order of the records, names of issuers sorted. Inverse: `read_universe`."""
    sorted_issuers = dict(sorted(universe.issuers.items()))
    return msgspec.json.encode(msgspec.structs.replace(universe, issuers=sorted_issuers)) + b"\n"


def read_universe(data: bytes, where: str = "universe") -> Universe:
    """The universe in a file's bytes. Raises BadValue with the place and the value for anything that cannot be."""
    try:
        found = msgspec.json.decode(data, type=Universe)
    except msgspec.MsgspecError as error:
        raise BadValue(f"{where}: {error}") from None
    return checked_universe(found, where)


def checked_universe(universe: Universe, where: str = "universe") -> Universe:
    """The same, or BadValue: for an instrument that cannot be, a name that comes twice, a factor without quotes."""
    try:
        _check_instruments(universe)
        _check_factors(universe.factors)
    except BadValue as bad:
        raise BadValue(f"{where}: {bad}") from None
    if not 1 <= universe.scale <= MICRO:
        raise BadValue(f"{where}: scale lies between 1 and {MICRO}, it was {universe.scale}")
    return universe


def _check_instruments(universe: Universe) -> None:
    if not universe.instruments:
        raise BadValue("there are no instruments")
    once("instrument", [checked(instrument).name for instrument in universe.instruments])
    for name in universe.issuers:
        if name not in universe.place:
            raise BadValue(f"issuers: there is no instrument {name!r}")
        if isinstance(universe.instruments[universe.place[name]], Option | Forward):
            raise BadValue(f"issuers: {name!r} is a contract, its counterparty comes with the trade")


def _check_factors(factors: Sequence[RiskFactor]) -> None:
    if not factors or len(factors) > FACTORS_MAX:
        raise BadValue(f"there are 1 to {FACTORS_MAX} factors, were {len(factors)}")
    once("factor", [factor.name for factor in factors])
    for factor in factors:
        if not factor.name or not factor.quotes:
            raise BadValue(f"factor {factor.name!r}: a factor has a name and at least one quote, was {factor.quotes}")
        if factor.horizon_days not in HORIZONS:
            raise BadValue(f"{factor.name}: the horizon is one of {HORIZONS} days, it was {factor.horizon_days}")
        assert factor.how in HOWS, "the record's type says so"
    once("quote in factors", [quote for factor in factors for quote in factor.quotes])
