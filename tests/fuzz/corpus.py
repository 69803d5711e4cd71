"""The whole corpus: every bad file with the doors that it is put before. Made by code, the same
each time.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import bad_audio
import bad_documents
import bad_tables
import bad_trees
import doors
import numpy as np
from bad_documents import Files
from doors import Door

#: Settings of a preset, a few of each kind.
PRESET: dict[str, Any] = {
    "name": "x",
    "seed": 1,
    "labels": ["Dog", "Cat"],
    "pooling": "max",
    "scaling": "clip",
    "precision": "fp32",
    "compile": False,
    "threads": 1,
    "systems": ["SED"],
    "detector": {"cells": 8},
    "separator": {"n_src": 4, "n_filters": 16},
    "data": {"seconds": 2.0, "recipe": "desed", "sounds": 4, "workers": 0},
    "detection": {"batch": [2, 2, 2], "epochs": 2, "threshold": 0.5},
    "separation": {"batch": 2, "steps": 2},
    "stages": {"S1": {"epochs": 10, "learning_rate": 0.1}},
}
OVERRIDES = [
    "",
    "=",
    "x",
    "=1",
    "name",
    "a.b.c=1",
    "detection=1",
    "detection.epochs=",
    "detection.epochs=x",
    "detection.epochs=-1",
    "detection.epochs=[",
    "detection.epochs=1e9",
    "detection..epochs=1",
    ".=1",
    "..=1",
    "detection.batch=[0,0,0]",
    "detection.batch=[1,2]",
    "detection.batch=7",
    "data.seconds=.nan",
    "data.seconds=.inf",
    "data.seconds=-1",
    "data.seconds=1e12",
    "data.sounds=1000000000",
    "data.workers=-5",
    "detector.cells=1000000000",
    "detector.channels=[]",
    "detector.cells=0",
    "separator.n_src=0",
    "separator.n_filters=-1",
    "threads=-1",
    "threads=1000000000",
    "seed=-1",
    "seed=99999999999999999999",
    "labels=[]",
    "labels=nobody",
    "labels=[a,a]",
    "pooling=../x",
    "precision=int1",
    "systems=[../../x]",
    "systems=[]",
    "stages.SED=1",
    "stages.SED.epochs=x",
    "stages.SED.detector=../../x",
    "stages.XX.epochs=1",
    "name=../../pwned",
    "name=!!python/object:os.system",
    "description=\x1b[31m",
    "seed=2001-99-99",
    "seed=" + "9" * 6000,
    "x=&a [*a]",
    "detection.threshold=2",
    "detection.accumulate=0",
    "detector.dropout=7",
    "data.synthetic=-1",
    "data.recipe=../x",
]
NAMES = [
    "../up.wav",
    "../../../../tmp/pwned.wav",
    "/etc/pwned.wav",
    "..",
    ".",
    "a/b.wav",
    "..\\..\\up.wav",
    "C:\\x.wav",
    "-rf.wav",
    "--out=pwned.wav",
    " .wav",
    "a b.wav",
    "a\tb.wav",
    "a\nb.wav",
    "a\rb.wav",
    "\x1b[31mred\x1b]0;x\x07.wav",
    "a\x7fb.wav",
    "'.wav",
    '".wav',
    "`touch pwned`.wav",
    "$(touch pwned).wav",
    ";touch pwned;.wav",
    "|touch pwned.wav",
    "<script>alert(1)</script>.wav",
    "<img src=x onerror=alert(1)>.wav",
    "&lt;b&gt;.wav",
    "![x](http://localhost:9/x.png).wav",
    "[x](javascript:alert(1)).wav",
    "**bold**_it_~s~.wav",
    "$\\frac{1}{$.wav",
    "$x$.wav",
    ":material/error:.wav",
    ":red[x].wav",
    "=1+1.wav",
    "@SUM(A1).wav",
    "%2e%2e%2fx.wav",
    "%s%n%d.wav",
    "{0}{}{a.b}.wav",
    "🦊🔊.wav",
    "‮gnp.wav",
    "é.wav",
    "e\u0301.wav",
    "a\u2028b.wav",
    "a\u0085b.wav",
    "ＡＢ.wav",
    "CON.wav",
    "nul",
    "x" * 245 + ".wav",
    "é" * 120 + ".wav",
    ".hidden.wav",
    "a.wav.",
    "a.WAV",
    "a.wav.exe",
    "a..wav",
    "a.wav\udcff",
    "\udc80\udcfe.wav",
    "events.tsv",
    "scores.wav",
    "~.wav",
    "~root.wav",
    "*.wav",
    "?.wav",
    "#.wav",
    "a;b.wav",
    "a,b.wav",
    "\u200b.wav",
    "null",
    "",
]


@dataclass(frozen=True)
class Bad:
    """A bad file. kind: what it pretends to be; name: of the file; doors: where it is tried."""

    kind: str
    name: str
    data: bytes
    doors: tuple[Door, ...]

    @property
    def title(self) -> str:
        """For a list of findings."""
        return f"{self.kind}/{self.name}".encode("unicode_escape").decode()[:120]


def corpus(tiny: Path, only: str = "") -> Iterator[Bad]:
    """Every bad file. tiny: a folder of tiny systems, whose manifest, card and weights are made
    worse; only: a kind.
    """
    for kind, (make, ways) in _kinds(tiny).items():
        if only in ("", kind):
            for number, (name, data) in enumerate(make()):
                few = () if number % 4 else FEW.get(kind, ())
                yield Bad(
                    kind, name, data, tuple(d for d in (*ways, *few) if possible(d, name, kind))
                )


#: Doors that take long: every fourth file of a kind is put before them.
FEW: dict[str, tuple[Door, ...]] = {
    "audio": (doors.tag, doors.evaluate),
    "report": (doors.report_pages,),
}
_NAMED = ("name", "bad-name")


def possible(door: Door, name: str, kind: str) -> bool:
    """Whether a file can have the name at all; an upload can have any."""
    if kind not in _NAMED or door is doors.upload:
        return True
    length = len(name.encode(errors="surrogateescape"))
    return 0 < length < 256 and not set(name) & {"/", "\0"} and bool(name.strip("."))


def _kinds(tiny: Path) -> dict[str, tuple[Callable[[], Files], tuple[Door, ...]]]:
    """What a kind of file is made by, and the doors for every file of it."""
    import yaml

    sound = bad_audio.sound()
    manifest = yaml.safe_load((tiny / "systems" / "MixIT-S1.yaml").read_text())
    card = json.loads((tiny / "blocks" / "tiny-separator.json").read_text())
    stored = (tiny / "blocks" / "tiny-separator.safetensors").read_bytes()
    line = {
        "subset": "weak",
        "filename": "a.flac",
        "soundscape": {"split": "train", "duration": 10.0},
    }
    order = {"set": "synthscapes", "seed": 0, "clips": {"weak": 1}}

    def tables(good: tuple[list[str], list[list[str]]], columns: int) -> Callable[[], Files]:
        return lambda: bad_tables.files(*good, columns)

    return {
        "audio": (bad_audio.files, (doors.load, doors.detect, doors.upload)),
        "name": (
            lambda: ((name, sound) for name in NAMES),
            (doors.upload, doors.detect, doors.detect_folder),
        ),
        "tree": (bad_trees.files, (doors.tree,)),
        "bad-name": (lambda: ((name, b"no sound") for name in NAMES), (doors.upload, doors.detect)),
        "events": (tables(doors.EVENTS, 4), (doors.score_events,)),
        "durations": (tables(doors.DURATIONS, 2), (doors.score_durations,)),
        "scores": (tables(doors.SCORES, 3), (doors.score_scores,)),
        "arrays": (lambda: bad_documents.arrays(doors.array()), (doors.score_arrays,)),
        "layout": (lambda: bad_documents.yaml_files(doors.LAYOUT), (doors.score_layout,)),
        "points": (tables(doors.EVENTS, 3), (doors.score_points,)),
        "decisions": (tables(doors.EVENTS, 3), (doors.score_decisions,)),
        "desed-strong": (tables(doors.EVENTS, 4), (doors.desed_strong,)),
        "desed-weak": (tables(doors.WEAK, 2), (doors.desed_weak,)),
        "desed-durations": (tables(doors.DURATIONS, 2), (doors.desed_durations,)),
        "catalogue": (tables(doors.CATALOGUE, 4), (doors.catalogue,)),
        "render": (tables(doors.CATALOGUE, 2), (doors.render,)),
        "preset": (lambda: bad_documents.yaml_files(PRESET), (doors.preset,)),
        "override": (lambda: ((text[:60], text.encode()) for text in OVERRIDES), (doors.override,)),
        "manifest": (lambda: bad_documents.yaml_files(manifest), (doors.manifest,)),
        "card": (lambda: bad_documents.json_files(card), (doors.card,)),
        "weights": (lambda: bad_documents.weights(stored), (doors.weights, doors.networks)),
        "report": (lambda: islice(bad_documents.json_files(report()), 0, None, 3), (doors.report,)),
        "result": (lambda: bad_documents.archives(result()), (doors.result,)),
        "output": (lambda: bad_documents.archives(output()), (doors.output,)),
        "render-manifest": (lambda: bad_documents.json_files(order), (doors.render_manifest,)),
        "scapes": (lambda: bad_documents.json_files(line), (doors.scapes,)),
    }


def report() -> dict[str, Any]:
    """A shipped report, cut to what has a meaning of its own."""
    path = Path(__file__).parents[2] / "checkpoints" / "reports" / "synthscapes" / "MixIT-S1.json"
    stored = json.loads(path.read_text())
    stored["roc"], stored["missing"] = {}, ["x.wav"]
    stored["similarity"]["per_clip"] = dict(list(stored["similarity"]["per_clip"].items())[:2])
    stored["classwise"] = dict(list(stored["classwise"].items())[:1])
    stored["bootstrap"]["replicates"] = {
        k: v[:3] for k, v in list(stored["bootstrap"]["replicates"].items())[:2]
    }
    return stored


def result() -> bytes:
    """A small ClipResult as it is stored."""
    arrays = {
        "mixture": 1600,
        "sources": (2, 1600),
        "mel": (8, 7),
        "source_mels": (2, 8, 7),
        "scores": (3, 2),
        "source_scores": (2, 3, 2),
        "weak": 3,
        "source_weak": (2, 3),
    }
    facts = {
        "filename": "a.wav",
        "labels": ["a", "b", "c"],
        "sample_rate": 16000,
        "mel_hop": 0.016,
        "score_hop": 0.064,
        "system": "S",
        "selection": "teacher",
    }
    return _npz({name: np.zeros(shape, np.float32) for name, shape in arrays.items()}, facts)


def output() -> bytes:
    """A small ClipOutput as it is stored."""
    from jss.inference.output_cache import ClipOutput

    zeros = np.zeros((3, 2), np.float32)
    return _npz(
        {"scores": zeros, "source_scores": zeros[None], "weak": zeros[:, 0]},
        {
            k: v
            for k, v in asdict(ClipOutput(zeros, zeros, zeros, 0.064)).items()
            if k in ("hop", "separation")
        },
    )


def _npz(arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, facts=np.array(json.dumps(facts)), **arrays)
    return buffer.getvalue()


def safe(name: str) -> str:
    """A name for a file on disk, whatever the bad one is called."""
    return re.sub(r"[^\w.-]", "_", name)[:80] or "x"
