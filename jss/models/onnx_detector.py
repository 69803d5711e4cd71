"""Detectors of others: an ONNX file as the detector of a system, run by onnxruntime.

A signal goes through the front end that the file's card describes (``OnnxConfig``), window by
window; the file's classes are joined into those of the system, and their scores are brought to the
frames of 64 ms that every system has.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from jss.arrays import Float32
from jss.decoding import on_grid
from jss.errors import JssError, optional
from jss.features import (
    SAMPLE_RATE,
    SCORE_HOP_S,
    MelNorm,
    MelScale,
    mel_filters,
    score_frames,
    to_db,
)
from jss.io.schema import SCHEMA, Size
from jss.models.crnn import DetectorOutput
from jss.models.joint import JointModel, JointOutput

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

#: Key of the names of the classes in the metadata of an ONNX file, a JSON list.
CLASSES = "classes"
#: Windows that run at once, where the file's batch is of any size.
_BATCH = 32

Seconds = Annotated[float, Field(gt=0, le=600)]
Level = Annotated[float, Field(ge=-1e6, le=1e6)]
InputAxis = Literal["batch", "channel", "samples", "mels", "frames"]
OutputAxis = Literal["batch", "classes", "frames"]


@dataclass(frozen=True, config=SCHEMA)
class MelConfig:
    """A mel spectrogram, as the field's libraries describe one."""

    #: Length of the Fourier transform, and of the window in its middle, in samples.
    n_fft: Size
    window: Size
    #: From frame to frame, in samples.
    hop: Size
    n_mels: Size
    f_min: Annotated[float, Field(ge=0, le=100_000)]
    f_max: Annotated[float, Field(gt=0, le=100_000)]
    window_shape: Literal["hann", "hamming"] = "hann"
    #: Whether the window is periodic, as in most libraries, or symmetric.
    periodic: bool = True
    #: Whether frames are centred on multiples of the hop, with the signal reflected at its ends.
    centred: bool = False
    #: 1: of magnitudes, 2: of their squares.
    power: Literal[1, 2] = 2
    scale: MelScale = "htk"
    #: slaney: every filter has the same area.
    norm: MelNorm = "none"
    #: Added to the mel values, and their least value, before the logarithm.
    offset: Annotated[float, Field(ge=0, le=1)] = 0.0
    least: Annotated[float, Field(ge=0, le=1)] = 1e-10
    #: db: 20 log10 of magnitudes, 10 log10 of squares; ln and log10: as they are called.
    log: Literal["none", "ln", "log10", "db"] = "ln"
    #: Bounds of what the logarithm gives.
    low: Level | None = None
    high: Level | None = None
    #: Afterwards: minmax scales each window to [0, 1].
    scaling: Literal["none", "minmax"] = "none"
    #: At last (x - mean) / std.
    mean: Level = 0.0
    std: Annotated[float, Field(gt=0, le=1e6)] = 1.0


@dataclass(frozen=True, config=SCHEMA)
class Quantized:
    """Whole numbers in place of real ones: real = scale * (whole - zero_point)."""

    scale: Annotated[float, Field(gt=0, le=1e6)]
    zero_point: Annotated[int, Field(ge=-(2**31), le=2**31)] = 0


