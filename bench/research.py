"""Research that does not fool itself, with large parameters: `python -m bench.research --json`.

- noise: the best of 1,000 strategies without skill over five years of days, for 100 seeds: what the probabilistic ratio
  says of it as if it were the only one, what the deflated ratio says of it for 1,000 trials, our verdict, and the
  probability of overfitting; and the same with true skill among them.
- cscv: every one of the 12,870 ways to halve 2,000 days in 16 blocks, for 1,000 trials, beside numpy, which works on
  sums of blocks too, on one thread; both must rank alike in every split.
- figures: performance of 2,500 days beside empyrical-reloaded, if it is installed, which is asked for ten of them.
"""

import argparse
import hashlib
import importlib
import importlib.util
import json
import time
from collections.abc import Callable
from itertools import combinations
from math import sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from waglan.measures.overfitting import overfitting
from waglan.measures.performance import performance
from waglan.measures.trials import NOISE, STANDS
from waglan.measures.verdict import Verdict, judge

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

YEAR: Final = 250
SHARED: Final = (
    "cum_returns_final", "annual_return", "annual_volatility", "sharpe_ratio", "sortino_ratio", "calmar_ratio",
    "omega_ratio", "max_drawdown", "tail_ratio", "stability_of_timeseries",
)  # fmt: skip
"""What both define; ours gives them all at once, the peer one by one."""


def noise(seeds: int, trials: int, periods: int, skills: tuple[float, ...] = (2.0, 3.0)) -> dict[str, Any]:
    """The experiment. skills: true annual ratios, one after the other, of the first trial in a second look."""
    found: list[Verdict] = []
    stands = dict.fromkeys(skills, 0)
    for seed in range(seeds):
        returns = np.random.default_rng(seed).standard_normal((periods, trials))
        found.append(judge(returns, YEAR, witnessed=True))
        plain = returns[:, 0].copy()
        for skill in skills:
            returns[:, 0] = plain + skill / sqrt(YEAR)
            stands[skill] += judge(returns, YEAR, witnessed=True).word == STANDS
    five, middle, most = np.percentile([one.deflated.counted for one in found], [5, 50, 95])
    overfit = [one.overfitting.chance for one in found if one.overfitting]
    return {
        "seeds": seeds, "trials": trials, "years": periods / YEAR,
        "annual_ratio": round(float(np.median([one.ratio.ratio for one in found])) * sqrt(YEAR), 2),
        "alone_above_99": sum(one.alone > 0.99 for one in found),
        "deflated": {"p5": round(float(five), 3), "p50": round(float(middle), 3), "p95": round(float(most), 3)},
        "called_noise": sum(one.word == NOISE for one in found),
        "effective": round(float(np.median([one.effective for one in found]))),
        "break_even": round(float(np.median([one.deflated.break_even for one in found])), 1),
        "overfitting_mean": round(float(np.mean(overfit)), 3), "overfitting_sd": round(float(np.std(overfit)), 3),
        "skill_stands": {str(skill): count for skill, count in stands.items()},
    }  # fmt: skip


