"""When a venue trades: days, the phases of each, and the phase at an instant.

Days come from the calendar, half days from it too; severe weather from the venue's dated closures, which also put right
what the calendar library does not know (eight of Hong Kong's twelve such days since 2018). A day that began late has
no pre-opening session, one that was broken off has no closing auction. Times are nanoseconds UTC; a stretch holds its
first instant and not its last.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from waglan.exchange.days import open_days
from waglan.exchange.rows import Closure, Hours, Phase, on
from waglan.exchange.venue import Venue
from waglan.schema.units import SECOND_NS, BadValue

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant_ns(day: date, at: time | None, zone: ZoneInfo) -> int:
    """Nanoseconds UTC of a local time on a day; None: the midnight that ends it."""
    moment = datetime.combine(day if at is not None else day + timedelta(1), at or time(), zone)
    return round((moment - EPOCH) / timedelta(microseconds=1)) * (SECOND_NS // 1_000_000)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A phase of one day between two instants: [begin_ns, end_ns)."""

    phase: Phase
    begin_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class Session:
    """A trading day: its phases in order, without overlap; `half`; `closure` where the weather changed it."""

    day: date
    half: bool
    stretches: tuple[Stretch, ...]
    closure: Closure | None = None

    def at(self, ts_ns: int) -> Stretch | None:
        """The phase at an instant; None outside the day's hours."""
        for stretch in self.stretches:
            if stretch.begin_ns <= ts_ns < stretch.end_ns:
                return stretch
        return None

    @property
    def continuous(self) -> tuple[tuple[int, int], ...]:
        """The stretches of continuous trading, (begin_ns, end_ns)."""
        return tuple((s.begin_ns, s.end_ns) for s in self.stretches if s.phase.match == "continuous")

    @property
    def auctions(self) -> tuple[Stretch, ...]:
        """The phases that match by auction. With `random_end` the instant lies anywhere in them."""
        return tuple(s for s in self.stretches if s.phase.match == "auction")


def cut(phases: tuple[Phase, ...], closure: Closure | None) -> list[tuple[Phase, time, time | None]]:
    """The phases that the weather left: (phase, begin, end), local time; end None for midnight."""
    kept = [(phase, phase.begin, phase.end) for phase in phases]
    if closure is not None and closure.opens is not None:
        first = next(p.begin for p in phases if p.match == "continuous")
        kept = [(p, max(b, closure.opens), e) for p, b, e in kept if b >= first and (e is None or e > closure.opens)]
    if closure is not None and closure.closes is not None:
        last = closure.closes
        kept = [(p, b, last if e is None else min(e, last)) for p, b, e in kept if b < last]
    return kept


class Sessions:
    """The trading days of a venue from `first` to `last`, both included. A day's phases are made when asked for."""

    def __init__(self, venue: Venue, first: date, last: date) -> None:
        """Raises BadValue for days before the venue's rules are known, or a last before the first."""
        venue.check_day(first)
        self.venue = venue
        self.first = first
        self.last = last
        self.zone = ZoneInfo(venue.zone)
        self.closures = {closure.day: closure for closure in venue.closures}
        self.half = {
            day: half
            for day, half in open_days(venue.calendar, first, last).items()
            if day not in self.closures or not self.closures[day].whole
        }
        self.days = tuple(self.half)
        self.made: dict[date, Session] = {}

    def is_open(self, day: date) -> bool:
        """Whether there is any trading on a day. Raises BadValue for a day outside the span."""
        if not self.first <= day <= self.last:
            raise BadValue(f"days are known from {self.first} to {self.last}; the day was {day}")
        return day in self.half

    def session(self, day: date) -> Session:
        """The phases of a trading day. Raises BadValue where there is no trading, saying why if the weather did."""
        if not self.is_open(day):
            closure = self.closures.get(day)
            why = f": {closure.signal}, {closure.why}" if closure is not None else ""
            raise BadValue(f"{self.venue.name} does not trade on {day}{why}")
        if day not in self.made:
            self.made[day] = self._make(day)
        return self.made[day]

    def _make(self, day: date) -> Session:
        kind = "half" if self.half[day] else "full"
        rows: list[Hours] = [row for row in self.venue.hours if row.day == kind]
        closure = self.closures.get(day)
        stretches = tuple(
            Stretch(phase, instant_ns(day, begin, self.zone), instant_ns(day, end, self.zone))
            for phase, begin, end in cut(on(rows, day, f"hours of a {kind} day").phases, closure)
        )
        return Session(day, self.half[day], stretches, closure)

    def at(self, ts_ns: int) -> Stretch | None:
        """The phase of an instant; None when the venue is shut. Raises BadValue outside the span."""
        local = (EPOCH + timedelta(microseconds=ts_ns // 1000)).astimezone(self.zone).date()
        return self.session(local).at(ts_ns) if self.is_open(local) else None

    def next(self, day: date, count: int = 1) -> date:
        """The count-th trading day after a day. Raises BadValue where the span ends first, or count is not positive."""
        if count < 1:
            raise BadValue(f"a number of days ahead is at least 1; it was {count}")
        place = bisect_right(self.days, day) + count - 1
        if place >= len(self.days):
            raise BadValue(f"{self.venue.name}'s days are known to {self.last}: too few follow {day}")
        return self.days[place]

    def on_or_after(self, day: date) -> date:
        """The first trading day that is not before a day."""
        place = bisect_left(self.days, day)
        if place >= len(self.days):
            raise BadValue(f"{self.venue.name}'s days are known to {self.last}: none follows {day}")
        return self.days[place]

    @cached_property
    def continuous(self) -> NDArray[np.int64]:
        """All stretches of continuous trading, int64 (n, 2) nanoseconds UTC, rising: what a kernel is given."""
        return np.array([pair for day in self.days for pair in self.session(day).continuous], np.int64).reshape(-1, 2)

    def trading(self, ts_ns: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each instant (n,) lies in continuous trading; False outside the span."""
        begins, ends = self.continuous[:, 0], self.continuous[:, 1]
        place = np.searchsorted(begins, ts_ns, side="right") - 1
        return (place >= 0) & (ts_ns < ends[np.maximum(place, 0)]) if len(ends) else np.zeros(len(ts_ns), np.bool_)
