"""A whole way tied together from a recipe, and answers for new videos."""

from painscope.experiments.demo import run_demo
from painscope.experiments.facts import RunFacts
from painscope.experiments.folder import RunFolder
from painscope.experiments.predict import Answer, Predictor
from painscope.experiments.recipe import Recipe, Row, load_recipe, recipe_names
from painscope.experiments.runner import run

__all__ = [
    "Answer",
    "Predictor",
    "Recipe",
    "Row",
    "RunFacts",
    "RunFolder",
    "load_recipe",
    "recipe_names",
    "run",
    "run_demo",
]
