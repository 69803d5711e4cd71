"""Score your system: the figures of ``jss score``, beside our systems on the same ground truth."""

from __future__ import annotations

import io
import zipfile

import pytest
from streamlit.testing.v1 import AppTest
from test_pages import run

from jss.data.clip import Clip, Event
from jss.io.tsv import read_events
from jss.results import score_table

EVENTS = b"filename\tonset\toffset\tevent_label\na.wav\t1\t2\tDrill\nb.wav\t\t\t\n"
DURATIONS = b"filename\tduration\na.wav\t10\nb.wav\t10\n"


def give(app: AppTest, key: str, *files: tuple[str, bytes]) -> None:
    app.file_uploader(key=f"external {key}").set_value([(*file, "text/plain") for file in files])


def test_the_ground_truth_names_every_clip(tmp_path):
    from pages.ui.reports.external import _truth_table

    clips = [Clip("a.wav", None, 10.0, (Event(1.0, 2.5, "Dog"),)), Clip("b.wav", None, 10.0, ())]
    path = tmp_path / "truth.tsv"
    path.write_text(_truth_table(clips).to_csv(sep="\t", index=False))
    table = read_events(path)
    assert table["filename"].tolist() == ["a.wav", "b.wav"]
    assert table["event_label"].notna().tolist() == [True, False]


def opened(**address: str) -> AppTest:
    return run("pages/results.py", results="Score your system", **address)


@pytest.mark.slow
@pytest.mark.usefixtures("fakes")
def test_any_truth_and_a_mistake_in_it():
    app = opened(truth="your own")
    give(app, "truth", ("truth.tsv", EVENTS))
    give(app, "durations", ("long.tsv", DURATIONS))
    give(app, "results", ("drills.tsv", EVENTS))
    app.run()
    assert not app.error
    form = app.tabs[2]
    figures = form.dataframe[0].value.set_index("Metric")["drills"]
    assert figures["event F1 macro"].startswith("1.0000")
    assert form.dataframe[1].value["Class"].tolist() == ["Drill"]
    assert "None of our systems has a report" in " ".join(item.value for item in form.caption)
    give(app, "results", ("drills.tsv", EVENTS.replace(b"2\tDrill", b"x\tDrill")))
    app.run()
    (error,) = app.tabs[2].error
    assert "drills.tsv, line 2: the offset 'x' is not a number" in error.value.replace("\\", "")


@pytest.mark.slow
@pytest.mark.usefixtures("fakes")
@pytest.mark.parametrize("truth", ["synthscapes validation", "your own"])
def test_ours_stand_beside_scores_of_the_same_truth(truth: str):
    from pages.ui.cache import loaders

    saved = loaders.saved_scores()["synthscapes", "validation", "teacher"]["SED"]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for clip in saved.clips:
            output = saved.outputs.clips[clip.filename]
            table = score_table(
                output.scores, saved.outputs.labels, hop=output.hop, duration=clip.duration
            )
            file.writestr(f"{clip.filename}.tsv", table.to_csv(sep="\t", index=False))
    app = opened(truth=truth)
    if truth == "your own":
        events = ["filename\tonset\toffset\tevent_label"]
        events += [
            f"{clip.filename}\t{e.onset}\t{e.offset}\t{e.label}"
            for clip in saved.clips
            for e in clip.events
        ]
        lengths = ["filename\tduration", *(f"{c.filename}\t{c.duration}" for c in saved.clips)]
        give(app, "truth", ("truth.tsv", "\n".join(events).encode()))
        give(app, "durations", ("long.tsv", "\n".join(lengths).encode()))
    give(app, "results", ("mine.zip", archive.getvalue()))
    app.number_input(key="external median").set_value(7)
    app.run()
    form = app.tabs[2]
    assert not app.error
    figures = form.dataframe[0].value.set_index("Metric")
    assert {"mine", "SED", "MixIT-S1"} <= set(figures)
    ours, theirs = (float(figures[name]["PSDS1 exact"].split()[0]) for name in ("SED", "mine"))
    assert theirs == pytest.approx(ours, abs=2e-3)
    differences = form.dataframe[1].value.set_index("Metric")["minus SED"]
    assert abs(float(differences["PSDS1 exact"].split()[0])) < 2e-3
