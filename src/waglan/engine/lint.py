"""What is wrong with a recipe, found before anything runs: each room checks the part it will run."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date

from waglan.engine.actionable import lint_actionable, read_columns
from waglan.features.draft import is_categorical
from waglan.features.plan import compile
from waglan.models.training import KINDS, choose
from waglan.policy.expression import references
from waglan.policy.limits import policy_of
from waglan.risk.columns import risk_columns
from waglan.risk.declared import lint_risk
from waglan.schema.recipe import Column, Recipe, columns
from waglan.schema.units import MINOR_DIGITS, NULL, BadValue


def lint(recipe: Recipe) -> list[str]:
    """Findings as sentences that name the place and the value; empty for a recipe that can run."""
    found = [*_head(recipe), *_columns(recipe), *_concepts(recipe)]
    names = [feature.name for feature in recipe.features]
    market = recipe.risk is not None
    checks: tuple[Callable[[], object], ...] = (
        lambda: compile(recipe),
        lambda: policy_of(recipe, [*names, *(risk_columns(recipe) if market else ())]),
        lambda: None if market else choose(recipe.model.parameters, KINDS[recipe.model.kind], recipe.model.kind),
    )
    for check in checks:
        try:
            check()
        except BadValue as error:
            found.append(str(error))
    return [*found, *lint_risk(recipe), *_ways(recipe), *protected(recipe), *lint_actionable(recipe)]


def protected(recipe: Recipe) -> Iterator[str]:
    """Whatever reads a protected column: it may stand in the event for the audit, and decides nothing."""
    guarded: dict[str, str] = {n: column.protected for n, column in recipe.columns.items() if column.protected}
    guarded |= _filled_alike(recipe, guarded)
    for feature in recipe.features:
        for name in sorted(read_columns(feature) & guarded.keys()):
            yield f"feature {feature.name}: it reads {name!r}, which is protected ({guarded[name]})"
    for rule in recipe.policy.lists:
        if rule.by in guarded:
            yield f"list {rule.name}: it is by {rule.by!r}, which is protected ({guarded[rule.by]})"
    for rule_ in recipe.policy.rules:
        for name in sorted({named for root, named in references(rule_.when) if root == "event"} & guarded.keys()):
            yield f"rule {rule_.code}: it reads {name!r}, which is protected ({guarded[name]})"


def _filled_alike(recipe: Recipe, guarded: Mapping[str, str]) -> dict[str, str]:
    """Columns that a mapping fills from the file's column of a protected one: the same thing by another name."""
    given = {} if recipe.source is None else recipe.source.map
    froms = {name: source if isinstance(source, str) else source.column for name, source in given.items()}
    grounds = {froms[name]: ground for name, ground in guarded.items() if name in froms}
    return {name: grounds[source] for name, source in froms.items() if source in grounds and name in recipe.columns}


def _ways(recipe: Recipe) -> Iterator[str]:
    """What is declared of the score's way with a feature, and cannot be."""
    for feature in recipe.features:
        said = [name for name, value in (("monotone", feature.monotone), ("special", feature.special)) if value]
        if said and not feature.use:
            yield f"feature {feature.name}: {' and '.join(said)} is for the model, and use = false keeps it from it"
        known = isinstance(feature.of, str) and feature.of in columns(recipe)
        if feature.monotone and known and is_categorical(recipe, feature):
            yield f"feature {feature.name}: it holds categories, which have no order: it cannot be monotone"
        if feature.special and len(set(feature.special)) != len(feature.special):
            yield f"feature {feature.name}: special names a value twice: {feature.special}"
        if feature.special and not all(NULL < value <= -NULL - 1 for value in feature.special):
            yield f"feature {feature.name}: special values lie within 64 bits, were {feature.special}"


def _head(recipe: Recipe) -> Iterator[str]:
    if not 1 <= recipe.policy.reasons_max <= 4:
        yield f"reasons_max lies between 1 and 4; it was {recipe.policy.reasons_max}"
    for name in ("name", "desk", "purpose", "owner"):
        if not getattr(recipe, name).strip():
            yield f"{name} is empty"
    try:
        date.fromisoformat(recipe.review)
    except ValueError:
        yield f"review is a date such as 2027-06-30, it was {recipe.review!r}"
    subject = recipe.columns.get(recipe.subject)
    if subject is None or subject.entity is None:
        yield f"subject {recipe.subject!r} is not an entity column of this recipe"


def _columns(recipe: Recipe) -> Iterator[str]:
    for name, column in recipe.columns.items():
        kinds = [k for k in ("entity", "money", "values", "integer", "decimal", "flag") if getattr(column, k)]
        if len(kinds) != 1:
            said = " and ".join(kinds) or "nothing"
            yield f"column {name}: one of entity, money, values, integer, decimal, flag says what it is; it says {said}"
        yield from _money(recipe, name, column)


def _money(recipe: Recipe, name: str, column: Column) -> Iterator[str]:
    if column.money is None or column.money in MINOR_DIGITS:
        return
    currency = recipe.columns.get(column.money)
    if currency is None or currency.values is None:
        yield f"column {name}: {column.money!r} is neither a currency nor a category column"
        return
    for code in currency.values:
        if code not in MINOR_DIGITS:
            yield f"column {column.money}: {code!r} is not a currency with known minor units"


def _concepts(recipe: Recipe) -> Iterator[str]:
    used = {feature.concept for feature in recipe.features if feature.concept}
    for name in sorted(used - recipe.concepts.keys()):
        yield f"concept {name!r} is used by a feature and has no words"
    for name, concept in recipe.concepts.items():
        for script in ("code", "en", "zh_hant", "zh_hans"):
            if not getattr(concept, script).strip():
                yield f"concept {name}: {script} is empty"
    codes = [concept.code for concept in recipe.concepts.values()]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield f"reason code {code} stands for more than one concept"
