"""A book: one directory that holds a recipe, its model, the history it began with, every record, and the log.

    recipe.toml      what is sealed: features, policy, the model's digest
    model.json       the model file
    history.parquet  events observed before the first decision, tokens in place of identifiers
    store/           records, subjects and their keys, snapshots (SQLite)
    log/             the commitments, in tiles, and their signed head
    journal/         what was promised and is not yet safe in both
    keys/            the key that wraps subjects' keys, and the one that signs heads
    lock             one writer

Opened, it is an engine where it left off: the last snapshot, and after it the records that followed. Three lines are
enough for a data frame:

    import waglan
    book = waglan.open("book")
    decisions = book.decide(frame)
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from waglan.engine.effects import OWN
from waglan.engine.engine import Answer, Engine, Seen
from waglan.engine.frames import arrow_table, in_frame_order, like, table_of
from waglan.engine.history import history_names, history_of, history_operands, history_table
from waglan.engine.judge import EFFECT, Judge, same_events
from waglan.engine.lint import protected
from waglan.engine.replay import CHUNK, VaultKeys, batches, dense_values
from waglan.intake import from_table, read
from waglan.ledger.cosignature import CosignerKey
from waglan.ledger.disk import FileDisk
from waglan.ledger.failure import LogError
from waglan.ledger.log import Log
from waglan.ledger.note import Note, read_note
from waglan.ledger.witness import Answer as Asked
from waglan.ledger.witness import ask
from waglan.models.model import Model
from waglan.schema.batch import REFUSED, Batch
from waglan.schema.recipe import Recipe, read_recipe
from waglan.schema.records import Warm
from waglan.schema.units import BadValue
from waglan.store.failure import StoreError
from waglan.store.keys import KeySource
from waglan.store.master import MasterFile
from waglan.store.records import Store
from waglan.store.signer import create_signer, read_signer
from waglan.store.writer import COMMIT, DURABILITY, Writer

if TYPE_CHECKING:
    from waglan.risk.portfolio import Portfolio

SNAPSHOT_EVERY: Final = 262_144
"""Records between two snapshots: opening then repeats at most this many steps, 0.2 s."""

Progress = Callable[[int], None]
Witnessing = tuple[CosignerKey, Callable[[bytes], Asked]]
"""The key that a witness is trusted by, and how it is reached."""


class Book:
    """`Book.create` makes one, `Book.open` goes on with it; use it as a context or close it."""

    def __init__(self, path: Path, engine: Engine, recipe_bytes: bytes, writer: Writer) -> None:
        self.path: Final = path
        self.engine = engine
        self.recipe: Final[Recipe] = engine.judge.recipe
        self.recipe_bytes: Final = recipe_bytes
        self.writer: Final = writer
        self.found: Final = tuple(writer.found)
        """What opening had to mend, in words."""
        self._snapshot_at = engine.store.size

    @classmethod
    def create(
        cls, path: Path | str, recipe_bytes: bytes, model_bytes: bytes, keys: KeySource, durability: str = COMMIT
    ) -> Self:
        """A new book. Raises BadValue if one is there already, or if recipe and model do not belong together."""
        path, disk = Path(path), FileDisk()
        if (path / "recipe.toml").exists():
            raise BadValue(f"{path}: there is a book already; open it, or choose another directory")
        judge = _judge(recipe_bytes, model_bytes, str(path / "recipe.toml"))
        with Store.memory(keys) as store:
            Engine(judge, store, Log())
        disk.make_directory(path)
        create_signer(path / "keys", judge.recipe.name, keys, disk)
        for name, data in (("model.json", model_bytes), ("recipe.toml", recipe_bytes)):  # the recipe makes it a book
            disk.write(path / name, data)
            disk.sync(path / name)
            disk.sync_directory(path)
        disk.sync_directory(path.parent)
        return cls.open(path, keys, durability=durability)

    @classmethod
    def open(
        cls,
        path: Path | str,
        keys: KeySource,
        shadows: Sequence[tuple[bytes, bytes]] = (),
        threads: int = 1,
        durability: str = COMMIT,
    ) -> Self:
        """A book where it was left, after a crash too. `shadows` are recipe and model files judged alongside.

        durability: "commit", and an answer survives a power cut; "relaxed", and it survives the end of the process.
        """
        path, disk = Path(path), FileDisk()
        if durability not in DURABILITY:
            raise BadValue(f"durability is {' or '.join(DURABILITY)}, it was {durability!r}")
        _bytes(path / "recipe.toml")
        master = MasterFile(path / "keys", keys.chance)
        signer = read_signer(path / "keys", disk)
        writer = Writer.open(path, disk, lambda: Store.open(path / "store", keys, master, True), signer, durability)
        return cls.resume(path, writer, shadows, threads)

    @classmethod
    def resume(cls, path: Path, writer: Writer, shadows: Sequence[tuple[bytes, bytes]] = (), threads: int = 1) -> Self:
        """The book over an open writer, which is closed with it."""
        with ExitStack() as held:
            held.callback(writer.close)
            store, recipe_bytes = writer.store, _bytes(path / "recipe.toml")
            judge = _judge(recipe_bytes, _bytes(path / "model.json"), str(path / "recipe.toml"))
            judges = [_judge(*shadow, "shadow") for shadow in shadows]
            if store.size and judge.digest not in store.recipes():
                raise BadValue(
                    f"{path}: recipe.toml or model.json was changed: the records were made under "
                    f"{store.recipes()[-1].hex()}, these are {judge.digest.hex()}; put them back, or make a new book"
                )
            if not store.size and (history := path / "history.parquet").exists():
                history.unlink()
                writer.found.append("history that was never sealed was taken off; observe it again")
            engine = Engine(judge, store, writer.log, judges, threads, writer)
            book = cls(path, engine, recipe_bytes, writer)
            book._resume([judge, *judges], threads)
            held.pop_all()
        return book

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            self.close()
        except (StoreError, LogError):
            if kind is None:  # an error that is under way says more
                raise

    def close(self) -> None:
        """Commit with a snapshot, make all of it safe, and let the directory go. What a broken-off batch left goes."""
        try:
            if self.engine.whole:
                if self.engine.size > self._snapshot_at:
                    self.engine.commit(snapshot=True)
                self.writer.settle()
        finally:
            self.writer.close()

    @property
    def master(self) -> MasterFile:
        """Where the key lies that wraps everybody's."""
        return MasterFile(self.path / "keys", self.engine.store.vault.chance)

    def settle(self, snapshot: bool = False) -> None:
        """Commit, and make all of it safe where it belongs, so that nothing of it lies anywhere else."""
        self.engine.commit(snapshot=snapshot)
        if snapshot:
            self._snapshot_at = self.engine.store.size
        self.writer.settle()

    def publish(self, witnesses: Sequence[Witnessing] = ()) -> Note:
        """Make the whole log safe and show its signed head, cosigned by these witnesses; the note that is shown.

        Raises BadValue where nothing is sealed yet, WitnessRefused where one does not cosign: the head then stands
        without it.
        """
        self.engine.commit()
        self.writer.settle()
        if not self.writer.log.size:
            raise BadValue(f"{self.path}: nothing is sealed yet, so there is no head to show")
        head = read_note((self.path / "log" / "checkpoint").read_bytes())
        for key, post in witnesses:
            head = ask(head, self.writer.log.consistency, key, post)
            self.writer.log.publish(head.encode())
        return head

    def warm(self, batch: Batch, seen: Seen | None = None) -> Warm:
        """Observe history before the first decision, keep it, seal its digest. Raises BadValue for later history.

        `seen` are windows that saw these very events in training, which saves computing them again.
        """
        if self.engine.size:
            raise BadValue(f"{self.path}: history comes before the first record; the book has {self.engine.size}")
        warm = self.engine.observe(batch, seen)
        file, disk = self.path / "history.parquet", FileDisk()
        pq.write_table(history_table(self.recipe, self.engine.store.vault, batch), file, compression="zstd")
        disk.sync(file)
        disk.sync_directory(self.path)
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

        Columns: id, position, verb, score_micro, reasons, refusal, duplicate, and one for each term of a recipe with an
        offer. Events are decided in order of time, the answers stand in the order of the frame. On disk on return.
        """
        table = arrow_table(frame)
        batch = from_table(table, self.recipe)
        answers = in_frame_order(self.recipe, table, batch, self.run(batch))
        return like(frame, table_of(answers, self.engine.judge.term_names))

    def shadow(self, shadows: Sequence[tuple[bytes, bytes]], threads: int = 1) -> None:
        """Judge these recipes and models in shadow from here on, as if the book were closed and opened with them.

        Only their windows are brought to where the log ends; those in shadow until now leave. `engine` is a new one.
        """
        self.engine.commit()
        judges = [_judge(*shadow, "shadow") for shadow in shadows]
        self.engine = Engine(self.engine.judge, self.writer.store, self.writer.log, judges, threads, self.writer)
        self._resume(judges, threads)

    def _resume(self, judges: Sequence[Judge], threads: int) -> None:
        """Bring the windows of these judges to where the log ends."""
        engine, recipe = self.engine, self.recipe
        engine.seen_as_history(history_names(self.path))
        start = self._begin(judges, threads) if judges else engine.store.size
        for batch in batches(recipe, engine.store, start, effects=True):
            keep = np.flatnonzero(batch.kinds != REFUSED)
            values = dense_values(recipe, engine.store.vault, batch)
            # A shadow feeds back what it would have done itself, not what was done.
            came = np.array([i for i in keep.tolist() if not _own_effect(recipe, batch, i)], np.int64)
            for judge in judges:
                if judge is engine.judge:
                    judge.observe(batch.kinds[keep], batch.ts_ns[keep], values[keep])
                elif judge.sequential:
                    ids = [batch.ids[i] for i in came.tolist()]
                    judge.judge(batch.kinds[came], batch.ts_ns[came], values[came], ids)
                else:
                    judge.observe(batch.kinds[came], batch.ts_ns[came], values[came])

    def _begin(self, judges: Sequence[Judge], threads: int) -> int:
        """Give judges the windows of the latest snapshot that serves all of them, or of history; which record is next.

        A challenger with the champion's features begins where the champion stands, if nothing was fed back: what was
        done parts them, so then only history is common.
        """
        engine, plan = self.engine, self.engine.judge.plan
        until = engine.store.size
        if plan.feedback and any(judge is not engine.judge for judge in judges):
            until = int((self.path / "history.parquet").exists())
        alike = all(judge.state_digest == engine.judge.state_digest for judge in judges)
        if alike and (snapshot := engine.store.snapshot(engine.judge.digest, until)) is not None:
            starts = [judge.resume(snapshot[1]) for judge in judges]
            if starts[0] is not None:
                return starts[0]
        if (history := self.history()) is not None:
            values = dense_values(self.recipe, engine.store.vault, history)
            for judge in judges:
                judge.observe(history.kinds, history.ts_ns, values, threads)
        return 0

    def challenger(self, recipe_bytes: bytes, model_bytes: bytes) -> Judge:
        """Another recipe's judge that has seen this book's history, for `what_if`.

        Raises BadValue if recipe and model do not belong together, or read other events than this book's.
        """
        judge = _judge(recipe_bytes, model_bytes, "challenger")
        same_events(self.recipe, judge.recipe)
        if (history := self.history()) is not None:
            values = dense_values(self.recipe, self.engine.store.vault, history)
            judge.observe(history.kinds, history.ts_ns, values, self.engine.threads)
        return judge

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
        return history_of(self.path, self.recipe, self.engine.store.vault)

    def history_operands(
        self, names: Sequence[str]
    ) -> tuple[list[str], NDArray[np.int64], dict[str, NDArray[np.int64]]]:
        """Ids, times and some columns of history's decided events: entities as tokens, NULL where absent."""
        return history_operands(self.path, self.recipe, self.engine.store.vault, names)


