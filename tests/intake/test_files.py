"""Files that are not what they should be: one clear line, or a refusal in its place, and never anything else."""

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.intake.recipes import mapped, own
from waglan.intake import from_table, ignored, read, summary
from waglan.schema.batch import Batch
from waglan.schema.units import BadValue

HEADER = "id,kind,ts_ns,payer,amount\n"


def csv(tmp_path: Path, data: str | bytes, name: str = "a.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def codes(batch: Batch) -> dict[int, str]:
    """Position in the file -> code."""
    return {refused.position: refused.code for refused in batch.refusals.values()}


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", b"", "is empty"), ("a.jsonl", b" \n\n", "is empty"), ("a.parquet", b"hello", "is not a Parquet file"),
        ("a.parquet", b"PAR1" + b"x" * 50, "is a Parquet file cut off at byte 54"),
        ("a.arrow", b"hello", "is not an Arrow file"),
        ("a.arrow", b"ARROW1\0\0", "cannot be read as Arrow"),
        ("a.bin", b"hello", "neither its name nor its bytes tell"),
        ("a.csv", "id,payer\n1,2\n".encode("utf-16"), r"is UTF-16 \(byte 0 is 0xFF\), not UTF-8; convert it"),
        ("a.csv", "id,payer\n1,2\n".encode("utf-16-le"), "is UTF-16 without a mark"),
        ("a.csv", ("識別碼,payer\n" + "1,陳\n" * 9).encode("big5"), r"byte 0 \(line 1\) is 0xC3; it reads as big5"),
        ("a.csv", (HEADER + "1,,5,陳大文,3\n" * 9).encode("big5"), r"byte 32 \(line 2\) is 0xB3; it reads as big5"),
        ("a.csv", (HEADER + "1,,5,café,3\n" * 9).encode("latin-1"), r"line 2\) is 0xE9; it reads as latin-1"),
        ("a.csv", HEADER.replace("amount", "Amont") + "1,,5,x,3\n", "expected a column 'amount'; did you mean 'Amont'"),
        ("a.csv", HEADER.replace("ts_ns", "when") + "1,,5,x,3\n", "expected a column 'ts_ns'\n  found: id, kind, when"),
        ("a.csv", HEADER.replace("kind", "payer") + "1,,5,x,3\n", "column 'payer' stands twice"),
        ("a.csv", '"id,kind\n1,2\n', "is not a line of column names"),
        ("a.jsonl", b'{"id": "1", "ts": 5, "payer": "x", "amount": 3}\n', "expected a column 'ts_ns'"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_as_a_whole(tmp_path: Path, name: str, data: str | bytes, said: str) -> None:
    with pytest.raises(BadValue, match=said) as told:
        read(csv(tmp_path, data, name), own())
    assert str(tmp_path) in str(told.value)


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="No such file"):
        read(tmp_path / "none.csv", own())
    with pytest.raises(BadValue, match="Is a directory"):
        read(tmp_path, own())


def test_a_mapped_column_that_is_not_there() -> None:
    table = pa.table({"ID": [1], "When": ["2020-01-01"], "Frm": ["a"], "To": ["b"], "Amount": [1.5]})
    with pytest.raises(BadValue) as told:
        from_table(table, mapped())
    assert "expected a column 'From'; did you mean 'Frm'?" in str(told.value)
    assert "expected a column 'Fraud'" in str(told.value)
    assert str(told.value).endswith("found: ID, When, Frm, To, Amount")


@pytest.mark.parametrize(
    ("data", "rows", "expected"),
    [
        (HEADER + "1,,5,x,3\n2,,6,y,4\n", 2, {}),
        (HEADER, 0, {}),
        ("\ufeff" + HEADER + "1,,5,x,3", 1, {}),
        (HEADER.replace(",", ";") + "1;;5;x;3\n", 1, {}),
        (HEADER.replace("\n", "\r\n") + "1,,5,x,3\r\n\r\n2,,6,x,4\r\n", 2, {}),
        (HEADER + '1,,5,"x, ""y""\nz",3\n2,,6,y,4\n', 2, {}),
        (HEADER + "1,,5,x,3\n2,,6\n3,,7,x,4,9\n4,,8,x,5\n", 4, {1: "bad_line", 2: "bad_line"}),
        (HEADER + "1,,5,x,3\n2,,6,y", 2, {1: "bad_line"}),
        (HEADER + '1,,5,"x"y,3\n2,,6,y,4\n', 2, {0: "bad_line"}),
        (HEADER + '1,,5,x,3\n2,,6,"y,4\n3,,7,z,5\n', 2, {1: "bad_line"}),
        (HEADER.encode() + b"1,,5,x,3\n2,,6,\xff,4\n3,,7,\xe9\x99\xb3,5\n", 3, {1: "bad_encoding"}),
        (HEADER + "1,,5," + "x" * 2_000_000 + ",3\n2,,6,y,4\n", 2, {0: "bad_line"}),
    ],
)
def test_csv(tmp_path: Path, data: str | bytes, rows: int, expected: dict[int, str]) -> None:
    batch = read(csv(tmp_path, data), own())
    assert len(batch) == rows
    assert codes(batch) == expected


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"{", "bad_line"), (b"[1]", "bad_line"), (b"null", "bad_line"), (b'{"id": NaN}', "bad_line"),
        (b'{"id": "\xff"}', "bad_encoding"),
        (b"{} {}", "bad_line"), (b"[" * 100_000, "bad_line"), (b'{"id": 1e999}', "bad_line"), (b"{}", "bad_id"),
        (b'{"id": "2", "ts_ns": 6, "payer": "y"', "bad_line"), (b"\x00", "bad_line"),
        (b'{"id": "\\ud800"}', "bad_line"),
    ],
)  # fmt: skip
def test_json_lines(tmp_path: Path, line: bytes, code: str) -> None:
    good = b'{"id": "1", "ts_ns": 5, "payer": "x", "amount": 3}'
    batch = read(csv(tmp_path, b"\xef\xbb\xbf" + good + b"\n\n" + line + b"\n" + good, "a.jsonl"), own())
    assert codes(batch) == {1: code}
    assert batch.ts_ns.tolist() == [5, 5, 5]
    assert summary(batch)["events"] == 2


