import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from metric_worlds import world

import jss.metrics
from jss.cli import main

REAL = Path(__file__).parents[3] / "shared" / "evaluation" / "desed-baseline-student"


@pytest.fixture
def files(tmp_path):
    """A small set as other people's tables: ground truth, durations, score curves, detections,
    decisions.
    """
    w = world(5, n_clips=6, levels=1000)
    w.truth.to_csv(tmp_path / "gt.tsv", sep="\t", index=False)
    w.meta.to_csv(tmp_path / "durations.tsv", sep="\t", index=False)
    (tmp_path / "scores").mkdir()
    for name, scores, edges in zip(w.names, w.scores, w.edges, strict=True):
        table = pd.DataFrame(scores.T, columns=w.labels)
        table.insert(0, "onset", edges[:-1])
        table.insert(1, "offset", edges[1:])
        table.to_csv(tmp_path / "scores" / name.replace(".wav", ".tsv"), sep="\t", index=False)
    (tmp_path / "points").mkdir()
    thresholds = np.round(np.arange(0.01, 1, 0.02), 2)
    scores = w.ours()[0]
    for threshold, table in zip(
        thresholds, w.tables(scores.at(thresholds), len(thresholds)), strict=True
    ):
        table.to_csv(tmp_path / "points" / f"det_th_{threshold:.2f}.tsv", sep="\t", index=False)
    w.tables(scores.at([0.5]), 1)[0].to_csv(tmp_path / "decisions.csv")
    return tmp_path


def score(folder, *more, truth="gt.tsv", durations="durations.tsv", out="r.json"):
    code = main(
        [
            "score",
            "--ground-truth",
            str(folder / truth),
            "--durations",
            str(folder / durations),
            "--out",
            str(folder / out),
            "--resamples",
            "20",
            *map(str, more),
        ]
    )
    return json.loads((folder / out).read_text()) if code == 0 else code


def test_psds_eval_beside_ours(files, capsys):
    for path in (files / "points").iterdir():
        if not path.name.endswith(("_0.05.tsv", "_0.25.tsv", "_0.41.tsv")):
            path.unlink()
    report = score(files, "--detections", files / "points", "--reference")
    output = [
        line.split() for line in capsys.readouterr().out.splitlines() if " by psds_eval" in line
    ]
    assert [float(words[3]) for words in output] == pytest.approx(
        [report["psds1"], report["psds2"]], abs=1e-5
    )
    assert all(float(words[-1]) < 1e-9 for words in output)


def test_curves_and_detections_agree(files):
    curves = score(files, "--scores", files / "scores", "--system", "mine")
    points = score(files, "--detections", files / "points", "--decisions", files / "decisions.csv")
    for key in ("psds1", "psds2", "event_f1", "intersection_f1", "clip_f1"):
        assert points[key] == pytest.approx(curves[key], abs=1e-9)
    assert points["psds1_exact"] is None
    assert curves["psds1_exact"] is not None
    assert (curves["system"], points["system"]) == ("mine", "points")
    assert curves["n_files"] == curves["n_files_expected"] == 6


def arrays(files, **changed):
    """The score curves as arrays in a folder. changed: content of files instead of theirs."""
    folder = files / "arrays"
    folder.mkdir()
    labels = []
    for path in (files / "scores").iterdir():
        table = pd.read_csv(path, sep="\t").iloc[:, 2:]
        np.save(folder / f"{path.stem}.npy", table.to_numpy())
        labels = list(table.columns)
    (folder / "scores.yaml").write_text(f"labels: {labels}\nhop: 0.5\n")
    for name, content in changed.items():
        path = folder / name.replace("__", ".")
        if content is None:
            path.unlink()
        elif isinstance(content, str):
            path.write_text(content)
        else:
            np.save(path, content)
    return folder


