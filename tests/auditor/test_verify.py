"""The verifier finds nothing where nothing is wrong, and names what is wrong wherever it is."""

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.auditor import naive
from waglan.auditor.verify import LOG_KEY, Report, audit, climb, place, read_key, root_of

KEY = read_key(naive.vkey(1), LOG_KEY)

Change = Callable[[Path], object]


@pytest.fixture
def foreign(shared: Callable[[str], Path]) -> Any:
    """Vectors that nobody here made."""
    return json.loads(shared("oracles/merkle_and_notes.json").read_bytes())


def checked(root: Path) -> Report:
    return audit(root, [KEY])


def first(root: Path) -> str:
    """The first fault of a log that has one."""
    return checked(root).faults[0]


@pytest.mark.parametrize("size", range(301))
def test_every_size_holds(size: int, tmp_path: Path) -> None:
    report = checked(naive.log_at(tmp_path, size))
    assert report.faults == []
    assert (report.facts["entries"], report.facts["size"]) == (size, size)
    assert report.facts["tiles"] == len([name for name in tmp_path.rglob("tile/[0-9]*/**/*") if name.is_file()])


def test_a_log_of_seventy_thousand_has_the_tiles_of_the_standard(tmp_path: Path, foreign: Any) -> None:
    assert checked(naive.log_at(tmp_path, 70_000)).faults == []
    vector = foreign["notes"]["c2sp_tiles"]["size_70000"]
    assert len([p for p in (tmp_path / "tile/0").rglob("*") if p.is_file() and p.stat().st_size == 8192]) == 273
    assert vector["level0_full"] == 273
    for level, partial in ((0, "273.p/112"), (1, "001.p/17"), (2, "000.p/1")):
        assert (tmp_path / f"tile/{level}/{partial}").is_file()
        assert vector[f"level{level}_partial"] == int(partial.split("/")[1])
    number = random.Random(1).randrange(70_000)
    flip(tmp_path / naive_bundle(number), 77 * (number % 256) + 50)
    assert first(tmp_path).startswith(f"entry {number:,} is not the one that was logged")


