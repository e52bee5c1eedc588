"""A book laid out in arrays: for each line which rows it is priced from, and those rows before and in each scenario.

Rows are shared: a quote, a cross, a pair of curves stands once however many lines need it. A `Plan` keeps what does not
change while quotes, time and scenarios do - which line needs which rows - so that a pricing only fills in numbers, by
array: of 10,000 instruments in milliseconds. Everything that can be wrong with an instrument or a quote is found here,
before anything is computed, and told by `refusal` in the order of the lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from waglan.kernels.normal import logarithms
from waglan.kernels.options import CARRY, CURRENCY, LEVEL, RATE, SPOT, STRIKE, UNITS, VOLATILITY, YEARS, values
from waglan.pricing.instruments import PAIRED, STRUCK, Forward, Future, Instrument, Option, checked, pair, price
from waglan.pricing.market import (
    PRICE_LEAST,
    PRICE_MOST,
    RATE_LEAST,
    RATE_MOST,
    VOLATILITY_MOST,
    Market,
    Path,
    Ways,
)
from waglan.pricing.refusal import RATE_FAR, units_of, why
from waglan.pricing.scenarios import Scenarios
from waglan.schema.units import DAY_NS, LIMIT, BadValue

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

YEAR_NS: Final = 365 * DAY_NS
"""Act/365F."""
NEVER: Final = (1 << 63) - 1
_SIGNS: Final = {"call": 1, "put": -1}


class Line(msgspec.Struct, frozen=True):
    """An instrument and how much of it is held: a whole number, below zero where it is owed."""

    instrument: Instrument
    quantity: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Arrays as `kernels.options` takes them, S columns in each row. at: (n,), the places of the lines in the plan."""

    names: tuple[str, ...]
    index: Ints
    terms: Floats
    spots: Floats
    logs: Floats
    rates: Floats
    times: Floats
    plus: Floats
    crosses: Floats
    at: Ints


class Plan:
    """Lines with what does not change of them, to be laid out again and again.

    Not for two threads at once: it keeps its index for the currency pairs of the last market.
    """

    def __init__(self, lines: Sequence[Line], home: str = "HKD") -> None:
        self.lines, self.home = tuple(lines), home
        self.names = tuple(line.instrument.name for line in self.lines)
        self.expires = np.array([getattr(line.instrument, "expiry_ns", NEVER) for line in self.lines], np.int64)
        """When each line expires, (n,); `NEVER` for what does not."""
        made = [_fixed(line, home) for line in self.lines]
        self._wrong = np.array([one is None for one in made], np.bool_)
        self._terms = np.array([one or (0.0, 0.0) for one in made], np.float64).reshape(len(made), 2)
        dated = np.array([isinstance(line.instrument, Forward | Option) for line in self.lines], np.bool_)
        self._expiries, self._which = np.unique(np.where(dated, self.expires, NEVER), return_inverse=True)
        self._future = np.array([isinstance(line.instrument, Future) for line in self.lines], np.bool_)
        self._index: _Index | None = None

    def laid(
        self, market: Market, scenarios: Scenarios | None = None, refused: dict[str, str] | None = None,
        at: Ints | None = None,
    ) -> tuple[Layout, Layout]:  # fmt: skip
        """The book in arrays, before anything moves (one column) and in each scenario (none without scenarios).

        at: places of the lines wanted, rising; None for all. Raises and refuses as `laid` below, to the same bytes.
        """
        market.path(self.home, self.home, "home")
        index = self._index_of(market.ways)
        wanted = np.arange(len(self.lines)) if at is None else at
        filled = _Filled(index, market, scenarios)
        usable = ~index.wrong & (self.expires > market.ts_ns)
        places = wanted[usable[wanted]]
        places = places[filled.good(index.rows[places])]
        if len(places) < len(wanted):
            self._refuse(np.setdiff1d(wanted, places, assume_unique=True), market, scenarios, refused)
        names = self.names if len(places) == len(self.lines) else tuple(self.names[i] for i in places.tolist())
        rows = index.rows[places]
        terms = self._termed(places, rows, filled, market.ts_ns)
        rows[:, VOLATILITY] = filled.moves[rows[:, VOLATILITY]]
        times, plus = scenarios.rows if scenarios else (np.ones((1, 0)), np.zeros((1, 0)))
        still = np.ones((len(times), 1)), np.zeros((len(times), 1))
        return filled.layout(0, names, rows, terms, still, places), filled.layout(
            1, names, rows, terms, (times, plus), places
        )

    def _index_of(self, ways: Ways) -> "_Index":
        if self._index is None or self._index.ways is not ways:
            self._index = _Index(self.lines, self._wrong, self.home, ways)
        return self._index

    def _refuse(
        self, places: Ints, market: Market, scenarios: Scenarios | None, refused: dict[str, str] | None
    ) -> None:
        for line in (self.lines[i] for i in places.tolist()):
            reason = why(line.instrument, line.quantity, market, scenarios, self.home)
            if refused is None:
                raise BadValue(reason)
            refused[line.instrument.name] = reason

    def _termed(self, places: Ints, rows: Ints, filled: "_Filled", ts_ns: int) -> Floats:
        """Rows of terms, with no base yet. Years are divided as whole numbers: a double has not all nanoseconds."""
        out = np.zeros((len(places), 5))
        years = [0.0 if expiry == NEVER else (expiry - ts_ns) / YEAR_NS for expiry in self._expiries.tolist()]
        out[:, STRIKE], out[:, UNITS] = self._terms[places].T
        out[:, YEARS] = np.array(years)[self._which[places]]
        out[:, LEVEL] = filled.levels[rows[:, VOLATILITY]]
        future = self._future[places]
        out[future, STRIKE] = filled.spots[0][rows[future, SPOT], 0]
        return out


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
    return Plan(lines, home).laid(market, scenarios, refused)


