"""Whole numbers in words, in three scripts."""

import pytest

from waglan.pages import numbers
from waglan.pages.markup import Text

HK = "Asia/Hong_Kong"
TS = 1_773_493_509_000_000_000
"""2026-03-14 13:05:09 UTC."""


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (numbers.money(123_456_780, "HKD"), ("HK$1,234,567.80",) * 3),
        (numbers.money(-5, "HKD"), ("\u2212HK$0.05",) * 3),
        (numbers.money(1_200, "JPY"), ("JP¥1,200", "¥1,200", "JP¥1,200")),
        (numbers.money_round(250, "HKD"), ("HK$2",) * 3),
        (numbers.money_round(350, "HKD"), ("HK$4",) * 3),
        (numbers.money_brief(1_337_935_840, "HKD"), ("HK$13.4M", "1,337.9 萬港元", "1,337.9 万港元")),
        (numbers.money_brief(-20_000_000, "HKD"), ("\u2212HK$200K", "\u221220 萬港元", "\u221220 万港元")),
        (numbers.money_brief(99_900, "HKD"), ("HK$999",) * 3),
        (numbers.money_brief(123_456_789_000, "CNY"), ("CN¥1.2B", "12.3 億元人民幣", "12.3 亿元人民币")),
        (numbers.count(1_234_567), ("1,234,567",) * 3),
        (numbers.decimal(-2_100_000), ("\u22122.10",) * 3),
        (numbers.decimal(2_100_000, sign=True, digits=3), ("+2.100",) * 3),
        (numbers.decimal(0, sign=True), ("0.00",) * 3),
        (numbers.decimal(25, 10, 0), ("2",) * 3),
        (numbers.quotient(442, 170), ("2.6",) * 3),
        (numbers.quotient(1, 0), ("–",) * 3),
        (numbers.share(1, 3), ("33.3%",) * 3),
        (numbers.share(0, 0), ("–",) * 3),
        (numbers.day(TS, HK), ("14 Mar 2026", "2026年3月14日", "2026年3月14日")),
        (numbers.day_brief(TS, HK), ("14 Mar", "3月14日", "3月14日")),
        (numbers.moment(TS, HK), ("14 Mar, 21:05:09", "3月14日 21:05:09", "3月14日 21:05:09")),
        (numbers.size(999), ("999 B",) * 3),
        (numbers.size(307_200), ("307.2 KB",) * 3),
        (numbers.size(2_500_000_000), ("2.5 GB",) * 3),
    ],
)  # fmt: skip
def test_table(found: Text, expected: tuple[str, str, str]) -> None:
    assert found == expected


def test_a_token_is_shown_by_its_first_eight_digits() -> None:
    assert numbers.token(0x6D388A24_00000001) == "6d38·8a24"
    assert numbers.token(1) == "0000·0000"


def test_symbol() -> None:
    assert numbers.symbol("HKD") == "HK$"
