"""Who signed: the vectors of Go and C2SP, and everything that a key, a note or a checkpoint may have wrong."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.auditor import naive
from waglan.auditor.verify import (
    LOG_KEY,
    WITNESS_KEY,
    Checkpoint,
    Fault,
    Report,
    audit,
    check_signatures,
    read_checkpoint,
    read_key,
)

W1 = "witness.example/w1"
TEXT = naive.body(2, naive.mth([naive.leaf(one) for one in naive.entries(2)]))


@pytest.fixture
def notes(shared: Callable[[str], Path]) -> Any:
    """Vectors that nobody here made."""
    return json.loads(shared("oracles/merkle_and_notes.json").read_bytes())["notes"]


def signed(note: str) -> Checkpoint:
    """A note that is no checkpoint, as one, so that its signatures can be checked."""
    text, _, lines = note.rpartition("\n\n")
    like = read_checkpoint((naive.body(0, bytes(32)) + "\n" + lines).encode())
    return like._replace(text=text + "\n", origin=like.signatures[0][0])


def test_foreign_notes_are_signed_by_their_keys(notes: Any) -> None:
    one, two = notes["c2sp_signed_note"], notes["golang_sumdb"]
    report = Report()
    check_signatures(signed(one["note"]), [read_key(one["vkey"], LOG_KEY)], [], report)
    assert report.facts["signed_by"] == ["example.com/foo"]
    go = signed(two["text"] + "\n" + two["sig"] + two["cosig_zero_reader_EnochRoot"])
    check_signatures(go, [read_key(two["vkey"], LOG_KEY)], [], report)
    with pytest.raises(Fault, match=r"PeterNeumann\+c74f20a3 on the checkpoint is false"):
        check_signatures(go._replace(text=two["text"] + " "), [read_key(two["vkey"], LOG_KEY)], [], report)


def test_foreign_bad_keys_are_refused(notes: Any) -> None:
    for text in notes["golang_sumdb"]["bad_vkeys"]:
        with pytest.raises(Fault, match=r"PeterNeumann|this is not base64"):
            read_key(text, LOG_KEY)


def test_foreign_checkpoints_are_read(notes: Any) -> None:
    found = read_checkpoint(notes["c2sp_checkpoint_example"].encode())
    assert (found.origin, found.size) == ("example.com/behind-the-sofa", 20852163)
    tree = notes["golang_tlog_tree"]
    found = read_checkpoint((tree["body"] + "\n" + naive.signature(tree["body"], 1)).encode())
    assert (found.origin, found.size) == ("go.sum database tree", tree["n"])


GOOD = naive.vkey(1)
BAD_KEYS = [
    ("", "a key is NAME"),
    ("bank", "a key is NAME"),
    ("PRIVATE+KEY+bank+12345678+AAAA", "^this is a private key; the public one was expected, and nobody else"),
    ("bank+12345678", "a key is NAME"),
    (GOOD.replace("+", "-", 1), "a key is NAME"),
    (GOOD.replace("bank", "ba nk"), "a key is NAME"),
    (GOOD[:-4], "a key is NAME"),
    (GOOD[:-1], "this is not base64"),
    (GOOD + "=", "this is not base64"),
    (GOOD.replace("bank", "bang"), "does not belong to its own id"),
    (naive.vkey(1, kind=4), "the key of a log was expected, the key .* is that of a witness"),
    (naive.vkey(1, kind=9), "the key of a log was expected, the key .* is that of type 9"),
]


@pytest.mark.parametrize(("text", "says"), BAD_KEYS)
def test_a_bad_key_is_told(text: str, says: str) -> None:
    with pytest.raises(Fault, match=says):
        read_key(text, LOG_KEY)


ROOT64 = TEXT.split("\n")[2]
LINE = naive.signature(TEXT, 1)
BAD_CHECKPOINTS = [
    (b"", "is not three lines of text or more"),
    (TEXT.encode(), "is not three lines of text or more"),
    ((TEXT + LINE).encode(), "is not three lines of text or more"),
    ((TEXT + "\n").encode(), "is not three lines of text or more"),
    ((TEXT + "\n" + LINE[:-1]).encode(), "is not three lines of text or more"),
    (("\n" + TEXT + "\n" + LINE).encode(), "is not three lines of text or more"),
    ((TEXT + "\n\n" + LINE).encode(), "is not three lines of text or more"),
    (f"a\n2\n\n{LINE}".encode(), "is not three lines of text or more"),
    (f"a\n02\n{ROOT64}\n\n{LINE}".encode(), "size is '02'"),
    (f"a\n-2\n{ROOT64}\n\n{LINE}".encode(), "size is '-2'"),
    (f"a\n2 \n{ROOT64}\n\n{LINE}".encode(), "size is '2 '"),
    (f"a\n\u0662\n{ROOT64}\n\n{LINE}".encode(), "size is '\u0662'"),
    (f"a\n{'9' * 5000}\n{ROOT64}\n\n{LINE}".encode(), "size is '999"),
    (f"a\n{1 << 63}\n{ROOT64}\n\n{LINE}".encode(), "size is '9223"),
    (f"a\n2\n{ROOT64[:-1]}\n\n{LINE}".encode(), "this is not base64"),
    (f"a\n2\n{ROOT64[:-4]}\n\n{LINE}".encode(), "root has 30 bytes"),
    (b"a\xff" + TEXT.encode(), "is not UTF-8 at byte 1"),
    (b"a\r" + TEXT.encode(), "holds a control character"),
    ((TEXT + "\n" + LINE.replace("—", "-")).encode(), "this is no line of a signature"),
    ((TEXT + "\n" + LINE.replace(" bank", " b+ank")).encode(), "this is no line of a signature"),
    ((TEXT + "\n" + LINE.replace(" bank", " b\u2003ank")).encode(), "this is no line of a signature"),
    ((TEXT + "\n— bank.example/log AAAAAA==\n").encode(), "has 4 bytes"),
    ((TEXT + "\n— bank.example/log\n").encode(), "this is not base64"),
]


@pytest.mark.parametrize(("data", "says"), BAD_CHECKPOINTS)
def test_a_bad_checkpoint_is_told(data: bytes, says: str, tmp_path: Path) -> None:
    root = naive.lay(tmp_path, {"checkpoint": data})
    assert says in audit(root).faults[0]
    assert audit(root).faults[0].startswith("checkpoint: ")


def judged(lines: list[str], keys: list[str], witnesses: list[str], tmp_path: Path) -> Report:
    """The audit of a log of two whose checkpoint has these lines of signatures."""
    data = naive.entries(2)
    root = naive.lay(tmp_path, naive.tree_files(data) | {"checkpoint": naive.checkpoint(data, lines)})
    return audit(root, [read_key(k, LOG_KEY) for k in keys], [read_key(w, WITNESS_KEY) for w in witnesses])


SIGNED, OTHER = naive.signature(TEXT, 1), naive.signature(TEXT, 2)
COSIGNED = naive.cosignature(TEXT, 3, W1, 1_700_000_000)
WITNESS = naive.vkey(3, W1, 4)
FALSE = naive.signature(TEXT + "x", 1)
UNDER = naive.vkey(5, "bank.example")


@pytest.mark.parametrize(
    ("lines", "keys", "witnesses", "fault"),
    [
        ([SIGNED], [GOOD], [], ""),
        ([SIGNED], [], [], ""),
        ([OTHER, SIGNED, COSIGNED], [GOOD], [WITNESS], ""),
        ([OTHER, SIGNED], [GOOD, naive.vkey(4)], [], ""),  # an older key beside the one in force
        ([naive.signature(TEXT, 5, "bank.example")], [UNDER], [], ""),  # a key speaks for what lies under its name
        ([OTHER], [GOOD], [], "the checkpoint is not signed by bank.example/log+6074210a"),
        ([FALSE], [GOOD], [], "the signature of bank.example/log+6074210a on the checkpoint is false"),
        ([SIGNED, FALSE], [GOOD], [], "the signature of bank.example/log+6074210a on the checkpoint is false"),
        ([SIGNED.replace("log", "lag")], [GOOD], [], "the checkpoint is not signed by"),
        ([SIGNED], [GOOD], [WITNESS], "the witness witness.example/w1+"),
        ([SIGNED, naive.signature(TEXT, 3, W1)], [GOOD], [WITNESS], "the witness witness.example/w1+"),
        (
            [SIGNED, naive.cosignature(TEXT + "x", 3, W1, 1)],
            [GOOD],
            [WITNESS],
            "the signature of witness.example/w1+",
        ),
        ([SIGNED, naive.cosignature(TEXT, 3, W1, 1 << 63)], [GOOD], [WITNESS], "the signature of witness.example/w1+"),
        (
            [naive.signature(TEXT, 1, "bank.exam")],
            [naive.vkey(1, "bank.exam")],
            [],
            "the checkpoint is of 'bank.example/log'; the key 'bank.exam' does not speak for it",
        ),
    ],
)
def test_who_must_have_signed(
    lines: list[str], keys: list[str], witnesses: list[str], fault: str, tmp_path: Path
) -> None:
    report = judged(lines, keys, witnesses, tmp_path)
    assert len(report.faults) == bool(fault)
    assert not fault or report.faults[0].startswith(fault)


def test_what_was_not_checked_is_said(tmp_path: Path) -> None:
    report = judged([SIGNED, COSIGNED], [], [], tmp_path)
    assert report.unchecked[:2] == [
        "who signed the checkpoint: no --key was given",
        "whether others are shown another log: no --witness was given",
    ]
    report = judged([SIGNED, COSIGNED], [GOOD], [WITNESS], tmp_path)
    assert ("cosigned", f"by {W1}, key {WITNESS.split('+')[1]}, at 2023-11-14 22:13:20 UTC") in report.checked
    assert len(report.unchecked) == 1


@pytest.mark.parametrize("at", [0, 1 << 36, (1 << 63) - 1])
def test_a_time_that_no_calendar_has_is_no_traceback(at: int, tmp_path: Path) -> None:
    assert judged([SIGNED, naive.cosignature(TEXT, 3, W1, at)], [GOOD], [WITNESS], tmp_path).faults == []
