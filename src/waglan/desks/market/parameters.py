"""Every number of the simulated market and of the bank's books, in one table with its unit and where it comes from.

Whole numbers only; `bp` is a hundredth of a percent. The shares, their issuers, the traders and the bank are made up,
and no series is anybody's record: numbers that say `assumed` were set by hand so that the world has what real markets
are known for (fat tails, clusters, leverage, common shocks), and no better.
"""

from typing import Final

from waglan.schema.assumptions import Assumptions, Parameter

ASSUMED: Final = "assumed"
BAND: Final = "Convertibility Undertakings of the Hong Kong Monetary Authority, since 2005"
CONTRACT: Final = "assumed, as exchange-traded index contracts of Hong Kong have it"
TUNED: Final = "assumed, tuned so that kurtosis, clusters and correlation lie where those of Hong Kong's shares do"

P = Parameter

TABLE: Final[tuple[Parameter, ...]] = (
    # the index and its shares
    P("index base", 22_000, "points on the first day", ASSUMED),
    P("shares by sector", (8, 4, 8, 6, 4), "banks and insurers, property, technology, consumer, utilities", ASSUMED),
    P("weight by sector", (330, 60, 380, 150, 80), "permille of the index on the first day, alike within", ASSUMED),
    P("share price", (45, 28, 180, 60, 70), "HKD, median by sector on the first day", ASSUMED),
    P("share price spread", 600, "thousandths, sigma of the logarithm", ASSUMED),
    P("beta by sector", (780, 950, 1_250, 1_000, 480), "thousandths to the common factor", TUNED),
    P("beta spread", 120, "thousandths, sigma among the shares of a sector", ASSUMED),
    P("drift", 15, "thousandths of a bp a day, of every share", ASSUMED),
    # what moves: daily volatility in bp, GARCH in thousandths
    P("common volatility", 115, "bp a day in the long run, of the common factor of shares", TUNED),
    P("common garch", (40, 850, 150), "thousandths: alpha, beta, gamma of Glosten and others (1993)", TUNED),
    P("sector volatility", (45, 75, 85, 60, 45), "bp a day", TUNED),
    P("sector garch", (50, 920, 20), "thousandths", TUNED),
    P("own volatility", (85, 130, 165, 130, 80), "bp a day by sector", TUNED),
    P("own garch", (60, 900, 20), "thousandths", TUNED),
    P("common degrees", 6, "degrees of freedom of the Student's t that all common shocks of a day share", TUNED),
    P("own degrees", 5, "degrees of freedom of a share's own shocks", TUNED),
    P("crash week", (-380, -610, 240, -520, 330), "bp of the common factor on five days running",
      "assumed, milder than October 1987 and 2008"),
    P("crash day", 90, "live days before it begins", ASSUMED),
    # currencies
    P("band", (77_500, 78_500), "ten-thousandths of HKD for a USD", BAND),
    P("band pull", 15, "thousandths a day towards the middle", ASSUMED),
    P("band noise", 45, "thousandths of the band, a day, in its middle; it dies at the edges", ASSUMED),
    P("pressure", 2_000, "ppm a day that it begins", ASSUMED),
    P("pressure days", (15, 60), "least and most", ASSUMED),
    P("pressure on the weak side", 700_000, "ppm", "assumed, after 1998, 2018, 2022 and 2023"),
    P("pressure pull", 120, "thousandths a day towards the edge", ASSUMED),
    P("pressure rates", 140, "bp that HKD rates move against USD rates under full pressure", ASSUMED),
    P("rate of USD/CNH, EUR/USD, USD/JPY", (70_500, 11_000, 1_450_000), "ten-thousandths, on the first day", ASSUMED),
    P("currency volatility", (28, 45, 58), "bp a day of CNH, EUR, JPY", TUNED),
    P("currency garch", (50, 930, 0), "thousandths", TUNED),
    P("currencies with shares", (420, 200, -150), "thousandths: correlation of CNH, EUR, JPY with the common factor",
      ASSUMED),
    # rates
    P("USD rate by half-year", (160, 30, 15, 20, 150, 420, 520, 530, 520, 470, 430, 410),
      "bp that the rate is drawn to; then the last", "assumed, after the cycle of 2020 to 2025"),
    P("rate pull", 12, "thousandths a day", ASSUMED),
    P("rate noise", (2, 4, 4, 2), "bp a day of USD, HKD, CNH, EUR", ASSUMED),
    P("rate spread", (-40, -180, -180), "bp of HKD, CNH, EUR over USD", ASSUMED),
    P("rate floor", 5, "bp", ASSUMED),
    P("dividend yield", 330, "bp a year, in the prices of futures", ASSUMED),
    # implied volatilities
    P("volatility premium", 1_080, "permille of the volatility that is expected over a month", ASSUMED),
    P("volatility noise", (28, 900), "permille a day, and thousandths that stay of yesterday's", ASSUMED),
    P("volatility with shares", -600, "thousandths of correlation of that noise with the common factor", ASSUMED),
    P("smile", (1_280, 1_120, 1_000, 940, 930), "permille of the middle, for strikes of 80, 90, 100, 110, 120%",
      ASSUMED),
    # the day
    P("steps", (2, 6), "times of quotes before the close, on a plain day and on one that is followed closely", ASSUMED),
    P("followed", 10, "last live days that are followed closely; so is the crash week", ASSUMED),
    P("way", (60, 90, 20, 120), "bp a day of the index, shares, currencies, volatilities between two closes", ASSUMED),
    P("half spread", (5, 150, 2), "bp of the price of shares and futures, of options, of currencies", ASSUMED),
    # the books
    P("index multiplier", 50, "HKD a point of futures and options", CONTRACT),
    P("share lot", 1_000, "shares of an option's contract, and of an order's lot", ASSUMED),
    P("currency lot", 10_000, "units of base of a currency option's contract, and of an order's lot", ASSUMED),
    P("orders a day", (6, 6, 3, 5), "by book: equity derivatives, cash equities, FX options, FX spot", ASSUMED),
    P("order size", (12_000, 12_000, 60_000, 50_000), "thousands of HKD of the underlying, median by book", ASSUMED),
    P("order spread", 800, "thousandths, sigma of the logarithm", ASSUMED),
    P("sold", 580, "permille of the options that clients ask for which are bought from the bank", ASSUMED),
    P("leaning", 800, "permille of orders in what is held that bring it down", ASSUMED),
    P("hedge", 20_000, "thousands of HKD of delta, above which a trader of options hedges before the close", ASSUMED),
    P("unfilled", 80_000, "ppm of orders", ASSUMED),
    P("part filled", 120_000, "ppm of orders, for half", ASSUMED),
    P("opening", 12, "orders of each book on the eve of the first live day", ASSUMED),
    # planted for the demo; days count from the first live one
    P("stale day", 20, "from here the first Monday", ASSUMED),
    P("refused day", 30, "of an order for far too many puts", ASSUMED),
    P("refused size", 6_000_000, "thousands of HKD of the index", ASSUMED),
    P("block day", 45, "of a client's block of one share, sold the day after", ASSUMED),
    P("block size", 1_100_000, "thousands of HKD", ASSUMED),
    P("crash size", 700_000, "thousands of HKD of the index: puts a client buys on the crash's first day", ASSUMED),
)  # fmt: skip

ASSUMPTIONS: Final = Assumptions(TABLE)
number = ASSUMPTIONS.number
numbers = ASSUMPTIONS.numbers
rendered = ASSUMPTIONS.rendered
