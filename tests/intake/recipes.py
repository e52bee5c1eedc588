"""Recipes that the tests of intake share."""

from waglan.schema.recipe import Recipe, read_recipe

COLUMNS = """
name = "test"
desk = "fraud"
purpose = "test"
owner = "test"
review = "2030-01-01"
subject = "payer"
features = []
observe = ["login"]

[columns]
payer = { entity = "account" }
payee = { entity = "account", required = false }
amount = { money = "HKD" }
fee = { money = "currency", required = false, negative = true }
currency = { values = ["HKD", "JPY", "KWD"], required = false }
channel = { values = ["card", "fps"], other = true, required = false }
mode = { values = ["a", "b"], required = false }
items = { integer = true, required = false }
share = { decimal = true, negative = true, required = false }
present = { flag = true, required = false }

[policy]
lists = [{ name = "block", by = "payee", verb = "decline" }]
"""

MAPPED = """
[source]
id = "ID"
time = { column = "When", zone = "Asia/Hong_Kong" }
outcome = { column = "Fraud", after = "7d", positive = [1, "yes"] }
[source.map]
payer = "From"
payee = "To"
amount = "Amount"
mode = { column = "Mode", rename = { A = "a", B = "b" } }
present = { column = "Here", rename = { Y = "1", N = "0" } }
"""


def own() -> Recipe:
    return read_recipe(COLUMNS.encode())


def mapped(extra: str = MAPPED) -> Recipe:
    return read_recipe((COLUMNS + extra).encode())
