"""Training data: speed against plain implementations, and against a training step.

Rendering and reading are measured in CPU seconds of one core, which the load of a shared machine
does not change; batches and steps by the wall clock, in one run.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from jss import audio
from jss.bench.evaluation import cpu
from jss.bench.table import Row
from jss.config import Config, load_preset
from jss.data.clip import Clip, Event
from jss.data.recordings import Recording
from jss.data.soundbank.bank import Audio, Bank
from jss.data.soundbank.synthbank import SYNTHSCAPES
from jss.data.soundscapes import draw, render
from jss.data.soundscapes.acoustics import POSITIONS, ROOMS, responses
from jss.data.soundscapes.soundscape import Layer, Soundscape
from jss.data.training.batching import DetectionSteps, loader
from jss.data.training.datasets import ClipSet, SoundscapeSet, TrainingData
from jss.data.training.training_data import training_data
from jss.errors import JssError
from jss.labels import DESED_LABELS

HELP = "clips rendered, read and batched per second, against plain librosa and a training step"
SMALL = ("--preset", "smoke", "--clips", "2", "--batches", "1", "--workers", "0")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The bench's arguments."""
    parser.add_argument(
        "--soundbank",
        type=Path,
        metavar="DIR",
        help="soundbank of recordings to render from (default: the synthesiser)",
    )
    parser.add_argument(
        "--preset", default="paper", metavar="NAME", help="networks and batches (default: paper)"
    )
    parser.add_argument(
        "--clips", type=int, default=100, metavar="N", help="to render and to read (default: 100)"
    )
    parser.add_argument(
        "--batches", type=int, default=6, metavar="N", help="to make and to learn from (default: 6)"
    )
    parser.add_argument(
        "--workers", type=int, default=2, metavar="N", help="rendering processes (default: 2)"
    )


def run(args: argparse.Namespace) -> list[Row]:
    """Measure; a row for each comparison.

    Raises:
        JssError: An argument is out of range, or data are missing.
    """
    if min(args.clips, args.batches) < 1 or args.workers < 0:
        raise JssError("--clips and --batches are 1 or more, --workers 0 or more.")
    if args.soundbank is not None and not args.soundbank.is_dir():
        raise JssError(
            f"--soundbank: there is no folder {args.soundbank}: correct it, or leave it out for the "
            "synthesiser."
        )
    settings = (f"data.workers={args.workers}", "data.synthesised=0.0", "data.sounds=4")
    config = load_preset(args.preset, settings)
    data = training_data(str(args.soundbank or SYNTHSCAPES), config)
    with tempfile.TemporaryDirectory() as folder:
        rows = [rendering(data, args.clips, Path(folder)), reading(data, args.clips, Path(folder))]
        return rows + batching(data, config, args.batches, Path(folder))


