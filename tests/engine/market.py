"""A small market book: five instruments, two books, three traders, and seeded days that hold every difficulty at once.

History is days of quotes and rolls; then live days with quotes, reprices one behind the other, orders, fills,
measures, ids that come again, a waiver, an acknowledgement, a crash, a price that cannot be, an unknown instrument, an
option that expires while it is held, orders without their instrument, an estimate, and fills of a portfolio that is
somebody's and can be erased.
"""

import json
import random
from collections.abc import Sequence
from typing import Any, Final

from waglan.pricing import Equity, Future, FxSpot, Option
from waglan.risk.universe import RiskFactor, Universe, universe_bytes
from waglan.schema.units import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS

HISTORY_DAYS: Final = 80
START_NS: Final = 1_772_323_200 * SECOND_NS
"""The first live day begins, 1 March 2026, 08:00 in Hong Kong."""

MARKET = """
name = "small-market"
desk = "market"
purpose = "to be tested"
owner = "the tests"
review = "2030-01-01"
subject = "portfolio"
decide = "check"
observe = ["quote", "roll", "reprice", "estimate", "waiver", "acknowledge"]
features = []

[risk]
method = "filtered"
scenarios = 60
age_max = "2d"
tier1_minor = 2000000000

[columns]
portfolio = { entity = "portfolio", required = false }
stage = { values = ["order", "fill", "measure"] }
book = { values = ["shares", "options"], required = false }
trader = { values = ["Ada", "Ben", "Cho"], required = false }
counterparty = { values = ["Bank", "Exchange", "Tin Ltd"], required = false }
instrument = { values = ["TIN", "USX", "TIN P60", "FUT H6", "USD"], required = false }
quantity = { integer = true, required = false, negative = true }
price = { decimal = true, required = false, negative = true }
quote = { values = ["TIN", "USX", "TIN vol", "HKD 1m", "FUT", "USD/HKD"], required = false }
level = { decimal = true, required = false, negative = true }
factor = { values = ["tin", "usx", "fut", "usd"], required = false }
omega = { integer = true, required = false }
alpha = { decimal = true, required = false }
beta = { decimal = true, required = false }
nu = { decimal = true, required = false }
mean = { integer = true, required = false, negative = true }
limit = { values = ["es_book", "es_all", "name", "stop"], required = false }
amount = { money = "HKD", required = false }
maker = { entity = "staff", required = false }
checker = { entity = "staff", required = false }
breach_reason = { values = ["hedge", "client"], required = false }

[policy]
verbs = ["within", "soft", "hard"]
adverse = ["hard"]

[[policy.limits]]
code = "es_all"
of = "es_total"
by = "total"
soft = 60000000
hard = 160000000

[[policy.limits]]
code = "es_book"
of = "es_book"
by = "book"
soft = { shares = 60000000, options = 30000000 }
hard = { shares = 150000000, options = 60000000 }

[[policy.limits]]
code = "name"
of = "exposure_counterparty"
by = "counterparty"
hard_micro_of_tier1 = 250000

[[policy.limits]]
code = "stop"
of = "pnl_trader"
by = "trader"
soft = 5000000
hard = 10000000
side = "below"
"""

SHADOWS: Final = tuple(MARKET.replace('"filtered"', f'"{m}"') for m in ("historical", "parametric", "montecarlo"))

UNIVERSE: Final = Universe(
    instruments=(
        Equity("TIN", "TIN", "HKD"),
        Equity("USX", "USX", "USD", 2),
        Option(
            "TIN P60", "put", "equity", "TIN", "HKD", 60_000, START_NS + 4 * DAY_NS + 3 * HOUR_NS, "TIN vol", "HKD 1m",
            multiplier=100,
        ),
        Future("FUT H6", "FUT", "USD", START_NS + 90 * DAY_NS, 6),
        FxSpot("USD", "USD", "HKD"),
    ),
    factors=(
        RiskFactor("tin", "share", ("TIN",), "equity"),
        RiskFactor("usx", "share", ("USX",), "equity"),
        RiskFactor("fut", "share", ("FUT",), "equity"),
        RiskFactor("usd", "share", ("USD/HKD",), "fx"),
    ),
    issuers={"TIN": "Tin Ltd"},
)  # fmt: skip
MODEL: Final = universe_bytes(UNIVERSE)

LEVELS: Final = {"TIN": 60.0, "USX": 140.0, "TIN vol": 0.3, "HKD 1m": 0.03, "FUT": 22_000.0, "USD/HKD": 7.8}
SPREAD: Final = {"TIN": 0.02, "USX": 0.015, "TIN vol": 0.01, "HKD 1m": 0.0, "FUT": 0.012, "USD/HKD": 0.0005}
PRICES: Final = {"TIN": "TIN", "USX": "USX", "FUT H6": "FUT", "USD": "USD/HKD"}


