"""The commands. Each has `--json` for machines and an example in its help; a user's mistake is one line.

Modules here import what is heavy - numba, pyarrow, SQLAlchemy - inside the command that needs it: `waglan --help` and a
mistyped option answer in 0.15 s of processor time, the engine alone takes 1.2 s to load.
"""

from waglan.cli.app import app, main, run

__all__ = ["app", "main", "run"]
