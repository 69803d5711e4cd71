from __future__ import annotations

import numpy as np
import pandas as pd

from jss.data.clip import Event
from jss.viz.agreement import agreement, confusions, events_of, tally


def test_hits_misses_and_false_alarms():
    spans = agreement([(1.0, 3.0, "Dog"), (5.0, 6.0, "Cat")], [(2.0, 4.0, "Dog")])
    assert spans == [
        (5.0, 6.0, "Cat", "false alarm"),
        (1.0, 2.0, "Dog", "false alarm"),
        (2.0, 3.0, "Dog", "hit"),
        (3.0, 4.0, "Dog", "miss"),
    ]


def test_overlapping_truth_of_a_class_counts_once():
    assert agreement([(0.0, 4.0, "Dog")], [(0.0, 2.0, "Dog"), (1.0, 4.0, "Dog")]) == [
        (0.0, 4.0, "Dog", "hit")
    ]


def test_seconds_add_up():
    rng = np.random.default_rng(1)

    def draw():
        return [
            (float(a), float(a + d), str(k))
            for a, d, k in zip(
                rng.uniform(0, 9, 30),
                rng.uniform(0.1, 2, 30),
                rng.choice(["A", "B", "C"], 30),
                strict=True,
            )
        ]

    detected, true = draw(), draw()
    grid = np.arange(0, 12, 0.0005)

    def inside(events, label):
        return np.any(
            [(grid >= on) & (grid < off) for on, off, name in events if name == label], axis=0
        )

    spans = agreement(detected, true)
    for label in "ABC":
        f, t = inside(detected, label), inside(true, label)
        for kind, mask in (("hit", f & t), ("miss", ~f & t), ("false alarm", f & ~t)):
            seconds = sum(
                off - on for on, off, name, what in spans if (name, what) == (label, kind)
            )
            assert abs(seconds - mask.sum() * 0.0005) < 0.05


def test_events_in_every_form():
    rows = [(0.5, 1.0, "Dog")]
    table = pd.DataFrame(
        {
            "filename": ["a", "b"],
            "onset": [0.5, np.nan],
            "offset": [1.0, np.nan],
            "event_label": ["Dog", np.nan],
        }
    )
    assert events_of(rows) == events_of([Event(0.5, 1.0, "Dog")]) == events_of(table) == rows
    assert events_of([]) == []


def test_confusions_are_misses_under_false_alarms():
    spans = agreement(
        [(0.0, 4.0, "Blender"), (6.0, 7.0, "Dog")], [(1.0, 5.0, "Frying"), (2.0, 3.0, "Speech")]
    )
    assert confusions(spans) == [(1.0, 4.0, "Frying", "Blender"), (2.0, 3.0, "Speech", "Blender")]
    detected = tally(spans)
    assert (detected.hit, detected.missed, detected.false_alarm) == (0.0, 5.0, 5.0)
    assert detected.confused == 3.0  # counted once
    assert detected.confused_overlap == 1.0  # where frying and speech sound together


def test_what_is_confused_while_one_class_sounds_is_no_confusion_in_overlap():
    spans = agreement([(0.0, 9.0, "Blender")], [(0.0, 9.0, "Vacuum_cleaner"), (20.0, 21.0, "Dog")])
    assert (tally(spans).confused, tally(spans).confused_overlap) == (9.0, 0.0)
    same = agreement([(0.0, 2.0, "Cat")], [(0.0, 2.0, "Dog"), (1.0, 2.0, "Dog")])
    assert tally(same).confused_overlap == 0.0  # one class with itself
