"""When a trade's money and shares change hands: the n-th settlement day after it.

A day is a settlement day if the venue traded on it at all. That is the clearing house's own rule for severe weather: a
warning down by noon, or raised after 9:00, leaves a settlement day, and one that lasts beyond noon does not - in which
case what was due moves on by one. Eves with half a session settle like other days.
"""

from datetime import date

from waglan.exchange.rows import on
from waglan.exchange.sessions import Sessions
from waglan.schema.units import BadValue


def due(sessions: Sessions, traded: date) -> date:
    """The settlement day of a trade. Raises BadValue for a day without trading, or where the span of days ends."""
    if not sessions.is_open(traded):
        raise BadValue(f"nothing trades on {traded}, so nothing of it settles")
    days = on(sessions.venue.settlement, traded, "settlement").days
    return sessions.next(traded, days) if days else traded


def unsettled(sessions: Sessions, traded: date, day: date) -> bool:
    """Whether a trade of `traded` is still to settle at the end of `day`, which is not before it."""
    assert traded <= day
    return day < due(sessions, traded)
