"""Sound from a pipe gives the events that its file gives, as they end, in bounded memory."""

from __future__ import annotations

import os
import threading
import tracemalloc
import weakref
from contextlib import suppress
from itertools import pairwise
from types import SimpleNamespace

import media
import numpy as np
import pytest
import soundfile as sf

from jss import audio
from jss.cli import main
from jss.decoding import Decoder, decode, decode_stream
from jss.errors import JssError
from jss.inference.clip_files import RecordingFiles, Wanted, write
from jss.inference.stream import events, pipe
from jss.inference.windows import Stretch, pieces
from jss.results import peaks

LABELS = ("Cat", "Dog", "Speech")


@pytest.mark.parametrize("seed", range(6))
def test_running_decoding_is_decoding(seed):
    rng = np.random.default_rng(seed)
    frames = int(rng.integers(1, 60)) if seed % 2 else 500
    scores = np.repeat(rng.random((3, frames // 4 + 1)), 4, axis=1)[:, :frames] + 0.1 * rng.random(
        (3, frames)
    )
    duration = frames * 0.064 - 0.01
    edges = sorted({0, frames, *rng.integers(0, frames, 12).tolist()})
    stretches = [(scores[:, a:b], min(b * 0.064, duration)) for a, b in pairwise(edges)]
    for median, threshold in ((1, 0.5), (7, 0.5), ((3, 1, 9), (0.3, 0.6, 0.5))):
        options = {"hop": 0.064, "median": median, "threshold": threshold}
        scored = list(decode_stream(iter(stretches), LABELS, **options))
        result = [event[:3] for event in scored]
        assert result == sorted(result, key=lambda e: (e[1], e[0], LABELS.index(e[2])))
        expected = decode(scores, LABELS, duration=duration, **options)
        assert sorted(result) == sorted(expected)
        assert [round(event[3], 6) for event in scored] == peaks(result, scores, LABELS, 0.064)


def test_a_score_at_the_threshold_is_no_event_whatever_its_type():
    for kind in (np.float32, np.float64):
        scores = np.full((3, 9), 0.4, kind)
        assert list(decode_stream([(scores, 9 * 0.064)], LABELS, hop=0.064, threshold=0.4)) == []


def test_an_event_is_told_as_soon_as_it_is_sure():
    scores = np.zeros((3, 40))
    scores[1, 2:12] = 1
    taken = []
    stretches = ((scores[:, n : n + 1], n * 0.064) for n in range(40) if taken.append(n) is None)
    assert next(decode_stream(stretches, LABELS, hop=0.064)) == (2 * 0.064, 12 * 0.064, "Dog", 1)
    assert taken[-1] == 15


@pytest.fixture
def descriptor():
    """An open pipe with the bytes that are put into it."""
    read, write = os.pipe()

    def put(data: bytes) -> int:
        def send() -> None:
            with suppress(BrokenPipeError), os.fdopen(write, "wb") as file:
                file.write(data)

        threading.Thread(target=send, daemon=True).start()
        return read

    yield put
    os.close(read)


@pytest.fixture
def wav(tmp_path):
    samples = np.random.default_rng(0).uniform(-0.3, 0.3, (50_000, 2))
    sf.write(tmp_path / "a.wav", samples, 44100, subtype="PCM_16")
    return tmp_path / "a.wav"


def endless(data: bytes) -> bytes:
    """The header of one who does not know how long it will be."""
    at = data.find(b"data") + 4
    return data[:4] + b"\xff" * 4 + data[8:at] + b"\xff" * 4 + data[at + 4 :]


@pytest.mark.parametrize("header", [bytes, endless])
def test_a_wav_from_a_pipe(wav, descriptor, header):
    result = list(pipe(descriptor(header(wav.read_bytes()))))
    assert max(map(len, result)) <= 16000
    np.testing.assert_array_equal(np.concatenate(result), audio.load(wav))


def resized(data: bytes, size: int) -> bytes:
    """Another size of the samples in the header."""
    at = data.find(b"data") + 4
    return data[:at] + size.to_bytes(4, "little") + data[at + 4 :]


@pytest.mark.parametrize("size", [0, 2_000_000_000, 2**31 - 1, 2**32 - 36, 100_000])
def test_a_wav_whose_header_is_wrong(wav, descriptor, size):
    """A placeholder of its writer, and half of what comes."""
    result = np.concatenate(list(pipe(descriptor(resized(wav.read_bytes(), size)))))
    np.testing.assert_array_equal(result, audio.load(wav))


def test_a_wav_that_is_cut_off_is_analysed_and_says_so(wav, descriptor, caplog):
    data = wav.read_bytes()
    result = np.concatenate(list(pipe(descriptor(data[: len(data) // 2]))))
    np.testing.assert_allclose(result[:8500], audio.load(wav)[:8500], atol=1e-4)
    assert "Standard input ended after 0.6 s; its header says 1.1 s." in caplog.text


@pytest.mark.parametrize("rate", [0, 44100])
def test_a_wav_that_ends_after_its_header_is_an_error(wav, descriptor, caplog, rate):
    header = wav.read_bytes()[:44]
    with pytest.raises(JssError, match="holds no samples"):
        list(pipe(descriptor(header[:24] + rate.to_bytes(4, "little") + header[28:])))
    assert "ended after" not in caplog.text


def test_chunks_after_the_samples_are_no_sound(wav, descriptor):
    data = wav.read_bytes() + b"LIST" + (400).to_bytes(4, "little") + bytes(400)
    np.testing.assert_array_equal(np.concatenate(list(pipe(descriptor(data)))), audio.load(wav))


@pytest.mark.parametrize("kind", ["flac", "ogg", "mp3", "webm", "mka", "aac"])
def test_what_is_no_wav_from_a_pipe(tmp_path, descriptor, kind):
    path = tmp_path / f"a.{kind}"
    samples = np.random.default_rng(0).uniform(-0.3, 0.3, 96_000).astype(np.float32)
    if kind in media.KINDS:
        media.encode(path, samples)
    else:
        sf.write(path, samples, 48000)
    result = np.concatenate(list(pipe(descriptor(path.read_bytes()))))
    expected = audio.load(path)
    assert (
        0 <= len(result) - len(expected) < 1600
    )  # padding at an MP3's end, which a pipe cannot tell
    np.testing.assert_allclose(result[: len(expected) - 800], expected[:-800], atol=1e-6)


def test_raw_samples_from_a_pipe(descriptor):
    samples = np.random.default_rng(0).integers(-9000, 9000, 40_000).astype("<i2")
    result = np.concatenate(list(pipe(descriptor(samples.tobytes()), rate=16000)))
    np.testing.assert_array_equal(result, samples / np.float32(32768))


@pytest.mark.parametrize(
    ("data", "rate", "said"),
    [
        (b"", None, "is not audio"),
        (b"This is no sound. " * 9, None, "is not audio"),
        (b"", 16000, "holds no samples"),
        (b"\0\0" * 99, 10, "--raw 10 is not from"),
    ],
)
def test_what_is_no_sound(descriptor, data, rate, said):
    with pytest.raises(JssError, match=said):
        list(pipe(descriptor(data), rate=rate))


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
def test_the_command_prints_what_the_file_gives(
    tiny_checkpoints, tmp_path, monkeypatch, descriptor, capsys
):
    """Over more than one window."""
    monkeypatch.setenv("JSS_CHECKPOINTS", str(tiny_checkpoints))
    standard = os.dup(0)
    samples = np.random.default_rng(1).uniform(-0.3, 0.3, 42 * 16000) * np.repeat(
        np.arange(42) % 3, 16000
    )
    audio.save(tmp_path / "a.wav", samples)
    options = ["--system", "MixIT-S1", "--threshold", "0.47", "--device", "cpu"]
    try:
        assert (
            main(["detect", str(tmp_path / "a.wav"), "--out", str(tmp_path / "out"), *options]) == 0
        )
        capsys.readouterr()
        os.dup2(descriptor((tmp_path / "a.wav").read_bytes()), 0)
        assert main(["detect", "--stream", *options]) == 0
        head, *rows = capsys.readouterr().out.splitlines()
    finally:
        os.dup2(standard, 0)
        os.close(standard)
    assert head == "onset\toffset\tevent_label"
    written = (tmp_path / "out" / "events.tsv").read_text().splitlines()[1:]
    assert len(rows) > 3
    assert sorted(rows) == sorted(line.partition("\t")[2] for line in written)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--stream", "a.wav"], "leave out INPUT"),
        (["--stream", "--out", "o"], "leave out"),
        (["a.wav"], "--out DIR are required"),
        (["--out", "o"], "required"),
    ],
)
def test_mistakes(arguments, said, capsys):
    assert main(["detect", "--system", "SED", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_no_header_where_the_input_is_no_sound(monkeypatch, descriptor, capsys):
    system = SimpleNamespace(analyse=analyse, labels=LABELS, operating=None)
    monkeypatch.setattr("jss.inference.system.load_system", lambda *_, **__: system)
    monkeypatch.setattr(
        "jss.inference.stream.pipe", lambda **options: pipe(descriptor(b"no sound"), **options)
    )
    assert main(["detect", "--system", "SED", "--stream"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "is not audio" in printed.err


def analyse(window):
    """Scores that make many events, without a model."""
    frames = (len(window) // 256 + 1) // 4
    scores = np.repeat(np.random.default_rng(0).random((3, frames // 9 + 1)), 9, axis=1)[:, :frames]
    return Stretch(
        window,
        np.zeros((0, len(window)), np.float32),
        scores.astype(np.float32),
        np.zeros((0, 3, frames), np.float32),
        np.zeros(3, np.float32),
        np.zeros((0, 3), np.float32),
    )


SYSTEM = SimpleNamespace(analyse=analyse, labels=LABELS)


def silence(seconds):
    return (np.zeros(16000, np.float32) for _ in range(seconds))


def test_memory_does_not_grow():
    tracemalloc.start()
    try:
        assert sum(1 for _ in events(SYSTEM, silence(1200))) > 1000
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()


def test_scores_of_a_file_do_not_stay_in_memory(tmp_path):
    """What stays of a recording, however long, is its events."""
    task = RecordingFiles("a.wav", tmp_path / "a.wav", "a", "key")
    seen, most = [], 0

    def watched():
        nonlocal most
        for piece in pieces(silence(120), analyse):
            seen.append(weakref.ref(piece.scores))
            most = max(most, sum(one() is not None for one in seen))
            yield piece

    line = write(SYSTEM, task, watched(), tmp_path, Wanted(Decoder(0.5)), lambda *_: None)
    assert len(seen) > 10
    assert most <= 3
    assert len(line["events"]) == len(line["peaks"]) > 100
    assert (tmp_path / "scores" / "a.tsv").read_text().count("\n") == 1 + 1875
