"""The universe as a file: its form, its digest, and what is refused in it."""

import msgspec
import pytest

from tests.risk.trading import FACTORS, INSTRUMENTS, UNIVERSE, recipe
from waglan.pricing import Equity
from waglan.risk.columns import names, risk_columns
from waglan.risk.universe import RiskFactor, Universe, checked_universe, quotes_of, read_universe, universe_bytes
from waglan.schema.risk import DAY, MEASURES
from waglan.schema.units import BadValue


def test_bytes_come_back_and_are_the_same_however_it_was_made() -> None:
    data = universe_bytes(UNIVERSE)
    again = read_universe(data)
    assert again == UNIVERSE
    assert universe_bytes(again) == data
    turned = msgspec.structs.replace(UNIVERSE, issuers={"TECH US": "one", "BANK": "two"})
    other = msgspec.structs.replace(UNIVERSE, issuers={"BANK": "two", "TECH US": "one"})
    assert turned.digest == other.digest != UNIVERSE.digest


def test_every_quote_that_is_named_is_known() -> None:
    assert quotes_of(INSTRUMENTS[5]) == {"BANK", "BANK vol", "HKD 3m"}
    assert quotes_of(INSTRUMENTS[2]) == set()
    assert UNIVERSE.quotes == ("BANK", "BANK vol", "ES M", "HKD 3m", "HSI M", "TECH US", "USD 3m", "USD/HKD")
    assert UNIVERSE.factors[0].series == "BANK"
    assert [factor.how for factor in UNIVERSE.moving()][:2] == ["share", "amount"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"instruments": ()}, "there are no instruments"),
        ({"instruments": (*INSTRUMENTS, INSTRUMENTS[0])}, "instrument 'BANK' comes twice"),
        ({"instruments": (Equity("X", "X", "XYZ"),)}, "X: unknown currency 'XYZ'"),
        ({"issuers": {"nobody": "one"}}, "issuers: there is no instrument 'nobody'"),
        ({"issuers": {"BANK C60": "one"}}, "'BANK C60' is a contract"),
        ({"factors": ()}, "1 to 4096 factors, were 0"),
        ({"factors": (*FACTORS, FACTORS[0])}, "factor 'BANK' comes twice"),
        ({"factors": (*FACTORS, RiskFactor("again", "share", ("BANK",), "equity"))}, "quote in factors 'BANK' comes"),
        ({"factors": (RiskFactor("none", "share", (), "equity"),)}, "at least one quote"),
        ({"factors": (RiskFactor("BANK", "share", ("BANK",), "equity", 15),)}, "horizon is one of .* it was 15"),
        ({"scale": 0}, "scale lies between 1 and 1000000, it was 0"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, object], told: str) -> None:
    with pytest.raises(BadValue, match=f"model.json: .*{told}"):
        checked_universe(msgspec.structs.replace(UNIVERSE, **change), "model.json")


def test_a_file_that_is_none_is_refused() -> None:
    with pytest.raises(BadValue, match=r"model.json: .*unknown field `colour`"):
        read_universe(universe_bytes(UNIVERSE).replace(b'"scale"', b'"colour"'), "model.json")
    with pytest.raises(BadValue, match="universe: Input data was truncated"):
        read_universe(b"{")
    with pytest.raises(BadValue, match="Invalid enum value 'weather'"):
        read_universe(universe_bytes(UNIVERSE).replace(b'"kind":"fx"', b'"kind":"weather"'))


def test_columns_of_a_row_stand_in_their_order() -> None:
    found = risk_columns(recipe())
    assert found[: len(MEASURES)] == MEASURES
    assert found[len(MEASURES)] == "rises"
    assert found[len(MEASURES) + 1 :][: len(DAY)] == DAY
    assert found[-5:] == (
        "waived_es_total",
        "waived_es_book",
        "waived_name_25",
        "es_part_equities",
        "es_part_currencies",
    )
    assert names(recipe(), "trader") == ("ann", "bob", "cai")
    with pytest.raises(BadValue, match="declares the categories of 'desk'"):
        names(recipe(), "desk")


def test_an_empty_universe_has_no_quotes() -> None:
    assert Universe((), ()).quotes == ()
