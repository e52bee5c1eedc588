"""The nearest point of functions whose answer is known, and of any mixture of bumps against a fine grid."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waglan.risk.nearest import Floats, nearest

NONE = np.zeros((0, 0))
Loss = Callable[[Floats], Floats]


def found(loss: Loss, dimensions: int, level: float, within: float = 8.0) -> tuple[float, bool, Floats]:
    it = nearest(loss, dimensions, level, within, 1e-4, np.zeros((0, dimensions)))
    return float(np.sqrt(it.point @ it.point)), it.reached, it.point


@pytest.mark.parametrize("dimensions", [1, 2, 3, 7, 40])
def test_a_slope_is_reached_straight_on(dimensions: int) -> None:
    slope = np.linspace(-1.0, 2.0, dimensions) if dimensions > 1 else np.array([-3.0])
    length = float(np.sqrt(slope @ slope))
    distance, reached, point = found(lambda z: 1e6 * (z @ slope), dimensions, 4e6 * length)
    assert reached
    assert distance == pytest.approx(4.0, abs=2e-4)
    assert point / distance == pytest.approx(slope / length, abs=5e-3)


@pytest.mark.parametrize("dimensions", [1, 2, 3, 6, 20])
def test_whatever_loses_both_ways_is_followed_along_its_steepest_axis(dimensions: int) -> None:
    weights = np.arange(1.0, dimensions + 1)
    distance, reached, point = found(lambda z: 1e4 * (z * z) @ weights, dimensions, 9e4 * dimensions)
    assert reached
    assert distance == pytest.approx(3.0, abs=2e-4)
    assert abs(point[-1]) == pytest.approx(3.0, abs=2e-4)


def test_a_pocket_that_no_slope_at_the_middle_points_to() -> None:
    """A hill of height 100 and width .7 at (3, -4): its foot is flat to the last digit in the middle."""
    top = np.array([3.0, -4.0])

    def hill(z: Floats) -> Floats:
        return np.asarray(100 * np.exp(-((z - top) ** 2).sum(axis=1) / (2 * 0.7**2)))

    distance, reached, _ = found(hill, 2, 50.0)
    assert reached
    assert distance == pytest.approx(5 - 0.7 * np.sqrt(2 * np.log(2)), abs=2e-4)
    assert not found(hill, 2, 50.0, within=4.0)[1]
    assert not found(hill, 2, 100.5)[1]
    assert found(hill, 2, 100.5)[0] == pytest.approx(5.0, abs=0.01), "where most is lost within"


def test_the_end_of_what_can_be_said_is_no_answer() -> None:
    """Below -2 nothing is known: the level is reached on the other side only, three times as far."""

    def cut(z: Floats) -> Floats:
        return np.asarray(np.where(z[:, 0] < -2, -np.inf, np.where(z[:, 0] < 0, -z[:, 0], z[:, 0] / 3)))

    distance, reached, point = found(cut, 1, 2.5)
    assert (reached, point[0] > 0) == (True, True)
    assert distance == pytest.approx(7.5, abs=2e-4)
    assert found(cut, 2, 1.9)[0] == pytest.approx(1.9, abs=2e-4)


BUMPS = st.lists(
    st.tuples(st.floats(-5, 5), st.floats(-5, 5), st.floats(0.5, 2.5), st.floats(-3, 3)), min_size=1, max_size=4
)


@settings(max_examples=25)
@given(BUMPS, st.floats(-1, 1), st.floats(-1, 1), st.floats(0.2, 4.0))
def test_any_landscape_against_a_fine_grid(bumps: list[tuple[float, ...]], a: float, b: float, level: float) -> None:
    def land(z: Floats) -> Floats:
        out = a * z[:, 0] + b * z[:, 1]
        for x, y, width, height in bumps:
            here = np.exp(-((z[:, 0] - x) ** 2 + (z[:, 1] - y) ** 2) / (2 * width**2))
            out = out + height * (here - np.exp(-(x * x + y * y) / (2 * width**2)))
        return np.asarray(out)

    radii, angles = np.linspace(0.04, 8.0, 200), np.linspace(0, 2 * np.pi, 720, endpoint=False)
    around = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    reached = np.stack([land(around * radius) for radius in radii]) >= level
    distance, ours, point = found(land, 2, level)
    assert not ours or land(point[None, :])[0] >= level
    assert not ours or distance <= 8.0
    rows = np.flatnonzero(reached.any(axis=1))
    if len(rows):
        assert ours
        assert distance <= radii[rows[0]] + 2e-4
        assert distance >= radii[rows[0]] - 0.08, "the grid is as fine as that"


def test_the_same_again() -> None:
    def loss(z: Floats) -> Floats:
        return np.asarray(np.rint(1e3 * (np.sin(z[:, 0]) + z[:, 1] * z[:, 2] - 0.1 * z[:, 3])))

    first, again = (nearest(loss, 4, 1500, 8.0, 1e-4, np.zeros((0, 4))) for _ in range(2))
    assert first.point.tobytes() == again.point.tobytes()
    assert first.tried == again.tried
