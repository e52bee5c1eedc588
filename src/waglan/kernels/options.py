"""European options and whatever is linear in a price, over n instruments x S scenarios in one pass.

One form holds them all (Black 1976, in discounted amounts): A = S exp(-q T) is what the underlying's delivery at
expiry is worth today, B = K exp(-r T) what the strike is, and a call is A N(d1) - B N(d2), sd = volatility x sqrt(T),
d1,2 = ln(A / B) / sd +- sd / 2. With q a dividend yield it is Black, Scholes and Merton (1973); with q the foreign rate
Garman and Kohlhagen (1983); with S a futures price and q = r Black (1976). A - B is a forward, with T = 0 a share
(K = 0) or a future against the price K.

Two things make it quick. What depends on underlying, expiry and curve, not on strike or volatility, is worked out once
for neighbours that share it (`_ahead`). And A n(d1) = B n(d2) = sqrt(A B / 2 pi) exp(-(x^2 / sd^2 + sd^2 / 4) / 2),
x = ln(A / B), so both normal laws, as Mills' ratios, share one exponential and one division. The inner loops run over
scenarios and are straight (`normal`): the same bits for any chunk of instruments or scenarios, on any processor.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from waglan.kernels.compiled import bare, inlined
from waglan.kernels.normal import (
    exponential,
    fma,
    logarithm,
    mills_over,
    mills_under,
    nearest_whole,
)  # fmt: skip

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SPOT, RATE, CARRY, VOLATILITY, CURRENCY, SIGN = range(6)
"""Columns of `index`: rows of spots, rates (r, then q), volatility moves, crosses; sign 1 call, -1 put, 0 linear."""
STRIKE, YEARS, LEVEL, UNITS, BASE = range(5)
"""Columns of `terms`: K, T in years, volatility, units (quantity x multiplier x minor units), value unmoved."""
VALUE, DELTA, GAMMA, VEGA, THETA, RHO, CARRY_RHO = range(7)
"""Columns of `greeks`."""
BLOCK: Final = 64
"""Instruments worked before their columns are written: eight cache lines a scenario; two took a fifth longer."""
ROWS: Final = BLOCK + 4
"""Rows of `scratch`."""
LIMIT: Final = 4398046511104.0
"""2**42, the bound on one value in minor units; what is beyond is written as the bound, for the caller to refuse."""
_DENSITY: Final = 0.3989422804014327  # 1 / sqrt(2 pi)
_SD_LEAST: Final = 1e-140  # stands for zero: x / sd keeps its square finite
_FAR: Final = 1e9  # where the density has long been zero


@inlined
def tails(x: float, sd: float, root: float) -> tuple[float, float, float, float, float]:
    """d1, d2, A N(-|d1|), B N(-|d2|) and A n(d1); root = sqrt(A B / 2 pi). For sd = 0 the limits."""
    sd = max(sd, _SD_LEAST)
    m = x / sd
    h = 0.5 * sd
    d1, d2 = m + h, m - h
    g = root * exponential(-0.5 * fma(m, m, h * h))
    a1, a2 = min(abs(d1), _FAR), min(abs(d2), _FAR)
    under1, under2 = mills_under(a1), mills_under(a2)
    both = g / (under1 * under2)
    return d1, d2, mills_over(a1) * under2 * both, mills_over(a2) * under1 * both, g


@inlined
def premium(sign: float, a: float, b: float, x: float, sd: float, root: float) -> float:
    """What a call (sign 1) or a put (-1) costs: sign (A N(sign d1) - B N(sign d2))."""
    d1, d2, t1, t2, _ = tails(x, sd, root)
    left = a - t1 if sign * d1 > 0.0 else t1
    right = b - t2 if sign * d2 > 0.0 else t2
    return sign * (left - right)


@bare
def _ahead(years: float, spot: Floats, log: Floats, rate: Floats, carry: Floats, out: Floats) -> None:
    """Of each scenario A, discount factor, ln(A / discount factor), sqrt(A x discount factor / 2 pi): out (4, S)."""
    a, d, x, root = out[0], out[1], out[2], out[3]
    for s in range(len(spot)):
        ahead = spot[s] * exponential(-carry[s] * years)
        discount = exponential(-rate[s] * years)
        a[s] = ahead
        d[s] = discount
        x[s] = fma(rate[s] - carry[s], years, log[s])
        root[s] = np.sqrt(ahead * discount) * _DENSITY


@bare
def _option(
    sign: float, strike: float, years: float, level: float, ahead: Floats, times: Floats, plus: Floats, out: Floats,
) -> None:  # fmt: skip
    """One option in each scenario, in its own currency: out (S,)."""
    a, d, x, root = ahead[0], ahead[1], ahead[2], ahead[3]
    log, half, wide = logarithm(strike), np.sqrt(strike), np.sqrt(years)
    for s in range(len(out)):
        sd = fma(level, times[s], plus[s]) * wide
        out[s] = premium(sign, a[s], strike * d[s], x[s] - log, sd, half * root[s])


@bare
def _linear(strike: float, ahead: Floats, out: Floats) -> None:
    """A - K x discount factor in each scenario."""
    a, d = ahead[0], ahead[1]
    for s in range(len(out)):
        out[s] = fma(-strike, d[s], a[s])


@inlined
def _same(index: Ints, terms: Floats, i: int, j: int) -> bool:
    """Whether two instruments share underlying, expiry and curves."""
    same = index[i, SPOT] == index[j, SPOT] and index[i, RATE] == index[j, RATE]
    return bool(same and index[i, CARRY] == index[j, CARRY] and terms[i, YEARS] == terms[j, YEARS])


@bare
def _one(
    index: Ints, terms: Floats, i: int, spots: Floats, logs: Floats, rates: Floats, times: Floats, plus: Floats,
    ahead: Floats, fresh: bool, out: Floats,
) -> None:  # fmt: skip
    """Instrument i in each scenario; `ahead` is kept from the one before unless `fresh`."""
    t = index[i]
    if fresh or not _same(index, terms, i, i - 1):
        _ahead(terms[i, YEARS], spots[t[SPOT]], logs[t[SPOT]], rates[t[RATE]], rates[t[CARRY]], ahead)
    if t[SIGN] == 0:
        _linear(terms[i, STRIKE], ahead, out)
    else:
        sign, v = np.float64(t[SIGN]), t[VOLATILITY]
        _option(sign, terms[i, STRIKE], terms[i, YEARS], terms[i, LEVEL], ahead, times[v], plus[v], out)


@bare
def _worth(units: float, base: float, cross: Floats, out: Floats) -> None:
    """units x (value x cross - base) in place, to be rounded: kept within +-LIMIT, NaN as the bound."""
    for s in range(len(out)):
        worth = units * fma(out[s], cross[s], -base)
        worth = worth if worth < LIMIT else LIMIT
        out[s] = worth if worth > -LIMIT else -LIMIT


@bare
def values(
    index: Ints, terms: Floats, spots: Floats, logs: Floats, rates: Floats, times: Floats, plus: Floats,
    ahead: Floats, out: Floats,
) -> None:  # fmt: skip
    """Value of one unit of each instrument in its own currency in each scenario.

    index int64 (n, 6), terms (n, 5): see their columns above. spots, logs = ln spots, rates, times, plus: (rows, S),
    what a quote is in each scenario; a volatility is level x times + plus. ahead: (4, S), scratch. out: (n, S).
    Prices and strikes of options are positive and normal, volatilities and years zero or more: zero gives the limit,
    the intrinsic value A - B.
    """
    for i in range(len(index)):
        _one(index, terms, i, spots, logs, rates, times, plus, ahead, i == 0, out[i])


@bare
def revalue(
    index: Ints, terms: Floats, spots: Floats, logs: Floats, rates: Floats, times: Floats, plus: Floats,
    crosses: Floats, scratch: Floats, out: Ints,
) -> None:  # fmt: skip
    """Profit and loss of each position in each scenario, whole minor units, halves to even, scenario-major.

    As `values`, with crosses (rows, S), home currency for one of each; scratch: (ROWS, S). out: int64 (S, n) =
    units x (value x cross - base), within +-2**42: where that is reached, the number is not to be used.
    """
    ahead, rows = scratch[:4], scratch[4:]
    for start in range(0, len(index), BLOCK):
        stop = min(start + BLOCK, len(index))
        for i in range(start, stop):
            row = rows[i - start]
            _one(index, terms, i, spots, logs, rates, times, plus, ahead, i == 0, row)
            _worth(terms[i, UNITS], terms[i, BASE], crosses[index[i, CURRENCY]], row)
        _turned(rows, start, stop, out)


@bare
def unit_gains(
    index: Ints, terms: Floats, spots: Floats, logs: Floats, rates: Floats, times: Floats, plus: Floats,
    crosses: Floats, places: Ints, scratch: Floats, out: Ints, peaks: Floats,
) -> None:  # fmt: skip
    """As `revalue`, an instrument a row: line i into row places[i] of out (rows, S), the largest size in it into peaks.

    A row is written as it is worked, so nothing is turned and turned back.
    """
    ahead, row = scratch[:4], scratch[4]
    for i in range(len(index)):
        _one(index, terms, i, spots, logs, rates, times, plus, ahead, i == 0, row)
        _worth(terms[i, UNITS], terms[i, BASE], crosses[index[i, CURRENCY]], row)
        found, most = out[places[i]], 0
        for s in range(len(row)):
            whole = nearest_whole(row[s])
            found[s] = whole
            most = max(most, whole, -whole)
        peaks[places[i]] = np.float64(most)


@bare
def by_greeks(
    index: Ints, terms: Floats, greeks: Floats, spots: Floats, before: Floats, times: Floats, plus: Floats,
    crosses: Floats, scratch: Floats, out: Ints,
) -> None:  # fmt: skip
    """As `revalue`, with delta, gamma and vega in place of the formula; the cross is moved exactly.

    greeks (n, 7) of one unit before the moves; before (rows,): the spots they were taken at.
    """
    rows = scratch[4:]
    for start in range(0, len(index), BLOCK):
        stop = min(start + BLOCK, len(index))
        for i in range(start, stop):
            row, spot = rows[i - start], index[i, SPOT]
            v = index[i, VOLATILITY]
            _expanded(greeks[i], before[spot], terms[i, LEVEL], spots[spot], times[v], plus[v], row)
            _worth(terms[i, UNITS], terms[i, BASE], crosses[index[i, CURRENCY]], row)
        _turned(rows, start, stop, out)


@bare
def _expanded(
    greek: Floats, spot: float, level: float, spots: Floats, times: Floats, plus: Floats, out: Floats
) -> None:  # fmt: skip
    """value + delta dS + gamma dS^2 / 2 + vega d(volatility), in each scenario."""
    value, delta, half, vega = greek[VALUE], greek[DELTA], 0.5 * greek[GAMMA], greek[VEGA]
    for s in range(len(out)):
        move = spots[s] - spot
        out[s] = fma(vega, fma(level, times[s], plus[s]) - level, fma(fma(half, move, delta), move, value))


@bare
def _turned(rows: Floats, start: int, stop: int, out: Ints) -> None:
    """Columns start to stop of out (S, n) from rows (instruments, S), to the nearest whole number."""
    if stop - start == BLOCK:
        for s in range(len(out)):
            for i in range(BLOCK):
                out[s, start + i] = nearest_whole(rows[i, s])
    else:
        for s in range(len(out)):
            for i in range(stop - start):
                out[s, start + i] = nearest_whole(rows[i, s])


@bare
def greeks(index: Ints, terms: Floats, spots: Floats, rates: Floats, out: Floats) -> None:
    """Value and greeks of one unit of each instrument where nothing has moved, in its own currency.

    index, terms as in `values`; spots, rates: (rows,). out (n, 7): value; delta for 1 of the spot; gamma for 1 squared;
    vega for 1.00 of volatility; theta for a year that passes; rho for 1.00 of r; the same for 1.00 of q. Where
    volatility x sqrt(T) is 0: gamma and vega 0, delta that of the intrinsic value, half of it exactly at the money.
    """
    for i in range(len(index)):
        r, q, spot = rates[index[i, RATE]], rates[index[i, CARRY]], spots[index[i, SPOT]]
        years, strike, level = terms[i, YEARS], terms[i, STRIKE], terms[i, LEVEL]
        a, b = spot * exponential(-q * years), strike * exponential(-r * years)
        left, right, sign, g, sd = a, b, 1.0, 0.0, 0.0
        if index[i, SIGN] != 0:
            sign, sd = np.float64(index[i, SIGN]), level * np.sqrt(years)
            x = fma(r - q, years, logarithm(spot)) - logarithm(strike)
            d1, d2, t1, t2, g = tails(x, sd, np.sqrt(a * b) * _DENSITY)
            left = a - t1 if sign * d1 > 0.0 else t1
            right = b - t2 if sign * d2 > 0.0 else t2
        decay = 0.5 * level * g / np.sqrt(years) if sd > 0.0 else 0.0
        out[i, VALUE] = sign * (left - right)
        out[i, DELTA] = sign * left / spot
        out[i, GAMMA] = g / (spot * spot * sd) if sd > 0.0 else 0.0
        out[i, VEGA] = g * np.sqrt(years) if sd > 0.0 else 0.0
        out[i, THETA] = sign * (q * left - r * right) - decay
        out[i, RHO] = sign * years * right
        out[i, CARRY_RHO] = -sign * years * left
