"""Audio in and out: any file of libsndfile becomes 16 kHz mono float32, in one piece or in blocks."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from jss.errors import JssError
from jss.io.atomic import Sink, aside

#: Every waveform in jss has this many samples a second.
SAMPLE_RATE = 16000
#: Suffixes that a folder is searched for.
SUFFIXES = frozenset(
    {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au", ".caf", ".w64"}
)

Array = npt.NDArray[np.float32]
Source = str | os.PathLike[str] | BinaryIO
Put = Callable[[npt.ArrayLike], None]

# (format, subtype) by name. WAV keeps every sample as it is; the others hold [-1, 1] only.
_FORMATS = {
    "wav": ("WAV", "FLOAT"),
    "flac": ("FLAC", "PCM_24"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
}
_LOWEST_RATE = 1000
_LOUDEST = 1e6  # full scale is 1; float files of 16-bit integers reach 3e4
_UNKNOWN_LENGTH = 1 << 62  # libsndfile's count where a header gives none


def load(source: Source) -> Array:
    """A whole recording as float32 (samples,) at 16 kHz, channels averaged.

    source: a path or an open binary file of whatever libsndfile reads, any rate from 1 kHz, any
    number of channels. Raises JssError for a file that is missing, empty, damaged, cut off or no
    audio, or has samples that are not finite.
    """
    return np.concatenate(list(stream(source)))


def stream(source: Source, seconds: float = 10.0) -> Iterator[Array]:
    """The same samples as :func:`load` in blocks of ``seconds`` (the last one is shorter, never
    empty).

    Memory is bounded by the block, whatever the length of the file. Raises what load raises, while
    iterating.
    """
    with _open(source) as file:
        size = _size(source)
        yield from stretches(file, _name(source), seconds)
        if _size(source, size) < size:  # libsndfile would take what is left of a WAV for the whole
            raise JssError(
                f"{_name(source)} was cut off while it was read: give it again when it is whole."
            )


def stretches(file: Any, name: str, seconds: float = 10.0, most: int = 1 << 20) -> Iterator[Array]:
    """:func:`stream` of an open ``soundfile.SoundFile``, called ``name``; ``most`` values are read
    from it at once.
    """
    import soxr

    size = max(1, round(seconds * SAMPLE_RATE))
    rate = int(file.samplerate)
    resampler = (
        None if rate == SAMPLE_RATE else soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32")
    )
    pending: list[Array] = []
    held = total = 0
    for block in _blocks(file, name, most):
        if resampler is not None:
            block = resampler.resample_chunk(block)
        pending.append(block)
        held += len(block)
        total += len(block)
        if held >= size:
            joined = np.concatenate(pending)
            for start in range(0, held - size + 1, size):
                yield joined[start : start + size]
            pending = [joined[held - held % size :].copy()]
            held = len(pending[0])
    if resampler is not None:
        pending.append(resampler.resample_chunk(np.zeros(0, np.float32), last=True))
    rest = np.concatenate(pending)
    if not len(rest) and not total:
        raise JssError(f"{name} holds too few samples to be sound.")
    for start in range(0, len(rest), size):
        yield rest[start : start + size]


def duration(source: Source) -> float:
    """Length of a recording in seconds, from its header; counted where the header does not tell.
    Raises JssError.
    """
    with _open(source) as file:
        frames = int(file.frames)
        if frames >= _UNKNOWN_LENGTH:
            frames = sum(len(block) for block in _blocks(file, _name(source)))
        return frames / int(file.samplerate)


def check(source: Source) -> float:
    """Length of a recording in seconds, after reading every sample of it. Raises what load raises."""
    with _open(source) as file:
        return sum(len(block) for block in _blocks(file, _name(source))) / int(file.samplerate)


def from_array(
    array: npt.ArrayLike, sample_rate: int = SAMPLE_RATE, name: str = "the array"
) -> Array:
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
    if samples.ndim == 2:
        samples = samples.mean(axis=1)
    if not samples.size:
        raise JssError(f"{name} holds no samples.")
    with np.errstate(over="ignore"):
        mono = samples.astype(np.float32)
    _check(mono, name)
    return resample(mono, sample_rate)


def resample(array: Array, rate: int, target: int = SAMPLE_RATE) -> Array:
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
    with aside(path) as part, open(part, "wb") as file, _encoder(file, format, sample_rate) as put:
        yield put


def encode(array: npt.ArrayLike, format: str = "wav", sample_rate: int = SAMPLE_RATE) -> bytes:
    """The bytes of a file, for a player or a download. format: wav, flac, ogg, opus or mp3, as
    :func:`save` writes.
    """
    buffer = io.BytesIO()
    with _encoder(buffer, format, sample_rate) as put:
        put(array)
    return buffer.getvalue()


def wav(samples: Array) -> bytes:
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


def _name(source: Source) -> str:
    if isinstance(source, str | os.PathLike):
        return str(os.fspath(source))
    return str(getattr(source, "name", None) or "the uploaded file")


def _open(source: Source) -> Any:
    """An open soundfile.SoundFile, or the sentence that says why there is none."""
    import soundfile

    name = _name(source)
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        if not path.exists():
            raise JssError(f"There is no file at {name}.")
        if not path.is_file():
            raise JssError(
                f"{name} is {'a folder' if path.is_dir() else 'not a regular file'}: give an audio file."
            )
        if path.stat().st_size == 0:
            raise JssError(f"{name} is empty (0 bytes): copy or record it again.")
    else:
        source.seek(0)
        if not source.read(1):
            raise JssError(f"{name} is empty (0 bytes): copy or record it again.")
        source.seek(0)
    try:
        # As bytes, since a name on disk need not be UTF-8.
        file = soundfile.SoundFile(
            os.fsencode(source) if isinstance(source, str | os.PathLike) else source
        )
    except PermissionError as error:
        raise JssError(f"{name} cannot be opened: permission denied.") from error
    except (soundfile.LibsndfileError, OSError, TypeError, ValueError) as error:
        raise JssError(
            f"{name} is not audio that can be read, or it is damaged: give a wav, flac, ogg, opus or "
            "mp3 file."
        ) from error
    if file.samplerate < _LOWEST_RATE:
        rate = file.samplerate
        file.close()
        raise JssError(
            f"{name} has {rate} samples a second, too few for sound: is its header right?"
        )
    if file.frames == 0:
        file.close()
        raise JssError(f"{name} holds no samples: copy or record it again.")
    return file


def _blocks(file: Any, name: str, most: int = 1 << 20) -> Iterator[Array]:
    """Mono blocks at the file's own rate, checked; at most so many values are held at a time."""
    import soundfile

    cut_off = JssError(f"{name} is cut off or damaged: copy or download it again.")
    if _header_promises_more(str(file.extra_info)):
        raise cut_off
    size = max(1024, most // int(file.channels))
    count = 0
    try:
        while len(block := file.read(size, dtype="float32", always_2d=True)):
            mono = block[:, 0] if block.shape[1] == 1 else _mean(block)
            _check(mono, name)
            count += len(mono)
            yield mono
    except soundfile.LibsndfileError as error:
        raise cut_off from error
    if not count:
        raise JssError(f"{name} holds no samples: copy or record it again.")
    # An mp3 of variable rate has its length in a header; without one the length is a guess.
    if (
        "bitrate mode   : variable" in str(file.extra_info)
        and file.frames - count > file.samplerate // 2
    ):
        raise cut_off


def _mean(block: Array) -> Array:
    """Channels averaged, column by column: faster than a mean along the short axis. (n, c) -> (n,)"""
    total = block[:, 0].copy()
    for channel in range(1, block.shape[1]):
        total += block[:, channel]
    return total / np.float32(block.shape[1])


def _header_promises_more(log: str) -> bool:
    """Whether libsndfile's log of a header tells of missing data. A writer to a pipe promises 2 GB
    and more.
    """
    sizes = re.search(r"^\s*(?:data|SSND) : (\d+) \(should be (\d+)\)", log, re.MULTILINE)
    if sizes:
        promised, there = int(sizes[1]), int(sizes[2])
        return there + 64 < 0.99 * promised and promised < 2**31 - 2**16
    return "lacks an end-of-stream bit" in log and "Junk after the last page" in log


def _check(samples: Array, name: str) -> None:
    peak = float(np.max(np.abs(samples))) if len(samples) else 0.0
    if not np.isfinite(peak):
        raise JssError(
            f"{name} holds samples that are not numbers (NaN or infinite): export it again."
        )
    if peak > _LOUDEST:
        raise JssError(
            f"{name} holds samples of up to {peak:.0e} where full scale is 1: export it again."
        )
