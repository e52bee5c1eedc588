"""From forecasts and what came of them to a backtest: was the risk model right, and were its rivals?

Everything is counted here from `forecasts`, which reads a market book's sealed rows, model by model. What a row does
not hold are the day's scenarios: whoever ran the book hands them in, and the tests of expected shortfall are made.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from waglan.book import Book
from waglan.govern.backtest import Attributed, Backtest, Likelihood, Lit, ModelTest, Series, Shortfall, Statistic, Year
from waglan.govern.forecasts import Forecasts, forecasts
from waglan.measures import coverage, shortfall_tests
from waglan.measures.attribution import attribution
from waglan.measures.parametric import Moments, corrected, moments, rises
from waglan.measures.tail import EXACT, Rule
from waglan.measures.traffic_light import GREEN, RED, YEAR, YELLOW, traffic_light
from waglan.schema.units import MICRO, NULL, BadValue

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

DECADE: Final = 2_500
DRAWS: Final = 1_000
"""Simulated series behind a p of the shortfall tests: 5% is known to .7 of a point; 5,600 days of them take 3 s."""
PARAMETRIC: Final = "parametric"
ZONES: Final = (GREEN, YELLOW, RED)


@dataclass(frozen=True)
class Question:
    """What is asked of every model: the tails, the zone of its years, the seed of the draws."""

    zone: str
    var_tail_micro: int = 10_000
    es_tail_micro: int = 25_000
    seed: int = 0
    draws: int = DRAWS


def backtest(book: Book, scenarios: Mapping[str, Ints] | None = None, draws: int = DRAWS) -> Backtest:
    """Of a market book: champion and shadows over the whole, the champion over each book.

    scenarios: see `forecasts`; without them there are no tests of the shortfall. A shadow's measures are read under its
    digest, so the book is opened with its shadows. BadValue for a book without risk, measures or forecasts.
    """
    risk = book.recipe.risk
    found = forecasts(book, scenarios)
    assert risk is not None, "a book with forecasts measures risk"
    asked = Question(book.recipe.zone, risk.var_tail_micro, risk.es_tail_micro, risk.seed, draws)
    return Backtest(
        home=risk.home, zone=book.recipe.zone, var_tail_micro=risk.var_tail_micro, es_tail_micro=risk.es_tail_micro,
        window=YEAR, models=tuple(judged(one, asked) for one in found if not one.scope),
        books=tuple(judged(one, asked, series=False) for one in found if one.scope),
    )  # fmt: skip


def judged(of: Forecasts, asked: Question, series: bool = True) -> ModelTest:
    """Every test of one model over one scope. BadValue without days, or with days out of order."""
    n = len(of.ts_ns)
    if not n:
        raise BadValue(f"{of.name}: a backtest was expected, there is no day with a forecast and what came of it")
    if (np.diff(of.ts_ns) <= 0).any():
        at = int(np.flatnonzero(np.diff(of.ts_ns) <= 0)[0]) + 1
        raise BadValue(f"{of.name}: day {at} at {of.ts_ns[at]} ns does not follow {of.ts_ns[at - 1]} ns")
    flags = coverage.exceptions(of.hypothetical, of.var)
    missing = (of.hypothetical == NULL) | (of.var == NULL)
    tail, hits = asked.var_tail_micro, int(flags.sum())
    zones = rolling(flags, tail)
    counts = np.bincount(zones[YEAR - 1 :], minlength=3) if n >= YEAR else np.zeros(3, np.int64)
    return ModelTest(
        name=of.name, method=of.method, digest=of.digest, champion=of.champion, scope=of.scope, days=n,
        missing=int(missing.sum()), exceptions=hits, expected_micro=n * tail,
        kupiec=_likelihood(coverage.kupiec(hits, n, tail)),
        independence=_likelihood(coverage.independence(flags)),
        coverage=_likelihood(coverage.conditional_coverage(flags, tail)),
        whole=lit(of.ts_ns, flags, tail), year=_last(of.ts_ns, flags, tail, YEAR), worst=worst(of.ts_ns, flags, tail),
        decade=_last(of.ts_ns, flags, tail, DECADE), green=int(counts[0]), yellow=int(counts[1]), red=int(counts[2]),
        years=years(of.ts_ns, flags, tail, asked.zone), shortfall=shortfall(of, asked), attribution=_attributed(of, n),
        worst_attribution=worst_attribution(of, asked.zone), mean_var_minor=_mean(of.var), mean_es_minor=_mean(of.es),
        series=_series(of, flags, zones) if series else None,
    )  # fmt: skip


def in_window(flags: Flags, days: int = YEAR) -> Ints:
    """Exceptions of the last `days` days, each day's included, (T,); of fewer at the beginning."""
    total = np.concatenate([[0], np.cumsum(flags)]).astype(np.int64)
    return np.asarray(total[1:] - total[np.maximum(np.arange(1, len(flags) + 1) - days, 0)])


