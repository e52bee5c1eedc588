"""Reverse stress: the likeliest scenario in which a book loses at least so much, under full revaluation.

Factors move together as their covariance says, shares by logarithms and the rest by amounts, about no move at all. Of
all days on which the book would lose so much the likeliest is the one least far from the middle in Mahalanobis'
distance, be the law normal or Student's with any degrees of freedom: only its chance differs (McNeil, Frey and
Embrechts 2015, section 6.3; Breuer, Jandacka, Rheinberger and Summer 2009). Factors that the book does not depend on
take what they are expected to, given the others.

"There is none within so many deviations" is an answer, with the worst that was met. What the search promises, and what
it cannot, stands in `nearest`.
"""

from collections.abc import Sequence
from math import inf, log, sqrt
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, f, norm, t

from waglan.pricing.instruments import PAIRED, Option, pair
from waglan.pricing.layout import Line, Plan
from waglan.pricing.market import PRICE_LEAST, PRICE_MOST, VOLATILITY_MOST, Market
from waglan.pricing.revaluation import revalue
from waglan.pricing.scenarios import Factor, Scenarios
from waglan.risk.contributions import Held, laid_down
from waglan.risk.nearest import nearest
from waglan.risk.universe import Universe
from waglan.schema.units import MICRO, BadValue

Floats = NDArray[np.float64]
TOLERANCE: Final = 1e-4
"""Of a deviation, in the distance."""
WITHIN: Final = 12.0
DEPENDENT: Final = 1e-10
"""Share of the largest eigenvalue of the correlations below which a direction is none."""
CELLS: Final = 1 << 21
"""Lines x scenarios that are revalued at once."""
STRETCH: Final = 128
"""Points turned into moves at once: few enough for one thread, as two wait for each other longer than they work."""
FEMTO: Final = 10**15


class Move(msgspec.Struct, frozen=True):
    """What one factor does in the scenario.

    move_micro: millionths, a share or an amount as `how` says; deviations_micro: of its own daily deviation; pnl_minor:
    what the book gains if this factor alone moves so.
    """

    factor: str
    kind: str
    how: str
    move_micro: int
    deviations_micro: int
    pnl_minor: int


class Reverse(msgspec.Struct, frozen=True):
    """The likeliest scenario that loses `loss_minor`, or that there is none within `within_micro` deviations.

    distance_micro: Mahalanobis distance in millionths of a deviation, right to `tolerance_micro` along its direction.
    Not found: distance and chances are None and the moves are those of the worst scenario met within.
    """

    loss_minor: int
    found: bool
    pnl_minor: int
    """What the book gains there, losses negative; at most -loss_minor where found."""
    distance_micro: int | None
    tolerance_micro: int
    within_micro: int
    law: str
    """normal or student"""
    degrees_micro: int | None
    """Degrees of freedom of the Student law."""
    beyond_femto: int | None
    """Chance in 1e-15 of a day that goes as far in this direction: of the loss, were the book linear."""
    as_far_femto: int | None
    """Chance in 1e-15 of a day as far from the middle in any direction that moves the book."""
    moves: tuple[Move, ...]
    cross_minor: int
    """pnl_minor less the moves' own: what comes of moving together."""
    scenarios: int
    """How many were revalued."""


def reverse(held: Held, loss_minor: int, degrees: float | None = None, within: float = WITHIN) -> Reverse:
    """Of everything a market book holds, by the covariance of its scenarios; see `likeliest`."""
    universe, quantity = held.universe, held.quantities()
    lines = [Line(universe.instruments[i], int(quantity[i])) for i in np.flatnonzero(quantity).tolist()]
    scenarios = held.scenarios
    days = logarithmic(scenarios)
    if loss_minor > 0 and lines:
        losses = held.unit_pnl @ quantity
        days = days[np.argsort(losses, kind="stable")]
    covariance = days.T @ days / len(days)
    home = laid_down(held).home
    return likeliest(lines, held.market(), universe, covariance, loss_minor, degrees, within, home, days[:100])


def logarithmic(scenarios: Scenarios) -> Floats:
    """Moves (S, factors) with shares by their logarithms."""
    shares = np.array([factor.how == "share" for factor in scenarios.factors])
    return np.where(shares, np.log1p(np.where(shares, scenarios.moves, 0.0)), scenarios.moves)


