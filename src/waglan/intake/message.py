"""One message -> one event: the path of a live payment, and of every line of a JSON Lines file.

A reader is made once for a recipe. A row costs about a third of a microsecond for each column it has.
"""

from typing import Any, Final

import msgspec
import numpy as np

from waglan.intake.plan import NEEDS, Field, Plan, plan
from waglan.intake.values import ID_MAX, Convert, Unreadable, identifier, shown, text_of
from waglan.schema.batch import REFUSED, Batch, Refused
from waglan.schema.recipe import Recipe
from waglan.schema.units import NULL

decode: Final = msgspec.json.Decoder().decode


class Row(msgspec.Struct, frozen=True, gc=False):
    """One event as read.

    kind: position in `recipe.kinds()`; ts_ns: UTC; values: in the order of `recipe.columns()`, NULL where absent and in
    entity columns; names: identifiers in the order of `Reader.entities`, None where absent.
    """

    id: str
    kind: int
    ts_ns: int
    values: list[int]
    names: list[str | None]


class Reader:
    """Reads messages of one recipe. It holds no state that moves; any number of threads may share it.

    entities: places in `recipe.columns()` of the entity columns, in order.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.plan: Plan = plan(recipe)
        self.entities = tuple(sorted(field.place for field in self.plan.fields if field.column.entity is not None))
        self._blank = [NULL] * self.plan.width
        self._nobody: list[str | None] = [None] * len(self.entities)
        steps = [(f, self.entities.index(f.place) if f.column.entity is not None else -1) for f in self.plan.fields]
        self._steps: list[tuple[str, int, int, Convert | None, bool, Field]] = [
            (field.source, field.place, entity, field.convert, field.column.required, field) for field, entity in steps
        ]
        needs = {field.name: field for field in self.plan.fields}
        self._needs = {self.plan.kinds[k]: needs[c].place for k, c in NEEDS.items() if c in needs}
        self._kind_names = {code: kind for kind, code in self.plan.kinds.items()}

    def one(self, message: dict[str, Any], position: int = 0) -> Row | Refused:
        """The event in a decoded JSON object, or why there is none. Absent, null and empty text are all "no value".

        The first fault is told: id, kind, time, then the columns in the recipe's order (money after its currency).
        """
        plan, get = self.plan, message.get
        column = plan.id_source or ""
        value: Any = None
        try:
            if plan.id_source is None:
                ident = str(position)
            else:
                value = get(column)
                if type(value) is str and 0 < len(value) <= ID_MAX and value.isascii():
                    ident = value
                else:
                    ident = event_id(value)
            code = plan.fixed_kind
            if plan.kind_source is not None:
                column = plan.kind_source
                value = get(column)
                if value is not None and value != "":
                    code = kind_code(value, plan.kinds)
            column = plan.time_source
            value = get(column)
            ts_ns = plan.time(value) if value is not None and value != "" else missing()
            cells, names = self._blank.copy(), self._nobody.copy()
            for column, place, entity, convert, required, field in self._steps:
                value = get(column)
                if value is None or value == "":
                    if required and code == 0:
                        missing()
                elif entity >= 0:
                    if type(value) is str and len(value) <= ID_MAX and value.isascii():
                        names[entity] = value
                    else:
                        names[entity] = identifier(value) if value == value else nobody(required and code == 0)
                elif convert is not None:
                    cells[place] = convert(value)
                else:
                    cells[place] = money(cells, field, value)
            if code and code in self._needs and cells[self._needs[code]] == NULL:
                column, value = NEEDS[self._kind_names[code]], None
                missing()
        except Unreadable as error:
            return Refused(error.code, column, position, shown(value))
        return Row(ident, code, ts_ns, cells, names)

    def truth(self, message: dict[str, Any]) -> int:
        """1 if the mapping's truth column says so, 0 if it denies, -1 if it is not known."""
        truth = self.plan.truth
        return truth_value(message.get(truth.source), truth.positive) if truth else -1


def truth_value(value: Any, positive: frozenset[str]) -> int:
    """1, 0, or -1 where the value is absent or not readable as text."""
    if value is None or value == "" or value != value:
        return -1
    try:
        return int(text_of(value) in positive)
    except Unreadable:
        return -1


def missing() -> int:
    """Raises: a value that is needed is absent."""
    raise Unreadable("missing_column")


def nobody(needed: bool) -> str | None:
    """None for NaN where an identifier should be, which is how data frames write "nobody"."""
    if needed:
        missing()
    return None


def event_id(value: Any) -> str:
    """The id of an event as text. Raises bad_id, also for what cannot be text."""
    if value is None or value == "" or value != value:
        raise Unreadable("bad_id")
    try:
        return identifier(value)
    except Unreadable as error:
        raise Unreadable("bad_encoding" if error.code == "bad_encoding" else "bad_id") from None


def kind_code(value: Any, known: dict[str, int]) -> int:
    """Position of a kind."""
    code = known.get(value) if type(value) is str else None
    if code is None:
        raise Unreadable("unknown_kind")
    return code


def money(cells: list[int], field: Field, value: Any) -> int:
    """Money whose currency stands in another column of the same event."""
    currency = cells[field.currency]
    if currency == NULL:
        raise Unreadable("unknown_currency")
    return field.by_currency[currency](value)


def object_of(line: bytes) -> dict[str, Any]:
    """The JSON object in a line. Raises Unreadable: bad_encoding for what is not UTF-8, bad_line for no object."""
    try:
        value = decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            raise Unreadable("bad_encoding") from None
        raise Unreadable("bad_line") from None
    if not isinstance(value, dict):
        raise Unreadable("bad_line")
    return value


def read_line(reader: Reader, line: bytes | dict[str, Any], position: int = 0) -> Row | Refused:
    """One message, decoded first if it is still bytes."""
    try:
        return reader.one(object_of(line) if isinstance(line, bytes) else line, position)
    except Unreadable as error:
        return Refused(error.code, "", position, shown(line))


def message(line: bytes | dict[str, Any], recipe: Recipe | Reader) -> Batch:
    """A batch of the one event in a message. Give a Reader where there are many: making one costs a millisecond."""
    reader = recipe if isinstance(recipe, Reader) else Reader(recipe)
    row = read_line(reader, line)
    width = reader.plan.width
    if isinstance(row, Refused):
        cells = np.full((1, width), NULL, np.int64)
        names: dict[int, list[str]] = {place: [] for place in reader.entities}
        return Batch([""], np.array([REFUSED], np.int8), np.zeros(1, np.int64), cells, names, {0: row})
    cells = np.array([row.values], np.int64)
    names = {}
    for place, name in zip(reader.entities, row.names, strict=True):
        names[place] = [] if name is None else [name]
        cells[0, place] = NULL if name is None else 0
    return Batch([row.id], np.array([row.kind], np.int8), np.array([row.ts_ns], np.int64), cells, names)
