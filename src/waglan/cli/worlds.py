"""`waglan world` and `waglan demo`: a desk's seeded world as files, or lived through, where real data may not go."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final
from zoneinfo import ZoneInfo

import typer

from waglan.cli.console import pairs, progress, say, written
from waglan.cli.options import Json
from waglan.schema.units import MICRO, SECOND_NS, BadValue

if TYPE_CHECKING:
    from waglan.desks.credit.world import World as Loans
    from waglan.desks.fraud.world import World as Payments
    from waglan.desks.market.world import World as Floor

DESKS: Final = Path(__file__).parent.parent / "desks"
RECIPE: Final = DESKS / "fraud" / "hk-payments.toml"
"""The fraud desk's own recipe, which comes with the package."""
LOANS: Final = DESKS / "credit" / "hk-loans.toml"
"""The credit desk's."""
MARKET: Final = DESKS / "market" / "hk-market.toml"
"""The market desk's."""

Desk = Annotated[str, typer.Option(metavar="fraud|credit|market", help="whose world")]
Bias = Annotated[
    float | None, typer.Option(metavar="X", help="of credit: how unfair the past was, 0 to 1; 0 without it")
]


def world(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="directory for the files")],
    desk: Desk = "fraud",
    seed: Annotated[int, typer.Option(metavar="N", help="the same seed gives the same bytes")] = 1,
    days: Annotated[
        int | None, typer.Option(metavar="N", help="of fraud, from 5 January 2026 on: 60; of market, of history: 1,250")
    ] = None,
    payments: Annotated[int | None, typer.Option(metavar="N", help="of fraud: payments in all; 1,000,000")] = None,
    applications: Annotated[int | None, typer.Option(metavar="N", help="of credit: applications; 60,000")] = None,
    months: Annotated[int | None, typer.Option(metavar="N", help="of credit: months, from January 2021 on; 60")] = None,
    live: Annotated[
        int | None,
        typer.Option(metavar="N", help="of credit: months not decided yet, 6; of market: days, 240"),
    ] = None,
    bias: Bias = None,
    as_json: Json = False,
) -> None:
    """Simulate a desk's Hong Kong, as files.

    Of fraud: card and FPS payments, what became known about them later, and the truth. Of credit: applications for
    loans, what a past policy declined, instalments and defaults; people's attributes and the truth, the declined's
    too, apart. Of market: quotes, orders and fills, the universe of instruments, and the truth apart. `events` has all
    that a desk would see, in order. The desk's recipe is put beside the files.

    \b
    Example:
      waglan world world --seed 7 --payments 60000
      waglan world loans --desk credit --applications 20000 --bias 0.5
      waglan world floor --desk market --seed 3
    """
    asked: dict[str, Any] = {
        "days": days, "payments": payments, "applications": applications, "months": months, "live": live, "bias": bias,
    }  # fmt: skip
    given = {name: value for name, value in asked.items() if value is not None}
    if desk == "fraud":
        facts, title = _payments(out, seed, chosen(desk, given, ("days", "payments")))
    elif desk == "credit":
        facts, title = _loans(out, seed, chosen(desk, given, ("applications", "months", "live", "bias")))
    elif desk == "market":
        facts, title = _floor(out, seed, chosen(desk, given, ("days", "live")))
    else:
        raise BadValue(f"--desk is fraud, credit or market; it was {desk!r}")
    short = [Path(file).name for file in facts["files"]]
    say(as_json, facts, lambda: pairs(title, facts | {"files": short}))


def chosen(desk: str, given: dict[str, Any], own: Sequence[str]) -> dict[str, Any]:
    """Options that were given, if all of them are the desk's own."""
    strange = [name for name in given if name not in own]
    if strange:
        raise BadValue(
            f"--{strange[0]} is no option of the {desk} desk; it has {', '.join('--' + name for name in own)}"
        )
    return given


def micro(share: float) -> int:
    """A share from 0 to 1 in millionths."""
    if not 0 <= share <= 1:
        raise BadValue(f"--bias lies between 0 and 1; it was {share}")
    return round(share * MICRO)


def _payments(out: Path, seed: int, given: dict[str, Any]) -> tuple[dict[str, Any], str]:
    from waglan.desks.fraud.world import simulate

    days = given.get("days", 60)
    with progress("simulating payments"):
        made = simulate(seed, days=days, payments=given.get("payments", 1_000_000))
    facts = {
        "seed": seed, "days": days, "payments": made.payments.num_rows, "outcomes": made.outcomes.num_rows,
    }  # fmt: skip
    return facts | _written(made, out, RECIPE), f"a world of payments in {out}"


