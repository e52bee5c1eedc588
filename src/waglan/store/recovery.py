"""Bringing the log up to the store after a crash.

A block is committed to the store, entries and all, before the log sees it; so the log may lack the last entries and can
have none that the store has not. Anything else means that the two are not of one history, and is left as it is for a
person: putting either right by force would fork the log.
"""

from itertools import islice

from waglan.ledger.log import Log
from waglan.store.failure import Diverged
from waglan.store.records import Store

PIECE = 4096


def recover(store: Store, log: Log) -> int:
    """Append to the log what the store has and it lacks; how many entries that were. Call it after opening both.

    Every entry the log has is compared with the store's: about 1 us each. Raises Diverged, naming the first
    position, if one differs or the log is longer; nothing is changed then.
    """
    if log.size > store.size:
        raise Diverged(
            f"the log has {log.size} entries and the store {store.size}: the store is older than the log; "
            "restore the store that belongs to it"
        )
    for position, (ours, theirs) in enumerate(zip(store.entries(0, log.size), log.entries(), strict=True)):
        if ours != theirs:
            raise Diverged(f"entry {position} of the log is not the one in the store: they are of two histories")
    before = log.size
    missing = store.entries(before, store.size)
    while entries := list(islice(missing, PIECE)):
        log.append(entries)
    assert log.size == store.size, f"the log has {log.size} entries after recovery, the store {store.size}"
    return log.size - before
