"""Tomorrow's scenarios from the days so far, by one of four methods; they step a day at a time.

- `historical`: the moves of the last days, as they were;
- `filtered`: each day's moves over the volatility that was known the day before, times tomorrow's (filtered historical
  simulation: Barone-Adesi, Giannopoulos and Vosper 1999; Hull and White 1998), by GARCH where a factor has an
  estimate, else EWMA; whole days are taken, so dependence between factors stays that of history;
- `parametric`: historical scenarios, of which `risk.parametric` takes the moments;
- `montecarlo`: scrambled Sobol normals with the EWMA covariance of the factors.

A day costs O(factors) (O(factors^2) for the covariance), scenarios O(scenarios x factors). The first variance is that
of the first days, as many as must have come before there is a scenario: no forecast sees a day after it.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from waglan.kernels import generation as kernel
from waglan.pricing.scenarios import Factor, Scenarios
from waglan.risk.estimates import Estimate
from waglan.risk.history import History, doubled, restored
from waglan.schema.risk import Risk
from waglan.schema.units import MICRO, BadValue

Floats = NDArray[np.float64]

DAYS_LEAST: Final = 250
"""Returns that must have come before there are scenarios, or `scenarios` of them where that is fewer: a year, the
least that MAR33 lets a model look back on."""
DEVIATION_LEAST: Final = 1e-9
"""A factor's daily volatility never falls below it, and is refused there."""
LEAST: Final = DEVIATION_LEAST * DEVIATION_LEAST
RETURN_MOST: Final = 30.0
"""A share's logarithmic return in a scenario; at 36 nothing is left of a price in 53 bits."""
REST: Final = 1e-12
"""Share of a factor's variance that those before it must leave unexplained, else it has no chance of its own."""


