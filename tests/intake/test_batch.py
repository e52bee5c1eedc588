"""One stream in every form - messages, tables, CSV, JSON Lines, Parquet, Arrow - is one batch, and no row is lost."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.intake.recipes import mapped, own
from waglan.intake import Reader, Row, from_table, message, read, summary
from waglan.intake.files import ignored
from waglan.schema.batch import REFUSED, Batch
from waglan.schema.recipe import columns, kinds
from waglan.schema.units import DAY_NS, NULL, BadValue

T = 1_600_000_000_000_000_000
RECIPE = own()
NAMES = list(columns(RECIPE))
GOOD: dict[str, Any] = {"id": "P1", "kind": "payment", "ts_ns": T, "payer": "A", "amount": 1234}


def event(**changed: Any) -> dict[str, Any]:
    return {key: value for key, value in (GOOD | changed).items() if value is not ...}


def plain(batch: Batch) -> list[tuple[Any, ...]]:
    """A batch with identifiers in place, so that two batches can be compared."""
    rows = []
    for i in range(len(batch)):
        cells: list[Any] = [int(v) for v in batch.values[i]]
        for place, names in batch.names.items():
            cells[place] = names[cells[place]] if cells[place] != NULL else NULL
        refused = batch.refusals.get(i)
        why = (refused.code, refused.column, refused.position) if refused else None
        rows.append((batch.ids[i] if why is None else "", int(batch.kinds[i]), int(batch.ts_ns[i]), cells, why))
    return rows


@pytest.mark.parametrize(
    ("changed", "code", "column"),
    [
        ({"id": ...}, "bad_id", "id"), ({"id": ""}, "bad_id", "id"), ({"id": "x" * 129}, "bad_id", "id"),
        ({"id": True}, "bad_id", "id"), ({"id": []}, "bad_id", "id"),
        ({"kind": "refund"}, "unknown_kind", "kind"), ({"kind": 3}, "unknown_kind", "kind"),
        ({"ts_ns": ...}, "missing_column", "ts_ns"), ({"ts_ns": "then"}, "bad_time", "ts_ns"),
        ({"ts_ns": -1}, "bad_time", "ts_ns"),
        ({"payer": ...}, "missing_column", "payer"), ({"payer": ""}, "missing_column", "payer"),
        ({"payer": {}}, "wrong_type", "payer"), ({"payee": "y" * 200}, "bad_id", "payee"),
        ({"amount": None}, "missing_column", "amount"), ({"amount": 12.5}, "too_precise", "amount"),
        ({"amount": "x"}, "wrong_type", "amount"), ({"amount": -1}, "negative", "amount"),
        ({"amount": 2**42}, "too_large", "amount"), ({"amount": "nan"}, "not_finite", "amount"),
        ({"fee": 3}, "unknown_currency", "fee"), ({"fee": 3, "currency": "XXX"}, "unknown_currency", "currency"),
        ({"mode": "c"}, "unknown_category", "mode"), ({"items": 1.5}, "too_precise", "items"),
        ({"present": "perhaps"}, "wrong_type", "present"), ({"share": "half"}, "wrong_type", "share"),
        ({"kind": "outcome", "amount": ...}, "missing_column", "outcome"),
        ({"kind": "effect"}, "missing_column", "verb"),
        ({"kind": "listing"}, "missing_column", "list"),
        ({"kind": "listing", "list": "nosuch"}, "unknown_category", "list"),
        ({"amount": "x", "payer": ...}, "missing_column", "payer"),
        ({"fee": "x", "present": "?"}, "wrong_type", "present"),
    ],
)  # fmt: skip
def test_one_event_with_one_fault(changed: dict[str, Any], code: str, column: str) -> None:
    found = Reader(RECIPE).one(event(**changed), 7)
    assert not isinstance(found, Row)
    assert (found.code, found.column, found.position) == (code, column, 7)
    assert message(json.dumps(event(**changed)).encode(), RECIPE).kinds.tolist() == [REFUSED]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, {"payer": "A", "amount": 1234}),
        ({"fee": "-3", "currency": "KWD"}, {"fee": -3, "currency": 2}),
        ({"channel": "wire", "share": 0.5, "present": True}, {"channel": 2, "share": 500_000, "present": 1}),
        ({"items": 3}, {"items": 3}),
        ({"payer": 17, "payee": None}, {"payer": "17", "payee": NULL}),
        ({"kind": "outcome", "payer": ..., "amount": ..., "outcome": True}, {"payer": NULL, "outcome": 1}),
        ({"kind": "listing", "list": "block", "payee": "B", "until_s": 5}, {"list": 0, "until_s": 5, "payee": "B"}),
        ({"kind": "effect", "verb": "decline"}, {"verb": 4}),
        ({"kind": "login", "amount": ...}, {"amount": NULL}),
        ({"kind": ...}, {"amount": 1234}),
        ({"kind": "", "extra": [1, 2]}, {"amount": 1234}),
    ],
)  # fmt: skip
def test_one_good_event(changed: dict[str, Any], expected: dict[str, Any]) -> None:
    batch = message(event(**changed), RECIPE)
    row = plain(batch)[0]
    assert row[4] is None
    assert kinds(RECIPE)[row[1]] == (
        changed.get("kind", "payment") if changed.get("kind") not in ("", ...) else "payment"
    )
    assert {name: row[3][NAMES.index(name)] for name in expected} == expected


CELLS: dict[str, st.SearchStrategy[Any]] = {
    "id": st.one_of(st.text("ab陳", max_size=3), st.none()),
    "kind": st.sampled_from(["payment", "payment", "outcome", "login", "listing", "effect", "odd", ""]),
    "ts_ns": st.one_of(st.integers(T, T + 5), st.sampled_from([-1, None, 2**63 - 1])),
    "payer": st.one_of(st.sampled_from(["A", "B", "陳大文", "", None]), st.just("x" * 129)),
    "payee": st.sampled_from(["A", "C", None]),
    "amount": st.one_of(st.integers(-3, 2**42), st.none()),
    "fee": st.one_of(st.integers(-3, 3), st.none()),
    "currency": st.sampled_from(["HKD", "JPY", None, "EUR"]),
    "channel": st.sampled_from(["card", "wire", None, ""]),
    "mode": st.sampled_from(["a", "b", None, "q"]),
    "items": st.one_of(st.integers(0, 5), st.none()),
    "share": st.one_of(st.floats(-2, 2), st.none()),
    "present": st.sampled_from([True, False, None]),
    "outcome": st.sampled_from([True, None]),
    "list": st.sampled_from(["block", None]),
    "until_s": st.sampled_from([0, 9, None]),
    "verb": st.sampled_from(["warn", None, "shout"]),
}
TYPES = {
    "ts_ns": pa.int64(), "amount": pa.int64(), "fee": pa.int64(), "items": pa.int64(), "until_s": pa.int64(),
    "share": pa.float64(), "present": pa.bool_(), "outcome": pa.bool_(),
}  # fmt: skip
FIXED: dict[str, Any] = {**dict.fromkeys(CELLS), "id": "P0", "ts_ns": T, "payer": "A", "amount": 1, "kind": "payment"}


def table_of(rows: list[dict[str, Any]]) -> Any:
    return pa.table({name: pa.array([r[name] for r in rows], TYPES.get(name, pa.string())) for name in CELLS})


def csv_of(table: Any) -> bytes:
    out = io.BytesIO()
    pyarrow.csv.write_csv(table, out)
    return out.getvalue()


@given(st.lists(st.fixed_dictionaries(CELLS), max_size=12))
def test_every_form_of_a_file_is_the_same_batch(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]
) -> None:
    rows = [*rows, FIXED]  # one good row, so that no whole column is missing
    table, folder = table_of(rows), tmp_path_factory.mktemp("forms")
    (folder / "a.jsonl").write_bytes(b"\n".join(json.dumps(row).encode() for row in rows))
    (folder / "a.csv").write_bytes(csv_of(table))
    pq.write_table(table, folder / "a.parquet")
    with pa.OSFile(str(folder / "a.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, 3)
    with pa.OSFile(str(folder / "b.arrow"), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, 3)
    for sort in (True, False):
        expected = plain(from_table(table, RECIPE, sort=sort))
        for name in ("a.jsonl", "a.csv", "a.parquet", "a.arrow", "b.arrow"):
            assert plain(read(folder / name, RECIPE, sort=sort)) == expected, name


@given(st.lists(st.fixed_dictionaries(CELLS), max_size=12))
def test_a_table_is_its_messages_sorted_and_nothing_is_lost(rows: list[dict[str, Any]]) -> None:
    rows = [*rows, FIXED]
    batch = from_table(table_of(rows), RECIPE)
    assert len(batch) == len(rows) == summary(batch)["events"] + summary(batch)["refused"]
    last, expected = 0, []
    for place, row in enumerate(rows):
        one = plain(message(row, RECIPE))[0]
        why = (one[4][0], one[4][1], place) if one[4] else None
        last = last if why else one[2]
        expected.append((one[0], one[1], last, one[3], why))
    assert plain(batch) == sorted(expected, key=lambda row: row[2])
    assert (np.diff(batch.ts_ns) >= 0).all()


def theirs(**changed: Any) -> dict[str, Any]:
    row = {
        "ID": 1,
        "When": "2020-09-13 20:26:40",
        "From": 5,
        "To": 6,
        "Amount": 12.34,
        "Mode": "A",
        "Here": "Y",
        "Fraud": 1,
    }
    return row | changed


def test_a_mapped_file_brings_outcomes_of_their_own() -> None:
    rows = [
        theirs(ID=1), theirs(ID=2, When="2020-09-20 20:26:40", Fraud=0),
        theirs(ID=3, When="2020-09-13 20:26:39", Fraud=None),
        theirs(ID=4, Amount=0.001), theirs(ID=5, When="2020-09-27 20:26:40", Fraud="yes"),
    ]  # fmt: skip
    table = pa.table({name: [str(r[name]) if r[name] is not None else None for r in rows] for name in rows[0]})
    batch = from_table(table, mapped())
    assert batch.ids == ["3", "4", "1", "2", "1/outcome", "5", "2/outcome", "5/outcome"]
    assert batch.kinds.tolist() == [0, REFUSED, 0, 0, 1, 0, 1, 1]
    weeks = [T + week * 7 * DAY_NS for week in (0, 1, 1, 2, 2, 3)]
    assert batch.ts_ns.tolist() == [T - 10**9, T - 10**9, *weeks]
    outcome = NAMES.index("outcome")
    assert batch.values[:, outcome].tolist() == [NULL, NULL, NULL, NULL, 1, NULL, 0, 1]
    told, paid = batch.values[4].copy(), batch.values[2].copy()
    told[outcome] = NULL
    assert (told == paid).all()
    assert batch.values[2, [2, 6, 9]].tolist() == [1234, 0, 1]
    assert batch.refusals[1].code == "too_precise"
    assert (batch.refusals[1].position, batch.refusals[1].shown) == (3, "0.001")


def test_outcomes_of_json_lines_and_of_tables_agree(tmp_path: Path) -> None:
    rows = [theirs(ID=i, When=f"2020-09-{13 + i % 3 * 7:02d} 20:26:40", Fraud=[1, 0, None][i % 3]) for i in range(9)]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    table = pa.Table.from_pylist(rows)
    for sort in (True, False):
        assert plain(read(tmp_path / "a.jsonl", mapped(), sort=sort)) == plain(from_table(table, mapped(), sort=sort))


def test_without_sorting_outcomes_come_when_their_time_has_come() -> None:
    rows = [
        theirs(ID=1, When="2020-09-20 20:26:40"),
        theirs(ID=2),
        theirs(ID=3, When="2020-09-28 20:26:40", Fraud=None),
    ]
    batch = from_table(pa.Table.from_pylist(rows), mapped(), sort=False)
    assert batch.ids == ["1", "2", "2/outcome", "1/outcome", "3"]


@pytest.mark.parametrize(
    ("column", "array", "expected"),
    [
        ("From", pa.array([1.0, 2.0, None]), ["1", "2", NULL]),
        ("From", pa.array([1.0, float("nan"), 2.5]), ["1", NULL, "wrong_type"]),
        ("From", pa.array(["x", "y", "x"]).dictionary_encode(), ["x", "y", "x"]),
        ("From", pa.array(["x", "y", None], pa.string_view()), ["x", "y", NULL]),
        ("From", pa.array([b"x", b"\xff", None]), ["x", "bad_encoding", NULL]),
        ("From", pa.array([2**64 - 1, 0, None], pa.uint64()), [str(2**64 - 1), "0", NULL]),
        ("From", pa.array([[1], [2], None]), ["wrong_type", "wrong_type", NULL]),
        ("From", pa.nulls(3), [NULL] * 3),
        ("Amount", pa.array([12.34, 0.1, None], pa.float32()), [1234, 10, NULL]),
        ("Amount", pa.array([12.34, float("nan"), float("inf")]), [1234, "not_finite", "not_finite"]),
        ("Amount", pa.array([1, 2**41, -1], pa.int64()), [100, "too_large", "negative"]),
        ("Amount", pa.array([1, 2, None], pa.uint8()), [100, 200, NULL]),
        ("Amount", pa.array(["1.5", "", "x"]), [150, NULL, "wrong_type"]),
        ("Amount", pa.array([True, False, None]), ["wrong_type", "wrong_type", NULL]),
        ("Here", pa.array([1.0, 0.0, float("nan")]), [1, 0, NULL]),
        ("Mode", pa.array(["A", "b", "z"]), [0, 1, "unknown_category"]),
    ],
)  # fmt: skip
def test_arrow_types(column: str, array: Any, expected: list[Any]) -> None:
    rows = [theirs(ID=i, Fraud=None) for i in range(3)]
    table = pa.Table.from_pylist(rows)
    table = table.set_column(table.schema.names.index(column), column, pa.chunked_array([array[:1], array[1:]]))
    place = {"From": 0, "Amount": 2, "Here": 9, "Mode": 6}[column]
    batch = from_table(table, mapped())
    required = column in ("From", "Amount")
    expected = ["missing_column" if required and e == NULL else e for e in expected]
    assert [row[4][0] if row[4] else row[3][place] for row in plain(batch)] == expected


def test_customs_declarations_through_a_mapping(shared: Any) -> None:
    recipe = mapped("""
