"""Was the risk model right: one record of whole numbers for champion and shadows, made by `backtesting`.

Money is minor units of `home`, shares, chances, likelihood ratios and statistics are millionths, times nanoseconds UTC.
None is a number that there is not: a p without days, a window longer than the series. VaR and ES are losses, positive;
P&L gains positive. A day is an exception if its hypothetical loss passed the VaR that was made the day before.
"""

import msgspec


class Likelihood(msgspec.Struct, frozen=True, kw_only=True):
    """A likelihood ratio test: by its chi-square limit, and by the exact law, which is the one to read."""

    ratio_micro: int | None
    p_micro: int | None
    p_exact_micro: int | None


class Lit(msgspec.Struct, frozen=True, kw_only=True):
    """The traffic light over a stretch of days, the first and last of which are named.

    cumulative: the chance of so many exceptions or fewer if the model is true. multiplier: for 250 days at 99% only.
    """

    from_ns: int
    to_ns: int
    days: int
    exceptions: int
    cumulative_micro: int
    zone: str
    """green, yellow, red."""
    multiplier_micro: int | None


class Statistic(msgspec.Struct, frozen=True, kw_only=True):
    """One of Acerbi and Szekely's statistics, 0 on average if the model is true, and the chance of one as low."""

    z_micro: int | None
    p_micro: int | None


class Shortfall(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the expected shortfall was right, at its own tail.

    exceptions: days beyond the VaR of the ES's tail. ratio: what was lost on those days over the ES of those days, 1 if
    they were as bad as stated. draws: simulated years, from each day's own scenarios, behind each p.
    """

    exceptions: int
    expected_micro: int
    ratio_micro: int | None
    z1: Statistic
    z2: Statistic
    z3: Statistic
    draws: int


class Attributed(msgspec.Struct, frozen=True, kw_only=True):
    """The P&L attribution test over a stretch of days: green, amber or red."""

    from_ns: int
    to_ns: int
    days: int
    correlation_micro: int | None
    distance_micro: int
    zone: str


class Year(msgspec.Struct, frozen=True, kw_only=True):
    """A calendar year in the recipe's zone: the light is that of its own number of days."""

    year: int
    days: int
    exceptions: int
    zone: str


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """Day by day, for charts: n numbers each.

    in_year: exceptions of the last 250 days, fewer at the beginning; zone: 0 green, 1 yellow, 2 red of that window,
    green while it is not full and has no more exceptions than a full one may have.
    """

    ts_ns: tuple[int, ...]
    hypothetical_minor: tuple[int | None, ...]
    theoretical_minor: tuple[int | None, ...]
    actual_minor: tuple[int | None, ...]
    var_minor: tuple[int | None, ...]
    es_minor: tuple[int | None, ...]
    exception: tuple[bool, ...]
    in_year: tuple[int, ...]
    zone: tuple[int, ...]


class ModelTest(msgspec.Struct, frozen=True, kw_only=True):
    """One model over one scope: the total, or a book."""

    name: str
    """Of the recipe."""
    method: str
    """historical, filtered, parametric, montecarlo."""
    digest: str
    champion: bool
    scope: str
    """A book; empty for all of them."""
    days: int
    missing: int
    """Days without P&L or without VaR; each counts as an exception (MAR32)."""
    exceptions: int
    expected_micro: int
    kupiec: Likelihood
    independence: Likelihood
    coverage: Likelihood
    """Christoffersen's conditional coverage: both at once."""
    whole: Lit
    year: Lit | None
    """The last 250 days."""
    worst: Lit | None
    """The first of the 250-day windows with most exceptions."""
    decade: Lit | None
    """The last 2,500 days."""
    green: int
    yellow: int
    red: int
    """How many 250-day windows stood in each zone."""
    years: tuple[Year, ...]
    shortfall: Shortfall | None
    """None where the days' scenarios were not handed in."""
    attribution: Attributed | None
    """The last 250 days."""
    worst_attribution: Attributed | None
    """Of windows that end with each year's end: that with the lowest correlation."""
    mean_var_minor: int | None
    mean_es_minor: int | None
    series: Series | None
    """Of the total only."""


class Backtest(msgspec.Struct, frozen=True, kw_only=True):
    """Every model over the total, the champion first and the shadows in order; then the champion over each book."""

    home: str
    zone: str
    var_tail_micro: int
    es_tail_micro: int
    window: int
    models: tuple[ModelTest, ...]
    books: tuple[ModelTest, ...]
