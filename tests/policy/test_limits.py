"""Limits against a plain meaning: one event at a time, limit by limit, and the same for many at once."""

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waglan.policy.limits import Limited, policy_of
from waglan.risk.columns import risk_columns
from waglan.schema.recipe import Limit, Recipe, columns, read_recipe
from waglan.schema.risk import MEASURES
from waglan.schema.units import NULL, BadValue

RECIPE = """
name = "limits"
desk = "market"
purpose = "to be tested"
owner = "the tests"
review = "2030-01-01"
subject = "portfolio"
decide = "check"
observe = ["quote", "roll"]
features = []

[risk]
tier1_minor = 4000

[columns]
portfolio = { entity = "portfolio", required = false }
stage = { values = ["order", "fill", "measure"] }
book = { values = ["A", "B", "C"], required = false }
trader = { values = ["T", "U"], required = false }
counterparty = { values = ["X", "Y", "Z"], required = false }
instrument = { values = ["share", "option"], required = false }

[policy]
verbs = ["within", "soft", "hard"]
adverse = ["hard"]
limits = [
    { code = "es", of = "es_total", by = "total", soft = 500, hard = 900 },
    { code = "desk", of = "es_book", by = "book", soft = { A = 100, "*" = 300 }, hard = { A = 400, B = 600 } },
    { code = "name", of = "exposure_counterparty", by = "counterparty", hard = { X = 10, "*" = 700 } },
    { code = "quarter", of = "exposure_counterparty", by = "counterparty", hard_micro_of_tier1 = 250000 },
    { code = "delta", of = "delta_book", by = "book", soft = 250, absolute = true },
    { code = "stop", of = "pnl_trader", by = "trader", soft = 0, hard = 350, side = "below" },
]
"""

ISSUERS = {"share": "X"}
TABLES: dict[str, dict[str, dict[str, int]]] = {
    "es": {"": {"soft": 500, "hard": 900}},
    "desk": {"A": {"soft": 100, "hard": 400}, "B": {"soft": 300, "hard": 600}, "C": {"soft": 300}},
    "name": {"X": {"hard": 10}, "Y": {"hard": 700}, "Z": {"hard": 700}},
    "quarter": {"X": {"hard": 1000}, "Y": {"hard": 1000}, "Z": {"hard": 1000}},
    "delta": {"A": {"soft": 250}, "B": {"soft": 250}, "C": {"soft": 250}},
    "stop": {"T": {"soft": 0, "hard": 350}, "U": {"soft": 0, "hard": 350}},
}
"""What the recipe says, limit by limit and scope by scope."""


def recipe(text: str = RECIPE) -> Recipe:
    return read_recipe(text.encode())


def policy(text: str = RECIPE) -> Limited:
    found = policy_of(recipe(text), risk_columns(recipe(text)), ISSUERS)
    assert isinstance(found, Limited)
    return found


def meaning(event: dict[str, Any], row: dict[str, int | None]) -> tuple[str, list[str]]:
    """The verb and the limits' reasons, in plain Python."""
    verb, told = 0, ["exception"] if row["exception"] == 1 else []
    for limit in recipe().policy.limits:
        measure, key = row[limit.of], event.get(limit.by) if limit.by != "total" else ""
        if limit.by == "counterparty" and event["stage"] != "measure":
            key = ISSUERS.get(event.get("instrument") or "", key)
        if key is None and event["stage"] == "order" and limit.by in ("trader", "counterparty"):
            verb, told = 2, [*told, f"limit:{limit.code}"]
            continue
        stays = "es_trader" if limit.of == "pnl_trader" else limit.of
        if event["stage"] == "order" and not (row["rises"] or 0) >> MEASURES.index(stays) & 1:
            continue
        if measure is None or key is None:
            continue
        size = abs(measure) if limit.absolute else -measure if limit.side == "below" else measure
        amounts = TABLES[limit.code][key]
        waived = row[f"waived_{limit.code}"]
        if "hard" in amounts and size > max(amounts["hard"], -1 if waived is None else waived):
            verb, told = max(verb, 2), [*told, f"limit:{limit.code}"]
        elif any(size > amount for amount in amounts.values()):
            verb, told = max(verb, 1), [*told, f"soft:{limit.code}"]
    return ("within", "soft", "hard")[verb], told


CELLS = st.one_of(st.none(), st.integers(-1200, 1200))
NAMED = list(risk_columns(recipe()))


@st.composite
def events(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, int | None]]:
    declared = recipe().columns
    event: dict[str, Any] = {"stage": draw(st.sampled_from(declared["stage"].values or []))}
    for name in ("book", "trader", "counterparty", "instrument"):
        event[name] = draw(st.one_of(st.none(), st.sampled_from(declared[name].values or [])))
    row = {name: draw(CELLS) for name in NAMED}
    row["rises"] = draw(st.integers(0, 2 ** len(MEASURES) - 1))
    row["exception"] = draw(st.sampled_from([None, 0, 1]))
    return event, row


def laid(event: dict[str, Any], row: dict[str, int | None]) -> tuple[list[int], list[int]]:
    declared = columns(recipe())
    values = [NULL] * len(declared)
    for place, (name, column) in enumerate(declared.items()):
        if event.get(name) is not None:
            values[place] = (column.values or []).index(event[name])
    return values, [NULL if cell is None else cell for cell in row.values()]


