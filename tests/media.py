"""Files as phones, browsers and cameras write them, made by FFmpeg."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

#: Suffix -> (codec, format of FFmpeg), at a rate that the codec takes.
KINDS = {
    "m4a": ("aac", "ipod"),
    "aac": ("aac", "adts"),
    "webm": ("libopus", "webm"),
    "mka": ("flac", "matroska"),
    "wma": ("wmav2", "asf"),
    "mp4": ("aac", "mp4"),
    "mov": ("pcm_s16le", "mov"),
    "mkv": ("libopus", "matroska"),
    "avi": ("pcm_s16le", "avi"),
    "ac3": ("ac3", "ac3"),
    "ogv": ("libopus", "ogg"),
    "wv": ("wavpack", "wv"),
    "tta": ("tta", "tta"),
}
VIDEOS = {"mp4", "mov", "mkv", "avi"}
LOSSLESS = {"mka", "mov", "avi", "wv", "tta"}


def encode(path: Path, samples: np.ndarray, rate: int = 48000, kind: str | None = None) -> Path:
    """Write (samples,) into a file; a video has a few black pictures too."""
    kind = kind or path.suffix[1:]
    codec, format = KINDS[kind]
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format=format) as container:
        picture = None
        if kind in VIDEOS:
            picture = container.add_stream("mpeg4", rate=10)
            picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        formats = [format.name for format in av.Codec(codec, "w").audio_formats]
        wanted = next((name for name in formats if name in ("s16", "s16p")), formats[0])
        sound = container.add_stream(codec, rate=rate, layout="mono", format=wanted)
        sound.bit_rate = 96000
        if picture is not None:
            black = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            for _ in range(5):
                black.pts = None
                container.mux(picture.encode(black))
            container.mux(picture.encode())
        integers = np.rint(np.clip(samples, -1, 1) * 32767).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(integers, format="s16", layout="mono")
        frame.sample_rate = rate
        size = sound.codec_context.frame_size or 4096
        resampler = av.AudioResampler(format=wanted, layout="mono", rate=rate, frame_size=size)
        at = 0
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            piece.pts, piece.time_base = at, Fraction(1, rate)
            at += piece.samples
            container.mux(sound.encode(piece))
        container.mux(sound.encode())
    return path
