"""Which column of a file feeds which column of the recipe, settled once for a recipe and used for every row.

With a mapping in the recipe the file is somebody else's: money is in major units unless said otherwise, and only mapped
columns and those of the recipe's own names are read. Without one it is in our own form: id, kind, ts_ns, and every
column of `recipe.columns()` by its name, money in minor units.
"""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from waglan.intake import times, values
from waglan.schema.recipe import Column, Recipe, Source, columns, kinds
from waglan.schema.records import CODES
from waglan.schema.units import MICRO, MINOR_DIGITS, BadValue, duration_ns

BEYOND: Final = "outcome", "list", "until_s", "verb"
"""Columns of the kinds every desk has: never required of a payment, looked up in a mapped file only if mapped."""

NEEDS: Final = {"outcome": "outcome", "listing": "list", "effect": "verb"}
"""What an event of these kinds cannot be without."""

CODE: Final = {code: place + 1 for place, code in enumerate(CODES)}
"""A refusal code as a small number, 0 for none, so that a column's refusals are a uint8 array."""

CODE_NAMES: Final = ("", *CODES)


@dataclass(frozen=True, slots=True)
class Field:
    """One recipe column: its place in `columns(recipe)`, where it comes from and how one value is read.

    `convert` is None for an entity, whose values are text, and for money whose currency is a column: that has one
    convertor and one scale for each category of the column at place `currency`. `scale` is 0 for what is not a
    number; `nearest`: more digits than the scale has are rounded away.
    """

    place: int
    name: str
    source: str
    column: Column
    named: bool
    convert: values.Convert | None
    scale: int = 0
    nearest: bool = False
    currency: int = -1
    by_currency: tuple[values.Convert, ...] = ()
    by_scale: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Truth:
    """The truth column of a mapped file, and how long after the event its outcome is known."""

    source: str
    after_ns: int
    positive: frozenset[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a reader of rows needs, resolved. `fields` are in the order in which a row's first fault is sought."""

    width: int
    outcome: int
    kinds: dict[str, int]
    fixed_kind: int
    id_source: str | None
    kind_source: str | None
    time_source: str
    time: values.Convert
    time_unit: str | None
    time_form: str | None
    zone: str
    fields: tuple[Field, ...]
    truth: Truth | None
    own: bool

    def sources(self) -> list[str]:
        """The file columns that are looked for, each once."""
        found = [self.id_source, self.kind_source, self.time_source, *(field.source for field in self.fields)]
        truth = [self.truth.source] if self.truth else []
        return list(dict.fromkeys(name for name in [*found, *truth] if name is not None))

    def unread(self, names: Iterable[str]) -> list[str]:
        """Columns of the file that nothing in the recipe reads."""
        known = set(self.sources())
        return [name for name in names if name not in known]

    def check(self, names: Sequence[str], where: str, decided: bool = True) -> None:
        """The file's columns suffice. Raises BadValue naming what was expected, what was found and the nearest names.

        decided: the file may hold events of the decided kind, which need their required columns.
        """
        doubled = sorted({name for name in names if list(names).count(name) > 1} & set(self.sources()))
        if doubled:
            raise BadValue(f"{where}: column {doubled[0]!r} stands twice in the file")
        needed = [self.time_source, *([self.id_source] if self.id_source else [])]
        needed += [self.kind_source] if self.kind_source and not self.own else []
        needed += [self.truth.source] if self.truth else []
        needed += [f.source for f in self.fields if f.named or (decided and f.column.required)]
        missing = [name for name in dict.fromkeys(needed) if name not in names]
        if missing:
            raise BadValue(f"{where}: {missing_columns(missing, names)}")


def missing_columns(missing: Sequence[str], names: Sequence[str]) -> str:
    """What was expected, what was found, and the nearest names."""
    lines = []
    for name in missing:
        near = difflib.get_close_matches(name.lower(), [n.lower() for n in names], 1, 0.6)
        hint = next((f"; did you mean {n!r}?" for n in names if near and n.lower() == near[0]), "")
        lines.append(f"expected a column {name!r}{hint}")
    found = ", ".join(names[:40]) + (", ..." if len(names) > 40 else "")
    return "\n  ".join([*lines, f"found: {found or 'no columns'}"])


def field_of(place: int, name: str, column: Column, source: Source, named: bool, own: bool) -> Field:
    """How one column is read; money in the currency of a column is completed by `priced`."""
    scale, convert = 0, None
    if column.money is not None:
        scale = 1 if own or source.unit == "minor" else 10 ** MINOR_DIGITS.get(column.money, 0)
        convert = values.whole_number(len(str(scale)) - 1, column.negative, source.round)
    elif column.values is not None:
        convert = values.category(column.values, column.other, source.rename)
    elif column.flag:
        convert = values.flag(source.rename)
    elif column.decimal:
        scale, convert = MICRO, values.millionths(column.negative)
    elif column.entity is None:
        scale, convert = 1, values.whole_number(0, column.negative, source.round)
    nearest = source.round or column.decimal
    return Field(place, name, source.column, column, named, convert, scale, nearest)


def priced(field: Field, currency: Field | None, minor: bool) -> Field:
    """A money field that knows the digits of each currency of its column. Raises BadValue for what is no currency."""
    name = str(field.column.money)
    if currency is None or currency.column.values is None:
        raise BadValue(f"column {field.name!r}: {name!r} is neither a currency code nor a category column")
    strange = [code for code in currency.column.values if code not in MINOR_DIGITS]
    if strange:
        raise BadValue(f"column {name!r}: {strange[0]!r} is not a currency code; known are {', '.join(MINOR_DIGITS)}")
    digits = [0 if minor else MINOR_DIGITS[code] for code in currency.column.values]
    each = tuple(values.whole_number(d, field.column.negative, field.nearest) for d in digits)
    scales = tuple(10**d for d in digits)
    return replace(field, convert=None, scale=0, currency=currency.place, by_currency=each, by_scale=scales)


def fields_of(recipe: Recipe, sources: dict[str, Source]) -> tuple[Field, ...]:
    """Every column that is read, those that depend on another after it."""
    own = recipe.source is None
    made: dict[str, Field] = {}
    for place, (name, column) in enumerate(columns(recipe).items()):
        if own or name in sources or name not in BEYOND:
            made[name] = field_of(place, name, column, sources.get(name, Source(column=name)), name in sources, own)
    for name, field in list(made.items()):
        money = field.column.money
        if money is None or money in MINOR_DIGITS:
            continue
        made[name] = priced(field, made.get(money), own or (name in sources and sources[name].unit == "minor"))
        currency = made[money]
        rename = sources[money].rename if money in sources else {}
        made[money] = replace(
            currency, convert=values.category(currency.column.values or [], False, rename, "unknown_currency")
        )
    return tuple(sorted(made.values(), key=lambda field: field.currency >= 0))


def plan(recipe: Recipe) -> Plan:
    """The recipe's mapping, resolved. Raises BadValue for a mapping that cannot be meant."""
    mapping, own = recipe.source, recipe.source is None
    all_columns = columns(recipe)
    sources: dict[str, Source] = {}
    if mapping is not None:
        sources = {name: Source(column=s) if isinstance(s, str) else s for name, s in mapping.map.items()}
        strange = [name for name in sources if name not in all_columns]
        if strange:
            raise BadValue(f"source.map: {strange[0]!r} is not a column of this recipe: {', '.join(all_columns)}")
    known = {kind: code for code, kind in enumerate(kinds(recipe))}
    fixed = mapping.kind if mapping is not None else recipe.decide
    if fixed not in known:
        raise BadValue(f"source.kind: {fixed!r} is not a kind of this recipe: {', '.join(known)}")
    time = mapping.time if mapping is not None else Source(column="ts_ns", unit="ns")
    if time.unit in ("major", "minor"):
        raise BadValue(
            f"source.time.unit: {time.unit!r} is a unit of money; of time there are s, ms, us, ns, day, text"
        )
    zone = time.zone or recipe.zone
    return Plan(
        width=len(all_columns),
        outcome=list(all_columns).index("outcome"),
        kinds=known,
        fixed_kind=known[fixed],
        id_source=mapping.id if mapping is not None else "id",
        kind_source=mapping.kind_column if mapping is not None else "kind",
        time_source=time.column,
        time=times.reader(time.unit, time.format, times.zone_of(zone)),
        time_unit=time.unit,
        time_form=time.format,
        zone=zone,
        fields=fields_of(recipe, sources),
        truth=truth_of(recipe),
        own=own,
    )


def truth_of(recipe: Recipe) -> Truth | None:
    """The mapping's truth column, if it has one."""
    outcome = recipe.source.outcome if recipe.source is not None else None
    if outcome is None:
        return None
    return Truth(outcome.column, duration_ns(outcome.after), frozenset(values.text_of(p) for p in outcome.positive))
