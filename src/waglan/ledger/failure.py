"""What can go wrong between the ledger and the world, each with the path and why.

LogError
|- LogLocked      another process writes to it
|- LogDamaged     the files are not a log, or were changed in their middle
|- LogUnwritable  no room, no permission, no such directory
'- WitnessRefused a witness was asked and does not cosign (in `witness`)
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class LogError(Exception):
    """The world does not let the log be read or written; the message gives the path and why."""


class LogLocked(LogError):
    """Another process writes to this log."""


class LogDamaged(LogError):
    """The files cannot be read as a log from beginning to end."""


class LogUnwritable(LogError):
    """The log cannot be read or written where it is."""


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn an error of the operating system into ours; that a file is not there passes."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise LogUnwritable(f"{path}: {error.strerror}") from None