RULED = RECIPE.replace("limits = [", 'rules = [{ code = "R", when = "row.es_before == 7", verb = "soft" }]\nlimits = [')


@settings(max_examples=150, deadline=None)
@given(st.lists(events(), min_size=1, max_size=8), st.sampled_from([RECIPE, RULED]))
def test_limits_mean_what_the_plain_rule_means(many: list[Any], text: str) -> None:
    made = policy(text)
    lines = [laid(event, row) for event, row in many]
    values, rows = (np.array([line[k] for line in lines], np.int64) for k in (0, 1))
    n = len(many)
    verbs, reasons, through = made.decide(values, rows, np.zeros(n, np.int64), ["x"] * n, np.zeros(n, np.bool_))
    assert not through.any()
    for i, (event, row) in enumerate(many):
        verb, told = meaning(event, row)
        fired = text is RULED and row["es_before"] == 7
        assert made.verbs[verbs[i]] == ("soft" if fired and verb == "within" else verb)
        assert list(reasons[i]) == (["R"] if fired else []) + told
        assert made.decide_one(*lines[i], 0, "x", False) == (verbs[i], reasons[i], False)


def test_a_waiver_makes_of_hard_soft_and_a_greater_hard_stands() -> None:
    made = policy()
    event = {"stage": "measure"}
    for waived, verb, reason in (
        (None, 2, "limit:es"),
        (950, 2, "limit:es"),
        (1000, 1, "soft:es"),
        (10, 2, "limit:es"),
    ):
        row: dict[str, int | None] = dict.fromkeys(NAMED) | {"es_total": 1000, "waived_es": waived, "rises": 0}
        assert made.decide_one(*laid(event, row), 0, "x", False) == (verb, (reason,), False)


def test_an_order_that_brings_a_breach_down_passes() -> None:
    made = policy()
    row: dict[str, int | None] = dict.fromkeys(NAMED) | {"es_total": 1000, "rises": 0}
    named = {"trader": "T", "counterparty": "X"}
    assert made.decide_one(*laid({"stage": "order"} | named, row), 0, "x", False) == (0, (), False)
    assert made.decide_one(*laid({"stage": "fill"} | named, row), 0, "x", False) == (2, ("limit:es",), False)


def test_an_order_that_says_not_whose_it_is_passes_the_limits_that_it_hides_from() -> None:
    made = policy()
    row: dict[str, int | None] = dict.fromkeys(NAMED) | {"rises": 0}
    for event, told in (
        ({}, ("limit:name", "limit:quarter", "limit:stop")),
        ({"trader": "T"}, ("limit:name", "limit:quarter")),
        ({"instrument": "share"}, ("limit:stop",)),
        ({"trader": "T", "instrument": "share"}, ()),
    ):
        assert made.decide_one(*laid({"stage": "order"} | event, row), 0, "x", False)[1] == told
        assert made.decide_one(*laid({"stage": "fill"} | event, row), 0, "x", False)[1] == ()


def test_a_stop_loss_stops_what_adds_risk_and_not_what_takes_it_off() -> None:
    made = policy()
    lost: dict[str, int | None] = dict.fromkeys(NAMED) | {"pnl_trader": -351}
    event = {"stage": "order", "trader": "T", "counterparty": "Y"}
    for rises, verb in ((1 << MEASURES.index("es_trader"), 2), (1 << MEASURES.index("pnl_trader"), 0)):
        assert made.decide_one(*laid(event, lost | {"rises": rises}), 0, "x", False)[0] == verb


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"of": "es_before"}, "no measure"),
        ({"of": "es"}, "no measure"),
        ({"by": "book"}, "es_total is not by book"),
        ({"absolute": True, "side": "below"}, "a limit of a size .* its side was 'below'"),
        ({"soft": 901}, "soft lies at or below hard, was 901 above 900"),
        ({"hard": -1}, "hard is at least 0"),
        ({"hard_micro_of_tier1": 5}, "it was both"),
        ({"cure": "soon"}, "soon"),
    ],
)
def test_a_limit_that_cannot_be_run_is_refused_with_its_code(changes: dict[str, Any], said: str) -> None:
    made = recipe()
    first: Limit = msgspec.structs.replace(made.policy.limits[0], **changes)
    bad = msgspec.structs.replace(made, policy=msgspec.structs.replace(made.policy, limits=[first]))
    with pytest.raises(BadValue, match=said):
        policy_of(bad, risk_columns(bad))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("tier1_minor = 4000", "", "needs .risk..tier1_minor"),
        ("{ A = 400, B = 600 }", "{ D = 400 }", "'D' is no book"),
        ('code = "desk"', 'code = "es"', "two have one code"),
        ('["within", "soft", "hard"]', '["within", "hard", "soft"]', "hard is graver than soft"),
        ('["within", "soft", "hard"]', '["within", "hard"]', "'soft' is not there"),
        ('observe = ["quote", "roll"]', 'observe = ["quote"]', "observes at least 'quote' and 'roll'"),
        ("[risk]\ntier1_minor = 4000", "", "limits need .risk."),
    ],
)
def test_a_recipe_whose_limits_cannot_be_run_is_refused(old: str, new: str, said: str) -> None:
    assert old in RECIPE
    bad = recipe(RECIPE.replace(old, new))
    with pytest.raises(BadValue, match=said):
        policy_of(bad, risk_columns(bad), ISSUERS)
