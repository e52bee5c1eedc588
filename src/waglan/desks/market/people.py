"""Who watches the limits of the simulated floor: breaches that are held are acknowledged, one in the crash is waived.

They act between two stretches of events, on what the book's own log says, by its registry and through its front door:
what they do is sealed as anything else. Traders cure the rest by trading, or the market does.
"""

from typing import Final

from waglan.desks.market.parameters import number
from waglan.desks.market.world import World
from waglan.engine.answer import Answer
from waglan.govern import waivers
from waglan.govern.breach import Breach
from waglan.govern.breaches import Following
from waglan.govern.custody import Custody
from waglan.policy.waivers import ordinary
from waglan.schema.units import DAY_NS, MICRO, MINUTE_NS

SEES: Final = "Wong Mei"
MAKES: Final = "Chan Tai Man"
CHECKS: Final = "Lee Siu Ming"
REGISTERED: Final = f"""
[people."{SEES}"]
title = "market risk, limits"
may = ["acknowledge"]

[people."{MAKES}"]
title = "head of market risk"
may = ["make"]

[people."{CHECKS}"]
title = "chief risk officer"
may = ["check"]
"""
"""What a demo adds to the registry of its book."""
SOON_NS: Final = 20 * MINUTE_NS
"""How soon a breach is seen, if the next events leave so much time."""
WAIVED_NS: Final = 7 * DAY_NS
MORE_MICRO: Final = 1_500_000
"""What a waiver makes of the limit."""
WAIVED: Final = ("es_book", "es_total")
"""Limits that a crash is waived of."""


class Clock:
    """The time at which people act: that of the simulated floor."""

    def __init__(self) -> None:
        self.now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


class People:
    """Told of each stretch of answers; `custody` has this clock."""

    def __init__(self, custody: Custody, clock: Clock, world: World) -> None:
        self.custody, self.clock = custody, clock
        self.acknowledged: list[str] = []
        self.waived: list[str] = []
        self._crash_ns: Final = world.live_day_ns(number("crash day"))
        self._following = Following(custody.book)

    def look(self, answers: list[Answer], now_ns: int, until_ns: int) -> None:
        """Acknowledge what is newly held beyond a hard limit; waive the first of the crash."""
        if not any(answer.verb == "hard" and answer.id[0] in "FM" for answer in answers):
            return
        self.clock.now_ns = now_ns + min(SOON_NS, (until_ns - now_ns) // 2)
        known = self._following.breaches(self.clock.now_ns)
        for breach in known:
            if breach.grade != "hard" or breach.held_ns is None or breach.state in ("cured", "waived"):
                continue
            if breach.acknowledged_ns is None:
                waivers.acknowledge(self.custody, breach.id, SEES, breach.limit, standing=known)
                self.acknowledged.append(breach.id)
            if not self.waived and breach.limit in WAIVED and breach.raised_ns >= self._crash_ns:
                self._waive(breach, known)

    def _waive(self, breach: Breach, known: tuple[Breach, ...]) -> None:
        limit = next(each for each in self.custody.book.recipe.policy.limits if each.code == breach.limit)
        hard = ordinary(limit, breach.key, self.custody.book.recipe.risk)["hard"]
        until = self.clock.now_ns + WAIVED_NS
        waivers.waive(
            self.custody, breach.id, hard * MORE_MICRO // MICRO, until, MAKES, CHECKS, "market_moved", breach.limit,
            standing=known,
        )  # fmt: skip
        self.waived.append(breach.id)
