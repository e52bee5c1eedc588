"""Expected shortfall of a book in which some risks take longer to leave than others, by full revaluation.

MAR33.4: over a base of ten days, the book is priced again with all factors moving, then only with those of 20 days and
longer, of 40, of 60, of 120; their shortfalls are put together by the nested sum (`measures.liquidity_horizons`). An
option's gains from two factors are not a sum, so each set is priced for itself.

The rule wants moves over ten days as they were and not a day's moves scaled up: `over` sums overlapping days of a
history. Where only scenarios of one day are at hand they are taken, scaled by the root of ten, and the record says so.

Factors with a short history are left out of the stress calibration: the ES of a reduced set in the stress period is
raised by what the set misses today (MAR33.5, 33.6).
"""

from collections.abc import Collection, Sequence
from math import isqrt

import msgspec
import numpy as np
from numpy.typing import NDArray

from waglan.measures.liquidity_horizons import explains, nested, stressed
from waglan.measures.tail import CEIL, EXACT, Rule, risk
from waglan.pricing.layout import Line
from waglan.pricing.market import Market
from waglan.pricing.revaluation import revalue
from waglan.pricing.scenarios import Factor, Scenarios
from waglan.risk.holdings import Holdings
from waglan.risk.regulation import regulation
from waglan.risk.universe import Universe
from waglan.schema.units import BadValue

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Set(msgspec.Struct, frozen=True):
    """The factors with this horizon or a longer one, and the ES of the book when only they move, minor units."""

    days: int
    factors: tuple[str, ...]
    es_minor: int


class Liquid(msgspec.Struct, frozen=True):
    """ES with liquidity horizons, whole minor units.

    moved_days: over how many days the scenarios go; fewer than the base are scaled by the root of time (`scaled`).
    """

    es_minor: int
    sets: tuple[Set, ...]
    base_days: int
    moved_days: int
    scaled: bool
    tail_micro: int


class Calibrated(msgspec.Struct, frozen=True):
    """ES under stress of a reduced set, raised by what it misses today (MAR33.6), whole minor units.

    explains: whether the reduced set has at least three quarters of the full ES today.
    """

    es_minor: int
    stress_reduced: Liquid
    now_full: Liquid
    now_reduced: Liquid
    explains: bool


def liquid(
    lines: Sequence[Line], market: Market, universe: Universe, scenarios: Scenarios, moved_days: int = 10,
    home: str = "HKD", only: Collection[str] | None = None,
) -> Liquid:  # fmt: skip
    """ES of the lines with each factor's horizon, at the level of MAR33.3.

    scenarios: moves of the universe's factors over `moved_days`, at most ten. only: names of the factors that move at
    all. Raises BadValue for factors that are not the universe's, days out of range, names that are not there, and as
    `pricing.revalue` does. A book that nothing of a set moves has no ES in it.
    """
    law = regulation()
    names = [factor.name for factor in universe.factors]
    if [factor.name for factor in scenarios.factors] != names:
        raise BadValue(f"scenarios move the universe's {len(names)} factors in their order, they moved "
                       f"{len(scenarios.factors)}")  # fmt: skip
    if not 1 <= moved_days <= law.horizons.base_days:
        raise BadValue(f"scenarios go over 1 to {law.horizons.base_days} days, these over {moved_days}")
    for name in only or ():
        if name not in names:
            raise BadValue(f"there is no factor {name!r}")
    rule = Rule(law.level.tail_micro, CEIL, EXACT)
    sets: list[Set] = []
    for days in law.horizons.days:
        moving = [f for f, factor in enumerate(universe.factors)
                  if factor.horizon_days >= days and (only is None or factor.name in only)]  # fmt: skip
        es = risk(_alone(lines, market, scenarios, moving, home), rule).es_minor if moving and lines else 0
        sets.append(Set(days, tuple(names[f] for f in moving), _longer(es, moved_days, law.horizons.base_days)))
    whole = nested([one.es_minor for one in sets], law.horizons.days)
    return Liquid(
        whole, tuple(sets), law.horizons.base_days, moved_days, moved_days < law.horizons.base_days, rule.tail_micro
    )


def liquid_of(held: Holdings) -> Liquid | None:
    """ES with horizons of everything that holdings hold, by what the factors did over ten days; None of nothing held.

    As many overlapping ten days as the recipe has scenarios, or all there are: as they were, neither filtered nor
    scaled. Where they are fewer than a scenario needs days, or move a quote to where nothing can be priced, the day's
    scenarios are scaled, and the record says so.
    """
    quantity, universe, history = held.quantities(), held.universe, held.generator.history
    lines = [Line(universe.instruments[i], int(quantity[i])) for i in np.flatnonzero(quantity).tolist()]
    if not lines:
        return None
    base = regulation().horizons.base_days
    last = min(len(history), held.risk.scenarios + base - 1)
    if last >= base + held.generator.least - 1:
        moves = over(history.returns()[-last:], history.factors, base, history.labels[-last:])
        try:
            return liquid(lines, held.market(), universe, moves, base, held.risk.home)
        except BadValue:
            pass
    return liquid(lines, held.market(), universe, held.scenarios, 1, held.risk.home)


def calibrated(
    lines: Sequence[Line], market: Market, universe: Universe, now: Scenarios, stress: Scenarios,
    reduced: Collection[str], moved_days: int = 10, home: str = "HKD",
) -> Calibrated:  # fmt: skip
    """ES under the stress of a reduced set. stress: the same factors' moves in the period of stress.

    Factors that are not in the reduced set stay still in the stress, whatever its moves say. Raises BadValue where the
    reduced set has no risk today.
    """
    full = liquid(lines, market, universe, now, moved_days, home)
    today = liquid(lines, market, universe, now, moved_days, home, reduced)
    then = liquid(lines, market, universe, stress, moved_days, home, reduced)
    raised = stressed(then.es_minor, full.es_minor, today.es_minor)
    return Calibrated(raised, then, full, today, explains(full.es_minor, today.es_minor))


def over(returns: Floats, factors: Sequence[Factor], days: int, labels: Sequence[str] | None = None) -> Scenarios:
    """Moves over so many days, overlapping: returns (n, f), logarithms of shares and amounts, -> n - days + 1 rows.

    labels: of the n days; a move is labelled by its last. Raises BadValue for fewer returns than days.
    """
    if returns.ndim != 2 or len(returns) < days or days < 1:
        raise BadValue(f"moves over {days} days take so many returns, were {len(returns)}")
    sums = np.lib.stride_tricks.sliding_window_view(returns, days, axis=0).sum(axis=-1)
    shares = np.array([factor.how == "share" for factor in factors], bool)
    moves = np.where(shares, np.expm1(np.where(shares, sums, 0.0)), sums)
    told = labels[days - 1 :] if labels is not None else [str(i) for i in range(len(moves))]
    return Scenarios(told, factors, moves)


def _alone(lines: Sequence[Line], market: Market, scenarios: Scenarios, moving: Sequence[int], home: str) -> Ints:
    """The book in each scenario with only some factors moving, (S,)."""
    factors = [scenarios.factors[f] for f in moving]
    some = Scenarios(scenarios.labels, factors, scenarios.moves[:, list(moving)])
    return revalue(lines, market, some, home).totals_minor()


def _longer(es: int, days: int, base: int) -> int:
    """ES times the root of base over days, to the nearest minor unit."""
    if days == base:
        return es
    square = es * es * base
    root = isqrt(square // days)
    size = root + (4 * square > (2 * root + 1) ** 2 * days)
    return size if es >= 0 else -size
