"""A book laid out in arrays: for each line which rows it is priced from, and those rows before and in each scenario.

Rows are shared: a quote, a cross, a pair of curves stands once however many lines need it. Everything that can be wrong
with an instrument or a quote is found here, before anything is computed, in the order of the lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from waglan.kernels.normal import logarithms
from waglan.kernels.options import values
from waglan.pricing.instruments import (
    PAID_AT_ONCE,
    PAIRED,
    STRUCK,
    Future,
    Instrument,
    Option,
    checked,
    pair,
    price,
)  # fmt: skip
from waglan.pricing.market import PRICE_LEAST, PRICE_MOST, VOLATILITY_MOST, Market, Path
from waglan.pricing.scenarios import Scenarios
from waglan.schema.units import DAY_NS, LIMIT, MINOR_DIGITS, BadValue

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

YEAR_NS: Final = 365 * DAY_NS
"""Act/365F."""
_SIGNS: Final = {"call": 1, "put": -1}


class Line(msgspec.Struct, frozen=True):
    """An instrument and how much of it is held: a whole number, below zero where it is owed."""

    instrument: Instrument
    quantity: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Arrays as `kernels.options` takes them, S columns in each row."""

    names: tuple[str, ...]
    index: Ints
    terms: Floats
    spots: Floats
    logs: Floats
    rates: Floats
    times: Floats
    plus: Floats
    crosses: Floats


class _Rows:
    """Rows under their keys, in the order in which they are first asked for."""

    def __init__(self) -> None:
        self.place: dict[object, int] = {}
        self.rows: list[Floats] = []

    def add(self, key: object, row: Floats) -> int:
        self.place[key] = len(self.rows)
        self.rows.append(row)
        return self.place[key]


class _Draft:
    """Lines as they are laid out, one after the other. Column 0 of every row is what it is before anything moves."""

    def __init__(self, market: Market, scenarios: Scenarios | None, home: str) -> None:
        self.market, self.scenarios, self.home = market, scenarios, home
        self.spots, self.rates, self.moves, self.crosses = _Rows(), _Rows(), _Rows(), _Rows()
        self.reach: list[tuple[list[float], list[float]]] = []
        self.labels = ("as it is", *(scenarios.labels if scenarios else ()))
        self.rates.add(None, np.zeros(len(self.labels)))
        self._move(None)

    def line(self, line: Line) -> tuple[list[int], list[float]]:
        """A row of index and a row of terms."""
        it, name = checked(line.instrument), line.instrument.name
        units = units_of(it, line.quantity, self.home)
        rate = self._rate(getattr(it, "rate", None), name)
        on_future = isinstance(it, Option) and it.on == "future"
        carry = self._rate(getattr(it, "rate" if on_future else "carry", None), name)
        spot, level, volatility, strike = self._spot(it), 0.0, 0, 0.0
        if isinstance(it, STRUCK):
            strike = price(it, it.strike_ticks)
        if isinstance(it, Option):
            level, volatility = self._volatility(it)
        if isinstance(it, Future):
            strike = self.market.price(it.quote, name)
        sign = _SIGNS[it.kind] if isinstance(it, Option) else 0
        cross = self._cross(self.crosses, it.currency, self.home, name)
        return [spot, rate, carry, volatility, cross, sign], [strike, self._years(it), level, units, 0.0]

    def _years(self, it: Instrument) -> float:
        """To expiry; nothing that is paid at once has one, and a future is settled today."""
        if isinstance(it, PAID_AT_ONCE):
            return 0.0
        left = it.expiry_ns - self.market.ts_ns
        if left <= 0:
            raise BadValue(f"{it.name}: expired {-left} ns before the market's time {self.market.ts_ns}")
        return 0.0 if isinstance(it, Future) else left / YEAR_NS

    def _spot(self, it: Instrument) -> int:
        if isinstance(it, PAIRED):
            return self._cross(self.spots, it.base, it.currency, it.name)
        if isinstance(it, Option) and it.on == "fx":
            return self._cross(self.spots, *pair(it.quote, it.name), it.name)
        found = self.spots.place.get(it.quote)
        return self.spots.add(it.quote, self._moved(it.quote, it.name)) if found is None else found

    def _cross(self, rows: _Rows, base: str, currency: str, name: str) -> int:
        path = self.market.path(base, currency, name)
        key = ("path", path)
        return rows.place[key] if key in rows.place else rows.add(key, self._along(path, name))

    def _along(self, path: Path, name: str) -> Floats:
        out = np.ones(len(self.labels))
        for quote, divides in path:
            moved = self._moved(quote, name)
            out = out / moved if divides else out * moved
        return out

    def _moved(self, quote: str, name: str) -> Floats:
        """A price in each scenario, all of them above zero."""
        moved = self._levels(quote, self.market.price(quote, name))
        self._check(moved, PRICE_LEAST, PRICE_MOST, f"{name}: the price {quote!r}")
        return moved

    def _rate(self, quote: str | None, name: str) -> int:
        if quote not in self.rates.place:
            assert quote is not None, "no curve is the first row"
            moved = self._levels(quote, self.market.rate(quote, name))
            self._check(moved, -10.0, 10.0, f"{name}: the rate {quote!r}")
            self.rates.add(quote, moved)
        return self.rates.place[quote]

    def _volatility(self, it: Option) -> tuple[float, int]:
        level = self.market.volatility(it.volatility, it.name)
        row = self._move(it.volatility)
        low, high = self.reach[row]
        if not (level * low[0] + low[1] >= PRICE_LEAST and level * high[0] + high[1] <= VOLATILITY_MOST):
            what = f"{it.name}: the volatility {it.volatility!r}"
            self._check(self._levels(it.volatility, level), PRICE_LEAST, VOLATILITY_MOST, what)
        return level, row

    def _levels(self, quote: str, level: float) -> Floats:
        """A quote before and in each scenario."""
        times, plus = self.moves.rows[self._move(quote)]
        return np.asarray(level * times + plus, np.float64)

    def _move(self, quote: str | None) -> int:
        """The row of moves that a quote follows: (times, plus), of which one moves nothing; row 0 if neither does."""
        column = self.scenarios.place.get(quote) if self.scenarios and quote else None
        if column not in self.moves.place:
            row = np.stack([np.ones(len(self.labels)), np.zeros(len(self.labels))])
            if self.scenarios and column is not None:
                row[:, 1:] = self.scenarios.times_plus(column)
            self.moves.add(column, row)
            self.reach.append((row.min(axis=1).tolist(), row.max(axis=1).tolist()))
        return self.moves.place[column]

    def _check(self, values: Floats, low: float, high: float, what: str) -> None:
        wrong = np.flatnonzero(~((values >= low) & (values <= high)))
        if len(wrong):
            label, value = self.labels[wrong[0]], values[wrong[0]]
            raise BadValue(f"{what} lies between {low:g} and {high:g}, in scenario {label!r} it was {value}")


