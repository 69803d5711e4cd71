"""Every format, rate and channel count becomes 16 kHz mono; other files give one sentence."""

from __future__ import annotations

import io
import os

import numpy as np
import pytest
import soundfile as sf

from jss import audio
from jss.errors import JssError
from jss.io.sound.pcm import full_scale

KINDS = {
    "wav": ("WAV", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "aiff": ("AIFF", "PCM_24"),
}


def tone(seconds: float, rate: int, frequency: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)).astype(
        np.float32
    )


def write(path, samples, rate, kind="wav"):
    container, subtype = KINDS[kind]
    sf.write(path, samples, rate, format=container, subtype=subtype)
    return path


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000, 96000])
def test_any_rate_and_channel_count(tmp_path, rate, channels):
    signal = tone(1.3, rate)
    path = write(tmp_path / "a.wav", np.stack([signal] * channels, axis=1), rate)
    loaded = audio.load(path)
    assert loaded.dtype == np.float32
    assert abs(len(loaded) - 1.3 * 16000) <= 1
    inner = slice(1600, len(loaded) - 1600)
    np.testing.assert_allclose(loaded[inner], tone(1.3, 16000)[: len(loaded)][inner], atol=2e-3)
    assert audio.duration(path) == pytest.approx(1.3, abs=1e-3)


@pytest.mark.parametrize(
    ("kind", "rate"),
    [
        ("wav", 44100),
        ("flac", 44100),
        ("ogg", 44100),
        ("opus", 48000),
        ("mp3", 44100),
        ("aiff", 44100),
        ("mp3", 8000),
        ("opus", 16000),
    ],
)
def test_any_format(tmp_path, kind, rate):
    path = write(tmp_path / f"a.{kind}", tone(2, rate), rate, kind)
    loaded = audio.load(path)
    assert abs(len(loaded) - 32000) < 1700  # mp3 pads to its frames
    assert np.sqrt(np.mean(loaded[4000:28000] ** 2)) == pytest.approx(0.3536, rel=0.03)


def test_channels_are_averaged(tmp_path):
    left, right = tone(0.5, 16000), tone(0.5, 16000, 1000)
    path = write(tmp_path / "a.wav", np.stack([left, right], axis=1), 16000)
    np.testing.assert_allclose(audio.load(path), (left + right) / 2, atol=1e-4)


@pytest.mark.parametrize("rate", [16000, 44100, 8000])
def test_blocks_equal_the_whole_file(tmp_path, rate):
    path = write(
        tmp_path / "a.wav", np.random.default_rng(0).uniform(-1, 1, round(7.77 * rate)), rate
    )
    blocks = list(audio.stream(path, 1.5))
    assert [len(b) for b in blocks[:-1]] == [24000] * (len(blocks) - 1)
    assert 0 < len(blocks[-1]) <= 24000
    np.testing.assert_array_equal(np.concatenate(blocks), audio.load(path))


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3"])
def test_a_part_equals_the_part_of_the_whole(tmp_path, kind):
    """At 16 kHz to the sample; at another rate as far as a resampler needs what lies around."""
    path = tmp_path / f"a.{kind}"
    audio.save(path, 0.3 * np.random.default_rng(0).standard_normal(16000 * 25))
    whole = audio.load(path)
    np.testing.assert_allclose(audio.excerpt(path, 12.3, 4.0), whole[196800:260800], atol=1e-6)
    np.testing.assert_allclose(audio.excerpt(path, 0.0, 1.0), whole[:16000], atol=1e-6)
    assert len(audio.excerpt(path, 24.0, 4.0)) == pytest.approx(16000, abs=2000)
    with pytest.raises(JssError, match=r"ends before 30 s"):
        audio.excerpt(path, 30.0, 1.0)


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_parts_of_a_file_of_integers_have_its_scale(tmp_path, subtype, caplog):
    """Integers in a float file: a quiet part is not played louder than a loud one."""
    path, rng = tmp_path / "integers.wav", np.random.default_rng(0)
    peaks = np.repeat([20000.0, 60.0, 300.0, 1.0], 16000)
    sf.write(path, np.rint(peaks * rng.uniform(-1, 1, len(peaks))), 16000, subtype=subtype)
    whole = audio.load(path)
    for second in range(4):
        part = audio.excerpt(path, second, 1.0)
        np.testing.assert_array_equal(part, whole[16000 * second : 16000 * (second + 1)])
    assert len(caplog.messages) == 1  # of the whole, and the same for each part


