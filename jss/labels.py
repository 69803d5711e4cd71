"""Class sets with their display names and colours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Theme = Literal["light", "dark"]


@dataclass(frozen=True)
class SoundClass:
    """One event class."""

    #: Identifier in TSV files and score tables.
    label: str
    #: Name for display.
    display: str
    #: Name for a narrow legend.
    short: str
    #: Colour-blind safe colour on a light background, #RRGGBB.
    light: str
    #: The same on a dark background.
    dark: str
    #: Line pattern (on, off, ... in pixels; empty: solid): colour is never the only cue.
    dash: tuple[int, ...] = ()

    def color(self, theme: Theme = "light") -> str:
        """The colour for a theme, as #RRGGBB."""
        return self.dark if theme == "dark" else self.light


#: The ten classes of DESED (DCASE Challenge Task 4), in the order of the score matrices.
DESED: tuple[SoundClass, ...] = (
    SoundClass("Alarm_bell_ringing", "Alarm/bell/ringing", "Alarm", "#5C0E00", "#BF2C00"),
    SoundClass("Blender", "Blender", "Blender", "#82573C", "#83655C", (6, 3)),
    SoundClass("Cat", "Cat", "Cat", "#E452FF", "#DBB6FE"),
    SoundClass("Dishes", "Dishes", "Dishes", "#8D9674", "#FFF722", (2, 2)),
    SoundClass("Dog", "Dog", "Dog", "#27076C", "#3A6A7C", (8, 3, 2, 3)),
    SoundClass(
        "Electric_shaver_toothbrush",
        "Electric shaver/toothbrush",
        "Shaver",
        "#2E5D65",
        "#619EA7",
        (4, 2),
    ),
    SoundClass("Frying", "Frying", "Frying", "#D86806", "#DF9A3A"),
    SoundClass("Running_water", "Running water", "Water", "#1E9496", "#08DFAB", (6, 3)),
    SoundClass("Speech", "Speech", "Speech", "#6426DE", "#AA1DFF"),
    SoundClass("Vacuum_cleaner", "Vacuum cleaner", "Vacuum", "#0F000B", "#E7FFFF", (8, 3, 2, 3)),
)

#: The five classes of UrbanSound8K that the weak-label paper separates, in the order of its tables.
URBAN: tuple[SoundClass, ...] = (
    SoundClass("car_horn", "Car horn", "Horn", "#D86806", "#DF9A3A"),
    SoundClass("dog_bark", "Dog bark", "Dog", "#27076C", "#3A6A7C", (8, 3, 2, 3)),
    SoundClass("gun_shot", "Gun shot", "Gun", "#5C0E00", "#BF2C00", (2, 2)),
    SoundClass("jackhammer", "Jackhammer", "Hammer", "#1E9496", "#08DFAB", (6, 3)),
    SoundClass("siren", "Siren", "Siren", "#E452FF", "#DBB6FE", (4, 2)),
)

#: Class sets by the names that systems' manifests use.
CLASS_SETS: Mapping[str, tuple[SoundClass, ...]] = {"desed": DESED, "urban": URBAN}

#: The labels of DESED in order: row k of every (K, T) score matrix belongs to ``DESED_LABELS[k]``.
DESED_LABELS: tuple[str, ...] = tuple(c.label for c in DESED)
URBAN_LABELS: tuple[str, ...] = tuple(c.label for c in URBAN)

_KNOWN = {c.label: c for classes in CLASS_SETS.values() for c in classes}
#: (light, dark) colours of labels that are in no class set, by turns.
_OTHER_COLORS = (
    ("#5C0E00", "#BF2C00"),
    ("#E452FF", "#DBB6FE"),
    ("#8D9674", "#FFF722"),
    ("#27076C", "#3A6A7C"),
    ("#D86806", "#DF9A3A"),
    ("#1E9496", "#08DFAB"),
    ("#6426DE", "#AA1DFF"),
    ("#0F000B", "#E7FFFF"),
)


def sound_class(label: str, index: int = 0) -> SoundClass:
    """Class of a label; a label in no class set gets a readable name and one of eight colours.

    Args:
        label: The identifier.
        index: Place of the label among those shown, which chooses the colour.

    Returns:
        The class.
    """
    if label in _KNOWN:
        return _KNOWN[label]
    name = label.replace("_", " ")
    light, dark = _OTHER_COLORS[index % len(_OTHER_COLORS)]
    return SoundClass(label, name, name, light, dark, (4, 2))


def label_list(text: str) -> tuple[str, ...]:
    """The labels of a text that has commas between them; blanks around them are left out."""
    return tuple(label.strip() for label in text.split(",") if label.strip())
