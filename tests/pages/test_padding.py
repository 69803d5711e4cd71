"""A clip of a set of 10 s is analysed as evaluation does, and shown without the padding; one's own
as it is.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jss import audio
from jss.evaluation import run
from jss.inference import system as inference
from jss.inference.windows import padded
from pages.ui.cache import disk, loaders
from pages.ui.clip import recordings


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """DESED's layout with one clip of 9.5 s."""
    root = tmp_path / "DESED"
    sound = 0.2 * np.random.default_rng(0).standard_normal(152000)
    audio.save(root / "audio" / "validation" / "validation" / "short.wav", sound)
    tsv = root / "metadata" / "validation" / "validation.tsv"
    tsv.parent.mkdir(parents=True)
    tsv.write_text("filename\tonset\toffset\tevent_label\nshort.wav\t1.0\t2.0\tDog\n")
    return root


def test_a_clip_of_a_set_and_a_recording_of_ones_own(
    root: Path,
    tmp_path: Path,
    tiny_checkpoints: Path,
    one_thread: None,
    monkeypatch: pytest.MonkeyPatch,
):
    system = inference.load_system("MixIT-S1", folder=tiny_checkpoints, device="cpu")
    monkeypatch.setenv("JSS_CHECKPOINTS", str(tiny_checkpoints))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(loaders, "_system", lambda *_: system)
    ((clip,),) = (result.clips for result in recordings.folder_sets(root))
    assert clip.padded_to == 10.0
    shown = loaders._compute(clip, "MixIT-S1", "teacher", lambda share, what: None)
    evaluated = run.collect(system, run.subset(root, "validation"), None).clips["short.wav"]
    np.testing.assert_array_equal(shown.scores, evaluated.scores[:, :148])
    np.testing.assert_array_equal(shown.weak, evaluated.weak)
    assert shown.duration == 9.5
    whole = system(padded(audio.load(clip.open()), 10.0))
    np.testing.assert_array_equal(shown.sources, whole.sources[:, :152000])
    as_it_is = system(clip.open())
    for name in ("sources", "mel", "source_mels", "scores", "source_scores"):
        assert getattr(shown, name).shape == getattr(as_it_is, name).shape, name

    uploaded = recordings.uploaded("short.wav", clip.open().getvalue())
    own = loaders._compute(uploaded, "MixIT-S1", "teacher", lambda share, what: None)
    np.testing.assert_array_equal(own.scores, as_it_is.scores)
    assert np.abs(own.scores - shown.scores).max() > 0
    keys = {
        loaders._key(item, "MixIT-S1", "teacher")
        for item in (clip, replace(clip, padded_to=None), uploaded)
    }
    assert len(keys) == 2  # the same sound, padded and as it is
    assert all(disk.has(key) for key in keys)
