"""`python -m tests.kept_book NUMBER` writes what later versions must go on reading: `tests/kept/NUMBER.tar.xz`.

A book left whole, and the same book as a power cut finds it: promised in the journal, not yet in store and tiles. What
is kept once is never written again; whoever changes what lies on the disk writes one more, under the next number.
"""

import io
import json
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final

from tests.engine.small import RECIPE, batch_of_lines, small_model, stream
from waglan.book import Book
from waglan.schema.batch import Batch
from waglan.schema.recipe import read_recipe
from waglan.store.keys import SeededKeys

KEPT: Final = Path(__file__).parent / "kept"
KEYS: Final = SeededKeys(20261122)
HISTORY: Final = 20
CUT: Final = 60
"""Rows that were promised when the power went."""


def events() -> Batch:
    """History, and what was decided."""
    return batch_of_lines(stream(9, 90))


def write(path: Path) -> None:
    """`whole` and `cut` in a directory, and `facts.json`: size and root of the whole one."""
    batch, model = events(), small_model(read_recipe(RECIPE.encode())).data
    with Book.create(path / "whole", RECIPE.encode(), model, KEYS) as book:
        book.warm(batch.slice(0, HISTORY))
        for start in range(HISTORY, len(batch), 8):
            if start >= CUT and not (path / "cut").exists():
                shutil.copytree(book.path, path / "cut")
            book.run(batch.slice(start, min(start + 8, len(batch))))
        head = book.publish()
        facts = {"size": book.engine.size, "root": book.engine.log.root().hex(), "origin": head.text.split("\n")[0]}
    (path / "facts.json").write_text(json.dumps(facts, indent=1) + "\n")


def main() -> None:
    file = KEPT / f"{int(sys.argv[1])}.tar.xz"
    KEPT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, io.BytesIO() as out:
        write(Path(folder))
        with tarfile.open(fileobj=out, mode="w:xz") as archive:
            for each in sorted(Path(folder).rglob("*")):
                info = archive.gettarinfo(each, str(each.relative_to(folder)))
                info.uid = info.gid = info.mtime = 0
                info.uname = info.gname = ""
                archive.addfile(info, each.open("rb") if each.is_file() else None)
        with file.open("xb") as once:
            once.write(out.getvalue())


if __name__ == "__main__":
    main()
