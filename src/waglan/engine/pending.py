"""Records that wait to be written, sealed as they are gathered into a block."""

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Final

from waglan.ledger.entry import seal_many, seal_one
from waglan.schema.batch import Refused
from waglan.store.records import Block

Line = tuple[int, bytes, bytes, str | None, bytes, int | None, str, int | None, str | None, int | None]
"""kind, record, recipe, event id, key, token, what salts it, time, verb, score."""


class Pending:
    """Records in log order. `desk` and `log_key` stand in every entry and salt what concerns nobody.

    `end` is the place in the log of the next record, `start` being that of the first.
    """

    def __init__(self, desk: str, log_key: bytes, start: int) -> None:
        self.end = start
        self._desk: Final = desk
        self._log_key: Final = log_key
        self._lines: list[Line] = []
        self._refused: dict[int, Refused] = {}
        self._gathered: tuple[list[Line], dict[int, Refused]] = [], {}

    def __len__(self) -> int:
        return len(self._gathered[0]) + len(self._lines)

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
    ) -> int:
        """One record; its place in the log. `key` None: it concerns nobody, and the log's own key salts it."""
        assert salted_by, "every record has a salt of its own"
        if refused is not None:
            self._refused[len(self._lines)] = refused
        key = self._log_key if key is None else key
        self._lines.append((kind, record, recipe, event_id, key, token, salted_by, ts_ns, verb, score))
        self.end += 1
        return self.end - 1

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
        self._lines += zip(
            repeat(kind, len(ids)), records, repeat(recipe), ids, keys, tokens, ids, ts_ns, verbs, scores
        )  # fmt: skip
        self.end += len(ids)

    def entries(self) -> list[bytes]:
        """The entries of all records, in order. Almost always all are under one recipe, which is the quick way."""
        return self._entries(self._lines)

    def _entries(self, lines: Sequence[Line]) -> list[bytes]:
        if len(lines) == 1:
            kind, record, recipe, _, key, _, salted_by, _, _, _ = lines[0]
            return [seal_one(key, salted_by, record, kind, self._desk, recipe)]
        recipes = {line[2] for line in lines}
        if len(recipes) <= 1:
            return self._sealed(lines)
        entries: list[bytes] = [b""] * len(lines)
        for recipe in sorted(recipes):
            at = [i for i, line in enumerate(lines) if line[2] == recipe]
            for i, entry in zip(at, self._sealed([lines[i] for i in at]), strict=True):
                entries[i] = entry
        return entries

    def _sealed(self, lines: Sequence[Line]) -> list[bytes]:
        if not lines:
            return []
        kinds, records, recipes, _, keys, _, salts, *_ = zip(*lines, strict=True)
        return seal_many(keys, salts, records, kinds, self._desk, recipes[0])

    def take(self) -> list[bytes]:
        """The entries of all records; nothing is pending afterwards."""
        entries = self.entries()
        self._clear()
        return entries

    def gather(self, recipe: bytes, snapshot: bytes | None) -> Block | None:
        """All of it as one block, None if there is nothing. `recipe` names the champion's.

        Until it is `taken`, the next call gives it again, before what came since.
        """
        before, refused = self._gathered
        refused |= {len(before) + at: why for at, why in self._refused.items()}
        lines = before + self._lines if before else self._lines
        self._gathered = lines, refused
        self._clear()
        if not lines and snapshot is None:
            return None
        columns: Iterable[tuple[object, ...]] = zip(*lines, strict=True) if lines else repeat((), 10)
        kinds, records, _, ids, _, tokens, _, ts_ns, verbs, scores = columns
        entries = self._entries(lines)
        return Block(recipe, kinds, ids, tokens, ts_ns, verbs, scores, records, entries, refused, snapshot)  # type: ignore[arg-type]

    def taken(self) -> None:
        """The block gathered last is where it belongs."""
        self._gathered = [], {}

    def _clear(self) -> None:
        self._lines = []
        self._refused = {}
