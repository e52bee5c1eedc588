"""Event ids that have a record or were seen as history, and where: what a writer knows repeats by.

Ids that came while this process ran are known by their text; those that were on the disk are known by their keyed
digest, because their text lies there only within sealed records. After an erasure the digest stays: the same id never
gets a second answer, and nobody reads it there.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from waglan.store.envelope import Names

EVENT: Final = "event"


class Ids:
    """Event id -> position of its record, -1 for history. `kept` holds those on the disk, by digest."""

    def __init__(self, names: Names, kept: dict[str, int]) -> None:
        self._names: Final = names
        self._kept: Final = kept
        self._met: Final[dict[str, int]] = {}

    def __contains__(self, event_id: str) -> bool:
        return event_id in self._met or (bool(self._kept) and self._names.one(EVENT, event_id) in self._kept)

    def __getitem__(self, event_id: str) -> int:
        """KeyError for an id that never came."""
        met = self._met.get(event_id)
        return self._kept[self._names.one(EVENT, event_id)] if met is None else met

    def __setitem__(self, event_id: str, position: int) -> None:
        self._met[event_id] = position

    def update(self, positions: Mapping[str, int] | Iterable[tuple[str, int]]) -> None:
        """As many times `self[event_id] = position`."""
        self._met.update(positions)

    def history(self, digests: Iterable[str]) -> None:
        """Ids of history, by digest."""
        self._kept.update(dict.fromkeys(digests, -1))

    def none_of(self, ids: Collection[str]) -> bool:
        """Whether none of these ids came before."""
        if not self._met.keys().isdisjoint(ids):
            return False
        return not self._kept or self._kept.keys().isdisjoint(self._names.many(EVENT, list(ids)))
