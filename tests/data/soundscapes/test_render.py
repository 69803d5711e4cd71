from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from jss import audio
from jss.cli import main
from jss.commands.render import clips
from jss.data.datasets import desed
from jss.data.recordings import Recording
from jss.data.soundscapes.homescapes import SUBSETS
from jss.data.soundscapes.render_set import LAYOUTS, Order, make_bank, render_lines, render_set
from jss.data.soundscapes.soundscape import Layer, PlacedCut, Soundscape
from jss.errors import JssError
from jss.io.locks import locked_folder

COUNTS = {**dict.fromkeys(SUBSETS, 1), "weak": 2}


def order(
    root: Path, bank_folder: Path | None, name: str = "homescapes", **changes: object
) -> Order:
    fields = {
        "name": name,
        "root": root,
        "soundbank": bank_folder,
        "seed": 0,
        "sources": True,
        "clips": COUNTS,
    }
    return Order(**{**fields, **changes})  # type: ignore[arg-type]


def digests(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def rendered(bank_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("homescapes")
    assert render_set(order(root, bank_folder)) == COUNTS
    return root


def test_the_layout_is_desed(rendered: Path) -> None:
    subsets = desed.prepare(rendered)
    assert {name: len(members) for name, members in subsets.items()} == COUNTS
    assert not any(desed.missing(subsets).values())
    for name, members in subsets.items():
        for clip in members:
            assert clip.duration == 10.0
            assert (clip.events is not None) == (SUBSETS[name].labels == "strong")
            assert (clip.tags is not None) == (SUBSETS[name].labels != "none")
            assert clip.sources[0][0] == "background"


def test_mixture_is_the_sum_of_sources_on_disk(rendered: Path) -> None:
    clip = desed.prepare(rendered)["validation"][0]
    assert clip.path is not None
    assert soundfile.info(str(clip.path)).subtype == "PCM_24"
    total = sum(audio.load(path) for _, path in clip.sources)
    assert np.abs(total - audio.load(clip.path)).max() < 1e-6


def test_splits_share_no_recording(rendered: Path) -> None:
    used: dict[str, set[str]] = {}
    for line in (rendered / "soundscapes.jsonl").read_text().splitlines():
        row = json.loads(line)
        path, scape = row["filename"], Soundscape.from_json(json.dumps(row["soundscape"]))
        names = {
            r.recording
            for layer in (scape.background, *scape.foregrounds)
            for r in layer.recordings
        }
        used.setdefault(scape.split, set()).update(names)
        assert (rendered / path).is_file()
    assert set(used) == {"train", "validation", "test_a", "test_b"}
    assert sum(map(len, used.values())) == len(set().union(*used.values()))


def test_manifest_lists_synthesised_labels(rendered: Path) -> None:
    manifest = json.loads((rendered / "manifest.json").read_text())
    assert manifest["clips"] == COUNTS
    assert "not DESED" in manifest["note"]
    assert set(manifest["synthesised"]) == set(SUBSETS)
    assert not manifest["synthesised"]["weak"]


@pytest.mark.slow
def test_resumed_rendering_gives_the_same_bytes(
    rendered: Path, bank_folder: Path, tmp_path: Path
) -> None:
    command = [
        sys.executable,
        "-m",
        "jss",
        "render",
        "homescapes",
        str(tmp_path),
        "--soundbank",
        str(bank_folder),
        "--workers",
        "2",
        "--clips",
        "1",
        "weak=2",
    ]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    running = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    limit = time.monotonic() + 60
    while not any(tmp_path.rglob("*.flac")) and running.poll() is None and time.monotonic() < limit:
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.wait()
    time.sleep(1.0)  # its workers see that it is gone
    subprocess.run(command, env=environment, check=True, capture_output=True)
    assert digests(tmp_path) == digests(rendered)


def test_another_seed_is_refused(rendered: Path, bank_folder: Path) -> None:
    with pytest.raises(JssError, match="another seed"):
        render_set(order(rendered, bank_folder, seed=1))
    with pytest.raises(JssError, match="another sources"):
        render_set(order(rendered, bank_folder, sources=False))


def test_one_process_at_a_time_renders_into_a_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["render", "synthscapes", str(tmp_path / "set"), "--clips", "0", "--workers", "1"]
    with locked_folder(tmp_path / "set"):
        assert main(command) == 2
    assert "set is being written by another process: wait for it" in capsys.readouterr().err
    assert not any((tmp_path / "set").iterdir())
    assert main(command) == 0


@pytest.mark.parametrize("given", ["file", "standard input"])
def test_render_again_from_a_line(
    rendered: Path,
    bank_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    given: str,
) -> None:
    """The same bytes, sources too, of this clip alone."""
    line = next(
        x for x in (rendered / "soundscapes.jsonl").read_text().splitlines() if "/weak_00001." in x
    )
    command = ["render", "clips", str(tmp_path), "--soundbank", str(bank_folder)]
    if given == "file":
        command += ["--lines", str(rendered / "soundscapes.jsonl"), "--only", "weak_00001"]
    else:
        monkeypatch.setattr("sys.stdin", io.StringIO(line + "\n"))
        command += ["--lines", "-"]
    assert main(command) == 0
    again = digests(tmp_path)
    assert capsys.readouterr().out == f"{tmp_path}/audio/train/weak/weak_00001.flac\n"
    assert len(again) > 2
    assert again == {
        name: digest for name, digest in digests(rendered).items() if "/weak_00001" in name
    }


def test_render_a_universal_clip_again(bank_folder: Path, tmp_path: Path) -> None:
    render_set(
        order(
            tmp_path / "set",
            bank_folder,
            "universal",
            clips={"train": 2, "validation": 0, "eval": 0},
        )
    )
    first = (tmp_path / "set" / "soundscapes.jsonl").read_text().splitlines()[1]
    assert render_lines([first], tmp_path / "again", make_bank(bank_folder)) == [
        "ssdata/train/example00001.flac"
    ]
    assert digests(tmp_path / "again").items() <= digests(tmp_path / "set").items()


def test_only_takes_the_clips_of_a_name_in_every_subset(
    bank_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """FUSS numbers the clips of each subset from 0."""
    clips = {"train": 1, "validation": 0, "eval": 1}
    render_set(order(tmp_path / "set", bank_folder, "universal", clips=clips))
    lines, root = tmp_path / "set" / "soundscapes.jsonl", tmp_path / "again"
    arguments = ["render", "clips", str(root), "--soundbank", str(bank_folder), "--lines"]
    for name, subsets in (("example00000", ("train", "eval")), ("eval/example00000", ("eval",))):
        assert main([*arguments, str(lines), "--only", name]) == 0
        assert capsys.readouterr().out.splitlines() == [
            f"{root}/ssdata/{subset}/example00000.flac" for subset in subsets
        ]


def test_foreign_lines_are_refused(
    rendered: Path, bank_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    bank = make_bank(bank_folder)
    line = (rendered / "soundscapes.jsonl").read_text().splitlines()[0]
    for wrong in ("", "{}", line[:99], '{"subset":1,"filename":2,"soundscape":3}'):
        with pytest.raises(JssError, match=r"copy it whole|not a soundscape"):
            render_lines([wrong], tmp_path, bank)
    for place in ("../weak_00000.flac", "/tmp/weak_00000.flac", "audio/train/weak/weak_x.flac"):
        row = {**json.loads(line), "filename": place}
        with pytest.raises(JssError, match="not the path of a clip"):
            render_lines([json.dumps(row)], tmp_path, bank)
    assert not list(tmp_path.iterdir())
    lines = str(rendered / "soundscapes.jsonl")
    assert main(["render", "clips", str(tmp_path), "--lines", lines, "--only", "weak_00099"]) == 2
    assert main(["render", "clips", str(tmp_path)]) == 2
    assert main(["render", "clips", str(tmp_path), "--lines", str(tmp_path / "nowhere")]) == 2
    said = capsys.readouterr().err
    assert all(text in said for text in ("no clip weak_00099", "with --lines", "cannot be read"))


def test_universal_in_the_layout_of_fuss(bank_folder: Path, tmp_path: Path) -> None:
    counts = {"train": 2, "validation": 1, "eval": 1}
    render_set(order(tmp_path, bank_folder, "universal", clips=counts))
    lines = (tmp_path / "ssdata/train_example_list.txt").read_text().splitlines()
    assert len(lines) == 2
    for line in lines:
        mixture, background, *foregrounds = line.split("\t")
        assert mixture.startswith("train/example0000")
        assert background.endswith("_sources/background0_sound.flac")
        assert 1 <= len(foregrounds) <= 3
        total = sum(audio.load(tmp_path / "ssdata" / name) for name in (background, *foregrounds))
        assert np.abs(total - audio.load(tmp_path / "ssdata" / mixture)).max() < 1e-6


def test_synthscapes_need_no_soundbank(tmp_path: Path) -> None:
    render_set(
        order(
            tmp_path,
            None,
            "synthscapes",
            sources=False,
            clips={**dict.fromkeys(SUBSETS, 0), "public": 1},
        )
    )
    (clip,) = desed.prepare(tmp_path)["public"]
    assert clip.path is not None
    assert not clip.sources


def test_a_second_call_for_another_subset_keeps_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its clips had no labels any more: the tables were those of the last call alone."""
    background = Layer("background", (), -50.0, (), ((0.0, 10.0),), labelled=False)
    scape = Soundscape("desed", "test_a", (0,), 10.0, 0.0, None, background, ())

    def render_one(order: Order, _: object, job: Any) -> str:
        path = order.root / LAYOUTS[order.name].mixture(job.subset, job.index)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        return scape.to_json()

    monkeypatch.setattr("jss.data.soundscapes.render_set._render_one", render_one)
    none = dict.fromkeys(SUBSETS, 0)
    for wanted in ({"validation": 3}, {"public": 1}, {"validation": 2}):
        done = render_set(order(tmp_path, None, "synthscapes", clips={**none, **wanted}))
        assert done == {**done, **wanted}
    assert done == {**none, "validation": 2, "public": 1}
    tables = {"validation/validation": 2, "eval/public": 1}
    for table, count in tables.items():
        rows = (tmp_path / "metadata" / f"{table}.tsv").read_text().splitlines()[1:]
        assert len(rows) == count
    assert len((tmp_path / "soundscapes.jsonl").read_text().splitlines()) == 3


def test_nothing_is_written_without_the_package_that_simulates_rooms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pyroomacoustics", None)
    root = tmp_path / "set"
    assert main(["render", "synthscapes", str(root), "--clips", "0", "public=1"]) == 2
    assert "[data]" in capsys.readouterr().err
    assert not root.exists()


@pytest.mark.parametrize(
    ("kind", "option"),
    [
        ("overlap", ["--clips", "10"]),
        ("clips", ["--seed", "1"]),
        ("homescapes", ["--only", "weak_00001"]),
        ("scenes", ["--data", "DATA"]),
        ("synthscapes", ["--subset", "validation"]),
        ("examples", ["--no-sources"]),
    ],
)
def test_an_option_of_something_else_is_refused(
    kind: str, option: list[str], tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert main(["render", kind, str(tmp_path / "out"), *option]) == 2
    assert f"render {kind} does not use {option[0]}: leave it out." in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_line_is_whole_whatever_its_recordings_are_called(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """Python takes U+2028 for the end of a line, JSON does not."""
    recording = Recording("background", "background/a\u2028b.wav", "b", "train")
    cut = PlacedCut(0.0, 1.0, 0.0, 10.0)
    background = Layer("background", (recording,), -50.0, (cut,), ((0.0, 10.0),), labelled=False)
    scape = Soundscape("desed", "train", (0,), 10.0, 0.0, None, background, ())
    lines = tmp_path / "soundscapes.jsonl"
    lines.write_text(
        '{"subset":"weak","filename":"audio/train/weak/weak_00000.flac",'
        f'"soundscape":{scape.to_json()}}}\n',
        encoding="utf-8",
    )
    assert main(["render", "clips", str(tmp_path / "out"), "--lines", str(lines)]) == 2
    assert "is not a recording of the synthesiser" in capsys.readouterr().err


def test_number_of_clips_argument() -> None:
    assert clips(["5", "b=2"], {"a": 1, "b": 1}) == {"a": 5, "b": 2}
    with pytest.raises(JssError, match="is not SUBSET=N"):
        clips(["a=x"], {"a": 1})
    with pytest.raises(JssError, match="no subset 'c'"):
        clips(["c=1"], {"a": 1})