def likeliest(
    lines: Sequence[Line], market: Market, universe: Universe, covariance: Floats, loss_minor: int,
    degrees: float | None = None, within: float = WITHIN, home: str = "HKD", days: Floats | None = None,
) -> Reverse:  # fmt: skip
    """The likeliest move of the universe's factors in which these lines lose at least so much, minor units.

    covariance: (factors, factors) of a day's logarithmic shares and amounts. degrees: of Student's law with that
    covariance, above 2; None is the normal law. days: (n, factors) moves worth looking at. Raises BadValue for a loss
    not above 0, a covariance that is none, and as `pricing.revalue` does; what a scenario cannot be priced in is not
    looked at.
    """
    if loss_minor <= 0:
        raise BadValue(f"a loss to look for is above 0, was {loss_minor}")
    if degrees is not None and not degrees > 2:
        raise BadValue(f"a Student's t with a deviation has more than 2 degrees of freedom, was {degrees}")
    if not 0 < within <= 40:
        raise BadValue(f"one looks within 0 to 40 deviations, was {within}")
    book = _Book(lines, market, universe, _checked(covariance, universe), home)
    if not book.axes.shape[1]:
        point, reached, tried = np.zeros(0), False, 0
    else:
        starts = book.inverse @ days[:, book.places].T if days is not None else np.zeros((book.axes.shape[1], 0))
        point, reached, tried = nearest(book.losses, book.axes.shape[1], loss_minor, within, TOLERANCE, starts.T)
    distance = sqrt(float(point @ point)) if reached else None
    moves, pnl = book.told(point)
    beyond, as_far = chances(distance, len(point), degrees)
    return Reverse(
        loss_minor, reached, pnl, None if distance is None else round(distance * MICRO), round(TOLERANCE * MICRO),
        round(within * MICRO), "normal" if degrees is None else "student",
        None if degrees is None else round(degrees * MICRO), beyond, as_far, moves,
        pnl - sum(move.pnl_minor for move in moves), tried + len(moves) + 1,
    )  # fmt: skip


def chances(distance: float | None, dimensions: int, degrees: float | None) -> tuple[int | None, int | None]:
    """Chance (1e-15) to go as far in one direction, and in any; Student's of that covariance, or normal."""
    if distance is None:
        return None, None
    if degrees is None:
        both = norm.sf(distance), chi2.sf(distance * distance, dimensions)
    else:
        far = distance / sqrt((degrees - 2) / degrees)
        both = t.sf(far, degrees), f.sf(far * far / dimensions, dimensions, degrees)
    beyond, as_far = (round(float(chance) * FEMTO) for chance in both)
    return beyond, as_far


class _Reach(NamedTuple):
    """How far a factor can move before a quote of it is no price, rate or volatility."""

    low: float
    high: float


