"""Operating points are those that the clips were made for, and reach events through the manifest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from jss.cli import main
from jss.data.clip import Clip, Event
from jss.decoding import Decoder, decoder
from jss.errors import JssError
from jss.evaluation import run
from jss.evaluation.run import Outputs
from jss.evaluation.saved_scores import SavedScores
from jss.evaluation.tuning import LEAST, _Clips, steps, tune
from jss.inference.output_cache import ClipOutput

LABELS = ("hum", "beep", "never")
HOP, T = 0.1, 200


def made(clips: int = 12) -> SavedScores:
    """Hums whose score is .3 with holes, over a noise of up to .2; beeps of three frames at .8."""
    rng = np.random.default_rng(0)
    outputs, truth = {}, []
    for n in range(clips):
        scores = 0.2 * rng.random((3, T))
        begin = int(rng.integers(10, 80))
        scores[0, begin : begin + 80] = 0.3
        for hole in range(begin + 5, begin + 75, 9):
            scores[0, hole : hole + 3] = 0.1
        beeps = [10 + 25 * i for i in range(7)]
        scores[1] *= 2
        for beep in beeps:
            scores[1, beep : beep + 3] = 0.8
        name = f"{n}.wav"
        events = [Event(begin * HOP, (begin + 80) * HOP, "hum")]
        events += [Event(b * HOP, (b + 3) * HOP, "beep") for b in beeps]
        truth.append(Clip(name, None, T * HOP, tuple(events)))
        weak = scores.max(axis=1).astype(np.float32)
        outputs[name] = ClipOutput(
            scores.astype(np.float32), np.zeros((0, 3, T), np.float32), weak, HOP
        )
    of = Outputs("toy", "teacher", LABELS, outputs, {}, {"detector": "w"})
    return SavedScores("toys", "validation", of, tuple(truth))


@pytest.mark.slow
def test_filters_and_thresholds_of_each_class():
    done: list[float] = []
    tuned = tune(made(), "w", lambda what, amount: done.append(amount))
    assert sum(done) == steps()
    points = tuned.points
    assert (points.data, points.clips, points.weights) == ("toys, validation", 12, "w")
    assert points.median["hum"].frames >= 7  # holes are filled, and beeps are kept
    assert points.median["beep"].frames <= 5
    assert 0.2 <= points.median["hum"].threshold < 0.3
    assert 0.4 <= points.median["beep"].threshold < 0.8
    assert points.median["never"].frames == 7  # nothing speaks against the usual
    assert points.median["never"].threshold == pytest.approx(0.49, abs=0.03)
    assert tuned.median.event_f1 == pytest.approx(1.0)
    assert tuned.boxes.event_f1 > tuned.baseline.event_f1
    assert tuned.median.psds1 > tuned.baseline.psds1
    assert np.isnan(tuned.median.class_f1[2])
    report = run.report(
        made().outputs,
        made().clips,
        "toys",
        "validation",
        resamples=0,
        decoder=decoder(points, LABELS, method="boxes"),
    )
    assert report.psds1_exact == pytest.approx(tuned.boxes.psds1)
    assert (report.settings["median_frames"], len(report.settings["boxes"])) == (1, 3)
    text = "\n".join(tuned.lines())
    assert "bounding boxes by class" in text
    assert (
        "These have no event here, so they get the usual filter and a threshold near 0.5: never"
        in text
    )


def test_clips_without_events_choose_nothing():
    scores = made(2)
    silent = tuple(replace(clip, events=()) for clip in scores.clips)
    with pytest.raises(JssError, match="No clip of toys, validation has an event"):
        tune(replace(scores, clips=silent), "w")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--scores", "x.npz", "--subset", "validation"], "--subset is of --data"),
        (["--scores", "x.npz", "--clips", "50"], "--clips is of --data"),
        (["--review", "out", "--clips", "50"], "--clips is of --data"),
        (["--scores", "x.npz", "--preset", "smoke"], "--preset is of --data without --subset"),
        (["--review", "out", "--preset", "smoke"], "--preset is of --data without --subset"),
        (
            ["--data", "d", "--subset", "validation", "--preset", "smoke"],
            "--preset is of --data without --subset",
        ),
        (["--scores", "x.npz", "--device", "cpu"], "--device is of --data and --review"),
        (["--review", "out", "--selection", "student"], "--selection is of --data and --scores"),
        (["--data", "synthscapes", "--precision", "0.95"], "--precision is of --review"),
        (["--data", "synthscapes", "--against", "out"], "--against is of --review"),
    ],
)
def test_options_of_another_way_to_tune_are_refused(arguments, sentence, capsys):
    assert main(["tune", "SED", *arguments]) == 2
    assert sentence in capsys.readouterr().err


def test_thresholds_are_neither_very_low_nor_higher_than_they_must_be():
    clips = _Clips(made())
    one = Decoder(median=1)
    assert clips.thresholds(one)[1] < 0.8
    assert clips.thresholds(one, slack=1.0) == pytest.approx([0.49] * 3, abs=0.03)
    for scores in clips.scores:
        scores *= 0.2
    assert min(clips.thresholds(one)) >= LEAST


@pytest.mark.slow
def test_the_verb_writes_what_detect_uses(tmp_path, tiny_checkpoints, monkeypatch, capsys):
    import shutil

    folder = shutil.copytree(tiny_checkpoints, tmp_path / "checkpoints")
    monkeypatch.setenv("JSS_CHECKPOINTS", str(folder))
    tune_it = ["tune", "SED", "--data", "synthscapes", "--preset", "smoke", "--device", "cpu"]
    assert main([*tune_it, "--clips", "3"]) == 0
    assert "3 clips of synthscapes, synthetic validation" in capsys.readouterr().out

    from jss import audio
    from jss.inference.system import load_system

    samples = np.random.default_rng(0).uniform(-0.3, 0.3, 48000).astype(np.float32)
    audio.save(tmp_path / "a.wav", samples)
    system = load_system("SED", device="cpu")
    assert system.operating is not None
    result = system(tmp_path / "a.wav")
    result.save(tmp_path / "a.npz")
    assert type(result).load(tmp_path / "a.npz").operating == system.operating

    def detect(out: str, *more: str) -> pd.DataFrame:
        arguments = [
            str(tmp_path / "a.wav"),
            "--system",
            "SED",
            "--out",
            str(tmp_path / out),
            *more,
        ]
        assert main(["detect", *arguments, "--device", "cpu"]) == 0
        return pd.read_csv(tmp_path / out / "events.tsv", sep="\t")

    for out, more, expected in (
        ("auto", [], result.events()),
        ("boxes", ["--decoder", "boxes"], result.events(method="boxes")),
        ("number", ["--threshold", "0.45"], result.events(0.45)),
    ):
        pd.testing.assert_frame_equal(
            detect(out, *more), expected, check_dtype=False, check_index_type=False, atol=1e-6
        )
        detect(out, *more)  # goes on from its own journal
    assert main(["detect", "--stream", "--system", "SED", "--decoder", "boxes"]) == 2
    assert main([*tune_it, "--scores", "x.npz"]) == 2
    assert "either --data ROOT, --scores FILE or --review OUT" in capsys.readouterr().err
