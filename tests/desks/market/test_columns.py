"""The market desk's recipe: what it says is what the desk's words are, and it can run."""

from pathlib import Path

from waglan.desks.market import columns as made
from waglan.engine.lint import lint
from waglan.schema.recipe import kinds, open_recipe
from waglan.schema.risk import COLUMNS, MOVING

RECIPE, _ = open_recipe(Path(made.__file__).parent / "hk-market.toml")


def test_the_recipe_has_the_desks_columns_in_their_order() -> None:
    assert list(RECIPE.columns) == list(made.COLUMNS)
    for name, column in made.COLUMNS.items():
        told = RECIPE.columns[name]
        assert (told.values, told.entity, told.money, told.required, told.negative) == (
            column.values, column.entity, column.money, column.required, column.negative,
        ), name  # fmt: skip
        assert (told.integer, told.decimal) == (column.integer, column.decimal), name
    assert set(COLUMNS) <= {*RECIPE.columns, "until_s"}


def test_the_recipe_can_run_and_knows_every_kind() -> None:
    assert lint(RECIPE) == []
    assert tuple(RECIPE.observe) == made.OBSERVED
    assert set(MOVING) <= set(kinds(RECIPE))


def test_every_limit_has_a_code_of_its_own_words_and_deadlines() -> None:
    assert tuple(limit.code for limit in RECIPE.policy.limits) == made.LIMITS
    for limit in RECIPE.policy.limits:
        assert all((limit.en, limit.zh_hant, limit.zh_hans, limit.acknowledge, limit.cure)), limit.code
