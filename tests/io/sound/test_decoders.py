"""Real-world files: every suffix, and headers that do not agree with the file."""

from __future__ import annotations

import io
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from media import KINDS, LOSSLESS, encode

from jss import audio
from jss.errors import JssError
from jss.io.sound.decoders import opened

CASES = Path(__file__).parents[4] / "shared" / "cases"
RATE = 48000


def noise(seconds: float = 2.0, rate: int = RATE, channels: int = 1) -> np.ndarray:
    rng = np.random.default_rng(0)
    samples = rng.uniform(-0.3, 0.3, (round(seconds * rate), channels)).astype(np.float32)
    return samples if channels > 1 else samples[:, 0]


def tone(seconds: float = 2.0, rate: int = RATE) -> np.ndarray:
    return (0.4 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)).astype("f4")


def read(source) -> tuple[np.ndarray, list[str]]:
    """All samples at the file's own rate, and what is noted."""
    notes: list[str] = []
    with opened(source, notes.append) as sound:
        return np.concatenate([block for _, block in sound.read()]), notes


def loaded(source) -> tuple[np.ndarray, list[str]]:
    notes: list[str] = []
    return audio.load(source, notes.append), notes


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("memory", [False, True])
def test_files_of_phones_browsers_and_cameras(tmp_path, kind, memory):
    path = encode(tmp_path / f"a.{kind}", tone(3))
    samples, notes = loaded(io.BytesIO(path.read_bytes()) if memory else path)
    assert not notes
    assert len(samples) / 16000 == pytest.approx(3, abs=0.06)
    assert np.sqrt(np.mean(samples[8000:-8000] ** 2)) == pytest.approx(0.4 / 2**0.5, rel=0.03)
    assert audio.duration(path) == pytest.approx(len(samples) / 16000, abs=1e-3)
    if kind in LOSSLESS:
        np.testing.assert_allclose(read(path)[0][:, 0], tone(3), atol=1 / 32000)


