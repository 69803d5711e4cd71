"""Style of every figure: colours of the two themes, sizes in print, lines of classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jss.labels import SoundClass, Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Two columns of a journal page, in inches (183 mm).
WIDTH = 7.2
#: Font sizes of labels and of ticks, in points.
LABEL, TICK = 7.0, 6.0


@dataclass(frozen=True)
class Ink:
    """Colours of a theme."""

    #: Background.
    paper: str
    #: Text.
    text: str
    #: Secondary text.
    soft: str
    #: Grid and frame.
    line: str
    #: Colour map of spectrograms.
    mel: str
    #: Of events: "hit", "false alarm" and "miss".
    outcomes: Mapping[str, str]


INKS: dict[Theme, Ink] = {
    "light": Ink(
        "#ffffff",
        "#1d2126",
        "#5b6470",
        "#d9dde2",
        "Greys",
        {"hit": "#23845f", "false alarm": "#c8500f", "miss": "#b3243a"},
    ),
    "dark": Ink(
        "#14171c",
        "#e6e9ed",
        "#9aa4b1",
        "#343b45",
        "magma",
        {"hit": "#3fae86", "false alarm": "#f08a4b", "miss": "#f06a7a"},
    ),
}


#: Of bars that stand for nothing in particular, on both backgrounds.
PLAIN = "#336992"
#: The full colour of a table of numbers on a light background.
HEAT = "#2f6690"
#: Of a cell that was pressed.
PRESSED = "#E69F00"
#: Colours of a scale of amounts from nothing, which differs from the background, to all.
_STEPS: dict[Theme, tuple[str, ...]] = {
    "light": ("#eef1f4", "#b9d6e6", "#5f9dc0", "#2f6690", "#16324a"),
    "dark": ("#20262e", "#264c66", "#2f7ba6", "#6cb9de", "#d9f1ff"),
}


def heat_steps(theme: Theme) -> list[tuple[float, str]]:
    """Colours of a scale of amounts: (share of the scale, #RRGGBB), from nothing to all."""
    steps = _STEPS[theme]
    return [(n / (len(steps) - 1), color) for n, color in enumerate(steps)]


#: Least contrast of a bar or point with its background (WCAG 2.2, 1.4.11).
CONTRAST = 3.0


def contrast(a: str, b: str) -> float:
    """Contrast of two colours (#RRGGBB), 1 to 21, as WCAG 2.2 defines it."""
    light, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def readable(color: str, theme: Theme) -> str:
    """A colour, mixed with the theme's text colour until it stands out from the background.

    Args:
        color: #RRGGBB.
        theme: "light" or "dark".

    Returns:
        The colour itself where its contrast is at least ``CONTRAST``.
    """
    ink = INKS[theme]
    target = [int(ink.text[i : i + 2], 16) for i in (1, 3, 5)]
    parts = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    for step in range(0, 101, 2):
        mixed = [round(p + (t - p) * step / 100) for p, t in zip(parts, target, strict=True)]
        color = "#{:02x}{:02x}{:02x}".format(*mixed)
        if contrast(color, ink.paper) >= CONTRAST:
            break
    return color


def line_style(kind: SoundClass, width: float = 1.0) -> Any:
    """matplotlib's linestyle of a class: solid, or its dashes in units of the line width."""
    return (0, tuple(step * 0.55 / width for step in kind.dash)) if kind.dash else "-"


def dress(axes: Axes, ink: Ink) -> None:
    """Thin frame, small ticks, the theme's colours."""
    axes.set_facecolor(ink.paper)
    for side in axes.spines.values():
        side.set_color(ink.line)
        side.set_linewidth(0.6)
    axes.tick_params(
        length=2, width=0.5, pad=1.5, labelsize=TICK, color=ink.soft, labelcolor=ink.soft
    )


def tag(axes: Axes, text: str, ink: Ink) -> None:
    """A panel's name, small, above its upper left corner."""
    axes.set_title(text, loc="left", fontsize=TICK, color=ink.soft, pad=2)


def sentence(axes: Axes, text: str, ink: Ink, size: float = TICK) -> None:
    """Say something in the middle of a panel that shows nothing."""
    axes.text(
        0.5,
        0.5,
        text,
        transform=axes.transAxes,
        ha="center",
        va="center",
        fontsize=size,
        color=ink.soft,
    )
