"""One answer to whether the best of many back-tests shows anything: the word, and every figure that it rests on.

What a report prints first. The number of trials is that of the research log where there is one: trials whose returns
nobody kept are trials too. See `trials` for the words and `overfitting` for the second opinion.
"""

from math import isnan, nan, sqrt
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from waglan.measures import trials
from waglan.measures.overfitting import BLOCKS, Overfitting, overfitting
from waglan.measures.sharpe import Sharpe, probabilistic, record_length, sharpe
from waglan.schema.units import BadValue

Floats = NDArray[np.float64]

PERIODS_LEAST: Final = 4
"""Periods a block, below which halves are too short to rank by a ratio."""


class Verdict(NamedTuple):
    """The word, and of the best trial (-1: none ever moved) all that speaks for and against it.

    alone: the probabilistic ratio as if there had been one trial. counted: trials; effective: by spectrum, of those
    whose returns are known. deflated: the curve with its marks. overfitting: None below two trials or four periods a
    block. years: of the record; years_least: minimum back-test length for so many trials at the best one's ratio, NaN
    unless that is above 0; years_shown: that a record of one trial needs to show it (MinTRL).
    """

    word: str
    best: int
    ratio: Sharpe
    alone: float
    counted: int
    effective: float
    deflated: trials.Deflated
    overfitting: Overfitting | None
    years: float
    years_least: float
    years_shown: float


def judge(
    returns: Floats, periods: int, counted: int | None = None, witnessed: bool = False, blocks: int = BLOCKS,
    level: float = trials.LEVEL,
) -> Verdict:  # fmt: skip
    """From the returns of trials, (n, trials), `periods` of them a year, oldest first.

    counted: trials of the research log, at least as many as there are returns of; by default those. witnessed: whether
    somebody outside vouches for that. BadValue for a smaller count, no trial, or a return that is no number.
    """
    found = trials.counted(trials.ratios(returns))
    number = found.number if counted is None else counted
    if not 0 < found.number <= number:
        raise BadValue(
            f"trials are counted from one on and not below those with returns, {found.number}; were {number}"
        )
    of = sharpe(returns[:, found.best]) if found.best >= 0 else Sharpe(nan, len(returns), nan, nan)
    effective = trials.by_spectrum(returns)
    curve = trials.curve(of, found._replace(number=number), max(effective, 1.0), level=level)
    enough = found.number > 1 and len(returns) >= PERIODS_LEAST * blocks
    second = overfitting(returns, blocks) if enough else None
    yearly = of.ratio * sqrt(periods)
    return Verdict(
        trials.verdict(curve.counted, witnessed, 0.0 if second is None else second.chance, level), found.best, of,
        probabilistic(of), number, effective, curve, second, len(returns) / periods,
        trials.backtest_years(number, yearly) if yearly > 0 else nan,
        nan if isnan(of.ratio) else record_length(of, level=level) / periods,
    )  # fmt: skip
