"""A notice to somebody whose application was not granted, from the record alone; and the whole of it for an analyst.

Up to four reasons in the words of the recipe's concepts and rules, no score, no part, nothing of another person, no
list. Columns that the recipe declares protected are said not to have been used, where lint finds that none is read.
Regulation B, 12 CFR 1002.9 with its official commentary (more than four reasons are not likely to help), is the model;
Hong Kong's Privacy Ordinance gives access and correction.
"""

from collections.abc import Sequence
from typing import Final

from waglan.engine.explain import Explained
from waglan.engine.lint import lint
from waglan.govern.advice import answer, by_language, label, listed
from waglan.pages.markup import Text, same
from waglan.pages.numbers import dated, day, decimal
from waglan.pages.words import named, say, verb_name
from waglan.policy.offer import CAPS, REASON
from waglan.schema.recipe import Recipe
from waglan.schema.risk import PART
from waglan.schema.units import MINOR_DIGITS, BadValue

MOST: Final = 4
WIDTH: Final = 10
"""Letters of a score with its sign and six digits."""
AMOUNT_WIDTH: Final = 18
"""Letters of an amount of billions."""


def notice(recipe: Recipe, found: Explained) -> dict[str, str]:
    """Language -> the notice of one decision. Raises BadValue for a market book's, which concerns no customer."""
    if recipe.risk is not None:
        raise BadValue(f"{recipe.name}: a market book's decisions concern no customer; an analyst can read them")
    decision = found.decision
    verb = decision.actions[0].verb
    when = day(decision.event.ts_ns, recipe.zone)
    lines = [say("notice.what", id=decision.event.id, time=when, verb=answer(verb)), say("notice.program")]
    if verb in recipe.policy.adverse:
        words = topics(recipe, decision.reasons)[:MOST] or [say("notice.other")]
        lines += [say("notice.why"), *(Text(*(f"- {form}" for form in word)) for word in words)]
    guarded = [label(name, column) for name, column in recipe.columns.items() if column.protected]
    if guarded and not any("which is protected" in finding for finding in lint(recipe)):
        lines.append(say("notice.none", columns=listed(guarded)))
    return by_language([*lines, say("notice.appeal")])


def topics(recipe: Recipe, reasons: Sequence[str]) -> list[Text]:
    """Words for reason codes, in their order, each once: caps, rules and concepts with words in all scripts."""
    words = {c.code: Text(c.en, c.zh_hant, c.zh_hans) for c in recipe.concepts.values()}
    words |= {r.code: Text(r.en, r.zh_hant, r.zh_hans) for r in recipe.policy.rules if r.en and r.zh_hant and r.zh_hans}
    words |= {REASON + cap: named("offer", cap) for cap in CAPS}
    return list(dict.fromkeys(words[code] for code in reasons if code in words))


def analysis(recipe: Recipe, found: Explained) -> dict[str, str]:
    """Language -> everything: verb, score, reasons, parts by concept. For an analyst, never for the person."""
    words = {c.code: Text(c.en, c.zh_hant, c.zh_hans) for c in recipe.concepts.values()}
    decision = found.decision
    when, verb = dated(decision.event.ts_ns, recipe.zone), verb_name(recipe.desk, decision.actions[0].verb)
    lines = [say("analysis.what", id=decision.event.id, time=when, verb=verb)]
    lines.append(say("analysis.reasons", codes=" ".join(decision.reasons) or "–"))
    if recipe.risk is not None:
        return by_language([*lines, *_measured(recipe, recipe.risk.home, found)])
    lines.append(_sum(say("analysis.score"), decision.score_micro))
    lines += [_sum(_coded(code, words), part) for code, part in found.concepts.items()]
    lines.append(_sum(say("analysis.base"), found.bias_micro))
    return by_language(lines)


def _measured(recipe: Recipe, home: str, found: Explained) -> list[Text]:
    """Of a market book: each limit that was passed with its measure, and what each book gives, in the home currency."""
    reasons, books = found.decision.reasons, recipe.columns["book"].names
    lines = []
    for limit in recipe.policy.limits:
        if {f"soft:{limit.code}", f"limit:{limit.code}"} & set(reasons):
            name = Text(*(words or limit.code for words in (limit.en, limit.zh_hant, limit.zh_hans)))
            measure = _amount(found.row[limit.of] or 0, home)
            lines.append(say("analysis.limit", name=name, code=limit.code, measure=measure, currency=home))
    total = _amount(found.decision.score_micro, home)
    lines.append(_beside(total, say("analysis.shortfall", currency=home)))
    for part in found.parts:
        book = part.columns[0].removeprefix(PART)
        word = books.get(book)
        name = same(book) if word is None else Text(word.en, word.zh_hant, word.zh_hans)
        lines.append(_beside(_amount(part.part_micro, home), name))
    return lines


def _amount(minor: int, currency: str) -> Text:
    digits = MINOR_DIGITS[currency]
    return decimal(minor, 10**digits, digits)


def _beside(number: Text, name: Text) -> Text:
    return Text(*(f"  {digits:>{AMOUNT_WIDTH}}  {form}" for form, digits in zip(name, number, strict=True)))


def _coded(code: str, words: dict[str, Text]) -> Text:
    return Text(*(f"{form} [{code}]" for form in words[code])) if code in words else same(code)


def _sum(name: Text, micro: int) -> Text:
    number = decimal(micro, digits=6, sign=True)
    return Text(*(f"  {digits:>{WIDTH}}  {form}" for form, digits in zip(name, number, strict=True)))
