"""The page docs/reference/commands.md, written from the commands' own help: `python -m waglan.cli.reference > FILE`."""

from typing import Any, Final

import typer

from waglan.cli.app import app

WIDTH: Final = 90
HEAD: Final = """# Commands

Written from the commands' own help by `python -m waglan.cli.reference`; a test compares them.

Facts go to standard output, progress and warnings to standard error. With `--json` a command prints one JSON object:
the same facts under the same names, with underscores. Times are dates or ISO times, in the recipe's time zone unless
they name another.

| status | means |
| --- | --- |
| 0 | done |
| 1 | done, and a check failed: a proof, a book, a replay or a recipe is not as it should be |
| 2 | not done: what was typed, or a file, is not what was expected; the message says what was, and what was found |
| 130 | Ctrl-C |

`NO_COLOR` turns colours off. Nothing is ever wrapped or cut, so that a root can be copied whole.
"""


def page() -> str:
    """The whole page, in the order of `waglan --help`."""
    group: Any = typer.main.get_command(app)
    return HEAD + "".join(section(name, command) for name, command in every(group, "waglan"))


def every(group: Any, prefix: str) -> list[tuple[str, Any]]:
    """Full name and command, groups opened in their place."""
    found: list[tuple[str, Any]] = []
    for name, command in group.commands.items():
        full = f"{prefix} {name}"
        found += every(command, full) if hasattr(command, "commands") else [(full, command)]
    return found


def section(name: str, command: Any) -> str:
    """One command's heading and help."""
    context = command.make_context(name, [], resilient_parsing=True, terminal_width=WIDTH, max_content_width=WIDTH)
    return f"\n## {name}\n\n```text\n{command.get_help(context).rstrip()}\n```\n"


if __name__ == "__main__":
    print(page(), end="")
