"""Short sales: the floor of each phase and date, and every reason to refuse one."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waglan.exchange import short_code, venue
from waglan.exchange.shorting import CODES, floor_kind
from waglan.schema.units import NULL, BadValue

HONGKONG = venue("hongkong")
DAY = date(2026, 1, 5)
PRICE = 10_000


@pytest.mark.parametrize(
    ("day", "phase", "kind"),
    [
        ("2018-01-02", "continuous", "best-ask"),
        ("2026-01-05", "continuous", "best-ask"),
        ("2020-10-16", "opening-input", "reference"),
        ("2020-10-19", "opening-input", "reference"),
        ("2018-01-02", "closing-input", "reference"),
        ("2026-01-05", "closing-no-cancel", "reference"),
        ("2026-01-05", "lunch", None),
        ("2026-01-05", "blocked", None),
    ],
)
def test_what_a_short_sale_is_held_to(day: str, phase: str, kind: str | None) -> None:
    assert floor_kind(HONGKONG, date.fromisoformat(day), phase) == kind


@pytest.mark.parametrize(
    ("phase", "price", "ask", "reference", "designated", "covered", "code"),
    [
        ("continuous", PRICE, PRICE, NULL, True, True, ""),
        ("continuous", PRICE + 10, PRICE, NULL, True, True, ""),
        ("continuous", PRICE - 10, PRICE, NULL, True, True, "short-floor"),
        ("continuous", PRICE - 10, PRICE, PRICE - 20, True, True, "short-floor"),
        ("continuous", PRICE, NULL, PRICE, True, True, "short-unpriced"),
        ("continuous", NULL, PRICE, PRICE, True, True, "short-unpriced"),
        ("continuous", PRICE, PRICE, PRICE, False, True, "short-undesignated"),
        ("continuous", PRICE, PRICE, PRICE, True, False, "short-uncovered"),
        ("closing-input", PRICE, PRICE + 50, PRICE, True, True, ""),
        ("closing-input", PRICE - 10, NULL, PRICE, True, True, "short-floor"),
        ("closing-input", PRICE, PRICE, NULL, True, True, "short-unpriced"),
        ("lunch", PRICE, PRICE, PRICE, True, True, "short-phase"),
    ],
)
def test_each_reason(
    phase: str, price: int, ask: int, reference: int, designated: bool, covered: bool, code: str
) -> None:
    found = short_code(
        HONGKONG, DAY, phase, price, best_ask=ask, reference=reference, designated=designated, covered=covered
    )
    assert found == code
    assert found in CODES


@given(st.integers(1, 10**7), st.integers(1, 10**7))
def test_never_below_the_best_ask(price: int, ask: int) -> None:
    assert (short_code(HONGKONG, DAY, "continuous", price, best_ask=ask) == "") is (price >= ask)


@pytest.mark.parametrize("name", ["fx", "crypto", "frictionless"])
def test_where_a_sale_needs_nothing_borrowed(name: str) -> None:
    assert short_code(venue(name), DAY, "continuous", NULL, designated=False, covered=False) == ""


def test_a_price_of_nothing() -> None:
    with pytest.raises(BadValue, match="at least 1 quantum; it was 0"):
        short_code(HONGKONG, DAY, "continuous", 0, best_ask=PRICE)
    with pytest.raises(BadValue, match="known from 2018-01-01"):
        short_code(HONGKONG, date(2017, 1, 3), "continuous", 1, best_ask=PRICE)
