"""The index of decisions, made again from the records, and compared with them: it is never the truth.

Time, verb and score stand beside a sealed record so that a question is answered without opening it. Whoever edits them
misleads a queue and no proof; `compare` finds that, `rebuild` puts it right.
"""

from collections.abc import Iterator
from itertools import islice

from sqlalchemy import delete, func, insert, select, text

from waglan.ledger.entry import DECISION, OBSERVATION
from waglan.schema.records import decode_decision, decode_observation
from waglan.store.records import Store
from waglan.store.rows import Row
from waglan.store.tables import holdings, records, verbs
from waglan.store.vault import ERASED

Line = tuple[int, int | None, str | None, int | None]
"""Position, time, verb, score."""

PIECE = 4096


def line_of(row: Row) -> Line:
    """What the index says of a record, by the record itself; nothing of an erased one."""
    if row.form != ERASED and row.kind == DECISION:
        made = decode_decision(row.record)
        return row.position, made.event.ts_ns, made.actions[0].verb if made.actions else None, made.score_micro
    if row.form != ERASED and row.kind == OBSERVATION:
        return row.position, decode_observation(row.record).event.ts_ns, None, None
    return row.position, None, None, None


def compare(store: Store) -> list[int]:
    """Positions at which the index does not say what the record does, the first hundred."""
    differing = [ours[0] for ours, kept in zip(_lines(store), _kept(store), strict=True) if ours != kept]
    return differing[:100]


def rebuild(store: Store) -> int:
    """Make the index anew from the records; how many lines it has. Each piece is one transaction."""
    with store.begin() as connection:
        numbers = {row.verb: row.number for row in connection.execute(select(verbs))}
    lines, count = _lines(store), 0
    while some := list(islice(lines, PIECE)):
        rows = [(ts_ns, None if verb is None else numbers[verb], score, at) for at, ts_ns, verb, score in some]
        with store.begin() as connection:
            connection.exec_driver_sql(
                "UPDATE records SET ts_ns = ?, verb = ?, score_micro = ? WHERE position = ?", rows
            )
        count += sum(1 for line in some if line[1] is not None)
    mine = (
        select(records.c.token, records.c.position).where(records.c.token.is_not(None)).order_by(text("1"), text("2"))
    )
    with store.begin() as connection:
        connection.execute(delete(holdings))
        connection.execute(insert(holdings).from_select(["token", "position"], mine))
    return count


def last_ns(store: Store, start: int, stop: int) -> int | None:
    """The latest time in the index of records start to stop, None if there is none."""
    query = select(func.max(records.c.ts_ns)).where(records.c.position >= start, records.c.position < stop)
    with store.begin() as connection:
        found: int | None = connection.scalar(query)
    return found


def _lines(store: Store) -> Iterator[Line]:
    return map(line_of, store.range(0, store.size))


def _kept(store: Store) -> Iterator[Line]:
    c = records.c
    query = select(c.position, c.ts_ns, verbs.c.verb, c.score_micro).outerjoin(verbs).order_by(c.position)
    for first in range(0, store.size, PIECE):
        with store.begin() as connection:
            rows = connection.execute(query.where(c.position >= first, c.position < first + PIECE)).all()
        yield from ((row[0], row[1], row[2], row[3]) for row in rows)
