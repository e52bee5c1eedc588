"""A day's end of a market book's factors: append, filter, tomorrow's scenarios: `python -m bench.generation --json`.

A seeded world of GARCH-t factors, the same parameters for all sides, the same 1,000 days filtered to tomorrow's
volatility; every answer is compared before it is timed. One thread, wall clock a day, the sides in turns.

- ours: a day appended, every filter stepped, moves made and checked as `Scenarios`, for each of four methods;
- arch: each factor's model fixed at its parameters, its standardised residuals and forecast variance;
- scipy: the same recurrences by `lfilter` over the kept days, logarithms and exponentials by numpy. Who keeps no state
  has this to do.
"""

import argparse
import hashlib
import json
import os
import statistics
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from waglan.pricing.scenarios import Factor
from waglan.risk.estimates import FEMTO, Estimate
from waglan.risk.generation import Generator
from waglan.schema.risk import Risk
from waglan.schema.units import DAY_NS, MICRO

Floats = NDArray[np.float64]

START_NS: Final = 946_713_600 * 10**9
"""2000-01-01, 08:00 UTC."""
METHODS: Final[dict[str, Risk]] = {
    "filtered": Risk(method="filtered"),
    "historical": Risk(method="historical"),
    "parametric": Risk(method="parametric"),
    "montecarlo": Risk(method="montecarlo"),
}


def world(factors: int, days: int, seed: int = 4) -> tuple[Floats, list[Estimate]]:
    """Levels (days, factors) and the parameters that they were made by."""
    random = np.random.default_rng(seed)
    laws = [
        Estimate(
            factor=f"factor {f}",
            omega_femto=2 * 10**9,
            alpha_micro=int(random.integers(40_000, 120_000)),
            beta_micro=int(random.integers(820_000, 870_000)),
            nu_micro=5_000_000,
        )
        for f in range(factors)
    ]
    omega = np.array([law.omega_femto / FEMTO for law in laws])
    alpha, beta = (np.array([getattr(law, name) / MICRO for law in laws]) for name in ("alpha_micro", "beta_micro"))
    shocks = (random.standard_t(5, (days, factors)) + random.standard_t(5, (days, 1))) * 0.3**0.5
    variance, returns = omega / (1 - alpha - beta), np.empty((days, factors))
    for day in range(days):
        returns[day] = shocks[day] * np.sqrt(variance)
        variance = omega + alpha * returns[day] ** 2 + beta * variance
    return np.asarray(np.exp(returns.cumsum(axis=0)) * 100.0), laws


def by_arch(levels: Floats, laws: list[Estimate], keep: int) -> Floats:
    """Tomorrow's moves by `arch`, (keep, factors), from levels of days."""
    from arch.univariate import GARCH, ZeroMean

    returns = np.diff(np.log(levels), axis=0) * 100
    out = np.empty((keep, len(laws)))
    for f, law in enumerate(laws):
        parameters = np.array([law.omega_femto / FEMTO * 1e4, law.alpha_micro / MICRO, law.beta_micro / MICRO])
        fixed = ZeroMean(returns[:, f], volatility=GARCH(p=1, q=1), rescale=False).fix(parameters)
        tomorrow = float(fixed.forecast(horizon=1, reindex=False).variance.to_numpy()[-1, 0]) ** 0.5
        out[:, f] = np.expm1(np.asarray(fixed.std_resid)[-keep:] * tomorrow / 100)
    return out


def by_scipy(levels: Floats, laws: list[Estimate], keep: int) -> Floats:
    """Tomorrow's moves by recurrences over all days, (keep, factors)."""
    returns = np.diff(np.log(levels), axis=0)
    out = np.empty((keep, len(laws)))
    for f, law in enumerate(laws):
        series, beta = returns[:, f], law.beta_micro / MICRO
        first = float((series[:250] ** 2).mean())
        surprise = law.omega_femto / FEMTO + law.alpha_micro / MICRO * series**2
        after, _ = lfilter([1.0], [1.0, -beta], surprise, zi=np.array([beta * first]))
        deviation = np.sqrt(np.concatenate([[first], after]))
        out[:, f] = np.expm1(series[-keep:] / deviation[-keep - 1 : -1] * deviation[-1])
    return out


def apart(ours: Floats, theirs: Floats) -> float:
    """The largest difference, as a share of a factor's spread."""
    return float((np.abs(ours - theirs) / theirs.std(axis=0)).max())


def run(factors: int = 40, before: int = 1_500, days: int = 60) -> dict[str, Any]:
    """Roll through the days before, then compare and time the days after; `arch` is timed on a tenth of them."""
    levels, laws = world(factors, before + days)
    named = [Factor(law.factor, "share", (law.factor,)) for law in laws]
    makers = {method: Generator(risk, named) for method, risk in METHODS.items()}
    for maker in makers.values():
        for day in range(before):
            maker.roll(START_NS + day * DAY_NS, levels[day])
        for law in laws:
            maker.estimate(law)
    spent: dict[str, list[float]] = {name: [] for name in (*makers, "day alone", "scipy", "arch")}
    keep = makers["filtered"].risk.scenarios
    answer, differ = hashlib.sha256(), {"arch": 0.0, "scipy": 0.0}
    for day in range(before, before + days):
        known = levels[: day + 1]
        for name, maker in makers.items():
            start = time.perf_counter_ns()
            maker.roll(START_NS + day * DAY_NS, levels[day])
            half = time.perf_counter_ns()
            made = maker.scenarios()
            spent[name].append((time.perf_counter_ns() - start) / 1e3)
            if name == "filtered":
                spent["day alone"].append((half - start) / 1e3)
            answer.update(made.digest().encode())
        ours = makers["filtered"].scenarios().moves
        peers: dict[str, Callable[[Floats, list[Estimate], int], Floats]] = {"scipy": by_scipy}
        if (day - before) % 10 == 0:
            peers["arch"] = by_arch
        for name, work in peers.items():
            start = time.perf_counter_ns()
            theirs = work(known, laws, keep)
            spent[name].append((time.perf_counter_ns() - start) / 1e3)
            differ[name] = max(differ[name], apart(ours, theirs))
    assert differ["scipy"] < 1e-9, differ
    assert differ["arch"] < 1e-6, differ  # its first variance is another, and is forgotten
    timed = {
        name: {"us": round(min(took[1:]), 1), "p50_us": round(statistics.median(took[1:]), 1)}
        for name, took in spent.items()
        if len(took) > 1
    }
    return {
        "factors": factors,
        "scenarios": keep,
        "days": days,
        "timed": timed,
        "times": {name: round(timed[name]["p50_us"] / timed["filtered"]["p50_us"], 1) for name in ("scipy", "arch")},
        "apart": differ,
        "answer": answer.hexdigest(),
    }


def main() -> None:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--factors", type=int, default=40)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = run(given.factors, days=given.days)
    if given.json:
        print(json.dumps(found, indent=1))
        return
    print(f"{found['factors']} factors, {found['scenarios']:,} scenarios, {found['days']} days")
    for name, took in found["timed"].items():
        print(f"  {name:12} {took['us']:>10,.1f} us, p50 {took['p50_us']:,.1f}")
    print(f"  apart {found['apart']}, answer {found['answer']}")


if __name__ == "__main__":
    main()
