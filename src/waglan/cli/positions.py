"""`waglan demo --desk market`: a market's history, a bank's live days decided, breaches worked, the model judged."""

from pathlib import Path
from shutil import rmtree
from typing import Any, Final

import numpy as np

from waglan.book import Book
from waglan.cli.console import note, pairs, progress, say, written
from waglan.cli.demo import rendered
from waglan.cli.showing import checked_offline, witnessed
from waglan.cli.worlds import MARKET
from waglan.desks.market.estimating import estimate_rows, fitted
from waglan.desks.market.findings import market_report
from waglan.desks.market.live import Floor, Lived
from waglan.desks.market.past import with_method
from waglan.desks.market.people import REGISTERED, Clock, People
from waglan.desks.market.report import MarketReport, render, summary, to_json
from waglan.desks.market.world import World, simulate
from waglan.engine.proofs import prove_event
from waglan.govern import review
from waglan.govern.backtest import Backtest
from waglan.govern.backtesting import backtest
from waglan.govern.custody import Custody
from waglan.ledger.proof import check, write_proof
from waglan.measures.chance import Ints
from waglan.risk.generation import DAYS_LEAST
from waglan.risk.universe import universe_bytes
from waglan.schema.batch import Batch
from waglan.schema.recipe import Recipe, read_recipe
from waglan.schema.risk import METHODS
from waglan.schema.units import BadValue
from waglan.store.keys import SeededKeys

LETTERS: Final = {"O": "orders", "F": "fills", "M": "measures"}


def demo(out: Path, seed: int, days: int, live: int, threads: int, as_json: bool) -> None:
    """Simulate, estimate, decide the live days with three models in shadow, backtest, and write page and proof."""
    recipe_bytes = MARKET.read_bytes()
    recipe = read_recipe(recipe_bytes)
    if days <= DAYS_LEAST:
        raise BadValue(f"scenarios need {DAYS_LEAST + 1} days of history or more; --days was {days}")
    _fresh(out)
    with progress("simulating prices and trades"):
        world = simulate(seed, days, live)
        world.write(out / "world")
        written(out / "world" / MARKET.name, recipe_bytes)
    with progress("fitting volatilities"):
        found = fitted(world)
        batch = world.events(recipe, estimate_rows(world, found), closings=True)
    model, keys = universe_bytes(world.universe), SeededKeys(seed)
    Book.create(out / "book", recipe_bytes, model, keys).close()
    shadows = [(data, model) for data in _shadows(out / "book", recipe, recipe_bytes)]
    with Book.open(out / "book", keys, shadows, threads, durability="relaxed") as book:
        lived, people = _lived(book, world, batch)
        with progress("backtesting"):
            judged = backtest(book, _whole(lived))
        facts, report, proved = _shown(book, out, seed, judged, lived)
    kept = [f"{factor}: {why}" for factor, why in found.kept.items()]
    for line in kept:
        note(f"no estimate of {line}")
    told = _told(lived, people, len(found.estimates), judged) | facts
    lines = lambda: [  # noqa: E731
        rendered(summary(report)), "", *pairs(f"{lived.evenings} days as if live", told), "",
        "the auditor's file, which shares no code with Waglan, was given the proof and two public keys:", proved, "",
        f"open {out / 'report.html'} in a browser; the proof is {out / 'proof.json'}",
    ]  # fmt: skip
    say(as_json, told | {"report": str(out / "report.json"), "kept": kept}, lines)


def _fresh(out: Path) -> None:
    """A demo's directory is the demo's own: an earlier one goes, anything else stays and is named."""
    book = out / "book"
    if book.exists() and any(book.iterdir()) and not (book / "model.json").exists():
        raise BadValue(f"{book} is not an earlier demo; choose another directory")
    rmtree(book, ignore_errors=True)
    rmtree(out / "witness", ignore_errors=True)


def _shadows(book: Path, recipe: Recipe, recipe_bytes: bytes) -> list[bytes]:
    """The same recipe with each other method, kept beside the book."""
    assert recipe.risk is not None, "the desk's recipe measures risk"
    made = {method: with_method(recipe_bytes, method) for method in METHODS if method != recipe.risk.method}
    for method, data in made.items():
        written(book / "shadows" / f"{method}.toml", data)
    return list(made.values())


def _lived(book: Book, world: World, batch: Batch) -> tuple[Lived, People]:
    """History observed, and the live days decided with people who watch the limits."""
    start = int(np.searchsorted(batch.ts_ns, world.live_ns))
    with progress("observing history"):
        book.warm(batch.slice(0, start))
    registry = Path(review.__file__).parent / "registry.toml"
    written(book.path / "registry.toml", registry.read_bytes() + REGISTERED.encode())
    clock = Clock()
    with Custody(book, "demo", clock) as custody, progress("deciding as if live", len(batch) - start) as step:
        people = People(custody, clock, world)
        return Floor(book, world, batch, people).run(step), people


def _whole(lived: Lived) -> dict[str, Ints]:
    """Scenarios of the days, of every model that had as many on each: a history shorter than these grows."""
    return {digest: np.array(rows) for digest, rows in lived.totals.items() if len({len(row) for row in rows}) == 1}


def _shown(
    book: Book, out: Path, seed: int, judged: Backtest, lived: Lived
) -> tuple[dict[str, Any], MarketReport, str]:
    """Page, twin and proof; what the auditor's file says of it."""
    with progress("proving"):
        keys = witnessed(book, out, seed)
        refused = next((a.id for a in lived.answers.values() if a.id[0] == "O" and a.verb == "hard"), None)
        subject = refused or next(a.id for a in lived.answers.values() if a.verb is not None)
        proof = prove_event(book.engine, subject, (book.path / "log" / "checkpoint").read_bytes())
        check(proof, book.engine.log.root())
        written(out / "proof.json", write_proof(proof))
    with progress("reporting"):
        report = market_report(book, judged, simulated=True)
        written(out / "report.html", render(report).encode())
        written(out / "report.json", to_json(report))
    return {"proved": subject}, report, checked_offline(out / "proof.json", *keys)


def _told(lived: Lived, people: People, estimates: int, judged: Backtest) -> dict[str, Any]:
    verbs = {
        what: ", ".join(f"{n:,} {v}" for v, n in lived.by_verb(letter).items()) for letter, what in LETTERS.items()
    }
    return verbs | {
        "withheld": lived.withheld, "estimates": estimates, "acknowledged": len(people.acknowledged),
        "waived": len(people.waived),
        "exceptions": {model.method: model.exceptions for model in judged.models},
    }  # fmt: skip