def units_of(instrument: Instrument, quantity: int, home: str) -> float:
    """Quantity x multiplier x minor units of the home currency, exact. Raises BadValue for 2**53 and more."""
    units = quantity * getattr(instrument, "multiplier", 1) * 10 ** MINOR_DIGITS[home]
    if abs(units) >= 1 << 53:
        raise BadValue(f"{instrument.name}: quantity x multiplier x minor units stay below 2**53, they were {units}")
    return float(units)


def laid(
    lines: Sequence[Line], market: Market, scenarios: Scenarios | None = None, home: str = "HKD",
    refused: dict[str, str] | None = None,
) -> tuple[Layout, Layout]:  # fmt: skip
    """The book in arrays, before anything moves (one column) and in each scenario (none without scenarios).

    Neighbours of one underlying, expiry and curve are priced fastest; the order stays as given. Index and terms are
    the same arrays in both. Raises BadValue for an instrument that cannot be, a quote that is missing, stale or no such
    number, here or in a scenario, an expiry that has passed, a currency that is unknown or not reached. With `refused`
    such a line is left out instead, and told there by its instrument's name.
    """
    market.path(home, home, "home")
    draft = _Draft(market, scenarios, home)
    names, made = _drafted(draft, lines, refused)
    index = np.array([index for index, _ in made], np.int64).reshape(len(made), 6)
    terms = np.array([terms for _, terms in made], np.float64).reshape(len(made), 5)
    moves = np.stack(draft.moves.rows)
    spots = _stacked(draft.spots, len(draft.labels))
    logs = np.empty_like(spots)
    logarithms(spots.reshape(-1), logs.reshape(-1))
    rows = (spots, logs, _stacked(draft.rates, len(draft.labels)), moves[:, 0], moves[:, 1],
            _stacked(draft.crosses, len(draft.labels)))  # fmt: skip
    before, after = ([np.ascontiguousarray(row[:, part]) for row in rows] for part in (slice(1), slice(1, None)))
    return Layout(names, index, terms, *before), Layout(names, index, terms, *after)


def _drafted(
    draft: _Draft, lines: Sequence[Line], refused: dict[str, str] | None
) -> tuple[tuple[str, ...], list[tuple[list[int], list[float]]]]:
    """Names of the lines and their rows of index and terms."""
    if refused is None:
        return tuple(line.instrument.name for line in lines), [draft.line(line) for line in lines]
    names, made = [], []
    for line in lines:
        try:
            made.append(draft.line(line))
            names.append(line.instrument.name)
        except BadValue as bad:
            refused[line.instrument.name] = str(bad)
    return tuple(names), made


def _stacked(rows: _Rows, columns: int) -> Floats:
    return np.stack(rows.rows) if rows.rows else np.empty((0, columns))


def unit_values(layout: Layout) -> Floats:
    """What one unit of each line is worth in its own currency, (n, S)."""
    out = np.empty((len(layout.index), layout.crosses.shape[1]))
    ahead = np.empty((4, out.shape[1]))
    values(layout.index, layout.terms, layout.spots, layout.logs, layout.rates, layout.times, layout.plus, ahead, out)
    return out


def bounded(found: Ints, names: Sequence[str]) -> Ints:
    """The same, or BadValue for the first line with a value at the bound. found: (S, n)."""
    if found.size and (int(found.max()) >= LIMIT or int(found.min()) <= -LIMIT):
        line = int(np.flatnonzero((np.abs(found) >= LIMIT).any(axis=0))[0])
        raise BadValue(f"{names[line]}: a value stays below 2**42 minor units; with this quantity it does not")
    return found
