"""Recordings of one's own: what telephones and browsers write, their truth, refusals, a reload."""

from __future__ import annotations

from typing import Any

import media
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from test_pages import find, run, viewer

from jss import audio

KINDS = ("m4a", "mp4", "webm", "mp3", "ogg", "wav")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, bytes]]:
    """A recording in each format, of different sounds."""
    folder = tmp_path_factory.mktemp("telephone")
    for seed, kind in enumerate(KINDS):
        noise = 0.1 * np.random.default_rng(seed).standard_normal(24000)
        path = folder / f"{kind}.{kind}"
        if kind in media.KINDS:
            media.encode(path, noise, 16000 if kind == "m4a" else 48000)
        else:
            audio.save(path, noise)
    return [(path.name, path.read_bytes()) for path in sorted(folder.iterdir())]


def give(app: AppTest, *given: tuple[str, bytes]) -> None:
    app.file_uploader[0].set_value([(*file, "") for file in given])
    app.run()


def said(app: AppTest, kind: str) -> str:
    return " ".join(item.value for item in app.get(kind)).replace("\\", "")


def clips(app: AppTest) -> Any:
    return next(one for one in app.selectbox if one.label == "Clip")


@pytest.mark.usefixtures("fakes")
def test_what_the_browser_sends_before_it_has_learnt_of_a_choice_takes_nothing_back(files):
    """As a press of Escape does that comes with an upload: it says what is chosen in every box."""
    app = run()
    before = app._tree.get_widget_states()
    app.button(key="Next clip").click().run()
    app._run(before)
    assert viewer(app)["clip"] == "short.flac"
    clips(app).select("Four tones").run()
    assert viewer(app)["clip"] == "four_tones.flac"
    before = app._tree.get_widget_states()
    give(app, files[0])
    app._run(before)
    assert viewer(app)["all"]["clip"].startswith("uploaded/")


@pytest.mark.usefixtures("fakes")
def test_several_of_every_kind_at_once(files: list[tuple[str, bytes]]):
    app = run()
    give(app, *files, ("notes.wav", b"these are notes"))
    assert clips(app).options == [name for name, _ in files]
    assert viewer(app)["all"]["clip"].startswith("uploaded/")
    assert "notes.wav is not audio that can be read" in said(app, "error")
    assert len(app.error) == 1
    give(app, ("again.m4a", dict(files)["m4a.m4a"]))
    assert len(clips(app).options) == len(files), "known by its content"
    assert not app.error


@pytest.mark.slow
@pytest.mark.usefixtures("fakes")
def test_a_recording_is_shown_beside_its_truth(files: list[tuple[str, bytes]]):
    table = b"filename\tonset\toffset\tevent_label\nwav\t0.1\t0.4\tDog\nother.mp3\t0\t1\tCat\n"
    app = run()
    give(app, ("mine.tsv", table), *[file for file in files if file[0] in ("wav.wav", "mp3.mp3")])
    clips(app).select_index(1).run()
    labels = [kind["label"] for kind in viewer(app)["classes"]]
    assert [labels[int(event[2])] for event in viewer(app)["truth"]] == ["Dog"]
    assert "1 of 2 rows name none of the recordings" in said(app, "warning")
    give(app, ("bad.tsv", b"filename\tonset\nx\t1\n"))
    assert "bad.tsv" in said(app, "error")
    assert find(app.main, "bidi_component")


@pytest.mark.usefixtures("fakes")
def test_labels_that_are_not_used_are_said(files: list[tuple[str, bytes]]):
    """Point labels of Audacity were left out without a word."""
    app = run()
    give(app, next(file for file in files if file[0] == "wav.wav"))
    give(app, ("wav.txt", b"0.2\t0.2\tDog\n0.5\t1\tCat\n"))
    assert len(viewer(app)["truth"]) == 1
    assert "wav.txt: 1 of 2 events have no length and are left out" in said(app, "warning")


@pytest.mark.usefixtures("fakes")
def test_what_is_too_long_is_refused(files, monkeypatch: pytest.MonkeyPatch):
    from pages.ui.cache import loaders

    app = run()
    monkeypatch.setattr(loaders, "LONGEST", 1.0)
    give(app, files[0])
    assert "cut it, or use jss detect" in said(app, "error")
    assert "uploaded" not in str(app.query_params.get("clip"))


def test_visits_are_kept_as_long_as_there_is_room(monkeypatch: pytest.MonkeyPatch):
    from pages.ui.cache import visits
    from pages.ui.clip import recordings

    monkeypatch.setattr(visits, "MOST_BYTES", 25)
    shelf = visits.Visits()
    several = [visits.Visit() for _ in range(3)]
    for number, one in enumerate(several):
        item = recordings.uploaded("a.wav", bytes([number]) * 10)
        one.recordings[item.clip] = item
        shelf.keep(one)
    assert [shelf.find(one.token) is one for one in several] == [False, True, True]
    assert shelf.find(None) is None
