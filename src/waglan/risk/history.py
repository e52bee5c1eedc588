"""The history of a book's factors: their levels at the end of each day, and the returns between them.

A return is the logarithm of the ratio of two levels where the factor moves by a share, their difference where it moves
by an amount. A day is whole or it is not there: a missing level would leave a day on which the factors did not move
together, and scenarios are such days. Days are told apart by their date (UTC), which is the scenario's label.

Levels are kept and returns are made of them, so a snapshot holds levels alone.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from waglan.kernels import generation as kernel
from waglan.pricing.market import PRICE_LEAST, PRICE_MOST
from waglan.pricing.scenarios import Factor, once
from waglan.schema.units import DAY_NS, SECOND_NS, BadValue

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

GAP_DAYS: Final = 10
"""Between two days of a history: the longest closures (Lunar New Year, September 2001) stay below it."""
_ROOM: Final = 512


class Gap(BadValue):
    """A day so long after the last one that the move between them is no day's; `resume` begins anew."""


class History:
    """Levels of factors by day, oldest first. Appending costs O(factors)."""

    def __init__(self, factors: Sequence[Factor]) -> None:
        once("factor", [factor.name for factor in factors])
        if not factors:
            raise BadValue("a history is of one factor or more, there are none")
        self.factors = tuple(factors)
        self.share = np.array([factor.how == "share" for factor in factors], np.bool_)
        self.labels: list[str] = []
        """Date of each return."""
        self._levels = np.empty((_ROOM, len(factors)), np.float64)
        self._ts = np.empty(_ROOM, np.int64)
        self._returns = np.empty((_ROOM, len(factors)), np.float64)
        self._starts: list[int] = []
        self._days = 0
        self._last_ns, self._last = 0, ""  # of the last day

    def __len__(self) -> int:
        """How many returns there are: a level less for each beginning."""
        return len(self.labels)

    @property
    def ts_ns(self) -> Ints:
        """When each day ended, (levels,)."""
        return self._ts[: self._days]

    def days(self) -> Ints:
        """When the day of each return ended, (n,)."""
        return np.delete(self.ts_ns, self._starts)

    @property
    def starts(self) -> tuple[int, ...]:
        """Places of the days that no return leads to: the first, and each after a gap."""
        return tuple(self._starts)

    def levels(self) -> Floats:
        """(days, f); a view."""
        return self._levels[: self._days]

    def returns(self) -> Floats:
        """(n, f); a view."""
        return self._returns[: len(self.labels)]

    def append(self, ts_ns: int, levels: Floats) -> None:
        """A day's end. Raises BadValue, and keeps nothing, for a level that is missing or cannot be, or a day that is
        not later than the last; Gap, a BadValue too, where days are missing between them."""  # fmt: skip
        day = self._checked(ts_ns, levels)
        if self._days:
            apart = ts_ns - self._last_ns
            if apart > GAP_DAYS * DAY_NS:
                raise Gap(f"{day}: {apart // DAY_NS} days after the last day of the history, {self._last}; "
                          f"{GAP_DAYS} are the most")  # fmt: skip
            kernel.returned(levels, self._levels[self._days - 1], self.share, self._row())
            self.labels.append(day)
        else:
            self._starts.append(0)
        self._keep(ts_ns, day, levels)

    def resume(self, ts_ns: int, levels: Floats) -> None:
        """A day's end after a gap: the history goes on from it, and has no return from across the gap."""
        day = self._checked(ts_ns, levels)
        self._starts.append(self._days)
        self._keep(ts_ns, day, levels)

    def moves(self) -> Floats:
        """What the factors did on the last day, as scenarios say it: shares or amounts, (f,). Zeros on a beginning."""
        if not self._days or self._starts[-1] == self._days - 1:
            return np.zeros(len(self.factors))
        now, before = self._levels[self._days - 1], self._levels[self._days - 2]
        return np.asarray(np.where(self.share, now / np.where(self.share, before, 1.0) - 1.0, now - before))

    def snapshot(self) -> bytes:
        """Times, levels and beginnings as bytes. Inverse: `restored`."""
        raw = [self.ts_ns.astype("<i8").tobytes(), self.levels().astype("<f8").tobytes(), self._starts]
        return msgspec.msgpack.encode([[factor.name for factor in self.factors], *raw])

    def _checked(self, ts_ns: int, levels: Floats) -> str:
        """The day's date, or BadValue."""
        day = date(ts_ns)
        if levels.shape != (len(self.factors),) or levels.dtype != np.float64:
            raise BadValue(f"{day}: a level for each of {len(self.factors)} factors, was {levels.dtype} {levels.shape}")
        wrong = int(kernel.impossible(levels, self.share, PRICE_LEAST, PRICE_MOST))
        if wrong >= 0:
            low = PRICE_LEAST if self.share[wrong] else -PRICE_MOST
            raise BadValue(f"{self.factors[wrong].name}: {day}: a level lies between {low:g} and {PRICE_MOST:g}, it "
                           f"was {levels[wrong]}")  # fmt: skip
        if self._days and day <= self._last:
            raise BadValue(f"{day}: a day of the history comes after the last one, {self._last}")
        return day

    def _row(self) -> Floats:
        if len(self.labels) == len(self._returns):
            self._returns = doubled(self._returns)
        return np.asarray(self._returns[len(self.labels)])

    def _keep(self, ts_ns: int, day: str, levels: Floats) -> None:
        if self._days == len(self._ts):
            self._levels, self._ts = doubled(self._levels), np.concatenate([self._ts, np.empty_like(self._ts)])
        self._levels[self._days] = levels
        self._ts[self._days] = ts_ns
        self._last_ns, self._last = ts_ns, day
        self._days += 1


def restored(factors: Sequence[Factor], data: bytes) -> History:
    """The history of a snapshot; the same bits. Raises BadValue for a snapshot of other factors."""
    names, ts, levels, starts = msgspec.msgpack.decode(data, type=tuple[list[str], bytes, bytes, list[int]])
    if names != [factor.name for factor in factors]:
        raise BadValue(f"the history is of factors {names}, asked for were {[factor.name for factor in factors]}")
    out = History(factors)
    rows = np.frombuffer(levels, "<f8").reshape(-1, len(factors)).astype(np.float64)
    begins = frozenset(starts)
    for day, ts_ns in enumerate(np.frombuffer(ts, "<i8").tolist()):
        (out.resume if day in begins else out.append)(ts_ns, rows[day])
    return out


def doubled(rows: Floats) -> Floats:
    """The same rows with room for as many again."""
    out = np.empty((2 * len(rows), rows.shape[1]))
    out[: len(rows)] = rows
    return out


def date(ts_ns: int) -> str:
    """The UTC date of a time, 2015-01-15."""
    return datetime.fromtimestamp(ts_ns // SECOND_NS, UTC).date().isoformat()
