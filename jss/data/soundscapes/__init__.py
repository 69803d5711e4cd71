"""Soundscapes: ``draw`` writes one down from a recipe and a seed, ``render`` makes it sound."""

from jss.data.soundscapes.drawing import draw
from jss.data.soundscapes.recipes import RECIPES, Recipe
from jss.data.soundscapes.rendering import Rendered, render
from jss.data.soundscapes.soundscape import Soundscape

__all__ = ["RECIPES", "Recipe", "Rendered", "Soundscape", "draw", "render"]