class _Book:
    """Lines as a function of independent moves of one deviation each. places: the factors that the lines depend on."""

    def __init__(
        self, lines: Sequence[Line], market: Market, universe: Universe, covariance: Floats, home: str
    ) -> None:
        self.plan, self.market, self.universe = Plan(lines, home), market, universe
        used = quotes_used(lines, market, home)
        self.covariance = covariance
        self.deviations = np.sqrt(np.diag(covariance))
        self.places = np.array([
            i for i, factor in enumerate(universe.factors)
            if self.deviations[i] > 0 and not used.keys().isdisjoint(factor.quotes)
        ], np.int64)  # fmt: skip
        reaches = [self._reach(int(i), used) for i in self.places]
        self.low = np.array([reach.low for reach in reaches])
        self.high = np.array([reach.high for reach in reaches])
        self.axes, self.inverse = independent(covariance[np.ix_(self.places, self.places)])

    def _reach(self, place: int, used: dict[str, _Reach]) -> _Reach:
        factor, low, high = self.universe.factors[place], -inf, inf
        for quote in factor.quotes:
            if quote in used:
                level, ends = self.market.quotes[quote].value, used[quote]
                if factor.how == "share":
                    if level > 0:
                        low, high = max(low, log(max(ends.low, 1e-300) / level)), min(high, log(ends.high / level))
                else:
                    low, high = max(low, ends.low - level), min(high, ends.high - level)
        return _Reach(low, high)

    def losses(self, points: Floats) -> Floats:
        """Points (n, k) -> what is lost, minor units; minus infinity where a quote would be none."""
        moves = np.concatenate([points[i : i + STRETCH] @ self.axes.T for i in range(0, max(len(points), 1), STRETCH)])
        inside = ((moves > self.low) & (moves < self.high)).all(axis=1)
        out = np.full(len(points), -inf)
        some = np.flatnonzero(inside)
        size = max(1, CELLS // max(1, len(self.plan.names)))
        for start in range(0, len(some), size):
            part = some[start : start + size]
            out[part] = -self._gained(self.places, moves[part]).astype(np.float64)
        return out

    def _gained(self, places: NDArray[np.int64], moves: Floats) -> NDArray[np.int64]:
        """Gains (n,) in moves (n, factors at places), logarithms of shares."""
        factors = [self.universe.factors[i] for i in places.tolist()]
        shares = np.array([factor.how == "share" for factor in factors], bool)
        told = np.where(shares, np.expm1(np.where(shares, moves, 0.0)), moves)
        asked = [Factor(factor.name, factor.how, factor.quotes) for factor in factors]
        labels = [str(i) for i in range(len(moves))]
        return revalue(self.plan, self.market, Scenarios(labels, asked, told)).totals_minor()

    def told(self, point: Floats) -> tuple[tuple[Move, ...], int]:
        """Every factor's move at a point, its own gain, and the gain of all."""
        here = self.axes @ point
        every = self.covariance[:, self.places] @ (self.inverse.T @ point) if len(point) else np.zeros(0)
        if not len(here):
            every, alone, pnl = np.zeros(len(self.universe.factors)), np.zeros(0, np.int64), 0
        else:
            gains = self._gained(self.places, np.concatenate([np.diag(here), here[None, :]]))
            alone, pnl = gains[:-1], int(gains[-1])
            every[self.places] = here
        own = dict(zip(self.places.tolist(), alone.tolist(), strict=True))
        return tuple(self._move(i, float(every[i]), own.get(i, 0)) for i in range(len(every))), pnl

    def _move(self, place: int, moved: float, pnl: int) -> Move:
        factor, deviation = self.universe.factors[place], float(self.deviations[place])
        told = float(np.expm1(moved)) if factor.how == "share" else moved
        return Move(
            factor.name, factor.kind, factor.how, round(told * MICRO),
            round(moved / deviation * MICRO) if deviation else 0, pnl,
        )  # fmt: skip


def independent(covariance: Floats) -> tuple[Floats, Floats]:
    """B (n, k) with B B' the covariance, and its pseudo-inverse (k, n); k directions that are not none."""
    if not len(covariance):
        return np.zeros((0, 0)), np.zeros((0, 0))
    deviations = np.sqrt(np.diag(covariance))
    values, vectors = np.linalg.eigh(covariance / np.outer(deviations, deviations))
    some = values > DEPENDENT * values[-1]
    root, turned = np.sqrt(values[some]), vectors[:, some]
    return deviations[:, None] * turned * root, (turned / root / deviations[:, None]).T


def quotes_used(lines: Sequence[Line], market: Market, home: str) -> dict[str, _Reach]:
    """Every quote that prices the lines, crosses included, with the ends between which it is one."""
    price, rate, volatility = _Reach(PRICE_LEAST, PRICE_MOST), _Reach(-10.0, 10.0), _Reach(PRICE_LEAST, VOLATILITY_MOST)
    used: dict[str, _Reach] = {}
    for it in (line.instrument for line in lines if line.quantity):
        ways = [(it.currency, home)]
        if isinstance(it, PAIRED):
            ways.append((it.base, it.currency))
        elif isinstance(it, Option) and it.on == "fx":
            ways.append(pair(it.quote, it.name))
        else:
            used[it.quote] = price
        for base, currency in ways:
            used.update(dict.fromkeys((quote for quote, _ in market.path(base, currency, it.name)), price))
        used.update({quote: rate for field in ("rate", "carry") if (quote := getattr(it, field, None)) is not None})
        if isinstance(it, Option):
            used[it.volatility] = volatility
    return used


def _checked(covariance: Floats, universe: Universe) -> Floats:
    count = len(universe.factors)
    if covariance.shape != (count, count) or not np.isfinite(covariance).all():
        raise BadValue(f"a covariance is finite numbers for {count} factors, was {covariance.shape}")
    if not np.allclose(covariance, covariance.T, rtol=1e-9, atol=0.0) or (np.diag(covariance) < 0).any():
        raise BadValue("a covariance is the same on both sides of its diagonal, which is not below 0")
    return np.asarray(covariance, np.float64)
