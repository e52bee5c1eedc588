"""The house itself: every file says what it is, every name has a meaning, every record and code is in the reference."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import waglan
from waglan.schema import records
from waglan.schema.records import CODES, Decision, Event, Observation, Refusal, Warm

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src" / "waglan").rglob("*.py"))
REFERENCE = (ROOT / "docs" / "reference" / "records.md").read_text()
LINES_MAX = 400
HANDED_OUT = {"src/waglan/auditor/verify.py": 750}
"""A file that is given to outsiders stands alone, so it may hold what would be several nouns."""
DRAWERS = {"utils", "util", "common", "core", "helpers", "helper", "manager", "managers", "misc", "shared", "base"}
PLACES = re.compile(r"/(?:work|tmp|home|root|Users)/\w")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_file_is_no_longer_than_one_noun(path: Path) -> None:
    lines = path.read_text().count("\n")
    assert lines <= HANDED_OUT.get(name_of(path), LINES_MAX), (
        f"{name_of(path)} has {lines} lines; which two nouns is it?"
    )


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_file_says_what_it_is(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    if path.name != "__init__.py" or tree.body:
        assert ast.get_docstring(tree), f"{name_of(path)} does not say what it is"
    assert path.stem not in DRAWERS, f"{name_of(path)}: a drawer has no subject; find it"
    assert path.parent.name not in DRAWERS
    assert not PLACES.search(text), f"{name_of(path)} names a place on somebody's machine"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_what_others_may_use_is_explained(path: Path) -> None:
    bare = [f"line {node.lineno}: {node.name}" for node in public(ast.parse(path.read_text())) if not explained(node)]
    assert not bare, f"{name_of(path)}: without a docstring are {', '.join(bare)}"


Named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def public(tree: ast.Module) -> Iterator[Named]:
    """Functions and classes of a module that do not begin with an underscore."""
    for node in tree.body:
        if isinstance(node, Named) and not node.name.startswith("_"):
            yield node


def explained(node: Named) -> bool:
    return bool(ast.get_docstring(node))


def test_every_room_can_be_entered() -> None:
    for module in pkgutil.walk_packages(waglan.__path__, "waglan."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def section(title: str) -> str:
    """The part of the reference under a heading."""
    return REFERENCE.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


@pytest.mark.parametrize("record", [Event, Decision, Observation, Refusal, Warm])
def test_every_field_of_a_record_is_in_the_reference_in_its_order(record: type) -> None:
    described = re.findall(r"^\| `(\w+)` \|", section(record.__name__), re.MULTILINE)
    assert tuple(described[: len(record.__struct_fields__)]) == record.__struct_fields__  # type: ignore[attr-defined]
    assert record.__name__ in dir(records)


def test_every_code_is_in_the_reference_with_its_meaning() -> None:
    described = dict(re.findall(r"^\| `(\w+)` \| ([^|]+?) \|$", section("Refusal"), re.MULTILINE))
    assert described == CODES


def test_pages_name_no_place_on_a_machine() -> None:
    pages = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"]
    assert len(pages) > 5
    found = [name_of(page) for page in pages if page.exists() and PLACES.search(page.read_text())]
    assert not found


def test_tests_and_benches_say_what_they_are() -> None:
    paths = [p for room in ("tests", "bench") for p in (ROOT / room).rglob("*.py") if p.name != "__init__.py"]
    bare = [name_of(p) for p in paths if not ast.get_docstring(ast.parse(p.read_text()))]
    assert not bare
