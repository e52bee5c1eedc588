"""Lists over rules over the ladder; many at once as one by one; the draw that lets declines through."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.policy.recipes import FEATURES, recipe, rule
from waglan.policy import Policy
from waglan.schema.recipe import Recipe, columns
from waglan.schema.units import NULL, BadValue

WIDTH = len(columns(recipe()))
CUTS = {"warn": 10, "review": 20, "decline": 30}
ALLOW, BLOCK = FEATURES.index("on_allow"), FEATURES.index("on_block")


def decide(
    made: Recipe, score: int, row: dict[int, int] | None = None, ident: str = "P1"
) -> tuple[str, tuple[str, ...], bool]:
    policy = Policy(made, FEATURES)
    cells = [(row or {}).get(place, 0) for place in range(len(FEATURES))]
    verb, reasons, through = policy.decide_one([NULL] * WIDTH, cells, score, ident, False)
    return policy.verbs[verb], reasons, through


RULES = (rule("score_micro > 14", "step-up", "high"), rule("row.count_1d > 5", "decline", "fast"))


@pytest.mark.parametrize(
    ("score", "row", "verb", "reasons"),
    [
        (9, {}, "approve", ()), (10, {}, "warn", ("cut:warn",)), (15, {}, "step-up", ("high", "cut:warn")),
        (20, {}, "review", ("high", "cut:review")), (9, {1: 6}, "decline", ("fast",)),
        (30, {1: 6}, "decline", ("high", "fast", "cut:decline")), (30, {ALLOW: 1}, "approve", ("list:allow", "high")),
        (9, {BLOCK: 1}, "decline", ("list:block",)), (9, {ALLOW: 1, BLOCK: 1, 1: 6}, "approve", ("list:allow", "fast")),
        (9, {ALLOW: NULL}, "approve", ()),
    ],
)  # fmt: skip
def test_who_decides(score: int, row: dict[int, int], verb: str, reasons: tuple[str, ...]) -> None:
    assert decide(recipe(*RULES, lists=("allow", "block"), cuts=CUTS), score, row) == (verb, reasons, False)


def test_the_order_of_the_lists_is_the_recipes() -> None:
    made = recipe(lists=("block", "allow"), cuts=CUTS)
    assert decide(made, 9, {ALLOW: 1, BLOCK: 1}) == ("decline", ("list:block",), False)


ROWS = st.lists(
    st.tuples(
        st.sampled_from([NULL, -5, 9, 10, 15, 20, 29, 30, 31]), st.sampled_from([0, 1, NULL]),
        st.sampled_from([0, 1, NULL]), st.sampled_from([0, 6, NULL]), st.text(max_size=3), st.booleans(),
    ),
    max_size=30,
)  # fmt: skip


@given(
    ROWS, st.booleans(), st.sampled_from([(), ("allow",), ("block", "allow")]), st.sampled_from([0, 400_000, 1_000_000])
)
def test_many_at_once_are_as_one_by_one(
    found: list[tuple[int, int, int, int, str, bool]], ruled: bool, lists: tuple[str, ...], share: int
) -> None:
    made = recipe(*(RULES if ruled else ()), lists=lists, cuts=CUTS, let_through_micro=share, seed=7)
    policy, n = Policy(made, FEATURES), len(found)
    scores = np.array([row[0] for row in found], np.int64)
    rows = np.array([[0, row[3], 0, row[1], row[2]] for row in found], np.int64).reshape(n, len(FEATURES))
    values, late = np.full((n, WIDTH), NULL, np.int64), np.array([row[5] for row in found], np.bool_)
    ids = [row[4] for row in found]
    verbs, reasons, through = policy.decide(values, rows, scores, ids, late)
    assert verbs.dtype == np.int8
    one = [
        policy.decide_one(values[i].tolist(), rows[i].tolist(), int(scores[i]), ids[i], bool(late[i])) for i in range(n)
    ]
    assert list(zip(verbs.tolist(), reasons, through.tolist(), strict=True)) == one


def test_the_share_that_is_let_through() -> None:
    policy = Policy(recipe(cuts=CUTS, let_through_micro=50_000, seed=3), FEATURES)
    drawn = [policy.drawn(f"P{i}") for i in range(20_000)]
    assert sum(drawn) == pytest.approx(1_000, abs=5 * (20_000 * 0.05 * 0.95) ** 0.5)
    again = Policy(recipe(cuts=CUTS, let_through_micro=50_000, seed=3), FEATURES)
    other = Policy(recipe(cuts=CUTS, let_through_micro=50_000, seed=4), FEATURES)
    assert drawn == [again.drawn(f"P{i}") for i in range(20_000)]
    assert drawn != [other.drawn(f"P{i}") for i in range(20_000)]
    digest = hashlib.sha256(b"waglan let through\n" + (3).to_bytes(8, "big") + b"P17").digest()
    assert drawn[17] == (int.from_bytes(digest[:8], "big") / 2**64 < 0.05)


@pytest.mark.parametrize(
    ("rules", "row", "score", "expected"),
    [
        ((), {}, 30, ("approve", ("cut:decline", "let_through"), True)),
        ((), {}, 29, ("review", ("cut:review",), False)),
        ((), {BLOCK: 1}, 30, ("decline", ("list:block",), False)),
        ((rule("true", "decline", "law"),), {}, 30, ("decline", ("law", "cut:decline"), False)),
        ((rule("true", "step-up", "ask"),), {}, 30, ("step-up", ("ask", "cut:decline", "let_through"), True)),
    ],
)  # fmt: skip
def test_what_is_let_through(rules: tuple[object, ...], row: dict[int, int], score: int, expected: object) -> None:
    made = recipe(*rules, lists=("block",), cuts=CUTS, let_through_micro=1_000_000)  # type: ignore[arg-type]
    assert decide(made, score, row) == expected


def test_without_verbs_above_the_mildest_nothing_is_let_through() -> None:
    made = recipe(verbs=["approve"], adverse=[], let_through_micro=1_000_000)
    assert decide(made, 99) == ("approve", (), False)
    policy = Policy(made, FEATURES)
    one = np.zeros((1, len(FEATURES)), np.int64)
    verbs, reasons, through = policy.decide(
        np.zeros((1, WIDTH), np.int64), one, np.array([99]), ["P"], np.array([False])
    )
    assert (verbs.tolist(), reasons, through.tolist()) == ([0], [()], [False])


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (recipe(adverse=["stop"]), "adverse: 'stop' is not a verb"),
        (recipe(let_through_micro=1_000_001), "it was 1000001"),
        (recipe(seed=2**63), "seed must fit in 64 bits"), (recipe(cuts={"review": 3, "decline": 2}), r"were \(3, 2\)"),
    ],
)  # fmt: skip
def test_no_policy(made: Recipe, said: str) -> None:
    with pytest.raises(BadValue, match=said):
        Policy(made, FEATURES)


def test_a_list_needs_a_feature_and_a_verb() -> None:
    with pytest.raises(
        BadValue, match=r"list block by payee: no feature looks it up; one with take = .in_list., of = .block."
    ):
        Policy(recipe(lists=("block",)), FEATURES[:4])
    with pytest.raises(BadValue, match="list block by payee: 'decline' is not a verb"):
        Policy(recipe(lists=("block",), verbs=["approve"], adverse=[]), FEATURES)


def test_adverse_verbs() -> None:
    assert Policy(recipe(), FEATURES).adverse.tolist() == [False, False, False, True, True]
