"""The market desk's report: page, JSON and terminal from one made-up record whose backtest is truly counted."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.inspect import (
    BytesType,
    DictType,
    IntType,
    NoneType,
    StructType,
    TupleType,
    Type,
    UnionType,
    VarTupleType,
    type_info,
)
from msgspec.structs import replace
from rich.console import Console

from tests.desks.market.example import ES, METHODS, example
from tests.pages.test_markup import parse
from waglan.desks.market.limits import parted
from waglan.desks.market.page import bins_of
from waglan.desks.market.report import MarketReport, check, render, summary, to_json, views, write_report
from waglan.desks.market.sources import SHOWN, chosen, summed
from waglan.pages.words import CATALOGUE

REPORT = example(days=600, number=400)
PAGE = render(REPORT)
NASTY = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&"
BARE = replace(
    REPORT, contributions=None, backtest=None, stresses=(), reverse=(), limits=(), breaches=(), counted=(), stopped=(),
    proof=None, liquid=None, law=None, closed=None, labels=(), scopes=REPORT.scopes[:1],
    scenarios=tuple(replace(s, greeks_minor=None) for s in REPORT.scenarios[:1]),
)  # fmt: skip


def terminal(report: MarketReport) -> str:
    console = Console(width=140, record=True, force_terminal=False, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(summary(report))
    console.file.close()
    return console.export_text()


def poisoned(value: Any, name: str = "") -> Any:
    """The same record with NASTY wherever a text is free."""
    if isinstance(value, msgspec.Struct):
        return type(value)(**{name: poisoned(getattr(value, name), name) for name in value.__struct_fields__})
    if isinstance(value, tuple):
        return tuple(poisoned(inner, name) for inner in value)
    return NASTY if isinstance(value, str) and name in FREE else value


FREE = {"name", "recipe", "label", "note", "en", "zh_hant", "zh_hans", "source", "assumed", "factor", "lines", "book",
        "trader", "instrument", "reasons", "acknowledged_by", "maker", "checker", "scope"}  # fmt: skip


def test_the_page_is_small_and_the_same_twice() -> None:
    full = example()
    page = render(full)
    assert page == render(full)
    assert len(page.encode()) < 700_000


def test_no_text_becomes_markup() -> None:
    seen = parse(render(poisoned(REPORT)))
    assert "alert(1)" in seen.text
    assert sum(name == "script" for name, _ in seen.tags) == 2
    assert not [name for name, _ in seen.tags if name == "img"]
    assert not [attributes for _, attributes in seen.tags if any(name.startswith("on") for name, _ in attributes)]


def test_ids_are_unique_and_labels_and_views_point_to_them() -> None:
    ids = re.findall(r' id="([^"]+)"', PAGE)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'aria-labelledby="([^"]+)"', PAGE)) <= set(ids)
    assert set(re.findall(r'href="#([^"]+)"', PAGE)) <= set(ids)
    assert re.findall(r'data-view="([^"]+)"', PAGE) == re.findall(r'data-panel="([^"]+)"', PAGE)


def test_what_can_be_lost_is_on_the_page_in_three_scripts() -> None:
    assert "HK$15.1M on average" in PAGE
    assert "平均虧損 1,512.3 萬港元" in PAGE
    assert "平均损失 1,512.3 万港元" in PAGE
    assert CATALOGUE["market.told_exact"].en.format(level="97.5%", tail="2.5%") in PAGE


def test_every_waterfall_ends_in_the_total_to_the_cent() -> None:
    assert PAGE.count("15,123,456.78") == len(views(REPORT.contributions)) == 5
    for _, parts in views(REPORT.contributions):
        shown, others, cross = chosen(parts)
        assert sum(part.es_minor for part in (*shown, *others, *cross)) == ES
        assert not others or (len(shown) == SHOWN and summed(others).es_minor == sum(p.es_minor for p in others))
        assert not others or max(abs(p.es_minor) for p in others) <= min(abs(p.es_minor) for p in shown)


def test_bins_hold_every_scenario_once() -> None:
    bins = bins_of(REPORT.scenarios, "HKD")
    assert sum(b.scenarios for b in bins) == len(REPORT.scenarios)
    assert sum(b.tail for b in bins) == sum(s.tail for s in REPORT.scenarios)
    for s in REPORT.scenarios:
        assert sum(b.low <= s.pnl_minor < b.high for b in bins) == 1


def test_each_model_has_its_chart_and_its_column() -> None:
    assert REPORT.backtest is not None
    for i, m in enumerate(REPORT.backtest.models):
        assert f'data-panel="m{i}"' in PAGE
        assert f"{m.exceptions} in 600 days" in PAGE
    hits = sum(m.exceptions for m in REPORT.backtest.models)
    assert len(re.findall(r'class="exception"', PAGE)) == hits


def test_words_for_whatever_may_be_said() -> None:
    for method in METHODS:
        assert f"market.method_{method}" in CATALOGUE
        assert f"market.told_{method}" in CATALOGUE
    for state in ("raised", "acknowledged", "waived", "cured", "overdue"):
        assert CATALOGUE[f"breach.state_{state}"].en in PAGE


def test_breaches_that_people_acted_on_come_before_those_over_by_themselves() -> None:
    acted, passing = parted(REPORT.breaches)
    assert [b.state for b in acted] == ["overdue", "raised", "acknowledged", "waived", "cured"]
    assert [b.id for b in passing] == ["F6"]
    assert PAGE.count('<article class="breach">') == 5


def test_json_has_every_number() -> None:
    twin = json.loads(to_json(REPORT))
    assert twin["totals"]["root"] == REPORT.totals.root.hex()
    assert [s["pnl_minor"] for s in twin["scenarios"]] == [s.pnl_minor for s in REPORT.scenarios]
    assert sum(part["es_minor"] for part in twin["contributions"]["factors"]) == ES
    assert REPORT.backtest is not None
    assert [m["exceptions"] for m in twin["backtest"]["models"]] == [m.exceptions for m in REPORT.backtest.models]
    assert [s["pnl_minor"] for s in twin["stresses"]] == [s.pnl_minor for s in REPORT.stresses]
    assert twin["breaches"][1]["waivers"][0]["checker"] == "staff 07"
    assert not list(floats(twin))


def restored(kind: Type, value: Any) -> Any:
    """A value of the twin as the record had it: structs by field, digits as bytes, lists as tuples."""
    if value is None:
        return None
    if isinstance(kind, UnionType):
        return restored(next(each for each in kind.types if not isinstance(each, NoneType)), value)
    if isinstance(kind, StructType):
        return kind.cls(**{f.name: restored(f.type, value[f.encode_name]) for f in kind.fields})
    if isinstance(kind, BytesType):
        return bytes.fromhex(value)
    if isinstance(kind, DictType):
        whole = isinstance(kind.key_type, IntType)
        return {int(key) if whole else key: restored(kind.value_type, inner) for key, inner in value.items()}
    if isinstance(kind, TupleType | VarTupleType):
        kinds = kind.item_types if isinstance(kind, TupleType) else [kind.item_type] * len(value)
        return tuple(restored(each, inner) for each, inner in zip(kinds, value, strict=True))
    return value


def test_the_page_can_be_drawn_from_its_twin() -> None:
    again = restored(type_info(MarketReport), json.loads(to_json(REPORT)))
    assert again == REPORT
    assert render(again) == PAGE


def floats(value: Any) -> Iterator[float]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from floats(inner)
    elif isinstance(value, float):
        yield value


def test_the_terminal_says_the_same() -> None:
    text = terminal(REPORT)
    assert "VaR 99% HK$12.6M, ES 97.5% HK$15.1M, one day" in text
    assert re.search(r"All books +15,123,457 +15,123,457 +100% +12,639,000", text)
    assert "1 beyond the hard limit, 2 beyond the soft one, 1 waived; 11 within." in text
    assert "overdue: Expected shortfall of a book, Equity derivatives, HK$11.1M where HK$10M stands (hard)" in text
    assert REPORT.totals.root.hex() in text


def test_a_report_without_extras_is_shown() -> None:
    page = render(BARE)
    assert CATALOGUE["market.model_none"].en in page
    assert CATALOGUE["market.limits_none"].en in page
    assert 'id="sources"' not in page
    assert not re.findall(r'href="#(sources|crash|proof)"', page)
    terminal(BARE)


def test_a_file_and_its_twin(tmp_path: Path) -> None:
    write_report(BARE, tmp_path / "risk.html")
    assert (tmp_path / "risk.html").read_text("utf-8") == render(BARE)
    assert (tmp_path / "risk.json").read_bytes() == to_json(BARE)


def test_what_does_not_add_up_is_refused() -> None:
    found = REPORT.contributions
    assert found is not None
    first, *rest = found.books
    short = replace(found, books=(replace(first, es_minor=first.es_minor - 1), *rest))
    with pytest.raises(AssertionError, match="by books: parts sum to"):
        check(replace(REPORT, contributions=short))
    with pytest.raises(AssertionError, match="leads to the log's root"):
        check(replace(REPORT, totals=replace(REPORT.totals, root=bytes(32))))
