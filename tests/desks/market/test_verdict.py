"""What is said of a model first: a green total hides no red year; only what stands every test is praised."""

from typing import Final

import pytest
from msgspec.structs import replace

from tests.desks.market.example import example
from waglan.desks.market.report import render
from waglan.desks.market.verdict import standings, verdict
from waglan.govern.backtest import Attributed, Lit, ModelTest
from waglan.pages.words import CATALOGUE
from waglan.schema.units import MICRO

REPORT: Final = example(days=600, number=400)
PRAISE: Final = CATALOGUE["market.m_stands"]


def model() -> ModelTest:
    """One that stands everything: no p below a half, green throughout."""
    assert REPORT.backtest is not None
    first = REPORT.backtest.models[0]
    likely = replace(first.kupiec, p_micro=MICRO // 2, p_exact_micro=MICRO // 2)
    assert first.shortfall is not None
    z = replace(first.shortfall.z1, p_micro=MICRO // 2)
    shortfall = replace(first.shortfall, z1=z, z2=z, z3=z)
    lit = lit_of("green", 3)
    attributed = Attributed(from_ns=0, to_ns=0, days=250, correlation_micro=MICRO, distance_micro=0, zone="green")
    return replace(
        first, kupiec=likely, independence=likely, coverage=likely, whole=lit, year=lit, worst=lit, decade=None,
        shortfall=shortfall, attribution=attributed,
    )  # fmt: skip


def lit_of(zone: str, exceptions: int) -> Lit:
    day = 86_400 * 10**9
    return Lit(from_ns=13_542 * day, to_ns=13_899 * day, days=250, exceptions=exceptions, cumulative_micro=0, zone=zone,
               multiplier_micro=None)  # fmt: skip


def test_a_model_that_stands_everything_is_told_so() -> None:
    told = verdict(model(), 250, "Asia/Hong_Kong")
    assert all(form.endswith(praise) for form, praise in zip(told, PRAISE, strict=True))


@pytest.mark.parametrize("zone", ["yellow", "red"])
def test_a_worst_window_that_was_not_green_is_named_with_its_days(zone: str) -> None:
    told = verdict(replace(model(), worst=lit_of(zone, 12)), 250, "Asia/Hong_Kong")
    assert told.en.endswith(f"The worst 250 days, 29 Jan 2007 to 21 Jan 2008, were {zone}, with 12 exceptions.")
    assert {"yellow": "黃區", "red": "紅區"}[zone] in told.zh_hant
    assert {"yellow": "黄区", "red": "红区"}[zone] in told.zh_hans
    assert PRAISE.en not in told.en


@pytest.mark.parametrize(("p_micro", "begins"), [(49_999, "Doubtful: "), (9_999, "It fails at: ")])
@pytest.mark.parametrize("name", ["kupiec", "independence", "coverage", "z1", "z2", "z3"])
def test_each_test_that_it_does_not_stand_is_named(name: str, p_micro: int, begins: str) -> None:
    stands = model()
    assert stands.shortfall is not None
    if name[0] == "z":
        one = replace(stands.shortfall.z1, p_micro=p_micro)
        failed = replace(stands, shortfall=replace(stands.shortfall, **{name: one}))
    else:
        failed = replace(stands, **{name: replace(stands.kupiec, p_exact_micro=p_micro)})
    told = verdict(failed, 250, "Asia/Hong_Kong")
    assert told.en.endswith(f"{begins}{CATALOGUE[f'market.d_{name}'].en}.")
    assert [key for key, said in standings(failed) if said != "stands"] == [name]
    assert PRAISE.en not in told.en


def test_what_was_not_tested_is_not_praised() -> None:
    short = verdict(replace(model(), worst=None), 250, "Asia/Hong_Kong")
    assert short.en.endswith("There are fewer than 250 days: little can speak for or against the model yet.")
    for missing in ({"shortfall": None}, {"attribution": None}, {"worst": None}):
        assert PRAISE.en not in verdict(replace(model(), **missing), 250, "Asia/Hong_Kong").en


def test_attribution_that_is_not_green_is_told() -> None:
    for zone in ("amber", "red"):
        attributed = model().attribution
        assert attributed is not None
        told = verdict(replace(model(), attribution=replace(attributed, zone=zone)), 250, "Asia/Hong_Kong")
        assert told.en.endswith(CATALOGUE[f"market.m_attribution_{zone}"].en)


def test_the_page_begins_its_section_with_it() -> None:
    assert REPORT.backtest is not None
    first = REPORT.backtest.models[0]
    told = verdict(first, REPORT.backtest.window, REPORT.zone)
    assert 'class="said-first"' in render(REPORT)
    assert told.en.split(" (")[0].replace("&", "&amp;") in render(REPORT)
