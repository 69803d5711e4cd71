"""Soundscapes: ``draw`` writes one down from a recipe and a seed, ``render`` makes it sound."""

from jss.data.drawing import draw
from jss.data.recipes import RECIPES, Recipe
from jss.data.rendering import Rendered, render
from jss.data.soundscape import Soundscape

__all__ = ["RECIPES", "Recipe", "Rendered", "Soundscape", "draw", "render"]
