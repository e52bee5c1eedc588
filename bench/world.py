"""How fast the fraud desk's world is made, on one core, with a hash of the answer.

python -m bench.world [--payments 1000000] [--seed 1] [--repeats 3] [--json]
python -m bench.world --page      writes the parameter table into docs/reference/world.md
"""

import argparse
import json
import resource
import time
from pathlib import Path

from waglan.desks.fraud.parameters import rendered
from waglan.desks.fraud.world import simulate

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "world.md"
BEGIN, END = "<!-- parameters -->\n", "<!-- end of parameters -->\n"


def measure(seed: int, payments: int, repeats: int) -> dict[str, int | str | list[float]]:
    """Seconds of processor time for each repeat, payments a second at best, memory at most, and the hash."""
    spent = []
    for _ in range(repeats):
        started = time.process_time()
        world = simulate(seed, payments=payments)
        spent.append(round(time.process_time() - started, 3))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {
        "payments": payments, "seed": seed, "seconds": spent, "payments_per_s": int(payments / min(spent)),
        "memory_mb": memory, "sha256": world.digest(),
    }  # fmt: skip


def write_page() -> None:
    """The table in the reference page is written by code, between its two marks."""
    page = PAGE.read_text()
    head, rest = page.split(BEGIN)
    PAGE.write_text(head + BEGIN + rendered() + END + rest.split(END)[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--payments", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--page", action="store_true")
    given = parser.parse_args()
    if given.page:
        write_page()
        return
    result = measure(given.seed, given.payments, given.repeats)
    if given.json:
        print(json.dumps(result))
    else:
        print("\n".join(f"{name}: {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
