"""Trained systems on files, arrays and recordings of any length: a waveform to a ``ClipResult``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, get_args

import numpy as np
import numpy.typing as npt
import torch

from jss import audio, checkpoints
from jss.arrays import Float32
from jss.checkpoints import Card, Folder, Manifest
from jss.errors import JssError, NoMemoryError
from jss.features import MEL_HOP_S, SCORE_HOP_S, Scaling, score_frames
from jss.inference.spectrograms import SHORTEST, log_mels
from jss.inference.windows import Stretch, joined, pieces
from jss.io.schema import validate
from jss.models import fast
from jss.models.branches import Balance, TwoBranchModel
from jss.models.joint import JointModel, JointOutput
from jss.models.onnx_detector import OnnxConfig, OnnxDetector, OnnxModel
from jss.models.precision import Precision, products
from jss.results import ClipResult

#: Front ends by the name in a manifest: how log-mels are scaled to [0, 1].
FEATURES: dict[str, Scaling] = {"dcase2021": "clip", "dcase2021-mixture": "mixture"}
#: A window whose peak is not above this (-80 dB of full scale) is silent: no sources, no events.
SILENCE = 1e-4

Source = str | os.PathLike[str] | BinaryIO | npt.ArrayLike


@dataclass(frozen=True)
class Failure:
    """A recording that could not be analysed."""

    #: Of the recording.
    path: str
    #: The reason, one sentence.
    error: str


class System:
    """A trained system, in evaluation mode; made by :func:`load_system`.

    Args:
        model: The network.
        manifest: Its blocks, classes and pooling.
        selection: "student" or "teacher".
        cards: Those of its blocks, under "detector" and "separator" (and "mixture").
        precision: Of the factors of its products; weights, spectra and results are float32.
    """

    def __init__(
        self,
        model: JointModel,
        manifest: Manifest,
        selection: str,
        cards: dict[str, Card],
        precision: Precision = "fp32",
    ) -> None:
        self.model = model.eval().requires_grad_(False)
        self.manifest = manifest
        self.selection = selection
        self.cards = cards
        self.precision = precision
        #: What scores become events by; None where there are none.
        self.operating = checkpoints.operating_points(manifest, selection, cards.values())

    @property
    def name(self) -> str:
        """The name of the manifest, such as MixIT-S1."""
        return self.manifest.name

    @property
    def description(self) -> str:
        """What the system is, in a sentence."""
        return self.manifest.description

    @property
    def labels(self) -> tuple[str, ...]:
        """The K class identifiers."""
        return self.manifest.labels

    @property
    def separates(self) -> bool:
        """Whether there is a separation stage."""
        return self.model.separator is not None

    @property
    def device(self) -> torch.device:
        """The device of the weights."""
        return self.model.mel.window.device

    def to(self, device: str | torch.device | None) -> System:
        """Move it to a device, and return it.

        Args:
            device: "cpu", "cuda", ...; None: the GPU where there is one.

        Raises:
            JssError: There is no such device, or its memory is too small.
        """
        with _memory():
            self.model.to(checked_device(device))
        return self

    def __call__(
        self, source: Source, filename: str | None = None, sample_rate: int = audio.SAMPLE_RATE
    ) -> ClipResult:
        """Analyse one whole recording of any length.

        Args:
            source: A path, an open binary file or samples, (samples,) or (samples, channels).
            filename: Its name in the result; None: the file's name.
            sample_rate: Of samples, in Hz.

        Returns:
            The result; sources have exactly the length of the mixture at 16 kHz.

        Raises:
            JssError: It is not audio.
        """
        return self.join(list(self.pieces(source, sample_rate)), filename or _filename(source))

    def join(self, stretches: Sequence[Stretch], filename: str) -> ClipResult:
        """The stretches of a whole recording as its ClipResult.

        A clip-level score is the highest of all stretches.

        Args:
            stretches: The stretches, one after the other.
            filename: Name of the recording.
        """
        whole = joined(stretches)
        with _memory():
            if whole.mels is None:
                mels = self._log_mels([whole.mixture, *whole.sources])
            elif len(whole.sources):
                mels = np.concatenate([self._log_mels([whole.mixture]), whole.mels])
            else:
                mels = whole.mels
        return ClipResult(
            filename=filename,
            mixture=whole.mixture,
            sources=whole.sources,
            mel=mels[0],
            source_mels=mels[1:],
            scores=whole.scores,
            source_scores=whole.source_scores,
            weak=whole.weak,
            source_weak=whole.source_weak,
            labels=self.labels,
            sample_rate=audio.SAMPLE_RATE,
            mel_hop=MEL_HOP_S,
            score_hop=SCORE_HOP_S,
            system=self.name,
            selection=self.selection,
            mixture_scores=whole.mixture_scores,
            operating=self.operating,
        )

    def run(self, paths: Iterable[str | os.PathLike[str]]) -> Iterator[ClipResult | Failure]:
        """Analyse many recordings, one after the other; a broken one gives a Failure."""
        for path in paths:
            try:
                yield self(path)
            except JssError as error:
                yield Failure(str(path), str(error))

    def pieces(self, source: Source, sample_rate: int = audio.SAMPLE_RATE) -> Iterator[Stretch]:
        """One recording as analysed stretches, with bounded memory (``jss.inference.windows``).

        Up to 30 s there is one stretch.

        Args:
            source: As for a call.
            sample_rate: Of samples, in Hz.

        Raises:
            JssError: It is not audio.
        """
        if isinstance(source, str | os.PathLike) or hasattr(source, "read"):
            return pieces(audio.stream(source), self.analyse)  # type: ignore[arg-type]
        return pieces([audio.from_array(source, sample_rate)], self.analyse)

    def analyse(self, mixture: Float32) -> Stretch:
        """Analyse one window in one pass; silence gives silent sources and scores of 0.

        Args:
            mixture: (n,) samples at 16 kHz.

        Raises:
            JssError: Scores or sources are not finite, or memory is too small.
        """
        return self.launch([mixture])()[0]

    def launch(
        self, mixtures: Sequence[Float32], sources: bool = True
    ) -> Callable[[], list[Stretch]]:
        """Start to analyse windows of one length in one pass.

        On a GPU it computes, and copies, while the caller goes on.

        Args:
            mixtures: Each (n,) samples at 16 kHz.
            sources: Whether the stretches have the sources, and what was computed of each.

        Returns:
            Waits for the stretches. They are as of :meth:`analyse`, and so are the errors.

        Raises:
            JssError: As of :meth:`analyse`.
        """
        samples = len(mixtures[0])
        sounding = [n for n, x in enumerate(mixtures) if np.max(np.abs(x), initial=0.0) > SILENCE]
        out = None
        with torch.inference_mode(), _memory():
            if sounding:
                waveforms = self.on_device([mixtures[n] for n in sounding])
                with products(self.device, self.precision):
                    out = self._fetched(self.model(waveforms), samples, sources)
        event = torch.cuda.Event() if self.device.type == "cuda" else None
        if event is not None:
            event.record(torch.cuda.current_stream(self.device))

        def finish() -> list[Stretch]:
            if event is not None:
                event.synchronize()
            return [
                self._silent(mixture, sources)
                if out is None or n not in sounding
                else self._stretch(mixture, out, sounding.index(n))
                for n, mixture in enumerate(mixtures)
            ]

        return finish

    def on_device(self, mixtures: Sequence[Float32]) -> torch.Tensor:
        """Windows of one length on their way to the device, (batch, samples), padded to SHORTEST."""
        samples, on_gpu = len(mixtures[0]), self.device.type == "cuda"
        waveforms = torch.zeros(len(mixtures), max(samples, SHORTEST), pin_memory=on_gpu)
        waveforms[:, :samples] = torch.from_numpy(np.stack(mixtures))
        return waveforms.to(self.device, non_blocking=True)

    def _fetched(self, out: JointOutput, samples: int, sources: bool) -> JointOutput:
        """What is wanted of the output for windows of so many samples, on its way to the host."""
        frames = max(1, score_frames(samples))
        if not sources:
            out = out._replace(
                sources=out.sources[:, :0],
                source_strong=out.source_strong[:, :0],
                source_weak=out.source_weak[:, :0],
                mel=None,
            )
        wanted = out._replace(
            sources=out.sources[..., :samples],
            strong=out.strong[..., :frames],
            source_strong=out.source_strong[..., :frames],
            mixture_strong=None if out.mixture_strong is None else out.mixture_strong[..., :frames],
            mel=None if samples < SHORTEST else out.mel,
        )
        return JointOutput(
            *(None if x is None else x.float().to("cpu", non_blocking=True) for x in wanted)  # type: ignore[arg-type]
        )

    def _stretch(self, mixture: Float32, out: JointOutput, item: int) -> Stretch:
        """An item of a batch.

        Raises:
            JssError: Scores or sources are not finite.
        """
        branch, mel = out.mixture_strong, out.mel
        stretch = Stretch(
            mixture,
            _numpy(out.sources[item]),
            _numpy(out.strong[item]),
            _numpy(out.source_strong[item]),
            _numpy(out.weak[item]),
            _numpy(out.source_weak[item]),
            None if branch is None else _numpy(branch[item]),
            None if mel is None else _numpy(mel[item]),
        )
        if not (np.isfinite(stretch.scores).all() and np.isfinite(stretch.sources).all()):
            raise JssError(
                f"{self.name} computes values that are not numbers: its weights are unfit, train it again."
            )
        return stretch

    def _silent(self, mixture: Float32, sources: bool) -> Stretch:
        """A window of silence."""
        classes, frames = len(self.labels), max(1, score_frames(len(mixture)))
        n_sources = self._n_sources if sources else 0
        return Stretch(
            mixture,
            np.zeros((n_sources, len(mixture)), np.float32),
            np.zeros((classes, frames), np.float32),
            np.zeros((n_sources, classes, frames), np.float32),
            np.zeros(classes, np.float32),
            np.zeros((n_sources, classes), np.float32),
            np.zeros((classes, frames), np.float32)
            if isinstance(self.model, TwoBranchModel)
            else None,
        )

    @cached_property
    def _n_sources(self) -> int:
        """Number of sources that the separator gives; 0 without one."""
        with torch.inference_mode():
            silence = torch.zeros(1, SHORTEST, device=self.device)
            return int(self.model.separate(silence).shape[1])

    def _log_mels(self, signals: Sequence[Float32]) -> Float32:
        """Log-mels of n signals of (samples,): (n, mels, frames) in dB."""
        return log_mels(signals, self.model.mel, self.device)


def load_system(
    name: str,
    selection: str = "teacher",
    device: str | torch.device | None = None,
    folder: Folder = None,
    precision: Precision = "fp32",
    accelerate: bool = True,
) -> System:
    """A trained system by name.

    Args:
        name: such as "MixIT-S1".
        selection: "teacher" or "student".
        device: None for the GPU where there is one, else the CPU.
        folder: that of blocks and systems (``jss.checkpoints``).
        precision: "bf16" is faster where there are units for it
            (``jss.models.precision.bf16_units``), and moves scores by up to 0.03.
        accelerate: compute as ``jss.models.fast`` does on a CPU, several times faster and the
            same to 1e-4. The first time after an install, this waits some seconds for a compiler.

    Raises:
        JssError: for an unknown system or precision, damaged weights or a missing device.
    """
    if precision not in get_args(Precision):
        raise JssError(
            f'There is no precision "{precision}": choose {" or ".join(get_args(Precision))}.'
        )
    manifest = checkpoints.manifest(name, folder)
    if selection not in manifest.selections:
        raise JssError(
            f"{name} has no {selection} selection: choose {' or '.join(manifest.selections)}."
        )
    if manifest.features not in FEATURES:
        raise JssError(
            f"{name} names the features {manifest.features}: known are {', '.join(FEATURES)}."
        )
    model, cards = _model(manifest, selection, folder)
    if accelerate:
        fast.accelerate(model)
    return System(model, manifest, selection, cards, precision).to(device)


def _model(
    manifest: Manifest, selection: str, folder: Folder
) -> tuple[JointModel, dict[str, Card]]:
    """The network of a system, and the cards of its blocks.

    Args:
        manifest: Of the system.
        selection: One that it has.
        folder: That of blocks and systems.

    Raises:
        JssError: A block is missing or damaged, or does not fit the manifest.
    """
    name, blocks = manifest.name, manifest.selections[selection]
    options = (manifest.pooling, FEATURES[manifest.features], manifest.consistent)
    cards: dict[str, Card] = {}
    separator = None
    if blocks.separator is not None:
        separator, card = checkpoints.load_network(blocks.separator, folder)
        cards["separator"] = card
        if card.kind == "crnn":
            raise JssError(
                f"{name} names the block {card.name} as its separator, but that is a detector."
            )
    if checkpoints.load_card(blocks.detector, folder).kind == checkpoints.ONNX:
        card, file = checkpoints.load_onnx(blocks.detector, folder)
        config = validate(OnnxConfig, card.config, f"The card of the block {card.name}")
        if blocks.mixture is not None or manifest.features != "dcase2021":
            raise JssError(
                f"{name} has an ONNX detector, which has a front end of its own and no mixture branch: leave "
                "out features and mixture."
            )
        onnx = OnnxDetector(file, config, manifest.labels, card.name)
        return OnnxModel(separator, onnx, manifest.pooling, manifest.consistent), {
            "detector": card,
            **cards,
        }
    detector, card = checkpoints.load_network(blocks.detector, folder)
    cards = {"detector": card, **cards}
    if card.kind != "crnn":
        raise JssError(
            f"{name} names the block {card.name} as its detector, but that is a {card.kind}."
        )
    if card.config.get("n_classes", 10) != len(manifest.labels):
        raise JssError(
            f"{name} has {len(manifest.labels)} labels, but its detector {card.name} has "
            f"{card.config.get('n_classes', 10)} classes: correct the labels of its manifest."
        )
    if blocks.mixture is None:
        return JointModel(separator, detector, *options), cards
    if separator is None or blocks.q is None or not 0.0 <= blocks.q <= 1.0:
        raise JssError(
            f"{name} has a mixture branch: its manifest must name a separator and a q from 0 to 1."
        )
    mixture, cards["mixture"] = checkpoints.load_network(blocks.mixture, folder)
    two = TwoBranchModel(
        separator, detector, mixture, Balance(blocks.q), *options, blocks.mixture_input
    )
    return two, cards


def checked_device(name: str | torch.device | None) -> torch.device:
    """A device of this machine.

    Args:
        name: "cpu", "cuda", ...; None: the GPU where there is one.

    Raises:
        JssError: There is no such device.
    """
    if name is None:
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
        if device.type == "cuda":  # float32 throughout: TF32 moves scores by 1e-3
            torch.backends.cudnn.allow_tf32 = False
    except torch.OutOfMemoryError:
        raise
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise JssError(f"There is no device {name} on this machine: use cpu.") from error
    return device


def _filename(source: Source) -> str:
    if isinstance(source, str | os.PathLike):
        return Path(source).name
    return Path(str(getattr(source, "name", "") or "clip")).name


def _numpy(tensor: torch.Tensor) -> Float32:
    return np.asarray(tensor.cpu().numpy(), np.float32)


@contextmanager
def _memory() -> Iterator[None]:
    """Turn out-of-memory errors of GPU and host into a NoMemoryError."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        torch.cuda.empty_cache()  # for the next call
        raise NoMemoryError(
            "The GPU ran out of memory: stop other programs on it, or use --device cpu."
        ) from error
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "memory" not in str(error).lower():
            raise
        raise NoMemoryError(
            "The recording does not fit in memory: close other programs, or use --device cpu."
        ) from error
