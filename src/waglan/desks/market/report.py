"""What the market desk shows of a book: one record of whole numbers, and its three forms.

`render` is the page, `to_json` its twin for machines, `summary` the lines for a terminal. All three read the same
`MarketReport`, which `findings` fills: nothing here prices, counts or rounds. Money is whole minor units of `home`; VaR
and ES are losses, positive; P&L gains positive; shares and chances are millionths, times nanoseconds UTC. What others
found - the backtest, stresses, breaches - is in it as they record it.
"""

from pathlib import Path
from typing import Any, Final

import msgspec
from rich.console import Group

from waglan.govern.backtest import Backtest
from waglan.govern.breaches import Breach
from waglan.pages.proof import Proof
from waglan.risk.contributions import Contributions, Part
from waglan.risk.liquidity import Liquid
from waglan.risk.regulation import Regulation
from waglan.risk.reverse import Reverse
from waglan.risk.stress import Stressed
from waglan.schema.units import MICRO

VIEWS: Final = ("positions", "books", "factors", "counterparties", "traders")
"""Ways to divide the whole, in the order in which they are shown."""


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """The words of a code - limit, book, reason - in three scripts; what has none stands for itself."""

    code: str
    en: str
    zh_hant: str
    zh_hans: str


class Convention(msgspec.Struct, frozen=True, kw_only=True):
    """What is meant by every VaR and ES of the report."""

    var_tail_micro: int
    es_tail_micro: int
    quantile: str
    """ceil: the ceil(p n)-th smallest P&L."""
    shortfall: str
    """exact: the worst p of the probability, the last scenario only as far as it is needed; mean: the plain mean."""
    method: str
    """historical, filtered, parametric, montecarlo."""
    scenarios: int
    seed: int
    decay_micro: int
    scenarios_digest: bytes


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """One scenario of the book as it stands: P&L by full revaluation and, where it was worked, by greeks."""

    label: str
    pnl_minor: int
    greeks_minor: int | None
    tail: bool
    """It is in the tail of the expected shortfall."""


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What the whole (`by` total, `key` empty), a book or a trader holds and may lose. None: not measured there."""

    by: str
    key: str
    es_minor: int
    var_minor: int
    es_part_minor: int | None = None
    """Its part of the total's ES; parts of all books sum to it."""
    notional_minor: int
    pnl_minor: int | None = None
    """Since the last roll."""
    delta_minor: int | None = None
    gamma_minor: int | None = None
    vega_minor: int | None = None


class LimitLine(msgspec.Struct, frozen=True, kw_only=True):
    """One limit for one scope, and how much of it is used now. `used_minor` is what is held against it: a size."""

    code: str
    of: str
    by: str
    key: str
    used_minor: int
    soft_minor: int | None
    hard_minor: int | None
    waived_minor: int | None = None
    """The limit that stands instead, for the time being."""
    state: str
    """within, soft, hard, waived."""


class Stopped(msgspec.Struct, frozen=True, kw_only=True):
    """An order that was not let through."""

    id: str
    ts_ns: int
    book: str
    trader: str
    instrument: str
    quantity: int
    reasons: tuple[str, ...]
    es_before_minor: int
    es_after_minor: int


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """How many events met a verb, or a refusal code, at one stage."""

    stage: str
    """order, fill, measure."""
    code: str
    number: int


class Closed(msgspec.Struct, frozen=True, kw_only=True):
    """The last day that was rolled: what came, and what had been forecast for it. None: not known of that day."""

    hypothetical_minor: int | None
    theoretical_minor: int | None
    actual_minor: int | None
    var_minor: int | None
    es_minor: int | None
    exception: bool


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """The book's life up to the report."""

    from_ns: int
    to_ns: int
    """Times of the first and last decided event."""
    days: int
    """Rolled days."""
    decided: int
    log_entries: int
    log_bytes: int
    root: bytes


class MarketReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the page, its JSON and the terminal show."""

    recipe: str
    recipe_digest: bytes
    universe_digest: bytes
    home: str
    zone: str
    simulated: bool
    totals: Totals
    convention: Convention
    scopes: tuple[Scope, ...]
    """The total first, then books, then traders."""
    scenarios: tuple[Scenario, ...]
    closed: Closed | None = None
    liquid: Liquid | None = None
    """ES with liquidity horizons."""
    contributions: Contributions | None = None
    """Of the total."""
    backtest: Backtest | None = None
    stresses: tuple[Stressed, ...] = ()
    reverse: tuple[Reverse, ...] = ()
    limits: tuple[LimitLine, ...] = ()
    breaches: tuple[Breach, ...] = ()
    counted: tuple[Counted, ...] = ()
    stopped: tuple[Stopped, ...] = ()
    law: Regulation | None = None
    """The rule's numbers that stand behind lights, multipliers and horizons, with their sources."""
    proof: Proof | None = None
    labels: tuple[Label, ...] = ()

    @property
    def whole(self) -> Scope:
        """The total."""
        return self.scopes[0]


def render(report: MarketReport) -> str:
    """The page: one HTML file that needs nothing else. Asserts that every split sums to the whole."""
    from waglan.desks.market.page import market_page  # the page draws the records of this file

    check(report)
    return market_page(report)


def summary(report: MarketReport) -> Group:
    """The same for a terminal, in English."""
    from waglan.desks.market.summary import summary_of

    check(report)
    return summary_of(report)


def to_json(report: MarketReport) -> bytes:
    """The page's twin: the same record in JSON, whole numbers as they are, bytes as hexadecimal digits."""
    return msgspec.json.encode(_plain(msgspec.to_builtins(report, builtin_types=(bytes,))))


def write_report(report: MarketReport, path: Path) -> None:
    """The page at `path`, its twin beside it with the ending .json."""
    path.write_text(render(report), "utf-8")
    path.with_suffix(".json").write_bytes(to_json(report))


def views(found: Contributions | None) -> list[tuple[str, tuple[Part, ...]]]:
    """Each way in which the whole is divided, with its parts; what has none is left out."""
    if found is None:
        return []
    return [(name, parts) for name in VIEWS if (parts := getattr(found, name))]


def check(report: MarketReport) -> None:
    """Asserts what the record promises of itself."""
    whole, totals = report.whole, report.totals
    assert (whole.by, whole.key) == ("total", ""), "the total is the first scope"
    assert report.scenarios, "a risk is measured over scenarios"
    assert len(totals.root) == 32, f"a root has 32 bytes, this has {len(totals.root)}"
    assert 0 < report.convention.var_tail_micro < MICRO, "a tail is a chance"
    for view, parts in views(report.contributions):
        found = sum(part.es_minor for part in parts)
        assert found == whole.es_minor, f"by {view}: parts sum to {found}, the ES is {whole.es_minor}"
    books = [scope.es_part_minor for scope in report.scopes if scope.by == "book"]
    if books and None not in books:
        found = sum(part or 0 for part in books)
        assert found == whole.es_minor, f"parts of the books sum to {found}, the ES is {whole.es_minor}"
    if report.proof is not None:
        assert report.proof.root == totals.root, "the proof leads to the log's root"


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value
