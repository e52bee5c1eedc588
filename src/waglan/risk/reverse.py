"""Reverse stress: the likeliest scenario in which a book loses at least so much, under full revaluation."""

import msgspec


class Move(msgspec.Struct, frozen=True):
    """What one factor does in the scenario.

    move_micro: millionths, a share or an amount as `how` says; deviations_micro: of its own daily deviation; pnl_minor:
    what the book gains if this factor alone moves so.
    """

    factor: str
    kind: str
    how: str
    move_micro: int
    deviations_micro: int
    pnl_minor: int


class Reverse(msgspec.Struct, frozen=True):
    """The likeliest scenario that loses `loss_minor`, or that there is none within `within_micro` deviations.

    distance_micro: Mahalanobis distance in millionths of a deviation, right to `tolerance_micro` along its direction.
    Not found: distance and chances are None and the moves are those of the worst scenario met within.
    """

    loss_minor: int
    found: bool
    pnl_minor: int
    """What the book gains there, losses negative; at most -loss_minor where found."""
    distance_micro: int | None
    tolerance_micro: int
    within_micro: int
    law: str
    """normal or student"""
    degrees_micro: int | None
    """Degrees of freedom of the Student law."""
    beyond_femto: int | None
    """Chance in 1e-15 of a day that goes as far in this direction: of the loss, were the book linear."""
    as_far_femto: int | None
    """Chance in 1e-15 of a day as far from the middle in any direction."""
    moves: tuple[Move, ...]
    cross_minor: int
    """pnl_minor less the moves' own: what comes of moving together."""
    scenarios: int
    """How many were revalued."""
