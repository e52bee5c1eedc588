"""A recorded order book, as it came from the wire: lines of a local time and a JSON message -> `schema.depth.Depth`.

The file is a Binance futures stream: changes of levels with first, last and previous update id (U, u, pu), trades,
best quotes, and the snapshot that was asked for. The snapshot is older than some changes that came before it, so a
book begins by the venue's rule (Binance, "How to manage a local order book correctly"): changes are kept until the
snapshot is there, those up to its last id are dropped, the rest are applied after it, at its arrival. Applying the
snapshot where it stands in the file instead would turn the book back. Nothing is guessed: a gap empties the book.
"""

import gzip
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from waglan.kernels.depth import crossings
from waglan.kernels.layout import Codes, Ints
from waglan.schema.depth import ASK, BEST_ASK, BEST_BID, BID, BUY, CLEAR, SELL, Depth, Fault, depth_of
from waglan.schema.units import LIMIT, BadValue

MILLI_NS: Final = 1_000_000
TIME_MAX: Final = 1 << 62

Level = tuple[int, int, int]
Change = tuple[int, int, int, list[Level]]


class Quanta(dict[str, int]):
    """Decimal text -> whole quanta, each text read once: 492,000 levels hold some 20,000 different texts."""

    def __init__(self, digits: int) -> None:
        super().__init__()
        self.digits = digits

    def __missing__(self, text: str) -> int:
        whole, _, rest = text.partition(".")
        rest = rest.rstrip("0")
        if not (whole.isascii() and whole.isdigit() and (not rest or (rest.isascii() and rest.isdigit()))):
            raise BadValue(f"{text!r} is not a decimal number at or above 0")
        if len(rest) > self.digits:
            raise BadValue(f"{text} is finer than 10**-{self.digits}")
        value = int(whole + rest.ljust(self.digits, "0"))
        if value >= LIMIT:
            raise BadValue(f"{text} is past {LIMIT - 1} quanta")
        self[text] = value
        return value


