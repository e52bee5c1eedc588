"""A directory with a small trained recipe, a stream of every difficulty, and the command line run in this process."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from tests.engine.small import RECIPE, small_model, stream
from waglan.cli import run
from waglan.schema.recipe import read_recipe


class Said(NamedTuple):
    """What a command left: exit status, standard output, standard error."""

    status: int
    out: str
    err: str


Command = Callable[..., Said]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with `trained`, `events.jsonl` (history and a live day) and `live.jsonl`."""
    monkeypatch.chdir(tmp_path)
    trained = tmp_path / "trained"
    trained.mkdir()
    (trained / "recipe.toml").write_text(RECIPE)
    (trained / "model.json").write_bytes(small_model(read_recipe(RECIPE.encode())).data)
    lines = stream(3, 400)
    (tmp_path / "events.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    (tmp_path / "live.jsonl").write_bytes(b"\n".join(stream(4, 300)) + b"\n")
    return tmp_path


@pytest.fixture
def waglan(capfdbinary: pytest.CaptureFixture[bytes]) -> Command:
    """Run a command line here: `waglan("replay", "book")`."""

    def command(*arguments: str) -> Said:
        capfdbinary.readouterr()
        status = run(arguments)
        out, err = capfdbinary.readouterr()
        return Said(status, out.decode(), err.decode())

    return command


@pytest.fixture
def book(desk: Path, waglan: Command) -> dict[str, object]:
    """`book` in the desk's directory, made from its events; the facts that the command told."""
    said = waglan("replay", "trained", "--data", "events.jsonl", "--book", "book", "--seed", "7", "--json")
    assert said.status == 0, said.err
    facts: dict[str, object] = msgspec.json.decode(said.out)
    return facts
