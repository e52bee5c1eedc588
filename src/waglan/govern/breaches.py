"""Breaches of limits, read from a market book's log: what passed a limit, who saw it, who let it stand, when it ended.

A breach is an episode of one limit, one scope and one grade. The first decision with the reason raises it; fills and
measures that pass the limit go on with it; the first that lies within again cures it. Nothing here is kept anywhere:
the log says it all, and a follower that reads only what is new says the same as one that reads everything.
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
    """One episode, as it stands at a moment. Amounts are whole cents as the row has them; `key` of the total is "".

    `stage` is how far it went: "order" where only orders were stopped and nothing is held that passes the limit, else
    that of the first fill or measure that did. `missed` are deadlines that passed before they were met, of a cured
    breach too; `due_ns` is the next one, None where none waits.
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
    decisions: int
    """How many decisions had the reason, this one included."""
    acknowledged_ns: int | None = None
    acknowledged_by: str | None = None
    waivers: tuple[Waiver, ...] = ()
    due_ns: int | None = None
    missed: tuple[str, ...] = ()
    cured_ns: int | None = None
    cured_by: str | None = None
    """The decision that lay within again."""
