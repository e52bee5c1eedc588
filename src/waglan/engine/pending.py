"""Records that wait to be written, column by column, sealed as they are written: store first, then log."""

from collections.abc import Sequence
from typing import Final

from waglan.ledger.entry import seal_many
from waglan.ledger.log import Log
from waglan.schema.batch import Refused
from waglan.store.records import Block, Store


class Pending:
    """Records in log order. `desk` and `log_key` stand in every entry and salt what concerns nobody."""

    def __init__(self, desk: str, log_key: bytes) -> None:
        self._desk: Final = desk
        self._log_key: Final = log_key
        self._clear()

    def _clear(self) -> None:
        self._kinds: list[int] = []
        self._records: list[bytes] = []
        self._recipes: list[bytes] = []
        self._ids: list[str | None] = []
        self._keys: list[bytes] = []
        self._tokens: list[int | None] = []
        self._salted_by: list[str] = []
        self._ts_ns: list[int | None] = []
        self._verbs: list[str | None] = []
        self._scores: list[int | None] = []
        self._refused: dict[int, Refused] = {}

    def __len__(self) -> int:
        return len(self._kinds)

    def add(
        self,
        kind: int,
        record: bytes,
        recipe: bytes,
        event_id: str | None = None,
        key: bytes | None = None,
        token: int | None = None,
        salted_by: str = "",
        ts_ns: int | None = None,
        verb: str | None = None,
        score: int | None = None,
        refused: Refused | None = None,
    ) -> None:
        """One record. `key` None: it concerns nobody, and the log's own key salts it."""
        assert salted_by, "every record has a salt of its own"
        if refused is not None:
            self._refused[len(self._kinds)] = refused
        self._kinds.append(kind)
        self._records.append(record)
        self._recipes.append(recipe)
        self._ids.append(event_id)
        self._keys.append(self._log_key if key is None else key)
        self._tokens.append(token)
        self._salted_by.append(salted_by)
        self._ts_ns.append(ts_ns)
        self._verbs.append(verb)
        self._scores.append(score)

    def extend(
        self,
        kind: int,
        records: Sequence[bytes],
        recipe: bytes,
        ids: Sequence[str],
        keys: Sequence[bytes],
        tokens: Sequence[int | None],
        ts_ns: Sequence[int],
        verbs: Sequence[str],
        scores: Sequence[int],
    ) -> None:
        """n records of one kind about events of their own ids, column by column; as n times `add`."""
        n = len(records)
        self._kinds += [kind] * n
        self._records += records
        self._recipes += [recipe] * n
        self._ids += ids
        self._keys += keys
        self._tokens += tokens
        self._salted_by += ids
        self._ts_ns += ts_ns
        self._verbs += verbs
        self._scores += scores

    def entries(self) -> list[bytes]:
        """The entries of all records, in order. Almost always all are under one recipe, which is the quick way."""
        if len(set(self._recipes)) <= 1:
            recipe = self._recipes[0] if self._recipes else b""
            return seal_many(self._keys, self._salted_by, self._records, self._kinds, self._desk, recipe)
        entries: list[bytes] = [b""] * len(self)
        for recipe in sorted(set(self._recipes)):
            at = [i for i, r in enumerate(self._recipes) if r == recipe]
            sealed = seal_many(
                [self._keys[i] for i in at],
                [self._salted_by[i] for i in at],
                [self._records[i] for i in at],
                [self._kinds[i] for i in at],
                self._desk,
                recipe,
            )
            for i, entry in zip(at, sealed, strict=True):
                entries[i] = entry
        return entries

    def take(self) -> list[bytes]:
        """The entries of all records; nothing is pending afterwards."""
        entries = self.entries()
        self._clear()
        return entries

    def write(self, store: Store, log: Log, recipe: bytes, snapshot: bytes | None) -> None:
        """All of it to the store in one transaction, then its entries to the log. `recipe` names the champion's.

        After an error of the store all of it still waits; after one of the log it is in the store, which `recover`
        brings the log up to.
        """
        if not self._kinds and snapshot is None:
            return
        entries = self.entries()
        block = Block(
            recipe,
            self._kinds,
            self._ids,
            self._tokens,
            self._ts_ns,
            self._verbs,
            self._scores,
            self._records,
            entries,
            self._refused,
            snapshot,
        )
        store.append(block)
        self._clear()
        log.append(entries)
