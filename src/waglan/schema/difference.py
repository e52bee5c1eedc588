"""What changed from one recipe to another, line by line, as a reviewer would say it.

Features, rules and lists are matched by name or code and not by place, so moving one says nothing and renaming one says
that one went and one came.
"""

from typing import Any

import msgspec

from waglan.schema.recipe import Recipe


class Change(msgspec.Struct, frozen=True):
    """One changed leaf: its path, and the value before and after as JSON text; None where there was or is none."""

    path: str
    before: str | None
    after: str | None


def leaves(tree: Any, path: str = "") -> dict[str, str]:
    """Path -> JSON text of every leaf; items of a list of tables go by their name or code."""
    if isinstance(tree, dict):
        found: dict[str, str] = {}
        for key, value in tree.items():
            found |= leaves(value, f"{path}.{key}" if path else str(key))
        return found
    if isinstance(tree, list) and tree and all(isinstance(item, dict) for item in tree):
        return leaves({item.get("name", item.get("code", str(k))): item for k, item in enumerate(tree)}, path)
    return {path: msgspec.json.encode(tree).decode()}


def differences(before: Recipe, after: Recipe) -> list[Change]:
    """Every leaf that differs, in order of path. Equal recipes give none; differences(b, a) is its mirror."""
    old, new = leaves(msgspec.to_builtins(before)), leaves(msgspec.to_builtins(after))
    paths = sorted(p for p in old.keys() | new.keys() if old.get(p) != new.get(p))
    return [Change(p, old.get(p), new.get(p)) for p in paths]
