"""What a reviewer is told has changed between two recipes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.small import RECIPE
from waglan.schema.difference import Change, differences
from waglan.schema.recipe import read_recipe

CURRENCY = 'currency = { values = ["HKD", "CNY"], required = false }'
CHANNEL = 'channel = { values = ["card", "fps"], other = true, required = false }'
CHANGES = [
    ("review = 1200000", "review = 900000", [Change("policy.cuts.review", "1200000", "900000")]),
    ("review = 1200000, ", "", [Change("policy.cuts.review", "1200000", None)]),
    ('owner = "the tests"', 'owner = "me"', [Change("owner", '"the tests"', '"me"')]),
    (
        'take = "sum", of = "amount", by = "payer", window = "1d"',
        'take = "sum", of = "amount", by = "payer", window = "2d"',
        [Change("features.sum_1d.window", '"1d"', '"2d"')],
    ),
    ("row.hour < 3", "row.hour < 4", [Change(
        "policy.rules.R2.when",
        "\"event.channel == 'fps' && row.hour < 3\"",
        "\"event.channel == 'fps' && row.hour < 4\"",
    )]),
    ('values = ["HKD", "CNY"]', 'values = ["CNY", "HKD"]', [
        Change("columns.currency.values", '["HKD","CNY"]', '["CNY","HKD"]')
    ]),
    ("warn = 0, step-up = 600000", "step-up = 600000, warn = 0", []),
    (f"{CURRENCY}\n{CHANNEL}", f"{CHANNEL}\n{CURRENCY}",
     [Change("columns (order)", '["payer","payee","card","amount","fee","currency","channel"]',
             '["payer","payee","card","amount","fee","channel","currency"]')]),
    (
        """    { name = "block", by = "payee", verb = "decline" },
    { name = "allow", by = "payer", verb = "approve" },""",
        """    { name = "allow", by = "payer", verb = "approve" },
    { name = "block", by = "payee", verb = "decline" },""",
        [Change("policy.lists (order)", '["block","allow"]', '["allow","block"]')],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "said"), CHANGES)
def test_each_change_is_one_line(before: str, after: str, said: list[Change]) -> None:
    old, new = read_recipe(RECIPE.encode()), read_recipe(RECIPE.replace(before, after, 1).encode())
    assert differences(old, new) == said
    assert differences(new, old) == [Change(c.path, c.after, c.before) for c in said]


def test_a_rename_is_a_going_and_a_coming() -> None:
    new = read_recipe(RECIPE.replace('code = "R2"', 'code = "R3"').encode())
    paths = {c.path: (c.before, c.after) for c in differences(read_recipe(RECIPE.encode()), new)}
    assert paths["policy.rules.R2.verb"] == ('"warn"', None)
    assert paths["policy.rules.R3.verb"] == (None, '"warn"')
    assert not any("order" in path for path in paths)


@given(st.sampled_from(CHANGES), st.sampled_from(CHANGES))
def test_equal_recipes_differ_in_nothing_and_others_in_something(
    one: tuple[str, str, object], other: tuple[str, str, object]
) -> None:
    a, b = (read_recipe(RECIPE.replace(c[0], c[1], 1).encode()) for c in (one, other))
    assert differences(a, a) == []
    assert (differences(a, b) == []) == (a == b and list(a.columns) == list(b.columns))
