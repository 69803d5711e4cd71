"""Charts of reports: every number that is drawn is the report's."""

from __future__ import annotations

import numpy as np
import pytest

from jss.reports import EvalReport
from jss.viz.report_charts import class_bars, class_order, score_against_similarity, similarities


def report(system: str, psds: dict[str, float | None], similarity: dict[str, float] | None = None,
           subset: str = "eval") -> EvalReport:  # fmt: skip
    return EvalReport(
        dataset="tones", subset=subset, system=system, selection="teacher", n_files=2, n_files_expected=2,
        psds1_exact=0.4, psds2_exact=0.5, event_f1={"macro": 0.3, "micro": 0.2},
        classwise={label: {"psds1": score} for label, score in psds.items()},
        similarity={"mean": float(np.mean(list(similarity.values()))), "per_clip": similarity} if similarity else None,
        intervals={"psds1_exact": [0.3, 0.55]},
    )  # fmt: skip


@pytest.fixture
def reports() -> list[EvalReport]:
    return [report("SED", {"Cat": 0.5, "Dog": 0.2, "Speech": 0.4}),
            report("MixIT-S1", {"Cat": 0.4, "Dog": 0.3, "Speech": None}, {"a.wav": 0.25, "b.wav": 0.75}),
            report("MixIT-JT", {"Cat": 0.45, "Dog": 0.6, "Speech": 0.1}, {"a.wav": 1.0, "b.wav": 0.9})]  # fmt: skip


def test_a_bar_for_each_class_and_system_and_a_line_for_the_baseline(reports):
    figure = class_bars(reports, "psds1")
    bars = {trace.name: list(trace.y) for trace in figure.data if trace.type == "bar"}
    assert bars == {"MixIT-S1": [0.4, 0.3, None], "MixIT-JT": [0.45, 0.6, 0.1]}
    (line,) = (trace for trace in figure.data if trace.type == "scatter")
    assert list(line.y) == [0.5, 0.5, None, 0.2, 0.2, None, 0.4, 0.4, None]
    assert list(figure.layout.xaxis.ticktext) == ["Cat", "Dog", "Speech"]
    assert [list(point) for point in figure.data[1].customdata] == [[c, "MixIT-JT"] for c in ("Cat", "Dog", "Speech")]


def test_bars_of_a_class_lie_side_by_side_within_it(reports):
    first, second = (trace for trace in class_bars(reports, "psds1").data if trace.type == "bar")
    assert np.all(np.asarray(first.x) + first.width / 2 <= np.asarray(second.x) - second.width / 2)
    assert np.all(np.round(np.concatenate([first.x, second.x])) == np.tile([0, 1, 2], 2))


def test_classes_by_gain(reports):
    assert class_order(reports, "psds1") == ["Dog", "Cat", "Speech"]  # +.4, -.05, -.3
    figure = class_bars(reports, "psds1", by_gain=True)
    assert list(figure.layout.xaxis.ticktext) == ["Dog", "Cat", "Speech"]
    assert list(figure.data[0].y) == [0.3, 0.4, None]


def test_every_clip_is_a_point_and_the_baseline_has_none(reports):
    figure = similarities(reports)
    assert {trace.x[0]: sorted(trace.y) for trace in figure.data} == {"MixIT-S1": [0.25, 0.75], "MixIT-JT": [0.9, 1.0]}
    assert [trace.showlegend for trace in figure.data] == [True, False]


def test_a_system_has_one_colour_on_every_chart(reports):
    overlap = [report(r.system, {}, {"a.wav": 0.5}, subset="overlap") for r in reports]
    scatter = score_against_similarity([x for pair in zip(reports, overlap, strict=True) for x in pair])
    bars = {t.name: t.marker.color for t in class_bars(reports, "psds1").data if t.type == "bar"}
    dots = {(t.name, t.marker.color) for t in scatter.data if t.name != "SED"}
    assert dots == set(bars.items())
    assert len(set(bars.values())) == 2


def test_scores_against_similarity(reports):
    overlap = report("MixIT-S1", {}, {"a.wav": 0.5}, subset="overlap")
    figure = score_against_similarity([*reports, overlap])
    points = [(t.name, t.x[0], t.y[0], t.xaxis) for t in figure.data]
    assert ("SED", 1.0, 0.4, "x") in points
    assert ("MixIT-S1", 0.5, 0.5, "x2") in points
    assert ("MixIT-S1", 0.5, 0.3, "x6") in points, "the second subset has a row of its own"
    assert len(points) == 3 * 3 + 3
    first = next(t for t in figure.data if t.name == "SED" and t.xaxis == "x")
    assert (first.error_y.array[0], first.error_y.arrayminus[0]) == (pytest.approx(0.15), pytest.approx(0.1))
