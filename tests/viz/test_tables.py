from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from jss.viz.tables import detected_events, truth_table


@pytest.fixture
def two_events(result):
    """Dog from frame 10 to 30, best in source 2; Speech from 50 to the end."""
    source_scores = np.full_like(result.source_scores, 0.1)
    source_scores[1, 4, 10:30] = 0.8
    source_scores[0, 4, 10:30] = 0.6
    source_scores[2, 8, 50:] = 0.9
    return replace(result, source_scores=source_scores, scores=source_scores.max(axis=0))


def test_events_with_what_one_wants_to_know(two_events):
    table = detected_events(two_events, [(0.96, 1.28, "Dog"), (0.0, 10.0, "Cat")])
    assert table["Class"].tolist() == ["Dog", "Speech"]
    assert table["Onset (s)"].tolist() == pytest.approx([0.64, 3.2])
    assert table["Offset (s)"].tolist() == pytest.approx([1.92, two_events.scores.shape[1] * 0.064])
    assert table["Peak score"].tolist() == pytest.approx([0.8, 0.9])
    assert table["Source"].tolist() == [2, 3]
    assert table["In truth (%)"].tolist() == pytest.approx([25.0, 0.0])


def test_events_are_those_of_the_result(two_events):
    assert detected_events(two_events, threshold=0.85)["Class"].tolist() == ["Speech"]
    assert "In truth (%)" not in detected_events(two_events)
    assert detected_events(two_events, [], threshold=0.99).columns.tolist() == [
        "Class",
        "Onset (s)",
        "Offset (s)",
        "Duration (s)",
        "Peak score",
        "Source",
        "In truth (%)",
    ]


def test_without_sources_there_is_no_source_column(no_sources):
    assert "Source" not in detected_events(no_sources)


def test_truth_is_sorted_and_named():
    table = truth_table([(2.0, 3.0, "Dog"), (0.5, 1.0, "Vacuum_cleaner")])
    assert table["Class"].tolist() == ["Vacuum cleaner", "Dog"]
    assert table["Duration (s)"].tolist() == [0.5, 1.0]