def naive_bundle(number: int) -> str:
    return f"tile/entries/{naive.number(number // 256)}" + (".p/112" if number // 256 == 273 else "")


def flip(path: Path, at: int, bit: int = 0) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1 << bit
    path.write_bytes(data)


def test_roots_are_those_of_the_reference_tree(foreign: Any) -> None:
    vectors = foreign["rfc6962"]
    leaves = [naive.leaf(bytes.fromhex(text)) for text in vectors["leaves_hex"]]
    for size, root in enumerate(vectors["roots_hex"]):
        assert root_of([leaves[:size]]).hex() == naive.mth(leaves[:size]).hex() == root


def test_paths_are_those_of_the_standard(foreign: Any) -> None:
    assert place(0, 1234067) == f"tile/0/{foreign['notes']['c2sp_tiles']['1234067']}"
    assert place(-1, 5, 17) == "tile/entries/005.p/17"
    for index in (0, 5, 999, 1000, 999_999, 1_000_000, 1 << 54):
        assert place(3, index) == f"tile/3/{naive.number(index)}"


def test_any_bit_flipped_in_any_file_is_found(tmp_path: Path) -> None:
    root, draw = naive.log_at(tmp_path, 2), random.Random(2)
    for path in [p for p in root.rglob("*") if p.is_file()]:
        good = path.read_bytes()
        for at in range(len(good)):
            for bit in range(8) if path.name == "checkpoint" else [draw.randrange(8)]:
                flip(path, at, bit)
                assert checked(root).faults, f"{path.relative_to(root)}, byte {at}, bit {bit}"
                path.write_bytes(good)
    assert checked(root).faults == []


def test_a_bit_flipped_anywhere_in_a_larger_log_is_found_and_named(tmp_path: Path) -> None:
    root, draw = naive.log_at(tmp_path, 1100), random.Random(3)
    paths = sorted(p for p in root.rglob("*") if p.is_file() and p.name != "checkpoint")
    for _ in range(400):
        path = draw.choice(paths)
        good = path.read_bytes()
        at = draw.randrange(len(good))
        flip(path, at, draw.randrange(8))
        found = checked(root)
        name = str(path.relative_to(root))
        path.write_bytes(good)
        if name.startswith("tile/entries"):
            assert found.faults[0].startswith("entry "), found.faults
            number = int(found.faults[0].split()[1].replace(",", ""))
            assert number == (int(name[13:16]) * 256 + at // 77), found.faults
        else:
            assert [fault.split(" has a wrong hash")[0] for fault in found.faults] == [name]
            assert f"hash at {at // 32}:" in found.faults[0]


def test_of_two_changes_the_first_is_named(tmp_path: Path) -> None:
    root = naive.log_at(tmp_path, 700)
    flip(root / "tile/entries/001", 77 * 9 + 60)
    flip(root / "tile/entries/000", 77 * 44 + 60)
    report = checked(root)
    assert report.faults[0].startswith("entry 44 is not the one that was logged")
    assert report.faults[1].startswith("entry 265 is not")
    assert report.faults[2].startswith("the entries give the root ")
    assert report.fault_count == 3


def test_a_log_written_anew_over_another_entry_is_found_by_its_root(tmp_path: Path) -> None:
    """Entries and tiles agree with each other; only the signature speaks against them."""
    honest = naive.entries(600)
    forged = [*honest[:77], naive.entry(10**6), *honest[78:]]
    root = naive.lay(tmp_path, naive.tree_files(forged) | {"checkpoint": naive.checkpoint(honest)})
    assert checked(root).faults == [
        f"the entries give the root {naive.mth(list(map(naive.leaf, forged))).hex()}; "
        f"the checkpoint says {naive.mth(list(map(naive.leaf, honest))).hex()}"
    ]


def cut(name: str, size: int) -> Change:
    return lambda root: os.truncate(root / name, size)


def put(name: str, data: bytes) -> Change:
    return lambda root: naive.lay(root, {name: data})


def gone(name: str) -> Change:
    return lambda root: (root / name).unlink()


def moved(name: str, to: str) -> Change:
    return lambda root: (root / name).rename(root / to)


def more(name: str, data: bytes) -> Change:
    return lambda root: (root / name).write_bytes((root / name).read_bytes() + data)


BUNDLE, LAST = "tile/entries/000", "tile/entries/001.p/44"
LONG = b"\xff\xff" + bytes(0xFFFF)
FAULTS: list[tuple[Change, str]] = [
    (gone("checkpoint"), "checkpoint is missing: nothing here is signed"),
    (gone(BUNDLE), "tile/entries/000 is missing"),
    (gone(LAST), "tile/entries/001.p/44 is missing"),
    (gone("tile/0/000"), "tile/0/000 is missing"),
    (gone("tile/1/000.p/1"), "tile/1/000.p/1 is missing"),
    (moved("tile/entries", "entries"), "'entries' does not belong to a log"),
    (cut(BUNDLE, 77 * 5), "entry 5 cannot be read: tile/entries/000 ends before it; 256 entries belong there"),
    (cut(BUNDLE, 77 * 5 + 1), "entry 5 cannot be read: tile/entries/000 is cut off inside it"),
    (cut(BUNDLE, 77 * 5 + 70), "entry 5 cannot be read: tile/entries/000 is cut off inside it"),
    (cut(BUNDLE, 0), "entry 0 cannot be read: tile/entries/000 ends before it; 256 entries belong there"),
    (put(BUNDLE, LONG * 256), "entry 0 begins with 00000000, 77676c01 belongs there"),
    (put(BUNDLE, LONG * 256 + b"\0"), "tile/entries/000 has more than 16,777,472 bytes"),
    (more(BUNDLE, b"\0\0"), "tile/entries/000 has 2 bytes too many at its end"),
    (more(LAST, b"\0\0"), "tile/entries/001.p/44 has 2 bytes too many at its end"),
    (cut("tile/0/000", 8191), "tile/0/000 has 8,191 bytes, 8,192 belong there"),
    (cut("tile/0/000", 0), "tile/0/000 has 0 bytes, 8,192 belong there"),
    (more("tile/0/000", b"\0"), "tile/0/000 has more than 8,192 bytes"),
    (more("tile/0/001.p/44", bytes(32)), "tile/0/001.p/44 has 1,440 bytes, 1,408 belong there"),
    (put("tile/0/0", b""), "'tile/0/0' does not belong to a log"),
    (put("tile/0/x000/001", b""), "'tile/0/x000/001' does not belong to a log"),
    (put("tile/00/000", b""), "'tile/00' does not belong to a log"),
    (put("tile/64/000", b""), "'tile/64/000' does not belong to a log"),
    (put("tile/0/000.p/256", b""), "'tile/0/000.p/256' does not belong to a log"),
    (put("tile/0/000.p/0", b""), "'tile/0/000.p/0' does not belong to a log"),
    (put("tile/0/000.p/01", b""), "'tile/0/000.p/01' does not belong to a log"),
    (put("tile/0/\u0661\u0662\u0663", b""), "'tile/0/\\u0661\\u0662\\u0663' does not belong to a log"),
    (put("notes.txt", b"hello"), "'notes.txt' does not belong to a log"),
    (put("a\nb", b""), "'a\\nb' does not belong to a log"),
    (put("tile/0/000.p/7", bytes(7 * 32)), "tile/0/000.p/7 is not the beginning of what came after it"),
    (put("tile/entries/000.p/7", bytes(7 * 77)), "tile/entries/000.p/7 is not the beginning of what came after it"),
    (lambda root: (root / "tile/2").symlink_to(root), "'tile/2' does not belong to a log"),
    (lambda root: os.mkfifo(root / "tile/0/002"), "'tile/0/002' does not belong to a log"),
    (lambda root: (root / "tile/0/002").mkdir(), "'tile/0/002' does not belong to a log"),
]


@pytest.mark.parametrize(("change", "line"), FAULTS, ids=[line.replace("/", ".")[:60] for _, line in FAULTS])
def test_each_fault_has_a_line(change: Change, line: str, tmp_path: Path) -> None:
    root = naive.log_at(tmp_path, 300)
    change(root)
    assert first(root).startswith(line)


@pytest.mark.parametrize("size", [301, 10**6, (1 << 62) - 1, (1 << 63) - 1])
def test_a_checkpoint_over_more_than_is_there_is_told_at_once(size: int, tmp_path: Path) -> None:
    root, text = naive.log_at(tmp_path, 300), naive.body(size, bytes(32))
    (root / "checkpoint").write_text(text + "\n" + naive.signature(text, 1))
    assert "missing" in first(root)
    naive.lay(root, {f"tile/entries/{naive.number(10**15)}": b"", f"tile/63/{naive.number(10**15)}": b""})
    assert "missing" in first(root)
    assert len(checked(root).faults) < 10


def test_an_entry_of_another_form_is_named(tmp_path: Path) -> None:
    data = naive.entries(300)
    for other, says in (
        (b"hello", "begins with nothing"),
        (b"WGL\x01" + data[9][4:], "begins with 57474c01"),
        (data[9][:-1], "has 74 bytes"),
        (data[9] + b"\0", "has 76 bytes"),
        (naive.entry(9, desk=b"fr\xffud"), "has the desk b'fr\\xffud'"),
        (naive.entry(9, desk=b""), "has 70 bytes"),
        (naive.entry(9, desk=b"x" * 33), "has 103 bytes"),
    ):
        changed = [*data[:9], other, *data[10:]]
        root = naive.lay(tmp_path, naive.tree_files(changed) | {"checkpoint": naive.checkpoint(changed)})
        report = checked(root)
        assert len(report.faults) == 1
        assert report.faults[0].startswith(f"entry 9 {says}")
        assert audit(root, [KEY], any_form=True).faults == []


def test_kinds_and_recipes_are_counted(tmp_path: Path) -> None:
    facts = checked(naive.log_at(tmp_path, 300)).facts
    assert facts["kinds"] == {"decision": 257, "observation": 43}
    assert len(facts["recipes"]) == 1


def test_partial_files_of_earlier_checkpoints_are_compared(tmp_path: Path) -> None:
    for size in (3, 44, 256, 270, 300):
        root = naive.log_at(tmp_path, size)
    report = checked(root)
    assert report.faults == []
    assert report.facts["older"] == 6


def test_a_full_tile_stands_for_a_partial_one_that_was_removed(tmp_path: Path) -> None:
    root = naive.lay(
        tmp_path, naive.tree_files(naive.entries(700)) | {"checkpoint": naive.checkpoint(naive.entries(300))}
    )
    report = checked(root)
    assert "tile/1/000.p/1 is missing" in report.faults  # this one no full tile has replaced
    naive.lay(root, {"tile/1/000.p/1": (root / "tile/1/000.p/2").read_bytes()[:32]})
    report = checked(root)
    assert report.faults == []
    assert report.unchecked[1] == "5 files beyond the checkpoint, the first tile/entries/001: nobody signed them"
    flip(root / "tile/entries/001", 50)
    assert first(root).startswith("entry 256 is not the one that was logged")


def test_a_thousand_faults_are_counted_and_a_hundred_kept(tmp_path: Path) -> None:
    root = naive.log_at(tmp_path, 1024)
    naive.lay(root, {f"tile/0/{naive.number(at)}": bytes(8192) for at in range(4)})
    report = checked(root)
    assert (report.fault_count, len(report.faults)) == (1024, 100)


@pytest.mark.parametrize("size", [1, 2, 3, 8, 13, 33])
def test_every_path_leads_to_the_root(size: int) -> None:
    leaves = [naive.leaf(entry) for entry in naive.entries(size)]

    def path(at: int, part: list[bytes]) -> list[bytes]:
        if len(part) == 1:
            return []
        k = 1 << ((len(part) - 1).bit_length() - 1)
        if at < k:
            return [*path(at, part[:k]), naive.mth(part[k:])]
        return [*path(at - k, part[k:]), naive.mth(part[:k])]

    for at in range(size):
        assert climb(leaves[at], at, size, path(at, leaves)) == naive.mth(leaves)


def kept(path: Path, data: list[bytes]) -> Path:
    """A checkpoint that an auditor kept."""
    path.write_bytes(naive.checkpoint(data))
    return path


@pytest.mark.parametrize("size", [0, 1, 3, 255, 256, 257, 300, 512, 700])
def test_a_log_has_grown_from_each_of_its_heads(size: int, tmp_path: Path) -> None:
    data, root = naive.entries(size), naive.log_at(tmp_path / "log", size)
    olds = [old for old in (0, 1, 2, 7, 255, 256, 257, 299, 300, 511, 512, 513, 600, 700) if old <= size]
    files = [kept(tmp_path / f"kept{old}", data[:old]) for old in olds]
    report = audit(root, [KEY], since=files)
    assert report.faults == []
    assert report.facts["grown_from"] == olds


@pytest.mark.parametrize("old", [6, 256, 300, 512])
def test_a_log_that_was_written_anew_did_not_grow_from_what_it_was(old: int, tmp_path: Path) -> None:
    """A firm that changes an entry and signs the whole log again: only what somebody kept speaks against it."""
    data = naive.entries(512)
    file = kept(tmp_path / "kept", [*data[:5], naive.entry(10**6), *data[6:old]])
    root = naive.log_at(tmp_path / "log", 512)
    assert checked(root).faults == []
    faults = audit(root, [KEY], since=[file]).faults
    assert len(faults) == 1
    assert f"the root of {old:,} entries was " in faults[0]
    assert faults[0].endswith("some were changed, dropped or put in between")


def test_what_a_kept_checkpoint_may_have_wrong_is_told(tmp_path: Path) -> None:
    root, data = naive.log_at(tmp_path / "log", 10), naive.entries(20)
    text = naive.body(2, bytes(32), "bank.example/log/other")
    for content, says in (
        (naive.checkpoint(data), "the log had 20 entries and has 10 now: some were taken away"),
        (naive.checkpoint(data[:2], ["\N{EM DASH} nobody AAAAAAAA\n"]), "the checkpoint is not signed by"),
        (f"{text}\n{naive.signature(text, 1)}".encode(), "it is of another log, 'bank.example/log/other'"),
        (b"", "the checkpoint is not three lines"),
    ):
        (tmp_path / "kept").write_bytes(content)
        (fault,) = audit(root, [KEY], since=[tmp_path / "kept"]).faults
        assert fault.startswith(f"{tmp_path / 'kept'}: {says}")
    assert audit(root, [KEY], since=[tmp_path / "nowhere"]).faults == [f"{tmp_path / 'nowhere'}: no such file"]


def spoilt(data: bytes, other: bytes, draw: random.Random) -> bytes:
    """A file cut, filled, overwritten or exchanged somewhere."""
    at, more = draw.randrange(len(data) + 1), draw.randrange(1, 300)
    return draw.choice(
        [data[:at], data[:at] + draw.randbytes(more) + data[at:], data[:at] + data[at + more :], other,
         data[:at] + draw.randbytes(10) + data[at + 10 :], draw.randbytes(draw.randrange(70_000))]
    )  # fmt: skip


def test_damage_of_any_kind_is_found_and_told(tmp_path: Path) -> None:
    root, draw = naive.log_at(tmp_path, 600), random.Random(9)
    good = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    for _ in range(300):
        for path in draw.choices(sorted(good), k=draw.choice((1, 1, 2, 5))):
            if draw.random() < 0.15:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(spoilt(good[path], good[draw.choice(sorted(good))], draw))
        now = {path: path.read_bytes() for path in good if path.exists()}
        assert bool(checked(root).faults) is (now != good)
        for path, data in good.items():
            path.write_bytes(data)