def rolling(flags: Flags, tail_micro: int) -> Ints:
    """The zone of the last 250 days, place in `ZONES`, (T,); a window that is not full has the zone of a full one."""
    lights = [ZONES.index(traffic_light(k, YEAR, tail_micro).zone) for k in range(YEAR + 1)]
    return np.array(lights, np.int64)[in_window(flags)]


def lit(ts_ns: Ints, flags: Flags, tail_micro: int) -> Lit:
    """The light over all of these days."""
    found = traffic_light(int(flags.sum()), len(flags), tail_micro)
    return Lit(
        from_ns=int(ts_ns[0]), to_ns=int(ts_ns[-1]), days=found.days, exceptions=found.exceptions,
        cumulative_micro=round(found.cumulative * MICRO), zone=found.zone, multiplier_micro=found.multiplier_micro,
    )  # fmt: skip


def worst(ts_ns: Ints, flags: Flags, tail_micro: int) -> Lit | None:
    """The first of the 250-day windows with most exceptions; None where there is no full one."""
    if len(flags) < YEAR:
        return None
    end = YEAR + int(np.argmax(in_window(flags)[YEAR - 1 :]))
    return lit(ts_ns[end - YEAR : end], flags[end - YEAR : end], tail_micro)


def _last(ts_ns: Ints, flags: Flags, tail_micro: int, days: int) -> Lit | None:
    return lit(ts_ns[-days:], flags[-days:], tail_micro) if len(flags) >= days else None


def years(ts_ns: Ints, flags: Flags, tail_micro: int, zone: str) -> tuple[Year, ...]:
    """Days and exceptions by calendar year, in order."""
    when = year_of(ts_ns, zone)
    found = []
    for year in np.unique(when).tolist():
        mine = flags[when == year]
        light = traffic_light(int(mine.sum()), len(mine), tail_micro)
        found.append(Year(year=year, days=len(mine), exceptions=light.exceptions, zone=light.zone))
    return tuple(found)


