"""Component ES, ours beside skfolio and Riskfolio-Lib, the libraries that have it: `python -m bench.contributions`.

One seeded portfolio of equal weights, 1,000 assets by 1,000 scenarios. Both peers differ numerically: they move each
weight up and down and take ES of the portfolio again, where Euler's rule for scenarios is the mean of the tail's rows.
Our P&L is whole numbers, 10^13 to the portfolio's worth, so that rounding is far below what is compared; theirs is the
same numbers as returns. Ours is given the columns and nothing else: totals, tail and parts are all in its time.
"""

import argparse
import hashlib
import json
import os
import time
import warnings
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from waglan.measures.contributions import parts
from waglan.measures.tail import ES_975

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

WORTH: Final = 10**13
"""What the portfolio is worth, in the quantum of its P&L."""


def portfolio(assets: int, scenarios: int, seed: int = 1) -> Ints:
    """P&L of each asset, (scenarios, assets): daily returns with fat tails, a part of them common to all."""
    random = np.random.default_rng(seed)
    common = random.standard_t(4, (scenarios, 1)) * random.normal(0.008, 0.003, assets)
    returns = random.standard_t(4, (scenarios, assets)) * 0.01 + common
    return np.rint(returns * (WORTH / assets)).astype(np.int64)


def ours(pnl: Ints) -> Floats:
    """Parts of ES as shares of the portfolio's worth."""
    return parts(pnl, ES_975).es_minor / WORTH


def skfolio_parts(returns: Floats, weights: Floats) -> Floats:
    """By the library's own Portfolio."""
    from skfolio import Portfolio, RiskMeasure

    held = Portfolio(returns, weights, cvar_beta=0.975)
    return np.asarray(held.contribution(RiskMeasure.CVAR))


def riskfolio_parts(returns: Floats, weights: Floats) -> Floats:
    """By the library's own function; it takes a covariance and does not need it for this measure."""
    import pandas as pd
    from riskfolio.src.RiskFunctions import Risk_Contribution

    names = [f"a{i}" for i in range(len(weights))]
    frame = pd.DataFrame(returns, columns=names)
    held = pd.DataFrame(weights.reshape(-1, 1), index=names)
    return np.asarray(Risk_Contribution(held, frame, cov=None, rm="CVaR", alpha=0.025)).ravel()


def least(work: Callable[[], Floats], calls: int) -> tuple[Floats, float]:
    """What it gives, and the least seconds of so many calls after a first."""
    found = work()
    took = []
    for _ in range(calls):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return found, min(took)


def run(assets: int = 1_000, scenarios: int = 1_000) -> dict[str, Any]:
    """Measure and compare; the peers' first calls, which import and allocate, are not counted either."""
    pnl = portfolio(assets, scenarios)
    weights = np.full(assets, 1 / assets)
    returns = pnl * (assets / WORTH)
    mine, seconds = least(lambda: ours(pnl), 200)
    peers: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, work in (("skfolio", skfolio_parts), ("Riskfolio-Lib", riskfolio_parts)):
            theirs, took = least(lambda work=work: work(returns, weights), 2)  # type: ignore[misc]
            apart = float(np.abs(theirs - mine).max())
            assert apart < 1e-6, f"{name} is {apart} from ours: this is another measure, not rounding"
            peers[name] = {
                "seconds": round(took, 3), "times": round(took / seconds), "apart": apart,
                "parts_miss_es_by": abs(float(theirs.sum() - mine.sum())),
            }  # fmt: skip
    return {
        "assets": assets, "scenarios": scenarios, "us": round(seconds * 1e6, 1), "peers": peers,
        "answer": hashlib.sha256((mine * WORTH).round().astype(np.int64).tobytes()).hexdigest(),
    }  # fmt: skip


def main() -> None:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assets", type=int, default=1_000)
    parser.add_argument("--scenarios", type=int, default=1_000)
    parser.add_argument("--json", action="store_true", help="as the table's builder reads it")
    asked = parser.parse_args()
    print(json.dumps(run(asked.assets, asked.scenarios), indent=None if asked.json else 1))


if __name__ == "__main__":
    main()
