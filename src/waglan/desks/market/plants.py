"""What is planted in the live days so that a demo shows it, each with its label in the truth.

stale      an order for a share whose quote did not come that morning; stale_gone: the same on the day after
refused    an order to sell so many puts that the expected shortfall would leave its limit
block      a client's block of one share, taken by voice: its fill comes without an order that could be refused
cured      most of it sold on the day after
crash      puts sold to a client on the first day of the crash, by voice
expiry     a position in what expires today, closed at its worth: see `trading`
"""

from typing import Final

from waglan.desks.market.calendar import Days
from waglan.desks.market.names import BOOKS, EXCHANGE, INDEX, MONTHS, TRADERS, Month, option_name
from waglan.desks.market.parameters import number
from waglan.desks.market.traders import Desk, Moment, Trade, fill, lot, price_of, worked
from waglan.schema.units import DAY_NS, MINUTE_NS

QUIET: Final = "UTIL4"
"""The share that nobody holds before its stale quote."""
BLOCK: Final = "TECH1"
EQD1, EQD2, _, CASH2 = TRADERS[:4]
MONTH_NS: Final = 30 * DAY_NS


def stale_day(days: Days) -> int:
    """The live day on which a quote is missing until the close: a Monday, as two days make a quote stale."""
    day = number("stale day")
    while day < len(days) - days.history and days.dates[days.history + day].weekday():
        day += 1
    return day


def planted(desk: Desk, days: Days, day: int, steps: list[Moment], gap: int) -> None:
    """Whatever is planted on a live day, at its first step; the block at its last, so that a day is left to sell it."""
    now = steps[0]
    if day in (stale_day(days), stale_day(days) + 1):
        label = "stale" if day == stale_day(days) else "stale_gone"
        desk.take(_order(desk, now, BOOKS[1], CASH2, QUIET, 10_000, label))
    if day == number("refused day"):
        name = option_name(INDEX, _month(now), "P", 100)
        desk.take(_order(desk, now, BOOKS[0], EQD2, name, -_units(desk, now, name, "refused size"), "refused"))
    if day == number("block day"):
        late = steps[-1]
        _by_voice(desk, _order(desk, late, BOOKS[1], CASH2, BLOCK, _units(desk, late, BLOCK, "block size"), "block"))
    if day == number("block day") + 1:
        quantity = -next(t.quantity for t in desk.trades if t.label == "block")
        worked(desk, _order(desk, now, BOOKS[1], CASH2, BLOCK, quantity, "cured"), now.ts_ns, gap)
    if day == number("crash day"):
        name = option_name(INDEX, _month(now), "P", 90)
        _by_voice(desk, _order(desk, now, BOOKS[0], EQD1, name, -_units(desk, now, name, "crash size"), "crash"))


def _by_voice(desk: Desk, order: Trade) -> None:
    desk.take(fill(order, order.quantity, order.ts_ns, ordered=False))


def _order(desk: Desk, now: Moment, book: str, trader: str, name: str, quantity: int, label: str) -> Trade:
    price = price_of(desk.instrument(name), now, quantity)
    ts = now.ts_ns + 5 * MINUTE_NS
    return Trade(desk.next(), "order", ts, (book, trader, EXCHANGE, name), quantity, price, label)


def _units(desk: Desk, now: Moment, name: str, size: str) -> int:
    """Units of an instrument that make so many thousands of HKD, in lots."""
    step = lot(desk.instrument(name))
    return max(1, round(1000 * number(size) / now.contract[name] / step)) * step


def _month(now: Moment) -> Month:
    """The first month that has more than thirty days left."""
    return next(month for month in MONTHS if month.expiry_ns - now.ts_ns > MONTH_NS)
