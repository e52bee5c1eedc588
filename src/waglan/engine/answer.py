"""What the sender of an event is told."""

import msgspec


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What the sender of one event is told.

    position: the place of its record in the log; -1 if it came as history. verb and score_micro: None where nothing was
    decided. refusal: why not. duplicate: the id came before, and this is the first answer.
    """

    id: str
    position: int
    verb: str | None = None
    score_micro: int | None = None
    reasons: tuple[str, ...] = ()
    refusal: str | None = None
    duplicate: bool = False