def rendering(data: TrainingData, count: int, folder: Path) -> Row:
    """Render the same soundscapes, sources included, by ``render`` and by librosa.

    Args:
        data: Whose recipe and soundbank are used.
        count: Number of soundscapes.
        folder: For the recordings of the peer.
    """
    synthetic = data.synthetic
    assert isinstance(synthetic, SoundscapeSet)
    drawn, drawing = cpu(
        lambda: [
            draw(synthetic.recipe, synthetic.bank, synthetic.split, (9, i)) for i in range(count)
        ]
    )
    ours, our_seconds = cpu(
        lambda: [_rms(render(scape, synthetic.bank).sources) for scape in drawn]
    )
    files = _write_recordings(drawn, synthetic.bank, folder)
    subset = drawn[: max(1, count // 5)]  # the peer takes its time
    plainly(drawn[0], files)  # it compiles and imports at its first call
    theirs, their_seconds = cpu(lambda: [_rms(plainly(scape, files)) for scape in subset])
    level_differences = np.abs(np.concatenate(ours[: len(subset)]) - np.concatenate(theirs))
    rate = count / (our_seconds + drawing)
    note = f"drawn and rendered: {rate:.1f} clips a CPU second; median level apart {np.median(level_differences):.1f} dB"
    return Row(
        f"soundscapes of {synthetic.recipe.duration:g} s with sources, one core",
        "librosa + pyloudnorm",
        len(subset) / their_seconds,
        count / our_seconds,
        1.0,
        note,
        "clips/s",
        True,
    )


def plainly(scape: Soundscape, files: dict[Recording, Path]) -> Audio:
    """The sources of a soundscape, rendered plainly with librosa, pyloudnorm and scipy.

    Args:
        scape: The soundscape.
        files: Its recordings.

    Returns:
        (n, samples)
    """
    layers = (scape.background, *scape.foregrounds)
    return np.stack([_plain_layer(layer, scape, files) for layer in layers])


def reading(data: TrainingData, count: int, folder: Path) -> Row:
    """Read clips from FLAC files, by ``ClipSet`` and by a plain Dataset that calls librosa.load.

    Args:
        data: Whose clips are written first.
        count: Number of clips.
        folder: For the clips.
    """
    clips = _write_clips(data, count, folder / "clips")
    samples = len(data.synthetic[0].mixture)
    clip_set, plain = ClipSet(clips, samples), PlainDataset(clips)
    plain[0], clip_set[0]  # imports, and what is set up once
    ours, our_seconds = cpu(lambda: [clip_set[i].mixture for i in range(count)], 3)
    theirs, their_seconds = cpu(lambda: [plain[i] for i in range(count)], 3)
    difference = max(float(np.abs(a - b).max()) for a, b in zip(ours, theirs, strict=True))
    note = f"both wait for the decoder; samples differ by {difference:.0e}"
    return Row(
        "clips read from FLAC, one core",
        "Dataset with librosa.load",
        count / their_seconds,
        count / our_seconds,
        None,
        note,
        "clips/s",
        True,
    )


class PlainDataset(Dataset[Audio]):
    """A first, plain implementation: librosa.load in ``__getitem__``."""

    def __init__(self, clips: Sequence[Clip]) -> None:
        self.clips = clips

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, index: int) -> Audio:
        import librosa

        samples: Audio = librosa.load(self.clips[index].path, sr=audio.SAMPLE_RATE)[0]
        return samples


def batching(data: TrainingData, config: Config, count: int, folder: Path) -> list[Row]:
    """Batches of synthetic, weak and unlabelled clips, against the SED training step.

    Args:
        data: The training data.
        config: Sizes of batches and networks.
        count: Number of batches.
        folder: For the clips read from disk.
    """
    clips = _write_clips(data, 4 * max(config.detection.batch), folder / "batches")
    samples = len(data.synthetic[0].mixture)
    disk = ClipSet(clips * (1 + count * max(config.detection.batch) // len(clips)), samples)
    from_disk = replace(data, synthetic=disk, weak=disk, unlabelled=disk, fresh=False)
    trained_rate, device = step_rate(data, config)
    rows = []
    for what, source in (("rendered", data), ("from disk", from_disk)):
        steps = DetectionSteps(
            source, config, replace(config.detection, steps=count), DESED_LABELS, 0
        )
        start = time.perf_counter()
        clips_made = sum(len(batch.audio) for batch in loader(steps, config.data.workers))
        rate = clips_made / (time.perf_counter() - start)
        parts = " + ".join(map(str, config.detection.batch))
        rows.append(
            Row(
                f"batches of {parts}, {what}, {config.data.workers} processes",
                f"SED step ({device})",
                trained_rate,
                rate,
                1.0,
                "the start of the processes included",
                "clips/s",
                True,
            )
        )
    return rows


def step_rate(data: TrainingData, config: Config) -> tuple[float, str]:
    """Clips per second of the training step of the SED baseline, and its device.

    A whole batch on a GPU; on a CPU, where that takes minutes, the smallest micro-batch of its ratio.

    Args:
        data: The training data.
        config: Sizes of batches and networks.
    """
    from jss.models.crnn import CRNN
    from jss.models.precision import bf16_units, products
    from jss.training.detection import DetectionTask
    from jss.training.mean_teacher import update_teacher
    from jss.training.stages import STAGES

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    c = config.detection
    if device.type == "cpu":
        c = replace(c, accumulate=math.gcd(*c.batch))
    detector = CRNN(config.detector)
    with tempfile.TemporaryDirectory() as run:
        task = DetectionTask(
            Path(run), config, c, data, DESED_LABELS, STAGES["SED"], {"detector": detector}
        )
        task.to(device).train()
        batch = next(iter(loader(DetectionSteps(data, config, c, DESED_LABELS, 0), 0)))
        batch = batch.to(device)
        optimizer = torch.optim.Adam(task.student.parameters(), lr=1e-3)
        times = []
        for _ in range(3):
            start = time.perf_counter()
            with products(device, config.precision if bf16_units() else "fp32"):
                loss: Any = sum(task.losses(batch).values())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            update_teacher(task.teacher.detector, task.student.detector, 1, c.ema)
            loss.item()  # waits for the GPU
            times.append(time.perf_counter() - start)
    return len(batch.audio) / float(np.median(times[1:])), device.type


def _plain_layer(layer: Layer, scape: Soundscape, files: dict[Recording, Path]) -> Audio:
    import librosa
    import pyloudnorm
    from scipy.signal import fftconvolve

    rate = audio.SAMPLE_RATE
    out = np.zeros(round(scape.duration * rate), np.float32)
    for piece in layer.pieces:
        path = files[layer.recordings[piece.file]]
        sound, _ = librosa.load(
            path, sr=rate, offset=piece.start, duration=piece.stop - piece.start
        )
        if abs(piece.semitones) > 0.005:
            sound = librosa.resample(
                sound, orig_sr=rate * 2.0 ** (piece.semitones / 12.0), target_sr=rate
            )
        length = round(piece.length * rate)
        sound = np.tile(sound, 1 + length // max(1, len(sound)))[:length]
        attack, release = (round(seconds * rate) for seconds in (piece.attack, piece.release))
        sound[:attack] *= np.linspace(0.0, 1.0, attack)
        sound[len(sound) - release :] *= np.linspace(1.0, 0.0, release)
        if scape.room is not None and layer.position is not None:
            sound = fftconvolve(sound, responses(scape.room % ROOMS)[layer.position % POSITIONS])
        onset = round(piece.onset * rate)
        out[onset : onset + len(sound)] += sound[: len(out) - onset]
    sounding = np.concatenate([out[round(a * rate) : round(b * rate)] for a, b in layer.spans])
    meter = pyloudnorm.Meter(rate, block_size=min(0.4, len(sounding) / rate))
    loudness = meter.integrated_loudness(sounding)
    return out * np.float32(10.0 ** ((layer.level_db + scape.gain_db - loudness) / 20.0))


def _write_recordings(
    scapes: Sequence[Soundscape], bank: Bank, folder: Path
) -> dict[Recording, Path]:
    """Write every recording of the soundscapes to a file, for the peer.

    Args:
        scapes: The soundscapes.
        bank: The soundbank.
        folder: For the files.
    """
    used = {r for s in scapes for layer in (s.background, *s.foregrounds) for r in layer.recordings}
    files = {
        recording: folder / "recordings" / f"{number}.wav"
        for number, recording in enumerate(sorted(used))
    }
    for recording, path in files.items():
        audio.save(path, bank.load(recording))
    return files


def _write_clips(data: TrainingData, count: int, folder: Path) -> list[Clip]:
    """Write rendered clips as FLAC files.

    Args:
        data: The training data.
        count: Number of clips.
        folder: For the files.
    """
    clips = []
    for number in range(count):
        example = data.synthetic[number % 50]
        path = folder / f"{number:05d}.flac"
        audio.save(path, example.mixture)
        events = tuple(Event(*event) for event in example.events or ())
        clips.append(Clip(path.name, path, len(example.mixture) / audio.SAMPLE_RATE, events))
    return clips


def _rms(sources: Audio) -> np.ndarray[Any, Any]:
    """Level of each source in dB."""
    levels: np.ndarray[Any, Any] = 10.0 * np.log10(
        np.square(sources, dtype=np.float64).mean(axis=1) + 1e-12
    )
    return levels
