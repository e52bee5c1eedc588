"""A subject forgotten, and the master key changed: what takes something out of the store for good.

Erased is not deleted: the row keeps its place, its entry and the digest of its id, so that the log above it stays what
it was and the same id is never decided twice. Gone are the key, the identifier, the record's bytes, the line of the
index and the token that tied the rows together. Then the file is written anew, so that no page keeps a copy.

What stays of the subject is its dense number and its token, a random number that is nobody's now: windows and the
records of others refer to it, and whoever shared a payee or a device with the erased keeps a true history.
"""

from sqlalchemy import Select, delete, select, update

from waglan.store.failure import NoKey
from waglan.store.holds import hold_label
from waglan.store.master import MasterFile
from waglan.store.records import Store
from waglan.store.tables import accesses, facts, holdings, holds, records, refused, subjects
from waglan.store.vault import ERASED, NO_KEY

AWAY = {"form": ERASED, "record": b"", "token": None}


def erase(store: Store, subject_type: str, dense: int) -> int:
    """Destroy a subject's key and all that it opened; how many records that were. Call `store.scrub` behind the last.

    All of it is one transaction: after an error nothing is gone. What is new in the vault has to be written before.
    """
    token = int(store.vault.tokens(subject_type)[dense])
    held = store.holdings(token)
    mine: Select[tuple[int]] = select(holdings.c.position).where(holdings.c.token == token)
    one = (subjects.c.subject_type == subject_type) & (subjects.c.dense == dense)
    index = {"ts_ns": None, "verb": None, "score_micro": None}
    with store.begin() as connection:
        connection.execute(update(subjects).where(one).values(digest=None, identifier=b"", key=NO_KEY, form=ERASED))
        # An event that overflowed is refused in the record behind it, whose value is the event's id.
        connection.execute(delete(refused).where(refused.c.row.in_(mine), refused.c.position == refused.c.row + 1))
        connection.execute(update(records).where(records.c.position.in_(mine)).values(**AWAY, **index))
        connection.execute(update(accesses).where(accesses.c.token == token).values(**AWAY))
        connection.execute(delete(holdings).where(holdings.c.token == token))
    store.vault.erase(subject_type, dense)
    return len(held)


def rotate(store: Store, file: MasterFile) -> tuple[str, str]:
    """Wrap every key under a new master key and destroy the old one; the names of both.

    The new key is on disk before anything is wrapped under it, and named in the transaction that rewraps; so a crash
    at any instant leaves one of the two files that opens the store. 6 us a subject, and one rewriting of the file.
    """
    old, vault = store.vault.master, store.vault
    if old is None:
        raise NoKey(f"{file.path}: this store's keys are not wrapped, so there is nothing to change")
    assert not vault.fresh(), "what is new is written before keys are changed"
    new = file.begin()
    rows = [(key, subject_type, dense) for subject_type, dense, key in vault.wrapped(new)]
    with store.begin() as connection:
        connection.exec_driver_sql("UPDATE subjects SET key = ? WHERE subject_type = ? AND dense = ?", rows)
        kept = connection.execute(select(holds.c.number, holds.c.key)).all()
        for number, wrapped in kept:
            key = new.wrap(old.unwrap(wrapped, hold_label(number)), hold_label(number))
            connection.execute(update(holds).where(holds.c.number == number).values(key=key))
        connection.execute(update(facts).where(facts.c.name == "master").values(value=new.name))
    vault.master = new
    store.scrub()
    file.settle()
    return old.name, new.name
