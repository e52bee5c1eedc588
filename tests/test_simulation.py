"""Crashes by the hundred: nothing answered is lost, nothing forks; and each safeguard, taken out, is missed."""

from collections import Counter

import pytest

from tests.simulation import Broken, Forked, Lost, Place, places, simulate
from waglan.book import Book
from waglan.ledger.failure import LogDamaged
from waglan.store import writer
from waglan.store.failure import Diverged

QUICK = 100
SLOW = 10_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Place]:
    return places(tmp_path_factory.mktemp("books"))


def test_a_hundred_books_come_through(made: dict[str, Place]) -> None:
    said: Counter[str] = Counter()

    def watch(book: Book) -> None:
        said.update(line.split(" ", 1)[1] for line in book.found)

    crashes = sum(simulate(made, seed, watch=watch).crashes for seed in range(QUICK))
    assert crashes > 2 * QUICK
    told = " ".join(said)
    for words in ("the journal had and the store lacked", "the log lacked were appended", "was begun and not finished"):
        assert words in told


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, SLOW, 500))
def test_ten_thousand_books_come_through(made: dict[str, Place], start: int) -> None:
    for seed in range(start, start + 500):
        simulate(made, seed)


def test_the_same_seed_is_the_same_course(made: dict[str, Place]) -> None:
    one, other = simulate(made, 11), simulate(made, 11)
    assert (one.heads, one.crashes, one.disk.operations) == (other.heads, other.crashes, other.disk.operations)


def broken(made: dict[str, Place], syncs: bool = True, locks: bool = True) -> Counter[type[Exception]]:
    """What forty courses come to, by the kind of promise that was broken."""
    kinds: Counter[type[Exception]] = Counter()
    for seed in range(40):
        try:
            simulate(made, seed, syncs=syncs, locks=locks)
        except (Broken, LogDamaged, Diverged, AssertionError, OSError) as error:
            kinds[type(error)] += 1
    return kinds


def test_without_fsync_answers_are_lost(made: dict[str, Place]) -> None:
    found = broken(made, syncs=False)
    assert found[Lost] > 0
    assert found.total() > 20


def test_without_the_lock_the_log_forks(made: dict[str, Place]) -> None:
    found = broken(made, locks=False)
    assert found[Forked] > 0


def test_without_recovery_answers_are_lost(made: dict[str, Place], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "replay", lambda *_: 0)
    monkeypatch.setattr(writer, "check_heads", lambda *_: None)
    found = broken(made)
    assert found[Lost] > 0
