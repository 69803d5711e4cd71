"""Scenes on disk: content, resumed rendering, and rendering again from a line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from jss import audio
from jss.cli import main
from jss.data.scenes.scene_set import render_scene_lines, render_scenes
from jss.data.scenes.scenes import RECIPES
from jss.data.soundbank.synthbank import SynthBank
from jss.errors import JssError
from jss.io.locks import locked_folder
from jss.labels import URBAN_LABELS


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("scenes")
    assert main(["render", "scenes", str(root), "--clips", "1", "test=3", "--workers", "2"]) == 0
    return root


def test_sources_and_labels_on_disk(rendered: Path) -> None:
    rows = [json.loads(line) for line in (rendered / "scenes.jsonl").read_text().splitlines()]
    assert [row["filename"] for row in rows if row["split"] == "test"] == [
        f"test/test_{i:05d}.wav" for i in range(3)
    ]
    truth = (rendered / "test" / "strong.tsv").read_text()
    for row in rows:
        path = rendered / row["filename"]
        sources = {p.stem: audio.load(p) for p in path.with_name(f"{path.stem}_sources").iterdir()}
        assert (
            set(sources)
            == {layer["label"] for layer in row["scene"]["layers"]}
            <= set(URBAN_LABELS)
        )
        np.testing.assert_allclose(sum(sources.values()), audio.load(path), atol=1e-6)
        if row["split"] == "test":
            assert all(f"{path.name}\t" in truth and label in truth for label in sources)


def test_resuming_writes_only_missing_files(rendered: Path) -> None:
    lost, existing = rendered / "test" / "test_00001.wav", rendered / "test" / "test_00002.wav"
    before, touched = lost.read_bytes(), existing.stat().st_mtime_ns
    lost.unlink()
    assert main(["render", "scenes", str(rendered), "--clips", "1", "test=3"]) == 0
    assert lost.read_bytes() == before
    assert existing.stat().st_mtime_ns == touched


def test_a_second_call_for_another_split_keeps_the_first(rendered: Path) -> None:
    lines, truth = rendered / "scenes.jsonl", rendered / "test" / "strong.tsv"
    before = lines.read_text(), truth.read_text()
    assert main(["render", "scenes", str(rendered), "--clips", "0", "validation=1"]) == 0
    assert (lines.read_text(), truth.read_text()) == before


def test_a_set_of_other_recordings_is_refused(tmp_path: Path) -> None:
    """Its scenes would keep their sound, and get the labels of other ones."""
    recipe, clips = RECIPES["urban"], {"train": 0, "validation": 0, "test": 2}
    banks = [SynthBank(per_label=4, seed=seed, classes=recipe.labels) for seed in (0, 1)]
    render_scenes(tmp_path, banks[0], recipe, clips)
    before = (tmp_path / "test" / "strong.tsv").read_bytes()
    with pytest.raises(JssError, match="holds a set with another recordings sha256"):
        render_scenes(tmp_path, banks[1], recipe, clips)
    assert (tmp_path / "test" / "strong.tsv").read_bytes() == before
    assert render_scenes(tmp_path, banks[0], recipe, clips) == clips
    with locked_folder(tmp_path), pytest.raises(JssError, match="by another process"):
        render_scenes(tmp_path, banks[0], recipe, clips)


def test_render_again_from_a_line(
    rendered: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = str(rendered / "scenes.jsonl")
    assert main(["render", "clips", str(tmp_path), "--lines", lines, "--only", "test_00002"]) == 0
    assert "test/test_00002.wav" in capsys.readouterr().out
    written = sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*.wav"))
    assert len(written) > 1
    assert all((tmp_path / path).read_bytes() == (rendered / path).read_bytes() for path in written)


@pytest.mark.parametrize(
    "change",
    [
        ("test/test_00002.wav", "../../etc/test_00002.wav"),
        ('"split"', '"part"'),
        ('"layers"', '"layer"'),
    ],
)
def test_a_changed_line_is_refused(rendered: Path, tmp_path: Path, change: tuple[str, str]) -> None:
    line = (rendered / "scenes.jsonl").read_text().splitlines()[-1].replace(*change)
    with pytest.raises(JssError, match="line"):
        render_scene_lines([line], tmp_path, None)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())
