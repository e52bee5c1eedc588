"""The pages run as written, name every file, command and field, and are all in the index."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.docs.examples import BLOCK, DOCS, PAGES, Ran, matched, put_away, same_words, told, walk
from waglan.cli import run
from waglan.cli.reference import page
from waglan.engine.lint import lint
from waglan.schema import recipe as schema
from waglan.schema.recipe import read_recipe

STRUCTS = {
    name: struct
    for name, struct in vars(schema).items()
    if isinstance(struct, type) and issubclass(struct, msgspec.Struct) and struct is not msgspec.Struct
}


def test_the_examples_run_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Pages share a directory, as a reader's do."""
    monkeypatch.chdir(tmp_path)

    def here(arguments: list[str]) -> Ran:
        capfdbinary.readouterr()
        status = run(arguments)
        out, err = capfdbinary.readouterr()
        return status, out.decode(), err.decode()

    for name in PAGES:
        seen = 0
        for example, ran in walk((DOCS / name).read_text(), here):
            assert ran[0] == example.status, f"{name}: $ {example.command}\n{ran}"
            printed = told(example, ran)
            fits = matched(example.shown, printed)
            assert fits is not None, f"{name}: $ {example.command}\n" + "\n".join(printed)
            seen += 1
        assert seen or name == "reference/python.md"
        put_away(name)


def test_shown_lines_are_matched_word_for_word() -> None:
    printed = ["a 1,234", "b  2", "c −0.5 x"]
    assert matched(["a 9", "...", "c 7 x"], printed) == ["a 1,234", "...", "c −0.5 x"]
    assert matched(["a 9"], printed) is None
    assert matched(["b 2", "..."], printed) is None
    assert matched(["...", "d"], printed) is None
    assert matched([], printed) == []
    assert not same_words("refused 0", "duplicates 0")
    assert same_words("root " + "ab" * 32, "root " + "0f" * 32)


def test_commands_are_current() -> None:
    text = (DOCS / "reference" / "commands.md").read_text()
    assert text == page(), "run: python -m waglan.cli.reference > docs/reference/commands.md"


def rows(struct: str) -> dict[str, str]:
    """Field -> default, from the table under a struct's heading."""
    text = (DOCS / "reference" / "recipe.md").read_text()
    section = re.split(rf"^## {struct}$", text, flags=re.M)[1].split("\n## ")[0]
    return dict(re.findall(r"^\| `(\w+)` \| (.*?) \| ", section, re.M))


def default_of(field: Any) -> str:
    """As TOML writes it; `needed`, or `none` where absence is the meaning."""
    if field.required:
        return "needed"
    value = field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default
    if value is None:
        return "none"
    if isinstance(value, msgspec.Struct):
        return "`{}`"
    return f"`{msgspec.json.encode(value).decode().replace(',', ', ')}`"


@pytest.mark.parametrize("name", sorted(STRUCTS))
def test_every_field_of_a_recipe_is_told_with_its_default(name: str) -> None:
    fields = {field.encode_name: default_of(field) for field in msgspec.structs.fields(STRUCTS[name])}
    found = rows(name)
    assert list(found) == list(fields)
    assert found == fields


def test_every_take_is_told() -> None:
    take = next(f for f in msgspec.structs.fields(schema.Feature) if f.name == "take")
    text = (DOCS / "reference" / "recipe.md").read_text()
    line = next(line for line in text.splitlines() if line.startswith("| `take` "))
    assert set(re.findall(r"`(\w+)`", line)[1:]) == set(take.type.__args__)


def recipes() -> Iterator[tuple[str, str]]:
    for path in sorted(DOCS.rglob("*.md")):
        for block in BLOCK.finditer(path.read_text()):
            if block["kind"] == "toml" and "\nfeatures = " in block["text"] and "name = " in block["text"][:8]:
                yield path.name, block["text"]


def test_whole_recipes_in_the_pages_can_run() -> None:
    found = list(recipes())
    assert {name for name, _ in found} >= {"recipe.md", "payments.md"}
    for name, text in found:
        assert lint(read_recipe(text.encode())) == [], name


def test_toml_in_the_pages_is_toml() -> None:
    for path in sorted(DOCS.rglob("*.md")):
        for block in BLOCK.finditer(path.read_text()):
            if block["kind"] == "toml" and not block["text"].lstrip().startswith("{"):
                tomllib.loads(block["text"])


def test_every_page_is_in_the_index() -> None:
    settings = (DOCS.parent / "mkdocs.yml").read_text()
    assert "\nstrict: true\n" in settings
    listed = re.findall(r"^ +- .+: (\S+\.md)$", settings, re.M)
    assert sorted(listed) == sorted(str(p.relative_to(DOCS)) for p in DOCS.rglob("*.md"))