@dataclass(frozen=True, config=SCHEMA)
class OnnxConfig:
    """What an ONNX detector takes and gives."""

    #: Its axes in order: samples for a waveform; mels and frames for a mel spectrogram.
    input_axes: tuple[InputAxis, ...]
    #: Those of its scores: frames where it has a score for each frame, else one for each window.
    output_axes: tuple[OutputAxis, ...]
    #: In Hz; signals, which are at 16 kHz, are resampled to it.
    sample_rate: Annotated[int, Field(ge=1000, le=192_000)] = SAMPLE_RATE
    #: None: the input is the waveform.
    mel: MelConfig | None = None
    #: Length of the input, and from one input to the next, in samples, or in frames of the mel
    #: spectrogram; None: any length, and one input.
    window: Annotated[int, Field(ge=1, le=10**8)] | None = None
    hop: Annotated[int, Field(ge=1, le=10**8)] | None = None
    #: Name of the output with the scores; None: the first.
    output: str | None = None
    #: From one frame of the scores to the next; for an output with frames.
    output_hop_s: Seconds | None = None
    #: What turns the output into scores in [0, 1].
    activation: Literal["none", "sigmoid", "softmax"] = "none"
    #: Name of an output with clip-level scores, (batch, classes); None: ``clip`` of the scores over
    #: time.
    clip_output: str | None = None
    clip: Literal["max", "mean"] = "max"
    #: Names of its classes in order; None: those in the file's metadata, where it has some.
    classes: tuple[str, ...] | None = None
    #: Label of a system -> the classes (names, or numbers from 0) that it stands for; None: its
    #: labels are names of classes.
    groups: Mapping[str, tuple[int | str, ...]] | None = None
    #: Score of several classes as one: the largest, or that of any of them as if they were
    #: independent, 1 - product(1 - score).
    combine: Literal["max", "noisy-or"] = "max"
    #: For an input or output of whole numbers.
    quantized_input: Quantized | None = None
    quantized_output: Quantized | None = None


