"""Audio in and out: any file with sound in it becomes 16 kHz mono float32, in one piece or in
blocks.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from jss.arrays import Float32
from jss.errors import JssError
from jss.io.atomic import Sink, atomic_write
from jss.io.notes import warn
from jss.io.sound.decoders import Source, opened
from jss.io.sound.pcm import FAR_BEYOND, Blocks, Note, average, to_full_scale

#: Every waveform in jss has this many samples a second.
SAMPLE_RATE = 16000

Put = Callable[[npt.ArrayLike], None]

# (format, subtype) by name. WAV keeps every sample as it is; the others hold [-1, 1] only.
_FORMATS = {
    "wav": ("WAV", "FLOAT"),
    "flac": ("FLAC", "PCM_24"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
}
_MOST = 1 << 20  # values that are held at once


def _silent(sentence: str) -> None:
    """For what reads a file only to measure it."""


def load(source: Source, note: Note = warn) -> Float32:
    """A whole recording as float32 (samples,) at 16 kHz, channels averaged.

    source: a path or an open binary file of whatever libsndfile or FFmpeg reads (of a video, its
    sound), any rate from 1 kHz, any number of channels; note: called with a sentence where it is
    not read as its header says. Raises JssError for a file that is missing, empty, damaged, cut off
    or no audio, or has samples that are not finite.
    """
    return np.concatenate(list(stream(source, note=note)))


def stream(source: Source, seconds: float = 10.0, note: Note = warn) -> Iterator[Float32]:
    """The same samples as :func:`load` in blocks of ``seconds`` (the last one is shorter, never
    empty).

    Memory is bounded by the block, whatever the length of the file. Raises what load raises, while
    iterating.
    """
    with opened(source, note) as sound:
        size = _size(source)
        yield from stretches(sound.read(), sound.name, seconds, note)
        if _size(source, size) < size:  # a decoder would take what is left for the whole
            raise JssError(
                f"{sound.name} was cut off while it was read: give it again when it is whole."
            )


def stretches(
    blocks: Blocks, name: str, seconds: float = 10.0, note: Note = warn
) -> Iterator[Float32]:
    """:func:`stream` of what a decoder gives: (rate, samples (n, channels)), one after the other."""
    size = max(1, round(seconds * SAMPLE_RATE))
    pending: list[Float32] = []
    held = total = 0
    for block in _resampled(_mono(blocks, name, note)):
        pending.append(block)
        held += len(block)
        total += len(block)
        if held >= size:
            joined = np.concatenate(pending)
            for start in range(0, held - size + 1, size):
                yield joined[start : start + size]
            pending = [joined[held - held % size :].copy()]
            held = len(pending[0])
    if not total:
        raise JssError(f"{name} holds too few samples to be sound.")
    if held:
        yield np.concatenate(pending)


def duration(source: Source) -> float:
    """Length of a recording in seconds: of a WAV, AIFF or FLAC from its header, where the file
    agrees with it; counted, which decodes it, of all else. Raises JssError.
    """
    with opened(source, _silent) as sound:
        if sound.frames is not None:
            return sound.frames / sound.rate
        return sum(len(block) / rate for rate, block in sound.read())


def estimate(source: Source) -> float:
    """Length of a recording in seconds as its header guesses it, which costs no decoding: for a
    progress bar.
    """
    with opened(source, _silent) as sound:
        return sound.guess


def check(source: Source, note: Note = warn) -> float:
    """Length of a recording in seconds, after reading every sample of it. Raises what load raises."""
    with opened(source, note) as sound:
        return sum(len(block) / rate for rate, block in _mono(sound.read(), sound.name, note))


def is_plain(source: Source) -> bool:
    """Whether it is a WAV of one channel at 16 kHz whose header agrees with the file. Raises
    JssError.
    """
    with opened(source, _silent) as sound:
        return sound.mono_wav and sound.rate == SAMPLE_RATE


def from_array(
    array: npt.ArrayLike, sample_rate: int = SAMPLE_RATE, name: str = "the array"
) -> Float32:
    """Samples in memory as float32 (samples,) at 16 kHz.

    array: (samples,) or (samples, channels); floats with full scale 1, or integers, which are
    scaled to it. Raises JssError where it is empty, has another shape or holds samples that are not
    finite.
    """
    samples = np.asarray(array)
    if samples.ndim not in (1, 2) or samples.dtype.kind not in "fiu":
        raise JssError(
            f"{name} must be numbers of shape (samples,) or (samples, channels), not {samples.dtype} "
            f"of shape {samples.shape}."
        )
    if samples.ndim == 2 and samples.shape[1] > samples.shape[0] > 0:
        raise JssError(
            f"{name} has {samples.shape[1]} channels of {samples.shape[0]} samples: transpose it to "
            "(samples, channels)."
        )
    if samples.dtype.kind in "iu":
        limits = np.iinfo(samples.dtype)
        middle = 0.0 if limits.min < 0 else (limits.max + 1) / 2
        samples = (samples - middle) / (limits.max + 1 - middle)
    if not samples.size:
        raise JssError(f"{name} holds no samples.")
    with np.errstate(over="ignore"):
        columns = samples.astype(np.float32).reshape(len(samples), -1)

    def read() -> Blocks:
        yield sample_rate, columns

    mono = np.concatenate(
        [block for _, block in _mono(to_full_scale(read, name, warn)(), name, warn)]
    )
    return resample(mono, sample_rate)


def resample(array: Float32, rate: int, target: int = SAMPLE_RATE) -> Float32:
    """Another sampling rate, by soxr (HQ). array: (samples,) -> float32 (about samples * target /
    rate,).
    """
    import soxr

    if rate == target:
        return array
    return np.asarray(soxr.resample(array, rate, target), np.float32)


def save(
    path: str | os.PathLike[str], array: npt.ArrayLike, sample_rate: int = SAMPLE_RATE
) -> None:
    """Write (samples,) to a file in the format of its suffix: wav (32-bit float, nothing is
    changed), flac (24 bit), ogg (Vorbis), opus or mp3; in all but wav, samples beyond full scale
    are clipped to [-1, 1].

    Missing folders are made. Written aside and renamed, so that no half file is ever seen. Raises
    JssError.
    """
    with writer(path, sample_rate) as put:
        put(array)


@contextmanager
def writer(path: str | os.PathLike[str], sample_rate: int = SAMPLE_RATE) -> Iterator[Put]:
    """As :func:`save`, a stretch at a time: call what it yields with (samples,) after (samples,)."""
    format = Path(path).suffix[1:].lower()
    with (
        atomic_write(path) as part,
        open(part, "wb") as file,
        _encoder(file, format, sample_rate) as put,
    ):
        yield put


def encode(array: npt.ArrayLike, format: str = "wav", sample_rate: int = SAMPLE_RATE) -> bytes:
    """The bytes of a file, for a player or a download. format: wav, flac, ogg, opus or mp3, as
    :func:`save` writes.
    """
    buffer = io.BytesIO()
    with _encoder(buffer, format, sample_rate) as put:
        put(array)
    return buffer.getvalue()


def wav(samples: Float32) -> bytes:
    """The bytes of a 32-bit float WAV file at 16 kHz, which depend on the samples alone; samples:
    (n,).

    libsndfile, which :func:`save` writes by, puts the time of day into one.
    """
    from scipy.io import wavfile

    buffer = io.BytesIO()
    wavfile.write(buffer, SAMPLE_RATE, samples)
    return buffer.getvalue()


@contextmanager
def _encoder(file: BinaryIO, format: str, sample_rate: int) -> Iterator[Put]:
    import soundfile

    if format not in _FORMATS:
        raise JssError(
            f"Audio is written as {', '.join(_FORMATS)}, not as '{format}': choose one of these suffixes."
        )
    container, subtype = _FORMATS[format]
    step = 10 * sample_rate  # libsndfile crashes on a Vorbis write of minutes at once
    sink = Sink(file)
    try:
        with soundfile.SoundFile(sink, "w", sample_rate, 1, subtype, format=container) as out:

            def put(array: npt.ArrayLike) -> None:
                samples = np.asarray(array, np.float32)
                if samples.ndim != 1:
                    raise JssError(
                        f"A waveform to be written must have the shape (samples,), not {samples.shape}."
                    )
                if format != "wav":
                    samples = np.clip(samples, -1.0, 1.0)
                for start in range(0, len(samples), step):
                    out.write(samples[start : start + step])
                    sink.check()

            yield put
        sink.check()
    except soundfile.LibsndfileError as error:
        raise JssError(
            f"{format} cannot be written at {sample_rate} Hz: {error.error_string}"
        ) from error


def _size(source: Source, gone: int = 0) -> int:
    """Bytes on disk; ``gone`` where it is not there (what is open is read to its end) and for what
    is no path.
    """
    try:
        return os.path.getsize(source)  # type: ignore[arg-type]
    except (OSError, TypeError):
        return gone


def _resampled(blocks: Iterable[tuple[int, Float32]]) -> Iterator[Float32]:
    """Samples (n,) of any rate, which may change on the way, at 16 kHz."""
    import soxr

    rate, resampler = SAMPLE_RATE, None
    for new, block in blocks:
        if new != rate:
            if resampler is not None:
                yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)
            resampler = (
                None
                if new == SAMPLE_RATE
                else soxr.ResampleStream(new, SAMPLE_RATE, 1, dtype="float32")
            )
            rate = new
        yield block if resampler is None else resampler.resample_chunk(block)
    if resampler is not None:
        yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)


def _mono(
    blocks: Iterable[tuple[int, Float32]], name: str, note: Note
) -> Iterator[tuple[int, Float32]]:
    """(rate, samples (n,)), checked, a second at a time, whatever the blocks: (rate, samples (n,
    channels)).
    """
    count, cancelled = 0, 0.0
    for rate, block in _seconds(blocks):
        mono = block[:, 0]
        if block.shape[1] > 1:
            mono, cancels = average(block)
            cancelled += cancels * len(block) / rate
        _check(mono, name)
        count += len(mono)
        yield rate, mono
    if not count:
        raise JssError(f"{name} holds no samples: copy or record it again.")
    if cancelled:
        note(
            f"{name}: its channels cancel one another for {cancelled:.0f} s; the louder one is taken there, in place "
            "of their average."
        )


def _seconds(blocks: Iterable[tuple[int, Float32]]) -> Iterator[tuple[int, Float32]]:
    """The same in blocks of a second (less of very many channels)."""
    pending: list[Float32] = []
    rate, channels, held = 0, 0, 0
    for new, block in blocks:
        if (new, block.shape[1]) != (rate, channels) and held:
            yield rate, np.concatenate(pending)
            pending, held = [], 0
        rate, channels = new, block.shape[1]
        size = max(1024, min(rate, _MOST // max(1, channels)))
        pending.append(block)
        held += len(block)
        if held >= size:
            joined = pending[0] if len(pending) == 1 else np.concatenate(pending)
            for start in range(0, held - size + 1, size):
                yield rate, joined[start : start + size]
            pending = [joined[held - held % size :]]
            held = len(pending[0])
    if held:
        yield rate, np.concatenate(pending)


def _check(samples: Float32, name: str) -> None:
    peak = float(np.max(np.abs(samples))) if len(samples) else 0.0
    if not np.isfinite(peak):
        raise JssError(
            f"{name} holds samples that are not numbers (NaN or infinite): export it again."
        )
    if peak > FAR_BEYOND:
        raise JssError(
            f"{name} holds samples of up to {peak:.0e} where full scale is 1: export it again."
        )
