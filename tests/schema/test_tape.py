"""Bars as they come in: what is refused, with its row and value, and what a digest covers."""

from typing import Any

import numpy as np
import pytest

from waglan.schema.tape import Bars, Instrument, bars, checked
from waglan.schema.units import NULL, BadValue

STOCK = Instrument("0005.HK", "HKD", "XHKG", price_digits=3, lot=400)
COIN = Instrument("BTCUSD", "USD", "TEST", price_digits=2, quantity_digits=8)
GOOD: dict[str, Any] = {
    "ts_ns": [1, 2, 2], "open": [10, 11, 12], "high": [11, 12, 13], "low": [9, 10, 11], "close": [10, 12, 12],
    "volume": [5, 0, 7],
}  # fmt: skip


def made(**changes: Any) -> Bars:
    return bars([STOCK, COIN], **{**GOOD, **changes})


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"ts_ns": [1, 3, 2]}, "row 2: time goes back, from 3 to 2"),
        ({"low": [9, 0, 11]}, "row 1: a price lies above zero"),
        ({"low": [9, -3, 11]}, "row 1: a price lies above zero"),
        ({"close": [10, 13, 12]}, "row 1: open and close lie between low and high"),
        ({"open": [8, 11, 12]}, "row 0: open and close"),
        ({"volume": [5, -1, 7]}, "row 1: a volume"),
        ({"instrument": [0, 2, 1]}, "row 1: unknown instrument; it was start_ns 2, instrument 2"),
        ({"open": [10.5, 11, 12]}, "column open is float64"),
        ({"open": [10, 11]}, "column open has shape"),
        ({"high": [11, 1 << 42, 13]}, "row 1: a price"),
    ],
)
def test_what_cannot_be_is_refused_with_its_row(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(BadValue, match=says):
        made(**changes)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (Instrument("a", "XXX", "T"), "unknown currency 'XXX'"),
        (Instrument("a", "HKD", "T", price_digits=13), "price_digits lie"),
        (Instrument("a", "HKD", "T", quantity_digits=-1), "quantity_digits lie"),
        (Instrument("a", "HKD", "T", lot=0), "a lot lies"),
    ],
)
def test_an_instrument_that_cannot_be(bad: Instrument, says: str) -> None:
    with pytest.raises(BadValue, match=says):
        checked(bad)


def test_worth_is_minor_units_of_a_quantum_times_a_quantum() -> None:
    assert STOCK.worth == (1, 10)
    assert COIN.worth == (1, 10**8)
    assert Instrument("x", "HKD", "T", price_digits=0).worth == (100, 1)
    assert checked(Instrument("x", "USDT", "T", price_digits=2, cash_digits=6)).worth == (10**4, 1)


def test_columns_are_frozen_copies() -> None:
    source = np.array(GOOD["open"])
    found = made(open=source)
    source[0] = 99
    assert found.open.tolist() == GOOD["open"]
    with pytest.raises(ValueError, match="read-only"):
        found.open[0] = 1


def test_the_digest_covers_every_column_and_the_instruments() -> None:
    first = made()
    assert made().digest == first.digest
    assert len(first) == 3
    others = [
        made(volume=[5, 0, 8]), made(instrument=[0, 1, 0]), made(ts_ns=[1, 2, 3]), made(high=[11, 12, 14]),
        bars([COIN, STOCK], **GOOD),
    ]  # fmt: skip
    assert len({x.digest for x in (first, *others)}) == 6


def test_no_bars_at_all() -> None:
    assert len(bars([STOCK], *([[]] * 6))) == 0


def test_an_instrument_comes_once() -> None:
    with pytest.raises(BadValue, match="comes twice"):
        bars([STOCK, STOCK], **GOOD)


def test_a_bar_opened_when_the_one_before_it_of_its_instrument_ended() -> None:
    assert made().start_ns.tolist() == [NULL, 1, 2]
    assert made(instrument=[0, 1, 0]).start_ns.tolist() == [NULL, NULL, 1]
    assert made(start_ns=[0, 1, 2]).start_ns.tolist() == [0, 1, 2]
    with pytest.raises(BadValue, match="row 1: a bar opens at 0 and ends at 2; the one before it"):
        made(start_ns=[0, 0, 2])
    with pytest.raises(BadValue, match="row 2: a bar opens at 3 and ends at 2"):
        made(start_ns=[0, 1, 3])