class Days:
    """Seeded days, one line an event."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.levels = dict(LEVELS)
        self.lines: list[dict[str, Any]] = []
        self.ts_ns = START_NS - HISTORY_DAYS * DAY_NS

    def add(self, kind: str, **fields: Any) -> dict[str, Any]:
        """One event, some minutes after the last."""
        self.ts_ns += self.draw.randrange(1, 4) * MINUTE_NS
        line = {"id": f"{kind}-{len(self.lines)}", "kind": kind, "ts_ns": self.ts_ns} | fields
        self.lines.append(line)
        return line

    def quoted(self, names: Sequence[str], size: float = 1.0) -> None:
        """New levels of these quotes."""
        for name in names:
            self.levels[name] = round(self.levels[name] * (1 + size * self.draw.gauss(0, SPREAD[name])), 6)
            self.add("quote", quote=name, level=self.levels[name])

    def order(self, stage: str, size: int = 1, **fields: Any) -> dict[str, Any]:
        """An order or fill of somebody."""
        draw = self.draw
        instrument = fields.get("instrument") or draw.choice(("TIN", "USX", "TIN P60", "FUT H6", "USD"))
        lot = {"TIN": 20_000, "USX": 3_000, "TIN P60": 60, "FUT H6": 1, "USD": 500_000}[instrument]
        price = round(self.levels[PRICES[instrument]], 4) if instrument in PRICES else 1.9
        optional = instrument in ("TIN P60", "FUT H6")
        return self.add(stage_kind(stage), **{
            "stage": stage, "book": "options" if optional else "shares", "trader": draw.choice(("Ada", "Ben", "Cho")),
            "counterparty": draw.choice(("Bank", "Exchange")), "instrument": instrument,
            "quantity": draw.choice((-2, -1, 1, 2, 3)) * lot * size, "price": price,
        } | fields)  # fmt: skip


def stage_kind(stage: str) -> str:
    """Stages are of one kind."""
    assert stage in ("order", "fill", "measure")
    return "check"


def history(seed: int) -> list[bytes]:
    """Days before the first decision: closes and rolls, and an estimate."""
    return _bytes(_history(seed).lines)


def _history(seed: int) -> Days:
    days = Days(seed)
    for day in range(HISTORY_DAYS):
        days.ts_ns = START_NS - (HISTORY_DAYS - day) * DAY_NS
        days.quoted(tuple(LEVELS))
        days.add("roll")
    days.add("estimate", factor="tin", omega=6_000_000_000, alpha=0.08, beta=0.9, nu=5.5, mean=120_000_000)
    return days


def live(seed: int, n: int = 6) -> list[bytes]:
    """n live days behind `history` of the same seed."""
    days = _history(seed)
    before = len(days.lines)
    for day in range(n):
        days.ts_ns = START_NS + day * DAY_NS
        days.quoted([name for name in LEVELS if not (day == 3 and name == "USX")], 0.5)
        days.add("reprice")
        for _ in range(10):
            days.order(days.draw.choice(("order", "fill", "fill")))
        days.order("order", 200, instrument="TIN", book="shares")
        days.order("fill", 3, instrument="TIN", book="shares", portfolio=days.draw.choice(("P1", "P2")))
        days.quoted(("TIN", "FUT"), 1.0)
        days.add("reprice")
        days.quoted(("TIN", "FUT", "USD/HKD"), 1.0)
        days.add("reprice")
        days.order("order", instrument="USX")
        odd(days, day)
        days.levels["TIN"] *= 0.85 if day == 2 else 1.0
        days.quoted([name for name in LEVELS if not (day == 3 and name == "USX")], 0.7)
        for book in (None, "shares", "options"):
            days.add("check", stage="measure", **({} if book is None else {"book": book}))
        days.add("roll")
        days.add("check", stage="measure")
    return _bytes(days.lines[before:])


def odd(days: Days, day: int) -> None:
    """What is wrong or rare, a little of it every day."""
    size = 800_000 if day == 1 else 1_000
    first = days.order("fill", instrument="TIN", book="shares", quantity=size, id=f"big-{day}")
    if day == 1:
        days.add("acknowledge", id="big-1/es_book/acknowledge", limit="es_book", book="shares", maker="Eve")
        days.add(
            "waiver", id="big-1/es_book/waiver", limit="es_book", book="shares", amount=290_000_000, maker="Eve",
            checker="Fay", breach_reason="client", until_s=(days.ts_ns + DAY_NS) // SECOND_NS,
        )  # fmt: skip
        days.order("fill", 1, instrument="TIN", book="shares", id="under-waiver")
    days.lines.append(first | {"quantity": 7})  # the id again, with other terms
    days.order("order", instrument="TIN", id=f"strange-{day}")["instrument"] = "GOLD"
    days.order("order", id=f"bare-{day}").pop("instrument")
    days.order("fill", id=f"free-{day}").pop("price")
    if day == 2:
        days.add("quote", quote="TIN", level=-3.0)
        days.add("reprice")
        days.order("order", instrument="TIN", id="bad-price")
        days.quoted(("TIN",))
        days.add("reprice")
    if day == 4:
        days.ts_ns = max(days.ts_ns, START_NS + 4 * DAY_NS + 4 * HOUR_NS)
        days.order("order", instrument="TIN P60", id="late-option")
        days.lines.append(days.lines[-2] | {"id": "late", "ts_ns": days.ts_ns - HOUR_NS})


def _bytes(lines: Sequence[dict[str, Any]]) -> list[bytes]:
    return [json.dumps(line).encode() for line in lines]
