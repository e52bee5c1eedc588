"""What named scenarios would do to a book: crashes that were, and hypotheses, as data with their dates and sources.

A stress says how things move in the words people use for it: "-33.3%", "+300bp", "to 8.50". Currencies are said by
their worth in dollars and the pairs follow, so that no stress has an arbitrage in it; factors are named one by one or
by a pattern, and what is not named moves with its kind or stays. Which of these it was stands in the result.
"""

import msgspec


class Stress(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One scenario of the file. `hypothesis` is false only where every move was observed between the two days."""

    code: str
    en: str
    zh_hant: str
    zh_hans: str
    hypothesis: bool
    source: str
    """Where the moves come from, and what was assumed beside."""
    since: str = ""
    """First and last day of what happened, 1987-10-16; empty for a scenario that never did."""
    until: str = ""
    currencies: dict[str, str] = {}
    """Currency -> its worth in USD moves by a share ("-10%"), or one USD comes to cost so many of it ("to 8.50")."""
    factors: dict[str, str] = {}
    """Name of a factor, of a factor's first quote, or a pattern ("HSI*") -> its move. The first that fits counts."""
    kinds: dict[str, str] = {}
    """Kind of factor -> the move of whatever is not named above."""


class Shock(msgspec.Struct, frozen=True):
    """What one factor does in a stress. by: "currency", "factor", "kind", or "still" where nothing is said of it.

    move_micro: millionths, a share of the first quote or an amount, as `how` says.
    """

    factor: str
    kind: str
    how: str
    by: str
    move_micro: int


class Stressed(msgspec.Struct, frozen=True):
    """A stress and what the book gains in it, whole minor units of the home currency, losses negative.

    by_line_minor sums to pnl_minor; greeks_minor is the same book by delta, gamma and vega.
    """

    stress: Stress
    pnl_minor: int
    greeks_minor: int
    lines: tuple[str, ...]
    by_line_minor: tuple[int, ...]
    shocks: tuple[Shock, ...]
