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
    """A grid of mel spectrograms, 183 mm wide.

    Args:
        mels: Label -> (mels, frames) in dB.
        hop: Seconds from frame to frame.
        theme: "light" or "dark".
        columns: Of the grid.
    """
    from matplotlib.figure import Figure

    ink, rows = INKS[theme], -(-len(mels) // columns)
    figure = Figure(figsize=(WIDTH, 1.55 * rows + 0.35), facecolor=ink.paper, layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    image = None
    for panel, (label, mel) in zip(axes.flat, mels.items(), strict=False):
        dress(panel, ink)
        span = (-0.5 * hop, (mel.shape[1] - 0.5) * hop, -0.5, len(mel) - 0.5)
        image = panel.imshow(
            mel,
            origin="lower",
            aspect="auto",
            cmap=ink.mel,
            vmin=SHOWN_DB[0],
            vmax=SHOWN_DB[1],
            interpolation="nearest",
            extent=span,
        )
        panel.set_xlim(0, (mel.shape[1] - 1) * hop)
        panel.set_title(sound_class(label).display, fontsize=LABEL, color=ink.text, pad=3)
        panel.set_yticks(
            [hz_to_row(hz, len(mel)) for hz in TICKS_HZ], [hz_label(hz) for hz in TICKS_HZ]
        )
    for panel in axes.flat[len(mels) :]:
        panel.set_visible(False)
    for panel in axes[-1]:
        panel.set_xlabel("time (s)", fontsize=TICK, color=ink.text)
    if image is not None:
        bar = figure.colorbar(image, ax=axes, fraction=0.015, pad=0.01, ticks=[*SHOWN_DB])
        bar.outline.set_edgecolor(ink.line)
        bar.ax.tick_params(length=1.5, labelsize=TICK, color=ink.soft, labelcolor=ink.soft)
        bar.set_label("level (dB)", fontsize=TICK, color=ink.soft, labelpad=-4)
    return figure
