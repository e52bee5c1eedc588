"""What came before the first decision, as it is kept: a table of events with tokens in place of identifiers."""

from typing import Any

import numpy as np
import pyarrow as pa

from waglan.engine.replay import dense_values, first_rows
from waglan.schema.batch import Batch
from waglan.schema.recipe import Recipe, columns, kinds
from waglan.schema.units import NULL
from waglan.store.vault import Vault


def history_table(recipe: Recipe, vault: Vault, batch: Batch) -> pa.Table:
    """Readable events with tokens in place of identifiers, one int64 column for each column of the recipe.

    Of events with one id only the first is there, as it alone moved the windows.
    """
    keep = first_rows(batch)
    values = dense_values(recipe, vault, batch)[keep]
    fields: dict[str, Any] = {
        "id": pa.array([batch.ids[i] for i in keep.tolist()], pa.string()),
        "kind": pa.array(batch.kinds[keep]),
        "ts_ns": pa.array(batch.ts_ns[keep]),
    }
    for j, (name, column) in enumerate(columns(recipe).items()):
        held = values[:, j] != NULL
        if column.entity:
            values[held, j] = vault.tokens(column.entity)[values[held, j]]
        fields[f"c_{name}"] = pa.array(values[:, j], mask=~held)
    return pa.table(fields)


def history_batch(recipe: Recipe, vault: Vault, table: pa.Table) -> Batch:
    """Inverse of `history_table`."""
    names: dict[int, list[str]] = {}
    stacked = []
    for j, (name, column) in enumerate(columns(recipe).items()):
        values = table[f"c_{name}"].fill_null(NULL).to_numpy().copy()
        if column.entity:
            held = values != NULL
            tokens, local = np.unique(values[held], return_inverse=True)
            names[j] = [vault.identifier(column.entity, token) for token in tokens.tolist()]
            values[held] = local
        stacked.append(values)
    kind = table["kind"].to_numpy().astype(np.int8)
    assert kind.max(initial=0) < len(kinds(recipe)), "history is of this recipe"
    return Batch(table["id"].to_pylist(), kind, table["ts_ns"].to_numpy(), np.stack(stacked, axis=1), names)
