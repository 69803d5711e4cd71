"""``export``, ``import``, ``cut`` and ``detect --format``, and truths in other formats."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import soundfile as sf
import tiny

from jss.cli import main
from jss.data.datasets import labelled

ROWS = [
    ("mon/a.wav", 0.5, 1.0, "Speech"),
    ("mon/a.wav", 1.0, 2.0, "Dog"),
    ("tue/a.wav", 0.25, 0.75, "Dog"),
]
COLUMNS = ["filename", "onset", "offset", "event_label"]


@pytest.fixture
def sounds(tmp_path):
    """Two recordings of one name, a third without events, and the table of their events."""
    for number, name in enumerate(("mon/a.wav", "tue/a.wav", "tue/silent.wav"), 1):
        path = tmp_path / "sounds" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        ramp = np.linspace(0, 0.1 * number, 40000, dtype=np.float32)
        sf.write(path, ramp, 16000, "FLOAT")
    pd.DataFrame(ROWS, columns=COLUMNS).to_csv(tmp_path / "events.tsv", sep="\t", index=False)
    return tmp_path


def run(*arguments):
    return main([str(a) for a in arguments])


@pytest.mark.parametrize("name", ["csv", "audacity", "raven", "textgrid", "labelstudio"])
def test_export_and_import(sounds, name, capsys):
    out, back = sounds / "out", sounds / "back.tsv"
    audio = ("--audio", sounds / "sounds")
    assert run("export", sounds / "events.tsv", "--to", name, "--out", out, *audio) == 0
    assert "3 events of 2 recordings" in capsys.readouterr().out
    assert run("import", out, "--out", back, *audio) == 0
    pd.testing.assert_frame_equal(
        pd.read_csv(back, sep="\t"), pd.DataFrame(ROWS, columns=COLUMNS), atol=1e-3
    )


def test_several_recordings_need_a_folder(sounds, capsys):
    assert run("export", sounds / "events.tsv", "--to", "audacity", "--out", sounds / "x.txt") == 2
    assert "name a folder in place of a file" in capsys.readouterr().err
    assert run("export", sounds / "events.tsv", "--to", "mp3", "--out", sounds / "x.txt") == 2
    assert "There is no format 'mp3': known are tsv, csv, audacity" in capsys.readouterr().err
    assert run("import", sounds / "events.tsv", "--out", sounds / "x.txt") == 2
    assert "must end in .tsv or .csv" in capsys.readouterr().err


def test_lengths_match_names_without_suffix(sounds, capsys):
    """As those of labels of Audacity are."""
    events, lengths = sounds / "bare.tsv", sounds / "durations.tsv"
    text = (sounds / "events.tsv").read_text()
    events.write_text(text.replace("a.wav", "a") + "sun/b\t1\t2\tDog\n")
    lengths.write_text("filename\tduration\nmon/a.wav\t2.5\ntue/a.wav\t2.5\n")
    out = ("--to", "textgrid", "--out", sounds / "grids", "--durations", lengths)
    assert run("export", events, *out) == 0
    assert capsys.readouterr().err.endswith(
        f"1 of 3 recordings are not in {lengths}, such as sun/b: add them, or their TextGrids end "
        "with the last event.\n"
    )
    for other in ("csv", "audacity"):  # which hold no lengths
        out = sounds / other
        assert run("export", events, "--to", other, "--out", out, "--durations", lengths) == 0
        assert "are not in" not in capsys.readouterr().err
    ends = {p.relative_to(sounds / "grids").as_posix(): p.read_text().split("xmax = ")[1].split()[0]
            for p in (sounds / "grids").rglob("*.TextGrid")}  # fmt: skip
    assert ends == {
        "mon/a.TextGrid": "2.500000",
        "tue/a.TextGrid": "2.500000",
        "sun/b.TextGrid": "2.000000",
    }


def test_score_reads_a_truth_in_any_format(sounds, capsys):
    pd.DataFrame({"filename": ["mon/a.wav", "tue/a.wav"], "duration": [2.5, 2.5]}).to_csv(
        sounds / "durations.tsv", sep="\t", index=False
    )
    reports = []
    for name in ("tsv", "audacity", "raven", "textgrid", "labelstudio"):
        truth = sounds / f"truth-{name}"
        audio = ("--audio", sounds / "sounds")
        assert run("export", sounds / "events.tsv", "--to", name, "--out", truth, *audio) == 0
        places = ("--ground-truth", truth, "--decisions", truth)
        code = run(
            "score", *places, "--durations", sounds / "durations.tsv", "--resamples", 0,
            "--labels", "Dog,Speech", "--out", sounds / "r.json",
        )  # fmt: skip
        assert code == 0
        reports.append([x for x in capsys.readouterr().out.splitlines() if " macro " in x])
        assert reports[-1] == reports[0]
    assert "event F1 macro               1.00000" in reports[0][0]


def test_training_folders_have_labels_of_any_format(sounds):
    home = sounds / "sounds"
    (home / "labels.yaml").write_text("[Speech, Dog]")
    assert run("export", sounds / "events.tsv", "--to", "audacity", "--out", home / "strong") == 0
    assert labelled.find(home) == home
    subsets = labelled.prepare(home)
    clips = [*subsets.get("strong", []), *subsets.get("strong_validation", [])]
    assert {clip.filename: len(clip.events) for clip in clips} == {"mon/a": 2, "tue/a": 1}
    assert all(clip.path is not None for clip in clips)


def test_cut_the_mixture(sounds, capsys):
    out = sounds / "clips"
    arguments = ("cut", sounds / "events.tsv", "--audio", sounds / "sounds", "--out", out)
    assert run(*arguments, "--labels", "Dog", "--margin", "0.25", "--pad-to", "2") == 0
    assert "2 clips of 2 recordings" in capsys.readouterr().out
    table = pd.read_csv(out / "clips.tsv", sep="\t")
    assert table["filename"].tolist() == [
        "Dog/mon/a_1.000-2.000.flac",
        "Dog/tue/a_0.250-0.750.flac",
    ]
    assert table[["onset", "offset", "source"]].values.tolist() == [
        [0.25, 1.25, "mixture"],
        [0.25, 0.75, "mixture"],
    ]
    samples, rate = sf.read(out / "Dog/mon/a_1.000-2.000.flac")
    recording = sf.read(sounds / "sounds/mon/a.wav")[0]
    assert (rate, len(samples)) == (16000, 32000)
    np.testing.assert_allclose(samples[:24000], recording[12000:36000], atol=1e-6)
    assert run(*arguments, "--labels", "Cat") == 2
    assert "has no event of Cat" in capsys.readouterr().err
    for labels in ("", ","):
        assert run(*arguments, "--labels", labels) == 2
        assert "--labels is empty: name the classes" in capsys.readouterr().err
    for option in (("--selection", "student"), ("--device", "cpu")):
        assert run(*arguments, *option) == 2
        assert f"{option[0]} goes with --system" in capsys.readouterr().err


def test_an_address_without_label_studio_is_refused(sounds, capsys):
    arguments = ("export", sounds / "events.tsv", "--to", "csv", "--out", sounds / "x.csv")
    assert run(*arguments, "--url", "http://here/") == 2
    assert "--url is for --to labelstudio" in capsys.readouterr().err


def test_cut_again_into_a_folder(sounds, capsys):
    """The table is of every clip in the folder, whatever run cut it; a label may follow a blank."""
    out = sounds / "clips"
    arguments = ("cut", sounds / "events.tsv", "--audio", sounds / "sounds", "--out", out)
    assert run(*arguments, "--labels", "Dog") == 0
    assert run(*arguments, "--labels", "Cat, Speech") == 0
    printed = capsys.readouterr()
    assert "1 clip of 1 recording" in printed.out
    assert "has no event of Cat" in printed.err
    names = ["Dog/mon/a_1.000-2.000.flac", "Dog/tue/a_0.250-0.750.flac"]
    both = [*names, "Speech/mon/a_0.500-1.000.flac"]
    assert pd.read_csv(out / "clips.tsv", sep="\t")["filename"].tolist() == both
    assert run(*arguments, "--labels", "Dog", "--margin", "0.25") == 0
    table = pd.read_csv(out / "clips.tsv", sep="\t").set_index("filename")
    assert sorted(table.index) == both
    assert table.loc[names, "onset"].tolist() == [0.25, 0.25]
    (out / both[2]).unlink()
    assert run(*arguments, "--labels", "Dog") == 0
    assert pd.read_csv(out / "clips.tsv", sep="\t")["filename"].tolist() == names


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
def test_cut_the_source_that_won_and_detect_in_other_formats(sounds, monkeypatch, capsys):
    tiny.write_systems(sounds / "models")
    monkeypatch.setenv("JSS_CHECKPOINTS", str(sounds / "models"))
    out = sounds / "clips"
    arguments = ("cut", sounds / "events.tsv", "--audio", sounds / "sounds", "--out", out)
    assert run(*arguments, "--system", "MixIT-S1", "--device", "cpu") == 0
    table = pd.read_csv(out / "clips.tsv", sep="\t")
    assert len(table) == 3
    assert set(table["source"]) <= {1, 2, 3, 4}
    assert run(*arguments, "--system", "SED") == 2
    assert "no separation stage" in capsys.readouterr().err
    out = sounds / "found"
    code = run(
        "detect", sounds / "sounds", "--system", "SED", "--out", out, "--threshold", 0, "--device", "cpu",
        "--format", "textgrid", "--format", "labelstudio", "--format", "audacity", "--format", "raven",
        "--format", "tsv",
    )  # fmt: skip
    assert code == 0, capsys.readouterr().err
    first = pd.read_csv(out / "events.tsv", sep="\t")
    assert list(first.columns) == COLUMNS
    assert list(pd.read_csv(out / "tsv" / "events.tsv", sep="\t").columns) == COLUMNS
    again = ("detect", sounds / "sounds", "--system", "SED", "--out", out, "--threshold", 0)
    assert run(*again, "--device", "cpu", "--confidence") == 0
    events = pd.read_csv(out / "events.tsv", sep="\t")
    pd.testing.assert_frame_equal(events[COLUMNS], first)
    scores = pd.read_csv(out / "scores" / "mon" / "a.tsv", sep="\t")
    table = pd.read_csv(out / "raven" / "mon" / "a.selections.txt", sep="\t")
    for row in events[events["filename"] == "mon/a.wav"].itertuples():
        inside = (scores["onset"] < row.offset - 1e-6) & (scores["offset"] > row.onset + 1e-6)
        assert row.confidence == pytest.approx(scores[row.event_label][inside].max(), abs=1e-5)
        same = (table["Annotation"] == row.event_label) & np.isclose(
            table["File Offset (s)"], row.onset, atol=1e-5
        )
        assert table["Score"][same].tolist() == [pytest.approx(row.confidence, abs=1e-5)]
    names = {"mon/a", "tue/a", "tue/silent"}
    for kind, suffix in (
        ("textgrid", ".TextGrid"),
        ("audacity", ".txt"),
        ("raven", ".selections.txt"),
    ):
        assert {
            p.relative_to(out / kind).as_posix().removesuffix(suffix)
            for p in (out / kind).rglob("*.*")
        } == names
    assert len(json.loads((out / "labelstudio" / "events.json").read_text())) == 3
    capsys.readouterr()
    assert run(*again, "--device", "cpu", "--format", "raven") == 0
    assert not capsys.readouterr().err  # nothing was analysed since
    sf.write(sounds / "sounds" / "new.wav", np.zeros(16000), 16000)
    assert run(*again, "--device", "cpu", "--format", "raven", "--format", "tsv") == 0
    assert capsys.readouterr().err == (
        f"jss: The recordings analysed now (1) are not in {out}/audacity, {out}/textgrid, {out}/labelstudio: "
        "to have them there, add --format audacity --format textgrid --format labelstudio to the command.\n"
    )
    assert not (out / "audacity" / "new.txt").exists()
    assert (out / "raven" / "new.selections.txt").exists()
    assert run("detect", sounds / "sounds", "--system", "SED", "--out", out, "--format", "x") == 2
