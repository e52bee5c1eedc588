"""The columns of a market book's events: what the desk's words are, and nothing else.

One list serves all kinds: an order or fill has stage to price, a quote has quote and level, an estimate a factor and
its GARCH parameters, a waiver the limit, its amount and two people. Nobody's person is in it but staff; `portfolio` is
the subject and usually absent, so that the log's own key salts a record.
"""

from typing import Final

from waglan.desks.market.names import BOOKS, COUNTERPARTIES, INSTRUMENTS, QUOTES, TRADERS
from waglan.schema.recipe import Column
from waglan.schema.risk import ACKNOWLEDGE, STAGES, WAIVER

LIMITS: Final = (
    "es_total", "var_total", "es_book", "es_trader", "notional_book", "name_25", "delta_total", "gamma_book",
    "vega_book", "stop_book", "stop_trader",
)  # fmt: skip
"""Codes of the limits of `hk-market.toml`."""

BREACH_REASONS: Final = ("hedge_under_way", "client_flow", "market_moved", "wrong_price", "limit_under_review")
"""Why a breach is acknowledged or waived."""


def category(values: tuple[str, ...]) -> Column:
    """A category column that most kinds of event lack."""
    return Column(values=list(values), required=False)


COLUMNS: Final[dict[str, Column]] = {
    "portfolio": Column(entity="portfolio", required=False),
    "stage": Column(values=list(STAGES)),
    "book": category(BOOKS),
    "trader": category(TRADERS),
    "counterparty": category(COUNTERPARTIES),
    "instrument": category(INSTRUMENTS),
    "quantity": Column(integer=True, required=False, negative=True),
    "price": Column(decimal=True, required=False, negative=True),
    "quote": category(QUOTES),
    "level": Column(decimal=True, required=False, negative=True),
    "factor": category(QUOTES),
    "omega": Column(integer=True, required=False),
    "alpha": Column(decimal=True, required=False),
    "beta": Column(decimal=True, required=False),
    "nu": Column(decimal=True, required=False),
    "mean": Column(integer=True, required=False, negative=True),
    "limit": category(LIMITS),
    "amount": Column(money="HKD", required=False),
    "maker": Column(entity="staff", required=False),
    "checker": Column(entity="staff", required=False),
    "breach_reason": category(BREACH_REASONS),
}
"""The authoritative list, in order. quantity: signed, bought above zero. price, level: as quoted, in millionths. omega:
10^-15; mean: 10^-12; alpha, beta, nu: millionths. amount: cents, of a waiver."""

OBSERVED: Final = ("quote", "roll", "reprice", "estimate", WAIVER, ACKNOWLEDGE)
"""Kinds beside `check`, the decided one."""
