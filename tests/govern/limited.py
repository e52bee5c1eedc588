"""A recipe with limits of every kind, and decisions made by hand as its policy would make them."""

from collections.abc import Mapping
from typing import Any, Final

from waglan.risk.columns import risk_columns
from waglan.schema.recipe import Recipe, columns, read_recipe
from waglan.schema.records import Action, Decision, Event
from waglan.schema.units import SECOND_NS

TEXT: Final = """
name = "limited"
desk = "market"
purpose = "to be tested"
owner = "the tests"
review = "2030-01-01"
decide = "check"
observe = ["waiver", "acknowledge"]
subject = "portfolio"
features = []

[risk]
tier1_minor = 4000

[columns]
portfolio = { entity = "portfolio", required = false }
stage = { values = ["order", "fill", "measure"] }
book = { values = ["one", "two"], required = false }
trader = { values = ["Ann", "Ben"], required = false }
counterparty = { values = ["Bank", "Issuer"], required = false }
instrument = { values = ["share", "option"], required = false }
limit = { values = ["es_total", "es_book", "name", "delta", "stop"], required = false }
amount = { money = "HKD", required = false }
maker = { entity = "staff", required = false }
checker = { entity = "staff", required = false }
breach_reason = { values = ["client", "market"], required = false }

[policy]
verbs = ["within", "soft", "hard"]
adverse = ["soft", "hard"]
limits = [
    { code = "es_total", of = "es_total", by = "total", soft = 80, hard = 100, acknowledge = "1h", cure = "1d" },
    { code = "es_book", of = "es_book", by = "book", hard = { one = 50, "*" = 60 }, acknowledge = "1h", cure = "2h" },
    { code = "name", of = "exposure_counterparty", by = "counterparty", hard_micro_of_tier1 = 250000 },
    { code = "delta", of = "delta_total", by = "total", soft = 10, hard = 20, absolute = true },
    { code = "stop", of = "pnl_trader", by = "trader", hard = { Ann = 30 }, side = "below", cure = "1d" },
]
"""
RECIPE: Final[Recipe] = read_recipe(TEXT.encode())
ISSUERS: Final = {"share": "Issuer"}
START_NS: Final = 1_772_323_200 * SECOND_NS
STAFF: Final = ("", "Chan", "Lee", "Wong")
"""People by token."""

Cells = Mapping[str, Any]


def named(column: str, token: int) -> str:
    assert column in ("maker", "checker")
    return STAFF[token]


def stored(name: str, value: Any) -> int:
    """A value as an event holds it."""
    column = columns(RECIPE)[name]
    if column.entity is not None:
        return STAFF.index(value)
    return column.values.index(value) if column.values is not None else int(value)


def event(event_id: str, kind: str, minutes: int, cells: Cells) -> Event:
    held = tuple(stored(name, cells[name]) if cells.get(name) is not None else None for name in columns(RECIPE))
    return Event(event_id, kind, START_NS + minutes * 60 * SECOND_NS, held)


def decision(event_id: str, minutes: int, cells: Cells, row: Cells, reasons: tuple[str, ...]) -> Decision:
    """A decided check; row: risk columns that are not null."""
    verb = "hard" if any(r.startswith("limit:") for r in reasons) else "soft" if reasons else "within"
    held = tuple(row.get(name) for name in risk_columns(RECIPE))
    made = event(event_id, "check", minutes, {"stage": "measure"} | dict(cells))
    return Decision(made, b"", held, 0, (Action(verb),), reasons, None, False)
