"""Charts of the separation results of the weak-label paper (its Fig. 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jss.labels import Theme, sound_class
from jss.viz.chart import PALETTE, Chart, Panel, Series
from jss.viz.style import INKS, readable

#: One value of a box: the class, SI-SDR in dB, and the number of the scene.
Sample = tuple[str, float, int]
#: The box of the mixture itself.
INPUT = "input"


def separation_boxes(
    boxes: Mapping[str, Sequence[Sample]], labels: Sequence[str], theme: Theme = "light"
) -> Chart:
    """SI-SDR of mixture and separated sources: a group per class and one of all classes (Fig. 3).

    Points beyond the whiskers (1.5 times the height of the box) are drawn one by one. Keys are
    (text, number of the scene, label, name of the box).

    Args:
        boxes: ``INPUT`` or a separator -> its samples, in the order of the boxes of a group.
        labels: The classes.
        theme: "light" or "dark".
    """
    width = 0.84 / max(1, len(boxes))
    others = [name for name in boxes if name != INPUT]
    colors = {name: readable(PALETTE[i % len(PALETTE)], theme) for i, name in enumerate(others)} | {
        INPUT: INKS[theme].soft
    }
    groups = [*labels, None]
    series = []
    for n, (name, samples) in enumerate(boxes.items()):
        for g, group in enumerate(groups):
            chosen = [sample for sample in samples if group is None or sample[0] == group]
            if not chosen:
                continue
            keys = [
                (f"scene {scene}, {sound_class(label).display}", scene, label, name)
                for label, _, scene in chosen
            ]
            series.append(
                Series(
                    "box",
                    "Mixture" if name == INPUT else name,
                    [g - 0.42 + (n + 0.5) * width],
                    [db for _, db, _ in chosen],
                    colors[name],
                    width=0.86 * width,
                    keys=keys,
                    outliers=True,
                )
            )
    ticks = [
        (float(g), "Overall" if label is None else sound_class(label).short)
        for g, label in enumerate(groups)
    ]
    panel = Panel("", "", "SI-SDR (dB)", series, ticks, x_range=(-0.55, len(groups) - 0.45))
    return Chart(
        [[panel]],
        "SI-SDR in dB of the mixture and of each separator's sources, quartiles by class",
        400,
    )
