"""Training data beside plain ways of making it, and beside what a training step eats.

Rendering and reading: CPU seconds of one core, since on a shared machine the wall clock would
measure the neighbours. Batches and steps: the wall clock, both in one run.
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

HELP = "clips rendered, read and batched in a second, beside plain librosa and beside what a training step eats"
SMALL = ("--preset", "smoke", "--clips", "2", "--batches", "1", "--workers", "0")
#: Real recordings, where they lie beside the repository.
BANK = Path(__file__).parents[2].parent / "shared" / "soundbank"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The bench's arguments."""
    parser.add_argument(
        "--soundbank",
        type=Path,
        default=BANK,
        metavar="DIR",
        help="recordings to render from (default: the synthesiser, where there are none)",
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
    """Measure. -> a row for each comparison. Raises JssError."""
    if min(args.clips, args.batches) < 1 or args.workers < 0:
        raise JssError("--clips and --batches are 1 or more, --workers 0 or more.")
    there = args.soundbank.is_dir()
    if not there:
        print(
            f"There is no soundbank at {args.soundbank} (--soundbank DIR): everything from the synthesiser."
        )
    settings = (f"data.workers={args.workers}", "data.synthesised=0.0", "data.sounds=4")
    config = load_preset(args.preset, settings)
    data = training_data(str(args.soundbank) if there else SYNTHSCAPES, config)
    with tempfile.TemporaryDirectory() as folder:
        rows = [rendering(data, args.clips, Path(folder)), reading(data, args.clips, Path(folder))]
        return rows + batching(data, config, args.batches, Path(folder))


def rendering(data: TrainingData, count: int, folder: Path) -> Row:
    """The same soundscapes, sources included, by ``render`` from recordings in memory and by
    librosa from files.
    """
    made = data.synthetic
    assert isinstance(made, SoundscapeSet)
    drawn, drawing = cpu(
        lambda: [draw(made.recipe, made.bank, made.split, (9, i)) for i in range(count)]
    )
    ours, own = cpu(lambda: [_rms(render(scape, made.bank).sources) for scape in drawn])
    files = _write_recordings(drawn, made.bank, folder)
    some = drawn[: max(1, count // 5)]  # the peer takes its time
    plainly(drawn[0], files)  # it compiles and imports at its first call
    theirs, peer = cpu(lambda: [_rms(plainly(scape, files)) for scape in some])
    apart = np.abs(np.concatenate(ours[: len(some)]) - np.concatenate(theirs))
    rate = count / (own + drawing)
    note = f"drawn and rendered: {rate:.1f} clips a CPU second; median level apart {np.median(apart):.1f} dB"
    return Row(
        f"soundscapes of {made.recipe.duration:g} s with sources, one core",
        "librosa + pyloudnorm",
        len(some) / peer,
        count / own,
        1.0,
        note,
        "clips/s",
        True,
    )


def plainly(scape: Soundscape, files: dict[Recording, Path]) -> Audio:
    """The sources of a soundscape as one writes it down with librosa, pyloudnorm and scipy. -> (n,
    samples).
    """
    layers = (scape.background, *scape.foregrounds)
    return np.stack([_plain_layer(layer, scape, files) for layer in layers])


def reading(data: TrainingData, count: int, folder: Path) -> Row:
    """Clips from FLAC files, by ``ClipSet`` and by a plain Dataset that calls librosa.load."""
    clips = _write_clips(data, count, folder / "clips")
    samples = len(data.synthetic[0].mixture)
    known, plain = ClipSet(clips, samples), PlainDataset(clips)
    plain[0], known[0]  # imports, and what is set up once
    ours, own = cpu(lambda: [known[i].mixture for i in range(count)], 3)
    theirs, peer = cpu(lambda: [plain[i] for i in range(count)], 3)
    apart = max(float(np.abs(a - b).max()) for a, b in zip(ours, theirs, strict=True))
    note = f"both wait for the decoder; samples differ by {apart:.0e}"
    return Row(
        "clips read from FLAC, one core",
        "Dataset with librosa.load",
        count / peer,
        count / own,
        None,
        note,
        "clips/s",
        True,
    )


class PlainDataset(Dataset[Audio]):
    """What one writes first: librosa.load in ``__getitem__``."""

    def __init__(self, clips: Sequence[Clip]) -> None:
        self.clips = clips

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, index: int) -> Audio:
        import librosa

        samples: Audio = librosa.load(self.clips[index].path, sr=audio.SAMPLE_RATE)[0]
        return samples


def batching(data: TrainingData, config: Config, count: int, folder: Path) -> list[Row]:
    """Batches of synthetic, weak and unlabelled clips, rendered and from disk, beside the SED
    training step.
    """
    clips = _write_clips(data, 4 * max(config.detection.batch), folder / "batches")
    samples = len(data.synthetic[0].mixture)
    disk = ClipSet(clips * (1 + count * max(config.detection.batch) // len(clips)), samples)
    from_disk = replace(data, synthetic=disk, weak=disk, unlabelled=disk, fresh=False)
    eaten, device = step_rate(data, config)
    rows = []
    for what, source in (("rendered", data), ("from disk", from_disk)):
        steps = DetectionSteps(
            source, config, replace(config.detection, steps=count), DESED_LABELS, 0
        )
        start = time.perf_counter()
        made = sum(len(batch.audio) for batch in loader(steps, config.data.workers))
        rate = made / (time.perf_counter() - start)
        parts = " + ".join(map(str, config.detection.batch))
        rows.append(
            Row(
                f"batches of {parts}, {what}, {config.data.workers} processes",
                f"SED step ({device})",
                eaten,
                rate,
                1.0,
                "the start of the processes included",
                "clips/s",
                True,
            )
        )
    return rows


def step_rate(data: TrainingData, config: Config) -> tuple[float, str]:
    """Clips that the training step of the SED baseline eats in a second: a whole batch on a GPU, or
    else the smallest micro-batch of its ratio on a CPU, where a whole one takes minutes.
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
        batch = type(batch)(*(part.to(device) for part in batch))
        optimizer = torch.optim.Adam(task.student.parameters(), lr=1e-3)
        spent = []
        for _ in range(3):
            start = time.perf_counter()
            with products(device, config.precision if bf16_units() else "fp32"):
                loss: Any = sum(task.losses(batch).values())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            update_teacher(task.teacher.detector, task.student.detector, 1, c.ema)
            loss.item()  # waits for the GPU
            spent.append(time.perf_counter() - start)
    return len(batch.audio) / float(np.median(spent[1:])), device.type


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
    """Every recording of the soundscapes as a file, for the peer."""
    used = {r for s in scapes for layer in (s.background, *s.foregrounds) for r in layer.recordings}
    files = {
        recording: folder / "recordings" / f"{number}.wav"
        for number, recording in enumerate(sorted(used))
    }
    for recording, path in files.items():
        audio.save(path, bank.load(recording))
    return files


def _write_clips(data: TrainingData, count: int, folder: Path) -> list[Clip]:
    """Rendered clips as FLAC files, as a rendered set has them."""
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
