"""Figures from results: numpy in, matplotlib figures and image bytes out; no torch."""

from __future__ import annotations

from jss.viz.clip_figure import export, figure
from jss.viz.mel import mel_png

__all__ = ["export", "figure", "mel_png"]
