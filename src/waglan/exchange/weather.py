"""What a typhoon signal or a black rain warning does to a day of trading.

Until 2024-09-22 signal 8 or black rain closed Hong Kong's market: in force at 9:00, no morning; still at noon, no day;
taken down before, trading began at the first half hour about two hours later (down by 11:00: at 13:00). Signal 8
raised during trading broke it off after 15 minutes; black rain raised then did not. Since 2024-09-23 the market goes
on. A test holds the rule against every closure since 2019 whose hours a source gives.
"""

from dataclasses import dataclass
from datetime import date, time
from typing import Literal

from waglan.exchange.rows import Weather, on
from waglan.exchange.venue import Venue

OPEN = 9 * 60 + 30
LUNCH = 12 * 60
AFTERNOON = 13 * 60
"""Minutes of the day that the rule speaks of: trading begins, rests, goes on."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A warning, local time: `issued` (None: before the day began), `cancelled` (None: not on this day)."""

    kind: Literal["typhoon 8", "black rain"]
    issued: time | None = None
    cancelled: time | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is left of the day: all of it (`trades` and no hours), from `opens`, until `closes`, or nothing."""

    trades: bool
    opens: time | None = None
    closes: time | None = None


def minutes(at: time) -> int:
    """Minutes since midnight, a begun minute counted whole."""
    return at.hour * 60 + at.minute + (at.second > 0)


def hour(minute: int) -> time:
    """The time of day of a number of minutes; inverse of `minutes`."""
    return time(minute // 60, minute % 60)


def resumes(rule: Weather, down: int) -> time | None:
    """When trading begins after a warning was down at a minute of the morning; None for the usual opening."""
    begins = -(-(down + rule.delay_minutes) // rule.grid_minutes) * rule.grid_minutes
    if down > minutes(rule.morning_lost) or begins >= LUNCH:
        begins = max(begins, AFTERNOON)
    return hour(begins) if begins > OPEN else None


def under(venue: Venue, day: date, signal: Signal) -> Outcome:
    """What a warning leaves of a day that would have been a full one. A venue without weather rows goes on.

    Raises BadValue for a day before the rules.
    """
    venue.check_day(day)
    rule = on(venue.weather, day, "weather rule") if venue.weather else None
    if rule is None or rule.trading == "goes-on":
        return Outcome(True)
    up = minutes(signal.issued) if signal.issued is not None else 0
    down = minutes(signal.cancelled) if signal.cancelled is not None else 24 * 60
    if up < minutes(rule.morning_lost):
        if down > minutes(rule.day_lost):
            return Outcome(False)
        return Outcome(True, opens=resumes(rule, down))
    if signal.kind == "black rain":
        return Outcome(True)
    return Outcome(True, closes=hour(up + rule.grace_minutes))
