"""A person under a hold, with a draft of a report, asks for access and to be forgotten; then is."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest
from sqlalchemy import text

from tests.govern.books import KEYS, NOW_NS, busiest, custody, holding, made
from waglan.book import Book
from waglan.engine.proofs import prove_event, verify_book
from waglan.engine.replay import replay_events, replay_rows
from waglan.govern.backup import backup, restore
from waglan.govern.custody import Custody, Outcome
from waglan.govern.registry import NotAllowed
from waglan.govern.subject import Told, subject_file
from waglan.ledger.entry import DECISION, leaf_hash
from waglan.ledger.proof import check
from waglan.ledger.tree import check_consistency, check_inclusion
from waglan.schema.units import BadValue
from waglan.store.vault import ERASED

DRAFT = ("draft.txt", b"SUSPICIOUS: the customer structures payments below the threshold")
REASON = "a report to the financial intelligence unit is being drafted"
ASKED = date(2026, 3, 31)


def words(event_id: str) -> dict[str, str]:
    return {"en": "Your payment was looked at.", "zh-Hant": "", "zh-Hans": ""}


def export(kept: Custody, subject: str) -> Told:
    return subject_file(kept, subject, None, ASKED, words)


@dataclass
class Secrets:
    """What must be nowhere once a subject is erased."""

    identifier: bytes
    key: bytes
    records: list[bytes]
    ids: list[bytes]
    sealed: list[bytes]

    @property
    def plain(self) -> list[bytes]:
        return [self.identifier, self.key, *self.records, *(i for i in self.ids if len(i) > 3)]

    @classmethod
    def of(cls, book: Book, subject: str) -> "Secrets":
        store = book.engine.store
        dense = store.vault.find("account", subject)
        assert dense is not None
        rows = [row for p in store.holdings(int(store.vault.tokens("account")[dense])) for row in store.range(p, p + 1)]
        ids = [row.event_id.encode() for row in rows if row.event_id]
        with store.begin() as connection:
            places = ", ".join(str(row.position) for row in rows)
            sealed = list(connection.scalars(text(f"SELECT record FROM records WHERE position IN ({places})")))  # noqa: S608
            who = text("SELECT key, identifier FROM subjects WHERE subject_type = 'account' AND dense = :dense")
            sealed += connection.execute(who, {"dense": dense}).one()
        assert all(len(data) > 20 for data in sealed)
        history = book.history()
        assert history is not None
        payer = history.values[:, 0] == history.names[0].index(subject)
        ids += [history.ids[i].encode() for i in payer.nonzero()[0]]
        assert len(ids) > len(rows) // 2
        return cls(subject.encode(), store.vault.keys("account")[dense], [row.record for row in rows], ids, sealed)


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return made(tmp_path / "book")


def test_access_and_erasure_under_a_hold_and_after_it(tmp_path: Path, book: Book) -> None:
    path, subject = tmp_path / "book", busiest(book)
    secrets, size, root = Secrets.of(book, subject), book.engine.size, book.engine.log.root()
    assert len(secrets.records) > 10
    assert len(secrets.identifier) > 8
    assert any("journal" in name for needle in secrets.sealed for name in holding(needle, path))
    proofs = {i: (book.engine.log.entry(i), book.engine.log.prove(i)) for i in range(0, size, 7)}
    with custody(book) as kept:
        free = export(kept, subject)
        kept.hold(subject, REASON, DRAFT)
        told, refused = export(kept, subject), kept.erase(subject)
        assert without_reads(told) == without_reads(free), "the answer is what it was before the hold"
        said = (msgspec.json.encode(told) + refused.told.encode()).lower()
        assert not [word for word in (b"hold", b"draft", b"suspic", b"report", b"intelligence") if word in said]
        assert not refused.erased
        assert refused.due == date.fromtimestamp(NOW_NS // 10**9) + timedelta(days=40)
        assert [hold.kept.drafts for hold in kept.held(subject)] == [(DRAFT,)]
    assert holding(DRAFT[1], path) == holding(REASON.encode(), path) == []
    backup(path, tmp_path / "before", tmp_path / "keys-copy")
    with custody(book) as kept:
        assert kept.release(subject) == 1
        done = kept.erase(subject)
        assert (done.erased, done.records) == (True, len(secrets.records))
        for needle in (*secrets.plain, *secrets.sealed):
            assert holding(needle, path) == [], "while the book is open: write-ahead file and journal are clean too"
    book.close()
    backup(path, tmp_path / "after", tmp_path / "keys-copy")
    copies = tmp_path / "before", tmp_path / "after", tmp_path / "keys-copy"
    for needle in (*secrets.plain, DRAFT[1], REASON.encode()):
        assert holding(needle, path, *copies) == []
    assert holding(secrets.sealed[-2], copies[0]) == [], "a copy holds no key, wrapped or not"
    for needle in secrets.sealed:
        assert holding(needle, path, *copies[1:]) == [], "what was sealed is gone as well, where it could be reached"
    told_of_history = pq.read_table(path / "history.parquet").to_pydict()
    assert not {*secrets.ids} & {*told_of_history["id"], *(name.encode() for name in told_of_history["name"])}
    with Book.open(path, KEYS) as book:
        state = book.engine.store.snapshot(book.engine.judge.digest)
        assert state is not None
        assert not [needle for needle in secrets.plain if needle in state[1]]
        history = book.history()
        assert history is not None
        assert sum(event_id.startswith("\0erased/") for event_id in history.ids) > 0
        found = verify_book(book.engine)
        assert (found.bad, found.records, found.erased) == ([], size, len(secrets.records))
        assert book.engine.log.root(size) == root, "the head is what it was"
        check_consistency(size, book.engine.log.size, book.engine.log.consistency(size), root, book.engine.log.root())
        for i, (entry, proof) in proofs.items():
            check_inclusion(leaf_hash(entry), i, size, proof, root)
        for row in book.engine.store.range(0, size):
            if row.form != ERASED and row.kind == DECISION and row.event_id:
                check(prove_event(book.engine, row.event_id), book.engine.log.root())
        with custody(book) as kept:
            assert kept.log.bad() == []
            assert kept.log.erased() == found.erased
            with pytest.raises(BadValue, match="nothing is held of account"):
                export(kept, subject)


def without_reads(told: Told) -> Told:
    return msgspec.structs.replace(told, reads=[])


def test_a_hold_reads_like_what_the_law_keeps(tmp_path: Path, book: Book) -> None:
    """The person, and whoever sits at the desk, sees the same bytes for either reason."""
    subject = busiest(book)
    with custody(book) as kept:
        kept.hold(subject, REASON, DRAFT)
        held = kept.erase(subject)
        kept.release(subject)
    own = (Path(__file__).parents[2] / "src/waglan/govern/registry.toml").read_text()
    (tmp_path / "book" / "registry.toml").write_text(
        own.replace("[retention.records]", "[retention.records]\non_request = false")
    )
    with custody(book) as kept:
        by_law = kept.erase(subject)
    book.close()
    assert held == by_law
    assert held.told == by_law.told
    assert isinstance(held, Outcome)


def test_the_second_log_names_nobody_and_shows_no_kind(tmp_path: Path, book: Book) -> None:
    subject = busiest(book)
    with custody(book) as kept:
        kept.hold(subject, REASON, DRAFT)
        kept.erase(subject)
        kept.release(subject)
        kept.erase(subject)
        entries = list(kept.log.log.entries())
        lines = [line for _, line in kept.log.lines()]
    book.close()
    assert len({entry[:-32] for entry in entries}) == 1, "entries differ in their commitments alone"
    assert lines.count(None) >= 1, "what was under the person's key is gone with them"
    said = [line for line in lines if line is not None]
    assert subject.encode() not in msgspec.json.encode(said)
    assert [line.deed for line in said if not line.allowed] == ["erase"]
    assert sum(line.count for line in said) > 0


def test_replay_says_what_it_can_check_at_each_depth(book: Book) -> None:
    with custody(book) as kept:
        before = audited(book)
        done = kept.erase(busiest(book))
        after = audited(book)
    book.close()
    assert before["erased"] == before["only_rows"] == 0
    assert before["same"]
    assert after["same"]
    assert after["erased"] == done.records
    assert 0 < after["from_rows"] < before["from_rows"]
    assert 0 < after["from_events"] <= after["from_rows"]
    assert after["differing"] == []


def audited(book: Book) -> dict[str, Any]:
    engine = book.engine
    rows = replay_rows(engine.judge, engine.store)
    second = book.again()
    events = replay_events(second, engine.store, engine.log, second.size)
    return {
        "from_rows": rows.from_rows,
        "from_events": events.from_events,
        "erased": events.erased,
        "only_rows": events.only_rows,
        "differing": rows.differing + events.differing,
        "same": events.same,
    }


def test_a_changed_record_is_not_taken_for_an_erased_one(tmp_path: Path, book: Book) -> None:
    with custody(book) as kept:
        erased = kept.erase(busiest(book)).records
    engine = book.engine
    other = next(row for row in engine.store.readable() if row.kind == DECISION)
    with engine.store.begin() as connection:
        connection.exec_driver_sql("UPDATE records SET record = x'00' WHERE position = ?", (other.position,))
    assert verify_book(engine).bad == [f"record {other.position} is not what the log committed to"]
    with engine.store.begin() as connection:
        connection.exec_driver_sql("UPDATE records SET record = x'', form = 2 WHERE position = ?", (other.position,))
    found = verify_book(engine)
    assert found.erased == erased + 1
    with custody(book) as kept:
        assert kept.log.erased() == erased, "no erasure tells of the other one"
    book.close()


def test_the_same_id_is_not_decided_again_and_a_person_may_come_again(book: Book) -> None:
    subject = busiest(book)
    secrets = Secrets.of(book, subject)
    with custody(book) as kept:
        kept.erase(subject)
    book.close()
    with Book.open(book.path, KEYS) as again:
        size = again.engine.size
        assert all(event_id.decode() in again.engine._seen for event_id in secrets.ids)
        new = int(again.engine.store.vault.intern("account", [subject])[0])
        assert again.engine.store.holdings(int(again.engine.store.vault.tokens("account")[new])) == []
        assert again.engine.size == size


def test_an_older_copy_with_newer_keys_does_not_bring_the_erased_back(tmp_path: Path, book: Book) -> None:
    path, subject = tmp_path / "book", busiest(book)
    size = book.engine.size
    backup(path, tmp_path / "monday", tmp_path / "keys")
    with custody(book) as kept:
        count = kept.erase(subject).records
    backup(path, tmp_path / "tuesday", tmp_path / "keys")
    book.close()
    for day, lost in (("monday", 1), ("tuesday", 0)):
        told = restore(tmp_path / day, tmp_path / "keys", tmp_path / f"book-{day}")
        assert told == {"records": size, "subjects_without_key": lost}
        with Book.open(tmp_path / f"book-{day}", KEYS) as back:
            found = verify_book(back.engine)
            assert (found.bad, found.erased, found.records) == ([], count, size)
            assert back.engine.store.vault.find("account", subject) is None


def test_reads_are_allowed_or_refused_and_logged(book: Book) -> None:
    with custody(book, "clerk") as kept:
        token = int(book.engine.store.vault.tokens("account")[0])
        kept.allow("explain", "investigation", token)
        with pytest.raises(NotAllowed, match="'investigation' is for explain, queue, and not for prove"):
            kept.allow("prove", "investigation", token)
        with pytest.raises(NotAllowed, match="'fun' is not in the registry"):
            kept.allow("explain", "fun", token)
        lines = [line for _, line in kept.log.lines(token) if line]
    book.close()
    assert [(line.who, line.deed, line.purpose, line.allowed) for line in lines] == [
        ("clerk", "explain", "investigation", True),
        ("clerk", "prove", "investigation", False),
        ("clerk", "explain", "fun", False),
    ]


def test_what_was_kept_long_enough_goes_and_holds_keep_theirs(book: Book) -> None:
    subject = busiest(book)
    with custody(book) as kept:
        kept.hold(subject, REASON, None)
        assert kept.expire(date(2028, 1, 1)).subjects == 0
        gone = kept.expire(date(2032, 1, 1))
        assert gone.subjects > 3
        assert gone.records > 100
        assert book.engine.store.vault.find("account", subject) is not None
        assert {r.shown for _, r in book.engine.store.refused()} == {""}
        assert gone.refused_stripes == 1
        kept.release(subject)
        assert kept.expire(date(2032, 1, 1)).subjects == 1
        assert verify_book(book.engine).bad == []
        assert kept.log.erased() == verify_book(book.engine).erased
    book.close()


def test_a_change_of_the_master_key_changes_nothing_else(tmp_path: Path, book: Book) -> None:
    path, subject = tmp_path / "book", busiest(book)
    old = (path / "keys" / "master.key").read_bytes()
    rows = list(book.engine.store.range(0, book.engine.size))
    with custody(book) as kept:
        kept.hold(subject, REASON, DRAFT)
        before, after = kept.rotate()
        assert before != after
    book.close()
    assert (path / "keys" / "master.key").read_bytes() != old
    assert holding(old.split()[2], path) == []
    with Book.open(path, KEYS) as again:
        assert list(again.engine.store.range(0, len(rows))) == rows
        with custody(again) as kept:
            assert [hold.kept.drafts for hold in kept.held(subject)] == [(DRAFT,)]


def test_an_access_request_is_answered_in_full(book: Book) -> None:
    subject = busiest(book)
    with custody(book) as kept:
        told = json.loads(msgspec.json.encode(export(kept, subject)))
    book.close()
    assert told["asked"] == "2026-03-31"
    assert told["due"] == "2026-05-10"
    assert told["subject"] == subject
    held = book.path
    assert held.exists()
    assert all(d["values"]["payer"] == subject for d in told["decisions"])
    assert all(d["in_words"]["en"] for d in told["decisions"])
    assert {e["kind"] for e in told["other_events"]} >= {"effect"}
    assert told["history"]
    assert "score" not in " ".join(k for d in told["decisions"] for k in d)
