"""A recorded book: one line a fault with what becomes of it, and the real recording with its known counts."""

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from waglan.intake.depth import read_depth
from waglan.schema.depth import FAULTS, KINDS, Depth, depth_of
from waglan.schema.units import BadValue

START = 1_700_000_000_000


def line(at: int, **data: Any) -> str:
    """A message happened at and arrived 5 ms after START + `at` ms."""
    happened = data.pop("T", START + at)
    local = data.pop("local", (START + at + 5) * 1_000_000)
    body = {"T": happened, **data}
    whole = body if "lastUpdateId" in data else {"stream": "x", "data": {"s": "BTCUSDT", **body}}
    return f"{local} {json.dumps(whole)}"


def change(at: int, last: int, bids: Any = (), asks: Any = (), before: int | None = None, **more: Any) -> str:
    pu = last - 1 if before is None else before
    return line(at, e="depthUpdate", U=pu + 1, u=last, pu=pu, b=list(bids), a=list(asks), **more)


def trade(at: int, number: int, price: str = "100.1", size: str = "1", **more: Any) -> str:
    return line(at, e="trade", t=number, p=price, q=size, m=False, X="MARKET", **more)


SNAPSHOT = line(
    2, lastUpdateId=11, bids=[["100.0", "2"], ["99.9", "1"]], asks=[["100.1", "3"]], local=(START + 8) * 1_000_000
)
BEGIN = [
    change(0, 10, [["99.0", "7"]]),
    change(1, 11, [["100.0", "9"]]),
    change(3, 12, [["100.0", "4"]], T=START + 3),
    SNAPSHOT,
]


def read(tmp_path: Path, lines: list[str], **options: Any) -> Any:
    path = tmp_path / "book.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode() + b"\n"))
    return read_depth(path, "BTCUSDT", (1, 3), **options)


def rows(depth: Any) -> list[tuple[str, int, int]]:
    return [(KINDS[k], int(p), int(q)) for k, p, q in zip(depth.kind, depth.price, depth.quantity, strict=True)]


BOOK = [("clear", 0, 0), ("bid", 1000, 2000), ("bid", 999, 1000), ("ask", 1001, 3000), ("bid", 1000, 4000)]


def test_a_book_begins_at_its_snapshot_and_takes_only_later_changes(tmp_path: Path) -> None:
    """The snapshot is of update 11: 10 and 11 are in it, 12 came before it and is applied after it."""
    depth = read(tmp_path, BEGIN)
    assert rows(depth) == BOOK
    assert depth.message.tolist() == [4] * 5
    assert depth.exchange_ns.tolist() == [(START + 2) * 1_000_000] * 4 + [(START + 3) * 1_000_000]
    assert set(depth.local_ns.tolist()) == {(START + 8) * 1_000_000}


