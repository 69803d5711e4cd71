"""Render to evaluate, scores kept to fusion, export to import: for any legal file name."""

from __future__ import annotations

import csv
import io
import json
import shutil
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from odd_names import ODD, part

from jss import audio
from jss.cli import main
from jss.data.clip import Clip, Event
from jss.data.datasets import desed
from jss.evaluation import saved_scores, submissions
from jss.io import cells
from jss.labels import DESED_LABELS
from jss.results import score_table

pytestmark = pytest.mark.usefixtures("one_thread")
UTF8 = [name for name in ODD if not cells.undecodable(name)]
NAMES = st.lists(part(12), min_size=2, max_size=4, unique_by=lambda name: name.removeprefix("Y"))


@pytest.fixture(autouse=True)
def _tiny(monkeypatch, tiny_checkpoints):
    monkeypatch.setenv("JSS_CHECKPOINTS", str(tiny_checkpoints))


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.3, 0.3, round(seconds * 16000)).astype(np.float32)


@pytest.mark.slow
@settings(
    max_examples=5, phases=[Phase.generate], deadline=None, suppress_health_check=list(HealthCheck)
)
@given(names=NAMES)
def test_kept_scores_then_fusion(names):
    home = Path(tempfile.mkdtemp())
    try:
        clips = []
        for number, name in enumerate(names):
            path = home / "audio/validation/validation" / f"{name}.wav"
            audio.save(path, noise(1, number))
            events = (Event(0.1, 0.6, DESED_LABELS[number]),)
            clips.append(Clip(f"{name}.wav", path, 1.0, events))
        desed.write_strong(home / "metadata/validation/validation.tsv", clips)
        common = ["--data", home, "--subset", "validation", "--resamples", "0", "--device", "cpu",
                  "--no-cache", "--system", "SED", "--system", "MixIT-S1"]  # fmt: skip
        kept = ["--keep-scores", "--out", home / "{system}.json"]
        assert main(["evaluate", *map(str, common + kept)]) == 0
        fused = ["--fusion", "--out", home / "fused.json"]
        assert main(["evaluate", *map(str, common + fused)]) == 0
        parts = [
            saved_scores.SavedScores.load(home / f"{s}.scores.npz") for s in ("SED", "MixIT-S1")
        ]
        assert {clip.filename for clip in parts[0].clips} == {clip.filename for clip in clips}
        report = saved_scores.report(parts).as_dict()
        other = json.loads((home / "fused.json").read_text())
        assert report["n_files"] == other["n_files"] == len(names)
    finally:
        shutil.rmtree(home)


@settings(
    max_examples=5,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(names=NAMES)
@example(names=["z\\"])
def test_export_then_import(names):
    """The score tables that the app writes, in a ZIP with a folder, scored against the clips."""
    names = [name for name in names if not any(map(cells.undecodable, name))] or ["a"]
    scores = np.random.default_rng(0).random((3, 15))
    clips = [Clip(f"mon/{name}.wav", None, 1.0, (Event(0.1, 0.6, "b"),)) for name in names]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name in names:
            table = score_table(scores, ("a", "b", "c"), hop=0.064, duration=1.0)
            file.writestr(f"scores/mon/{name}.tsv", table.to_csv(sep="\t", index=False))
    report = submissions.score([("x.zip", archive.getvalue())], clips, system="x", resamples=0)
    assert report.n_files == report.n_files_expected == len(names)


@pytest.mark.slow
def test_render_then_evaluate(tmp_path):
    """A soundbank whose files have any names."""
    rng = np.random.default_rng(0)
    rows = [("file", "class", "recording", "split")]
    for number, label in enumerate((*DESED_LABELS, "background")):
        for split in ("train", "validation", "test"):
            for count in range(2):
                name = f"{label}/{UTF8[(number + count) % len(UTF8)]}{split}{count}.wav"
                audio.save(tmp_path / "bank" / name, 0.1 * rng.standard_normal(32000))
                rows.append((name, label, name, split))
    (tmp_path / "bank" / "catalog.tsv").write_text("".join(map(cells.row, rows)), newline="")
    out = tmp_path / "set"
    arguments = ["render", "homescapes", out, "--soundbank", tmp_path / "bank", "--clips", "0",
                 "validation=2", "--workers", "1"]  # fmt: skip
    assert main(list(map(str, arguments))) == 0
    assert main(list(map(str, arguments))) == 0  # goes on with what it wrote
    arguments = ["evaluate", "--data", out, "--subset", "validation", "--system", "SED", "--resamples",
                 "0", "--device", "cpu", "--no-cache", "--out", tmp_path / "r.json"]  # fmt: skip
    assert main(list(map(str, arguments))) == 0
    assert json.loads((tmp_path / "r.json").read_text())["n_files"] == 2
    lines = out / "soundscapes.jsonl"
    again = [
        "render",
        "clips",
        tmp_path / "again",
        "--lines",
        lines,
        "--soundbank",
        tmp_path / "bank",
    ]
    assert main(list(map(str, again))) == 0
    (one, *_) = sorted((out / "audio").rglob("*.flac"))
    assert (tmp_path / "again" / one.relative_to(out)).read_bytes() == one.read_bytes()


def test_tables_with_commas_are_read_too(tmp_path):
    """As pandas writes events."""
    from jss.io import tsv

    with (tmp_path / "e.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("filename", "onset", "offset", "event_label"))
        writer.writerows([(f"{name}.wav", 0, 1, "Dog") for name in UTF8])
    table = tsv.read_events(tmp_path / "e.csv", separators="\t,")
    assert table["filename"].tolist() == [f"{name}.wav".strip() for name in UTF8]