class OnnxDetector(nn.Module):
    """Waveforms to frame and clip scores of the labels of a system.

    Args:
        file: Content of the ONNX file.
        config: What it takes and gives.
        labels: The K labels of the system.
        name: Of the block, for errors.

    Raises:
        JssError: onnxruntime is missing, it cannot run the file, or the file does not fit the
            config or the labels.
    """

    def __init__(self, file: bytes, config: OnnxConfig, labels: Sequence[str], name: str) -> None:
        super().__init__()
        self.name, self.config = name, config
        self.session = _session(file, name)
        self.input = self.session.get_inputs()[0]
        self.outputs = [config.output or self.session.get_outputs()[0].name]
        self.outputs += [config.clip_output] if config.clip_output else []
        self._check()
        self.members = self._members(labels)
        self.mel = None if config.mel is None else LogMel(config.mel, config.sample_rate)
        #: Windows that run at once, and whether only so many can.
        self.batch, self.fixed = 1, True
        if "batch" in config.input_axes:
            size = self.input.shape[config.input_axes.index("batch")]
            self.fixed = isinstance(size, int)
            self.batch = size if self.fixed else _BATCH

    def forward(self, signals: Tensor) -> DetectorOutput:
        """Score signals.

        Args:
            signals: (batch, samples) at 16 kHz.

        Returns:
            strong (batch, K, T), a score each 64 ms, and weak (batch, K).
        """
        frames = max(1, score_frames(signals.shape[-1]))
        # A separator of others gives bfloat16 where products are in it.
        scores = [self._score(signal, frames) for signal in signals.detach().float().cpu().numpy()]
        strong, weak = (torch.from_numpy(np.stack(part)) for part in zip(*scores, strict=True))
        return DetectorOutput(strong.to(signals.device), weak.to(signals.device))

    def _score(self, signal: Float32, frames: int) -> tuple[Float32, Float32]:
        """Scores of one signal, (samples,): strong (K, T) and weak (K,)."""
        c = self.config
        windows, starts, seconds = self._windows(_resampled(signal, c.sample_rate))
        strong, *clip = self._run(windows)  # (windows, K, frames of the output); (windows, K, 1)
        if c.output_hop_s is None:
            begin, end = starts, starts + seconds
        else:
            begin = (starts[:, None] + np.arange(strong.shape[2]) * c.output_hop_s).ravel()
            end = begin + c.output_hop_s
        spans = np.moveaxis(strong, 1, 0).reshape(strong.shape[1], -1)  # (K, all frames)
        pooled = clip[0][..., 0].T if clip else spans
        weak = pooled.max(axis=1) if c.clip == "max" else pooled.mean(axis=1)
        return on_grid(spans, begin, end, hop=SCORE_HOP_S, frames=frames), weak.astype(np.float32)

    def _windows(self, signal: Float32) -> tuple[Float32, npt.NDArray[np.float64], float]:
        """Cut a signal at the detector's rate into windows.

        The last one ends with the signal; a signal shorter than one is padded with silence.

        Returns:
            The windows, (windows, samples) or (windows, mels, frames); where each begins, and how
            long it is, in seconds.
        """
        c = self.config
        unit = 1 if self.mel is None else self.mel.config.hop
        if c.window is not None:
            least = c.window if self.mel is None else self.mel.samples(c.window)
            signal = np.pad(signal, (0, max(0, least - len(signal))))
        whole = signal if self.mel is None else self.mel(signal)  # (samples,) or (mels, frames)
        length = whole.shape[-1]
        window = c.window or length
        starts = np.array([*range(0, length - window, c.hop or window), length - window])
        windows = np.stack([whole[..., start : start + window] for start in starts])
        if self.mel is not None:
            windows = self.mel.scaled(windows)
        return windows, starts * unit / c.sample_rate, window * unit / c.sample_rate

    def _run(self, windows: Float32) -> list[Float32]:
        """Scores of the labels in windows.

        Args:
            windows: (windows, samples) or (windows, mels, frames).

        Returns:
            (windows, K, frames), one frame for an output without; and clip scores (windows, K, 1)
            where the detector has some.
        """
        c = self.config
        axes = ["batch", "samples"] if self.mel is None else ["batch", "mels", "frames"]
        parts: list[list[Float32]] = [[] for _ in self.outputs]
        for start in range(0, len(windows), self.batch):
            some = windows[start : start + self.batch]
            if self.fixed and len(some) < self.batch:
                some = np.pad(some, [(0, self.batch - len(some)), *[(0, 0)] * (some.ndim - 1)])
            given = _arranged(some, axes, c.input_axes)
            if c.quantized_input is not None:
                given = _whole(given, c.quantized_input, self.input.type)
            with _sentence(self.name):
                outputs = self.session.run(
                    self.outputs, {self.input.name: np.ascontiguousarray(given)}
                )
            for part, output, of in zip(
                parts, outputs, (c.output_axes, ("batch", "classes")), strict=False
            ):
                part.append(self._scores(output, of)[: len(windows) - start])
        return [np.concatenate(part) for part in parts]

    def _scores(self, output: npt.NDArray[Any], axes: Sequence[str]) -> Float32:
        """Scores of the labels, (batch, K, frames), of what the file gives."""
        c = self.config
        if output.ndim != len(axes):
            raise JssError(
                f"The block {self.name} gives an output of the shape {output.shape}, but its card "
                f"names the axes {', '.join(axes)}: correct output_axes."
            )
        scores = _arranged(output, axes, ("batch", "classes", "frames")).astype(np.float64)
        if c.quantized_output is not None:
            scores = c.quantized_output.scale * (scores - c.quantized_output.zero_point)
        if c.activation == "sigmoid":
            scores = 0.5 * (1.0 + np.tanh(0.5 * scores))
        elif c.activation == "softmax":
            scores = np.exp(scores - scores.max(axis=1, keepdims=True))
            scores /= scores.sum(axis=1, keepdims=True)
        if max(map(max, self.members)) >= scores.shape[1]:
            raise JssError(
                f"The block {self.name} gives scores of {scores.shape[1]} classes, but its card "
                f"names class {max(map(max, self.members))} (from 0): correct groups or classes."
            )
        groups = [scores[:, members] for members in self.members]
        joined = [
            group.max(axis=1) if c.combine == "max" else 1.0 - (1.0 - group).prod(axis=1)
            for group in groups
        ]
        return np.stack(joined, axis=1).astype(np.float32)

    def _check(self) -> None:
        """Raise JssError where config and file do not fit each other."""
        c = self.config
        content = {"samples"} if c.mel is None else {"mels", "frames"}
        where = f"The block {self.name}"
        if set(c.input_axes) - {"batch", "channel"} != content or _twice(c.input_axes):
            named = "samples" if c.mel is None else "mels and frames"
            raise JssError(f"{where}: input_axes must name {named}, and batch and channel if any.")
        if "classes" not in c.output_axes or _twice(c.output_axes):
            raise JssError(f"{where}: output_axes must name classes, and batch and frames if any.")
        if (c.output_hop_s is None) == ("frames" in c.output_axes):
            raise JssError(f"{where}: output_hop_s goes with frames in output_axes.")
        if len(self.input.shape) != len(c.input_axes):
            raise JssError(
                f"{where} takes an input of {len(self.input.shape)} axes, but its card names "
                f"{', '.join(c.input_axes)}: correct input_axes."
            )
        if len(self.session.get_inputs()) > 1:
            raise JssError(f"{where} takes several inputs: only files with one input can run here.")
        if "float" not in self.input.type and c.quantized_input is None:
            raise JssError(
                f"{where} takes {self.input.type}: its card must give quantized_input, the scale "
                "and zero_point of its whole numbers."
            )
        known = [output.name for output in self.session.get_outputs()]
        unknown = next((output for output in self.outputs if output not in known), None)
        if unknown is not None:
            raise JssError(f"{where} has no output {unknown}: it has {', '.join(known)}.")

    def _members(self, labels: Sequence[str]) -> list[list[int]]:
        """The numbers of the file's classes that each label stands for."""
        classes = self.config.classes or _classes(self.session)
        groups = self.config.groups or {label: (label,) for label in labels}
        number = {name: n for n, name in enumerate(classes)}

        def of(label: str, member: int | str) -> int:
            if isinstance(member, int) and member >= 0:
                return member
            if member not in number:
                raise JssError(
                    f"The block {self.name} names the class {member} for {label}, which is not among its "
                    f"{len(classes)} classes: correct groups or classes in its card."
                )
            return number[str(member)]

        missing = next((label for label in labels if not groups.get(label)), None)
        if missing is not None:
            raise JssError(
                f"The block {self.name} has no classes for the label {missing}: add it to the groups of its "
                "card, or leave it out of the system's labels."
            )
        return [[of(label, member) for member in groups[label]] for label in labels]


