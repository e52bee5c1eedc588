"""Rules: what they say of an event, of null and of mistakes."""

import threading

import pytest

from tests.policy.recipes import FEATURES, recipe, rule
from waglan.policy.rules import Rules
from waglan.schema.recipe import Rule, columns
from waglan.schema.units import NULL, BadValue

PLACES = list(columns(recipe()))


def fired(when: str, cells: dict[str, int], score: int = 0, late: bool = False) -> list[str]:
    values, row = [NULL] * len(PLACES), [NULL] * len(FEATURES)
    for name, value in cells.items():
        if name in PLACES and not name.startswith("row_"):
            values[PLACES.index(name)] = value
        else:
            row[FEATURES.index(name.removeprefix("row_"))] = value
    return Rules(recipe(rule(when)), FEATURES).fired(values, row, score, late)[1]


@pytest.mark.parametrize(
    ("when", "cells", "expected"),
    [
        ("event.amount > 300", {"amount": 301}, True), ("event.amount > 300", {"amount": 300}, False),
        ("event.channel == 'fps'", {"channel": 1}, True), ('event.channel == "other"', {"channel": 2}, True),
        ("event.channel in ['fps', 'other']", {"channel": 2}, True),
        ("event.channel.startsWith('f')", {"channel": 1}, True),
        ("event.abroad", {"abroad": 1}, True), ("!event.abroad", {"abroad": 1}, False),
        ("event.abroad == true", {"abroad": 1}, True),
        ("row.ratio > 3000000 && row.count_1d >= 2", {"row_ratio": 3_000_001, "row_count_1d": 2}, True),
        ("row.amount == event.amount", {"row_amount": 5, "amount": 5}, True),
        ("score_micro > 5", {"score": 6}, True), ("late", {"late": True}, True),
        ("late && score_micro > 0", {"score": 6}, False),
        ("true // always", {}, True), ("event . amount > 1", {"amount": 2}, True),
        ("event.amount\n > 1", {"amount": 2}, True),
        ("[1, 5].exists(n, n == event.amount)", {"amount": 5}, True), ("row.on_allow == 0", {"row_on_allow": 0}, True),
        ("event.channel == 'fps' // event.nothing 'x'", {"channel": 1}, True), ("'event.nothing' != ''", {}, True),
        # null
        ("event.amount > 300", {}, False), ("!(event.amount > 300)", {}, False), ("event.amount + 1 > 0", {}, False),
        ("event.amount == null", {}, True), ("event.amount != null", {}, False), ("row.ratio != 3", {}, True),
        ("has(row.ratio)", {}, False), ("has(row.ratio)", {"row_ratio": 0}, True), ("!has(event.amount)", {}, True),
        ("has(row.ratio) && row.ratio > 3", {}, False), ("row.ratio > 3 || event.amount > 3", {"amount": 4}, True),
        ("row.ratio > 3 || event.amount > 3", {"amount": 2}, False), ("event.abroad", {}, False),
        ("event.channel == 'fps'", {}, False),
    ],
)  # fmt: skip
def test_what_a_rule_says(when: str, cells: dict[str, int], expected: bool) -> None:
    score, late = cells.pop("score", 0), bool(cells.pop("late", False))
    assert fired(when, cells, score, late) == (["r"] if expected else [])


@pytest.mark.parametrize(
    ("when", "cells"),
    [
        ("1000 / row.ratio > 3", {"row_ratio": 0}),
        ("row.ratio * row.ratio > 3", {"row_ratio": 2**62}),
        ("-row.ratio > 3", {}),
    ],
)
def test_a_rule_that_cannot_be_worked_out_says_so(when: str, cells: dict[str, int]) -> None:
    assert fired(when, cells) == (["rule_error:r"] if cells else [])


@pytest.mark.parametrize(
    ("when", "said", "word"),
    [
        ("event.amont > 3", "unknown column that a rule can see 'amont'; did you mean 'amount'?", "amont"),
        ("event.payer == 'x'", "unknown column that a rule can see 'payer'", "payer"),
        ("row.count_7d > 3", "unknown feature 'count_7d'; did you mean 'count_1d'?", "count_7d"),
        ("event.amount > 3 && scor_micro > 3", "unknown name 'scor_micro'; did you mean 'score_micro'?", "scor_micro"),
        ("event.amount > ", "the expression ends too early", None), ("", "the expression ends too early", None),
        ("event.amount >> 3", "'>' does not fit here", ">"), ("event.amount > 3; x", "';' does not fit here", ";"),
        ("event.amount && (late", "the expression ends too early", None),
        ("event.amount = 3", "'=' does not fit here", "="),
        ("event['amount'] > 3", "'event' is not a value; write event.<column>", "event"),
        ("row == row", "'row' is not a value; write row.<feature>", "row"),
        ("row.ratio > 1.5", "1.5 has a decimal point; values are whole", "1.5"),
        ("event.channel == 'fpss'", "'channel' is never 'fpss'; did you mean 'fps'?", "'fpss'"),
        ("event.amount == 'x'", "'amount' is never 'x'", "'x'"), ("event.abroad == 1", "'abroad' is never 1", "1"),
        ("event.amount == true", "'amount' is never true", "true"),
        ("event.amount > 'x'", "cannot be worked out: No such overload", None),
        ("event.amount > 30000000 && event.channel > 3", "cannot be worked out", None),
        ("event.amount", "a rule must be true or false, was", None),
        ("late ? 'x' : true", "must be true or false, was 'x'", None),
        ("event.amount.size() > 3", "cannot be worked out", None),
        ("nothing(event.amount)", "cannot be worked out", None),
    ],
)  # fmt: skip
def test_a_mistake_is_shown_where_it_is(when: str, said: str, word: str | None) -> None:
    with pytest.raises(BadValue) as told:
        Rules(recipe(rule(when)), FEATURES)
    message = str(told.value).split("\n")
    assert message[0].startswith("rule r: " + said) or said in message[0]
    if word is not None:
        assert message[1][message[2].index("^") :].startswith(word)
        assert message[2].count("^") == len(word)


def test_a_mistake_in_the_second_line() -> None:
    with pytest.raises(BadValue, match=r"'\)' does not fit here[^\n]*\n  &&\) late\n    \^"):
        Rules(recipe(rule("late\n&&) late")), FEATURES)


def test_codes_and_verbs() -> None:
    with pytest.raises(BadValue, match="rule a: each rule has a code of its own"):
        Rules(recipe(rule("late", code="a"), rule("late", code="a")), FEATURES)
    with pytest.raises(BadValue, match="rule r: 'stop' is not a verb of this policy; its verbs are approve"):
        Rules(recipe(rule("late", "stop")), FEATURES)


def test_every_rule_that_fires_is_told_and_the_gravest_verb_wins() -> None:
    rules = [
        rule("true", "warn", "a"),
        rule("late", "decline", "b"),
        rule("true", "review", "c"),
        rule("false", "decline", "d"),
    ]
    made = Rules(recipe(*rules), FEATURES)
    assert made.fired([NULL] * len(PLACES), [NULL] * 5, 0, False) == (3, ["a", "c"])


def test_threads_do_not_share_variables() -> None:
    made = Rules(recipe(Rule(code="r", when="event.amount == row.amount", verb="warn")), FEATURES)
    wrong: list[int] = []

    def ask(amount: int) -> None:
        values, row = [NULL] * len(PLACES), [amount, NULL, NULL, NULL, NULL]
        values[2] = amount
        for _ in range(3_000):
            if made.fired(values, row, 0, False)[1] != ["r"]:
                wrong.append(amount)

    threads = [threading.Thread(target=ask, args=(amount,)) for amount in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
