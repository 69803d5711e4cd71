"""Charts of a training run: losses and objectives by epoch, and the selected epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jss.labels import Theme
from jss.viz.chart import PALETTE, Chart, Panel, Series
from jss.viz.style import INKS

#: Panel -> columns of the history and their names; only those that a run has are drawn.
CURVES: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("objective (Eqs 26, 29)", "P_obj, sum of two F1 (0 to 2)"): {
        "student_objective": "student",
        "teacher_objective": "teacher",
    },
    ("its parts", "F1 (0 to 1)"): {
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
    ("separation loss", "negative SNR (dB)"): {"loss": "training", "validation_loss": "validation"},
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
    epochs = [row.get("epoch", float(n)) for n, row in enumerate(history, 1)]
    panels = []
    for (title, unit), columns in CURVES.items():
        if title == "separation loss" and "validation_loss" not in recorded:
            continue
        shown = {key: name for key, name in columns.items() if key in recorded}
        series = []
        for n, (key, name) in enumerate(shown.items()):
            values = [row.get(key) for row in history]
            dash = () if n % 2 == 0 else (6, 3)
            series.append(Series("line", name, epochs, values, PALETTE[n], dash=dash))
            series += _star(key, name, epochs, values, chosen, theme)
        if series:
            panels.append(Panel(title, "epoch", unit, series))
    rows = [panels[n : n + 2] for n in range(0, len(panels), 2)]
    return Chart(rows, "Objectives and losses by epoch; stars mark the selected epochs", 300)


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