def _fixed(line: Line, home: str) -> tuple[float, float] | None:
    """Strike and units; None for an instrument or a quantity that cannot be."""
    it = line.instrument
    try:
        units = units_of(checked(it), line.quantity, home)
    except BadValue:
        return None
    return price(it, it.strike_ticks) if isinstance(it, STRUCK) else 0.0, units


class _Legs:
    """Rows that are ways of quotes, by step: which rows go on, by which quotes, and whether they divide."""

    def __init__(self, paths: Sequence[Path], prices: dict[str, int]) -> None:
        self.count = len(paths)
        self.steps: list[tuple[bool, Ints, Ints]] = []
        for step in range(max((len(path) for path in paths), default=0)):
            for divides in (False, True):
                rows = [i for i, path in enumerate(paths) if len(path) > step and path[step][1] == divides]
                quotes = [prices[paths[i][step][0]] for i in rows]
                if rows:
                    self.steps.append((divides, np.array(rows, np.int64), np.array(quotes, np.int64)))

    def along(self, moved: Floats) -> Floats:
        """(rows, S) of prices (quotes, S)."""
        out = np.ones((self.count, moved.shape[1]))
        for divides, rows, quotes in self.steps:
            if divides:
                out[rows] /= moved[quotes]
            else:
                out[rows] *= moved[quotes]
        return out

    def good(self, good: Flags) -> Flags:
        """Rows of which every quote is good, (rows,)."""
        out = np.ones(self.count, np.bool_)
        for _, rows, quotes in self.steps:
            out[rows] &= good[quotes]
        return out


class _Index:
    """Which rows each line that is not wrong is priced from, where these pairs of currencies are quoted.

    rows: (n, 6), as `kernels.options.index` but for the volatility, the place of its quote. Row 0 of rates and
    volatilities is none.
    """

    def __init__(self, lines: Sequence[Line], wrong: Flags, home: str, ways: Ways) -> None:
        self.ways, self.home = ways, home
        self._spots: dict[object, int] = {}
        self._crosses: dict[Path, int] = {}
        self._rates: dict[str | None, int] = {None: 0}
        self._volatilities: dict[str | None, int] = {None: 0}
        self._paths: list[Path] = []
        found = [None if bad else self._row(line.instrument) for line, bad in zip(lines, wrong.tolist(), strict=True)]
        self.wrong = np.array([row is None for row in found], np.bool_)
        self.rows = np.array([row or [0] * 6 for row in found], np.int64).reshape(len(found), 6)
        legs = [quote for path in (*self._paths, *self._crosses) for quote, _ in path]
        self.prices = {quote: i for i, quote in enumerate(dict.fromkeys(legs))}
        self.rates = [name for name in self._rates if name is not None]
        self.volatilities = [name for name in self._volatilities if name is not None]
        self.spots, self.crosses = _Legs(self._paths, self.prices), _Legs(list(self._crosses), self.prices)
        kinds = ((len(self.prices), PRICE_LEAST, PRICE_MOST), (len(self.rates), RATE_LEAST, RATE_MOST),
                 (len(self.volatilities), PRICE_LEAST, VOLATILITY_MOST))  # fmt: skip
        self.names = [*self.prices, *self.rates, *self.volatilities]
        self.low = np.concatenate([np.full(n, low) for n, low, _ in kinds])
        self.high = np.concatenate([np.full(n, high) for n, _, high in kinds])

    def _row(self, it: Instrument) -> list[int] | None:
        """None for an instrument whose currencies are not reached."""
        spot, cross = self._spot(it), self.ways.path(it.currency, self.home)
        if spot is None or cross is None:
            return None
        rate = self._rates.setdefault(getattr(it, "rate", None), len(self._rates))
        named = getattr(it, "rate" if isinstance(it, Option) and it.on == "future" else "carry", None)
        carry = self._rates.setdefault(named, len(self._rates))
        volatility = self._volatilities.setdefault(getattr(it, "volatility", None), len(self._volatilities))
        currency = self._crosses.setdefault(cross, len(self._crosses))
        return [spot, rate, carry, volatility, currency, _SIGNS[it.kind] if isinstance(it, Option) else 0]

    def _spot(self, it: Instrument) -> int | None:
        """A quote's row and that of a way are two, be the way that quote alone."""
        path: Path | None
        if isinstance(it, PAIRED):
            path = self.ways.path(it.base, it.currency)
        elif isinstance(it, Option) and it.on == "fx":
            path = self.ways.path(*pair(it.quote, it.name))
        else:
            return self._added(it.quote, ((it.quote, False),))
        return None if path is None else self._added(path, path)

    def _added(self, key: object, path: Path) -> int:
        if key not in self._spots:
            self._spots[key] = len(self._paths)
            self._paths.append(path)
        return self._spots[key]


