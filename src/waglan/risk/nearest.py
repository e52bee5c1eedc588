"""The point nearest to the middle at which a function reaches a level: where a reverse stress test looks.

The function is a book's loss, priced in batches, and may rise, fall and rise again: short options lose both ways,
spreads lose in pockets. So the sphere is swept first - every direction of a line or a circle, an even net of a sphere,
axes and scattered directions beyond - outwards in steps, and the first step that reaches the level is kept for each
direction. From the nearest of those, and from where most is lost, sequential quadratic programming slides along the
level (Kraft 1988); what it finds is then challenged by points a little nearer, in cones that narrow, until none of them
reaches.

What is exact and what is not: the point found reaches the level, and no point on its ray nearer by the tolerance does,
nor any that was tried. On a line and on a circle the sweep leaves nothing out that is wider than its steps; with more
dimensions a pocket between all directions can be missed.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]
Loss = Callable[[Floats], Floats]
"""Points (n, k) -> what is lost there, (n,); minus infinity where nothing can be said."""

STEPS: Final = 40
"""Radii of the sweep."""
CIRCLE: Final = 720
NET: Final = 2_000
SCATTERED: Final = 1_024
STARTS: Final = 12
"""Directions that are followed to their end."""
WIDTH: Final = 0.02
"""Half the step of a slope: a loss counted in whole cents has no smaller one."""
CONES: Final = (0.5, 0.2, 0.08, 0.03, 0.01, 0.003)
PROBES: Final = 96
ROUNDS: Final = 60


class Nearest(NamedTuple):
    """point: (k,), the nearest found that reaches the level, or where most is lost within; tried: points asked."""

    point: Floats
    reached: bool
    tried: int


class _Asked:
    """The function, counting."""

    def __init__(self, loss: Loss, level: float, tolerance: float) -> None:
        self.loss, self.level, self.tolerance, self.tried = loss, level, tolerance, 0

    def at(self, points: Floats) -> Floats:
        self.tried += len(points)
        return self.loss(points)

    def slope(self, point: Floats) -> Floats:
        """Central differences, one-sided where the function ends; (k,)."""
        steps = WIDTH * np.eye(len(point))
        values = self.at(np.concatenate([point + steps, point - steps, point[None, :]]))
        up, down, here = values[: len(point)], values[len(point) : -1], values[-1]
        if not np.isfinite(here):
            return np.zeros(len(point))
        up_here, down_here = np.where(np.isfinite(up), up, here), np.where(np.isfinite(down), down, here)
        width = WIDTH * (np.isfinite(up).astype(float) + np.isfinite(down))
        return np.asarray(np.where(width > 0, (up_here - down_here) / np.where(width > 0, width, 1.0), 0.0))

    def first(self, units: Floats, reach: float, steps: int = STEPS) -> tuple[Floats, Floats, Floats]:
        """Along each direction (n, k): the first radius that reaches the level, to the tolerance, infinite if none does
        up to `reach`; the largest value of the first steps, and its radius."""
        low, high = np.zeros(len(units)), np.full(len(units), reach)
        most, where = np.full(len(units), -np.inf), np.zeros(len(units))
        open_ = np.arange(len(units))
        while len(open_):
            parts = np.linspace(0.0, 1.0, steps + 1)[1:]
            radii = low[open_, None] + (high - low)[open_, None] * parts
            values = self.at((radii[:, :, None] * units[open_, None, :]).reshape(-1, units.shape[1]))
            values = values.reshape(len(open_), steps)
            larger = values.max(axis=1) > most[open_]
            most[open_[larger]] = values[larger].max(axis=1)
            where[open_[larger]] = radii[larger, values[larger].argmax(axis=1)]
            reached = values >= self.level
            hit = reached.any(axis=1)
            place = reached.argmax(axis=1)
            none = open_[~hit]
            high[none] = np.inf
            open_, place, radii = open_[hit], place[hit], radii[hit]
            row = np.arange(len(open_))
            high[open_] = radii[row, place]
            low[open_] = np.where(place > 0, radii[row, place - 1], low[open_])
            open_ = open_[high[open_] - low[open_] > self.tolerance]
            steps = 16
        return high, most, where


def nearest(loss: Loss, dimensions: int, level: float, within: float, tolerance: float, starts: Floats) -> Nearest:
    """The point nearest to 0 with loss >= level, at most `within` away.

    starts: (n, k), directions worth looking into beside the net's, such as scenarios; those of no length are left out.
    Deterministic. Asks some 50,000 points, more with dimensions.
    """
    assert level > 0, "0 is reached in the middle"
    asked = _Asked(loss, level, tolerance)
    units = swept(dimensions, starts, asked.slope(np.zeros(dimensions)))
    radii, most, where = asked.first(units, within)
    by_nearness = np.argsort(radii, kind="stable")
    by_loss = np.argsort(-most, kind="stable")
    if not np.isfinite(radii[by_nearness[0]]):
        return _climbed(asked, (units * where[:, None])[by_loss[:STARTS]], within)
    follow = [*by_nearness[:STARTS].tolist(), *by_loss[: STARTS // 3].tolist()]
    best = units[by_nearness[0]] * radii[by_nearness[0]]
    for start in dict.fromkeys(follow):
        radius = radii[start] if np.isfinite(radii[start]) else where[start]
        slid = _slid(asked, units[start] * radius, within)
        best = _nearer(asked, best, slid)
    return Nearest(_challenged(asked, best), True, asked.tried)


def swept(dimensions: int, starts: Floats, uphill: Floats) -> Floats:
    """Directions to look into, (n, k), all of length 1; the same each time."""
    if dimensions == 1:
        return np.array([[1.0], [-1.0]])
    if dimensions == 2:
        angles = np.arange(CIRCLE) * (2 * np.pi / CIRCLE)
        net = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    elif dimensions == 3:
        heights = 1 - (2 * np.arange(NET) + 1) / NET
        turns, across = np.pi * (3 - np.sqrt(5.0)) * np.arange(NET), np.sqrt(1 - heights * heights)
        net = np.stack([across * np.cos(turns), across * np.sin(turns), heights], axis=1)
    else:
        net = np.random.default_rng(0).standard_normal((SCATTERED, dimensions))
    axes = np.eye(dimensions)
    every = np.concatenate([uphill[None, :], -uphill[None, :], axes, -axes, starts, -starts, net])
    length = np.sqrt((every * every).sum(axis=1))
    some = length > 1e-12
    return np.asarray(every[some] / length[some, None])


def _slid(asked: _Asked, start: Floats, within: float) -> Floats:
    """Where the squared length is least along the level, from a start; the start's scale makes both of size 1."""
    scale = asked.level

    def short(point: Floats) -> tuple[float, Floats]:
        return 0.5 * float(point @ point), point

    def left(point: Floats) -> float:
        value = float(asked.at(point[None, :])[0])
        return value / scale - 1.0 if np.isfinite(value) else -1.0

    found = minimize(
        short, start, jac=True, method="SLSQP", options={"maxiter": 80, "ftol": 1e-10},
        constraints=[{"type": "ineq", "fun": left, "jac": lambda point: asked.slope(point) / scale}],
    )  # fmt: skip
    point = np.asarray(found.x, np.float64)
    length = float(np.sqrt(point @ point))
    return start if not np.isfinite(length) or length > 2 * within or length < 1e-9 else point


