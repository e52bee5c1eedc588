"""The verifier is one file that needs nothing of ours: by its imports, and run by itself in an empty directory."""

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.auditor import naive, test_proof
from waglan.auditor import verify

FILE = Path(verify.__file__)


def test_it_imports_the_standard_library_and_cryptography_alone() -> None:
    names = set()
    for node in ast.walk(ast.parse(FILE.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add(str(node.module).split(".")[0])
    assert names - sys.stdlib_module_names == {"cryptography"}


def alone(tmp_path: Path, *arguments: str) -> tuple[int, str, str]:
    """Run a copy of the file as its own program, isolated, elsewhere."""
    copy = tmp_path / "elsewhere" / "verify.py"
    copy.parent.mkdir(exist_ok=True)
    shutil.copy(FILE, copy)
    done = subprocess.run(
        [sys.executable, "-I", copy, *arguments], capture_output=True, text=True, cwd=copy.parent, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_it_runs_by_itself(tmp_path: Path) -> None:
    root = naive.log_at(tmp_path / "log", 300)
    status, out, err = alone(tmp_path, str(root), "--key", naive.vkey(1))
    assert (status, err) == (0, "")
    assert out.startswith("the log holds\n")
    assert "300 read and hashed again: 257 decision, 43 observation" in out
    (root / "tile/entries/000").write_bytes(b"")
    status, out, err = alone(tmp_path, str(root), "--key", naive.vkey(1), "--json")
    facts = json.loads(out)
    assert (status, err, facts["holds"]) == (1, "", False)
    assert facts["faults"][0].startswith("entry 0 cannot be read")
    status, out, _ = alone(tmp_path, str(root))
    assert status == 1
    assert "FIRST FAULT entry 0 cannot be read" in out


def test_it_checks_a_proof_by_itself(tmp_path: Path) -> None:
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(test_proof.proof()))
    status, out, err = alone(tmp_path, "--proof", str(file), "--key", naive.vkey(1))
    assert (status, err) == (0, "")
    assert out.startswith("the proof holds\n")
    file.write_text(json.dumps(test_proof.proof() | {"index": 4}))
    assert alone(tmp_path, "--proof", str(file), "--key", naive.vkey(1))[0] == 1


def test_without_cryptography_it_says_what_it_needs(tmp_path: Path) -> None:
    root = naive.log_at(tmp_path / "log", 3)
    for given, faults in ([], []), (["--key", naive.vkey(1)], ["to check a signature the package `cryptography`"]):
        run = [sys.executable, "-I", "-S", str(FILE), str(root), *given, "--json"]
        facts = json.loads(subprocess.run(run, capture_output=True, check=False).stdout)
        assert [fault[:47] for fault in facts["faults"]] == faults


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "give either DIR or --proof FILE"),
        ((".", "--proof", "x"), "give either DIR or --proof FILE"),
        ((".", "--key", "bank"), "a key is NAME"),
        ((".", "--witness", naive.vkey(1)), "the key of a witness was expected"),
        (("--proof", "nowhere"), "nowhere: no such file"),
        (("--proof", "."), "cannot be read: Is a directory"),
    ],
)
def test_a_mistake_in_what_was_typed_is_status_2(
    arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        verify.main(arguments)
    assert left.value.code == 2
    assert says in capsys.readouterr().err


def test_a_directory_that_is_no_log_is_a_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify.main([str(tmp_path)]) == 1
    assert "FIRST FAULT checkpoint is missing" in capsys.readouterr().out
    (tmp_path / "checkpoint").mkdir()
    assert verify.main([str(tmp_path)]) == 1
    assert "FIRST FAULT checkpoint: cannot be read: Is a directory" in capsys.readouterr().out
