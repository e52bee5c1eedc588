"""The tables of the law: complete, dated, and the very numbers that the measures are written with."""

from datetime import date
from pathlib import Path

import pytest

from waglan.measures import attribution, liquidity_horizons, traffic_light
from waglan.measures.tail import ES_975, VAR_99
from waglan.risk import regulation as room
from waglan.risk.regulation import read_regulation, regulation
from waglan.risk.universe import HORIZONS
from waglan.schema.units import MICRO, BadValue

FILE = (Path(room.__file__).parent / "regulation.toml").read_bytes()


def test_the_measures_have_the_numbers_of_the_file() -> None:
    law = regulation()
    assert {name: table.micro for name, table in law.multipliers.items()} == traffic_light.MULTIPLIERS_MICRO
    assert {(table.days, table.tail_micro) for table in law.multipliers.values()} == {
        (traffic_light.YEAR, VAR_99.tail_micro)
    }
    assert law.zones.yellow_micro == round(traffic_light.YELLOW_FROM * MICRO)
    assert law.zones.red_micro == round(traffic_light.RED_FROM * MICRO)
    assert law.desk.most == traffic_light.DESK_MOST
    assert law.attribution.correlation_micro == attribution.CORRELATION_MICRO
    assert law.attribution.distance_micro == attribution.DISTANCE_MICRO
    assert law.level.tail_micro == ES_975.tail_micro
    assert law.horizons.days == liquidity_horizons.HORIZONS == HORIZONS
    assert law.horizons.classes == liquidity_horizons.HORIZON_OF
    least = law.reduced.least_micro
    for full in (100, 1000, 12_345):
        just = -(-full * least // MICRO)
        assert liquidity_horizons.explains(full, just)
        assert not liquidity_horizons.explains(full, just - 1)


def test_every_table_says_where_it_stands_and_since_when() -> None:
    tables = regulation().tables()
    assert len(tables) == 11
    for name, table in tables.items():
        assert table.source, name
        assert date(1996, 1, 1) <= date.fromisoformat(table.since) <= date(2026, 12, 31), name
        assert table.read_in, name
    assert {name for name, table in tables.items() if table.verified} == {"desk", "attribution", "level"}
    assert tables["rules.MR-1-V2"].since == "2026-01-01"


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (b"1700000, 1760000", b"1760000, 1700000", "multipliers.MAR32: multipliers rise"),
        (b"days = [10, 20, 40, 60, 120]", b"days = [20, 10]", "horizons: days rise strictly from the base of 10"),
        (b'"FX volatility" = 40', b'"FX volatility" = 45', "'FX volatility' has one of"),
        (b"red_micro = 999900", b"red_micro = 9", "yellow comes before red"),
        (b'since = "2023-01-01"', b'since = "soon"', "soon"),
        (b"[reduced]", b"[reduces]", "reduces"),
        (b'read_in = "transcript of MAR32"', b'read_in = ""', "attribution: a table has a source"),
        (b"[zones]", b"[zones", "regulation: "),
    ],
)
def test_a_file_that_cannot_be_is_refused(before: bytes, after: bytes, message: str) -> None:
    assert before in FILE
    with pytest.raises(BadValue, match=message):
        read_regulation(FILE.replace(before, after, 1))
