"""Names of the risk columns of a row, in order: what a market book's decisions, limits and charts read.

Measures come first, and a bit of `rises` each; then the last rolled day, then what is waived of each limit in force for
the event, then Euler's parts of ES by book. Whole minor units of the home currency, NULL where the event has no such
scope.
"""

from waglan.schema.recipe import Recipe
from waglan.schema.risk import DAY, MEASURES, PART, RISES, WAIVED
from waglan.schema.units import BadValue


def risk_columns(recipe: Recipe) -> tuple[str, ...]:
    """Every risk column of the recipe, behind its features. Raises BadValue for a recipe without a column `book`."""
    waived = [f"{WAIVED}{limit.code}" for limit in recipe.policy.limits]
    return (*MEASURES, RISES, *DAY, *waived, *(f"{PART}{book}" for book in names(recipe, "book")))


def names(recipe: Recipe, column: str) -> tuple[str, ...]:
    """Declared categories of a column, in their order: books, traders, counterparties, instruments, quotes."""
    found = recipe.columns.get(column)
    if found is None or found.values is None:
        raise BadValue(f"a market book's recipe declares the categories of {column!r}")
    return tuple(found.values)