def _nearer(asked: _Asked, best: Floats, other: Floats) -> Floats:
    """The nearer of a point that reaches and the first on another's ray that does."""
    reach, length = float(np.sqrt(best @ best)), float(np.sqrt(other @ other))
    unit = other / length
    radius, _, _ = asked.first(unit[None, :], reach)
    return unit * radius[0] if np.isfinite(radius[0]) and radius[0] < reach else best


def _challenged(asked: _Asked, best: Floats) -> Floats:
    """Points a little nearer, in cones about the best and along the slope's own direction, until none reaches."""
    chance = np.random.default_rng(1)
    for _ in range(ROUNDS):
        length = float(np.sqrt(best @ best))
        unit, slope = best / length, asked.slope(best)
        steep = slope / max(float(np.sqrt(slope @ slope)), 1e-300)
        noise = chance.standard_normal((len(CONES) * PROBES, len(best)))
        noise /= np.sqrt((noise * noise).sum(axis=1))[:, None]
        about = unit + np.repeat(CONES, PROBES)[:, None] * noise
        toward = unit + np.array([0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0])[:, None] * (steep - (steep @ unit) * unit)
        units = np.concatenate([about, toward])
        units /= np.sqrt((units * units).sum(axis=1))[:, None]
        closer = units * (length - asked.tolerance)
        reached = np.flatnonzero(asked.at(closer) >= asked.level)
        if not len(reached):
            return best
        radii, _, _ = asked.first(units[reached], length)
        best = units[reached][radii.argmin()] * radii.min()
    return best


def _climbed(asked: _Asked, starts: Floats, within: float) -> Nearest:
    """No direction reached: climb to where most is lost within, and should that reach after all, look from there."""
    tops = [_top(asked, start, within) for start in starts]
    best = tops[int(asked.at(np.array(tops)).argmax())]
    if asked.at(best[None, :])[0] < asked.level:
        return Nearest(best, False, asked.tried)
    return Nearest(_challenged(asked, _nearer(asked, best, best)), True, asked.tried)


def _top(asked: _Asked, point: Floats, within: float) -> Floats:
    """Uphill from a point by shorter and shorter steps, inside the sphere."""
    for step in (1.0, 0.3, 0.1, 0.03, 0.01):
        for _ in range(ROUNDS // 3):
            slope = asked.slope(point)
            size = max(float(np.sqrt(slope @ slope)), 1e-300)
            tries = point[None, :] + (step * within * np.array([1.0, 0.5, 0.25]))[:, None] * slope / size
            lengths = np.maximum(np.sqrt((tries * tries).sum(axis=1)), 1e-300)[:, None]
            tries = np.concatenate([point[None, :], tries * np.minimum(1.0, within / lengths)])
            place = int(asked.at(tries).argmax())
            if not place:
                break
            point = tries[place]
    return point
