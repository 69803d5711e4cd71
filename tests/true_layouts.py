"""Tiny data sets in their true layouts: names, headers and quirks as the published ones have them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

#: (slice_file_name, fsID, start, end, salience, fold, classID, class), the first as the published table begins.
URBANSOUND = (
    ("100032-3-0-0.wav", "100032", "0.0", "0.317551", "1", "5", "3", "dog_bark"),
    ("100263-2-0-117.wav", "100263", "58.5", "62.5", "1", "5", "2", "children_playing"),
    ("100263-2-0-121.wav", "100263", "60.5", "64.5", "1", "5", "2", "children_playing"),
    ("100648-1-0-0.wav", "100648", "4.823402", "5.471927", "2", "10", "1", "car_horn"),
    ("100648-1-1-0.wav", "100648", "8.998279", "10.052132", "2", "10", "1", "car_horn"),
    ("100648-1-2-0.wav", "100648", "16.699509", "17.104837", "2", "8", "1", "car_horn"),  # fsID of fold 10 in fold 8
    ("102305-6-0-0.wav", "102305", "0.0", "2.611610", "1", "1", "6", "gun_shot"),
    ("103074-7-0-0.wav", "103074", "0.0", "4.0", "1", "9", "7", "jackhammer"),
    ("102853-8-0-0.wav", "102853", "0.0", "4.0", "1", "7", "8", "siren"),
)
ESC50 = (
    ("1-100032-A-0.wav", "1", "0", "dog", "True", "100032", "A"),
    ("1-100032-B-0.wav", "1", "0", "dog", "True", "100032", "B"),
    ("2-102435-A-26.wav", "2", "26", "laughing", "False", "102435", "A"),
    ("4-125070-A-10.wav", "4", "10", "rain", "True", "125070", "A"),
    ("5-103415-A-2.wav", "5", "2", "pig", "False", "103415", "A"),
)


def tone(seconds: float, rate: int = 44100, channels: int = 1, pitch: float = 440.0) -> np.ndarray:
    """A sine at a quarter of full scale. -> (samples, channels)."""
    wave = 0.25 * np.sin(2 * np.pi * pitch * np.arange(round(seconds * rate)) / rate)
    return np.repeat(wave[:, None], channels, axis=1)


def sound(path: Path, seconds: float, rate: int = 44100, channels: int = 1, pitch: float = 440.0) -> Path:
    """Write a tone; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, tone(seconds, rate, channels, pitch), rate, "PCM_16")
    return path


def text(path: Path, content: str) -> Path:
    """Write text; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def urbansound(root: Path, lacking: tuple[str, ...] = ()) -> Path:
    """UrbanSound8K: commas, rates and channels of the originals, folds 1 to 10. -> root."""
    header = "slice_file_name,fsID,start,end,salience,fold,classID,class"
    text(root / "metadata/UrbanSound8K.csv", "\n".join([header, *(",".join(row) for row in URBANSOUND)]) + "\n")
    for number, (name, _, start, end, _, fold, *_) in enumerate(URBANSOUND):
        if name not in lacking:
            rate, channels = ((44100, 2), (48000, 1), (22050, 2))[number % 3]
            sound(root / f"audio/fold{fold}/{name}", float(end) - float(start), rate, channels)
    text(root / "audio/fold1/.DS_Store", "not audio")
    return root


def esc50(root: Path) -> Path:
    """ESC-50 as its archive unpacks: a folder above, five seconds at 44.1 kHz. -> root."""
    header = "filename,fold,target,category,esc10,src_file,take"
    base = root / "ESC-50-master"
    text(base / "meta/esc50.csv", "\n".join([header, *(",".join(row) for row in ESC50)]) + "\n")
    for name, *_ in ESC50:
        sound(base / "audio" / name, 5.0)
    return root
