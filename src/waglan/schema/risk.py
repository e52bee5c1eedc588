"""The parts of a recipe that lay down risk: how it is measured, which limits stand, and what a market book's row holds.

These are the file's shape and nothing more; `risk` measures, `policy.limits` checks and runs the limits. Money is in
whole cents of the home currency, shares are millionths. Names of kinds and columns are fixed, because what moves
positions and prices must be told from what only moves windows. See docs/reference/recipe.md.
"""

from typing import Final, Literal

import msgspec

METHODS: Final = ("historical", "filtered", "parametric", "montecarlo")
"""How tomorrow's scenarios are made."""

CHECK: Final = "check"
QUOTE: Final = "quote"
REPRICE: Final = "reprice"
ROLL: Final = "roll"
ESTIMATE: Final = "estimate"
WAIVER: Final = "waiver"
ACKNOWLEDGE: Final = "acknowledge"
MOVING: Final = (QUOTE, REPRICE, ROLL, ESTIMATE, WAIVER)
"""Kinds that move holdings; `check` does where its stage is a fill."""

STAGES: Final = ("order", "fill", "measure")
"""Categories of the column `stage`, in their order."""
ORDER: Final = 0
FILL: Final = 1
MEASURE: Final = 2

COLUMNS: Final = (
    "stage", "book", "trader", "counterparty", "instrument", "quantity", "price", "quote", "level", "factor", "omega",
    "alpha", "beta", "nu", "mean", "limit", "amount", "until_s",
)  # fmt: skip
"""Columns of an event that holdings read, beside its kind and time."""

SCOPES: Final = ("total", "book", "trader", "counterparty")
"""What a limit is by: all positions, or those of the event's book, trader or counterparty."""

MEASURES: Final = (
    "es_total", "var_total", "es_book", "var_book", "es_trader", "var_trader", "es_before", "notional_total",
    "notional_book", "notional_trader", "exposure_counterparty", "delta_total", "delta_book", "gamma_book", "vega_book",
    "pnl_total", "pnl_book", "pnl_trader",
)  # fmt: skip
"""The first columns of a market book's row behind its features, in this order; bit i of `rises` is the i-th of them."""

RISES: Final = "rises"
DAY: Final = ("pnl_hypothetical", "pnl_theoretical", "pnl_actual", "var_forecast", "es_forecast", "exception")
"""Columns behind `rises`, of the last rolled day; then `waived_<code>` of each limit, `es_part_<book>` of each book."""
WAIVED: Final = "waived_"
PART: Final = "es_part_"

NO_PRICE: Final = 8
EXPIRED: Final = 16
"""Bits of a row's status: an instrument held or asked for has no usable quote; it has expired."""
INCOMPLETE: Final = 32
"""Bit of a row's status: an order or fill that names no book, instrument or quantity, or a fill without its price."""

OTHERS: Final = "*"
"""In a limit's table, whoever is not named."""


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One limit: what is measured, for whom, and where it begins to bind. Beyond soft is told, beyond hard is refused.

    An amount is whole cents for everybody, or a table by book, trader or counterparty with "*" for whoever is not
    named; who is in no table has no limit.
    """

    code: str
    of: str
    """The measure, one of MEASURES."""
    by: Literal["total", "book", "trader", "counterparty"]
    soft: int | dict[str, int] | None = None
    hard: int | dict[str, int] | None = None
    soft_micro_of_tier1: int | None = None
    """In place of `soft`: a share of `[risk].tier1_minor`."""
    hard_micro_of_tier1: int | None = None
    """In place of `hard`: a share of `[risk].tier1_minor`."""
    side: Literal["above", "below"] = "above"
    """below: the measure must not fall under minus the limit, as with a stop-loss."""
    absolute: bool = False
    """The measure's size is held against the limit, as with greeks."""
    acknowledge: str | None = None
    """How soon somebody must have acknowledged a breach."""
    cure: str | None = None
    """How soon a breach must be within the limit again, or waived."""
    waiver: str = "30d"
    """How long a waiver may last."""
    waiver_micro: int = 2_000_000
    """What a waiver may make of the hard limit at most, in millionths of it."""
    en: str = ""
    zh_hant: str = ""
    zh_hans: str = ""


class Risk(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a book of positions is measured. Its model file is the universe: instruments and factors."""

    home: str = "HKD"
    method: Literal["historical", "filtered", "parametric", "montecarlo"] = "filtered"
    scenarios: int = 1000
    """How many: the last so many days, or so many draws."""
    var_tail_micro: int = 10_000
    """Chance of the tail of VaR: 99%."""
    es_tail_micro: int = 25_000
    """Chance of the tail of ES: 97.5%."""
    age_max: str = "1d"
    """A quote older than this is stale, and what is priced from it is refused."""
    decay_micro: int = 940_000
    """Of exponentially weighted variances, where no GARCH was estimated."""
    seed: int = 0
    tier1_minor: int | None = None
    """Tier 1 capital, of which limits of concentration are a share."""
