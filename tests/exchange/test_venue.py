"""A venue's file: every row with a source, one row at a time, and what a person's own file is refused for."""

import subprocess
import sys
from datetime import date, timedelta
from importlib.resources import files

import pytest

from waglan.exchange import read_venue, schedule, ticks, venue
from waglan.exchange.rows import on
from waglan.exchange.venue import SHIPPED
from waglan.schema.units import BadValue

PLAIN = files("waglan.exchange").joinpath("frictionless.toml").read_text(encoding="utf-8")
LAST = date(2027, 12, 31)


@pytest.mark.parametrize("name", SHIPPED)
def test_each_row_has_a_source_and_something_is_in_force_every_month(name: str) -> None:
    found = venue(name)
    assert found.name == name
    assert all(row.source for _, row in found.rows())
    assert all(closure.source for closure in found.closures)
    assert {row.day for row in found.hours} >= {"full"}
    for n in range(0, (LAST - found.begin).days, 28):
        day = found.begin + timedelta(n)
        assert schedule(found, day).fees
        assert ticks(found, day).least > 0
        for kind in {row.day for row in found.hours}:
            phases = on([row for row in found.hours if row.day == kind], day, "hours").phases
            assert any(phase.match == "continuous" for phase in phases)
        for what, rows in (("lots", found.lots), ("settlement", found.settlement), ("holidays", found.holidays)):
            assert on(rows, day, what)


@pytest.mark.parametrize("name", ["fx", "crypto", "frictionless"])
def test_what_is_assumed_says_so(name: str) -> None:
    found = venue(name)
    assert all("assumed" in fee.source and not fee.verified for fee in found.fees)


def test_what_a_result_must_print() -> None:
    found = venue("hongkong").unverified(date(2025, 1, 1), date(2025, 12, 31))
    assert [line.split(":")[0] for line in found] == ["holidays", "lots", "later", "later"]
    assert "phase 2" in " ".join(venue("hongkong").unverified(date(2026, 1, 1), date(2026, 12, 31)))
    weather = venue("hongkong").unverified(date(2022, 11, 2), date(2022, 11, 2))
    assert any(line.startswith("2022-11-02: Bloomberg, 2022-11-02") for line in weather)
    assert len(venue("frictionless").unverified(date(2025, 1, 1), date(2025, 1, 1))) == 7


def test_minor_units() -> None:
    assert [venue("hongkong").minor_digits(c) for c in ("HKD", "CNY", "USD")] == [2, 2, 2]
    assert venue("crypto").minor_digits("USDT") == 6
    assert venue("fx").minor_digits("JPY") == 0
    with pytest.raises(BadValue, match="hongkong trades in HKD CNY USD, not in EUR"):
        venue("hongkong").minor_digits("EUR")
    with pytest.raises(BadValue, match="decimals has XXX"):
        venue("fx").minor_digits("XXX")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[[fees]]", "[[later]]\nwhat = 'x'", "states no fee from 1970-01-01: a venue without a fee model is refused"),
        ("[[fees]]\nfrom = 1970-01-01", "[[fees]]\nfrom = 1980-01-01", "states no fee from 1970-01-01"),
        ('name = "none"', 'name = "none"\nrate_e8 = -1', "rate_e8 lies between 0 and 2000000, was -1"),
        ('name = "none"', 'name = "none"\nrate_e8 = 0.5', "Expected `int`, got `float`"),
        ('name = "none"', 'name = "none"\nfixed_minor = -1', "amounts are at least 0"),
        ('name = "none"', 'name = "none"\nminimum_minor = 2\nmaximum_minor = 1', "maximum 1 below minimum 2"),
        ('name = "none"', 'name = "none"\nsurprise = 1', "unknown field `surprise`"),
        ("days = 0", "", "missing required field `days`"),
        ("verified = false", "", "missing required field `verified`"),
        ("[[lots]]\nfrom = 1970-01-01", "[[lots]]\nfrom = 1980-01-01", "no lots is stated for 1970-01-01"),
        ("days = 0", "days = 0\nuntil = 1970-01-01", "a row from 1970-01-01 until 1970-01-01 holds on no day"),
        ("[[fees]]", "[[fees]", "a venue cannot be read"),
    ],
)
def test_files_that_are_refused(old: str, new: str, message: str) -> None:
    assert old in PLAIN
    with pytest.raises(BadValue, match=message):
        read_venue(PLAIN.replace(old, new, 1))


def test_rows_that_overlap_are_refused() -> None:
    twice = PLAIN + '\n[[fees]]\nfrom = 1980-01-01\nname = "none"\nsource = ""\nverified = true\n'
    with pytest.raises(
        BadValue, match="fee none: the row from 1970-01-01 still holds when the next begins on 1980-01-01"
    ):
        read_venue(twice)


def test_a_digest_stands_for_every_rule() -> None:
    read = read_venue(PLAIN)
    assert read.digest == venue("frictionless").digest == read_venue("# a comment\n" + PLAIN).digest
    assert len({venue(name).digest for name in SHIPPED}) == len(SHIPPED)
    for old, new in (
        ("days = 0", "days = 1"),
        ("verified = false", "verified = true"),
        ('odd = "together"', 'odd = "separate"'),
    ):
        assert read_venue(PLAIN.replace(old, new, 1)).digest != read.digest


def test_the_calendar_library_is_loaded_when_days_are_asked_for() -> None:
    asked = "import sys, waglan.exchange as e; e.venue('hongkong')"
    loaded = f"{asked}; print(*(name in sys.modules for name in ('pandas', 'exchange_calendars')))"
    done = subprocess.run([sys.executable, "-c", loaded], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "False"]


def test_no_such_venue() -> None:
    with pytest.raises(BadValue, match="no venue 'moon'; there are hongkong"):
        venue("moon")
