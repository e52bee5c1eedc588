"""After a crash: the store comes up to the journal, the log to the store, and every head that was given is the tree's.

The journal is ahead of both, or level: a frame is safe before anybody is answered, and only then do store and log take
it. The store may lag by any number of frames, each whole or absent, as SQLite keeps its order. Of the log's tiles only
what the published checkpoint covers is taken at its word; all behind it is written again from the store. Anything else
means two histories, and is left as it is for a person: putting either right by force would fork the log.
"""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from waglan.ledger.checkpoint import read_checkpoint, read_text
from waglan.ledger.directory import Directory
from waglan.ledger.disk import Disk
from waglan.ledger.failure import LogDamaged
from waglan.ledger.key import BadNote, VerifierKey
from waglan.ledger.log import Log
from waglan.ledger.note import check_note, read_note
from waglan.ledger.tiles import ENTRIES, HEIGHT, WIDTH, Tile, full_tiles, partial_tiles, write_bundle
from waglan.ledger.tree import Tree
from waglan.store.failure import Diverged
from waglan.store.promise import Promise
from waglan.store.records import Store

PIECE = 4096
"""Entries appended at once, and the last ones of store and log that are compared."""


def replay(store: Store, promises: Sequence[Promise]) -> int:
    """Bring the store up to the journal; how many records that were. Raises Diverged where the journal has a gap."""
    before = store.size
    for promise in promises:
        if promise.end <= store.size:
            continue
        if promise.first != store.size:
            raise Diverged(
                f"the store has {store.size} records and the journal goes on at {promise.first}: the store is older "
                "than the journal; restore the store that belongs to it"
            )
        store.keep(promise)
    if store.size > before:
        store.reload()
    return store.size - before


def log_of(store: Store, path: Path, disk: Disk, found: list[str]) -> Log:
    """The log up to its checkpoint. Tiles that were damaged are made again from the store, if that gives its root.

    Raises LogDamaged if it does not. All that lies behind the checkpoint is left to `recover`.
    """
    try:
        return Log(path, disk, locked=True, covered=True)
    except LogDamaged:
        if not (mended := _mended(store, Directory(path, disk))):
            raise
    some = ", ".join(tile.path for tile in mended[:3])
    found.append(f"{some} were damaged and are made again from the store; tiles mended: {len(mended)}")
    return Log(path, disk, locked=True, covered=True)


def _mended(store: Store, directory: Directory) -> list[Tile]:
    """The tiles below the checkpoint that were not what the store's entries make; none if its root is another."""
    data = directory.checkpoint()
    try:
        head = None if data is None else read_checkpoint(data)[0]
    except BadNote:
        return []
    if head is None or head.size > store.size:
        return []
    tree = Tree()
    entries = store.entries(0, head.size)
    while some := list(islice(entries, PIECE)):
        tree.append(some)
    if tree.root() != head.root:
        return []
    wrong = []
    for tile in (*full_tiles(head.size), *partial_tiles(head.size)):
        start, stop = tile.at * WIDTH, tile.at * WIDTH + tile.width
        made = (
            write_bundle(list(store.entries(start, stop)))
            if tile.level == ENTRIES
            else tree.nodes(HEIGHT * tile.level, start, stop)
        )
        if directory.read(tile) != made:
            directory.write(tile, made)
            wrong.append(tile)
    directory.sync(wrong)
    return wrong


def recover(store: Store, log: Log) -> int:
    """Append to the log what the store has and it lacks; how many entries that were.

    The last entries of the log are compared with the store's. Raises Diverged, naming the first position, if one
    differs or the log is longer; nothing is changed then.
    """
    if log.size > store.size:
        raise Diverged(
            f"the log has {log.size} entries and the store {store.size}: the store is older than the log; "
            "restore the store that belongs to it"
        )
    start = max(0, log.size - PIECE)
    pairs = zip(store.entries(start, log.size), log.entries(start), strict=True)
    for position, (ours, theirs) in enumerate(pairs, start):
        if ours != theirs:
            raise Diverged(f"entry {position} of the log is not the one in the store: they are of two histories")
    before = log.size
    missing = store.entries(before, store.size)
    while entries := list(islice(missing, PIECE)):
        log.append(entries)
    assert log.size == store.size, f"the log has {log.size} entries after recovery, the store {store.size}"
    return log.size - before


def check_heads(log: Log, notes: Sequence[bytes], verifier: VerifierKey) -> None:
    """Every head that the journal holds must be the tree's, the last one's signature the log's own. Raises Diverged."""
    for note in notes:
        text, _, signed = note.decode().partition("\n\n")
        head = read_text(f"{text}\n" if signed else text)
        if head.size > log.size or log.root(head.size) != head.root:
            raise Diverged(
                f"a head of {head.size} entries with root {head.root.hex()} was given, and the log has another: "
                "it would be a fork; restore what belongs together"
            )
    if notes and b"\n\n" in notes[-1]:
        try:
            check_note(read_note(notes[-1]), [verifier])
        except BadNote as error:
            raise Diverged(f"the journal's last head is not signed by this book's key: {error}") from None
