"""Charts of reports: every number that is drawn is the report's."""

from __future__ import annotations

import numpy as np
import pytest

from jss.reports import EvalReport
from jss.training.stages import TREE
from jss.viz.report_charts import (
    PLACES,
    class_bars,
    class_order,
    score_against_similarity,
    similarities,
    system_colors,
)


def report(
    system: str,
    psds: dict[str, float | None],
    similarity: dict[str, float] | None = None,
    subset: str = "eval",
) -> EvalReport:
    return EvalReport(
        dataset="tones",
        subset=subset,
        system=system,
        selection="teacher",
        n_files=2,
        n_files_expected=2,
        psds1_exact=0.4,
        psds2_exact=0.5,
        event_f1={"macro": 0.3, "micro": 0.2},
        classwise={label: {"psds1": score} for label, score in psds.items()},
        similarity={"mean": float(np.mean(list(similarity.values()))), "per_clip": similarity}
        if similarity
        else None,
        intervals={"psds1_exact": [0.3, 0.55]},
    )


@pytest.fixture
def reports() -> list[EvalReport]:
    return [
        report("SED", {"Cat": 0.5, "Dog": 0.2, "Speech": 0.4}),
        report(
            "MixIT-S1", {"Cat": 0.4, "Dog": 0.3, "Speech": None}, {"a.wav": 0.25, "b.wav": 0.75}
        ),
        report("MixIT-JT", {"Cat": 0.45, "Dog": 0.6, "Speech": 0.1}, {"a.wav": 1.0, "b.wav": 0.9}),
    ]


def series(chart, kind):
    return [s for row in chart.panels for panel in row for s in panel.series if s.kind == kind]


def test_a_bar_for_each_class_and_system_and_a_line_for_the_baseline(reports):
    chart = class_bars(reports, "psds1")
    assert {s.name: s.y for s in series(chart, "bars")} == {
        "MixIT-S1": [0.4, 0.3, None],
        "MixIT-JT": [0.45, 0.6, 0.1],
    }
    (line,) = series(chart, "line")
    assert line.y == [0.5, 0.5, None, 0.2, 0.2, None, 0.4, 0.4, None]
    assert [text for _, text in chart.panels[0][0].x_ticks] == ["Cat", "Dog", "Speech"]
    assert series(chart, "bars")[1].keys == [(c, "MixIT-JT") for c in ("Cat", "Dog", "Speech")]


def test_bars_of_a_class_lie_side_by_side_within_it(reports):
    first, second = series(class_bars(reports, "psds1"), "bars")
    assert np.all(np.asarray(first.x) + first.width / 2 <= np.asarray(second.x) - second.width / 2)
    assert np.all(np.round(np.concatenate([first.x, second.x])) == np.tile([0, 1, 2], 2))


def test_a_system_has_its_colour_whatever_stands_beside_it():
    every = system_colors(["SED", *PLACES])
    assert {"SED", *PLACES} == {*TREE}
    assert len({*every.values()}) == len(PLACES) == len(every)
    some = system_colors(["mine", "MixIT-JT", "SED", "yours", "PIT-S1"])
    assert some["MixIT-JT"] == every["MixIT-JT"]
    assert some["PIT-S1"] == every["PIT-S1"]
    assert len({*some.values()}) == 4
    assert set(system_colors([*PLACES, "mine"])) == {*PLACES, "mine"}


def test_classes_by_gain(reports):
    assert class_order(reports, "psds1") == ["Dog", "Cat", "Speech"]  # +.4, -.05, -.3
    chart = class_bars(reports, "psds1", by_gain=True)
    assert [text for _, text in chart.panels[0][0].x_ticks] == ["Dog", "Cat", "Speech"]
    assert series(chart, "bars")[0].y == [0.3, 0.4, None]


def test_every_clip_is_a_point_in_the_panel_of_its_subset_and_the_baseline_has_none(reports):
    overlap = report("MixIT-S1", {}, {"0_00001.wav": 0.5}, subset="overlap")
    ((here, there),) = similarities([*reports, overlap]).panels
    assert {s.name: sorted(s.y) for s in here.series} == {
        "MixIT-S1": [0.25, 0.75],
        "MixIT-JT": [0.9, 1.0],
    }
    assert here.title == "eval, 2 clips"
    assert here.series[0].keys == [("a.wav", "MixIT-S1", "eval"), ("b.wav", "MixIT-S1", "eval")]
    assert [s.keys for s in there.series] == [[("0_00001.wav", "MixIT-S1", "overlap")]]


def test_a_system_has_one_colour_on_every_chart(reports):
    overlap = [report(r.system, {}, {"a.wav": 0.5}, subset="overlap") for r in reports]
    both = [x for pair in zip(reports, overlap, strict=True) for x in pair]
    bars = {s.name: s.color for s in series(class_bars(reports, "psds1"), "bars")}
    assert (
        {
            (s.name, s.color)
            for s in series(score_against_similarity(both, thresholds="exact"), "points")
            if s.name != "SED"
        }
        == set(bars.items())
        == {(s.name, s.color) for s in series(similarities(both), "box")}
    )
    assert len(set(bars.values())) == 2


def test_scores_against_similarity(reports):
    overlap = report("MixIT-S1", {}, {"a.wav": 0.5}, subset="overlap")
    rows = score_against_similarity([*reports, overlap], thresholds="exact").panels
    here, there = zip(*rows, strict=True)  # left: the first subset, right: the second
    assert [(s.name, s.x, s.y) for s in here[0].series] == [
        ("SED", [1.0], [0.4]),
        ("MixIT-S1", [0.5], [0.4]),
        ("MixIT-JT", [0.95], [0.4]),
    ]
    assert [[(s.name, s.x, s.y) for s in panel.series] for panel in there] == [
        [("MixIT-S1", [0.5], [score])] for score in (0.4, 0.5, 0.3)
    ]
    assert (here[0].series[0].low, here[0].series[0].high) == ([0.3], [0.55])
    as_paper = score_against_similarity(reports)
    assert next(row[0].title for row in as_paper.panels) == "PSDS1 (50 thresholds), eval"
