"""Many threads and one engine: the log of some order, every answer promised when it is given, few writes for many."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.engine.small import NO_FEEDBACK, batch_of_lines, engine_of, judge_of, stream
from waglan.engine.engine import Answer, Engine
from waglan.engine.group import Group
from waglan.engine.keeping import Plain
from waglan.engine.proofs import verify_book
from waglan.engine.replay import replay_rows
from waglan.ledger.log import Log
from waglan.schema.batch import Batch
from waglan.store.failure import StoreFull
from waglan.store.keys import SeededKeys
from waglan.store.records import Block, Store


class Slow(Plain):
    """Counts what it takes, and at the first block waits to be let go."""

    def __init__(self, store: Store, log: Log) -> None:
        super().__init__(store, log)
        self.blocks: list[int] = []
        self.full = 0
        self.began, self.go = threading.Event(), threading.Event()

    def promise(self, block: Block) -> None:
        self.began.set()
        assert self.go.wait(20)
        if self.full:
            self.full -= 1
            raise StoreFull("no room is left")
        super().promise(block)
        self.blocks.append(len(block.records))


Made = tuple[Engine, Slow]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    with Store.open(tmp_path, SeededKeys(7)) as store:
        slow = Slow(store, log := Log())
        yield Engine(judge_of(NO_FEEDBACK), store, log, keeping=slow), slow


def ones(batch: Batch) -> list[Batch]:
    return [batch.slice(i, i + 1) for i in range(len(batch))]


def at_once(calls: Sequence[Callable[[], None]]) -> list[threading.Thread]:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    return threads


def test_what_comes_while_one_writes_is_written_together(made: Made) -> None:
    engine, slow = made
    group, batch = Group(engine), batch_of_lines(stream(1, 60), NO_FEEDBACK)
    answers: dict[int, list[Answer]] = {}

    def ask(at: int, part: Batch) -> None:
        answers[at] = group.decide(part)
        assert engine.safe > max(answer.position for answer in answers[at])

    parts = ones(batch)
    first = at_once([lambda: ask(0, parts[0])])
    assert slow.began.wait(20)
    rest = at_once([lambda i=i: ask(i, parts[i]) for i in range(1, 40) if batch.ids[i] not in batch.ids[:i]])  # type: ignore[misc]
    for _ in range(2000):
        if engine.size >= len(rest):
            break
        threading.Event().wait(0.005)
    slow.go.set()
    for thread in [*first, *rest]:
        thread.join(20)
    assert len(answers) == len(rest) + 1
    assert len(slow.blocks) <= 3, "all the others waited for one write, or for the next"
    assert sum(slow.blocks) == engine.log.size == engine.store.size
    assert verify_book(engine).bad == []
    assert replay_rows(engine.judge, engine.store).differing == []


def test_an_id_that_comes_again_at_the_same_moment_is_decided_once(made: Made) -> None:
    engine, slow = made
    slow.go.set()
    group, batch = Group(engine), batch_of_lines(stream(2, 30), NO_FEEDBACK)
    parts = [part for part in ones(batch) if not part.refusals][:12]
    said: list[Answer] = []
    threads = at_once([lambda p=p: said.extend(group.decide(p)) for p in parts for _ in range(6)])  # type: ignore[misc]
    for thread in threads:
        thread.join(20)
    assert len(said) == 6 * len(parts)
    for part in parts:
        mine = [answer for answer in said if answer.id == part.ids[0]]
        assert len({(a.position, a.verb, a.score_micro, a.reasons) for a in mine}) == 1
    assert engine.log.size == len({part.ids[0] for part in parts})


def test_what_was_not_taken_waits_and_keeps_its_place(made: Made) -> None:
    engine, slow = made
    slow.go.set()
    batch = batch_of_lines(stream(3, 80), NO_FEEDBACK)
    group, whole = Group(engine), engine_of(NO_FEEDBACK)
    for start in range(0, len(batch), 7):
        part = batch.slice(start, min(start + 7, len(batch)))
        whole.decide(part)
        slow.full = start % 2
        if slow.full and any(not engine.store.positions([i]) for i in part.ids):
            with pytest.raises(StoreFull):
                group.decide(part)
        else:
            group.decide(part)
    whole.commit()
    slow.full = 0
    engine.commit()
    assert engine.log.root() == whole.log.root()
    assert list(engine.store.refused()) == list(whole.store.refused())


def test_whoever_breaks_a_write_off_has_to_open_the_book_again(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, slow = made
    monkeypatch.setattr(slow, "promise", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Group(engine).decide(batch_of_lines(stream(4, 5), NO_FEEDBACK))
    assert not engine.whole
    with pytest.raises(AssertionError, match="open the book again"):
        engine.commit()


def interrupted(_: Block) -> None:
    raise KeyboardInterrupt