CASES: dict[str, tuple[list[str], dict[str, int], list[tuple[str, int, int]]]] = {
    "a change": ([change(5, 13, [["100.0", "0.000"]])], {}, [("bid", 1000, 0)]),
    "a trade": ([trade(5, 1)], {}, [("buy", 1001, 1000)]),
    "not json": (["17000 {"], {"unreadable": 1}, []),
    "no time": (["x {}"], {"unreadable": 1}, []),
    "an unknown form": ([line(5, e="kline")], {"unreadable": 1}, []),
    "no levels": ([line(5, e="depthUpdate", U=13, u=13, pu=12)], {"unreadable": 1}, []),
    "another instrument": ([line(5, e="trade", s="ETHUSDT", t=1, p="1", q="1", m=True)], {"instrument": 1}, []),
    "a negative price": ([trade(5, 1, "-100.1")], {"value": 1}, []),
    "a price of nothing": ([trade(5, 1, "0.0")], {"value": 1}, []),
    "a negative quantity": ([change(5, 13, [["100.0", "-1"]])], {"value": 1}, []),
    "a trade of nothing": ([trade(5, 1, size="0")], {"value": 1}, []),
    "too fine a price": ([trade(5, 1, "100.15")], {"value": 1}, []),
    "not a number": ([trade(5, 1, "NaN")], {"value": 1}, []),
    "a price past the bound": ([trade(5, 1, "9" * 14)], {"value": 1}, []),
    "a duplicate": ([change(5, 12, [["100.0", "1"]])], {"duplicate": 1}, []),
    "a trade again": ([trade(5, 1), trade(6, 1)], {"duplicate": 1}, [("buy", 1001, 1000)]),
    "a trade left out": ([trade(5, 1), trade(6, 3)], {"gap": 1}, [("buy", 1001, 1000)] * 2),
    "a gap": ([change(5, 15, [["100.0", "1"]], before=14)], {"gap": 1, "unbooked": 1}, [("clear", 0, 0)]),
    "a bad level leaves a gap": (
        [change(5, 13, [["100.0", "1"], ["-1", "1"]]), change(6, 14, [["100.0", "1"]])],
        {"value": 1, "gap": 1, "unbooked": 1},
        [("clear", 0, 0)],
    ),
    "a snapshot again": ([line(5, lastUpdateId=13, bids=[], asks=[])], {"again": 1}, []),
    "a line from before": ([trade(5, 1, local=(START + 1) * 1_000_000)], {"late": 1}, [("buy", 1001, 1000)]),
    "exchange time back": ([trade(5, 1), trade(6, 2, T=START)], {"back": 1}, [("buy", 1001, 1000)] * 2),
    "a crossed book": ([change(5, 13, [["100.1", "1"]])], {"crossed": 1}, [("bid", 1001, 1000)]),
    "crossed inside a message only": (
        [change(5, 13, [["100.1", "1"]], [["100.1", "0"]])], {}, [("bid", 1001, 1000), ("ask", 1001, 0)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_counted_by_its_rule(tmp_path: Path, name: str) -> None:
    lines, counts, added = CASES[name]
    depth = read(tmp_path, BEGIN + lines)
    assert depth.counts() == {**counts, "unbooked": 3 + counts.get("unbooked", 0)}
    assert rows(depth) == BOOK + added
    assert all(fault.code in FAULTS and 1 <= fault.line <= len(BEGIN + lines) for fault in depth.faults)


def test_after_a_gap_the_next_snapshot_opens_a_new_book(tmp_path: Path) -> None:
    lost = [change(5, 15, before=14), change(6, 16, [["100.0", "1"]])]
    depth = read(tmp_path, [*BEGIN, *lost, line(7, lastUpdateId=15, bids=[["99.8", "1"]], asks=[])])
    assert rows(depth) == [*BOOK, ("clear", 0, 0), ("clear", 0, 0), ("bid", 998, 1000), ("bid", 1000, 1000)]


def test_a_late_line_enters_at_the_time_of_the_one_above(tmp_path: Path) -> None:
    depth = read(tmp_path, [*BEGIN, trade(5, 1, local=1)])
    assert depth.local_ns[-1] == depth.local_ns[-2]


@pytest.mark.parametrize("lines", [[], ["{}"], BEGIN[:3]])
def test_a_file_without_a_book_is_refused(tmp_path: Path, lines: list[str]) -> None:
    with pytest.raises(BadValue, match="no snapshot of BTCUSDT"):
        read(tmp_path, lines)


def test_a_file_that_breaks_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "book.gz"
    path.write_bytes(gzip.compress("\n".join(BEGIN).encode())[:-9])
    with pytest.raises(BadValue, match="line "):
        read_depth(path, "BTCUSDT", (1, 3))


def test_columns_are_frozen_and_their_digest_names_them() -> None:
    kind = np.zeros(2, np.int8)
    columns = np.arange(10, dtype=np.int64).reshape(5, 2)
    depth = depth_of("X", (0, 0), kind, columns.copy())
    with pytest.raises(ValueError, match="read-only"):
        depth.price[0] = 1
    other = columns.copy()
    other[2, 0] += 1
    assert depth_of("X", (0, 0), kind.copy(), columns.copy()).digest == depth.digest
    assert depth_of("X", (0, 0), kind.copy(), other).digest != depth.digest
    other = columns.copy()
    other[1] = (2, 1)
    with pytest.raises(BadValue, match="row 1: local_ns 1 is before 2"):
        depth_of("X", (0, 0), kind.copy(), other)


def test_the_recording_is_read_whole(shared: Callable[[str], Path]) -> None:
    """344.8 s: 491,973 level changes, six messages of them before the snapshot; no gap, no crossed message."""
    depth = read_depth(shared("data/binance_l2/usdm_btcusdt_20240808.gz"), "BTCUSDT", (1, 3))
    assert depth.counts() == {"unbooked": 6}
    assert np.bincount(depth.kind).tolist() == [231_051, 214_211, 9_616, 11_697, 1]
    assert depth.digest.hex().startswith("1ab35e10253945")


def test_the_reference_tells_every_rule_and_field() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "depth.md").read_text()
    assert all(f"| `{code}` | {text} |" in page for code, text in FAULTS.items())
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)[: len(Depth.__struct_fields__)] == list(
        Depth.__struct_fields__
    )
