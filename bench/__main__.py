"""All comparisons one after the other, and their table in the README: `make bench`.

Each runs in a process of its own, so that no peer's threads, caches or imports weigh on the next. `--json` prints what
they found; `--only NAME ...` runs some and leaves the README alone. `--keep FILE` holds what was found as it comes, so
that a run which is broken off goes on where it was; the README is written when nothing is missing.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from bench.table import rows, written

ROOT: Final = Path(__file__).parent.parent
DATA: Final = Path(os.environ.get("WAGLAN_DATA", ROOT.parent / "shared")) / "data"
HANDBOOK: Final = DATA / "handbook_transactions.parquet"
RUNS: Final[dict[str, list[str]]] = {
    "features": ["--data", str(HANDBOOK)],
    "decide": [],
    "parts": [],
    "ledger": [],
    "durable": [],
    "vault": [],
    "world": [],
    "handbook": ["--data", str(HANDBOOK)],
    "foreign": [],
    "options": [],
    "risk": [],
    "guard": [],
    "contributions": [],
    "fills": [],
    "generation": [],
    "exceptions": [],
    "research": [],
    "score": [],
    "recourse": ["--data", str(DATA / "taiwan_default.parquet")],
    "fairness": ["--part", "speed", "streams"],
    "credit": ["--data", str(DATA / "taiwan_default.parquet"), str(DATA / "south_german_credit.asc")],
}


def found(name: str) -> Any:
    """What one comparison printed; its progress goes through to stderr. Exits with its message if it failed."""
    print(f"{name} ...", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", f"bench.{name}", *RUNS[name], "--json"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        sys.exit(f"bench.{name} ended with status {done.returncode}")
    return json.loads(done.stdout)


def machine() -> str:
    """What it ran on, as far as a reader can use it."""
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", nargs="*", choices=list(RUNS), help="these alone; the README stays as it is")
    parser.add_argument("--keep", type=Path, help="a file of what was found already, and of what is found now")
    parser.add_argument("--json", action="store_true", help="print what was found")
    asked = parser.parse_args()
    if not HANDBOOK.exists():
        sys.exit(f"the data is not there: {HANDBOOK}; set WAGLAN_DATA")
    results: dict[str, Any] = json.loads(asked.keep.read_text()) if asked.keep and asked.keep.exists() else {}
    for name in asked.only or RUNS:
        results[name] = results.get(name) or found(name)
        if asked.keep:
            asked.keep.write_text(json.dumps(results))
    results = {name: results[name] for name in RUNS if name in results}
    lines = rows(results)
    if asked.json:
        print(json.dumps({"machine": machine(), "results": results, "table": lines}))
    else:
        print("\n".join(lines))
    if len(results) == len(RUNS):
        written(ROOT / "README.md", machine(), lines)


if __name__ == "__main__":
    main()
