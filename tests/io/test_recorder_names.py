"""Times in names, as recorders write them."""

from __future__ import annotations

from datetime import datetime

import pytest

from jss.io.recorder_names import PATTERNS, start_of

TIME = datetime(2024, 1, 31, 6, 15, 0)
#: Names by the pattern that reads them.
NAMES = {
    "AudioMoth, Song Meter": (
        "20240131_061500.WAV",
        "20240131_061500T.WAV",
        "24F319046391D8B3_20240131_061500.wav",
        "SMU01234_20240131_061500.wav",
        "SMA01234_20240131_061500-0500.wav",
        "S4A01234_0+1_20240131_061500.flac",
        "meadow/north/20240131_061500.WAV",
    ),
    "ISO 8601, basic": ("20240131T061500.wav", "site 3_20240131T061500+0100_x.flac"),
    "ISO 8601, for file names": (
        "2024-01-31T06-15-00.wav",
        "2024-01-31_06-15-00.wav",
        "mic1 2024-01-31 06.15.00.mp3",
        "2024-01-31T06:15:00.250Z.wav",
    ),
}


def test_every_pattern_has_names():
    assert NAMES.keys() == PATTERNS.keys()


@pytest.mark.parametrize(
    ("pattern", "name"), [(key, name) for key, names in NAMES.items() for name in names]
)
def test_each_pattern_reads_its_names(pattern: str, name: str):
    assert start_of(name) == TIME
    assert PATTERNS[pattern].search(name)


@pytest.mark.parametrize(
    "name",
    [
        "cat-dog.flac",
        "20240131_061500/a.wav",
        "20241331_061500.wav",
        "20240131_256100.wav",
        "120240131_0615001.wav",
        "20240131.wav",
        "2024-01-31.wav",
        "Y---_20.000_30.000.wav",
        "",
    ],
)
def test_other_names_have_no_time(name: str):
    assert start_of(name) is None
