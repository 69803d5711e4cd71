from __future__ import annotations

import numpy as np
import pytest

from jss.labels import DESED_LABELS, sound_class
from jss.viz import set_charts
from jss.viz.gallery import class_gallery
from jss.viz.training_charts import training_curves


def test_amounts_have_the_colour_of_their_class():
    chart = set_charts.class_amounts(
        {"events": {"Cat": 3.0, "Dog": 5.0}, "minutes": {"Cat": 0.5, "Dog": 0.1}}, "dark"
    )
    ((events, minutes),) = chart.panels
    assert [(s.y, s.color) for s in events.series] == [
        ([3.0], sound_class("Cat").color("dark")),
        ([5.0], sound_class("Dog").color("dark")),
    ]
    assert [text for _, text in minutes.x_ticks] == ["Cat", "Dog"]
    assert minutes.y_label == "minutes"


def test_classes_without_an_event_have_a_place_and_no_box():
    panel = set_charts.event_lengths({"Cat": (0.1, 0.2, 0.3, 0.4, 0.5), "Dog": None}).panels[0][0]
    assert [(s.name, s.y) for s in panel.series] == [("Cat", [0.1, 0.2, 0.3, 0.4, 0.5])]
    assert [text for _, text in panel.x_ticks] == ["Cat", "Dog"]


def test_bins_and_shares_say_what_they_hold():
    panel = set_charts.bins([1.0, 2.0], (0.0, 0.5), "length (s)", "events").panels[0][0]
    assert [text for _, text in panel.x_ticks] == ["0-0.5", "0.5+"]
    panel = set_charts.shares([0.25, 0.75], ["0", "1"], "at once", "share (%)").panels[0][0]
    assert panel.series[0].y == [25.0, 75.0]
    heat = set_charts.co_occurrence(["Cat", "Dog"], [[2, 1], [1, 3]]).panels[0][0].heat
    assert (heat.rows, heat.values) == (["Cat", "Dog"], [[2, 1], [1, 3]])


def test_a_clip_without_audio_shows_truth_and_the_curves_that_matter():
    scores = np.zeros((10, 20), np.float32)
    scores[DESED_LABELS.index("Dog"), 5] = 0.9
    truth, pooled = set_charts.clip_scores(
        scores, 0.064, DESED_LABELS, [(0.1, 0.4, "Cat")], 1.28
    ).panels[0]
    assert {s.name for s in truth.series} == {"Cat", "Dog"}
    assert next(s for s in truth.series if s.name == "Cat").x == [0.1, 0.4, None]
    curve = next(s for s in pooled.series if s.name == "Dog")
    assert (curve.x[5], curve.y[5]) == (pytest.approx(5.5 * 0.064), pytest.approx(0.9))


def test_training_curves_mark_the_chosen_epochs():
    history = [
        {"epoch": e, "student_objective": s, "teacher_objective": t, "bce_strong": 0.1}
        for e, s, t in ((1.0, 0.5, 0.4), (2.0, 0.7, 0.6), (3.0, 0.6, 0.8))
    ]
    ((objective, losses),) = training_curves(history, {"student": 2, "teacher": 3}).panels
    stars = {s.name: (s.x, s.y) for s in objective.series if s.kind == "points"}
    assert stars == {"selected: student": ([2.0], [0.7]), "selected: teacher": ([3.0], [0.8])}
    assert [s.name for s in losses.series] == ["BCE strong (Eq. 4)"]
    ((separation,),) = training_curves(
        [{"epoch": 1.0, "loss": -4.0, "validation_loss": -5.0}], {"separator": 1}
    ).panels
    assert [(s.kind, s.y) for s in separation.series] == [
        ("line", [-4.0]),
        ("line", [-5.0]),
        ("points", [-5.0]),
    ]


def test_the_gallery_has_a_panel_a_class_on_one_scale():
    mels = {
        label: np.full((128, 40), 10.0 * k, np.float32)
        for k, label in enumerate(("Cat", "Dog", "Speech"))
    }
    figure = class_gallery(mels, 0.016, columns=2)
    shown = [axes for axes in figure.axes if axes.get_visible() and axes.images]
    assert [axes.get_title() for axes in shown] == ["Cat", "Dog", "Speech"]
    assert {axes.images[0].get_clim() for axes in shown} == {(-30.0, 50.0)}
    assert shown[1].images[0].get_array().mean() == 10.0
