"""Headers of sound files, and whether the file agrees: sizes are often placeholders or outdated.

This module finds only what no decoder reports: where the samples of an uncompressed file begin, how
many bytes its header states, and whether a compressed file ends before its structure does.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import BinaryIO

from jss.errors import JssError

#: Programs that write to a pipe, and so do not know the length, state at least this many bytes (2
#: GiB less some page sizes).
_ENDLESS = 2**31 - 2**17
#: Share of the stated length that may be missing.
_SLACK = 0.01
#: First bytes of tags, which may follow the samples.
_TAGS = (b"TAG", b"ID3", b"APETAGEX", b"LYRICS", b"PK\x03\x04", b"wxyz")

_WAV_CODECS = {
    (1, 8): "pcm_u8",
    (1, 16): "pcm_s16",
    (1, 24): "pcm_s24",
    (1, 32): "pcm_s32",
    (3, 32): "pcm_f32",
    (3, 64): "pcm_f64",
    (6, 8): "pcm_alaw",
    (7, 8): "pcm_mulaw",
}
_AU_CODECS = {
    1: "pcm_mulaw",
    2: "pcm_s8",
    3: "pcm_s16",
    4: "pcm_s24",
    5: "pcm_s32",
    6: "pcm_f32",
    7: "pcm_f64",
    27: "pcm_alaw",
}
_AIFF_CODECS = {
    (b"NONE", 8): "pcm_s8",
    (b"NONE", 16): "pcm_s16be",
    (b"NONE", 24): "pcm_s24be",
    (b"NONE", 32): "pcm_s32be",
    (b"twos", 16): "pcm_s16be",
    (b"sowt", 16): "pcm_s16le",
    (b"in24", 24): "pcm_s24be",
    (b"in32", 32): "pcm_s32be",
    (b"fl32", 32): "pcm_f32be",
    (b"FL32", 32): "pcm_f32be",
    (b"fl64", 64): "pcm_f64be",
    (b"FL64", 64): "pcm_f64be",
    (b"ulaw", 16): "pcm_mulaw",
    (b"alaw", 16): "pcm_alaw",
    (b"ulaw", 8): "pcm_mulaw",
    (b"alaw", 8): "pcm_alaw",
}
_WIDTHS = {
    "u8": 1,
    "s8": 1,
    "alaw": 1,
    "mulaw": 1,
    "s16": 2,
    "s24": 3,
    "s32": 4,
    "f32": 4,
    "f64": 8,
}


@dataclass(frozen=True)
class Samples:
    """Location of the samples in an uncompressed file."""

    #: wav, aiff or au.
    container: str
    #: FFmpeg's name of the codec; None where the samples are compressed.
    codec: str | None
    #: Samples a second.
    rate: int
    channels: int
    #: Offset of the first sample in bytes.
    start: int
    #: Bytes of samples by the header; None where it does not state them.
    promised: int | None

    @property
    def frame(self) -> int:
        """Bytes of one sample of all channels; 0 where the samples are compressed."""
        if self.codec is None:
            return 0
        return (
            self.channels
            * _WIDTHS[self.codec.removeprefix("pcm_").removesuffix("le").removesuffix("be")]
        )

    @property
    def endless(self) -> bool:
        """Whether the stated length is one that programs write which do not know the length."""
        if not self.promised or self.promised >= _ENDLESS:
            return True
        frames = self.promised // self.frame if self.frame else self.promised
        return any(
            round_number >= 10**8 and round_number % 10**6 == 0
            for round_number in (self.promised, frames)
        )


def samples_of(file: BinaryIO) -> Samples | None:
    """Read a header without seeking back; the file is then at its first sample.

    Returns:
        None where it is not WAV (RIFF, RIFX, RF64, BW64), AIFF, AIFC or AU, or ends within the
        header. Compressed WAVs have no codec.
    """
    try:
        head = _exactly(file, 12)
        if head[:4] in (b"RIFF", b"RIFX", b"RF64", b"BW64") and head[8:] == b"WAVE":
            return _wav(file, ">" if head[:4] == b"RIFX" else "<")
        if head[:4] == b"FORM" and head[8:] in (b"AIFF", b"AIFC"):
            return _aiff(file)
        if head[:4] in (b".snd", b"dns."):
            return _au(file, head)
    except (EOFError, struct.error):
        pass
    return None


def _wav(file: BinaryIO, order: str) -> Samples | None:
    at, long, form = 12, None, None
    while True:
        name, size = _chunk(file, order)
        at += 8
        if name == b"data":
            if form is None:
                return None
            tag, channels, rate, bits = form
            codec = _WAV_CODECS.get((tag, bits))
            if codec and codec[-1].isdigit() and codec != "pcm_u8":
                codec += "be" if order == ">" else "le"
            promised = long if size == 0xFFFFFFFF and long else size
            return Samples("wav", codec, rate, channels, at, promised)
        body = _exactly(file, size + size % 2) if size < 1 << 26 else _skip(file, size + size % 2)
        at += size + size % 2
        if name == b"fmt ":
            tag, channels, rate, _, frame, bits = struct.unpack_from(f"{order}HHIIHH", body)
            if tag == 0xFFFE and len(body) >= 26:
                tag = struct.unpack_from(f"{order}H", body, 24)[0]
            if not channels:
                return None
            if (tag, bits, frame) == (1, 24, 4 * channels):
                bits = 32  # of which the lowest 8 are usually 0
            form = (tag, channels, rate, bits)
        elif name == b"ds64":
            long = struct.unpack_from("<QQ", body)[1]


def _aiff(file: BinaryIO) -> Samples | None:
    at, form = 12, None
    while True:
        name, size = _chunk(file, ">")
        at += 8
        if name == b"SSND":
            offset, _ = struct.unpack(">II", _exactly(file, 8))
            if form is None:
                return None
            _skip(file, offset)
            channels, frames, rate, codec = form
            samples = Samples("aiff", codec, rate, channels, at + 8 + offset, None)
            stated = frames * samples.frame
            promised = max(size - 8 - offset, 0) if size else 0
            # The header has two lengths; where they differ, the one that is not a placeholder counts.
            if stated and (not promised or promised >= _ENDLESS):
                promised = stated
            return Samples("aiff", codec, rate, channels, samples.start, promised)
        body = _exactly(file, size + size % 2) if size < 1 << 26 else _skip(file, size + size % 2)
        at += size + size % 2
        if name == b"COMM":
            channels, frames, bits = struct.unpack_from(">HIH", body)
            if not channels:
                return None
            codec = _AIFF_CODECS.get((body[18:22] if len(body) >= 22 else b"NONE", bits))
            form = channels, frames, _extended(body[8:18]), codec


def _au(file: BinaryIO, head: bytes) -> Samples | None:
    order = ">" if head[:4] == b".snd" else "<"
    start, size = struct.unpack_from(f"{order}II", head, 4)
    encoding, rate, channels = struct.unpack(f"{order}III", _exactly(file, 12))
    _skip(file, max(0, start - 24))
    codec = _AU_CODECS.get(encoding)
    if codec and codec[-1].isdigit() and codec != "pcm_s8":
        codec += "be" if order == ">" else "le"
    if not 0 < channels < 1024:
        return None
    return Samples(
        "au", codec, rate, channels, max(24, start), None if size == 0xFFFFFFFF else size
    )


def _chunk(file: BinaryIO, order: str) -> tuple[bytes, int]:
    name: bytes
    size: int
    name, size = struct.unpack(f"{order}4sI", _exactly(file, 8))
    return name, size


def _extended(data: bytes) -> int:
    """Round an 80-bit float, the type of an AIFF's rate."""
    exponent: int
    mantissa: int
    exponent, mantissa = struct.unpack(">HQ", data)
    return round(mantissa * math.pow(2.0, (exponent & 0x7FFF) - 16383 - 63))


