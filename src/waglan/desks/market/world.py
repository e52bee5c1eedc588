"""A simulated Hong Kong trading floor: years of market history, live days with a bank's orders, from one seed.

`simulate` tells the story (prices, hours, trading) and `World` hands it out: events in log order, the universe that is
the book's model file, and the truth apart, where no estimate can read it. See docs/reference/market-world.md.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from waglan.desks.market import events
from waglan.desks.market.calendar import CLOSES_NS, ROLLS_NS, Days, trading_days
from waglan.desks.market.events import Measure, Row
from waglan.desks.market.hours import Hours, eve_of, hours
from waglan.desks.market.instruments import universe as universe_of
from waglan.desks.market.names import QUOTES
from waglan.desks.market.plants import QUIET, stale_day
from waglan.desks.market.prices import Prices, prices
from waglan.desks.market.traders import Trade
from waglan.desks.market.trading import trading
from waglan.intake import from_table
from waglan.measures.chance import Ints
from waglan.risk.universe import Universe, universe_bytes
from waglan.schema.batch import Batch
from waglan.schema.recipe import Recipe
from waglan.schema.units import DAY_NS, MICRO, NULL, BadValue

HISTORY: Final = 1_250
LIVE: Final = 240


@dataclass(frozen=True)
class World:
    """What happened and what is true. trades: as if every order were let through, but for those that are planted to be
    refused, which have no fill. levels of the market are millionths."""

    seed: int
    days: Days
    prices: Prices
    hours: Hours
    universe: Universe
    eve: Ints
    trades: list[Trade]

    @property
    def live_ns(self) -> int:
        """Midnight before the first live day: what is earlier is history."""
        return int(self.days.midnight_ns[self.days.history])

    def live_day_ns(self, day: int) -> int:
        """Midnight before a live day, counted from 0; after the last one the world's end."""
        at = self.days.history + day
        return int(self.days.midnight_ns[at] if at < len(self.days) else self.days.midnight_ns[-1] + DAY_NS)

    @property
    def estimated_ns(self) -> int:
        """When estimates come that are made of history: just before the eve's roll."""
        return int(self.days.midnight_ns[self.days.history - 1]) + ROLLS_NS - 1

    @cached_property
    def measures(self) -> list[Measure]:
        """Every measure that is asked for on live days."""
        return events.measures(self.days, self.hours)

    def table(self, estimates: Sequence[Row] = (), closings: bool = False) -> pa.Table:
        """All events in our own form and in log order. estimates: rows of kind `estimate`, fitted by whoever asks.
        closings: of what would be flat at expiry too, with quantity 0, for who lets orders through or not."""
        trades = [t for t in self.trades if t.quantity or closings]
        moved = events.moments(self.days, self.hours)
        rows = [*events.traded(trades), *estimates, *moved, *events.asked(self.measures)]
        return events.table(self._quoted(), rows)

    def events(self, recipe: Recipe, estimates: Sequence[Row] = (), closings: bool = False) -> Batch:
        """The same for a recipe."""
        return from_table(self.table(estimates, closings), recipe)

    def history(self) -> tuple[Ints, Ints]:
        """Times of the history's closes (n,), and levels of DAILY in millionths (n, len(DAILY))."""
        n = self.days.history
        return self.days.midnight_ns[:n] + CLOSES_NS, self.prices.levels[:n]

    def quotes(self) -> pa.Table:
        """Every quote by itself: ts_ns, quote, level."""
        ts, place, level = self._quoted()
        return pa.table({"ts_ns": ts, "quote": pa.array(list(QUOTES)).take(pa.array(place)), "level": level / MICRO})

    def truth(self) -> pa.Table:
        """What was planted, a row each: the event it shows in (or a day's roll), its label and the live day."""
        found = [(t.id, t.label, t.ts_ns) for t in self.trades if t.label]
        found += [(f"R{self.days.dates[i]:%Y%m%d}", "crash week", int(self.days.midnight_ns[i]) + ROLLS_NS)
                  for i in self.prices.crash.nonzero()[0].tolist()]  # fmt: skip
        ids, labels, ts = zip(*sorted(found, key=lambda row: row[2]), strict=True) if found else ((), (), ())
        return pa.table({"id": pa.array(ids, pa.string()), "label": pa.array(labels, pa.string()),
                         "ts_ns": pa.array(ts, pa.int64())})  # fmt: skip

    def market(self) -> pa.Table:
        """One row a day: whether it is live, the crash week's days, the side of pressure on the currency, and the true
        variance of every driver as known on the eve, in 10^-12."""
        made = self.prices
        columns: dict[str, Any] = {
            "date": [day.isoformat() for day in self.days.dates], "midnight_ns": self.days.midnight_ns,
            "live": [i >= self.days.history for i in range(len(self.days))], "crash": made.crash,
            "pressure": made.pressure,
        }  # fmt: skip
        pico = (made.variance[:-1] * MICRO * MICRO).round().astype("int64")
        return pa.table(columns | {f"variance of {name}": pico[:, j] for j, name in enumerate(made.drivers)})

    def digest(self) -> str:
        """SHA-256 of all events, the universe and the truth, as text and whole numbers."""
        inner = hashlib.sha256(universe_bytes(self.universe))
        for made in (self.table(), self.truth(), self.market()):
            for column in made.columns:
                inner.update(_plain_bytes(column))
        return inner.hexdigest()

    def write(self, directory: Path) -> list[Path]:
        """Files: events, quotes by themselves, the universe, what was planted, and the truth by day."""
        import pyarrow.parquet as pq

        directory.mkdir(parents=True, exist_ok=True)
        tables = {"events": self.table(), "quotes": self.quotes(), "truth": self.truth(), "market": self.market()}
        for name, made in tables.items():
            pq.write_table(made, directory / f"{name}.parquet", compression="zstd")
        (directory / "universe.json").write_bytes(universe_bytes(self.universe))
        return [*(directory / f"{name}.parquet" for name in tables), directory / "universe.json"]

    def _quoted(self) -> tuple[Ints, Ints, Ints]:
        missing = (stale_day(self.days), QUIET)
        return events.quoted(self.days, self.prices.levels, self.eve, self.hours, missing)


def simulate(seed: int, history: int = HISTORY, live: int = LIVE) -> World:
    """The world of a seed: the same bytes on any machine. history, live: trading days before and from 2 January 2025.

    Raises BadValue for a world too small to live in. Some 3 s for five years and one.
    """
    if seed < 0:
        raise BadValue(f"a seed is 0 or more; it was {seed}")
    days = trading_days(history, live)
    made = prices(seed, days)
    found = hours(seed, days, made)
    eve = eve_of(days, made)
    universe = universe_of(dict(zip(QUOTES, eve.tolist(), strict=True)))
    return World(seed, days, made, found, universe, eve, trading(seed, days, found, universe, eve))


def _plain_bytes(column: Any) -> bytes:
    """A column as bytes that depend on its values alone."""
    array = column.combine_chunks()
    if pa.types.is_string(array.type):
        return "\n".join(text or "" for text in array.to_pylist()).encode()
    if pa.types.is_floating(array.type):
        array = pa.array((array.to_numpy(zero_copy_only=False) * MICRO).round(), from_pandas=True)
    whole: Ints = array.cast(pa.int64()).fill_null(NULL).to_numpy(zero_copy_only=False)
    return whole.astype("<i8").tobytes()
