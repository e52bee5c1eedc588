"""Intervals for shares: exact ones, because the samples that matter here are small."""

from scipy.stats import beta


def clopper_pearson(successes: int, trials: int, level: float = 0.95) -> tuple[float, float]:
    """The exact two-sided interval of a binomial share (Clopper and Pearson, 1934).

    0 and 1 at the ends where no success or no failure was seen; (0, 1) without trials. Coverage is at least `level`.
    """
    assert 0 <= successes <= trials, f"successes lie within trials, were {successes} of {trials}"
    assert 0 < level < 1, f"a level lies between 0 and 1, was {level}"
    tail = (1 - level) / 2
    low = float(beta.ppf(tail, successes, trials - successes + 1)) if successes else 0.0
    high = float(beta.ppf(1 - tail, successes + 1, trials - successes)) if successes < trials else 1.0
    return low, high
