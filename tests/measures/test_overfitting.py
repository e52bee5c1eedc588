"""Overfitting by every split written out, by symmetry, and on histories whose truth is known."""

from itertools import combinations
from math import comb, isnan, log, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import linregress, rankdata

from waglan.measures.overfitting import overfitting
from waglan.schema.units import BadValue

Floats = NDArray[np.float64]
Row = tuple[int, float, float, float]


def ratio(returns: Floats) -> float:
    """Of one trial in one half."""
    spread = float(returns.std(ddof=1))
    return float(returns.mean()) / spread if spread > 1e-9 else 0.0


def plainly(returns: Floats, blocks: int) -> list[Row]:
    """Best, logit, inside, outside of each split in lexicographic order, from the definition."""
    kept = returns[len(returns) % blocks :]
    parts = np.split(kept, blocks)
    found = []
    for chosen in combinations(range(blocks), blocks // 2):
        one = np.concatenate([parts[b] for b in chosen])
        other = np.concatenate([parts[b] for b in range(blocks) if b not in chosen])
        inside, outside = [ratio(x) for x in one.T], [ratio(x) for x in other.T]
        best = int(np.argmax(inside))
        w = float(rankdata(outside)[best]) / (len(inside) + 1)
        found.append((best, log(w / (1 - w)), inside[best], outside[best]))
    return found


def paired(rows: list[Row]) -> list[Row]:
    """Splits with block 0 in their order, then the complement of each: the last of all is the first one's."""
    half = len(rows) // 2
    return rows[:half] + rows[half:][::-1]


@given(
    st.sampled_from([2, 4, 6]), st.integers(2, 7), st.integers(2, 5), st.integers(0, 5), st.integers(0, 10**6),
    st.sampled_from([0.0, 1.0, 30.0]),
)  # fmt: skip
def test_every_split_from_the_definition(
    blocks: int, trials: int, length: int, rest: int, seed: int, mean: float
) -> None:
    returns = np.random.default_rng(seed).normal(mean, 1, (blocks * length + rest % blocks, trials))
    found, rows = overfitting(returns, blocks), paired(plainly(returns, blocks))
    assert found.dropped == rest % blocks
    assert found.best.tolist() == [row[0] for row in rows]
    for name, place in (("logit", 1), ("inside", 2), ("outside", 3)):
        assert getattr(found, name) == pytest.approx([row[place] for row in rows], rel=1e-8, abs=1e-9), name
    assert found.chance == np.mean([row[1] <= 1e-12 for row in rows])
    assert found.loss == np.mean([row[3] < 0 for row in rows])
    inside, outside = [row[2] for row in rows], [row[3] for row in rows]
    assert found.slope == pytest.approx(float(linregress(inside, outside).slope), rel=1e-6, abs=1e-9)


def test_sixteen_blocks_have_12870_splits() -> None:
    found = overfitting(np.random.default_rng(1).normal(0, 1, (160, 3)))
    assert len(found.logit) == comb(16, 8) == 12_870


@given(st.integers(0, 10**6), st.floats(1e-3, 1e3))
def test_units_and_the_order_of_trials_move_nothing(seed: int, unit: float) -> None:
    random = np.random.default_rng(seed)
    returns = random.normal(0.1, 1, (48, 6))
    order = random.permutation(6)
    found = overfitting(returns, 6)
    for other in (overfitting(returns * unit, 6), overfitting(returns[:, order], 6)):
        assert other.chance == found.chance
        assert other.outside == pytest.approx(found.outside)


def test_twins_share_their_rank_and_the_earlier_is_best() -> None:
    one = np.random.default_rng(2).normal(0, 1, (64, 1))
    found = overfitting(np.repeat(one, 5, axis=1), 8)
    assert (found.best == 0).all()
    assert (found.logit == 0).all()
    assert found.chance == 1.0, "a trial that is no better than the median is not better"


def test_a_trial_that_stands_still_has_the_ratio_0() -> None:
    random = np.random.default_rng(3)
    returns = random.normal(-0.5, 1, (64, 4))
    returns[:, 1] = 0.0
    found = overfitting(returns, 8)
    assert (found.best == 1).all()
    assert (found.outside == 0).all()
    assert isnan(found.slope)
    returns[:, 1] = 0.1 + 0.2  # always the same: no variance, so nothing is shown, whatever rounding says
    assert (overfitting(returns, 8).inside == 0).all()
    returns[:32, 2], returns[32:, 2] = 0.0, random.normal(9, 1, 32)
    assert np.isfinite(overfitting(returns, 8).inside).all()


def test_true_skill_is_not_overfit() -> None:
    returns = np.random.default_rng(4).normal(0, 1, (1_000, 50))
    returns[:, 7] += 0.3
    found = overfitting(returns, 10)
    assert found.chance == 0.0
    assert found.loss == 0.0
    assert (found.best == 7).all()


def test_what_wins_in_one_half_and_loses_in_the_other_is_overfit() -> None:
    """Each trial gains in half of the blocks and loses as much in the rest: whoever wins inside has to lose outside."""
    random = np.random.default_rng(5)
    sides = np.array([[1 if b in c else -1 for c in combinations(range(8), 4)] for b in range(8)])
    returns = np.repeat(sides, 20, axis=0) * 0.5 + random.normal(0, 1, (160, 70))
    found = overfitting(returns, 8)
    assert found.chance > 0.95
    assert found.loss > 0.95
    assert found.slope < -0.5


def test_noise_is_overfit_half_of_the_time_on_average() -> None:
    chances = [overfitting(np.random.default_rng(s).normal(0, 1, (400, 60)), 8).chance for s in range(120)]
    assert float(np.mean(chances)) == pytest.approx(0.5, abs=0.06)
    assert float(np.std(chances)) > 0.1, "one history of noise may say anything"


def test_the_same_bytes_again() -> None:
    returns = np.random.default_rng(6).normal(0, 1, (96, 11))
    first, again = overfitting(returns, 12), overfitting(returns.copy(order="F"), 12)
    for one, other in zip(first, again, strict=True):
        assert np.asarray(one).tobytes() == np.asarray(other).tobytes()


@pytest.mark.parametrize(
    ("returns", "blocks", "message"),
    [
        (np.zeros((40, 1)), 4, r"two trials and more, were of shape \(40, 1\)"),
        (np.zeros(40), 4, r"shape \(40,\)"),
        (np.zeros((40, 2)), 5, "an even number up to 20, were 5"),
        (np.zeros((400, 2)), 22, "were 22"),
        (np.zeros((40, 2)), 0, "were 0"),
        (np.zeros((31, 2)), 16, "16 blocks need 32 periods, there are 31"),
        (np.array([[0.0, 1.0], [0.0, nan]] * 4), 4, "period 1 of trial 1: a return is a finite number, was nan"),
    ],
)
def test_what_cannot_be_used_is_refused(returns: Floats, blocks: int, message: str) -> None:
    with pytest.raises(BadValue, match=message):
        overfitting(returns, blocks)
