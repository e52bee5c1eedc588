"""The fraud benchmark's world, made again from its published parameters, so that a model meets seeds nobody has seen.

5,000 customers and 10,000 terminals lie uniformly on a 100 x 100 square; a customer pays at terminals within radius 5.
Frauds come in three kinds, later ones overwriting earlier ones: a payment above 220; a terminal compromised for 28
days; a customer a third of whose payments over 14 days are five times what they would have been. Arrays over all
payments at once and not the published loop over customers and days: 1.75 M payments in seconds and not in minutes; so
a seed gives the published generator's distribution and not its payments.

Source: Le Borgne, Siblini, Lebichot, Bontempi, "Reproducible Machine Learning for Credit Card Fraud Detection -
Practical Handbook", chapter 3, "Transaction data simulator".
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

DAY_S: Final = 86_400
START_DAY: Final = 17_622
"""2018-04-01 in days since 1970, as in the published file."""


@dataclass(frozen=True, slots=True)
class Payments:
    """n payments in time order, ties in file order; every array is (n,).

    seconds: int64 from the first day's midnight. amount_minor: int64 cents. kind: int8, 0 honest or the kind of fraud.
    """

    seconds: NDArray[np.int64]
    customer: NDArray[np.int64]
    terminal: NDArray[np.int64]
    amount_minor: NDArray[np.int64]
    kind: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.seconds)

    @property
    def days(self) -> NDArray[np.int64]:
        """Day of each payment, 0 the first."""
        return self.seconds // DAY_S

    @property
    def fraud(self) -> NDArray[np.int8]:
        """1 where a payment is a fraud of any kind."""
        return (self.kind > 0).astype(np.int8)


def reachable(rng: np.random.Generator, customers: int, terminals: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Terminals within radius 5 of each customer: (flat terminal indices, offsets (customers + 1,))."""
    homes, places = rng.uniform(0, 100, (customers, 2)), rng.uniform(0, 100, (terminals, 2))
    near: list[NDArray[np.int64]] = []
    for block in np.array_split(homes, max(1, customers // 250)):
        square = ((block[:, None, :] - places[None, :, :]) ** 2).sum(axis=2)
        near.extend(np.flatnonzero(row < 25.0) for row in square)
    offsets = np.concatenate(([0], np.cumsum([len(one) for one in near])))
    return np.concatenate(near), offsets


def honest(rng: np.random.Generator, customers: int, terminals: int, days: int) -> Payments:
    """Every payment before any fraud: Poisson counts, normal times of day kept inside the day, normal amounts."""
    flat, offsets = reachable(rng, customers, terminals)
    mean_amount, mean_count = rng.uniform(5, 100, customers), rng.uniform(0, 4, customers)
    counts = rng.poisson(mean_count[:, None], (customers, days)).ravel()
    who = np.repeat(np.repeat(np.arange(customers), days), counts)
    day = np.repeat(np.tile(np.arange(days), customers), counts)
    second = np.trunc(rng.normal(DAY_S / 2, 20_000, len(who))).astype(np.int64)
    reach = (offsets[1:] - offsets[:-1])[who]
    keep = (second > 0) & (second < DAY_S) & (reach > 0)
    who, day, second, reach = who[keep], day[keep], second[keep], reach[keep]
    mean = mean_amount[who]
    amount = rng.normal(mean, mean / 2)
    amount = np.where(amount < 0, rng.uniform(0, 2 * mean), amount)
    terminal = flat[offsets[who] + rng.integers(0, reach)]
    seconds = day * DAY_S + second
    order = np.argsort(seconds, kind="stable")
    minor = np.rint(amount * 100).astype(np.int64)
    kind = np.zeros(len(order), np.int8)
    return Payments(seconds[order], who[order], terminal[order], minor[order], kind)


def rows_by(key: NDArray[np.int64], size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows grouped by key in time order: (rows, offsets (size + 1,))."""
    return np.argsort(key, kind="stable"), np.concatenate(([0], np.cumsum(np.bincount(key, minlength=size))))


def defraud(rng: np.random.Generator, honest_payments: Payments, customers: int, terminals: int) -> Payments:
    """The three kinds of fraud, in the published order, on top of honest payments."""
    day, amount = honest_payments.days, honest_payments.amount_minor.copy()
    kind = np.where(amount > 22_000, 1, 0).astype(np.int8)
    days = int(day.max()) if len(day) else 0
    rows, offsets = rows_by(honest_payments.terminal, terminals)
    for first in range(days):
        for terminal in rng.choice(terminals, min(2, terminals), replace=False):
            own = rows[offsets[terminal] : offsets[terminal + 1]]
            kind[own[(day[own] >= first) & (day[own] < first + 28)]] = 2
    rows, offsets = rows_by(honest_payments.customer, customers)
    for first in range(days):
        some = rng.choice(customers, min(3, customers), replace=False)
        own = np.concatenate([rows[offsets[one] : offsets[one + 1]] for one in some])
        own = own[(day[own] >= first) & (day[own] < first + 14)]
        hit = rng.choice(own, len(own) // 3, replace=False)
        kind[hit] = 3
        amount[hit] *= 5
    return Payments(honest_payments.seconds, honest_payments.customer, honest_payments.terminal, amount, kind)


def world(seed: int, customers: int = 5_000, terminals: int = 10_000, days: int = 183) -> Payments:
    """The payments of one seed; the published size gives about 1.75 M with 0.84% frauds."""
    assert customers > 0
    assert terminals > 0
    assert days > 0
    rng = np.random.default_rng(seed)
    return defraud(rng, honest(rng, customers, terminals, days), customers, terminals)
