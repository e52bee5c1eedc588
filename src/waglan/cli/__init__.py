"""The commands. Each has `--json` for machines and an example in its help; a user's mistake is one line."""

from waglan.cli.app import app, main

__all__ = ["app", "main"]
