"""From a mixture to a result, and from scenes to a report, with random networks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tiny import write_weak

import jss
from jss import checkpoints, cli
from jss.errors import JssError
from jss.labels import URBAN_LABELS
from jss.metrics.class_separation import OVERALL
from jss.viz.mel import hz_to_row
from jss.weak_labels.evaluate import evaluate_weak, held_out
from jss.weak_labels.inference import (
    critics,
    load_critic,
    load_weak,
    separators,
    with_true_sources,
)
from jss.weak_labels.report import CRITIC_ROWS, WeakReport, report_lines
from jss.weak_labels.view import clip_result, mel_masks


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("weak-checkpoints")
    write_weak(home, ("critic-frame", "weak-frame", "conv-frame"))
    return home


@pytest.fixture(scope="module")
def scenes():
    return held_out("synthscapes", URBAN_LABELS, "test", 5)


@pytest.fixture(scope="module")
def report(folder, scenes):
    return evaluate_weak(load_weak("weak-frame", folder), scenes, "synthscapes")


def test_critics_are_no_separators(folder):
    assert separators(folder) == ["conv-frame", "weak-frame"]
    assert critics(folder) == ["critic-frame"]
    with pytest.raises(JssError, match="no separator of classes critic-frame"):
        load_weak("critic-frame", folder)
    with pytest.raises(JssError, match="no critic weak-frame"):
        load_critic("weak-frame", folder)


def test_critic_alone_equals_separators_critic(folder, scenes):
    example = scenes[1]
    alone = load_critic("critic-frame", folder).analyse(example.mixture, "x", example.sources)
    beside = load_weak("weak-frame", folder).analyse(example.mixture)
    np.testing.assert_allclose(alone.probabilities, beside.probabilities, atol=1e-6)
    assert (alone.sources.shape, alone.masks.shape) == ((0, 64000), (0, 257, 501))
    assert alone.source_probabilities.shape == (0, 5, 125)
    before, after = alone.si_sdr()
    assert not np.isnan(before[alone.active]).any()
    assert np.isnan(after).all()
    clip = clip_result(alone)
    assert (clip.n_sources, clip.source_names, clip.mel.shape) == (0, (), (128, 251))


def test_true_sources_come_out_as_they_are(folder, scenes):
    example = scenes[1]
    critic = load_critic("critic-frame", folder)
    result = with_true_sources(critic, "true sources", example.sources).analyse(
        example.mixture, "x", example.sources
    )
    np.testing.assert_array_equal(result.sources, example.sources)
    assert (result.system, result.critic) == ("true sources", "critic-frame")
    assert (result.si_sdr()[1][result.active] > 60).all()
    with pytest.raises(JssError, match="not as long"):
        with_true_sources(critic, "true sources", example.sources).analyse(example.mixture[:9000])


def test_clip_result_and_masks_share_axes(folder, scenes):
    result = load_weak("weak-frame", folder).analyse(scenes[1].mixture)
    clip, masks = clip_result(result), mel_masks(result)
    assert clip.source_names == ("Car horn", "Dog bark", "Gun shot", "Jackhammer", "Siren")
    assert (clip.scores is result.probabilities, clip.selection) == (True, "critic-frame")
    assert masks.shape == clip.source_mels.shape == (5, 128, 251)
    assert 0 <= masks.min() <= masks.max() <= 1
    for bin in (40, 100, 200):  # a bin of 31.25 Hz, at the row where its mel filter peaks
        row = round(hz_to_row(bin * 31.25))
        near = result.masks[:, bin - 4 : bin + 5, ::2]
        assert (masks[:, row] >= near.min(1) - 1e-6).all()
        assert (masks[:, row] <= near.max(1) + 1e-6).all()
    short = clip_result(load_weak("weak-frame", folder).analyse(np.zeros(100, np.float32)))
    assert short.source_mels.shape == (5, 128, 1)


@pytest.mark.parametrize("name", ["weak-frame", "conv-frame"])
def test_shapes_of_a_result(name, folder, scenes):
    scene = scenes[1]
    result = load_weak(name, folder).analyse(scene.mixture, "a scene", scene.sources)
    assert (result.filename, result.duration) == ("a scene", 4.0)
    assert result.sources.shape == result.truth.shape == (5, 64000)
    assert result.masks.shape == (5, 257, 501)
    assert result.probabilities.shape == (5, 125)
    assert result.source_probabilities.shape == (5, 5, 125)
    assert 0 <= result.masks.min() <= result.masks.max() <= 1
    before, after = result.si_sdr()
    assert (np.isnan(before) == ~result.active).all()
    assert (np.isnan(after) == ~result.active).all()
    assert all(
        isinstance(getattr(result, f), np.ndarray) for f in ("mixture", "magnitude", "masks")
    )


def test_files_of_any_length(folder, tmp_path):
    system = load_weak("weak-frame", folder)
    rng = np.random.default_rng(0)
    for seconds in (0.01, 1.3, 33.0):
        x = rng.normal(0, 0.05, round(seconds * 16000)).astype(np.float32)
        soundfile.write(tmp_path / "noise.wav", x, 16000, subtype="FLOAT")
        result = system.analyse(tmp_path / "noise.wav")
        assert (result.filename, result.sources.shape) == ("noise.wav", (5, len(x)))
        frames = result.magnitude.shape[-1]
        assert result.masks.shape[-1] == frames
        assert abs(result.probabilities.shape[-1] - frames // 4) <= 1
        assert result.truth is None
        assert not result.active.any()


def test_long_recordings_have_no_seam(folder):
    system = load_weak("weak-frame", folder)
    x = np.random.default_rng(1).normal(0, 0.05, 40 * 16000).astype(np.float32)
    long, head = system.analyse(x), system.analyse(x[:160000])
    np.testing.assert_allclose(long.sources[:, :100000], head.sources[:, :100000], atol=1e-4)
    np.testing.assert_allclose(long.masks[..., :900], head.masks[..., :900], atol=1e-4)


def test_report_has_both_tables(report):
    assert set(report.table1) == set(report.single) == {*URBAN_LABELS, OVERALL}
    several = report.n_clips - report.n_single
    assert report.n_clips == 5
    assert len(set(report.samples.clip)) == several
    assert report.table1[OVERALL]["n"] == len(report.samples.input)
    improvement = np.subtract(report.samples.output, report.samples.input)
    assert report.table1[OVERALL]["improvement_mean"] == pytest.approx(improvement.mean(), abs=0.01)
    assert tuple(report.table2) == CRITIC_ROWS
    for row in report.table2.values():
        assert set(row) == {*URBAN_LABELS, "macro"}
    for level in ("frame", "clip"):
        for label in URBAN_LABELS:  # Eq. 7 of the JSS paper, to the four decimals that are stored
            f, p, r = (
                report.table2[f"{level}{end}"][label] for end in ("", " precision", " recall")
            )
            if f is not None and p + r > 0:
                assert f == pytest.approx(2 * p * r / (p + r), abs=2e-3)
    text = report_lines(report)
    assert len(text) >= 14
    older = replace(report, table2={level: report.table2[level] for level in ("frame", "clip")})
    assert len(report_lines(older)) == len(text)


def test_a_report_of_one_clip_counts_it_in_the_singular(report):
    one = replace(report, n_clips=1, n_single=0)
    assert report_lines(one)[0].endswith(" test, 1 clip, 1 with several classes")


def test_what_was_not_measured_is_a_dash(report):
    one, none = URBAN_LABELS[:2]
    empty: dict[str, float | int | None] = {key: None for key in report.table1[one]} | {"n": 0}
    row = {key: 20.4 for key in empty} | {"n": 1, "input_sd": 0.0, "improvement_sd": 0.0}
    changed = replace(
        report,
        table1={**report.table1, one: row, none: empty},
        single={**report.single, none: empty},
        table2={level: dict.fromkeys(row, 0.0) for level, row in report.table2.items()},
    )
    of_one, of_none, found, absent = (
        line.split()
        for label in (one, none)
        for line in report_lines(changed)
        if line.split()[0] == label
    )
    assert of_one[:8] == [one, "1", "20.4", "±", "-", "20.4", "±", "-"]
    assert found[:4] == [none, "0", "-", "-"]
    assert of_none == [one, *["0.000"] * 6]
    assert absent == [none, *["-"] * 6]
    note = (
        "  -: no clip has the class; it counts as 0 in macro where the critic finds it all the same"
    )
    assert note in report_lines(changed)
    assert note not in report_lines(replace(changed, table2=report.table2, single=report.table1))


def test_check_counts_classes_of_each_source(folder, scenes, report):
    system, own_only, cosines = load_weak("weak-frame", folder), [], []
    for number in range(5):
        result = system.analyse(scenes[number].mixture, str(number), scenes[number].sources)
        for source in np.flatnonzero(result.active):
            detected = {
                k
                for k in range(len(URBAN_LABELS))
                if result.source_probabilities[source, k].max() > 0.5
            }
            own_only.append(detected == {source})
        for a in range(len(URBAN_LABELS)):
            for b in range(a):
                x, y = result.source_probabilities[a], result.source_probabilities[b]
                cosines.append(((x * y).sum(0) / np.sqrt((x**2).sum(0) * (y**2).sum(0))).mean())
    assert report.check["own_only"][OVERALL] == pytest.approx(np.mean(own_only), abs=1e-4)
    assert report.check["similarity"] == pytest.approx(np.mean(cosines), abs=1e-4)


def test_report_is_saved_and_loaded(report, tmp_path):
    report.save(tmp_path / "r.json")
    assert WeakReport.load(tmp_path / "r.json") == report
    stored = json.loads((tmp_path / "r.json").read_text())
    (tmp_path / "r.json").write_text(json.dumps({**stored, "score": 1}))
    with pytest.raises(JssError, match="unknown key 'score'"):
        WeakReport.load(tmp_path / "r.json")
    with pytest.raises(JssError, match="no report at"):
        WeakReport.load(tmp_path / "none.json")


def test_evaluate_keeps_the_report_of_each_separator(folder, tmp_path, monkeypatch, capsys):
    """Each was written over the one before."""
    card, state = checkpoints.load_block("weak-frame", folder)
    for name in ("weak-frame", "weak-clip"):
        checkpoints.save_block(state, replace(card, name=name), tmp_path)
    monkeypatch.setenv("JSS_CHECKPOINTS", str(tmp_path))
    systems = ["--system", "weak-frame", "--system", "weak-clip"]
    wanted = [*systems, "--data", "synthscapes", "--subset", "test", "--out", "r.json"]
    assert cli.main(["evaluate", *wanted]) == 2
    assert "--out '{system}.json'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "refused"),
    [
        (["--keep-scores"], "--keep-scores: leave that out."),
        (
            ["--batch", "2", "--keep-scores", "--out", "r.json"],
            "--batch and no --keep-scores: leave them out.",
        ),
        (["--decoder", "boxes"], "--decoder: leave that out."),
        (["--compare", "a.json", "b.json"], "--compare: leave that out."),
        (["--selection", "student"], "--selection: leave that out."),
        (["--mean", "logits", "--legacy-nan"], "--mean and no --legacy-nan: leave them out."),
        (
            ["--device", "cpu", "--cache", "scores"],
            "--device and no --cache: leave them out.",
        ),
        (
            ["--no-cache", "--resamples", "0"],
            "--no-cache and no --resamples: leave them out.",
        ),
    ],
)
def test_evaluate_refuses_what_separators_do_not_take(
    folder, monkeypatch, capsys, options, refused
):
    """It passed over them in silence."""
    monkeypatch.setenv("JSS_CHECKPOINTS", str(folder))
    wanted = ["--system", "weak-frame", "--data", "synthscapes", "--subset", "test", *options]
    assert cli.main(["evaluate", *wanted]) == 2
    assert (
        capsys.readouterr()
        .err.strip()
        .endswith(f"Separators of the weak-label paper take no {refused}")
    )


def test_events_of_a_separator_of_the_weak_label_paper_are_refused(folder):
    """It was unknown, though evaluate takes it."""
    with pytest.raises(JssError, match="weak-frame is a separator of the weak-label paper"):
        jss.load_system("weak-frame", folder=folder)
    with pytest.raises(JssError, match="There is no system critic-frame"):
        jss.load_system("critic-frame", folder=folder)


def test_evaluate_takes_separators_of_the_weak_label_paper_alone(folder, monkeypatch, capsys):
    monkeypatch.setenv("JSS_CHECKPOINTS", str(folder))
    wanted = ["--system", "SED", "--system", "weak-frame", "--data", "synthscapes"]
    assert cli.main(["evaluate", *wanted, "--subset", "test"]) == 2
    assert "weak-frame is evaluated on scenes" in capsys.readouterr().err


def test_list_systems_has_separators_of_the_weak_label_paper(folder, monkeypatch, capsys):
    monkeypatch.setenv("JSS_CHECKPOINTS", str(folder))
    assert cli.main(["list", "systems"]) == 0
    heading, *lines = capsys.readouterr().out.strip().splitlines()
    assert heading.startswith("Separators of the weak-label paper")
    assert [line.split()[0] for line in lines] == ["conv-frame", "weak-frame"]
    assert "car_horn, dog_bark, gun_shot, jackhammer, siren" in lines[1]


@pytest.mark.slow
def test_evaluate_writes_the_report(folder, report, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("JSS_CHECKPOINTS", str(folder))
    out = tmp_path / "{system}.json"
    options = [
        "--data",
        "synthscapes",
        "--dataset",
        "synthscapes",
        "--subset",
        "test",
        "--clips",
        "5",
    ]
    assert cli.main(["evaluate", "--system", "weak-frame", *options, "--out", str(out)]) == 0
    assert "improvement" in capsys.readouterr().out
    again = WeakReport.load(tmp_path / "weak-frame.json")
    assert (again.table1, again.table2, again.check) == (report.table1, report.table2, report.check)
