"""The fraud desk's report: page, JSON, terminal and explanations, from one seeded record."""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from rich.console import Console

from tests.desks.fraud.example import CONCEPTS, OTHERS, example
from tests.pages.test_markup import parse
from waglan.desks.fraud.columns import CHANNELS, FRAUDS
from waglan.desks.fraud.explain import TOPICS, customer_facts, explain_analyst, explain_customer
from waglan.desks.fraud.report import Case, FraudReport, check, render, sum_of, summary, to_json
from waglan.pages.words import CATALOGUE

REPORT = example(cases=4, queue=24, entries=200)
PAGE = render(REPORT)
NASTY = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&"


def terminal(report: FraudReport) -> str:
    console = Console(width=120, record=True, force_terminal=False, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(summary(report))
    console.file.close()
    return console.export_text()


def poisoned(value: Any) -> Any:
    """The same record with NASTY in every text field."""
    if isinstance(value, msgspec.Struct):
        return type(value)(
            **{name: poisoned(getattr(value, name)) for name in value.__struct_fields__ if name != "zone"}
        )
    if isinstance(value, tuple):
        return tuple(map(poisoned, value))
    return NASTY if isinstance(value, str) and value not in ("HKD", "CNY") else value


def test_the_page_is_small_and_the_same_twice() -> None:
    full = example()
    page = render(full)
    assert page == render(full)
    assert len(page.encode()) < 600_000


def test_no_text_becomes_markup() -> None:
    bad = poisoned(REPORT)
    seen, good = parse(render(bad)), parse(PAGE)
    assert "alert(1)" in seen.text
    assert sum(name == "script" for name, _ in seen.tags) == sum(name == "script" for name, _ in good.tags) == 2
    assert not [name for name, _ in seen.tags if name == "img"]
    assert not [attributes for _, attributes in seen.tags if any(name.startswith("on") for name, _ in attributes)]


def test_every_amount_of_the_table_is_on_the_page() -> None:
    for shown in ("HK$6,119,055", "HK$2,913,000", "HK$3,206,055", "HK$13,379,358", "HK$8,712,312"):
        assert shown in PAGE
    assert "Of HK$13.4M that fraudsters tried to take, HK$8.7M was caught." in PAGE
    assert "騙徒企圖騙取 1,337.9 萬港元，其中 871.2 萬港元被截住。" in PAGE


def test_rows_open_the_cases_that_are_there() -> None:
    opened = re.findall(r'<tr data-case="([^"]+)"', PAGE)
    bodies = re.findall(r'data-case-body="([^"]+)"', PAGE)
    assert opened == bodies == [case.alert.id for case in REPORT.cases]
    assert len(re.findall(r"<tr [^>]*data-verb", PAGE)) == len(REPORT.queue)


def test_ids_are_unique_and_labels_point_to_them() -> None:
    ids = re.findall(r' id="([^"]+)"', PAGE)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'aria-labelledby="([^"]+)"', PAGE)) <= set(ids)
    assert set(re.findall(r' for="([^"]+)"', PAGE)) <= set(ids)


def test_the_words_of_the_trade_are_all_there() -> None:
    for kind in FRAUDS[1:]:
        assert f"kind.{kind}" in CATALOGUE
    for channel in CHANNELS:
        assert f"channel.{channel}" in CATALOGUE


def test_json_is_the_record() -> None:
    twin = json.loads(to_json(REPORT))
    assert twin["totals"]["root"] == REPORT.totals.root.hex()
    assert twin["cases"][0]["alert"]["payer"] == REPORT.cases[0].alert.payer
    assert [row["caught_minor"] for row in twin["kinds"]] == [row.caught_minor for row in REPORT.kinds]
    assert not list(floats(twin))


def floats(value: Any) -> Iterator[float]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from floats(inner)
    elif isinstance(value, float):
        yield value


def test_the_terminal_says_the_same() -> None:
    text = terminal(REPORT)
    assert re.search(r"Card testing +HK\$48,123 \(61\) +HK\$44,010 \(52\) +HK\$4,112 \(9\) +91%", text)
    assert "87.4 alerts a day among 33,058 payments; 2.6 false alarms for each fraud" in text
    assert "81,481 decisions a second" in text
    assert REPORT.totals.root.hex() in text
    assert f"decision {REPORT.proof.event_id} is entry 125 of 200" in text


def test_a_report_without_extras_is_shown() -> None:
    case = msgspec.structs.replace(REPORT.cases[0], past=(), nodes=(), ties=(), fired=(), payee=None)
    bare = msgspec.structs.replace(REPORT, saved=None, left_out=(), reliability=(), labels=(), cases=(case,), queue=())
    assert "No rule or list spoke" in render(bare)
    terminal(bare)


