"""A market by price: what happened to one instrument's order book, in columns of whole numbers, in the log's order.

The log's order is the order of arrival; when the exchange says it happened is kept beside it and orders the replay of
the exchange. Nothing is changed after loading, so the digest over the columns names the input of every run on it.
"""

import hashlib
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from waglan.schema.units import BadValue

BID: Final = 0
ASK: Final = 1
BUY: Final = 2
SELL: Final = 3
CLEAR: Final = 4
BEST_BID: Final = 5
BEST_ASK: Final = 6
KINDS: Final = ("bid", "ask", "buy", "sell", "clear", "best_bid", "best_ask")
"""What a row is: the new quantity of a bid or ask level (0: gone), a trade by the side that took, an emptied book (a
snapshot follows), the quote of another stream, which moves no ladder."""

FAULTS: Final = {
    "unreadable": "refused: not a time, a space and a JSON message of a known form",
    "instrument": "refused: another instrument's",
    "value": "refused with its message: a price or quantity that is negative, zero, too fine or too large",
    "duplicate": "refused: an update or trade id that was there before",
    "again": "refused: a snapshot while a whole book is known",
    "unbooked": "a change of levels while no whole book is known: kept until the snapshot, refused if it is not later",
    "gap": "the ids do not follow on; the book is emptied and waits for the next snapshot (trades: only marked)",
    "late": "arrived at a time before the line above it; enters at that line's time",
    "back": "its exchange time is before that of its stream's last message; kept",
    "crossed": "after the message the best bid is not below the best ask; kept, and the newer side is believed",
}
"""Each rule by which an event is refused or marked, as it is printed."""


class Fault(msgspec.Struct, frozen=True):
    """A message that was refused or marked: its line (from 1), the code of the rule, the value that broke it."""

    line: int
    code: str
    value: str


class Depth(msgspec.Struct, frozen=True):
    """Events of one book. `price` counts 10**-price_digits of the currency, `quantity` 10**-quantity_digits.

    Columns have one length: `kind` int8 (`KINDS`), `exchange_ns` and `local_ns` int64 as they were recorded, by two
    clocks that need not agree, `price` and `quantity` int64. `local_ns` never falls. `message` numbers the line of the
    file an event came with (from 1).
    """

    instrument: str
    price_digits: int
    quantity_digits: int
    kind: NDArray[np.int8]
    exchange_ns: NDArray[np.int64]
    local_ns: NDArray[np.int64]
    price: NDArray[np.int64]
    quantity: NDArray[np.int64]
    message: NDArray[np.int64]
    faults: tuple[Fault, ...]
    digest: bytes

    def __len__(self) -> int:
        return len(self.kind)

    def counts(self) -> dict[str, int]:
        """How many messages each rule refused or marked; rules that met none are left out."""
        found = [fault.code for fault in self.faults]
        return {code: found.count(code) for code in FAULTS if code in found}


def depth_of(
    instrument: str,
    digits: tuple[int, int],
    kind: NDArray[np.int8],
    columns: NDArray[np.int64],
    faults: tuple[Fault, ...] = (),
) -> Depth:
    """A frozen Depth of `kind` (n) and `columns` (5, n): exchange_ns, local_ns, price, quantity, message.

    The columns are made read-only. Raises BadValue where arrival goes back, naming the row and both times.
    """
    kind.flags.writeable = columns.flags.writeable = False
    exchange_ns, local_ns, price, quantity, message = columns
    falls = np.flatnonzero(np.diff(local_ns) < 0)
    if len(falls):
        at = int(falls[0])
        raise BadValue(f"row {at + 1}: local_ns {local_ns[at + 1]} is before {local_ns[at]} of the row above it")
    hashed = hashlib.sha256(f"waglan depth 1\n{instrument}\n{digits[0]} {digits[1]} {len(kind)}\n".encode())
    for array in (kind, *columns):
        hashed.update(np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
    return Depth(
        instrument, *digits, kind, exchange_ns, local_ns, price, quantity, message, faults, hashed.digest()
    )  # fmt: skip