SAME = [
    ("WAV", "PCM_U8"), ("WAV", "PCM_16"), ("WAV", "PCM_24"), ("WAV", "PCM_32"), ("WAV", "FLOAT"),
    ("WAV", "DOUBLE"), ("WAV", "ALAW"), ("WAV", "ULAW"), ("WAV", "IMA_ADPCM"), ("RF64", "PCM_16"),
    ("W64", "PCM_24"), ("FLAC", "PCM_16"), ("FLAC", "PCM_24"), ("AIFF", "PCM_16"),
    ("AIFF", "FLOAT"), ("AU", "PCM_16"), ("AU", "PCM_S8"), ("AU", "ALAW"), ("CAF", "PCM_16"),
    ("CAF", "ALAC_16"), ("NIST", "PCM_16"), ("VOC", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS"),
    ("MP3", "MPEG_LAYER_III"),
]  # fmt: skip


@pytest.mark.parametrize(("container", "subtype"), SAME)
@pytest.mark.parametrize("channels", [1, 2])
def test_equal_to_libsndfile(tmp_path, container, subtype, channels):
    path = tmp_path / "a.x"
    sf.write(path, noise(2.017, RATE, channels), RATE, format=container, subtype=subtype)
    expected = sf.read(path, dtype="float32", always_2d=True)[0]
    samples, notes = read(path)
    assert samples.shape == expected.shape
    assert not notes
    lossy = container in ("OGG", "MP3")
    np.testing.assert_allclose(samples, expected, atol=1e-4 if lossy else 0, rtol=0)


def patched(path: Path, promised: int, container: str = "WAV") -> Path:
    """Another size in the header, in both places."""
    data = bytearray(path.read_bytes())
    name, order = (b"data", "<") if container == "WAV" else (b"SSND", ">")
    at = data.index(name) + 4
    data[at : at + 4] = struct.pack(f"{order}I", promised & 0xFFFFFFFF)
    data[4:8] = struct.pack(f"{order}I", (promised + at - 4) & 0xFFFFFFFF)
    path.write_bytes(data)
    return path


PLACEHOLDERS = [0, 2_000_000_000, 2**31 - 1, 2**31 - 36, 2**31, 2**32 - 1, 2**32 - 36, 0x7FFFF000]


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT", "ALAW", "IMA_ADPCM"])
@pytest.mark.parametrize("promised", PLACEHOLDERS)
def test_sizes_of_a_streaming_writer(tmp_path, promised, subtype):
    path = tmp_path / "a.wav"
    sf.write(path, noise(), RATE, subtype=subtype)
    expected = sf.read(path, dtype="float32", always_2d=True)[0]
    samples, notes = read(patched(path, promised))
    whole = samples[: len(expected)]
    assert abs(len(samples) - len(expected)) < 2000  # a codec's last block
    np.testing.assert_allclose(whole, expected[: len(whole)], atol=1e-4)
    assert len(notes) == 1
    assert "header" in notes[0]


@pytest.mark.parametrize("promised", PLACEHOLDERS)
@pytest.mark.parametrize("channels", [1, 2])
def test_24_bits_in_frames_of_32_of_a_streaming_writer(tmp_path, promised, channels):
    path = tmp_path / "a.wav"
    sf.write(path, noise(channels=channels), RATE, subtype="PCM_32")
    data = bytearray(path.read_bytes())
    data[34:36] = struct.pack("<H", 24)  # bits; the bytes of a frame stay as they are
    path.write_bytes(data)
    expected = sf.read(path, dtype="float32", always_2d=True)[0]
    np.testing.assert_array_equal(read(path)[0], expected)
    np.testing.assert_array_equal(read(patched(path, promised))[0], expected)


@pytest.mark.parametrize("promised", [0, 2**32 - 1])
def test_aiff_of_a_streaming_writer(tmp_path, promised):
    path = tmp_path / "a.aiff"
    sf.write(path, noise(), RATE, subtype="PCM_16")
    expected = sf.read(path, dtype="float32", always_2d=True)[0]
    np.testing.assert_array_equal(read(patched(path, promised, "AIFF"))[0], expected)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_au_of_a_streaming_writer(tmp_path, size):
    path = tmp_path / "a.au"
    sf.write(path, noise(), RATE, subtype="PCM_16")
    expected = sf.read(path, dtype="float32", always_2d=True)[0]
    data = bytearray(path.read_bytes())
    data[8:12] = struct.pack(">I", size)
    path.write_bytes(data)
    np.testing.assert_array_equal(read(path)[0], expected)


@pytest.mark.parametrize("share", [0.5, 0.1, 0.9])
def test_header_of_a_crashed_recorder(tmp_path, share):
    path = tmp_path / "a.wav"
    sf.write(path, noise(), RATE, subtype="PCM_16")
    expected = sf.read(path, dtype="float32", always_2d=True)[0]
    samples, notes = read(patched(path, round(share * len(expected)) * 2))
    np.testing.assert_array_equal(samples, expected)
    assert len(notes) == 1
    assert f"says {2 * share:.1f} s" in notes[0]
    assert "2.0 s in the file" in notes[0]


@pytest.mark.parametrize(
    "rest",
    [b"LIST" + struct.pack("<I", 200) + bytes(200), b"TAG" + bytes(125), b"id3 " * 40, b"\0" * 7],
)
def test_what_follows_the_samples_is_not_sound(tmp_path, rest):
    path = tmp_path / "a.wav"
    sf.write(path, noise(), RATE, subtype="PCM_16")
    expected, data = sf.read(path, dtype="float32", always_2d=True)[0], path.read_bytes()
    path.write_bytes(data + rest)
    samples, notes = read(path)
    np.testing.assert_array_equal(samples, expected)
    assert not notes


def test_size_beyond_32_bits(tmp_path):
    """More than 4 GiB, of which all but the ends are a hole in the file."""
    path = tmp_path / "a.wav"
    sf.write(path, noise(1), RATE, subtype="PCM_16")
    start = path.read_bytes().index(b"data") + 8
    whole = 2**32 + 96000
    with path.open("r+b") as file:
        file.truncate(start + whole)
    patched_size = whole - 2**32
    with path.open("r+b") as file:
        file.seek(start - 4)
        file.write(struct.pack("<I", patched_size))
    notes: list[str] = []
    with opened(path, notes.append) as sound:
        assert sound.frames == whole // 2
    assert len(notes) == 1


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "ogg"])
def test_recordings_joined_end_to_end(tmp_path, kind):
    subtype = {"wav": "PCM_16", "flac": "PCM_16", "mp3": "MPEG_LAYER_III", "ogg": "VORBIS"}[kind]
    parts = []
    for number, rate in enumerate((44100, 44100 if kind == "mp3" else 22050, 44100)):
        path = tmp_path / f"{number}.{kind}"
        sf.write(path, tone(1 + number, rate), rate, subtype=subtype)
        parts.append(path.read_bytes())
    whole = tmp_path / f"whole.{kind}"
    whole.write_bytes(b"".join(parts))
    samples, _ = loaded(whole)
    assert len(samples) / 16000 == pytest.approx(6, abs=0.2)
    assert np.abs(samples[-8000:-3000]).max() == pytest.approx(0.4, abs=0.05)
    assert audio.duration(whole) == pytest.approx(len(samples) / 16000, abs=1e-3)


def test_mp3_of_variable_rate_without_its_length(tmp_path):
    path = tmp_path / "a.mp3"
    sound = np.concatenate([noise(3), np.zeros(RATE * 4, np.float32), noise(3)])
    sf.write(path, sound, RATE, bitrate_mode="VARIABLE", compression_level=0.5)
    data = path.read_bytes()
    at = max(data.find(b"Xing"), data.find(b"Info"))
    path.write_bytes(data[:at] + b"\0\0\0\0" + data[at + 4 :])  # an empty frame, as it was
    assert len(loaded(path)[0]) / 16000 == pytest.approx(10, abs=0.1)


def test_a_flac_of_unknown_length(tmp_path):
    path = tmp_path / "a.flac"
    sf.write(path, noise(), RATE)
    expected, data = sf.read(path, dtype="float32", always_2d=True)[0], bytearray(path.read_bytes())
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    path.write_bytes(data)
    np.testing.assert_array_equal(read(path)[0], expected)
    assert audio.duration(path) == pytest.approx(2)