def test_parts_of_a_loud_float_file_are_unchanged(tmp_path, monkeypatch):
    """Beyond full scale by a little; a part within it is read without the rest of the file."""
    path = tmp_path / "loud.wav"
    audio.save(path, np.repeat(np.float32([0.5, 1.5]), 16000))
    np.testing.assert_array_equal(audio.excerpt(path, 1.0, 1.0), np.float32(1.5))
    monkeypatch.setattr(sf.SoundFile, "blocks", None)
    np.testing.assert_array_equal(audio.excerpt(path, 0.0, 1.0), np.float32(0.5))


def test_the_scale_of_a_file_is_found_once(tmp_path, monkeypatch, caplog):
    """One sample at full scale in many parts; a file that is replaced is measured again."""
    path, measured = tmp_path / "loud.wav", []
    monkeypatch.setattr(
        audio, "full_scale", lambda *arguments: measured.append(1) or full_scale(*arguments)
    )
    sf.write(path, np.repeat([1000.0, 2000.0], 16000), 16000, subtype="FLOAT")
    for start in (0.0, 1.0, 0.5):
        audio.excerpt(path, start, 0.5)
    assert len(measured) == 1
    assert len([text for text in caplog.messages if "are divided by" in text]) == 1
    sf.write(path, np.repeat([1.0, 1.0, 1.0], 16000), 16000, subtype="FLOAT")
    np.testing.assert_array_equal(audio.excerpt(path, 0.0, 0.5), np.float32(1.0))
    assert len(measured) == 2


def test_memory_of_a_long_file(tmp_path):
    path = tmp_path / "long.flac"
    with sf.SoundFile(path, "w", 44100, 2, "PCM_16") as out:
        for _ in range(60):
            out.write(np.zeros((44100 * 2, 2)))
    sizes = [len(b) for b in audio.stream(path, 10)]
    assert sizes == [160000] * 12


@pytest.mark.parametrize("seconds", [0.01, 0.1])
def test_short_files(tmp_path, seconds):
    assert len(audio.load(write(tmp_path / "a.wav", tone(seconds, 48000), 48000))) == round(
        seconds * 16000
    )


def test_an_open_file(tmp_path):
    path = write(tmp_path / "a.flac", tone(1, 22050), 22050, "flac")
    np.testing.assert_array_equal(audio.load(io.BytesIO(path.read_bytes())), audio.load(path))
    assert audio.duration(io.BytesIO(path.read_bytes())) == pytest.approx(1)


def test_silence(tmp_path):
    loaded = audio.load(write(tmp_path / "a.wav", np.zeros(16000), 16000))
    assert loaded.shape == (16000,)
    assert not loaded.any()


def refused(source) -> str:
    with pytest.raises(JssError) as caught:
        audio.load(source)
    text = str(caught.value)
    assert text.count("\n") == 0
    assert text.endswith((".", "?"))
    return text


def test_files_without_sound(tmp_path):
    empty = tmp_path / "empty.wav"
    empty.touch()
    text = tmp_path / "text.wav"
    text.write_text("Not a sound.\n" * 500)
    assert "is empty" in refused(empty)
    assert "not audio" in refused(text)
    assert "no file" in refused(tmp_path / "nowhere.wav")
    assert "folder" in refused(tmp_path)
    assert "no samples" in refused(write(tmp_path / "zero.wav", np.zeros(0), 16000))
    assert "is empty" in refused(io.BytesIO())
    assert "uploaded file" in refused(io.BytesIO(b"text " * 100))
    raw = tmp_path / "a.raw"
    raw.write_bytes(bytes(1000))
    assert "not audio" in refused(raw)


@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "opus", "mp3", "aiff"])
@pytest.mark.parametrize("share", [0.6, 0.002])
def test_cut_off_files(tmp_path, kind, share):
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, 160000)
    data = write(tmp_path / f"a.{kind}", noise, 16000, kind).read_bytes()
    path = tmp_path / f"cut.{kind}"
    path.write_bytes(data[: int(len(data) * share)])
    refused(path)


@pytest.mark.parametrize("kind", ["wav", "flac", "aiff", "mp3"])
def test_file_cut_off_while_it_is_read(tmp_path, kind):
    path = write(tmp_path / f"a.{kind}", tone(100, 16000), 16000, kind)
    stream = audio.stream(path, 1.0)
    next(stream)
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(JssError, match="cut off"):
        list(stream)


def test_file_removed_while_it_is_read(tmp_path):
    path = write(tmp_path / "a.wav", tone(30, 16000), 16000)
    whole, stream = audio.load(path), audio.stream(path, 1.0)
    first = next(stream)
    path.unlink()
    np.testing.assert_array_equal(np.concatenate([first, *stream]), whole)


