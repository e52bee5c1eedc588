"""One record as the store takes it, as it lies on the disk, and as it is read.

`form` says how: 0 plain, in a store without a master key; 1 sealed under its subject's key; 2 erased, when entry and
digest of the id are all that is left; 3, which is never written: it does not open, so somebody changed it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from waglan.schema.batch import Refused
from waglan.store.envelope import BadSeal, open_record, open_refused, seal_records, seal_refused
from waglan.store.ids import EVENT
from waglan.store.vault import ERASED, PLAIN, Vault

CHANGED: Final = 3

STRIPES: Final = "\0refused"
"""The subject type of refused values: a stripe of 65,536 positions has one key, so that it can expire."""

Whole = Sequence[int | None] | NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Block:
    """n records that are committed together, column by column, in log order.

    `ids` holds None where an event has no id of its own; any other id is in the store once. `tokens` are those of the
    subject whose key salts the record, None for the log's own key. `ts_ns`, `verbs` and `scores` are the index of
    decisions, None elsewhere. `refused` says of a row of the block why it was refused and what the value was.
    `snapshot` is the state after the last record. `closed`: what is personal is as it lies on a disk.
    """

    recipe: bytes
    kinds: Sequence[int]
    ids: Sequence[str | None]
    tokens: Whole
    ts_ns: Whole
    verbs: Sequence[str | None]
    scores: Whole
    records: Sequence[bytes]
    entries: Sequence[bytes]
    refused: Mapping[int, Refused] = field(default_factory=dict)
    snapshot: bytes | None = None
    closed: bool = False


class Row(NamedTuple):
    """One record as it is read. Of an erased or changed one (`form` 2, 3) id and record are not to be had."""

    position: int
    kind: int
    form: int
    event_id: str | None
    token: int | None
    record: bytes
    entry: bytes


class Found(NamedTuple):
    """One line of the index of decisions."""

    position: int
    ts_ns: int
    token: int | None
    verb: str
    score_micro: int


class Seals:
    """Rows into their form at rest and out of it, under the keys of a vault."""

    def __init__(self, vault: Vault) -> None:
        self._vault: Final = vault

    def closed(self, block: Block, first: int) -> Block:
        """A block whose first record has position `first`, as it lies on the disk: ids are digests, the rest sealed.

        The same block comes back where nothing is sealed, or where it is closed already.
        """
        if block.closed or not self._vault.sealing:
            return block
        tokens = block.tokens.tolist() if isinstance(block.tokens, np.ndarray) else block.tokens
        known = {token: self._vault.key_of(token) for token in set(tokens)}
        keys = [_there(known[token], token) for token in tokens]
        sealed = seal_records(keys, block.ids, block.records, block.entries)
        refused = {at: self._refused(r, first + at, block.entries[at]) for at, r in block.refused.items()}
        return replace(block, ids=self._names(block.ids), records=sealed, refused=refused, closed=True)

    def name(self, event_id: str) -> str:
        """What stands for an event's id beside its record."""
        return self._vault.names.one(EVENT, event_id)

    def row(self, found: Sequence[Any]) -> Row:
        """A row of the table, opened."""
        position, kind, form, name, token, data, entry = found
        if form == PLAIN:
            return Row(position, kind, form, name, token, data, entry)
        key = self._vault.key_of(token)
        if form == ERASED or key is None:
            return Row(position, kind, ERASED, None, token, b"", entry)
        try:
            event_id, record = open_record(key, data, entry)
        except (BadSeal, UnicodeDecodeError):
            return Row(position, kind, CHANGED, None, token, b"", entry)
        return Row(position, kind, form, event_id, token, record, entry)

    def shown(self, position: int, text: str, form: int, entry: bytes) -> str:
        """A refused value, opened; empty if its time was over, and told if it was changed."""
        if form == PLAIN:
            return text
        dense = self._vault.find(STRIPES, stripe(position))
        if form == ERASED or dense is None:
            return ""
        try:
            return open_refused(self._vault.keys(STRIPES)[dense], bytes.fromhex(text), entry)
        except (BadSeal, ValueError):
            return "(was changed)"

    def _names(self, ids: Sequence[str | None]) -> list[str | None]:
        digests = iter(self._vault.names.many(EVENT, [event_id for event_id in ids if event_id is not None]))
        return [None if event_id is None else next(digests) for event_id in ids]

    def _refused(self, refused: Refused, position: int, entry: bytes) -> Refused:
        dense = int(self._vault.intern(STRIPES, [stripe(position)])[0])
        sealed = seal_refused(self._vault.keys(STRIPES)[dense], refused.shown, entry)
        return replace(refused, shown=sealed.hex())


def stripe(position: int) -> str:
    """The stripe that a refused value belongs to."""
    return str(position >> 16)


def _there(key: bytes | None, token: int | None) -> bytes:
    assert key is not None, f"the token {token} has no key"
    return key
