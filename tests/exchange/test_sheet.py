"""The rules in words, and that the reference page says what the files say."""

from pathlib import Path

import pytest

from waglan.exchange import venue
from waglan.exchange.sheet import places, rules, weather
from waglan.exchange.venue import SHIPPED

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "venue.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SHIPPED)
def test_the_page_holds_every_row(name: str) -> None:
    assert rules(venue(name)) in PAGE


def test_the_page_holds_every_day_that_the_weather_changed() -> None:
    assert weather(venue("hongkong")) in PAGE


@pytest.mark.parametrize(
    ("number", "digits", "text"),
    [(10, 3, "0.01"), (250, 3, "0.25"), (9_995_000, 3, "9,995"), (150, 6, "0.00015"), (100_000, 6, "0.1"), (7, 0, "7")],
)
def test_places(number: int, digits: int, text: str) -> None:
    assert places(number, digits) == text


def test_some_words() -> None:
    text = rules(venue("hongkong"))
    assert "| fee stamp-duty | 2023-11-17 |  | 0.1%, rounded up to 100, per contract | yes |" in text
    assert (
        "| fee settlement-fee | 2018-01-01 | 2025-06-30 | 0.002%, at least 200, at most 10,000, per trade | yes |"
        in text
    )
    assert "16:01-16:06 closing-input within 5% of reference" in text
    assert "16:08-16:10 closing-match, ends at random" in text
    assert "| fee taker-fee | 2019-09-08 |  | 0.05%, per trade, taker | no |" in rules(venue("crypto"))
