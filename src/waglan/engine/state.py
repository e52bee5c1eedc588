"""The moving state behind a judge: the windows of its features, and for a market book its holdings beside them.

Both see every event once, in log order, and neither sees the other, so a row is the windows' cells and then the
holdings'. The judge does not know which it has. Pricing and scenarios are loaded for market books alone: with scipy's
distributions they take longer to load than everything else that decides.
"""

import hashlib
import struct
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from waglan.features.plan import Plan
from waglan.features.state import Windows
from waglan.schema.recipe import Recipe
from waglan.schema.units import BadValue

if TYPE_CHECKING:
    from waglan.risk.holdings import Holdings
    from waglan.risk.portfolio import Portfolio

Ints = NDArray[np.int64]
Codes = NDArray[np.int8]

MAGIC: Final = b"waglan market 1\n"
HEAD: Final = struct.Struct("<16s32sqq32s")
"""Magic, digest of what the state is of, bytes of windows, bytes of holdings, SHA-256 of the holdings' bytes."""


class State(Protocol):
    """What moves with every event: rows, int64, and a status each, whose bits say what was wrong."""

    @property
    def plan(self) -> Plan: ...
    def step(
        self, kinds: Codes, ts_ns: Ints, values: Ints, blocked: bool = False, threads: int = 1
    ) -> tuple[Ints, Codes]: ...
    def step_one(self, kind: int, ts_ns: int, values_row: Ints) -> tuple[Ints, int]: ...
    def snapshot(self, position: int) -> bytes: ...


class MarketState:
    """Windows and holdings as one state: rows are the features, then the risk columns; the status has both's bits."""

    def __init__(self, windows: Windows, holdings: "Holdings", digest: bytes) -> None:
        """digest: what the state is of, see `state_digest`."""
        self.windows: Final = windows
        self.holdings: Final = holdings
        self._digest: Final = digest
        self._features: Final = len(windows.plan.names)
        self._row: Final = np.empty(self._features + len(holdings.columns), np.int64)

    @property
    def plan(self) -> Plan:
        """Of the windows."""
        return self.windows.plan

    def step(
        self, kinds: Codes, ts_ns: Ints, values: Ints, blocked: bool = False, threads: int = 1
    ) -> tuple[Ints, Codes]:
        """Move by n events: rows, int64 (n, f + k); status, int8 (n,). Arguments as the windows take them."""
        seen, status = self.windows.step(kinds, ts_ns, values, blocked, threads)
        held, told = self.holdings.step(kinds, ts_ns, values)
        rows = np.concatenate([seen, held], axis=1) if self._features else np.ascontiguousarray(held)
        return rows, status | told

    def step_one(self, kind: int, ts_ns: int, values_row: Ints) -> tuple[Ints, int]:
        """Move by one event: its row (a buffer that the next call overwrites) and its status."""
        seen, status = self.windows.step_one(kind, ts_ns, values_row)
        held, told = self.holdings.step_one(kind, ts_ns, values_row)
        self._row[: self._features] = seen[: self._features]
        self._row[self._features :] = held
        return self._row, status | told

    def snapshot(self, position: int) -> bytes:
        """The state as bytes, bound to recipe and universe, and to a log position. Inverse: `restored`."""
        windows, holdings = self.windows.snapshot(position), self.holdings.snapshot()
        checksum = hashlib.sha256(holdings).digest()
        return HEAD.pack(MAGIC, self._digest, len(windows), len(holdings), checksum) + windows + holdings


def state_digest(plan: Plan, recipe: Recipe, model: object) -> bytes:
    """What a state is of: judges with equal ones move alike. Of windows alone it is the plan's digest."""
    if recipe.risk is None:
        return plan.digest
    from waglan.risk.kept import bound_to

    return hashlib.sha256(plan.digest + bound_to(recipe, universe_of(model).universe)).digest()


def is_of(digest: bytes, recipe: Recipe, data: bytes) -> bool:
    """Whether a snapshot is of a state's digest, so that it can be taken; one of windows says so when it is taken.

    A recipe's digest of a market book covers fields that a later version of this program may add: an older snapshot is
    then passed over, and the state worked again from history and log.
    """
    return recipe.risk is None or (data.startswith(MAGIC) and data[len(MAGIC) : len(MAGIC) + 32] == digest)


def new_state(plan: Plan, recipe: Recipe, model: object, partitions: int = 1) -> State:
    """The state of a recipe before its first event."""
    windows = Windows(plan, partitions)
    if recipe.risk is None:
        return windows
    from waglan.risk.holdings import Holdings

    return MarketState(windows, Holdings(recipe, universe_of(model).universe), state_digest(plan, recipe, model))


def restored(plan: Plan, recipe: Recipe, model: object, data: bytes) -> tuple[State, int]:
    """State and log position of a snapshot. Raises BadValue if it is cut, altered, or of another recipe."""
    if recipe.risk is None:
        return Windows.restore(plan, data)
    if len(data) < HEAD.size or not data.startswith(MAGIC):
        raise BadValue(f"this is no snapshot of a market book: {len(data)} bytes that begin {data[:16]!r}")
    _, digest, first, second, checksum = HEAD.unpack_from(data)
    if digest != state_digest(plan, recipe, model):
        raise BadValue(f"the snapshot is of state {digest.hex()[:16]}, which is not this recipe's and universe's")
    if len(data) != HEAD.size + first + second:
        raise BadValue(f"the snapshot was cut: it names {first + second} bytes and has {len(data) - HEAD.size}")
    body = data[HEAD.size + first :]
    if hashlib.sha256(body).digest() != checksum:
        raise BadValue(f"the snapshot was altered: its SHA-256 is not {checksum.hex()[:16]}...")
    from waglan.risk.holdings import Holdings

    windows, position = Windows.restore(plan, data[HEAD.size : HEAD.size + first])
    return MarketState(windows, Holdings.restore(recipe, universe_of(model).universe, body), digest), position


def holdings_of(state: State) -> "Holdings":
    """What a market book's judge holds. Raises BadValue for another's."""
    if not isinstance(state, MarketState):
        raise BadValue("only a market book has holdings: its recipe has [risk]")
    return state.holdings


def universe_of(model: object) -> "Portfolio":
    """A market book's model. Raises BadValue for one that holds no universe."""
    from waglan.risk.portfolio import Portfolio

    if not isinstance(model, Portfolio):
        raise BadValue(f"a recipe with [risk] has a universe as its model, not a {type(model).__name__}")
    return model
