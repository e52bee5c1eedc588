"""A stretch of the simulated world, run as if live: what is stopped never shows its truth, and analysts answer.

Every morning at ten the analysts' verdicts on yesterday's reviews, and on what was let through on purpose, come in as
events. They are right, always: the world tells them. A payment that was declined or held for review never happens, so
its outcome does not come; what a stopped fraudster would have done next is not simulated.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from waglan.book import Book
from waglan.desks.fraud.world import World
from waglan.engine.engine import Answer
from waglan.engine.verdicts import Verdict, verdict_events
from waglan.policy.policy import LET_THROUGH
from waglan.schema.batch import Batch
from waglan.schema.units import DAY_NS, HOUR_NS

CHUNK: Final = 4096
MORNING_NS: Final = 2 * HOUR_NS
"""Ten o'clock in Hong Kong, in UTC."""
STOPPED: Final = ("review", "decline")


@dataclass
class Live:
    """What was answered to each payment, in order, and the time it took on the clock that was handed in."""

    answers: dict[str, Answer] = field(default_factory=dict)
    elapsed_ns: int = 0
    verdicts: int = 0
    withheld: int = 0
    events: int = 0

    def stopped(self) -> dict[str, str]:
        """id -> verb of payments whose truth is withheld, and `let_through` for those passed on purpose."""
        told = {}
        for event_id, answer in self.answers.items():
            if LET_THROUGH in answer.reasons:
                told[event_id] = LET_THROUGH
            elif answer.verb in STOPPED:
                told[event_id] = answer.verb
        return told


class Desk:
    """The fraud desk at work over a world: `run` it from one time to the next."""

    def __init__(self, book: Book, world: World, batch: Batch, clock: Callable[[], int]) -> None:
        self.book, self.batch, self._clock = book, batch, clock
        self.live = Live()
        self._fraud: Final = truth_of(world)
        self._queue: list[str] = []

    def run(self, from_ns: int, to_ns: int, progress: Callable[[int], None] | None = None) -> None:
        """Answer every event from one time to another; verdicts come in each morning between."""
        at = from_ns
        while at < to_ns:
            morning = (at - MORNING_NS) // DAY_NS * DAY_NS + DAY_NS + MORNING_NS
            self._stretch(at, min(morning, to_ns), progress)
            if morning < to_ns:
                self._verdicts(morning)
            at = morning

    def _stretch(self, from_ns: int, to_ns: int, progress: Callable[[int], None] | None) -> None:
        place, stop = (int(np.searchsorted(self.batch.ts_ns, t)) for t in (from_ns, to_ns))
        while place < stop:
            end = self._until_own_outcome(place, min(place + CHUNK, stop))
            keep = np.array([i for i in range(place, end) if not self._withheld(i)], np.int64)
            began = self._clock()
            answers = self.book.run(self.batch.take(keep))
            self.live.elapsed_ns += self._clock() - began
            self.live.events += len(answers)
            for answer in answers:
                if answer.verb is not None:
                    self.live.answers[answer.id] = answer
                    if answer.verb == "review" or LET_THROUGH in answer.reasons:
                        self._queue.append(answer.id)
            if progress:
                progress(end - place)
            place = end

    def _until_own_outcome(self, place: int, end: int) -> int:
        """A chunk ends before the outcome of one of its own payments: that depends on what is decided now."""
        inside = {self.batch.ids[i] for i in range(place, end) if self.batch.kinds[i] == 0}
        for i in np.flatnonzero(self.batch.kinds[place:end] == 1).tolist():
            if self.batch.ids[place + i].rsplit("/", 1)[0] in inside:
                return place + int(i) if i else place + 1
        return end

    def _withheld(self, i: int) -> bool:
        if self.batch.kinds[i] != 1:
            return False
        answer = self.live.answers.get(self.batch.ids[i].rsplit("/", 1)[0])
        gone = answer is not None and answer.verb in STOPPED
        self.live.withheld += gone
        return gone

    def _verdicts(self, ts_ns: int) -> None:
        found = [Verdict(event_id, event_id in self._fraud, ts_ns) for event_id in self._queue]
        self.live.verdicts += len(found)
        self._queue = []
        if found:
            self.book.run(verdict_events(self.book.engine, found))


def truth_of(world: World) -> dict[str, str]:
    """Payment id -> kind of fraud, of every fraudulent payment of a world."""
    fraud = world.truth["fraud"].combine_chunks()
    places = fraud.indices.to_numpy()
    kinds: list[str] = fraud.dictionary.to_pylist()
    none = kinds.index("none")
    at: NDArray[np.int64] = np.flatnonzero(places != none)
    ids = world.truth["id"].take(at).to_pylist()
    return dict(zip(ids, (kinds[k] for k in places[at].tolist()), strict=True))