def test_arrays_score_as_tables_do(files):
    tables = score(files, "--scores", files / "scores", "--median", "3")
    folder = arrays(files)
    maps = score(files, "--scores", folder, "--median", "3", "--system", "scores")
    assert maps == tables
    for path in folder.glob("*.npy"):
        np.save(path, np.load(path).astype(np.float16))
    half = score(files, "--scores", folder, "--median", "3")
    assert half["psds1_exact"] == pytest.approx(tables["psds1_exact"], abs=0.02)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"scores__yaml": None}, "or a scores.yaml with labels and hop beside the <clip>.npy"),
        ({"scores__yaml": "labels: [a, b]\n"}, "scores.yaml lacks the key 'hop'"),
        ({"scores__yaml": "labels: [a, a, b]\nhop: 0.5\n"}, "the label 'a' is there twice"),
        ({"scores__yaml": "labels: [a, b]\nhop: 0\n"}, "scores.yaml: hop"),
        ({"clip_2__npy": np.zeros((9, 2))}, "a column for each of the 3 classes"),
        ({"clip_2__npy": np.zeros((0, 3))}, "a row for each frame"),
        ({"clip_2__npy": np.zeros((9, 3), int)}, "of 16, 32 or 64 bits, not int64"),
        ({"clip_2__npy": np.full((9, 3), np.nan)}, "a score that is not a finite number"),
        ({"clip_2__npy": np.array([{}], object)}, "of 16, 32 or 64 bits, not object"),
        ({"clip_2__npy": "text"}, "not an array that numpy.save wrote"),
        ({"clip_2__npy": ""}, "not an array that numpy.save wrote"),
    ],
)
def test_mistakes_in_arrays_are_sentences(files, capsys, changed, sentence):
    assert score(files, "--scores", arrays(files, **changed)) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1


def test_arrays_of_other_classes(files, capsys):
    assert score(files, "--scores", arrays(files), "--labels", "class_0,class_2,class_1") == 2
    assert "its labels are not those of the set: their order differs" in capsys.readouterr().err


