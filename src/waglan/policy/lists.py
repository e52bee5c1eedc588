"""Lists that override: allow, watch, block. The first list of the recipe that holds the key decides alone.

Membership is a feature (`in_list`), because who was on a list at that moment is moving state; here it is only looked up
in the row.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from waglan.schema.recipe import Feature, Recipe
from waglan.schema.units import BadValue


@dataclass(frozen=True, slots=True)
class Listed:
    """One overriding list: its place in the row, its verb, its reason."""

    feature: int
    verb: int
    reason: str


def key(by: str | list[str] | None) -> list[str]:
    """Key columns as a list."""
    return [by] if isinstance(by, str) else list(by or [])


def lists(recipe: Recipe, features: Sequence[str]) -> tuple[Listed, ...]:
    """The recipe's lists in their override order. Raises BadValue for a verb or feature that is not there."""
    found, verbs = [], recipe.policy.verbs
    for rule in recipe.policy.lists:
        where = f"list {rule.name} by {rule.by}"
        if rule.verb not in verbs:
            raise BadValue(f"{where}: {rule.verb!r} is not a verb of this policy; its verbs are {', '.join(verbs)}")
        feature = next((f for f in recipe.features if looks_up(f, rule.name, rule.by)), None)
        if feature is None or feature.name not in features:
            need = f'take = "in_list", of = "{rule.name}", by = "{rule.by}"'
            raise BadValue(f"{where}: no feature looks it up; one with {need} is needed")
        found.append(Listed(list(features).index(feature.name), verbs.index(rule.verb), f"list:{rule.name}"))
    return tuple(found)


def looks_up(feature: Feature, name: str, by: str) -> bool:
    """Whether a feature tells membership of that list by that key."""
    return feature.take == "in_list" and feature.of == name and key(feature.by) == [by]