def test_an_opus_stream_without_an_end(tmp_path):
    path = tmp_path / "a.opus"
    sf.write(path, noise(5), RATE, format="OGG", subtype="OPUS")
    data = path.read_bytes()
    path.write_bytes(data[: data.rindex(b"OggS")])
    assert 3.5 < len(loaded(path)[0]) / 16000 <= 5


@pytest.mark.parametrize("kind", ["m4a", "mp4", "wma", "mka", "webm", "mkv"])
def test_cut_off_files(tmp_path, kind):
    path = encode(tmp_path / f"a.{kind}", noise(5))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 6 // 10])
    with pytest.raises(JssError, match=r"cut off|damaged"):
        audio.load(path)


def test_a_video_without_sound(tmp_path):
    import av

    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(JssError, match="no sound track"):
        audio.load(path)


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile {}\n",
    ],
)
def test_playlists_open_no_other_files(tmp_path, text):
    sf.write(tmp_path / "secret.wav", noise(), RATE)
    path = tmp_path / "a.mp3"
    path.write_text(text.format(tmp_path / "secret.wav"))
    with pytest.raises(JssError):
        audio.load(path)


@pytest.mark.parametrize("name", ["concat:a.mp3", "http:a.mp3", "a:b.m4a", "-.ogg", "%03d.mp3"])
def test_names_with_a_meaning_for_ffmpeg(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    kind = "m4a" if name.endswith("m4a") else name[-3:]
    path = tmp_path / name
    if kind == "m4a":
        encode(tmp_path / "x.m4a", tone()).rename(path)
    else:
        sf.write(path, tone(), RATE, format=kind.upper())
    assert len(audio.load(name)) / 16000 == pytest.approx(2, abs=0.1)


def test_channels_that_cancel(tmp_path):
    path, mono = tmp_path / "a.wav", noise(3.5)
    apart = np.concatenate([np.zeros(RATE, np.float32), noise(3)])[: len(mono)]
    sf.write(path, np.stack([mono, -mono], axis=1), RATE, subtype="FLOAT")
    expected = audio.from_array(mono, RATE)
    samples, notes = loaded(path)
    np.testing.assert_allclose(samples, expected, atol=1e-6)
    assert len(notes) == 1
    assert "cancel one another for 4 s" in notes[0] or "cancel one another for 3 s" in notes[0]
    sf.write(path, np.stack([mono, apart], axis=1), RATE, subtype="FLOAT")
    samples, notes = loaded(path)
    np.testing.assert_allclose(samples, audio.from_array((mono + apart) / 2, RATE), atol=1e-6)
    assert not notes


@pytest.mark.parametrize("scale", [2**15, 2**23, 2**31])
@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_integers_in_a_float_file(tmp_path, scale, subtype):
    path = tmp_path / "a.wav"
    quiet = np.concatenate([noise(2) * 1e-4, noise(1)])
    sf.write(path, quiet * float(scale), RATE, subtype=subtype)
    samples, notes = loaded(path)
    np.testing.assert_allclose(samples, audio.from_array(quiet, RATE), atol=1e-6)
    assert len(notes) == 1
    assert f"divided by {scale}" in notes[0]
    sf.write(path, quiet * 5, RATE, subtype=subtype)  # loud, but a sound
    assert not loaded(path)[1]


def test_file_without_permission(tmp_path, monkeypatch):
    path = tmp_path / "a.wav"
    sf.write(path, noise(), RATE)

    def refuse(self, *arguments, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(JssError, match="permission denied"):
        audio.load(path)


def test_a_dangling_link(tmp_path):
    os.symlink(tmp_path / "nowhere.wav", tmp_path / "a.wav")
    with pytest.raises(JssError, match="is a link to"):
        audio.load(tmp_path / "a.wav")


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not beside this repository")
@pytest.mark.parametrize(
    ("case", "seconds", "noted"),
    [
        ("mp3-vbr-no-xing/vbr-noxing.mp3", 20.09, False),
        ("chained-ogg/chained.ogg", 20, True),
        ("chained-ogg/cat.mp3", 20.09, True),
        ("wav-placeholder-2e9/placeholder-2e9.wav", 10, True),
        ("wav-size-0/datasize0.wav", 20, True),
        ("wav-stale-size/stale-half.wav", 20, True),
        *((f"folder-other-suffixes/{name}", seconds, False)
          for name, seconds in [("browser.webm", 20), ("phone.m4a", 20), ("x.aac", 20.1), ("x.wma", 20)]),
    ],
)  # fmt: skip
def test_the_reported_files(case, seconds, noted):
    samples, notes = loaded(CASES / case)
    assert len(samples) / 16000 == pytest.approx(seconds, abs=0.1)
    assert bool(notes) == noted


def test_a_file_that_is_removed_just_before_it_is_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "is_file", lambda self: True)
    with pytest.raises(JssError, match=r"There is no file at .*a\.wav\."):
        read(tmp_path / "a.wav")
