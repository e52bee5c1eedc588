"""Breaches of limits, read from a market book's log: what passed a limit, who saw it, who let it stand, when it ended.

Nothing of this is kept anywhere: the log says it all. A follower that has read the day so far reads what is new and
says the same as one that reads everything again.
"""

from typing import Final

from waglan.book import Book
from waglan.engine.breaches import issuers
from waglan.govern.breach import Breach as Breach
from waglan.govern.breach import Waiver as Waiver
from waglan.govern.episodes import Episodes
from waglan.ledger.entry import DECISION, OBSERVATION
from waglan.schema.records import Decision, Observation, decode_decision, decode_observation
from waglan.schema.units import BadValue
from waglan.store.rows import Row
from waglan.store.vault import ERASED


class Following:
    """The breaches of a book as it goes on. Raises BadValue for a recipe without limits."""

    def __init__(self, book: Book) -> None:
        if not book.recipe.policy.limits:
            raise BadValue(f"{book.recipe.name}: the recipe has no [[policy.limits]], so nothing is breached")
        self._book: Final = book
        self._episodes = Episodes(book.recipe, self._name, issuers(book.engine.judge.model))
        self._next = 0

    def breaches(self, now_ns: int) -> tuple[Breach, ...]:
        """Every breach so far as it stands then, in the order they were raised; reads what came since the last time.

        22 us a new record, of which 12 are its reading. What was erased is passed over.
        """
        engine = self._book.engine
        engine.commit()
        for row in engine.store.range(self._next, engine.store.size):
            self.take(row)
        return self._episodes.at(now_ns)

    def take(self, row: Row) -> Decision | Observation | None:
        """The next record of the log, for who reads all of it anyway; what is in it, as `opened`."""
        self._next, read = row.position + 1, opened(row)
        if isinstance(read, Decision):
            self._episodes.decided(row.position, read)
        elif read is not None:
            self._episodes.observed(row.position, read.event)
        return read

    def _name(self, column: str, token: int) -> str:
        entity = self._book.recipe.columns[column].entity
        assert entity is not None, "only entities have tokens"
        name = self._book.engine.store.vault.identifier(entity, token)
        return "(erased)" if name.startswith("\0") else name


def opened(row: Row) -> Decision | Observation | None:
    """What was decided or observed; None of another record, or one that was erased."""
    if row.form == ERASED or row.kind not in (DECISION, OBSERVATION):
        return None
    return decode_decision(row.record) if row.kind == DECISION else decode_observation(row.record)


def breaches(book: Book, now_ns: int) -> tuple[Breach, ...]:
    """Every breach in a book as it stands then; reads the whole log. Raises BadValue for a recipe without limits."""
    return Following(book).breaches(now_ns)
