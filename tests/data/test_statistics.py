from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jss import audio
from jss.data.clip import Clip, Event
from jss.data.datasets import desed
from jss.data.statistics import LENGTH_BINS, SILENCE_DB, Statistics, measure
from jss.errors import JssError
from jss.labels import DESED_LABELS

REAL = Path(__file__).parents[3] / "shared" / "evaluation" / "desed-metadata" / "real"


def clips(folder: Path) -> list[Clip]:
    audio.save(folder / "a.wav", np.full(16000, 0.1, np.float32))
    audio.save(folder / "b.wav", np.zeros(16000, np.float32))
    (folder / "d.wav").write_bytes(b"no audio at all")
    return [
        Clip(
            "a.wav",
            folder / "a.wav",
            10.0,
            (Event(0, 4, "Dog"), Event(2, 6, "Speech"), Event(3, 5, "Speech"), Event(8, 12, "Cat")),
        ),
        Clip("b.wav", folder / "b.wav", 10.0, ()),
        Clip("c.wav", None, 10.0, None, ("Speech", "Dog")),
        Clip("d.wav", folder / "d.wav", 10.0, None, None),
    ]


def test_figures_calculated_by_hand(tmp_path: Path) -> None:
    statistics = measure(clips(tmp_path), "kitchen", "validation")
    assert (
        statistics.n_files,
        statistics.n_files_expected,
        statistics.strong,
        statistics.weak,
    ) == (2, 4, 2, 3)
    assert (statistics.events, statistics.minutes) == (4, pytest.approx(40 / 60))
    # 0-2: 1, 2-3: 2, 3-4: 3, 4-5: 2, 5-6: 1, 6-8: 0, 8-10: 1, and ten seconds of nothing.
    assert statistics.polyphony == pytest.approx((12 / 20, 5 / 20, 2 / 20, 1 / 20))
    dog, speech, cat = (statistics.classes[label] for label in ("Dog", "Speech", "Cat"))
    assert (dog.clips, speech.clips, cat.clips) == (2, 2, 1)
    assert (dog.minutes, speech.minutes, cat.minutes) == pytest.approx((4 / 60, 4 / 60, 2 / 60))
    assert dog.others == pytest.approx((2 / 4, 1 / 4, 1 / 4, 0))
    assert speech.others == pytest.approx(
        (1 / 4, 2 / 4, 1 / 4, 0)
    )  # its own second event is another event
    assert speech.lengths == (2, 2.5, 3, 3.5, 4)
    assert speech.histogram == tuple(int(low in (2, 4)) for low in LENGTH_BINS)
    assert statistics.classes["Blender"].others is None
    assert tuple(statistics.classes) == DESED_LABELS
    k = {label: i for i, label in enumerate(statistics.classes)}
    assert (
        statistics.co_occurrence[k["Dog"]][k["Speech"]]
        == statistics.co_occurrence[k["Speech"]][k["Dog"]]
        == 2
    )
    assert statistics.co_occurrence[k["Dog"]][k["Cat"]] == 1
    assert statistics.level_db == pytest.approx(
        (SILENCE_DB, *np.quantile((SILENCE_DB, -20.0), (0.25, 0.5, 0.75)), -20.0)
    )
    assert len(statistics.damaged) == 1
    assert "d.wav is not audio" in statistics.damaged[0]
    a, b, c, d = statistics.clips
    assert (a.events, a.most, a.overlapped, a.labels) == (
        4,
        3,
        pytest.approx(0.3),
        ("Cat", "Dog", "Speech"),
    )
    assert (b.events, b.most, b.overlapped, b.labels, b.level_db) == (0, 0, 0, (), SILENCE_DB)
    assert (c.audio, c.events, c.most, c.labels, c.level_db) == (
        False,
        None,
        None,
        ("Dog", "Speech"),
        None,
    )
    assert (d.audio, d.labels, d.level_db) == (False, None, None)


