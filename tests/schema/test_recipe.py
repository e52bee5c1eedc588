"""The recipe file: read or refused with the place and the value, and a digest that moves with every part of it."""

import hashlib
from pathlib import Path

import pytest

from tests.engine.small import RECIPE
from waglan.schema.recipe import columns, kinds, open_recipe, read_recipe, recipe_digest
from waglan.schema.units import SEMANTICS, BadValue


def test_columns_and_kinds_are_the_recipes_own_and_then_everybodys() -> None:
    recipe = read_recipe(RECIPE.encode())
    assert kinds(recipe) == ("payment", "outcome", "listing", "effect", "login")
    assert list(columns(recipe)) == [
        "payer", "payee", "card", "amount", "fee", "currency", "channel", "outcome", "list", "until_s", "verb",
    ]  # fmt: skip
    assert columns(recipe)["list"].values == ["block", "allow"]
    assert columns(recipe)["verb"].values == recipe.policy.verbs


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('subject = "payer"', "", "subject"),
        ('owner = "the tests"', "owner = 7", "owner"),
        ('owner = "the tests"', 'owner = "x"\nauthor = "y"', "author"),
        ("seed = 5", "sead = 5", "sead"),
        ('take = "rate"', 'take = "rat"', "rat"),
        ("seed = 5", "seed = 5.5", "seed"),
        ('name = "small"', 'name = "small"\nsemantics = 99', "semantics 99"),
        ("[columns]", "[columns", "line"),
        ('name = "small"', "name = small", "line"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_place(before: str, after: str, said: str) -> None:
    assert before in RECIPE
    with pytest.raises(BadValue, match=said) as error:
        read_recipe(RECIPE.replace(before, after, 1).encode(), "mine.toml")
    assert str(error.value).startswith("mine.toml: ")


def test_bytes_that_are_no_text_and_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="line 1: the byte 0xff is no UTF-8"):
        read_recipe(b"name = '\xff'")
    with pytest.raises(BadValue, match=r"nothing\.toml: No such file"):
        open_recipe(tmp_path / "nothing.toml")
    (tmp_path / "recipe.toml").write_text(RECIPE)
    assert open_recipe(tmp_path / "recipe.toml") == (read_recipe(RECIPE.encode()), RECIPE.encode())


def test_the_digest_moves_with_file_and_model() -> None:
    first = recipe_digest(b"a", bytes(32))
    assert len({first, recipe_digest(b"b", bytes(32)), recipe_digest(b"a", b"\x01" * 32)}) == 3
    assert first == recipe_digest(b"a", bytes(32))
    assert SEMANTICS == 1
    inner = hashlib.sha256(b"a").digest() + bytes(32)
    assert first == hashlib.sha256(b"waglan recipe\n\x00\x00\x00\x01" + inner).digest()