def in_numpy(returns: Floats, blocks: int, at_once: int = 64) -> tuple[float, Ints]:
    """The probability and the doubled ranks of all splits in numpy, as quick as we can make it: a product of matrices
    for so many splits at once (64 is near its best; one by one takes three times as long).
    """
    parts = returns[len(returns) % blocks :].reshape(blocks, -1, returns.shape[1])
    sums, squares = parts.sum(axis=1), (parts * parts).sum(axis=1)
    total, both, m = sums.sum(axis=0), squares.sum(axis=0), parts.shape[1] * blocks // 2
    chosen = np.array(list(combinations(range(blocks), blocks // 2)))
    taken = np.zeros((len(chosen), blocks))
    np.put_along_axis(taken, chosen, 1.0, axis=1)
    ranks = []
    for some in np.split(taken, range(at_once, len(taken), at_once)):
        one, two = some @ sums, some @ squares
        rest, more = total - one, both - two
        inside, outside = one / np.sqrt(two - one * one / m), rest / np.sqrt(more - rest * rest / m)
        mine = np.take_along_axis(outside, inside.argmax(axis=1)[:, None], axis=1)
        ranks.append((outside < mine).sum(axis=1) + (outside <= mine).sum(axis=1) + 1)
    found = np.concatenate(ranks)
    return float((found <= returns.shape[1] + 1).mean()), found


def least(one: Callable[[], Any], other: Callable[[], Any], calls: int) -> tuple[Any, float, Any, float]:
    """What both give, and the least seconds of processor time of each: so many calls in turn, after a first."""
    found, took = (one(), other()), ([0.0] * calls, [0.0] * calls)
    for call in range(calls):
        for side, work in enumerate((one, other)):
            began = time.process_time()
            work()
            took[side][call] = time.process_time() - began
    return found[0], min(took[0]), found[1], min(took[1])


def cscv(trials: int, periods: int, blocks: int, calls: int = 7) -> dict[str, Any]:
    """Ours and numpy's on the same returns."""
    returns = np.random.default_rng(1).standard_normal((periods, trials)) * 0.01 + 0.0002
    with importlib.import_module("threadpoolctl").threadpool_limits(1):
        ours, seconds, (chance, ranks), theirs = least(
            lambda: overfitting(returns, blocks), lambda: in_numpy(returns, blocks), calls
        )
    half = len(ranks) // 2
    w = np.concatenate([ranks[:half], ranks[half:][::-1]]) / (2 * (trials + 1))
    apart = float(np.abs(np.log(w / (1 - w)) - ours.logit).max())
    assert chance == ours.chance, f"numpy finds {chance}, ours {ours.chance}"
    return {
        "splits": len(ranks), "trials": trials, "periods": periods, "seconds": round(seconds, 4),
        "numpy_seconds": round(theirs, 3), "times": round(theirs / seconds, 1), "logits_apart": apart,
        "chance": round(chance, 6), "answer": hashlib.sha256(ours.best.tobytes() + ours.logit.tobytes()).hexdigest(),
    }  # fmt: skip


def figures(periods: int, calls: int = 50) -> dict[str, Any]:
    """Ours beside the library's on the same returns; without it, ours alone."""
    returns = np.random.default_rng(2).standard_t(5, periods) * 0.01 + 0.0003
    peer = importlib.import_module("empyrical") if importlib.util.find_spec("empyrical") else None
    ours, seconds, theirs, took = least(
        lambda: performance(returns, 252),
        lambda: [float(getattr(peer, name)(returns)) for name in SHARED] if peer else [],
        calls,
    )
    found: dict[str, Any] = {"periods": periods, "us": round(seconds * 1e6, 1), "peer": None}
    if peer is None:
        return found
    mine = [ours.total, ours.annual_return, ours.volatility, ours.sharpe, ours.sortino, ours.calmar, ours.omega,
            -ours.deepest, ours.tail_ratio, ours.stability]  # fmt: skip
    apart = float((np.abs(np.array(mine) - theirs) / np.maximum(np.abs(theirs), 1e-9)).max())
    found["peer"] = {
        "name": "empyrical", "figures": len(SHARED), "us": round(took * 1e6, 1), "times": round(took / seconds, 1),
        "apart": apart,
    }  # fmt: skip
    return found


def run(seeds: int = 100, trials: int = 1_000, periods: int = 1_250, days: int = 2_000) -> dict[str, Any]:
    """All three."""
    return {
        "noise": noise(seeds, trials, periods),
        "cscv": cscv(trials, days, 16 if days >= 1_000 else 8), "figures": figures(2_500),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--json", action="store_true", help="as the table's builder reads it")
    asked = parser.parse_args()
    print(json.dumps(run(asked.seeds), indent=None if asked.json else 1))


if __name__ == "__main__":
    main()
