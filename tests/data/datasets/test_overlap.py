from pathlib import Path

import numpy as np
import pytest

from jss import audio
from jss.data.clip import Clip, Event
from jss.data.datasets.overlap import build, merge, overlap_pairs, pair_indices
from jss.errors import JssError


@pytest.mark.parametrize("n", [2, 3, 7, 692])
def test_pairs_of_each_permutation(n):
    pairs = overlap_pairs(n, 3, seed=5)
    assert len(pairs) == 3 * n
    for p in range(3):
        part = pairs[p * n : (p + 1) * n]
        assert [i for i, _ in part] == list(range(n))
        assert sorted(j for _, j in part) == list(range(n))
        assert all(i != j for i, j in part)
    assert pairs == overlap_pairs(n, 3, seed=5)


def test_other_seeds_and_permutations_differ():
    pairs = overlap_pairs(50)
    assert pairs[:50] != pairs[50:100]
    assert pairs != overlap_pairs(50, seed=1)


def test_names_of_pairs_tell_their_clips():
    clips = [Clip(f"{name}.wav", None, 10.0, ()) for name in "abcdefghijk"]
    pairs = build(clips)
    names = [pair.filename for pair in pairs]
    members = [(clips.index(pair.first), clips.index(pair.second)) for pair in pairs]
    assert pair_indices(names, len(pairs)).tolist() == [list(pair) for pair in members]
    assert pair_indices(names[3:], len(pairs)).tolist() == [list(p) for p in members[3:]]
    assert pair_indices([*names[1:], "a.wav"], len(pairs)) is None
    assert pair_indices(["0_00000.wav"], 1) is None


def test_one_clip_is_too_few():
    with pytest.raises(JssError, match="two clips"):
        overlap_pairs(1)


def test_events_are_merged_by_class():
    a, b = Event(0, 2, "Dog"), Event(1, 3, "Dog")
    assert merge([b, a, Event(1, 2, "Cat"), Event(3, 4, "Dog")]) == (
        Event(0, 3, "Dog"),
        Event(1, 2, "Cat"),
        Event(3, 4, "Dog"),
    )
    assert merge([]) == ()


def test_signals_are_summed_without_gain(tmp_path):
    signals = {"a": np.full(16000, 0.7, np.float32), "b": np.full(8000, 0.6, np.float32)}
    clips = []
    for name, signal in signals.items():
        path = tmp_path / f"{name}.wav"
        audio.save(path, signal)
        events = (Event(0.1, 0.4, "Dog"),)
        clips.append(
            Clip(f"{name}.wav", path, len(signal) / 16000, events, sources=(("Dog", path),))
        )
    pairs = build(clips, permutations=1)
    assert [(c.first.filename, c.second.filename) for c in pairs] == [
        ("a.wav", "b.wav"),
        ("b.wav", "a.wav"),
    ]
    for clip in pairs:
        assert clip.duration == 1.0
        assert clip.events == (Event(0.1, 0.4, "Dog"),)
        assert len(clip.sources) == 2
        assert clip.load() == pytest.approx(
            np.concatenate([np.full(8000, 1.3), np.full(8000, 0.7)]), abs=1e-6
        )


def test_clips_with_missing_audio_stay_in_the_set():
    paths = {"a.wav": Path("a.wav"), "b.wav": None, "c.wav": Path("c.wav")}
    clips = [Clip(name, path, events=()) for name, path in paths.items()]
    pairs = build(clips)
    assert len(pairs) == 9
    assert len({c.filename for c in pairs}) == 9
    assert sum(c.missing for c in pairs) == 6
    with pytest.raises(JssError, match="incomplete"):
        next(c for c in pairs if c.missing).load()


def test_clips_without_strong_labels_are_refused():
    with pytest.raises(JssError, match="strong labels"):
        build([Clip("a.wav", None, events=()), Clip("b.wav", None)])