def test_what_does_not_add_up_is_refused() -> None:
    case = msgspec.structs.replace(REPORT.cases[0], baseline_micro=REPORT.cases[0].baseline_micro + 1)
    with pytest.raises(AssertionError, match="parts sum to"):
        check(msgspec.structs.replace(REPORT, cases=(case,)))
    with pytest.raises(AssertionError, match="leads to the log's root"):
        check(msgspec.structs.replace(REPORT, totals=msgspec.structs.replace(REPORT.totals, root=bytes(32))))


def test_all_kinds_are_their_sum() -> None:
    whole = sum_of(REPORT.kinds)
    assert (whole.frauds, whole.caught, whole.warned) == (249, 170, 14)


FORBIDDEN = re.compile(
    r"fraud|suspic|suspect|scam|launder|mule|crim|police|scameter|jfiu|\breport|\blist|\brule|score|model|block|watch|alert"
    r"|欺詐|欺诈|可疑|懷疑|怀疑|騙|骗|洗黑錢|洗钱|傀儡|過渡|过渡|警|罪|舉報|举报|名單|名单|規則|规则|評分|评分|模型",
    re.IGNORECASE,
)


@pytest.mark.parametrize("seed", range(6))
def test_a_customer_is_told_nothing_of_the_analysts(seed: int) -> None:
    for case in example(seed=seed, cases=10, queue=40, entries=8).cases:
        if seed % 2:
            case = poisoned_codes(case)
        for text in explain_customer(customer_facts(case)).values():
            assert not FORBIDDEN.search(text), text
            assert leaks(case, text) == []


def poisoned_codes(case: Case) -> Case:
    """The same case with concepts that nobody may hear of."""
    concepts = ("mule", "payee_risk", "terminal_risk", "<b>")
    parts = tuple(msgspec.structs.replace(part, concept=concepts[i % 4]) for i, part in enumerate(case.parts))
    return msgspec.structs.replace(case, parts=parts, fired=("R01", "scameter", "watch"))


def leaks(case: Case, text: str) -> list[str]:
    """Codes, names and numbers that only an analyst may see and that stand in a text; plain words are no secret."""
    names = [*case.fired, *(part.code for part in case.parts), *(f.name for part in case.parts for f in part.features)]
    scores = [case.alert.score_micro, case.baseline_micro, case.cut_micro, case.chance_micro]
    scores += [part.part_micro for part in case.parts]
    forms = [name for name in names if not name.isalpha()]
    forms += [str(abs(score)) for score in scores] + [f"{abs(score) / 1e6:.2f}" for score in scores]
    forms += [f"{node.token:016x}"[:8] for node in case.nodes] + [str(node.token) for node in case.nodes]
    return [form for form in forms if re.search(rf"(?<![\w.,]){re.escape(form)}(?![\w.,]*\w)", text)]


def test_the_search_for_leaks_finds_them() -> None:
    case = REPORT.cases[0]
    assert "C04" in leaks(case, "because of C04.")
    assert leaks(case, explain_analyst(case)["en"])


@pytest.mark.parametrize("verb", ["approve", "warn", "step-up", "review", "decline", "unheard-of"])
def test_a_customer_hears_what_was_decided_and_where_to_turn(verb: str) -> None:
    case = msgspec.structs.replace(REPORT.cases[0], alert=msgspec.structs.replace(REPORT.cases[0].alert, verb=verb))
    told = explain_customer(customer_facts(case))
    assert list(told) == ["en", "zh-Hant", "zh-Hans"]
    for language, ask in (("en", "review"), ("zh-Hant", "覆核"), ("zh-Hans", "复核")):
        assert (ask in told[language]) == (verb != "approve")


def test_only_topics_with_words_are_spoken() -> None:
    for topic in TOPICS.values():
        assert f"customer.topic_{topic}" in CATALOGUE
    assert set(TOPICS) <= set(CONCEPTS) | {"card_speed"}
    assert not {"mule", "payee_risk", "terminal_risk"} & set(TOPICS)


def test_an_analyst_is_told_everything() -> None:
    case = next(case for case in REPORT.cases if case.fired)
    text = explain_analyst(case, REPORT.labels)["zh-Hant"]
    for part in case.parts:
        assert part.code in text
        assert all(feature.name in text for feature in part.features)
    assert all(code in text for code in OTHERS)
    assert "防騙視伏器" in text
