"""The benchmark of features on a small table: every side answers, ours in every cell."""

import datetime

import numpy as np
import pyarrow as pa

from bench.features import WIDTH, exact, ours, run


def table(n: int = 400) -> pa.Table:
    chance = np.random.Generator(np.random.PCG64(3))
    start = datetime.datetime(2018, 4, 1)
    seconds = np.sort(chance.integers(0, 60 * 86_400, n) // 600 * 600)
    times = [start + datetime.timedelta(seconds=int(s)) for s in seconds]
    made = pa.table(
        {
            "TRANSACTION_ID": np.arange(n),
            "TX_DATETIME": pa.array(times, pa.timestamp("us")),
            "CUSTOMER_ID": chance.integers(0, 9, n),
            "TERMINAL_ID": chance.integers(0, 5, n),
            "TX_AMOUNT": chance.integers(1, 30_000, n) / 100,
            "TX_FRAUD": chance.integers(0, 2, n),
        }
    )
    return made.take(pa.array(chance.permutation(n)))


def test_ours_is_exact_both_ways() -> None:
    small = table()
    truth = exact(small)
    assert truth.shape == (400, WIDTH)
    assert (ours(small, 2) == truth).all()
    assert (ours(small, 1, blocked=False) == truth).all()


def test_every_side_answers() -> None:
    found = run(table(), repeats=1)
    assert found["sides"]["ours, one thread"]["differing"] == 0
    assert set(found["sides"]) == {
        "ours, one thread",
        "ours, two threads",
        "ours, event by event",
        "Polars",
        "DuckDB",
        "pandas",
    }
    assert all(side["differing"] < found["cells"] // 4 for side in found["sides"].values())
