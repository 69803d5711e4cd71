"""Soundscapes: ``draw`` describes one from a recipe and a seed, ``render`` synthesises it."""

from jss.data.soundscapes.drawing import draw
from jss.data.soundscapes.recipes import RECIPES, Recipe
from jss.data.soundscapes.rendering import Rendered, render
from jss.data.soundscapes.soundscape import Soundscape

__all__ = ["RECIPES", "Recipe", "Rendered", "Soundscape", "draw", "render"]
