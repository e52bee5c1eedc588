"""Where a book's risk comes from: parts of VaR and ES by position, factor, book, trader and counterparty.

Each view sums to the total to the cent. Positions, books, traders and counterparties are sums of the same P&L; factors
are moved one at a time, which leaves what they do together as a part of its own.
"""

import msgspec


class Part(msgspec.Struct, frozen=True):
    """What one of a view gives, whole minor units, losses positive; below zero it takes risk away.

    incremental: the book's risk less its risk without it (not for factors: None); these do not sum.
    """

    name: str
    var_minor: int
    es_minor: int
    incremental_var_minor: int | None = None
    incremental_es_minor: int | None = None


CROSS = "*cross"
"""The part of factors that comes of moving together, and of whole cents."""


class Contributions(msgspec.Struct, frozen=True):
    """Parts of one scope's VaR and ES: "" and "total", or a book, trader or counterparty by name.

    The parts of each view that is not empty sum to var_minor and es_minor. Views keep the order of declaration; only
    what is held stands in them. factors ends with CROSS.
    """

    scope: str
    name: str
    var_tail_micro: int
    es_tail_micro: int
    shortfall: str
    var_minor: int
    es_minor: int
    scenarios: str
    """Digest of the scenarios."""
    positions: tuple[Part, ...]
    books: tuple[Part, ...]
    traders: tuple[Part, ...]
    counterparties: tuple[Part, ...]
    factors: tuple[Part, ...]