def test_scoring_does_without_torch(files):
    """Nor does any metric import it: who only measures need not wait for it."""
    modules = [
        f"jss.metrics.{module.name}" for module in pkgutil.iter_modules(jss.metrics.__path__)
    ]
    arguments = ["score", "--ground-truth", str(files / "gt.tsv"), "--resamples", "2"]
    arguments += ["--durations", str(files / "durations.tsv"), "--scores", str(files / "scores")]
    program = f"""
import sys, {", ".join(modules)}
import jss.metrics
from jss.cli import main
assert main({arguments}) == 0
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)


def test_missing_files_are_told(files, capsys):
    (files / "scores" / "clip_2.tsv").unlink()
    report = score(files, "--scores", files / "scores")
    assert report["missing"] == ["clip_2.wav"]
    assert (report["n_files"], report["n_files_expected"]) == (5, 6)
    printed = capsys.readouterr().out
    assert "5 of 6 files" in printed
    assert "missing: 1 file (without scores), which no figure includes: clip_2.wav\n" in printed
    (files / "durations.tsv").write_text("filename\tduration\nclip_0.wav\t500\nclip_2.wav\t500\n")
    score(files, "--scores", files / "scores")
    assert "missing: 4 files (3 without a duration, 1 without scores), " in capsys.readouterr().out


def test_names_offsets_and_overlaps_are_mended(files):
    truth = pd.read_csv(files / "gt.tsv", sep="\t")
    clean = score(files, "--detections", files / "points", "--decisions", files / "decisions.csv")
    truth["filename"] = "Y" + truth["filename"].str.removesuffix(".wav")
    extra = truth.iloc[[0]].assign(offset=lambda t: t.offset - 0.01)  # inside the first event
    late = truth.iloc[[0]].assign(onset=100.0, offset=5000.0)
    pd.concat([truth, extra, late]).to_csv(files / "odd.tsv", sep="\t", index=False)
    report = score(
        files,
        "--detections",
        files / "points",
        "--decisions",
        files / "decisions.csv",
        truth="odd.tsv",
        out="o.json",
    )
    assert report["settings"]["events"] == clean["settings"]["events"] + 1
    notes = " ".join(report["settings"]["notes"])
    assert "events end more than 0.2 s after their clip and are clamped to its end" in notes
    assert "1 overlapping ground-truth event of one class merged" in notes


def test_files_without_a_duration_are_missing(files, capsys):
    durations = pd.read_csv(files / "durations.tsv", sep="\t")
    durations.iloc[1:].to_csv(files / "fewer.tsv", sep="\t", index=False)
    report = score(files, "--detections", files / "points", durations="fewer.tsv")
    assert report["missing"] == [durations["filename"][0]]
    assert report["event_f1"]["macro"] is None  # no decisions
    name = report["missing"][0]
    printed = capsys.readouterr().out
    assert f"missing: 1 file (without a duration), which no figure includes: {name}\n" in printed
    assert "note:" not in printed


def test_comparison_of_two_reports(files, capsys):
    score(files, "--scores", files / "scores", out="a.json")
    score(files, "--scores", files / "scores", "--median", "5", out="b.json")
    capsys.readouterr()
    assert main(["score", "--compare", str(files / "a.json"), str(files / "b.json")]) == 0
    assert "B - A" in capsys.readouterr().out
    assert main(["score", "--compare", str(files / "a.json"), str(files / "none.json")]) == 2
    assert "There is no report" in capsys.readouterr().err


#: The ground truth of ``files``, which {} stands for.
TRUTH = ("--ground-truth", "{}/gt.tsv", "--durations", "{}/durations.tsv")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Give --ground-truth"),
        ([*TRUTH], "Give --scores"),
        (
            ["--ground-truth", "{}/gt.tsv", "--durations", "{}/gt.tsv", "--scores", "{}/scores"],
            "'duration' is missing",
        ),
        (
            [*TRUTH, "--scores", "{}/points"],
            "no table is of",
        ),
        (
            [*TRUTH, "--scores", "{}/decisions.csv"],
            "/decisions.csv is a file, and --scores takes a folder: give events as --decisions",
        ),
        (
            [*TRUTH, "--detections", "{}/decisions.csv"],
            "/decisions.csv is a file, and --detections takes a folder: give events as --decisions",
        ),
        (
            [*TRUTH, "--scores", "{}/scores", "--median", "2"],
            "odd number",
        ),
        (
            [*TRUTH, "--decisions", "{}/decisions.csv", "--median", "3"],
            "--median goes with --scores",
        ),
        (["--compare", "a", "b", "--scores", "{}/scores"], "Give --ground-truth and what to score"),
        (["--compare", "a", "b", "--out", "{}/c.json"], "Give --ground-truth and what to score"),
        (
            [*TRUTH, "--decisions", "{}/decisions.csv", "--reference", "--out", "{}/report.json"],
            "--reference needs --scores or --detections",
        ),
        (
            [*TRUTH, "--scores", "{}/scores", "--resamples", "-1"],
            "--resamples",
        ),
        (
            [*TRUTH, "--detections", "{}/points", "--labels", "class_0,class_1"],
            "gt.tsv, line",
        ),
        (
            [*TRUTH, "--scores", "{}/scores", "--labels", "class_0,class_1,class_0"],
            "class_0 is there twice among the classes",
        ),
        (
            [*TRUTH, "--scores", "{}/scores", "--labels", ","],
            "name the classes",
        ),
    ],
)
def test_mistakes_are_sentences(files, capsys, arguments, sentence):
    assert main(["score", *(a.format(files) for a in arguments)]) == 2
    printed, error = capsys.readouterr()
    assert not printed
    assert sentence in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    "given", [("--scores", "scores"), ("--detections", "points"), ("--decisions", "decisions.csv")]
)
def test_lengths_beside_the_results(files, monkeypatch, capsys, given):
    """``jss detect`` leaves them there."""
    option, name = given
    expected = score(files, option, files / name, "--system", "mine")
    capsys.readouterr()
    monkeypatch.chdir(files / name if (files / name).is_dir() else files)
    arguments = ["score", "--ground-truth", str(files / "gt.tsv"), option]
    arguments += ["." if (files / name).is_dir() else name, "--system", "mine"]
    out = files / "beside.json"
    assert main([*arguments, "--resamples", "20", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    line = f"files and lengths of {files / 'durations.tsv'}; those without ground truth count as without events"
    assert printed.splitlines().count(line) == 1
    assert json.loads(out.read_text()) == expected
    (files / "durations.tsv").unlink()
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error == (
        "jss: Give --durations, a table of filename and duration in seconds, or put it at "
        f"{files / 'durations.tsv'}, as jss detect does.\n"
    )


@pytest.mark.parametrize("labels", ["", ","])
def test_no_labels_between_commas(files, labels, capsys):
    assert score(files, "--scores", files / "scores", "--labels", labels) == 2
    assert capsys.readouterr().err.endswith(
        "--labels is empty: name the classes, with commas between them, or leave it out.\n"
    )


def test_blanks_between_labels(files):
    labels = pd.read_csv(files / "scores" / "clip_0.tsv", sep="\t").columns[2:]
    arguments = ("--scores", files / "scores", "--labels")
    blanks = score(files, *arguments, ", ".join(labels) + ",")
    assert blanks == score(files, *arguments, ",".join(labels))


def test_a_ground_truth_without_events(files, capsys):
    (files / "none.tsv").write_text("filename\tonset\toffset\tevent_label\nclip_0.wav\t\t\t\n")
    report = score(files, "--detections", files / "points", truth="none.tsv")
    assert "class_0" in report["classwise"]
    assert score(files, "--decisions", files / "decisions.csv", truth="none.tsv") != 2
    for results in ("--detections", "--scores"):
        folder = files / ("points" if results == "--detections" else "scores")
        assert score(files, results, folder, "--reference", truth="none.tsv") == 2
        assert "without events: leave out --reference" in capsys.readouterr().err
    for path in (files / "points").iterdir():
        path.write_bytes((files / "none.tsv").read_bytes())
    assert score(files, "--detections", files / "points", truth="none.tsv") == 2
    assert "name the classes" in capsys.readouterr().err


def test_two_tables_of_one_clip(files, capsys):
    (files / "scores" / "Yclip_2.tsv").write_bytes((files / "scores" / "clip_2.tsv").read_bytes())
    assert score(files, "--scores", files / "scores") == 2
    assert "both of the clip clip_2.wav" in capsys.readouterr().err


def test_the_published_student_of_dcase_2021(tmp_path, capsys):
    if not REAL.is_dir():
        pytest.skip("the real detections are not on this machine")
    code = main(
        [
            "score",
            "--ground-truth",
            str(REAL / "ground_truth.tsv"),
            "--durations",
            str(REAL / "durations.tsv"),
            "--detections",
            str(REAL / "operating_points"),
            "--decisions",
            str(REAL / "detections_0.5.csv"),
            "--out",
            str(tmp_path / "r.json"),
            "--resamples",
            "0",
        ]
    )
    assert code == 0
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["n_files"] == 1168
    assert report["psds1"] == pytest.approx(0.334469, abs=1e-6)
    assert report["psds2"] == pytest.approx(0.528100, abs=1e-6)
    assert report["psds2_k"] == pytest.approx(0.532696, abs=1e-6)
    assert report["event_f1"] == pytest.approx({"macro": 0.398728, "micro": 0.409501}, abs=1e-6)
    assert report["intersection_f1"]["macro"] == pytest.approx(0.637417, abs=1e-6)
    printed = capsys.readouterr().out
    for figure in ("0.33447", "0.52810", "0.53270", "0.39873", "0.40950", "0.63742"):
        assert figure in printed


@pytest.mark.parametrize("change", ["percent", "logits"])
def test_scores_that_are_no_probabilities_are_told(files, capsys, change):
    plain = score(files, "--scores", files / "scores")
    for path in (files / "scores").iterdir():
        table = pd.read_csv(path, sep="\t")
        values = table.iloc[:, 2:].clip(1e-9, 1 - 1e-9)
        table.iloc[:, 2:] = 100 * values if change == "percent" else np.log(values / (1 - values))
        table.to_csv(path, sep="\t", index=False)
    capsys.readouterr()
    odd = score(files, "--scores", files / "scores")
    assert "are no probabilities" in capsys.readouterr().out
    assert any("are no probabilities" in note for note in odd["settings"]["notes"])
    assert odd["psds1_exact"] == pytest.approx(plain["psds1_exact"], abs=1e-6)
    assert not any("probabilities" in note for note in plain["settings"]["notes"])


def test_time_without_scores_and_files_that_are_not_read_are_told(files, capsys):
    first = sorted((files / "scores").iterdir())[0]
    table = pd.read_csv(first, sep="\t")
    table.iloc[: len(table) // 2].to_csv(first, sep="\t", index=False)
    (files / "scores" / "stranger.tsv").write_text(first.read_text())
    (files / "scores" / "README.txt").write_text("how it was made")
    (files / "scores" / ".DS_Store").touch()
    (files / "points" / "det_0.5.tsv").write_text("filename\tonset\toffset\tevent_label\n")
    notes = score(files, "--scores", files / "scores")["settings"]["notes"]
    assert any("have no score and count as silence" in note for note in notes)
    assert any(n == "1 score table without a duration, not scored: stranger.tsv" for n in notes)
    assert any("not read: README.txt" in note for note in notes)
    assert all(f"note: {note}" in capsys.readouterr().out for note in notes[:1])
    notes = score(files, "--detections", files / "points")["settings"]["notes"]
    assert any("beside the detections that were not read: det_0.5.tsv" in note for note in notes)


def test_one_row_for_two_files_of_that_name(files, capsys):
    durations = files / "durations.tsv"
    name = pd.read_csv(durations, sep="\t").filename[0]
    stem = name.rpartition(".")[0]
    durations.write_text(durations.read_text() + f"{stem}.flac\t10\n")
    truth = files / "gt.tsv"
    truth.write_text(truth.read_text().replace(name, stem))
    assert score(files, "--detections", files / "points") == 2
    assert "may be any of 2 files" in capsys.readouterr().err


@pytest.mark.parametrize("threshold", ["5e-05", "0.5", "1e-05"])
def test_thresholds_that_python_prints(files, threshold):
    points = files / "points"
    for path in list(points.iterdir()):
        if not path.name.endswith("_0.51.tsv"):
            path.unlink()
    (points / "det_th_0.51.tsv").rename(points / f"det_th_{threshold}.tsv")
    settings = score(files, "--detections", points)["settings"]
    assert not [note for note in settings["notes"] if "not read" in note]
