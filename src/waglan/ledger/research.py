"""The research log: every trial that was run, in the order in which it was run, in a log that cannot lose one.

How good the best of n trials is depends on n, and n is the one figure that whoever shows a result would rather forget.
So what runs trials writes them, before it shows anything, and a report prints how many there are under which head. The
digest of a trial - features, model, policy, parameters, data: whatever can change its outcome - stands in its entry, so
that anyone with the log can count: a trial run again is a run more and no trial more. Its record, with the outcome, is
committed to like a decision, and is shown by whoever wants to.

A log that its owner could have begun anew says nothing. It counts for others only as far as a witness has cosigned its
head; a witness cosigns what grows from what it saw before. Even so, a second log under another name is not seen: the
report prints the name too, and its reader asks for it before research begins.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from waglan.ledger.checkpoint import Checkpoint, read_checkpoint
from waglan.ledger.entry import HASH_BYTES, TRIAL, Entry, commit, decode_entry, encode_entry, salt
from waglan.ledger.log import Log
from waglan.ledger.note import Unsigned, Verifier, check_note
from waglan.schema.units import BadValue

DESK: Final = "research"


class Counted(NamedTuple):
    """What a report prints. runs: entries; trials: different ones among them; root: over all of them, in hex.

    witnesses: names of those who cosigned a head that covers all runs; none where it is unknown how many there were.
    """

    name: str
    runs: int
    trials: int
    root: str
    witnesses: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """One line."""
        by = f"witnessed by {', '.join(self.witnesses)}" if self.witnesses else "trials unknown: no witness"
        return f"{self.name}: {self.trials:,} trials in {self.runs:,} runs, head {self.root}, {by}"


class ResearchLog:
    """Trials in a log of their own. name: the log's origin; key: 32 bytes, the log's own, which salt the records."""

    def __init__(self, log: Log, name: str, key: bytes) -> None:
        """Reads the entries that are there, O(n). BadValue for one that is no trial, with its position."""
        self._log, self._name, self._key = log, name, key
        self._seen: set[bytes] = set()
        for position, data in enumerate(log.entries()):
            entry = decode_entry(data)
            if entry.kind != TRIAL or entry.desk != DESK:
                raise BadValue(f"entry {position} of {name} is no trial: kind {entry.kind} of desk {entry.desk!r}")
            self._seen.add(entry.recipe)

    def write(self, trial: bytes, record: bytes) -> int:
        """Add one run; its position. trial: 32-byte digest of all that can change the outcome; record: its bytes."""
        position = self._log.append([self._entry(self._log.size, trial, record)])
        self._seen.add(trial)
        return position

    def binds(self, position: int, trial: bytes, record: bytes) -> bool:
        """Whether the entry at a position is of this trial with this record."""
        return 0 <= position < self._log.size and self._log.entry(position) == self._entry(position, trial, record)

    def head(self) -> Checkpoint:
        """Over all runs so far; to be signed, cosigned, and published in the log."""
        return Checkpoint(self._name, self._log.size, self._log.root())

    def counted(self, own: Sequence[Verifier] = (), witnesses: Sequence[Verifier] = ()) -> Counted:
        """The count, with the witnesses of the head that the log has published.

        own, witnesses: keys that the reader trusts. A head that is older than the last run, is of another name, or was
        not signed by the log's own key, has no witness here; neither has one with a signature that does not fit.
        """
        runs = self._log.size
        found = Counted(self._name, runs, len(self._seen), self._log.root().hex())
        if not (self._log.note and witnesses and own and runs):
            return found
        head, note = read_checkpoint(self._log.note)
        if head != self.head():
            return found
        try:
            signed = {(each.name, each.key_id) for each in check_note(note, [*own, *witnesses])}
        except Unsigned:
            return found
        if not any((each.name, each.key_id) in signed for each in own):
            return found
        return found._replace(witnesses=tuple(each.name for each in witnesses if (each.name, each.key_id) in signed))

    def _entry(self, position: int, trial: bytes, record: bytes) -> bytes:
        if len(trial) != HASH_BYTES:
            raise BadValue(f"a trial's digest has {HASH_BYTES} bytes, it had {len(trial)}")
        bound = commit(salt(self._key, f"trial/{position}"), record)
        return encode_entry(Entry(TRIAL, DESK, trial, bound))
