"""`waglan decide`: the same answers and the same root however lines come; Ctrl-C, closed pipes, no libgomp."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Command

WAGLAN = [sys.executable, "-c", "from waglan.cli import main; main()"]


def fresh(name: str, waglan: Command) -> None:
    Path("none.jsonl").write_bytes(b'{"id": "H", "ts_ns": 1, "payer": "a", "payee": "b", "amount": 1}\n')
    made = waglan("replay", "trained", "--data", "none.jsonl", "--book", name, "--seed", "7")
    assert made.status == 0, made.err


def test_one_root_over_chunk_sizes(desk: Path, waglan: Command) -> None:
    found = []
    for chunk in (1, 7, 1000):
        name = f"book{chunk}"
        fresh(name, waglan)
        said = waglan("decide", name, "live.jsonl", "--chunk", str(chunk), "--seed", "7")
        assert said.status == 0, said.err
        assert len(said.out.splitlines()) == len(Path("live.jsonl").read_bytes().splitlines())
        found.append((said.out, json.loads(waglan("verify", name, "--json").out)["root"]))
    assert found[0] == found[1] == found[2]


def test_answers_tell_what_became_of_each_line(desk: Path, waglan: Command) -> None:
    fresh("book", waglan)
    lines: list[dict[str, Any] | str] = [
        {"id": "A1", "ts_ns": 2 * 10**18, "payer": "a", "payee": "b", "amount": 100},
        "",
        "not json",
        {"id": "A1", "ts_ns": 2 * 10**18, "payer": "a", "payee": "b", "amount": 900_000},
        {"id": "A2", "ts_ns": 2 * 10**18, "payer": "a", "payee": "b", "amount": -5},
        {"id": "A1/outcome", "kind": "outcome", "ts_ns": 2 * 10**18 + 1, "payee": "b", "outcome": True},
    ]
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    Path("some.jsonl").write_text(text)  # no end on the last line
    said = waglan("decide", "book", "some.jsonl")
    answers = [json.loads(line) for line in said.out.splitlines()]
    told = [(a["id"], a["refusal"], a["duplicate"], a["verb"] is not None) for a in answers]
    assert told == [
        ("A1", None, False, True),
        ("", "bad_line", False, False),
        ("A1", None, True, True),
        ("", "negative", False, False),
        ("A1/outcome", None, False, False),
    ]
    assert answers[2]["score_micro"] == answers[0]["score_micro"]
    assert "row 1  'not json'" in said.err
    assert "row 3 amount '-5'" in said.err


def test_no_events_are_no_answers(desk: Path, waglan: Command) -> None:
    fresh("book", waglan)
    assert waglan("decide", "book", "/dev/null") == (0, "", "")


def test_a_crash_loses_nothing_that_was_answered(desk: Path, waglan: Command) -> None:
    """Half the lines, a process that is killed, the other half: the root of never having stopped."""
    fresh("whole", waglan)
    fresh("broken", waglan)
    lines = Path("live.jsonl").read_bytes().splitlines(keepends=True)
    half = len(lines) // 2
    waglan("decide", "whole", "live.jsonl", "--seed", "7")
    root = json.loads(waglan("verify", "whole", "--json").out)["root"]
    with subprocess.Popen(
        [*WAGLAN, "decide", "broken", "--seed", "7"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"".join(lines[:half]))
        process.stdin.flush()
        answered = [process.stdout.readline() for _ in range(half)]
        process.kill()
    assert json.loads(answered[-1])["position"] > 0
    Path("rest.jsonl").write_bytes(b"".join(lines[half:]))
    waglan("decide", "broken", "rest.jsonl", "--seed", "7")
    assert json.loads(waglan("replay", "broken", "--json").out)["same"]
    verified = json.loads(waglan("verify", "broken", "--json").out)
    whole = json.loads(waglan("verify", "whole", "--json").out)
    assert verified["records"] == whole["records"]
    assert root == whole["root"]


def test_control_c_ends_the_wait_and_the_book_is_whole(desk: Path, waglan: Command) -> None:
    fresh("book", waglan)
    first = Path("live.jsonl").read_bytes().splitlines(keepends=True)[0]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*WAGLAN, "decide", "book"], **pipes) as process:  # type: ignore[call-overload]
        process.stdin.write(first)
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        said = process.stderr.read().decode()
    assert answer["position"] >= 0
    assert said == "interrupted; 1 events answered, all of them in book\n"
    assert json.loads(waglan("replay", "book", "--json").out)["same"]


def test_a_reader_that_leaves_is_no_traceback(desk: Path, waglan: Command) -> None:
    fresh("book", waglan)
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([*WAGLAN, "decide", "book", "live.jsonl"], stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert json.loads(waglan("replay", "book", "--json").out)["same"]


def test_a_machine_without_openmp_is_one_line(desk: Path) -> None:
    """LightGBM fails to load with an OSError where libgomp is absent: a stand-in for such a machine."""
    Path("absent").mkdir()
    missing = "libgomp.so.1: cannot open shared object file: No such file or directory"
    Path("absent/lightgbm.py").write_text(f"raise OSError({missing!r})\n")
    command = [*WAGLAN, "train", "trained", "events.jsonl", "-o", "out"]
    environment = os.environ | {"PYTHONPATH": "absent"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 2
    assert done.stderr == "waglan: LightGBM needs the system library libgomp: apt-get install libgomp1\n"


@pytest.mark.parametrize("module", ["waglan", "waglan.cli"])
def test_importing_is_light(module: str) -> None:
    code = f"import sys, {module}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


HEAVY = ("numpy", "numba", "pyarrow", "sqlalchemy", "lightgbm", "rich", "waglan.book")
