"""Who a batch speaks of: its identifiers, local to the batch, as the vault's dense numbers and tokens."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from waglan.schema.batch import Batch
from waglan.schema.units import NULL
from waglan.store.vault import Vault

Ints = NDArray[np.int64]


class Subjects:
    """The entity columns of one recipe, as (column, subject type), before one vault."""

    def __init__(self, vault: Vault, entities: Sequence[tuple[int, str]]) -> None:
        self._vault: Final = vault
        self._entities: Final = entities
        self._local: Final[dict[int, tuple[list[str], Ints]]] = {}

    def of(self, batch: Batch, at: Ints) -> tuple[Ints, Ints]:
        """Values of the rows `at` with entities by dense number, and the same by token; both int64 (len(at), c)."""
        dense = batch.values[at]
        tokens = dense.copy()
        for j, subject_type in self._entities:
            local = dense[:, j]
            held = local != NULL
            if held.any():
                numbers = self._numbers(batch, j, subject_type, local[held])
                dense[held, j] = numbers
                tokens[held, j] = self._vault.tokens(subject_type)[numbers]
        return dense, tokens

    def _numbers(self, batch: Batch, column: int, subject_type: str, local: Ints) -> Ints:
        """Dense numbers of a batch's own; each name meets the vault once, however the batch is sliced."""
        names = batch.names[column]
        known = self._local.get(column)
        if known is None or known[0] is not names:
            known = self._local[column] = (names, np.full(len(names), -1, np.int64))
        new = np.unique(local[known[1][local] < 0])
        if len(new):
            known[1][new] = self._vault.intern(subject_type, [names[k] for k in new.tolist()])
        return known[1][local]
