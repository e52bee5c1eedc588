"""An event that a person brings about another one: its own cells by name, through the front door like any other.

Overrides, appeals, acknowledgements and waivers come in here, so that a name becomes a token and a category its place
in one way, and what the door refuses is said to whoever brought it.
"""

from collections.abc import Mapping, Sequence

from waglan.engine.replay import batch_of
from waglan.govern.custody import Custody
from waglan.schema.recipe import columns
from waglan.schema.records import Event
from waglan.schema.units import NULL, BadValue


def bring(custody: Custody, event: Event, cells: Mapping[str, str | int], without: Sequence[str] = ()) -> int:
    """Write the event with these cells over its own, and none in the columns `without`; its position in the log.

    Entities are names, categories their words, anything else whole numbers. Raises BadValue for a word that its column
    does not declare, for what is refused, and for what is in the book already.
    """
    book = custody.book
    batch = batch_of(book.recipe, book.engine.store.vault, [event])
    known = columns(book.recipe)
    places = {name: at for at, name in enumerate(known)}
    for name in without:
        batch.values[0, places[name]] = NULL
    for name, value in cells.items():
        at, column = places[name], known[name]
        if column.entity is not None:
            batch.names[at] = [str(value)]
            value = 0
        elif column.values is not None:
            if value not in column.values:
                raise BadValue(f"{name} is one of {', '.join(column.values)}; it was {value!r}")
            value = column.values.index(str(value))
        batch.values[0, at] = value
    told = book.run(batch)[0]
    if told.refusal is not None:
        raise BadValue(f"{event.id}: refused as {told.refusal}")
    if told.duplicate:
        raise BadValue(f"{event.id} is in the book already, at {told.position:,}")
    return told.position
