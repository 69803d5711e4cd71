"""The pages Review and Timeline without a browser: what the panel and the viewer get."""

from __future__ import annotations

import json
from pathlib import Path

import fake
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from test_pages import find, run

from jss import audio
from jss.errors import JssError
from jss.io.journal import DETECTED, Journal
from jss.io.journal import EVENTS as EVENTS_TABLE
from jss.labels import DESED_LABELS
from jss.review.judgements import ACCEPTED, Judgements, missed, of
from jss.review.sampling import plan

EVENTS = ((12.0, 16.5, "Speech"), (17.0, 21.0, "Dog"))


def detected(folder: Path, system: str, events=EVENTS, seconds: float = 30.0) -> Path:
    settings = {
        "version": 3,
        "system": system,
        "selection": "teacher",
        "threshold": 0.5,
        "labels": list(DESED_LABELS),
    }
    path = folder / "in" / "a.wav"
    audio.save(path, np.tile(fake.tone(1, 160000), 3))
    with Journal(folder / "out" / DETECTED, settings) as journal:
        line = {"filename": "a.wav", "audio": str(path), "duration": seconds, "files": []}
        peaks = [(80 - 20 * (n % 2) - n // 2) / 100 for n in range(len(events))]
        journal.add("1", {**line, "events": events, "peaks": peaks})
    return folder / "out"


@pytest.mark.usefixtures("fakes")
def test_without_a_folder_it_says_how_to_start(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("JSS_REVIEW", raising=False)
    app = run("pages/review.py")
    assert "Nothing to review" in app.info[0].value


@pytest.mark.usefixtures("fakes")
def test_a_recording_that_is_replaced_is_heard_as_it_is(tmp_path: Path):
    from pages.ui.cache import loaders

    path = tmp_path / "a.wav"
    parts = []
    for tone in (1, 2):
        audio.save(path, fake.tone(tone, 160000))
        parts.append(loaders.excerpt(path, 1.0, 2.0))
    assert parts[0] != parts[1] == audio.wav(audio.excerpt(path, 1.0, 1.0))
    path.unlink()
    with pytest.raises(JssError, match=r"a\.wav"):
        loaders.excerpt(path, 1.0, 2.0)


@pytest.mark.usefixtures("fakes")
def test_a_cell_of_a_damaged_recording_leaves_the_others_to_be_pressed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    out = detected(tmp_path, "SED")
    rows = [f"a.wav\t{onset}\t{offset}\t{label}" for onset, offset, label in EVENTS]
    (out / EVENTS_TABLE).write_text(
        "\n".join(["filename\tonset\toffset\tevent_label", *rows]) + "\n"
    )
    (tmp_path / "in" / "a.wav").write_bytes(b"no sound")
    monkeypatch.setenv("JSS_REVIEW", str(out))
    app = run("pages/timeline.py", cell="Speech@0")
    (error,) = app.error
    assert "a.wav" in error.value.replace("\\", "")
    assert len(find(app.main, "bidi_component")) == 2


@pytest.mark.usefixtures("fakes")
def test_a_cell_in_longer_bins_is_the_one_that_holds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Of 12:40 the hour from 12 on, and not the one from 13 on."""
    settings = {
        "version": 3,
        "system": "SED",
        "selection": "teacher",
        "threshold": 0.5,
        "labels": list(DESED_LABELS),
    }
    out = tmp_path / "out"
    rows = ["filename\tonset\toffset\tevent_label"]
    with Journal(out / DETECTED, settings) as journal:
        for hour in range(10, 15):
            name = f"20240131_{hour}0000.wav"
            path = tmp_path / name
            audio.save(path, fake.tone(1, 160000))
            events = [(2400.0, 2403.0, "Dog")]
            line = {"filename": name, "audio": str(path), "duration": 3600.0, "files": []}
            journal.add(name, {**line, "events": events, "peaks": [0.9]})
            rows.append(f"{name}\t2400.0\t2403.0\tDog")
    (out / EVENTS_TABLE).write_text("\n".join(rows) + "\n")
    monkeypatch.setenv("JSS_REVIEW", str(out))
    app = run("pages/timeline.py")
    app.query_params.update({"bin": "hour", "cell": f"Dog@{12 * 3600 + 2400}", "back": "1"})
    app.run()
    (said,) = [item.value for item in app.markdown if item.value.startswith("**Dog**")]
    assert "12:40:00" in said


@pytest.mark.usefixtures("fakes")
def test_an_event_that_began_before_its_cell_plays_from_the_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Each cell of a sound of hours played its first seconds."""
    from pages.ui.cache import loaders

    played = []

    def excerpt(path: Path, start: float, end: float) -> bytes:
        played.append((start, end))
        return audio.wav(np.zeros(16000, np.float32))

    monkeypatch.setattr(loaders, "excerpt", excerpt)
    out = detected(tmp_path, "SED", ((2.0, 200.0, "Speech"),), 240.0)
    monkeypatch.setenv("JSS_REVIEW", str(out))
    run("pages/timeline.py", bin="minute", cell="Speech@0")
    run("pages/timeline.py", bin="minute", cell="Speech@120")
    assert played == [(1.5, 11.5), (119.5, 129.5)]


@pytest.mark.usefixtures("fakes")
def test_events_of_a_clip_with_what_was_said_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    out = detected(tmp_path, "SED")
    monkeypatch.setenv("JSS_REVIEW", str(out))
    from jss.review.detections import read

    speech = plan(read(out)).inside("a.wav", 12.0, 13.0)[0]
    store = Judgements(out)
    store.add(of(speech, ACCEPTED), "another page")
    store.add(missed("a.wav", 11.0, 11.5, "Cat"), "another page")
    app = run("pages/review.py")
    panel, viewer = (json.loads(one.proto.json) for one in find(app.main, "bidi_component"))
    assert panel["clip"] == {
        "name": "a.wav 10.0-20.0 s",
        "filename": "a.wav",
        "start": 10.0,
        "end": 20.0,
    }
    assert [
        (one["display"], one["onset"], one["offset"], one["score"], one["verdict"])
        for one in panel["events"]
    ] == [
        ("Cat", 1.0, 1.5, None, "missed"),
        ("Speech", 2.0, 6.5, 0.8, "accepted"),
        ("Dog", 7.0, 10.0, 0.6, ""),
    ]
    assert [one["detected"] for one in panel["events"]] == [
        None,
        {"label": "Speech", "onset": 2.0, "offset": 6.5},
        {"label": "Dog", "onset": 7.0, "offset": 10.0},
    ]
    # A system without sources stands beside one that separates.
    assert viewer["names"] == ["SED", "MixIT-S1"]
    assert {one["system"]: one["sources"] for one in viewer["systems"]} == {"SED": 0, "MixIT-S1": 4}
    (summary,) = (item.value for item in app.markdown if "judged" in item.value)
    assert "**1 event judged** of 2 detected by SED in 1 recording, 1 added: " in summary


@pytest.mark.usefixtures("fakes")
@pytest.mark.parametrize("shown", [True, False])
def test_a_clip_that_cannot_be_read_blocks_no_review(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: bool
):
    """Neither where it is shown, which can be marked as unsure, nor where it is the next one."""
    from jss.review.detections import read
    from pages.ui.cache import loaders

    out = detected(tmp_path, "SED", ((2.0, 3.0, "Speech"), (22.0, 23.0, "Dog")))
    monkeypatch.setenv("JSS_REVIEW", str(out))
    damaged, excerpt = plan(read(out)).queue[0 if shown else 1], loaders.excerpt

    def read_part(path: Path, start: float, end: float) -> bytes:
        if start < damaged.onset < end:
            raise JssError("This part cannot be read.")
        return excerpt(path, start, end)

    monkeypatch.setattr(loaders, "excerpt", read_part)
    app = run("pages/review.py")
    assert len(app.error) == shown
    panel, *viewers = find(app.main, "bidi_component")
    assert len(json.loads(panel.proto.json)["events"]) == 1
    assert len(viewers) == (not shown)
    assert "Thresholds" in [item.value for item in app.subheader]


@pytest.mark.slow
@pytest.mark.usefixtures("fakes")
def test_a_system_that_is_gone_and_recordings_that_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    out = detected(tmp_path, "gone")
    monkeypatch.setenv("JSS_REVIEW", str(out))
    app = run("pages/review.py")
    assert "gone, which detected these events, is not installed" in app.warning[0].value
    (tmp_path / "in" / "a.wav").unlink()
    from pages.ui.cache import loaders

    loaders._review_plan.clear()
    app = run("pages/review.py")
    assert "no longer where they were analysed" in app.warning[0].value
    assert app.success[0].value == "There is no detection to review."


@pytest.mark.usefixtures("fakes")
def test_the_commands_are_of_what_is_reviewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """With a second system, thresholds are those of both samples, so tune needs its folder too."""
    spans = [(float(n), n + 0.5, "Speech") for n in range(20)]
    ours = detected(tmp_path / "first one, 06:15", "SED", spans)
    other = detected(tmp_path / "b", "MixIT-S1", spans)
    monkeypatch.setenv("JSS_REVIEW", f"{ours}\n{other}")
    from jss.review.detections import read

    store = Judgements(ours)
    events = plan(read(ours)).inside("a.wav", 0.0, 30.0)
    for n, event in enumerate(events):
        store.add(of(event, ACCEPTED), str(n))
    app = run("pages/review.py", precision="0.8")
    assert app.selectbox(key="pick precision").options == ["80 %", "90 %", "95 %", "99 %"]
    commands = [block.value for block in app.code]
    assert f"jss finetune SED --selection teacher --data '{ours}/reviewed'" in commands
    assert f"jss tune SED --review '{ours}' --against {other} --precision 0.8" in commands


@pytest.mark.usefixtures("fakes")
def test_detections_of_the_second_system_are_not_counted_as_those_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    ours = detected(tmp_path / "a", "SED")
    other = detected(tmp_path / "b", "MixIT-S1", (*EVENTS, (24.0, 25.0, "Cat")))
    monkeypatch.setenv("JSS_REVIEW", f"{ours}\n{other}")
    app = run("pages/review.py")
    (summary,) = (item.value for item in app.markdown if "judged" in item.value)
    assert (
        "of 2 detected by SED and 1 that only MixIT-S1 detected in 1 recording"
        in summary.replace("\\", "")
    )


@pytest.mark.usefixtures("fakes")
def test_the_threshold_of_the_detections_stays_in_review(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Explore goes on with its own, also after the viewer of Review has reported what it shows."""
    from pages.ui.clip.browser import VIEWER

    monkeypatch.setenv("JSS_REVIEW", str(detected(tmp_path, "SED")))

    def shown(app: AppTest) -> dict:
        return json.loads(find(app.main, "bidi_component")[-1].proto.json)

    app = run("pages/review.py")
    assert shown(app)["threshold"] == 0.5
    report = {"threshold": 0.4, "system": "SED", "view": "", "viewer": "a", "stamp": 1, "steps": 0}
    app.session_state[VIEWER] = {"interaction": report}
    app.run()
    assert shown(app)["threshold"] == 0.4
    app.switch_page("pages/explore.py").run()
    assert shown(app)["threshold"] == "auto"
    assert "threshold" not in app.query_params
