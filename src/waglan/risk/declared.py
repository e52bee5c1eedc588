"""What a market book's recipe must declare: the columns that holdings read, of the right sort, and sane risk settings.

Holdings index arrays by category, so a category outside the list is refused at the door and not here.
"""

from collections.abc import Iterator
from typing import Final

from waglan.schema.recipe import Column, Recipe
from waglan.schema.risk import ESTIMATE, STAGES, WAIVER, Risk
from waglan.schema.units import MICRO, MINOR_DIGITS, BadValue, duration_ns

CATEGORY: Final = "values"
ALWAYS: Final = {
    "stage": CATEGORY, "book": CATEGORY, "trader": CATEGORY, "counterparty": CATEGORY, "instrument": CATEGORY,
    "quantity": "integer", "price": "decimal", "quote": CATEGORY, "level": "decimal",
}  # fmt: skip
"""Columns and what each holds."""
FOR: Final = {
    ESTIMATE: {
        "factor": CATEGORY, "omega": "integer", "alpha": "decimal", "beta": "decimal", "nu": "decimal",
        "mean": "integer",
    },
    WAIVER: {"limit": CATEGORY, "amount": "money"},
}  # fmt: skip
"""Those that a kind needs where it is observed."""
SIGNED: Final = ("quantity", "level")
"""Columns that must be able to fall below nothing."""
SCENARIOS_MAX: Final = 1 << 16


def check_risk(recipe: Recipe) -> None:
    """Raises BadValue with the first finding."""
    for said in lint_risk(recipe):
        raise BadValue(f"{recipe.name}: {said}")


def lint_risk(recipe: Recipe) -> Iterator[str]:
    """What is wrong with a market book's recipe, as sentences; nothing for one without `[risk]`."""
    if recipe.risk is None:
        return
    wanted = dict(ALWAYS)
    for kind, more in FOR.items():
        wanted |= more if kind in recipe.observe else {}
    for name, sort in wanted.items():
        column = recipe.columns.get(name)
        if column is None:
            yield f"[risk]: a market book has a column {name!r}"
        else:
            yield from _column(name, sort, column)
    if recipe.policy.effects:
        yield "[risk]: a market book has no effects: what was traded comes back as a fill"
    yield from _settings(recipe.risk, recipe.columns.get("amount"))


def _column(name: str, sort: str, column: Column) -> Iterator[str]:
    if not getattr(column, sort):
        yield f"column {name}: in a market book it holds {sort}"
    elif sort == CATEGORY and column.other:
        yield f"column {name}: in a market book every category is declared, other = true lets strange ones in"
    if name != "stage" and column.required:
        yield f"column {name}: not every event of a market book has it, it needs required = false"
    if name in SIGNED and not column.negative:
        yield f"column {name}: it can fall below nothing and needs negative = true"
    if name == "stage" and column.values != list(STAGES):
        yield f"column stage: its values are {', '.join(STAGES)}, in this order"


def _settings(risk: Risk, amount: Column | None) -> Iterator[str]:
    if risk.home not in MINOR_DIGITS:
        yield f"[risk]: home {risk.home!r} is not a currency with known minor units"
    if amount is not None and amount.money not in (None, risk.home):
        yield f"column amount: limits count {risk.home}, it counts {amount.money}"
    if not 0 < risk.var_tail_micro <= risk.es_tail_micro < MICRO:
        tails = risk.var_tail_micro, risk.es_tail_micro
        yield f"[risk]: the tail of VaR lies within that of ES, between 0 and {MICRO}; they were {tails}"
    if not 1 <= risk.scenarios <= SCENARIOS_MAX:
        yield f"[risk]: scenarios lie between 1 and {SCENARIOS_MAX}, were {risk.scenarios}"
    if not 0 < risk.decay_micro < MICRO:
        yield f"[risk]: decay_micro lies between 0 and {MICRO}, was {risk.decay_micro}"
    if risk.tier1_minor is not None and risk.tier1_minor < 0:
        yield f"[risk]: tier1_minor is at least 0, was {risk.tier1_minor}"
    if not 0 <= risk.seed < 1 << 63:
        yield f"[risk]: seed lies within 63 bits and is at least 0, was {risk.seed}"
    try:
        duration_ns(risk.age_max)
    except BadValue as bad:
        yield f"[risk]: age_max: {bad}"
