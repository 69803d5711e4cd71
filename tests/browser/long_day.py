"""What detect writes about 24 hours of sound, made up: hourly recordings, mostly silent (holes in
their files), 7000 events, and the sources of one hour.
"""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import numpy as np

from jss import audio
from jss.io.journal import DETECTED, Journal
from jss.labels import DESED_LABELS

#: The hour with noise in its first ten minutes, and with sources.
LOUD = 6
#: Installed in a tab: when the server first answered over its WebSocket, when the pointer last
#: pressed, and when sound last began, in ms.
LISTENER = (
    "window.WebSocket = class extends WebSocket { constructor(...all) { super(...all);"
    " this.addEventListener('message', () => { window.answered ||= performance.now(); }, { once: true }); } };"
    "document.addEventListener('pointerdown', () => { window.pressed = performance.now(); window.heard = 0; }, true);"
    "document.addEventListener('playing', () => { window.heard ||= performance.now(); }, true);"
)
#: Seconds since the server first answered.
SINCE_ANSWER = "(performance.now() - window.answered) / 1000"
#: The chart of cells, once it is drawn, and what draws it.
CELLS = "canvas[data-drawn=cells]"
_CHART = (
    "[...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')]"
    ".find(one => one.cells?.data.cells).cells"
)


def write(folder: Path) -> Path:
    """Write it. Returns the output folder."""
    rng = np.random.default_rng(0)
    out = folder / "out"
    settings = {
        "version": 3,
        "system": "MixIT-S1",
        "selection": "teacher",
        "threshold": 0.5,
        "labels": list(DESED_LABELS),
    }
    # When each class is usual: the hour, how long around it, and events an hour then.
    usual = [(7, 0.5, 8), (12.5, 1, 30), (5, 3, 60), (19, 2, 90), (17, 4, 60),
             (7.5, 0.7, 20), (18.5, 1, 40), (20, 6, 50), (14, 6, 400), (10, 1, 25)]  # fmt: skip
    with Journal(out / DETECTED, settings) as journal:
        for hour in range(24):
            name = f"20240131_{hour:02d}0000.WAV"
            _recording(folder / "in" / name, hour == LOUD, rng)
            events: list[tuple[float, float, str]] = []
            for label, (center, width, most) in zip(DESED_LABELS, usual, strict=True):
                level = np.exp(-0.5 * ((hour + 0.5 - center) / width) ** 2)
                for onset in np.sort(rng.uniform(0, 3590, rng.poisson(most * level))):
                    events.append((float(onset), float(onset + rng.uniform(0.3, 9)), label))
            if hour == LOUD:
                events.append((70.0, 79.5, "Dog"))
            events.sort()
            files = []
            if hour == LOUD:
                files = [f"sources/20240131_{hour:02d}0000_s{m}.flac" for m in (1, 2)]
                for file in files:
                    with audio.writer(out / file) as put:
                        for _ in range(60):
                            put(np.zeros(60 * 16000, np.float32))
            journal.add(
                name,
                {
                    "filename": name,
                    "audio": str(folder / "in" / name),
                    "duration": 3600.0,
                    "files": files,
                    "events": [list(event) for event in events],
                    "peaks": [0.9] * len(events),
                },
            )
    return out


def _recording(path: Path, loud: bool, rng: np.random.Generator) -> None:
    """An hour of silence that takes no room on most disks, or with ten minutes of noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = 3600 * 16000
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.setnframes(frames)
        file.writeframesraw(b"")
        if loud:
            file.writeframesraw((3000 * rng.standard_normal(600 * 16000)).astype("<i2").tobytes())
    header = 44
    with path.open("r+b") as file:
        file.seek(4)
        file.write((2 * frames + header - 8).to_bytes(4, "little"))
        file.seek(header - 4)
        file.write((2 * frames).to_bytes(4, "little"))
        file.truncate(header + 2 * frames)


def place(tab: Any, row: int, column: int) -> tuple[float, float]:
    """Where a cell lies on the page, by number of its class and of its bin."""
    return tuple(tab.evaluate(f"([row, column]) => {_CHART}.place(row, column)", [row, column]))


def until_drawn(tab: Any, start: float, step: float) -> None:
    """Until the chart has cells from a moment on, of a length; both in seconds."""
    tab.wait_for_function(
        f"([start, step]) => {_CHART}.data.cells.start === start"
        f" && {_CHART}.data.cells.step === step",
        arg=[start, step],
        timeout=60_000,
    )


def press(tab: Any, row: int, column: int) -> float:
    """Press a cell. Returns the seconds until its sound begins."""
    tab.mouse.click(*place(tab, row, column))
    tab.wait_for_function("() => window.heard > window.pressed", timeout=30_000)
    return tab.evaluate("(window.heard - window.pressed) / 1000")
