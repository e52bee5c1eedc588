"""Parameters of volatility: a GARCH(1,1) with Student's t for each factor, fitted outside the path, in whole numbers.

A likelihood's maximum differs in its last digits with the machine and the version of the optimiser, so it may not be
found where decisions are: a fit is made on the days up to then, rounded to whole numbers and sent as an `estimate`
event, from which every replay takes it. omega and the mean are in fine units, for a daily variance is of the order of
1e-4 for a share and 1e-8 for a pegged currency.

Law: r = mean + deviation z, variance = omega + alpha (r - mean)^2 + beta variance (Bollerslev 1986, 1987). The degrees
of freedom move no filter: they are in the likelihood, and are kept because they tell how fat the tails were.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from waglan.measures.volatility import Garch
from waglan.risk.history import History
from waglan.schema.units import MICRO, BadValue

Floats = NDArray[np.float64]

FEMTO: Final = 10**15
PICO: Final = 10**12
WINDOW: Final = 2_500
"""Days that a fit looks back on: ten years, with a crisis in most of them."""
NU_MOST: Final = 500
DAYS_LEAST: Final = 500
"""Fewer days do not tell alpha from beta."""


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
        return Garch(
            self.omega_femto / FEMTO,
            self.alpha_micro / MICRO,
            self.beta_micro / MICRO,
            self.mean_pico / PICO,
            self.nu_micro / MICRO,
        )


class Fitted(NamedTuple):
    """What a fit gave. estimates: the new ones alone; kept: factor -> why it keeps its last, if it has one."""

    estimates: tuple[Estimate, ...]
    kept: Mapping[str, str]


def fit(history: History, until_ns: int | None = None, window: int = WINDOW) -> Fitted:
    """GARCH-t of every factor by `arch`, on its last `window` returns up to and including `until_ns`."""
    raise NotImplementedError


def fit_one(factor: str, returns: Floats) -> Estimate:
    """One factor's, from returns (n,). Raises BadValue with the reason where there is no usable maximum."""
    raise NotImplementedError
