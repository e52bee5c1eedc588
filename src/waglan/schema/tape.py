"""Instruments and market data in columns of whole numbers: what a simulated exchange replays.

Prices are in the instrument's price quantum and quantities in its quantity quantum, so nothing is rounded on the way to
a fill. The order of the rows is the order of the log; time may stand still and never goes back. A digest is made once,
at load, and stands for the data wherever a result names it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import ClassVar, Final

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from waglan.schema.units import LIMIT, MINOR_DIGITS, NULL, BadValue

Ints = NDArray[np.int64]

DIGITS_MAX: Final = 12
"""Most digits behind the point of a price or a quantity."""


class Instrument(msgspec.Struct, frozen=True):
    """What is traded: a price is in 10**-price_digits of `currency`, a quantity in 10**-quantity_digits units.

    lot: every order is a multiple of it, in quantity quanta. ticks: name of the venue's tick table, empty for none.
    cash_digits: digits of the currency's minor unit, where ISO 4217 knows none (USDT).
    """

    name: str
    currency: str
    venue: str
    price_digits: int = 2
    quantity_digits: int = 0
    lot: int = 1
    ticks: str = ""
    cash_digits: int | None = None

    @property
    def worth(self) -> tuple[int, int]:
        """Minor units of the currency that one price quantum times one quantity quantum is, as a fraction."""
        cash = MINOR_DIGITS[self.currency] if self.cash_digits is None else self.cash_digits
        digits = cash - self.price_digits - self.quantity_digits
        return 10 ** max(digits, 0), 10 ** max(-digits, 0)


def checked(instrument: Instrument) -> Instrument:
    """The instrument itself. Raises BadValue if it cannot be."""
    if instrument.currency not in MINOR_DIGITS and instrument.cash_digits is None:
        raise BadValue(f"instrument {instrument.name!r}: unknown currency {instrument.currency!r}")
    for what in ("price_digits", "quantity_digits", "cash_digits"):
        digits = getattr(instrument, what) or 0
        if not 0 <= digits <= DIGITS_MAX:
            raise BadValue(f"instrument {instrument.name!r}: {what} lie between 0 and {DIGITS_MAX}, was {digits}")
    if not 0 < instrument.lot < LIMIT:
        raise BadValue(f"instrument {instrument.name!r}: a lot lies between 1 and 2**42, it was {instrument.lot}")
    return instrument


@dataclass(frozen=True)
class Bars:
    """n bars of one or several instruments, in the order in which they ended.

    instrument: position in `instruments`; ts_ns: end of the bar, UTC; start_ns: it opened no earlier than that, NULL
    if nothing is known. Made by `bars`, which checks them. A price is above zero and below 2**42, low <= open, close
    <= high, a volume is 0 or more and below 2**42.
    """

    instruments: tuple[Instrument, ...]
    ts_ns: Ints
    start_ns: Ints
    instrument: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    columns: ClassVar[tuple[str, ...]] = ("ts_ns", "start_ns", "instrument", "open", "high", "low", "close", "volume")

    def __len__(self) -> int:
        return len(self.ts_ns)

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 over the instruments and the columns, little-endian."""
        whole = sha256(msgspec.json.encode(self.instruments))
        for name in self.columns:
            whole.update(getattr(self, name).astype("<i8", copy=False).tobytes())
        return whole.digest()


def bars(
    instruments: Sequence[Instrument], ts_ns: ArrayLike, open: ArrayLike, high: ArrayLike, low: ArrayLike,
    close: ArrayLike, volume: ArrayLike, instrument: ArrayLike | None = None, start_ns: ArrayLike | None = None,
) -> Bars:  # fmt: skip
    """Bars from columns of whole numbers (n,), copied and frozen. Without `instrument` all are the first one's;
    without `start_ns` a bar opened when the one before it of its instrument ended, the first nobody knows when.

    Raises BadValue with the first row that cannot be: time going back, an unknown instrument, a price of zero or less,
    a close above the high.
    """
    size = len(np.atleast_1d(np.asarray(ts_ns)))
    of = np.zeros(size, np.int64) if instrument is None else instrument
    start = _column("ts_ns", ts_ns, size) if start_ns is None else start_ns
    given = dict(zip(Bars.columns, (ts_ns, start, of, open, high, low, close, volume), strict=True))
    found = Bars(tuple(checked(i) for i in instruments), *(_column(name, x, size) for name, x in given.items()))
    if len({i.name for i in found.instruments}) < len(found.instruments):
        raise BadValue(f"an instrument comes twice among {[i.name for i in found.instruments]}")
    _rows_checked(found)
    ends = _ends_before(found)
    if start_ns is None:
        found = replace(found, start_ns=ends)
    elif (bad := (found.start_ns < ends) | (found.start_ns > found.ts_ns)).any():
        row = int(np.flatnonzero(bad)[0])
        raise BadValue(f"bars: row {row}: a bar opens at {found.start_ns[row]} and ends at {found.ts_ns[row]}; the one "
                       f"before it of its instrument ended at {ends[row]}")  # fmt: skip
    found.digest  # noqa: B018 - made now, while the columns are at hand
    return found


def _column(name: str, values: ArrayLike, size: int) -> Ints:
    array = np.array(values)
    if array.ndim != 1 or len(array) != size:
        raise BadValue(f"bars: column {name} has shape {array.shape}, where ts_ns has {size} rows")
    if size and array.dtype.kind not in "iu":
        raise BadValue(f"bars: column {name} is {array.dtype}, where whole numbers of quanta are expected")
    array = np.ascontiguousarray(array, np.int64)
    array.flags.writeable = False
    return array


def _rows_checked(found: Bars) -> None:
    back = np.flatnonzero(np.diff(found.ts_ns) < 0)
    if len(back):
        row = int(back[0]) + 1
        raise BadValue(f"bars: row {row}: time goes back, from {found.ts_ns[row - 1]} to {found.ts_ns[row]}")
    top = np.maximum(found.open, found.close)
    bottom = np.minimum(found.open, found.close)
    for bad, says in (
        ((found.instrument < 0) | (found.instrument >= len(found.instruments)), "unknown instrument"),
        ((found.low <= 0) | (found.high >= LIMIT), "a price lies above zero and below 2**42"),
        ((found.low > bottom) | (found.high < top), "open and close lie between low and high"),
        ((found.volume < 0) | (found.volume >= LIMIT), "a volume lies between 0 and 2**42"),
    ):
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            shown = ", ".join(f"{name} {getattr(found, name)[row]}" for name in found.columns[1:])
            raise BadValue(f"bars: row {row}: {says}; it was {shown}")


def _ends_before(found: Bars) -> Ints:
    """When the bar before each of the same instrument ended, NULL for the first."""
    ends = np.full(len(found), NULL)
    if len(found.instruments) == 1:
        ends[1:] = found.ts_ns[:-1]
    else:
        order = np.argsort(found.instrument, kind="stable")
        same = np.diff(found.instrument[order]) == 0
        ends[order[1:][same]] = found.ts_ns[order[:-1][same]]
    ends.flags.writeable = False
    return ends
