"""What a breach of a limit is: one episode of one limit, one scope and one grade, as it stands at a moment.

The first decision with the reason raises it; fills and measures that pass the limit go on with it; the first that lies
within again cures it. People acknowledge it, or let it stand for a while, by events about the decision that raised it.
"""

from typing import Final, Literal

import msgspec

STATES: Final = ("raised", "acknowledged", "waived", "cured", "overdue")
GRADES: Final = ("soft", "hard")

State = Literal["raised", "acknowledged", "waived", "cured", "overdue"]
Grade = Literal["soft", "hard"]


class Waiver(msgspec.Struct, frozen=True, kw_only=True):
    """A higher hard limit for a while, by two people. `reason` is a code of the recipe's list."""

    id: str
    position: int
    ts_ns: int
    amount_minor: int
    until_ns: int
    maker: str
    checker: str
    reason: str


class Breach(msgspec.Struct, frozen=True, kw_only=True):
    """One episode. Amounts are whole cents as the row has them; `key` of the total is "".

    `stage` is how far it went: "order" where only orders were stopped and nothing is held that passes the limit, else
    that of the first fill or measure that did, at `held_ns`. Deadlines run from then. `missed` are those that passed
    before they were met, of a cured breach too; `due_ns` is the next, None where none waits. Worst and last are of what
    is held as soon as anything is.
    """

    id: str
    """The decision that raised it; acknowledgement and waiver are events about it."""
    limit: str
    grade: Grade
    by: str
    key: str
    state: State
    position: int
    raised_ns: int
    stage: str
    trader: str | None
    verb: str
    value_minor: int
    limit_minor: int
    worst_minor: int
    worst_ns: int
    last_minor: int
    last_ns: int
    last_id: str
    """The latest decision that had the reason, or was let stand by a waiver."""
    decisions: int
    """How many decisions had the reason, the first included."""
    held_ns: int | None = None
    acknowledged_ns: int | None = None
    acknowledged_by: str | None = None
    waivers: tuple[Waiver, ...] = ()
    due_ns: int | None = None
    missed: tuple[str, ...] = ()
    cured_ns: int | None = None
    cured_by: str | None = None
    """The decision that lay within again."""
