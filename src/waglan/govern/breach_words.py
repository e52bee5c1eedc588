"""A breach in words, in three scripts: what passed which limit, what people did about it, and what was missed."""

from typing import Final

from waglan.govern.breach import Breach
from waglan.pages.markup import Text
from waglan.pages.numbers import dated, money
from waglan.pages.words import say
from waglan.schema.recipe import Recipe

LANGUAGES: Final = ("en", "zh-Hant", "zh-Hans")


def words_of(recipe: Recipe, breach: Breach) -> dict[str, list[str]]:
    """Language -> lines: what happened first, then what was done, then what was missed."""
    lines = lines_of(recipe, breach)
    return {language: [line[i] for line in lines] for i, language in enumerate(LANGUAGES)}


def state_of(breach: Breach) -> Text:
    """The state in a word or two."""
    return say(f"breach.state_{breach.state}")


def limit_of(recipe: Recipe, breach: Breach) -> Text:
    """What people call the limit; its code where the recipe has no words."""
    known = next((limit for limit in recipe.policy.limits if limit.code == breach.limit), None)
    if known is None or not known.en:
        return Text(*[breach.limit] * 3)
    return Text(known.en, known.zh_hant or known.en, known.zh_hans or known.en)


def whom(recipe: Recipe, breach: Breach) -> Text:
    """Whose limit it is: a book, a trader, a counterparty by the recipe's words, or all books."""
    return say("breach.total") if breach.by == "total" else _category(recipe, breach.by, breach.key)


def lines_of(recipe: Recipe, breach: Breach) -> list[Text]:
    """The lines of `words_of`, each in three scripts."""
    home = recipe.risk.home if recipe.risk is not None else "HKD"
    lines = [
        say(
            "breach.tried" if breach.held_ns is None else "breach.held",
            limit=limit_of(recipe, breach),
            whom=whom(recipe, breach),
            value=money(breach.value_minor, home),
            grade=say(f"breach.grade_{breach.grade}"),
            amount=money(breach.limit_minor, home),
            time=dated(breach.raised_ns, recipe.zone),
        )
    ]
    if breach.worst_minor != breach.value_minor:
        lines.append(
            say("breach.worst", value=money(breach.worst_minor, home), time=dated(breach.worst_ns, recipe.zone))
        )
    if breach.acknowledged_ns is not None:
        who, time = breach.acknowledged_by or "", dated(breach.acknowledged_ns, recipe.zone)
        lines.append(say("breach.acknowledged", who=who, time=time))
    for waiver in breach.waivers:
        lines.append(
            say(
                "breach.waived",
                amount=money(waiver.amount_minor, home),
                until=dated(waiver.until_ns, recipe.zone),
                maker=waiver.maker,
                checker=waiver.checker,
                reason=_category(recipe, "breach_reason", waiver.reason),
            )
        )
    if breach.cured_ns is not None:
        lines.append(say("breach.cured", time=dated(breach.cured_ns, recipe.zone)))
    if breach.due_ns is not None:
        lines.append(say("breach.due", time=dated(breach.due_ns, recipe.zone)))
    return [*lines, *(say(f"breach.missed_{name}") for name in breach.missed)]


def _category(recipe: Recipe, column: str, value: str) -> Text:
    declared = recipe.columns.get(column)
    words = declared.names.get(value) if declared is not None else None
    return Text(words.en, words.zh_hant, words.zh_hans) if words is not None else Text(value, value, value)
