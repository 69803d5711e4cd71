"""Charts of a training run: losses and objectives by epoch, and the selected epochs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from jss.labels import Theme
from jss.viz.chart import PALETTE, Chart, Panel, Series
from jss.viz.style import INKS, readable

#: Most epochs of which each is marked by a dot.
_DOTTED = 30
#: Most ticks of the epochs.
_TICKS = 5
#: The panel of a training from weak labels, whose separators and critics have losses of their own.
_WEAK_LOSS = "loss of a weak-label training"
_LOSSES: Mapping[str, str] = {"loss": "training", "validation_loss": "validation"}
#: Title of a panel -> least and largest value that it can hold, where it has one; None: any.
_BOUNDS: Mapping[str, tuple[float | None, float | None]] = {
    "objective (Eqs 26, 29)": (0.0, 2.0),
    "parts of the objective": (0.0, 1.0),
    "losses": (0.0, None),
    "F-measure of the critic": (0.0, 1.0),
}
#: Panel -> columns of the history and their names; only those that a run has are drawn.
CURVES: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("objective (Eqs 26, 29)", "P_obj, sum of two F1 (0 to 2)"): {
        "student_objective": "student",
        "teacher_objective": "teacher",
    },
    ("parts of the objective", "F1 (0 to 1)"): {
        "student_intersection_f1": "student, intersection F1",
        "teacher_intersection_f1": "teacher, intersection F1",
        "student_weak_f1": "student, weak F1",
        "teacher_weak_f1": "teacher, weak F1",
    },
    ("losses", "loss (nats; MSE)"): {
        "bce_strong": "BCE strong (Eq. 4)",
        "bce_weak": "BCE weak (Eq. 4)",
        "mse_strong": "MSE strong (Eq. 5)",
        "mse_weak": "MSE weak (Eq. 5)",
    },
    ("separation loss", "negative SNR (dB)"): _LOSSES,
    (_WEAK_LOSS, "loss"): _LOSSES,
    ("SI-SDR improvement", "dB"): {"validation_si_sdri": "validation"},
    ("F-measure of the critic", "F-measure (0 to 1)"): {
        "validation_frame_f1": "validation, frames",
        "validation_clip_f1": "validation, clips",
    },
}


def training_curves(
    history: Sequence[Mapping[str, float]], chosen: Mapping[str, int], theme: Theme = "light"
) -> Chart:
    """The curves of a training run.

    Args:
        history: One row per epoch.
        chosen: Network -> the epoch selected by its rule (Eqs 23, 24), drawn as a star.
        theme: "light" or "dark".
    """
    recorded = {key for row in history for key in row}
    # A separator's training has no other figure of its validation, a weak-label one has.
    weak = any(k.startswith("validation_") and k != "validation_loss" for k in recorded)
    absent = "separation loss" if weak else _WEAK_LOSS
    epochs = [row.get("epoch", float(n)) for n, row in enumerate(history, 1)]
    panels: list[Panel] = []
    drawn = 0
    for (title, unit), columns in CURVES.items():
        if title == absent or (columns is _LOSSES and "validation_loss" not in recorded):
            continue
        shown = {key: name for key, name in columns.items() if key in recorded}
        series = []
        for n, (key, name) in enumerate(shown.items()):
            values = [row.get(key) for row in history]
            dash = () if n % 2 == 0 else (6, 3)
            dots = len(epochs) <= _DOTTED
            color = readable(PALETTE[drawn % len(PALETTE)], theme)  # the panels share a legend
            drawn += 1
            series.append(Series("line", name, epochs, values, color, dash=dash, dots=dots))
            series += _star(key, name, epochs, values, chosen, theme)
        if series:
            x_ticks, x_range = _epoch_axis(epochs)
            y_range = _value_range(
                [v for s in series for v in s.y], *_BOUNDS.get(title, (None, None))
            )
            panels.append(
                Panel(title, "epoch", unit, series, x_ticks, x_range=x_range, y_range=y_range)
            )
    rows = [panels[n : n + 2] for n in range(0, len(panels), 2)]
    return Chart(rows, "Objectives and losses by epoch; stars mark the selected epochs", 300)


def _epoch_axis(
    epochs: Sequence[float],
) -> tuple[list[tuple[float, str]], tuple[float, float]]:
    """Ticks at whole epochs, and a range from the first to the last epoch, two at least."""
    first, last = int(min(epochs)), int(max(*epochs, min(epochs) + 1))
    step = next(
        size * 10**power
        for power in range(9)
        for size in (1, 2, 5)
        if (last - first) / (size * 10**power) < _TICKS
    )
    at = [first, *range(step * (first // step + 1), last + 1, step)]
    if len(at) > 1 and at[1] - at[0] < step / 2:  # 1, 5, 10, but not 9, 10, 15
        del at[1]
    room = 0.03 * (last - first)
    return [(float(n), str(n)) for n in at], (first - room, last + room)


def _value_range(
    values: Sequence[float | None], least: float | None, largest: float | None
) -> tuple[float, float] | None:
    """A range with some room around the values, within what is possible."""
    finite = [v for v in values if v is not None and math.isfinite(v)]
    if not finite:
        return None
    low, high = min(finite), max(finite)
    room = max(0.08 * (high - low), 0.05 * max(abs(low), abs(high)), 1e-3)
    return (
        low - room if least is None else max(low - room, least),
        high + room if largest is None else min(high + room, largest),
    )


def _star(
    key: str,
    name: str,
    epochs: Sequence[float],
    values: Sequence[float | None],
    chosen: Mapping[str, int],
    theme: Theme,
) -> list[Series]:
    """The selected epoch, on the curve by which it was selected."""
    network = "separator" if key == "validation_loss" else key.removesuffix("_objective")
    if key not in ("validation_loss", f"{network}_objective") or network not in chosen:
        return []
    at = next((n for n, epoch in enumerate(epochs) if int(epoch) == chosen[network]), None)
    return (
        []
        if at is None
        else [
            Series(
                "points",
                f"selected: {name}",
                [epochs[at]],
                [values[at]],
                INKS[theme].text,
                symbol="star",
            )
        ]
    )
