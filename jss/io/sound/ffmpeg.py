"""Decoding by FFmpeg, through PyAV, with the formats that it may use."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import numpy as np

from jss.arrays import Float32
from jss.io.sound.headers import cut_off_error
from jss.io.sound.pcm import Blocks, Note, integers

#: A file is damaged where more than this share of its packets cannot be decoded.
_BAD_SHARE = 0.02

# Formats that FFmpeg may use. Playlists (HLS, concat) are not among them, because they open other
# files.
_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mp3,aac,loas,latm,ogg,flac,wav,w64,aiff,au,caf,asf,asf_o,avi,mpegts,"
    "mpeg,mpegvideo,flv,live_flv,amr,amrnb,amrwb,ac3,eac3,dts,dtshd,truehd,mlp,wv,ape,tta,tak,mpc,mpc8,voc,"
    "nistsphere,sox,ircam,avr,paf,pvf,xwma,rm,oma,aea,gsm,iff,dsf,mxf,gxf,wtv,nut,ac4,g722,adx,shn,svx,8svx,"
    "wve,qcp,swf,dv,nsv,vivo,wsaud,wsvqa,smjpeg,smacker,bink,hca,spdif,s337m,sbc,msbc,lvf"
)


def open_container(file: Any, stack: ExitStack) -> Any:
    """Open a file by FFmpeg.

    Args:
        file: The open file.
        stack: Closes FFmpeg's container.

    Returns:
        The container; None where FFmpeg does not know the file.
    """
    import av

    options = {"format_whitelist": _FORMATS, "protocol_whitelist": "none"}
    try:
        return stack.enter_context(av.open(file, options=options, metadata_errors="replace"))
    except (av.FFmpegError, OSError, ValueError, OverflowError):
        return None


def track(container: Any) -> Any:
    """The main sound track; None where there is none whose codec is known."""
    stream = container.streams.best("audio")
    return None if stream is None or stream.codec_context is None else stream


def packets(container: Any, name: str, note: Note) -> Blocks:
    """Decode the main sound track of a container.

    Args:
        container: FFmpeg's container.
        name: How errors call the file.
        note: Called with a sentence about packets that cannot be decoded.

    Yields:
        (rate, samples (n, channels)).

    Raises:
        JssError: Too much of it is damaged.
    """
    import av

    stream = track(container)
    bad = count = 0
    demuxed = container.demux(stream)
    try:
        for packet in demuxed:
            count += 1
            try:
                frames = [(f.sample_rate, _samples(f)) for f in packet.decode() if f.samples]
            except (av.FFmpegError, ValueError):  # also of a sample format that numpy has not
                bad += 1
                continue
            yield from ((rate, samples) for rate, samples in frames if rate)
    except av.FFmpegError as error:  # in the container itself
        raise cut_off_error(name) from error
    if bad > max(2, _BAD_SHARE * count):
        raise cut_off_error(name)
    if bad:
        note(f"{name}: {bad} of its {count} packets cannot be decoded and are left out.")


def _samples(frame: Any) -> Float32:
    """Convert a frame to (n, channels) with full scale 1."""
    numbers = frame.to_ndarray()
    numbers = numbers.T if frame.format.is_planar else numbers.reshape(-1, frame.layout.nb_channels)
    return numbers.astype(np.float32) if numbers.dtype.kind == "f" else integers(numbers)
