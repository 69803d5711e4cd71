from __future__ import annotations

import io
import json

import fake
import numpy as np
import pytest
from PIL import Image

from jss import audio
from jss.results import ClipResult
from jss.viewer.payload import pack
from jss.viz.mel import levels


def result(name: str = "MixIT-S1", seconds: float = 10.0, gain: float = 1.0) -> ClipResult:
    mixture = gain * sum(fake.tone(m, int(16000 * seconds)) for m in range(4))
    system = fake.FakeSystem(name, "teacher")
    buffer = io.BytesIO(audio.encode(mixture.astype(np.float32), "wav"))
    return system.join(list(system.pieces(buffer)), "clip.wav")


def test_files_hold_the_arrays():
    r = result()
    packed = pack(r, [(1.0, 2.0, "Dog")], clip="a")
    data = packed.files["scores"][0]
    pooled = np.frombuffer(data, "<f4", r.scores.size).reshape(r.scores.shape)
    np.testing.assert_array_equal(pooled, r.scores)
    rest = np.frombuffer(data, np.uint8, offset=pooled.nbytes)
    sources = rest[: r.source_scores.size].reshape(r.source_scores.shape)
    assert np.abs(sources / 255 - r.source_scores).max() <= 0.5 / 255 + 1e-6
    assert np.abs(sources.max(axis=0) / 255 - r.scores).max() <= 1 / 255
    winners = rest[r.source_scores.size :][: r.scores.size].reshape(r.scores.shape)
    np.testing.assert_array_equal(winners, r.source_scores.argmax(axis=0))
    assert len(rest) == r.source_scores.size + r.scores.size + r.scores.shape[1]
    image = Image.open(io.BytesIO(packed.files[packed.source_mels[2][0]][0]))
    np.testing.assert_array_equal(np.asarray(image.convert("L"))[::-1], levels(r.source_mels[2]))
    sound = audio.load(io.BytesIO(packed.files[packed.audio[3]][0]))
    np.testing.assert_allclose(sound * packed.meta["gain"], r.sources[2], atol=2e-7)


def test_what_goes_over_the_websocket_is_small():
    packed = pack(result(), [(1.0, 2.0, "Dog")], clip="a")
    assert len(json.dumps(packed.meta)) < 5_000
    assert all(
        len(data) < 73_000 for name, (data, _) in packed.files.items() if name.startswith("mel")
    )


def test_loud_sources_are_not_clipped():
    packed = pack(result(gain=8.0), None, clip="a")
    assert packed.meta["gain"] > 4
    assert packed.meta["truth"] is None
    sound = audio.load(io.BytesIO(packed.files["audio.0"][0]))
    assert np.abs(sound).max() <= 1
    assert np.abs(sound * packed.meta["gain"]).max() == pytest.approx(4.4, abs=0.1)


def test_without_sources_and_with_labels_of_others():
    packed = pack(result("SED"), [(0.0, 1.0, "Whale")], clip="a")
    assert packed.meta["sources"] == 0
    assert packed.meta["similarity"] is None
    assert packed.source_mels == ()
    assert packed.meta["classes"][10]["label"] == "Whale"
    assert packed.meta["truth"] == [[0.0, 1.0, 10]]
    assert packed.meta["n_scored"] == 10


def test_long_recordings_have_several_images():
    packed = pack(result("SED", 70.0), None, clip="a")
    widths = [Image.open(io.BytesIO(packed.files[name][0])).width for name in packed.mel]
    assert widths == [2048, 2048, 280]