def test_without_levels_no_file_is_opened(tmp_path: Path) -> None:
    statistics = measure(clips(tmp_path), levels=False)
    assert (statistics.n_files, statistics.level_db, statistics.damaged) == (3, None, ())


def test_empty_and_unlabelled_sets() -> None:
    for none in ([], [Clip("a.wav", None)]):
        statistics = measure(none)
        assert (
            statistics.classes,
            statistics.polyphony,
            statistics.level_db,
            statistics.co_occurrence,
        ) == (
            {},
            None,
            None,
            (),
        )


def test_labels_of_no_class_set_are_sorted() -> None:
    statistics = measure([Clip("a.wav", None, 5.0, (Event(0, 1, "Zebra"), Event(0, 1, "Dog")))])
    assert list(statistics.classes) == ["Dog", "Zebra"]
    assert statistics.classes["Dog"].others == (0, 1, 0, 0)


def test_lengths_at_the_edge_of_a_bin() -> None:
    statistics = measure(
        [Clip("a.wav", None, 20.0, (Event(1.8, 2.05, "Dog"), Event(3.0, 14.0, "Dog")))]
    )
    histogram = statistics.classes["Dog"].histogram
    assert 2.05 - 1.8 < 0.25
    assert (histogram[1], histogram[-1], sum(histogram)) == (1, 1, 2)


events = st.lists(
    st.tuples(st.floats(0, 9.9), st.floats(0.01, 5), st.sampled_from(DESED_LABELS[:3])), max_size=6
)


@settings(max_examples=50, deadline=None)
@given(st.lists(events, min_size=1, max_size=3))
def test_times_add_up(world: list[list[tuple[float, float, str]]]) -> None:
    """Sampled every millisecond, counting who sounds gives the same shares."""
    statistics = measure(
        [
            Clip(str(i), None, 10.0, tuple(Event(a, a + n, label) for a, n, label in events))
            for i, events in enumerate(world)
        ]
    )
    assert statistics.polyphony is not None
    assert sum(statistics.polyphony) == pytest.approx(1)
    moments = np.arange(10000) / 1000 + 0.0005
    counts = np.concatenate(
        [
            sum(((a <= moments) & (moments < a + n) for a, n, _ in events), np.zeros(10000, int))
            for events in world
        ]
    )
    assert statistics.polyphony == pytest.approx(
        [(counts == k).mean() for k in range(3)] + [(counts > 2).mean()], abs=2e-3
    )
    assert [c.events for c in statistics.clips] == [len(events) for events in world]
    for c in statistics.classes.values():
        assert (c.others is None) == (c.minutes == 0)
        assert sum(c.histogram) == c.events


def test_save_and_load(tmp_path: Path) -> None:
    statistics = measure(clips(tmp_path), "kitchen", "validation")
    statistics.save(tmp_path / "new" / "s.json")
    assert Statistics.load(tmp_path / "new" / "s.json") == statistics
    stored = json.loads((tmp_path / "new" / "s.json").read_text())
    (tmp_path / "s.json").write_text(json.dumps({**stored, "colour": 1}))
    with pytest.raises(JssError, match="unknown key 'colour'"):
        Statistics.load(tmp_path / "s.json")
    (tmp_path / "s.json").write_text("{")
    with pytest.raises(JssError, match="damaged"):
        Statistics.load(tmp_path / "s.json")
    with pytest.raises(JssError, match="no statistics at"):
        Statistics.load(tmp_path / "nowhere.json")


@pytest.mark.skipif(not REAL.is_dir(), reason="DESED's metadata is not beside the repository")
def test_real_desed(tmp_path: Path) -> None:
    (tmp_path / "metadata").symlink_to(REAL)
    subsets = desed.prepare(tmp_path)
    validation, public = (measure(subsets[name]) for name in ("validation", "public"))
    assert (validation.n_files_expected, validation.events) == (1168, 4224)
    assert (public.n_files_expected, public.events) == (692, 2765)
    assert validation.n_files == 0
    assert sum(c.clips for c in validation.classes.values()) == sum(
        len(c.labels or ()) for c in validation.clips
    )
