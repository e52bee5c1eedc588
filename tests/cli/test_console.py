"""How the commands speak: columns that line up, whole numbers with commas, nothing cut, colour for people alone."""

import os
import pty
import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from waglan.cli.console import filled, money, pairs, shown, table, wide


def test_pairs_line_up_and_mappings_follow_their_name() -> None:
    assert pairs("title", {"log_bytes": 1234567, "cut": {"warn": -5}, "same": True, "bad": []}) == [
        "title",
        "  log bytes  1,234,567",
        "  cut: warn  -5",
        "  same       yes",
        "  bad        none",
    ]


def test_a_digest_fits_into_80_columns() -> None:
    lines = pairs("t", {"a_name_of_more_letters": 1, "root": "ab" * 32})
    assert lines[2] == "  root  " + "ab" * 32
    assert max(map(wide, lines)) < 80


def test_tables_put_numbers_to_the_right() -> None:
    assert table("t", ("verb", "n", "note"), [("approve", 12345, "x"), ("審核", 1, "yy")]) == [
        "t",
        "  verb          n  note",
        "  approve  12,345  x",
        "  審核          1  yy",
    ]
    assert table("t", ("a", "b"), []) == ["t", "  a  b"]


def test_values() -> None:
    told = [shown(v) for v in (None, True, False, 0, -1234, 0.84751, [], [1000, "a"], "x")]
    assert told == ["none", "yes", "no", "0", "-1,234", "0.848", "none", "1,000, a", "x"]


def test_money_is_exact() -> None:
    assert money(123456789, "HKD", 2) == "HKD 1,234,567.89"
    assert money(-5, "HKD", 2) == "HKD -0.05"
    assert money(1500, "JPY", 0) == "JPY 1,500"
    assert money((1 << 62) + 1, "KWD", 3) == "KWD 4,611,686,018,427,387.905"


@given(st.text(st.characters(categories=["L", "N"]), max_size=8), st.integers(0, 30), st.booleans())
def test_filled_has_the_width_or_more(text: str, width: int, right: bool) -> None:
    assert wide(filled(text, width, right)) == max(wide(text), width)


TERMINAL = """
from waglan.cli.console import complain, pairs, progress, say
root = "ab" * 32
with progress("counting", 3) as step:
    for _ in range(3):
        step(1)
with progress("thinking"):
    pass
say(False, {}, lambda: pairs("title", {"root": root}))
complain("no")
"""


def seen(**environment: str) -> str:
    """What a terminal of 40 columns is sent."""
    ours, theirs = pty.openpty()
    env = os.environ | {"TERM": "xterm", "COLUMNS": "40", "LINES": "20"} | environment
    with subprocess.Popen([sys.executable, "-c", TERMINAL], stdout=theirs, stderr=theirs, env=env) as process:
        os.close(theirs)
        parts = []
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # Linux: the other end is closed
                break
            if not part:
                break
            parts.append(part)
        assert process.wait(30) == 0
    os.close(ours)
    return b"".join(parts).decode()


def test_a_narrow_terminal_gets_whole_roots_and_colour() -> None:
    text = seen()
    assert "ab" * 32 in text
    assert "counting" in text
    assert "\x1b[31mwaglan: no\x1b[0m" in text
    assert "\x1b[1mtitle" in text


def test_no_color_is_heard() -> None:
    text = seen(NO_COLOR="1")
    assert "\x1b[31m" not in text
    assert "waglan: no" in text


def test_without_a_terminal_there_is_plain_text_and_a_line_for_each_stage(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", TERMINAL], capture_output=True, text=True, check=True)
    assert "\x1b" not in done.stdout + done.stderr
    stages = done.stderr.splitlines()
    assert [line.split()[0] for line in stages] == ["counting", "thinking", "waglan:"]
    assert done.stdout == f"title\n  root  {'ab' * 32}\n"
