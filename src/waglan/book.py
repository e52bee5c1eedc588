"""A book: one directory that holds a recipe, its model, the history it began with, every record, and the log.

    recipe.toml      what is sealed: features, policy, the model's digest
    model.json       the model file
    history.parquet  events observed before the first decision, tokens in place of identifiers
    store/           records, subjects and their keys, snapshots (SQLite)
    log/             the commitments

Opened, it is an engine where it left off: the last snapshot, and after it the records that followed. Three lines are
enough for a data frame:

    import waglan
    book = waglan.open("book")
    decisions = book.decide(frame)
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from waglan.engine.engine import Answer, Engine
from waglan.engine.judge import Judge
from waglan.engine.replay import CHUNK, VaultKeys, batches, dense_values
from waglan.features.state import Windows
from waglan.intake import from_table, read
from waglan.ledger.log import Log
from waglan.models.model import Model
from waglan.schema.batch import REFUSED, Batch
from waglan.schema.recipe import Recipe, columns, kinds, read_recipe
from waglan.schema.records import Warm
from waglan.schema.units import NULL, BadValue
from waglan.store.keys import KeySource
from waglan.store.records import Store
from waglan.store.recovery import recover
from waglan.store.vault import Vault

SNAPSHOT_EVERY: Final = 262_144
"""Records between two snapshots: opening then repeats at most this many steps, 0.2 s."""

Progress = Callable[[int], None]


class Book:
    """`Book.create` makes one, `Book.open` goes on with it; use it as a context or close it."""

    def __init__(self, path: Path, engine: Engine, recipe_bytes: bytes, found: Sequence[str]) -> None:
        self.path: Final = path
        self.engine: Final = engine
        self.recipe: Final[Recipe] = engine.judge.recipe
        self.recipe_bytes: Final = recipe_bytes
        self.found: Final = tuple(found)
        """What opening had to mend, in words."""
        self._snapshot_at = engine.store.size

    @classmethod
    def create(cls, path: Path | str, recipe_bytes: bytes, model_bytes: bytes, keys: KeySource) -> Self:
        """A new book. Raises BadValue if one is there already, or if recipe and model do not belong together."""
        path = Path(path)
        if (path / "recipe.toml").exists():
            raise BadValue(f"{path}: there is a book already; open it, or choose another directory")
        recipe, model = read_recipe(recipe_bytes, str(path / "recipe.toml")), Model.read(model_bytes)
        _belong(recipe, model)
        Judge(recipe, recipe_bytes, model)
        path.mkdir(parents=True, exist_ok=True)
        (path / "model.json").write_bytes(model_bytes)
        (path / "recipe.toml").write_bytes(recipe_bytes)
        return cls.open(path, keys)

    @classmethod
    def open(
        cls, path: Path | str, keys: KeySource, shadows: Sequence[tuple[bytes, bytes]] = (), threads: int = 1
    ) -> Self:
        """A book where it was left, after a crash too. `shadows` are recipe and model files judged alongside."""
        path = Path(path)
        recipe_bytes, model = _bytes(path / "recipe.toml"), Model.open(path / "model.json")
        recipe = read_recipe(recipe_bytes, str(path / "recipe.toml"))
        judges = [Judge(read_recipe(r), r, Model.read(m)) for r, m in shadows]
        judge = Judge(recipe, recipe_bytes, model)
        store = Store.open(path / "store", keys)
        log = Log(path / "log")
        found = list(log.found)
        if mended := recover(store, log):
            found.append(f"{mended} entries that the store had and the log lacked were appended")
        engine = Engine(judge, store, log, judges, threads)
        book = cls(path, engine, recipe_bytes, found)
        book._resume(threads)
        return book

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Commit with a snapshot, and let the directory go."""
        if self.engine.size > self._snapshot_at:
            self.engine.commit(snapshot=True)
        self.engine.store.close()
        self.engine.log.close()

    def warm(self, batch: Batch) -> Warm:
        """Observe history before the first decision, keep it, and seal its digest."""
        warm = self.engine.observe(batch)
        pq.write_table(
            history_table(self.recipe, self.engine.store.vault, batch),
            self.path / "history.parquet",
            compression="zstd",
        )
        self.engine.commit(snapshot=True)
        self._snapshot_at = self.engine.store.size
        return warm

    def read(self, file: Path | str) -> Batch:
        """A file's events by this book's recipe."""
        return read(file, self.recipe)

    def run(self, batch: Batch, chunk: int = CHUNK, progress: Progress | None = None) -> list[Answer]:
        """Decide and observe a batch in order, committed chunk by chunk; one answer for each row."""
        answers: list[Answer] = []
        for start in range(0, len(batch), chunk):
            part = batch.slice(start, min(start + chunk, len(batch)))
            answers += self.engine.decide(part)
            due = self.engine.size - self._snapshot_at >= SNAPSHOT_EVERY
            self.engine.commit(snapshot=due)
            if due:
                self._snapshot_at = self.engine.store.size
            if progress:
                progress(len(part))
        return answers

    def decide(self, frame: Any) -> Any:
        """A data frame of events (pandas, Polars, Arrow) -> a frame of the same library with one answer for each row.

        Columns: id, position, verb, score_micro, reasons, refusal, duplicate. On disk when it returns.
        """
        table = arrow_table(frame)
        answers = self.run(from_table(table, self.recipe))
        names = ("id", "position", "verb", "score_micro", "reasons", "refusal", "duplicate")
        out = pa.table({name: [getattr(answer, name) for answer in answers] for name in names}, schema=ANSWERS)
        return like(frame, out)

    def _resume(self, threads: int) -> None:
        """Bring the windows to where the log ends."""
        engine, judge = self.engine, self.engine.judge
        snapshot = engine.store.snapshot(judge.digest) if not engine.shadows else None
        start = 0
        if snapshot is not None:
            judge.windows, start = Windows.restore(judge.plan, snapshot[1])
        elif (history := self.history()) is not None:
            values = dense_values(self.recipe, engine.store.vault, history)
            for each in (judge, *engine.shadows):
                each.observe(history.kinds, history.ts_ns, values, threads)
        for event_id in self._history_ids():
            engine.seen_as_history(event_id)
        for batch in batches(self.recipe, engine.store, start, effects=True):
            keep = batch.kinds != REFUSED
            values = dense_values(self.recipe, engine.store.vault, batch)[keep]
            for each in (judge, *engine.shadows):
                each.observe(batch.kinds[keep], batch.ts_ns[keep], values)

    def again(self) -> Engine:
        """A new engine in memory with the same recipe, history and keys, for a replay."""
        judge = Judge(self.recipe, self.recipe_bytes, self.engine.judge.model)
        engine = Engine(judge, Store.memory(VaultKeys(self.engine.store.vault)), Log(), threads=self.engine.threads)
        if (history := self.history()) is not None:
            engine.observe(history)
            engine.commit()
        return engine

    def history(self) -> Batch | None:
        """The events observed before the first decision; None if there were none."""
        file = self.path / "history.parquet"
        return history_batch(self.recipe, self.engine.store.vault, pq.read_table(file)) if file.exists() else None

    def _history_ids(self) -> list[str]:
        file = self.path / "history.parquet"
        return pq.read_table(file, columns=["id"])["id"].to_pylist() if file.exists() else []


