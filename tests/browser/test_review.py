"""The page Review, operated by keyboard as a reviewer does."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import fake
import numpy as np
import pytest
import serving
from browser import barriers, idle

from jss import audio
from jss.io.journal import DETECTED, Journal
from jss.labels import DESED_LABELS
from jss.review.judgements import Judgements

pytest.importorskip("streamlit")

#: The page has two components: the panel, and the viewer.
VIEWER = "[...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')].map(e => e.viewer).find(Boolean)"
HTML = "<img src=x onerror=window.pwned=1>"
#: Names of the recordings, and one class more than the system has.
NAMES = ("0.wav", "1.wav", f"{HTML}.wav")
LABELS = (*DESED_LABELS, HTML)
#: Of each recording: onset and offset in seconds, class and peak score.
FOUND = (
    (0.6, 3.0, "Alarm_bell_ringing", 0.9),
    (2.1, 6.4, "Speech", 0.8),
    (5.1, 6.9, "Dog", 0.65),
)


def detected(folder: Path) -> Path:
    """What detect writes about some recordings of the fakes' tones."""
    out = folder / "out"
    settings = {
        "version": 3,
        "system": "MixIT-S1",
        "selection": "teacher",
        "threshold": 0.5,
        "labels": list(LABELS),
    }
    with Journal(out / DETECTED, settings) as journal:
        for n, name in enumerate(NAMES):
            path = folder / "in" / name
            audio.save(path, np.sum([fake.tone(m, 160000) for m in range(4)], axis=0))
            journal.add(
                str(n),
                {
                    "filename": path.name,
                    "audio": str(path),
                    "duration": 10.0,
                    "files": [],
                    "events": [list(event[:3]) for event in FOUND],
                    "peaks": [event[3] - 0.02 * n for event in FOUND],
                },
            )
    return out


def environment(tmp_path: Path, out: Path) -> dict[str, str]:
    return os.environ | {
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PYTHONPATH": str(serving.ROOT),
        "JSS_RUNS": str(tmp_path / "runs"),
        "JSS_REVIEW": str(out),
    }


def opened(tab: Any, address: str) -> None:
    tab.goto(f"{address}/review")
    drawn(tab)


def drawn(tab: Any) -> None:
    tab.wait_for_selector(".jss[data-drawn]", timeout=120_000)
    idle(tab)


def verdicts(out: Path) -> list[tuple[str, str]]:
    """File and verdict of each judgement that counts, in the order in which they were made."""
    return [(one.filename, one.verdict) for one in Judgements(out).current().values()]


def test_a_review_by_keyboard(chromium: Any, examples: Path, tmp_path: Path):
    out = detected(tmp_path)
    app = str(serving.ROOT / "tests" / "pages" / "fake.py")
    command = ["streamlit", "run", app, "--server.port", "{port}", "--", str(examples)]
    with serving.served(command, tmp_path / "server.txt", environment(tmp_path, out)) as address:
        context = chromium.new_context(viewport={"width": 1440, "height": 1100})
        tab = context.new_page()
        wrong: list[str] = []
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        opened(tab, address)
        view = f"(() => {{ const v = {VIEWER}; return"

        def at(seconds: float) -> None:
            tab.evaluate(f"(v => {{ v.player.pause(); v.seek({seconds}); }})({VIEWER})")

        def stored(count: int) -> list[tuple[str, str]]:
            for _ in range(100):
                if len(verdicts(out)) == count:
                    break
                tab.wait_for_timeout(50)
            return verdicts(out)

        # The first event is looped and zoomed.
        first = tab.locator(".event[aria-current=true]")
        assert "Alarm" in first.inner_text()
        region = tab.evaluate(f"{view} v.state.region; }})()")
        assert region == pytest.approx({"start": 0.3, "end": 3.3})
        assert tab.evaluate(f"{view} v.state.view.end; }})()") == pytest.approx(4.8)
        clip = tab.evaluate(f"{view} v.clip; }})()")

        # Keys pressed faster than the server answers are all taken: accepted, trimmed at the playhead.
        tab.keyboard.press("a")
        at(2.5)
        tab.keyboard.press("s")
        at(5.9)
        tab.keyboard.press("e")
        tab.keyboard.press("Enter")
        assert "1 event is not judged yet" in tab.locator(".hint").inner_text()
        assert tab.evaluate(f"{VIEWER}.player.playing")
        tab.keyboard.press("w")
        tab.get_by_role("button", name="3 Cat").wait_for()
        tab.keyboard.press("3")
        assert [verdict for _, verdict in stored(3)] == ["accepted", "trimmed", "relabelled"]
        trimmed = list(Judgements(out).current().values())[1]
        assert (trimmed.onset, trimmed.offset) == pytest.approx((2.5, 5.9), abs=0.05)
        assert list(Judgements(out).current().values())[2].label == "Cat"

        # Before the clip is drawn there is no playhead: an event was added at its start.
        was = tab.evaluate(f"{view} v.root.dataset.drawn; }})()")
        tab.evaluate(f"{view} delete v.root.dataset.drawn; }})()")
        tab.keyboard.press("m")
        tab.keyboard.press("0")
        assert "not drawn yet" in tab.locator(".hint").inner_text()
        assert tab.locator(".event").count() == 3
        tab.evaluate(f"{view} v.root.dataset.drawn = '{was}'; }})()")

        # A missed one around the playhead, where the class's scores are high; one undone.
        at(8.0)
        tab.keyboard.press("m")
        tab.keyboard.press("0")
        assert stored(4)[-1][1] == "missed"
        added = list(Judgements(out).current().values())[-1]
        assert added.label == DESED_LABELS[9]
        assert (added.onset, added.offset) == pytest.approx((0.0, 10.0), abs=0.15)
        tab.keyboard.press("z")
        assert len(stored(3)) == 3
        idle(tab)
        assert tab.locator(".event").count() == 3
        tab.locator(".hint", has_text=re.compile(r"^Your last judgement is undone\.$")).wait_for()

        # The next clip, by itself.
        tab.keyboard.press("Enter")
        assert stored(4)[-1][1] == "complete"
        tab.wait_for_function(f"() => {view} v.clip !== '{clip}' && v.root.dataset.drawn; }})()")
        tab.wait_for_selector(".event[aria-current=true]:has(.verdict:empty)")
        idle(tab)
        assert not tab.locator(".hint").inner_text()
        second = tab.evaluate(f"{view} v.clip; }})()")
        tab.keyboard.press("d")
        assert stored(5)[-1][1] == "rejected"

        # Another page is offered another clip; both pages' judgements stand.
        other = context.new_page()
        opened(other, address)
        assert other.evaluate(f"{view} v.clip; }})()") not in (clip, second)
        other.keyboard.press("u")
        assert stored(6)[-1][1] == "unsure"
        other.close()

        # A reload goes on where it was, in the clip that is not complete.
        tab.reload()
        drawn(tab)
        tab.keyboard.press("z")
        tab.get_by_text("There is nothing to undo since this page was opened.").wait_for()
        assert {name for name, _ in verdicts(out)} == set(NAMES)
        assert tab.locator(".event .verdict:not(:empty)").count() == 1

        tab.get_by_role("button", name="Write the reviewed clips").click()
        tab.get_by_text("1 clip of 1 recording with 3 events").wait_for()
        assert (out / "reviewed" / "strong.tsv").is_file()
        assert not wrong
        assert tab.evaluate("window.pwned === undefined")
        tab.keyboard.press("w")  # the classes too
        barriers(tab)
        assert tab.locator("[data-testid=stException]").count() == 0
        context.close()
