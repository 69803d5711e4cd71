"""Curves of a training: the first epoch is seen, and axes hold what is possible."""

from __future__ import annotations

import pytest

from jss.viz.style import CONTRAST, INKS, contrast
from jss.viz.training_charts import CURVES, training_curves


def history(epochs: int) -> list[dict[str, float]]:
    return [
        {"epoch": float(n), "teacher_objective": 0.02 * n, "bce_strong": 0.3 / n, "mse_weak": 0.0}
        for n in range(1, epochs + 1)
    ]


def test_the_first_epoch_is_a_dot():
    chart = training_curves(history(1), {"teacher": 1})
    for panel in (panel for row in chart.panels for panel in row):
        assert all(series.dots for series in panel.series if series.kind == "line")
        assert [text for _, text in panel.x_ticks] == ["1", "2"]
        assert 0.9 < panel.x_range[0] < 1
        low, high = panel.y_range
        assert 0 <= low < high < 1


def test_curves_under_one_legend_differ_in_colour():
    keys = [k for columns in CURVES.values() for k in columns if not k.startswith("validation_")]
    chart = training_curves([dict.fromkeys(keys, 0.5)], {})
    colors = [s.color for row in chart.panels for panel in row for s in panel.series]
    assert len(set(colors)) == len(colors) == 10


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_curve_stands_out_from_its_background(theme):
    keys = [key for columns in CURVES.values() for key in columns]
    chart = training_curves([dict.fromkeys(keys, 0.5)], {}, theme)
    colors = [s.color for row in chart.panels for panel in row for s in panel.series]
    assert min(contrast(color, INKS[theme].paper) for color in colors) >= CONTRAST


@pytest.mark.parametrize(
    ("epochs", "ticks"),
    [(2, [1, 2]), (5, [1, 2, 3, 4, 5]), (12, [1, 5, 10]), (40, [1, 10, 20, 30, 40]), (200, None)],
)
def test_epochs_are_whole_numbers_from_1(epochs: int, ticks: list[int] | None):
    panel = training_curves(history(epochs), {}).panels[0][0]
    at = [int(text) for _, text in panel.x_ticks]
    assert at == (ticks or [1, 50, 100, 150, 200])
    assert 1 - 0.03 * epochs <= panel.x_range[0] < 1
    assert epochs < panel.x_range[1] <= 1.03 * epochs + 1
    assert panel.y_range[1] <= 2


@pytest.mark.parametrize(
    ("columns", "panels"),
    [
        (["loss", "validation_loss"], ["separation loss"]),
        (
            ["loss", "validation_loss", "validation_si_sdri"],
            ["loss of a weak-label training", "SI-SDR improvement"],
        ),
        (
            ["loss", "validation_loss", "validation_frame_f1", "validation_clip_f1"],
            ["loss of a weak-label training", "F-measure of the critic"],
        ),
    ],
)
def test_a_loss_has_the_unit_of_its_training(columns, panels):
    chart = training_curves([dict.fromkeys(columns, 0.5)], {})
    drawn = {panel.title: panel.y_label for row in chart.panels for panel in row}
    assert list(drawn) == panels
    assert [unit for unit in drawn.values() if "SNR" in unit] == (
        ["negative SNR (dB)"] if panels == ["separation loss"] else []
    )
