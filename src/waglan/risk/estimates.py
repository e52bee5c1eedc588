"""Parameters of volatility: a GARCH(1,1) with Student's t for each factor, fitted outside the path, in whole numbers.

A likelihood's maximum differs in its last digits with the machine and the version of the optimiser, so it may not be
found where decisions are: a fit is made on the days up to then, rounded to whole numbers and sent as an `estimate`
event, from which every replay takes it. omega and the mean are in fine units, for a daily variance is of the order of
1e-4 for a share and 1e-8 for a pegged currency.

Law: r = mean + deviation z, variance = omega + alpha (r - mean)^2 + beta variance (Bollerslev 1986, 1987). The degrees
of freedom move no filter: they are in the likelihood, and are kept because they tell how fat the tails were.

A fit may fail. Then the factor keeps the estimate it has, or EWMA where it has none, and the reason is told: a filter
by last year's parameters is a good one, and a desk that stops because an optimiser did is not.
"""

from collections.abc import Mapping
from math import isfinite
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from waglan.measures.volatility import Garch
from waglan.risk.history import History
from waglan.schema.units import MICRO, BadValue

Floats = NDArray[np.float64]

FEMTO: Final = 10**15
PICO: Final = 10**12
NU_MOST: Final = 500
"""Degrees of freedom; `arch` looks no further, and the normal law is as near as makes no difference."""
WINDOW: Final = 2_500
"""Days that a fit looks back on: ten years, with a crisis in most of them."""
DAYS_LEAST: Final = 500
"""Fewer days do not tell alpha from beta."""
ALPHA_MOST_MICRO: Final = MICRO // 2
"""A fit with more is of a series that mostly stands still, and its volatility is yesterday's move."""
LASTING_MOST_MICRO: Final = MICRO - 100
"""alpha + beta of a fit; with more, beta is lowered to it. A shock is then half gone in 6,931 days."""
NU_LEAST_MICRO: Final = 2_100_000
"""A fit with fewer degrees of freedom has hit the bound of the search, 2.05: its variance is one day's."""
DEVIATION_LEAST: Final = 1e-9
"""Of the returns: less is the rounding of returns that are all alike."""
STARTS: Final = (None, (0.0, 0.02, 0.08, 0.90, 6.0))
"""Where a search begins, for returns of deviation 1: mean, omega, alpha, beta, nu; first from `arch`'s own grid."""


class Estimate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One factor's parameters: omega in 1e-15, the mean in 1e-12, the others in millionths."""

    factor: str
    omega_femto: int
    alpha_micro: int
    beta_micro: int
    nu_micro: int
    mean_pico: int = 0

    def checked(self) -> "Estimate":
        """Itself; BadValue with the factor and the value for what makes no variance that stays above 0 and comes back.

        omega from 1, alpha and beta from 0 with a sum below 1, degrees of freedom above 2.
        """
        for name, value, low, high in (
            ("omega_femto", self.omega_femto, 1, FEMTO),
            ("alpha_micro", self.alpha_micro, 0, MICRO - 1),
            ("beta_micro", self.beta_micro, 0, MICRO - 1),
            ("alpha_micro + beta_micro", self.alpha_micro + self.beta_micro, 0, MICRO - 1),
            ("nu_micro", self.nu_micro, 2 * MICRO + 1, NU_MOST * MICRO),
            ("mean_pico", self.mean_pico, -PICO, PICO),
        ):
            if not low <= value <= high:
                raise BadValue(f"{self.factor}: {name} lies between {low} and {high}, it was {value}")
        return self

    def garch(self) -> Garch:
        """The parameters as the filter takes them."""
        micro = (self.alpha_micro / MICRO, self.beta_micro / MICRO)
        return Garch(self.omega_femto / FEMTO, *micro, self.mean_pico / PICO, self.nu_micro / MICRO)


class Fitted(NamedTuple):
    """What a fit gave. estimates: the new ones alone; kept: factor -> why it keeps its last, if it has one."""

    estimates: tuple[Estimate, ...]
    kept: Mapping[str, str]


