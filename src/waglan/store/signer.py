"""The key that signs a book's heads: one file `log.key`, readable by its owner alone, in the form Go's `note` writes.

Whoever has it can sign another history under this book's name, and nothing else: it opens no record. Its public half is
what witnesses and auditors are given.
"""

import re
from hashlib import sha256
from pathlib import Path
from typing import Final

from waglan.ledger.disk import Disk
from waglan.ledger.key import BadNote, SignerKey, read_skey
from waglan.schema.units import BadValue
from waglan.store.keys import KeySource
from waglan.store.vault import LOG

FILE: Final = "log.key"
SIGNER: Final = "signer"
"""What the key source is asked by; the log's own key is asked by an empty name."""


def create_signer(directory: Path, name: str, keys: KeySource, disk: Disk) -> SignerKey:
    """A new key into `directory`, on disk when this returns; one that is there already is read.

    name: of the recipe; the log's origin is `waglan/`, the name and eight digits of the key's own.
    """
    if disk.size(directory / FILE) is not None:
        return read_signer(directory, disk)
    seed = keys.new(LOG, SIGNER)[0]
    public = SignerKey("waglan", seed).verifier.public
    signer = SignerKey(f"waglan/{re.sub(r'[^A-Za-z0-9._-]', '-', name)}/{sha256(public).hexdigest()[:8]}", seed)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    (directory / FILE).touch(0o600)
    disk.write(directory / FILE, f"{signer.text}\n".encode())
    disk.sync(directory / FILE)
    disk.sync_directory(directory)
    disk.sync_directory(directory.parent)
    return signer


def read_signer(directory: Path, disk: Disk) -> SignerKey:
    """The key in `directory`. Raises BadValue if it is not there or is none; the message never holds it."""
    path = directory / FILE
    try:
        return read_skey(disk.read(path).decode().strip())
    except FileNotFoundError:
        raise BadValue(
            f"{path}: the key that signs this book's heads is not there; put it back from where keys are kept"
        ) from None
    except (BadNote, UnicodeDecodeError) as error:
        raise BadValue(f"{path}: this is not a key that signs heads: {error}") from None
