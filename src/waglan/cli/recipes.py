"""`waglan recipe lint` and `waglan recipe diff`."""

from pathlib import Path
from typing import Annotated

import typer

from waglan.cli.console import say, table
from waglan.cli.options import Json, recipe_at

commands = typer.Typer(help="Check a recipe, or compare two.", no_args_is_help=True, rich_markup_mode=None)


@commands.command("lint")
def lint_command(
    file: Annotated[Path, typer.Argument(metavar="RECIPE", help="recipe (.toml)")], as_json: Json = False
) -> None:
    """Say what is wrong with a recipe, or nothing.

    Status 1 where something is wrong.

    \b
    Example:
      waglan recipe lint world/hk-payments.toml
    """
    recipe, _ = recipe_at(file)
    from waglan.engine.lint import lint

    found = lint(recipe)
    calm = f"{recipe.name}: nothing found in {len(recipe.features)} features, {len(recipe.policy.rules)} rules"
    if recipe.risk is not None:
        calm += f", {len(recipe.policy.limits)} limits"
    say(as_json, {"recipe": recipe.name, "findings": found}, lambda: found or [calm])
    if found:
        raise typer.Exit(1)


@commands.command("diff")
def diff_command(
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help="recipe (.toml), or a directory that holds one")],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="the other")],
    as_json: Json = False,
) -> None:
    """Say what changed from one recipe to another.

    Features, rules and lists are matched by name and not by place. Status 0 whether or not they differ.

    \b
    Example:
      waglan recipe diff world/hk-payments.toml trained
    """
    from waglan.schema.difference import differences

    changes = differences(recipe_at(before)[0], recipe_at(after)[0])
    rows = [
        (change.path, *("-" if v in (None, "null") else v for v in (change.before, change.after))) for change in changes
    ]
    title = f"{len(changes)} differences" if len(changes) > 1 else "1 difference"
    say(
        as_json,
        {"changes": changes},
        lambda: table(title, ("path", "before", "after"), rows) if rows else ["the two recipes are the same"],
    )
