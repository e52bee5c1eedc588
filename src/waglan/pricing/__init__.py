"""Instruments, quotes and scenarios -> values, greeks and profit and loss in whole cents of the home currency."""

from waglan.pricing.columns import Columns
from waglan.pricing.instruments import Equity, Forward, Future, FxSpot, Instrument, Option
from waglan.pricing.layout import Line, Plan
from waglan.pricing.market import Market, Quote
from waglan.pricing.positions import Fill, Positions
from waglan.pricing.revaluation import Revaluation, revalue
from waglan.pricing.scenarios import Factor, Scenarios
from waglan.pricing.valuation import Valuation, value

__all__ = [
    "Columns",
    "Equity",
    "Factor",
    "Fill",
    "Forward",
    "Future",
    "FxSpot",
    "Instrument",
    "Line",
    "Market",
    "Option",
    "Plan",
    "Positions",
    "Quote",
    "Revaluation",
    "Scenarios",
    "Valuation",
    "revalue",
    "value",
]
