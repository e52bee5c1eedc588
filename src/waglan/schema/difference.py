"""What changed from one recipe to another, line by line, as a reviewer would say it.

Features, rules and lists are matched by name or code and not by place, so renaming one says that one went and one came.
Moving one is a line of its own: the first list that holds a key decides, so their order is a decision too.
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


def orders(tree: Any, path: str = "") -> dict[str, list[str]]:
    """Path -> names in their order, of every list of tables and of the columns: where the order can change a record."""
    found: dict[str, list[str]] = {}
    if isinstance(tree, dict):
        if path == "columns":
            found[path] = list(tree)
        for key, value in tree.items():
            found |= orders(value, f"{path}.{key}" if path else str(key))
    elif isinstance(tree, list) and tree and all(isinstance(item, dict) for item in tree):
        found[path] = [str(item.get("name", item.get("code", k))) for k, item in enumerate(tree)]
    return found


def moved(old: list[str], new: list[str]) -> bool:
    """Whether what both have stands in another order."""
    return [name for name in old if name in new] != [name for name in new if name in old]


def differences(before: Recipe, after: Recipe) -> list[Change]:
    """Every leaf that differs and every order that does, by path. Equal recipes give none; (b, a) mirrors (a, b)."""
    trees = msgspec.to_builtins(before), msgspec.to_builtins(after)
    old, new = (leaves(tree) for tree in trees)
    was, now = (orders(tree) for tree in trees)
    for path in was.keys() & now.keys():
        if moved(was[path], now[path]):
            old[f"{path} (order)"] = msgspec.json.encode(was[path]).decode()
            new[f"{path} (order)"] = msgspec.json.encode(now[path]).decode()
    paths = sorted(p for p in old.keys() | new.keys() if old.get(p) != new.get(p))
    return [Change(p, old.get(p), new.get(p)) for p in paths]
