"""How much of a level's decrease was behind an order: the whole-number form of the power queue models."""

from typing import Final

from waglan.kernels.compiled import inlined

UNIT: Final = 1 << 30


@inlined
def behind_share(front: int, behind: int, power: int) -> int:
    """behind**power / (behind**power + front**power) in 2**-30; both at or above 0, nothing at all gives 1.

    Powers of the quotient of the smaller by the larger, in 30 bits: within 2**-26 of the exact share.
    """
    great, small = max(front, behind), min(front, behind)
    while great >= 1 << 32:
        great >>= 1
        small >>= 1
    if great == 0:
        return UNIT
    ratio = (small << 30) // great
    raised = ratio
    for _ in range(power - 1):
        raised = (raised * ratio) >> 30
    share = (UNIT << 30) // (UNIT + raised)
    return share if behind >= front else UNIT - share