class _Filled:
    """An index with the numbers of a market, before anything moves and in each scenario."""

    def __init__(self, index: _Index, market: Market, scenarios: Scenarios | None) -> None:
        level, known = _levels(index, market)
        place = scenarios.place if scenarios else {}
        column = np.array([place.get(name, -1) + 1 for name in index.names], np.int64)
        ends = np.cumsum([len(index.prices), len(index.rates)])
        prices, rates, volatilities = (
            _Quoted(*part) for part in zip(*(np.split(each, ends) for each in (level, known, column)), strict=True)
        )
        self.levels = np.concatenate([[0.0], volatilities.level])
        self.moves = np.concatenate([[0], volatilities.column])
        moved, good_prices = prices.moved(scenarios, PRICE_LEAST, PRICE_MOST, 1.0)
        curves, good_rates = rates.moved(scenarios, -RATE_FAR, RATE_FAR, 0.0)
        self._good_rates = np.concatenate([[True], good_rates])
        self._good_volatilities = np.concatenate([[True], volatilities.reached(scenarios)])
        self._good_spots = index.spots.good(good_prices)
        self._good_crosses = index.crosses.good(good_prices)
        both = [prices.level[:, None], moved]
        self.spots = [index.spots.along(each) for each in both]
        self.logs = [_logs(each) for each in self.spots]
        self.crosses = [index.crosses.along(each) for each in both]
        self.rates = [np.concatenate([np.zeros((1, each.shape[1])), each]) for each in (rates.level[:, None], curves)]

    def good(self, rows: Ints) -> Flags:
        """Which lines have nothing but good rows, (n,)."""
        good = self._good_spots[rows[:, SPOT]] & self._good_crosses[rows[:, CURRENCY]]
        good &= self._good_rates[rows[:, RATE]] & self._good_rates[rows[:, CARRY]]
        return np.asarray(good & self._good_volatilities[rows[:, VOLATILITY]])

    def layout(
        self, after: int, names: tuple[str, ...], index: Ints, terms: Floats, moves: tuple[Floats, Floats], at: Ints
    ) -> Layout:
        """With the rows before anything moves (after: 0) or in each scenario (1)."""
        spots, logs, rates, crosses = (each[after] for each in (self.spots, self.logs, self.rates, self.crosses))
        return Layout(names, index, terms, spots, logs, rates, *moves, crosses, at)


@dataclass(frozen=True, slots=True)
class _Quoted:
    """Quotes of one kind: levels (1 where there is none that is good), whether they are good, the rows that move them,
    each (n,)."""

    level: Floats
    good: Flags
    column: Ints

    def moved(self, scenarios: Scenarios | None, low: float, high: float, instead: float) -> tuple[Floats, Flags]:
        """Levels in each scenario (n, S), and which stay within their bounds there; of others `instead`."""
        if scenarios is None or not len(self.level):
            return np.empty((len(self.level), len(scenarios.labels) if scenarios else 0)), self.good
        times, plus = scenarios.rows
        moved = times[self.column]
        moved *= self.level[:, None]
        moved += plus[self.column]
        good = self.good & (moved.min(axis=1) >= low) & (moved.max(axis=1) <= high)
        moved[~good] = instead
        return moved, good

    def reached(self, scenarios: Scenarios | None) -> Flags:
        """Which volatilities stay within their bounds in each scenario; by the ends of their moves where that says."""
        if scenarios is None or not len(self.level):
            return self.good
        low, high = (
            self.level * times[self.column] + plus[self.column] for times, plus in scenarios.ends
        )  # of each row of moves
        good = self.good & (low >= PRICE_LEAST) & (high <= VOLATILITY_MOST)
        unsure = np.flatnonzero(self.good & ~good)
        one = _Quoted(self.level[unsure], self.good[unsure], self.column[unsure])
        good[unsure] = one.moved(scenarios, PRICE_LEAST, VOLATILITY_MOST, 1.0)[1]
        return np.asarray(good)


def _levels(index: _Index, market: Market) -> tuple[Floats, Flags]:
    """Levels of the index's quotes, and whether each is there, neither stale nor from later, and within its bounds."""
    quotes = [market.quotes.get(name) for name in index.names]
    level = np.array([np.nan if quote is None else quote.value for quote in quotes], np.float64)
    ts_ns = [market.ts_ns if quote is None else quote.ts_ns for quote in quotes]
    fresh = np.array([0 <= market.ts_ns - ts <= market.age_max_ns for ts in ts_ns], np.bool_)
    known = fresh & (level >= index.low) & (level <= index.high)
    return np.where(known, level, 1.0), known


def _logs(spots: Floats) -> Floats:
    out = np.empty_like(spots)
    logarithms(spots.reshape(-1), out.reshape(-1))
    return out


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
