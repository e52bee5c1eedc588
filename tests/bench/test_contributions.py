"""Component ES beside the libraries that have it, with small parameters: three ways must give one answer.

In a process of its own, as the table's comparisons are: the peers load another copy of a solver that optbinning brings,
and whichever comes second cannot be loaded.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent


def run() -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.contributions", "--assets", "12", "--scenarios", "200", "--json"]
    found: dict[str, Any] = json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)
    return found


def test_peers_agree_and_the_answer_does_not_move() -> None:
    first = run()
    assert {name: peer["apart"] < 1e-10 for name, peer in first["peers"].items()} == {
        "skfolio": True, "Riskfolio-Lib": True,
    }  # fmt: skip
    assert run()["answer"] == first["answer"]
