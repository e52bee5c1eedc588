"""Days on which each method's VaR was passed, on series that nobody here made: `python -m bench.exceptions --json`.

One unit of each series held, and one owed, for the last 2,500 days, and for the last 3,000, which have the autumn of
2008 in them; VaR 99% of the next day from the 1,000 days before it, estimates fitted anew every 250 days on what had
come by then. A true model has exceptions on 1% of the days, and they do not come in clusters. Series: S&P 500, NASDAQ
and WTI as they come with `arch` (Yahoo, FRED), to the end of 2018.

- historical, parametric, montecarlo, filtered: the four methods as they stand; parametric is normal on days on which
  Cornish and Fisher's is no quantile, their share is told;
- ewma: filtered, without any estimate.
"""

import argparse
import importlib
import json
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from waglan.measures.coverage import independence, kupiec
from waglan.measures.tail import VAR_99, risk
from waglan.measures.traffic_light import traffic_light
from waglan.pricing.scenarios import Factor, Scenarios
from waglan.risk.estimates import fit
from waglan.risk.generation import Generator
from waglan.risk.history import Gap
from waglan.risk.parametric import laws, measured
from waglan.schema.risk import Risk

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SERIES: Final = {"sp500": "Adj Close", "nasdaq": "Adj Close", "wti": "DCOILWTICO"}
UNIT: Final = 10**9
"""P&L of one unit of money in each scenario, in its billionths."""
TAIL_MICRO: Final = VAR_99.tail_micro
SPANS: Final = (2_500, 3_000)
"""Days; a difference of whole years, so that both have the same fits."""


def series(name: str) -> tuple[list[int], Floats]:
    """Times and levels of a series of `arch`, days without a level left out."""
    levels = importlib.import_module(f"arch.data.{name}").load()[SERIES[name]].dropna()
    times = levels.index.to_numpy().astype("datetime64[ns]").astype(np.int64)
    return times.tolist(), levels.to_numpy(np.float64)


def makers(factor: Factor, scenarios: int) -> dict[str, Generator]:
    """A generator for each method."""
    return {
        "historical": Generator(Risk(method="historical", scenarios=scenarios), (factor,)),
        "parametric": Generator(Risk(method="parametric", scenarios=scenarios), (factor,)),
        "montecarlo": Generator(Risk(method="montecarlo", scenarios=scenarios), (factor,)),
        "filtered": Generator(Risk(method="filtered", scenarios=scenarios), (factor,)),
        "ewma": Generator(Risk(method="filtered", scenarios=scenarios), (factor,)),
    }


def forecast(made: Scenarios, side: int, by_law: Floats | None) -> tuple[int, bool]:
    """VaR of a unit held (1) or owed (-1), and whether it is the normal law's for want of a quantile."""
    pnl = side * np.rint(made.moves[:, 0] * UNIT).astype(np.int64)
    if by_law is None:
        return risk(pnl, VAR_99).var_minor, False
    found = measured(pnl, by_law)
    return found.var_minor, found.law == "normal"


def run(name: str, spans: tuple[int, ...] = SPANS, refit: int = 250, scenarios: int = 1_000) -> dict[str, Any]:
    """Exceptions of every method on one series, over its last days of each span."""
    times, levels = series(name)
    used = makers(Factor(name, "share", (name,)), scenarios)
    law = laws(TAIL_MICRO, 25_000)
    first = len(levels) - max(spans)
    hits: dict[tuple[str, int], list[bool]] = {(method, side): [] for method in used for side in (1, -1)}
    normal: list[bool] = []
    failed = 0
    for day, (ts_ns, level) in enumerate(zip(times, levels.tolist(), strict=True)):
        if day >= first:
            move = round((level / levels[day - 1] - 1) * UNIT)
            for method, maker in used.items():
                made = maker.scenarios()
                for side in (1, -1):
                    var, plain = forecast(made, side, law if method == "parametric" else None)
                    hits[method, side].append(-side * move > var)
                    normal += [plain] if method == "parametric" else []
        for maker in used.values():
            rolled(maker, ts_ns, level)
        if day >= first - 1 and (day - first + 1) % refit == 0:
            fitted = fit(used["filtered"].history)
            failed += len(fitted.kept)
            for one in fitted.estimates:
                used["filtered"].estimate(one)
    return {
        "until": used["filtered"].history.labels[-1],
        "fits_that_failed": failed,
        "spans": {
            str(span): {
                "parametric_was_normal": round(sum(normal[-2 * span :]) / (2 * span), 3),
                "methods": {
                    method: {"held": told(hits[method, 1][-span:]), "owed": told(hits[method, -1][-span:])}
                    for method in used
                },
            }
            for span in spans
        },
    }


def rolled(maker: Generator, ts_ns: int, level: float) -> None:
    """A day's end, also after a gap."""
    try:
        maker.roll(ts_ns, np.array([level]))
    except Gap:
        maker.resume(ts_ns, np.array([level]))


def told(hits: list[bool]) -> dict[str, Any]:
    """Exceptions, the light's zone, and the p of Kupiec's and Christoffersen's tests, exact."""
    flags = np.array(hits, np.bool_)
    count = int(flags.sum())
    return {
        "exceptions": count,
        "zone": traffic_light(count, len(flags), TAIL_MICRO).zone,
        "kupiec_p": round(kupiec(count, len(flags), TAIL_MICRO).p_exact, 4),
        "independence_p": round(independence(flags).p_exact, 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", nargs="*", choices=list(SERIES), default=list(SERIES))
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = {name: run(name) for name in given.series}
    if given.json:
        print(json.dumps(found, indent=1))
        return
    for name, one in found.items():
        for span, counted in one["spans"].items():
            print(f"{name}, {span} days to {one['until']}; parametric was normal on "
                  f"{counted['parametric_was_normal']:.0%} of them")  # fmt: skip
            for method, sides in counted["methods"].items():
                words = [f"{side}: {x['exceptions']} {x['zone']}, p {x['kupiec_p']}, clusters {x['independence_p']}"
                         for side, x in sides.items()]  # fmt: skip
                print(f"  {method:12} {'; '.join(words)}")


if __name__ == "__main__":
    main()
