"""Stone: a recipe, a model, a stream and the root they gave when semantics was what it is. None of these may move.

`python -m tests.engine.test_golden` writes the folder anew; that is right only together with a bump of SEMANTICS in
`waglan.schema.units`, because every root that people hold would change with this one.
"""

from pathlib import Path

import pytest

from tests.engine.small import RECIPE, batch_of_lines, engine_of, judge_of, run, small_model, stream
from waglan.engine.engine import Engine
from waglan.ledger.entry import decode_entry
from waglan.ledger.log import Log
from waglan.models.model import Model
from waglan.schema.batch import Batch
from waglan.schema.recipe import open_recipe
from waglan.schema.units import SEMANTICS
from waglan.store.keys import SeededKeys
from waglan.store.records import Store

FOLDER = Path(__file__).parent / "golden"
MOVED = (
    "{what} is not the one in tests/engine/golden. Every root that people hold has changed: undo the change, or "
    "if it is meant, raise SEMANTICS in waglan.schema.units, say why in the changelog, keep the old meaning runnable, "
    "and write the folder anew with `python -m tests.engine.test_golden`"
)
HISTORY = 40
RECORDS = 8


def lived() -> Engine:
    """The committed stream through the committed recipe and model, the beginning of it as history."""
    recipe, data = open_recipe(FOLDER / "recipe.toml")
    judge = judge_of(data.decode(), Model.open(FOLDER / "model.json"))
    assert judge.recipe == recipe
    engine = Engine(judge, Store.memory(SeededKeys(7)), Log())
    batch = committed(data.decode())
    engine.observe(batch.slice(0, HISTORY))
    run(engine, batch.slice(HISTORY, len(batch)), range(HISTORY, len(batch), 64))
    return engine


def committed(recipe: str) -> Batch:
    return batch_of_lines((FOLDER / "events.jsonl").read_bytes().split(b"\n"), recipe)


def told(engine: Engine) -> str:
    """The first records of each kind, byte for byte, with their commitments."""
    lines, counts = [], dict[int, int]()
    for row in engine.store.range(0, engine.size):
        counts[row.kind] = counts.get(row.kind, 0) + 1
        if counts[row.kind] <= RECORDS:
            lines.append(f"{row.position} {row.record.hex()} {decode_entry(row.entry).commitment.hex()}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return lived()


def test_the_root_has_not_moved(engine: Engine) -> None:
    semantics, size, root = (FOLDER / "root.txt").read_text().split()
    assert int(semantics) == SEMANTICS, "SEMANTICS was raised: write the folder anew, and keep the old meaning runnable"
    assert engine.size == int(size), MOVED.format(what=f"the number of records, {engine.size},")
    assert engine.log.root().hex() == root, MOVED.format(what=f"the root {engine.log.root().hex()}")


def test_the_bytes_of_records_and_their_commitments_have_not_moved(engine: Engine) -> None:
    expected = (FOLDER / "records.txt").read_text().splitlines()
    for line, golden in zip(told(engine).splitlines(), expected, strict=True):
        assert line == golden, MOVED.format(what=f"record {line.split()[0]}")


def test_the_model_file_has_not_moved() -> None:
    recipe, _ = open_recipe(FOLDER / "recipe.toml")
    assert small_model(recipe).data == (FOLDER / "model.json").read_bytes(), MOVED.format(what="the model file's form")


def test_the_digest_of_recipe_and_model_has_not_moved(engine: Engine) -> None:
    assert engine.judge.digest.hex() == (FOLDER / "digest.txt").read_text().strip(), MOVED.format(what="the digest")


def write() -> None:
    """Write the folder anew."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "recipe.toml").write_text(RECIPE)
    (FOLDER / "model.json").write_bytes(small_model(engine_of().judge.recipe).data)
    (FOLDER / "events.jsonl").write_bytes(b"\n".join(stream(9, 240)))
    engine = lived()
    (FOLDER / "root.txt").write_text(f"{SEMANTICS} {engine.size} {engine.log.root().hex()}\n")
    (FOLDER / "records.txt").write_text(told(engine))
    (FOLDER / "digest.txt").write_text(engine.judge.digest.hex() + "\n")


if __name__ == "__main__":
    write()