class OnnxModel(JointModel):
    """A joint model with an ONNX detector, which takes waveforms in place of log-mels.

    Args:
        separator: As of ``JointModel``.
        detector: The detector.
        pooling_name: As of ``JointModel``.
        consistent: As of ``JointModel``.
    """

    def __init__(
        self,
        separator: nn.Module | None,
        detector: OnnxDetector,
        pooling_name: str = "max",
        consistent: bool = False,
    ) -> None:
        super().__init__(separator, detector, pooling_name, consistent=consistent)

    def detect(self, waveform: Tensor, sources: Tensor) -> JointOutput:
        """As of ``JointModel``."""
        signals = sources if sources.shape[1] else waveform.unsqueeze(1)
        return self.score(signals, sources)._replace(mel=to_db(self.mel(signals)))


class LogMel:
    """The mel spectrogram that a config describes.

    Args:
        config: Its parameters.
        sample_rate: Of the signals, in Hz.
    """

    def __init__(self, config: MelConfig, sample_rate: int) -> None:
        self.config = config
        make = torch.hann_window if config.window_shape == "hann" else torch.hamming_window
        self.window = make(config.window, periodic=config.periodic)
        self.filters = _filters(config, sample_rate)

    def samples(self, frames: int) -> int:
        """The least number of samples that gives so many frames."""
        c = self.config
        return (frames - 1) * c.hop + (0 if c.centred else c.n_fft)

    def __call__(self, signal: Float32) -> Float32:
        """Compute the spectrogram up to the logarithm: (samples,) -> (mels, frames)."""
        c = self.config
        least = c.n_fft // 2 + 1 if c.centred else c.n_fft
        spectrum = torch.stft(
            torch.from_numpy(np.pad(signal, (0, max(0, least - len(signal))))),
            c.n_fft,
            c.hop,
            c.window,
            self.window,
            center=c.centred,
            pad_mode="reflect",
            return_complex=True,
        ).abs()
        mel = self.filters @ (spectrum if c.power == 1 else spectrum.square())
        if c.log != "none":
            mel = (mel + c.offset).clamp(min=c.least)
            mel = mel.log() if c.log == "ln" else mel.log10()
            if c.log == "db":
                mel = mel * (20.0 if c.power == 1 else 10.0)
        if c.low is not None or c.high is not None:
            mel = mel.clamp(c.low, c.high)
        return np.asarray(mel.numpy(), np.float32)

    def scaled(self, windows: Float32) -> Float32:
        """Scale windows as the detector was trained: (windows, mels, frames)."""
        c = self.config
        if c.scaling == "minmax":
            low, high = (f(windows, axis=(1, 2), keepdims=True) for f in (np.min, np.max))
            windows = (windows - low) / (high - low + np.float32(1e-8))
        return np.asarray((windows - c.mean) / c.std, np.float32)


