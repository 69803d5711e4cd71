"""Damaged, absurd and malicious audio files, each from a seed: headers, sizes, samples and things
that are no sound.
"""

from __future__ import annotations

import gzip
import io
import struct
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import media
import numpy as np
import soundfile as sf

Files = Iterator[tuple[str, bytes]]

#: Suffix -> what soundfile writes: the formats that a folder is searched for, and a few more that
#: libsndfile parses.
KINDS = {
    "wav": ("WAV", "PCM_16"),
    "float.wav": ("WAV", "FLOAT"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "aiff": ("AIFF", "PCM_24"),
    "au": ("AU", "PCM_16"),
    "caf": ("CAF", "PCM_16"),
    "w64": ("W64", "PCM_16"),
    "rf64.wav": ("RF64", "PCM_16"),
    "alaw.wav": ("WAV", "ALAW"),
    "adpcm.wav": ("WAV", "IMA_ADPCM"),
    "gsm.wav": ("WAV", "GSM610"),
    "mat4.wav": ("MAT4", "FLOAT"),
    "mat5.wav": ("MAT5", "FLOAT"),
    "voc.wav": ("VOC", "PCM_16"),
    "paf.wav": ("PAF", "PCM_16"),
    "svx.wav": ("SVX", "PCM_16"),
    "nist.wav": ("NIST", "PCM_16"),
    "ircam.wav": ("IRCAM", "PCM_16"),
    "avr.wav": ("AVR", "PCM_16"),
    "htk.wav": ("HTK", "PCM_16"),
    "sds.wav": ("SDS", "PCM_16"),
    "pvf.wav": ("PVF", "PCM_16"),
    "xi.wav": ("XI", "DPCM_16"),
    "wve.wav": ("WVE", "ALAW"),
    "mpc.wav": ("MPC2K", "PCM_16"),
}


#: What FFmpeg alone reads.
MEDIA = ("m4a", "aac", "webm", "mka", "wma", "mp4", "mov", "avi", "ac3", "wv", "tta")


def sound(kind: str = "wav", seconds: float = 0.3, rate: int = 16000) -> bytes:
    """A whole file of noise."""
    if kind in MEDIA:
        return _media(kind, seconds)
    container, subtype = KINDS[kind]
    rate = (
        8000
        if subtype in ("GSM610", "ALAW") or container in ("WVE",)
        else 44100
        if container == "XI"
        else rate
    )
    noise = np.random.default_rng(7).uniform(-0.3, 0.3, round(seconds * rate)).astype(np.float32)
    buffer = io.BytesIO()
    sf.write(buffer, noise, rate, format=container, subtype=subtype)
    return buffer.getvalue()


def _media(kind: str, seconds: float) -> bytes:
    """A file as a phone, a browser or a camera writes it."""
    noise = np.random.default_rng(7).uniform(-0.3, 0.3, round(seconds * 48000)).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        return media.encode(Path(folder) / f"a.{kind}", noise).read_bytes()


def files() -> Files:
    """All of them: (name with suffix, content)."""
    yield from mutants()
    yield from people()
    yield from wave_headers()
    yield from flac_headers()
    yield from samples()
    yield from no_sound()


def mutants() -> Files:
    """Every format cut off, with bits turned in its header and anywhere, with a hole, and with
    rubbish at its end.
    """
    for number, kind in enumerate([*KINDS, *MEDIA]):
        data, suffix = sound(kind), kind.rpartition(".")[2]
        rng = np.random.default_rng((1, number))
        name = kind.replace(".", "-")
        for share in (0.001, 0.01, 0.05, 0.3, 0.7, 0.95):
            yield f"{name}-cut-{share}.{suffix}", data[: int(len(data) * share)]
        for count, (turn, reach) in enumerate(
            [(1, 48), (1, 48), (3, 48), (8, 64), (8, 200), (40, 4000)]
        ):
            broken = bytearray(data)
            for _ in range(turn):
                broken[int(rng.integers(4, min(reach, len(data))))] = int(rng.integers(256))
            yield f"{name}-turned-{count}.{suffix}", bytes(broken)
        for count in range(3):
            broken = bytearray(data)
            at = int(rng.integers(4, 60))
            broken[at : at + 4] = (b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x00\x00\x00\x00")[
                count
            ]
            yield f"{name}-size-{count}.{suffix}", bytes(broken)
        middle = len(data) // 2
        yield f"{name}-hole.{suffix}", data[:middle] + bytes(2000) + data[middle + 2000 :]
        yield f"{name}-tail.{suffix}", data + rng.bytes(5000)


def people() -> Files:
    """What people have: files joined end to end, headers before their recording was over, lists of
    other files, integers in float files, channels that cancel one another.
    """
    for kind in ("wav", "flac", "ogg", "opus", "mp3", "aac", "m4a", "webm", "mka", "ac3"):
        data = sound(kind)
        yield f"joined-{kind}.{kind}", data + data
        yield f"joined-broken-{kind}.{kind}", data + data[: len(data) // 2]
        yield f"joined-many-{kind}.{kind}", data * 50
        yield f"joined-other-{kind}.{kind}", data + sound("wav")
        yield f"wav-then-{kind}.wav", sound("wav") + data
        yield f"id3-{kind}.{kind}", b"ID3\4\0\0\0\0\x0f\x7f" + bytes(2047) + data
        yield f"wrong-suffix-{kind}.wav", data
    for claimed in (0, 1600, 3200, 2_000_000_000, 10**9, 2**31 - 36, 0x7FFFF000, 2**32 - 36):
        for tag, bits in ((1, 16), (1, 24), (3, 32), (6, 8), (0x11, 4), (0x55, 0)):
            yield f"stream-{claimed}-{tag}-{bits}.wav", wave(tag=tag, bits=bits, claimed=claimed)
    for name, text in {
        "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://localhost:9/a.ts\n",
        "hls-file": "#EXTM3U\n#EXTINF:1,\n/etc/passwd\n#EXT-X-ENDLIST\n",
        "concat": "ffconcat version 1.0\nfile /etc/passwd\n",
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
        "dash": "<?xml version='1.0'?><MPD><Period><BaseURL>http://localhost:9/</BaseURL></Period></MPD>",
    }.items():
        for suffix in ("mp3", "m4a", "avi", "wav"):
            yield f"{name}.{suffix}", text.encode()
    noise = np.random.default_rng(8).uniform(-0.3, 0.3, (8000, 2)).astype(np.float32)
    for name, samples in (
        ("cancel", noise * [1, -1]),
        ("integers", noise * 2**15),
        ("integers-32", noise * 2**31),
        ("beyond", noise * 1e30),
    ):
        buffer = io.BytesIO()
        sf.write(buffer, samples, 16000, format="WAV", subtype="FLOAT")
        yield f"float-{name}.wav", buffer.getvalue()


def wave(
    *,
    tag: int = 1,
    channels: int = 1,
    rate: int = 16000,
    bits: int = 16,
    data: bytes = bytes(6400),
    claimed: int | None = None,
    riff: int | None = None,
    before: bytes = b"",
) -> bytes:
    """A WAV with a header as one wants it. claimed: the data's size as its header says."""
    align = max(1, channels * bits // 8) & 0xFFFF
    fmt = struct.pack(
        "<HHIIHH",
        tag & 0xFFFF,
        channels & 0xFFFF,
        rate & 0xFFFFFFFF,
        rate * align & 0xFFFFFFFF,
        align,
        bits & 0xFFFF,
    )
    body = b"WAVE" + before + b"fmt " + struct.pack("<I", 16) + fmt + b"data"
    body += struct.pack("<I", len(data) if claimed is None else claimed) + data
    return b"RIFF" + struct.pack("<I", len(body) if riff is None else riff) + body


def wave_headers() -> Files:
    """Claims that a WAV's header makes: 65535 channels, 4 GHz, 2 GB, chunks without end."""
    for channels in (0, 2, 3, 255, 1024, 1025, 65535):
        yield f"channels-{channels}.wav", wave(channels=channels, data=bytes(4 * max(1, channels)))
        yield f"channels-{channels}-more.wav", wave(channels=channels, data=b"\x10" * 1_000_000)
    for rate in (0, 1, 7, 999, 1000, 11025, 768000, 10_000_000, 2**31 - 1, 2**32 - 1):
        yield f"rate-{rate}.wav", wave(rate=rate)
        yield f"rate-{rate}-long.wav", wave(rate=rate, data=b"\x10\x02" * 400_000)
    for bits in (0, 1, 7, 8, 12, 24, 32, 64, 255, 65535):
        yield f"bits-{bits}.wav", wave(bits=bits)
    for tag in (0, 2, 3, 6, 7, 0x11, 0x31, 0x55, 0xFFFE, 0xFFFF):
        for bits in (4, 16, 32):
            yield f"tag-{tag}-{bits}.wav", wave(tag=tag, bits=bits)
    for claimed in (0, 1, 3, 6399, 6401, 10**6, 2**31 - 2**17, 2**31 - 1, 2**31, 2**32 - 1):
        yield f"claims-{claimed}.wav", wave(claimed=claimed)
        yield f"riff-claims-{claimed}.wav", wave(riff=claimed)
        yield f"nothing-claims-{claimed}.wav", wave(claimed=claimed, data=b"")
    for count, chunk in enumerate(
        [
            b"LIST" + struct.pack("<I", 2**32 - 1),
            b"LIST" + struct.pack("<I", 0),
            b"LIST\4\0\0\0INFO" * 20000,
            b"junk" + struct.pack("<I", 10**6) + bytes(10**6),
            b"fact" + struct.pack("<II", 4, 2**32 - 1),
            b"cue " + struct.pack("<II", 4, 2**32 - 1),
            b"smpl" + struct.pack("<I", 36) + b"\xff" * 36,
            b"bext" + struct.pack("<I", 2**31) + b"\xff" * 700,
            b"PEAK" + struct.pack("<I", 16) + b"\xff" * 16,
            b"id3 " + struct.pack("<I", 10) + b"ID3\3\0\0\x7f\x7f\x7f\x7f",
            b"data" + struct.pack("<I", 2**31 - 2),
            b"fmt " + struct.pack("<I", 2**31),
            b"LIST" + struct.pack("<I", 2**20) + b"INFO" + b"ICRD\xff\xff\xff\xff" * 99,
        ]
    ):
        yield f"chunk-{count}.wav", wave(before=chunk)
    ds64 = b"ds64" + struct.pack("<IQQQI", 28, 2**63, 2**63 - 1, 2**62, 0)
    yield (
        "rf64-claims-exabytes.wav",
        b"RF64" + b"\xff" * 4 + wave(before=ds64, claimed=2**32 - 1)[8:],
    )
    yield "no-fmt.wav", b"RIFF\x24\0\0\0WAVEdata" + struct.pack("<I", 4) + bytes(4)
    yield "no-data.wav", wave()[:36]
    yield "only-riff.wav", b"RIFF"
    yield "wave-in-wave.wav", wave(data=wave())


def flac_headers() -> Files:
    """Claims of FLAC's first block: hours in a few bytes, no rate, blocks of metadata without end."""
    data = sound("flac")
    for name, at, value in (
        ("no-blocksize", 8, b"\0\0\0\0"),
        ("blocksize", 8, b"\xff\xff\xff\xff"),
        ("rate-0", 18, b"\0\0\0"),
        ("rate-max", 18, b"\xff\xff\xf0"),
        ("hours", 21, b"\xff\xff\xff\xff\xff"),
        ("no-length", 21, b"\xf0\0\0\0\0"),
        ("one-sample", 21, b"\xf0\0\0\0\1"),
        ("frame-size", 12, b"\xff" * 6),
        ("md5", 26, b"\xff" * 16),
        ("first-length", 5, b"\xff\xff\xff"),
        ("first-kind", 4, b"\x7f"),
    ):
        yield f"flac-{name}.flac", data[:at] + value + data[at + len(value) :]
    endless = b"\x01\x00\x00\x00" * 50_000
    yield "flac-metadata.flac", data[:4] + b"\x00" + data[5:42] + endless + data[42:]
    yield (
        "flac-picture.flac",
        data[:4] + b"\x00" + data[5:42] + b"\x06\xff\xff\xff" + b"\xff" * 200 + data[42:],
    )
    comment = struct.pack("<I", 2**32 - 1) + b"x" * 50
    yield (
        "flac-comment.flac",
        data[:4] + b"\x00" + data[5:42] + b"\x84\x00\x00\x36" + comment + data[42:],
    )
    silence = io.BytesIO()
    sf.write(silence, np.zeros(90 * 16000, np.int16), 16000, format="FLAC")
    yield "flac-a-minute-and-a-half.flac", silence.getvalue()


def samples() -> Files:
    """Samples that no microphone gives: NaN, infinities, 1e38, denormals, full scale, one sample,
    none.
    """
    for subtype, kind in (("FLOAT", np.float32), ("DOUBLE", np.float64)):
        for name, value in (
            ("nan", np.nan),
            ("inf", np.inf),
            ("minus-inf", -np.inf),
            ("1e38", 1e38),
            ("1e7", 1e7),
            ("denormal", 1e-40),
            ("1e300", 1e300),
            ("loud", 30000.0),
        ):
            for where in ("one", "all", "last"):
                x = np.random.default_rng(3).uniform(-0.1, 0.1, 4000).astype(kind)
                with np.errstate(over="ignore"):
                    x[{"one": slice(7, 8), "all": slice(None), "last": slice(-1, None)}[where]] = (
                        value
                    )
                buffer = io.BytesIO()
                sf.write(buffer, x, 16000, format="WAV", subtype=subtype)
                yield f"{name}-{where}-{subtype.lower()}.wav", buffer.getvalue()
    for count in (0, 1, 2, 3, 15, 255, 1024):
        for rate in (8000, 16000, 44100):
            yield f"samples-{count}-{rate}.wav", wave(rate=rate, data=b"\x10\x02" * count)
    yield "constant.wav", wave(data=b"\xff\x7f" * 16000)
    yield "square.wav", wave(data=b"\xff\x7f\x00\x80" * 8000)
    yield "silent.wav", wave(data=bytes(32000))


def no_sound() -> Files:
    """Text, pages, programs, archives and rubbish with the suffix of a sound."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for number in range(10):
            file.writestr(f"../../{number}.wav", bytes(2_000_000))
    rubbish = {
        "zero": b"",
        "one": b"R",
        "newline": b"\n",
        "text": b"This is not a sound.\n" * 300,
        "utf16": "sound".encode("utf-16"),
        "page": b"<html><script>alert(1)</script></html>",
        "json": b'{"RIFF": "WAVE"}',
        "png": b"\x89PNG\r\n\x1a\n" + bytes(99),
        "elf": b"\x7fELF" + bytes(200),
        "shell": b"#!/bin/sh\nrm -rf ~\n",
        "zip-bomb": archive.getvalue(),
        "gzip-bomb": gzip.compress(bytes(20_000_000)),
        "pickle": b"cos\nsystem\n(S'touch pwned'\ntR.",
        "zeros": bytes(70_000),
        "ones": b"\xff" * 70_000,
        "playlist": b"#EXTM3U\nfile:///etc/passwd\nhttp://localhost/x.wav\n",
        "id3": b"ID3\4\0\0\x7f\x7f\x7f\x7f" + bytes(100),
        "mp4": b"\0\0\0\x18ftypM4A " + bytes(300),
        "oggs": b"OggS" * 5000,
        "frames": b"\xff\xfb\x90\x64" * 5000,
        "magic-paf": b" paf" + b"\xff" * 3000,
        "magic-2bit": b"2BIT" + b"\xff" * 300,
        "magic-mat": b"MATLAB 5.0 MAT-file" + b"\xff" * 500,
        "magic-nist": b"NIST_1A\n   9999999\nsample_count -i -1\n",
        "magic-form": b"FORM\xff\xff\xff\xffAIFFCOMM\xff\xff\xff\xff" + b"\xff" * 90,
        "magic-snd": b".snd" + b"\xff" * 40,
        "magic-caff": b"caff\0\1\0\0desc" + b"\xff" * 60,
        "magic-riff64": b"riff\x2e\x91\xcf\x11" + b"\xff" * 200,
    }
    for name, data in rubbish.items():
        for suffix in ("wav", "flac", "mp3"):
            yield f"{name}.{suffix}", data
    rng = np.random.default_rng(11)
    for size in (3, 44, 100, 1000, 30000):
        for magic in (b"", b"RIFF", b"fLaC", b"OggS", b"FORM", b"\xff\xfb"):
            yield f"noise-{size}-{magic.hex()}.wav", magic + rng.bytes(size)