def _loans(out: Path, seed: int, given: dict[str, Any]) -> tuple[dict[str, Any], str]:
    from waglan.desks.credit.world import simulate

    bias = micro(given.pop("bias", 0.0))
    with progress("simulating applications"):
        made = simulate(seed, **given, bias_micro=bias)
    since = datetime.fromtimestamp(made.live_ns // SECOND_NS, ZoneInfo("Asia/Hong_Kong")).date().isoformat()
    facts = {
        "seed": seed, "months": made.economy.months, "applications": len(made.pd), "bias": bias / MICRO,
        "granted": int((made.granted & ~made.live).sum()), "declined": int((~made.granted & ~made.live).sum()),
        "awaiting_a_decision": int(made.live.sum()), "since": since,
    }  # fmt: skip
    return facts | _written(made, out, LOANS), f"a world of loans in {out}"


def _floor(out: Path, seed: int, given: dict[str, Any]) -> tuple[dict[str, Any], str]:
    from waglan.desks.market.world import simulate

    sizes = {{"days": "history"}.get(name, name): value for name, value in given.items()}
    with progress("simulating prices and trades"):
        made = simulate(seed, **sizes)
    stages = [trade.stage for trade in made.trades]
    facts = {
        "seed": seed, "days": made.days.history, "live": len(made.days) - made.days.history,
        "since": made.days.dates[made.days.history].isoformat(), "instruments": len(made.universe.instruments),
        "factors": len(made.universe.factors), "orders": stages.count("order"), "fills": stages.count("fill"),
        "measures": len(made.measures),
    }  # fmt: skip
    return facts | _written(made, out, MARKET), f"a world of prices in {out}"


def _written(made: "Payments | Loans | Floor", out: Path, recipe: Path) -> dict[str, Any]:
    """The files of a world with the desk's recipe beside them."""
    with progress("writing files"):
        files = made.write(out)
        written(out / recipe.name, recipe.read_bytes())
    return {"recipe": str(out / recipe.name), "files": [str(file) for file in files]}


def demo(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="directory for the book and the page")] = Path("demo"),
    desk: Desk = "fraud",
    seed: Annotated[int, typer.Option(metavar="N", help="seed of the world and of the keys")] = 1,
    payments: Annotated[int | None, typer.Option(metavar="N", help="of fraud: payments in all; 1,000,000")] = None,
    days: Annotated[
        int | None, typer.Option(metavar="N", help="of fraud: days simulated; 60; of market: history; 1,250")
    ] = None,
    applications: Annotated[int | None, typer.Option(metavar="N", help="of credit: applications; 20,000")] = None,
    months: Annotated[int | None, typer.Option(metavar="N", help="of credit: months simulated; 60")] = None,
    live: Annotated[int | None, typer.Option(metavar="N", help="days, or months, run as if live; 7, 6, or 240")] = None,
    bias: Bias = None,
    threads: Annotated[int, typer.Option(metavar="N", min=1, help="threads; the answers are the same")] = 2,
    as_json: Json = False,
) -> None:
    """Run a desk from nothing to a proved decision.

    Of fraud: simulates payments, trains on all but the last week, decides that week as if live with analysts' verdicts
    coming back, retrains, and runs the new model in shadow. Writes the book, report.html, report.json and proof.json.
    Of credit: simulates five years of loans, trains champion and challengers, validates them, decides the last months
    as if live, overrides, answers an appeal, tells the refused what would have been enough, and asks who was treated
    how. Writes the book, validation.html, fairness.html, recourse.json and proof.json.
    Of market: simulates five years of prices and a bank's trading, fits volatilities to the history, decides the live
    days with three other models in shadow, works the breaches, and backtests. Writes the book, report.html, report.json
    and proof.json.

    \b
    Example:
      waglan demo demo --seed 7
      waglan demo loans --desk credit --bias 1
      waglan demo floor --desk market
    """
    asked: dict[str, Any] = {"payments": payments, "days": days, "applications": applications, "months": months}
    given = {name: value for name, value in (asked | {"live": live, "bias": bias}).items() if value is not None}
    if desk == "fraud":
        from waglan.cli.demo import demo as run

        own = {"payments": 1_000_000, "days": 60, "live": 7} | chosen(desk, given, ("payments", "days", "live"))
        run(out, seed, own["payments"], own["days"], own["live"], threads, as_json)
    elif desk == "credit":
        from waglan.cli.loans import demo as lend

        own = {"applications": 20_000, "months": 60, "live": 6, "bias": 0.0}
        own |= chosen(desk, given, ("applications", "months", "live", "bias"))
        lend(out, seed, own["applications"], own["months"], own["live"], micro(own["bias"]), as_json)
    elif desk == "market":
        from waglan.cli.positions import demo as hold

        own = {"days": 1_250, "live": 240} | chosen(desk, given, ("days", "live"))
        hold(out, seed, own["days"], own["live"], threads, as_json)
    else:
        raise BadValue(f"--desk is fraud, credit or market; it was {desk!r}")
