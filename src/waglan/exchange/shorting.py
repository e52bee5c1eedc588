"""Short sales: only what is designated and borrowed, and never below the best price asked.

During continuous trading the floor is the best ask, in an auction its reference price; a venue's rows say which. What
counts as borrowed and which instruments are designated (Hong Kong's list changes every quarter) is handed in.
"""

from datetime import date
from typing import Final

from waglan.exchange.rows import on
from waglan.exchange.venue import Venue
from waglan.schema.units import NULL, BadValue

CODES: Final = ("", "short-undesignated", "short-uncovered", "short-phase", "short-unpriced", "short-floor")
"""Why a short sale is refused: not on the list, not borrowed, no short sales in this phase, no price to hold it to (or
none named), below the floor. The first is "accepted"."""


def floor_kind(venue: Venue, day: date, phase: str) -> str | None:
    """What a short sale's price is held to in a phase: "none", "best-ask", "reference"; None where none may be made."""
    venue.check_day(day)
    rows = [row for row in venue.shorting if phase.startswith(row.phase)]
    return on(rows, day, f"short sales, {phase}").floor if rows else None


def short_code(
    venue: Venue,
    day: date,
    phase: str,
    price: int,
    *,
    best_ask: int = NULL,
    reference: int = NULL,
    designated: bool = True,
    covered: bool = True,
) -> str:
    """Why a short sale is refused, one of `CODES`; "" if it is not.

    `price` in quanta, NULL for an order without a limit; `best_ask`, `reference` NULL where there is none. A sale at
    the floor is accepted. Where the floor has no price the sale is refused: nothing shows that it is not below it. An
    order without a limit is refused wherever there is a floor: it could trade at any price. Raises BadValue for a
    price of 0 or less.
    """
    if price != NULL and price < 1:
        raise BadValue(f"a price is at least 1 quantum; it was {price}")
    kind = floor_kind(venue, day, phase)
    if kind == "none":
        return ""
    if kind is None:
        return "short-phase"
    if not designated:
        return "short-undesignated"
    if not covered:
        return "short-uncovered"
    floor = best_ask if kind == "best-ask" else reference
    if floor == NULL or price == NULL:
        return "short-unpriced"
    return "short-floor" if price < floor else ""