def _own_effect(recipe: Recipe, batch: Batch, row: int) -> bool:
    return recipe.policy.effects and batch.kinds[row] == EFFECT and batch.ids[row].endswith(OWN)


def _judge(recipe_bytes: bytes, model_bytes: bytes, where: str) -> Judge:
    """A recipe with its model. Raises BadValue if they do not belong together."""
    recipe = read_recipe(recipe_bytes, where)
    model = _read_model(recipe, model_bytes)
    _belong(recipe, model)
    return Judge(recipe, recipe_bytes, model)


def _read_model(recipe: Recipe, data: bytes) -> "Model | Portfolio":
    """A model, or a market book's universe, whose room is loaded for it alone."""
    if recipe.risk is None:
        return Model.read(data)
    from waglan.risk.portfolio import Portfolio

    return Portfolio.read(data, recipe)


def _belong(recipe: Recipe, model: "Model | Portfolio") -> None:
    for said in protected(recipe):
        raise BadValue(f"{recipe.name}: {said}")
    declared = recipe.model.digest
    if declared is not None and declared != model.digest.hex():
        raise BadValue(f"the recipe names the model {declared}, this one is {model.digest.hex()}")
    missing = [name for name in model.features if name not in {f.name for f in recipe.features}]
    if missing and recipe.risk is None:
        raise BadValue(f"the model reads {missing[0]!r}, which the recipe does not declare")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadValue(f"{path}: {error.strerror}; a book is a directory that `waglan replay` made") from None
