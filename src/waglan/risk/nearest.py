"""The point nearest to the middle at which a function reaches a level: where a reverse stress test looks.

The function is a book's loss, priced in batches, and may rise, fall and rise again: short options lose both ways,
spreads lose in pockets. So the sphere is swept first - every direction of a line or a circle, an even net of a sphere,
axes and scattered directions beyond - outwards in steps, and the first step that reaches the level is kept for each
direction. The nearest of those, and the tops of hills that no direction crossed, slide along the level towards its
nearest point, side by side (Hasofer and Lind 1974, Rackwitz and Fiessler 1978, with a line search); what is found is
then challenged by points a little nearer, in cones that narrow, until none of them reaches.

What is exact and what is not: the point found reaches the level, and no point on its ray nearer by the tolerance does,
nor any that was tried. On a line and on a circle the sweep leaves nothing out that is wider than its steps; with more
dimensions a pocket between all directions can be missed.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

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
PARTS: Final = np.array([1.0, 0.5, 0.25, 0.1, 0.04, 0.015])
"""Of the way to where the slope points that are tried."""


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

    def slopes(self, points: Floats) -> tuple[Floats, Floats]:
        """Central differences at points (n, k), one-sided where the function ends, and the values there: (n, k), (n,).

        0 where it has no value.
        """
        n, k = points.shape
        steps = WIDTH * np.concatenate([np.eye(k), -np.eye(k), np.zeros((1, k))])
        values = self.at((points[:, None, :] + steps).reshape(-1, k)).reshape(n, 2 * k + 1)
        here = np.where(np.isfinite(values[:, -1:]), values[:, -1:], 0.0)
        known = np.isfinite(values[:, :-1]) & np.isfinite(values[:, -1:])
        beside = np.where(known, values[:, :-1], here)
        width = WIDTH * (known[:, :k].astype(np.float64) + known[:, k:])
        return (beside[:, :k] - beside[:, k:]) / np.where(width > 0, width, 1.0), values[:, -1]

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
    Deterministic. Asks some 50,000 to 100,000 points in some 200 batches.
    """
    assert level > 0, "0 is reached in the middle"
    asked = _Asked(loss, level, tolerance)
    units = swept(dimensions, starts, asked.slopes(np.zeros((1, dimensions)))[0][0])
    radii, most, where = asked.first(units, within)
    missed = np.flatnonzero(~np.isfinite(radii))
    hills = missed[np.argsort(-most[missed], kind="stable")[:STARTS]]
    tops, heights = _climbed(asked, units[hills] * where[hills, None], within)
    best = np.argsort(radii, kind="stable")[:STARTS]
    best = best[np.isfinite(radii[best])]
    points = np.concatenate([units[best] * radii[best, None], tops[heights >= level]])
    if not len(points):
        return Nearest(tops[heights.argmax()], False, asked.tried)
    return Nearest(
        _challenged(asked, _first_of(asked, np.concatenate([points, _slid(asked, points)]))), True, asked.tried
    )


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


def _slid(asked: _Asked, points: Floats) -> Floats:
    """Points (n, k) at or above the level, each moved along it to where its slope points straight away from 0."""
    points = points.copy()
    lengths = np.sqrt((points * points).sum(axis=1))
    moving = np.arange(len(points))
    for _ in range(ROUNDS):
        if not len(moving):
            break
        here = points[moving]
        slopes, values = asked.slopes(here)
        steep = np.maximum((slopes * slopes).sum(axis=1), 1e-300)
        goal = slopes * (((slopes * here).sum(axis=1) - values + asked.level) / steep)[:, None]
        tries = here[:, None, :] + PARTS[:, None] * (goal - here)[:, None, :]
        tries = _leveled(asked, tries.reshape(-1, here.shape[1]), np.repeat(slopes, len(PARTS), axis=0))
        reach = np.sqrt((tries * tries).sum(axis=1))
        reach = np.where(asked.at(tries) >= asked.level, reach, np.inf).reshape(len(moving), len(PARTS))
        pick, row = reach.argmin(axis=1), np.arange(len(moving))
        better = reach[row, pick] < lengths[moving] - 0.1 * asked.tolerance
        points[moving[better]] = tries.reshape(len(moving), len(PARTS), -1)[row, pick][better]
        lengths[moving[better]] = reach[row, pick][better]
        moving = moving[better]
    return points


def _leveled(asked: _Asked, points: Floats, slopes: Floats) -> Floats:
    """Points stretched along their rays to a hair above the level, by two steps of Newton's with slopes from nearby."""
    for _ in range(2):
        values = asked.at(points)
        along = (slopes * points).sum(axis=1)
        usable = np.isfinite(values) & (along > 0)
        missing = asked.level * (1 + 1e-9) - np.where(usable, values, 0.0)
        stretch = 1.0 + np.where(usable, missing / np.where(along > 0, along, 1.0), 0.0)
        points = points * np.clip(stretch, 0.5, 1.5)[:, None]
    return points


def _first_of(asked: _Asked, points: Floats) -> Floats:
    """Of the rays through points (n, k) that reach the level, the nearest point that does."""
    lengths = np.maximum(np.sqrt((points * points).sum(axis=1)), 1e-300)
    units = points / lengths[:, None]
    radii, _, _ = asked.first(units, float(lengths.max()))
    return np.asarray(units[radii.argmin()] * radii.min())


def _challenged(asked: _Asked, best: Floats) -> Floats:
    """Points a little nearer, in cones about the best and along the slope's own direction, until none reaches."""
    chance = np.random.default_rng(1)
    for _ in range(ROUNDS):
        length = float(np.sqrt(best @ best))
        unit, slope = best / length, asked.slopes(best[None, :])[0][0]
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


def _climbed(asked: _Asked, points: Floats, within: float) -> tuple[Floats, Floats]:
    """Points (n, k) moved uphill inside the sphere by shorter and shorter steps, and their values."""
    points, steps = points.copy(), np.full(len(points), within)
    heights = asked.at(points) if len(points) else np.empty(0)
    for _ in range(2 * ROUNDS):
        moving = np.flatnonzero(steps > 0.005 * within)
        if not len(moving):
            break
        slopes, _ = asked.slopes(points[moving])
        size = np.maximum(np.sqrt((slopes * slopes).sum(axis=1)), 1e-300)[:, None]
        tries = points[moving, None, :] + (steps[moving, None, None] * PARTS[:3, None]) * (slopes / size)[:, None, :]
        far = np.maximum(np.sqrt((tries * tries).sum(axis=2)), 1e-300)[:, :, None]
        tries = tries * np.minimum(1.0, within / far)
        values = asked.at(tries.reshape(-1, points.shape[1])).reshape(len(moving), -1)
        pick, row = values.argmax(axis=1), np.arange(len(moving))
        better = values[row, pick] > heights[moving]
        points[moving[better]] = tries[row, pick][better]
        heights[moving[better]] = values[row, pick][better]
        steps[moving[~better]] /= 4
    return points, heights