[source]
id = "Declaration ID"
time = { column = "Date" }
outcome = { column = "Fraud", after = "30d" }
[source.map]
payer = "Importer ID"
payee = "Seller ID"
amount = { column = "Item Price", round = true }
items = { column = "Net Mass", round = true }
""")
    batch = read(shared("data/customs_declarations.parquet"), recipe)
    assert summary(batch)["refused"] == 0
    assert (len(batch), (batch.values[batch.kinds == 0, 1] == NULL).sum()) == (108_000, 5_201)
    price = pq.read_table(shared("data/customs_declarations.parquet")).column("Item Price").to_numpy()
    assert sorted(batch.values[batch.kinds == 0, 2].tolist()) == sorted(round(p * 100) for p in price.tolist())


TIMES = [
    pa.array([0, 1, None], pa.timestamp("s", "UTC")), pa.array([-1, 1, 2**62], pa.timestamp("ms")),
    pa.array([0, 9, None], pa.date32()),
    pa.array([1, 10**18, 5], pa.timestamp("ns", "Asia/Tokyo")), pa.array([0, 86_400_000, None], pa.date64()),
]  # fmt: skip


@pytest.mark.parametrize("array", TIMES)
def test_arrow_times_are_as_datetimes(array: Any) -> None:
    rows = [theirs(ID=i, Fraud=None) for i in range(3)]
    table = pa.Table.from_pylist(rows).drop_columns(["When"]).append_column("When", array)
    batch = from_table(table, mapped(), sort=False)
    reader, last = Reader(mapped()), 0
    for i, cell in enumerate(array):
        try:
            value = cell.as_py()
        except (ValueError, OverflowError):
            value = "beyond"
        one = reader.one(theirs(ID=i, When=value), i)
        last = one.ts_ns if isinstance(one, Row) else last
        assert batch.ts_ns[i] == last
        assert (i in batch.refusals) != isinstance(one, Row)


def test_refusals_are_counted_and_shown() -> None:
    rows = [event(id=str(i), amount=-i if i % 2 else i) for i in range(10)]
    found = summary(from_table(pa.Table.from_pylist(rows), RECIPE), examples=2)
    assert (found["rows"], found["events"], found["refused"]) == (10, 5, 5)
    assert found["by_code"]["negative"]["first"] == [
        {"position": 1, "column": "amount", "shown": "-1"},
        {"position": 3, "column": "amount", "shown": "-3"},
    ]


def test_id_without_a_column_is_the_place_in_the_file() -> None:
    made = mapped("\n[source]\nmap = { payer = 'p' }\ntime = { column = 't', unit = 's' }\n")
    batch = from_table(pa.table({"p": ["a", "b"], "t": [9, 3], "amount": ["1.50", "2"]}), made)
    assert batch.ids == ["1", "0"]
    assert batch.values[:, 2].tolist() == [200, 150]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("map = { payor = 'p' }\ntime = { column = 't' }", "'payor' is not a column of this recipe"),
        ("kind = 'refund'\ntime = { column = 't' }", "'refund' is not a kind of this recipe"),
        ("time = { column = 't', zone = 'Mars/Base' }", "time zone 'Mars/Base' is not known"),
        ("time = { column = 't', unit = 'major' }", "'major' is a unit of money"),
        ("time = { column = 't' }\noutcome = { column = 'f', after = '9w' }", "'9w'"),
    ],
)
def test_a_mapping_that_cannot_be_meant(source: str, said: str) -> None:
    with pytest.raises(BadValue, match=said.replace("/", ".")):
        Reader(mapped("\n[source]\n" + source))


def test_the_handbook_file(shared: Any) -> None:
    path = shared("data/handbook_transactions.parquet")
    recipe = mapped("""
[source]
id = "TRANSACTION_ID"
time = { column = "TX_DATETIME", zone = "UTC" }
outcome = { column = "TX_FRAUD", after = "7d" }
map = { payer = "CUSTOMER_ID", payee = "TERMINAL_ID", amount = "TX_AMOUNT" }
""")
    batch = read(path, recipe)
    assert summary(batch)["refused"] == 0
    assert (len(batch), (batch.kinds == 0).sum()) == (3_508_310, 1_754_155)
    assert batch.values[:, NAMES.index("outcome")][batch.kinds == 1].sum() == 14_681
    assert (np.diff(batch.ts_ns) >= 0).all()
    paid = batch.values[batch.kinds == 0, 2]
    raw = pq.read_table(path, columns=["TX_AMOUNT"]).column(0).to_numpy()
    assert paid.sum() == np.rint(raw * 100).astype(np.int64).sum()
    assert ignored(path, recipe) == ["TX_TIME_SECONDS", "TX_TIME_DAYS", "TX_FRAUD_SCENARIO"]