ANSWERS: Final = pa.schema(
    [
        ("id", pa.string()),
        ("position", pa.int64()),
        ("verb", pa.string()),
        ("score_micro", pa.int64()),
        ("reasons", pa.list_(pa.string())),
        ("refusal", pa.string()),
        ("duplicate", pa.bool_()),
    ]
)


def arrow_table(frame: Any) -> pa.Table:
    """Any frame that speaks Arrow, or pandas', as a table."""
    if isinstance(frame, pa.Table):
        return frame
    if hasattr(frame, "__arrow_c_stream__"):
        return pa.table(frame)
    raise BadValue(f"a frame of pandas, Polars or Arrow was expected, it was {type(frame).__name__}")


def like(frame: Any, table: pa.Table) -> Any:
    """An Arrow table in the library the frame came from."""
    library = type(frame).__module__.split(".")[0]
    if library == "pandas":
        return table.to_pandas()
    if library == "polars":
        return type(frame)(table)
    return table


def history_table(recipe: Recipe, vault: Vault, batch: Batch) -> pa.Table:
    """Readable events with tokens in place of identifiers, one int64 column for each column of the recipe."""
    keep = np.flatnonzero(batch.kinds != REFUSED)
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


def _belong(recipe: Recipe, model: Model) -> None:
    declared = recipe.model.digest
    if declared is not None and declared != model.digest.hex():
        raise BadValue(f"the recipe names the model {declared}, this one is {model.digest.hex()}")
    missing = [name for name in model.features if name not in {f.name for f in recipe.features}]
    if missing:
        raise BadValue(f"the model reads {missing[0]!r}, which the recipe does not declare")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadValue(f"{path}: {error.strerror}; a book is a directory that `waglan replay` made") from None
