"""Where an engine's records go: what it needs of whoever writes them, and the plain way for what lives in memory."""

from typing import Final, Protocol

from waglan.ledger.log import Log
from waglan.store.records import Block, Store


class Keeping(Protocol):
    """Where an engine's records go. After an error of `promise` nothing was taken; after one of `keep` all was."""

    def promise(self, block: Block) -> None:
        """Take a block; from here on its answers may be given."""

    def keep(self) -> None:
        """Put what was taken where it is read."""


class Plain:
    """Store first, then log, and no journal: for what lives in memory."""

    def __init__(self, store: Store, log: Log) -> None:
        self._store: Final = store
        self._log: Final = log

    def promise(self, block: Block) -> None:
        """The block into the store, in one transaction."""
        self._store.append(block)

    def keep(self) -> None:
        """The log up to the store."""
        if self._log.size < self._store.size:
            self._log.append(list(self._store.entries(self._log.size, self._store.size)))
