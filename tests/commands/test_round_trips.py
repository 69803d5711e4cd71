"""What one verb writes every other reads, for any legal file name, nested as it may be."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from odd_names import part

from jss.cli import main
from jss.io import tsv
from jss.io.inputs import output_names

SUFFIXES = ("wav", "flac", "ogg", "aiff", "WAV")
CASES = Path(__file__).parents[3] / "shared" / "cases"
pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(autouse=True)
def _tiny(monkeypatch, tiny_checkpoints):
    monkeypatch.setenv("JSS_CHECKPOINTS", str(tiny_checkpoints))


@st.composite
def trees(draw: st.DrawFn) -> list[str]:
    """Paths of recordings in a folder, none of which is a folder of another."""
    count = draw(st.integers(1, 6))
    paths: set[str] = set()
    for _ in range(count):
        folders = draw(st.lists(part(8), max_size=2))
        own = f"{draw(part(12))}.{draw(st.sampled_from(SUFFIXES))}"
        paths.add("/".join([*folders, own]))
    whole = {"/".join(path.split("/")[:n]) for path in paths for n in range(1, path.count("/") + 1)}
    return sorted(paths - whole)


def build(root: Path, names: list[str]) -> None:
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, 8000)
    for number, name in enumerate(names):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        kind = name.rpartition(".")[2].upper()
        with path.open("wb") as file:
            sf.write(file, np.roll(noise, number * 100), 16000, format=kind)


@settings(
    max_examples=12, phases=[Phase.generate], deadline=None, suppress_health_check=list(HealthCheck)
)
@given(names=trees())
@pytest.mark.slow
def test_detect_then_score(names):
    home = Path(tempfile.mkdtemp())
    try:
        build(home / "in", names)
        out = home / "out"
        options = ["--system", "MixIT-S1", "--device", "cpu", "--threshold", "0.45"]
        assert main(["detect", os.fspath(home / "in"), "--out", str(out), *options]) == 0
        assert tsv.read_durations(out / "durations.tsv") == dict.fromkeys(
            names, pytest.approx(0.5, abs=0.02)
        )
        events = tsv.read_events(out / "events.tsv")
        assert set(events["filename"]) <= set(names)
        arguments = ["--ground-truth", out / "events.tsv", "--decisions", out / "events.tsv",
                     "--resamples", "0", "--out", home / "r.json", "--scores", out / "scores"]  # fmt: skip
        assert main(["score", *map(os.fspath, arguments)]) == 0
        report = json.loads((home / "r.json").read_text(encoding="utf-8"))
        assert report["n_files"] == report["n_files_expected"] == len(names)
        assert not [note for note in report["settings"]["notes"] if "merged" not in note]
        if len(events):
            assert report["event_f1"]["micro"] == pytest.approx(1)
    finally:
        shutil.rmtree(home)


@given(st.lists(part(12).map(lambda own: own + ".wav"), min_size=1, max_size=6, unique=True))
def test_tables_of_recordings_are_told_apart(names):
    own = output_names(names)
    assert len({*own.values()}) == len(names)
    known = tsv.ClipNames(names)
    assert {name: known.of_table(stem) for name, stem in own.items()} == {
        name: name for name in names
    }


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not beside this repository")
@pytest.mark.parametrize(
    ("case", "durations", "n"),
    [("nested-round-trip", "dur.tsv", 3), ("nested-round-trip", "dur2.tsv", 2),
     ("quote-in-name", "dur.tsv", 2)],
)  # fmt: skip
def test_the_reported_folders(tmp_path, case, durations, n):
    home = CASES / case
    arguments = ["--ground-truth", home / "gt.tsv", "--durations", home / durations, "--scores",
                 home / "found" / "scores", "--decisions", home / "found" / "events.tsv",
                 "--resamples", "0", "--out", tmp_path / "r.json"]  # fmt: skip
    assert main(["score", *map(str, arguments)]) == 0
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["n_files"] == n
    if case == "quote-in-name":
        assert report["event_f1"]["macro"] == pytest.approx(1 / 3, abs=0.01)
