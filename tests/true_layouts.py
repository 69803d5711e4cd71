"""Tiny data sets in their true layouts: names, headers and quirks as the published ones have them."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import soundfile

#: (slice_file_name, fsID, start, end, salience, fold, classID, class), the first as the published
#: table begins.
URBANSOUND = (
    ("100032-3-0-0.wav", "100032", "0.0", "0.317551", "1", "5", "3", "dog_bark"),
    ("100263-2-0-117.wav", "100263", "58.5", "62.5", "1", "5", "2", "children_playing"),
    ("100263-2-0-121.wav", "100263", "60.5", "64.5", "1", "5", "2", "children_playing"),
    ("100648-1-0-0.wav", "100648", "4.823402", "5.471927", "2", "10", "1", "car_horn"),
    ("100648-1-1-0.wav", "100648", "8.998279", "10.052132", "2", "10", "1", "car_horn"),
    (
        "100648-1-2-0.wav",
        "100648",
        "16.699509",
        "17.104837",
        "2",
        "8",
        "1",
        "car_horn",
    ),  # fsID of fold 10 in fold 8
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


@functools.lru_cache(maxsize=64)
def tone(seconds: float, rate: int = 44100, channels: int = 1, pitch: float = 440.0) -> np.ndarray:
    """A sine at a quarter of full scale. -> (samples, channels)."""
    wave = 0.25 * np.sin(2 * np.pi * pitch * np.arange(round(seconds * rate)) / rate)
    return np.repeat(wave[:, None], channels, axis=1)


def sound(
    path: Path, seconds: float, rate: int = 44100, channels: int = 1, pitch: float = 440.0
) -> Path:
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
    text(
        root / "metadata/UrbanSound8K.csv",
        "\n".join([header, *(",".join(row) for row in URBANSOUND)]) + "\n",
    )
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


def strong(*rows: tuple[str, str, str, str]) -> str:
    """A table of events; ("name", "", "", "") is a clip without any."""
    return "".join(
        "\t".join(row) + "\n" for row in (("filename", "onset", "offset", "event_label"), *rows)
    )


def desed(root: Path) -> Path:
    """DESED as of 2021, 44.1 kHz: a clip without events, gone ones, an offset of 11 s, names
    without Y. -> root.
    """
    meta, audio = root / "metadata", root / "audio"
    text(
        meta / "train/weak.tsv",
        "filename\tevent_labels\n"
        + "".join(f"Y-weak{i}_{10 * i}.000_{10 * i + 10}.000.wav\tSpeech,Dog\n" for i in range(10)),
    )
    text(
        meta / "train/unlabel_in_domain.tsv",
        "filename\nYunlabelled0_30.000_40.000.wav\nYunlabelled1_0.000_4.000.wav\nYgone_30.000_40.000.wav\n",
    )
    for number, split in ((0, "train"), (1, "validation")):
        folder = f"{split}/synthetic21_{split}"
        text(
            meta / folder / "soundscapes.tsv",
            strong(
                ("12.wav", "1.5", "3.25", "Dog"),
                ("12.wav", "0.5", "0.75", "Cat"),
                ("7.wav", "0.0", "10.0", "Frying"),
            ),
        )
        text(meta / folder / "durations.tsv", "filename\tduration\n12.wav\t10.0\n7.wav\t10.0\n")
        for name in ("12", "7"):
            place = audio / folder / "soundscapes"
            sound(place / f"{name}.wav", 10.0, pitch=300.0 + number)
            text(place / f"{name}.jams", "{}")
            text(place / f"{name}.txt", "")
            sound(place / f"{name}_events/background0_sound.wav", 10.0)
            sound(place / f"{name}_events/foreground0_Dog.wav", 10.0)
    text(
        meta / "validation/validation.tsv",
        strong(
            ("Ya_350.000_360.000.wav", "0.000", "9.971", "Vacuum_cleaner"),
            ("Yempty_0.000_10.000.wav", "", "", ""),
            ("Ya_350.000_360.000.wav", "9.865", "10.115", "Dog"),
            ("Ygone_0.000_9.000.wav", "1.000", "2.000", "Speech"),
        ),
    )
    text(
        meta / "validation/validation_durations.tsv",
        "filename\tduration\nYa_350.000_360.000.wav\t10.0\nYempty_0.000_10.000.wav\t10.0\nYgone_0.000_9.000.wav\t9.0\n",
    )
    public = "1Ro0FgMWTUE_120_130.wav"
    text(
        meta / "eval/public.tsv",
        strong(
            (public, "0.000", "2.081", "Speech"),
            (public, "3.847", "11.000", "Frying"),
            (public, "10.500", "10.900", "Dog"),
        ),
    )
    for i in range(10):
        sound(
            audio / f"train/weak/Y-weak{i}_{10 * i}.000_{10 * i + 10}.000.wav",
            10.0,
            44100,
            1 + i % 2,
        )
    for name, seconds in (
        ("train/unlabel_in_domain/Yunlabelled0_30.000_40.000", 10.0),
        ("train/unlabel_in_domain/Yunlabelled1_0.000_4.000", 4.0),
        ("validation/validation/Ya_350.000_360.000", 10.0),
        ("validation/validation/Yempty_0.000_10.000", 9.4),
        ("eval/public/Y1Ro0FgMWTUE_120_130", 10.0),
    ):
        sound(audio / f"{name}.wav", seconds)
    return root


def desed_2023(root: Path) -> Path:
    """The same as of 2022 and 2023: ``dataset`` above, the synthetic part in ``dcase_synth``,
    AudioSet's strong labels, and one subset already at 16 kHz beside its original. -> root.
    """
    base = desed(root / "dataset")
    for kind in ("audio", "metadata"):
        for split in ("train", "validation"):
            target = base / "dcase_synth" / kind / split
            target.mkdir(parents=True)
            (base / kind / split / f"synthetic21_{split}").rename(target / f"synthetic21_{split}")
    text(
        base / "metadata/train/audioset_strong.tsv",
        strong(
            ("Y--4gqARaEJE_0.000_10.000.wav", "0.0", "10.0", "Dog"),
            ("Y-lost_0.000_10.000.wav", "0.1", "0.3", "Cat"),
        ),
    )
    sound(base / "audio/train/strong_label_real/Y--4gqARaEJE_0.000_10.000.wav", 10.0)
    sound(base / "audio/train/weak_16k/Y-weak3_30.000_40.000.wav", 10.0, 16000)
    for path in (base / "audio/validation/validation").iterdir():
        path.rename(base / "audio/validation" / path.name)
    (base / "audio/validation/validation").rmdir()
    return root


def fuss(root: Path, versions: tuple[str, ...] = ("ssdata_reverb", "ssdata")) -> Path:
    """FUSS, 16 kHz: one to four sources, .jams and .txt beside the mixtures, a list of each split.
    -> root.
    """
    for version in versions:
        number = 0
        for split, counts in (("train", (0, 3)), ("validation", (1,)), ("eval", (2,))):
            lines = []
            for foregrounds in counts:
                name = f"{split}/example{number:05d}"
                parts = ["background0", *(f"foreground{i}" for i in range(foregrounds))]
                for i, part in enumerate(parts):
                    sound(
                        root / version / f"{name}_sources/{part}_sound.wav",
                        10.0,
                        16000,
                        pitch=200.0 * (i + 1),
                    )
                sound(root / version / f"{name}.wav", 10.0, 16000)
                text(root / version / f"{name}.jams", "{}")
                text(root / version / f"{name}.txt", "")
                lines.append(
                    "\t".join(
                        [f"{name}.wav", *(f"{name}_sources/{part}_sound.wav" for part in parts)]
                    )
                )
                number += 1
            text(root / version / f"{split}_example_list.txt", "\n".join(lines) + "\n")
    return root


def nested(root: Path) -> Path:
    """Unlabelled audio, YFCC100M style: nested by hash, any format, rate and length. -> root."""
    for i in range(12):
        sound(
            root / f"{i % 3:03x}/{i:03x}/{i:010d}.{('wav', 'flac')[i % 2]}",
            1.0 + i % 4,
            (44100, 48000, 22050)[i % 3],
            1 + i % 2,
        )
    text(root / "000/list.txt", "not audio")
    sound(root / ".cache/hidden.wav", 1.0)
    return root
