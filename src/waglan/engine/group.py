"""Many threads, one engine: decisions one after the other, one write and one sync for all that wait.

While one thread writes what there is, the others decide; when it is done the next writes for all of them at once. So
the wait for the disk is shared, and a thread alone waits no longer than it would without the others.
"""

from threading import Lock
from typing import Final

from waglan.engine.engine import Answer, Engine
from waglan.schema.batch import Batch


class Group:
    """Threads that share an engine. Everything that uses it goes through here, or waits until nobody does."""

    def __init__(self, engine: Engine) -> None:
        self._engine: Final = engine
        self._deciding: Final = Lock()

    def decide(self, batch: Batch) -> list[Answer]:
        """As `Engine.decide` and `commit`: the answers, which may be given. Errors are those of either."""
        with self._deciding:
            answers = self._engine.decide(batch)
            until = self._engine.size
        while not self._is_safe(until):
            self._write()
        return answers

    def _is_safe(self, until: int) -> bool:
        """Waits while somebody writes: most find then that it was for them too."""
        with self._engine.turn:
            return self._engine.safe >= until

    def _write(self) -> None:
        """Everything there is, unless another was quicker.

        Who holds `turn` never waits for `_deciding`, so whoever decides may wait for `turn`: an id that came again is
        answered from the store.
        """
        engine = self._engine
        with self._deciding:
            if not engine.turn.acquire(blocking=False):
                return
            try:
                block = engine.gather()
            except BaseException:
                engine.turn.release()
                raise
        try:
            engine.deliver(block)
        finally:
            engine.turn.release()
