"""Figures of a market report in words and digits, in three scripts: amounts without their sign, names, chances.

A table says its currency once, above; its cells hold digits alone, so that they line up.
"""

from collections.abc import Sequence
from typing import Final

from waglan.desks.market.report import Convention, MarketReport
from waglan.govern.backtest import ModelTest
from waglan.pages.losses import Unit, unit_of
from waglan.pages.markup import Markup, Text, same, tag
from waglan.pages.numbers import count, decimal, money_brief, share
from waglan.pages.words import CATALOGUE, named, say
from waglan.schema.units import MICRO, MINOR_DIGITS

DASH: Final = same("–")
STANDS_MICRO: Final = 50_000
REJECTED_MICRO: Final = 10_000
"""At or above the first a p lets a model stand, below the second it does not."""


def minor_digits(currency: str) -> int:
    """Digits after the point of a currency's minor unit."""
    return MINOR_DIGITS.get(currency, 2)


def amount(minor: int | None, currency: str, places: int = 0, sign: bool = False) -> Text:
    """An amount in digits alone: whole units, or with `places` minor ones; a dash for None."""
    return DASH if minor is None else decimal(minor, int(10 ** minor_digits(currency)), places, sign=sign)


def cents(minor: int | None, currency: str, sign: bool = False) -> Text:
    """An amount to its last minor unit, in digits alone."""
    return amount(minor, currency, minor_digits(currency), sign)


def brief(minor: int, currency: str) -> Text:
    """An amount for a sentence, with its currency."""
    return money_brief(minor, currency)


def sign_of(currency: str) -> Text:
    """What a currency is called in a heading; its code where the catalogue has none."""
    return CATALOGUE.get(f"market.sign_{currency}", same(currency))


def in_currency(currency: str) -> Text:
    """What heads a table of amounts."""
    return say("market.in_currency", currency=sign_of(currency))


def axis_unit(largest_minor: int, currency: str) -> Unit:
    """What an axis up to so much is counted in."""
    return unit_of(largest_minor, minor_digits(currency), sign_of(currency))


def level(tail_micro: int) -> Text:
    """99% of a tail of 10,000 millionths; 97.5% of 25,000."""
    return percent(MICRO - tail_micro)


def percent(micro: int) -> Text:
    """A share in per cent with as many decimals as it has, two at most."""
    places = 0 if micro % 10_000 == 0 else 1 if micro % 1_000 == 0 else 2
    return share(micro, MICRO, places)


def ratio(numerator: int, denominator: int, places: int = 2) -> Text:
    """numerator / denominator; a dash where there is nothing to divide by."""
    return decimal(numerator, denominator, places) if denominator > 0 else DASH


def chance(p_micro: int | None) -> Text:
    """A p with three decimals; the smallest are said as less than a thousandth."""
    if p_micro is None:
        return DASH
    return same("<0.001") if p_micro < 1_000 else decimal(p_micro, MICRO, 3)


def standing(p_micro: int | None) -> str | None:
    """stands, doubtful or rejected, as its p says; None without one."""
    if p_micro is None:
        return None
    return "stands" if p_micro >= STANDS_MICRO else "doubtful" if p_micro >= REJECTED_MICRO else "rejected"


def chip(words: Text, class_: str) -> Markup:
    """A word in a frame of its colour."""
    return tag("span", words, class_=f"chip-word {class_}")


def words_of(report: MarketReport, code: str) -> Text:
    """The recipe's words of a code, as they begin a line; without any it stands for itself."""
    for label in report.labels:
        if label.code == code:
            return Text(label.en[:1].upper() + label.en[1:], label.zh_hant, label.zh_hans)
    return same(code)


def scope_name(report: MarketReport, by: str, key: str) -> Text:
    """All books, or the name of one."""
    return say("market.total") if by == "total" else words_of(report, key)


def model_name(model: ModelTest) -> Text:
    """A model by its method, as a sentence begins."""
    method = named("market", f"method_{model.method}")
    if method.en.startswith("method_"):
        return same(model.name)
    return Text(method.en[:1].upper() + method.en[1:], method.zh_hant, method.zh_hans)


def reason_words(report: MarketReport, reason: str) -> Text:
    """A reason of a decision: limits by their words, others as the catalogue or the recipe has them."""
    kind, _, code = reason.partition(":")
    if code and kind in ("limit", "soft"):
        limit = words_of(report, code)
        lower = Text(limit.en[:1].lower() + limit.en[1:] if limit.en[1:2].islower() else limit.en, *limit[1:])
        return say("market.limit_reason", limit=lower) if kind == "limit" else say("market.soft_reason", limit=lower)
    return CATALOGUE.get(f"market.{reason}") or words_of(report, reason)


def listed(texts: Sequence[Text]) -> Text:
    """Several in one line, as each script separates them."""
    return Text(*(mark.join(forms) for mark, forms in zip(("; ", "；", "；"), zip(*texts, strict=True), strict=True)))


def mean_of(report: MarketReport) -> bool:
    """Whether ES is a mean over scenarios; a law's is not."""
    return report.convention.shortfall in ("exact", "mean")


def rank(tail_micro: int, scenarios: int) -> Text:
    """Which of the scenarios, from the worst, is the quantile."""
    return count(-(-scenarios * tail_micro // MICRO))


def ordinal(tail_micro: int, scenarios: int) -> Text:
    """`rank` as a sentence names it: 10th, 第 10."""
    number = -(-scenarios * tail_micro // MICRO)
    last = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    plain = count(number)
    return Text(f"{plain.en}{last}", plain.zh_hant, plain.zh_hans)


def method_words(convention: Convention) -> Text:
    """What makes the scenarios, in two words."""
    return named("market", f"method_{convention.method}")
