"""Scenarios: what each risk factor does in each of them, and what that makes of a quote.

A factor moves one quote or many, either by a share of each (0.01: up by a hundredth) or by the same amount (0.0001: a
rate one basis point up). Quotes that no factor names stay where they are. Moves are instantaneous: no time passes.
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from waglan.schema.units import BadValue

Floats = NDArray[np.float64]

HOWS: Final = ("share", "amount")


class Factor(msgspec.Struct, frozen=True):
    """What moves together: `how` is "share" or "amount", `quotes` the names it moves."""

    name: str
    how: str
    quotes: tuple[str, ...]


class Scenarios:
    """Moves of factors, float64 (S, factors), one row a scenario, each with its label (a date, a name).

    Raises BadValue for shapes that do not fit, a move that is not finite, a share that takes all or more of a quote, a
    label, factor or quote that comes twice. No scenarios is refused too: there would be no loss to speak of.
    """

    def __init__(self, labels: Sequence[str], factors: Sequence[Factor], moves: Floats) -> None:
        self.labels = tuple(labels)
        self.factors = tuple(factors)
        self.moves = np.ascontiguousarray(moves, np.float64)
        if not self.labels:
            raise BadValue("there are no scenarios")
        if self.moves.shape != (len(self.labels), len(self.factors)):
            wanted = (len(self.labels), len(self.factors))
            raise BadValue(f"moves have a row for each scenario and a column for each factor, {wanted}; they were "
                           f"{self.moves.shape}")  # fmt: skip
        once("scenario", self.labels)
        once("factor", [factor.name for factor in self.factors])
        once("quote in factors", [quote for factor in self.factors for quote in factor.quotes])
        for factor in self.factors:
            if factor.how not in HOWS:
                raise BadValue(f"{factor.name}: how is share or amount, it was {factor.how!r}")
        self._check_moves()
        self.place: Mapping[str, int] = {q: f for f, factor in enumerate(self.factors) for q in factor.quotes}
        """Quote -> column of the factor that moves it."""

    def _check_moves(self) -> None:
        shares = np.array([factor.how == "share" for factor in self.factors], bool)
        wrong = ~np.isfinite(self.moves) | (shares & (self.moves <= -1.0))
        if wrong.any():  # a search for places takes as long as everything else here
            s, f = np.argwhere(wrong)[0].tolist()
            kind = "a share above -1" if shares[f] else "a finite amount"
            raise BadValue(f"scenario {self.labels[s]!r}: the move of {self.factors[f].name!r} is {kind}, it was "
                           f"{self.moves[s, f]}")  # fmt: skip

    @cached_property
    def rows(self) -> tuple[Floats, Floats]:
        """What the quotes of each factor are multiplied by and what is then added, (factors + 1, S); the first row
        moves nothing. Not to be written to."""
        share = np.array([factor.how == "share" for factor in self.factors], bool)[:, None]
        times, plus = np.ones((len(share) + 1, len(self.labels))), np.zeros((len(share) + 1, len(self.labels)))
        np.add(1.0, self.moves.T, out=times[1:], where=share)
        np.copyto(plus[1:], self.moves.T, where=~share)
        return times, plus

    @cached_property
    def ends(self) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
        """The least of each row of `rows`, and the largest."""
        times, plus = self.rows
        return (times.min(axis=1), plus.min(axis=1)), (times.max(axis=1), plus.max(axis=1))

    def times_plus(self, column: int | None) -> tuple[Floats, Floats]:
        """What a quote is multiplied by and what is then added, (S,) each; no column moves nothing."""
        ones, zeros = np.ones(len(self.labels)), np.zeros(len(self.labels))
        if column is None:
            return ones, zeros
        move = np.ascontiguousarray(self.moves[:, column])
        return (1.0 + move, zeros) if self.factors[column].how == "share" else (ones, move)

    def moved(self, quote: str, value: float) -> Floats:
        """A quote in each scenario, (S,)."""
        times, plus = self.times_plus(self.place.get(quote))
        return value * times + plus

    def digest(self) -> str:
        """SHA-256 of labels, factors and moves (little-endian doubles, a scenario after the other)."""
        head = msgspec.msgpack.encode([self.labels, [[f.name, f.how, f.quotes] for f in self.factors]])
        return hashlib.sha256(len(head).to_bytes(8, "big") + head + self.moves.astype("<f8").tobytes()).hexdigest()


def once(what: str, names: Sequence[str]) -> None:
    """Raises BadValue for a name that comes twice."""
    if len(set(names)) < len(names):
        seen: set[str] = set()
        twice = next(name for name in names if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise BadValue(f"{what} {twice!r} comes twice")
