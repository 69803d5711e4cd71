"""Any recording through a system gives a valid ClipResult; a system that cannot be loaded says why."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch

import jss
from jss import audio
from jss.errors import JssError
from jss.features import HOP, MelSpectrogram, scale
from jss.inference.spectrograms import CONTEXT, log_mels
from jss.inference.system import Failure, load_system
from jss.labels import DESED_LABELS
from jss.results import ClipResult


@pytest.fixture(scope="module")
def system(tiny_checkpoints):
    return load_system("MixIT-S1", folder=tiny_checkpoints, device="cpu")


@pytest.fixture(scope="module")
def baseline(tiny_checkpoints):
    return load_system("SED", folder=tiny_checkpoints, device="cpu")


def noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.3, 0.3, round(seconds * 16000)).astype(np.float32)


def check(result: ClipResult, samples: int, sources: int) -> None:
    frames = max(1, (samples // 256 + 1) // 4)
    assert result.mixture.shape == (samples,)
    assert result.sources.shape == (sources, samples)
    assert result.mel.shape == (128, samples // 256 + 1)
    assert result.source_mels.shape == (sources, *result.mel.shape)
    assert result.scores.shape == (10, frames)
    assert result.source_scores.shape == (sources, 10, frames)
    assert result.weak.shape == (10,)
    assert result.source_weak.shape == (sources, 10)
    for array in (
        result.mixture,
        result.sources,
        result.mel,
        result.source_mels,
        result.scores,
        result.source_scores,
        result.weak,
        result.source_weak,
    ):
        assert isinstance(array, np.ndarray)
        assert array.dtype == np.float32
        assert np.isfinite(array).all()
    for array in (result.scores, result.source_scores, result.weak, result.source_weak):
        assert array.min(initial=0) >= 0
        assert array.max(initial=0) <= 1
    assert result.mel.min() >= -50
    assert result.mel.max() <= 80
    result.events()
    result.score_table()


@pytest.mark.parametrize(
    "samples", [1, 100, 800, 1600, 15999, 16000, 160000, 163841, 480000, 480001, 800123]
)
def test_any_length(system, baseline, samples):
    signal = noise(samples / 16000)
    check(system(signal), samples, 4)
    check(baseline(signal), samples, 0)


def test_one_pass_is_the_model(system):
    """Up to 30 s there are no windows and nothing is added."""
    signal = noise(10)
    result = system(signal, "a.wav")
    with torch.no_grad():
        out = system.model(torch.from_numpy(signal)[None])
        mel = system.model.mel(torch.from_numpy(signal))
    np.testing.assert_array_equal(result.scores, out.strong[0].numpy())
    np.testing.assert_array_equal(result.source_scores, out.source_strong[0].numpy())
    np.testing.assert_array_equal(result.sources, out.sources[0].numpy())
    np.testing.assert_array_equal(result.weak, out.weak[0].numpy())
    np.testing.assert_allclose(result.mel, 20 * np.log10(np.maximum(mel.numpy(), 1e-5)), atol=1e-3)
    np.testing.assert_allclose(result.scores, result.source_scores.max(0))
    assert result.filename == "a.wav"
    assert (result.system, result.selection) == ("MixIT-S1", "teacher")
    assert result.labels == DESED_LABELS
    assert (result.sample_rate, result.mel_hop, result.score_hop) == (16000, 0.016, 0.064)


@pytest.mark.parametrize("seconds", [0.5, 10, 31])
def test_mels_are_those_of_the_mixture_and_of_the_sources(system, baseline, seconds):
    for one in (system, baseline):
        result = one(noise(seconds))
        np.testing.assert_allclose(result.mel, log_mels([result.mixture])[0], atol=1e-3)
        for mel, source in zip(result.source_mels, result.sources, strict=True):
            np.testing.assert_allclose(mel, log_mels([source])[0], atol=1e-3)


def test_mels_of_long_recordings_are_those_of_one_pass():
    signals = np.stack([noise(7.3), 0.1 * noise(7.3)])
    mel, sizes = MelSpectrogram(), []
    mel.register_forward_pre_hook(lambda module, inputs: sizes.append(inputs[0].numel()))
    whole = log_mels(signals)
    np.testing.assert_allclose(log_mels(signals, mel, stretch=100), whole, atol=1e-3)
    # A spectrum takes twenty times the memory of its sound: one signal and one stretch at a time.
    assert max(sizes) <= (100 + 3 * CONTEXT) * HOP


@pytest.mark.slow
def test_long_recordings_are_stitched(system):
    """A steady sound through windows: the sources stay where they are, and windows leave no seam."""
    signal = noise(45)
    results = list(system.pieces(signal))
    assert len(results) > 1
    result = system(signal)
    whole = system.analyse(signal)
    error = np.sum((result.sources - whole.sources) ** 2) / np.sum(whole.sources**2)
    assert error < 0.05
    assert np.abs(result.scores - whole.scores).mean() < 0.05


def test_files_and_arrays_are_the_same(system, tmp_path):
    signal = noise(1.5)
    audio.save(tmp_path / "a b.wav", signal)
    from_file = system(tmp_path / "a b.wav")
    assert from_file.filename == "a b.wav"
    for source in (
        signal,
        io.BytesIO((tmp_path / "a b.wav").read_bytes()),
        np.stack([signal, signal], axis=1),
    ):
        other = system(source)
        assert other.filename == "clip"
        np.testing.assert_array_equal(other.scores, from_file.scores)
    assert len(system(noise(1), sample_rate=8000).mixture) == 32000


def test_silence_is_an_empty_valid_result(system, baseline):
    for quiet in (np.zeros(160000, np.float32), 1e-5 * noise(10), np.zeros(800000, np.float32)):
        for results in (system(quiet), baseline(quiet)):
            check(results, len(quiet), results.n_sources)
            assert not results.scores.any()
            assert len(results.events()) == 0


def test_silence_in_a_part_of_a_long_recording(system):
    signal = noise(60)
    signal[20 * 16000 :] = 0
    result = system(signal)
    assert result.scores[:, :200].any()
    assert not result.scores[:, 600:].any()


def test_nothing_trains(system):
    assert not any(p.requires_grad for p in system.model.parameters())
    assert not any(m.training for m in system.model.modules())
    before = {key: value.clone() for key, value in system.model.state_dict().items()}
    first, second = system(noise(3)), system(noise(3))
    np.testing.assert_array_equal(first.scores, second.scores)
    for key, value in system.model.state_dict().items():
        assert torch.equal(value, before[key])


def test_what_a_system_tells(system, baseline):
    assert system.name == "MixIT-S1"
    assert system.labels == DESED_LABELS
    assert system.description == "Separates, then detects."
    assert system.separates
    assert not baseline.separates
    assert set(system.cards) == {"detector", "separator"}
    assert system.cards["detector"].name == "tiny-detector-teacher"
    assert system.to("cpu") is system


def test_student_and_teacher(tiny_checkpoints, system):
    student = load_system("MixIT-S1", "student", "cpu", tiny_checkpoints)
    assert student.selection == "student"
    assert np.abs(student(noise(1)).scores - system(noise(1)).scores).max() > 1e-4


@pytest.mark.slow
def test_a_first_clip_waits_for_nothing_that_it_does_not_need(tiny_checkpoints):
    code = (
        "import sys, numpy, jss; s = jss.load_system('MixIT-S1', folder=sys.argv[1], device='cpu'); "
        "s(numpy.ones(16000)); print(sorted({'torch._dynamo', 'librosa'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tiny_checkpoints)], check=True, stdout=subprocess.PIPE
    )
    assert done.stdout.strip() == b"[]"


def test_many_recordings(system, tmp_path):
    audio.save(tmp_path / "a.wav", noise(1))
    (tmp_path / "b.wav").write_text("text")
    audio.save(tmp_path / "c.wav", noise(1))
    results = list(system.run([tmp_path / name for name in ("a.wav", "b.wav", "c.wav")]))
    assert [type(f) for f in results] == [ClipResult, Failure, ClipResult]
    assert "not audio" in results[1].error


def test_three_lines(tiny_checkpoints, tmp_path, monkeypatch):
    monkeypatch.setenv("JSS_CHECKPOINTS", str(tiny_checkpoints))
    audio.save(tmp_path / "clip.flac", noise(2))
    system = jss.load_system("MixIT-S1")
    result = system(str(tmp_path / "clip.flac"))
    assert list(result.events(threshold=0.5).columns) == [
        "filename",
        "onset",
        "offset",
        "event_label",
    ]
    result.save(tmp_path / "r.npz")
    np.testing.assert_array_equal(ClipResult.load(tmp_path / "r.npz").scores, result.scores)


@pytest.fixture
def folder(tiny_checkpoints, tmp_path):
    return shutil.copytree(tiny_checkpoints, tmp_path / "checkpoints")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("pooling: max", "pooling: median", "pooling"),
        ("features: dcase2021", "features: mfcc", "features"),
        ("labels: desed", "labels: [Dog, Cat]", "2 labels"),
        ("detector: tiny-detector-teacher", "detector: tiny-separator", "as its detector"),
        ("separator: tiny-separator", "separator: tiny-detector-teacher", "as its separator"),
        ("detector: tiny-detector-teacher", "detector: nothing", "no card"),
    ],
)
def test_systems_that_do_not_load(folder, old, new, said):
    path = folder / "systems" / "MixIT-S1.yaml"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(JssError, match=said):
        load_system("MixIT-S1", folder=folder)


def test_selections_and_devices_that_are_not_there(folder):
    path = folder / "systems" / "SED.yaml"
    path.write_text(
        "\n".join(line for line in path.read_text().splitlines() if "student:" not in line)
    )
    with pytest.raises(JssError, match="choose teacher"):
        load_system("SED", "student", folder=folder)
    with pytest.raises(JssError, match="choose fp32 or bf16"):
        load_system("SED", precision="fp8", folder=folder)
    for device in ("abacus", "cuda:99"):
        with pytest.raises(JssError, match="no device"):
            load_system("SED", device=device, folder=folder)


def test_mixture_scaling_and_consistency(folder, system):
    path = folder / "systems" / "MixIT-S1.yaml"
    path.write_text(
        path.read_text().replace("dcase2021", "dcase2021-mixture") + "consistent: true\n"
    )
    other = load_system("MixIT-S1", device="cpu", folder=folder)
    result = other(noise(2))
    assert np.abs(result.residual).max() < 1e-5
    assert np.abs(result.scores - system(noise(2)).scores).max() > 1e-5
    low, high = result.mel.min(), result.mel.max()
    features = scale(torch.from_numpy(result.source_mels), torch.tensor(low), torch.tensor(high))
    expected = other.model.detector(features).strong.amax(0)
    np.testing.assert_allclose(result.scores, expected.detach().numpy(), atol=1e-3)


def test_separators_of_asteroid(folder):
    from jss.checkpoints import Card, build, save_block

    sizes = {
        "n_src": 2,
        "n_filters": 8,
        "bn_chan": 8,
        "hid_size": 8,
        "chunk_size": 10,
        "n_repeats": 1,
        "kernel_size": 16,
        "stride": 8,
    }
    kind = "asteroid:DPRNNTasNet"
    save_block(
        build(kind, sizes).state_dict(),
        Card("dprnn", kind, sizes, "MixIT", "student", "none", "MIT"),
        folder,
    )
    path = folder / "systems" / "MixIT-S1.yaml"
    path.write_text(path.read_text().replace("tiny-separator", "dprnn"))
    check(load_system("MixIT-S1", device="cpu", folder=folder)(noise(1.01)), 16160, 2)


def test_weights_that_are_not_numbers(folder):
    from jss.checkpoints import load_block, save_block

    card, state = load_block("tiny-separator", folder)
    save_block({key: tensor * float("nan") for key, tensor in state.items()}, card, folder)
    with pytest.raises(JssError, match="not numbers"):
        load_system("MixIT-S1", device="cpu", folder=folder)(noise(1))


@pytest.mark.slow
def test_a_clip_scores_the_same_alone_in_a_batch_in_any_order_and_with_any_threads(system):
    clips = torch.from_numpy(np.stack([noise(2) * gain for gain in (1.0, 0.3, 0.7)]))
    threads = torch.get_num_threads()
    with torch.inference_mode():
        alone = [system.model(clip[None]).strong[0] for clip in clips]
        try:
            for count in (1, 2):
                torch.set_num_threads(count)
                for order in ([0, 1, 2], [2, 0, 1]):
                    batch = system.model(clips[order]).strong
                    for place, number in enumerate(order):
                        torch.testing.assert_close(batch[place], alone[number], rtol=0, atol=1e-5)
        finally:
            torch.set_num_threads(threads)


def test_memory_that_runs_out(system, monkeypatch):
    def full(_):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(system.model, "forward", full)
    with pytest.raises(JssError, match="does not fit in memory"):
        system(noise(1))
