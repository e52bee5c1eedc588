"""The events that a book observed before its first decision, as a file: `history.parquet`.

Tokens stand in place of identifiers, and an event's id is sealed under the key of its subject, beside a keyed digest by
which a repeat is known. So the file may lie in a backup: with a key destroyed it holds operands of windows - times,
amounts, tokens - and nothing that leads to a person. A replay begins with it, because the windows did.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from waglan.engine.replay import dense_values, first_rows
from waglan.schema.batch import Batch
from waglan.schema.recipe import Recipe, columns, kinds
from waglan.schema.units import NULL
from waglan.store.envelope import open_id, seal_ids
from waglan.store.ids import EVENT
from waglan.store.vault import Vault

Ints = NDArray[np.int64]
NAME: Final = "history.parquet"


def history_of(path: Path, recipe: Recipe, vault: Vault) -> Batch | None:
    """The events of a book's directory, None if it has none."""
    file = path / NAME
    return history_batch(recipe, vault, pq.read_table(file)) if file.exists() else None


def history_names(path: Path) -> list[str]:
    """What stands for the events' ids."""
    file = path / NAME
    return pq.read_table(file, columns=["name"])["name"].to_pylist() if file.exists() else []


def history_operands(
    path: Path, recipe: Recipe, vault: Vault, wanted: Sequence[str]
) -> tuple[list[str], Ints, dict[str, Ints]]:
    """Ids, times and some columns of the decided events: entities as tokens, NULL where absent."""
    file, subject = path / NAME, f"c_{recipe.subject}"
    if not file.exists():
        return [], np.empty(0, np.int64), {name: np.empty(0, np.int64) for name in wanted}
    asked = list(dict.fromkeys(["id", "name", "ts_ns", subject, *(f"c_{name}" for name in wanted)]))
    table = pq.read_table(file, columns=asked, filters=[("kind", "==", 0)])
    found = {name: table[f"c_{name}"].fill_null(NULL).to_numpy() for name in wanted}
    return _ids(vault, table, subject), table["ts_ns"].to_numpy(), found


def history_table(recipe: Recipe, vault: Vault, batch: Batch) -> pa.Table:
    """Readable events, one int64 column for each column of the recipe.

    Of events with one id only the first is there, as it alone moved the windows.
    """
    keep = first_rows(batch)
    values = dense_values(recipe, vault, batch)[keep]
    ids = [batch.ids[i] for i in keep.tolist()]
    fields: dict[str, Any] = {
        "id": None,
        "name": pa.array(vault.names.many(EVENT, ids), pa.string()),
        "kind": pa.array(batch.kinds[keep]),
        "ts_ns": pa.array(batch.ts_ns[keep]),
    }
    for j, (name, column) in enumerate(columns(recipe).items()):
        held = values[:, j] != NULL
        if column.entity:
            values[held, j] = vault.tokens(column.entity)[values[held, j]]
        fields[f"c_{name}"] = pa.array(values[:, j], mask=~held)
    whose = fields[f"c_{recipe.subject}"].to_pylist()
    fields["id"] = pa.array(_sealed(vault, ids, fields["name"].to_pylist(), whose), pa.binary())
    return pa.table(fields)


def history_batch(recipe: Recipe, vault: Vault, table: pa.Table) -> Batch:
    """Inverse of `history_table`. An erased event's id is a name that says so."""
    people: dict[int, list[str]] = {}
    stacked = []
    for j, (name, column) in enumerate(columns(recipe).items()):
        values = table[f"c_{name}"].fill_null(NULL).to_numpy().copy()
        if column.entity:
            held = values != NULL
            tokens, local = np.unique(values[held], return_inverse=True)
            people[j] = [vault.identifier(column.entity, token) for token in tokens.tolist()]
            values[held] = local
        stacked.append(values)
    kind = table["kind"].to_numpy().astype(np.int8)
    assert kind.max(initial=0) < len(kinds(recipe)), "history is of this recipe"
    ids = _ids(vault, table, f"c_{recipe.subject}")
    return Batch(ids, kind, table["ts_ns"].to_numpy(), np.stack(stacked, axis=1), people)


def _sealed(vault: Vault, ids: Sequence[str], digests: Sequence[str], whose: Sequence[int | None]) -> list[bytes]:
    if not vault.sealing:
        return [event_id.encode() for event_id in ids]
    known = {token: vault.key_of(token) for token in set(whose)}
    keys = [known[token] or b"" for token in whose]
    return seal_ids(keys, ids, digests)


def _ids(vault: Vault, table: pa.Table, subject: str) -> list[str]:
    data, digests, whose = (table[name].to_pylist() for name in ("id", "name", subject))
    if not vault.sealing:
        return [event_id.decode() for event_id in data]
    known = {token: vault.key_of(token) for token in set(whose)}
    lines = zip(data, digests, whose, strict=True)
    return [
        f"\0erased/{name}" if (key := known[who]) is None else open_id(key, sealed, name) for sealed, name, who in lines
    ]
