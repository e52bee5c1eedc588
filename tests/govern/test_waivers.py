"""Breaches of a live book: followed while it decides, acknowledged by one registered person, waived by two."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.market import MARKET, MODEL, history, live
from tests.engine.small import batch_of_lines
from tests.govern.test_review import REGISTRY
from waglan.book import Book
from waglan.engine.replay import replay_events, replay_rows
from waglan.govern.breach_words import lines_of, state_of, words_of
from waglan.govern.breaches import Breach, Following, breaches
from waglan.govern.custody import Custody
from waglan.govern.registry import NotAllowed
from waglan.govern.waivers import acknowledge, facts_of, read, waive
from waglan.schema.units import DAY_NS, MINUTE_NS, BadValue
from waglan.store.keys import RandomKeys

TIMED = MARKET.replace(
    'by = "book"',
    'by = "book"\nacknowledge = "30m"\ncure = "1d"\nen = "ES of a book"\nzh_hant = "賬目虧損"\nzh_hans = "账目亏损"',
)
PAST = batch_of_lines(history(1), TIMED)
LINES = [line for line in live(1) if json.loads(line)["kind"] not in ("acknowledge", "waiver")]
BIG = next(i for i, line in enumerate(LINES) if json.loads(line)["id"] == "big-1")
NOW_NS = json.loads(LINES[BIG])["ts_ns"] + MINUTE_NS
CHAN, LEE, WONG = "Chan Tai Man", "Lee Siu Ming", "Wong Mei"
PEOPLE = f"""
[people."{CHAN}"]
title = "market risk"
may = ["make", "acknowledge"]

[people."{LEE}"]
title = "head of market risk"
may = ["check", "make"]

[people."{WONG}"]
title = "desk head"
may = ["acknowledge", "check"]

[people."ADA"]
title = "trader"
may = ["make", "check", "acknowledge"]

[people."BEN"]
title = "trader"
may = ["make", "check", "acknowledge"]

