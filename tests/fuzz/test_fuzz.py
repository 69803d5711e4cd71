"""Some thirty of the corpus's files through their doors; the whole of it runs in ``make soak``."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

for folder in (Path(__file__).parent, Path(__file__).parents[1], Path(__file__).parents[2]):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

pytest.importorskip("torch")
pytest.importorskip("streamlit")

from corpus import corpus, safe
from doors import Room
from guard import guarded, import_first

#: A few files of each kind: those that once found something, and one of each family.
CHOSEN = {
    "audio": {
        "zero.wav",
        "claims-2147483647.wav",
        "channels-65535.wav",
        "nan-one-float.wav",
        "zip-bomb.wav",
        "flac-hours.flac",
        "joined-m4a.m4a",
        "stream-2000000000-1-16.wav",
        "hls-file.mp3",
    },
    "name": {
        "../../../../tmp/pwned.wav",
        "\x1b[31mred\x1b]0;x\x07.wav",
        "<img src=x onerror=alert(1)>.wav",
        "a\nb.wav",
        "a.wav\udcff",
    },
    "tree": {"tree-0", "tree-7", "tree-11"},
    "events": {"filename-escape", "onset-digits", "utf16"},
    "scores": {"onset-nan", "wide"},
    "arrays": {"objects", "shape-huge", "shape-signs", "type-records"},
    "desed-strong": {"filename-long", "event_label-latin1"},
    "catalogue": {"class-parent", "binary", "deep"},
    "preset": {"line-python", "line-digits"},
    "override": {"detector.cells=1000000000", "seed=99999999999999999999"},
    "manifest": {"line-date", "labels-laughs"},
    "card": {"deep", "config-n_blocks-huge"},
    "weights": {"header-9223372036854775808", "shape-wrap", "pickle"},
    "scapes": {"deep", "number"},
    "report": {"bootstrap-replicates-psds1-empty"},
}


def chosen(tiny: Path) -> list:
    return [
        bad for kind, names in CHOSEN.items() for bad in corpus(tiny, kind) if bad.name in names
    ]


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("JSS_CHECKPOINTS", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def test_no_bad_file_does_harm(tiny_checkpoints, tmp_path):
    import_first()
    files = chosen(tiny_checkpoints)
    assert len(files) == sum(map(len, CHOSEN.values()))
    for number, bad in enumerate(files):
        for count, door in enumerate(bad.doors):
            room = Room(tmp_path / f"{number}-{count}", tiny_checkpoints)
            room.home.mkdir()
            name = bad.name if bad.kind in ("audio", "name") else safe(bad.name)
            guarded(lambda d=door, r=room, n=name, b=bad: d(r, n, b.data), room.home)
