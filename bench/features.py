"""Twelve windowed features on 1.75 M card payments, from an unsorted Arrow table to the output, beside three peers.

`python -m bench.features --data FILE --json`. Count and mean amount of the customer over 1, 7 and 30 days, the present
payment included; count and fraud rate of the terminal over the same, seven days back. Rows come shuffled; each side
sorts them by time, ties by the file's order, and is timed from there to its last cell, warm, compilation apart. Every
cell of every side is compared with the exact definition, which is computed here by a binary search for each window. A
peer's cell counts as different if it is off by more than half a cent or half a millionth: two payments of one second
are one window's end to pandas, Polars and DuckDB, and not to the log.
"""

import argparse
import hashlib
import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

os.environ.setdefault("POLARS_MAX_THREADS", "1")

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from waglan.features import Windows, plan
from waglan.features.blocks import BLOCK
from waglan.kernels.compiled import compiled
from waglan.kernels.order import time_order
from waglan.schema.recipe import Column, Feature, Recipe, columns
from waglan.schema.units import DAY_NS, NULL, BadValue

Ints = NDArray[np.int64]
DAYS: Final = (1, 7, 30)
COLUMNS: Final = ("TRANSACTION_ID", "TX_DATETIME", "CUSTOMER_ID", "TERMINAL_ID", "TX_AMOUNT", "TX_FRAUD")
WIDTH: Final = 4 * len(DAYS)


def recipe() -> Recipe:
    """The twelve features as a recipe declares them."""
    declared = []
    for d in DAYS:
        own = {"by": "customer", "window": f"{d}d", "present": True}
        late = {"by": "terminal", "window": f"{d}d", "delay": "7d"}
        declared += [
            Feature(name=f"customer_count_{d}d", take="count", **own),  # type: ignore[arg-type]
            Feature(name=f"customer_mean_{d}d", take="mean", of="amount", **own),  # type: ignore[arg-type]
            Feature(name=f"terminal_count_{d}d", take="count", **late),  # type: ignore[arg-type]
            Feature(name=f"terminal_rate_{d}d", take="rate", of="fraud", **late),  # type: ignore[arg-type]
        ]
    fields = {
        "customer": Column(entity="customer"),
        "terminal": Column(entity="terminal"),
        "amount": Column(money="EUR"),
        "fraud": Column(flag=True, truth_after="7d"),
    }
    return Recipe(
        name="twelve", desk="fraud", purpose="benchmark", owner="bench", review="2030-01-01", subject="customer",
        columns=fields, features=declared,
    )  # fmt: skip


@compiled
def lay_out(
    order: Ints, ts: Ints, source: tuple[Any, Any, Any, Any], times: Ints, values: Ints, start: int, stop: int
) -> None:
    """Events start .. stop - 1 of a stretch of the order, as the engine takes them: amounts in cents."""
    customer, terminal, amount, fraud = source
    for i in range(start, stop):
        event = order[i]
        times[i] = ts[event]
        values[i, 0], values[i, 1] = customer[event], terminal[event]
        values[i, 2], values[i, 3] = np.int64(np.rint(amount[event] * 100)), fraud[event]


