"""Why a payment was decided as it was, said to two people who are never told the same thing.

A customer hears what was decided, what weighed most in words about their own payment, and how to have a person look
again. `CustomerFacts` has no field for a score, a part, a rule, a list or another person, so nothing of the kind can
slip in: telling a customer that they are suspected, or that a report was made, is an offence (tipping off). Only topics
named here are ever said; a concept that speaks of the payee's dealings is passed over. An analyst is shown everything.
"""

from typing import Final

import msgspec

from waglan.desks.fraud.report import Case, ConceptPart, FeatureLine, Label
from waglan.pages.markup import Text, same
from waglan.pages.numbers import count, decimal, moment, money, share
from waglan.pages.words import named, say
from waglan.schema.units import DAY_NS, HOUR_NS, MICRO, MINUTE_NS, SECOND_NS

TOPICS: Final[dict[str, str]] = {
    "this_payment": "kind",
    "time_of_day": "time",
    "speed": "speed",
    "unusual_amount": "amount",
    "new_payee": "payee",
    "card_speed": "card",
    "device": "device",
}
"""Concept in the recipe -> what may be said of it to a customer. A concept that is not here is never spoken of."""

MOST: Final = 3
"""Topics that are named to a customer: more say less."""

LANGUAGES: Final = ("en", "zh-Hant", "zh-Hans")


class CustomerFacts(msgspec.Struct, frozen=True, kw_only=True):
    """All that a customer's explanation may be made of."""

    verb: str
    ts_ns: int
    amount_minor: int
    currency: str
    topics: tuple[str, ...]
    """Values of TOPICS, the weightiest first."""
    zone: str = "Asia/Hong_Kong"


def customer_facts(case: Case, zone: str = "Asia/Hong_Kong") -> CustomerFacts:
    """What of a case may be told: only concepts that raised the score, only those with a topic, each topic once."""
    raising = sorted((part for part in case.parts if part.part_micro > 0), key=lambda part: -part.part_micro)
    topics = dict.fromkeys(TOPICS[part.concept] for part in raising if part.concept in TOPICS)
    alert = case.alert
    return CustomerFacts(
        verb=alert.verb,
        ts_ns=alert.ts_ns,
        amount_minor=alert.amount_minor,
        currency=alert.currency,
        topics=tuple(topics)[:MOST],
        zone=zone,
    )


def explain_customer(facts: CustomerFacts) -> dict[str, str]:
    """Language -> plain sentences: what, when, why, how to ask for a person. An unknown verb reads as a review."""
    known = facts.verb if facts.verb in ("approve", "warn", "step-up", "decline") else "review"
    told = {"amount": money(facts.amount_minor, facts.currency), "time": moment(facts.ts_ns, facts.zone)}
    sentences = [say(f"customer.{known}", **told), say("customer.program")]
    if known != "approve":
        topics = [say(f"customer.topic_{topic}") for topic in facts.topics] or [say("customer.topic_other")]
        sentences.append(say("customer.why", reasons=_listed(topics)))
        sentences.append(say("customer.again"))
    sentences.append(say("customer.data"))
    return _by_language(sentences, "\n\n")


def explain_analyst(case: Case, labels: tuple[Label, ...] = (), zone: str = "Asia/Hong_Kong") -> dict[str, str]:
    """Language -> the whole case in lines: codes, parts by concept, their features, rules and lists."""
    words: dict[str, Text] = {label.code: Text(label.en, label.zh_hant, label.zh_hans) for label in labels}
    alert = case.alert
    facts: dict[str, str | Text] = {
        "id": alert.id,
        "time": moment(alert.ts_ns, zone),
        "amount": money(alert.amount_minor, alert.currency),
        "channel": named("channel", alert.channel or "–"),
        "payer": f"{alert.payer:016x}",
        "payee": "–" if case.payee is None else f"{case.payee:016x}",
    }
    outcome = {
        "verb": named("verb", alert.verb),
        "score": decimal(alert.score_micro, digits=6),
        "share": share(case.chance_micro, MICRO),
        "cut": decimal(case.cut_micro, digits=6),
        "cut_verb": named("verb", case.cut_verb),
    }
    lines = [say("analyst.what", **facts), say("analyst.outcome", **outcome)]
    lines.append(_line(say("case.baseline"), case.baseline_micro, "  "))
    for part in case.parts:
        lines += _part_lines(part, words.get(part.code, same(part.code)))
    lines.append(_line(say("case.total"), alert.score_micro, "= "))
    fired = _listed([_coded(code, words) for code in case.fired]) if case.fired else say("case.none")
    lines.append(say("analyst.fired", fired=fired))
    return _by_language(lines, "\n")


def seen(feature: FeatureLine) -> Text:
    """A feature's value as people write it, by its unit."""
    value = feature.value
    if feature.unit == "code":
        return same(feature.shown)
    if value is None:
        return say("case.none")
    if feature.unit == "money":
        return money(value, feature.currency)
    if feature.unit == "micro":
        return decimal(value, digits=3)
    return _span(value) if feature.unit == "seconds" else count(value)


def _span(seconds: int) -> Text:
    """Seconds in their two largest units: 3d 4h, 12m 5s."""
    words: list[str] = []
    rest = seconds * SECOND_NS
    for name, length in (("d", DAY_NS), ("h", HOUR_NS), ("m", MINUTE_NS), ("s", SECOND_NS)):
        number, rest = divmod(rest, length)
        if number and len(words) < 2:
            words.append(f"{number}{name}")
    return same(" ".join(words) or "0s")


def _part_lines(part: ConceptPart, name: Text) -> list[Text]:
    coded = name if name.en == part.code else Text(*(f"{form} [{part.code}]" for form in name))
    inner = (
        _line(Text(*(f"{feature.name} = {form}" for form in seen(feature))), feature.part_micro, "    ")
        for feature in part.features
    )
    return [_line(coded, part.part_micro, "  "), *inner]


def _line(name: Text, micro: int, indent: str) -> Text:
    return Text(
        *(f"{indent}{number}  {form}" for form, number in zip(name, decimal(micro, digits=6, sign=True), strict=True))
    )


def _coded(code: str, words: dict[str, Text]) -> Text:
    return Text(*(f"{form} [{code}]" for form in words[code])) if code in words else same(code)


def _listed(texts: list[Text]) -> Text:
    """One after the other, in each script's own manner."""
    forms = zip(*texts, strict=True)
    return Text(*(mark.join(form) for mark, form in zip(("; ", "；", "；"), forms, strict=True)))


def _by_language(texts: list[Text], between: str) -> dict[str, str]:
    return {language: between.join(text[i] for text in texts) for i, language in enumerate(LANGUAGES)}
