"""`waglan world`: a desk's seeded world as files, for trying things out where real data may not go."""

from pathlib import Path
from typing import Annotated

import typer

from waglan.cli.app import app, pairs, progress, say
from waglan.desks.fraud.world import simulate

Json = Annotated[bool, typer.Option("--json", help="One JSON object in place of text.")]


@app.command()
def world(
    out: Annotated[Path, typer.Argument(help="directory for the files")],
    seed: Annotated[int, typer.Option(help="the same seed gives the same bytes")] = 1,
    days: Annotated[int, typer.Option(help="days simulated")] = 60,
    payments: Annotated[int, typer.Option(help="payments in all, about")] = 1_000_000,
    as_json: Json = False,
) -> None:
    """Simulate Hong Kong card and FPS payments with their frauds; writes Parquet files.

    Example: waglan world world --seed 7 --days 60 --payments 1000000
    """
    with progress("simulating", 1) as step:
        made = simulate(seed, days=days, payments=payments)
        files = made.write(out)
        step(1)
    facts = {"seed": seed, "days": days, "payments": made.payments.num_rows, "files": [str(f) for f in files]}
    say(as_json, facts, lambda: pairs("a world of payments", facts | {"files": ", ".join(f.name for f in files)}))
