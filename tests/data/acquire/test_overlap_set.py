from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soundfile as sf

from jss import audio
from jss.cli import main
from jss.data.acquire.overlap_set import MANIFEST, render_overlap
from jss.data.clip import Clip, Event
from jss.data.datasets import desed
from jss.data.datasets.overlap import build
from jss.errors import JssError
from jss.io.locks import locked_folder

REAL = Path(__file__).parents[4] / "shared" / "evaluation" / "desed-metadata" / "real"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Four public clips with a dog each; b is silent without events, d has no audio."""
    folder = tmp_path / "set" / "audio" / "eval" / "public"
    rng = np.random.default_rng(0)
    clips = []
    for number, name in enumerate("abcd"):
        sound = 0.9 * np.sign(rng.standard_normal(16000)).astype(np.float32)
        if name != "d":
            audio.save(folder / f"{name}.wav", sound)
            audio.save(folder / f"{name}_events" / "background0_background.wav", 0.1 * sound)
            audio.save(folder / f"{name}_events" / "foreground0_Dog.wav", 0.9 * sound)
        events = () if name == "b" else (Event(0.2 * number, 0.2 * number + 0.3, "Dog"),)
        clips.append(Clip(f"{name}.wav", None, 1.0, events))
    tsv = tmp_path / "set" / "metadata" / "eval" / "public.tsv"
    desed.write_strong(tsv, clips)
    desed.write_durations(tsv.with_name("public_durations.tsv"), clips)
    return tmp_path / "set"


def test_pairs_on_disk_are_those_in_memory(root: Path, tmp_path: Path) -> None:
    clips = desed.prepare(root)["public"]
    rendered = render_overlap(clips, tmp_path / "pairs", seed=3)
    assert (rendered.pairs, rendered.files, rendered.missing, rendered.failed) == (12, 6, 6, ())
    pairs = desed.prepare(tmp_path / "pairs")["public"]
    expected = build(clips, seed=3)
    assert [(c.filename, c.duration, c.events) for c in pairs] == [
        (c.filename, c.duration, c.events) for c in expected
    ]
    loudest = 0.0
    for clip, pair in zip(pairs, expected, strict=True):
        assert (clip.path is None) == pair.missing
        if clip.path is not None:
            assert soundfile.info(str(clip.path)).subtype == "FLOAT"
            assert np.array_equal(audio.load(clip.path), pair.load())
            assert sorted(label for label, _ in clip.sources) == [
                "Dog",
                "Dog",
                "background",
                "background",
            ]
            loudest = max(loudest, float(np.abs(pair.load()).max()))
            total = sum(audio.load(path) for _, path in clip.sources)
            assert np.abs(total - pair.load()).max() < 1e-6
    assert loudest == pytest.approx(1.8)  # beyond full scale, and kept


def test_manifest_of_seed_and_pairs(root: Path, tmp_path: Path) -> None:
    clips = desed.prepare(root)["public"]
    render_overlap(clips, tmp_path / "pairs", seed=3, sources=False)
    stored = json.loads((tmp_path / "pairs" / MANIFEST).read_text())
    assert (stored["seed"], stored["permutations"], stored["clips"]) == (3, 3, 4)
    assert stored["pairs"] == {
        p.filename: [p.first.filename, p.second.filename] for p in build(clips, seed=3)
    }
    assert not list((tmp_path / "pairs").rglob("*_events"))


def contents(folder: Path) -> dict[Path, bytes]:
    """Samples of audio, bytes of other files: a float WAV's PEAK chunk says when it was written."""
    return {
        path: sf.read(path)[0].tobytes() if path.suffix == ".wav" else path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_resuming_and_refusal_of_other_sets(root: Path, tmp_path: Path) -> None:
    clips = desed.prepare(root)["public"]
    render_overlap(clips, tmp_path / "pairs")
    before = contents(tmp_path / "pairs")
    mixture = next(
        path for path in before if path.parent.name == "public" and path.suffix == ".wav"
    )
    mixture.unlink()
    (mixture.parent / ".0123456789abcdef.part").write_bytes(b"half")
    render_overlap(clips, tmp_path / "pairs", workers=2)
    assert contents(tmp_path / "pairs") == before
    with pytest.raises(JssError, match="another seed"):
        render_overlap(clips, tmp_path / "pairs", seed=1)
    with pytest.raises(JssError, match="another clips"):
        render_overlap(clips[:3], tmp_path / "pairs")
    with locked_folder(tmp_path / "pairs"), pytest.raises(JssError, match="by another process"):
        render_overlap(clips, tmp_path / "pairs")


def test_a_damaged_clip_does_not_stop_the_others(root: Path, tmp_path: Path) -> None:
    (root / "audio" / "eval" / "public" / "a.wav").write_bytes(b"RIFF")
    rendered = render_overlap(desed.prepare(root)["public"], tmp_path / "pairs", sources=False)
    assert len(rendered.failed) == 1
    assert "a.wav is not audio" in rendered.failed[0]
    assert rendered.files > 0
    assert (
        sum(c.path is not None for c in desed.prepare(tmp_path / "pairs")["public"])
        == rendered.files
    )


def test_command(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["render", "overlap", str(tmp_path / "pairs"), "--data", str(root), "--seed", "5"]
    assert main(line) == 0
    assert "public, 6 of 12 pairs\n  6 pairs have a clip without audio" in capsys.readouterr().out
    assert json.loads((tmp_path / "pairs" / MANIFEST).read_text())["seed"] == 5
    assert main(line[:3]) == 2
    assert "--data" in capsys.readouterr().err
    assert main([*line, "--subset", "weak"]) == 2
    assert "no subset weak: choose one of public" in capsys.readouterr().err


@pytest.mark.skipif(not REAL.is_dir(), reason="DESED's metadata is not beside the repository")
def test_real_public_evaluation(tmp_path: Path) -> None:
    """692 clips make 2076 pairs; a merged ground truth has no same-class overlap, and loses no
    sounding time.
    """
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "metadata").symlink_to(REAL)
    clips = desed.prepare(tmp_path / "set")["public"]
    rendered = render_overlap(clips, tmp_path / "pairs")
    assert (rendered.pairs, rendered.files, rendered.missing) == (2076, 0, 2076)
    pairs = build(clips)
    assert (
        len({pair.first.filename for pair in pairs[:692]})
        == len({p.second.filename for p in pairs[:692]})
        == 692
    )
    for pair in pairs:
        assert pair.first.filename != pair.second.filename
        for label in {event.label for event in pair.events}:
            own = [event for event in pair.events if event.label == label]
            assert all(a.offset <= b.onset for a, b in pairwise(own))
            parts = [
                e for c in (pair.first, pair.second) for e in c.events or () if e.label == label
            ]
            times = np.arange(0, 11, 0.01)
            sounding = [
                sum((e.onset <= times) & (times < e.offset) for e in which) > 0
                for which in (own, parts)
            ]
            assert np.array_equal(*sounding)
