"""A recipe's features, compiled: what the moving state, the model and the kernel know of them.

A recipe is checked feature by feature (`meaning`), gathered into what shares a past (`draft`, `rings`), and laid out as
one program for the kernel (`sections`, `program`).
"""

import hashlib
from dataclasses import dataclass

from waglan.features.draft import Draft, add, is_categorical
from waglan.features.meaning import bad
from waglan.features.sections import Sizes, lay_out
from waglan.kernels.layout import Ints
from waglan.schema.recipe import Recipe, columns
from waglan.schema.units import SEMANTICS


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What the moving state and the model need to know of a recipe's features.

    `scales[i]` is what feature i's cells are multiplied by; `use` the positions given to the model; `categorical` the
    positions whose cells are places in a category list; `columns` how many an event has; `program` the kernel's;
    `sizes` what it needs of the arena.
    """

    names: tuple[str, ...]
    scales: tuple[int, ...]
    use: tuple[int, ...]
    categorical: tuple[int, ...]
    feedback: bool
    columns: int
    program: Ints
    sizes: Sizes
    digest: bytes


def compile(recipe: Recipe) -> Plan:
    """The plan of a recipe's features. Raises BadValue, with the name and the value, for one that is refused."""
    draft = Draft(recipe, {name: i for i, name in enumerate(columns(recipe))})
    for out, feature in enumerate(recipe.features):
        if feature.name in draft.scales or not feature.name:
            raise bad(feature, "two features have this name" if feature.name else "a feature needs a name")
        add(draft, feature, out)
        draft.categorical[feature.name] = is_categorical(recipe, feature)
    program, sizes = lay_out(draft)
    named = "\n".join([str(SEMANTICS), *draft.scales]).encode()
    return Plan(
        names=tuple(draft.scales),
        scales=tuple(draft.scales.values()),
        use=tuple(i for i, feature in enumerate(recipe.features) if feature.use),
        categorical=tuple(i for i, yes in enumerate(draft.categorical.values()) if yes),
        feedback=any(feature.kind == "effect" for feature in recipe.features),
        columns=len(draft.column_index),
        program=program,
        sizes=sizes,
        digest=hashlib.sha256(named + program.tobytes()).digest(),
    )