def year_of(ts_ns: Ints, zone: str) -> Ints:
    """The calendar year of each time, (T,)."""
    where = ZoneInfo(zone)
    return np.array(
        [datetime.fromtimestamp(ns // 10**9, UTC).astimezone(where).year for ns in ts_ns.tolist()], np.int64
    )


def shortfall(of: Forecasts, asked: Question) -> Shortfall | None:
    """Acerbi and Szekely's tests over the days that have P&L, VaR and scenarios; None without scenarios or such days.

    A day whose ES is not above 0, for want of positions, is left out: it states no loss that could be held against.

    VaR and ES are worked again from the scenarios, at the tail of the ES: the VaR of a row is that of another tail. The
    parametric method states a law and not its scenarios: even steps of that law stand for them.
    """
    if of.scenarios is None:
        return None
    if len(of.scenarios) != len(of.ts_ns):
        raise BadValue(f"{of.name}: scenarios for each of {len(of.ts_ns)} days, were for {len(of.scenarios)}")
    there = (of.hypothetical != NULL) & (of.es > 0) & (of.scenarios[:, 0] != NULL)
    drawn_from = np.ascontiguousarray(of.scenarios[there])
    if of.method == PARAMETRIC:
        drawn_from = np.stack([of_law(one) for one in drawn_from]) if len(drawn_from) else drawn_from
    rule, pnl = Rule(asked.es_tail_micro, shortfall=EXACT), of.hypothetical[there] * of.scale
    if not len(pnl):
        return None
    var, es = tails(drawn_from, rule)
    days = shortfall_tests.days(pnl, var, es)
    drawn = shortfall_tests.drawn_from_scenarios(drawn_from, rule, asked.seed, asked.draws)
    first, second = shortfall_tests.held_against(days, asked.es_tail_micro, drawn)
    third = shortfall_tests.z3(pnl, drawn_from, asked.es_tail_micro, asked.seed, asked.draws)
    hit = days.hit
    ratio = -float(pnl[hit].sum()) / float(es[hit].sum()) if hit.any() else None
    return Shortfall(
        exceptions=int(hit.sum()), expected_micro=len(pnl) * asked.es_tail_micro,
        ratio_micro=None if ratio is None else round(ratio * MICRO),
        z1=_statistic(first), z2=_statistic(second), z3=_statistic(third), draws=asked.draws,
    )  # fmt: skip


def of_law(pnl: Ints) -> Ints:
    """Quantiles in n even steps of the law that the parametric method makes of scenario P&L (n,): Cornish and Fisher's
    where that is a quantile, else the normal one."""
    found = moments(pnl)
    z = ndtri((np.arange(len(pnl)) + 0.5) / len(pnl))
    bent = corrected(found, z) if rises(found) else corrected(Moments(found.mean, found.deviation), z)
    return np.asarray(np.rint(bent), np.int64)


def tails(scenarios: Ints, rule: Rule) -> tuple[Ints, Ints]:
    """VaR and ES of each day's scenarios, (T, n) -> (T,) twice, in the scenarios' unit, rounded half to even."""
    weights = rule.weights(scenarios.shape[1])
    lowest = np.sort(np.partition(scenarios, weights.rows - 1, axis=1)[:, : weights.rows], axis=1)
    weight = np.full(weights.rows, weights.full, np.int64)
    weight[-1] = weights.last
    return -lowest[:, -1], np.rint(-(lowest @ weight) / weights.divisor).astype(np.int64)


def worst_attribution(of: Forecasts, zone: str) -> Attributed | None:
    """The attribution test of the 250 days behind each year's end: the one with the least correlation, then the widest
    distance. None where no year's end has so many."""
    when = year_of(of.ts_ns, zone)
    ends = [*(np.flatnonzero(np.diff(when)) + 1).tolist(), len(when)]
    found = [a for end in ends if end >= YEAR and (a := _attributed(of, end)) is not None]
    if not found:
        return None
    return min(found, key=lambda a: (-MICRO if a.correlation_micro is None else a.correlation_micro, -a.distance_micro))


def _attributed(of: Forecasts, end: int) -> Attributed | None:
    """Of the 250 days before place `end`, or of as many as there are; days without both P&Ls are left out."""
    part = slice(max(end - YEAR, 0), end)
    hypothetical, theoretical, ts_ns = of.hypothetical[part], of.theoretical[part], of.ts_ns[part]
    there = (hypothetical != NULL) & (theoretical != NULL)
    if not there.any():
        return None
    found = attribution(hypothetical[there], theoretical[there])
    return Attributed(
        from_ns=int(ts_ns[there][0]), to_ns=int(ts_ns[there][-1]), days=found.days,
        correlation_micro=found.correlation_micro, distance_micro=found.distance_micro, zone=found.zone,
    )  # fmt: skip


def _series(of: Forecasts, flags: Flags, zones: Ints) -> Series:
    return Series(
        ts_ns=tuple(of.ts_ns.tolist()),
        hypothetical_minor=_told(of.hypothetical),
        theoretical_minor=_told(of.theoretical),
        actual_minor=_told(of.actual),
        var_minor=_told(of.var),
        es_minor=_told(of.es),
        exception=tuple(flags.tolist()),
        in_year=tuple(in_window(flags).tolist()),
        zone=tuple(zones.tolist()),
    )


def _told(values: Ints) -> tuple[int | None, ...]:
    return tuple(None if v == NULL else v for v in values.tolist())


def _mean(values: Ints) -> int | None:
    known = values[values != NULL]
    return round(float(known.mean())) if len(known) else None


def _likelihood(found: coverage.Found) -> Likelihood:
    return Likelihood(ratio_micro=_micro(found.ratio), p_micro=_micro(found.p), p_exact_micro=_micro(found.p_exact))


def _statistic(found: shortfall_tests.Found) -> Statistic:
    return Statistic(z_micro=_micro(found.z), p_micro=_micro(found.p))


def _micro(value: float) -> int | None:
    return round(value * MICRO) if math.isfinite(value) else None
