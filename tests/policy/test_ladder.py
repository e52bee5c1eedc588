"""The ladder against counting by hand, and its cuts against every ladder that there is."""

import itertools
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from waglan.policy.ladder import PRICED, Ladder, cuts_from_budget, cuts_from_costs, expected_costs
from waglan.schema.recipe import Budget, Costs
from waglan.schema.units import BadValue

COSTS = Costs(
    review_minor=4_000, friction_minor=30_000, stepup_minor=300, recovery_micro=100_000,
    stepup_stops_micro=700_000, warn_stops_micro=300_000, warn_minor=50,
)  # fmt: skip


@pytest.mark.parametrize(
    ("cuts", "score", "verb"),
    [
        ({"review": 10, "decline": 20}, 9, "approve"), ({"review": 10, "decline": 20}, 10, "review"),
        ({"review": 10, "decline": 20}, 19, "review"), ({"review": 10, "decline": 20}, 20, "decline"),
        ({"decline": 20, "warn": -5}, -5, "warn"), ({"decline": 20, "warn": -5}, -6, "approve"), ({}, 2**62, "approve"),
    ],
)  # fmt: skip
def test_verb_of_a_score(cuts: dict[str, int], score: int, verb: str) -> None:
    ladder = Ladder(PRICED, cuts)
    assert PRICED[ladder.one(score)] == verb
    assert ladder.many(np.array([score])).tolist() == [ladder.one(score)]


@pytest.mark.parametrize(
    ("verbs", "cuts", "said"),
    [
        (PRICED, {"warn": 3, "review": 1}, r"cuts must rise strictly, were \(3, 1\)"),
        (PRICED, {"review": 1, "decline": 1}, r"cuts must rise strictly, were \(1, 1\)"),
        (PRICED, {"stop": 1}, "'stop' is not a verb of this policy; its verbs are approve, warn"),
        (PRICED, {"approve": 1}, "'approve' is where the ladder begins and has no cut, was 1"),
        (["a", "a"], {}, r"different words, were \('a', 'a'\)"), ([], {}, r"were \(\)"),
    ],
)  # fmt: skip
def test_no_ladder(verbs: list[str], cuts: dict[str, int], said: str) -> None:
    with pytest.raises(BadValue, match=said):
        Ladder(verbs, cuts)


def test_expected_costs_by_hand() -> None:
    costs = expected_costs(np.array([0, 500_000, 1_000_000]), np.array([10_000] * 3), COSTS)
    assert {verb: cost.tolist() for verb, cost in costs.items()} == {
        "approve": [0, 4_500, 9_000],
        "warn": [50, 3_200, 6_350],
        "step-up": pytest.approx([300, 1_650, 3_000]),
        "review": [4_000] * 3,
        "decline": [30_000, 15_000, 0],
    }


def ladders(scores: Iterable[int], verbs: tuple[str, ...]) -> Iterable[dict[str, int]]:
    """Every ladder whose cuts are scores."""
    levels = sorted(set(scores))
    for some in itertools.chain.from_iterable(itertools.combinations(verbs[1:], n) for n in range(len(verbs))):
        for cuts in itertools.combinations(levels, len(some)):
            yield dict(zip(some, cuts, strict=True))


def total(cuts: dict[str, int], scores: np.ndarray, costs: dict[str, np.ndarray], verbs: tuple[str, ...]) -> float:
    chosen = Ladder(verbs, cuts).many(scores)
    return float(sum(costs[verbs[verb]][place] for place, verb in enumerate(chosen.tolist())))


ROWS = st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 1_000_000), st.integers(0, 10**7)), max_size=8)


@given(ROWS, st.sampled_from([PRICED, ("approve", "review", "decline"), ("approve",)]))
def test_costs_give_the_cheapest_of_all_ladders(rows: list[tuple[int, int, int]], verbs: tuple[str, ...]) -> None:
    scores, fraud, amounts = (np.array([row[i] for row in rows], np.int64) for i in range(3))
    found = cuts_from_costs(scores, fraud, amounts, COSTS, verbs)
    each = expected_costs(fraud, amounts, COSTS)
    least = min(total(cuts, scores, each, verbs) for cuts in ladders(scores.tolist(), verbs))
    assert total(found, scores, each, verbs) == pytest.approx(least, rel=1e-12, abs=1e-6)


def test_costs_on_many() -> None:
    random = np.random.default_rng(1)
    scores = random.integers(0, 10**6, 20_000)
    fraud = (random.random(20_000) < (scores / 10**6) ** 6) * 1_000_000
    cuts = cuts_from_costs(scores, fraud, np.full(20_000, 50_000), COSTS)
    # At this amount (L = 45,000) warn pays from p = 50/13,500 = .0037 and step-up from 250/18,000 = .0139, while review
    # (4,000) never beats step-up at 300 + 13,500 p below .274, nor decline at 30,000 (1 - p) above .867.
    expected = {"warn": 0.0037, "step-up": 0.0139, "review": 0.274, "decline": 0.867}
    assert list(cuts) == list(expected)
    assert [cuts[verb] / 10**6 for verb in cuts] == pytest.approx([p ** (1 / 6) for p in expected.values()], abs=0.05)


def test_costs_of_nothing_and_of_strange_verbs() -> None:
    none = np.array([], np.int64)
    assert cuts_from_costs(none, none, none, COSTS) == {}
    with pytest.raises(BadValue, match="what 'lend' costs is not known"):
        cuts_from_costs(none, none, none, COSTS, ("approve", "lend"))


@pytest.mark.parametrize(
    ("scores", "days", "budget", "expected"),
    [
        (range(100), 1, Budget(decline=2, review=5), {"review": 93, "decline": 98}),
        (range(100), 10, Budget(decline=1, step_up=1, warn=3), {"warn": 50, "step-up": 80, "decline": 90}),
        ([1, 2, 2, 2, 3], 1, Budget(decline=2, review=2), {"decline": 3}),
        ([1, 2, 2, 2, 3], 1, Budget(decline=4, review=1), {"review": 1, "decline": 2}),
        ([1, 2], 1, Budget(review=9), {"review": 1}), ([], 1, Budget(review=9), {}), ([1, 2], 1, Budget(), {}),
    ],
)  # fmt: skip
def test_budget(scores: Iterable[int], days: int, budget: Budget, expected: dict[str, int]) -> None:
    assert cuts_from_budget(np.array(list(scores), np.int64), days, budget) == expected


@given(
    st.lists(st.integers(-5, 5), max_size=40),
    st.integers(1, 4),
    st.integers(0, 3),
    st.integers(0, 3),
    st.integers(0, 3),
)
def test_budget_is_kept_and_used(found: list[int], days: int, decline: int, review: int, warn: int) -> None:
    scores = np.array(found, np.int64)
    budget = {"decline": decline, "review": review, "warn": warn}
    cuts = cuts_from_budget(scores, days, Budget(**budget))
    verbs = Ladder(PRICED, cuts).many(scores)
    counts = {verb: int((verbs == PRICED.index(verb)).sum()) for verb in budget}
    above = 0
    for verb in ("decline", "review", "warn"):
        assert counts[verb] <= budget[verb] * days
        above += counts[verb]
        below = sorted(set(found) - {s for s in found if (scores >= s).sum() <= above})
        if below:  # one level lower would be too much
            level = int((scores == below[-1]).sum())
            assert counts[verb] + level > budget[verb] * days


def test_budget_without_days() -> None:
    with pytest.raises(BadValue, match="needs calibration days, there were 0"):
        cuts_from_budget(np.array([1]), 0, Budget(review=1))
