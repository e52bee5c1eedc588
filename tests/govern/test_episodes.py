"""Episodes of breaches: one line for each decision with what is told afterwards, and a plain meaning for any stream."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.govern.limited import ISSUERS, RECIPE, START_NS, decision, event, named
from waglan.govern.breach import Breach
from waglan.govern.episodes import Episodes
from waglan.schema.records import Decision, Event
from waglan.schema.units import SECOND_NS

MINUTE_NS = 60 * SECOND_NS
Records = list[Decision | Event]


def at(minutes: int) -> int:
    return START_NS + minutes * MINUTE_NS


def told(*records: Decision | Event, now: int) -> tuple[Breach, ...]:
    episodes = Episodes(RECIPE, named, ISSUERS)
    take(episodes, records)
    return episodes.at(at(now))


def take(episodes: Episodes, records: Any, first: int = 0) -> None:
    for position, record in enumerate(records, first):
        if isinstance(record, Decision):
            episodes.decided(position, record)
        else:
            episodes.observed(position, record)


def total(
    event_id: str, minutes: int, es: int, *reasons: str, stage: str = "measure", waived: int | None = None
) -> Decision:
    cells = {"stage": stage, "trader": "Ann" if stage != "measure" else None}
    return decision(event_id, minutes, cells, {"es_total": es, "waived_es_total": waived}, reasons)


def waived(event_id: str, minutes: int, amount: int, until: int, **cells: Any) -> Event:
    given = {"limit": "es_total", "amount": amount, "until_s": at(until) // SECOND_NS, "maker": "Chan"}
    return event(event_id, "waiver", minutes, given | {"checker": "Lee", "breach_reason": "client"} | cells)


HARD = ("limit:es_total",)


def test_a_breach_is_raised_seen_and_cured() -> None:
    records: Records = [
        total("m0", 0, 90, "soft:es_total"),
        total("m1", 10, 110, *HARD),
        event("m1/acknowledge", "acknowledge", 30, {"maker": "Wong"}),
        total("m2", 40, 120, *HARD),
        total("m3", 50, 95, "soft:es_total"),
        total("m4", 60, 70),
    ]
    soft, hard = told(*records, now=60)
    assert (soft.grade, soft.id, soft.state, soft.cured_by, soft.decisions) == ("soft", "m0", "cured", "m4", 2)
    assert (soft.value_minor, soft.limit_minor, soft.worst_minor, soft.last_minor) == (90, 80, 120, 95)
    assert (hard.grade, hard.id, hard.state, hard.cured_by, hard.decisions) == ("hard", "m1", "cured", "m3", 2)
    assert (hard.worst_minor, hard.worst_ns, hard.limit_minor, hard.by, hard.key) == (120, at(40), 100, "total", "")
    assert (hard.acknowledged_ns, hard.acknowledged_by, hard.missed) == (at(30), "Wong", ())
    assert (soft.acknowledged_by, soft.missed) == (None, ())
    states = [told(*records[:n], now=10 * n)[1].state for n in range(2, 5)]
    assert states == ["raised", "acknowledged", "acknowledged"]


def test_deadlines() -> None:
    first = total("m1", 0, 110, *HARD)
    (raised,) = told(first, now=60)
    assert (raised.state, raised.due_ns, raised.missed) == ("raised", at(60), ())
    (late,) = told(first, now=61)
    assert (late.state, late.due_ns, late.missed) == ("overdue", at(24 * 60), ("acknowledge",))
    seen = event("m1/acknowledge", "acknowledge", 90, {"maker": "Wong"})
    (known,) = told(first, seen, now=91)
    assert (known.state, known.due_ns, known.missed) == ("acknowledged", at(24 * 60), ("acknowledge",))
    (over,) = told(first, seen, now=24 * 60 + 1)
    assert (over.state, over.due_ns, over.missed) == ("overdue", None, ("acknowledge", "cure"))
    (done,) = told(first, seen, total("m2", 24 * 60, 10), now=24 * 90)
    assert (done.state, done.missed) == ("cured", ("acknowledge",))


def test_a_waiver_lets_a_breach_stand_and_runs_out() -> None:
    records: Records = [total("m1", 0, 110, *HARD), waived("m1/waiver", 10, 130, 2000)]
    (stands,) = told(*records, now=1999)
    assert (stands.state, stands.due_ns, stands.missed) == ("waived", at(2000), ())
    (waiver,) = stands.waivers
    assert (waiver.amount_minor, waiver.until_ns, waiver.maker, waiver.checker) == (130, at(2000), "Chan", "Lee")
    assert (waiver.reason, waiver.position, waiver.ts_ns) == ("client", 1, at(10))
    assert [b.state for b in told(*records, now=2001)] == ["overdue"]
    records.append(total("m2", 100, 120, "soft:es_total", waived=130))
    hard, soft = told(*records, now=100)
    assert (hard.state, hard.last_minor, hard.decisions, hard.cured_ns) == ("waived", 120, 1, None)
    assert (soft.grade, soft.state, soft.limit_minor) == ("soft", "raised", 80)
    records.append(total("m3", 200, 140, *HARD, waived=130))
    assert [b.state for b in told(*records, now=200)] == ["raised", "overdue"]
    assert told(*records, now=200)[0].due_ns == at(200 + 24 * 60)
    assert told(*records, total("m4", 300, 99), now=300)[0].state == "cured"


def test_stopped_orders_hold_nothing() -> None:
    records: Records = [total(f"o{n}", n, 110 + n, *HARD, stage="order") for n in range(3)]
    (tried,) = told(*records, now=10_000)
    assert (tried.stage, tried.held_ns, tried.due_ns, tried.state, tried.trader) == (
        "order",
        None,
        None,
        "raised",
        "Ann",
    )
    assert (tried.decisions, tried.worst_minor, tried.verb) == (3, 112, "hard")
    (still,) = told(*records, total("o9", 4, 5, stage="order"), now=5)
    assert still.cured_ns is None
    (held,) = told(*records, total("f1", 5, 105, *HARD, stage="fill"), total("o9", 6, 500, *HARD, stage="order"), now=7)
    assert (held.stage, held.held_ns, held.worst_minor, held.last_minor, held.decisions) == ("fill", at(5), 105, 105, 5)
    (gone,) = told(*records, total("m1", 4, 5), now=5)
    assert (gone.state, gone.cured_by, gone.stage) == ("cured", "m1", "order")


EXPOSURE = "exposure_counterparty"
BANK = ("counterparty", "Bank")
BOUGHT = {"counterparty": "Bank", "stage": "fill"}


@pytest.mark.parametrize(
    ("cells", "row", "reasons", "by", "key", "limit"),
    [
        ({"book": "two"}, {"es_book": 61}, ("limit:es_book",), "book", "two", 60),
        ({"book": "one"}, {"es_book": 51}, ("limit:es_book",), "book", "one", 50),
        (BOUGHT | {"instrument": "option"}, {EXPOSURE: 1001}, ("limit:name",), "counterparty", "Bank", 1000),
        (BOUGHT | {"instrument": "share"}, {EXPOSURE: 1001}, ("limit:name",), "counterparty", "Issuer", 1000),
        (BOUGHT | {"instrument": "share", "stage": "measure"}, {EXPOSURE: 1001}, ("limit:name",), *BANK, 1000),
        ({}, {"delta_total": -21}, ("limit:delta",), "total", "", 20),
        ({"trader": "Ann"}, {"pnl_trader": -31}, ("limit:stop",), "trader", "Ann", 30),
    ],
)  # fmt: skip
def test_scopes(cells: Any, row: Any, reasons: Any, by: str, key: str, limit: int) -> None:
    (found,) = told(decision("m1", 0, cells, row, reasons), now=0)
    assert (found.by, found.key, found.limit_minor, found.limit) == (by, key, limit, reasons[0].split(":")[1])
    assert found.value_minor == found.worst_minor == next(iter(row.values()))


def test_the_worst_is_the_worst_on_its_side() -> None:
    falls = [
        decision(f"m{n}", n, {"trader": "Ann"}, {"pnl_trader": v}, ("limit:stop",))
        for n, v in enumerate((-40, -50, -45))
    ]
    assert told(*falls, now=3)[0].worst_minor == -50
    swings = [decision(f"m{n}", n, {}, {"delta_total": v}, ("limit:delta",)) for n, v in enumerate((25, -40, 30))]
    assert told(*swings, now=3)[0].worst_minor == -40


def test_an_event_about_a_decision_of_two_breaches() -> None:
    row = {"es_total": 110, "es_book": 70}
    both = decision("m1", 0, {"book": "two"}, row, ("limit:es_total", "limit:es_book"))
    every = event("m1/acknowledge", "acknowledge", 1, {"maker": "Chan"})
    assert [b.state for b in told(both, every, now=2)] == ["acknowledged", "acknowledged"]
    one = event("m1/es_book/acknowledge", "acknowledge", 1, {"maker": "Chan", "limit": "es_book"})
    assert [b.state for b in told(both, one, now=2)] == ["raised", "acknowledged"]
    other = waived("m1/es_total/waiver", 1, 120, 60)
    assert [b.state for b in told(both, other, now=2)] == ["waived", "raised"]


def test_what_is_about_nothing_moves_nothing() -> None:
    records: Records = [event("x/acknowledge", "acknowledge", 1, {"maker": "Chan"}), waived("y/waiver", 1, 120, 60)]
    assert told(*records, total("m1", 2, 50), now=3) == ()


# any stream: a plain meaning, and the same however it is cut


@st.composite
def streams(draw: st.DrawFn) -> Records:
    """Measures, fills and orders about two books as a policy with waivers would decide them, people in between."""
    records: Records = []
    waivers: dict[str, tuple[int, int]] = {}
    decided: list[tuple[str, str]] = []
    for n in range(draw(st.integers(1, 25))):
        minutes = 30 * n
        deed = draw(st.sampled_from(("measure", "fill", "order", "waive", "acknowledge")))
        if deed in ("measure", "fill", "order"):
            book, value = draw(st.sampled_from(("one", "two"))), draw(st.integers(30, 90))
            hard = 50 if book == "one" else 60
            in_force = next((a for a, until in [waivers.get(book, (0, 0))] if until > minutes), None)
            reasons = ("limit:es_book",) if value > max(hard, in_force or 0) else ()
            row = {"es_book": value, "waived_es_book": in_force}
            records.append(decision(f"d{n}", minutes, {"stage": deed, "book": book}, row, reasons))
            if reasons:
                decided.append((f"d{n}", book))
        elif decided:
            about, book = draw(st.sampled_from(decided))
            if deed == "acknowledge":
                records.append(event(f"{about}/acknowledge", "acknowledge", minutes, {"maker": "Wong"}))
            else:
                amount, until = draw(st.integers(61, 90)), minutes + draw(st.integers(10, 200))
                waivers[book] = (amount, until)
                records.append(waived(f"{about}/waiver", minutes, amount, until, limit="es_book", book=book))
    return records


def plain(records: Records, book: str) -> list[dict[str, Any]]:
    """Breaches of a book's ES by reading the stream again and again."""
    found: list[dict[str, Any]] = []
    names = list(RECIPE.columns)
    mine = [
        r
        for r in records
        if isinstance(r, Decision) and r.event.values[names.index("book")] == ("one", "two").index(book)
    ]
    rest = list(mine)
    while True:
        begin = next((i for i, r in enumerate(rest) if r.reasons), None)
        if begin is None:
            return found
        hard = 50 if book == "one" else 60
        end = next(
            (i for i, r in enumerate(rest) if i > begin and r.event.values[1] != 0 and value(r) <= hard), len(rest)
        )
        members = rest[begin:end]
        held = [r for r in members if r.event.values[1] != 0 and value(r) > hard]
        measured = held or [r for r in members if r.reasons]
        ids = {r.event.id for r in members if r.reasons}
        seen = [r for r in records if isinstance(r, Event) and r.kind == "acknowledge" and r.id.split("/")[0] in ids]
        lets = [r for r in records if isinstance(r, Event) and r.kind == "waiver" and r.id.split("/")[0] in ids]
        found.append(
            {
                "id": members[0].event.id,
                "decisions": len(ids),
                "worst_minor": max(value(r) for r in measured),
                "last_minor": value(measured[-1]),
                "held_ns": held[0].event.ts_ns if held else None,
                "cured_by": rest[end].event.id if end < len(rest) else None,
                "acknowledged_ns": seen[0].ts_ns if seen else None,
                "waivers": [r.id for r in lets],
            }
        )
        rest = rest[end + 1 :]


def value(made: Decision) -> int:
    return next(v for v in made.row[2:3] if v is not None)


@settings(max_examples=150, deadline=None)
@given(streams(), st.lists(st.integers(0, 25), max_size=4))
def test_any_stream_is_told_as_its_plain_meaning_however_it_is_cut(records: Records, cuts: list[int]) -> None:
    now = 60 * len(records)
    whole = told(*records, now=now)
    followed = Episodes(RECIPE, named, ISSUERS)
    ends = sorted({min(cut, len(records)) for cut in cuts} | {0, len(records)})
    for start, stop in zip(ends, [*ends[1:], len(records)], strict=True):
        followed.at(at(now // 2))  # asking moves nothing
        take(followed, records[start:stop], start)
    assert followed.at(at(now)) == whole
    for book in ("one", "two"):
        found = [breach for breach in whole if breach.key == book]
        expected = plain(records, book)
        assert len(found) == len(expected)
        for breach, meaning in zip(found, expected, strict=True):
            assert {k: getattr(breach, k) for k in meaning if k != "waivers"} | {
                "waivers": [w.id for w in breach.waivers]
            } == meaning
            assert (breach.state == "cured") == (meaning["cured_by"] is not None)
