"""``painscope recipes``: what can be run, with citations."""

from __future__ import annotations

import textwrap

import typer

__all__ = ["recipes"]


def recipes() -> None:
    """List the recipes, each with what it needs and whom to cite.

    Example: painscope recipes
    """
    from painscope.experiments import load_recipe, recipe_names

    for name in recipe_names():
        recipe = load_recipe(name)
        typer.echo(f"{name}\n")
        names = dict.fromkeys(settings.dataset for settings in recipe.needed().values())
        needs = " ".join(f"--data {dataset}=DIR" for dataset in names)
        for text in (recipe.summary, f"Needs: {needs}", f"Cite: {recipe.citation}"):
            typer.echo(textwrap.fill(text, 88, initial_indent="    ", subsequent_indent="    "))
        typer.echo("")
