"""The fraud benchmark's protocol: its fifteen features, its folds, its three figures and its XGBoost row.

Written after the published text and apart from our own rooms' windows, so that the row it reproduces vouches for the
harness and not for us. Source: Le Borgne, Siblini, Lebichot, Bontempi, "Reproducible Machine Learning for Credit Card
Fraud Detection - Practical Handbook", chapters 3 to 5.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.handbook_world import DAY_S, START_DAY, Payments
from waglan.measures.ranking import average_precision, roc_auc

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Figures = dict[str, float]

WEEK: Final = 7
DELAY_S: Final = WEEK * DAY_S

TEST: Final = (136, 129, 122, 115)
"""First training day of each test fold: 15, 8, 1 August and 25 July 2018."""
VALIDATION: Final = (101, 94, 87, 80)
"""First training day of each validation fold: 11 July 2018 and back by seven days each."""

PUBLISHED: Final = {"ap": 0.687, "auc": 0.869, "cp100": 0.303}
"""The published XGBoost row: test mean of four folds."""
CHOSEN: Final = {"ap": 50, "auc": 100, "cp100": 25}
"""Trees at rate .3 and depth 3 that are best on the validation folds for each figure, of the published grid of depths
3, 6, 9, rates .1, .3 and 25, 50, 100 trees: AP .708, AUC .887, CP@100 .289. The handbook chooses for each apart."""


def windowed(key: Ints, seconds: Ints, value: Ints, days: int, delay_s: int = 0) -> Ints:
    """Sum of value over the same key in (t - delay - days, t - delay], (n,); ties by row, a later row is never seen."""
    order = np.argsort(key, kind="stable")
    own, at = key[order], seconds[order]
    place = own * (1 << 40) + at
    low = np.searchsorted(place, own * (1 << 40) + np.maximum(at - delay_s - days * DAY_S, -1), "right")
    high = np.arange(1, len(order) + 1)
    if delay_s:
        high = np.searchsorted(place, own * (1 << 40) + np.maximum(at - delay_s, -1), "right")
    total = np.concatenate(([0], np.cumsum(value[order])))
    out = np.empty(len(order), np.int64)
    out[order] = total[high] - total[low]
    return out


def fifteen(payments: Payments) -> Floats:
    """The published features, (n, 15): amount, weekend, night, the customer's counts and means, the terminal's counts
    and fraud rates, 0 where a terminal has no payment in its window."""
    p, one = payments, np.ones(len(payments), np.int64)
    weekday = (p.days + START_DAY + 3) % 7
    hour = p.seconds % DAY_S // 3600
    columns: list[NDArray[np.generic]] = [p.amount_minor / 100, weekday >= 5, hour <= 6]
    for days in (1, 7, 30):
        count = windowed(p.customer, p.seconds, one, days)
        columns += [count, windowed(p.customer, p.seconds, p.amount_minor, days) / count / 100]
    for days in (1, 7, 30):
        count = windowed(p.terminal, p.seconds, one, days, DELAY_S)
        frauds = windowed(p.terminal, p.seconds, p.fraud.astype(np.int64), days, DELAY_S)
        columns += [count, frauds / np.maximum(count, 1)]
    return np.column_stack(columns).astype(np.float64)


def week_rows(payments: Payments, first: int) -> Ints:
    """Rows of the seven days from `first`."""
    days = payments.days
    return np.flatnonzero((days >= first) & (days < first + WEEK))


def test_rows(payments: Payments, first: int) -> Ints:
    """Rows of the test week of the fold that trains from day `first`, a week of delay between.

    A card is left out from the day on which a fraud of it is known: all frauds of the training week are, and on each
    test day those up to eight days before it.
    """
    days, customer, fraud = payments.days, payments.customer, payments.fraud == 1
    train = week_rows(payments, first)
    known = np.unique(customer[train[fraud[train]]])
    out = []
    for day in range(first + 2 * WEEK, first + 3 * WEEK):
        known = np.union1d(known, customer[(days == day - WEEK - 1) & fraud])
        rows = np.flatnonzero(days == day)
        out.append(rows[~np.isin(customer[rows], known)])
    return np.concatenate(out)


def card_precision(days: Ints, customer: Ints, fraud: NDArray[np.bool_], score: Ints, top: int = 100) -> float:
    """Mean over days of the share of compromised cards among the `top` cards by their highest score of the day.

    A compromised card among them is found, and is left out on later days; ties by card. Arrays are (n,).
    """
    found = np.empty(0, np.int64)
    shares = []
    for day in np.unique(days):
        rows = np.flatnonzero((days == day) & ~np.isin(customer, found))
        cards, place = np.unique(customer[rows], return_inverse=True)
        highest = np.full(len(cards), np.iinfo(np.int64).min)
        np.maximum.at(highest, place, score[rows])
        compromised = np.bincount(place, weights=fraud[rows], minlength=len(cards)) > 0
        first = np.argsort(-highest, kind="stable")[:top]
        hits = cards[first[compromised[first]]]
        shares.append(len(hits) / top)
        found = np.union1d(found, hits)
    return float(np.mean(shares))


def figures(payments: Payments, rows: Ints, score: Ints) -> Figures:
    """AP, ROC AUC and CP@100 of scores of these rows."""
    fraud = payments.fraud[rows] == 1
    cards = card_precision(payments.days[rows], payments.customer[rows], fraud, score)
    return {"ap": average_precision(score, fraud), "auc": roc_auc(score, fraud), "cp100": cards}


def xgboost(
    features: Floats, target: NDArray[np.int8], rate: float, depth: int = 3
) -> Callable[[Floats, int], Ints]:  # fmt: skip
    """Fit 100 trees; (rows, trees) -> scores. Exact splits: histograms lose .06 AP on some 600 frauds."""
    from xgboost import XGBClassifier

    model = XGBClassifier(
        n_estimators=100, learning_rate=rate, max_depth=depth, tree_method="exact", base_score=0.5, n_jobs=1
    ).fit(features, target)

    def score(rows: Floats, trees: int) -> Ints:
        chance = model.predict_proba(rows, iteration_range=(0, trees))[:, 1].astype(np.float32)
        return np.ascontiguousarray(chance).view(np.int32).astype(np.int64)  # a positive float's bits order like it

    return score


def peers(payments: Payments, features: Floats, first: int, test: Ints) -> dict[str, Figures]:
    """One fold of XGBoost: as published, each figure with its own number of trees, and with 100 trees at rate .1."""
    train = week_rows(payments, first)
    fast = xgboost(features[train], payments.fraud[train], 0.3)
    slow = xgboost(features[train], payments.fraud[train], 0.1)
    published = {name: figures(payments, test, fast(features[test], trees))[name] for name, trees in CHOSEN.items()}
    return {"xgboost": published, "xgboost_100": figures(payments, test, slow(features[test], 100))}


def grid(payments: Payments, features: Floats) -> list[dict[str, float]]:
    """Validation means of the whole published grid: how CHOSEN was found. Some ten minutes."""
    means = []
    for depth in (3, 6, 9):
        for rate in (0.1, 0.3):
            folds: dict[int, list[Figures]] = {25: [], 50: [], 100: []}
            for first in VALIDATION:
                train, test = week_rows(payments, first), test_rows(payments, first)
                score = xgboost(features[train], payments.fraud[train], rate, depth)
                for trees, of in folds.items():
                    of.append(figures(payments, test, score(features[test], trees)))
            means += [{"depth": depth, "rate": rate, "trees": n} | mean(of) for n, of in folds.items()]
    return means


def mean(folds: list[Figures]) -> Figures:
    """Mean of each figure over folds."""
    return {name: float(np.mean([fold[name] for fold in folds])) for name in folds[0]}
