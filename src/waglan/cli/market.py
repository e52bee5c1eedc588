"""`waglan replay market`: years of rates through a market book day by day, its model beside three others."""

import time
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from waglan.cli.console import money, note, pairs, progress, say, table, written
from waglan.cli.options import keys_of, recipe_at, there
from waglan.schema.risk import METHODS
from waglan.schema.units import MICRO, MINOR_DIGITS, BadValue

if TYPE_CHECKING:
    from waglan.book import Book
    from waglan.desks.market.past import Passed, Past
    from waglan.govern.backtest import Backtest, Lit, ModelTest

RATES: Final = "rates (.zip of the ECB, .csv, .parquet)"
WORD: Final = "market"


def replay_market(
    rates: Path, recipe: Path | None, book: Path | None, first: str | None, last: str | None, html: Path | None,
    seed: int | None, durability: str, as_json: bool,
) -> None:  # fmt: skip
    """Rates into a new book with every method: the recipe's decides, the others are its shadows."""
    if recipe is None or book is None or first is None:
        raise BadValue("`waglan replay market RATES` makes a book: it needs --recipe FILE, --book DIR and --from DATE")
    if (book / "recipe.toml").exists():
        raise BadValue(f"{book}: there is a book already; choose another directory for --book, or remove it")
    there(rates, RATES)
    begins, ends = day_of(first, "--from"), None if last is None else day_of(last, "--to")
    read, recipe_bytes = recipe_at(recipe)
    if read.risk is None:
        raise BadValue(f"{recipe}: a market book's recipe was expected, this one has no [risk]")
    from waglan.book import Book
    from waglan.desks.market.assumed import read_assumed, read_trades
    from waglan.desks.market.past import passed, prepared, with_method
    from waglan.desks.market.rates import read_rates
    from waglan.govern.backtesting import backtest
    from waglan.risk.universe import read_universe

    universe, trades, assumed = (beside(recipe, ending) for ending in ("universe.json", "trades.csv", "assumed.toml"))
    model = universe.read_bytes()
    read_universe(model, f"{universe}")
    with progress(f"reading {rates.name}"):
        past = prepared(read_rates(rates), read_assumed(assumed), read_trades(trades), read, begins, ends)
    keys = keys_of(seed)
    shadows = [with_method(recipe_bytes, method) for method in METHODS if method != read.risk.method]
    Book.create(book, recipe_bytes, model, keys, durability).close()
    for data, method in zip(shadows, (m for m in METHODS if m != read.risk.method), strict=True):
        written(book / "shadows" / f"{method}.toml", data)
    began = time.perf_counter()
    with Book.open(book, keys, [(data, model) for data in shadows], durability=durability) as made:
        with progress("measuring day by day", len(past.days) - past.first) as step:
            ran = passed(made, past, step)
        seconds = time.perf_counter() - began
        with progress("testing"):
            found = backtest(made, ran.totals)
        facts = facts_of(past, ran, seconds) | {"root": made.engine.log.root().hex()}
        if html is not None:
            show(made, found, html)
    for code, count in ran.refused.items():
        note(f"{count:,} events refused: {code}")
    say(as_json, facts | {"backtest": found}, lambda: told(f"decided into {book}", facts, found))


def beside(recipe: Path, ending: str) -> Path:
    """The file beside a recipe: fx-hkd.toml and fx-hkd.universe.json."""
    return there(recipe.with_name(f"{recipe.stem}.{ending}"), f"the recipe's {ending}")


def day_of(text: str, option: str) -> date:
    """A date that was typed."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadValue(f"{option} is a date such as 2004-01-01, it was {text!r}") from None


def facts_of(past: "Past", ran: "Passed", seconds: float) -> dict[str, Any]:
    """What was run, for people and machines."""
    return {
        "history_days": past.first, "days": ran.days, "from": str(past.days[past.first]), "to": str(past.days[-1]),
        "fits": ran.fits, "estimates": ran.estimates, "kept": ran.kept, "refused": sum(ran.refused.values()),
        "seconds": round(seconds, 1),
    }  # fmt: skip


def told(title: str, facts: dict[str, Any], found: "Backtest") -> Iterable[str]:
    """The figures for a terminal."""
    shown = {name: value for name, value in facts.items() if name != "kept"}
    yield from pairs(title, shown | {"factors that kept their parameters": len(facts["kept"])})
    yield ""
    heads = ("model", "days", "exceptions", "expected", "Kupiec p", "Christoffersen p", "mean ES", "ES ratio")
    yield from table("was it right", heads, [_line(model, found.home) for model in found.models])
    yield ""
    stretches = ("model", "all days", "last 250", "worst 250", "last 2,500", "Z1 p", "Z2 p", "Z3 p", "attribution")
    yield from table("lights", stretches, [_lights(model) for model in found.models])
    if found.books:
        yield ""
        heads = ("book", "days", "exceptions", "expected", "Kupiec p", "Christoffersen p", "mean ES", "ES ratio")
        named = [(model.scope, *_line(model, found.home)[1:]) for model in found.books]
        yield from table(f"{found.models[0].method}, by book", heads, named)


def _line(model: "ModelTest", home: str) -> tuple[Any, ...]:
    ratio = None if model.shortfall is None else model.shortfall.ratio_micro
    es = "none" if model.mean_es_minor is None else money(model.mean_es_minor, home, MINOR_DIGITS[home])
    return (
        model.method, model.days, model.exceptions, f"{model.expected_micro / MICRO:.1f}",
        _p(model.kupiec.p_exact_micro), _p(model.coverage.p_exact_micro), es, _p(ratio),
    )  # fmt: skip


def _lights(model: "ModelTest") -> tuple[Any, ...]:
    found = model.shortfall
    tests = ["none"] * 3 if found is None else [_p(s.p_micro) for s in (found.z1, found.z2, found.z3)]
    attributed = "none" if model.attribution is None else model.attribution.zone
    return (
        model.method,
        *(_lit(one) for one in (model.whole, model.year, model.worst, model.decade)),
        *tests,
        attributed,
    )


def show(book: "Book", found: "Backtest", html: Path) -> None:
    """The desk's report of the book as it stands at the end, with this backtest, and its twin in JSON."""
    from waglan.desks.market.findings import market_report
    from waglan.desks.market.report import write_report

    html.parent.mkdir(parents=True, exist_ok=True)
    write_report(market_report(book, found), html)


def _lit(light: "Lit | None") -> str:
    return "none" if light is None else f"{light.zone} {light.exceptions}"


def _p(value: int | None) -> str:
    return "none" if value is None else f"{value / MICRO:.3f}"
