"""Decoding of any sound file: libsndfile for WAV, AIFF and FLAC, FFmpeg for all else.

libsndfile is used only where the header agrees with the file. Lengths are counted, not taken from
headers. Where a file is not read as its header says, ``note`` is called with a sentence.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from jss.errors import JssError
from jss.io.sound.ffmpeg import open_container, packets, track
from jss.io.sound.headers import Samples, cut_off, cut_off_error, is_rest, samples_of, short
from jss.io.sound.joined import parts_of
from jss.io.sound.pcm import FLOATS, Blocks, Note, pcm, to_full_scale

#: A path or an open binary file.
Source = str | os.PathLike[str] | BinaryIO

#: Samples a second of what can be sound.
LOWEST_RATE, HIGHEST_RATE = 1000, 10_000_000
_UNKNOWN_LENGTH = 1 << 60  # libsndfile's count exceeds it where the header states no length


@dataclass(frozen=True)
class Opened:
    """An open sound file."""

    #: How errors call the file.
    name: str
    #: Samples a second, of its first part.
    rate: int
    #: Samples of each channel; None where only decoding can count them.
    frames: int | None
    #: Estimated seconds; 0 where unknown.
    guess: float
    #: Whether it is a mono WAV whose header agrees with the file.
    mono_wav: bool
    #: Decodes the file from its start.
    read: Callable[[], Blocks]


@contextmanager
def opened(source: Source, note: Note) -> Iterator[Opened]:
    """Open a sound file.

    Args:
        source: Path or open binary file.
        note: Called with a sentence where the file is not read as its header says.

    Yields:
        The open file.

    Raises:
        JssError: There is no such file, or it has no sound.
    """
    name = name_of(source)
    with ExitStack() as stack:
        file: Any = source
        if isinstance(source, str | os.PathLike):
            file = stack.enter_context(_open_file(Path(source), name))
        size = file.seek(0, io.SEEK_END)
        if not size:
            raise JssError(f"{name} is empty (0 bytes): copy or record it again.")
        parts = [_part(part, name, note, stack) for part in parts_of(file, size)]
        if len(parts) > 1:
            note(
                f"{name} holds {len(parts)} recordings, one after the other: all of them are read."
            )
        first = parts[0]
        if first.rate > HIGHEST_RATE:
            raise JssError(
                f"{name} has {first.rate} samples a second, too many for sound: is its header right?"
            )
        if first.rate < LOWEST_RATE:
            raise JssError(
                f"{name} has {first.rate} samples a second, too few for sound: is its header right?"
            )
        frames = first.frames if len(parts) == 1 else None

        def read() -> Blocks:
            for part in parts:
                yield from part.read()

        guess = sum(part.guess for part in parts)
        yield Opened(name, first.rate, frames, guess, first.mono_wav and len(parts) == 1, read)


def name_of(source: Source) -> str:
    """How errors call a file."""
    if isinstance(source, str | os.PathLike):
        return str(os.fspath(source))
    return str(getattr(source, "name", None) or "the uploaded file")


def _open_file(path: Path, name: str) -> BinaryIO:
    """Open a file on disk.

    Raises:
        JssError: It is missing, a folder, or cannot be opened.
    """
    try:
        if path.exists() and not path.is_file():
            raise JssError(
                f"{name} is {'a folder' if path.is_dir() else 'not a regular file'}: give an audio file."
            )
        return path.open("rb")
    except FileNotFoundError as error:
        link = f" ({name} is a link to {os.readlink(path)})" if path.is_symlink() else ""
        raise JssError(f"There is no file at {name}{link}.") from error
    except PermissionError as error:
        raise JssError(f"{name} cannot be opened: permission denied.") from error
    except (OSError, ValueError) as error:
        raise JssError(
            f"{name} cannot be opened: {getattr(error, 'strerror', None) or error}."
        ) from error


@dataclass(frozen=True)
class _Decoded:
    """One part of a file, with the fields of :class:`Opened`."""

    rate: int
    frames: int | None
    guess: float
    mono_wav: bool
    read: Callable[[], Blocks]


def _part(part: tuple[BinaryIO, int], name: str, note: Note, stack: ExitStack) -> _Decoded:
    """Choose the decoder of one part.

    Raises:
        JssError: It is not audio, or damaged.
    """
    file, _ = part
    file.seek(0)
    samples = samples_of(file)
    file.seek(0)
    if samples is not None:
        reader = _uncompressed(part, samples, name, note, stack)
        if reader is not None:
            return reader
    elif (magic := file.read(4)) in (b"fLaC", b"caff"):
        total = int.from_bytes(file.read(22)[-8:], "big") & 0xF_FFFF_FFFF
        if (total or magic == b"caff") and (
            reader := _libsndfile(file, name, note, stack)
        ) is not None:
            return reader
    reader = _ffmpeg(part, name, note) or _libsndfile(file, name, note, stack)
    if reader is None:
        raise JssError(
            f"{name} is not audio that can be read, or it is damaged: give a wav, flac, ogg, opus, mp3 or "
            "m4a file, or a video with sound."
        )
    return reader


def _uncompressed(
    part: tuple[BinaryIO, int], samples: Samples, name: str, note: Note, stack: ExitStack
) -> _Decoded | None:
    """Open WAV, AIFF or AU; all samples of the file are read, whatever its header says.

    Returns:
        None where only FFmpeg may know its codec.

    Raises:
        JssError: It is empty or cut off.
    """
    file, size = part
    present = max(0, size - samples.start)
    promised = present if samples.promised is None else samples.promised
    file.seek(samples.start + min(promised, present))
    rest = is_rest(file.read(4096), present - promised) if present > promised else False
    if not present or (promised == 0 and rest):
        raise JssError(f"{name} holds no samples: copy or record it again.")
    if present < promised and not samples.endless and short(promised, present):
        raise cut_off_error(name)
    agrees = present == promised or (present > promised and rest)
    count = promised if agrees else present
    if samples.codec is None:
        if not agrees:
            note(
                f"{name} has another length than its header says: all that can be decoded is read."
            )
        return _libsndfile(file, name, note, stack) if agrees else None
    seconds = count // samples.frame / max(1, samples.rate)
    if not agrees:
        statement = (
            "does not say its length"
            if not promised or (samples.endless and present < promised)
            else f"says {promised // samples.frame / max(1, samples.rate):.1f} s"
        )
        note(f"{name}: its header {statement}, and all {seconds:.1f} s in the file are read.")
    decoded = _libsndfile(file, name, note, stack) if agrees else None
    if decoded is None:

        def read() -> Blocks:
            file.seek(samples.start)
            return pcm(file, samples, count)

        decoded = _Decoded(samples.rate, count // samples.frame, seconds, False, read)
        if samples.codec.startswith("pcm_f"):
            decoded = replace(decoded, read=to_full_scale(read, name, note))
    return replace(
        decoded, mono_wav=agrees and samples.container == "wav" and samples.channels == 1
    )


def _libsndfile(file: BinaryIO, name: str, note: Note, stack: ExitStack) -> _Decoded | None:
    """Open a file by libsndfile; None where libsndfile does not know it."""
    import soundfile

    if str(getattr(file, "name", "")).lower().endswith(".raw"):
        return None  # soundfile would ask for its rate
    file.seek(0)
    try:
        # By its name where it has one, because libsndfile's callbacks lose a KeyboardInterrupt.
        sound = stack.enter_context(soundfile.SoundFile(_on_disk(file) or file))
    except (soundfile.LibsndfileError, OSError):
        return None
    begun = False  # not all formats can seek back

    def read() -> Blocks:
        nonlocal begun
        count = 0
        try:
            if begun:
                sound.seek(0)
            begun = True
            while len(
                block := sound.read(
                    max(1024, (1 << 20) // sound.channels), dtype="float32", always_2d=True
                )
            ):
                count += len(block)
                yield sound.samplerate, block
        except soundfile.LibsndfileError as error:
            raise cut_off_error(name) from error
        if sound.frames < _UNKNOWN_LENGTH and short(sound.frames, count):
            raise cut_off_error(name)

    frames = sound.frames if sound.frames < _UNKNOWN_LENGTH else None
    guess = (frames or 0) / sound.samplerate
    if sound.subtype in FLOATS:
        read = to_full_scale(read, name, note)
    return _Decoded(sound.samplerate, frames, guess, False, read)


def _on_disk(file: BinaryIO) -> bytes | None:
    """Name of a file that :func:`_open_file` opened."""
    name = file.name if isinstance(file, io.BufferedReader) else None
    return os.fsencode(name) if isinstance(name, str | bytes) else None


def _ffmpeg(part: tuple[BinaryIO, int], name: str, note: Note) -> _Decoded | None:
    """Open a file by FFmpeg.

    Returns:
        None where FFmpeg does not know it.

    Raises:
        JssError: It is a video without sound.
    """
    file, size = part
    with ExitStack() as stack:
        file.seek(0)
        container = open_container(file, stack)
        if container is None:
            return None
        streams = container.streams.audio
        if not streams:
            raise JssError(f"{name} has no sound track: give a recording with sound.")
        if len(streams) > 1:
            note(f"{name} has {len(streams)} sound tracks: the main one is read.")
        stream = track(container)
        guess = (container.duration or 0) / 1e6
        if stream is None or not stream.rate:
            return None
        first_rate = int(stream.rate)

    def read() -> Blocks:
        with ExitStack() as stack:
            file.seek(0)
            container = open_container(file, stack)
            stream = track(container) if container is not None else None
            if stream is None:
                raise cut_off_error(name)
            seconds = promised = 0.0
            for rate, block in packets(container, name, note):
                seconds += len(block) / rate
                yield rate, block
            if container.format.name.startswith("mov") and stream.duration:
                promised = float(stream.duration * stream.time_base)
        if cut_off(file, size, seconds) or short(round(promised * 1000), round(seconds * 1000)):
            raise cut_off_error(name)

    return _Decoded(first_rate, None, guess, False, read)
