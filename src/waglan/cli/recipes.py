"""`waglan recipe lint` and `waglan recipe diff`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from waglan.cli.app import app, say
from waglan.engine.lint import lint
from waglan.schema.difference import differences
from waglan.schema.recipe import open_recipe

commands = typer.Typer(help="Check a recipe, or compare two.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(commands, name="recipe")

Json = Annotated[bool, typer.Option("--json", help="One JSON object in place of text.")]


@commands.command("lint")
def lint_command(file: Annotated[Path, typer.Argument(help="recipe.toml")], as_json: Json = False) -> None:
    """Say what is wrong with a recipe, or nothing.

    Example: waglan recipe lint recipes/hk-payments.toml
    """
    recipe, _ = open_recipe(file)
    found = lint(recipe)
    say(
        as_json, {"recipe": recipe.name, "findings": found}, lambda: "\n".join(found) or f"{recipe.name}: nothing found"
    )
    if found:
        raise typer.Exit(1)


@commands.command("diff")
def diff_command(before: Path, after: Path, as_json: Json = False) -> None:
    """Say what changed from one recipe to another.

    Example: waglan recipe diff recipes/hk-payments.toml demo/book/recipe.toml
    """
    changes = differences(open_recipe(before)[0], open_recipe(after)[0])

    def table() -> Table | str:
        if not changes:
            return "the two recipes are the same"
        lines = Table("path", "before", "after", box=None, pad_edge=False)
        for change in changes:
            lines.add_row(change.path, change.before or "-", change.after or "-")
        return lines

    say(as_json, {"changes": changes}, table)