class Source:
    """An unsorted table in log order, a stretch at a time, as the engine takes events."""

    def __init__(self, table: pa.Table, threads: int = 1) -> None:
        raw = {name: table[name].combine_chunks() for name in COLUMNS}
        self.ts = raw["TX_DATETIME"].cast(pa.timestamp("ns")).cast(pa.int64()).to_numpy()
        self.order = time_order(self.ts, raw["TRANSACTION_ID"].to_numpy())
        self.columns = tuple(raw[name].to_numpy() for name in COLUMNS[2:])
        self.threads, self.pool = threads, ThreadPoolExecutor(threads)
        self.kinds, self.times = np.zeros(BLOCK, np.int8), np.empty(BLOCK, np.int64)
        self.values = np.full((BLOCK, len(columns(recipe()))), NULL)

    def stretch(self, begin: int, stop: int) -> tuple[NDArray[np.int8], Ints, Ints]:
        """Kinds, times and values; the next call overwrites them. Columns beyond the file's four are null."""
        n = stop - begin
        given = (self.order[begin:stop], self.ts, self.columns, self.times, self.values)
        cuts = [n * part // self.threads for part in range(self.threads + 1)]
        for done in [self.pool.submit(lay_out, *given, a, b) for a, b in pairwise(cuts)]:
            done.result()
        return self.kinds[:n], self.times[:n], self.values[:n]


def ours(table: pa.Table, threads: int, blocked: bool = True) -> Ints:
    """The state moved by all of history, a stretch at a time: key by key in blocks, or one event after another."""
    source, n = Source(table, threads), table.num_rows
    windows, rows = Windows(plan.compile(recipe()), threads), np.empty((n, WIDTH), np.int64)
    for begin in range(0, n, BLOCK):
        stop = min(begin + BLOCK, n)
        windows.step(*source.stretch(begin, stop), blocked=blocked, threads=threads, out=rows[begin:stop])
    return rows


def polars(table: pa.Table) -> Any:
    """rolling_*_by over each key; a delayed window is the difference of two that end at the present."""
    import polars as pl

    frame = pl.DataFrame(table.select(list(COLUMNS))).sort(["TX_DATETIME", "TRANSACTION_ID"])
    frame = frame.with_columns(one=pl.lit(1, pl.Int32), fraud=pl.col("TX_FRAUD").cast(pl.Int32))
    made = []
    for d in DAYS:
        made.append(_rolled(pl.col("one").rolling_sum_by, d, "CUSTOMER_ID").alias(f"customer_count_{d}d"))
        made.append(_rolled(pl.col("TX_AMOUNT").rolling_mean_by, d, "CUSTOMER_ID").alias(f"customer_mean_{d}d"))
    for d in (7, *(7 + d for d in DAYS)):
        made.append(_rolled(pl.col("one").rolling_sum_by, d, "TERMINAL_ID").alias(f"n{d}"))
        made.append(_rolled(pl.col("fraud").rolling_sum_by, d, "TERMINAL_ID").alias(f"f{d}"))
    frame = frame.with_columns(made)
    wanted = []
    for d in DAYS:
        count = pl.col(f"n{7 + d}") - pl.col("n7")
        wanted += [f"customer_count_{d}d", f"customer_mean_{d}d", count.alias(f"terminal_count_{d}d")]
        wanted.append(((pl.col(f"f{7 + d}") - pl.col("f7")) / count).alias(f"terminal_rate_{d}d"))
    return frame.select(wanted)


def _rolled(method: Any, days: int, key: str) -> Any:
    return method("TX_DATETIME", window_size=f"{days}d").over(key)


def duckdb(table: pa.Table) -> Any:
    """SQL windows with RANGE frames."""
    import duckdb

    session = duckdb.connect(config={"threads": 1})
    session.register("payments", table)
    parts, windows = [], []
    for d in DAYS:
        parts += [f"count(*) over c{d}", f"avg(TX_AMOUNT) over c{d}", f"count(*) over t{d}", f"avg(TX_FRAUD) over t{d}"]
        for name, key, late in (("c", "CUSTOMER_ID", 0), ("t", "TERMINAL_ID", 7)):
            first, last = f"interval {d + late} days - interval 1 microsecond", f"interval {late} days"
            frame = f"range between ({first}) preceding and {last if late else 'interval 0 days'} preceding"
            windows.append(f"{name}{d} as (partition by {key} order by TX_DATETIME {frame})")
    query = f"select {', '.join(parts)} from payments window {', '.join(windows)} order by TX_DATETIME, TRANSACTION_ID"  # noqa: S608
    return session.sql(query).to_arrow_table()


def pandas(table: pa.Table) -> Any:
    """groupby().rolling() on time, as the benchmark's own authors wrote it."""
    import pandas as pd

    frame = table.select(list(COLUMNS)).to_pandas().sort_values(["TX_DATETIME", "TRANSACTION_ID"])
    frame.index = pd.RangeIndex(len(frame))
    frame["one"] = 1
    made: dict[str, Any] = {}
    for key, late in (("CUSTOMER_ID", 0), ("TERMINAL_ID", 7)):
        grouped = frame.set_index("TX_DATETIME").groupby(key)
        order = frame.groupby(key).indices
        place = np.concatenate([order[k] for k in sorted(order)])
        for days in sorted({late, *(late + d for d in DAYS)} - {0}):
            rolled = grouped.rolling(f"{days}D")
            for name in ("one", "TX_AMOUNT" if not late else "TX_FRAUD"):
                column = np.empty(len(frame))
                column[place] = rolled[name].sum().to_numpy()
                made[f"{key}{name}{days}"] = column
    return _joined(made)


def _joined(made: dict[str, Any]) -> Any:
    out = []
    for d in DAYS:
        own = made[f"CUSTOMER_IDone{d}"]
        late = made[f"TERMINAL_IDone{7 + d}"] - made["TERMINAL_IDone7"]
        bad = made[f"TERMINAL_IDTX_FRAUD{7 + d}"] - made["TERMINAL_IDTX_FRAUD7"]
        with np.errstate(invalid="ignore", divide="ignore"):
            out += [own, made[f"CUSTOMER_IDTX_AMOUNT{d}"] / own, late, bad / late]
    return np.stack(out, axis=1)


def exact(table: pa.Table) -> Ints:
    """The definition, by another way: for each event its window's ends found by binary search among its key's times."""
    source = Source(table)
    ts, values = np.empty(table.num_rows, np.int64), np.empty((table.num_rows, 4), np.int64)
    lay_out(source.order, source.ts, source.columns, ts, values, 0, table.num_rows)
    out = np.empty((len(ts), WIDTH), np.int64)
    for key, value, late, at in ((0, 2, 0, 0), (1, 3, 7, 2)):
        order = np.lexsort((np.arange(len(ts)), values[:, key]))
        starts = np.flatnonzero(np.diff(values[order, key], prepend=-1))
        for begin, stop in zip(starts, np.append(starts[1:], len(ts)), strict=True):
            mine = order[begin:stop]
            t, sums = ts[mine], np.concatenate([[0], np.cumsum(values[mine, value])])
            hi = np.searchsorted(t, t - late * DAY_NS, "right") if late else np.arange(1, len(t) + 1)
            for k, d in enumerate(DAYS):
                lo = np.minimum(np.searchsorted(t, t - (late + d) * DAY_NS, "right"), hi)
                count, total = hi - lo, (sums[hi] - sums[lo]) * (1_000_000 if late else 1)
                out[mine, 4 * k + at] = count
                out[mine, 4 * k + at + 1] = rounded(total, count)
    return out


def rounded(total: Ints, count: Ints) -> Ints:
    """total / count to the nearest, halves to even, in integers; NULL where count is 0."""
    safe = np.maximum(count, 1)
    q, rest = np.divmod(total, safe)
    up = (2 * rest > safe) | ((2 * rest == safe) & (q % 2 == 1))
    return np.where(count > 0, q + up, NULL)


def differing(found: Any, truth: Ints) -> int:
    """Cells that are not the exact ones; of a peer's floats those that round to another cent or millionth."""
    if isinstance(found, np.ndarray) and found.dtype == np.int64:
        return int((found != truth).sum())
    held = found if isinstance(found, np.ndarray) else np.stack([np.asarray(c, np.float64) for c in _columns(found)], 1)
    scale = np.tile([1.0, 100.0, 1.0, 1_000_000.0], len(DAYS))
    with np.errstate(invalid="ignore"):
        off = np.abs(held * scale - truth) > 0.5 + 1e-6
    empty = truth == NULL
    return int((np.where(empty, ~np.isnan(held), off | np.isnan(held))).sum())


def _columns(frame: Any) -> list[Any]:
    return list(frame.columns) if isinstance(frame, pa.Table) else list(frame.iter_columns())


def timed(call: Callable[[pa.Table], Any], table: pa.Table, repeats: int) -> tuple[dict[str, float], Any]:
    """Wall seconds, least and median of the repeats after a first call that is not counted, and the answer."""
    began = time.perf_counter()
    found = call(table)
    first, spent = time.perf_counter() - began, []
    for _ in range(repeats):
        began = time.perf_counter()
        call(table)
        spent.append(time.perf_counter() - began)
    spent = sorted(spent or [first])
    return {"first_s": round(first, 3), "least_s": spent[0], "median_s": spent[len(spent) // 2]}, found


def run(table: pa.Table, repeats: int = 5) -> dict[str, Any]:
    """Every side on the same shuffled table; `differing` counts cells that are not the exact definition's."""
    truth = exact(table)
    sides: dict[str, tuple[Callable[[pa.Table], Any], int]] = {
        "ours, one thread": (lambda t: ours(t, 1), repeats),
        "ours, two threads": (lambda t: ours(t, 2), repeats),
        "ours, event by event": (lambda t: ours(t, 1, blocked=False), min(repeats, 2)),
        "Polars": (polars, repeats),
        "DuckDB": (duckdb, min(repeats, 2)),
        "pandas": (pandas, 0),
    }
    found: dict[str, Any] = {"rows": table.num_rows, "features": WIDTH, "sides": {}}
    for name, (call, times) in sides.items():
        spent, answer = timed(call, table, times)
        found["sides"][name] = spent | {
            "rows_per_s": round(table.num_rows / spent["median_s"]),
            "differing": differing(answer, truth),
        }
    found["cells"] = int(truth.size)
    found["answer"] = hashlib.sha256(np.ascontiguousarray(truth).tobytes()).hexdigest()
    return found


def shuffled(path: Path, seed: int = 1) -> pa.Table:
    """The file with its rows in an order that a seed gives. Raises BadValue if it lacks a column."""
    table = pq.read_table(path)
    missing = [name for name in COLUMNS if name not in table.column_names]
    if missing:
        raise BadValue(f"{path}: no column {', '.join(missing)}; found {', '.join(table.column_names)}")
    order = np.random.Generator(np.random.PCG64(seed)).permutation(table.num_rows)
    ids = pa.array(np.arange(table.num_rows))
    table = table.select(list(COLUMNS)).set_column(0, COLUMNS[0], ids)
    return table.take(pa.array(order)).combine_chunks()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.features", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="handbook_transactions.parquet")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = run(shuffled(asked.data), asked.repeats)
    if asked.json:
        print(json.dumps(found))
        return
    for name, side in found["sides"].items():
        print(
            f"{name:<22}{side['median_s']:>9.3f} s{side['rows_per_s']:>12,} rows/s{side['differing']:>10,} cells differ"
        )


if __name__ == "__main__":
    main()
