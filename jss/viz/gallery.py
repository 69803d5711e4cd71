"""The ten classes at a glance (Fig. 2): a mel spectrogram of each, on one scale in dB."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from jss.arrays import Float32
from jss.labels import Theme, sound_class
from jss.viz.mel import SHOWN_DB, TICKS_HZ, hz_label, hz_to_row
from jss.viz.style import INKS, LABEL, TICK, WIDTH, dress

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def class_gallery(
    mels: Mapping[str, Float32], hop: float, theme: Theme = "light", columns: int = 5
) -> Figure:
    """mels: label -> (mels, frames) in dB, a column every hop seconds -> a grid of panels, 183 mm
    wide.
    """
    from matplotlib.figure import Figure

    ink, rows = INKS[theme], -(-len(mels) // columns)
    figure = Figure(figsize=(WIDTH, 1.55 * rows + 0.35), facecolor=ink.paper, layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    image = None
    for place, (label, mel) in zip(axes.flat, mels.items(), strict=False):
        dress(place, ink)
        span = (-0.5 * hop, (mel.shape[1] - 0.5) * hop, -0.5, len(mel) - 0.5)
        image = place.imshow(
            mel,
            origin="lower",
            aspect="auto",
            cmap=ink.mel,
            vmin=SHOWN_DB[0],
            vmax=SHOWN_DB[1],
            interpolation="nearest",
            extent=span,
        )
        place.set_xlim(0, (mel.shape[1] - 1) * hop)
        place.set_title(sound_class(label).display, fontsize=LABEL, color=ink.text, pad=3)
        place.set_yticks(
            [hz_to_row(hz, len(mel)) for hz in TICKS_HZ], [hz_label(hz) for hz in TICKS_HZ]
        )
    for place in axes.flat[len(mels) :]:
        place.set_visible(False)
    for place in axes[-1]:
        place.set_xlabel("time (s)", fontsize=TICK, color=ink.text)
    if image is not None:
        bar = figure.colorbar(image, ax=axes, fraction=0.015, pad=0.01, ticks=[*SHOWN_DB])
        bar.outline.set_edgecolor(ink.line)
        bar.ax.tick_params(length=1.5, labelsize=TICK, color=ink.soft, labelcolor=ink.soft)
        bar.set_label("level (dB)", fontsize=TICK, color=ink.soft, labelpad=-4)
    return figure
