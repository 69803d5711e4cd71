"""Reading and writing of audio: every file with sound becomes 16 kHz mono float32."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from jss.arrays import Float32
from jss.errors import JssError
from jss.io.atomic import Sink, atomic_write
from jss.io.notes import warn
from jss.io.sound.decoders import HIGHEST_RATE, LOWEST_RATE, Source, opened
from jss.io.sound.pcm import FAR_BEYOND, FLOATS, Blocks, Note, average, full_scale, to_full_scale

#: Samples a second of every waveform in jss.
SAMPLE_RATE = 16000

#: Writes (samples,) to a file.
Put = Callable[[npt.ArrayLike], None]

# (format, subtype) by suffix. WAV stores every sample unchanged; the others store [-1, 1] only.
_FORMATS = {
    "wav": ("WAV", "FLOAT"),
    "flac": ("FLAC", "PCM_24"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
}
_MAX_VALUES = 1 << 20  # in memory at once


def _ignore(sentence: str) -> None:
    """Note callback for reading a file only to measure it."""


def load(source: Source, note: Note = warn) -> Float32:
    """Read a whole recording, with channels averaged.

    Args:
        source: Path or open binary file of any format of libsndfile or FFmpeg (of a video, its
            sound), with any rate from 1 kHz and any number of channels.
        note: Called with a sentence where the file is not read as its header says.

    Returns:
        (samples,) at 16 kHz.

    Raises:
        JssError: The file is missing, empty, damaged, cut off or not audio, or has samples that are
            not finite.
    """
    return np.concatenate(list(stream(source, note=note)))


def stream(source: Source, seconds: float = 10.0, note: Note = warn) -> Iterator[Float32]:
    """Read the samples of :func:`load` in blocks, with memory for one block.

    Args:
        source: See :func:`load`.
        seconds: Length of a block; the last one is shorter, never empty.
        note: See :func:`load`.

    Yields:
        (samples,) at 16 kHz.

    Raises:
        JssError: See :func:`load`; raised while iterating.
    """
    with opened(source, note) as sound:
        size = _size(source)
        yield from resampled_blocks(sound.read(), sound.name, seconds, note)
        if _size(source, size) < size:  # a decoder does not notice that
            raise JssError(
                f"{sound.name} was cut off while it was read: give it again when it is complete."
            )


def resampled_blocks(
    blocks: Blocks, name: str, seconds: float = 10.0, note: Note = warn
) -> Iterator[Float32]:
    """Convert what a decoder yields to blocks of :func:`stream`.

    Args:
        blocks: (rate, samples (n, channels)) in order.
        name: How errors call the file.
        seconds: Length of a block.
        note: See :func:`load`.

    Yields:
        (samples,) at 16 kHz.

    Raises:
        JssError: There are too few samples, or some are not finite.
    """
    size = max(1, round(seconds * SAMPLE_RATE))
    pending: list[Float32] = []
    count = total = 0
    for block in _resampled(_mono(blocks, name, note)):
        pending.append(block)
        count += len(block)
        total += len(block)
        if count >= size:
            joined = np.concatenate(pending)
            for start in range(0, count - size + 1, size):
                yield joined[start : start + size]
            pending = [joined[count - count % size :].copy()]
            count = len(pending[0])
    if not total:
        raise JssError(f"{name} holds too few samples to be sound.")
    if count:
        yield np.concatenate(pending)


def excerpt(source: Source, start: float, seconds: float) -> Float32:
    """Read a part of a recording, without the rest of it where the format allows that.

    A WAV, AIFF or FLAC whose header agrees with the file is read from ``start`` on; other files are
    decoded up to the end of the part. Where a part of a float file reaches 1, the whole file is
    read to find out whether its samples are integers; once, until the file changes.

    Args:
        source: See :func:`load`.
        start: Seconds from the start of the recording.
        seconds: Length of the part; shorter where the recording ends.

    Returns:
        (samples,) at 16 kHz.

    Raises:
        JssError: See :func:`load`; or the recording ends before ``start``.
    """
    import soundfile

    with opened(source, _ignore) as sound:
        name, indexed = sound.name, sound.frames is not None
    if indexed and isinstance(source, str | os.PathLike):
        with suppress(soundfile.LibsndfileError), soundfile.SoundFile(source) as file:
            file.seek(min(round(start * file.samplerate), file.frames))
            part = file.read(round(seconds * file.samplerate), np.float32, always_2d=True)
            if file.subtype in FLOATS and np.max(np.abs(part), initial=0) >= 1:  # may be integers
                status = os.stat(source)
                part /= _full_scale(os.fspath(source), name, status.st_mtime_ns, status.st_size)
            if len(part):
                return from_array(part, file.samplerate, name)
    wanted = slice(round(start * SAMPLE_RATE), round((start + seconds) * SAMPLE_RATE))
    parts: list[Float32] = []
    at = 0
    for block in stream(source):
        part = block[max(0, wanted.start - at) : max(0, wanted.stop - at)]
        parts += [part] if len(part) else []
        at += len(block)
        if at >= wanted.stop:
            break
    if not parts:
        raise JssError(f"{name} ends before {start:g} s.")
    return np.concatenate(parts)


@lru_cache(1024)
def _full_scale(path: str, name: str, changed: int, size: int) -> float:
    """Full scale of a float file that libsndfile reads; a note says where it is that of integers."""
    import soundfile

    with soundfile.SoundFile(path) as file:
        step = max(1, _MAX_VALUES // file.channels)
        blocks = file.blocks(step, dtype="float32", always_2d=True)
        return full_scale(((file.samplerate, block) for block in blocks), name, warn)


def duration(source: Source) -> float:
    """Length of a recording in seconds.

    It is read from the header of a WAV, AIFF or FLAC that agrees with the file; other files are
    decoded.

    Raises:
        JssError: See :func:`load`.
    """
    with opened(source, _ignore) as sound:
        if sound.frames is not None:
            return sound.frames / sound.rate
        return sum(len(block) / rate for rate, block in sound.read())


def estimate(source: Source) -> float:
    """Estimate the length of a recording in seconds from its header, for a progress bar.

    Raises:
        JssError: See :func:`load`.
    """
    with opened(source, _ignore) as sound:
        return sound.guess


def check(source: Source, note: Note = warn) -> float:
    """Read every sample of a recording.

    Args:
        source: See :func:`load`.
        note: See :func:`load`.

    Returns:
        Length in seconds.

    Raises:
        JssError: See :func:`load`.
    """
    with opened(source, note) as sound:
        return sum(len(block) / rate for rate, block in _mono(sound.read(), sound.name, note))


def is_plain(source: Source) -> bool:
    """Whether a file is a mono WAV at 16 kHz whose header agrees with the file.

    Raises:
        JssError: See :func:`load`.
    """
    with opened(source, _ignore) as sound:
        return sound.mono_wav and sound.rate == SAMPLE_RATE


def from_array(
    array: npt.ArrayLike, sample_rate: int = SAMPLE_RATE, name: str = "the array"
) -> Float32:
    """Convert samples in memory to 16 kHz mono.

    Args:
        array: (samples,) or (samples, channels); floats with full scale 1, or integers.
        sample_rate: Samples a second, a whole number from 1000 to 10 million.
        name: How errors call the array.

    Returns:
        (samples,) at 16 kHz.

    Raises:
        JssError: The array is empty, of another shape, or has samples that are not finite; or the
            sample rate is none.
    """
    sample_rate = _whole_rate(sample_rate, name)
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


def _whole_rate(rate: object, name: str) -> int:
    """A sample rate as an integer; raises JssError where it is none of sound."""
    if not (
        isinstance(rate, int | float | np.integer | np.floating)
        and LOWEST_RATE <= rate <= HIGHEST_RATE
        and rate == int(rate)
    ):
        raise JssError(
            f"{name} has the sample rate {rate!r}: give a whole number of samples a second, from "
            f"{LOWEST_RATE} to {HIGHEST_RATE}."
        )
    return int(rate)


def resample(array: Float32, rate: int, target: int = SAMPLE_RATE) -> Float32:
    """Change the sampling rate by soxr (HQ).

    Args:
        array: (samples,).
        rate: Samples a second of the array.
        target: Samples a second of the result.

    Returns:
        (about samples * target / rate,).
    """
    import soxr

    if rate == target:
        return array
    return np.asarray(soxr.resample(array, rate, target), np.float32)


def save(
    path: str | os.PathLike[str], array: npt.ArrayLike, sample_rate: int = SAMPLE_RATE
) -> None:
    """Write a waveform atomically, in the format of the file's suffix.

    wav is 32-bit float and unchanged; flac has 24 bit, ogg is Vorbis, opus and mp3 are lossy: in
    these four, samples are clipped to [-1, 1]. Missing folders are created.

    Args:
        path: The file.
        array: (samples,).
        sample_rate: Samples a second.

    Raises:
        JssError: The format is unknown, or the file cannot be written.
    """
    with writer(path, sample_rate) as put:
        put(array)


@contextmanager
def writer(path: str | os.PathLike[str], sample_rate: int = SAMPLE_RATE) -> Iterator[Put]:
    """Write a waveform block by block, as :func:`save` does.

    Args:
        path: The file.
        sample_rate: Samples a second.

    Yields:
        Function that writes (samples,).

    Raises:
        JssError: See :func:`save`.
    """
    format = Path(path).suffix[1:].lower()
    with (
        atomic_write(path) as part,
        open(part, "wb") as file,
        _encoder(file, format, sample_rate) as put,
    ):
        yield put


def encode(
    array: npt.ArrayLike,
    format: str = "wav",
    sample_rate: int = SAMPLE_RATE,
    *,
    subtype: str | None = None,
    compression: float | None = None,
) -> bytes:
    """Encode a waveform as a file in memory, as :func:`save` writes it unless asked otherwise.

    Args:
        array: (samples,).
        format: wav, flac, ogg, opus or mp3.
        sample_rate: Samples a second.
        subtype: libsndfile's name of another sample format, such as "PCM_16".
        compression: From 0, the largest file, to 1; None: libsndfile's default.

    Returns:
        Content of the file.
    """
    buffer = io.BytesIO()
    with _encoder(buffer, format, sample_rate, subtype, compression) as put:
        put(array)
    return buffer.getvalue()


def wav(samples: Float32) -> bytes:
    """Encode a waveform (n,) as a 32-bit float WAV at 16 kHz that depends on the samples only.

    libsndfile, which :func:`save` uses, writes the time of day into the file.
    """
    from scipy.io import wavfile

    buffer = io.BytesIO()
    wavfile.write(buffer, SAMPLE_RATE, samples)
    return buffer.getvalue()


@contextmanager
def _encoder(
    file: BinaryIO,
    format: str,
    sample_rate: int,
    subtype: str | None = None,
    compression: float | None = None,
) -> Iterator[Put]:
    import soundfile

    if format not in _FORMATS:
        raise JssError(
            f"Audio is written as {', '.join(_FORMATS)}, not as '{format}': choose one of these suffixes."
        )
    container, usual = _FORMATS[format]
    step = 10 * sample_rate  # libsndfile crashes on a Vorbis write of minutes at once
    sink = Sink(file)
    try:
        with soundfile.SoundFile(
            sink,
            "w",
            sample_rate,
            1,
            subtype or usual,
            format=container,
            compression_level=compression,
        ) as out:

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


def _size(source: Source, missing: int = 0) -> int:
    """Size of a file on disk in bytes.

    Args:
        source: Path or open file.
        missing: Result where the file does not exist (an open file is read to its end), and for an
            open file.
    """
    if not isinstance(source, str | os.PathLike):
        return missing
    try:
        return os.path.getsize(source)
    except OSError:
        return missing


def _resampled(blocks: Iterable[tuple[int, Float32]]) -> Iterator[Float32]:
    """Resample blocks (n,), whose rate may change from one to the next, to 16 kHz."""
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
    """Average channels and check samples, in blocks of a second.

    Args:
        blocks: (rate, samples (n, channels)) in order.
        name: How errors call the file.
        note: See :func:`load`.

    Yields:
        (rate, samples (n,)).
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
            f"{name}: its channels cancel one another for {cancelled:.0f} s; the louder one is used there in place "
            "of their average."
        )


def _seconds(blocks: Iterable[tuple[int, Float32]]) -> Iterator[tuple[int, Float32]]:
    """Divide blocks into blocks of a second (less for very many channels)."""
    pending: list[Float32] = []
    rate, channels, count = 0, 0, 0
    for new, block in blocks:
        if (new, block.shape[1]) != (rate, channels) and count:
            yield rate, np.concatenate(pending)
            pending, count = [], 0
        rate, channels = new, block.shape[1]
        size = max(1024, min(rate, _MAX_VALUES // max(1, channels)))
        pending.append(block)
        count += len(block)
        if count >= size:
            joined = pending[0] if len(pending) == 1 else np.concatenate(pending)
            for start in range(0, count - size + 1, size):
                yield rate, joined[start : start + size]
            pending = [joined[count - count % size :]]
            count = len(pending[0])
    if count:
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
