"""An event's sealed values as a person reads them: names for tokens and categories, money in its currency, times.

The inverse of what intake did, from the record alone.
"""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from waglan.schema.recipe import Column, Recipe, columns
from waglan.schema.records import Event
from waglan.schema.units import MINOR_DIGITS
from waglan.store.vault import Vault


def event_values(recipe: Recipe, vault: Vault, event: Event) -> dict[str, Any]:
    """Column -> value of every column that the event has."""
    sealed = dict(zip(columns(recipe), event.values, strict=True))
    return {
        name: value_of(column, sealed[name], recipe, vault, sealed)
        for name, column in columns(recipe).items()
        if sealed[name] is not None
    }


def value_of(
    column: Column, value: int | None, recipe: Recipe, vault: Vault, sealed: dict[str, int | None]
) -> str | int | bool | None:
    """One value in words. Money is text with its currency; of an unknown currency minor units are told as such."""
    if value is None:
        return None
    if column.entity is not None:
        return _name(vault, column.entity, value)
    if column.values is not None:
        return column.values[value] if value < len(column.values) else "another"
    if column.money is not None:
        return _money(column.money, value, recipe, sealed)
    if column.flag:
        return bool(value)
    return _decimal(value, 6) if column.decimal else value


def time_of(ts_ns: int, zone: str) -> str:
    """A moment to the second in a zone, with its offset."""
    return datetime.fromtimestamp(ts_ns // 1_000_000_000, UTC).astimezone(ZoneInfo(zone)).isoformat()


def _name(vault: Vault, subject_type: str, token: int) -> str:
    name = vault.identifier(subject_type, token)
    return "(erased)" if name.startswith("\0") else name


def _money(money: str, value: int, recipe: Recipe, sealed: dict[str, int | None]) -> str:
    code = money
    if money in columns(recipe):
        names, at = columns(recipe)[money].values or [], sealed[money]
        code = names[at] if at is not None and at < len(names) else "?"
    if code not in MINOR_DIGITS:
        return f"{code} {value} minor units"
    return f"{code} {_decimal(value, MINOR_DIGITS[code])}"


def _decimal(value: int, digits: int) -> str:
    whole, rest = divmod(abs(value), 10**digits)
    return f"{'-' if value < 0 else ''}{whole}" + (f".{rest:0{digits}}" if digits else "")
