"""Recipes that the tests of policy share."""

from typing import Any

import msgspec

from waglan.schema.recipe import Column, Feature, ListRule, Policy, Recipe, Rule

FEATURES = ["amount", "count_1d", "ratio", "on_allow", "on_block"]


def recipe(*rules: Rule, lists: tuple[str, ...] = (), **policy: Any) -> Recipe:
    """A recipe with these rules, with lists `allow` and `block` by payee, and whatever else its policy says."""
    verbs = {"allow": "approve", "block": "decline"}
    return Recipe(
        name="test", desk="fraud", purpose="t", owner="t", review="2030-01-01", subject="payer",
        columns={
            "payer": Column(entity="account"),
            "payee": Column(entity="account"),
            "amount": Column(money="HKD"),
            "channel": Column(values=["card", "fps"], other=True),
            "abroad": Column(flag=True),
        },
        features=[
            Feature(name="amount", take="value", of="amount"),
            Feature(name="count_1d", take="count", by="payer", window="1d", present=True),
            Feature(name="ratio", take="ratio", of=["amount", "amount"]),
            Feature(name="on_allow", take="in_list", of="allow", by="payee"),
            Feature(name="on_block", take="in_list", of="block", by=["payee"]),
        ],
        policy=msgspec.structs.replace(
            Policy(rules=list(rules), lists=[ListRule(name=n, by="payee", verb=verbs[n]) for n in lists]), **policy
        ),
    )  # fmt: skip


def rule(when: str, verb: str = "review", code: str = "r") -> Rule:
    return Rule(code=code, when=when, verb=verb)