def test_stream_of_unknown_length(tmp_path):
    """A WAV written to a pipe promises 4 GB."""
    path = write(tmp_path / "a.wav", tone(1, 16000), 16000)
    data = bytearray(path.read_bytes())
    at = data.index(b"data") + 4
    data[at : at + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    assert len(audio.load(path)) == 16000


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e20])
def test_samples_that_are_not_finite(tmp_path, bad):
    samples = tone(1, 16000)
    samples[7000] = bad
    path = tmp_path / "a.wav"
    sf.write(path, samples, 16000, subtype="FLOAT")
    assert "holds samples" in refused(path)
    with pytest.raises(JssError, match="holds samples"):
        audio.from_array(samples)


def test_a_header_with_an_absurd_rate(tmp_path):
    path = tmp_path / "a.wav"
    sf.write(path, tone(1, 16000), 5, subtype="PCM_16")
    assert "too few" in refused(path)


def test_arrays():
    signal = tone(1, 44100)
    assert audio.from_array(signal.astype(np.float64), 44100).shape == (16000,)
    np.testing.assert_allclose(
        audio.from_array((signal * 32768).astype(np.int16)), signal, atol=1e-4
    )
    np.testing.assert_allclose(audio.from_array(np.full(10, 192, np.uint8)), 0.5)
    np.testing.assert_allclose(
        audio.from_array(np.stack([signal, signal / 2], axis=1), 16000), signal * 0.75, atol=1e-7
    )
    for bad in (np.zeros((2, 100)), np.zeros(0), np.zeros((1, 2, 3)), np.array(["a"])):
        with pytest.raises(JssError):
            audio.from_array(bad)


@pytest.mark.parametrize("rate", [0, -1, 5, 8000.5, np.nan, np.inf, 10**9, "16000", None, True])
def test_a_sample_rate_that_is_none(rate):
    with pytest.raises(JssError, match=f"^the array has the sample rate {rate!r}: give a whole "):
        audio.from_array(tone(1, 16000), rate)


@pytest.mark.parametrize("rate", [8000.0, np.int64(8000), np.float32(8000)])
def test_a_sample_rate_of_any_kind_of_number(rate):
    signal = tone(1, 8000)
    np.testing.assert_array_equal(audio.from_array(signal, rate), audio.from_array(signal, 8000))


@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "opus", "mp3"])
def test_save_and_load(tmp_path, kind):
    signal = tone(1, 16000)
    path = tmp_path / "deeper" / f"a.{kind}"
    audio.save(path, signal)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    loaded = audio.load(path)
    if kind in ("wav", "flac"):
        np.testing.assert_allclose(loaded, signal, atol={"wav": 0, "flac": 2e-7}[kind])
    assert len(loaded) == pytest.approx(16000, abs=2400)
    np.testing.assert_array_equal(audio.load(io.BytesIO(audio.encode(signal, kind))), loaded)


def test_clipping(tmp_path):
    loud = np.array([0.0, 1.5, -3.0, 0.5], np.float32)
    audio.save(tmp_path / "a.wav", loud)
    audio.save(tmp_path / "a.flac", loud)
    np.testing.assert_array_equal(audio.load(tmp_path / "a.wav"), loud)
    np.testing.assert_allclose(audio.load(tmp_path / "a.flac"), [0, 1, -1, 0.5], atol=1e-6)


def test_writer(tmp_path):
    signal = tone(1, 16000)
    with audio.writer(tmp_path / "a.flac") as put:
        put(signal[:5000])
        assert not (tmp_path / "a.flac").exists()
        put(signal[5000:])
    np.testing.assert_allclose(audio.load(tmp_path / "a.flac"), signal, atol=2e-7)
    with pytest.raises(ZeroDivisionError), audio.writer(tmp_path / "b.flac"):
        _ = 1 / 0
    assert [p.name for p in tmp_path.iterdir()] == ["a.flac"]


def test_writing_a_long_ogg(tmp_path):
    audio.save(tmp_path / "long.ogg", np.zeros(300 * 16000, np.float32))
    assert audio.duration(tmp_path / "long.ogg") == pytest.approx(300, abs=0.1)


def test_sentences_of_failed_writes(tmp_path):
    for name, samples in (
        ("a.xyz", np.zeros(10)),
        ("a", np.zeros(10)),
        ("a.wav", np.zeros((10, 2))),
    ):
        with pytest.raises(JssError):
            audio.save(tmp_path / name, samples)
    (tmp_path / "file").touch()
    with pytest.raises(JssError, match="cannot be written"):
        audio.save(tmp_path / "file" / "a.wav", np.zeros(10))
    with pytest.raises(JssError):
        audio.save(tmp_path / "a.opus", np.zeros(10), 44100)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file"]