class Generator:
    """History and filters of a book's factors. One owner, no clock: the same days and estimates give the same bits."""

    def __init__(self, risk: Risk, factors: Sequence[Factor]) -> None:
        self.risk = risk
        self.history = History(factors)
        self.estimates: dict[str, Estimate] = {}
        self._place = {factor.name: f for f, factor in enumerate(factors)}
        self._decay = risk.decay_micro / MICRO
        self._garch = np.tile((0.0, (MICRO - risk.decay_micro) / MICRO, self._decay, 0.0), (len(factors), 1))
        self._variance = np.zeros(len(factors))  # 0: the factor's filter has not begun
        self._all_begun = False
        self._residual = np.empty((1, len(factors)))
        self._covariance = np.zeros((len(factors), len(factors)))
        self._moved = np.full(len(factors), -1)  # the last return that was not 0

    @property
    def least(self) -> int:
        """Returns that must have come before there are scenarios."""
        return min(DAYS_LEAST, self.risk.scenarios)

    @property
    def missing(self) -> int:
        """Returns that are still to come before there are scenarios."""
        return max(self.least - len(self.history), 0)

    def roll(self, ts_ns: int, levels: Floats) -> None:
        """A day's end: levels (f,) in the order of the factors. Raises as `History.append`, then nothing has moved."""
        before = len(self.history)
        self.history.append(ts_ns, levels)
        if len(self.history) > before:
            self._moved[self.history.returns()[before] != 0.0] = before
            if self.risk.method == "filtered":
                self._filter()
            elif self.risk.method == "montecarlo":
                self._spread()

    def resume(self, ts_ns: int, levels: Floats) -> None:
        """A day's end after a gap (`Gap` was raised): no return leads to it and no filter steps."""
        self.history.resume(ts_ns, levels)

    def estimate(self, new: Estimate) -> None:
        """New parameters of one factor: its filter is run again over the whole history.

        BadValue as `Estimate.checked`, or for a factor that is not there; then nothing has moved.
        """
        if new.factor not in self._place:
            raise BadValue(f"there is no factor {new.factor!r} to estimate")
        law = new.checked().garch()
        f = self._place[new.factor]
        self.estimates[new.factor] = new
        self._garch[f] = (law.omega, law.alpha, law.beta, law.mean)
        if self._variance[f]:
            self._begin(f)

    def scenarios(self) -> Scenarios:
        """Moves for the next day, labelled by the dates of history, oldest first, or by the number of the draw.

        The last `risk.scenarios` days, or as many as there are; `montecarlo` always draws so many. Raises BadValue
        where too few days have come, or a factor has stood still.
        """
        if self.missing:
            raise BadValue(f"there are {len(self.history)} returns of the factors, {self.least} are the least")
        self._check_still()
        if self.risk.method == "montecarlo":
            labels, residual = numbered(self.risk.scenarios), self._drawn()
        else:
            labels, residual = tuple(self.history.labels[-self.risk.scenarios :]), self._lasting()
        return Scenarios(labels, self.history.factors, self._moved_by(residual, labels))

    def snapshot(self) -> bytes:
        """Levels and estimates as bytes; filters are run again from them. Inverse: `Generator.restore`."""
        return msgspec.msgpack.encode([self.history.snapshot(), list(self.estimates.values())])

    @classmethod
    def restore(cls, risk: Risk, factors: Sequence[Factor], data: bytes) -> "Generator":
        """The generator of a snapshot: the same scenarios, bit for bit."""
        history, estimates = msgspec.msgpack.decode(data, type=tuple[bytes, list[Estimate]])
        return followed(risk, restored(factors, history), {one.factor: one for one in estimates})

    def _filter(self) -> None:
        """The last return through every filter that has begun; others begin once they can."""
        days = len(self.history)
        while len(self._residual) < days:
            self._residual = doubled(self._residual)
        if days < self.least:
            return
        kernel.step(self.history.returns()[days - 1], self._garch, LEAST, self._variance, self._residual[days - 1])
        if not self._all_begun:
            for f in np.flatnonzero((self._variance == 0.0) & (self._moved >= 0)).tolist():
                self._begin(f)
            self._all_begun = bool(self._variance.all())

    def _begin(self, f: int) -> None:
        """One factor's filter over the whole history, from the variance of its first `least` returns.

        Where it stood still on all of those, from the mean square up to its first move, and the filter steps from there
        on: in days without a move a variance only dies down.
        """
        returns = self.history.returns()
        moved = int(np.flatnonzero(returns[:, f])[0])
        known, begin = (self.least, 0) if moved < self.least else (moved + 1, moved + 1)
        first = kernel.first_variance(returns, f, known, self._garch[f, 3])
        self._variance[f] = kernel.follow(returns, f, self._garch, LEAST, first, begin, self._residual)

    def _spread(self) -> None:
        days, returns = len(self.history), self.history.returns()
        if days == self.least:
            kernel.first_spread(returns, days, self._covariance)
        elif days > self.least:
            kernel.spread(returns[days - 1], self._decay, self._covariance)

    def _check_still(self) -> None:
        still = np.flatnonzero(self._moved < max(len(self.history) - self.risk.scenarios, 0))
        if len(still):
            f = int(still[0])
            raise BadValue(f"{self.history.factors[f].name}: has not moved on any of the last "
                           f"{min(self.risk.scenarios, len(self.history))} days up to {self.history.labels[-1]}, its "
                           f"level was {self.history.levels()[-1, f]}")  # fmt: skip

    def _lasting(self) -> Floats:
        """Of the last days: residuals, or the returns themselves."""
        last = slice(max(len(self.history) - self.risk.scenarios, 0), len(self.history))
        return self._residual[last] if self.risk.method == "filtered" else self.history.returns()[last]

    def _drawn(self) -> Floats:
        """Normals with the factors' covariance, (scenarios, f)."""
        count = len(self.history.factors)
        lower = np.empty((count, count))
        kernel.root(self._covariance, REST, lower)
        out = np.empty((self.risk.scenarios, count))
        normals = sobol(self.risk.scenarios, count, self.risk.seed)
        kernel.spread_out(normals, lower, np.empty(self.risk.scenarios), out)
        return out

    def _moved_by(self, residual: Floats, labels: Sequence[str]) -> Floats:
        """Moves of the factors from residuals at tomorrow's volatility, or from returns at their own."""
        deviation, mean = np.ones(residual.shape[1]), np.zeros(residual.shape[1])
        if self.risk.method == "filtered":
            deviation, mean = np.sqrt(self._variance), np.ascontiguousarray(self._garch[:, 3])
            self._check_alive(deviation)
        out = np.empty(residual.shape)
        if kernel.tomorrow(residual, deviation, mean, self.history.share, RETURN_MOST, out):
            returns = mean + residual * deviation
            s, f = np.argwhere(self.history.share & ~(np.abs(returns) <= RETURN_MOST))[0].tolist()
            raise BadValue(f"{self.history.factors[f].name}: scenario {labels[s]!r}: a return lies within "
                           f"{RETURN_MOST:g}, it was {returns[s, f]}")  # fmt: skip
        return out

    def _check_alive(self, deviation: Floats) -> None:
        dead = np.flatnonzero(~(deviation > DEVIATION_LEAST))
        if len(dead):
            f = int(dead[0])
            raise BadValue(f"{self.history.factors[f].name}: {self.history.labels[-1]}: the volatility has died down "
                           f"to {deviation[f]}, its returns are all alike")  # fmt: skip