class Recording:
    """The state of reading one file: ids seen, what waits for a snapshot, rows and faults so far."""

    def __init__(self, instrument: str, price_digits: int, quantity_digits: int, quotes: bool) -> None:
        self.instrument, self.quotes = instrument, quotes
        self.prices, self.sizes = Quanta(price_digits), Quanta(quantity_digits)
        self.faults: list[Fault] = []
        self.rows: list[tuple[int, int, int, int, int, int]] = []
        self.line = self.local_ns = 0
        self.last_update = self.last_trade = -1
        self.booked = False
        self.waiting: list[Change] = []
        self.stream_ns: dict[str, int] = {}

    def fault(self, code: str, value: object) -> None:
        """Mark this line."""
        self.faults.append(Fault(self.line, code, str(value)[:200]))

    def read(self, raw: bytes) -> None:
        """One line. A line that cannot be used leaves a fault and no row."""
        self.line += 1
        time, _, text = raw.partition(b" ")
        try:
            local_ns, message = int(time), msgspec.json.decode(text)
            data = message.get("data", message)
            kind = data.get("e", "snapshot" if "lastUpdateId" in data else "")
            happened = int(data["T"]) * MILLI_NS
            steps = {
                "depthUpdate": self.change,
                "trade": self.trade,
                "bookTicker": self.quote,
                "snapshot": self.snapshot,
            }
            step = steps[kind]
            if not (0 < local_ns < TIME_MAX and 0 < happened < TIME_MAX):
                raise ValueError(time)
        except (ValueError, KeyError, TypeError, AttributeError, msgspec.DecodeError):
            return self.fault("unreadable", raw[:60])
        if data.get("s", self.instrument) != self.instrument:
            return self.fault("instrument", data["s"])
        if local_ns < self.local_ns:
            self.fault("late", f"{local_ns} after {self.local_ns}")
        self.local_ns = max(self.local_ns, local_ns)
        if happened < self.stream_ns.get(kind, 0):
            self.fault("back", f"{happened} after {self.stream_ns[kind]}")
        self.stream_ns[kind] = max(happened, self.stream_ns.get(kind, 0))
        try:
            step(data, happened)
        except BadValue as error:
            self.fault("value", error)
        except (KeyError, TypeError, ValueError, AttributeError):
            self.fault("unreadable", raw[:60])

    def level(self, kind: int, price: str, size: str, least: int = 0) -> Level:
        """A level's kind, price and quantity in quanta."""
        tick, lots = self.prices[price], self.sizes[size]
        if tick < 1 or lots < least:
            raise BadValue(f"a price of {price} and a quantity of {size}")
        return kind, tick, lots

    def add(self, happened: int, levels: list[Level]) -> None:
        """Rows of this line."""
        local_ns, line = self.local_ns, self.line
        self.rows += [(kind, happened, local_ns, price, size, line) for kind, price, size in levels]

    def levels(self, bids: list[Any], asks: list[Any]) -> list[Level]:
        """Both sides of a message, bids first."""
        return [self.level(BID, *pair) for pair in bids] + [self.level(ASK, *pair) for pair in asks]

    def change(self, data: dict[str, Any], happened: int) -> None:
        """New quantities of levels. A message with one bad level is refused whole, and so leaves a gap."""
        first, last, before = int(data["U"]), int(data["u"]), int(data["pu"])
        if last <= self.last_update:
            return self.fault("duplicate", f"update {last} after {self.last_update}")
        levels = self.levels(data["b"], data["a"])
        if self.last_update >= 0 and before != self.last_update:
            self.fault("gap", f"update {before} was to follow {self.last_update}")
            self.lose(happened)
        self.last_update = last
        if self.booked:
            return self.add(happened, levels)
        self.fault("unbooked", f"update {last}")
        self.waiting.append((first, last, happened, levels))

    def lose(self, happened: int) -> None:
        """The book is not known any more."""
        if self.booked:
            self.add(happened, [(CLEAR, 0, 0)])
        self.booked = False
        self.waiting.clear()

    def snapshot(self, data: dict[str, Any], happened: int) -> None:
        """A whole book, and the changes after it that came before it."""
        last = int(data["lastUpdateId"])
        levels = self.levels(data["bids"], data["asks"])
        later = [change for change in self.waiting if change[1] > last]
        if self.booked or (later and later[0][0] > last + 1):
            return self.fault("again" if self.booked else "gap", f"snapshot at update {last}")
        self.add(happened, [(CLEAR, 0, 0), *levels])
        for _, _, when, levels in later:
            self.add(when, levels)
        self.last_update, self.booked = max(last, self.last_update), True
        self.waiting.clear()

    def trade(self, data: dict[str, Any], happened: int) -> None:
        """A trade, by the side that took. Those outside the book (insurance, liquidation books) are passed over."""
        number = int(data["t"])
        if number <= self.last_trade:
            return self.fault("duplicate", f"trade {number} after {self.last_trade}")
        if self.last_trade >= 0 and number != self.last_trade + 1:
            self.fault("gap", f"trade {number} after {self.last_trade}")
        self.last_trade = number
        if data.get("X", "MARKET") == "MARKET":
            self.add(happened, [self.level(SELL if data["m"] else BUY, data["p"], data["q"], least=1)])

    def quote(self, data: dict[str, Any], happened: int) -> None:
        """The best bid and ask as the venue tells them beside the book."""
        if self.quotes:
            self.add(happened, [self.level(BEST_BID, data["b"], data["B"]), self.level(BEST_ASK, data["a"], data["A"])])


def read_depth(path: Path, instrument: str, digits: tuple[int, int], quotes: bool = False) -> Depth:
    """A recorded stream, plain or gzip, as columns; `digits` of the price and of the quantity after the point.

    What is refused or marked, and by which rule, stands in `faults` with its line (`schema.depth.FAULTS`). Quotes are
    read only when asked for: they are a stream beside the book and repeat its touch. Raises BadValue for a file that
    cannot be read or holds no whole book.
    """
    recording = Recording(instrument, *digits, quotes)
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for raw in file:
                recording.read(raw)
    except (OSError, EOFError) as error:
        raise BadValue(f"{path}: line {recording.line + 1}: {error}") from None
    if not any(row[0] == CLEAR for row in recording.rows):
        found = f"; the first fault is {recording.faults[0]}" if recording.faults else ""
        raise BadValue(f"{path}: no snapshot of {instrument}: there is no book to begin with{found}")
    table = np.array(recording.rows, np.int64).T
    columns = np.ascontiguousarray(table[1:])
    kind = table[0].astype(np.int8)
    faults = tuple(sorted([*recording.faults, *crossed(kind, columns)], key=lambda fault: fault.line))
    return depth_of(instrument, digits, kind, columns, faults)


def crossed(kind: Codes, columns: Ints) -> list[Fault]:
    """A fault for each message after which the book, every level as it was told, is crossed or locked."""
    _, _, price, quantity, message = columns
    prices, rungs = np.unique(price, return_inverse=True)
    out = np.empty((len(kind), 3), np.int64)
    found = crossings(kind, rungs.astype(np.int64), quantity, message, np.zeros((2, len(prices)), np.int64), out)
    return [
        Fault(line, "crossed", f"bid {prices[bid]} and ask {prices[ask]}") for line, bid, ask in out[:found].tolist()
    ]