def test_columns_that_nothing_reads_are_listed(tmp_path: Path) -> None:
    assert ignored(csv(tmp_path, "id,kind,ts_ns,colour,payer,amount,x\n"), own()) == ["colour", "x"]
    assert ignored(csv(tmp_path, '{"id": 1, "colour": 2}\n{"y": 3}', "a.jsonl"), own()) == ["colour"]
    pq.write_table(pa.table({"id": [1], "colour": [2]}), tmp_path / "a.parquet")
    assert ignored(tmp_path / "a.parquet", own()) == ["colour"]


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    read(csv(tmp_path, HEADER + "1,,5,x,3\n"), own(), lambda done, of: told.append((done, of)))
    assert told[-1][0] == told[-1][1]


def parquet() -> bytes:
    out = io.BytesIO()
    names = ["x", "陳", "z"] * 5
    pq.write_table(pa.table({"id": names, "ts_ns": list(range(15)), "payer": names, "amount": [1.0] * 15}), out)
    return out.getvalue()


def arrow() -> bytes:
    out = io.BytesIO()
    table = pa.table({"id": ["x", "y"], "ts_ns": [1, 2], "payer": ["陳", "z"], "amount": [1, 2]})
    with pa.ipc.new_file(out, table.schema) as writer:
        writer.write_table(table)
    return out.getvalue()


WHOLE = {"parquet": parquet(), "arrow": arrow(), "csv": (HEADER + "1,,5,陳,3\n" * 3).encode()}
WHOLE["jsonl"] = b"\n".join(json.dumps({"id": i, "ts_ns": 5, "payer": "陳", "amount": 3}).encode() for i in range(3))


def survives(path: Path) -> None:
    """Reading gives a batch in which every row is an event or a refusal, or raises BadValue and nothing else."""
    try:
        batch = read(path, own())
    except BadValue:
        return
    assert len(batch) == len(batch.ids) == len(batch.kinds) == len(batch.values)
    assert {i for i in range(len(batch)) if batch.kinds[i] < 0} == set(batch.refusals)
    for names in batch.names.values():
        for name in names:
            name.encode()


@given(st.sampled_from(sorted(WHOLE)), st.one_of(st.binary(max_size=200), st.text(max_size=100).map(str.encode)))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, suffix: str, data: bytes) -> None:
    path = tmp_path_factory.mktemp("fuzz") / f"a.{suffix}"
    path.write_bytes(data)
    survives(path)


@given(st.data())
def test_spoilt_files(tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    suffix = data.draw(st.sampled_from(sorted(WHOLE)))
    whole = bytearray(WHOLE[suffix])
    for _ in range(data.draw(st.integers(0, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(whole)))
    path = tmp_path_factory.mktemp("fuzz") / f"a.{suffix}"
    path.write_bytes(whole if end % 2 else whole[:end])
    survives(path)


@given(st.lists(st.text(st.sampled_from('a1,"\n\r\t;é\x00 '), max_size=20), max_size=6))
def test_any_csv_lines(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "a.csv"
    path.write_text(HEADER + "\n".join(lines), newline="")
    survives(path)
