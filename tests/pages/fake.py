"""Systems without weights for tests of the app: every source is a tone of its own, every score is
known.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from jss import audio, checkpoints
from jss.checkpoints import Card, Manifest, Selection
from jss.inference.windows import Stretch
from jss.io import histories
from jss.labels import DESED_LABELS
from jss.results import ClipResult

SLOW = Path("slow")  # an analysis does not end while this file exists
LONGEST = 60.0  # s
TONES = (400.0, 800.0, 1600.0, 3200.0)  # Hz, one a source
CLASSES = ("Alarm_bell_ringing", "Speech", "Dog", "Vacuum_cleaner")  # what each source is taken for
TAKEN_BY_JT = ("Alarm_bell_ringing", "Speech", "Cat", "Vacuum_cleaner")
SPANS = ((0.5, 3.0), (2.0, 6.5), (5.0, 7.0), (0.0, 10.0))  # s, when each one sounds
JT_ORDER = [2, 0, 3, 1]  # the order in which MixIT-JT gives out the same tones
PEAKS = (0.9, 0.8, 0.65, 0.55)


def tone(m: int, samples: int) -> np.ndarray:
    time = np.arange(samples) / 16000
    loud = ((time >= SPANS[m][0]) & (time < SPANS[m][1])) * 0.2
    return (loud * np.sin(2 * np.pi * TONES[m] * time)).astype(np.float32)


def source_scores(frames: int, stage: str) -> np.ndarray:
    """(4, 10, frames): trapezoids with a little noise; in JT all sources say nearly the same, and
    the dog is a cat.
    """
    rng = np.random.default_rng(len(stage))
    time = (np.arange(frames) + 0.5) * 0.064
    scores = 0.03 * rng.random((4, 10, frames))
    for m, (start, end) in enumerate(SPANS):
        shape = np.clip(np.minimum(time - start, end - time) * 4 + 0.5, 0, 1) * PEAKS[m]
        noise = 0.06 * rng.standard_normal(frames) * (shape > 0)
        k = DESED_LABELS.index((TAKEN_BY_JT if stage == "JT" else CLASSES)[m])
        for n in range(4):
            share = 1.0 if n == m else 0.85 if stage == "JT" else 0.25
            scores[n, k] = np.clip(np.maximum(scores[n, k], share * shape + noise), 0, 1)
    return scores.astype(np.float32)


def mel_db(wave: np.ndarray) -> np.ndarray:
    """(samples,) -> (128, frames) in dB, much as the front end has it."""
    padded = np.pad(wave, 1024, mode="reflect") if len(wave) > 1024 else np.pad(wave, 1024)
    frames = np.lib.stride_tricks.sliding_window_view(padded, 2048)[::256]
    spectrum = np.abs(np.fft.rfft(frames * np.hamming(2049)[:-1], axis=1))
    edges = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + 8000 / 700), 130) / 2595) - 1)
    hz = np.fft.rfftfreq(2048, 1 / 16000)
    rise = (hz - edges[:-2, None]) / np.diff(edges)[:-1, None]
    fall = (edges[2:, None] - hz) / np.diff(edges)[1:, None]
    bank = np.maximum(0, np.minimum(rise, fall))
    return np.clip(20 * np.log10(np.maximum(bank @ spectrum.T, 1e-5)), -50, 80).astype(np.float32)


class FakeSystem:
    def __init__(self, name: str, selection: str) -> None:
        self.name, self.selection = name, selection

    def pieces(self, file: Any) -> Any:
        until = time.monotonic() + LONGEST
        while SLOW.exists() and time.monotonic() < until:
            time.sleep(0.05)
        mixture = file if isinstance(file, np.ndarray) else audio.load(file)
        frames = max(1, len(mixture) // 1024)
        scores = source_scores(frames, self.name.rpartition("-")[2])
        if self.selection == "student":
            scores = scores * np.float32(0.9)
        sources = np.stack([tone(m, len(mixture)) for m in range(4)])
        kept = {"SED": [], "MixIT-JT": JT_ORDER}.get(self.name, [0, 1, 2, 3])
        yield Stretch(
            mixture,
            sources[kept],
            scores.max(axis=0),
            scores[kept],
            scores.max(axis=(0, 2)),
            scores[kept].max(axis=2),
        )

    def join(self, found: list[Stretch], filename: str) -> ClipResult:
        (p,) = found
        mels = np.stack([mel_db(x) for x in (p.mixture, *p.sources)])
        return ClipResult(
            filename,
            p.mixture,
            p.sources,
            mels[0],
            mels[1:],
            p.scores,
            p.source_scores,
            p.weak,
            p.source_weak,
            DESED_LABELS,
            16000,
            0.016,
            0.064,
            self.name,
            self.selection,
        )


SYSTEMS = {
    name: Manifest(
        name,
        text,
        DESED_LABELS,
        {
            key: Selection(
                "detector", None if name == "SED" else f"{name}-separator", note="Of no chain."
            )
            for key in ("teacher", "student")
        },
    )
    for name, text in (
        ("SED", "Detects events in the mixture."),
        (
            "MixIT-S1",
            "Separates the mixture, then detects; the detector learnt from separated sources.",
        ),
        ("MixIT-JT", "Separator and detector trained together."),
    )
}


#: Systems between those, for pages that show many: ``streamlit run tests/pages/fake.py -- EXAMPLES
#: stages``.
STAGES = ("SED", "MixIT-S0", "MixIT-S1", "MixIT-S2", "MixIT-JT")


def add_stages() -> None:
    """All of STAGES are installed, in that order."""
    like = SYSTEMS["MixIT-S1"]
    for name in STAGES:
        SYSTEMS[name] = SYSTEMS.pop(name, replace(like, name=name))


def load_system(name: str, selection: str = "teacher", device: object = None) -> FakeSystem:
    return FakeSystem(name, selection)


def card(name: str, folder: object = None) -> Card:
    return Card(
        name, "crnn", {}, "SED", "teacher", "nothing: a fake", "MIT", seed=1, sha256="0" * 64
    )


def write_examples(folder: Path) -> None:
    """Three clips: the four tones, annotated but for one false alarm and one miss; a short unhappy
    one; and the four tones again, as a dog that barks over speech, which MixIT-JT takes for a cat.
    """
    rng = np.random.default_rng(0)
    for name in ("four_tones.flac", "dog_and_speech.flac"):
        mixture = sum(tone(m, 160000) for m in range(4)) + 0.003 * rng.standard_normal(160000)
        audio.save(folder / name, mixture)
    audio.save(folder / "short.flac", 0.1 * rng.standard_normal(40000))
    rows = [
        ("four_tones.flac", 0.6, 3.2, "Alarm_bell_ringing"),
        ("four_tones.flac", 2.1, 6.0, "Speech"),
        ("four_tones.flac", 0.0, 10.0, "Vacuum_cleaner"),
        ("four_tones.flac", 7.5, 8.2, "Cat"),
        *(("dog_and_speech.flac", *SPANS[m], CLASSES[m]) for m in range(4)),
    ]
    lines = [
        "filename\tonset\toffset\tevent_label",
        *("\t".join(map(str, row)) for row in rows),
        "short.flac\t\t\t",
    ]
    (folder / "ground_truth.tsv").write_text("\n".join(lines) + "\n")
    items = [
        {
            "filename": "four_tones.flac",
            "title": "Four tones",
            "note": "A tone a source, much overlap.",
        },
        {"filename": "short.flac", "title": "Short noise", "note": ""},
        {"filename": "dog_and_speech.flac", "title": "Dog and speech", "note": ""},
    ]
    (folder / "examples.json").write_text(json.dumps(items))


def write_run(folder: Path, epochs: int = 3) -> None:
    """A training run that has had three of its epochs."""
    histories.save(
        folder / "history.csv",
        [
            {"epoch": float(e), "student_objective": s, "teacher_objective": t, "bce_strong": 0.1}
            for e, s, t in ((1, 0.5, 0.4), (2, 0.7, 0.6), (3, 0.6, 0.8))
        ],
    )
    (folder / "config.yaml").write_text(
        f"system: SED\ndata: bank\nepochs: {epochs}\nconfig: {{}}\n"
    )


def install(examples: Path, patch: Any = setattr) -> None:
    """Put the fakes in place. patch: setattr, or monkeypatch.setattr where they must go again."""
    patch(sys.modules[__name__], "SLOW", examples / "slow")
    from pages.ui.cache import loaders
    from pages.ui.clip import recordings

    # Folders that are named are real ones, such as those of tiny systems.
    manifest, load_card, load_real = checkpoints.manifest, checkpoints.load_card, loaders._system
    patch(checkpoints, "systems", lambda folder=None: list(SYSTEMS.values()))
    patch(
        checkpoints,
        "manifest",
        lambda name, folder=None: manifest(name, folder) if folder else SYSTEMS[name],
    )
    patch(
        checkpoints,
        "load_card",
        lambda name, folder=None: load_card(name, folder) if folder else card(name),
    )
    patch(
        loaders,
        "_system",
        lambda name, selection, weights: (
            load_system(name, selection) if name in SYSTEMS else load_real(name, selection, weights)
        ),
    )
    patch(recordings, "EXAMPLES", examples)


if __name__ == "__main__":  # streamlit run tests/pages/fake.py -- EXAMPLES
    import runpy

    root = Path(__file__).parents[2]
    sys.path[:0] = [] if str(root) in sys.path else [str(root)]
    install(Path(sys.argv[1]))
    if "stages" in sys.argv[2:]:
        add_stages()
    runpy.run_path(str(root / "app.py"), run_name="__main__")
