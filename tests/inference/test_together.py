"""Windows analysed together have the scores and sources that they have alone."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from tiny import contents

from jss import audio
from jss.cli import main
from jss.errors import JssError
from jss.inference.system import load_system
from jss.inference.together import AHEAD, analysed, fitting
from jss.inference.windows import pieces
from jss.io.journal import DETECTED, DURATIONS, EVENTS

PARTS = (
    "mixture",
    "sources",
    "scores",
    "source_scores",
    "weak",
    "source_weak",
    "mixture_scores",
    "mels",
)
SYSTEMS = ("SED", "MixIT-S1", "SSep-SED", "MixIT-S1-onnx")


@pytest.fixture(scope="module")
def system(tiny_checkpoints):
    return load_system("MixIT-S1", folder=tiny_checkpoints, device="cpu")


def loaded(name, folder, **more):
    if name.endswith("onnx"):
        pytest.importorskip("onnxruntime")
    return load_system(name, folder=folder, device="cpu", **more)


def recordings(*seconds):
    rng = np.random.default_rng(0)
    return [rng.uniform(-0.3, 0.3, round(16000 * s)).astype(np.float32) for s in seconds]


def sizes(system, monkeypatch):
    """The windows of each pass from here on."""
    passes, forward = [], system.model.forward
    monkeypatch.setattr(system.model, "forward", lambda x: passes.append(len(x)) or forward(x))
    return passes


def same(stretches, others):
    assert len(stretches) == len(others)
    for one, other in zip(stretches, others, strict=True):
        for part in PARTS:
            a, b = getattr(one, part), getattr(other, part)
            assert (a is None) == (b is None), part
            if a is not None:
                tolerance = 1e-3 if part == "mels" else 1e-5  # dB
                np.testing.assert_allclose(a, b, rtol=0, atol=tolerance, err_msg=part)


@pytest.mark.parametrize(("name", "longest"), zip(SYSTEMS, (31, 31, 31, 3), strict=True))
def test_neighbours_change_nothing(name, longest, all_kinds, monkeypatch):
    """A loud, a silent, a short and a long recording, and two too short for a spectrum, beside clips
    of one length.
    """
    system = loaded(name, all_kinds)
    clips = recordings(1, 1, 1, 1, 0.5, 2, 1, longest, 1, 0.02, 0.02)
    clips[1] *= 1e-3
    clips[2] *= 0
    alone = [list(pieces([clip], system.analyse)) for clip in clips]
    passes = sizes(system, monkeypatch)
    together = [list(stretches) for stretches in analysed(system, [[c] for c in clips], 3)]
    for one, other in zip(together, alone, strict=True):
        same(one, other)
    assert max(passes) == 3
    of_longest = 3 if longest > 30 else 1  # windows
    assert sum(passes) == len(clips) - 2 + of_longest  # silence needs no pass
    pooled = [list(s) for s in analysed(system, [[c] for c in clips], 3, sources=False)]
    for one, other in zip(pooled, alone, strict=True):
        assert not any(len(stretch.sources) for stretch in one)
        for a, b in zip(one, other, strict=True):
            np.testing.assert_allclose(a.scores, b.scores, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", SYSTEMS)
def test_in_bf16_neighbours_move_scores_no_more_than_bf16_does(name, all_kinds):
    """A larger batch may sum in another order, and is then rounded otherwise."""
    clips = recordings(1, 1, 1)
    system, exact = (loaded(name, all_kinds, precision=p) for p in ("bf16", "fp32"))
    alone, plain = ([s.analyse(clip) for clip in clips] for s in (system, exact))
    together = [next(stretches) for stretches in analysed(system, [[c] for c in clips], 3)]
    for part in ("scores", "source_scores", "weak"):
        a, b, c = (
            np.stack([getattr(stretch, part) for stretch in stretches])
            for stretches in (together, alone, plain)
        )
        most = np.abs(b - c).max(initial=0)
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-5 + most, err_msg=part)
        assert most < 0.03


def test_memory_that_runs_out_halves_the_batch(system, monkeypatch):
    """The rest goes on with the size that fits; a window that does not fit alone fails alone."""
    clips = recordings(*[1.0] * 11, 3.0, 1.0)
    alone = [list(pieces([clip], system.analyse)) for clip in clips]
    passes, forward = [], system.model.forward

    def small(waveform):
        passes.append(len(waveform))
        if waveform.numel() > 2 * 16000:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return forward(waveform)

    monkeypatch.setattr(system.model, "forward", small)
    results = []
    for stretches in analysed(system, [[clip] for clip in clips], 5):
        try:
            results.append(list(stretches))
        except JssError as error:
            results.append(str(error))
    assert "ran out of memory" in results[11]
    for number, stretches in enumerate(results):
        if number != 11:
            same(stretches, alone[number])
    assert passes[:3] == [5, 5, 2]
    assert all(size <= 2 for size in passes[3:] if size != 3)


def test_an_unfit_window_fails_alone(system, monkeypatch):
    clips, forward = recordings(1, 1, 1), system.model.forward

    def unfit(waveform):
        out = forward(waveform)
        return out._replace(strong=torch.where(waveform[:, :1, None] > 5, torch.nan, out.strong))

    clips[1][0] = 10
    monkeypatch.setattr(system.model, "forward", unfit)
    results = analysed(system, [[clip] for clip in clips], 3)
    assert len(list(next(results))) == 1
    with pytest.raises(JssError, match="not numbers"):
        list(next(results))
    assert len(list(next(results))) == 1


def test_what_is_read_ahead_is_bounded(system):
    """Also where no two lengths are equal; a recording that its reader leaves is read no further."""
    read = []

    def stream(number, blocks=1):
        for _ in range(blocks):
            read.append(number)
            yield recordings(1 + number / 100)[0]

    ahead = []
    for number, _ in enumerate(analysed(system, map(stream, range(40)), 2)):
        ahead.append(read[-1] - number)
    assert len(ahead) == 40
    assert max(ahead) <= AHEAD * 2 + 1
    read.clear()
    results = analysed(system, [stream(0, 500), stream(1)], 2)
    next(next(results))
    assert len(list(next(results))) == 1
    assert read.count(0) < 300


@pytest.fixture
def folder(tmp_path):
    """Clips of one length, two of their own, a long one and one that is damaged."""
    folder = tmp_path / "in"
    for number, clip in enumerate(recordings(0.5, 0.5, 0.5, 1.5, 0.5, 31, 0.5)):
        audio.save(folder / f"{number}.wav", clip)
    (folder / "3b.wav").write_bytes((folder / "3.wav").read_bytes()[:50])
    return folder


def detect(folder, out, *more):
    given = ["--system", "MixIT-S1", "--out", str(out), "--device", "cpu", "--threshold", "0.45"]
    return main(["detect", str(folder), *given, *more])


@pytest.mark.usefixtures("tiny_installed")
def test_detect_writes_the_same(folder, tmp_path, capsys):
    alone, together = tmp_path / "alone", tmp_path / "together"
    assert detect(folder, alone, "--save-sources") == 1
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1
    assert detect(folder, together, "--save-sources", "--batch", "4") == 1
    assert capsys.readouterr().err == errors
    assert contents(together).keys() == contents(alone).keys()
    names = [pd.read_csv(out / "events.tsv", sep="\t") for out in (alone, together)]
    assert list(names[0]["filename"]) == list(names[1]["filename"])
    for path in sorted((alone / "scores").iterdir()):
        tables = [pd.read_csv(out / "scores" / path.name, sep="\t") for out in (alone, together)]
        np.testing.assert_allclose(tables[1], tables[0], atol=1e-5)
    pooled = tmp_path / "pooled"
    assert detect(folder, pooled, "--batch", "4") == 1
    assert {path.name for path in pooled.iterdir()} == {"scores", EVENTS, DURATIONS, DETECTED}
    for path in sorted((alone / "scores").iterdir()):
        tables = [pd.read_csv(out / "scores" / path.name, sep="\t") for out in (alone, pooled)]
        np.testing.assert_allclose(tables[1], tables[0], atol=1e-5)


@pytest.mark.usefixtures("tiny_installed")
def test_an_interrupted_batch_is_taken_up_again(folder, tmp_path, monkeypatch, capsys):
    from jss.inference import batch

    (folder / "3b.wav").unlink()
    out, write = tmp_path / "out", batch.write

    def interrupted(system, task, *rest):
        if task.name == "4.wav":
            raise KeyboardInterrupt
        return write(system, task, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(batch, "write", interrupted)
        assert detect(folder, out, "--batch", "3") == 130
    capsys.readouterr()
    assert not list(out.rglob("*.part"))
    assert detect(folder, out, "--batch", "3") == 0
    assert "7 recordings, 4 of them before" in capsys.readouterr().out


@pytest.mark.usefixtures("tiny_installed")
@pytest.mark.parametrize(
    ("more", "why"), [(("--batch", "0"), "1 or more"), (("--stream", "--batch", "2"), "--batch")]
)
def test_mistakes(more, why, folder, tmp_path, capsys):
    shutil.rmtree(tmp_path / "out", ignore_errors=True)
    assert detect(folder, tmp_path / "out", *more) == 2
    assert why in capsys.readouterr().err


@pytest.mark.parametrize(("free", "size"), [(100, 5), (5000, 32), (1, 1)])
def test_a_gpu_takes_as_many_windows_as_fit(free, size, tiny_checkpoints, monkeypatch):
    system = load_system("SED", folder=tiny_checkpoints, device="cpu")
    assert fitting(system) == 1
    monkeypatch.setattr(type(system), "device", SimpleNamespace(type="cuda"))
    monkeypatch.setattr(system, "analyse", lambda window: None)
    for name, value in (
        ("memory_allocated", lambda device: 7),
        ("max_memory_allocated", lambda device: 17),
        ("mem_get_info", lambda device: (free, 10 * free)),
        ("reset_peak_memory_stats", lambda device: None),
    ):
        monkeypatch.setattr(torch.cuda, name, value)
    assert fitting(system) == size