def fit(history: History, until_ns: int | None = None, window: int = WINDOW) -> Fitted:
    """GARCH-t of every factor by `arch`, on its last `window` returns up to and including `until_ns`.

    Some 40 ms a factor for 2,500 days. No factor's failure hinders another.
    """
    count = len(history) if until_ns is None else int(np.searchsorted(history.days(), until_ns, "right"))
    returns = history.returns()[max(count - window, 0) : count]
    found: list[Estimate] = []
    kept: dict[str, str] = {}
    for f, factor in enumerate(history.factors):
        try:
            found.append(fit_one(factor.name, returns[:, f]))
        except BadValue as bad:
            kept[factor.name] = str(bad)
    return Fitted(tuple(found), kept)


def fit_one(factor: str, returns: Floats) -> Estimate:
    """One factor's, from returns (n,). Raises BadValue with the reason where there is no usable maximum.

    The search works on returns of deviation 1. It is refused for fewer than 500 days, NaN, returns all alike, where no
    search converges, and where one ends at alpha above .5 or fewer than 2.1 degrees of freedom.
    """
    if len(returns) < DAYS_LEAST:
        raise BadValue(f"{factor}: a fit takes {DAYS_LEAST} returns, there are {len(returns)}")
    if not np.isfinite(returns).all():
        raise BadValue(f"{factor}: return {int(np.argmin(np.isfinite(returns)))} is no number")
    deviation = float(returns.std())
    if not deviation > DEVIATION_LEAST:
        raise BadValue(f"{factor}: the {len(returns)} returns have a deviation of {deviation}, which is no volatility")
    said = ""
    for start in STARTS:
        flag, parameters = searched(returns / deviation, start)
        if not flag:
            return whole(factor, parameters, deviation)
        said = f"{factor}: no search for parameters converged (the optimiser said {flag})"
    raise BadValue(said)


def searched(unit: Floats, start: tuple[float, ...] | None) -> tuple[int, tuple[float, ...]]:
    """The optimiser's flag, 0 if it converged, and mean, omega, alpha, beta, nu; of returns of deviation 1."""
    from arch.univariate import GARCH, ConstantMean, StudentsT
    from threadpoolctl import threadpool_limits

    model: Any = ConstantMean(unit, volatility=GARCH(p=1, q=1), distribution=StudentsT(), rescale=False)
    begin = None if start is None else np.array(start)
    with threadpool_limits(1):  # two threads of a matrix library add in another order, and a search ends elsewhere
        found = model.fit(disp="off", show_warning=False, starting_values=begin)
    parameters = tuple(float(x) for x in found.params)
    return int(found.convergence_flag) or int(not all(isfinite(x) for x in parameters)), parameters


def whole(factor: str, parameters: tuple[float, ...], deviation: float) -> Estimate:
    """Parameters of returns of deviation 1 as whole numbers for those of `deviation`; BadValue as `fit_one`."""
    mean, omega, alpha, beta, nu = parameters
    alpha_micro, nu_micro = round(alpha * MICRO), min(round(nu * MICRO), NU_MOST * MICRO)
    if alpha_micro > ALPHA_MOST_MICRO:
        raise BadValue(f"{factor}: alpha is at most {ALPHA_MOST_MICRO / MICRO}, the fit ended at {alpha:.6f}")
    if nu_micro < NU_LEAST_MICRO:
        raise BadValue(f"{factor}: degrees of freedom are at least {NU_LEAST_MICRO / MICRO}, the fit ended at {nu:.6f}")
    return Estimate(
        factor=factor,
        omega_femto=max(round(omega * deviation * deviation * FEMTO), 1),
        alpha_micro=max(alpha_micro, 0),
        beta_micro=max(min(round(beta * MICRO), LASTING_MOST_MICRO - alpha_micro), 0),
        nu_micro=nu_micro,
        mean_pico=round(mean * deviation * PICO),
    ).checked()