def followed(risk: Risk, history: History, estimates: Mapping[str, Estimate]) -> Generator:
    """A generator that was rolled through a history and then given estimates; it owns the history from now on."""
    out = Generator(risk, history.factors)
    out.history = history
    returns = history.returns()
    for f in range(len(history.factors)):
        moved = np.flatnonzero(returns[:, f])
        out._moved[f] = moved[-1] if len(moved) else -1
    for one in estimates.values():
        out.estimate(one)
    if risk.method == "filtered" and len(history):
        out._residual = np.empty((len(history), len(history.factors)))
        out._filter()
    elif risk.method == "montecarlo" and not out.missing:
        kernel.first_spread(returns, out.least, out._covariance)
        for row in returns[out.least :]:
            kernel.spread(row, out._decay, out._covariance)
    return out


def generated(risk: Risk, history: History, estimates: Mapping[str, Estimate]) -> Scenarios:
    """The scenarios after a whole history: what a `Generator` gives that was rolled through it."""
    return followed(risk, history, estimates).scenarios()


@lru_cache(maxsize=8)
def sobol(draws: int, factors: int, seed: int) -> Floats:
    """Standard normals of a scrambled Sobol sequence (Owen 1998; Joe and Kuo 2008), factor-major (factors, draws).

    Drawn once for a seed, kept and not to be written to. The sequence is of whole 30-bit numbers, the same for a seed
    and version of scipy; quantiles are ours, so that no mathematics library is in them. BadValue beyond 21,201 factors.
    """
    if not 1 <= factors <= 21_201 or not 1 <= draws <= 1 << 20:
        raise BadValue(f"draws are 1 to {1 << 20} and factors 1 to 21,201, were {draws} and {factors}")
    sequence = qmc.Sobol(factors, scramble=True, rng=np.random.default_rng(seed))
    uniform = sequence.random_base2((draws - 1).bit_length())[:draws]
    out = np.empty(draws * factors)
    kernel.quantiles(np.clip(uniform.T, 2.0**-40, 1 - 2.0**-40).ravel(), out)
    out.flags.writeable = False
    return out.reshape(factors, draws)


@lru_cache(maxsize=8)
def numbered(draws: int) -> tuple[str, ...]:
    """Labels of draws, "draw 1" to "draw n"."""
    return tuple(f"draw {i + 1}" for i in range(draws))