def _exactly(file: BinaryIO, size: int) -> bytes:
    """Read a number of bytes, also from a pipe, which may return fewer at a time.

    Raises:
        EOFError: The file ends before.
    """
    data = b""
    while len(data) < size:
        more = file.read(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def _skip(file: BinaryIO, size: int) -> bytes:
    """Skip bytes; returns an empty result."""
    while size > 0:
        size -= len(_exactly(file, min(size, 1 << 20)))
    return b""


def is_rest(data: bytes, size: int) -> bool:
    """Whether what follows the samples is not sound: chunks, tags, text, or a few bytes of padding.

    Args:
        data: Its first bytes.
        size: Number of all its bytes.
    """
    data = data.lstrip(b"\0")[:4096] if size <= 4096 else data[:4096]
    if size <= 64 or not data or data.startswith(_TAGS):
        return True
    for skip in (0, 1):  # samples of an odd size should be padded, but not every program does so
        if len(data) >= skip + 8:
            name, stated = struct.unpack_from("<4sI", data, skip)
            if name.isascii() and name.decode().isprintable() and stated <= size:
                return True
    return sum(32 <= byte < 127 or byte in b"\t\r\n" for byte in data) > 0.95 * len(data)


def short(promised: int, present: int) -> bool:
    """Whether a file is cut off.

    Args:
        promised: Stated length.
        present: Actual length in the same unit.
    """
    return present + 64 < (1 - _SLACK) * promised


def cut_off_error(name: str) -> JssError:
    """Error of a file that is not complete."""
    return JssError(f"{name} is cut off or damaged: copy or download it again.")


def cut_off(file: BinaryIO, size: int, decoded: float) -> bool:
    """Whether a compressed file ends before its structure does.

    Ogg pages, Matroska segments and ASF files state their size; an MP3 may state its number of
    frames.

    Args:
        file: The open file.
        size: Its bytes.
        decoded: Seconds that were decoded.
    """
    file.seek(0)
    head = file.read(1 << 16)
    if head[:4] == b"OggS":
        return _ogg_cut_off(file, size)
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return _matroska_cut_off(head, size)
    if head[:4] == b"\x30\x26\xb2\x75":
        at = head.find(bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365"))
        if 0 <= at <= len(head) - 48:
            stated = int.from_bytes(head[at + 40 : at + 48], "little")
            return stated < 1 << 48 and size < stated
        return False
    promised = _mp3_seconds(file, head)
    return promised is not None and promised - decoded > 0.5


def _ogg_cut_off(file: BinaryIO, size: int) -> bool:
    """Whether the last page is incomplete; a page has at most 65307 bytes."""
    start = max(0, size - 2 * 65307)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(b"OggS")
    while at >= 0:
        segments = tail[at + 26] if len(tail) > at + 26 else 256
        table = tail[at + 27 : at + 27 + segments]
        end = at + 27 + segments + sum(table)
        if len(table) < segments or end > len(tail):
            return True
        if tail[at + 4] == 0:  # the version, so it is a page, not a coincidence
            return False
        at = tail.rfind(b"OggS", 0, at)
    return True


def _matroska_cut_off(head: bytes, size: int) -> bool:
    at = 4
    length, at = _vint(head, at)
    if length is None or head[at + length : at + length + 4] != b"\x18\x53\x80\x67":
        return False
    stated, body = _vint(head, at + length + 4)
    return stated is not None and body + stated > size


def _vint(data: bytes, at: int) -> tuple[int | None, int]:
    """Read a number of EBML; return it (None: unknown) and the offset after it."""
    if at >= len(data) or not data[at]:
        return None, at
    width = 9 - data[at].bit_length()
    value = int.from_bytes(data[at : at + width], "big") & ((1 << 7 * width) - 1)
    return (None if value == (1 << 7 * width) - 1 else value), at + width


def _mp3_seconds(file: BinaryIO, head: bytes) -> float | None:
    """Seconds that the first frame of an MP3 states; None where it states none."""
    if head[:3] == b"ID3" and len(head) >= 10:
        file.seek(
            10
            + sum(
                (byte & 0x7F) << shift
                for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True)
            )
        )
        head = file.read(4096)
    at = next(
        (
            i
            for i in range(min(len(head) - 4, 2048))
            if head[i] == 0xFF and head[i + 1] & 0xE0 == 0xE0
        ),
        None,
    )
    if at is None:
        return None
    version, rate = head[at + 1] >> 3 & 3, head[at + 2] >> 2 & 3
    if version == 1 or rate == 3:
        return None
    hertz = (44100, 48000, 32000)[rate] >> {3: 0, 2: 1, 0: 2}[version]
    frame = head[at : at + 200]
    for name in (b"Xing", b"Info"):
        tag = frame.find(name)
        if 0 < tag <= 40 and frame[tag + 7] & 1:
            return (
                int.from_bytes(frame[tag + 8 : tag + 12], "big")
                * (1152 if version == 3 else 576)
                / hertz
            )
    return None
