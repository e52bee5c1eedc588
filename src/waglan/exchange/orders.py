"""The words of an order: its kind, how long it stands, and what became of it."""

from typing import Final

from waglan.kernels import bars as kernel
from waglan.schema.units import BadValue

KINDS: Final = {
    "market": kernel.MARKET, "limit": kernel.LIMIT, "stop": kernel.STOP, "stop-limit": kernel.STOP_LIMIT,
}  # fmt: skip
HOLDS: Final = {"good": kernel.GOOD, "ioc": kernel.NOW, "fok": kernel.WHOLE, "close": kernel.CLOSE}
"""Until cancelled; at the next open what it can, the rest expires; all of it or nothing; at the next close. `ioc` is
also the order at the opening auction, and `close` the one at the closing auction."""
STATES: Final = ("sent", "filled", "cancelled", "expired", "refused")


def coded(kind: str, hold: str) -> tuple[int, int]:
    """Numbers of a kind and a hold. Raises BadValue for words that are none."""
    if kind not in KINDS:
        raise BadValue(f"an order is one of {', '.join(KINDS)}; it was {kind!r}")
    if hold not in HOLDS:
        raise BadValue(f"an order holds one of {', '.join(HOLDS)}; it was {hold!r}")
    return KINDS[kind], HOLDS[hold]
