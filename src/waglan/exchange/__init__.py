"""The simulated market: venues whose rules are dated rows, the days and hours they trade, prices, fees, settlement."""

from waglan.exchange.fees import Schedule, fee_minor, schedule
from waglan.exchange.sessions import Session, Sessions, Stretch
from waglan.exchange.settlement import due
from waglan.exchange.shorting import short_code
from waglan.exchange.ticks import Ticks, lot_code, ticks
from waglan.exchange.venue import Venue, read_venue, venue
from waglan.exchange.weather import Signal, under

__all__ = [
    "Schedule",
    "Session",
    "Sessions",
    "Signal",
    "Stretch",
    "Ticks",
    "Venue",
    "due",
    "fee_minor",
    "lot_code",
    "read_venue",
    "schedule",
    "short_code",
    "ticks",
    "under",
    "venue",
]