[people."CHO"]
title = "trader"
may = ["make", "check", "acknowledge"]
"""


def made(path: Path) -> Path:
    with Book.create(path, TIMED.encode(), MODEL, RandomKeys(os.urandom)) as book:
        book.warm(PAST)
    (path / "registry.toml").write_text(REGISTRY + PEOPLE)
    return path


@pytest.fixture
def custody(tmp_path: Path) -> Iterator[Custody]:
    """A book up to the fill that passed its limit, a minute later."""
    with Book.open(made(tmp_path / "book"), RandomKeys(os.urandom)) as book:
        book.run(batch_of_lines(LINES[: BIG + 1], TIMED))
        with Custody(book, "officer", lambda: NOW_NS) as held:
            yield held


def of(custody: Custody, limit: str = "es_book", grade: str = "hard") -> Breach:
    found = [b for b in breaches(custody.book, custody.now_ns()) if b.id == "big-1"]
    return next(b for b in found if (b.limit, b.grade) == (limit, grade))


def test_a_follower_says_what_a_second_reading_says(tmp_path: Path) -> None:
    with Book.open(made(tmp_path / "book"), RandomKeys(os.urandom)) as book:
        following, seen = Following(book), set[str]()
        for start in range(0, len(LINES), 29):
            book.run(batch_of_lines(LINES[start : start + 29], TIMED))
            now = json.loads(LINES[min(start + 29, len(LINES)) - 1])["ts_ns"]
            found = following.breaches(now)
            assert found == breaches(book, now) == following.breaches(now)
            seen |= {breach.state for breach in found}
        assert seen == {"raised", "cured", "overdue"}
        for breach in following.breaches(now):
            assert {len(lines) for lines in words_of(book.recipe, breach).values()} == {
                len(lines_of(book.recipe, breach))
            }


def test_a_breach_is_acknowledged_and_waived(custody: Custody) -> None:
    book, before = custody.book, of(custody)
    assert (before.state, before.stage, before.key, before.limit_minor) == ("raised", "fill", "shares", 150_000_000)
    assert before.held_ns is not None
    assert before.due_ns == before.held_ns + 30 * MINUTE_NS
    at = acknowledge(custody, "big-1", WONG, "es_book")
    seen = of(custody)
    assert (seen.state, seen.acknowledged_by, seen.acknowledged_ns) == ("acknowledged", WONG, NOW_NS)
    position = waive(custody, "big-1", 290_000_000, NOW_NS + DAY_NS, CHAN, LEE, "hedge", "es_book")
    assert position == at + 1
    stands = of(custody)
    assert stands.state == "waived"
    assert [(w.maker, w.checker, w.amount_minor, w.reason, w.position) for w in stands.waivers] == [
        (CHAN, LEE, 290_000_000, "hedge", position)
    ]
    book.run(
        batch_of_lines(
            [
                json.dumps(
                    {"id": "m", "kind": "check", "stage": "measure", "book": "shares", "ts_ns": NOW_NS + 1}
                ).encode()
            ],
            TIMED,
        )
    )
    assert of(custody).last_id == "m"
    waive(custody, "big-1", 295_000_000, NOW_NS + DAY_NS, CHAN, LEE, "client", "es_book")
    assert [w.id for w in of(custody).waivers] == ["big-1/es_book/waiver", "m/es_book/waiver"]
    lines = [line for _, line in custody.log.lines() if line is not None]
    assert [(line.deed, line.who, line.allowed) for line in lines] == [
        ("acknowledge", "officer", True), ("waive", "officer", True), ("waive", "officer", True),
    ]  # fmt: skip
    row = next(book.engine.store.range(position, position + 1))
    assert CHAN.encode() not in row.record
    assert not replay_rows(book.engine.judge, book.engine.store).differing
    again = book.again()
    assert replay_events(again, book.engine.store, book.engine.log, again.size).same


def test_words_and_facts(custody: Custody) -> None:
    acknowledge(custody, "big-1", WONG, "es_book")
    waive(custody, "big-1", 290_000_000, NOW_NS + DAY_NS, CHAN, LEE, "hedge", "es_book")
    breach = of(custody)
    assert [*state_of(breach)] == ["waived", "已豁免", "已豁免"]
    words = words_of(custody.book.recipe, breach)
    assert words["en"][0].startswith("ES of a book, shares: HK$")
    assert "passed the hard limit of HK$1,500,000.00 on" in words["en"][0]
    assert words["zh-Hant"][0].startswith("賬目虧損（shares）：")
    assert words["en"][1].startswith(f"Acknowledged by {WONG} on")
    assert "Waived up to HK$2,900,000.00 until" in words["en"][2]
    assert words["en"][2].endswith(f"made by {CHAN}, checked by {LEE}. Reason: hedge.")
    facts = facts_of(custody, breach)
    assert facts["waivers"][0]["amount_minor"] == 290_000_000
    assert facts["raised"].endswith("+08:00")
    assert "cured" not in facts


def test_reading_is_logged(custody: Custody) -> None:
    everything = read(custody)
    still = read(custody, only_open=True)
    assert len(everything) >= len(still) > 0
    assert {breach.state for breach in still} <= {"raised", "acknowledged", "waived", "overdue"}
    assert [line.deed for _, line in custody.log.lines() if line is not None] == ["breaches", "breaches"]


Doing = Callable[[Custody], object]
UNTIL = NOW_NS + DAY_NS


def letting(amount: int, until_ns: int, maker: str, checker: str, reason: str) -> Doing:
    return lambda custody: waive(custody, "big-1", amount, until_ns, maker, checker, reason, "es_book")


@pytest.mark.parametrize(
    ("doing", "said"),
    [
        (lambda c: acknowledge(c, "nobody", WONG), "no breach was raised by 'nobody'"),
        (lambda c: acknowledge(c, "big-1", WONG, "stop"), "raised a breach of .*, and not of 'stop'"),
        (letting(290_000_000, UNTIL, CHAN, CHAN, "hedge"), "both 'Chan Tai Man'"),
        (letting(290_000_000, UNTIL, CHAN, CHAN.upper(), "hedge"), "both 'Chan Tai Man'"),
        *((letting(290_000_000, UNTIL, CHAN, name, "hedge"), f"of whom '{name}' is one") for name in ("ADA", "Ben")),
        (letting(150_000_000, UNTIL, CHAN, LEE, "hedge"), "above 150000000 and at most 300000000"),
        (letting(300_000_001, UNTIL, CHAN, LEE, "hedge"), "it was 300000001"),
        (letting(290_000_000, NOW_NS, CHAN, LEE, "hedge"), "ends after now and by"),
        (letting(290_000_000, NOW_NS + 31 * DAY_NS, CHAN, LEE, "hedge"), "ends after now"),
        (letting(290_000_000, UNTIL, CHAN, LEE, "whim"), "breach_reason is one of hedge, client"),
        (
            lambda c: waive(c, "big-1", 290_000_000, UNTIL, CHAN, str(of(c).trader).upper(), "hedge", "es_book"),
            "by others than the traders it concerns",
        ),
    ],
)  # fmt: skip
def test_what_breaks_the_rule_is_refused(custody: Custody, doing: Doing, said: str) -> None:
    size = custody.book.engine.size
    with pytest.raises(BadValue, match=said):
        doing(custody)
    assert custody.book.engine.size == size


def test_a_second_acknowledgement_is_told_of_the_first(custody: Custody) -> None:
    acknowledge(custody, "big-1", WONG, "es_book")
    with pytest.raises(BadValue, match="was acknowledged already, by Wong Mei"):
        acknowledge(custody, "big-1", CHAN, "es_book")


@pytest.mark.parametrize(
    ("doing", "said"),
    [
        (lambda c: acknowledge(c, "big-1", "Nobody", "es_book"), "'Nobody' is not among the people"),
        (lambda c: acknowledge(c, "big-1", LEE, "es_book"), "is registered to check, make, and not to acknowledge"),
        (letting(290_000_000, UNTIL, WONG, LEE, "hedge"), "and not to make"),
        (letting(290_000_000, UNTIL, LEE, CHAN, "hedge"), "and not to check"),
        (lambda c: read(c, purpose="audit"), "is for prove, explain, export, and not for breaches"),
    ],
)
def test_who_is_not_allowed_is_logged(custody: Custody, doing: Doing, said: str) -> None:
    size = custody.book.engine.size
    with pytest.raises(NotAllowed, match=said):
        doing(custody)
    assert custody.book.engine.size == size
    line = [each for _, each in custody.log.lines() if each is not None][-1]
    assert not line.allowed


def test_a_book_without_limits_has_no_breaches(tmp_path: Path) -> None:
    text = MARKET[: MARKET.index("[[policy.limits]]")]
    with (
        Book.create(tmp_path / "b", text.encode(), MODEL, RandomKeys(os.urandom)) as book,
        pytest.raises(BadValue, match=r"small-market: the recipe has no \[\[policy.limits\]\], so nothing is breached"),
    ):
        breaches(book, NOW_NS)
