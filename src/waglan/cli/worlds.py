"""`waglan world` and `waglan demo`: a desk's seeded world as files, or lived through, where real data may not go."""

from pathlib import Path
from typing import Annotated, Final

import typer

from waglan.cli.console import pairs, progress, say
from waglan.cli.options import Json

RECIPE: Final = Path(__file__).parent.parent / "desks" / "fraud" / "hk-payments.toml"
"""The fraud desk's own recipe, which comes with the package."""


def world(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="directory for the files")],
    seed: Annotated[int, typer.Option(metavar="N", help="the same seed gives the same bytes")] = 1,
    days: Annotated[int, typer.Option(metavar="N", help="days, from 5 January 2026 on")] = 60,
    payments: Annotated[int, typer.Option(metavar="N", help="payments in all")] = 1_000_000,
    as_json: Json = False,
) -> None:
    """Simulate Hong Kong payments and their frauds, as files.

    Writes Parquet files of card and FPS payments, of what became known about them later, and of the truth; `events` has
    all that a desk would see, in order. The desk's recipe, hk-payments.toml, is put beside them.

    \b
    Example:
      waglan world world --seed 7 --payments 60000
    """
    from waglan.desks.fraud.world import simulate

    with progress("simulating payments"):
        made = simulate(seed, days=days, payments=payments)
    with progress("writing files"):
        files = made.write(out)
        recipe = out / RECIPE.name
        recipe.write_bytes(RECIPE.read_bytes())
    facts = {
        "seed": seed,
        "days": days,
        "payments": made.payments.num_rows,
        "outcomes": made.outcomes.num_rows,
        "recipe": str(recipe),
        "files": [str(file) for file in files],
    }
    say(as_json, facts, lambda: pairs(f"a world of payments in {out}", facts | {"files": [f.name for f in files]}))


def demo(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="directory for the book and the page")] = Path("demo"),
    seed: Annotated[int, typer.Option(metavar="N", help="seed of the world and of the keys")] = 1,
    payments: Annotated[int, typer.Option(metavar="N", help="payments in all")] = 1_000_000,
    days: Annotated[int, typer.Option(metavar="N", help="days simulated")] = 60,
    live: Annotated[int, typer.Option(metavar="N", help="days at the end that are run as if live")] = 7,
    threads: Annotated[int, typer.Option(metavar="N", min=1, help="threads; the answers are the same")] = 2,
    as_json: Json = False,
) -> None:
    """Run the fraud desk from nothing to a proved decision.

    Simulates payments, trains on all but the last week, decides that week as if live with analysts' verdicts coming
    back, retrains, and runs the new model in shadow. Writes the book, report.html, report.json and proof.json.

    \b
    Example:
      waglan demo demo --seed 7
    """
    from waglan.cli.demo import demo as run

    run(out, seed, payments, days, live, threads, as_json)