def _filters(c: MelConfig, sample_rate: int) -> Tensor:
    """The mel filters of a config, (n_mels, n_fft // 2 + 1)."""
    if c.f_min >= c.f_max or c.f_max > sample_rate / 2 or c.window > c.n_fft:
        raise JssError(
            f"mel: f_min {c.f_min:g} must be below f_max {c.f_max:g}, that at most {sample_rate / 2:g} Hz, "
            f"and the window {c.window} at most n_fft {c.n_fft}."
        )
    return mel_filters(c.n_mels, c.n_fft, sample_rate, c.f_min, c.f_max, c.scale, c.norm)


def _session(file: bytes, name: str) -> InferenceSession:
    with optional():
        import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3  # errors, which are raised too
    with _sentence(name):
        return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


@contextmanager
def _sentence(name: str) -> Iterator[None]:
    """Turn an error of onnxruntime into a JssError."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    try:
        yield
    except (
        state.Fail,
        state.InvalidArgument,
        state.InvalidGraph,
        state.InvalidProtobuf,
        state.NoSuchFile,
        state.NotImplemented,
        state.RuntimeException,
    ) as error:
        why = " ".join(str(error).split())
        raise JssError(
            f"onnxruntime cannot run the block {name}: {why[:300].rstrip('.')}."
        ) from error


def _classes(session: InferenceSession) -> tuple[str, ...]:
    """Names of the classes in the metadata of a file; empty where there are none."""
    try:
        names = json.loads(session.get_modelmeta().custom_metadata_map.get(CLASSES, "[]"))
    except ValueError:  # another program's text
        return ()
    return tuple(map(str, names)) if isinstance(names, list) else ()


def _resampled(signal: Float32, rate: int) -> Float32:
    if rate == SAMPLE_RATE:
        return signal
    import soxr

    return np.asarray(soxr.resample(signal, SAMPLE_RATE, rate), np.float32)


def _twice(axes: Sequence[str]) -> bool:
    return len({*axes}) < len(axes)


def _arranged(array: npt.NDArray[Any], have: Sequence[str], want: Sequence[str]) -> Any:
    """An array with its axes in another order.

    Args:
        array: With the axes ``have``.
        have: An axis that is not wanted has the size 1, or is the batch, of size 1.
        want: An axis that is lacking gets the size 1.
    """
    for position in reversed(range(len(have))):
        if have[position] not in want:
            array = array.take(0, axis=position)
    left = [axis for axis in have if axis in want]
    array = array.reshape(*array.shape, *[1] * (len(want) - len(left)))
    left += [axis for axis in want if axis not in left]
    return array.transpose([left.index(axis) for axis in want])


def _whole(array: Float32, quantized: Quantized, kind: str) -> npt.NDArray[Any]:
    """Whole numbers of the type that an input has, such as "tensor(uint8)"."""
    whole = np.dtype(kind.removeprefix("tensor(").removesuffix(")"))
    limits = np.iinfo(whole)
    values = np.rint(array / quantized.scale + quantized.zero_point)
    return np.asarray(np.clip(values, limits.min, limits.max), whole)
